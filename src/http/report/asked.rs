//! What a caller asks of a report: the parameters that every report takes beside its own, the day
//! and the position of the log, and how the caller may read figures.
//!
//! Two answers about neighbouring days, or before and after a late fact, could be compared: so who
//! may see no individuals gets the ends of months only, as they are known now. See docs/security.md
//! for what that does not stop.

use std::ops::ControlFlow;

use deserr::{DeserializeError, Deserr, ErrorKind, IntoValue, Map, Value, ValuePointerRef};
use jiff::civil::Date;

use super::column::Reader;
use super::{ROWS_MAX, Report, Whom};
use crate::edge::{Fault, Faults, FieldFault};
use crate::http::actor::Permissions;
use crate::http::problems::RELATION_MISSING;
use crate::http::{ProblemResponse, Read, today};
use crate::problem::Rejection;

crate::word_enum! {
    /// The form of a report, instead of `Accept`.
    pub enum ReportForm {
        /// JSON.
        Json = "json",
        /// Comma-separated values in UTF-8 with a heading line.
        Csv = "csv",
    }
}

crate::word_enum! {
    /// How CSV is written.
    pub enum Dialect {
        /// Commas between cells, points in numbers.
        Standard = "standard",
        /// As Excel opens it where numbers have a comma: semicolons between cells, a comma in
        /// numbers, and a byte order mark.
        Excel = "excel",
    }
}

/// The parameters of every report, as the document tells of them; [`Form`] reads them.
#[derive(Debug, utoipa::IntoParams)]
#[into_params(parameter_in = Query)]
#[expect(dead_code, reason = "documents parameters that Form reads by itself")]
pub struct FormParameters {
    /// The form, instead of `Accept`.
    #[param(inline)]
    format: Option<ReportForm>,
    /// How CSV is written; `standard` by default.
    #[param(inline)]
    dialect: Option<Dialect>,
}

/// A report's own parameters, and the form of the answer.
pub struct Form<P> {
    pub own: P,
    pub format: Option<ReportForm>,
    pub dialect: Option<Dialect>,
}

impl<P: Deserr<Faults>> Deserr<Faults> for Form<P> {
    /// Takes the parameters of the form out of a query; what is left is the report's.
    fn deserialize_from_value<V: IntoValue>(
        value: Value<V>,
        location: ValuePointerRef<'_>,
    ) -> Result<Self, Faults> {
        let Value::Map(mut query) = value else {
            let accepted = &[deserr::ValueKind::Map];
            let error = ErrorKind::IncorrectValueKind { actual: value, accepted };
            return Err(deserr::take_cf_content(Faults::error(None, error, location)));
        };
        let (format, dialect) = (query.remove("format"), query.remove("dialect"));
        let mut faults = None;
        let format = part(&mut faults, format, location.push_key("format"));
        let dialect = part(&mut faults, dialect, location.push_key("dialect"));
        let own = P::deserialize_from_value::<V>(Value::Map(query), location);
        match (own, faults) {
            (Ok(own), None) => Ok(Self { own, format, dialect }),
            (Ok(_), Some(faults)) => Err(faults),
            (Err(more), faults) => {
                let merged = deserr::MergeWithError::merge(faults, more, location);
                Err(deserr::take_cf_content(merged))
            }
        }
    }
}

/// One parameter, if it is given.
fn part<T: Deserr<Faults>, V: IntoValue>(
    faults: &mut Option<Faults>,
    given: Option<V>,
    location: ValuePointerRef<'_>,
) -> Option<T> {
    match T::deserialize_from_value(given?.into_value(), location) {
        Ok(value) => Some(value),
        Err(more) => {
            let merged: ControlFlow<Faults, Faults> =
                deserr::MergeWithError::merge(faults.take(), more, location);
            *faults = Some(deserr::take_cf_content(merged));
            None
        }
    }
}

/// What was asked, settled: all of the report's read models have reached `known_at`.
pub struct Asked<P> {
    pub read: Read,
    pub parameters: P,
    pub as_of: Date,
    pub known_at: i64,
    pub reader: Reader,
}

