//! What other systems call a resource: recorded when it is registered or later, and withdrawn when
//! it was wrong. One id in a system names one resource of a kind; an id that was withdrawn is free
//! for another. Pure.

use std::collections::BTreeMap;

use jiff::civil::Date;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use uuid::Uuid;

use crate::aggregate::{DecodeError, Fact, Fold, Subject};
use crate::edge::{Fault, UNKNOWN_REFERENCE};
use crate::identifiers::{Comment, ExternalId};
use crate::problem::Rejection;

/// Ids of one resource, in all systems together.
pub const HELD_MAX: usize = 100;
/// What one request may say of ids in other systems.
pub const REGISTERED_MAX: usize = 20;

/// How ids of a kind of resource stand in the log.
#[derive(Debug, PartialEq, Eq)]
pub struct Naming {
    /// The members of facts that name one such resource, its own id the last.
    pub members: &'static [&'static str],
    /// The kind of subject that stands for an id in another system.
    pub subject: &'static str,
    /// The names under which the facts are stored.
    pub added: &'static str,
    pub withdrawn: &'static str,
}

/// Declares a [`Naming`]: `naming!("position.occupancy_", "position", "occupancy";
/// "occupancy-external")` says how the stored names begin, which members of facts name one, and
/// the kind of subject.
#[macro_export]
macro_rules! naming {
    ($stored:literal, $($member:literal),+ ; $subject:literal) => {
        $crate::external_ids::Naming {
            members: &[$($member),+],
            subject: $subject,
            added: concat!($stored, "external_id_added.v1"),
            withdrawn: concat!($stored, "external_id_withdrawn.v1"),
        }
    };
}

impl Naming {
    /// The member of facts that holds the id of one such resource.
    pub fn member(&self) -> &'static str {
        self.members.last().copied().unwrap_or_default()
    }

    /// The subject of an id in another system: it names one resource of the kind.
    pub fn subject_of(&self, external: &ExternalId) -> Subject {
        Subject::new(self.subject, format!("{}/{}", external.system, external.id))
    }

    /// The subjects of the ids that a resource is registered with.
    pub fn subjects<'a>(&'a self, ids: &'a [ExternalId]) -> impl Iterator<Item = Subject> + 'a {
        ids.iter().map(|external| self.subject_of(external))
    }
}

/// The resource that an id names, by the members that its other facts have.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Resource {
    /// Its own id.
    pub resource: Uuid,
    /// Its own id and those of what it belongs to, by name.
    #[serde(flatten)]
    pub members: BTreeMap<String, Value>,
}

/// Another system has an id for a resource.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Added {
    pub external_id: ExternalId,
    pub on: Date,
    #[serde(flatten)]
    pub of: Resource,
}

/// The id was wrong: it never was this resource's.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Withdrawn {
    pub external_id: ExternalId,
    /// The fact that was wrong, by its position in the log.
    pub corrects: i64,
    pub reason: Comment,
    pub on: Date,
    #[serde(flatten)]
    pub of: Resource,
}

/// What is recorded of ids in other systems. Those that a resource is registered with stand in the
/// fact that registers it.
#[derive(Debug, Clone, PartialEq)]
pub enum Event {
    Added(Added),
    Withdrawn(Withdrawn),
}

/// What the names of these facts end with, whatever they are about.
const ADDED: &str = "external_id_added.v1";
const WITHDRAWN: &str = "external_id_withdrawn.v1";

impl Event {
    /// The id of the resource.
    pub fn resource(&self) -> Uuid {
        match self {
            Event::Added(f) => f.of.resource,
            Event::Withdrawn(f) => f.of.resource,
        }
    }

    /// The id in the other system.
    pub fn external_id(&self) -> &ExternalId {
        match self {
            Event::Added(f) => &f.external_id,
            Event::Withdrawn(f) => &f.external_id,
        }
    }

    /// The payload as it is stored.
    pub fn payload(&self) -> String {
        let json = match self {
            Event::Added(f) => serde_json::to_string(f),
            Event::Withdrawn(f) => serde_json::to_string(f),
        };
        json.expect("facts are plain data, which always serialises")
    }

    /// From which day it holds.
    pub fn on(&self) -> Date {
        match self {
            Event::Added(f) => f.on,
            Event::Withdrawn(f) => f.on,
        }
    }

    /// Reads a stored fact; `None` when it is of another kind.
    ///
    /// # Errors
    /// When it is damaged.
    pub fn decode(fact: &Fact<'_>) -> Result<Option<Self>, DecodeError> {
        let read = if fact.kind.ends_with(ADDED) {
            serde_json::from_str(fact.payload).map(Event::Added)
        } else if fact.kind.ends_with(WITHDRAWN) {
            serde_json::from_str(fact.payload).map(Event::Withdrawn)
        } else {
            return Ok(None);
        };
        read.map(Some).map_err(|error| DecodeError {
            position: fact.position,
            kind: fact.kind.to_owned(),
            reason: error.to_string(),
        })
    }
}

/// What other systems call one resource.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct ExternalIds {
    /// Each with where it was recorded, for corrections to name.
    held: Vec<(ExternalId, i64)>,
    /// What was withdrawn, and not recorded again since.
    withdrawn: Vec<ExternalId>,
}

