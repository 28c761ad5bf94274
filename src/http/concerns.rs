//! Whom a resource concerns, and whether a caller is among them.
//!
//! Every resource answers with this ([`super::resource::Resource::concerns`]), and everything that
//! guards it asks here: the gate, reads, histories, the access log.

use std::collections::BTreeSet;

use uuid::Uuid;

use super::access::Access;
use super::actor::{Actor, Role};
use crate::identifiers::{MunicipalityNumber, OrganisationNumber};

/// Whom a resource concerns. Nobody, when there is none.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Concerns {
    /// Everybody with the scope may see it: it is nobody's in particular.
    pub is_open: bool,
    /// Whoever sees the individuals of one of these sees it.
    pub municipalities: BTreeSet<MunicipalityNumber>,
    /// Those among them whose it is today, where others only had it once: they alone act. With
    /// nobody's left, those who had it do.
    pub today: BTreeSet<MunicipalityNumber>,
    /// The trainee whose own it is.
    pub trainee: Option<Uuid>,
    /// The trainee whose data a read of it shows: the read is written down.
    pub shows: Option<Uuid>,
    /// Trainees for whose sake others may see it.
    pub trainees: BTreeSet<Uuid>,
    pub supervisor: Option<Uuid>,
    pub leader: Option<Uuid>,
    pub organisation: Option<OrganisationNumber>,
    /// Shared among all who train doctors: supervisors.
    pub is_pooled: bool,
    pub decided_by_directorate: bool,
    pub kept_by_register: bool,
}

impl Concerns {
    /// What is nobody's in particular.
    pub fn everybody() -> Self {
        Self { is_open: true, ..Self::default() }
    }

    /// The municipalities that act.
    pub fn acting(&self) -> &BTreeSet<MunicipalityNumber> {
        if self.today.is_empty() { &self.municipalities } else { &self.today }
    }

    /// Whether a caller sees it.
    pub fn are_visible_to(&self, actor: &Actor) -> bool {
        let permissions = &actor.permissions;
        let exists = !self.municipalities.is_empty()
            || !self.trainees.is_empty()
            || self.is_pooled
            || self.kept_by_register
            || self.leader.is_some();
        self.is_open
            || (permissions.sees_everything() && exists)
            || self.municipalities.iter().any(|number| permissions.sees_municipality(number))
            || self.trainees.iter().any(|trainee| permissions.trainees.contains(trainee))
            || is_same(self.supervisor, permissions.supervisor)
            || is_same(self.leader, permissions.leader)
            || self.are_granted_to(actor)
            || (self.is_pooled && permissions.sees_individuals())
            || (self.decided_by_directorate && permissions.has(Role::Directorate))
            || (self.kept_by_register && permissions.has(Role::Register))
    }

    /// Whether it is a grant, and the caller's own organisation has it.
    pub fn are_granted_to(&self, actor: &Actor) -> bool {
        self.organisation.is_some() && self.organisation == actor.permissions.organisation
    }

    /// The directorate decides on a trainee's approvals by the trainee's id, and sees nobody for
    /// it.
    pub fn are_decided_by(&self, actor: &Actor, access: Access) -> bool {
        let is_directorates = access == Access::OfDirectorate;
        is_directorates && self.trainee.is_some() && actor.permissions.has(Role::Directorate)
    }
}

fn is_same(concerned: Option<Uuid>, own: Option<Uuid>) -> bool {
    concerned.is_some() && concerned == own
}
