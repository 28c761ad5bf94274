//! Whether the rows of a file fit together: order, repetition, overlap and open ends.

use jiff::civil::Date;

use super::requests::continuing;
use super::rows::{Read, Understood};
use super::table::Place;
use super::{
    CentralityValidity, Content, Finding, KlassFile, MunicipalityChange, MunicipalityValidity,
};
use crate::identifiers::MunicipalityNumber;
use crate::time::Period;

/// A statement about a number that holds for a time.
trait Dated: PartialEq {
    fn number(&self) -> &MunicipalityNumber;
    fn period(&self) -> Period;
}

impl Dated for MunicipalityValidity {
    fn number(&self) -> &MunicipalityNumber {
        &self.number
    }
    fn period(&self) -> Period {
        Period { from: self.from, to: self.to }
    }
}

impl Dated for CentralityValidity {
    fn number(&self) -> &MunicipalityNumber {
        &self.number
    }
    fn period(&self) -> Period {
        Period { from: self.from, to: self.to }
    }
}

pub(super) fn check(read: Read) -> KlassFile {
    let Read { rows, not_stated, mut findings } = read;
    let content = match rows {
        Understood::Municipalities(rows) => {
            Content::Municipalities(settle_dated(rows, &mut findings))
        }
        Understood::Changes(rows) => Content::Changes(settle_changes(rows, &mut findings)),
        Understood::Centralities(rows) => Content::Centralities(settle_dated(rows, &mut findings)),
    };
    KlassFile { content, not_stated, findings }
}

/// Sorts, and keeps for each number the rows that do not contradict an earlier one. The earlier
/// row wins because somebody has to; both are named so that a person can look.
fn settle_dated<T: Dated>(mut rows: Vec<(Place, T)>, findings: &mut Vec<Finding>) -> Vec<T> {
    rows.sort_by(|(_, a), (_, b)| {
        (a.number(), a.period().from).cmp(&(b.number(), b.period().from))
    });
    let mut kept: Vec<(Place, T)> = Vec::with_capacity(rows.len());
    for (place, row) in rows {
        let clash = kept.last().filter(|(_, last)| {
            last.number() == row.number() && last.period().overlap(&row.period()).is_some()
        });
        match clash {
            None => kept.push((place, row)),
            Some((of, last)) if *last == row => {
                findings.push(Finding::Duplicate { place, of: *of })
            }
            Some((with, _)) => {
                let number = row.number().clone();
                findings.push(Finding::Overlap { place, with: *with, number });
            }
        }
    }
    findings.extend(no_open_end(kept.iter().map(|(_, row)| row.period())));
    kept.into_iter().map(|(_, row)| row).collect()
}

/// A country always has municipalities, so a list where each one ends was cut by its question.
fn no_open_end(periods: impl Iterator<Item = Period>) -> Option<Finding> {
    let ends: Option<Vec<Date>> = periods.map(|period| period.to).collect();
    ends?.into_iter().max().map(|last| Finding::NoOpenEnd { last })
}

fn settle_changes(
    mut rows: Vec<(Place, MunicipalityChange)>,
    findings: &mut Vec<Finding>,
) -> Vec<MunicipalityChange> {
    fn key(change: &MunicipalityChange) -> (&MunicipalityNumber, Date, &MunicipalityNumber) {
        (&change.old_number, change.on, &change.new_number)
    }
    rows.sort_by(|(_, a), (_, b)| key(a).cmp(&key(b)));
    let mut kept: Vec<(Place, MunicipalityChange)> = Vec::with_capacity(rows.len());
    for (place, row) in rows {
        match kept.last().filter(|(_, last)| key(last) == key(&row)) {
            None => kept.push((place, row)),
            Some((of, _)) => findings.push(Finding::Duplicate { place, of: *of }),
        }
    }
    findings.extend(boundaries_moved(&kept));
    kept.into_iter().map(|(_, row)| row).collect()
}

fn boundaries_moved(changes: &[(Place, MunicipalityChange)]) -> Vec<Finding> {
    let continuing = continuing(changes.iter().map(|(_, change)| change));
    changes
        .iter()
        .filter(|(_, change)| change.old_number != change.new_number)
        .filter(|(_, change)| continuing.contains(&(&change.old_number, change.on)))
        .map(|(place, change)| Finding::BoundaryMoved {
            place: *place,
            from: change.old_number.clone(),
            to: change.new_number.clone(),
            on: change.on,
        })
        .collect()
}
