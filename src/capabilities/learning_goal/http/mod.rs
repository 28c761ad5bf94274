//! The operations on plans and learning goals.

mod acts;
mod directorate;
mod goals;
mod plans;

use std::collections::BTreeSet;

use utoipa::PartialSchema as _;
use uuid::Uuid;

use super::counting::Mapping;
use super::plan::Assignment;
use super::problems::*;
use super::view::{
    DirectorateRevocationView, GoalView, PlanProgressView, PlanView, RevokedGoalView,
};
use crate::capabilities::curriculum::domain::{self as catalogue, GoalDefined, Predecessor};
use crate::capabilities::curriculum::{Catalogue, CatalogueGoal, Curriculum, Plan};
use crate::capabilities::trainee::Trainee;
use crate::edge::FromText;
use crate::event_log::{Failure, Loaded, View};
use crate::http::InTime;
use crate::http::access::Access;
use crate::http::cloud_event::CloudEvent;
use crate::http::operation::{
    Operation, PathParameter, Place, Success, named, named_or_null, named_page,
};
use crate::http::other::{self, Other, query};
use crate::http::page::{Paging, Sort};
use crate::http::resource::concerns_of;
use crate::http::time_axes::TimeAxes;
use crate::identifiers::GoalCode;
use crate::problem::Rejection;
use crate::problem::common::NOT_FOUND;

const THE_TRAINEE: PathParameter =
    PathParameter::id("id", "The trainee.", "01890a5d-ac96-774b-bcce-b302099a8058");
const TRAINEE: &[PathParameter] = &[THE_TRAINEE];
const GOAL: &[PathParameter] = &[
    THE_TRAINEE,
    PathParameter {
        name: "code",
        about: "The goal, in any spelling.",
        example: "ALM-055",
        schema: GoalCode::schema,
    },
];
const PLAN: &[PathParameter] = &[
    THE_TRAINEE,
    PathParameter { name: "plan", about: "The plan.", example: "alm", schema: Plan::schema },
];

/// Every operation.
pub fn operations() -> Vec<Operation> {
    [of_plans(), of_goals()].concat()
}

fn of_plans() -> Vec<Operation> {
    vec![
        other::change::<plans::AssignPlan, _>(Other {
            id: "assign_plan",
            path: "/v1/trainees/{id}/plans",
            places: TRAINEE,
            tag: "learning goals",
            summary: "Assign a plan to a trainee",
            about: "A leader assigns the doctor one of the plans of a version of the \
             catalogue. The doctor follows that version, whatever is published later.",
            by: Access::OfLeader,
            refuses: &[
                &PLAN_ALREADY_ASSIGNED,
                &NOT_THE_LEADER,
                &OWN_TRAINING,
                &LATER_STEP_RECORDED,
            ],
            concerns: Some(concerns_of::<Trainee>),
            success: Success::json(201, "The plan", named::<PlanView>),
            rule: plans::assign,
        }),
        other::read(
            Other {
                id: "list_plans",
                path: "/v1/trainees/{id}/plans",
                places: TRAINEE,
                tag: "learning goals",
                summary: "List the plans of a trainee",
                about: "In the order they were assigned, archived ones included.",
                by: Access::Individuals,
                refuses: &[],
                concerns: Some(concerns_of::<Trainee>),
                success: Success::json(200, "A page of plans", named_page::<PlanView>),
                rule: plans::list_plans,
            },
            || {
                [query::<Sort<plans::PlanOrders>>(), query::<TimeAxes>(), query::<Paging>()]
                    .concat()
            },
        ),
        other::read(
            Other {
                id: "read_plan",
                path: "/v1/trainees/{id}/plans/{plan}",
                places: PLAN,
                tag: "learning goals",
                summary: "Read a plan of a trainee",
                about: "As it was assigned last, with how many of its goals are approved.",
                by: Access::Individuals,
                refuses: &[],
                concerns: Some(concerns_of::<Trainee>),
                success: Success::json(200, "The plan and its progress", named::<PlanProgressView>),
                rule: plans::read_plan,
            },
            query::<TimeAxes>,
        ),
        other::read(
            Other {
                id: "read_plan_history",
                path: "/v1/trainees/{id}/plans/{plan}/history",
                places: PLAN,
                tag: "learning goals",
                summary: "Read the history of a trainee's plan",
                about: "Every event about the plan itself, newest first: when it was assigned, \
             started by the first submission, archived or withdrawn. What else was \
             done in it is in the histories of its goals.",
                by: Access::Individuals,
                refuses: &[],
                concerns: Some(concerns_of::<Trainee>),
                success: Success::json(200, "A page of events", named_page::<CloudEvent>),
                rule: plans::history,
            },
            || [query::<Sort<InTime>>(), query::<TimeAxes>(), query::<Paging>()].concat(),
        ),
        other::change::<plans::EndPlan, _>(Other {
            id: "archive_plan",
            path: "/v1/trainees/{id}/plans/{plan}/archive",
            places: PLAN,
            tag: "learning goals",
            summary: "Archive a plan of a trainee",
            about: "A leader puts a started plan away. What was attained in it stands; \
             nothing more is done in it.",
            by: Access::OfLeader,
            refuses: &[
                &PLAN_NOT_STARTED,
                &PLAN_ENDED,
                &NOT_THE_LEADER,
                &OWN_TRAINING,
                &LATER_STEP_RECORDED,
            ],
            concerns: Some(concerns_of::<Trainee>),
            success: Success::json(200, "The plan", named::<PlanView>),
            rule: plans::archive,
        }),
        other::change::<plans::EndPlan, _>(Other {
            id: "withdraw_plan",
            path: "/v1/trainees/{id}/plans/{plan}/withdrawal",
            places: PLAN,
            tag: "learning goals",
            summary: "Withdraw a plan of a trainee",
            about: "A leader takes a plan back in which nothing was submitted.",
            by: Access::OfLeader,
            refuses: &[
                &PLAN_STARTED,
                &PLAN_ENDED,
                &NOT_THE_LEADER,
                &OWN_TRAINING,
                &LATER_STEP_RECORDED,
            ],
            concerns: Some(concerns_of::<Trainee>),
            success: Success::json(
                200,
                "The plan as it was before, archived; null when there is none",
                named_or_null::<PlanView>,
            ),
            rule: plans::withdraw,
        }),
    ]
}

