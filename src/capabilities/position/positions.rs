//! The read model `positions`: every position, as it is on every day, as known at every position
//! of the log. Lists and the staffing report read it.

use super::domain::SUBJECT;
use super::state::Position;
use super::view::PositionView;
use crate::event_log::projection::{ReadModel, Row, timeline};

/// See the module.
pub struct Positions;

impl ReadModel for Positions {
    type State = Position;
    const NAME: &'static str = "positions";
    const VERSION: i32 = 3;
    const SUBJECT: &'static str = SUBJECT;
    const TABLE: &'static str = include_str!("sql/positions.sql");
    const COLUMNS: &'static str = "municipality, programme, category, percent, situation, \
        intended_operating_model, agreed_operating_model, trainee, external, \
        occupancies_external, body";

    fn rows(_key: &str, state: &Position) -> Vec<Row> {
        let Position::Known(known) = state else { return vec![] };
        let rows = timeline(known.changes(), |day| PositionView::on(state, day));
        rows.into_iter()
            .map(|(period, view)| {
                let external = view.external_ids.iter();
                let external: Vec<String> =
                    external.map(|e| format!("\"{}/{}\"", e.system, e.id)).collect();
                let of_occupancies = view.occupancies.iter().flat_map(|o| &o.external_ids);
                Row::new(period)
                    .plain(&view.municipality)
                    .maybe(view.programme)
                    .plain(view.category)
                    .plain(view.percent)
                    .plain(view.situation)
                    .plain(view.intended_operating_model)
                    .maybe(view.agreed_operating_model)
                    .maybe(view.occupancy.as_ref().map(|occupancy| occupancy.trainee))
                    .text(&format!("{{{}}}", external.join(",")))
                    .texts(of_occupancies.map(|e| format!("{}/{}", e.system, e.id)))
                    .json(&view)
            })
            .collect()
    }
}
