//! The read model `assignments`: who supervises whom, as it is on every day, lapses included. Lists
//! and the report on supervision read it.
//!
//! It is folded by supervisor, because a supervisor's approvals and exemptions decide what all of
//! their assignments are; each assignment has rows of its own.

use std::collections::BTreeSet;

use super::domain::SUBJECT;
use super::supervisor::Supervisor;
use super::view::{AssignmentView, WarningCode};
use crate::event_log::projection::{ReadModel, Row, timeline};

/// See the module.
pub struct Assignments;

impl ReadModel for Assignments {
    type State = Supervisor;
    const NAME: &'static str = "assignments";
    const VERSION: i32 = 4;
    const SUBJECT: &'static str = SUBJECT;
    const TABLE: &'static str = include_str!("sql/assignments.sql");
    const COLUMNS: &'static str = "trainee, supervisor, municipality, first_day, kind, situation, mode, \
        same_office, qualification, exemption, exemption_to, lapsed_since, over_capacity, \
        external, body";

    fn rows(_key: &str, state: &Supervisor) -> Vec<Row> {
        let Supervisor::Known(known) = state else { return vec![] };
        let load = known.load();
        let common = known.changes(&load);
        let rows = known.assignments.iter().flat_map(|assignment| {
            let mut days: BTreeSet<_> = assignment.changes().into_iter().collect();
            days.extend(&common);
            timeline(days, |day| AssignmentView::of(known, assignment, &load, day))
        });
        rows.map(|(period, view)| row(period, &view)).collect()
    }
}

fn row(period: crate::time::Period, view: &AssignmentView) -> Row {
    let over = view.warnings.iter().any(|warning| warning.code == WarningCode::OverCapacity);
    Row::of_item(view.id, period)
        .plain(view.trainee)
        .plain(view.supervisor)
        .maybe(view.municipality.as_ref())
        .plain(view.from.0)
        .plain(view.kind)
        .plain(view.situation)
        .plain(view.mode)
        .maybe(view.same_office)
        .plain(view.qualification)
        .maybe(view.exemption)
        .maybe(view.exemption_to.map(|day| day.0))
        .maybe(view.lapsed_since.map(|day| day.0))
        .plain(over)
        .texts(view.external_ids.iter().map(|e| format!("{}/{}", e.system, e.id)))
        .json(view)
}
