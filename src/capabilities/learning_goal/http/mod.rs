//! The operations on plans and learning goals.

mod acts;
mod directorate;
mod goals;
mod plans;

use std::collections::BTreeSet;

use actix_web::web::Path;
use jiff::civil::Date;
use utoipa_actix_web::service_config::ServiceConfig;
use uuid::Uuid;

use super::counting::Mapping;
use super::plan::Assignment;
use crate::capabilities::curriculum::domain::{self as catalogue, GoalDefined, Predecessor};
use crate::capabilities::curriculum::{Catalogue, CatalogueGoal, Curriculum};
use crate::edge::{Day, Fault, FromText};
use crate::event_log::{Failure, Loaded, View};
use crate::http::ProblemResponse;
use crate::identifiers::GoalCode;
use crate::problem::Rejection;
use crate::problem::common::NOT_FOUND;

/// Registers the operations.
pub fn routes(config: &mut ServiceConfig<'_>) {
    config
        .service(plans::assign)
        .service(plans::list_plans)
        .service(plans::read_plan)
        .service(plans::history)
        .service(plans::archive)
        .service(plans::withdraw)
        .service(goals::list_goals)
        .service(goals::read_goal)
        .service(goals::history)
        .service(acts::submit)
        .service(acts::recall)
        .service(acts::recommend)
        .service(acts::rule_on)
        .service(acts::revoke)
        .service(directorate::revoke);
}

/// The doctor and the goal of an address; what cannot be a code is the address of nothing.
fn goal_of(path: Path<(Uuid, String)>) -> Result<(Uuid, GoalCode), ProblemResponse> {
    let (trainee, code) = path.into_inner();
    Ok((trainee, GoalCode::from_text(&code).map_err(|_fault| &NOT_FOUND)?))
}

/// The day of an act; today by default. Nothing here is recorded before it has happened.
fn happened(on: Option<Day>, today: Date) -> Result<Date, Rejection> {
    let on = on.map_or(today, |day| day.0);
    if on <= today {
        return Ok(on);
    }
    let fault = Fault::new(
        "in_the_future",
        "Must not come after today: it is recorded once it has happened.",
        "Kan ikke komme etter i dag: det registreres når det har skjedd.",
    );
    Err(Rejection::field("/on", fault))
}

/// What it takes to say how approvals count for some goals of the catalogue, as it was known at
/// position `until`, or now; and how far that had come. Goals that replace none cost no look.
async fn mapping<'a>(
    view: &View,
    goals: impl IntoIterator<Item = &'a GoalDefined>,
    until: Option<i64>,
) -> Result<(Mapping, i64), Failure> {
    let (mut mapping, mut head) = (Mapping::default(), 0);
    let (mut replacing, mut replaced) = (BTreeSet::new(), BTreeSet::new());
    for goal in goals {
        for predecessor in goal.replaces.iter().flatten() {
            replacing.insert(&goal.curriculum);
            replaced.insert(&predecessor.curriculum);
        }
    }
    for version in replacing {
        let header = catalogue::subject(version);
        let header: Loaded<Curriculum> = view.consult_until(&header, until).await?;
        head = head.max(header.head);
        mapping.headers.insert(version.clone(), header.state);
    }
    for version in replaced {
        let all: Loaded<Catalogue> = view.consult(&catalogue::catalogue_subject(version)).await?;
        let goals = all.state.0.into_iter().map(|(code, goal)| {
            let curriculum = version.clone();
            (Predecessor { curriculum, code }, goal)
        });
        mapping.replaced.extend(goals);
    }
    Ok((mapping, head))
}

/// Whether a goal of the catalogue names goals that it replaces.
fn replaces_others(defined: &GoalDefined) -> bool {
    defined.replaces.as_ref().is_some_and(|them| !them.is_empty())
}

/// The first of some assignments that has a goal, with the goal in its version.
async fn place<'a>(
    view: &View,
    assignments: impl Iterator<Item = &'a Assignment>,
    code: &GoalCode,
) -> Result<Option<(&'a Assignment, GoalDefined)>, Failure> {
    for assignment in assignments {
        let subject = catalogue::goal_subject(&assignment.assigned.curriculum, code);
        let found = view.consult::<CatalogueGoal>(&subject).await?.state.0;
        if let Some(goal) = found.filter(|goal| goal.plan == assignment.assigned.plan) {
            return Ok(Some((assignment, goal)));
        }
    }
    Ok(None)
}
