//! Every small table: what was answered leaves each hidden count open.

use std::collections::HashMap;

use super::*;

/// A table of one column: rows that are shown, each of the leaves it sums up.
type Table = [usize];
/// What is shown of leaves, of rows, and of the total.
type Answer = (Vec<Option<u64>>, Vec<Option<u64>>, Option<u64>);

/// Everything that follows from a table's counts. The leaves are more than a report shows: it
/// shows rows.
fn answered(table: &Table, counts: &[u64]) -> Answer {
    let leaves: Vec<Cell> = counts.iter().map(|count| leaf(*count)).collect();
    let mut rest = leaves.as_slice();
    let mut rows = Vec::new();
    for size in table {
        let (row, others) = rest.split_at(*size);
        rows.push(together(row.iter().copied()));
        rest = others;
    }
    let total = together(rows.iter().copied());
    let figures = |cells: Vec<Cell>| cells.into_iter().map(Cell::figure).collect();
    (figures(leaves), figures(rows), total.figure())
}

/// The values 0 to 4 as bits, which a hidden leaf can still have.
const EVERY: u8 = 0b11111;

/// For each answer there is, the values of each hidden leaf among the tables that give it.
fn possible(table: &Table, count_max: u64) -> HashMap<Answer, Vec<u8>> {
    let cells: usize = table.iter().sum();
    let mut counts = vec![0; cells];
    let mut possible = HashMap::new();
    loop {
        let values = possible.entry(answered(table, &counts)).or_insert_with(|| vec![0; cells]);
        for (values, count) in values.iter_mut().zip(&counts) {
            *values |= if *count < STEP { 1 << *count } else { EVERY };
        }
        let Some(next) = counts.iter().position(|count| *count < count_max) else {
            return possible;
        };
        counts[..next].fill(0);
        counts[next] += 1;
    }
}

fn assert_open(table: &Table, count_max: u64) {
    for (answer, values) in possible(table, count_max) {
        let open = values.iter().all(|values| *values == EVERY);
        assert!(open, "{table:?} answered {answer:?}: {values:?}");
    }
}

#[test]
fn a_total_leaves_each_hidden_count_open() {
    for table in [&[1][..], &[1, 1], &[1, 1, 1], &[1, 1, 1, 1]] {
        assert_open(table, 14);
    }
    // Larger ones, in which a count above five is like one of five.
    for table in [&[1, 1, 1, 1, 1][..], &[1, 1, 1, 1, 1, 1]] {
        assert_open(table, 5);
    }
}

#[test]
fn rows_and_their_total_together_leave_each_hidden_count_open() {
    for table in [&[2, 1][..], &[2, 2], &[3, 1], &[1, 1, 2]] {
        assert_open(table, 9);
    }
    for table in [&[3, 3][..], &[2, 2, 2], &[3, 1, 1], &[3, 1, 1, 1], &[4, 2], &[5, 1]] {
        assert_open(table, 5);
    }
}

#[test]
fn a_leaf_is_shown_to_the_nearest_five_and_a_small_one_not_at_all() {
    let shown: Vec<Option<u64>> = (0..13).map(|count| leaf(count).figure()).collect();
    let (none, five, ten) = (None, Some(5), Some(10));
    assert_eq!(shown[..8], [none, none, none, none, none, five, five, five]);
    assert_eq!(shown[8..], [ten; 5]);
}

#[test]
fn two_answers_never_differ_by_less_than_five() {
    let figure = |count: u64| leaf(count).figure().unwrap_or(0);
    for count in 0..500 {
        assert!([0, STEP].contains(&(figure(count + 1) - figure(count))), "{count}");
    }
}

#[test]
fn figures_are_of_what_is_shown_and_of_the_hidden_together() {
    let of = |counts: &[u64]| together(counts.iter().map(|count| leaf(*count)));
    assert_eq!(of(&[11, 6]), Cell::Shown(15), "10 and 5, as they are shown");
    assert_eq!(of(&[11, 4]), Cell::Shown(10), "of one hidden count nothing is shown");
    assert_eq!(of(&[4, 4]), Cell::Hidden(8), "with 5 shown, neither could be 0");
    assert_eq!(of(&[2, 2, 2]), Cell::Shown(5));
    assert_eq!(of(&[4, 4, 4]), Cell::Shown(10));
    assert_eq!(of(&[1, 1, 2]), Cell::Hidden(4));
    assert_eq!(of(&[1; 32]), Cell::Shown(30));
    assert_eq!(of(&[]), Cell::Hidden(0));
}
