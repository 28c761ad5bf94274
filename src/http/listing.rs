//! How a resource is listed: a column is named once, and the table, the cells, the indexes, the
//! filters and the orders come from that one list.
//!
//! A filter or an order that is said of a column gets its index with it. What is sealed has no
//! column and no order.

mod columns;

pub use columns::{Cell, Columns, InOrder, Json, LastDay, Word};

use std::marker::PhantomData;
use std::sync::Arc;

use actix_web::HttpRequest;
use serde_json::{Map, Value};
use utoipa::IntoParams as _;
use utoipa::openapi::Required;
use utoipa::openapi::path::{Parameter, ParameterBuilder, ParameterIn};

use self::columns::{Filter, Keeps};
use super::access::Access;
use super::list::{ListQuery, Rows};
use super::operation::{Call, Later, Method, Named, Operation, Success};
use super::page::Paging;
use super::page::order::{By, sort_parameter};
use super::read::List;
use super::time_axes::TimeAxes;
use super::{Answer, Unsorted};
use crate::aggregate::Fold;
use crate::edge::{FAULTS_MAX, Faults, FieldFault, FromText, escape_pointer, unknown_field};
use crate::event_log::projection::{ReadModel, Row};
use crate::identifiers::MunicipalityNumber;
use crate::time::Period;

/// A stretch of days in which a line is the same; of one of several resources that the facts of a
/// key tell about, when it names one.
pub struct Stretch<L> {
    pub item: Option<String>,
    pub period: Period,
    pub line: L,
}

impl<L> From<(Period, L)> for Stretch<L> {
    fn from((period, line): (Period, L)) -> Self {
        Self { item: None, period, line }
    }
}

/// A table of a resource: which facts it follows, and what its lines are.
pub trait Table: Send + Sync + 'static {
    /// What the facts of one key fold into.
    type State: Fold + Send + Sync;
    /// What a row is read from.
    type Line: 'static;
    /// Its name: queries read `model.NAME`.
    const NAME: &'static str;
    /// Raised whenever the rows of the same facts would come out different.
    const VERSION: i32;
    /// The kind of subject whose facts make a key.
    const SUBJECT: &'static str;
    /// What an UPDATE sets in every row of a person who was erased.
    const FORGETS: Option<&'static str>;

    /// The lines of a key, of one resource in order, without overlap.
    fn lines(key: &str, state: &Self::State) -> Vec<Stretch<Self::Line>>;
    /// Its columns, made once.
    fn columns() -> &'static Columns<Self::Line>;
}

/// The read model that a table is.
pub struct Listed<T>(PhantomData<T>);

impl<T: Table> ReadModel for Listed<T> {
    type State = T::State;
    const NAME: &'static str = T::NAME;
    const VERSION: i32 = T::VERSION;
    const SUBJECT: &'static str = T::SUBJECT;
    const FORGETS: Option<&'static str> = T::FORGETS;

    fn table() -> String {
        T::columns().ddl()
    }

    fn columns() -> String {
        T::columns().names()
    }

    fn rows(key: &str, state: &T::State) -> Vec<Row> {
        let columns = T::columns();
        let row = |stretch: Stretch<T::Line>| {
            let row = match stretch.item {
                Some(item) => Row::of_item(item, stretch.period),
                None => Row::new(stretch.period),
            };
            columns.row(&stretch.line, row)
        };
        T::lines(key, state).into_iter().map(row).collect()
    }
}

/// How a kind of resource is listed.
#[derive(Clone)]
pub struct Listing {
    model: &'static str,
    /// What the items are called.
    pub nouns: &'static str,
    /// What else callers should know.
    pub about: &'static str,
    pub read_by: Access,
    filters: &'static [Filter],
    orders: &'static [By],
    rows: &'static Rows,
}

impl Listing {
    /// Everything in a table that a caller may see.
    pub fn of<T: Table>(nouns: &'static str, about: &'static str, read_by: Access) -> Self {
        let Columns { filters, orders, rows, .. } = T::columns();
        Self { model: T::NAME, nouns, about, read_by, filters, orders, rows }
    }

