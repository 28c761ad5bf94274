//! What is counted together, and what a row shows.

use serde_json::{Value, json};

use super::*;
use crate::http::report::Table;

fn row(programme: Option<u128>, municipality: &str, region: &str, filled: u64) -> Counted {
    Counted {
        programme: programme.map(Uuid::from_u128),
        municipality: Some(municipality.to_owned()),
        health_region: Some(region.to_owned()),
        filled: [[0, filled], [0, 0]],
        vacant: [1, 0],
        percent: 10_050,
        position_ids: vec![format!("{municipality}-{filled}")],
        ..Counted::default()
    }
}

fn counted_rows() -> Vec<Counted> {
    vec![
        row(Some(1), "1804", "nord", 2),
        row(None, "1804", "nord", 1),
        row(Some(1), "5001", "midt", 4),
    ]
}

fn table(group_by: GroupBy, explains: bool) -> Table {
    let (group_by, explain) = (Some(group_by), Some(Flag(explains)));
    let asked = StaffingParameters { group_by, explain, ..StaffingParameters::default() };
    STAFFING.table(&asked, counted_rows(), Reader::OfIndividuals)
}

fn column_of(table: &Table, name: &str) -> Vec<Value> {
    let place = table.columns.iter().position(|column| column.name == name);
    let place = place.expect("the test names a column");
    table.rows.iter().map(|row| row[place].clone()).collect()
}

#[test]
fn totals_count_a_municipality_once_however_many_programmes_it_is_in() {
    let totals = table(GroupBy::Municipality, false).totals;
    assert_eq!((&totals["positions"], &totals["filled"]), (&json!(10), &json!(7)));
    assert_eq!((&totals["municipalities"], &totals["percent"]), (&json!(2), &json!(301.5)));
    assert!(totals["subsidy_nok_per_year"].is_null());
}

#[test]
fn every_grouping_sums_the_same_counts() {
    for (group_by, keys, filled) in [
        (GroupBy::Municipality, ["1804", "5001"], [3, 4]),
        (GroupBy::Region, ["midt", "nord"], [4, 3]),
    ] {
        let table = table(group_by, false);
        let name = table.columns[0].name;
        assert_eq!(column_of(&table, name), keys.map(Value::from));
        assert_eq!(column_of(&table, "filled"), filled.map(Value::from));
    }
    let table = table(GroupBy::Programme, false);
    let none = Value::Null;
    let one = Value::from(Uuid::from_u128(1).to_string());
    assert_eq!(column_of(&table, "programme"), [none, one]);
    assert_eq!(column_of(&table, "filled"), [1, 6].map(Value::from));
}

#[test]
fn only_a_report_that_explains_itself_names_positions() {
    let plain = table(GroupBy::Region, false);
    assert!(plain.columns.iter().all(|column| column.name != "position_ids"));
    let explained = table(GroupBy::Region, true);
    let ids = json!(["1804-1", "1804-2"]);
    assert_eq!(column_of(&explained, "position_ids")[1], ids);
}

#[test]
fn every_position_is_in_one_leaf() {
    let mut leaves = Vec::new();
    for intended in [SELF_EMPLOYED, SALARIED] {
        for agreed in [SELF_EMPLOYED, SALARIED] {
            let mut row = Counted::default();
            row.filled[intended][agreed] = 1;
            leaves.push(row);
        }
        let mut row = Counted::default();
        row.vacant[intended] = 1;
        leaves.push(row);
        let mut row = Counted::default();
        row.suspended[intended] = 1;
        leaves.push(row);
    }
    for row in &leaves {
        assert_eq!(row.positions(), 1, "{row:?}");
    }
    assert_eq!(leaves.len(), POSITIONS.len());
}
