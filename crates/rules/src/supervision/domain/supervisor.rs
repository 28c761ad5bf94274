//! What is told of a supervisor.

use jiff::civil::Date;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::identifiers::{Comment, ExternalId, MunicipalityNumber, Name};
use crate::time::Period;
use crate::whole_type;

whole_type! {
    /// Trainees that a supervisor takes at the same time: 0 to 100.
    pub struct TraineeCapacity(u16);
    min = 0, max = 100, example = 3;
}

/// A course that a supervisor has completed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Course {
    pub name: Name,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub provider: Option<Name>,
    pub completed_on: Date,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub valid_until: Option<Date>,
}

/// Somebody who may supervise is known.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Registered {
    pub supervisor: Uuid,
    /// Name and HPR number, sealed under the person's key.
    pub sealed: String,
    /// Keyed hash of the HPR number.
    pub hpr_lookup: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub specialist_since: Option<Date>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub capacity: Option<TraineeCapacity>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub external_ids: Vec<ExternalId>,
    /// The municipality that registered the supervisor; not told before callers were known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub municipality: Option<MunicipalityNumber>,
    pub on: Date,
}

/// Who the supervisor is, or when they were a specialist, was told wrong.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Corrected {
    pub supervisor: Uuid,
    /// The fact that was wrong, by its place in the log.
    pub corrects: i64,
    pub sealed: String,
    pub hpr_lookup: String,
    /// When the supervisor was a specialist, told whole.
    pub specialist: Vec<Period>,
    pub reason: Comment,
    pub on: Date,
}

/// The supervisor is an approved specialist in general practice in a period.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct SpecialistApproved {
    pub supervisor: Uuid,
    pub period: Period,
}

/// The specialist approval ends; the last day is `to`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct SpecialistStatusEnded {
    pub supervisor: Uuid,
    pub to: Date,
}

/// The supervisor has completed a course.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct CourseCompleted {
    pub supervisor: Uuid,
    pub course: Course,
}

/// What was recorded of a course was wrong; this is how it was.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct CourseCorrected {
    pub supervisor: Uuid,
    /// The fact that was wrong, by its place in the log.
    pub corrects: i64,
    /// The course, as it was recorded.
    pub was: Course,
    /// As it really was; `None`: the supervisor has not completed it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub course: Option<Course>,
    pub reason: Comment,
}

/// How many trainees the supervisor takes from a day.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct CapacitySet {
    pub supervisor: Uuid,
    pub trainees: TraineeCapacity,
    pub from: Date,
}
