//! Reference data: its facts. What they add up to is told in [`super::municipality`],
//! [`super::alis_office`] and [`super::organisation`].

mod organisation;

pub use organisation::{
    OrganisationChange, OrganisationChangeCorrected, OrganisationChanged, OrganisationClosed,
    OrganisationClosureCorrected, OrganisationCorrected, OrganisationEnteredInError,
    OrganisationFacts, OrganisationRecorded,
};

use jiff::civil::Date;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::aggregate::{DecodeError, DomainEvent, Fact, Subject};
use crate::edge::{Fault, FromText};
use crate::external_ids::Naming;
use crate::identifiers::{Comment, ExternalId, MunicipalityNumber, Name, OrganisationNumber};
use crate::time::{Period, day_after};
use crate::{events, naming, whole_type, word_enum};

whole_type! {
    /// Centrality class of Statistics Norway's standard 128: 1 is most central, 6 least.
    pub struct Centrality(u8);
    min = 1, max = 6, example = 4;
}

/// As in a query string, where everything is text.
impl FromText for Centrality {
    fn from_text(text: &str) -> Result<Self, Fault> {
        match text.as_bytes() {
            [digit @ b'1'..=b'6'] => Ok(Self(digit - b'0')),
            _ => Err(Fault::new(
                "out_of_range",
                "Must be a whole number from 1 to 6.",
                "Må være et helt tall fra 1 til 6.",
            )),
        }
    }
}

word_enum! {
    /// What an organisation is.
    pub enum OrganisationKind {
        /// A municipality as an employer and a party to agreements.
        Municipality = "municipality",
        /// A district of a city (bydel).
        District = "district",
        /// Several municipalities together (interkommunalt samarbeid).
        IntermunicipalCooperation = "intermunicipal_cooperation",
        /// A health trust (helseforetak).
        HealthTrust = "health_trust",
        /// An organisation that runs a regional ALIS office.
        AlisOffice = "alis_office",
        /// A directorate.
        Directorate = "directorate",
        /// A medical practice (legekontor).
        MedicalPractice = "medical_practice",
        /// A research body.
        ResearchBody = "research_body",
        /// An association.
        Association = "association",
    }
}

/// A municipality number is in use, under a name, for a time. A later statement with the same first
/// day replaces an earlier one.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct MunicipalityRecorded {
    pub number: MunicipalityNumber,
    pub name: Name,
    pub period: Period,
}

/// A municipality gives way to another, whole or in part: mergers and splits are several of these.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct MunicipalitySucceeded {
    pub number: MunicipalityNumber,
    pub successor: MunicipalityNumber,
    /// The first day of the successor.
    pub on: Date,
}

/// What was recorded of a succession was wrong; this is how it was.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct SuccessionCorrected {
    pub number: MunicipalityNumber,
    pub successor: MunicipalityNumber,
    /// The fact that was wrong, by its place in the log.
    pub corrects: i64,
    /// The first day of the successor, as it was recorded.
    pub was: Date,
    /// As it really was; `None`: there was no such succession.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub on: Option<Date>,
    pub reason: Comment,
}

/// A municipality is of a centrality class for a time. A later statement with the same first day
/// replaces an earlier one.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct CentralityRecorded {
    pub number: MunicipalityNumber,
    pub class: Centrality,
    pub period: Period,
}

/// A regional ALIS office is known.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct AlisOfficeRegistered {
    pub office: Uuid,
    pub name: Name,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub external_ids: Vec<ExternalId>,
    /// The organisation that runs it, and calls for it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub organisation_number: Option<OrganisationNumber>,
    pub on: Date,
}

/// An ALIS office has a name from a day on. Told again with the same first day, the later statement
/// replaces the earlier.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct AlisOfficeRenamed {
    pub office: Uuid,
    pub name: Name,
    pub from: Date,
}

/// What was recorded of an office's name was wrong; this is how it was.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct AlisOfficeNameCorrected {
    pub office: Uuid,
    /// The fact that was wrong, by its place in the log.
    pub corrects: i64,
    /// The first day, as it was recorded; `None` of the name that it was registered with.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub was: Option<Date>,
    /// As it really was; `None`: it did not have this name.
    pub facts: Option<OfficeName>,
    pub reason: Comment,
    pub on: Date,
}

