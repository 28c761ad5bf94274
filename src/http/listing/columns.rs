//! Columns of a table: each is named once, with what lists can be asked of it.

use std::fmt::Display;

use jiff::civil::Date;
use serde::Serialize;
use tokio_postgres::types::ToSql;
use utoipa::ToSchema;
use utoipa::openapi::Ref;
use uuid::Uuid;

use crate::edge::{Fault, FromText};
use crate::event_log::projection::Row;
use crate::http::list::Rows;
use crate::http::operation::{Named, named};
use crate::http::page::order::By;
use crate::http::read::Read;
use crate::identifiers::{ExternalId, ExternalName, MunicipalityNumber};
use crate::time::Percent;

/// What a column can hold. The type that the database has for it follows.
pub trait Cell {
    /// The type, and whether there may be nothing.
    const SQL: &'static str;
    const NULLABLE: bool = false;
    /// Adds the cell to a row.
    fn put(&self, row: Row) -> Row;
}

macro_rules! plain_cells {
    ($( $type:ty = $sql:literal, )+) => { $(
        impl Cell for $type {
            const SQL: &'static str = $sql;
            fn put(&self, row: Row) -> Row {
                row.plain(self)
            }
        }
    )+ };
}

plain_cells! {
    Uuid = "uuid",
    Date = "date",
    bool = "boolean",
    i16 = "smallint",
    u8 = "smallint",
    i32 = "integer",
    i64 = "integer",
    u32 = "integer",
    usize = "integer",
    Percent = "numeric(5, 2)",
    MunicipalityNumber = "text",
}

impl Cell for String {
    const SQL: &'static str = "text";
    fn put(&self, row: Row) -> Row {
        row.text(self)
    }
}

impl<T: Display> Cell for Vec<T> {
    const SQL: &'static str = "text[]";
    fn put(&self, row: Row) -> Row {
        row.texts(self)
    }
}

/// A word of a closed list.
pub struct Word<T>(pub T);

impl<T: Display> Cell for Word<T> {
    const SQL: &'static str = "text";
    fn put(&self, row: Row) -> Row {
        row.plain(&self.0)
    }
}

/// A text that things are sorted by, whatever the language of the database.
pub struct InOrder(pub String);

impl Cell for InOrder {
    const SQL: &'static str = "text collate \"C\"";
    fn put(&self, row: Row) -> Row {
        row.text(&self.0)
    }
}

/// A day that may never come: it is then behind every other in a filter or an order.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct LastDay(pub Option<Date>);

impl Cell for LastDay {
    const SQL: &'static str = "date";
    fn put(&self, row: Row) -> Row {
        match self.0 {
            Some(day) => row.plain(day),
            None => row.plain("infinity"),
        }
    }
}

/// A value that statements take apart.
pub struct Json<T>(pub T);

impl<T: Serialize> Cell for Json<T> {
    const SQL: &'static str = "json";
    fn put(&self, row: Row) -> Row {
        row.json(&self.0)
    }
}

impl<T: Cell> Cell for Option<T> {
    const SQL: &'static str = T::SQL;
    const NULLABLE: bool = true;
    fn put(&self, row: Row) -> Row {
        match self {
            Some(value) => value.put(row),
            None => row.maybe(None::<&str>),
        }
    }
}

/// A value that a filter compares with.
pub(super) type Bound = Box<dyn ToSql + Sync + Send>;
/// Reads the value of a filter in the query; checked before.
pub(super) type ReadValue = Box<dyn Fn(&Read, &str) -> Option<Bound> + Send + Sync>;
type Put<L> = Box<dyn Fn(&L, Row) -> Row + Send + Sync>;

/// What a filter keeps.
pub(super) enum Keeps {
    /// Rows that meet a condition, SQL in which `$$` is the value.
    Meeting(String, ReadValue),
    /// Rows that are filed under a municipality, whichever of its numbers they are filed under; it
    /// is one of several where the column holds several.
    Filed { among: bool },
}

pub(super) struct Filter {
    pub(super) name: &'static str,
    pub(super) about: &'static str,
    pub(super) column: &'static str,
    pub(super) check: fn(&str) -> Result<(), Fault>,
    pub(super) schema: fn() -> Ref,
    pub(super) types: Named,
    pub(super) keeps: Vec<Keeps>,
}

struct Column<L> {
    name: &'static str,
    sql: &'static str,
    nullable: bool,
    put: Put<L>,
    /// A filter or a report looks for it.
    is_found: bool,
    is_sorted: bool,
}

