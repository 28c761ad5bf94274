//! The read model `goal_plans`: which plans each doctor follows on which days.

use super::domain::PLAN_SUBJECT;
use super::plan::Plans;
use super::view::PlanView;
use crate::event_log::projection::{ReadModel, Row, timeline};

/// See the module.
pub struct GoalPlans;

impl ReadModel for GoalPlans {
    type State = Plans;
    const NAME: &'static str = "goal_plans";
    const VERSION: i32 = 2;
    const SUBJECT: &'static str = PLAN_SUBJECT;
    const TABLE: &'static str = include_str!("sql/goal_plans.sql");
    const COLUMNS: &'static str = "plans";

    fn rows(_key: &str, state: &Plans) -> Vec<Row> {
        let in_force = |day| {
            let plans = state.in_force_on(day).filter_map(|plan| PlanView::on(plan, day));
            let plans: Vec<PlanView> = plans.collect();
            (!plans.is_empty()).then_some(plans)
        };
        let rows = timeline(state.changes(), in_force);
        rows.into_iter().map(|(period, plans)| Row::new(period).json(&plans)).collect()
    }
}
