//! The read model `trainees`: every doctor in training, findable by HPR number (a keyed hash) and
//! by what other systems call them. Names and numbers stay sealed.

use super::domain::{SUBJECT, Trainee};
use super::view::TraineeView;
use crate::event_log::projection::{ReadModel, Row, timeline};

/// See the module.
pub struct Trainees;

impl ReadModel for Trainees {
    type State = Trainee;
    const NAME: &'static str = "trainees";
    const VERSION: i32 = 3;
    const SUBJECT: &'static str = SUBJECT;
    const TABLE: &'static str = include_str!("sql/trainees.sql");
    const COLUMNS: &'static str = "hpr_lookup, scheme, municipalities, at_home, external, body";
    const FORGETS: Option<&'static str> = Some(include_str!("sql/trainees_forget.sql"));

    fn rows(_key: &str, state: &Trainee) -> Vec<Row> {
        let Some(known) = state.known() else { return vec![] };
        let rows = timeline(known.changes(), |day| {
            let held: Vec<String> =
                known.occupancies.all_on(day).map(|held| held.municipality.to_string()).collect();
            TraineeView::on(state, day).map(|view| (view, held, known.at_home_on(day)))
        });
        let external = known.external_ids.iter();
        let external: Vec<String> =
            external.map(|e| format!("\"{}/{}\"", e.system, e.id)).collect();
        rows.into_iter()
            .map(|(period, (view, municipalities, at_home))| {
                Row::new(period)
                    .plain(&known.hpr_lookup)
                    .plain(view.scheme)
                    .plain(format!("{{{}}}", municipalities.join(",")))
                    .texts(at_home)
                    .text(&format!("{{{}}}", external.join(",")))
                    .json(&view)
            })
            .collect()
    }
}
