//! The operations on supervisor assignments.
//!
//! What an assignment looks like is folded from its supervisor's facts, so its ETag is the
//! supervisor's version, as an occupancy's is its position's.

use actix_web::web::Path;
use actix_web::{get, post};
use deserr::Deserr;
use jiff::civil::Date;
use utoipa::{IntoParams, ToSchema};
use utoipa_actix_web::service_config::ServiceConfig;
use uuid::Uuid;

use crate::aggregate::Subject;
use crate::capabilities::supervision::assignment::{Assignment, Assignments, Parties, Proposal};
use crate::capabilities::supervision::domain::{
    AssignmentFacts, AssignmentKind, Event, MonthMinutes, SupervisionEndReason, SupervisionMode,
    SupervisionPauseReason, assignment_subject, subject, supervision_subject,
};
use crate::capabilities::supervision::problems::*;
use crate::capabilities::supervision::supervisor::Supervisor;
use crate::capabilities::supervision::view::{AssignmentSituation, AssignmentView};
use crate::capabilities::trainee::{self, Trainee};
use crate::edge::{self, Day, Fault, Faults, Id, UNKNOWN_REFERENCE};
use crate::event_log::{Decision, Loaded, Refusal, Reply, View};
use crate::evolved;
use crate::http::openapi::codes;
use crate::http::page::{Page, Paging};
use crate::http::time_axes::TimeAxes;
use crate::http::{Answer, Body, Change, List, ListQuery, NoFilters, Read};
use crate::identifiers::{Comment, MunicipalityNumber};
use crate::problem::Rejection;

/// Registers the operations.
pub fn routes(config: &mut ServiceConfig<'_>) {
    config
        .service(propose)
        .service(list_all)
        .service(read_one)
        .service(history)
        .service(accept)
        .service(decline)
        .service(pause)
        .service(resume)
        .service(end)
        .service(correct);
}

/// Somebody to supervise a trainee.
#[derive(Debug, Clone, Deserr, ToSchema)]
#[deserr(deny_unknown_fields, error = Faults)]
pub struct ProposeAssignment {
    /// The trainee.
    trainee: Id,
    /// The supervisor: a specialist on the first day, or under a granted exemption in a municipality
    /// where the trainee then holds a position.
    supervisor: Id,
    /// First day.
    from: Day,
    /// Last day; open by default.
    #[deserr(default)]
    to: Option<Day>,
    /// Where the two meet.
    mode: SupervisionMode,
    /// Whether they work at the same office.
    #[schema(example = true)]
    #[deserr(default)]
    same_office: Option<bool>,
    /// Minutes planned a month.
    #[deserr(default)]
    planned_minutes_per_month: Option<MonthMinutes>,
    /// What it is for; `individual` by default.
    #[deserr(default)]
    kind: Option<AssignmentKind>,
}

/// The states that a decision on an assignment reads, all guarded: what the log holds before an
/// acceptance always justifies it.
struct Concerned {
    supervisor: Loaded<Supervisor>,
    trainee: Loaded<Trainee>,
    supervision: Loaded<Assignments>,
}

impl Concerned {
    async fn load(view: &View, supervisor: Uuid, trainee: Uuid) -> Result<Self, Refusal> {
        let names = (subject(supervisor), trainee::subject(trainee), supervision_subject(trainee));
        let (supervisor, trainee, supervision) =
            futures_util::try_join!(view.load(&names.0), view.load(&names.1), view.load(&names.2))?;
        Ok(Self { supervisor, trainee, supervision })
    }

    /// Everyone, or which field of the body names nobody.
    fn parties(&self) -> Result<Parties<'_>, Rejection> {
        let Supervisor::Known(supervisor) = &self.supervisor.state else {
            return Err(Rejection::field("/supervisor", UNKNOWN_REFERENCE));
        };
        let Some(trainee) = self.trainee.state.known() else {
            return Err(Rejection::field("/trainee", UNKNOWN_REFERENCE));
        };
        Ok(Parties { supervisor, trainee, supervision: &self.supervision.state })
    }

    /// The decision on assignment `id`, answered with it as it then is.
    fn decided(&self, status: u16, id: Uuid, facts: &[Event], day: Date) -> Decision {
        let next = evolved!(self.supervisor.state, facts);
        let shown = AssignmentView::on(&next, id, day);
        let body = serde_json::to_value(shown).expect("views are plain data");
        let location = (status == 201).then(|| format!("/v1/supervisor-assignments/{id}"));
        let supervisor: Subject = match &self.supervisor.state {
            Supervisor::Known(known) => subject(known.id),
            Supervisor::Unknown => assignment_subject(id),
        };
        Decision::new(supervisor, facts, Reply { status, location, head: None, body })
    }
}

