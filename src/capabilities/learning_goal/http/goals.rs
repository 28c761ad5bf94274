//! How a doctor's learning goals are read.

use std::collections::BTreeMap;

use deserr::Deserr;
use jiff::civil::Date;
use utoipa::IntoParams;
use uuid::Uuid;

use super::super::counting::CountedApproval;
use super::super::domain::{goal_subject, path_subject, plan_subject};
use super::super::goal::{Goal, TraineePath};
use super::super::plan::{Assignment, Ending, Plans};
use super::super::status::GoalStatus;
use super::super::view::GoalView;
use super::{goal_of, mapping, place, replaces_others, trainee_of};
use crate::capabilities::curriculum::domain::{GoalDefined, catalogue_subject};
use crate::capabilities::curriculum::{Catalogue, Plan};
use crate::capabilities::trainee::{self, Trainee};
use crate::edge::Faults;
use crate::event_log::{Failure, Loaded, View};
use crate::http::etag::etag_beside;
use crate::http::operation::{Call, Place as Address};
use crate::http::page::{By, Orders};
use crate::http::{Answer, History, List, ProblemResponse, Read};
use crate::identifiers::{GoalCode, Token};
use crate::problem::OrNotFound as _;
use crate::problem::common::NOT_FOUND;

/// Archived by a day: its goals are shown where something was done.
fn archived_on(assignment: &Assignment, day: Date) -> bool {
    match &assignment.ending {
        Ending::Archived(f) => f.on <= day,
        Ending::None | Ending::Withdrawn(_) => false,
    }
}

/// The goal that a code stands for on a day: of a plan in force, or of an archived one if something
/// was done.
async fn goal_on(
    view: &View,
    code: &GoalCode,
    plans: &Plans,
    goal: &Goal,
    day: Date,
) -> Result<GoalDefined, ProblemResponse> {
    if let Some((_, defined)) = place(view, plans.in_force_on(day), code).await? {
        return Ok(defined);
    }
    let archived = plans.0.iter().rev().filter(|assignment| archived_on(assignment, day));
    match place(view, archived, code).await? {
        Some((_, defined)) if goal.of(&defined).on(day).word() != GoalStatus::NotStarted => {
            Ok(defined)
        }
        Some(_) | None => Err((&NOT_FOUND).into()),
    }
}

/// The approvals that count for a goal on a day, and how far what tells it had come.
async fn counted_on(
    view: &View,
    trainee: Uuid,
    defined: &GoalDefined,
    known: Option<i64>,
    day: Date,
) -> Result<(Vec<CountedApproval>, i64), Failure> {
    if !replaces_others(defined) {
        return Ok((vec![], 0));
    }
    let (mapping, head) = mapping(view, [defined], known).await?;
    let trainee_path: Loaded<TraineePath> =
        view.consult_until(&path_subject(trainee), known).await?;
    Ok((mapping.counted(defined, &trainee_path.state.goals, day), head.max(trainee_path.head)))
}

/// Which goals of the doctor.
#[derive(Debug, Deserr, IntoParams)]
#[deserr(deny_unknown_fields, error = Faults)]
#[into_params(parameter_in = Query)]
pub struct GoalFilters {
    /// Only goals that stand so on the day.
    #[deserr(default)]
    status: Option<GoalStatus>,
    /// Only goals of this plan.
    #[deserr(default)]
    plan: Option<Plan>,
}

/// A code, and the version where that tells it apart from other versions.
type Place = (GoalCode, Option<Token>);

