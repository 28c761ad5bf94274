//! What is done with a learning goal: submitted, recalled, recommended, decided, revoked.

use std::collections::BTreeMap;

use deserr::Deserr;
use jiff::civil::Date;
use utoipa::ToSchema;
use uuid::Uuid;

use super::super::authority;
use super::super::counting::{CountedApproval, Mapping};
use super::super::domain::{
    Event, Recalled, Recommended, Role, Verdict, goal_subject, path_subject, plan_subject,
};
use super::super::goal::{Goal, Ruling, Submit, TraineePath};
use super::super::plan::{Assignment, Plans};
use super::super::problems::*;
use super::super::status::GoalStatus;
use super::super::view::{GoalOutcome, GoalView, RevokedGoalView, Touches};
use super::{goal_of, mapping, place, replaces_others};
use crate::capabilities::curriculum::Catalogue;
use crate::capabilities::curriculum::domain::{GoalDefined, catalogue_subject};
use crate::capabilities::{leader, trainee};
use crate::edge::{Day, Fault, Faults, Id, happened};
use crate::event_log::{Decision, Loaded, Refusal, Reply, View};
use crate::evolved;
use crate::http::actor;
use crate::http::operation::Place;
use crate::http::resource::By;
use crate::identifiers::{Comment, GoalCode, MunicipalityNumber, Token};
use crate::problem::Rejection;

/// What a decision on a goal rests on.
struct Ground {
    trainee_state: trainee::Trainee,
    assignment: Assignment,
    /// The goal in the version that the doctor follows.
    defined: GoalDefined,
    /// Everything that is recorded under its code.
    all: Loaded<Goal>,
    /// Of that, what is about this very goal.
    goal: Goal,
    /// How approvals of other goals count for it, and these goals, where it replaces some.
    mapping: Mapping,
    others: BTreeMap<GoalCode, Goal>,
}

impl Ground {
    /// The approvals that count for it on a day.
    fn counted(&self, on: Date) -> Vec<CountedApproval> {
        self.mapping.counted(&self.defined, &self.others, on)
    }

    /// Who answered for the doctor's training on a day: by it readers filter.
    fn municipality(&self, on: Date) -> Option<MunicipalityNumber> {
        leader::answering(&self.trainee_state.occupancies, on)
            .first()
            .map(|number| (*number).clone())
    }
}

fn not_in_plan(code: &GoalCode, on: Date) -> Rejection {
    Rejection::new(&GOAL_NOT_IN_PLAN).with("goal", code).with("day", on)
}

/// Loads the goal under its guard. The doctor's plans are guarded too, because a plan that is
/// started by this very act must not be withdrawn at the same time; they move so seldom that work
/// on other goals is not held up.
async fn ground(view: &View, trainee: Uuid, code: &GoalCode, on: Date) -> Result<Ground, Refusal> {
    let trainee_state = authority::trainee_state(view, trainee).await?;
    let (goal, plans) = (goal_subject(trainee, code), plan_subject(trainee));
    let (goal, plans) =
        futures_util::try_join!(view.load::<Goal>(&goal), view.load::<Plans>(&plans))?;
    let found = place(view, plans.state.workable_on(on), code).await?;
    let (assignment, defined) = found.ok_or_else(|| not_in_plan(code, on))?;
    let (mapping, _) = mapping(view, [&defined], None).await?;
    let mut others = BTreeMap::new();
    if replaces_others(&defined) {
        // Not guarded: an approval elsewhere that is told a moment later is as late as any.
        others = view.consult::<TraineePath>(&path_subject(trainee)).await?.state.goals;
    }
    let (assignment, own) = (assignment.clone(), goal.state.of(&defined));
    Ok(Ground { trainee_state, assignment, defined, all: goal, goal: own, mapping, others })
}

/// A rule on one goal: load, decide, answer with the goal as it then is.
async fn on_goal(
    view: &View,
    today: Date,
    (trainee, code): (Uuid, GoalCode),
    on: Date,
    rule: impl AsyncFn(&Ground) -> Result<Vec<Event>, Refusal>,
) -> Result<Decision, Refusal> {
    let mut ground = ground(view, trainee, &code, on).await?;
    let facts = rule(&ground).await?;
    let next = evolved!(ground.all.state, facts);
    ground.others.insert(code.clone(), next.clone());
    let shown = GoalView::on(trainee, &ground.defined, &next, &ground.counted(today), today);
    let body = serde_json::to_value(shown).expect("views are plain data");
    let reply = Reply { status: 200, location: None, head: None, body };
    Ok(Decision::new(goal_subject(trainee, &code), &facts, reply))
}

/// A submission.
#[derive(Debug, Clone, Deserr, ToSchema)]
#[deserr(deny_unknown_fields, error = Faults)]
pub struct SubmitGoal {
    /// The day the goal was attained and submitted; today by default, never later.
    #[deserr(default)]
    on: Option<Day>,
    /// What the doctor says with it.
    #[deserr(default)]
    comment: Option<Comment>,
}

