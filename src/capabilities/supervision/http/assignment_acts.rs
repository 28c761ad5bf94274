//! What becomes of a proposed assignment: answered, withdrawn, paused, resumed, ended, corrected.

use actix_web::post;
use actix_web::web::Path;
use deserr::Deserr;
use jiff::civil::Date;
use utoipa::ToSchema;
use uuid::Uuid;

use super::assignments::Concerned;
use crate::capabilities::supervision::assignment::{Assignment, Assignments, Parties};
use crate::capabilities::supervision::domain::{
    AssignmentFacts, Event, SupervisionEndReason, SupervisionPauseReason, assignment_subject,
};
use crate::capabilities::supervision::problems::*;
use crate::capabilities::supervision::supervisor;
use crate::capabilities::supervision::view::AssignmentView;
use crate::edge::{Day, Faults, FieldFault, PeriodCorrection};
use crate::event_log::{Loaded, View};
use crate::http::actor::{Reach, Role};
use crate::http::openapi::codes;
use crate::http::{Answer, Body, Change};
use crate::identifiers::Comment;
use crate::problem::{Rejection, common::INVALID_REQUEST};

/// A rule on one assignment: load it and everyone it concerns, decide, answer with it as it then
/// is.
async fn on_assignment(
    change: Change,
    canonical: &str,
    id: Uuid,
    rule: impl Fn(&Parties<'_>, &Assignment) -> Result<Vec<Event>, Rejection>,
) -> Answer {
    let today = change.today;
    let decide = async |view: &View| {
        // Whom it concerns never changes, so this look needs no guard; the next ones have theirs.
        let named: Loaded<Assignments> = view.consult(&assignment_subject(id)).await?;
        let named = named.state.get(id)?;
        let read = Concerned::load(view, named.supervisor, named.trainee).await?;
        let parties = read.parties()?;
        let facts = rule(&parties, parties.supervisor.assignments.get(id)?)?;
        Ok(read.decided(200, id, &facts, today))
    };
    change.execute(canonical, decide).await
}

/// Passes the supervisor who answers, and a system that acts for a municipality whose person the
/// supervisor is on that day: whoever asks does not answer. For whom no municipality has yet, the
/// one answers that the assignment is filed under.
fn answers(
    reach: &Reach,
    who: &supervisor::Known,
    told: &Assignment,
    on: Date,
) -> Result<(), Rejection> {
    reach.speak_as(who.id, Role::Supervisor)?;
    if reach.is_person() {
        return Ok(());
    }
    let mut own = who.own_municipalities_on(on);
    if own.is_empty() {
        own.extend(told.municipality.clone());
    }
    reach.act_for(&own, Role::Supervisor)
}

/// The supervisor's answer.
#[derive(Debug, Clone, Deserr, ToSchema)]
#[deserr(deny_unknown_fields, error = Faults)]
pub struct AssignmentAnswer {
    /// The day of the answer; today by default.
    #[deserr(default)]
    on: Option<Day>,
}

/// Accept a supervisor assignment
///
/// The supervisor says yes to the whole period, whatever the day of the answer: it is active from
/// its first day. A system answers for supervisors of the municipalities that it acts for: those
/// whom a municipality registered, or who supervise there on the day of the answer. Whoever has
/// only asked does not answer, unless the supervisor is no municipality's yet.
#[utoipa::path(tag = "supervisor assignments", operation_id = "accept_supervisor_assignment",
    params(("id" = Uuid, Path, description = "The assignment.", example = "01890a5d-ac96-774b-bcce-b302099a8063")),
    request_body = AssignmentAnswer,
    responses((status = 200, description = "The assignment", body = AssignmentView)),
    extensions(("x-access" = json!("of_supervisor")), ("x-problems" = json!(codes(&[&ASSIGNMENT_SITUATION, &SUPERVISOR_IS_TRAINEE, &SUPERVISOR_NOT_QUALIFIED,
        &TRAINEE_HAS_SUPERVISOR])))))]
#[post("/v1/supervisor-assignments/{id}/acceptance")]
pub async fn accept(change: Change, id: Path<Uuid>, body: Body<AssignmentAnswer>) -> Answer {
    let on = body.value.on.map_or(change.today, |day| day.0);
    let reach = change.reach().clone();
    let rule = |parties: &Parties<'_>, told: &Assignment| {
        answers(&reach, parties.supervisor, told, on)?;
        parties.accept(*id, on)
    };
    on_assignment(change, &body.canonical, *id, rule).await
}

