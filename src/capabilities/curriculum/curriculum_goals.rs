//! The table `curriculum_goals`: every goal of every version, key `version/code`.

use std::sync::LazyLock;

use super::domain::{CatalogueGoal, GOAL_SUBJECT, GoalDefined, Plan};
use super::view::CatalogueGoalView;
use crate::http::list::Rows;
use crate::http::listing::{Columns, Json, Stretch, Table};
use crate::http::page::By;
use crate::identifiers::{GoalCode, Name, Token};
use crate::time::{FIRST_DAY, Period};

/// See the module.
pub struct CurriculumGoals;

/// A goal, and what callers see of it.
pub struct Line {
    goal: GoalDefined,
    view: CatalogueGoalView,
}

static COLUMNS: LazyLock<Columns<Line>> = LazyLock::new(|| {
    let by_key = "The version of the curriculum, and within it their code.";
    Columns::<Line>::new(Rows::open(), By::key("curriculum", by_key))
        .word("curriculum", |line| line.goal.curriculum.clone())
        .filter::<Token>("Only goals of this version.")
        .word("code", |line| line.goal.code.clone())
        .filter::<GoalCode>("Only goals with this code.")
        .order("code", "Their code, through all versions.")
        .word("plan", |line| line.goal.plan)
        .filter::<Plan>("Only goals of this plan.")
        .column("theme", |line| line.goal.theme.to_string())
        .filter::<Name>("Only goals under this theme.")
        .order("theme", "Their theme.")
        .column("replaces", |line| line.goal.replaces.clone().map(Json))
        .index("(log, curriculum, plan, key)")
        .body(|line| &line.view)
});

impl Table for CurriculumGoals {
    type State = CatalogueGoal;
    type Line = Line;
    const NAME: &'static str = "curriculum_goals";
    const VERSION: i32 = 4;
    const SUBJECT: &'static str = GOAL_SUBJECT;
    const FORGETS: Option<&'static str> = None;

    fn lines(_key: &str, state: &CatalogueGoal) -> Vec<Stretch<Line>> {
        // On which days a version holds is told by its header; its goals never change.
        let line = |goal: &GoalDefined| {
            let line = Line { goal: goal.clone(), view: CatalogueGoalView::from(goal) };
            Stretch::from((Period::since(FIRST_DAY), line))
        };
        state.0.as_ref().map(line).into_iter().collect()
    }

    fn columns() -> &'static Columns<Line> {
        &COLUMNS
    }
}
