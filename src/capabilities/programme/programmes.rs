//! The table `programmes`: every programme from its first day, findable by who takes part.

use std::sync::LazyLock;

use super::domain::SUBJECT;
use super::state::Programme;
use super::view::ProgrammeView;
use crate::event_log::projection::timeline;
use crate::http::list::Rows;
use crate::http::listing::{Columns, InOrder, Stretch, Table};
use crate::http::page::By;
use crate::identifiers::MunicipalityNumber;

/// See the module.
pub struct Programmes;

/// A programme on a day, and the municipalities that take part then.
type Line = (ProgrammeView, Vec<MunicipalityNumber>);

static COLUMNS: LazyLock<Columns<Line>> = LazyLock::new(|| {
    Columns::<Line>::new(Rows::open(), By::key("created", "When they were recorded here."))
        .column("name_order", |(view, _)| InOrder(view.name.in_order()))
        .order("name", "Their name, in the Norwegian order of letters.")
        .column("municipalities", |(_, municipalities)| municipalities.clone())
        .filed(
            "Only programmes that this municipality takes part in on the day, also under a number \
             which it had or took over by then.",
        )
        .external_ids(
            "external",
            "external_id",
            "Only the programme that another system calls this: `system/id`.",
            |(view, _)| view.external_ids.clone(),
        )
        .body(|(view, _)| view)
});

impl Table for Programmes {
    type State = Option<Programme>;
    type Line = Line;
    const NAME: &'static str = "programmes";
    const VERSION: i32 = 3;
    const SUBJECT: &'static str = SUBJECT;
    const FORGETS: Option<&'static str> = None;

    fn lines(_key: &str, state: &Option<Programme>) -> Vec<Stretch<Line>> {
        let Some(programme) = state else { return vec![] };
        let lines = timeline(programme.changes(), |day| {
            let participants = programme.participants_on(day).into_iter().cloned();
            ProgrammeView::on(programme, day).map(|view| (view, participants.collect()))
        });
        lines.into_iter().map(Stretch::from).collect()
    }

    fn columns() -> &'static Columns<Line> {
        &COLUMNS
    }
}
