//! Figures of the sample for a caller who may see nobody: no count that is hidden from them follows
//! from what they are told. The rule is written down here once more, on the leaf counts that the
//! loader's answer gives, and tables that differ are looked for that it answers alike.

use serde_json::{Value, json};

use super::{Imported, staffing};
use crate::support::instance::token_as;
use alis::identity::cast::Scenario;

const DAYS: [&str; 3] = ["2019-06-30", "2020-03-31", "2021-12-31"];

/// The leaf counts of one municipality: filled by what was intended and agreed, then vacant by what
/// was intended. Nothing rests in the sample.
type Leaves = [u64; 6];

/// Which leaves each column sums up.
const SUMS: [(&str, &[usize]); 12] = [
    ("positions", &[0, 1, 2, 3, 4, 5]),
    ("filled", &[0, 1, 2, 3]),
    ("vacant", &[4, 5]),
    ("suspended", &[]),
    ("self_employed", &[0, 2]),
    ("salaried", &[1, 3]),
    ("intended_self_employed", &[0, 1, 4]),
    ("intended_salaried", &[2, 3, 5]),
    ("intended_self_employed_agreed_self_employed", &[0]),
    ("intended_self_employed_agreed_salaried", &[1]),
    ("intended_salaried_agreed_self_employed", &[2]),
    ("intended_salaried_agreed_salaried", &[3]),
];

fn leaves(row: &Value) -> Leaves {
    let count = |name: &str| row[name].as_u64().unwrap_or_else(|| panic!("{name}: {row}"));
    assert_eq!(count("suspended"), 0);
    let filled = [8, 9, 10, 11].map(|place: usize| count(SUMS[place].0));
    let [own_own, own_paid, paid_own, paid_paid] = filled;
    let vacant_own = count("intended_self_employed") - own_own - own_paid;
    let vacant_paid = count("intended_salaried") - paid_own - paid_paid;
    assert_eq!(vacant_own + vacant_paid, count("vacant"));
    [own_own, own_paid, paid_own, paid_paid, vacant_own, vacant_paid]
}

fn rounded(count: u64) -> u64 {
    if count < 5 { 0 } else { (count + 2) / 5 * 5 }
}

/// What is shown of one leaf over some municipalities: of those that are shown their figures, and
/// of the hidden ones together no more than all but one can have.
fn shown(counts: &[u64]) -> u64 {
    let (recorded, hidden): (Vec<u64>, Vec<u64>) = counts.iter().partition(|count| **count >= 5);
    let others = u64::try_from(hidden.len().saturating_sub(1)).expect("few");
    let recorded: u64 = recorded.into_iter().map(rounded).sum();
    recorded + rounded(hidden.into_iter().sum()).min(rounded(4 * others))
}

/// The counts of a row, or of the totals.
fn counts(over: &[Leaves]) -> Vec<Option<u64>> {
    let leaf = |place: usize| shown(&over.iter().map(|row| row[place]).collect::<Vec<_>>());
    let sum = |(_, leaves): &(&str, &[usize])| leaves.iter().map(|place| leaf(*place)).sum();
    SUMS.iter().map(sum).map(|sum: u64| (sum > 0).then_some(sum)).collect()
}

/// All counts of the report by municipality.
fn answer(table: &[Leaves]) -> Vec<Vec<Option<u64>>> {
    let rows = table.iter().map(|row| counts(std::slice::from_ref(row)));
    rows.chain([counts(table)]).collect()
}

fn recorded(figures: &Value) -> Vec<Option<u64>> {
    SUMS.iter().map(|(name, _)| figures[*name].as_u64()).collect()
}

fn rows(report: &Value) -> &[Value] {
    report["rows"].as_array().expect("rows")
}

