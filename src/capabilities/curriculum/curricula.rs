//! The table `curricula`: every version of the catalogue, and on which days it holds.

use std::sync::LazyLock;

use super::domain::{Curriculum, SUBJECT};
use super::view::CurriculumView;
use crate::edge::Flag;
use crate::event_log::projection::timeline;
use crate::http::list::Rows;
use crate::http::listing::{Columns, Stretch, Table};
use crate::http::page::By;
use crate::time::FIRST_DAY;

/// See the module.
pub struct Curricula;

static COLUMNS: LazyLock<Columns<CurriculumView>> = LazyLock::new(|| {
    Columns::<CurriculumView>::new(Rows::open(), By::key("version", "Their version."))
        .column("first_day", |view| view.valid_from.0)
        .order("valid_from", "The first day they hold.")
        .column("in_force", |view| view.in_force)
        .filter::<Flag>("Only versions that hold on the day (`true`) or do not (`false`).")
        .word("predecessors_needed", |view| view.predecessors_needed)
        .body(|view| view)
});

impl Table for Curricula {
    type State = Curriculum;
    type Line = CurriculumView;
    const NAME: &'static str = "curricula";
    const VERSION: i32 = 4;
    const SUBJECT: &'static str = SUBJECT;
    const FORGETS: Option<&'static str> = None;

    fn lines(_key: &str, state: &Curriculum) -> Vec<Stretch<CurriculumView>> {
        let Some(header) = &state.header else { return vec![] };
        // A version is there from the beginning of time: one that begins next year can be read now.
        let changes = [FIRST_DAY, header.period.from].into_iter().chain(header.period.day_after());
        let changes = changes.chain(state.rules.changes());
        let lines = timeline(changes, |day| CurriculumView::on(state, day));
        lines.into_iter().map(Stretch::from).collect()
    }

    fn columns() -> &'static Columns<CurriculumView> {
        &COLUMNS
    }
}