/// Decline a supervisor assignment
///
/// The supervisor says no. A system answers for the same supervisors as when they accept.
#[utoipa::path(tag = "supervisor assignments", operation_id = "decline_supervisor_assignment",
    params(("id" = Uuid, Path, description = "The assignment.", example = "01890a5d-ac96-774b-bcce-b302099a8063")),
    request_body = AssignmentAnswer,
    responses((status = 200, description = "The assignment", body = AssignmentView)),
    extensions(("x-access" = json!("of_supervisor")), ("x-problems" = json!(codes(&[&ASSIGNMENT_SITUATION])))))]
#[post("/v1/supervisor-assignments/{id}/declination")]
pub async fn decline(change: Change, id: Path<Uuid>, body: Body<AssignmentAnswer>) -> Answer {
    let on = body.value.on.map_or(change.today, |day| day.0);
    let reach = change.reach().clone();
    let rule = |parties: &Parties<'_>, told: &Assignment| {
        answers(&reach, parties.supervisor, told, on)?;
        told.decline(on)
    };
    on_assignment(change, &body.canonical, *id, rule).await
}

/// The end of a proposal that nobody answered.
#[derive(Debug, Clone, Deserr, ToSchema)]
#[deserr(deny_unknown_fields, error = Faults)]
pub struct WithdrawAssignment {
    /// The day it is taken back; today by default.
    #[deserr(default)]
    on: Option<Day>,
}

/// Withdraw the proposal of a supervisor assignment
///
/// Before the supervisor has answered: what was accepted is ended instead. A proposal waits for an
/// answer until its last day, and one without a last day until it is answered or withdrawn.
#[utoipa::path(tag = "supervisor assignments", operation_id = "withdraw_supervisor_assignment",
    params(("id" = Uuid, Path, description = "The assignment.", example = "01890a5d-ac96-774b-bcce-b302099a8063")),
    request_body = WithdrawAssignment,
    responses((status = 200, description = "The assignment", body = AssignmentView)),
    extensions(("x-access" = json!("municipal")), ("x-problems" = json!(codes(&[&ASSIGNMENT_SITUATION])))))]
#[post("/v1/supervisor-assignments/{id}/withdrawal")]
pub async fn withdraw(change: Change, id: Path<Uuid>, body: Body<WithdrawAssignment>) -> Answer {
    let on = body.value.on.map_or(change.today, |day| day.0);
    let rule = |_: &Parties<'_>, told: &Assignment| told.withdraw(on);
    on_assignment(change, &body.canonical, *id, rule).await
}

/// A rest.
#[derive(Debug, Clone, Deserr, ToSchema)]
#[deserr(deny_unknown_fields, error = Faults)]
pub struct PauseAssignment {
    /// The first day of the rest.
    from: Day,
    /// Why.
    #[deserr(default)]
    reason: Option<SupervisionPauseReason>,
}

/// Pause a supervisor assignment
///
/// It rests until it is resumed; meanwhile somebody else may supervise.
#[utoipa::path(tag = "supervisor assignments", operation_id = "pause_supervisor_assignment",
    params(("id" = Uuid, Path, description = "The assignment.", example = "01890a5d-ac96-774b-bcce-b302099a8063")),
    request_body = PauseAssignment,
    responses((status = 200, description = "The assignment", body = AssignmentView)),
    extensions(("x-access" = json!("municipal")), ("x-problems" = json!(codes(&[&ASSIGNMENT_SITUATION, &OUTSIDE_ASSIGNMENT])))))]
#[post("/v1/supervisor-assignments/{id}/pause")]
pub async fn pause(change: Change, id: Path<Uuid>, body: Body<PauseAssignment>) -> Answer {
    let PauseAssignment { from, reason } = body.value;
    let rule = |_: &Parties<'_>, told: &Assignment| told.pause(from.0, reason);
    on_assignment(change, &body.canonical, *id, rule).await
}

/// The end of a rest.
#[derive(Debug, Clone, Deserr, ToSchema)]
#[deserr(deny_unknown_fields, error = Faults)]
pub struct ResumeAssignment {
    /// The first day after the rest.
    on: Day,
}

/// Resume a supervisor assignment
#[utoipa::path(tag = "supervisor assignments", operation_id = "resume_supervisor_assignment",
    params(("id" = Uuid, Path, description = "The assignment.", example = "01890a5d-ac96-774b-bcce-b302099a8063")),
    request_body = ResumeAssignment,
    responses((status = 200, description = "The assignment", body = AssignmentView)),
    extensions(("x-access" = json!("municipal")), ("x-problems" = json!(codes(&[&ASSIGNMENT_SITUATION, &OUTSIDE_ASSIGNMENT, &TRAINEE_HAS_SUPERVISOR])))))]
