//! The table `municipalities`: every number on the days it is in use, findable by name in any
//! language, county, region, office and centrality.

use std::collections::BTreeSet;
use std::sync::LazyLock;

use super::domain::{Centrality, MUNICIPALITY};
use super::geography::{self, CountyNumber, HealthRegion};
use super::municipality::Municipality;
use super::view::MunicipalityView;
use crate::edge::Id;
use crate::event_log::projection::timeline;
use crate::http::list::Rows;
use crate::http::listing::{Columns, InOrder, Stretch, Table};
use crate::http::page::By;
use crate::identifiers::{MunicipalityNumber, Name};

/// See the module.
pub struct Municipalities;

/// The form in which names are compared: case does not tell municipalities apart.
pub fn comparable(name: &str) -> String {
    name.trim().to_lowercase()
}

/// Every name a municipality can be asked for by, the one on record among them.
fn names(recorded: &str) -> BTreeSet<String> {
    let spellings = geography::spellings(recorded);
    spellings.into_iter().chain([recorded]).map(comparable).collect()
}

static COLUMNS: LazyLock<Columns<MunicipalityView>> = LazyLock::new(|| {
    Columns::<MunicipalityView>::new(Rows::open(), By::key("number", "Their number."))
        .index("(log, key)")
        .column("name_order", |view| InOrder(view.name.in_order()))
        .order("name", "Their name, in the Norwegian order of letters.")
        // The key is the number.
        .filter_where::<MunicipalityNumber>(
            "number",
            "Only the municipality with this number.",
            "key = $$",
        )
        .column("names", |view| names(view.name.as_str()).into_iter().collect::<Vec<_>>())
        .filter_of::<Name, _>(
            "name",
            "Only municipalities of this name, in any of its languages, with or without the county \
             that is added to names that two share. Capitals do not matter.",
            "names @> array[$$::text]",
            |_, name| Some(comparable(name.as_str())),
        )
        .maybe_word("county", |view| view.county.as_ref().map(|county| county.number))
        .filter::<CountyNumber>("Only municipalities of this county on the day.")
        .maybe_word("health_region", |view| view.health_region)
        .filter::<HealthRegion>("Only municipalities of this health region on the day.")
        .column("alis_office", |view| view.alis_office)
        .filter::<Id>("Only municipalities that this ALIS office answers for on the day.")
        .column("centrality", |view| view.centrality.map(|class| class.0))
        .filter_of::<Centrality, _>(
            "centrality",
            "Only municipalities of this centrality class on the day.",
            "centrality = $$",
            |_, class| Some(i16::from(class.0)),
        )
        .body(|view| view)
});

impl Table for Municipalities {
    type State = Option<Municipality>;
    type Line = MunicipalityView;
    const NAME: &'static str = "municipalities";
    const VERSION: i32 = 4;
    const SUBJECT: &'static str = MUNICIPALITY;
    const FORGETS: Option<&'static str> = None;

    fn lines(_key: &str, state: &Option<Municipality>) -> Vec<Stretch<MunicipalityView>> {
        let Some(municipality) = state else { return vec![] };
        let changes = municipality.changes().into_iter().chain(geography::changes());
        let in_use = |day| MunicipalityView::on(municipality, day).filter(|view| view.in_use);
        timeline(changes, in_use).into_iter().map(Stretch::from).collect()
    }

    fn columns() -> &'static Columns<MunicipalityView> {
        &COLUMNS
    }
}

#[cfg(test)]
mod tests {
    use super::names;

    #[test]
    fn a_municipality_is_found_by_each_of_its_names() {
        let found: Vec<String> = names("Oslo - Oslove").into_iter().collect();
        assert_eq!(found, ["oslo", "oslo - oslove", "oslove"]);
        assert!(names("HERØY (Nordland)").contains("herøy"));
        assert_eq!(names("Sør-Varanger").len(), 1);
    }
}
