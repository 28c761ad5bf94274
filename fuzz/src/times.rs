//! Days, periods, shares and points of the log: `from`, `to`, `as_of`, `percent`, `known_at`.

use alis::edge::{self, Day};
use alis::http::time_axes::KnownAt;
use alis::time::{FIRST_DAY, LAST_DAY, Percent, Period};

use super::{recorded_back, text};

/// Each line is read as everything it could be; neighbours that are days make a period.
pub fn times(bytes: &[u8]) {
    let text = text(bytes);
    let mut days = Vec::new();
    for line in text.split('\n') {
        days.extend(recorded_back::<Day>(line, |day| day.0.to_string()));
        recorded_back::<KnownAt>(line, |known_at| match known_at {
            KnownAt::Position(position) => position.to_string(),
            KnownAt::Instant(instant) => instant.to_string(),
        });
        shares(line);
    }
    assert!(days.iter().all(|day| (FIRST_DAY..=LAST_DAY).contains(&day.0)));
    let periods: Vec<Period> =
        days.windows(2).filter_map(|pair| period(pair[0], pair[1])).collect();
    for pair in periods.windows(2) {
        overlaps(&pair[0], &pair[1]);
    }
}

/// A share is the same as text, as a number and in hundredths.
fn shares(text: &str) {
    if let Some(percent) = Percent::parse(text) {
        assert_eq!(Percent::parse(&percent.to_string()), Some(percent), "{text:?}");
        assert_eq!(Percent::from_hundredths(percent.hundredths()), Some(percent), "{text:?}");
    }
    let Ok(number) = text.parse::<f64>() else { return };
    if let Some(percent) = Percent::nearest(number) {
        let distance = (f64::from(percent.hundredths()) / 100.0 - number).abs();
        assert!(distance < 1e-6, "{text:?} became {percent}");
    }
}

/// The period from one day to another, and without an end when both are the same.
fn period(from: Day, to: Day) -> Option<Period> {
    let open = from == to;
    let read = edge::period(from, (!open).then_some(to)).ok();
    assert_eq!(read.is_some(), from <= to, "{from:?}..{to:?}");
    let period = read?;
    assert!(period.covers(from.0) && period.covers(to.0) && period.contains(&period), "{period}");
    assert_eq!(period.overlap(&period), Some(period));
    let stored = serde_json::to_value(period).expect("two days");
    assert_eq!(serde_json::from_value::<Period>(stored).ok(), Some(period));
    assert_eq!(period.day_after().is_none(), open);
    Some(period)
}

/// What two periods share belongs to both, whoever is asked first.
fn overlaps(one: &Period, other: &Period) {
    let shared = one.overlap(other);
    assert_eq!(shared, other.overlap(one));
    match shared {
        Some(shared) => assert!(one.contains(&shared) && other.contains(&shared)),
        None => assert!(!one.covers(other.from) && !other.covers(one.from)),
    }
}
