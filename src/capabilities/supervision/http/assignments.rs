//! The operations on supervisor assignments.
//!
//! What an assignment looks like is folded from its supervisor's facts, so its ETag is the
//! supervisor's version, as an occupancy's is its position's.

use actix_web::web::Path;
use actix_web::{get, post};
use deserr::Deserr;
use jiff::civil::Date;
use utoipa::{IntoParams, ToSchema};
use uuid::Uuid;

use crate::aggregate::Subject;
use crate::capabilities::external_id::problems::ASSIGNMENT_EXTERNAL_ID_TAKEN;
use crate::capabilities::external_id::{self, Kind};
use crate::capabilities::reference::{self, Lineage};
use crate::capabilities::supervision::assignment::{Assignments, Parties, Proposal};
use crate::capabilities::supervision::domain::{
    AssignmentKind, Event, MonthMinutes, SupervisionMode, assignment_subject, subject,
    supervision_subject,
};
use crate::capabilities::supervision::problems::*;
use crate::capabilities::supervision::supervisor::Supervisor;
use crate::capabilities::supervision::view::{AssignmentSituation, AssignmentView};
use crate::capabilities::trainee::{self, Trainee};
use crate::edge::{self, Day, Faults, Id, UNKNOWN_REFERENCE};
use crate::event_log::{Decision, Loaded, Refusal, Reply, View};
use crate::evolved;
use crate::http::actor::Role;
use crate::http::list::Rows;
use crate::http::openapi::codes;
use crate::http::page::{By, Orders, Page, Paging, Sort};
use crate::http::time_axes::TimeAxes;
use crate::http::{Answer, Body, Change, History, InTime, List, ListQuery, Read, reading};
use crate::identifiers::{ExternalId, ExternalName, MunicipalityNumber};
use crate::problem::Rejection;

/// Somebody to supervise a trainee.
#[derive(Debug, Clone, Deserr, ToSchema)]
#[deserr(deny_unknown_fields, error = Faults)]
pub struct ProposeAssignment {
    /// The trainee.
    trainee: Id,
    /// The supervisor: a specialist on the first day, or under a granted exemption in a
    /// municipality where the trainee then holds a position.
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
    /// What other systems call it; each id names one assignment.
    #[deserr(default)]
    #[schema(required = false, max_items = 20)]
    external_ids: Vec<ExternalId>,
}

/// The states that a decision on an assignment reads, all guarded: what the log holds before an
/// acceptance always justifies it.
pub(super) struct Concerned {
    supervisor: Loaded<Supervisor>,
    trainee: Loaded<Trainee>,
    supervision: Loaded<Assignments>,
    /// Of the numbers of the trainee's municipalities. Not guarded: it is told long before or long
    /// after its day.
    lineage: Lineage,
}

impl Concerned {
    pub(super) async fn load(
        view: &View,
        supervisor: Uuid,
        trainee: Uuid,
    ) -> Result<Self, Refusal> {
        let names = (subject(supervisor), trainee::subject(trainee), supervision_subject(trainee));
        let (supervisor, trainee, supervision) = futures_util::try_join!(
            view.load(&names.0),
            view.load::<Trainee>(&names.1),
            view.load(&names.2)
        )?;
        let held = trainee.state.known().map(|known| known.occupancies.iter());
        let numbers: Vec<_> =
            held.into_iter().flatten().map(|it| it.municipality.clone()).collect();
        let lineage = reference::lineage(view, numbers, None).await?;
        Ok(Self { supervisor, trainee, supervision, lineage })
    }

    /// Everyone, or which field of the body names nobody.
    pub(super) fn parties(&self) -> Result<Parties<'_>, Rejection> {
        let Supervisor::Known(supervisor) = &self.supervisor.state else {
            return Err(Rejection::field("/supervisor", UNKNOWN_REFERENCE));
        };
        let Some(trainee) = self.trainee.state.known() else {
            return Err(Rejection::field("/trainee", UNKNOWN_REFERENCE));
        };
        let (supervision, lineage) = (&self.supervision.state, &self.lineage);
        Ok(Parties { supervisor, trainee, supervision, lineage })
    }

    /// The decision on assignment `id`, answered with it as it then is.
    pub(super) fn decided(&self, status: u16, id: Uuid, facts: &[Event], day: Date) -> Decision {
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
    extensions(("x-access" = json!("municipal")), ("x-problems" = json!(codes(&[&SUPERVISOR_IS_TRAINEE, &SUPERVISOR_NOT_QUALIFIED, &TRAINEE_HAS_SUPERVISOR,
        &ASSIGNMENT_EXTERNAL_ID_TAKEN])))))]
