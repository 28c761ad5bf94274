//! The read model `curricula`: every version of the catalogue, and on which days it holds.

use super::domain::{Curriculum, SUBJECT};
use super::view::CurriculumView;
use crate::event_log::projection::{ReadModel, Row, timeline};
use crate::time::FIRST_DAY;

/// See the module.
pub struct Curricula;

impl ReadModel for Curricula {
    type State = Curriculum;
    const NAME: &'static str = "curricula";
    const VERSION: i32 = 3;
    const SUBJECT: &'static str = SUBJECT;
    const TABLE: &'static str = include_str!("sql/curricula.sql");
    const COLUMNS: &'static str = "first_day, in_force, predecessors_needed, body";

    fn rows(_key: &str, state: &Curriculum) -> Vec<Row> {
        let Some(header) = &state.header else { return vec![] };
        // A version is there from the beginning of time: one that begins next year can be read now.
        let changes = [FIRST_DAY, header.period.from].into_iter().chain(header.period.day_after());
        let changes = changes.chain(state.rules.changes());
        timeline(changes, |day| CurriculumView::on(state, day))
            .into_iter()
            .map(|(period, view)| {
                let needed = view.predecessors_needed;
                Row::new(period)
                    .plain(view.valid_from.0)
                    .plain(view.in_force)
                    .plain(needed)
                    .json(&view)
            })
            .collect()
    }
}
