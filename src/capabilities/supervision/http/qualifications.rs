//! What a supervisor may do: what requests say of specialist approvals, courses, capacity.

use deserr::Deserr;
use utoipa::ToSchema;

use crate::capabilities::supervision::domain::{Course, TraineeCapacity};
use crate::capabilities::supervision::supervisor::{Completed, Supervisor};
use crate::edge::{Day, Fault, Faults, FieldFault, PeriodCorrection};
use crate::identifiers::{Comment, Name};
use crate::problem::Rejection;
use crate::word_enum;

word_enum! {
    /// A status that a supervisor may have.
    pub enum SpecialistStatus {
        /// Approved specialist in general practice.
        Specialist = "specialist",
    }
}

/// A specialist approval.
#[derive(Debug, Clone, Deserr, ToSchema)]
#[deserr(deny_unknown_fields, error = Faults)]
pub struct ApproveSpecialist {
    /// The status: `specialist`.
    #[expect(dead_code, reason = "the only word there is says nothing more")]
    status: SpecialistStatus,
    /// The first day.
    pub(super) from: Day,
    /// The last day; open by default.
    #[deserr(default)]
    pub(super) to: Option<Day>,
}

/// The end of a specialist approval.
#[derive(Debug, Clone, Deserr, ToSchema)]
#[deserr(deny_unknown_fields, error = Faults)]
pub struct EndSpecialist {
    /// The last day.
    pub(super) to: Day,
}

/// A completed course.
#[derive(Debug, Clone, Deserr, ToSchema)]
#[deserr(deny_unknown_fields, error = Faults)]
pub struct CompleteCourse {
    /// The course.
    name: Name,
    /// Who held it.
    #[deserr(default)]
    provider: Option<Name>,
    /// The day it was completed.
    completed_on: Day,
    /// The last day it counts; it never runs out by default.
    #[deserr(default)]
    valid_until: Option<Day>,
}

impl CompleteCourse {
    pub(super) fn course(&self) -> Result<Course, FieldFault> {
        let course = Course {
            name: self.name.clone(),
            provider: self.provider.clone(),
            completed_on: self.completed_on.0,
            valid_until: self.valid_until.map(|day| day.0),
        };
        if course.valid_until.is_some_and(|last| last < course.completed_on) {
            let fault = Fault::new(
                "before_completion",
                "Must not come before the course was completed.",
                "Kan ikke komme før kurset var fullført.",
            );
            return Err(FieldFault::at("/valid_until", fault));
        }
        Ok(course)
    }
}

/// How a course really was; what is left out stays.
#[derive(Debug, Clone, Deserr, ToSchema)]
#[deserr(deny_unknown_fields, error = Faults)]
pub struct CorrectCourse {
    /// The course, as it was recorded: tells, with the day, which one is meant.
    recorded_name: Name,
    /// The day it was completed, as it was recorded.
    recorded_completed_on: Day,
    /// The course.
    #[deserr(default)]
    name: Option<Name>,
    /// Who held it.
    #[deserr(default)]
    provider: Option<Name>,
    /// The day it was completed.
    #[deserr(default)]
    completed_on: Option<Day>,
    /// The last day it counts. Once one is recorded, tell another or `never_expires`.
    #[deserr(default)]
    valid_until: Option<Day>,
    /// It never runs out: there is no last day.
    #[deserr(default)]
    #[schema(required = false, default = false, example = false)]
    never_expires: bool,
    /// The supervisor has not completed it: it is taken out, and nothing else may be told.
    #[deserr(default)]
    #[schema(required = false, default = false, example = false)]
    entered_in_error: bool,
    /// Why it is corrected.
    pub(super) reason: Comment,
}

impl CorrectCourse {
    /// The course that is meant.
    pub(super) fn recorded<'a>(&self, of: &'a Supervisor) -> Result<&'a Completed, Rejection> {
        of.recorded_course(&self.recorded_name, self.recorded_completed_on.0)
    }

    /// How a course really was; `None` when it was entered in error.
    pub(super) fn course(&self, recorded: &Course) -> Result<Option<Course>, FieldFault> {
        let correction = PeriodCorrection {
            from: self.completed_on,
            to: self.valid_until,
            reopened: self.never_expires,
            entered_in_error: self.entered_in_error,
            others_stated: self.name.is_some() || self.provider.is_some(),
        };
        // The days of a course have names of their own.
        let period =
            correction.of(recorded.valid()).map_err(|fault| match fault.pointer.as_str() {
                "/reopened" => FieldFault::at("/never_expires", fault.fault),
                "/to" => FieldFault::at("/valid_until", fault.fault),
                _ => fault,
            })?;
        Ok(period.map(|valid| Course {
            name: self.name.clone().unwrap_or_else(|| recorded.name.clone()),
            provider: self.provider.clone().or_else(|| recorded.provider.clone()),
            completed_on: valid.from,
            valid_until: valid.to,
        }))
    }
}

/// How many trainees a supervisor takes.
#[derive(Debug, Clone, Deserr, ToSchema)]
#[deserr(deny_unknown_fields, error = Faults)]
pub struct SetCapacity {
    /// Trainees at the same time.
    pub(super) trainees: TraineeCapacity,
    /// The first day it holds.
    pub(super) from: Day,
}