/// A name and its first day.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct OfficeName {
    pub name: Name,
    /// `None`: since the office was there.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub from: Option<Date>,
}

/// An ALIS office answers for a municipality.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct AlisOfficeAssigned {
    pub office: Uuid,
    pub municipality: MunicipalityNumber,
    pub period: Period,
}

/// An ALIS office answers for a municipality no longer; the last day is `to`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct AlisOfficeEnded {
    pub office: Uuid,
    pub municipality: MunicipalityNumber,
    /// The first day of what ends.
    pub from: Date,
    pub to: Date,
}

/// What was recorded of an office's answering for a municipality was wrong; this is how it was.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct AlisOfficeAssignmentCorrected {
    pub office: Uuid,
    pub municipality: MunicipalityNumber,
    /// The fact that was wrong, by its place in the log.
    pub corrects: i64,
    /// The first day, as it was recorded.
    pub was: Date,
    /// As it really was; `None`: the office never answered for it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub period: Option<Period>,
    pub reason: Comment,
}

events! {
    /// What is recorded of reference data.
    pub enum Event {
        MunicipalityRecorded = "municipality.recorded.v1",
        MunicipalitySucceeded = "municipality.succeeded.v1",
        SuccessionCorrected = "municipality.succession_corrected.v1",
        CentralityRecorded = "municipality.centrality_recorded.v1",
        AlisOfficeRegistered = "alis_office.registered.v1",
        AlisOfficeRenamed = "alis_office.renamed.v1",
        AlisOfficeNameCorrected = "alis_office.name_corrected.v1",
        AlisOfficeAssigned = "alis_office.municipality_assigned.v1",
        AlisOfficeEnded = "alis_office.municipality_ended.v1",
        AlisOfficeAssignmentCorrected = "alis_office.assignment_corrected.v1",
        OrganisationRecorded = "organisation.recorded.v1",
        OrganisationCorrected = "organisation.corrected.v1",
        OrganisationEnteredInError = "organisation.entered_in_error.v1",
        OrganisationChanged = "organisation.changed.v1",
        OrganisationChangeCorrected = "organisation.change_corrected.v1",
        OrganisationClosed = "organisation.closed.v1",
        OrganisationClosureCorrected = "organisation.closure_corrected.v1",
    }
}

/// The kind of a municipality's subject.
pub const MUNICIPALITY: &str = "municipality";
/// The kind of an ALIS office's subject.
pub const ALIS_OFFICE: &str = "alis-office";
/// The kind of an organisation's subject.
pub const ORGANISATION: &str = "organisation";

/// Ids of ALIS offices in other systems.
pub static ALIS_OFFICE_EXTERNAL_IDS: Naming =
    naming!("alis_office.", "office"; "alis-office-external");

/// The subject of a municipality number.
pub fn municipality_subject(number: &MunicipalityNumber) -> Subject {
    Subject::new(MUNICIPALITY, number)
}

/// The subject of an ALIS office.
pub fn alis_office_subject(office: Uuid) -> Subject {
    Subject::new(ALIS_OFFICE, office)
}

