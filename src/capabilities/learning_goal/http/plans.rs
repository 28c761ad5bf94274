//! The operations on a doctor's plans.

use actix_web::web::Path;
use actix_web::{get, post};
use deserr::Deserr;
use jiff::civil::Date;
use utoipa::ToSchema;
use uuid::Uuid;

use super::super::authority;
use super::super::domain::{Event, PlanAssigned, path_subject, plan_subject};
use super::super::goal::Way;
use super::super::plan::{Authority, Plans};
use super::super::problems::*;
use super::super::view::{PlanProgressView, PlanView};
use super::mapping;
use crate::capabilities::curriculum::domain::{
    Published, catalogue_subject, subject as curriculum_subject,
};
use crate::capabilities::curriculum::{Catalogue, Curriculum, Plan};
use crate::capabilities::trainee;
use crate::edge::{Day, Fault, Faults, FromText, Id, UNKNOWN_REFERENCE, happened};
use crate::event_log::feed::About;
use crate::event_log::{Decision, Loaded, Refusal, Reply, View};
use crate::evolved;
use crate::http::actor::Role;
use crate::http::etag::etag_beside;
use crate::http::openapi::codes;
use crate::http::page::{By, Orders, Page, Paging, Sort};
use crate::http::time_axes::TimeAxes;
use crate::http::{Answer, Body, Change, History, InTime, List, NoFilters, ProblemResponse, Read};
use crate::identifiers::{Comment, Token};
use crate::problem::Rejection;
use crate::problem::common::NOT_FOUND;

/// A plan to assign to a doctor.
#[derive(Debug, Clone, Deserr, ToSchema)]
#[deserr(deny_unknown_fields, error = Faults)]
pub struct AssignPlan {
    /// The version of the catalogue; it must hold on that day.
    curriculum: Token,
    /// Which of its plans.
    plan: Plan,
    /// The leader who assigns it.
    by: Id,
    /// The day it is assigned; today by default.
    #[deserr(default)]
    on: Option<Day>,
}

fn plan_of(path: Path<(Uuid, String)>) -> Result<(Uuid, Plan), ProblemResponse> {
    let (trainee, plan) = path.into_inner();
    Ok((trainee, Plan::from_text(&plan).map_err(|_fault| &NOT_FOUND)?))
}

fn shown(plans: &Plans, plan: Plan, day: Date) -> Option<PlanView> {
    let of_plan = plans.0.iter().rev().filter(|assignment| assignment.assigned.plan == plan);
    of_plan.into_iter().find_map(|assignment| PlanView::on(assignment, day))
}

/// The version that a body names, with goals in the plan and in force on the day.
async fn version(view: &View, asked: &AssignPlan, on: Date) -> Result<Published, Refusal> {
    let header = view.consult::<Curriculum>(&curriculum_subject(&asked.curriculum)).await?;
    let unknown = || Rejection::field("/curriculum", UNKNOWN_REFERENCE);
    let header = header.state.header.ok_or_else(unknown)?;
    if !header.period.covers(on) {
        let fault = Fault::new(
            "curriculum_not_in_force",
            "This version does not hold on that day.",
            "Denne versjonen gjelder ikke den dagen.",
        );
        return Err(Rejection::field("/curriculum", fault).into());
    }
    if header.goals.of(asked.plan) == 0 {
        let fault = Fault::new(
            "plan_without_goals",
            "This version has no goals in that plan.",
            "Denne versjonen har ingen mål i den planen.",
        );
        return Err(Rejection::field("/plan", fault).into());
    }
    Ok(header)
}

/// Assign a plan to a trainee
///
/// A leader assigns the doctor one of the plans of a version of the catalogue. The doctor follows
/// that version, whatever is published later.
#[utoipa::path(tag = "learning goals", operation_id = "assign_plan",
    params(("id" = Uuid, Path, description = "The trainee.", example = "01890a5d-ac96-774b-bcce-b302099a8058")),
    request_body = AssignPlan,
    responses((status = 201, description = "The plan", body = PlanView)),
    extensions(("x-access" = json!("of_leader")), ("x-problems" = json!(codes(&[&PLAN_ALREADY_ASSIGNED, &NOT_THE_LEADER, &OWN_TRAINING,
        &LATER_STEP_RECORDED])))))]
