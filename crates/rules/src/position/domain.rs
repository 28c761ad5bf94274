//! Training positions: facts. Their state and rules are in [`super::state`]; who holds them is in
//! [`crate::occupancy`].

use jiff::civil::Date;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::aggregate::{DecodeError, DomainEvent, Fact, Subject};
use crate::external_ids::Naming;
use crate::identifiers::{Comment, ExternalId, MunicipalityNumber};
use crate::occupancy::domain::{Category, OperatingModel, POSITION, Terms};
use crate::time::Percent;
use crate::{events, naming, word_enum};

word_enum! {
    /// How open unselected practice is arranged for the doctor.
    pub enum OpenPracticeModel {
        /// An own list, self-employed.
        OwnListSelfEmployed = "own_list_self_employed",
        /// An own list, on salary.
        OwnListSalaried = "own_list_salaried",
        /// A new list that starts empty (0-liste) in a municipal practice.
        ZeroList = "zero_list",
        /// A salaried locum in a self-employed colleague's list.
        SalariedLocum = "salaried_locum",
        /// A self-employed locum.
        SelfEmployedLocum = "self_employed_locum",
        /// An introduction position.
        Introduction = "introduction",
        /// Relocation by the employer's right to direct (styringsrett).
        Reassignment = "reassignment",
    }
}

/// A training position exists from a day.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Established {
    pub position: Uuid,
    pub municipality: MunicipalityNumber,
    pub category: Category,
    pub percent: Percent,
    pub intended_operating_model: OperatingModel,
    pub from: Date,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub programme: Option<Uuid>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub open_practice_model: Option<OpenPracticeModel>,
    #[serde(default)]
    pub terms: Terms,
    /// Whether a fixed salary was offered (Stortinget's decision 467 of 2018-02-13); null: not
    /// told.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub salary_offer_made: Option<bool>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub external_ids: Vec<ExternalId>,
}

/// The position is announced to applicants.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Announced {
    pub position: Uuid,
    pub municipality: MunicipalityNumber,
    pub on: Date,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub apply_by: Option<Date>,
}

/// The announcement is taken back.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct AnnouncementWithdrawn {
    pub position: Uuid,
    pub municipality: MunicipalityNumber,
    pub on: Date,
}

/// The position rests from a day.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Suspended {
    pub position: Uuid,
    pub municipality: MunicipalityNumber,
    pub from: Date,
    pub reason: Comment,
}

/// The position is taken up again.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Resumed {
    pub position: Uuid,
    pub municipality: MunicipalityNumber,
    pub on: Date,
}

/// The position exists no more from a day on. Nothing follows.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Closed {
    pub position: Uuid,
    pub municipality: MunicipalityNumber,
    pub on: Date,
    pub reason: Comment,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub programme: Option<Uuid>,
}

/// From when on the position exists no more was told wrong, or that it does not exist.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ClosureCorrected {
    pub position: Uuid,
    pub municipality: MunicipalityNumber,
    /// The fact that was wrong, by its place in the log.
    pub corrects: i64,
    /// The day it was really closed, or `None`: it was not.
    pub on: Option<Date>,
    pub reason: Comment,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub programme: Option<Uuid>,
}

/// What was recorded when the position was established was wrong; this is how it was.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Corrected {
    pub position: Uuid,
    pub municipality: MunicipalityNumber,
    /// The fact that was wrong, by its place in the log.
    pub corrects: i64,
    pub category: Category,
    pub percent: Percent,
    pub intended_operating_model: OperatingModel,
    pub from: Date,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub open_practice_model: Option<OpenPracticeModel>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub salary_offer_made: Option<bool>,
    pub reason: Comment,
    /// The position's programme, whose quota a first day matters to.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub programme: Option<Uuid>,
}

events! {
    /// What is recorded of positions.
    pub enum Event {
        Established = "position.established.v1",
        Announced = "position.announced.v1",
        AnnouncementWithdrawn = "position.announcement_withdrawn.v1",
        Suspended = "position.suspended.v1",
        Resumed = "position.resumed.v1",
        Closed = "position.closed.v1",
        ClosureCorrected = "position.closure_corrected.v1",
        Corrected = "position.corrected.v1",
    }
}

/// The kind of a position's subject.
pub const SUBJECT: &str = POSITION;

/// Ids of positions in other systems.
pub static EXTERNAL_IDS: Naming = naming!("position.", "position"; "position-external");

/// The subject of a position.
pub fn subject(position: Uuid) -> Subject {
    Subject::new(SUBJECT, position)
}

/// The positions of a programme in one municipality, which its quota bounds.
pub fn quota_subject(programme: Uuid, municipality: &MunicipalityNumber) -> Subject {
    Subject::new("quota", format!("{programme}/{municipality}"))
}

impl Event {
    fn position(&self) -> (Uuid, &MunicipalityNumber) {
        match self {
            Event::Established(f) => (f.position, &f.municipality),
            Event::Announced(f) => (f.position, &f.municipality),
            Event::AnnouncementWithdrawn(f) => (f.position, &f.municipality),
            Event::Suspended(f) => (f.position, &f.municipality),
            Event::Resumed(f) => (f.position, &f.municipality),
            Event::Closed(f) => (f.position, &f.municipality),
            Event::ClosureCorrected(f) => (f.position, &f.municipality),
            Event::Corrected(f) => (f.position, &f.municipality),
        }
    }

    fn other_subjects(&self) -> Vec<Subject> {
        let quota = |programme: Option<Uuid>, municipality: &MunicipalityNumber| {
            programme.map(|programme| quota_subject(programme, municipality)).into_iter()
        };
        match self {
            Event::Established(f) => {
                let external = EXTERNAL_IDS.subjects(&f.external_ids);
                external.chain(quota(f.programme, &f.municipality)).collect()
            }
            Event::Closed(f) => quota(f.programme, &f.municipality).collect(),
            Event::ClosureCorrected(f) => quota(f.programme, &f.municipality).collect(),
            Event::Corrected(f) => quota(f.programme, &f.municipality).collect(),
            Event::Announced(_)
            | Event::AnnouncementWithdrawn(_)
            | Event::Suspended(_)
            | Event::Resumed(_) => vec![],
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
        let mut subjects = vec![subject(self.position().0)];
        subjects.extend(self.other_subjects());
        subjects
    }
    fn effective_from(&self) -> Date {
        match self {
            Event::Established(f) => f.from,
            Event::Announced(f) => f.on,
            Event::AnnouncementWithdrawn(f) => f.on,
            Event::Suspended(f) => f.from,
            Event::Resumed(f) => f.on,
            Event::Closed(f) => f.on,
            Event::ClosureCorrected(f) => f.on.unwrap_or(crate::time::FIRST_DAY),
            Event::Corrected(f) => f.from,
        }
    }
    fn municipality(&self) -> Option<&str> {
        Some(self.position().1.as_str())
    }
    fn decode(fact: &Fact<'_>) -> Result<Option<Self>, DecodeError> {
        Self::read(fact)
    }
}
