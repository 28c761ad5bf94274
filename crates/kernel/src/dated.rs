//! What is told for periods, one statement after another: a name, a class, a rate.
//!
//! A statement holds from its first day to its last, or until the day the next one begins. Telling
//! it again with the same first day replaces it. When it was told is the log's business.

use jiff::civil::Date;

use crate::time::{Period, day_before};

/// Dated statements of one kind about one thing, in the order of their first days.
#[derive(Debug, Clone, PartialEq)]
pub struct Dated<T>(Vec<Statement<T>>);

/// A statement as it was told.
#[derive(Debug, Clone, PartialEq)]
pub struct Statement<T> {
    pub period: Period,
    pub value: T,
    /// Where it was told in the log, for corrections to name.
    pub recorded_at_position: i64,
}

impl<T> Default for Dated<T> {
    fn default() -> Self {
        Self(Vec::new())
    }
}

impl<T: PartialEq> Dated<T> {
    /// Takes a statement in; the one with the same first day gives way to it.
    pub fn set(&mut self, period: Period, value: T) {
        self.set_at(period, value, i64::MAX);
    }

    /// Takes in a statement that was told at a position of the log.
    pub fn set_at(&mut self, period: Period, value: T, recorded_at_position: i64) {
        self.remove(period.from);
        let place = self.0.partition_point(|statement| statement.period.from < period.from);
        self.0.insert(place, Statement { period, value, recorded_at_position });
    }

    /// Takes out the statement with this first day.
    pub fn remove(&mut self, from: Date) {
        self.0.retain(|statement| statement.period.from != from);
    }

    /// The statement that was told with this first day.
    pub fn statement(&self, from: Date) -> Option<&Statement<T>> {
        self.0.iter().find(|statement| statement.period.from == from)
    }

    /// The time that all statements belong to lasted as `was` and lasts as `now`: what reached its
    /// ends reaches the new ones. Nothing is shortened; what lies outside is told and does not
    /// hold.
    pub fn stretch(&mut self, was: Period, now: Period) {
        if let Some(first) =
            self.0.first_mut().filter(|statement| statement.period.from <= was.from)
        {
            first.period.from = first.period.from.min(now.from);
        }
        for statement in self.0.iter_mut().map(|statement| &mut statement.period) {
            let ends_before =
                statement.to.zip(was.to).map_or(statement.to.is_some(), |(to, end)| to < end);
            if !ends_before {
                statement.to = statement.to.zip(now.to).map(|(to, end)| to.max(end));
            }
        }
    }

    /// Whether this very statement has been told and not been replaced.
    pub fn contains(&self, period: &Period, value: &T) -> bool {
        self.0.iter().any(|statement| statement.period == *period && statement.value == *value)
    }

    /// What holds on a day.
    pub fn on(&self, day: Date) -> Option<&T> {
        self.latest_on(day).filter(|(period, _)| period.covers(day)).map(|(_, value)| value)
    }

    /// The statement that began last on or before a day, with the days it holds; it may have ended.
    pub fn latest_on(&self, day: Date) -> Option<(Period, &T)> {
        self.iter().take_while(|(period, _)| period.from <= day).last()
    }

    /// All statements with the days they hold: each ends at the latest before the next begins.
    pub fn iter(&self) -> impl Iterator<Item = (Period, &T)> {
        self.0.iter().enumerate().map(|(place, statement)| {
            let next = self.0.get(place + 1).map(|next| day_before(next.period.from));
            let to = match (statement.period.to, next) {
                (Some(to), Some(next)) => Some(to.min(next)),
                (to, next) => to.or(next),
            };
            (Period { from: statement.period.from, to }, &statement.value)
        })
    }

    /// A statement with another first day that was told for one of these days.
    pub fn overlapping(&self, period: &Period) -> Option<&Period> {
        let others = self
            .0
            .iter()
            .map(|statement| &statement.period)
            .filter(|statement| statement.from != period.from);
        others.into_iter().find(|statement| statement.overlap(period).is_some())
    }

    /// The first day that anything was told for.
    pub fn first_day(&self) -> Option<Date> {
        self.0.first().map(|statement| statement.period.from)
    }

    /// The days on which what holds may change.
    pub fn changes(&self) -> impl Iterator<Item = Date> {
        self.iter().flat_map(|(period, _)| [Some(period.from), period.day_after()]).flatten()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use jiff::civil::date;
    use proptest::prelude::*;

    fn years(from: i16, to: Option<i16>) -> Period {
        let to = to.map(|year| date(year, 12, 31));
        Period::try_new(date(from, 1, 1), to).expect("the test's period is in order")
    }

    #[test]
    fn a_later_beginning_takes_over_and_its_end_leaves_nothing() {
        let mut names = Dated::default();
        names.set(years(2020, Some(2022)), "new");
        names.set(years(2000, None), "old");
        assert_eq!(names.on(date(1999, 12, 31)), None);
        assert_eq!(names.on(date(2019, 12, 31)), Some(&"old"));
        assert_eq!(names.on(date(2020, 1, 1)), Some(&"new"));
        assert_eq!(names.on(date(2023, 1, 1)), None);
        let held: Vec<_> = names.iter().collect();
        assert_eq!(held[0], (years(2000, Some(2019)), &"old"));
        assert_eq!(names.latest_on(date(2030, 1, 1)), Some((years(2020, Some(2022)), &"new")));
    }

    #[test]
    fn the_same_first_day_replaces_and_another_overlaps() {
        let mut classes = Dated::default();
        classes.set(years(2018, None), 3);
        classes.set(years(2018, Some(2023)), 2);
        assert!(classes.contains(&years(2018, Some(2023)), &2));
        assert!(!classes.contains(&years(2018, None), &3));
        assert_eq!(classes.overlapping(&years(2018, None)), None);
        assert_eq!(classes.overlapping(&years(2023, None)), Some(&years(2018, Some(2023))));
        assert_eq!(classes.overlapping(&years(2024, None)), None);
    }

    #[test]
    fn what_reached_the_ends_of_a_time_reaches_the_new_ones() {
        let mut phases = Dated::default();
        phases.set(years(2019, Some(2023)), "first");
        phases.set(years(2021, Some(2022)), "second");
        phases.stretch(years(2019, Some(2023)), years(2020, Some(2022)));
        assert_eq!(phases.on(date(2019, 1, 1)), Some(&"first"), "nothing is lost");
        phases.stretch(years(2020, Some(2022)), years(2018, None));
        let held: Vec<_> = phases.iter().collect();
        assert_eq!(held, [(years(2018, Some(2020)), &"first"), (years(2021, None), &"second")]);
        phases.stretch(years(2018, None), years(2018, Some(2030)));
        assert_eq!(phases.on(date(2031, 1, 1)), Some(&"second"), "nothing is shortened");
    }

    proptest! {
        #[test]
        fn no_two_statements_hold_on_one_day(
            statement in prop::collection::vec((0_i16..60, 0_i16..20, any::<bool>()), 0..12)
        ) {
            let mut dated = Dated::default();
            for (number, (from, length, open)) in statement.iter().enumerate() {
                let from = 1950 + from;
                dated.set(years(from, (!open).then_some(from + length)), number);
            }
            for year in 1949..2040 {
                let day = date(year, 7, 1);
                let holding: Vec<_> = dated.iter().filter(|(p, _)| p.covers(day)).collect();
                prop_assert!(holding.len() <= 1);
                prop_assert_eq!(holding.first().map(|(_, value)| *value), dated.on(day));
            }
        }
    }
}