pub async fn submit(
    view: &View,
    by: &By,
    place: &Place,
    asked: &SubmitGoal,
) -> Result<Decision, Refusal> {
    let (trainee, code) = goal_of(place)?;
    let on = happened(asked.on, by.today)?;
    let rule = async |ground: &Ground| {
        let assigned = &ground.assignment.assigned;
        if !ground.counted(on).is_empty() {
            let status = GoalStatus::Approved;
            return Err(Rejection::new(&GOAL_STATUS).with("current_status", status).into());
        }
        Ok(ground.goal.submit(Submit {
            trainee,
            code: ground.defined.code.clone(),
            plan: assigned.plan,
            curriculum: assigned.curriculum.clone(),
            apart: ground.defined.replaces.is_some(),
            plan_started_on: ground.assignment.started_on,
            on,
            comment: asked.comment.clone(),
            municipality: ground.municipality(on),
        })?)
    };
    on_goal(view, by.today, (trainee, code), on, rule).await
}

/// A recall.
#[derive(Debug, Clone, Deserr, ToSchema)]
#[deserr(deny_unknown_fields, error = Faults)]
pub struct RecallGoal {
    /// The day it is recalled; today by default, never later.
    #[deserr(default)]
    on: Option<Day>,
}

pub async fn recall(
    view: &View,
    by: &By,
    place: &Place,
    asked: &RecallGoal,
) -> Result<Decision, Refusal> {
    let (trainee, code) = goal_of(place)?;
    let on = happened(asked.on, by.today)?;
    let rule = async |ground: &Ground| {
        let (code, municipality) = (ground.defined.code.clone(), ground.municipality(on));
        let recalled = Recalled { trainee, code, curriculum: None, on, municipality };
        Ok(ground.goal.recall(recalled)?)
    };
    on_goal(view, by.today, (trainee, code), on, rule).await
}

/// A recommendation.
#[derive(Debug, Clone, Deserr, ToSchema)]
#[deserr(deny_unknown_fields, error = Faults)]
pub struct RecommendGoal {
    /// The supervisor who recommends.
    by: Id,
    /// As what.
    role: Role,
    /// What is recommended.
    verdict: Verdict,
    /// The day it is given; today by default, never later.
    #[deserr(default)]
    on: Option<Day>,
    /// What is said with it.
    #[deserr(default)]
    comment: Option<Comment>,
    /// Why one person speaks in both roles.
    #[deserr(default)]
    dual_role_reason: Option<Comment>,
}

pub async fn recommend(
    view: &View,
    by: &By,
    place: &Place,
    asked: &RecommendGoal,
) -> Result<Decision, Refusal> {
    let (trainee, code) = goal_of(place)?;
    by.permissions().require_self(asked.by.0, actor::Role::Supervisor)?;
    let on = happened(asked.on, by.today)?;
    let rule = async |ground: &Ground| {
        let who = authority::recommender(view, asked.by.0).await?;
        authority::may_record_recommendation(by.permissions(), &who, &ground.trainee_state, on)?;
        let recommended = Recommended {
            trainee,
            code: ground.defined.code.clone(),
            by: who.id,
            role: asked.role,
            verdict: asked.verdict,
            curriculum: None,
            on,
            comment: asked.comment.clone(),
            dual_role_reason: asked.dual_role_reason.clone(),
            municipality: ground.municipality(on),
        };
        let facts = ground.goal.recommend(recommended, &who.hpr_lookup, &ground.trainee_state)?;
        match asked.role {
            Role::Supervisor if !facts.is_empty() => {
                authority::is_supervisor_of(&who, trainee, on)?;
            }
            Role::Supervisor | Role::ClinicalSupervisor => {}
        }
        Ok(facts)
    };
    on_goal(view, by.today, (trainee, code), on, rule).await
}

/// A decision.
#[derive(Debug, Clone, Deserr, ToSchema)]
#[deserr(deny_unknown_fields, error = Faults)]
pub struct DecideGoal {
    /// The leader who decides.
    by: Id,
    /// What is decided.
    outcome: GoalOutcome,
    /// The day it is decided; today by default, never later.
    #[deserr(default)]
    on: Option<Day>,
    /// What is said with it; required when the goal is returned.
    #[deserr(default)]
    comment: Option<Comment>,
    /// Why the goal is approved against a recommendation; with `approved` only.
    #[deserr(default)]
    reason: Option<Comment>,
}

fn ruling(asked: &DecideGoal) -> Result<Ruling, Rejection> {
    let (comment, reason) = (asked.comment.clone(), asked.reason.clone());
    match (asked.outcome, comment, reason) {
        (GoalOutcome::Approved, comment, reason) => Ok(Ruling::Approve { comment, reason }),
        (GoalOutcome::Returned, Some(comment), None) => Ok(Ruling::Return { comment }),
        (GoalOutcome::Returned, None, _) => {
            let fault = Fault::new(
                "required",
                "Say what is missing when the goal is returned.",
                "Si hva som mangler når målet returneres.",
            );
            Err(Rejection::field("/comment", fault))
        }
        (GoalOutcome::Returned, Some(_), Some(_)) => {
            let fault = Fault::new(
                "only_with_approved",
                "A reason belongs to an approval; use comment.",
                "En begrunnelse hører til en godkjenning; bruk comment.",
            );
            Err(Rejection::field("/reason", fault))
        }
    }
}

