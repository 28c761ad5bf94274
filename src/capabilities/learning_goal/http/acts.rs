//! What is done with a learning goal: submitted, recalled, recommended, decided, revoked.

use std::collections::BTreeMap;

use actix_web::post;
use actix_web::web::Path;
use deserr::Deserr;
use jiff::civil::Date;
use utoipa::ToSchema;
use uuid::Uuid;

use super::super::authority;
use super::super::counting::{CountedApproval, Mapping};
use super::super::domain::{
    Event, Recalled, Recommended, Role, Verdict, goal_subject, path_subject, plan_subject,
};
use super::super::goal::{Goal, Ruling, Submit, Way};
use super::super::plan::{Assignment, Plans};
use super::super::problems::*;
use super::super::situation::GoalSituation;
use super::super::view::{GoalOutcome, GoalView, RevokedGoalView, Touches};
use super::{goal_of, happened, mapping, place, replaces_others};
use crate::capabilities::curriculum::Catalogue;
use crate::capabilities::curriculum::domain::{GoalDefined, catalogue_subject};
use crate::capabilities::{leader, trainee};
use crate::edge::{Day, Fault, Faults, Id};
use crate::event_log::{Decision, Loaded, Refusal, Reply, View};
use crate::evolved;
use crate::http::actor;
use crate::http::openapi::codes;
use crate::http::{Answer, Body, Change};
use crate::identifiers::{Comment, GoalCode, MunicipalityNumber, Token};
use crate::problem::Rejection;

/// What a decision on a goal rests on.
struct Ground {
    doctor: trainee::Known,
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
        leader::answering(&self.doctor.occupancies, on).first().map(|number| (*number).clone())
    }
}

fn not_in_plan(code: &GoalCode, on: Date) -> Rejection {
    Rejection::new(&GOAL_NOT_IN_PLAN).with("goal", code).with("day", on)
}

/// Loads the goal under its guard. The doctor's plans are guarded too, because a plan that is
/// started by this very act must not be withdrawn at the same time; they move so seldom that work
/// on other goals is not held up.
async fn ground(view: &View, trainee: Uuid, code: &GoalCode, on: Date) -> Result<Ground, Refusal> {
    let doctor = authority::doctor(view, trainee).await?;
    let (goal, plans) = (goal_subject(trainee, code), plan_subject(trainee));
    let (goal, plans) =
        futures_util::try_join!(view.load::<Goal>(&goal), view.load::<Plans>(&plans))?;
    let found = place(view, plans.state.workable_on(on), code).await?;
    let (assignment, defined) = found.ok_or_else(|| not_in_plan(code, on))?;
    let (mapping, _) = mapping(view, [&defined], None).await?;
    let mut others = BTreeMap::new();
    if replaces_others(&defined) {
        // Not guarded: an approval elsewhere that is told a moment later is as late as any.
        others = view.consult::<Way>(&path_subject(trainee)).await?.state.goals;
    }
    let (assignment, own) = (assignment.clone(), goal.state.of(&defined));
    Ok(Ground { doctor, assignment, defined, all: goal, goal: own, mapping, others })
}

