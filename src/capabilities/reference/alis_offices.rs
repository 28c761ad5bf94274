//! The table `alis_offices`: every office, findable by the municipality it answers for.

use std::sync::LazyLock;

use super::alis_office::AlisOffice;
use super::domain::ALIS_OFFICE;
use super::view::AlisOfficeView;
use crate::event_log::projection::timeline;
use crate::http::list::Rows;
use crate::http::listing::{Columns, InOrder, Stretch, Table};
use crate::http::page::By;
use crate::identifiers::MunicipalityNumber;

/// See the module.
pub struct AlisOffices;

/// An office on a day, and the municipalities it answers for then.
type Line = (AlisOfficeView, Vec<MunicipalityNumber>);

static COLUMNS: LazyLock<Columns<Line>> = LazyLock::new(|| {
    Columns::<Line>::new(Rows::open(), By::key("created", "When they were registered here."))
        .column("name_order", |(view, _)| InOrder(view.name.in_order()))
        .order("name", "Their name, in the Norwegian order of letters.")
        .column("municipalities", |(_, municipalities)| municipalities.clone())
        .filed(
            "Only offices that answer for this municipality on the day, also under a number which \
             it had or took over by then.",
        )
        .external_ids(
            "external",
            "external_id",
            "Only the office that another system calls this: `system/id`.",
            |(view, _)| view.external_ids.clone(),
        )
        .body(|(view, _)| view)
});

impl Table for AlisOffices {
    type State = Option<AlisOffice>;
    type Line = Line;
    const NAME: &'static str = "alis_offices";
    const VERSION: i32 = 3;
    const SUBJECT: &'static str = ALIS_OFFICE;
    const FORGETS: Option<&'static str> = None;

    fn lines(_key: &str, state: &Option<AlisOffice>) -> Vec<Stretch<Line>> {
        let Some(office) = state else { return vec![] };
        let lines = timeline(office.changes(), |day| {
            let answers_for = office.municipalities_on(day).into_iter().cloned();
            Some((AlisOfficeView::on(office, day), answers_for.collect()))
        });
        lines.into_iter().map(Stretch::from).collect()
    }

    fn columns() -> &'static Columns<Line> {
        &COLUMNS
    }
}
