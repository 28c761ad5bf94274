//! The table `leaders`: every leader, findable by municipality, by HPR number (a keyed hash) and by
//! what other systems call them. Names and numbers stay sealed.

use std::sync::LazyLock;

use super::domain::SUBJECT;
use super::state::Leader;
use super::view::LeaderView;
use crate::event_log::projection::timeline;
use crate::http::list::Rows;
use crate::http::listing::{Columns, Stretch, Table};
use crate::http::page::By;
use crate::identifiers::HprNumber;
use crate::time::FIRST_DAY;

/// See the module.
pub struct Leaders;

/// A leader, while nothing changes.
#[derive(PartialEq)]
pub struct Line {
    /// Keyed hash, never the number.
    hpr_lookup: Option<String>,
    view: LeaderView,
}

static COLUMNS: LazyLock<Columns<Line>> = LazyLock::new(|| {
    let rows = Rows::of_municipalities("municipalities").or_of_leader("key");
    let registered = "When they were registered here. Names are sealed, and not sorted by.";
    Columns::<Line>::new(rows, By::key("created", registered))
        .column("municipalities", |line| line.view.municipalities.clone())
        .filed(
            "Only leaders who lead in this municipality on the day, also by terms under a number \
             which it had or took over by then.",
        )
        .column("hpr_lookup", |line| line.hpr_lookup.clone())
        .filter_of::<HprNumber, _>(
            "hpr_number",
            "Only the leader with this HPR number.",
            "hpr_lookup = $$",
            |read, number| Some(read.service.vault.lookup(&number)),
        )
        .external_ids(
            "external",
            "external_id",
            "Only the leader whom another system calls this: `system/id`.",
            |line| line.view.external_ids.clone(),
        )
        .body(|line| &line.view)
});

impl Table for Leaders {
    type State = Option<Leader>;
    type Line = Line;
    const NAME: &'static str = "leaders";
    const VERSION: i32 = 5;
    const SUBJECT: &'static str = SUBJECT;
    const FORGETS: Option<&'static str> = Some(
        "hpr_lookup = null, external = '{}', \
         body = (body::jsonb || '{\"sealed\": \"\", \"external_ids\": []}')::json",
    );

    fn lines(_key: &str, state: &Option<Leader>) -> Vec<Stretch<Line>> {
        let Some(leader) = state else { return vec![] };
        // Who leads from next year on is somebody today.
        let days = [FIRST_DAY].into_iter().chain(leader.changes());
        let lines = timeline(days, |day| {
            let view = LeaderView::on(leader, day);
            Some(Line { hpr_lookup: leader.hpr_lookup.clone(), view })
        });
        lines.into_iter().map(Stretch::from).collect()
    }

    fn columns() -> &'static Columns<Line> {
        &COLUMNS
    }
}