/// A rule on one goal: load, decide, answer with the goal as it then is.
async fn on_goal(
    change: Change,
    canonical: &str,
    (trainee, code): (Uuid, GoalCode),
    on: Date,
    rule: impl AsyncFn(&View, &Ground) -> Result<Vec<Event>, Refusal>,
) -> Answer {
    let today = change.today;
    let decide = async |view: &View| {
        let mut ground = ground(view, trainee, &code, on).await?;
        let facts = rule(view, &ground).await?;
        let next = evolved!(ground.all.state, facts);
        ground.others.insert(code.clone(), next.clone());
        let shown = GoalView::on(trainee, &ground.defined, &next, &ground.counted(today), today);
        let body = serde_json::to_value(shown).expect("views are plain data");
        let reply = Reply { status: 200, location: None, head: None, body };
        Ok(Decision::new(goal_subject(trainee, &code), &facts, reply))
    };
    change.execute(canonical, decide).await
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

/// Submit a learning goal
///
/// The doctor has attained the goal and asks for its approval. Recommendations and the decision are
/// about this submission; after a return or a revocation the goal is submitted anew.
#[utoipa::path(tag = "learning goals", operation_id = "submit_goal",
    params(("id" = Uuid, Path, description = "The trainee.", example = "01890a5d-ac96-774b-bcce-b302099a8058"),
        ("code" = GoalCode, Path, description = "The goal, in any spelling.", example = "ALM-055")),
    request_body = SubmitGoal,
    responses((status = 200, description = "The goal", body = GoalView)),
    extensions(("x-access" = json!("of_doctor")), ("x-problems" = json!(codes(&[&GOAL_NOT_IN_PLAN, &GOAL_SITUATION, &LATER_STEP_RECORDED])))))]
#[post("/v1/trainees/{id}/learning-goals/{code}/submission")]
pub async fn submit(change: Change, path: Path<(Uuid, String)>, body: Body<SubmitGoal>) -> Answer {
    let ((trainee, code), SubmitGoal { on, comment }) = (goal_of(path)?, body.value);
    let on = happened(on, change.today)?;
    let rule = async |_: &View, ground: &Ground| {
        let assigned = &ground.assignment.assigned;
        if !ground.counted(on).is_empty() {
            let situation = GoalSituation::Approved;
            return Err(Rejection::new(&GOAL_SITUATION).with("situation", situation).into());
        }
        Ok(ground.goal.submit(Submit {
            trainee,
            code: ground.defined.code.clone(),
            plan: assigned.plan,
            curriculum: assigned.curriculum.clone(),
            apart: ground.defined.replaces.is_some(),
            plan_started_on: ground.assignment.started_on,
            on,
            comment: comment.clone(),
            municipality: ground.municipality(on),
        })?)
    };
    on_goal(change, &body.canonical, (trainee, code), on, rule).await
}

/// A recall.
#[derive(Debug, Clone, Deserr, ToSchema)]
#[deserr(deny_unknown_fields, error = Faults)]
pub struct RecallGoal {
    /// The day it is recalled; today by default, never later.
    #[deserr(default)]
    on: Option<Day>,
}

/// Recall the submission of a learning goal
///
/// The doctor takes the submission back before it is decided; the goal stands as it did before.
#[utoipa::path(tag = "learning goals", operation_id = "recall_goal",
    params(("id" = Uuid, Path, description = "The trainee.", example = "01890a5d-ac96-774b-bcce-b302099a8058"),
        ("code" = GoalCode, Path, description = "The goal, in any spelling.", example = "ALM-055")),
    request_body = RecallGoal,
    responses((status = 200, description = "The goal", body = GoalView)),
    extensions(("x-access" = json!("of_doctor")), ("x-problems" = json!(codes(&[&GOAL_NOT_IN_PLAN, &GOAL_SITUATION, &LATER_STEP_RECORDED])))))]
#[post("/v1/trainees/{id}/learning-goals/{code}/recall")]
pub async fn recall(change: Change, path: Path<(Uuid, String)>, body: Body<RecallGoal>) -> Answer {
    let (trainee, code) = goal_of(path)?;
    let on = happened(body.value.on, change.today)?;
    let rule = async |_: &View, ground: &Ground| {
        let (code, municipality) = (ground.defined.code.clone(), ground.municipality(on));
        let recalled = Recalled { trainee, code, curriculum: None, on, municipality };
        Ok(ground.goal.recall(recalled)?)
    };
    on_goal(change, &body.canonical, (trainee, code), on, rule).await
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

/// Recommend on a learning goal
///
/// The doctor's supervisor or a clinical supervisor says whether the goal is attained. The leader
/// approves only after both roles have spoken; the latest word of each person counts.
#[utoipa::path(tag = "learning goals", operation_id = "recommend_goal",
    params(("id" = Uuid, Path, description = "The trainee.", example = "01890a5d-ac96-774b-bcce-b302099a8058"),
        ("code" = GoalCode, Path, description = "The goal, in any spelling.", example = "ALM-055")),
    request_body = RecommendGoal,
    responses((status = 200, description = "The goal", body = GoalView)),
    extensions(("x-access" = json!("of_supervisor")), ("x-problems" = json!(codes(&[&GOAL_NOT_IN_PLAN, &GOAL_SITUATION, &LATER_STEP_RECORDED,
        &OWN_TRAINING, &DUAL_ROLE, &NOT_THE_SUPERVISOR])))))]
