//! Occupancies: who holds which position from when, on which terms. Their facts; what they add up
//! to is in [`super::state`].

use jiff::civil::Date;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::aggregate::{DecodeError, DomainEvent, Fact, Subject};
use crate::external_ids::Naming;
use crate::identifiers::{Comment, ExternalId, MunicipalityNumber};
use crate::person::domain::PersonKind;
use crate::time::{FIRST_DAY, Percent, Period, day_after};
use crate::{events, naming, whole_type, word_enum};

word_enum! {
    /// What kind of work the position is.
    pub enum Category {
        /// Regular general practitioner with a patient list (fastlege).
        RegularGp = "regular_gp",
        /// Locum for a regular general practitioner (fastlegevikar).
        GpLocum = "gp_locum",
        /// Introduction position (introduksjonsstilling).
        Introduction = "introduction",
        /// Other municipal general-medical work (annet allmennmedisinsk legearbeid).
        OtherMunicipal = "other_municipal",
    }
}

word_enum! {
    /// How the doctor's work is organised and paid.
    pub enum OperatingModel {
        /// Self-employed practice (næringsdrift).
        SelfEmployed = "self_employed",
        /// Fixed salary from the municipality (fastlønn).
        Salaried = "salaried",
    }
}

word_enum! {
    /// Why a list has a ceiling below the usual.
    pub enum CeilingReason {
        /// To give room for training.
        Training = "training",
        /// The doctor's own wish.
        TraineesWish = "trainees_wish",
        /// Lack of patients or premises.
        LocalConditions = "local_conditions",
        /// Anything else.
        Other = "other",
    }
}

word_enum! {
    /// Why a doctor left. A closed list: free words about why somebody left are never stored.
    pub enum LeaveReason {
        /// Family or personal reasons.
        FamilyPersonal = "family_personal",
        /// Does not want to work in general practice.
        NotGeneralPractice = "not_general_practice",
        /// Dissatisfied with pay or conditions.
        PayConditions = "pay_conditions",
        /// The training is completed.
        CompletedTraining = "completed_training",
        /// Took over a list of their own.
        MovedToOwnList = "moved_to_own_list",
        /// The contract came to its end.
        ContractEnd = "contract_end",
        /// Something else.
        Other = "other",
        /// Not known.
        Unknown = "unknown",
    }
}

word_enum! {
    /// What may be told anew of an occupancy from a day.
    pub enum Term {
        /// The doctor's share.
        Percent = "percent",
        /// Patients on the list.
        ListLength = "list_length",
        /// The list's ceiling.
        ListCeiling = "list_ceiling",
        /// Minutes a week kept free for training.
        ProtectedMinutesPerWeek = "protected_minutes_per_week",
    }
}

whole_type! {
    /// Patients on a list: 0 to 10 000, far above any real list.
    pub struct Patients(u32);
    min = 0, max = 10_000, example = 700;
}

whole_type! {
    /// Minutes of a week: 0 to 10 080.
    pub struct WeekMinutes(u32);
    min = 0, max = 10_080, example = 240;
}

/// The most patients the list may have, and why.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, deserr::Deserr, utoipa::ToSchema,
)]
#[deserr(deny_unknown_fields, error = crate::edge::Faults)]
pub struct ListCeiling {
    /// Patients at most.
    pub patients: Patients,
    /// Why there is a ceiling.
    pub reason: CeilingReason,
}

/// Terms of the work that may change during an occupancy.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Terms {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub list_length: Option<Patients>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub list_ceiling: Option<ListCeiling>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub protected_minutes_per_week: Option<WeekMinutes>,
}

/// A doctor takes the position.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Filled {
    pub position: Uuid,
    pub occupancy: Uuid,
    pub trainee: Uuid,
    pub municipality: MunicipalityNumber,
    pub category: Category,
    pub period: Period,
    pub percent: Percent,
    pub operating_model: OperatingModel,
    #[serde(default)]
    pub terms: Terms,
    /// The document that lets the doctor begin before LIS1 is completed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub lis1_exception: Option<Comment>,
    /// What other systems call it.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub external_ids: Vec<ExternalId>,
}

