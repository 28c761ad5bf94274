//! What the directorate does with a learning goal: it takes an approval back, whichever
//! municipality gave it. It knows the doctor by id, from the case that it decides, and is shown
//! nothing else.

use deserr::Deserr;
use utoipa::ToSchema;

use super::super::authority;
use super::super::domain::{goal_subject, path_subject};
use super::super::goal::{Goal, TraineePath};
use super::super::view::DirectorateRevocationView;
use super::acts::approved_as;
use super::goal_of;
use crate::edge::{Day, Faults, happened};
use crate::event_log::{Decision, Loaded, Refusal, Reply, View};
use crate::evolved;
use crate::http::operation::Place;
use crate::http::resource::By;
use crate::identifiers::{Comment, Token};

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

pub async fn revoke(
    view: &View,
    by: &By,
    place: &Place,
    asked: &RevokeGoalByDirectorate,
) -> Result<Decision, Refusal> {
    let (trainee, code) = goal_of(place)?;
    let on = happened(asked.on, by.today)?;
    authority::trainee_state(view, trainee).await?;
    let goal: Loaded<Goal> = view.load(&goal_subject(trainee, &code)).await?;
    let trainee_path = view.consult::<TraineePath>(&path_subject(trainee)).await?.state;
    let named = asked.curriculum.as_ref();
    let defined = approved_as(view, &trainee_path, (&code, &goal.state), named, on).await?;
    let facts = goal.state.of(&defined).revoke_by_directorate(on, asked.reason.clone())?;
    let next = evolved!(goal.state, facts);
    let shown = DirectorateRevocationView::of(trainee, &defined, &next);
    let body = serde_json::to_value(shown).expect("views are plain data");
    let reply = Reply { status: 200, location: None, head: None, body };
    Ok(Decision::new(goal_subject(trainee, &code), &facts, reply))
}
