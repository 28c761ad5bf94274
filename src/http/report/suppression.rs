//! Counts for callers who may not see individuals. Pure, and nothing but arithmetic.
//!
//! A *leaf* is a group of one row that no other leaf shares anybody with. It is shown to the
//! nearest five, and not at all below five. What is worked out of several leaves must not give away
//! one that is hidden. So a figure is the sum of what is shown of its parts, and of the parts that
//! are hidden, counted together as if they were one: rounded like a leaf, and never more than what
//! the others can come to when one of them is nought.
//!
//! That holds as long as each hidden leaf is counted in one such figure, or in figures that lie
//! within one another: in a row of its column, and that row in the column's total. Sums across a
//! row are therefore of what is shown there, and nothing more. The tests below try every small
//! table: whatever was answered, each hidden leaf can still be 0, 1, 2, 3 or 4.
//! `docs/decisions/0011-figures-for-those-who-see-nobody.md` says why it is so and what it costs.

/// What counts are rounded to. Fewer than this are shown by no figure.
pub const STEP: u64 = 5;
/// The most that can be in a leaf that is hidden.
const HIDDEN_MAX: u64 = STEP - 1;

/// A count, as far as it is shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Cell {
    /// Its figure, a multiple of [`STEP`].
    Shown(u64),
    /// The count itself, for what it is counted together with. Nobody is shown it.
    Hidden(u64),
}

impl Cell {
    /// The figure, where there is one.
    pub fn figure(self) -> Option<u64> {
        match self {
            Cell::Shown(figure) => Some(figure),
            Cell::Hidden(_) => None,
        }
    }
}

/// A count that shares nobody with any other.
pub fn leaf(count: u64) -> Cell {
    match rounded(count) {
        0 => Cell::Hidden(count),
        figure => Cell::Shown(figure),
    }
}

/// Several counts together. What is shown of them is counted as it is shown: the hidden part of a
/// figure that is shown is let go, so that nothing is counted twice.
pub fn together(cells: impl IntoIterator<Item = Cell>) -> Cell {
    let (mut shown, mut hidden, mut hidden_cells) = (0, 0, 0);
    for cell in cells {
        match cell {
            Cell::Shown(figure) => shown += figure,
            Cell::Hidden(count) => {
                hidden += count;
                hidden_cells += 1;
            }
        }
    }
    match shown + rounded(hidden).min(most(hidden_cells)) {
        0 => Cell::Hidden(hidden),
        figure => Cell::Shown(figure),
    }
}

/// To the nearest multiple of [`STEP`], and nought below it.
fn rounded(count: u64) -> u64 {
    if count < STEP { 0 } else { (count + STEP / 2) / STEP * STEP }
}

/// The largest figure that so many hidden cells may have together: one that all of them but one can
/// come to by themselves, so that the one may be nought. Two of them have none: had they five or
/// more together, neither could be nought.
fn most(hidden_cells: u64) -> u64 {
    rounded(hidden_cells.saturating_sub(1) * HIDDEN_MAX)
}

#[cfg(test)]
mod tests;