fn of_goals() -> Vec<Operation> {
    vec![
        other::read(
            Other {
                id: "list_trainee_goals",
                path: "/v1/trainees/{id}/learning-goals",
                places: TRAINEE,
                tag: "learning goals",
                summary: "List the learning goals of a trainee",
                about: "Every goal of the plans that are assigned on `as_of`, with how it stands \
             then, by code; and of archived plans the goals in which something was \
             done.",
                by: Access::Individuals,
                refuses: &[],
                concerns: Some(concerns_of::<Trainee>),
                success: Success::json(200, "A page of goals", named_page::<GoalView>),
                rule: goals::list_goals,
            },
            || {
                [
                    query::<goals::GoalFilters>(),
                    query::<Sort<goals::GoalOrders>>(),
                    query::<TimeAxes>(),
                    query::<Paging>(),
                ]
                .concat()
            },
        ),
        other::read(
            Other {
                id: "read_trainee_goal",
                path: "/v1/trainees/{id}/learning-goals/{code}",
                places: GOAL,
                tag: "learning goals",
                summary: "Read a learning goal of a trainee",
                about: "How it stands on `as_of`, what it still takes to be approved, and whose \
             turn it is. A goal whose plan is not assigned is not there.",
                by: Access::Individuals,
                refuses: &[],
                concerns: Some(concerns_of::<Trainee>),
                success: Success::json(200, "The goal", named::<GoalView>),
                rule: goals::read_goal,
            },
            query::<TimeAxes>,
        ),
        other::read(
            Other {
                id: "read_trainee_goal_history",
                path: "/v1/trainees/{id}/learning-goals/{code}/history",
                places: GOAL,
                tag: "learning goals",
                summary: "Read the history of a trainee's learning goal",
                about: "Every event that concerns the goal and the doctor's plans, newest first.",
                by: Access::Individuals,
                refuses: &[],
                concerns: Some(concerns_of::<Trainee>),
                success: Success::json(200, "A page of events", named_page::<CloudEvent>),
                rule: goals::history,
            },
            || [query::<Sort<InTime>>(), query::<TimeAxes>(), query::<Paging>()].concat(),
        ),
        other::change::<acts::SubmitGoal, _>(Other {
            id: "submit_goal",
            path: "/v1/trainees/{id}/learning-goals/{code}/submission",
            places: GOAL,
            tag: "learning goals",
            summary: "Submit a learning goal",
            about: "The doctor has attained the goal and asks for its approval. \
             Recommendations and the decision are about this submission; after a \
             return or a revocation the goal is submitted anew.",
            by: Access::OfTrainee,
            refuses: &[&GOAL_NOT_IN_PLAN, &GOAL_STATUS, &LATER_STEP_RECORDED],
            concerns: Some(concerns_of::<Trainee>),
            success: Success::json(200, "The goal", named::<GoalView>),
            rule: acts::submit,
        }),
        other::change::<acts::RecallGoal, _>(Other {
            id: "recall_goal",
            path: "/v1/trainees/{id}/learning-goals/{code}/recall",
            places: GOAL,
            tag: "learning goals",
            summary: "Recall the submission of a learning goal",
            about: "The doctor takes the submission back before it is decided; the goal \
             stands as it did before.",
            by: Access::OfTrainee,
            refuses: &[&GOAL_NOT_IN_PLAN, &GOAL_STATUS, &LATER_STEP_RECORDED],
            concerns: Some(concerns_of::<Trainee>),
            success: Success::json(200, "The goal", named::<GoalView>),
            rule: acts::recall,
        }),
        other::change::<acts::RecommendGoal, _>(Other {
            id: "recommend_goal",
            path: "/v1/trainees/{id}/learning-goals/{code}/recommendations",
            places: GOAL,
            tag: "learning goals",
            summary: "Recommend on a learning goal",
            about: "The doctor's supervisor or a clinical supervisor says whether the goal \
             is attained. The leader approves only after both roles have spoken; the \
             latest word of each person counts.",
            by: Access::OfSupervisor,
            refuses: &[
                &GOAL_NOT_IN_PLAN,
                &GOAL_STATUS,
                &LATER_STEP_RECORDED,
                &OWN_TRAINING,
                &DUAL_ROLE,
                &NOT_THE_SUPERVISOR,
            ],
            concerns: Some(concerns_of::<Trainee>),
            success: Success::json(200, "The goal", named::<GoalView>),
            rule: acts::recommend,
        }),
        other::change::<acts::DecideGoal, _>(Other {
            id: "decide_goal",
            path: "/v1/trainees/{id}/learning-goals/{code}/decision",
            places: GOAL,
            tag: "learning goals",
            summary: "Decide on a learning goal",
            about: "A leader of a municipality where the doctor holds a position on that day \
             (or held the last one) approves the goal or returns it. An approval \
             follows the doctor: it stands whatever employer or position comes later.",
            by: Access::OfLeader,
            refuses: &[
                &GOAL_NOT_IN_PLAN,
                &GOAL_STATUS,
                &LATER_STEP_RECORDED,
                &NOT_THE_LEADER,
                &OWN_TRAINING,
                &RECOMMENDATIONS_MISSING,
                &AGAINST_RECOMMENDATION,
            ],
            concerns: Some(concerns_of::<Trainee>),
            success: Success::json(200, "The goal", named::<GoalView>),
            rule: acts::decide_goal,
        }),
        other::change::<acts::RevokeGoal, _>(Other {
            id: "revoke_goal",
            path: "/v1/trainees/{id}/learning-goals/{code}/revocation",
            places: GOAL,
            tag: "learning goals",
            summary: "Revoke the approval of a learning goal",
            about: "Only a leader of the municipality that approved it may, whoever employs \
             the doctor now, and the directorate (`revoke_goal_by_directorate`). The \
             answer says what falls with the approval; the doctor may submit the goal \
             anew.",
            by: Access::OfLeader,
            refuses: &[
                &GOAL_NOT_IN_PLAN,
                &GOAL_STATUS,
                &LATER_STEP_RECORDED,
                &NOT_THE_DECIDING_MUNICIPALITY,
                &OWN_TRAINING,
            ],
            concerns: Some(concerns_of::<Trainee>),
            success: Success::json(
                200,
                "The goal, and what the revocation touches",
                named::<RevokedGoalView>,
            ),
            rule: acts::revoke,
        }),
        other::change::<directorate::RevokeGoalByDirectorate, _>(Other {
            id: "revoke_goal_by_directorate",
            path: "/v1/trainees/{id}/learning-goals/{code}/directorate-revocation",
            places: GOAL,
            tag: "learning goals",
            summary: "Revoke the approval of a learning goal as the directorate",
            about: "Whichever municipality approved it. The doctor may submit the goal anew. \
             The answer tells of the revocation and of nothing else: the directorate \
             sees no individuals.",
            by: Access::OfDirectorate,
            refuses: &[&GOAL_NOT_IN_PLAN, &GOAL_STATUS, &LATER_STEP_RECORDED],
            concerns: Some(concerns_of::<Trainee>),
            success: Success::json(200, "The revocation", named::<DirectorateRevocationView>),
            rule: directorate::revoke,
        }),
    ]
}

/// The trainee of an address.
fn trainee_of(place: &Place) -> Result<Uuid, Rejection> {
    place.value(0).parse().map_err(|_no_id| (&NOT_FOUND).into())
}

/// The trainee and the goal of an address; what cannot be a code is the address of nothing.
fn goal_of(place: &Place) -> Result<(Uuid, GoalCode), Rejection> {
    let (trainee, code) = (place.value(0).parse().ok(), GoalCode::from_text(place.value(1)).ok());
    trainee.zip(code).ok_or_else(|| (&NOT_FOUND).into())
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
