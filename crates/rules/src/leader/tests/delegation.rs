//! Leading on another's behalf: given, when, then.

use std::collections::BTreeMap;

use jiff::civil::Date;

use super::super::delegation::DELEGATES_MAX;
use super::*;
use crate::aggregate::{DomainEvent as _, Evolve as _, Fold as _, NewFact};
use crate::person;
use crate::person::domain::{Erased, ErasureReason, PersonKind};

const EVA: u128 = 1;
const OLA: u128 = 2;
const KARI: u128 = 3;

fn id(number: u128) -> Uuid {
    Uuid::from_u128(number)
}

fn text(text: &str) -> Comment {
    Comment::from_text(text).expect("a comment")
}

/// Leaders, each folded from the facts that concern them.
#[derive(Default)]
struct Leaders(BTreeMap<Uuid, Option<Leader>>);

impl Leaders {
    /// Given Eva, who leads 0301 from 2020 to 2025, and Ola and Kari, who led 5401 in 2010.
    fn given() -> Self {
        let mut leaders = Self::default();
        leaders.register(EVA, "0301", period(2020, Some(2025)));
        leaders.register(OLA, "5401", period(2010, Some(2010)));
        leaders.register(KARI, "5401", period(2010, Some(2010)));
        leaders
    }

    fn register(&mut self, leader: u128, municipality: &str, period: Period) {
        let registered = Registered {
            leader: id(leader),
            sealed: String::new(),
            hpr_lookup: None,
            term: id(100 + leader),
            municipality: number(municipality),
            period,
            delegation: None,
            on: period.from,
            external_ids: vec![],
        };
        self.apply(&[registered.into()]);
    }

    /// Everybody whom a fact concerns hears of it, and nobody else.
    fn apply(&mut self, facts: &[Event]) {
        for event in facts {
            let fact = NewFact::of(event);
            for subject in fact.subjects {
                let leader = subject.as_str().strip_prefix("leader:").expect("no HPR number here");
                let leader: Uuid = leader.parse().expect("an id");
                self.0.entry(leader).or_default().evolve(event);
            }
        }
    }

    fn leader(&self, leader: u128) -> Leader {
        self.0[&id(leader)].clone().expect("registered")
    }

    /// Facts are told, or the code and the field of the refusal are answered.
    fn then(&mut self, facts: Result<Vec<Event>, Rejection>) -> Result<usize, String> {
        let facts = facts.map_err(|refused| match refused.faults.first() {
            Some(fault) => format!("{} {}", fault.pointer, fault.fault.code),
            None => refused.problem.code.to_owned(),
        })?;
        self.apply(&facts);
        Ok(facts.len())
    }

    /// When `by` delegates 0301 to somebody. The term's number is the leader's and 200 more.
    fn delegate(&mut self, by: u128, to: u128, period: Period) -> Result<usize, String> {
        self.delegate_in("0301", by, to, period)
    }

    fn delegate_in(
        &mut self,
        municipality: &str,
        by: u128,
        to: u128,
        period: Period,
    ) -> Result<usize, String> {
        let (by, known) = (self.leader(by), self.leader(to));
        let facts = known.add_term(id(200 + to), number(municipality), period, Some(&by));
        self.then(facts)
    }

    /// When Eva's own term is corrected.
    fn correct_eva(&mut self, right: Option<(&str, Period, Option<u128>)>) {
        let delegator = right.and_then(|(_, _, by)| by).map(|by| self.leader(by));
        let right = right.map(|(municipality, period, _)| RightTerm {
            municipality: number(municipality),
            period,
            delegator: delegator.as_ref(),
        });
        let facts = self.leader(EVA).correct_term(id(100 + EVA), right, text("x"), day(2026));
        assert_eq!(self.then(facts), Ok(1));
    }

    fn leads(&self, leader: u128, year: i16) -> bool {
        self.leader(leader).term_on(&number("0301"), date(year, 6, 1)).is_some()
    }

    fn lapsed_since(&self, leader: u128, year: i16) -> Option<Date> {
        let known = self.leader(leader);
        known.term(id(200 + leader)).expect("delegated").lapsed_since(date(year, 6, 1))
    }
}

fn day(year: i16) -> Date {
    date(year, 1, 1)
}

#[test]
fn a_delegated_term_holds_while_the_delegators_does_and_lapses_with_it() {
    let mut leaders = Leaders::given();
    assert_eq!(leaders.delegate(EVA, OLA, period(2021, None)), Ok(1));
    assert!(!leaders.leads(OLA, 2020) && leaders.leads(OLA, 2021) && leaders.leads(OLA, 2025));
    // Beyond the last day that Eva's term was known to have, already when it is told.
    assert!(!leaders.leads(OLA, 2026));
    assert_eq!(leaders.lapsed_since(OLA, 2026), Some(day(2026)));
    let facts = leaders.leader(EVA).end(date(2022, 12, 31), false, |_| true);
    assert_eq!(leaders.then(facts), Ok(1));
    assert!(leaders.leads(OLA, 2022) && !leaders.leads(OLA, 2023));
    assert_eq!(leaders.lapsed_since(OLA, 2022), None);
    assert_eq!(leaders.lapsed_since(OLA, 2024), Some(day(2023)));
    assert_eq!(leaders.lapsed_since(OLA, 2020), None, "before the term there is nothing to lapse");
    assert!(leaders.leader(OLA).changes().contains(&day(2023)));
}

