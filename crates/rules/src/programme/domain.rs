//! Programmes: facts. Their state and rules are in [`super::state`] and [`super::quota`].

use jiff::civil::Date;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::aggregate::{DecodeError, DomainEvent, Fact, Subject};
use crate::external_ids::Naming;
use crate::identifiers::{Comment, ExternalId, MunicipalityNumber, Name};
use crate::position::quota_subject;
use crate::time::{Period, day_after};
use crate::{events, naming, whole_type, word_enum};

whole_type! {
    /// How many positions: 1 to 1000.
    pub struct PositionCount(u16);
    min = 1, max = 1000, example = 2;
}

whole_type! {
    /// Whole kroner for a position and year: 0 to 10 000 000.
    pub struct YearlyNok(u32);
    min = 0, max = 10_000_000, example = 200_000;
}

word_enum! {
    /// What is decided of a municipality's application.
    pub enum Outcome {
        /// The municipality may take part.
        Accepted = "accepted",
        /// It may not.
        Declined = "declined",
    }
}

/// A programme exists from a day.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Started {
    pub programme: Uuid,
    pub name: Name,
    pub period: Period,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub positions_max_per_municipality: Option<PositionCount>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub subsidy_nok_per_position_year: Option<YearlyNok>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub external_ids: Vec<ExternalId>,
}

/// What was recorded when the programme was started was wrong; this is how it is.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Corrected {
    pub programme: Uuid,
    /// The fact that was wrong, by its place in the log.
    pub corrects: i64,
    /// The first day, as it was recorded.
    pub was: Date,
    /// As it really is; `None`: there never was such a programme.
    pub facts: Option<ProgrammeFacts>,
    pub reason: Comment,
}

/// What there is to know of a programme itself, told whole.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ProgrammeFacts {
    pub name: Name,
    pub period: Period,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub positions_max_per_municipality: Option<PositionCount>,
}

/// A phase of the programme. Told again with the same first day, the later statement replaces it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct PhaseSet {
    pub programme: Uuid,
    pub name: Name,
    pub period: Period,
}

/// What the programme pays for a position. Told again with the same first day, the later statement
/// replaces it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct SubsidySet {
    pub programme: Uuid,
    pub nok_per_position_year: YearlyNok,
    pub period: Period,
}

/// What was recorded of a phase was wrong; this is how it was.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct PhaseCorrected {
    pub programme: Uuid,
    /// The fact that was wrong, by its place in the log.
    pub corrects: i64,
    /// The first day, as it was recorded.
    pub was: Date,
    /// As it really was; `None`: there was no such phase.
    pub facts: Option<PhaseFacts>,
    pub reason: Comment,
}

/// What there is to know of a phase.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct PhaseFacts {
    pub name: Name,
    pub period: Period,
}

/// What was recorded of a rate was wrong; this is how it was.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct SubsidyCorrected {
    pub programme: Uuid,
    /// The fact that was wrong, by its place in the log.
    pub corrects: i64,
    /// The first day, as it was recorded.
    pub was: Date,
    /// As it really was; `None`: there was no such rate.
    pub facts: Option<SubsidyFacts>,
    pub reason: Comment,
}

/// What there is to know of a rate.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct SubsidyFacts {
    pub nok_per_position_year: YearlyNok,
    pub period: Period,
}

/// A municipality takes part, with at most so many positions. Told again with the same first day,
/// the later statement replaces it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct MunicipalityJoined {
    pub programme: Uuid,
    pub municipality: MunicipalityNumber,
    pub period: Period,
    pub quota: PositionCount,
}

/// A municipality takes part no longer; the last day is `to`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct MunicipalityLeft {
    pub programme: Uuid,
    pub municipality: MunicipalityNumber,
    /// The first day of the participation that ends.
    pub from: Date,
    pub to: Date,
}

/// What was recorded of a participation was wrong; this is how it was.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ParticipationCorrected {
    pub programme: Uuid,
    pub municipality: MunicipalityNumber,
    /// The fact that was wrong, by its place in the log.
    pub corrects: i64,
    /// The first day, as it was recorded.
    pub was: Date,
    /// As it really was; `None`: the municipality did not take part.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub facts: Option<ParticipationFacts>,
    pub reason: Comment,
}

/// What there is to know of a participation.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct ParticipationFacts {
    pub period: Period,
    pub quota: PositionCount,
}

/// A municipality asks to take part.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct MunicipalityApplied {
    pub programme: Uuid,
    pub municipality: MunicipalityNumber,
    pub applied_on: Date,
}

