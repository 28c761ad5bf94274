//! The columns of a report. A column is declared by its kind, and the kind is what holds the
//! function that reads it from a row; so what a caller who may not see individuals is shown follows
//! from the declaration. Nothing else decides it, and no column can be without it.

use std::collections::BTreeSet;

use serde_json::{Value, json};
use uuid::Uuid;

use super::suppression::{self, Cell};
use crate::edge::Day;
use crate::problem::Words;

/// An id, for examples.
pub const AN_ID: &str = "01890a5d-ac96-774b-bcce-b302099a8058";
/// How many ids or codes one cell holds.
pub const SEVERAL_MAX: usize = 1_000;

/// Counts what one row holds of something. The leaves of a report share nobody with each other:
/// who is counted by one is counted by no other. Figures are sums of them.
pub type Leaf<R> = fn(&R) -> u64;

/// Somebody, or something that is somebody's.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Person(pub Uuid);

/// A word of a closed list, and how it is read by people.
#[derive(Debug, Clone, Copy)]
pub struct Word {
    pub code: &'static str,
    pub words: Words,
}

/// What an amount is counted in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Unit {
    /// Shares of full positions, in hundredths of a per cent.
    Percent,
    /// Norwegian kroner.
    Kroner,
}

/// What a column holds, and how it is read from a row.
#[derive(Clone, Copy)]
pub enum Kind<R: 'static> {
    /// How many.
    Count(Leaf<R>),
    /// How many in several leaves.
    Sum(&'static [Leaf<R>]),
    /// How many of a whole, in per cent: the whole is the part and the rest.
    Share { part: &'static [Leaf<R>], rest: &'static [Leaf<R>] },
    /// An amount, and for how many. For callers who may not see individuals it is that of the
    /// number that is shown, to the nearest `step`: no exact count may follow from it.
    Amount { of: fn(&R) -> Option<i64>, counted: &'static [Leaf<R>], unit: Unit, step: i64 },
    /// How many different ones there are of something that is nobody's: of municipalities.
    Different(fn(&R) -> Option<String>),
    /// How many different persons, or things of theirs, there are.
    DifferentPersons(fn(&R) -> Option<Person>),
    /// An id or code of something that is nobody's: a municipality, a programme.
    Id(fn(&R) -> Option<String>),
    /// The name of something that is nobody's.
    Text(fn(&R) -> Option<String>),
    /// Who it is.
    Person(fn(&R) -> Option<Person>),
    /// A word about somebody.
    Word { of: fn(&R) -> Option<&'static str>, words: &'static [Word] },
    /// Yes or no, of somebody.
    Flag(fn(&R) -> Option<bool>),
    /// A day in somebody's life.
    Date(fn(&R) -> Option<Day>),
    /// Several ids or codes that lead to somebody.
    Several(fn(&R) -> &[String]),
}

/// A column, or a figure that stands among the totals alone.
#[derive(Clone, Copy)]
pub struct Column<P: 'static, R: 'static> {
    pub name: &'static str,
    pub heading: Words,
    pub kind: Kind<R>,
    /// What it holds, for the documentation.
    pub about: &'static str,
    /// What it may hold, as text.
    pub example: &'static str,
    /// Whether it may be empty, also for who may see individuals.
    pub maybe: bool,
    /// For which parameters it is there; for all of them without.
    pub only: Option<fn(&P) -> bool>,
}

impl<R> Kind<R> {
    /// A column of this kind. The heading is English, then Norwegian.
    pub const fn named<P>(self, name: &'static str, heading: [&'static str; 2]) -> Column<P, R> {
        let [en, nb] = heading;
        let heading = Words { en, nb };
        Column { name, heading, kind: self, about: "", example: "", maybe: false, only: None }
    }
}

impl<P, R> Column<P, R> {
    /// What it holds, in every row, and an example of it.
    pub const fn about(self, about: &'static str, example: &'static str) -> Self {
        Self { about, example, ..self }
    }

    /// What it holds, in some rows, and an example of it.
    pub const fn maybe(self, about: &'static str, example: &'static str) -> Self {
        Self { about, example, maybe: true, ..self }
    }

