//! Days, ids and shares, as requests tell them.

use deserr::{Deserr, IntoValue, Value, ValueKind, ValuePointerRef};
use jiff::civil::Date;
use utoipa::openapi::{KnownFormat, ObjectBuilder, RefOr, Schema, SchemaFormat, Type};
use utoipa::{PartialSchema, ToSchema};

use super::{Fault, Faults, FieldFault, FromText, not_one_of, refuse, wrong_type};
use crate::read_from_text;
use crate::time::{FIRST_DAY, LAST_DAY, Percent, Period};

/// A day as it is read from a request: `YYYY-MM-DD`, between [`FIRST_DAY`] and [`LAST_DAY`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, serde::Serialize)]
#[serde(transparent)]
pub struct Day(pub Date);

impl FromText for Day {
    fn from_text(text: &str) -> Result<Self, Fault> {
        let fault = Fault::new(
            "invalid_date",
            "Must be a date YYYY-MM-DD between 1900-01-01 and 2199-12-31.",
            "Må være en dato ÅÅÅÅ-MM-DD mellom 1900-01-01 og 2199-12-31.",
        );
        // The parser of the date library takes more spellings than the contract names.
        if text.len() != 10 || !text.bytes().all(|b| b.is_ascii_digit() || b == b'-') {
            return Err(fault);
        }
        match text.parse::<Date>() {
            Ok(date) if (FIRST_DAY..=LAST_DAY).contains(&date) => Ok(Self(date)),
            Ok(_) | Err(_) => Err(fault),
        }
    }
}
read_from_text!(Day);

/// How a day is written; which months have 31 days is left to the format.
pub const DAY_PATTERN: &str = "(19|20|21)[0-9]{2}-(0[1-9]|1[0-2])-(0[1-9]|[12][0-9]|3[01])";

impl PartialSchema for Day {
    fn schema() -> RefOr<Schema> {
        ObjectBuilder::new()
            .schema_type(Type::String)
            .format(Some(SchemaFormat::KnownFormat(KnownFormat::Date)))
            .pattern(Some(format!("^{DAY_PATTERN}$")))
            .description(Some("A day, `YYYY-MM-DD`, between 1900-01-01 and 2199-12-31."))
            .examples([serde_json::json!("2020-02-01")])
            .into()
    }
}
impl ToSchema for Day {}

/// An id that this service made, as it is read from a request.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, serde::Serialize)]
#[serde(transparent)]
pub struct Id(pub uuid::Uuid);

impl FromText for Id {
    fn from_text(text: &str) -> Result<Self, Fault> {
        // One spelling only: ids are compared as text by those who keep them.
        let id = uuid::Uuid::try_parse(text).ok().filter(|_| text.len() == 36);
        id.map(Self).ok_or(Fault::new("invalid_id", "Must be a UUID.", "Må være en UUID."))
    }
}
read_from_text!(Id);

impl PartialSchema for Id {
    fn schema() -> RefOr<Schema> {
        ObjectBuilder::new()
            .schema_type(Type::String)
            .format(Some(SchemaFormat::KnownFormat(KnownFormat::Uuid)))
            .description(Some("An id that this service made."))
            .examples([serde_json::json!("01890a5d-ac96-774b-bcce-b302099a8057")])
            .into()
    }
}
impl ToSchema for Id {}

/// Yes or no, as a parameter tells it: `true` or `false`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Flag(pub bool);

impl FromText for Flag {
    fn from_text(text: &str) -> Result<Self, Fault> {
        text.parse().map(Self).map_err(|_neither| not_one_of(&["true", "false"]))
    }
}
read_from_text!(Flag);

impl PartialSchema for Flag {
    fn schema() -> RefOr<Schema> {
        let schema = ObjectBuilder::new().schema_type(Type::Boolean);
        schema.examples([serde_json::json!(true)]).into()
    }
}
impl ToSchema for Flag {}

impl Deserr<Faults> for Percent {
    fn deserialize_from_value<V: IntoValue>(
        value: Value<V>,
        location: ValuePointerRef<'_>,
    ) -> Result<Self, Faults> {
        let percent = match value {
            Value::Integer(n) => Percent::parse(&n.to_string()),
            Value::NegativeInteger(_) => None,
            Value::Float(n) => Percent::nearest(n),
            Value::Null
            | Value::Boolean(_)
            | Value::String(_)
            | Value::Sequence(_)
            | Value::Map(_) => return Err(refuse(wrong_type(&[ValueKind::Float]), location)),
        };
        percent.ok_or_else(|| {
            let fault = Fault::new(
                "invalid_percent",
                "Must be above 0 and at most 100, with at most two decimals.",
                "Må være over 0 og høyst 100, med høyst to desimaler.",
            );
            refuse(fault, location)
        })
    }
}

impl PartialSchema for Percent {
    fn schema() -> RefOr<Schema> {
        ObjectBuilder::new()
            .schema_type(Type::Number)
            .description(Some(
                "A share of a full position in per cent: above 0, at most 100, at most two decimals.",
            ))
            .minimum(Some(0.01))
            .maximum(Some(100.0))
            .multiple_of(Some(0.01))
            .examples([serde_json::json!(100)])
            .into()
    }
}
impl ToSchema for Percent {}

/// A period as it is read from a request.
pub fn period(from: Day, to: Option<Day>) -> Result<Period, FieldFault> {
    Period::try_new(from.0, to.map(|day| day.0)).ok_or_else(|| {
        let fault = Fault::new(
            "ends_before_it_begins",
            "The last day must not come before the first.",
            "Siste dag kan ikke komme før den første.",
        );
        FieldFault::at("/to", fault)
    })
}