/// Propose a supervisor for a trainee
///
/// The supervisor is asked: nothing holds before the answer. Refused already here when it could not
/// be accepted. A trainee has one supervisor at a time; a host may appoint a temporary one beside.
/// `warnings` tell what no rule forbids.
#[utoipa::path(tag = "supervisor assignments", operation_id = "propose_supervisor_assignment",
    request_body = ProposeAssignment,
    responses((status = 201, description = "The assignment; its ETag is the supervisor's", body = AssignmentView)),
    extensions(("x-problems" = json!(codes(&[&SUPERVISOR_IS_TRAINEE, &SUPERVISOR_NOT_QUALIFIED, &TRAINEE_HAS_SUPERVISOR])))))]
#[post("/v1/supervisor-assignments")]
async fn propose(change: Change, body: Body<ProposeAssignment>) -> Answer {
    let (asked, today, new) = (body.value, change.today, Uuid::now_v7());
    let proposal = Proposal {
        assignment: new,
        kind: asked.kind.unwrap_or(AssignmentKind::Individual),
        period: edge::period(asked.from, asked.to)?,
        mode: asked.mode,
        same_office: asked.same_office,
        planned_minutes_per_month: asked.planned_minutes_per_month,
        on: today,
    };
    let decide = async |view: &View| {
        let read = Concerned::load(view, asked.supervisor.0, asked.trainee.0).await?;
        let parties = read.parties()?;
        let facts = parties.propose(proposal.clone())?;
        // Already so: answer with the assignment that is.
        let id = if facts.is_empty() { parties.same(&proposal).unwrap_or(new) } else { new };
        Ok(read.decided(201, id, &facts, today))
    };
    change.execute(&body.canonical, decide).await
}

/// Which assignments.
#[derive(Debug, Deserr, IntoParams)]
#[deserr(deny_unknown_fields, error = Faults)]
#[into_params(parameter_in = Query)]
pub struct AssignmentFilters {
    /// Only assignments of this trainee.
    #[deserr(default)]
    trainee: Option<Id>,
    /// Only assignments of this supervisor.
    #[deserr(default)]
    supervisor: Option<Id>,
    /// Only assignments in this situation on the day.
    #[deserr(default)]
    situation: Option<AssignmentSituation>,
    /// Only assignments of trainees who held a position there on the first day.
    #[deserr(default)]
    municipality: Option<MunicipalityNumber>,
}

/// List supervisor assignments
///
/// In the order they were proposed, as they are on `as_of`.
#[utoipa::path(tag = "supervisor assignments", operation_id = "list_supervisor_assignments",
    params(AssignmentFilters, TimeAxes, Paging),
    responses((status = 200, description = "A page of assignments", body = Page<AssignmentView>)))]
#[get("/v1/supervisor-assignments")]
async fn list_all(list: List<AssignmentFilters>) -> Answer {
    let filters = &list.filters;
    ListQuery::of("assignments")
        .filter("trainee = $$", filters.trainee.map(|id| id.0))
        .filter("supervisor = $$", filters.supervisor.map(|id| id.0))
        .filter("situation = $$", filters.situation.map(|s| s.to_string()))
        .filter("municipality = $$", filters.municipality.as_ref().map(|m| m.to_string()))
        .answer(list)
        .await
}

/// Read a supervisor assignment
///
/// As it is on `as_of` (today by default): it lapses, and is active again, by itself. Its ETag is
/// the supervisor's.
#[utoipa::path(tag = "supervisor assignments", operation_id = "read_supervisor_assignment",
    params(("id" = Uuid, Path, description = "The assignment.", example = "01890a5d-ac96-774b-bcce-b302099a8063"), TimeAxes),
    responses((status = 200, description = "The assignment", body = AssignmentView)))]
#[get("/v1/supervisor-assignments/{id}")]
async fn read_one(read: Read, id: Path<Uuid>) -> Answer {
    let known = read.settled_known_at().await?;
    let reached = read.wait_for_log().await?;
    let log = &read.service.log;
    // Its own facts only name the supervisor, whose facts tell what it looks like.
    let named: Loaded<Assignments> = log.fold(&assignment_subject(*id), known).await?;
    let supervisor = named.state.get(*id)?.supervisor;
    let loaded: Loaded<Supervisor> = log.fold(&subject(supervisor), known).await?;
    let view = |state: &Supervisor, day| AssignmentView::on(state, *id, day);
    read.show(loaded, reached, view).await
}

/// Read a supervisor assignment's history
///
/// Every event about the assignment itself, newest first. What makes it lapse is in the
/// supervisor's history.
#[utoipa::path(tag = "supervisor assignments", operation_id = "read_supervisor_assignment_history",
    params(("id" = Uuid, Path, description = "The assignment.", example = "01890a5d-ac96-774b-bcce-b302099a8063"), TimeAxes, Paging),
    responses((status = 200, description = "A page of events", body = Page<crate::http::feed::CloudEvent>)))]
#[get("/v1/supervisor-assignments/{id}/history")]
async fn history(list: List<NoFilters>, id: Path<Uuid>) -> Answer {
    list.history(&[assignment_subject(*id)]).await
}

