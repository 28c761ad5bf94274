//! The rules of leaders: given, when, then.

mod delegation;

use jiff::civil::date;
use uuid::Uuid;

use super::domain::*;
use super::state::*;
use crate::aggregate::Evolve as _;
use crate::edge::FromText;
use crate::identifiers::{Comment, MunicipalityNumber};
use crate::problem::Rejection;
use crate::reference::lineage::tests::tromso;
use crate::time::Period;

fn number(text: &str) -> MunicipalityNumber {
    MunicipalityNumber::from_text(text).expect("a number")
}

fn period(from: i16, to: Option<i16>) -> Period {
    Period { from: date(from, 1, 1), to: to.map(|year| date(year, 12, 31)) }
}

/// Given somebody who leads 0301 in a period.
fn leading(period: Period) -> Option<Leader> {
    let mut leader = None;
    leader.evolve_at(
        &Event::from(Registered {
            leader: Uuid::nil(),
            sealed: String::new(),
            hpr_lookup: None,
            term: Uuid::from_u128(1),
            municipality: number("0301"),
            period,
            on: period.from,
            delegation: None,
            external_ids: vec![],
        }),
        1,
    );
    leader
}

fn then(leader: &mut Option<Leader>, facts: Result<Vec<Event>, Rejection>) -> Result<usize, &str> {
    let facts = facts.map_err(|rejection| rejection.problem.code)?;
    facts.iter().for_each(|fact| leader.evolve(fact));
    Ok(facts.len())
}

fn registered(leader: &Option<Leader>) -> &Leader {
    leader.as_ref().expect("registered")
}

fn leads(leader: &Option<Leader>, municipality: &str, year: i16) -> bool {
    registered(leader).term_on(&number(municipality), date(year, 6, 1)).is_some()
}

#[test]
fn somebody_leads_in_several_municipalities_but_once_in_each_at_a_time() {
    let mut leader = leading(period(2020, Some(2021)));
    let (other, again) = (Uuid::from_u128(2), Uuid::from_u128(3));
    let facts = registered(&leader).add_term(other, number("5401"), period(2021, None), None);
    assert_eq!(then(&mut leader, facts), Ok(1));
    let facts = registered(&leader).add_term(other, number("5401"), period(2021, None), None);
    assert_eq!(then(&mut leader, facts), Ok(0), "already so");
    let facts = registered(&leader).add_term(again, number("0301"), period(2021, None), None);
    assert_eq!(then(&mut leader, facts), Err("leader_term_overlaps"));
    let facts = registered(&leader).add_term(again, number("0301"), period(2022, None), None);
    assert_eq!(then(&mut leader, facts), Ok(1));
    assert!(leads(&leader, "0301", 2021) && leads(&leader, "5401", 2021));
    assert!(leads(&leader, "0301", 2023) && !leads(&leader, "5401", 2020));
}

#[test]
fn an_end_ends_every_term_that_goes_on_and_leaves_those_that_ended() {
    let mut leader = leading(period(2020, Some(2020)));
    let facts =
        registered(&leader).add_term(Uuid::from_u128(2), number("5401"), period(2020, None), None);
    assert_eq!(then(&mut leader, facts), Ok(1));
    let to = date(2021, 12, 31);
    let facts = registered(&leader).end(to, false, |_| true);
    assert_eq!(then(&mut leader, facts), Ok(1));
    assert!(leads(&leader, "5401", 2021) && !leads(&leader, "5401", 2022));
    let facts = registered(&leader).end(to, false, |_| true);
    assert_eq!(then(&mut leader, facts), Ok(0), "already so");
    let facts = registered(&leader).end(date(2023, 1, 1), false, |_| true);
    assert_eq!(then(&mut leader, facts), Err("leader_ended"));
    let facts = registered(&leader).end(date(2019, 1, 1), false, |_| true);
    assert_eq!(then(&mut leader, facts), Err("leader_term_begins_later"));
    let facts = registered(&leader).end(to, true, |term| term.municipality == number("1103"));
    assert_eq!(then(&mut leader, facts), Err("invalid_request"));
}

#[test]
fn a_corrected_term_changes_the_past() {
    let mut leader = leading(period(2020, None));
    let reason = Comment::from_text("Told wrong").expect("a comment");
    let facts = || {
        let (municipality, period) = (number("0301"), period(2022, None));
        Some(RightTerm { municipality, period, delegator: None })
    };
    let on = date(2023, 1, 1);
    let id = Uuid::from_u128(1);
    let corrected = registered(&leader).correct_term(id, facts(), reason.clone(), on);
    assert_eq!(then(&mut leader, corrected), Ok(1));
    assert!(!leads(&leader, "0301", 2020) && leads(&leader, "0301", 2022));
    let same = registered(&leader).correct_term(id, facts(), reason.clone(), on);
    assert_eq!(then(&mut leader, same), Ok(0));
    let never = registered(&leader).correct_term(id, None, reason.clone(), on);
    assert_eq!(then(&mut leader, never), Ok(1));
    assert!(!leads(&leader, "0301", 2022));
    let gone = registered(&leader).correct_term(id, None, reason, on);
    assert_eq!(then(&mut leader, gone), Err("not_found"));
}

#[test]
fn a_term_holds_under_the_number_that_its_own_was_exchanged_for_and_for_those_taken_over() {
    let term = |filed: &str, days| {
        let mut leader = leading(period(2030, None));
        let facts = registered(&leader).add_term(Uuid::from_u128(9), number(filed), days, None);
        assert_eq!(then(&mut leader, facts), Ok(1));
        leader.expect("registered")
    };
    let old = term("5401", period(2020, None));
    let new = term("5501", period(2024, None));
    let leads = |leader: &Leader, filed: &str, day| leader.term_on(&number(filed), day).is_some();
    let (last, turn) = (date(2023, 12, 31), date(2024, 1, 1));
    assert!(!leads(&old, "5501", turn) && !leads(&new, "5401", turn), "nothing was looked up");
    let (old, new) = (old.following(tromso()), new.following(tromso()));
    assert!(leads(&old, "5401", last) && leads(&old, "1902", last) && !leads(&old, "5501", last));
    assert!(leads(&old, "5501", turn) && leads(&new, "5401", turn) && leads(&new, "1902", turn));
    assert!(!leads(&new, "5401", last) && !leads(&new, "0301", turn));
}