    /// The same, there for some parameters only.
    pub const fn only(self, when: fn(&P) -> bool) -> Self {
        Self { only: Some(when), ..self }
    }

    /// Whether it is there.
    pub fn is_in(&self, parameters: &P) -> bool {
        self.only.is_none_or(|when| when(parameters))
    }
}

/// A word and how it is read: `[code, English, Norwegian]`.
pub const fn word([code, en, nb]: [&'static str; 3]) -> Word {
    Word { code, words: Words { en, nb } }
}

static YES_OR_NO: &[Word] = &[word(["true", "Yes", "Ja"]), word(["false", "No", "Nei"])];

/// Who reads a report.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Reader {
    /// Somebody who may see the individuals that are counted.
    OfIndividuals,
    /// Somebody who may not: figures only, suppressed.
    OfFigures,
}

/// The rows that are counted together, by what they are shown as: one group for a row of the
/// report, all of them for its totals.
pub type Groups<'a, R> = &'a [Vec<R>];

impl<R> Kind<R> {
    /// Whether it is a figure, which has a total.
    pub fn is_figure(&self) -> bool {
        match self {
            Kind::Count(_)
            | Kind::Sum(_)
            | Kind::Share { .. }
            | Kind::Amount { .. }
            | Kind::Different(_)
            | Kind::DifferentPersons(_) => true,
            Kind::Id(_)
            | Kind::Text(_)
            | Kind::Person(_)
            | Kind::Word { .. }
            | Kind::Flag(_)
            | Kind::Date(_)
            | Kind::Several(_) => false,
        }
    }

    /// Whether it is of somebody, and so for those who may see individuals alone.
    pub fn is_somebodys(&self) -> bool {
        match self {
            Kind::Person(_)
            | Kind::DifferentPersons(_)
            | Kind::Word { .. }
            | Kind::Flag(_)
            | Kind::Date(_)
            | Kind::Several(_) => true,
            Kind::Count(_)
            | Kind::Sum(_)
            | Kind::Share { .. }
            | Kind::Amount { .. }
            | Kind::Different(_)
            | Kind::Id(_)
            | Kind::Text(_) => false,
        }
    }

    /// Whether it may be hidden from those who may not see individuals.
    pub fn is_suppressed(&self) -> bool {
        self.is_figure() || self.is_somebodys()
    }

    /// How its values are read by people, where they are words.
    pub fn words(&self) -> &'static [Word] {
        match self {
            Kind::Word { words, of: _ } => words,
            Kind::Flag(_) => YES_OR_NO,
            Kind::Count(_)
            | Kind::Sum(_)
            | Kind::Share { .. }
            | Kind::Amount { .. }
            | Kind::Different(_)
            | Kind::DifferentPersons(_)
            | Kind::Id(_)
            | Kind::Text(_)
            | Kind::Person(_)
            | Kind::Date(_)
            | Kind::Several(_) => &[],
        }
    }

    /// What a reader is shown of some groups.
    pub fn value(&self, groups: Groups<'_, R>, reader: Reader) -> Value {
        let first = || groups.iter().flatten().next();
        let seen = || first().filter(|_| reader == Reader::OfIndividuals);
        match self {
            Kind::Count(leaf) => json!(counted(groups, &[*leaf], reader)),
            Kind::Sum(leaves) => json!(counted(groups, leaves, reader)),
            Kind::Share { part, rest } => {
                let (part, rest) = (counted(groups, part, reader), counted(groups, rest, reader));
                json!(part.zip(rest).and_then(|(part, rest)| share(part, rest)))
            }
            Kind::Amount { of, counted: leaves, unit, step } => {
                let amount = amount(groups, *of, leaves, (*step, reader));
                amount.map_or(Value::Null, |amount| unit.number(amount))
            }
            Kind::Different(of) => {
                let count = different(groups, *of);
                json!(match reader {
                    Reader::OfIndividuals => Some(count),
                    Reader::OfFigures => suppression::leaf(count).figure(),
                })
            }
            Kind::DifferentPersons(of) => {
                json!((reader == Reader::OfIndividuals).then(|| different(groups, *of)))
            }
            Kind::Id(of) | Kind::Text(of) => json!(first().and_then(of)),
            Kind::Person(of) => json!(seen().and_then(of).map(|person| person.0)),
            Kind::Word { of, words: _ } => json!(seen().and_then(of)),
            Kind::Flag(of) => json!(seen().and_then(of)),
            Kind::Date(of) => json!(seen().and_then(of)),
            Kind::Several(of) => match reader {
                Reader::OfIndividuals => several(groups, *of),
                Reader::OfFigures => Value::Null,
            },
        }
    }
}

