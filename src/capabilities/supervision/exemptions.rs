//! The read model `exemptions`: every supervision exemption, as it is on every day.

use super::domain::EXEMPTION;
use super::exemption::{ExemptionSituation, Exemptions as State};
use super::view::ExemptionView;
use crate::event_log::projection::{ReadModel, Row, timeline};

/// See the module.
pub struct Exemptions;

impl ReadModel for Exemptions {
    type State = State;
    const NAME: &'static str = "exemptions";
    const VERSION: i32 = 3;
    const SUBJECT: &'static str = EXEMPTION;
    const TABLE: &'static str = include_str!("sql/exemptions.sql");
    const COLUMNS: &'static str = "supervisor, municipality, situation, expires_on, external, body";

    fn rows(_key: &str, state: &State) -> Vec<Row> {
        let Some(exemption) = state.iter().next() else { return vec![] };
        let rows = timeline(exemption.changes(), |day| ExemptionView::on(exemption, day));
        rows.into_iter()
            .map(|(period, view)| {
                let granted = view.situation == ExemptionSituation::Granted;
                let last = exemption.covered().and_then(|days| days.to).filter(|_| granted);
                Row::new(period)
                    .plain(view.supervisor)
                    .plain(&view.municipality)
                    .plain(view.situation)
                    .plain(last.map_or("infinity".to_owned(), |day| day.to_string()))
                    .texts(view.external_ids.iter().map(|e| format!("{}/{}", e.system, e.id)))
                    .json(&view)
            })
            .collect()
    }
}