impl<P> Asked<P> {
    pub(super) async fn settled<R>(
        report: &Report<P, R>,
        read: Read,
        parameters: P,
    ) -> Result<Self, ProblemResponse> {
        let reader = match report.whom {
            Whom::Everybody => reader(&read.actor.permissions),
            // The gate has let nobody else through.
            Whom::SeesIndividuals => Reader::OfIndividuals,
        };
        let (as_of, known_at) = read.settled(report.models).await?;
        if reader == Reader::OfIndividuals {
            return Ok(Self { read, parameters, as_of, known_at, reader });
        }
        let as_of = month_end(&read)?;
        if let Some(name) = names_individuals(report, &parameters) {
            let needed = format!("to see individuals, whom `{name}` would name");
            return Err(Rejection::new(&RELATION_MISSING).with("needed", needed).into());
        }
        Ok(Self { read, parameters, as_of, known_at, reader })
    }

    /// Rows to ask the database for: one more than is answered tells that there are more.
    pub fn limit(&self) -> i64 {
        i64::try_from(ROWS_MAX + 1).unwrap_or(i64::MAX)
    }
}

/// A column that a caller has asked for and that is of somebody.
fn names_individuals<P, R>(report: &Report<P, R>, parameters: &P) -> Option<&'static str> {
    let mut asked_for = report.columns_of(parameters).filter(|column| column.only.is_some());
    asked_for.find(|column| column.kind.is_somebodys()).map(|column| column.name)
}

/// How a caller reads figures of whatever is anywhere in the country.
fn reader(permissions: &Permissions) -> Reader {
    if permissions.sees_everything() || permissions.sees_some_municipality() {
        Reader::OfIndividuals
    } else {
        Reader::OfFigures
    }
}

/// The day that suppressed figures are about: the last one of a month, the month before this one by
/// default.
fn month_end(read: &Read) -> Result<Date, ProblemResponse> {
    let mut faults = Vec::new();
    if read.known_at.is_some() {
        let fault = Fault::new(
            "known_now_only",
            "Rounded figures are told as they are known now.",
            "Avrundede tall gis slik de er kjent nå.",
        );
        faults.push(FieldFault::at("/query/known_at", fault));
    }
    let asked = read.as_of.unwrap_or_else(|| crate::time::day_before(today().first_of_month()));
    if asked != asked.last_of_month() || asked >= today() {
        let fault = Fault::new(
            "month_ends_only",
            "Rounded figures are told for the last day of a month that is over.",
            "Avrundede tall gis for den siste dagen i en måned som er omme.",
        );
        faults.push(FieldFault::at("/query/as_of", fault));
    }
    if faults.is_empty() { Ok(asked) } else { Err(ProblemResponse::faults(faults)) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::edge::Id;

    #[derive(Debug, Deserr)]
    #[deserr(deny_unknown_fields, error = Faults)]
    struct Own {
        #[deserr(default)]
        trainee: Option<Id>,
    }

    fn read(query: serde_json::Value) -> Result<Form<Own>, Vec<String>> {
        let read: Result<Form<Own>, Faults> = crate::edge::read(query);
        read.map_err(|faults| faults.0.into_iter().map(|fault| fault.pointer).collect())
    }

    #[test]
    fn a_report_takes_the_form_beside_its_own_parameters() {
        let id = "01890a5d-ac96-774b-bcce-b302099a8058";
        let form = read(serde_json::json!({"format": "csv", "trainee": id})).expect("it is right");
        assert_eq!((form.format, form.dialect), (Some(ReportForm::Csv), None));
        assert_eq!(form.own.trainee.map(|id| id.0.to_string()).as_deref(), Some(id));
    }

    #[test]
    fn every_parameter_at_fault_is_named() {
        let wrong = serde_json::json!({"format": "x", "dialect": "y", "trainee": "z", "more": "1"});
        let mut faults = read(wrong).err().expect("all of it is wrong");
        faults.sort_unstable();
        assert_eq!(faults, ["/dialect", "/format", "/more", "/trainee"]);
        assert_eq!(
            read(serde_json::json!({"format": "x"})).err(),
            Some(vec!["/format".to_owned()])
        );
    }
}
