//! What a supervisor may do: specialist approvals, courses, capacity.

use actix_web::post;
use actix_web::web::Path;
use deserr::Deserr;
use utoipa::ToSchema;
use uuid::Uuid;

use super::supervisors::replied;
use crate::capabilities::supervision::domain::{Course, Event, TraineeCapacity, subject};
use crate::capabilities::supervision::problems::*;
use crate::capabilities::supervision::supervisor::{Known, Supervisor};
use crate::capabilities::supervision::view::SupervisorView;
use crate::edge::{self, Day, Fault, Faults, FieldFault, PeriodCorrection};
use crate::event_log::{Decision, Loaded, View};
use crate::http::openapi::codes;
use crate::http::{Answer, Body, Change};
use crate::identifiers::{Comment, Name};
use crate::problem::Rejection;
use crate::problem::common::INVALID_REQUEST;
use crate::{evolved, word_enum};

/// A rule on one supervisor: load, decide, answer with the supervisor as they then are.
async fn on_supervisor(
    change: Change,
    canonical: &str,
    id: Uuid,
    rule: impl Fn(&Known) -> Result<Vec<Event>, Rejection>,
) -> Answer {
    let today = change.today;
    let decide = async |view: &View| {
        let loaded: Loaded<Supervisor> = view.load(&subject(id)).await?;
        let facts = rule(loaded.state.known()?)?;
        let next = evolved!(loaded.state, facts);
        Ok(Decision::new(subject(id), &facts, replied(200, &next, today)))
    };
    change.execute(canonical, decide).await
}

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
    from: Day,
    /// The last day; open by default.
    #[deserr(default)]
    to: Option<Day>,
}

/// Record a specialist approval of a supervisor
///
/// Assignments that have lapsed are active again on the days it covers.
#[utoipa::path(tag = "supervisors", operation_id = "approve_specialist",
    params(("id" = Uuid, Path, description = "The supervisor.", example = "01890a5d-ac96-774b-bcce-b302099a8061")),
    request_body = ApproveSpecialist,
    responses((status = 200, description = "The supervisor", body = SupervisorView)),
    extensions(("x-access" = json!("municipal"))))]
#[post("/v1/supervisors/{id}/specialist-status")]
pub async fn approve_specialist(
    change: Change,
    id: Path<Uuid>,
    body: Body<ApproveSpecialist>,
) -> Answer {
    let period = edge::period(body.value.from, body.value.to)?;
    on_supervisor(change, &body.canonical, *id, |known| known.approve_specialist(period)).await
}

/// The end of a specialist approval.
#[derive(Debug, Clone, Deserr, ToSchema)]
#[deserr(deny_unknown_fields, error = Faults)]
pub struct EndSpecialist {
    /// The last day.
    to: Day,
}

/// End the specialist approval of a supervisor
///
/// Assignments that no exemption covers lapse from the next day by themselves.
#[utoipa::path(tag = "supervisors", operation_id = "end_specialist",
    params(("id" = Uuid, Path, description = "The supervisor.", example = "01890a5d-ac96-774b-bcce-b302099a8061")),
    request_body = EndSpecialist,
    responses((status = 200, description = "The supervisor", body = SupervisorView)),
    extensions(("x-access" = json!("municipal")), ("x-problems" = json!(codes(&[&NOT_A_SPECIALIST])))))]
#[post("/v1/supervisors/{id}/specialist-status/end")]
pub async fn end_specialist(change: Change, id: Path<Uuid>, body: Body<EndSpecialist>) -> Answer {
    let to = body.value.to.0;
    on_supervisor(change, &body.canonical, *id, |known| known.end_specialist(to)).await
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

/// Record a course that a supervisor has completed
#[utoipa::path(tag = "supervisors", operation_id = "complete_supervisor_course",
    params(("id" = Uuid, Path, description = "The supervisor.", example = "01890a5d-ac96-774b-bcce-b302099a8061")),
    request_body = CompleteCourse,
    responses((status = 200, description = "The supervisor", body = SupervisorView)),
    extensions(("x-access" = json!("municipal"))))]
