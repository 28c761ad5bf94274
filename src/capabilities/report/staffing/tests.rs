//! What is counted together, and what a row shows.

use super::*;

fn row(programme: Option<u128>, municipality: &str, region: &str, filled: i64) -> StaffingRow {
    StaffingRow {
        programme: programme.map(Uuid::from_u128),
        municipality: Some(municipality.to_owned()),
        health_region: Some(region.to_owned()),
        figures: Figures {
            positions: filled + 1,
            filled,
            vacant: 1,
            percent: PercentSum(10_050),
            ..Figures::default()
        },
        position_ids: vec![format!("{municipality}-{filled}")],
        ..StaffingRow::default()
    }
}

fn counted() -> Counted {
    Counted(vec![
        row(Some(1), "1804", "nord", 2),
        row(None, "1804", "nord", 1),
        row(Some(1), "5001", "midt", 4),
    ])
}

fn column_of(table: &Table, name: &str) -> Vec<Value> {
    let place = table.columns.iter().position(|column| column.name == name);
    let place = place.expect("the test names a column");
    table.rows.iter().map(|row| row[place].clone()).collect()
}

#[test]
fn totals_count_a_municipality_once_however_many_programmes_it_is_in() {
    let totals = counted().totals();
    assert_eq!((totals.figures.positions, totals.figures.filled), (10, 7));
    assert_eq!(totals.municipalities, 2);
}

#[test]
fn every_grouping_sums_the_same_counts() {
    for (group_by, keys, filled) in [
        (GroupBy::Municipality, ["1804", "5001"], [3, 4]),
        (GroupBy::Region, ["midt", "nord"], [4, 3]),
    ] {
        let totals = counted().totals();
        let table = counted().table(group_by, false, &totals);
        let name = table.columns[0].name;
        assert_eq!(column_of(&table, name), keys.map(Value::from));
        assert_eq!(column_of(&table, "filled"), filled.map(Value::from));
    }
    let table = counted().table(GroupBy::Programme, false, &counted().totals());
    let none = Value::Null;
    let one = Value::from(Uuid::from_u128(1).to_string());
    assert_eq!(column_of(&table, "programme"), [none, one]);
    assert_eq!(column_of(&table, "filled"), [1, 6].map(Value::from));
}

#[test]
fn only_a_report_that_explains_itself_names_positions() {
    let plain = counted().table(GroupBy::Region, false, &counted().totals());
    assert!(plain.columns.iter().all(|column| column.name != "position_ids"));
    let explained = counted().table(GroupBy::Region, true, &counted().totals());
    let ids = serde_json::json!(["1804-1", "1804-2"]);
    assert_eq!(column_of(&explained, "position_ids")[1], ids);
}

#[test]
fn sums_of_shares_keep_two_decimals() {
    let text = |hundredths| serde_json::to_string(&PercentSum(hundredths)).expect("a number");
    assert_eq!(text(311_000), "3110");
    assert_eq!(text(20_105), "201.05");
    assert_eq!(text(50), "0.5");
}