/// The subject of an organisation number.
pub fn organisation_subject(number: &OrganisationNumber) -> Subject {
    Subject::new(ORGANISATION, number)
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
            Event::MunicipalityRecorded(f) => vec![municipality_subject(&f.number)],
            Event::MunicipalitySucceeded(f) => {
                vec![municipality_subject(&f.number), municipality_subject(&f.successor)]
            }
            Event::SuccessionCorrected(f) => {
                vec![municipality_subject(&f.number), municipality_subject(&f.successor)]
            }
            Event::CentralityRecorded(f) => vec![municipality_subject(&f.number)],
            Event::AlisOfficeRegistered(f) => {
                let external = ALIS_OFFICE_EXTERNAL_IDS.subjects(&f.external_ids);
                let runs = f.organisation_number.iter().map(organisation_subject);
                std::iter::once(alis_office_subject(f.office)).chain(external).chain(runs).collect()
            }
            Event::AlisOfficeRenamed(f) => vec![alis_office_subject(f.office)],
            Event::AlisOfficeNameCorrected(f) => vec![alis_office_subject(f.office)],
            // Tagged with the municipality too: one office a day is a rule of the municipality.
            Event::AlisOfficeAssigned(f) => {
                vec![alis_office_subject(f.office), municipality_subject(&f.municipality)]
            }
            Event::AlisOfficeEnded(f) => {
                vec![alis_office_subject(f.office), municipality_subject(&f.municipality)]
            }
            Event::AlisOfficeAssignmentCorrected(f) => {
                vec![alis_office_subject(f.office), municipality_subject(&f.municipality)]
            }
            Event::OrganisationRecorded(f) => vec![organisation_subject(&f.organisation_number)],
            Event::OrganisationCorrected(f) => vec![organisation_subject(&f.organisation_number)],
            Event::OrganisationEnteredInError(f) => {
                vec![organisation_subject(&f.organisation_number)]
            }
            Event::OrganisationChanged(f) => vec![organisation_subject(&f.organisation_number)],
            Event::OrganisationChangeCorrected(f) => {
                vec![organisation_subject(&f.organisation_number)]
            }
            Event::OrganisationClosed(f) => vec![organisation_subject(&f.organisation_number)],
            Event::OrganisationClosureCorrected(f) => {
                vec![organisation_subject(&f.organisation_number)]
            }
        }
    }
    fn effective_from(&self) -> Date {
        match self {
            Event::MunicipalityRecorded(f) => f.period.from,
            Event::MunicipalitySucceeded(f) => f.on,
            Event::SuccessionCorrected(f) => f.on.map_or(f.was, |on| on.min(f.was)),
            Event::CentralityRecorded(f) => f.period.from,
            Event::AlisOfficeRegistered(f) => f.on,
            Event::AlisOfficeRenamed(f) => f.from,
            Event::AlisOfficeNameCorrected(f) => {
                let really = f.facts.as_ref().and_then(|facts| facts.from);
                really.into_iter().chain(f.was).min().unwrap_or(f.on)
            }
            Event::AlisOfficeAssigned(f) => f.period.from,
            Event::AlisOfficeEnded(f) => day_after(f.to),
            Event::AlisOfficeAssignmentCorrected(f) => {
                f.period.map_or(f.was, |period| period.from.min(f.was))
            }
            Event::OrganisationRecorded(f) => f.facts.from.unwrap_or(f.on),
            Event::OrganisationCorrected(f) => f.facts.from.unwrap_or(f.on),
            Event::OrganisationEnteredInError(f) => f.was,
            Event::OrganisationChanged(f) => f.change.from,
            Event::OrganisationChangeCorrected(f) => {
                f.change.as_ref().map_or(f.was, |change| change.from.min(f.was))
            }
            Event::OrganisationClosed(f) => day_after(f.to),
            Event::OrganisationClosureCorrected(f) => {
                day_after(f.to.map_or(f.was, |to| to.min(f.was)))
            }
        }
    }
    fn municipality(&self) -> Option<&str> {
        let number = match self {
            Event::MunicipalityRecorded(f) => Some(&f.number),
            Event::MunicipalitySucceeded(f) => Some(&f.number),
            Event::SuccessionCorrected(f) => Some(&f.number),
            Event::CentralityRecorded(f) => Some(&f.number),
            Event::AlisOfficeRegistered(_)
            | Event::AlisOfficeRenamed(_)
            | Event::AlisOfficeNameCorrected(_) => None,
            Event::AlisOfficeAssigned(f) => Some(&f.municipality),
            Event::AlisOfficeEnded(f) => Some(&f.municipality),
            Event::AlisOfficeAssignmentCorrected(f) => Some(&f.municipality),
            Event::OrganisationRecorded(f) => f.facts.municipality.as_ref(),
            Event::OrganisationCorrected(f) => f.facts.municipality.as_ref(),
            Event::OrganisationEnteredInError(f) => f.municipality.as_ref(),
            Event::OrganisationClosed(f) => f.municipality.as_ref(),
            Event::OrganisationClosureCorrected(f) => f.municipality.as_ref(),
            Event::OrganisationChanged(f) => f.change.municipality.as_ref(),
            Event::OrganisationChangeCorrected(f) => {
                f.change.as_ref().and_then(|change| change.municipality.as_ref())
            }
        };
        number.map(MunicipalityNumber::as_str)
    }
    fn decode(fact: &Fact<'_>) -> Result<Option<Self>, DecodeError> {
        Self::read(fact)
    }
}