/// Share, list or protected time change during an occupancy.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct TermsChanged {
    pub position: Uuid,
    pub occupancy: Uuid,
    pub trainee: Uuid,
    pub municipality: MunicipalityNumber,
    pub from: Date,
    pub percent: Percent,
    #[serde(default)]
    pub terms: Terms,
    /// Which of them were told, a lifted one by its absence; the others are how they were on that
    /// day, and say nothing of the days after. Once all were told every time.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub set_terms: Option<Vec<Term>>,
}

/// The operating model changes during an occupancy (overgangsavtale). The tenure goes on.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct OperatingModelChanged {
    pub position: Uuid,
    pub occupancy: Uuid,
    pub trainee: Uuid,
    pub municipality: MunicipalityNumber,
    pub from: Date,
    pub operating_model: OperatingModel,
}

/// The doctor leaves; the last day is `to`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct OccupancyEnded {
    pub position: Uuid,
    pub occupancy: Uuid,
    pub trainee: Uuid,
    pub municipality: MunicipalityNumber,
    pub to: Date,
    pub reason: LeaveReason,
}

/// What was recorded of an occupancy was wrong; this is how it was.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct OccupancyCorrected {
    pub position: Uuid,
    pub occupancy: Uuid,
    pub trainee: Uuid,
    pub municipality: MunicipalityNumber,
    /// The fact that was wrong, by its place in the log.
    pub corrects: i64,
    /// How it was, or `None`: there never was such an occupancy.
    pub facts: Option<OccupancyFacts>,
    pub reason: Comment,
}

/// An occupancy as it was, told whole.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct OccupancyFacts {
    pub period: Period,
    pub percent: Percent,
    pub operating_model: OperatingModel,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub end_reason: Option<LeaveReason>,
    /// The document that lets the doctor begin before LIS1 is completed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub lis1_exception: Option<Comment>,
}

events! {
    /// What is recorded of occupancies.
    pub enum Event {
        Filled = "position.filled.v1",
        TermsChanged = "position.terms_changed.v1",
        OperatingModelChanged = "position.operating_model_changed.v1",
        OccupancyEnded = "position.occupancy_ended.v1",
        OccupancyCorrected = "position.occupancy_corrected.v1",
    }
}

/// The kind of the subject of a position, whose facts these are as well.
pub const POSITION: &str = "position";

/// Ids of occupancies in other systems.
pub static EXTERNAL_IDS: Naming =
    naming!("position.occupancy_", "position", "occupancy"; "occupancy-external");

impl Event {
    /// The position, the trainee and the municipality that an occupancy belongs to.
    fn parties(&self) -> (Uuid, Uuid, &MunicipalityNumber) {
        match self {
            Event::Filled(f) => (f.position, f.trainee, &f.municipality),
            Event::TermsChanged(f) => (f.position, f.trainee, &f.municipality),
            Event::OperatingModelChanged(f) => (f.position, f.trainee, &f.municipality),
            Event::OccupancyEnded(f) => (f.position, f.trainee, &f.municipality),
            Event::OccupancyCorrected(f) => (f.position, f.trainee, &f.municipality),
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
        let (position, trainee, _) = self.parties();
        let mut subjects =
            vec![Subject::new(POSITION, position), PersonKind::Trainee.subject(trainee)];
        if let Event::Filled(f) = self {
            subjects.extend(EXTERNAL_IDS.subjects(&f.external_ids));
        }
        subjects
    }
    fn effective_from(&self) -> Date {
        match self {
            Event::Filled(f) => f.period.from,
            Event::TermsChanged(f) => f.from,
            Event::OperatingModelChanged(f) => f.from,
            Event::OccupancyEnded(f) => day_after(f.to),
            Event::OccupancyCorrected(f) => {
                f.facts.as_ref().map_or(FIRST_DAY, |facts| facts.period.from)
            }
        }
    }
    fn municipality(&self) -> Option<&str> {
        Some(self.parties().2.as_str())
    }
    fn decode(fact: &Fact<'_>) -> Result<Option<Self>, DecodeError> {
        Self::read(fact)
    }
}
