//! The two axes of time of a read: `as_of`, the day it is about, and `known_at`, what the log knew.

use jiff::Timestamp;
use utoipa::openapi::{ObjectBuilder, Schema, Type};

use crate::edge::{DAY_PATTERN, Day, Fault, FromText};
use crate::event_log::{EventLog, Failure};
use crate::read_from_text;

/// What the log knew: up to a position, or at an instant.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum KnownAt {
    Position(i64),
    Instant(Timestamp),
}

impl KnownAt {
    /// As a position of the log.
    pub async fn position(self, log: &EventLog) -> Result<i64, Failure> {
        match self {
            KnownAt::Position(position) => Ok(position),
            KnownAt::Instant(instant) => log.position_at(instant).await,
        }
    }
}

impl FromText for KnownAt {
    fn from_text(text: &str) -> Result<Self, Fault> {
        let fault = Fault::new(
            "invalid_known_at",
            "Must be a log position, or an instant such as 2020-06-01T12:00:00Z.",
            "Må være en loggposisjon, eller et tidspunkt som 2020-06-01T12:00:00Z.",
        );
        if !text.is_empty() && text.len() <= 18 && text.bytes().all(|b| b.is_ascii_digit()) {
            return text.parse().map(KnownAt::Position).map_err(|_too_large| fault);
        }
        // A plus sign that nobody encoded arrives as a space.
        let text = text.replace(' ', "+");
        match text.parse::<Timestamp>() {
            Ok(instant) if is_rfc_3339(&text) && in_range(instant) => Ok(KnownAt::Instant(instant)),
            Ok(_) | Err(_) => Err(fault),
        }
    }
}
read_from_text!(KnownAt);

/// The parser of the date library takes more spellings than the contract names.
fn is_rfc_3339(text: &str) -> bool {
    let allowed = |b: u8| b.is_ascii_digit() || b"-:.+TZ".contains(&b);
    let offset = text.get(INSTANT_CHARS..).map(|rest| rest.trim_start_matches(digit_or_point));
    text.bytes().all(allowed)
        && text.as_bytes().get(10) == Some(&b'T')
        && offset.is_some_and(|offset| offset == "Z" || offset.len() == "+01:00".len())
}

/// Characters of an instant up to its seconds.
const INSTANT_CHARS: usize = "2020-06-01T12:00:00".len();

fn digit_or_point(c: char) -> bool {
    c.is_ascii_digit() || c == '.'
}

/// What PostgreSQL and the calendar of this service can both hold.
fn in_range(instant: Timestamp) -> bool {
    let year = instant.to_zoned(jiff::tz::TimeZone::UTC).year();
    (1900..=2199).contains(&year)
}

/// The parameters of both axes, as every read takes them.
#[derive(Debug, Default, utoipa::IntoParams)]
#[into_params(parameter_in = Query)]
#[expect(dead_code, reason = "documents parameters that super::read takes by itself")]
pub struct TimeAxes {
    /// The day the answer is about; today in Norway by default.
    #[param(inline, example = "2020-03-31")]
    as_of: Option<Day>,
    /// What the log knew: a position of the log (`225`), or an instant in RFC 3339
    /// (`2020-06-01T12:00:00Z`). Everything by default.
    #[param(schema_with = known_at_schema, example = "225")]
    known_at: Option<String>,
}

/// Both ways in which a time of knowledge is written, as one text: of a choice between two schemas
/// generated clients make a type that cannot be sent.
fn known_at_schema() -> Schema {
    let instant = format!("{DAY_PATTERN}T{CLOCK_PATTERN}(Z|[+-]{OFFSET_PATTERN})");
    let text = ObjectBuilder::new().schema_type(Type::String);
    let text = text.pattern(Some(format!("^([0-9]{{1,18}}|{instant})$")));
    let about = "What the log knew: a position of the log (`225`), or an instant in RFC 3339 \
                 (`2020-06-01T12:00:00Z`). Everything by default.";
    let text = text.description(Some(about));
    Schema::Object(text.examples(["225", "2020-06-01T12:00:00Z"]).build())
}

const CLOCK_PATTERN: &str = r"([01][0-9]|2[0-3]):[0-5][0-9]:[0-5][0-9](\.[0-9]{1,9})?";
const OFFSET_PATTERN: &str = "([01][0-9]|2[0-3]):[0-5][0-9]";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn known_at_is_a_position_or_an_instant() {
        assert_eq!(KnownAt::from_text("17"), Ok(KnownAt::Position(17)));
        let instant: Timestamp = "2020-06-01T12:00:00Z".parse().expect("an instant");
        for same in
            ["2020-06-01T12:00:00Z", "2020-06-01T14:00:00+02:00", "2020-06-01T14:00:00 02:00"]
        {
            assert_eq!(KnownAt::from_text(same), Ok(KnownAt::Instant(instant)), "{same}");
        }
        let other_forms = [
            "20200601T120000Z",
            "2020-06-01T12:00Z",
            "2020-06-01t12:00:00z",
            "2020-06-01T14:00:00+02",
        ];
        let no_time =
            ["", "-1", "2020-06-01", "now", "99999999999999999999", "2020-13-01T00:00:00Z"];
        for wrong in other_forms.into_iter().chain(no_time) {
            assert!(KnownAt::from_text(wrong).is_err(), "{wrong}");
        }
    }
}
