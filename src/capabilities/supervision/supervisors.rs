//! The table `supervisors`: everybody who may supervise or recommend, findable by HPR number (a
//! keyed hash) and by what other systems call them. Names and numbers stay sealed.

use std::sync::LazyLock;

use super::domain::SUBJECT;
use super::supervisor::Supervisor;
use super::view::SupervisorView;
use crate::edge::Flag;
use crate::event_log::projection::timeline;
use crate::http::list::Rows;
use crate::http::listing::{Columns, Stretch, Table};
use crate::http::page::By;
use crate::identifiers::HprNumber;
use crate::time::FIRST_DAY;

/// See the module.
pub struct Supervisors;

/// The keyed hash of the number, and what is sent.
type Line = (String, SupervisorView);

static COLUMNS: LazyLock<Columns<Line>> = LazyLock::new(|| {
    let rows = Rows::of_pool().or_of_supervisor("key");
    Columns::<Line>::new(rows, By::key("created", "When they were registered here."))
        .column("hpr_lookup", |(lookup, _)| lookup.clone())
        .filter_of::<HprNumber, _>(
            "hpr_number",
            "Only the supervisor with this HPR number.",
            "hpr_lookup = $$",
            |read, number| Some(read.service.vault.lookup(&number)),
        )
        .column("specialist", |(_, view)| view.specialist)
        .filter::<Flag>(
            "Only supervisors who are (`true`) or are not (`false`) specialists on the day.",
        )
        .column("over_capacity", |(_, view)| view.over_capacity)
        .filter::<Flag>(
            "Only supervisors who have (`true`) or do not have (`false`) more active trainees on \
             the day than their capacity.",
        )
        .column("active_trainees", |(_, view)| view.active_trainees)
        .order("active_trainees", "How many trainees they actively supervise on the day.")
        .external_ids(
            "external",
            "external_id",
            "Only the supervisor whom another system calls this: `system/id`.",
            |(_, view)| view.external_ids.clone(),
        )
        .body(|(_, view)| view)
});

impl Table for Supervisors {
    type State = Option<Supervisor>;
    type Line = Line;
    const NAME: &'static str = "supervisors";
    const VERSION: i32 = 4;
    const SUBJECT: &'static str = SUBJECT;
    const FORGETS: Option<&'static str> = Some(
        "hpr_lookup = '', external = '{}',
         body = (body::jsonb || '{\"sealed\": \"\", \"external_ids\": []}')::json",
    );

    fn lines(_key: &str, state: &Option<Supervisor>) -> Vec<Stretch<Line>> {
        let Some(supervisor) = state else { return vec![] };
        let load = supervisor.load();
        let mut days = supervisor.changes(&load);
        days.insert(FIRST_DAY);
        let lines = timeline(days, |day| Some(SupervisorView::of(supervisor, &load, day)));
        let with_number =
            |(period, view)| Stretch::from((period, (supervisor.hpr_lookup.clone(), view)));
        lines.into_iter().map(with_number).collect()
    }

    fn columns() -> &'static Columns<Line> {
        &COLUMNS
    }
}
