//! Reading the log in order: the feed, and the history of a resource.
//!
//! A position becomes visible only after all before it, so a reader that stores the last position
//! it saw misses nothing and sees nothing twice. What a caller may see is not decided here.

use jiff::Timestamp;
use jiff::civil::Date;
use tokio_postgres::Row;
use tokio_postgres::types::ToSql;
use uuid::Uuid;

use super::{EventLog, Failure};
use crate::aggregate::{Fact, Subject};

/// Positions looked at in one filtered read; a filter that matches nothing ends there.
pub const FILTER_WINDOW_POSITIONS: i64 = 10_000;

/// A recorded fact with everything that is stored about it.
#[derive(Debug, Clone, PartialEq)]
pub struct Recorded {
    pub position: i64,
    pub id: Uuid,
    pub kind: String,
    pub schema_version: i16,
    pub recorded_at: Timestamp,
    pub effective_from: Date,
    pub municipality: Option<String>,
    pub subjects: Vec<String>,
    pub payload: String,
    pub meta: String,
}

impl Recorded {
    /// Reads the columns of the feed's statements, in their order.
    pub fn of(row: &Row) -> Result<Self, tokio_postgres::Error> {
        Ok(Self {
            position: row.try_get(0)?,
            id: row.try_get(1)?,
            kind: row.try_get(2)?,
            schema_version: row.try_get(3)?,
            recorded_at: row.try_get(4)?,
            effective_from: row.try_get(5)?,
            municipality: row.try_get(6)?,
            subjects: row.try_get(7)?,
            payload: row.try_get(8)?,
            meta: row.try_get(9)?,
        })
    }

    /// The fact as a fold sees it.
    pub fn as_fact(&self) -> Fact<'_> {
        Fact {
            position: self.position,
            id: self.id,
            kind: &self.kind,
            payload: &self.payload,
            recorded_at: self.recorded_at,
        }
    }
}

/// A recorded fact as it lies in a row: nothing is copied.
#[derive(Debug, Clone)]
pub struct Seen<'a> {
    pub position: i64,
    pub id: Uuid,
    pub kind: &'a str,
    pub recorded_at: Timestamp,
    pub effective_from: Date,
    pub municipality: Option<&'a str>,
    pub subjects: Vec<&'a str>,
    pub payload: &'a str,
}

impl<'a> Seen<'a> {
    /// Reads the columns of the feed's statements, in their order.
    pub fn of(row: &'a Row) -> Result<Self, tokio_postgres::Error> {
        Ok(Self {
            position: row.try_get(0)?,
            id: row.try_get(1)?,
            kind: row.try_get(2)?,
            recorded_at: row.try_get(4)?,
            effective_from: row.try_get(5)?,
            municipality: row.try_get(6)?,
            subjects: row.try_get(7)?,
            payload: row.try_get(8)?,
        })
    }
}

impl<'a> From<&'a Recorded> for Seen<'a> {
    fn from(fact: &'a Recorded) -> Self {
        Self {
            position: fact.position,
            id: fact.id,
            kind: &fact.kind,
            recorded_at: fact.recorded_at,
            effective_from: fact.effective_from,
            municipality: fact.municipality.as_deref(),
            subjects: fact.subjects.iter().map(String::as_str).collect(),
            payload: &fact.payload,
        }
    }
}

/// Which facts a reader may see: a condition on the event `e`, in which the names of the other
/// fields in braces stand for their values. Whose facts are whose is not known here.
#[derive(Debug, Clone, PartialEq)]
pub struct Visible {
    pub condition: &'static str,
    /// Patterns of types.
    pub types: Vec<String>,
    pub municipalities: Vec<String>,
    pub subjects: Vec<String>,
    pub doctors: Vec<String>,
    pub day: Date,
}

impl Visible {
    /// The statement with the condition in its place, and the values that come after its own.
    fn put<'a>(
        this: Option<&'a Self>,
        sql: &str,
        values: &mut Vec<&'a (dyn ToSql + Sync)>,
    ) -> String {
        let Some(visible) = this else { return sql.replace("{visible}", "true") };
        let mut condition = visible.condition.to_owned();
        let named: [(&str, &'a (dyn ToSql + Sync)); 5] = [
            ("{types}", &visible.types),
            ("{municipalities}", &visible.municipalities),
            ("{subjects}", &visible.subjects),
            ("{doctors}", &visible.doctors),
            ("{day}", &visible.day),
        ];
        for (name, value) in named {
            values.push(value);
            condition = condition.replace(name, &format!("${}", values.len()));
        }
        sql.replace("{visible}", &condition)
    }
}

/// A stretch of the log: the positions after one and before another.
#[derive(Debug, Clone, Copy)]
pub struct Stretch {
    pub after: i64,
    pub before: i64,
    /// Only facts that held on this day or before.
    pub as_of: Option<Date>,
    /// Facts at most.
    pub limit: i64,
}