/// The columns of a table, behind those that every table has, with what lists can be asked.
pub struct Columns<L> {
    columns: Vec<Column<L>>,
    indexes: Vec<&'static str>,
    pub(super) filters: Vec<Filter>,
    pub(super) orders: Vec<By>,
    pub(super) rows: Rows,
    body: Option<Put<L>>,
}

fn value_of(sql: &'static str, text: &str) -> Option<Bound> {
    Some(match sql {
        "uuid" => Box::new(text.parse::<Uuid>().ok()?),
        "date" => Box::new(text.parse::<Date>().ok()?),
        "boolean" => Box::new(text.parse::<bool>().ok()?),
        "smallint" => Box::new(text.parse::<i16>().ok()?),
        "integer" => Box::new(text.parse::<i32>().ok()?),
        _ => Box::new(text.to_owned()),
    })
}

impl<L: 'static> Columns<L> {
    /// None yet. `created` says what the order of keys is, which every list has.
    pub fn new(rows: Rows, created: By) -> Self {
        let (columns, indexes, filters) = (Vec::new(), Vec::new(), Vec::new());
        Self { columns, indexes, filters, orders: vec![created], rows, body: None }
    }

    /// A column, and how it is read from a line.
    pub fn column<T: Cell + 'static>(mut self, name: &'static str, read: fn(&L) -> T) -> Self {
        let put: Put<L> = Box::new(move |line, row| read(line).put(row));
        let (sql, nullable) = (T::SQL, T::NULLABLE);
        let (is_found, is_sorted) = (false, false);
        self.columns.push(Column { name, sql, nullable, put, is_found, is_sorted });
        self
    }

    /// A column of words of a closed list.
    pub fn word<T: Display + 'static>(self, name: &'static str, read: fn(&L) -> T) -> Self {
        let mut this = self.column(name, |_| String::new());
        this.last().put = Box::new(move |line, row| Word(read(line)).put(row));
        this
    }

    /// A column of such words, where there may be none.
    pub fn maybe_word<T: Display + 'static>(
        self,
        name: &'static str,
        read: fn(&L) -> Option<T>,
    ) -> Self {
        let mut this = self.column(name, |_| None::<String>);
        this.last().put = Box::new(move |line, row| read(line).map(Word).put(row));
        this
    }

    /// The ids that other systems have, and the filter that finds a resource by one of them.
    pub fn external_ids(
        self,
        name: &'static str,
        filter: &'static str,
        about: &'static str,
        read: fn(&L) -> Vec<ExternalId>,
    ) -> Self {
        let mut this = self.column(name, |_| Vec::<String>::new());
        this.last().put = Box::new(move |line, row| {
            row.texts(read(line).iter().map(|e| format!("{}/{}", e.system, e.id)))
        });
        let condition = format!("{name} @> array[$$::text]");
        this.filter_where::<ExternalName>(filter, about, condition)
    }

    /// What is sent: the last column of every table that is listed.
    pub fn body<V: Serialize + 'static>(mut self, read: fn(&L) -> &V) -> Self {
        self.body = Some(Box::new(move |line, row| row.json(read(line))));
        self
    }

    fn last(&mut self) -> &mut Column<L> {
        self.columns.last_mut().expect("a column comes first")
    }

    /// Lists can be filtered by the last column, under its own name.
    pub fn filter<P: FromText + Display + ToSchema>(mut self, about: &'static str) -> Self {
        let name = self.last().name;
        self.filter_as::<P>(name, about)
    }

    /// The same under another name.
    pub fn filter_as<P>(mut self, name: &'static str, about: &'static str) -> Self
    where
        P: FromText + Display + ToSchema,
    {
        let condition = format!("{} = $$", self.last().name);
        self.filter_where::<P>(name, about, condition)
    }

    /// The same with another comparison, in which `$$` is the value.
    pub fn filter_where<P>(
        mut self,
        name: &'static str,
        about: &'static str,
        condition: impl Into<String>,
    ) -> Self
    where
        P: FromText + Display + ToSchema,
    {
        let sql = self.last().sql;
        let read: ReadValue = Box::new(move |_, text| {
            let value = P::from_text(text).ok()?;
            value_of(sql, &value.to_string())
        });
        self.filter_by::<P>(name, about, condition.into(), read)
    }

    /// The same, comparing with what is worked out from the value that was given.
    pub fn filter_of<P, V>(
        self,
        name: &'static str,
        about: &'static str,
        condition: &'static str,
        work_out: fn(&Read, P) -> Option<V>,
    ) -> Self
    where
        P: FromText + ToSchema + 'static,
        V: ToSql + Sync + Send + 'static,
    {
        let read: ReadValue = Box::new(move |read, text| {
            let value = work_out(read, P::from_text(text).ok()?)?;
            Some(Box::new(value))
        });
        self.filter_by::<P>(name, about, condition.to_owned(), read)
    }

    fn filter_by<P: FromText + ToSchema>(
        mut self,
        name: &'static str,
        about: &'static str,
        condition: String,
        read: ReadValue,
    ) -> Self {
        let column = self.last();
        column.is_found = true;
        let column = column.name;
        let keeps = vec![Keeps::Meeting(condition, read)];
        self.filters.push(Filter {
            name,
            about,
            column,
            check: |text| P::from_text(text).map(drop),
            schema: || Ref::from_schema_name(P::name()),
            types: named::<P>,
            keeps,
        });
        self
    }

    /// The last filter keeps only what meets this condition as well.
    pub fn and<P, V>(mut self, condition: &'static str, work_out: fn(&Read, P) -> Option<V>) -> Self
    where
        P: FromText + 'static,
        V: ToSql + Sync + Send + 'static,
    {
        let read: ReadValue = Box::new(move |read, text| {
            let value = work_out(read, P::from_text(text).ok()?)?;
            Some(Box::new(value))
        });
        let filter = self.filters.last_mut().expect("a filter comes first");
        filter.keeps.push(Keeps::Meeting(condition.to_owned(), read));
        self
    }

    /// Lists can be filtered by the municipality in the last column, or one of several there, under
    /// whichever of its numbers they are filed.
    pub fn filed(mut self, about: &'static str) -> Self {
        let among = self.last().sql == "text[]";
        self = self.filter_as::<MunicipalityNumber>("municipality", about);
        let filter = self.filters.last_mut().expect("one was just added");
        filter.keeps = vec![Keeps::Filed { among }];
        self
    }

    /// Lists can be sorted by the last column; it is never null.
    pub fn order(mut self, word: &'static str, about: &'static str) -> Self {
        let column = self.last();
        column.is_sorted = true;
        let (name, sql) = (column.name, column.sql);
        self.orders.push(match sql {
            "date" => By::day(word, name, about),
            "integer" | "smallint" => By::count(word, name, about),
            _ => By::text(word, name, about),
        });
        self
    }

    /// Reports look for values of the last column.
    pub fn found(mut self) -> Self {
        self.last().is_found = true;
        self
    }

    /// A further index, over these columns in brackets.
    pub fn index(mut self, columns: &'static str) -> Self {
        self.indexes.push(columns);
        self
    }

    /// The table and its indexes, for `{table}`.
    pub fn ddl(&self) -> String {
        let columns = self.columns.iter().map(|column| {
            let null = if column.nullable { "" } else { " not null" };
            format!(",\n  {} {}{null}", column.name, column.sql)
        });
        let body = if self.body.is_some() { ",\n  body json not null" } else { "" };
        let indexes = self.columns.iter().filter_map(|column| {
            let name = column.name;
            Some(match column {
                Column { sql: "text[]", is_found: true, .. } => format!("using gin ({name})"),
                Column { is_sorted: true, .. } => {
                    format!("(log, {name}, key, valid_from, known_from)")
                }
                Column { is_found: true, nullable: true, .. } => {
                    format!("(log, {name}, key) where {name} is not null")
                }
                Column { is_found: true, .. } => format!("(log, {name}, key)"),
                Column { is_found: false, .. } => return None,
            })
        });
        let indexes = indexes.chain(self.indexes.iter().map(|columns| (*columns).to_owned()));
        let indexes = indexes.map(|index| format!("create index on {{table}} {index};\n"));
        format!(
            "create table {{table}} (\n  log integer not null,\n  key text not null,\n  \
             valid_from date not null,\n  valid_to date not null,\n  known_from bigint not null,\n  \
             known_to bigint not null{}{body}\n);\n{}",
            columns.collect::<String>(),
            indexes.collect::<String>()
        )
    }

    pub(super) fn names(&self) -> String {
        let body = self.body.as_ref().map(|_| "body");
        self.columns.iter().map(|column| column.name).chain(body).collect::<Vec<_>>().join(", ")
    }

    pub(super) fn row(&self, line: &L, row: Row) -> Row {
        let row = self.columns.iter().fold(row, |row, column| (column.put)(line, row));
        match &self.body {
            Some(put) => put(line, row),
            None => row,
        }
    }
}
