//! The read model `municipalities`: every number on the days it is in use, findable by name in any
//! language, county, region, office and centrality.

use std::collections::BTreeSet;

use super::domain::MUNICIPALITY;
use super::geography;
use super::municipality::Municipality;
use super::view::MunicipalityView;
use crate::event_log::projection::{ReadModel, Row, timeline};

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

impl ReadModel for Municipalities {
    type State = Municipality;
    const NAME: &'static str = "municipalities";
    const VERSION: i32 = 3;
    const SUBJECT: &'static str = MUNICIPALITY;
    const TABLE: &'static str = include_str!("sql/municipalities.sql");
    const COLUMNS: &'static str = "name_order, names, county, health_region, centrality, alis_office, \
        body";

    fn rows(_key: &str, state: &Municipality) -> Vec<Row> {
        let Ok(known) = state.known() else { return vec![] };
        let changes = known.changes().into_iter().chain(geography::changes());
        let in_use = |day| MunicipalityView::on(state, day).filter(|view| view.in_use);
        let rows = timeline(changes, in_use);
        rows.into_iter()
            .map(|(period, view)| {
                Row::new(period)
                    .text(&view.name.in_order())
                    .texts(names(view.name.as_str()))
                    .maybe(view.county.as_ref().map(|county| county.number))
                    .maybe(view.health_region)
                    .maybe(view.centrality.map(|class| class.0))
                    .maybe(view.alis_office)
                    .json(&view)
            })
            .collect()
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
