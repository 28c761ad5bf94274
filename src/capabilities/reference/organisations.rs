//! The table `organisations`: every organisation on the days that it exists.

use std::sync::LazyLock;

use super::domain::{ORGANISATION, OrganisationKind};
use super::organisation::Organisation;
use super::view::OrganisationView;
use crate::event_log::projection::timeline;
use crate::http::list::Rows;
use crate::http::listing::{Columns, InOrder, Stretch, Table};
use crate::http::page::By;

/// See the module.
pub struct Organisations;

static COLUMNS: LazyLock<Columns<OrganisationView>> = LazyLock::new(|| {
    let created = By::key("organisation_number", "Their number.");
    Columns::<OrganisationView>::new(Rows::open(), created)
        .column("name_order", |view| InOrder(view.name.in_order()))
        .order("name", "Their name, in the Norwegian order of letters.")
        .word("kind", |view| view.kind)
        .filter::<OrganisationKind>("Only organisations of this kind.")
        .column("municipality", |view| view.municipality.clone())
        .filed(
            "Only organisations that are or lie in this municipality, also under a number which it \
             had or took over by the day.",
        )
        .body(|view| view)
});

impl Table for Organisations {
    type State = Option<Organisation>;
    type Line = OrganisationView;
    const NAME: &'static str = "organisations";
    const VERSION: i32 = 3;
    const SUBJECT: &'static str = ORGANISATION;
    const FORGETS: Option<&'static str> = None;

    fn lines(_key: &str, state: &Option<Organisation>) -> Vec<Stretch<OrganisationView>> {
        let Some(organisation) = state else { return vec![] };
        let lines = timeline(organisation.changes(), |day| {
            OrganisationView::on(organisation, day).filter(|_| !organisation.is_closed_on(day))
        });
        lines.into_iter().map(Stretch::from).collect()
    }

    fn columns() -> &'static Columns<OrganisationView> {
        &COLUMNS
    }
}
