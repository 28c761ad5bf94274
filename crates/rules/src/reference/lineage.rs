//! How municipality numbers follow one another: municipalities get new numbers, and merge.
//!
//! A fact keeps the number that it was told with. Rules that compare numbers ask here which one a
//! right goes on under, and what is filed under others that it reaches: see
//! docs/decisions/0010-numbers-of-municipalities-are-followed.md.

use std::collections::{BTreeMap, BTreeSet};

use jiff::civil::Date;

use super::municipality::Municipality;
use crate::identifiers::MunicipalityNumber;
use crate::time::day_before;

/// Some numbers with what they came from and became, as far as it was looked up. Without that,
/// every number stands for itself.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Lineage(BTreeMap<MunicipalityNumber, Option<Municipality>>);

impl Lineage {
    /// Takes in what is recorded of a number.
    pub fn learn(&mut self, number: MunicipalityNumber, recorded: Option<Municipality>) {
        self.0.insert(number, recorded);
    }

    /// How many numbers were looked up.
    pub fn count(&self) -> usize {
        self.0.len()
    }

    /// Numbers that are named as predecessors or successors and were not looked up yet.
    pub fn missing(&self) -> BTreeSet<MunicipalityNumber> {
        let recorded = self.0.values().flatten();
        let named = recorded.flat_map(|it| it.predecessors.iter().chain(&it.successors));
        named.map(|(number, _)| number).filter(|it| !self.0.contains_key(*it)).cloned().collect()
    }

    fn recorded(&self, number: &MunicipalityNumber) -> Option<&Municipality> {
        self.0.get(number)?.as_ref()
    }

    /// Whether a number is in use on a day.
    pub fn in_use(&self, number: &MunicipalityNumber, day: Date) -> bool {
        self.recorded(number).is_some_and(|municipality| municipality.is_valid_on(day))
    }

    /// The new number of a municipality that got one by a day and stayed what it was: the old one
    /// went out of use, the new one was not in use before, and nothing else went into it.
    fn exchanged(&self, number: &MunicipalityNumber, day: Date) -> Option<&MunicipalityNumber> {
        let [(successor, on)] = &self.recorded(number)?.successors[..] else { return None };
        let merged = |(other, turn): &(MunicipalityNumber, Date)| turn == on && other != number;
        let alone = !self.recorded(successor)?.predecessors.iter().any(merged);
        let is_new = !self.in_use(successor, day_before(*on));
        (*on <= day && alone && is_new && !self.in_use(number, day)).then_some(successor)
    }

    /// The numbers that a municipality got after this one by a day, in order, as long as it stayed
    /// what it was.
    pub fn exchanged_for(
        &self,
        number: &MunicipalityNumber,
        day: Date,
    ) -> Vec<&MunicipalityNumber> {
        let next = |number: &&MunicipalityNumber| self.exchanged(number, day);
        let all = std::iter::successors(self.exchanged(number, day), next);
        all.take(self.count()).collect()
    }

    /// The number that a municipality goes on under on a day.
    pub fn goes_on_as<'a>(
        &'a self,
        number: &'a MunicipalityNumber,
        day: Date,
    ) -> &'a MunicipalityNumber {
        self.exchanged_for(number, day).last().copied().unwrap_or(number)
    }

    /// What a number took over directly by a day.
    pub fn predecessors(
        &self,
        number: &MunicipalityNumber,
        day: Date,
    ) -> impl Iterator<Item = &MunicipalityNumber> {
        let all = self.recorded(number).map_or(&[][..], |recorded| &recorded.predecessors[..]);
        all.iter().filter(move |(_, on)| *on <= day).map(|(predecessor, _)| predecessor)
    }

    /// Whether a number was in use already when it took something over by a day: then that went
    /// into a municipality which was there.
    pub fn was_there_before(&self, number: &MunicipalityNumber, day: Date) -> bool {
        let all = self.recorded(number).map_or(&[][..], |recorded| &recorded.predecessors[..]);
        let mut turns = all.iter().map(|(_, on)| *on).filter(|on| *on <= day);
        turns.any(|on| self.in_use(number, day_before(on)))
    }

    /// A number and everything that it took over by a day, however far back.
    pub fn behind(&self, number: &MunicipalityNumber, day: Date) -> BTreeSet<MunicipalityNumber> {
        let mut behind = BTreeSet::from([number.clone()]);
        let mut left = vec![number.clone()];
        while let Some(number) = left.pop() {
            for predecessor in self.predecessors(&number, day) {
                if behind.insert(predecessor.clone()) {
                    left.push(predecessor.clone());
                }
            }
        }
        behind
    }

    /// The numbers that a right in a municipality reaches on a day: of the number that it goes on
    /// under, and of all that this took over.
    pub fn covered_by(
        &self,
        number: &MunicipalityNumber,
        day: Date,
    ) -> BTreeSet<MunicipalityNumber> {
        self.behind(self.goes_on_as(number, day), day)
    }

    /// Whether a right in one municipality holds on a day for what is filed under another number.
    pub fn covers(
        &self,
        right: &MunicipalityNumber,
        filed: &MunicipalityNumber,
        day: Date,
    ) -> bool {
        right == filed || self.covered_by(right, day).contains(filed)
    }
}

#[cfg(test)]
pub mod tests {
    use super::*;
    use crate::aggregate::Evolve as _;
    use crate::edge::FromText;
    use crate::identifiers::Name;
    use crate::reference::domain::{Event, MunicipalityRecorded, MunicipalitySucceeded};
    use crate::time::Period;
    use jiff::civil::date;

    fn number(text: &str) -> MunicipalityNumber {
        MunicipalityNumber::from_text(text).expect("a number")
    }

