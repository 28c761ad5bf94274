//! Figures for callers who may not see individuals: rounded so that no person can be told from
//! them.
//!
//! Every count is rounded to a multiple of five by itself, and one below five is not told at all.
//! Totals are rounded from the true total, not summed from rounded rows, so no cell follows from
//! the others in its row or column. Two answers about neighbouring days, or before and after a late
//! fact, could still be compared: so such callers get the ends of months only, as they are known
//! now, and the least that two answers can differ by is five. See docs/security.md for what that
//! does not stop.

use jiff::civil::Date;
use serde_json::{Map, Value};

use super::actor::Reach;
use super::read::Read;
use super::report::Table;
use super::{ProblemResponse, today};
use crate::edge::{Fault, FieldFault};

/// What counts are rounded to. Fewer persons than this are told by no figure.
pub const CELL_MIN: i64 = 5;

/// Whether a caller gets rounded figures.
pub fn applies_to(reach: &Reach) -> bool {
    !reach.sees_everything() && !reach.sees_some_municipality()
}

/// The day that rounded figures are about: the last one of a month, the month before this one by
/// default.
///
/// # Errors
/// When another day, or an earlier state of knowledge, is asked about.
pub fn day(read: &Read) -> Result<Date, ProblemResponse> {
    let mut faults = Vec::new();
    if read.known_at.is_some() {
        let fault = Fault::new(
            "known_now_only",
            "Rounded figures are told as they are known now.",
            "Avrundede tall gis slik de er kjent nå.",
        );
        faults.push(FieldFault::at("/query/known_at", fault));
    }
    let asked = read.as_of.unwrap_or_else(|| crate::time::day_before(today().first_of_month()));
    if asked != asked.last_of_month() || asked >= today() {
        let fault = Fault::new(
            "month_ends_only",
            "Rounded figures are told for the last day of a month that is over.",
            "Avrundede tall gis for den siste dagen i en måned som er omme.",
        );
        faults.push(FieldFault::at("/query/as_of", fault));
    }
    if faults.is_empty() { Ok(asked) } else { Err(ProblemResponse::faults(faults)) }
}

/// A table with its counts rounded. `kept` names the columns that count no persons: keys and names.
pub fn rounded(table: Table, kept: &[&str]) -> Table {
    let columns = table.columns;
    let round_row = |row: Vec<Value>| {
        let cells = columns.iter().zip(row);
        let cells = cells.map(
            |(column, cell)| {
                if kept.contains(&column.name) { cell } else { rounded_cell(&cell) }
            },
        );
        cells.collect()
    };
    let rows = table.rows.into_iter().map(round_row).collect();
    let totals: Map<String, Value> = table
        .totals
        .into_iter()
        .map(|(name, cell)| {
            let keep = kept.contains(&name.as_str());
            (name, if keep { cell } else { rounded_cell(&cell) })
        })
        .collect();
    Table { rows, totals, ..table }
}

/// A count rounded to a multiple of [`CELL_MIN`]; a smaller one is not told. What is worked out
/// from a count is worked out from this one.
pub fn rounded_count(count: i64) -> Option<i64> {
    (count >= CELL_MIN).then(|| (count + CELL_MIN / 2) / CELL_MIN * CELL_MIN)
}

/// The same of a cell; what is no whole number is not told.
fn rounded_cell(cell: &Value) -> Value {
    cell.as_i64().and_then(rounded_count).map_or(Value::Null, Value::from)
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn a_count_is_told_to_the_nearest_five_and_a_small_one_not_at_all() {
        let told: Vec<Value> = (0..13).map(|count| rounded_cell(&json!(count))).collect();
        let expected = json!([null, null, null, null, null, 5, 5, 5, 10, 10, 10, 10, 10]);
        assert_eq!(Value::Array(told), expected);
    }

    #[test]
    fn two_answers_never_differ_by_less_than_five_persons() {
        for count in 0..500_i64 {
            let (one, other) = (rounded_cell(&json!(count)), rounded_cell(&json!(count + 1)));
            let apart = other.as_i64().unwrap_or(0) - one.as_i64().unwrap_or(0);
            assert!([0, CELL_MIN].contains(&apart), "{count}");
        }
    }

    #[test]
    fn shares_and_lists_are_not_told() {
        assert_eq!(rounded_cell(&json!(12.5)), Value::Null);
        assert_eq!(rounded_cell(&json!(["a"])), Value::Null);
    }
}