    fn default_order(&self) -> &'static str {
        self.orders.first().map_or("", By::word)
    }

    /// The parameters of the list, for the document.
    pub fn parameters(&self) -> Vec<Parameter> {
        let filter = |filter: &Filter| {
            ParameterBuilder::new()
                .name(filter.name)
                .parameter_in(ParameterIn::Query)
                .required(Required::False)
                .description(Some(filter.about))
                .schema(Some((filter.schema)()))
                .build()
        };
        let sort = sort_parameter(self.orders, self.default_order());
        self.filters.iter().map(filter).chain([sort]).collect()
    }

    /// The operation that answers it, under an address; its id follows from what the items are
    /// called.
    pub fn operation(self, tag: &'static str, path: &str, page: Named) -> Operation {
        let (shape, all) = (self.clone(), Arc::new(self.clone()));
        let parameters = move || {
            let axes = TimeAxes::into_params(|| Some(ParameterIn::Query));
            [shape.parameters(), axes, Paging::into_params(|| Some(ParameterIn::Query))].concat()
        };
        let run = Arc::new(move |call: Call| -> Later<'static, Answer> {
            let all = all.clone();
            Box::pin(async move { all.answer(&call.request).await })
        });
        Operation {
            method: Method::Get,
            path: path.to_owned(),
            id: format!("list_{}", self.nouns.replace(' ', "_")),
            tag,
            summary: format!("List {}", self.nouns),
            about: self.about.to_owned(),
            access: self.read_by,
            refuses: vec![],
            places: vec![],
            parameters: Arc::new(parameters),
            parameter_types: self.types(),
            body: None,
            success: Success::json(200, format!("A page of {}", self.nouns), page),
            concerns: None,
            run,
        }
    }

    /// The types that the filters name.
    pub fn types(&self) -> Vec<Named> {
        self.filters.iter().map(|filter| filter.types).collect()
    }

    /// The filters that were given, and what is wrong with them.
    fn picked(&self, given: Map<String, Value>) -> Result<Vec<(&'static Filter, String)>, Faults> {
        let (mut picked, mut faults) = (Vec::new(), Vec::new());
        for (name, value) in given {
            let text = value.as_str().unwrap_or_default().to_owned();
            let filter = self.filters.iter().find(|filter| filter.name == name);
            let fault = match filter {
                Some(filter) => match (filter.check)(&text) {
                    Ok(()) => {
                        picked.push((filter, text));
                        continue;
                    }
                    Err(fault) => fault,
                },
                None => {
                    let known: Vec<&str> = self.filters.iter().map(|filter| filter.name).collect();
                    unknown_field(&known)
                }
            };
            let pointer = format!("/query/{}", escape_pointer(&name));
            faults.push(FieldFault::at(pointer, fault));
        }
        faults.truncate(FAULTS_MAX);
        if faults.is_empty() { Ok(picked) } else { Err(Faults(faults)) }
    }

    /// Answers a page.
    pub async fn answer(&self, request: &HttpRequest) -> Answer {
        let orders = (self.orders, self.default_order());
        let list = List::<_, Unsorted>::sorted(request, orders, |given| self.picked(given))?;
        let mut query = ListQuery::of(self.model, self.rows.clone());
        for (filter, text) in &list.filters {
            for keeps in &filter.keeps {
                query = match keeps {
                    Keeps::Meeting(condition, read) => match read(&list.read, text) {
                        Some(value) => query.meeting(condition, value),
                        None => query,
                    },
                    Keeps::Filed { among } => {
                        let number = MunicipalityNumber::from_text(text).ok();
                        match among {
                            true => query.filed_among(filter.column, number.as_ref()),
                            false => query.filed_under(filter.column, number.as_ref()),
                        }
                    }
                };
            }
        }
        query.answer(list).await
    }
}
