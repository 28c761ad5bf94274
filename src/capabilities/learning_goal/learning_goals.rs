//! The read model `learning_goals`: how each goal of each doctor stands on which days, key
//! `trainee/code`. A goal that nothing was done about has no row.
//!
//! Where a version of the catalogue tells a goal apart from those with its code in other versions,
//! the rows of that version are keyed `trainee/code@version`.

use std::collections::BTreeSet;

use jiff::civil::Date;

use super::domain::GOAL_SUBJECT;
use super::goal::Goal;
use super::status::{GoalStatus, Status};
use crate::event_log::projection::{ReadModel, Row, timeline};
use crate::identifiers::Token;
use crate::time::Period;

/// See the module.
pub struct LearningGoals;

#[derive(PartialEq)]
struct RowValues {
    status: GoalStatus,
    curriculum: Token,
    submitted_on: Date,
    decided_on: Option<Date>,
    municipality: Option<String>,
}

impl RowValues {
    fn on(goal: &Goal, day: Date) -> Option<Self> {
        let status = goal.on(day);
        let submitted = &status.submission()?.submitted;
        let (decided_on, municipality) = match &status {
            Status::NotStarted | Status::Submitted(_) => (None, submitted.municipality.as_ref()),
            Status::Returned(_, f) => (Some(f.on), Some(&f.municipality)),
            Status::Approved(_, f) | Status::Revoked(_, f, _) => {
                (Some(f.on), Some(&f.municipality))
            }
        };
        Some(Self {
            status: status.word(),
            curriculum: submitted.curriculum.clone(),
            submitted_on: submitted.on,
            decided_on,
            municipality: municipality.map(|number| number.to_string()),
        })
    }
}

impl ReadModel for LearningGoals {
    type State = Goal;
    const NAME: &'static str = "learning_goals";
    const VERSION: i32 = 2;
    const SUBJECT: &'static str = GOAL_SUBJECT;
    const TABLE: &'static str = include_str!("sql/learning_goals.sql");
    const COLUMNS: &'static str =
        "trainee, code, status, curriculum, submitted_on, decided_on, municipality";

    fn rows(key: &str, state: &Goal) -> Vec<Row> {
        let Some((trainee, code)) = key.split_once('/') else { return vec![] };
        let stretches = |goal: &Goal, item: Option<&Token>| {
            let stretch = |(period, values): (Period, RowValues)| {
                let row = match item {
                    None => Row::new(period),
                    Some(version) => Row::of_item(format_args!("{key}@{version}"), period),
                };
                row.plain(trainee)
                    .plain(code)
                    .plain(values.status)
                    .plain(values.curriculum)
                    .plain(values.submitted_on)
                    .maybe(values.decided_on)
                    .maybe(values.municipality)
            };
            let all = timeline(goal.changes(), |day| RowValues::on(goal, day));
            all.into_iter().map(stretch).collect::<Vec<Row>>()
        };
        let mut rows = stretches(&state.within(None), None);
        for version in state.apart().collect::<BTreeSet<_>>() {
            rows.extend(stretches(&state.within(Some(version)), Some(version)));
        }
        rows
    }
}