#[post("/v1/trainees/{id}/plans")]
pub async fn assign(change: Change, id: Path<Uuid>, body: Body<AssignPlan>) -> Answer {
    let (asked, today, id) = (body.value, change.today, *id);
    change.reach().speak_as(asked.by.0, Role::Leader)?;
    let (on, reach) = (happened(asked.on, today)?, change.reach().clone());
    let decide = async |view: &View| {
        let doctor = authority::doctor(view, id).await?;
        let leader = authority::leader(view, asked.by.0).await?;
        let header = version(view, &asked, on).await?;
        let plans: Loaded<Plans> = view.load(&plan_subject(id)).await?;
        let Authority { leader: by, delegated_by, municipality } =
            authority::decides(&reach, &leader, &doctor, on)?;
        let facts = plans.state.assign(PlanAssigned {
            trainee: id,
            plan: asked.plan,
            curriculum: asked.curriculum.clone(),
            goals: header.goals.of(asked.plan),
            by,
            delegated_by,
            municipality,
            on,
        })?;
        let next = evolved!(plans.state, facts);
        let location = format!("/v1/trainees/{id}/plans/{}", asked.plan);
        let body = serde_json::to_value(shown(&next, asked.plan, today));
        let body = body.expect("views are plain data");
        let reply = Reply { status: 201, location: Some(location), head: None, body };
        Ok(Decision::new(plan_subject(id), &facts, reply))
    };
    change.execute(&body.canonical, decide).await
}

/// What the plans of a trainee are sorted by.
pub struct PlanOrders;

impl Orders for PlanOrders {
    const ALL: &'static [By] = &[By::key("assigned", "The order in which they were assigned.")];
}

/// List the plans of a trainee
///
/// In the order they were assigned, archived ones included.
#[utoipa::path(tag = "learning goals", operation_id = "list_plans",
    params(("id" = Uuid, Path, description = "The trainee.", example = "01890a5d-ac96-774b-bcce-b302099a8058"), Sort<PlanOrders>, TimeAxes, Paging),
    responses((status = 200, description = "A page of plans", body = Page<PlanView>)),
    extensions(("x-access" = json!("individuals"))))]
#[get("/v1/trainees/{id}/plans")]
pub async fn list_plans(list: List<NoFilters, PlanOrders>, id: Path<Uuid>) -> Answer {
    let (as_of, known_at) = list.times().await?;
    let log = &list.read.service.log;
    let doctor = log.fold::<trainee::Trainee>(&trainee::subject(*id), Some(known_at)).await?;
    doctor.state.known().ok_or(&NOT_FOUND)?;
    let plans = log.fold::<Plans>(&plan_subject(*id), Some(known_at)).await?;
    let items = plans.state.0.iter().enumerate().filter_map(|(number, assignment)| {
        let view = PlanView::on(assignment, as_of)?;
        // Assigned one after the other: the number is the order.
        Some((format!("{number:06}"), serde_json::to_value(view).expect("views are plain data")))
    });
    let items = items.collect();
    list.page((as_of, known_at), items)
}

/// Read a plan of a trainee
///
/// As it was assigned last, with how many of its goals are approved.
#[utoipa::path(tag = "learning goals", operation_id = "read_plan",
    params(("id" = Uuid, Path, description = "The trainee.", example = "01890a5d-ac96-774b-bcce-b302099a8058"),
        ("plan" = Plan, Path, description = "The plan.", example = "alm"), TimeAxes),
    responses((status = 200, description = "The plan and its progress", body = PlanProgressView)),
    extensions(("x-access" = json!("individuals"))))]
#[get("/v1/trainees/{id}/plans/{plan}")]
pub async fn read_plan(read: Read, path: Path<(Uuid, String)>) -> Answer {
    let (id, plan) = plan_of(path)?;
    let known = read.settled_known_at().await?;
    let reached = read.wait_for_log().await?;
    let day = read.as_of.unwrap_or_else(crate::http::today);
    let view = read.service.log.view();
    let plans: Loaded<Plans> = view.consult_until(&plan_subject(id), known).await?;
    let assigned = shown(&plans.state, plan, day).ok_or(&NOT_FOUND)?;
    let way: Loaded<Way> = view.consult_until(&path_subject(id), known).await?;
    let all = view.consult::<Catalogue>(&catalogue_subject(&assigned.curriculum)).await?.state;
    let (mapping, counting) = mapping(&view, all.0.values(), known).await?;
    let progress = PlanProgressView::of(assigned, &all, &mapping, &way.state, day);
    // The version is that of the plans; what was done in them is beside it.
    let beside = way.head.max(counting);
    read.send(etag_beside(plans.head, beside), reached.max(beside), &progress).await
}