/// A table in which a hidden leaf is another and the answer the same.
fn is_open(table: &[Leaves], (row, leaf): (usize, usize), value: u64) -> bool {
    let expected = answer(table);
    let hidden: Vec<usize> =
        (0..table.len()).filter(|other| *other != row && table[*other][leaf] < 5).collect();
    let most = 4 * u64::try_from(hidden.len()).expect("few");
    (0..=most).any(|rest| {
        let mut other = table.to_vec();
        other[row][leaf] = value;
        let mut left = rest;
        for row in &hidden {
            other[*row][leaf] = left.min(4);
            left -= left.min(4);
        }
        answer(&other) == expected
    })
}

/// No share of a full position tells what a count does not.
fn assert_amounts_follow(figures: &Value) {
    for (amount, count) in [("percent", "positions"), ("filled_percent", "filled")] {
        match figures[amount].as_f64() {
            None => {}
            Some(percent) => {
                assert!(!figures[count].is_null(), "{amount} without {count}: {figures}");
                assert_eq!(percent % 500.0, 0.0, "{amount}: {figures}");
            }
        }
    }
}

#[tokio::test]
async fn no_hidden_count_follows_from_what_is_told_to_somebody_who_sees_nobody() {
    let imported = Imported::start().await;
    let token = token_as(Scenario::Reporting);
    let client = imported.client();
    let reporting = client.showing(Some(&token));
    for day in DAYS {
        let query = format!("as_of={day}");
        let exact = staffing(&client, &query).await;
        let suppressed = staffing(&reporting, &query).await;
        for figures in rows(&suppressed).iter().chain([&suppressed["totals"]]) {
            assert_amounts_follow(figures);
        }
        let table: Vec<Leaves> = rows(&exact).iter().map(leaves).collect();
        let numbers = |report: &Value| -> Vec<Value> {
            rows(report).iter().map(|row| row["municipality"].clone()).collect()
        };
        assert_eq!(numbers(&suppressed), numbers(&exact));
        let all = rows(&suppressed).iter().chain([&suppressed["totals"]]);
        assert_eq!(all.map(recorded).collect::<Vec<_>>(), answer(&table), "{day}");
        for group in ["region", "programme"] {
            let query = format!("{query}&group_by={group}");
            let grouped = staffing(&reporting, &query).await;
            assert_eq!(rows(&grouped).len(), 1);
            assert_eq!(recorded(&rows(&grouped)[0]), counts(&table), "{day} by {group}");
            assert_eq!(recorded(&grouped["totals"]), counts(&table), "{day} by {group}");
        }
        let mut tried = 0;
        for row in 0..table.len() {
            for leaf in 0..table[row].len() {
                let hidden = table[row][leaf] < 5;
                for value in (0..5).filter(|_| hidden) {
                    let open = is_open(&table, (row, leaf), value);
                    assert!(open, "{day}: leaf {leaf} of {row} cannot be {value}: {table:?}");
                    tried += 1;
                }
            }
        }
        assert!(tried > 100, "{day}: only {tried} counts were tried");
    }
    imported.instance.stop().await;
}

#[tokio::test]
async fn a_table_as_csv_tells_no_more_than_as_json() {
    let imported = Imported::start().await;
    let token = token_as(Scenario::Reporting);
    let reporting = imported.client().showing(Some(&token));
    let query = "as_of=2020-03-31&group_by=region";
    let json = staffing(&reporting, query).await;
    let path = format!("/v1/reports/staffing?{query}&format=csv");
    let csv = reporting.get(&path).await.expect(200).text;
    let cells: Vec<&str> = csv.lines().nth(1).expect("one row").split(',').collect();
    let columns = json["columns"].as_array().expect("columns").iter();
    for (column, cell) in columns.zip(cells) {
        let value = &rows(&json)[0][column["name"].as_str().expect("a name")];
        let text = match value {
            Value::Null => String::new(),
            Value::String(text) => text.clone(),
            other @ (Value::Bool(_) | Value::Number(_) | Value::Array(_) | Value::Object(_)) => {
                other.to_string()
            }
        };
        assert_eq!(text, cell, "{column}");
    }
    assert_eq!(json["totals"]["percent"], json!(3000));
    imported.instance.stop().await;
}