#[post("/v1/supervisor-assignments")]
pub async fn propose(change: Change, body: Body<ProposeAssignment>) -> Answer {
    let (asked, today, new) = (body.value, change.today, Uuid::now_v7());
    external_id::checked(&asked.external_ids)?;
    let proposal = Proposal {
        assignment: new,
        kind: asked.kind.unwrap_or(AssignmentKind::Individual),
        period: edge::period(asked.from, asked.to)?,
        mode: asked.mode,
        same_office: asked.same_office,
        planned_minutes_per_month: asked.planned_minutes_per_month,
        external_ids: asked.external_ids.clone(),
        on: today,
    };
    let reach = change.reach().clone();
    let decide = async |view: &View| {
        let read = Concerned::load(view, asked.supervisor.0, asked.trainee.0).await?;
        let parties = read.parties()?;
        let homes = parties.trainee.at_home_on(today);
        // Who is hidden from the caller is told like nobody.
        if !reach.sees_doctor(parties.trainee.id, &homes) {
            return Err(Rejection::field("/trainee", UNKNOWN_REFERENCE).into());
        }
        reach.act_for(&homes, Role::Doctor)?;
        let facts = parties.propose(proposal.clone())?;
        if !facts.is_empty() {
            external_id::free(view, Kind::Assignment, &asked.external_ids).await?;
        }
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
    /// Only assignments of trainees who held a position there on the first day, also under a number
    /// which it had or took over by the day.
    #[deserr(default)]
    municipality: Option<MunicipalityNumber>,
    /// Only the assignment that another system calls this: `system/id`.
    #[param(inline)]
    #[deserr(default)]
    external_id: Option<ExternalName>,
}

/// What assignments are sorted by.
pub struct AssignmentOrders;

impl Orders for AssignmentOrders {
    const ALL: &'static [By] = &[
        By::key("created", "When they were proposed here."),
        By::day("from", "first_day", "Their first day."),
    ];
}

/// List supervisor assignments
///
/// In the order they were proposed, as they are on `as_of`.
#[utoipa::path(tag = "supervisor assignments", operation_id = "list_supervisor_assignments",
    params(AssignmentFilters, Sort<AssignmentOrders>, TimeAxes, Paging),
    responses((status = 200, description = "A page of assignments", body = Page<AssignmentView>)),
    extensions(("x-access" = json!("individuals"))))]
#[get("/v1/supervisor-assignments")]
pub async fn list_all(list: List<AssignmentFilters, AssignmentOrders>) -> Answer {
    let filters = &list.filters;
    let rows = Rows::of_municipality("municipality").or_of_doctor("trainee");
    ListQuery::of("assignments", rows.or_of_supervisor("supervisor"))
        .filter("trainee = $$", filters.trainee.map(|id| id.0))
        .filter("supervisor = $$", filters.supervisor.map(|id| id.0))
        .filter("situation = $$", filters.situation.map(|s| s.to_string()))
        .filed_under("municipality", filters.municipality.as_ref())
        .filter("external @> array[$$::text]", filters.external_id.as_ref().map(|e| e.to_string()))
        .answer(list)
        .await
}

/// Read a supervisor assignment
///
/// As it is on `as_of` (today by default): it lapses, and is active again, by itself. Its ETag is
/// the supervisor's.
#[utoipa::path(tag = "supervisor assignments", operation_id = "read_supervisor_assignment",
    params(("id" = Uuid, Path, description = "The assignment.", example = "01890a5d-ac96-774b-bcce-b302099a8063"), TimeAxes),
    responses((status = 200, description = "The assignment", body = AssignmentView)),
    extensions(("x-access" = json!("individuals"))))]
#[get("/v1/supervisor-assignments/{id}")]
pub async fn read_one(read: Read, id: Path<Uuid>) -> Answer {
    let known = read.settled_known_at().await?;
    let reached = read.wait_for_log().await?;
    let log = &read.service.log;
    // Its own facts only name the supervisor, whose facts tell what it looks like.
    let named: Loaded<Assignments> = log.fold(&assignment_subject(*id), known).await?;
    let assignment = named.state.get(*id)?;
    let supervisor = assignment.supervisor;
    reading::about(assignment.trainee);
    let loaded: Loaded<Supervisor> = log.fold(&subject(supervisor), known).await?;
    let view = |state: &Supervisor, day| AssignmentView::on(state, *id, day);
    read.show(loaded, reached, view).await
}

/// Read a supervisor assignment's history
///
/// Every event about the assignment itself, newest first. What makes it lapse is in the
/// supervisor's history.
#[utoipa::path(tag = "supervisor assignments", operation_id = "read_supervisor_assignment_history",
    params(("id" = Uuid, Path, description = "The assignment.", example = "01890a5d-ac96-774b-bcce-b302099a8063"), Sort<InTime>, TimeAxes, Paging),
    responses((status = 200, description = "A page of events", body = Page<crate::http::cloud_event::CloudEvent>)),
    extensions(("x-access" = json!("individuals"))))]
#[get("/v1/supervisor-assignments/{id}/history")]
pub async fn history(list: History, id: Path<Uuid>) -> Answer {
    let log = &list.read.service.log;
    let named: Loaded<Assignments> = log.fold(&assignment_subject(*id), None).await?;
    reading::about(named.state.get(*id)?.trainee);
    list.history(&[assignment_subject(*id)]).await
}
