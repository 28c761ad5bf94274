//! Persons: the fact that one was erased, and who is who until then.

use jiff::civil::Date;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::problems;
use crate::aggregate::{DecodeError, DomainEvent, Fact, Fold, Subject, erased_subject};
use crate::problem::{Rejection, common};
use crate::{events, word_enum};

word_enum! {
    /// What a person is registered as.
    pub enum PersonKind {
        /// A doctor in training.
        Trainee = "trainee",
        /// A supervisor.
        Supervisor = "supervisor",
        /// A leader.
        Leader = "leader",
    }
}

word_enum! {
    /// Why a person is erased.
    pub enum ErasureReason {
        /// The person asked for it.
        OwnRequest = "own_request",
        /// It was kept for as long as it had to be.
        KeptLongEnough = "kept_long_enough",
        /// The person should never have been registered.
        NoGround = "no_ground",
        /// An authority or a court ordered it.
        Ordered = "ordered",
    }
}

/// A person is forgotten: their key is destroyed, and what was sealed under it is noise. It counts
/// from the moment it is recorded.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Erased {
    pub person: Uuid,
    pub kind: PersonKind,
    pub reason: ErasureReason,
    /// The day it was decided.
    pub on: Date,
    /// What else the same person was registered as, and was erased in the same act.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub together_with: Vec<Uuid>,
}

/// The name under which an erasure is stored.
pub const ERASED: &str = "person.erased.v1";

events! {
    /// What is recorded of persons.
    pub enum Event {
        Erased = "person.erased.v1",
    }
}

impl PersonKind {
    /// Every kind.
    pub const ALL: [Self; 3] = [Self::Trainee, Self::Supervisor, Self::Leader];

    /// The subject of a person of this kind.
    pub fn subject(self, person: Uuid) -> Subject {
        Subject::new(self.as_str(), person)
    }

    /// The subject of an HPR number among persons of this kind: one person each.
    pub fn hpr_subject(self, lookup: &str) -> Subject {
        Subject::new(&format!("{}-hpr", self.as_str()), lookup)
    }
}

impl DomainEvent for Event {
    fn type_name(&self) -> &'static str {
        self.stored_name()
    }
    fn payload(&self) -> String {
        self.stored_payload()
    }
    fn subjects(&self) -> Vec<Subject> {
        let Event::Erased(f) = self;
        vec![f.kind.subject(f.person), erased_subject(f.person)]
    }
    fn effective_from(&self) -> Date {
        let Event::Erased(f) = self;
        f.on
    }
    fn municipality(&self) -> Option<&str> {
        None
    }
    fn decode(fact: &Fact<'_>) -> Result<Option<Self>, DecodeError> {
        Self::read(fact)
    }
}

/// A person of any kind, as far as erasing goes.
#[derive(Debug, Clone, Default, PartialEq)]
pub enum Person {
    #[default]
    Unknown,
    Registered {
        id: Uuid,
        /// Keyed hash of the HPR number; a leader need not have one.
        hpr_lookup: Option<String>,
    },
    Erased(Erased),
}

impl Person {
    /// Takes in a fact that is about to be recorded.
    pub fn evolve(&mut self, event: &Event) {
        let Event::Erased(f) = event;
        *self = Person::Erased(f.clone());
    }

    /// Erases the person; `None` where there is nobody. Again is no new fact.
    pub fn erase(&self, erased: Erased) -> Result<Vec<Event>, Rejection> {
        match self {
            Person::Unknown => Err((&common::NOT_FOUND).into()),
            Person::Registered { .. } => Ok(vec![erased.into()]),
            Person::Erased(_) => Ok(vec![]),
        }
    }
}

impl Fold for Person {
    fn apply(&mut self, fact: &Fact<'_>) -> Result<(), DecodeError> {
        if let Some(event) = Event::decode(fact)? {
            self.evolve(&event);
            return Ok(());
        }
        let Some((recorded, hpr_lookup)) = lookup_recorded(fact)? else { return Ok(()) };
        match self {
            Person::Unknown => *self = Person::Registered { id: recorded, hpr_lookup },
            // Facts about others concern this one as well: a leader who leads on their behalf.
            Person::Registered { id, hpr_lookup: held } if *id == recorded => *held = hpr_lookup,
            Person::Registered { .. } | Person::Erased(_) => {}
        }
        Ok(())
    }
}

