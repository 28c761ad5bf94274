//! The table `positions`: every position, as it is on every day, as known at every position of the
//! log. Lists and the staffing report read it.

use std::sync::LazyLock;

use super::domain::SUBJECT;
use super::occupancy::domain::Category;
use super::state::Position;
use super::view::{PositionView, StatusWord};
use crate::edge::Id;
use crate::event_log::projection::timeline;
use crate::http::list::Rows;
use crate::http::listing::{Columns, Stretch, Table};
use crate::http::page::By;
use crate::http::read::Read;
use crate::identifiers::{ExternalId, ExternalName};

/// See the module.
pub struct Positions;

/// Whoever sees a position only for the sake of a trainee finds it by that trainee's occupancy
/// alone: the one on the day, which the row is about. The value is the id, and behind it the
/// numbers of the municipalities of which the caller sees everything.
const SHOWN: &str = "(municipality = any(($$::text[])[2:]) or exists (
    select from json_array_elements(body -> 'occupancy' -> 'external_ids') e
    where (e ->> 'system') || '/' || (e ->> 'id') = ($$::text[])[1]))";

fn seen_by_trainee(read: &Read, external: ExternalName) -> Option<Vec<String>> {
    let permissions = &read.actor.permissions;
    let all = || std::iter::once(external.to_string()).chain(permissions.numbers()).collect();
    permissions.sees_by_trainee().then(all)
}

static COLUMNS: LazyLock<Columns<PositionView>> = LazyLock::new(|| {
    let rows = Rows::of_municipality("municipality").or_of_trainee("trainee");
    Columns::<PositionView>::new(rows, By::key("created", "When they were registered here."))
        .column("municipality", |view| view.municipality.clone())
        .filed(
            "Only positions of this municipality, those included that are filed under a number \
             which it had or took over by the day.",
        )
        .order("municipality", "The number of the municipality that they are filed under.")
        .column("programme", |view| view.programme)
        .filter::<Id>("Only positions of this programme.")
        .word("category", |view| view.category)
        .filter::<Category>("Only positions of this category.")
        .column("percent", |view| view.percent)
        .word("status", |view| view.status)
        .filter::<StatusWord>("Only positions in this status on the day.")
        .word("intended_operating_model", |view| view.intended_operating_model)
        .maybe_word("agreed_operating_model", |view| view.agreed_operating_model)
        .column("trainee", |view| view.occupancy.as_ref().map(|occupancy| occupancy.trainee))
        .filter::<Id>("Only positions held by this trainee on the day.")
        .external_ids(
            "external",
            "external_id",
            "Only the position that another system calls this: `system/id`.",
            |view| view.external_ids.clone(),
        )
        .external_ids(
            "occupancies_external",
            "occupancy_external_id",
            "Only the position with an occupancy, on whatever day, that another system calls this: \
             `system/id`. It is among `occupancies`.",
            ids_of_occupancies,
        )
        .and::<ExternalName, _>(SHOWN, seen_by_trainee)
        .body(|view| view)
});

/// Of everyone who held, holds or will hold it.
fn ids_of_occupancies(view: &PositionView) -> Vec<ExternalId> {
    view.occupancies.iter().flat_map(|held| held.external_ids.clone()).collect()
}

impl Table for Positions {
    type State = Option<Position>;
    type Line = PositionView;
    const NAME: &'static str = "positions";
    const VERSION: i32 = 4;
    const SUBJECT: &'static str = SUBJECT;
    const FORGETS: Option<&'static str> = None;

    fn lines(_key: &str, state: &Option<Position>) -> Vec<Stretch<PositionView>> {
        let Some(position) = state else { return vec![] };
        let lines = timeline(position.changes(), |day| PositionView::on(position, day));
        lines.into_iter().map(Stretch::from).collect()
    }

    fn columns() -> &'static Columns<PositionView> {
        &COLUMNS
    }
}