#[post("/v1/trainees/{id}/learning-goals/{code}/recommendations")]
pub async fn recommend(
    change: Change,
    path: Path<(Uuid, String)>,
    body: Body<RecommendGoal>,
) -> Answer {
    let ((trainee, code), asked) = (goal_of(path)?, body.value);
    change.reach().speak_as(asked.by.0, actor::Role::Supervisor)?;
    let (on, reach) = (happened(asked.on, change.today)?, change.reach().clone());
    let rule = async |view: &View, ground: &Ground| {
        let who = authority::recommender(view, asked.by.0).await?;
        authority::tells_of_recommendation(&reach, &who, &ground.doctor, on)?;
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
        let facts = ground.goal.recommend(recommended, &who.hpr_lookup, &ground.doctor)?;
        match asked.role {
            Role::Supervisor if !facts.is_empty() => {
                authority::is_supervisor_of(&who, trainee, on)?;
            }
            Role::Supervisor | Role::ClinicalSupervisor => {}
        }
        Ok(facts)
    };
    on_goal(change, &body.canonical, (trainee, code), on, rule).await
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

/// Decide on a learning goal
///
/// A leader of a municipality where the doctor holds a position on that day (or held the last one)
/// approves the goal or returns it. An approval follows the doctor: it stands whatever employer or
/// position comes later.
#[utoipa::path(tag = "learning goals", operation_id = "decide_goal",
    params(("id" = Uuid, Path, description = "The trainee.", example = "01890a5d-ac96-774b-bcce-b302099a8058"),
        ("code" = GoalCode, Path, description = "The goal, in any spelling.", example = "ALM-055")),
    request_body = DecideGoal,
    responses((status = 200, description = "The goal", body = GoalView)),
    extensions(("x-access" = json!("of_leader")), ("x-problems" = json!(codes(&[&GOAL_NOT_IN_PLAN, &GOAL_SITUATION, &LATER_STEP_RECORDED,
        &NOT_THE_LEADER, &OWN_TRAINING, &RECOMMENDATIONS_MISSING, &AGAINST_RECOMMENDATION])))))]
#[post("/v1/trainees/{id}/learning-goals/{code}/decision")]
pub async fn rule_on(change: Change, path: Path<(Uuid, String)>, body: Body<DecideGoal>) -> Answer {
    let ((trainee, code), asked) = (goal_of(path)?, body.value);
    change.reach().speak_as(asked.by.0, actor::Role::Leader)?;
    let (on, ruling) = (happened(asked.on, change.today)?, ruling(&asked)?);
    let reach = change.reach().clone();
    let rule = async |view: &View, ground: &Ground| {
        let leader = authority::leader(view, asked.by.0).await?;
        let decided = authority::decides(&reach, &leader, &ground.doctor, on)?;
        let who = authority::decider(view, decided, &leader, &ground.goal).await?;
        Ok(ground.goal.decide(ruling.clone(), who, on)?)
    };
    on_goal(change, &body.canonical, (trainee, code), on, rule).await
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
    way: &Way,
    (code, goal): (&GoalCode, &Goal),
    named: Option<&Token>,
    on: Date,
) -> Result<GoalDefined, Refusal> {
    let plans = way.plans.workable_on(on).chain(way.plans.0.iter().rev());
    let meant = |plan: &&Assignment| named.is_none_or(|it| *it == plan.assigned.curriculum);
    let mut first = None;
    for plan in plans.filter(meant) {
        let Some((_, defined)) = place(view, [plan].into_iter(), code).await? else { continue };
        match goal.of(&defined).on(Date::MAX).word() {
            GoalSituation::Approved => return Ok(defined),
            GoalSituation::NotStarted
            | GoalSituation::Submitted
            | GoalSituation::Returned
            | GoalSituation::Revoked => first = first.or(Some(defined)),
        }
    }
    Ok(first.ok_or_else(|| not_in_plan(code, on))?)
}

