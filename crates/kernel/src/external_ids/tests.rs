//! Given what is recorded, when an id is added or withdrawn, then what is recorded of it.

use jiff::civil::{Date, date};

use super::*;
use crate::edge::FromText;
use crate::identifiers::Token;

const DAY: Date = date(2020, 1, 1);
const LEADERS: Naming = crate::naming!("leader.", "leader"; "leader-external");
const OCCUPANCIES: Naming =
    crate::naming!("position.occupancy_", "position", "occupancy"; "occupancy-external");

fn external(id: &str) -> ExternalId {
    let token = |text: &str| Token::from_text(text).expect("a token");
    ExternalId { system: token("payroll"), id: token(id) }
}

fn leader(number: u128) -> Resource {
    let id = Uuid::from_u128(number);
    let members = [("leader".to_owned(), Value::from(id.to_string()))];
    Resource { resource: id, members: members.into() }
}

fn add(ids: &ExternalIds, number: u128, id: &str) -> Result<Option<Event>, Rejection> {
    ids.change(leader(number), &Change::Add(external(id)), DAY)
}

fn withdraw(ids: &ExternalIds, id: &str) -> Result<Option<Event>, Rejection> {
    let reason = Comment::from_text("mistyped").expect("a comment");
    ids.change(leader(1), &Change::Withdraw(external(id), reason), DAY)
}

fn after(mut ids: ExternalIds, fact: Result<Option<Event>, Rejection>, at: i64) -> ExternalIds {
    ids.apply(&fact.expect("it is allowed").expect("it is not so already"), at);
    ids
}

fn corrects(fact: Result<Option<Event>, Rejection>) -> i64 {
    let Ok(Some(Event::Withdrawn(fact))) = fact else { panic!("one fact: {fact:?}") };
    fact.corrects
}

#[test]
fn an_id_is_added_once_and_withdrawn_once() {
    let ids = ExternalIds::registered(&[external("1")], 3);
    assert_eq!(add(&ids, 1, "1"), Ok(None));
    let ids = after(ids.clone(), add(&ids, 1, "2"), 5);
    assert_eq!(ids.to_vec(), [external("1"), external("2")]);
    assert_eq!(corrects(withdraw(&ids, "1")), 3, "the fact that recorded it");
    let ids = after(ids.clone(), withdraw(&ids, "1"), 7);
    assert_eq!(ids.to_vec(), [external("2")]);
    assert_eq!(withdraw(&ids, "1"), Ok(None), "already so");
    let ids = after(ids.clone(), add(&ids, 1, "1"), 9);
    assert_eq!(corrects(withdraw(&ids, "1")), 9);
}

#[test]
fn what_was_never_recorded_is_not_withdrawn() {
    let refused = withdraw(&ExternalIds::default(), "1").expect_err("there is none");
    assert_eq!((refused.problem.code, &*refused.faults[0].pointer), ("invalid_request", "/id"));
}

#[test]
fn a_resource_has_a_hundred_ids_at_most_and_room_again_for_one_that_is_withdrawn() {
    let all: Vec<ExternalId> = (0..HELD_MAX).map(|id| external(&id.to_string())).collect();
    let full = ExternalIds::registered(&all, 1);
    let refused = add(&full, 1, "more").expect_err("it is full");
    assert_eq!(refused.faults[0].fault.code, "too_many_external_ids");
    assert_eq!(add(&full, 1, "0"), Ok(None), "already so");
    let ids = after(full.clone(), withdraw(&full, "7"), 3);
    assert!(matches!(add(&ids, 1, "more"), Ok(Some(_))));
}

#[test]
fn ids_that_a_resource_has_are_all_or_not_all_among_them() {
    let ids = ExternalIds::registered(&[external("1"), external("2")], 1);
    assert!(ids.hold(&[]) && ids.hold(&[external("2")]));
    assert!(!ids.hold(&[external("2"), external("3")]));
}

fn claims(facts: &[(&str, String)]) -> Claims {
    let mut claims = Claims::default();
    for (kind, payload) in facts {
        let recorded_at = jiff::Timestamp::UNIX_EPOCH;
        let fact = Fact { position: 1, id: Uuid::nil(), kind, payload, recorded_at };
        claims.apply(&fact).expect("it can be read");
    }
    claims
}

#[test]
fn an_id_is_whose_it_was_last_and_free_once_it_was_withdrawn() {
    let holder = |number| vec![vec![Uuid::from_u128(number).to_string()]];
    let stored = |fact: Result<Option<Event>, Rejection>| {
        let fact = fact.expect("it is allowed").expect("it is not so already");
        let kind = match &fact {
            Event::Added(_) => LEADERS.added,
            Event::Withdrawn(_) => LEADERS.withdrawn,
        };
        (kind, fact.payload())
    };
    let registered = format!(r#"{{"leader":"{}"}}"#, Uuid::from_u128(1));
    let mut facts = vec![("leader.registered.v1", registered)];
    assert_eq!(claims(&facts).holders(&LEADERS), holder(1));
    facts.push(stored(withdraw(&ExternalIds::registered(&[external("1")], 1), "1")));
    assert_eq!(claims(&facts).holders(&LEADERS), Vec::<Vec<String>>::new());
    facts.push(stored(add(&ExternalIds::default(), 2, "1")));
    assert_eq!(claims(&facts).holders(&LEADERS), holder(2));
}

#[test]
fn what_lies_within_another_resource_is_named_by_both() {
    let payload = r#"{"occupancy":"2","position":"1","trainee":"3"}"#.to_owned();
    let holders = claims(&[("position.filled.v1", payload)]).holders(&OCCUPANCIES);
    assert_eq!(holders, [["1", "2"]]);
    assert_eq!(OCCUPANCIES.added, "position.occupancy_external_id_added.v1");
}

#[test]
fn a_fact_is_read_again_as_it_was_stored() {
    let fact = add(&ExternalIds::default(), 1, "1").expect("allowed").expect("a fact");
    let payload = fact.payload();
    let recorded_at = jiff::Timestamp::UNIX_EPOCH;
    let kind = LEADERS.added;
    let stored = Fact { position: 1, id: Uuid::nil(), kind, payload: &payload, recorded_at };
    assert_eq!(Event::decode(&stored).ok().flatten(), Some(fact));
}