/// The person whom a fact is about, and the look-up hash that it tells; `None` for facts that tell
/// nothing of who somebody is.
fn lookup_recorded(fact: &Fact<'_>) -> Result<Option<(Uuid, Option<String>)>, DecodeError> {
    /// What all facts have in common that tell who somebody is.
    #[derive(Deserialize)]
    struct Recorded {
        #[serde(alias = "trainee", alias = "supervisor", alias = "leader")]
        person: Uuid,
        #[serde(default)]
        hpr_lookup: Option<String>,
    }
    const NAMING: [&str; 6] = [
        "trainee.registered.v1",
        "trainee.corrected.v1",
        "supervisor.registered.v1",
        "supervisor.corrected.v1",
        "leader.registered.v1",
        "leader.corrected.v1",
    ];
    if !NAMING.contains(&fact.kind) {
        return Ok(None);
    }
    let recorded: Recorded = serde_json::from_str(fact.payload).map_err(|error| DecodeError {
        position: fact.position,
        kind: fact.kind.to_owned(),
        reason: error.to_string(),
    })?;
    Ok(Some((recorded.person, recorded.hpr_lookup)))
}

/// Refuses to go on about somebody who was erased.
pub fn not_erased(erased: Option<&Erased>) -> Result<(), Rejection> {
    match erased {
        None => Ok(()),
        Some(f) => {
            Err(Rejection::new(&problems::PERSON_ERASED).with("person", f.person).with("on", f.on))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use jiff::civil::date;

    fn erased() -> Erased {
        Erased {
            person: Uuid::nil(),
            kind: PersonKind::Trainee,
            reason: ErasureReason::OwnRequest,
            on: date(2026, 1, 2),
            together_with: vec![],
        }
    }

    #[test]
    fn somebody_is_erased_once_and_nobody_never() {
        let id = Uuid::nil();
        let mut person = Person::Registered { id, hpr_lookup: Some("a".to_owned()) };
        let facts = person.erase(erased()).expect("somebody can be erased");
        assert_eq!(facts, [erased().into()]);
        person.evolve(&facts[0]);
        assert_eq!(person.erase(erased()), Ok(vec![]));
        let refused = Person::Unknown.erase(erased()).expect_err("there is nobody");
        assert_eq!(refused.problem.code, "not_found");
    }

    #[test]
    fn an_erased_person_is_not_corrected() {
        assert_eq!(not_erased(None), Ok(()));
        let refused = not_erased(Some(&erased())).expect_err("nobody knows who it was");
        assert_eq!(refused.problem.code, "person_erased");
    }

    #[test]
    fn the_look_up_hash_is_the_one_told_last() {
        let mut person = Person::default();
        fn fact<'a>(kind: &'a str, payload: &'a str) -> Fact<'a> {
            let recorded_at = jiff::Timestamp::UNIX_EPOCH;
            Fact { position: 1, id: Uuid::nil(), kind, payload, recorded_at }
        }
        let (id, other) = (Uuid::from_u128(1), Uuid::from_u128(2));
        for (kind, payload) in [
            ("leader.registered.v1", format!(r#"{{"leader":"{id}"}}"#)),
            ("leader.corrected.v1", format!(r#"{{"leader":"{id}","hpr_lookup":"b"}}"#)),
            ("leader.term_added.v1", format!(r#"{{"leader":"{id}","hpr_lookup":"c"}}"#)),
            // Somebody who leads on their behalf.
            ("leader.registered.v1", format!(r#"{{"leader":"{other}","hpr_lookup":"d"}}"#)),
        ] {
            person.apply(&fact(kind, &payload)).expect("it can be read");
        }
        assert_eq!(person, Person::Registered { id, hpr_lookup: Some("b".to_owned()) });
    }
}
