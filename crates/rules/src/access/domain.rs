//! Access grants: their facts. What they add up to is in [`super::grants`]. What an organisation is
//! by itself (a municipality, an ALIS office) needs no grant; what somebody lends it does, for a
//! time.

use jiff::civil::Date;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::aggregate::{DecodeError, DomainEvent, Fact, Subject};
use crate::identifiers::{MunicipalityNumber, OrganisationNumber};
use crate::time::{Period, day_after};
use crate::{events, word_enum};

word_enum! {
    /// What a grant lets an organisation be.
    pub enum GrantedRole {
        /// A system that a municipality has delegated to, and that has accepted: it may do what the
        /// municipality may, and report what the municipality's persons have done. It passes none
        /// of it on.
        System = "system",
        /// The directorate: it decides what the law leaves to it, and sees aggregates.
        Directorate = "directorate",
        /// Counting: aggregates only.
        Reporting = "reporting",
        /// Looking at everything by ids, without names, and at who read what.
        Auditor = "auditor",
    }
}

impl GrantedRole {
    /// Whether whoever keeps the register appoints to it, for everybody: it gives no municipality's
    /// individuals by name, and binds nobody.
    pub fn is_appointment(self) -> bool {
        match self {
            GrantedRole::System => false,
            GrantedRole::Directorate | GrantedRole::Reporting | GrantedRole::Auditor => true,
        }
    }
}

/// An organisation is granted a role for a time: appointed, or offered a delegation.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Granted {
    pub grant: Uuid,
    pub organisation_number: OrganisationNumber,
    pub role: GrantedRole,
    /// The municipality that delegates; with the role `system` only.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub municipality: Option<MunicipalityNumber>,
    pub period: Period,
}

/// A grant ends; its last day is `to`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct GrantEnded {
    pub grant: Uuid,
    pub organisation_number: OrganisationNumber,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub municipality: Option<MunicipalityNumber>,
    pub to: Date,
}

/// The organisation says yes to a delegation, which counts from that day on.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct GrantAccepted {
    pub grant: Uuid,
    pub organisation_number: OrganisationNumber,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub municipality: Option<MunicipalityNumber>,
    pub on: Date,
}

/// The organisation says no to a delegation.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct GrantDeclined {
    pub grant: Uuid,
    pub organisation_number: OrganisationNumber,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub municipality: Option<MunicipalityNumber>,
    pub on: Date,
}

/// A grant is taken back before it held on any day, by either side.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct GrantCancelled {
    pub grant: Uuid,
    pub organisation_number: OrganisationNumber,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub municipality: Option<MunicipalityNumber>,
    pub on: Date,
}

events! {
    /// What is recorded of access.
    pub enum Event {
        Granted = "access.granted.v1",
        GrantAccepted = "access.grant_accepted.v1",
        GrantDeclined = "access.grant_declined.v1",
        GrantCancelled = "access.grant_cancelled.v1",
        GrantEnded = "access.grant_ended.v1",
    }
}

/// The kind of a grant's subject.
pub const SUBJECT: &str = "access-grant";

/// The subject of a grant.
pub fn subject(grant: Uuid) -> Subject {
    Subject::new(SUBJECT, grant)
}

/// The subject of all that is granted to an organisation.
pub fn grantee_subject(number: &OrganisationNumber) -> Subject {
    Subject::new("grantee", number)
}

impl Event {
    /// The grant, whose it is, and who delegates.
    fn about(&self) -> (Uuid, &OrganisationNumber, Option<&MunicipalityNumber>) {
        match self {
            Event::Granted(f) => (f.grant, &f.organisation_number, f.municipality.as_ref()),
            Event::GrantAccepted(f) => (f.grant, &f.organisation_number, f.municipality.as_ref()),
            Event::GrantDeclined(f) => (f.grant, &f.organisation_number, f.municipality.as_ref()),
            Event::GrantCancelled(f) => (f.grant, &f.organisation_number, f.municipality.as_ref()),
            Event::GrantEnded(f) => (f.grant, &f.organisation_number, f.municipality.as_ref()),
        }
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
        let (grant, organisation_number, _) = self.about();
        vec![subject(grant), grantee_subject(organisation_number)]
    }
    fn effective_from(&self) -> Date {
        match self {
            Event::Granted(f) => f.period.from,
            Event::GrantAccepted(f) => f.on,
            Event::GrantDeclined(f) => f.on,
            Event::GrantCancelled(f) => f.on,
            Event::GrantEnded(f) => day_after(f.to),
        }
    }
    fn municipality(&self) -> Option<&str> {
        self.about().2.map(MunicipalityNumber::as_str)
    }
    fn decode(fact: &Fact<'_>) -> Result<Option<Self>, DecodeError> {
        Self::read(fact)
    }
}
