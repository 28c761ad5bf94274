//! What is recorded of leaders, and about whom it tells. The rules stand in [`super::state`] and
//! [`super::delegation`].

use jiff::civil::Date;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::aggregate::{DecodeError, DomainEvent, Fact, Subject};
use crate::external_ids::Naming;
use crate::identifiers::{Comment, ExternalId, MunicipalityNumber};
use crate::person::domain::PersonKind;
use crate::time::Period;
use crate::{events, naming};

/// On whose behalf a term is led, and which of that leader's own terms it rests on.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Delegation {
    /// The leader who delegates.
    pub by: Uuid,
    /// That leader's own term.
    pub term: Uuid,
    /// The days of that term, as they were known when this was recorded. What is told of them later
    /// concerns the delegate too.
    pub period: Period,
}

/// A leader is known, and leads in a municipality.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Registered {
    pub leader: Uuid,
    /// Name and HPR number, sealed under the person's key.
    pub sealed: String,
    /// Keyed hash of the HPR number; leaders need not be health workers.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub hpr_lookup: Option<String>,
    pub term: Uuid,
    pub municipality: MunicipalityNumber,
    pub period: Period,
    pub on: Date,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub delegation: Option<Delegation>,
    /// What other systems call the leader.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub external_ids: Vec<ExternalId>,
}

/// Who the leader is was told wrong.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Corrected {
    pub leader: Uuid,
    /// The fact that was wrong, by its place in the log.
    pub corrects: i64,
    pub sealed: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub hpr_lookup: Option<String>,
    pub reason: Comment,
    pub on: Date,
}

/// The leader leads in a further municipality, or there again.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct TermAdded {
    pub leader: Uuid,
    pub term: Uuid,
    pub municipality: MunicipalityNumber,
    pub period: Period,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub delegation: Option<Delegation>,
}

/// The last day of a term is told.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct TermEnded {
    pub leader: Uuid,
    pub term: Uuid,
    pub municipality: MunicipalityNumber,
    pub to: Date,
    /// Other leaders whom it concerns: those who lead under this term, and the one on whose behalf
    /// it is led, or was.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub others: Vec<Uuid>,
}

/// Where and when the leader led was told wrong.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct TermCorrected {
    pub leader: Uuid,
    pub term: Uuid,
    pub corrects: i64,
    /// How it was; absent when there never was such a term.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub facts: Option<TermFacts>,
    pub reason: Comment,
    pub on: Date,
    /// Other leaders whom it concerns: those who lead under this term, and the one on whose behalf
    /// it is led, or was.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub others: Vec<Uuid>,
}

/// Where and when a leader leads.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct TermFacts {
    pub municipality: MunicipalityNumber,
    pub period: Period,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub delegation: Option<Delegation>,
}

events! {
    /// What is recorded of leaders.
    pub enum Event {
        Registered = "leader.registered.v1",
        Corrected = "leader.corrected.v1",
        TermAdded = "leader.term_added.v1",
        TermEnded = "leader.term_ended.v1",
        TermCorrected = "leader.term_corrected.v1",
    }
}

/// The kind of a leader's subject.
pub const SUBJECT: &str = "leader";

/// Ids of leaders in other systems.
pub static EXTERNAL_IDS: Naming = naming!("leader.", "leader"; "leader-external");

/// The subject of a leader.
pub fn subject(leader: Uuid) -> Subject {
    PersonKind::Leader.subject(leader)
}

/// The subject of an HPR number among leaders: one person each.
pub fn hpr_subject(lookup: &str) -> Subject {
    PersonKind::Leader.hpr_subject(lookup)
}

impl Event {
    /// The leader whom it is mainly about.
    pub fn leader(&self) -> Uuid {
        match self {
            Event::Registered(f) => f.leader,
            Event::Corrected(f) => f.leader,
            Event::TermAdded(f) => f.leader,
            Event::TermEnded(f) => f.leader,
            Event::TermCorrected(f) => f.leader,
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
        let hpr = |lookup: &Option<String>| lookup.as_deref().map(hpr_subject);
        let delegator =
            |recorded: &Option<Delegation>| recorded.map(|delegation| subject(delegation.by));
        let mut subjects = vec![subject(self.leader())];
        match self {
            Event::Registered(f) => {
                subjects.extend(hpr(&f.hpr_lookup));
                subjects.extend(delegator(&f.delegation));
                subjects.extend(EXTERNAL_IDS.subjects(&f.external_ids));
            }
            Event::Corrected(f) => subjects.extend(hpr(&f.hpr_lookup)),
            Event::TermAdded(f) => subjects.extend(delegator(&f.delegation)),
            Event::TermEnded(f) => subjects.extend(f.others.iter().copied().map(subject)),
            Event::TermCorrected(f) => {
                subjects.extend(f.facts.as_ref().and_then(|facts| delegator(&facts.delegation)));
                subjects.extend(f.others.iter().copied().map(subject));
            }
        }
        subjects
    }
    fn effective_from(&self) -> Date {
        match self {
            Event::Registered(f) => f.period.from,
            Event::Corrected(f) => f.on,
            Event::TermAdded(f) => f.period.from,
            Event::TermEnded(f) => f.to,
            Event::TermCorrected(f) => f.facts.as_ref().map_or(f.on, |facts| facts.period.from),
        }
    }
    fn municipality(&self) -> Option<&str> {
        match self {
            Event::Registered(f) => Some(f.municipality.as_str()),
            Event::Corrected(_) => None,
            Event::TermAdded(f) => Some(f.municipality.as_str()),
            Event::TermEnded(f) => Some(f.municipality.as_str()),
            Event::TermCorrected(f) => f.facts.as_ref().map(|facts| facts.municipality.as_str()),
        }
    }
    fn decode(fact: &Fact<'_>) -> Result<Option<Self>, DecodeError> {
        Self::read(fact)
    }
}
