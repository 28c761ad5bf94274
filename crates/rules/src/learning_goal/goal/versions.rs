//! What is recorded under one code, told apart by the version of the catalogue it is about.
//!
//! Every step but the oldest tells its version; an older one is about the submission before it.

use std::collections::BTreeSet;

use super::super::domain::Event;
use super::Goal;
use crate::curriculum::domain::GoalDefined;
use crate::identifiers::Token;

impl Goal {
    /// What is recorded of one goal of the catalogue: of its own version alone when that version
    /// says which goals it replaces, and otherwise of all others, where it is one and the same.
    pub fn of(&self, defined: &GoalDefined) -> Goal {
        match defined.replaces {
            None => self.within(None),
            Some(_) => self.within(Some(&defined.curriculum)),
        }
    }

    /// The steps of one version that tells the goal apart, or of all that do not.
    pub fn within(&self, apart: Option<&Token>) -> Goal {
        let distinguished: BTreeSet<&Token> = self.apart().collect();
        let mut version = None;
        let mut steps = Vec::new();
        for step in &self.steps {
            version = version_named(step).or(version);
            if version.filter(|version| distinguished.contains(version)) == apart {
                steps.push(step.clone());
            }
        }
        Goal { steps }
    }

    /// The versions that tell the goal apart, among those that something is recorded under.
    pub fn apart(&self) -> impl Iterator<Item = &Token> {
        self.steps.iter().filter_map(|step| match step {
            Event::Submitted(f) if f.apart => Some(&f.curriculum),
            Event::Submitted(_)
            | Event::Recalled(_)
            | Event::Recommended(_)
            | Event::Approved(_)
            | Event::Returned(_)
            | Event::Revoked(_)
            | Event::RevokedByDirectorate(_)
            | Event::PlanAssigned(_)
            | Event::PlanArchived(_)
            | Event::PlanWithdrawn(_) => None,
        })
    }

    /// The goal as it was before its last revocation.
    pub fn before_revocation(&self) -> Goal {
        let mut steps = self.steps.clone();
        if let Some(place) = steps.iter().rposition(is_revocation) {
            steps.remove(place);
        }
        Goal { steps }
    }
}

fn is_revocation(event: &Event) -> bool {
    match event {
        Event::Revoked(_) | Event::RevokedByDirectorate(_) => true,
        Event::PlanAssigned(_)
        | Event::PlanArchived(_)
        | Event::PlanWithdrawn(_)
        | Event::Submitted(_)
        | Event::Recalled(_)
        | Event::Recommended(_)
        | Event::Approved(_)
        | Event::Returned(_) => false,
    }
}

/// The version that a step tells, if it does.
fn version_named(event: &Event) -> Option<&Token> {
    match event {
        Event::Submitted(f) => Some(&f.curriculum),
        Event::Approved(f) => Some(&f.curriculum),
        Event::Recalled(f) => f.curriculum.as_ref(),
        Event::Recommended(f) => f.curriculum.as_ref(),
        Event::Returned(f) => f.curriculum.as_ref(),
        Event::Revoked(f) => f.curriculum.as_ref(),
        Event::RevokedByDirectorate(f) => Some(&f.curriculum),
        Event::PlanAssigned(_) | Event::PlanArchived(_) | Event::PlanWithdrawn(_) => None,
    }
}

/// What somebody asks for with a step: two that differ in the version alone (older facts do not
/// tell it), or in what was known of the leader, are one step asked twice.
pub(super) fn bare(event: &Event) -> Event {
    let mut event = event.clone();
    match &mut event {
        Event::Recalled(f) => f.curriculum = None,
        Event::Recommended(f) => f.curriculum = None,
        Event::Returned(f) => (f.curriculum, f.delegated_by) = (None, None),
        Event::Revoked(f) => (f.curriculum, f.delegated_by) = (None, None),
        Event::Approved(f) => (f.delegated_by, f.own_recommendation) = (None, false),
        Event::Submitted(_)
        | Event::RevokedByDirectorate(_)
        | Event::PlanAssigned(_)
        | Event::PlanArchived(_)
        | Event::PlanWithdrawn(_) => {}
    }
    event
}