/// Every goal of the doctor's plans on a day, by code.
async fn all_on(
    view: &View,
    trainee: Uuid,
    trainee_path: &TraineePath,
    known: i64,
    day: Date,
) -> Result<BTreeMap<Place, GoalView>, ProblemResponse> {
    let mut places: BTreeMap<Place, (GoalDefined, bool)> = BTreeMap::new();
    let in_force = trainee_path.plans.in_force_on(day).map(|assignment| (assignment, true));
    let archived =
        trainee_path.plans.0.iter().rev().filter(|a| archived_on(a, day)).map(|a| (a, false));
    for (assignment, whole) in in_force.chain(archived) {
        let assigned = &assignment.assigned;
        let catalogue: Loaded<Catalogue> =
            view.consult(&catalogue_subject(&assigned.curriculum)).await?;
        for defined in catalogue.state.0.into_values().filter(|goal| goal.plan == assigned.plan) {
            let apart = defined.replaces.as_ref().map(|_| defined.curriculum.clone());
            places.entry((defined.code.clone(), apart)).or_insert((defined, whole));
        }
    }
    let all = places.values().map(|(defined, _)| defined);
    let (mapping, _) = mapping(view, all, Some(known)).await?;
    let none = Goal::default();
    let shown = places.into_iter().filter_map(|(place, (defined, whole))| {
        let goal = trainee_path.goals.get(&defined.code).unwrap_or(&none);
        let counted = mapping.counted(&defined, &trainee_path.goals, day);
        let done = goal.of(&defined).on(day).word() != GoalStatus::NotStarted;
        let view = || GoalView::on(trainee, &defined, goal, &counted, day);
        (whole || done).then(|| (place, view()))
    });
    Ok(shown.collect())
}

/// What the goals of a trainee are sorted by.
pub struct GoalOrders;

impl Orders for GoalOrders {
    const ALL: &'static [By] = &[By::key("code", "Their code.")];
}

pub async fn list_goals(mut call: Call, address: Address) -> Answer {
    let list: List<GoalFilters, GoalOrders> = call.read().await?;
    let id = trainee_of(&address)?;
    let (as_of, known_at) = list.times().await?;
    let log = &list.read.service.log;
    let trainee_state = log.fold::<Option<Trainee>>(&trainee::subject(id), Some(known_at)).await?;
    trainee_state.state.or_not_found()?;
    let trainee_path: Loaded<TraineePath> = log.fold(&path_subject(id), Some(known_at)).await?;
    let all = all_on(&log.view(), id, &trainee_path.state, known_at, as_of).await?;
    let GoalFilters { status, plan } = &list.filters;
    let wanted = |goal: &GoalView| {
        status.is_none_or(|wanted| goal.status == wanted)
            && plan.is_none_or(|wanted| goal.plan == wanted)
    };
    let items = all.into_iter().filter(|(_, goal)| wanted(goal)).map(|((code, apart), goal)| {
        let place = apart.map_or(code.to_string(), |version| format!("{code}@{version}"));
        (place, serde_json::to_value(goal).expect("views are plain data"))
    });
    let items = items.collect();
    list.page((as_of, known_at), items)
}

pub async fn read_goal(mut call: Call, address: Address) -> Answer {
    let read: Read = call.read().await?;
    let (trainee, code) = goal_of(&address)?;
    let asked = read.settled_known_at().await?;
    let reached = read.wait_for_log().await?;
    let log = &read.service.log;
    let goal: Loaded<Goal> = log.fold(&goal_subject(trainee, &code), asked).await?;
    let plans: Loaded<Plans> = log.fold(&plan_subject(trainee), asked).await?;
    let day = read.as_of.unwrap_or_else(crate::http::today);
    let view = log.view();
    let defined = goal_on(&view, &code, &plans.state, &goal.state, day).await?;
    let (counted, counting) = counted_on(&view, trainee, &defined, asked, day).await?;
    let shown = GoalView::on(trainee, &defined, &goal.state, &counted, day);
    let beside = plans.head.max(counting);
    read.send(etag_beside(goal.head, beside), reached.max(goal.head).max(beside), &shown).await
}

pub async fn history(mut call: Call, address: Address) -> Answer {
    let list: History = call.read().await?;
    let (trainee, code) = goal_of(&address)?;
    let log = &list.read.service.log;
    let (goal, plans) = (goal_subject(trainee, &code), plan_subject(trainee));
    let assigned: Loaded<Plans> = log.fold(&plans, None).await?;
    place(&log.view(), assigned.state.0.iter(), &code).await?.ok_or(&NOT_FOUND)?;
    list.history(&[goal, plans]).await
}
