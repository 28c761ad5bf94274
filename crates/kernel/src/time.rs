//! Days, periods and shares of a full position.
//!
//! A period's ends are both inclusive, as in every paper the field uses; an open period has no end.
//! There is no clock here: what day it is reaches a rule inside its command.

use jiff::civil::Date;
use serde::{Deserialize, Serialize};
use std::fmt;

/// The first and last day we accept: earlier or later ones are slips of the keyboard.
pub const FIRST_DAY: Date = jiff::civil::date(1900, 1, 1);
/// See [`FIRST_DAY`].
pub const LAST_DAY: Date = jiff::civil::date(2199, 12, 31);

/// A run of days. `from` and `to` both belong to it; `to` `None` means that it has no end yet.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Period {
    pub from: Date,
    #[serde(default)]
    pub to: Option<Date>,
}

impl Period {
    /// A period, or `None` when it would end before it begins.
    pub fn try_new(from: Date, to: Option<Date>) -> Option<Self> {
        match to {
            Some(to) if to < from => None,
            Some(_) | None => Some(Self { from, to }),
        }
    }

    /// The period without an end.
    pub fn since(from: Date) -> Self {
        Self { from, to: None }
    }

    /// Whether `day` belongs to the period.
    pub fn covers(&self, day: Date) -> bool {
        self.from <= day && self.to.is_none_or(|to| day <= to)
    }

    /// Whether all of its days are before `day`.
    pub fn ends_before(&self, day: Date) -> bool {
        self.to.is_some_and(|to| to < day)
    }

    /// Whether every day of `other` belongs to this period.
    pub fn contains(&self, other: &Period) -> bool {
        self.from <= other.from
            && match (self.to, other.to) {
                (None, _) => true,
                (Some(_), None) => false,
                (Some(mine), Some(theirs)) => theirs <= mine,
            }
    }

    /// The days both have, if any.
    pub fn overlap(&self, other: &Period) -> Option<Period> {
        let to = match (self.to, other.to) {
            (None, to) | (to, None) => to,
            (Some(a), Some(b)) => Some(a.min(b)),
        };
        Period::try_new(self.from.max(other.from), to)
    }

    /// The first day after the period, if it ends and the calendar goes on.
    pub fn day_after(&self) -> Option<Date> {
        self.to.map(day_after)
    }
}

impl fmt::Display for Period {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.to {
            Some(to) => write!(f, "{}..{}", self.from, to),
            None => write!(f, "{}..", self.from),
        }
    }
}

/// The next day. Days are at most [`LAST_DAY`] at the edge, so there always is one.
pub fn day_after(day: Date) -> Date {
    day.tomorrow().unwrap_or(Date::MAX)
}

/// The day before. Days are at least [`FIRST_DAY`] at the edge, so there always is one.
pub fn day_before(day: Date) -> Date {
    day.yesterday().unwrap_or(Date::MIN)
}

/// A share of a full position in hundredths of a per cent: above 0, at most 100.00 %.
/// Held as an integer, because sums of shares decide who may work where.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Percent(u16);

impl Percent {
    /// A whole position.
    pub const FULL: Percent = Percent(10_000);

    /// From hundredths of a per cent: 1..=10 000.
    pub fn from_hundredths(hundredths: u32) -> Option<Self> {
        match u16::try_from(hundredths) {
            Ok(h @ 1..=10_000) => Some(Self(h)),
            Ok(_) | Err(_) => None,
        }
    }

    /// Reads `50`, `50.5` or `50.25`; more decimals are refused, not rounded.
    pub fn parse(text: &str) -> Option<Self> {
        let (whole, decimals) = text.split_once('.').unwrap_or((text, ""));
        let digits = |s: &str| s.bytes().all(|b| b.is_ascii_digit());
        if whole.is_empty() || whole.len() > 3 || decimals.len() > 2 {
            return None;
        }
        if !digits(whole) || !digits(decimals) {
            return None;
        }
        let cents: u32 = format!("{decimals:0<2}").parse().ok()?;
        Self::from_hundredths(whole.parse::<u32>().ok()? * 100 + cents)
    }

