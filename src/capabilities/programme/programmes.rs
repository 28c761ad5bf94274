//! The read model `programmes`: every programme from its first day, findable by who takes part.

use super::domain::SUBJECT;
use super::state::Programme;
use super::view::ProgrammeView;
use crate::event_log::projection::{ReadModel, Row, timeline};

/// See the module.
pub struct Programmes;

impl ReadModel for Programmes {
    type State = Programme;
    const NAME: &'static str = "programmes";
    const VERSION: i32 = 2;
    const SUBJECT: &'static str = SUBJECT;
    const TABLE: &'static str = include_str!("sql/programmes.sql");
    const COLUMNS: &'static str = "name_order, municipalities, external, body";

    fn rows(_key: &str, state: &Programme) -> Vec<Row> {
        let Ok(known) = state.known() else { return vec![] };
        let rows = timeline(known.changes(), |day| {
            ProgrammeView::on(state, day).map(|view| (view, known.participants_on(day)))
        });
        rows.into_iter()
            .map(|(period, (view, municipalities))| {
                let external = view.external_ids.iter();
                Row::new(period)
                    .text(&view.name.in_order())
                    .texts(municipalities)
                    .texts(external.map(|e| format!("{}/{}", e.system, e.id)))
                    .json(&view)
            })
            .collect()
    }
}