/// Which facts a reader wants.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Filter {
    /// Those that the reader may see; all when there is no condition.
    pub visible: Option<Visible>,
    /// How far to read at most: as far as what the condition rests on has come.
    pub until: Option<i64>,
    pub types: Option<Vec<String>>,
    pub subject: Option<String>,
    pub municipality: Option<String>,
}

/// A page of the feed as rows, to be read with [`Seen::of`].
#[derive(Debug)]
pub struct Rows {
    pub rows: Vec<Row>,
    /// Everything up to here has been looked at: where the next read begins.
    pub reach: i64,
    /// The log's position when this was read.
    pub head: i64,
}

/// A page of the feed.
#[derive(Debug, Clone, PartialEq)]
pub struct Page {
    pub facts: Vec<Recorded>,
    /// Everything up to here has been looked at: where the next read begins.
    pub reach: i64,
    /// The log's position when this was read.
    pub head: i64,
}

impl EventLog {
    /// Up to `limit` facts after position `after`, in order.
    pub async fn read(&self, after: i64, limit: i64, filter: &Filter) -> Result<Page, Failure> {
        let Rows { rows, reach, head } = self.read_rows(after, limit, filter).await?;
        let facts = rows.iter().map(Recorded::of).collect::<Result<_, _>>()?;
        Ok(Page { facts, reach, head })
    }

    /// The same as rows.
    pub async fn read_rows(
        &self,
        after: i64,
        limit: i64,
        filter: &Filter,
    ) -> Result<Rows, Failure> {
        let client = self.pool.get().await?;
        let statement = client.prepare_cached(include_str!("sql/head.sql")).await?;
        // The head is read first: what is then read up to it is complete.
        let head: i64 = client.query_one(&statement, &[&self.log]).await?.try_get(0)?;
        let head = head.min(filter.until.unwrap_or(i64::MAX));
        let (types, municipality) = (&filter.types, &filter.municipality);
        let rows = if let Some(subject) = &filter.subject {
            let mut values: Vec<&(dyn ToSql + Sync)> =
                vec![&self.log, &after, &head, &limit, types, municipality, subject];
            let sql = include_str!("sql/feed_subject.sql");
            let sql = Visible::put(filter.visible.as_ref(), sql, &mut values);
            let statement = client.prepare_cached(&sql).await?;
            let rows = client.query(&statement, &values).await?;
            return page(rows, head, after, limit, head);
        } else if types.is_some() || municipality.is_some() || filter.visible.is_some() {
            let until = head.min(after.saturating_add(FILTER_WINDOW_POSITIONS));
            let mut values: Vec<&(dyn ToSql + Sync)> =
                vec![&self.log, &after, &until, &limit, types, municipality];
            let sql = include_str!("sql/feed_filtered.sql");
            let sql = Visible::put(filter.visible.as_ref(), sql, &mut values);
            let statement = client.prepare_cached(&sql).await?;
            let rows = client.query(&statement, &values).await?;
            return page(rows, until, after, limit, head);
        } else {
            let statement = client.prepare_cached(include_str!("sql/feed.sql")).await?;
            client.query(&statement, &[&self.log, &after, &head, &limit]).await?
        };
        page(rows, head, after, limit, head)
    }

    /// Facts that concern any of `subjects` in a stretch of the log, newest first; with `visible`
    /// only those.
    pub async fn history(
        &self,
        subjects: &[Subject],
        stretch: &Stretch,
        visible: Option<&Visible>,
    ) -> Result<Vec<Recorded>, Failure> {
        self.concerning(include_str!("sql/history.sql"), subjects, stretch, visible).await
    }

    /// The same, oldest first.
    pub async fn history_forward(
        &self,
        subjects: &[Subject],
        stretch: &Stretch,
        visible: Option<&Visible>,
    ) -> Result<Vec<Recorded>, Failure> {
        self.concerning(include_str!("sql/history_forward.sql"), subjects, stretch, visible).await
    }

    async fn concerning(
        &self,
        sql: &str,
        subjects: &[Subject],
        stretch: &Stretch,
        visible: Option<&Visible>,
    ) -> Result<Vec<Recorded>, Failure> {
        let Stretch { after, before, as_of, limit } = stretch;
        let names: Vec<&str> = subjects.iter().map(Subject::as_str).collect();
        let client = self.pool.get().await?;
        let mut values: Vec<&(dyn ToSql + Sync)> =
            vec![&self.log, &names, before, after, limit, as_of];
        let sql = Visible::put(visible, sql, &mut values);
        let statement = client.prepare_cached(&sql).await?;
        let rows = client.query(&statement, &values).await?;
        Ok(rows.iter().map(Recorded::of).collect::<Result<_, _>>()?)
    }
}

fn page(rows: Vec<Row>, until: i64, after: i64, limit: i64, head: i64) -> Result<Rows, Failure> {
    let full = i64::try_from(rows.len()).is_ok_and(|count| count == limit);
    // A full page reaches to its last fact; a short one has seen the whole window.
    let reach = match rows.last() {
        Some(last) if full => last.try_get(0)?,
        Some(_) | None => until.max(after.min(head)),
    };
    Ok(Rows { rows, reach, head })
}