/// Revoke the approval of a learning goal
///
/// Only a leader of the municipality that approved it may, whoever employs the doctor now, and the
/// directorate (`revoke_goal_by_directorate`). The answer says what falls with the approval; the
/// doctor may submit the goal anew.
#[utoipa::path(tag = "learning goals", operation_id = "revoke_goal",
    params(("id" = Uuid, Path, description = "The trainee.", example = "01890a5d-ac96-774b-bcce-b302099a8058"),
        ("code" = GoalCode, Path, description = "The goal, in any spelling.", example = "ALM-055")),
    request_body = RevokeGoal,
    responses((status = 200, description = "The goal, and what the revocation touches", body = RevokedGoalView)),
    extensions(("x-access" = json!("of_leader")), ("x-problems" = json!(codes(&[&GOAL_NOT_IN_PLAN, &GOAL_SITUATION, &LATER_STEP_RECORDED,
        &NOT_THE_DECIDING_MUNICIPALITY, &OWN_TRAINING])))))]
#[post("/v1/trainees/{id}/learning-goals/{code}/revocation")]
pub async fn revoke(change: Change, path: Path<(Uuid, String)>, body: Body<RevokeGoal>) -> Answer {
    let ((trainee, code), asked, today) = (goal_of(path)?, body.value, change.today);
    change.reach().speak_as(asked.by.0, actor::Role::Leader)?;
    let (on, reach) = (happened(asked.on, today)?, change.reach().clone());
    let decide = async |view: &View| {
        let doctor = authority::doctor(view, trainee).await?;
        let goal: Loaded<Goal> = view.load(&goal_subject(trainee, &code)).await?;
        let leader = authority::leader(view, asked.by.0).await?;
        let mut way = view.consult::<Way>(&path_subject(trainee)).await?.state;
        let named = asked.curriculum.as_ref();
        let defined = approved_as(view, &way, (&code, &goal.state), named, on).await?;
        let own = goal.state.of(&defined);
        authority::tells_of_revocation(&reach, &leader, &own, on)?;
        let facts = own.revoke(&leader, &doctor, on, asked.reason.clone())?;
        let next = evolved!(goal.state, facts);
        way.goals.insert(code.clone(), next.clone());
        let in_force = way.plans.in_force_on(on).find(|plan| plan.assigned.plan == defined.plan);
        let version = in_force.map_or(&defined.curriculum, |plan| &plan.assigned.curriculum);
        let all = view.consult::<Catalogue>(&catalogue_subject(version)).await?.state;
        let (mapping, _) = mapping(view, all.0.values().chain([&defined]), None).await?;
        let counted = mapping.counted(&defined, &way.goals, today);
        let shown = RevokedGoalView {
            goal: GoalView::on(trainee, &defined, &next, &counted, today),
            touches: Touches::of(&defined, &all, &mapping, &way, today),
        };
        let body = serde_json::to_value(shown).expect("views are plain data");
        let reply = Reply { status: 200, location: None, head: None, body };
        Ok(Decision::new(goal_subject(trainee, &code), &facts, reply))
    };
    change.execute(&body.canonical, decide).await
}
