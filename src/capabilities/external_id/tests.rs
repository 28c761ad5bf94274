//! Given what was told, when something is told or taken back, then what is recorded.

use jiff::civil::{Date, date};
use uuid::Uuid;

use super::claims::{Claims, Holder};
use super::domain::{Event, Kind, Resource};
use super::external_ids::{ExternalIds, HELD_MAX};
use crate::aggregate::{DomainEvent, Fact, Fold, NewFact};
use crate::edge::FromText;
use crate::identifiers::{Comment, ExternalId, Token};
use crate::problem::Rejection;

const DAY: Date = date(2020, 1, 1);

fn external(id: &str) -> ExternalId {
    let token = |text: &str| Token::from_text(text).expect("a token");
    ExternalId { system: token("payroll"), id: token(id) }
}

fn leader(number: u128) -> Resource {
    Resource::Leader { leader: Uuid::from_u128(number), municipality: None }
}

fn added(ids: &ExternalIds, number: u128, id: &str) -> Vec<Event> {
    ids.add(leader(number), &external(id), DAY).expect("there is room")
}

fn withdrawn(ids: &ExternalIds, id: &str) -> Result<Vec<Event>, Rejection> {
    let reason = Comment::from_text("mistyped").expect("a comment");
    ids.withdraw(leader(1), &external(id), reason, DAY)
}

fn evolved(mut ids: ExternalIds, facts: &[Event], at: i64) -> ExternalIds {
    facts.iter().for_each(|fact| ids.evolve(fact, at));
    ids
}

#[test]
fn an_id_is_told_once_and_taken_back_once() {
    let ids = ExternalIds::told(&[external("1")], 3);
    assert_eq!(ids.add(leader(1), &external("1"), DAY), Ok(vec![]));
    let two = added(&ids, 1, "2");
    let ids = evolved(ids, &two, 5);
    assert_eq!(ids.to_vec(), [external("1"), external("2")]);
    let facts = withdrawn(&ids, "1").expect("it is there");
    let [Event::Withdrawn(fact)] = &facts[..] else { panic!("one fact: {facts:?}") };
    assert_eq!(fact.corrects, 3, "the fact that told it");
    let ids = evolved(ids, &facts, 7);
    assert_eq!(ids.to_vec(), [external("2")]);
    assert_eq!(withdrawn(&ids, "1"), Ok(vec![]), "already so");
    let again = added(&ids, 1, "1");
    let ids = evolved(ids, &again, 9);
    let facts = withdrawn(&ids, "1").expect("it is there again");
    let [Event::Withdrawn(fact)] = &facts[..] else { panic!("one fact: {facts:?}") };
    assert_eq!(fact.corrects, 9);
}

#[test]
fn what_was_never_told_is_not_taken_back() {
    let refused = withdrawn(&ExternalIds::default(), "1").expect_err("there is none");
    assert_eq!((refused.problem.code, &*refused.faults[0].pointer), ("invalid_request", "/id"));
}

#[test]
fn a_resource_has_a_hundred_ids_at_most_and_room_again_for_one_that_is_taken_back() {
    let all: Vec<ExternalId> = (0..HELD_MAX).map(|id| external(&id.to_string())).collect();
    let full = ExternalIds::told(&all, 1);
    let refused = full.add(leader(1), &external("more"), DAY).expect_err("it is full");
    assert_eq!(refused.faults[0].fault.code, "too_many_external_ids");
    assert_eq!(full.add(leader(1), &all[0], DAY), Ok(vec![]), "already so");
    let facts = withdrawn(&full, "7").expect("it is there");
    let ids = evolved(full, &facts, 3);
    assert_eq!(added(&ids, 1, "more").len(), 1);
}

#[test]
fn ids_that_a_resource_has_are_all_or_not_all_among_them() {
    let ids = ExternalIds::told(&[external("1"), external("2")], 1);
    assert!(ids.hold(&[]) && ids.hold(&[external("2")]));
    assert!(!ids.hold(&[external("2"), external("3")]));
}

/// What a fact of these says of who has the id.
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
fn an_id_is_whose_it_was_told_to_be_last_and_free_once_it_was_taken_back() {
    let (one, two) = (Uuid::from_u128(1), Uuid::from_u128(2));
    let stored = |event: &Event| (event.type_name(), event.payload());
    let told = ExternalIds::told(&[external("1")], 1);
    let back = withdrawn(&told, "1").expect("it is there");
    let registered = ("leader.registered.v1", format!(r#"{{"leader":"{one}"}}"#));
    let mut facts = vec![registered];
    let holder = |id| Holder { id, position: None };
    assert_eq!(claims(&facts).holders(Kind::Leader), [holder(one)]);
    facts.push(stored(&back[0]));
    assert_eq!(claims(&facts).holders(Kind::Leader), []);
    facts.push(stored(&added(&ExternalIds::default(), 2, "1")[0]));
    assert_eq!(claims(&facts).holders(Kind::Leader), [holder(two)]);
}

#[test]
fn each_resource_is_read_again_as_what_it_is() {
    let (id, other, third) = (Uuid::from_u128(1), Uuid::from_u128(2), Uuid::from_u128(3));
    let number = || FromText::from_text("5401").expect("a number");
    for resource in [
        Resource::Occupancy {
            position: other,
            occupancy: id,
            trainee: third,
            municipality: number(),
        },
        Resource::Position { position: id, municipality: number() },
        Resource::Trainee { trainee: id },
        Resource::Leader { leader: id, municipality: Some(number()) },
        Resource::Programme { programme: id },
        Resource::AlisOffice { office: id },
    ] {
        let told = ExternalIds::default().add(resource.clone(), &external("1"), DAY);
        let told = told.expect("it has none");
        let fact = NewFact::of(&told[0]);
        let read = Event::decode(&fact.as_fact(1, jiff::Timestamp::UNIX_EPOCH));
        assert_eq!(read.ok().flatten().as_ref(), told.first());
        assert_eq!(told[0].id(), id, "{resource:?}");
    }
}