/// A municipality's application is decided. That alone does not let it take part.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ApplicationDecided {
    pub programme: Uuid,
    pub municipality: MunicipalityNumber,
    /// When the municipality applied: tells which application.
    pub applied_on: Date,
    pub outcome: Outcome,
    pub on: Date,
}

events! {
    /// What is recorded of programmes.
    pub enum Event {
        Started = "programme.started.v1",
        Corrected = "programme.corrected.v1",
        PhaseSet = "programme.phase_set.v1",
        PhaseCorrected = "programme.phase_corrected.v1",
        SubsidySet = "programme.subsidy_set.v1",
        SubsidyCorrected = "programme.subsidy_corrected.v1",
        MunicipalityJoined = "programme.municipality_joined.v1",
        MunicipalityLeft = "programme.municipality_left.v1",
        ParticipationCorrected = "programme.participation_corrected.v1",
        MunicipalityApplied = "programme.municipality_applied.v1",
        ApplicationDecided = "programme.application_decided.v1",
    }
}

/// The kind of a programme's subject.
pub const SUBJECT: &str = "programme";

/// Ids of programmes in other systems.
pub static EXTERNAL_IDS: Naming = naming!("programme.", "programme"; "programme-external");

/// The subject of a programme.
pub fn subject(programme: Uuid) -> Subject {
    Subject::new(SUBJECT, programme)
}

impl DomainEvent for Event {
    fn type_name(&self) -> &'static str {
        self.stored_name()
    }
    fn payload(&self) -> String {
        self.stored_payload()
    }
    fn subjects(&self) -> Vec<Subject> {
        match self {
            Event::Started(f) => {
                let external = EXTERNAL_IDS.subjects(&f.external_ids);
                std::iter::once(subject(f.programme)).chain(external).collect()
            }
            Event::Corrected(f) => vec![subject(f.programme)],
            Event::PhaseSet(f) => vec![subject(f.programme)],
            Event::PhaseCorrected(f) => vec![subject(f.programme)],
            Event::SubsidySet(f) => vec![subject(f.programme)],
            Event::SubsidyCorrected(f) => vec![subject(f.programme)],
            // The quota decides who may establish positions, and reads only what is tagged with it.
            Event::MunicipalityJoined(f) => {
                vec![subject(f.programme), quota_subject(f.programme, &f.municipality)]
            }
            Event::MunicipalityLeft(f) => {
                vec![subject(f.programme), quota_subject(f.programme, &f.municipality)]
            }
            Event::ParticipationCorrected(f) => {
                vec![subject(f.programme), quota_subject(f.programme, &f.municipality)]
            }
            Event::MunicipalityApplied(f) => vec![subject(f.programme)],
            Event::ApplicationDecided(f) => vec![subject(f.programme)],
        }
    }
    fn effective_from(&self) -> Date {
        match self {
            Event::Started(f) => f.period.from,
            Event::Corrected(f) => {
                f.facts.as_ref().map_or(f.was, |facts| facts.period.from.min(f.was))
            }
            Event::PhaseSet(f) => f.period.from,
            Event::PhaseCorrected(f) => {
                f.facts.as_ref().map_or(f.was, |facts| facts.period.from.min(f.was))
            }
            Event::SubsidySet(f) => f.period.from,
            Event::SubsidyCorrected(f) => {
                f.facts.as_ref().map_or(f.was, |facts| facts.period.from.min(f.was))
            }
            Event::MunicipalityJoined(f) => f.period.from,
            Event::MunicipalityLeft(f) => day_after(f.to),
            Event::ParticipationCorrected(f) => {
                f.facts.map_or(f.was, |facts| facts.period.from.min(f.was))
            }
            Event::MunicipalityApplied(f) => f.applied_on,
            Event::ApplicationDecided(f) => f.on,
        }
    }
    fn municipality(&self) -> Option<&str> {
        let number = match self {
            Event::Started(_)
            | Event::Corrected(_)
            | Event::PhaseSet(_)
            | Event::PhaseCorrected(_)
            | Event::SubsidySet(_)
            | Event::SubsidyCorrected(_) => None,
            Event::MunicipalityJoined(f) => Some(&f.municipality),
            Event::MunicipalityLeft(f) => Some(&f.municipality),
            Event::ParticipationCorrected(f) => Some(&f.municipality),
            Event::MunicipalityApplied(f) => Some(&f.municipality),
            Event::ApplicationDecided(f) => Some(&f.municipality),
        };
        number.map(MunicipalityNumber::as_str)
    }
    fn decode(fact: &Fact<'_>) -> Result<Option<Self>, DecodeError> {
        Self::read(fact)
    }
}
