//! The read model `curriculum_goals`: every goal of every version, key `version/code`.

use super::domain::{CatalogueGoal, GOAL_SUBJECT};
use super::view::CatalogueGoalView;
use serde_json::json;

use crate::event_log::projection::{ReadModel, Row};
use crate::time::{FIRST_DAY, Period};

/// See the module.
pub struct CurriculumGoals;

impl ReadModel for CurriculumGoals {
    type State = CatalogueGoal;
    const NAME: &'static str = "curriculum_goals";
    const VERSION: i32 = 3;
    const SUBJECT: &'static str = GOAL_SUBJECT;
    const TABLE: &'static str = include_str!("sql/curriculum_goals.sql");
    const COLUMNS: &'static str = "curriculum, code, plan, theme, replaces, body";

    fn rows(_key: &str, state: &CatalogueGoal) -> Vec<Row> {
        let Some(goal) = &state.0 else { return vec![] };
        // On which days a version holds is told by its header; its goals never change.
        let row = Row::new(Period::since(FIRST_DAY))
            .plain(&goal.curriculum)
            .plain(&goal.code)
            .plain(goal.plan)
            .text(goal.theme.as_str())
            .maybe(goal.replaces.as_ref().map(|them| json!(them)))
            .json(&CatalogueGoalView::from(goal));
        vec![row]
    }
}