#[post("/v1/supervisors/{id}/courses")]
pub async fn complete_course(change: Change, id: Path<Uuid>, body: Body<CompleteCourse>) -> Answer {
    let asked = body.value;
    let course = Course {
        name: asked.name,
        provider: asked.provider,
        completed_on: asked.completed_on.0,
        valid_until: asked.valid_until.map(|day| day.0),
    };
    counts_for_a_time(&course)?;
    let rule = |known: &Known| known.complete_course(course.clone());
    on_supervisor(change, &body.canonical, *id, rule).await
}

fn counts_for_a_time(course: &Course) -> Result<(), FieldFault> {
    if course.valid_until.is_some_and(|last| last < course.completed_on) {
        let fault = Fault::new(
            "before_completion",
            "Must not come before the course was completed.",
            "Kan ikke komme før kurset var fullført.",
        );
        return Err(FieldFault::at("/valid_until", fault));
    }
    Ok(())
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
    never_was: bool,
    /// Why it is corrected.
    reason: Comment,
}

impl CorrectCourse {
    /// How a course really was; `None` when it never was.
    fn course(&self, told: &Course) -> Result<Option<Course>, FieldFault> {
        let correction = PeriodCorrection {
            from: self.completed_on,
            to: self.valid_until,
            reopened: self.never_expires,
            never_was: self.never_was,
            else_told: self.name.is_some() || self.provider.is_some(),
        };
        // The days of a course have names of their own.
        let period = correction.of(told.valid()).map_err(|fault| match fault.pointer.as_str() {
            "/reopened" => FieldFault::at("/never_expires", fault.fault),
            "/to" => FieldFault::at("/valid_until", fault.fault),
            _ => fault,
        })?;
        Ok(period.map(|valid| Course {
            name: self.name.clone().unwrap_or_else(|| told.name.clone()),
            provider: self.provider.clone().or_else(|| told.provider.clone()),
            completed_on: valid.from,
            valid_until: valid.to,
        }))
    }
}

/// Correct a course of a supervisor
///
/// The first account stays in the history; `known_at` before the correction shows it.
#[utoipa::path(tag = "supervisors", operation_id = "correct_supervisor_course",
    params(("id" = Uuid, Path, description = "The supervisor.", example = "01890a5d-ac96-774b-bcce-b302099a8061")),
    request_body = CorrectCourse,
    responses((status = 200, description = "The supervisor", body = SupervisorView)),
    extensions(("x-access" = json!("municipal"))))]
#[post("/v1/supervisors/{id}/courses/correction")]
pub async fn correct_course(change: Change, id: Path<Uuid>, body: Body<CorrectCourse>) -> Answer {
    let asked = body.value;
    let rule = |known: &Known| {
        let told = known.recorded_course(&asked.recorded_name, asked.recorded_completed_on.0)?;
        let really = asked
            .course(&told.course)
            .map_err(|fault| Rejection::new(&INVALID_REQUEST).faults(vec![fault]))?;
        known.correct_course(told, really, asked.reason.clone())
    };
    on_supervisor(change, &body.canonical, *id, rule).await
}

/// How many trainees a supervisor takes.
#[derive(Debug, Clone, Deserr, ToSchema)]
#[deserr(deny_unknown_fields, error = Faults)]
pub struct SetCapacity {
    /// Trainees at the same time.
    trainees: TraineeCapacity,
    /// The first day it holds.
    from: Day,
}

/// Set how many trainees a supervisor takes
///
/// More active trainees than this is a warning on each assignment, never a refusal.
#[utoipa::path(tag = "supervisors", operation_id = "set_supervisor_capacity",
    params(("id" = Uuid, Path, description = "The supervisor.", example = "01890a5d-ac96-774b-bcce-b302099a8061")),
    request_body = SetCapacity,
    responses((status = 200, description = "The supervisor", body = SupervisorView)),
    extensions(("x-access" = json!("municipal"))))]
#[post("/v1/supervisors/{id}/capacity")]
pub async fn set_capacity(change: Change, id: Path<Uuid>, body: Body<SetCapacity>) -> Answer {
    let SetCapacity { trainees, from } = body.value;
    on_supervisor(change, &body.canonical, *id, |known| known.set_capacity(trainees, from.0)).await
}
