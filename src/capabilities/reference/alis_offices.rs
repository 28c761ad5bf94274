//! The read model `alis_offices`: every office, findable by the municipality it answers for.

use super::alis_office::AlisOffice;
use super::domain::ALIS_OFFICE;
use super::view::AlisOfficeView;
use crate::event_log::projection::{ReadModel, Row, timeline};

/// See the module.
pub struct AlisOffices;

impl ReadModel for AlisOffices {
    type State = AlisOffice;
    const NAME: &'static str = "alis_offices";
    const VERSION: i32 = 2;
    const SUBJECT: &'static str = ALIS_OFFICE;
    const TABLE: &'static str = include_str!("sql/alis_offices.sql");
    const COLUMNS: &'static str = "name_order, municipalities, external, body";

    fn rows(_key: &str, state: &AlisOffice) -> Vec<Row> {
        let Ok(known) = state.known() else { return vec![] };
        let rows = timeline(known.changes(), |day| {
            AlisOfficeView::on(state, day).map(|view| (view, known.municipalities_on(day)))
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
