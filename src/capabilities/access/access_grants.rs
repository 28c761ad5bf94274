//! The read model `access_grants`: every grant, on every day.

use super::domain::SUBJECT;
use super::grants::Grants;
use super::view::AccessGrantView;
use crate::event_log::projection::{ReadModel, Row, timeline};
use crate::time::FIRST_DAY;

/// See the module.
pub struct AccessGrants;

impl ReadModel for AccessGrants {
    type State = Grants;
    const NAME: &'static str = "access_grants";
    const VERSION: i32 = 4;
    const SUBJECT: &'static str = SUBJECT;
    const TABLE: &'static str = include_str!("sql/access_grants.sql");
    const COLUMNS: &'static str = "organisation, role, municipality, status, body";

    fn rows(_key: &str, state: &Grants) -> Vec<Row> {
        let Some(grant) = state.iter().next() else { return vec![] };
        let days = std::iter::once(FIRST_DAY).chain(grant.changes());
        let rows = timeline(days, |day| Some(AccessGrantView::on(grant, day)));
        let rows = rows.into_iter().map(|(period, view)| {
            Row::new(period)
                .plain(&view.organisation_number)
                .plain(view.role)
                .maybe(view.municipality.as_ref())
                .plain(view.status)
                .json(&view)
        });
        rows.collect()
    }
}