    /// The share that a double stands for. Programs write `0.57` as `0.5700000000000001` when they
    /// have calculated it; a third decimal that somebody meant is refused.
    pub fn nearest(number: f64) -> Option<Self> {
        const ROUNDING_ERROR_MAX: f64 = 1e-9;
        let text = format!("{number:.2}");
        let rounded: f64 = text.parse().ok()?;
        if (number - rounded).abs() > ROUNDING_ERROR_MAX {
            return None;
        }
        Percent::parse(&text)
    }

    /// Hundredths of a per cent.
    pub fn hundredths(self) -> u32 {
        u32::from(self.0)
    }
}

impl fmt::Display for Percent {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (whole, rest) = (self.0 / 100, self.0 % 100);
        match (rest, rest % 10) {
            (0, _) => write!(f, "{whole}"),
            (_, 0) => write!(f, "{whole}.{}", rest / 10),
            _ => write!(f, "{whole}.{rest:02}"),
        }
    }
}

impl Serialize for Percent {
    /// A JSON number with at most two decimals.
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        if self.0.is_multiple_of(100) {
            serializer.serialize_u16(self.0 / 100)
        } else {
            // The nearest double of a number with two decimals prints as that number again.
            serializer.serialize_f64(f64::from(self.0) / 100.0)
        }
    }
}

impl<'de> Deserialize<'de> for Percent {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let number = serde_json::Number::deserialize(deserializer)?;
        Percent::parse(&number.to_string())
            .ok_or_else(|| serde::de::Error::custom("not a share of a position"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use jiff::civil::date;

    fn period(from: Date, to: Option<Date>) -> Period {
        Period::try_new(from, to).expect("the test's period is in order")
    }

    #[test]
    fn both_ends_of_a_period_belong_to_it() {
        let january = period(date(2020, 1, 1), Some(date(2020, 1, 31)));
        assert!(january.covers(date(2020, 1, 1)));
        assert!(january.covers(date(2020, 1, 31)));
        assert!(!january.covers(date(2020, 2, 1)));
        assert_eq!(january.day_after(), Some(date(2020, 2, 1)));
    }

    #[test]
    fn a_period_cannot_end_before_it_begins() {
        assert_eq!(Period::try_new(date(2020, 1, 2), Some(date(2020, 1, 1))), None);
    }

    #[test]
    fn periods_that_share_one_day_overlap_on_that_day() {
        let first = period(date(2020, 1, 1), Some(date(2020, 1, 31)));
        let second = Period::since(date(2020, 1, 31));
        let day = period(date(2020, 1, 31), Some(date(2020, 1, 31)));
        assert_eq!(first.overlap(&second), Some(day));
        assert_eq!(first.overlap(&Period::since(date(2020, 2, 1))), None);
    }

    #[test]
    fn percent_keeps_two_decimals_exactly() {
        for (text, hundredths) in [("50", 5000), ("50.5", 5050), ("33.33", 3333), ("0.01", 1)] {
            let percent = Percent::parse(text).expect("a valid share");
            assert_eq!(percent.hundredths(), hundredths);
            assert_eq!(percent.to_string(), text);
            let json = serde_json::to_string(&percent).expect("serialises");
            assert_eq!(json, text);
            assert_eq!(serde_json::from_str::<Percent>(&json).expect("reads back"), percent);
        }
        for text in ["0", "100.01", "-1", "1e1", "33.333", "", ".5", "1,5", "1000"] {
            assert_eq!(Percent::parse(text), None, "{text}");
        }
    }

    #[test]
    fn a_double_with_a_rounding_error_is_the_share_it_stands_for() {
        for (number, hundredths) in [(0.57, 57), (57.0 * 0.01, 57), (33.33, 3333), (100.0, 10_000)]
        {
            assert_eq!(Percent::nearest(number), Percent::from_hundredths(hundredths), "{number}");
        }
        for wrong in [33.333, 0.0, -0.0, -1.0, 100.01, 1e300, f64::NAN, f64::INFINITY, 0.001] {
            assert_eq!(Percent::nearest(wrong), None, "{wrong}");
        }
    }

    #[test]
    fn every_percent_survives_json() {
        for hundredths in 1..=10_000 {
            let percent = Percent::from_hundredths(hundredths).expect("in range");
            let json = serde_json::to_string(&percent).expect("serialises");
            assert_eq!(serde_json::from_str::<Percent>(&json).expect("reads back"), percent);
        }
    }
}