/// A change of what a resource is called.
#[derive(Debug, Clone, PartialEq)]
pub enum Change {
    Add(ExternalId),
    Withdraw(ExternalId, Comment),
}

impl ExternalIds {
    /// What a resource is registered with, by a fact recorded at `at`.
    pub fn registered(ids: &[ExternalId], at: i64) -> Self {
        let held = ids.iter().map(|external| (external.clone(), at)).collect();
        Self { held, withdrawn: Vec::new() }
    }

    /// Every one, in the order they were recorded.
    pub fn iter(&self) -> impl Iterator<Item = &ExternalId> {
        self.held.iter().map(|(external, _)| external)
    }

    /// All of them, for callers.
    pub fn to_vec(&self) -> Vec<ExternalId> {
        self.iter().cloned().collect()
    }

    /// Whether these are all among them.
    pub fn hold(&self, ids: &[ExternalId]) -> bool {
        ids.iter().all(|asked| self.iter().any(|external| external == asked))
    }

    /// Forgets all of them: the person was erased.
    pub fn forget(&mut self) {
        *self = Self::default();
    }

    /// Takes one fact in, recorded at `at`.
    pub fn apply(&mut self, event: &Event, at: i64) {
        let external = event.external_id();
        match event {
            Event::Added(_) => {
                self.withdrawn.retain(|other| other != external);
                self.held.push((external.clone(), at));
            }
            Event::Withdrawn(_) => {
                self.held.retain(|(other, _)| other != external);
                self.withdrawn.push(external.clone());
            }
        }
    }

    /// Changes what `of` is called; nothing to record when it is so already.
    ///
    /// # Errors
    /// When it has as many as it may, and when what is to be withdrawn is none of its.
    pub fn change(
        &self,
        of: Resource,
        asked: &Change,
        on: Date,
    ) -> Result<Option<Event>, Rejection> {
        match asked {
            Change::Add(external) if self.hold(std::slice::from_ref(external)) => Ok(None),
            Change::Add(_) if self.held.len() >= HELD_MAX => {
                let fault = Fault::new(
                    "too_many_external_ids",
                    "It has 100 ids already: withdraw those that are wrong.",
                    "Den har allerede 100 id-er: trekk tilbake dem som er feil.",
                );
                Err(Rejection::field("/id", fault))
            }
            Change::Add(external) => {
                let external_id = external.clone();
                Ok(Some(Event::Added(Added { of, external_id, on })))
            }
            Change::Withdraw(external, _) if self.withdrawn.contains(external) => Ok(None),
            Change::Withdraw(external, reason) => {
                let held = self.held.iter().find(|(held, _)| held == external);
                let Some((_, corrects)) = held else {
                    return Err(Rejection::field("/id", UNKNOWN_REFERENCE));
                };
                let (external_id, corrects) = (external.clone(), *corrects);
                let reason = reason.clone();
                Ok(Some(Event::Withdrawn(Withdrawn { of, external_id, corrects, reason, on })))
            }
        }
    }
}

/// Refuses more ids than a request may name, and two in one system.
///
/// # Errors
/// The fault of the field.
pub fn checked(ids: &[ExternalId]) -> Result<(), Rejection> {
    let mut systems: Vec<_> = ids.iter().map(|id| &id.system).collect();
    systems.sort();
    systems.dedup();
    if ids.len() > REGISTERED_MAX || systems.len() < ids.len() {
        let fault = Fault::new(
            "invalid_external_ids",
            "At most 20, one a system.",
            "Høyst 20, én per system.",
        );
        return Err(Rejection::field("/external_ids", fault));
    }
    Ok(())
}

/// Who was recorded to have an id in another system, folded from the facts of that id.
#[derive(Debug, Clone, Default)]
pub struct Claims(Vec<Claim>);

#[derive(Debug, Clone)]
enum Claim {
    /// By a fact that registers a resource, or one that names it later.
    Made(Value),
    Withdrawn(Uuid),
}

impl Fold for Claims {
    fn apply(&mut self, fact: &Fact<'_>) -> Result<(), DecodeError> {
        let claim = match Event::decode(fact)? {
            Some(Event::Withdrawn(f)) => Claim::Withdrawn(f.of.resource),
            Some(Event::Added(_)) | None => {
                Claim::Made(serde_json::from_str(fact.payload).unwrap_or_default())
            }
        };
        self.0.push(claim);
        Ok(())
    }
}

impl Claims {
    /// Those of a kind who have the id: the values of the members that name them. One of them may
    /// be gone meanwhile.
    pub fn holders(&self, naming: &Naming) -> Vec<Vec<String>> {
        let text =
            |payload: &Value, member: &str| payload[member].as_str().unwrap_or_default().to_owned();
        let mut holders: Vec<Vec<String>> = Vec::new();
        for claim in &self.0 {
            match claim {
                Claim::Made(payload) if payload[naming.member()].is_string() => {
                    let values = naming.members.iter().map(|member| text(payload, member));
                    holders.push(values.collect());
                }
                Claim::Made(_) => {}
                Claim::Withdrawn(id) => {
                    let id = id.to_string();
                    holders.retain(|holder| holder.last() != Some(&id));
                }
            }
        }
        holders
    }
}

#[cfg(test)]
mod tests;
