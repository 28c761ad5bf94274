//! Given what was told, when something is told or taken back, then what is recorded.

use jiff::civil::{Date, date};
use uuid::Uuid;

use super::claims::{Claims, Holder};
use super::domain::{Event, Kind, Resource};
use super::external_ids::ExternalIds;
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
    assert_eq!(ids.add(leader(1), &external("1"), DAY), []);
    let added = ids.add(leader(1), &external("2"), DAY);
    let ids = evolved(ids, &added, 5);
    assert_eq!(ids.to_vec(), [external("1"), external("2")]);
    let facts = withdrawn(&ids, "1").expect("it is there");
    let [Event::Withdrawn(fact)] = &facts[..] else { panic!("one fact: {facts:?}") };
    assert_eq!(fact.corrects, 3, "the fact that told it");
    let ids = evolved(ids, &facts, 7);
    assert_eq!(ids.to_vec(), [external("2")]);
    assert_eq!(withdrawn(&ids, "1"), Ok(vec![]), "already so");
    let again = ids.add(leader(1), &external("1"), DAY);
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
    let added = ExternalIds::default().add(leader(2), &external("1"), DAY);
    facts.push(stored(&added[0]));
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
        Resource::Assignment {
            assignment: id,
            trainee: other,
            supervisor: third,
            municipality: None,
        },
        Resource::Exemption { exemption: id, supervisor: other, municipality: number() },
        Resource::Trainee { trainee: id },
        Resource::Supervisor { supervisor: id },
        Resource::Leader { leader: id, municipality: Some(number()) },
        Resource::Programme { programme: id },
        Resource::AlisOffice { office: id },
    ] {
        let told = ExternalIds::default().add(resource.clone(), &external("1"), DAY);
        let fact = NewFact::of(&told[0]);
        let read = Event::decode(&fact.as_fact(1, jiff::Timestamp::UNIX_EPOCH));
        assert_eq!(read.ok().flatten().as_ref(), told.first());
        assert_eq!(told[0].id(), id, "{resource:?}");
    }
}
