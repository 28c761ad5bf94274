//! What the directorate does with a learning goal: it takes an approval back, whichever
//! municipality gave it. It knows the doctor by id, from the case that it decides, and is shown
//! nothing else.

use actix_web::post;
use actix_web::web::Path;
use deserr::Deserr;
use utoipa::ToSchema;
use uuid::Uuid;

use super::super::authority;
use super::super::domain::{goal_subject, path_subject};
use super::super::goal::{Goal, Way};
use super::super::problems::*;
use super::super::view::DirectorateRevocationView;
use super::acts::approved_as;
use super::goal_of;
use crate::edge::{Day, Faults, happened};
use crate::event_log::{Decision, Loaded, Reply, View};
use crate::evolved;
use crate::http::openapi::codes;
use crate::http::{Answer, Body, Change};
use crate::identifiers::{Comment, GoalCode, Token};

/// A revocation by the directorate.
#[derive(Debug, Clone, Deserr, ToSchema)]
#[deserr(deny_unknown_fields, error = Faults)]
pub struct RevokeGoalByDirectorate {
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

/// Revoke the approval of a learning goal as the directorate
///
/// Whichever municipality approved it. The doctor may submit the goal anew. The answer tells of the
/// revocation and of nothing else: the directorate sees no individuals.
#[utoipa::path(tag = "learning goals", operation_id = "revoke_goal_by_directorate",
    params(("id" = Uuid, Path, description = "The trainee.", example = "01890a5d-ac96-774b-bcce-b302099a8058"),
        ("code" = GoalCode, Path, description = "The goal, in any spelling.", example = "ALM-055")),
    request_body = RevokeGoalByDirectorate,
    responses((status = 200, description = "The revocation", body = DirectorateRevocationView)),
    extensions(("x-access" = json!("of_directorate")), ("x-problems" = json!(codes(&[&GOAL_NOT_IN_PLAN, &GOAL_SITUATION, &LATER_STEP_RECORDED])))))]
#[post("/v1/trainees/{id}/learning-goals/{code}/directorate-revocation")]
pub async fn revoke(
    change: Change,
    path: Path<(Uuid, String)>,
    body: Body<RevokeGoalByDirectorate>,
) -> Answer {
    let ((trainee, code), asked) = (goal_of(path)?, body.value);
    let on = happened(asked.on, change.today)?;
    let decide = async |view: &View| {
        authority::doctor(view, trainee).await?;
        let goal: Loaded<Goal> = view.load(&goal_subject(trainee, &code)).await?;
        let way = view.consult::<Way>(&path_subject(trainee)).await?.state;
        let named = asked.curriculum.as_ref();
        let defined = approved_as(view, &way, (&code, &goal.state), named, on).await?;
        let facts = goal.state.of(&defined).revoke_by_directorate(on, asked.reason.clone())?;
        let next = evolved!(goal.state, facts);
        let shown = DirectorateRevocationView::of(trainee, &defined, &next);
        let body = serde_json::to_value(shown).expect("views are plain data");
        let reply = Reply { status: 200, location: None, head: None, body };
        Ok(Decision::new(goal_subject(trainee, &code), &facts, reply))
    };
    change.execute(&body.canonical, decide).await
}