impl Unit {
    /// An amount as a JSON number.
    fn number(self, amount: i64) -> Value {
        match self {
            Unit::Percent if amount % 100 == 0 => json!(amount / 100),
            // The nearest double of a number with two decimals prints as that number again.
            Unit::Percent => json!(decimal(amount).parse::<f64>().ok()),
            Unit::Kroner => json!(amount),
        }
    }
}

/// Hundredths with their two decimals.
fn decimal(hundredths: i64) -> String {
    let sign = if hundredths < 0 { "-" } else { "" };
    let (whole, rest) = (hundredths.unsigned_abs() / 100, hundredths.unsigned_abs() % 100);
    format!("{sign}{whole}.{rest:02}")
}

/// How many leaves hold together, as far as a reader is shown it.
fn counted<R>(groups: Groups<'_, R>, leaves: &[Leaf<R>], reader: Reader) -> Option<u64> {
    match reader {
        Reader::OfIndividuals => Some(exact(groups, leaves)),
        Reader::OfFigures => {
            let figures = leaves.iter().filter_map(|leaf| shown(groups, *leaf).figure());
            figures.reduce(|sum, figure| sum + figure)
        }
    }
}

fn exact<R>(groups: Groups<'_, R>, leaves: &[Leaf<R>]) -> u64 {
    groups.iter().flatten().map(|row| leaves.iter().map(|leaf| leaf(row)).sum::<u64>()).sum()
}

/// One leaf over some groups: groups are worked out of their rows, and what is over all of them of
/// the groups as they are shown.
fn shown<R>(groups: Groups<'_, R>, leaf: Leaf<R>) -> Cell {
    let group =
        |rows: &Vec<R>| suppression::together(rows.iter().map(|row| suppression::leaf(leaf(row))));
    suppression::together(groups.iter().map(group))
}

fn share(part: u64, rest: u64) -> Option<f64> {
    let whole = part + rest;
    let hundredths = (part * 10_000 + whole / 2).checked_div(whole)?;
    decimal(i64::try_from(hundredths).ok()?).parse().ok()
}

/// The amount of all rows, or of as many as are shown.
fn amount<R>(
    groups: Groups<'_, R>,
    of: fn(&R) -> Option<i64>,
    leaves: &[Leaf<R>],
    (step, reader): (i64, Reader),
) -> Option<i64> {
    let known = groups.iter().flatten().filter_map(of);
    let whole = known.fold(None, |sum: Option<i64>, amount| Some(sum.unwrap_or(0) + amount))?;
    match reader {
        Reader::OfIndividuals => Some(whole),
        Reader::OfFigures => {
            let shown = i128::from(counted(groups, leaves, reader)?);
            let (all, step) = (i128::from(exact(groups, leaves)), i128::from(step));
            let per_step = 2 * all * step;
            let steps = (2 * i128::from(whole) * shown + all * step).checked_div(per_step)?;
            i64::try_from(steps * step).ok().filter(|amount| *amount != 0)
        }
    }
}

/// Each of several once, in order, and no more than one cell holds.
fn several<R>(groups: Groups<'_, R>, of: fn(&R) -> &[String]) -> Value {
    let all: BTreeSet<&String> = groups.iter().flatten().flat_map(of).collect();
    all.into_iter().take(SEVERAL_MAX).cloned().collect()
}

fn different<R, T: Ord>(groups: Groups<'_, R>, of: fn(&R) -> Option<T>) -> u64 {
    let all: BTreeSet<T> = groups.iter().flatten().filter_map(of).collect();
    u64::try_from(all.len()).unwrap_or(u64::MAX)
}

#[cfg(test)]
mod tests;