#[post("/v1/supervisor-assignments/{id}/resumption")]
pub async fn resume(change: Change, id: Path<Uuid>, body: Body<ResumeAssignment>) -> Answer {
    let on = body.value.on.0;
    let rule = |parties: &Parties<'_>, _: &Assignment| parties.resume(*id, on);
    on_assignment(change, &body.canonical, *id, rule).await
}

/// The end of an assignment.
#[derive(Debug, Clone, Deserr, ToSchema)]
#[deserr(deny_unknown_fields, error = Faults)]
pub struct EndAssignment {
    /// The last day.
    to: Day,
    /// Why it ends.
    reason: SupervisionEndReason,
}

/// End a supervisor assignment
#[utoipa::path(tag = "supervisor assignments", operation_id = "end_supervisor_assignment",
    params(("id" = Uuid, Path, description = "The assignment.", example = "01890a5d-ac96-774b-bcce-b302099a8063")),
    request_body = EndAssignment,
    responses((status = 200, description = "The assignment", body = AssignmentView)),
    extensions(("x-access" = json!("municipal")), ("x-problems" = json!(codes(&[&ASSIGNMENT_SITUATION, &OUTSIDE_ASSIGNMENT, &TRAINEE_HAS_SUPERVISOR])))))]
#[post("/v1/supervisor-assignments/{id}/end")]
pub async fn end(change: Change, id: Path<Uuid>, body: Body<EndAssignment>) -> Answer {
    let EndAssignment { to, reason } = body.value;
    let rule = |parties: &Parties<'_>, _: &Assignment| parties.end(*id, to.0, reason);
    on_assignment(change, &body.canonical, *id, rule).await
}

/// How the assignment really was; what is left out stays.
#[derive(Debug, Clone, Deserr, ToSchema)]
#[deserr(deny_unknown_fields, error = Faults)]
pub struct CorrectAssignment {
    /// First day.
    #[deserr(default)]
    from: Option<Day>,
    /// Last day. Once one is recorded, tell another or `reopened`.
    #[deserr(default)]
    to: Option<Day>,
    /// It has not ended: there is no last day.
    #[deserr(default)]
    #[schema(required = false, default = false, example = false)]
    reopened: bool,
    /// There never was such an assignment: it is taken out, and nothing else may be told.
    #[deserr(default)]
    #[schema(required = false, default = false, example = false)]
    never_was: bool,
    /// Why it is corrected.
    reason: Comment,
}

impl CorrectAssignment {
    /// How an assignment really was; `None` when it never was.
    fn facts(&self, told: &Assignment) -> Result<Option<AssignmentFacts>, FieldFault> {
        let &Self { from, to, reopened, never_was, .. } = self;
        let correction = PeriodCorrection { from, to, reopened, never_was, else_told: false };
        let period = correction.of(told.period)?;
        let end_reason = told.end_reason;
        Ok(period.map(|period| AssignmentFacts {
            period,
            end_reason: end_reason.filter(|_| period.to.is_some()),
        }))
    }
}

/// Correct what was recorded of a supervisor assignment
///
/// The first account stays in the history; `known_at` before the correction shows it.
#[utoipa::path(tag = "supervisor assignments", operation_id = "correct_supervisor_assignment",
    params(("id" = Uuid, Path, description = "The assignment.", example = "01890a5d-ac96-774b-bcce-b302099a8063")),
    request_body = CorrectAssignment,
    responses((status = 200, description = "The assignment; null if it never was", body = Option<AssignmentView>)),
    extensions(("x-access" = json!("municipal")), ("x-problems" = json!(codes(&[&SUPERVISOR_IS_TRAINEE, &SUPERVISOR_NOT_QUALIFIED, &TRAINEE_HAS_SUPERVISOR])))))]
#[post("/v1/supervisor-assignments/{id}/correction")]
pub async fn correct(change: Change, id: Path<Uuid>, body: Body<CorrectAssignment>) -> Answer {
    let asked = body.value;
    let rule = |parties: &Parties<'_>, told: &Assignment| {
        let facts = asked
            .facts(told)
            .map_err(|fault| Rejection::new(&INVALID_REQUEST).faults(vec![fault]))?;
        parties.correct(*id, facts, asked.reason.clone())
    };
    on_assignment(change, &body.canonical, *id, rule).await
}
