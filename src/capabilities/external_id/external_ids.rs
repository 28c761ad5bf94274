//! What other systems call one resource: state and rules.

use jiff::civil::Date;
use serde::Serialize;

use super::domain::{Added, Event, Resource, Withdrawn};
use crate::edge::{Fault, UNKNOWN_REFERENCE};
use crate::identifiers::{Comment, ExternalId};
use crate::problem::Rejection;

/// Ids of one resource, in all systems together.
pub const HELD_MAX: usize = 100;

/// What other systems call a resource.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct ExternalIds {
    /// Each with where it was told, for corrections to name.
    held: Vec<(ExternalId, i64)>,
    /// What was taken back, and not told again since.
    withdrawn: Vec<ExternalId>,
}

impl ExternalIds {
    /// What a resource is registered with, by a fact recorded at `at`.
    pub fn told(ids: &[ExternalId], at: i64) -> Self {
        let held = ids.iter().map(|external| (external.clone(), at)).collect();
        Self { held, withdrawn: Vec::new() }
    }

    /// Every one, in the order they were told.
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
    pub fn evolve(&mut self, event: &Event, at: i64) {
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

    /// Another system has a name for the resource.
    pub fn add(
        &self,
        resource: Resource,
        external_id: &ExternalId,
        on: Date,
    ) -> Result<Vec<Event>, Rejection> {
        if self.hold(std::slice::from_ref(external_id)) {
            return Ok(vec![]);
        }
        if self.held.len() >= HELD_MAX {
            let fault = Fault::new(
                "too_many_external_ids",
                "It has 100 ids already: take back those that are wrong.",
                "Den har allerede 100 id-er: trekk tilbake dem som er feil.",
            );
            return Err(Rejection::field("/id", fault));
        }
        Ok(vec![Event::Added(Added { resource, external_id: external_id.clone(), on })])
    }

    /// The name was told wrong.
    pub fn withdraw(
        &self,
        resource: Resource,
        external_id: &ExternalId,
        reason: Comment,
        on: Date,
    ) -> Result<Vec<Event>, Rejection> {
        if self.withdrawn.contains(external_id) {
            return Ok(vec![]);
        }
        let Some((_, corrects)) = self.held.iter().find(|(held, _)| held == external_id) else {
            return Err(Rejection::field("/id", UNKNOWN_REFERENCE));
        };
        let (external_id, corrects) = (external_id.clone(), *corrects);
        Ok(vec![Event::Withdrawn(Withdrawn { resource, external_id, corrects, reason, on })])
    }
}
