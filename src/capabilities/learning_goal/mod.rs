//! Learning goals of doctors in training: plans assigned, goals submitted, recommended, approved.
//!
//! The supervisor and a clinical supervisor recommend, the leader decides, and an approval follows
//! the doctor from employer to employer. Learning activities, and whether institution service is
//! done, are not here.

mod authority;
mod goal_plans;
mod http;
mod learning_goals;
mod report;

pub use goal_plans::GoalPlans;
pub use learning_goals::LearningGoals;

pub use alis_rules::learning_goal::{Event, counting, domain, goal, plan, problems, status, view};

use super::Capability;
use crate::event_log::projector::declared;

pub static CAPABILITY: Capability = Capability {
    name: "learning_goal",
    event_types: &[Event::TYPES],
    external_ids: &[],
    problems: &[problems::ALL],
    routes: |_| {},
    operations: http::operations,
    projections: || vec![declared::<GoalPlans>(), declared::<LearningGoals>()],
    reports: &[&report::GOAL_PROGRESS],
};
