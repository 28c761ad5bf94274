//! What falls with an approval that is taken back.

use jiff::civil::Date;
use serde::Serialize;
use utoipa::ToSchema;

use super::super::counting::Mapping;
use super::super::goal::TraineePath;
use super::GoalView;
use crate::curriculum::domain::GoalDefined;
use crate::curriculum::{Catalogue, Plan};
use crate::identifiers::{GoalCode, Token};

/// What the revocation of an approval touches.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
pub struct Touches {
    /// The goals that are no longer approved: the goal itself, and those of the plan for which its
    /// approval counted.
    pub goals: Vec<GoalCode>,
    /// The plan they belong to.
    pub plan: Plan,
    /// The version of the catalogue that the counts are of: the one the doctor follows.
    pub curriculum: Token,
    /// How many goals the plan has.
    #[schema(example = 24)]
    pub plan_goals: u16,
    /// Approved goals of the plan before the revocation.
    #[schema(example = 12)]
    pub approved_before: u16,
    /// Approved goals of the plan after it.
    #[schema(example = 11)]
    pub approved_after: u16,
    /// Whether every goal of the plan was approved before, and is not any more.
    #[schema(example = false)]
    pub plan_no_longer_complete: bool,
    /// Whether the goal takes service in an institution, whose account may rest on it.
    #[schema(example = false)]
    pub requires_institution_service: bool,
}

impl Touches {
    /// What falls with the approval of `revoked` in the plan whose goals are `followed`.
    /// `trainee_path` is the doctor's way after the revocation.
    pub fn of(
        revoked: &GoalDefined,
        followed: &Catalogue,
        mapping: &Mapping,
        trainee_path: &TraineePath,
        day: Date,
    ) -> Self {
        let mut before = trainee_path.goals.clone();
        before.entry(revoked.code.clone()).and_modify(|goal| *goal = goal.before_revocation());
        let of_plan = || followed.0.values().filter(|goal| goal.plan == revoked.plan);
        let stood: Vec<_> = of_plan().filter(|it| mapping.stands(it, &before, day)).collect();
        let stands = |goal: &&&GoalDefined| mapping.stands(goal, &trainee_path.goals, day);
        let fallen = stood.iter().filter(|goal| !stands(goal)).map(|goal| goal.code.clone());
        let others = fallen.filter(|code| *code != revoked.code);
        let goals: Vec<GoalCode> = [revoked.code.clone()].into_iter().chain(others).collect();
        let count = |number: usize| u16::try_from(number).unwrap_or(u16::MAX);
        let plan_goals = count(of_plan().count());
        let approved_before = count(stood.len());
        let approved_after = count(stood.iter().filter(stands).count());
        let curriculum = of_plan().next().map_or(&revoked.curriculum, |goal| &goal.curriculum);
        Self {
            goals,
            plan: revoked.plan,
            curriculum: curriculum.clone(),
            plan_goals,
            approved_before,
            approved_after,
            plan_no_longer_complete: approved_before == plan_goals && approved_after < plan_goals,
            requires_institution_service: revoked.requires_institution_service,
        }
    }
}

/// A goal whose approval was revoked, and what that touches.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
pub struct RevokedGoalView {
    /// The goal as it then is.
    #[serde(flatten)]
    pub goal: GoalView,
    /// What falls with the approval.
    pub touches: Touches,
}
