//! What is told of an assignment. Each fact names the supervisor and the trainee too.

use jiff::civil::Date;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::identifiers::{Comment, ExternalId, MunicipalityNumber};
use crate::time::Period;
use crate::{whole_type, word_enum};

word_enum! {
    /// Where supervisor and trainee meet.
    pub enum SupervisionMode {
        /// Face to face.
        OnSite = "on_site",
        /// By telephone or video.
        Remote = "remote",
        /// Both.
        Mixed = "mixed",
    }
}

word_enum! {
    /// What an assignment is for.
    pub enum AssignmentKind {
        /// The trainee's own supervisor (individuell veileder).
        Individual = "individual",
        /// Whom a host appoints meanwhile, as during service in an institution.
        TemporaryHost = "temporary_host",
        /// A clinical supervisor (supervisør): observes and instructs in daily work, and speaks on
        /// goals. A trainee may have several; none need be a specialist.
        Clinical = "clinical",
    }
}

word_enum! {
    /// Why an assignment ended. A closed list: free words about why people part are never stored.
    pub enum SupervisionEndReason {
        /// The training is completed.
        TrainingCompleted = "training_completed",
        /// The trainee changes supervisor.
        SupervisorChanged = "supervisor_changed",
        /// The trainee left.
        TraineeLeft = "trainee_left",
        /// The supervisor left.
        SupervisorLeft = "supervisor_left",
        /// The supervisor may no longer supervise.
        NotQualified = "not_qualified",
        /// Something else.
        Other = "other",
        /// Not known.
        Unknown = "unknown",
    }
}

word_enum! {
    /// Why supervision rests. A closed list: nothing about anybody's health is stored.
    pub enum SupervisionPauseReason {
        /// The trainee is on leave.
        TraineeOnLeave = "trainee_on_leave",
        /// The supervisor is on leave.
        SupervisorOnLeave = "supervisor_on_leave",
        /// The trainee serves in an institution, where a host supervises.
        InstitutionService = "institution_service",
        /// Something else.
        Other = "other",
    }
}

whole_type! {
    /// Minutes of a month: 0 to 44 640. Four hours are 240.
    pub struct MonthMinutes(u32);
    min = 0, max = 44_640, example = 240;
}

/// Somebody is asked to supervise a trainee.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct AssignmentProposed {
    pub assignment: Uuid,
    pub trainee: Uuid,
    pub supervisor: Uuid,
    /// Where the trainee holds a position on the first day; decides which exemptions count.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub municipality: Option<MunicipalityNumber>,
    pub kind: AssignmentKind,
    pub period: Period,
    pub mode: SupervisionMode,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub same_office: Option<bool>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub planned_minutes_per_month: Option<MonthMinutes>,
    /// What other systems call it.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub external_ids: Vec<ExternalId>,
    pub on: Date,
}

/// The supervisor says yes, to the whole period.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct AssignmentAccepted {
    pub assignment: Uuid,
    pub trainee: Uuid,
    pub supervisor: Uuid,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub municipality: Option<MunicipalityNumber>,
    pub on: Date,
}

/// The supervisor says no.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct AssignmentDeclined {
    pub assignment: Uuid,
    pub trainee: Uuid,
    pub supervisor: Uuid,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub municipality: Option<MunicipalityNumber>,
    pub on: Date,
}

/// The proposal is taken back before it was answered.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct AssignmentWithdrawn {
    pub assignment: Uuid,
    pub trainee: Uuid,
    pub supervisor: Uuid,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub municipality: Option<MunicipalityNumber>,
    pub on: Date,
}

/// Supervision rests from a day.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct AssignmentPaused {
    pub assignment: Uuid,
    pub trainee: Uuid,
    pub supervisor: Uuid,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub municipality: Option<MunicipalityNumber>,
    pub from: Date,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<SupervisionPauseReason>,
}

/// Supervision goes on.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct AssignmentResumed {
    pub assignment: Uuid,
    pub trainee: Uuid,
    pub supervisor: Uuid,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub municipality: Option<MunicipalityNumber>,
    pub on: Date,
}

/// Supervision ends; the last day is `to`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct AssignmentEnded {
    pub assignment: Uuid,
    pub trainee: Uuid,
    pub supervisor: Uuid,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub municipality: Option<MunicipalityNumber>,
    pub to: Date,
    pub reason: SupervisionEndReason,
}

/// What was recorded of an assignment was wrong; this is how it was.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct AssignmentCorrected {
    pub assignment: Uuid,
    pub trainee: Uuid,
    pub supervisor: Uuid,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub municipality: Option<MunicipalityNumber>,
    /// The fact that was wrong, by its place in the log.
    pub corrects: i64,
    /// How it was, or `None`: there never was such an assignment.
    pub facts: Option<AssignmentFacts>,
    pub reason: Comment,
}

/// An assignment's days as they were, told whole.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct AssignmentFacts {
    pub period: Period,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub end_reason: Option<SupervisionEndReason>,
}