/// A rule on one assignment: load it and everyone it concerns, decide, answer with it as it then is.
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
/// its first day.
#[utoipa::path(tag = "supervisor assignments", operation_id = "accept_supervisor_assignment",
    params(("id" = Uuid, Path, description = "The assignment.", example = "01890a5d-ac96-774b-bcce-b302099a8063")),
    request_body = AssignmentAnswer,
    responses((status = 200, description = "The assignment", body = AssignmentView)),
    extensions(("x-problems" = json!(codes(&[&ASSIGNMENT_SITUATION, &SUPERVISOR_IS_TRAINEE, &SUPERVISOR_NOT_QUALIFIED,
        &TRAINEE_HAS_SUPERVISOR])))))]
#[post("/v1/supervisor-assignments/{id}/acceptance")]
async fn accept(change: Change, id: Path<Uuid>, body: Body<AssignmentAnswer>) -> Answer {
    let on = body.value.on.map_or(change.today, |day| day.0);
    let rule = |parties: &Parties<'_>, _: &Assignment| parties.accept(*id, on);
    on_assignment(change, &body.canonical, *id, rule).await
}

/// Decline a supervisor assignment
#[utoipa::path(tag = "supervisor assignments", operation_id = "decline_supervisor_assignment",
    params(("id" = Uuid, Path, description = "The assignment.", example = "01890a5d-ac96-774b-bcce-b302099a8063")),
    request_body = AssignmentAnswer,
    responses((status = 200, description = "The assignment", body = AssignmentView)),
    extensions(("x-problems" = json!(codes(&[&ASSIGNMENT_SITUATION])))))]
#[post("/v1/supervisor-assignments/{id}/declination")]
async fn decline(change: Change, id: Path<Uuid>, body: Body<AssignmentAnswer>) -> Answer {
    let on = body.value.on.map_or(change.today, |day| day.0);
    let rule = |_: &Parties<'_>, told: &Assignment| told.decline(on);
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
    extensions(("x-problems" = json!(codes(&[&ASSIGNMENT_SITUATION, &OUTSIDE_ASSIGNMENT])))))]
#[post("/v1/supervisor-assignments/{id}/pause")]
async fn pause(change: Change, id: Path<Uuid>, body: Body<PauseAssignment>) -> Answer {
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
    extensions(("x-problems" = json!(codes(&[&ASSIGNMENT_SITUATION, &OUTSIDE_ASSIGNMENT, &TRAINEE_HAS_SUPERVISOR])))))]
#[post("/v1/supervisor-assignments/{id}/resumption")]
async fn resume(change: Change, id: Path<Uuid>, body: Body<ResumeAssignment>) -> Answer {
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
    extensions(("x-problems" = json!(codes(&[&ASSIGNMENT_SITUATION, &OUTSIDE_ASSIGNMENT, &TRAINEE_HAS_SUPERVISOR])))))]
#[post("/v1/supervisor-assignments/{id}/end")]
async fn end(change: Change, id: Path<Uuid>, body: Body<EndAssignment>) -> Answer {
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

fn corrected(
    told: &Assignment,
    asked: &CorrectAssignment,
) -> Result<Option<AssignmentFacts>, Rejection> {
    if asked.never_was {
        let else_told = asked.from.is_some() || asked.to.is_some() || asked.reopened;
        let fault = Fault::new(
            "nothing_else",
            "What never was has no days: tell nothing else.",
            "Det som aldri var, har ingen dager: oppgi ikke noe annet.",
        );
        return if else_told { Err(Rejection::field("/never_was", fault)) } else { Ok(None) };
    }
    let from = asked.from.unwrap_or(Day(told.period.from));
    let to = match (asked.to, asked.reopened) {
        (Some(to), _) => Some(to),
        (None, true) => None,
        (None, false) => told.period.to.map(Day),
    };
    let period = edge::period(from, to).map_err(|fault| {
        Rejection::new(&crate::problem::common::INVALID_REQUEST).faults(vec![fault])
    })?;
    let end_reason = told.end_reason.filter(|_| !asked.reopened && period.to.is_some());
    Ok(Some(AssignmentFacts { period, end_reason }))
}

/// Correct what was recorded of a supervisor assignment
///
/// The first account stays in the history; `known_at` before the correction shows it.
#[utoipa::path(tag = "supervisor assignments", operation_id = "correct_supervisor_assignment",
    params(("id" = Uuid, Path, description = "The assignment.", example = "01890a5d-ac96-774b-bcce-b302099a8063")),
    request_body = CorrectAssignment,
    responses((status = 200, description = "The assignment; null if it never was", body = Option<AssignmentView>)),
    extensions(("x-problems" = json!(codes(&[&SUPERVISOR_IS_TRAINEE, &SUPERVISOR_NOT_QUALIFIED, &TRAINEE_HAS_SUPERVISOR])))))]
#[post("/v1/supervisor-assignments/{id}/correction")]
async fn correct(change: Change, id: Path<Uuid>, body: Body<CorrectAssignment>) -> Answer {
    let asked = body.value;
    let rule = |parties: &Parties<'_>, told: &Assignment| {
        parties.correct(*id, corrected(told, &asked)?, asked.reason.clone())
    };
    on_assignment(change, &body.canonical, *id, rule).await
}