#[test]
fn a_correction_of_the_delegators_term_is_one_of_the_delegation() {
    let mut leaders = Leaders::given();
    assert_eq!(leaders.delegate(EVA, OLA, period(2021, Some(2024))), Ok(1));
    leaders.correct_eva(Some(("0301", period(2022, Some(2023)), None)));
    assert!(!leaders.leads(OLA, 2021) && leaders.leads(OLA, 2022) && !leaders.leads(OLA, 2024));
    assert_eq!(leaders.lapsed_since(OLA, 2021), Some(day(2021)));
    assert_eq!(leaders.lapsed_since(OLA, 2024), Some(day(2024)));
    leaders.correct_eva(Some(("5401", period(2020, None), None)));
    assert!(!leaders.leads(OLA, 2022), "Eva led elsewhere");
    leaders.correct_eva(Some(("0301", period(2020, None), None)));
    assert!(leaders.leads(OLA, 2021) && leaders.leads(OLA, 2024), "it holds again by itself");
    leaders.register(4, "0301", period(2000, None));
    leaders.correct_eva(Some(("0301", period(2020, None), Some(4))));
    assert!(leaders.leads(EVA, 2022));
    assert!(!leaders.leads(OLA, 2022), "Eva had nothing of her own to delegate");
    leaders.correct_eva(None);
    assert_eq!(leaders.lapsed_since(OLA, 2023), Some(day(2021)));
}

#[test]
fn nobody_delegates_what_they_do_not_have_themselves() {
    let mut leaders = Leaders::given();
    let all = period(2020, Some(2025));
    let refused = |why: &str| Err(why.to_owned());
    assert_eq!(leaders.delegate(EVA, EVA, all), refused("leader_term_overlaps"));
    let other = leaders.delegate_in("5401", EVA, EVA, all);
    assert_eq!(other, refused("/delegated_by own_delegate"));
    let elsewhere = leaders.delegate_in("5401", EVA, OLA, all);
    assert_eq!(elsewhere, refused("/delegated_by unknown_reference"));
    for (period, why) in [
        (period(2019, Some(2021)), "/from outside_of_delegator"),
        (period(2024, Some(2026)), "/to outside_of_delegator"),
        (period(2026, None), "/from outside_of_delegator"),
    ] {
        assert_eq!(leaders.delegate(EVA, OLA, period), refused(why));
    }
    assert_eq!(leaders.delegate(EVA, OLA, all), Ok(1));
    assert_eq!(leaders.delegate(EVA, OLA, all), Ok(0), "already so");
    let further = leaders.delegate(OLA, KARI, all);
    assert_eq!(further, refused("/delegated_by delegated_further"));
    let erased = Erased {
        person: id(EVA),
        kind: PersonKind::Leader,
        reason: ErasureReason::OwnRequest,
        on: day(2024),
        together_with: vec![],
    };
    let fact = NewFact::of(&person::Event::from(erased));
    let fact = fact.as_fact(9, jiff::Timestamp::UNIX_EPOCH);
    leaders.0.entry(id(EVA)).or_default().apply(&fact).expect("it can be read");
    let gone = leaders.delegate(EVA, KARI, all);
    assert_eq!(gone, refused("/delegated_by unknown_reference"));
    assert!(leaders.leads(OLA, 2021), "what an erased leader delegated stands as their term does");
}

#[test]
fn a_leader_delegates_so_many_terms_and_no_more() {
    let mut leaders = Leaders::given();
    for number in 0..u128::try_from(DELEGATES_MAX).expect("a small number") {
        leaders.register(1_000 + number, "5401", period(2010, Some(2010)));
        assert_eq!(leaders.delegate(EVA, 1_000 + number, period(2021, None)), Ok(1));
    }
    let refused = leaders.delegate(EVA, OLA, period(2021, None));
    assert_eq!(refused, Err("leader_delegates_too_many".to_owned()));
    let facts = leaders.leader(EVA).end(date(2024, 12, 31), false, |_| true).expect("it can end");
    assert_eq!(facts[0].subjects().len(), 1 + DELEGATES_MAX);
}

#[test]
fn on_whose_behalf_a_term_was_led_can_be_corrected() {
    let mut leaders = Leaders::given();
    leaders.register(4, "0301", period(2000, None));
    assert_eq!(leaders.delegate(EVA, OLA, period(2021, None)), Ok(1));
    let mut correct = |by: Option<u128>, from| {
        let delegator = by.map(|by| leaders.leader(by));
        let right = RightTerm {
            municipality: number("0301"),
            period: period(from, None),
            delegator: delegator.as_ref(),
        };
        let known = leaders.leader(OLA);
        let facts = known.correct_term(id(200 + OLA), Some(right), text("x"), day(2026));
        let recorded = leaders.then(facts);
        (recorded, leaders.lapsed_since(OLA, 2026))
    };
    assert_eq!(correct(Some(EVA), 2021), (Ok(0), Some(day(2026))), "already so");
    assert_eq!(correct(Some(4), 2021), (Ok(1), None), "another's behalf");
    assert_eq!(correct(None, 2021), (Ok(1), None), "their own account");
    let outside = Err("/from outside_of_delegator".to_owned());
    assert_eq!(correct(Some(EVA), 2019), (outside, None));
    assert_eq!(correct(Some(EVA), 2022), (Ok(1), Some(day(2026))));
    let other = leaders.leader(4);
    assert!(other.others(other.term(id(104)).expect("own")).is_empty(), "who delegated it heard");
}
