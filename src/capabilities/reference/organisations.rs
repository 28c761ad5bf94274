//! The read model `organisations`: every organisation on the days that it exists.

use super::domain::ORGANISATION;
use super::organisation::Organisation;
use super::view::OrganisationView;
use crate::event_log::projection::{ReadModel, Row, timeline};

/// See the module.
pub struct Organisations;

impl ReadModel for Organisations {
    type State = Organisation;
    const NAME: &'static str = "organisations";
    const VERSION: i32 = 2;
    const SUBJECT: &'static str = ORGANISATION;
    const TABLE: &'static str = include_str!("sql/organisations.sql");
    const COLUMNS: &'static str = "name_order, kind, municipality, body";

    fn rows(_key: &str, state: &Organisation) -> Vec<Row> {
        let Ok(known) = state.known() else { return vec![] };
        let rows = timeline(known.changes(), |day| {
            OrganisationView::on(state, day).filter(|_| !state.is_closed_on(day))
        });
        let row = |(period, view): (_, OrganisationView)| {
            Row::new(period)
                .text(&view.name.in_order())
                .plain(view.kind)
                .maybe(view.municipality.as_ref())
                .json(&view)
        };
        rows.into_iter().map(row).collect()
    }
}