/// Read the history of a trainee's plan
///
/// Every event about the plan itself, newest first: when it was assigned, started by the first
/// submission, archived or withdrawn. What else was done in it is in the histories of its goals.
#[utoipa::path(tag = "learning goals", operation_id = "read_plan_history",
    params(("id" = Uuid, Path, description = "The trainee.", example = "01890a5d-ac96-774b-bcce-b302099a8058"),
        ("plan" = Plan, Path, description = "The plan.", example = "alm"), Sort<InTime>, TimeAxes, Paging),
    responses((status = 200, description = "A page of events", body = Page<crate::http::cloud_event::CloudEvent>)),
    extensions(("x-access" = json!("individuals"))))]
#[get("/v1/trainees/{id}/plans/{plan}/history")]
pub async fn history(list: History, path: Path<(Uuid, String)>) -> Answer {
    let (id, plan) = plan_of(path)?;
    let (subjects, plan) = ([plan_subject(id)], plan.to_string());
    let about = About { subjects: &subjects, member: Some(("plan", &plan)) };
    list.history_of(about).await
}

/// The end of a plan.
#[derive(Debug, Clone, Deserr, ToSchema)]
#[deserr(deny_unknown_fields, error = Faults)]
pub struct EndPlan {
    /// The leader who ends it.
    by: Id,
    /// The day it ends; today by default.
    #[deserr(default)]
    on: Option<Day>,
    /// Why.
    reason: Comment,
}

/// A rule that ends a plan: load, decide, answer with the plan as it then is.
async fn ending(
    change: Change,
    (id, plan): (Uuid, Plan),
    body: Body<EndPlan>,
    rule: impl Fn(&Plans, Authority, Date, Comment) -> Result<Vec<Event>, Rejection>,
) -> Answer {
    let (asked, today) = (body.value, change.today);
    change.reach().speak_as(asked.by.0, Role::Leader)?;
    let (on, reach) = (happened(asked.on, today)?, change.reach().clone());
    let decide = async |view: &View| {
        let doctor = authority::doctor(view, id).await?;
        let plans: Loaded<Plans> = view.load(&plan_subject(id)).await?;
        plans.state.last(plan).ok_or(&NOT_FOUND)?;
        let leader = authority::leader(view, asked.by.0).await?;
        let who = authority::decides(&reach, &leader, &doctor, on)?;
        let facts = rule(&plans.state, who, on, asked.reason.clone())?;
        let next = evolved!(plans.state, facts);
        let body = serde_json::to_value(shown(&next, plan, today)).expect("views are plain data");
        let reply = Reply { status: 200, location: None, head: None, body };
        Ok(Decision::new(plan_subject(id), &facts, reply))
    };
    change.execute(&body.canonical, decide).await
}

/// Archive a plan of a trainee
///
/// A leader puts a started plan away. What was attained in it stands; nothing more is done in it.
#[utoipa::path(tag = "learning goals", operation_id = "archive_plan",
    params(("id" = Uuid, Path, description = "The trainee.", example = "01890a5d-ac96-774b-bcce-b302099a8058"),
        ("plan" = Plan, Path, description = "The plan.", example = "alm")),
    request_body = EndPlan,
    responses((status = 200, description = "The plan", body = PlanView)),
    extensions(("x-access" = json!("of_leader")), ("x-problems" = json!(codes(&[&PLAN_NOT_STARTED, &PLAN_ENDED, &NOT_THE_LEADER, &OWN_TRAINING,
        &LATER_STEP_RECORDED])))))]
#[post("/v1/trainees/{id}/plans/{plan}/archive")]
pub async fn archive(change: Change, path: Path<(Uuid, String)>, body: Body<EndPlan>) -> Answer {
    let of = plan_of(path)?;
    ending(change, of, body, |plans, who, on, reason| plans.archive(of.1, who, on, reason)).await
}

/// Withdraw a plan of a trainee
///
/// A leader takes a plan back in which nothing was submitted.
#[utoipa::path(tag = "learning goals", operation_id = "withdraw_plan",
    params(("id" = Uuid, Path, description = "The trainee.", example = "01890a5d-ac96-774b-bcce-b302099a8058"),
        ("plan" = Plan, Path, description = "The plan.", example = "alm")),
    request_body = EndPlan,
    responses((status = 200, description = "The plan as it was before, archived; null when there is none", body = Option<PlanView>)),
    extensions(("x-access" = json!("of_leader")), ("x-problems" = json!(codes(&[&PLAN_STARTED, &PLAN_ENDED, &NOT_THE_LEADER, &OWN_TRAINING,
        &LATER_STEP_RECORDED])))))]
#[post("/v1/trainees/{id}/plans/{plan}/withdrawal")]
pub async fn withdraw(change: Change, path: Path<(Uuid, String)>, body: Body<EndPlan>) -> Answer {
    let of = plan_of(path)?;
    ending(change, of, body, |plans, who, on, reason| plans.withdraw(of.1, who, on, reason)).await
}