pub async fn decide_goal(
    view: &View,
    by: &By,
    place: &Place,
    asked: &DecideGoal,
) -> Result<Decision, Refusal> {
    let (trainee, code) = goal_of(place)?;
    by.permissions().require_self(asked.by.0, actor::Role::Leader)?;
    let (on, ruling) = (happened(asked.on, by.today)?, ruling(asked)?);
    let rule = async |ground: &Ground| {
        let leader = authority::leader(view, asked.by.0).await?;
        let decided = authority::decides(by.permissions(), &leader, &ground.trainee_state, on)?;
        let who = authority::decider(view, decided, &leader, &ground.goal).await?;
        Ok(ground.goal.decide(ruling.clone(), who, on)?)
    };
    on_goal(view, by.today, (trainee, code), on, rule).await
}

/// A revocation.
#[derive(Debug, Clone, Deserr, ToSchema)]
#[deserr(deny_unknown_fields, error = Faults)]
pub struct RevokeGoal {
    /// The leader who revokes the approval.
    by: Id,
    /// The version it was approved under. Needed only where the code is approved under several
    /// versions that mean different goals by it; the one of the doctor's plan by default.
    #[deserr(default)]
    curriculum: Option<Token>,
    /// The day it is revoked; today by default, never later.
    #[deserr(default)]
    on: Option<Day>,
    /// Why: error, fraud, the wrong person.
    reason: Comment,
}

/// The goal that a revocation is about: of the plans on that day and of all before, because an
/// approval in an archived plan can be wrong as well, the first that is approved.
pub(super) async fn approved_as(
    view: &View,
    trainee_path: &TraineePath,
    (code, goal): (&GoalCode, &Goal),
    named: Option<&Token>,
    on: Date,
) -> Result<GoalDefined, Refusal> {
    let plans = trainee_path.plans.workable_on(on).chain(trainee_path.plans.0.iter().rev());
    let meant = |plan: &&Assignment| named.is_none_or(|it| *it == plan.assigned.curriculum);
    let mut first = None;
    for plan in plans.filter(meant) {
        let Some((_, defined)) = place(view, [plan].into_iter(), code).await? else { continue };
        match goal.of(&defined).on(Date::MAX).word() {
            GoalStatus::Approved => return Ok(defined),
            GoalStatus::NotStarted
            | GoalStatus::Submitted
            | GoalStatus::Returned
            | GoalStatus::Revoked => first = first.or(Some(defined)),
        }
    }
    Ok(first.ok_or_else(|| not_in_plan(code, on))?)
}

pub async fn revoke(
    view: &View,
    by: &By,
    place: &Place,
    asked: &RevokeGoal,
) -> Result<Decision, Refusal> {
    let ((trainee, code), today) = (goal_of(place)?, by.today);
    by.permissions().require_self(asked.by.0, actor::Role::Leader)?;
    let on = happened(asked.on, today)?;
    let trainee_state = authority::trainee_state(view, trainee).await?;
    let goal: Loaded<Goal> = view.load(&goal_subject(trainee, &code)).await?;
    let leader = authority::leader(view, asked.by.0).await?;
    let mut trainee_path = view.consult::<TraineePath>(&path_subject(trainee)).await?.state;
    let named = asked.curriculum.as_ref();
    let defined = approved_as(view, &trainee_path, (&code, &goal.state), named, on).await?;
    let own = goal.state.of(&defined);
    authority::may_record_revocation(by.permissions(), &leader, &own, on)?;
    let facts = own.revoke(&leader, &trainee_state, on, asked.reason.clone())?;
    let next = evolved!(goal.state, facts);
    trainee_path.goals.insert(code.clone(), next.clone());
    let in_force =
        trainee_path.plans.in_force_on(on).find(|plan| plan.assigned.plan == defined.plan);
    let version = in_force.map_or(&defined.curriculum, |plan| &plan.assigned.curriculum);
    let all = view.consult::<Catalogue>(&catalogue_subject(version)).await?.state;
    let (mapping, _) = mapping(view, all.0.values().chain([&defined]), None).await?;
    let counted = mapping.counted(&defined, &trainee_path.goals, today);
    let shown = RevokedGoalView {
        goal: GoalView::on(trainee, &defined, &next, &counted, today),
        touches: Touches::of(&defined, &all, &mapping, &trainee_path, today),
    };
    let body = serde_json::to_value(shown).expect("views are plain data");
    let reply = Reply { status: 200, location: None, head: None, body };
    Ok(Decision::new(goal_subject(trainee, &code), &facts, reply))
}
