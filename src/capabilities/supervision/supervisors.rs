//! The read model `supervisors`: everybody who may supervise or recommend, findable by HPR number
//! (a keyed hash) and by what other systems call them. Names and numbers stay sealed.

use super::domain::SUBJECT;
use super::supervisor::Supervisor;
use super::view::SupervisorView;
use crate::event_log::projection::{ReadModel, Row, timeline};
use crate::time::FIRST_DAY;

/// See the module.
pub struct Supervisors;

impl ReadModel for Supervisors {
    type State = Supervisor;
    const NAME: &'static str = "supervisors";
    const VERSION: i32 = 3;
    const SUBJECT: &'static str = SUBJECT;
    const TABLE: &'static str = include_str!("sql/supervisors.sql");
    const COLUMNS: &'static str =
        "hpr_lookup, specialist, over_capacity, active_trainees, external, body";
    const FORGETS: Option<&'static str> = Some(include_str!("sql/supervisors_forget.sql"));

    fn rows(_key: &str, state: &Supervisor) -> Vec<Row> {
        let Supervisor::Known(known) = state else { return vec![] };
        let load = known.load();
        let mut days = known.changes(&load);
        days.insert(FIRST_DAY);
        let rows = timeline(days, |day| Some(SupervisorView::of(known, &load, day)));
        let external = known.external_ids.iter();
        let external: Vec<String> =
            external.map(|e| format!("\"{}/{}\"", e.system, e.id)).collect();
        rows.into_iter()
            .map(|(period, view)| {
                Row::new(period)
                    .plain(&known.hpr_lookup)
                    .plain(view.specialist)
                    .plain(view.over_capacity)
                    .plain(view.active_trainees)
                    .text(&format!("{{{}}}", external.join(",")))
                    .json(&view)
            })
            .collect()
    }
}