    fn texts<'a>(numbers: impl IntoIterator<Item = &'a MunicipalityNumber>) -> Vec<&'a str> {
        numbers.into_iter().map(MunicipalityNumber::as_str).collect()
    }

    /// Numbers with the first and last year of their use, and which became which on New Year's Day
    /// of a year.
    pub fn lineage(
        numbers: &[(&str, i16, Option<i16>)],
        successions: &[(&str, &str, i16)],
    ) -> Lineage {
        let mut lineage = Lineage::default();
        for (text, from, to) in numbers {
            let to = to.map(|year| date(year, 12, 31));
            let period = Period { from: date(*from, 1, 1), to };
            let name = Name::from_text("Sted").expect("a name");
            let recorded = MunicipalityRecorded { number: number(text), name, period };
            let mut events = vec![Event::from(recorded)];
            for (old, new, year) in successions.iter().filter(|it| it.0 == *text || it.1 == *text) {
                let (on, successor) = (date(*year, 1, 1), number(new));
                events.push(MunicipalitySucceeded { number: number(old), successor, on }.into());
            }
            let mut municipality: Option<Municipality> = None;
            events.iter().for_each(|event| municipality.evolve(event));
            lineage.learn(number(text), municipality);
        }
        lineage
    }

    /// 5401 Tromsø became 5501 on 2024-01-01.
    pub fn tromso() -> Lineage {
        let numbers =
            [("1902", 1964, Some(2019)), ("5401", 2020, Some(2023)), ("5501", 2024, None)];
        lineage(&numbers, &[("1902", "5401", 2020), ("5401", "5501", 2024)])
    }

    const LAST: Date = date(2023, 12, 31);
    const TURN: Date = date(2024, 1, 1);

    #[test]
    fn a_right_goes_on_under_the_new_number_and_reaches_what_is_filed_under_the_old_ones() {
        let (lineage, old, new) = (tromso(), number("5401"), number("5501"));
        assert_eq!(lineage.goes_on_as(&old, LAST), &old);
        assert_eq!(lineage.goes_on_as(&old, TURN), &new);
        assert_eq!(lineage.goes_on_as(&number("1902"), TURN), &new);
        assert_eq!(texts(&lineage.covered_by(&old, LAST)), ["1902", "5401"]);
        for right in [&old, &new] {
            assert_eq!(texts(&lineage.covered_by(right, TURN)), ["1902", "5401", "5501"]);
        }
        assert!(lineage.covers(&new, &old, TURN) && lineage.covers(&old, &new, TURN));
        assert!(!lineage.covers(&old, &new, LAST) && !lineage.covers(&new, &old, LAST));
        assert!(Lineage::default().covers(&old, &old, TURN));
        assert!(!Lineage::default().covers(&old, &new, TURN));
    }

    #[test]
    fn a_merger_reaches_all_that_went_into_it_and_none_of_them_reaches_the_others() {
        let numbers =
            [("1504", 1964, Some(2019)), ("1523", 1964, Some(2019)), ("1507", 2020, None)];
        let merged = lineage(&numbers, &[("1504", "1507", 2020), ("1523", "1507", 2020)]);
        let (one, other, new) = (number("1504"), number("1523"), number("1507"));
        assert_eq!(merged.goes_on_as(&one, TURN), &one);
        assert!(merged.covers(&new, &one, TURN) && merged.covers(&new, &other, TURN));
        assert!(merged.covers(&one, &one, TURN));
        assert!(!merged.covers(&one, &new, TURN) && !merged.covers(&one, &other, TURN));
    }

    #[test]
    fn what_went_into_a_municipality_that_was_there_did_not_become_it() {
        // Klæbu became part of Trondheim, which kept its number.
        let numbers = [("5030", 2018, Some(2019)), ("5001", 2018, None)];
        let joined = lineage(&numbers, &[("5030", "5001", 2020)]);
        let (klaebu, trondheim) = (number("5030"), number("5001"));
        assert!(joined.covers(&trondheim, &klaebu, TURN));
        assert!(!joined.covers(&klaebu, &trondheim, TURN));
        assert!(joined.was_there_before(&trondheim, TURN));
        assert!(!tromso().was_there_before(&number("5501"), TURN));
    }

    #[test]
    fn a_split_goes_on_as_neither_part_and_both_reach_what_was_filed_before() {
        let numbers = [("1850", 1964, Some(2019)), ("1806", 2020, None), ("1875", 2020, None)];
        let split = lineage(&numbers, &[("1850", "1806", 2020), ("1850", "1875", 2020)]);
        let (old, one, other) = (number("1850"), number("1806"), number("1875"));
        assert_eq!(split.goes_on_as(&old, TURN), &old);
        assert!(split.covers(&one, &old, TURN) && split.covers(&other, &old, TURN));
        assert!(!split.covers(&one, &other, TURN));
    }

    #[test]
    fn numbers_that_were_told_to_become_each_other_come_to_an_end() {
        let numbers = [("5401", 2020, Some(2021)), ("5501", 2020, Some(2021))];
        let round = lineage(&numbers, &[("5401", "5501", 2023), ("5501", "5401", 2023)]);
        assert_eq!(texts(&round.covered_by(&number("5401"), TURN)), ["5401", "5501"]);
        assert_eq!(round.exchanged_for(&number("5401"), TURN).len(), 2);
    }

    #[test]
    fn what_is_named_and_was_not_looked_up_is_told() {
        let lineage = lineage(&[("5401", 2020, Some(2023))], &[("5401", "5501", 2024)]);
        assert_eq!(texts(&lineage.missing()), ["5501"]);
        assert!(tromso().missing().is_empty());
    }
}
