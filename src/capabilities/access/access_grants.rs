//! The read model `access_grants`: every grant, on every day.

use super::domain::{Grants, SUBJECT};
use super::view::AccessGrantView;
use crate::event_log::projection::{ReadModel, Row, timeline};
use crate::time::FIRST_DAY;

/// See the module.
pub struct AccessGrants;

impl ReadModel for AccessGrants {
    type State = Grants;
    const NAME: &'static str = "access_grants";
    const VERSION: i32 = 3;
    const SUBJECT: &'static str = SUBJECT;
    const TABLE: &'static str = include_str!("sql/access_grants.sql");
    const COLUMNS: &'static str = "organisation, role, municipality, in_force, body";

    fn rows(_key: &str, state: &Grants) -> Vec<Row> {
        let Some(grant) = state.iter().next() else { return vec![] };
        let days = [Some(FIRST_DAY), Some(grant.period.from), grant.period.day_after()];
        let rows =
            timeline(days.into_iter().flatten(), |day| Some(AccessGrantView::on(grant, day)));
        let rows = rows.into_iter().map(|(period, view)| {
            Row::new(period)
                .plain(&view.organisation_number)
                .plain(view.role)
                .maybe(view.municipality.as_ref())
                .plain(view.in_force)
                .json(&view)
        });
        rows.collect()
    }
}
