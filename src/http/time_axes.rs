//! The two axes of time of a read: `as_of`, the day it is about, and `known_at`, what the log knew.

use jiff::Timestamp;

use crate::edge::{Day, Fault, FromText};
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
        match text.replace(' ', "+").parse::<Timestamp>() {
            Ok(instant) if in_range(instant) => Ok(KnownAt::Instant(instant)),
            Ok(_) | Err(_) => Err(fault),
        }
    }
}
read_from_text!(KnownAt);

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
    /// What the log knew: a log position, or an instant in RFC 3339. Everything by default.
    #[param(example = "2020-06-01T12:00:00Z", max_length = 40)]
    known_at: Option<String>,
}

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
        for wrong in ["", "-1", "2020-06-01", "now", "99999999999999999999", "2020-13-01T00:00:00Z"]
        {
            assert!(KnownAt::from_text(wrong).is_err(), "{wrong}");
        }
    }
}
