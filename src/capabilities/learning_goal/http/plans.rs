//! The operations on a doctor's plans.

use deserr::Deserr;
use jiff::civil::Date;
use utoipa::ToSchema;
use uuid::Uuid;

use super::super::authority;
use super::super::domain::{Event, PlanAssigned, path_subject, plan_subject};
use super::super::goal::TraineePath;
use super::super::plan::{Authority, Plans};
use super::super::view::{PlanProgressView, PlanView};
use super::{mapping, trainee_of};
use crate::capabilities::curriculum::domain::{
    Published, catalogue_subject, subject as curriculum_subject,
};
use crate::capabilities::curriculum::{Catalogue, Curriculum, Plan};
use crate::capabilities::trainee::{self, Trainee};
use crate::edge::{Day, Fault, Faults, FromText, Id, UNKNOWN_REFERENCE, happened};
use crate::event_log::feed::About;
use crate::event_log::{Decision, Loaded, Refusal, Reply, View};
use crate::evolved;
use crate::http::actor::Role;
use crate::http::etag::etag_beside;
use crate::http::operation::{Call, Place};
use crate::http::page::{self, Orders};
use crate::http::resource::By;
use crate::http::{Answer, History, List, NoFilters, Read};
use crate::identifiers::{Comment, Token};
use crate::problem::common::NOT_FOUND;
use crate::problem::{OrNotFound as _, Rejection};

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

fn plan_of(place: &Place) -> Result<(Uuid, Plan), Rejection> {
    let plan = Plan::from_text(place.value(1)).ok();
    Ok((trainee_of(place)?, plan.ok_or(&NOT_FOUND)?))
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

pub async fn assign(
    view: &View,
    by: &By,
    place: &Place,
    asked: &AssignPlan,
) -> Result<Decision, Refusal> {
    let (id, today) = (trainee_of(place)?, by.today);
    by.permissions().require_self(asked.by.0, Role::Leader)?;
    let on = happened(asked.on, today)?;
    let trainee_state = authority::trainee_state(view, id).await?;
    let leader = authority::leader(view, asked.by.0).await?;
    let header = version(view, asked, on).await?;
    let plans: Loaded<Plans> = view.load(&plan_subject(id)).await?;
    let Authority { leader, delegated_by, municipality } =
        authority::decides(by.permissions(), &leader, &trainee_state, on)?;
    let facts = plans.state.assign(PlanAssigned {
        trainee: id,
        plan: asked.plan,
        curriculum: asked.curriculum.clone(),
        goals: header.goals.of(asked.plan),
        by: leader,
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
}

/// What the plans of a trainee are sorted by.
pub struct PlanOrders;

impl Orders for PlanOrders {
    const ALL: &'static [page::By] =
        &[page::By::key("assigned", "The order in which they were assigned.")];
}

pub async fn list_plans(mut call: Call, place: Place) -> Answer {
    let list: List<NoFilters, PlanOrders> = call.read().await?;
    let id = trainee_of(&place)?;
    let (as_of, known_at) = list.times().await?;
    let log = &list.read.service.log;
    let trainee_state = log.fold::<Option<Trainee>>(&trainee::subject(id), Some(known_at)).await?;
    trainee_state.state.or_not_found()?;
    let plans = log.fold::<Plans>(&plan_subject(id), Some(known_at)).await?;
    let items = plans.state.0.iter().enumerate().filter_map(|(number, assignment)| {
        let view = PlanView::on(assignment, as_of)?;
        // Assigned one after the other: the number is the order.
        Some((format!("{number:06}"), serde_json::to_value(view).expect("views are plain data")))
    });
    let items = items.collect();
    list.page((as_of, known_at), items)
}

pub async fn read_plan(mut call: Call, place: Place) -> Answer {
    let read: Read = call.read().await?;
    let (id, plan) = plan_of(&place)?;
    let known = read.settled_known_at().await?;
    let reached = read.wait_for_log().await?;
    let day = read.as_of.unwrap_or_else(crate::http::today);
    let view = read.service.log.view();
    let plans: Loaded<Plans> = view.consult_until(&plan_subject(id), known).await?;
    let assigned = shown(&plans.state, plan, day).ok_or(&NOT_FOUND)?;
    let trainee_path: Loaded<TraineePath> = view.consult_until(&path_subject(id), known).await?;
    let all = view.consult::<Catalogue>(&catalogue_subject(&assigned.curriculum)).await?.state;
    let (mapping, counting) = mapping(&view, all.0.values(), known).await?;
    let progress = PlanProgressView::of(assigned, &all, &mapping, &trainee_path.state, day);
    // The version is that of the plans; what was done in them is beside it.
    let beside = trainee_path.head.max(counting);
    read.send(etag_beside(plans.head, beside), reached.max(beside), &progress).await
}

pub async fn history(mut call: Call, place: Place) -> Answer {
    let list: History = call.read().await?;
    let (id, plan) = plan_of(&place)?;
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
    view: &View,
    by: &By,
    (id, plan): (Uuid, Plan),
    asked: &EndPlan,
    rule: impl Fn(&Plans, Authority, Date, Comment) -> Result<Vec<Event>, Rejection>,
) -> Result<Decision, Refusal> {
    by.permissions().require_self(asked.by.0, Role::Leader)?;
    let on = happened(asked.on, by.today)?;
    let trainee_state = authority::trainee_state(view, id).await?;
    let plans: Loaded<Plans> = view.load(&plan_subject(id)).await?;
    plans.state.last(plan).ok_or(&NOT_FOUND)?;
    let leader = authority::leader(view, asked.by.0).await?;
    let who = authority::decides(by.permissions(), &leader, &trainee_state, on)?;
    let facts = rule(&plans.state, who, on, asked.reason.clone())?;
    let next = evolved!(plans.state, facts);
    let body = serde_json::to_value(shown(&next, plan, by.today)).expect("views are plain data");
    let reply = Reply { status: 200, location: None, head: None, body };
    Ok(Decision::new(plan_subject(id), &facts, reply))
}

pub async fn archive(
    view: &View,
    by: &By,
    place: &Place,
    asked: &EndPlan,
) -> Result<Decision, Refusal> {
    let of = plan_of(place)?;
    ending(view, by, of, asked, |plans, who, on, why| plans.archive(of.1, who, on, why)).await
}

pub async fn withdraw(
    view: &View,
    by: &By,
    place: &Place,
    asked: &EndPlan,
) -> Result<Decision, Refusal> {
    let of = plan_of(place)?;
    ending(view, by, of, asked, |plans, who, on, why| plans.withdraw(of.1, who, on, why)).await
}
