//! The read model `leaders`: every leader, findable by municipality, by HPR number (a keyed
//! hash) and by what other systems call them. Names and numbers stay sealed.

use super::domain::SUBJECT;
use super::state::Leader;
use super::view::LeaderView;
use crate::event_log::projection::{ReadModel, Row, timeline};
use crate::time::FIRST_DAY;

/// See the module.
pub struct Leaders;

impl ReadModel for Leaders {
    type State = Leader;
    const NAME: &'static str = "leaders";
    const VERSION: i32 = 4;
    const SUBJECT: &'static str = SUBJECT;
    const TABLE: &'static str = include_str!("sql/leaders.sql");
    const COLUMNS: &'static str = "hpr_lookup, municipalities, external, body";
    const FORGETS: Option<&'static str> = Some(include_str!("sql/leaders_forget.sql"));

    fn rows(_key: &str, state: &Leader) -> Vec<Row> {
        let Some(known) = state.known() else { return vec![] };
        // Who leads from next year on is somebody today.
        let days = [FIRST_DAY].into_iter().chain(known.changes());
        timeline(days, |day| LeaderView::on(state, day))
            .into_iter()
            .map(|(period, view)| {
                let led: Vec<&str> = view.municipalities.iter().map(|m| m.as_str()).collect();
                Row::new(period)
                    .maybe(known.hpr_lookup.as_ref())
                    .plain(format!("{{{}}}", led.join(",")))
                    .texts(view.external_ids.iter().map(|e| format!("{}/{}", e.system, e.id)))
                    .json(&view)
            })
            .collect()
    }
}
