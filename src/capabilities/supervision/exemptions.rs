//! The table `exemptions`: every supervision exemption, as it is on every day.

use std::sync::LazyLock;

use super::domain::EXEMPTION;
use super::exemption::{ExemptionStatus, Exemptions as State};
use super::view::ExemptionView;
use crate::edge::{Day, Id};
use crate::event_log::projection::timeline;
use crate::http::actor::Role;
use crate::http::list::Rows;
use crate::http::listing::{Columns, LastDay, Stretch, Table};
use crate::http::page::By;

/// See the module.
pub struct Exemptions;

/// The last day that it covers while it is granted, and what is sent.
type Line = (LastDay, ExemptionView);

static COLUMNS: LazyLock<Columns<Line>> = LazyLock::new(|| {
    let rows = Rows::of_municipality("municipality").or_of_supervisor("supervisor");
    let rows = rows.or_all_for(Role::Directorate);
    Columns::<Line>::new(rows, By::key("created", "When they were drafted here."))
        .column("supervisor", |(_, view)| view.supervisor)
        .filter::<Id>("Only exemptions of this supervisor.")
        .column("municipality", |(_, view)| view.municipality.clone())
        .filed(
            "Only exemptions of this municipality, those included that are filed under a number \
             which it had or took over by the day.",
        )
        .order("municipality", "The number of the municipality that they are filed under.")
        .word("status", |(_, view)| view.status)
        .filter::<ExemptionStatus>("Only exemptions in this status on the day.")
        .column("expires_on", |(last, _)| *last)
        .filter_where::<Day>(
            "expires_before",
            "Only exemptions that are granted on the day and whose last day comes before this one.",
            "expires_on < $$",
        )
        .order("expires_on", "The last day they cover, those that are not granted on the day last.")
        .external_ids(
            "external",
            "external_id",
            "Only the exemption that another system calls this: `system/id`.",
            |(_, view)| view.external_ids.clone(),
        )
        .body(|(_, view)| view)
});

impl Table for Exemptions {
    type State = State;
    type Line = Line;
    const NAME: &'static str = "exemptions";
    const VERSION: i32 = 4;
    const SUBJECT: &'static str = EXEMPTION;
    const FORGETS: Option<&'static str> = None;

    fn lines(_key: &str, state: &State) -> Vec<Stretch<Line>> {
        let Some(exemption) = state.iter().next() else { return vec![] };
        let lines = timeline(exemption.changes(), |day| {
            let view = ExemptionView::on(exemption, day)?;
            let granted = view.status == ExemptionStatus::Granted;
            let last = exemption.covered().and_then(|days| days.to).filter(|_| granted);
            Some((LastDay(last), view))
        });
        lines.into_iter().map(Stretch::from).collect()
    }

    fn columns() -> &'static Columns<Line> {
        &COLUMNS
    }
}
