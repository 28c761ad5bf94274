//! Reports: a table with headings, its totals, and the two points of time that it was asked for, as
//! JSON or CSV.
//!
//! A report is declared once, as a value ([`Report`]), by the capability whose it is. From the
//! declaration follow its address, its operation and schemas in the OpenAPI document, its entry in
//! the catalogue, who may ask, the waiting for read models, the limit, both forms, the totals, and
//! what is shown to callers who may see no individuals. Nothing of that is written for one report.

mod asked;
mod catalogue;
pub mod column;
mod document;
pub mod row;
mod suppression;
mod written;

use std::collections::BTreeMap;

use actix_web::dev::{AppService, HttpServiceFactory};
use actix_web::{Resource, guard};
use deserr::Deserr;
use futures_util::future::LocalBoxFuture;
use utoipa::IntoParams;
use utoipa::openapi::path::Paths;
use utoipa::openapi::{RefOr, Schema};
use utoipa_actix_web::OpenApiFactory;
use utoipa_actix_web::service_config::ServiceConfig;

use super::{Answer, Filtered, ProblemResponse};
use crate::edge::{Fault, Faults, FieldFault};
use crate::problem::Words;
use asked::Form;
use column::{Column, Reader};
use written::About;

pub use asked::Asked;
pub use catalogue::list_reports;
pub use written::Table;

/// Rows that one answer is made of: far above the trainees of the country.
pub const ROWS_MAX: usize = 50_000;

/// A report: `P` are its parameters, `R` what is counted.
pub struct Report<P: 'static, R: 'static> {
    /// Its name in `/v1/reports/{name}`. Its operation and its schemas are named after it.
    pub name: &'static str,
    pub title: Words,
    /// What it counts, and what it is for.
    pub about: Words,
    pub whom: Whom,
    /// The read models that it is counted over, all of them at one position of the log.
    pub models: &'static [&'static str],
    /// The parameter that a caller gives who is refused because there is too much.
    pub narrowed_by: &'static str,
    pub columns: &'static [Column<P, R>],
    /// Figures over all rows that are no total of a column.
    pub figures: &'static [Column<P, R>],
    /// What is shown as one row, in the order of these keys; without it each by itself.
    pub group: Option<fn(&P, &R) -> Option<String>>,
    pub count: Count<P, R>,
}

/// Counts what was asked for, as the columns read it.
pub type Count<P, R> =
    for<'a> fn(&'a Asked<P>) -> LocalBoxFuture<'a, Result<Vec<R>, ProblemResponse>>;

/// Whom a report is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Whom {
    /// Whoever has a role. Who may see no individuals gets suppressed figures.
    Everybody,
    /// Whoever may see individuals.
    SeesIndividuals,
}

/// A report, whatever it counts.
pub trait AnyReport: Sync {
    /// Its name in `/v1/reports/{name}`.
    fn name(&self) -> &'static str;
    /// Its title, and what it counts.
    fn words(&self) -> [Words; 2];
    /// Registers its operation.
    fn register(&'static self, config: &mut ServiceConfig<'_>);
}

impl<P: Deserr<Faults> + IntoParams + 'static, R: 'static> AnyReport for Report<P, R> {
    fn name(&self) -> &'static str {
        self.name
    }

    fn words(&self) -> [Words; 2] {
        [self.title, self.about]
    }

    fn register(&'static self, config: &mut ServiceConfig<'_>) {
        config.service(Served(self));
    }
}

/// A report at its address.
struct Served<P: 'static, R: 'static>(&'static Report<P, R>);

impl<P: Deserr<Faults> + 'static, R: 'static> HttpServiceFactory for Served<P, R> {
    fn register(self, config: &mut AppService) {
        let Self(report) = self;
        let answer = move |asked: Filtered<Form<P>>| report.answer(asked);
        Resource::new(path_of(report.name)).guard(guard::Get()).to(answer).register(config);
    }
}

impl<P: IntoParams, R> OpenApiFactory for Served<P, R> {
    fn paths(&self) -> Paths {
        document::paths(self.0)
    }

    fn schemas(&self, schemas: &mut Vec<(String, RefOr<Schema>)>) {
        schemas.extend(document::schemas(self.0));
    }
}

/// Where a report is.
fn path_of(name: &str) -> String {
    format!("/v1/reports/{name}")
}

impl<P, R> Report<P, R> {
    async fn answer(&self, Filtered { read, filters }: Filtered<Form<P>>) -> Answer {
        let Form { own, format, dialect } = filters;
        let asked = Asked::settled(self, read, own).await?;
        let rows = (self.count)(&asked).await?;
        within_bounds(rows.len(), self.narrowed_by)?;
        let Asked { read, parameters, as_of, known_at, reader } = asked;
        let table = self.table(&parameters, rows, reader);
        let about = About { report: self.name, as_of, known_at };
        written::answer(&read, (format, dialect), &about, table)
    }

    /// What a reader is shown of what was counted.
    pub fn table(&self, parameters: &P, rows: Vec<R>, reader: Reader) -> Table {
        let groups = self.grouped(parameters, rows);
        let columns: Vec<&Column<P, R>> = self.columns_of(parameters).collect();
        let row = |group| {
            let group = std::slice::from_ref(group);
            columns.iter().map(|column| column.kind.value(group, reader)).collect()
        };
        let total =
            |column: &Column<P, R>| (column.name.to_owned(), column.kind.value(&groups, reader));
        Table {
            rows: groups.iter().map(row).collect(),
            totals: self.summed().map(total).collect(),
            columns: columns.iter().map(|column| (*column).into()).collect(),
        }
    }

    fn columns_of(&self, parameters: &P) -> impl Iterator<Item = &'static Column<P, R>> {
        self.columns.iter().filter(|column| column.is_in(parameters))
    }

    /// The columns that have a total, and the figures beside them.
    fn summed(&self) -> impl Iterator<Item = &'static Column<P, R>> {
        self.columns.iter().filter(|column| column.kind.is_figure()).chain(self.figures)
    }

    fn grouped(&self, parameters: &P, rows: Vec<R>) -> Vec<Vec<R>> {
        let Some(key) = self.group else { return rows.into_iter().map(|row| vec![row]).collect() };
        let mut groups: BTreeMap<Option<String>, Vec<R>> = BTreeMap::new();
        for row in rows {
            groups.entry(key(parameters, &row)).or_default().push(row);
        }
        groups.into_values().collect()
    }
}

/// Part of a report would be a wrong report: too much is refused, not cut off.
fn within_bounds(rows: usize, narrowed_by: &str) -> Result<(), FieldFault> {
    if rows <= ROWS_MAX {
        return Ok(());
    }
    let fault = Fault::new(
        "too_many_rows",
        "Too many rows for one answer: give this parameter.",
        "For mange rader for ett svar: oppgi denne parameteren.",
    );
    Err(FieldFault::at(format!("/query/{narrowed_by}"), fault))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_report_of_too_many_rows_is_refused_not_cut() {
        assert_eq!(within_bounds(ROWS_MAX, "municipality"), Ok(()));
        let refused = within_bounds(ROWS_MAX + 1, "municipality").expect_err("too many");
        assert_eq!(refused.pointer, "/query/municipality");
        assert_eq!(refused.fault.code, "too_many_rows");
    }
}
