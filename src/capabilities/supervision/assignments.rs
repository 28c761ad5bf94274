//! The table `assignments`: who supervises whom, as it is on every day, lapses included. Lists and
//! the report on supervision read it.
//!
//! It is folded by supervisor, because a supervisor's approvals and exemptions decide what all of
//! their assignments are; each assignment has rows of its own.

use std::collections::BTreeSet;
use std::sync::LazyLock;

use super::domain::SUBJECT;
use super::supervisor::Supervisor;
use super::view::{AssignmentStatus, AssignmentView, WarningCode};
use crate::edge::Id;
use crate::event_log::projection::timeline;
use crate::http::list::Rows;
use crate::http::listing::{Columns, Stretch, Table};
use crate::http::page::By;

/// See the module.
pub struct Assignments;

static COLUMNS: LazyLock<Columns<AssignmentView>> = LazyLock::new(|| {
    let rows = Rows::of_municipality("municipality").or_of_trainee("trainee");
    let rows = rows.or_of_supervisor("supervisor");
    Columns::<AssignmentView>::new(rows, By::key("created", "When they were proposed here."))
        .column("trainee", |view| view.trainee)
        .filter::<Id>("Only assignments of this trainee.")
        .column("supervisor", |view| view.supervisor)
        .filter::<Id>("Only assignments of this supervisor.")
        .word("status", |view| view.status)
        .filter::<AssignmentStatus>("Only assignments in this status on the day.")
        .column("municipality", |view| view.municipality.clone())
        .filed(
            "Only assignments of trainees who held a position there on the first day, also under a \
             number which it had or took over by the day.",
        )
        .column("first_day", |view| view.from.0)
        .order("from", "Their first day.")
        .word("kind", |view| view.kind)
        .word("mode", |view| view.mode)
        .column("same_office", |view| view.same_office)
        .word("qualification", |view| view.qualification)
        .column("exemption", |view| view.exemption)
        .column("exemption_to", |view| view.exemption_to.map(|day| day.0))
        .column("lapsed_since", |view| view.lapsed_since.map(|day| day.0))
        .column("over_capacity", |view| {
            view.warnings.iter().any(|warning| warning.code == WarningCode::OverCapacity)
        })
        .external_ids(
            "external",
            "external_id",
            "Only the assignment that another system calls this: `system/id`.",
            |view| view.external_ids.clone(),
        )
        .body(|view| view)
});

impl Table for Assignments {
    type State = Option<Supervisor>;
    type Line = AssignmentView;
    const NAME: &'static str = "assignments";
    const VERSION: i32 = 5;
    const SUBJECT: &'static str = SUBJECT;
    const FORGETS: Option<&'static str> = None;

    fn lines(_key: &str, state: &Option<Supervisor>) -> Vec<Stretch<AssignmentView>> {
        let Some(supervisor) = state else { return vec![] };
        let load = supervisor.load();
        let common = supervisor.changes(&load);
        let lines = supervisor.assignments.iter().flat_map(|assignment| {
            let mut days: BTreeSet<_> = assignment.changes().into_iter().collect();
            days.extend(&common);
            timeline(days, |day| AssignmentView::of(supervisor, assignment, &load, day))
        });
        let of_one = |(period, line): (_, AssignmentView)| Stretch {
            item: Some(line.id.to_string()),
            period,
            line,
        };
        lines.map(of_one).collect()
    }

    fn columns() -> &'static Columns<AssignmentView> {
        &COLUMNS
    }
}
