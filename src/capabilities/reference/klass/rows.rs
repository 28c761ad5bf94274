//! Rows of texts become municipalities, changes and centrality classes.

use std::fmt;

use jiff::civil::Date;

use super::table::{Form, Place, Row, Table};
use super::{
    CENTRALITY_STANDARD_FROM, CentralityValidity, Finding, KlassError, MunicipalityChange,
    MunicipalityValidity,
};
use crate::edge::{Day, FromText, echo};
use crate::identifiers::{MunicipalityNumber, Name};
use crate::time::{Period, day_before};

/// Faults named in one answer; what comes after is noise to a reader.
const FAULTS_MAX: usize = 20;

/// Signs of a name that lost letters: `?` and U+FFFD stand for what an encoding could not hold, and
/// `Ã` is half a letter of UTF-8 read as ISO-8859-1. No municipality has any of them in its name.
const DAMAGE: [char; 3] = ['?', '\u{FFFD}', 'Ã'];

/// A field that could not be read, and where.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RowFault {
    pub place: Place,
    /// The column, by SSB's name for it.
    pub field: &'static str,
    pub problem: String,
}

impl fmt::Display for RowFault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}, {}: {}", self.place, self.field, self.problem)
    }
}

/// The faults of a file: the first of them, and how many there are.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct RowFaults {
    pub shown: Vec<RowFault>,
    pub total: usize,
}

impl RowFaults {
    fn push(&mut self, fault: RowFault) {
        self.total += 1;
        if self.shown.len() < FAULTS_MAX {
            self.shown.push(fault);
        }
    }
}

impl fmt::Display for RowFaults {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let shown: Vec<String> = self.shown.iter().map(RowFault::to_string).collect();
        f.write_str(&shown.join("; "))?;
        match self.total.saturating_sub(self.shown.len()) {
            0 => Ok(()),
            more => write!(f, "; and {more} more"),
        }
    }
}

/// Rows that were understood, each with its place, in the order of the file.
#[derive(Debug)]
pub(super) enum Understood {
    Municipalities(Vec<(Place, MunicipalityValidity)>),
    Changes(Vec<(Place, MunicipalityChange)>),
    Centralities(Vec<(Place, CentralityValidity)>),
}

/// A file whose rows were understood one by one. Whether they fit together is checked next.
#[derive(Debug)]
pub(super) struct Read {
    pub rows: Understood,
    pub not_stated: usize,
    pub findings: Vec<Finding>,
}

/// What became of one row.
enum Outcome<T> {
    Kept(T),
    /// About 9999.
    NotStated,
    /// Left out for a reason that is told row by row.
    Recorded(Finding),
    /// Of the centrality standard before this one.
    Older,
}

/// What is collected while the rows are read.
#[derive(Default)]
struct Gathered {
    not_stated: usize,
    older: usize,
    findings: Vec<Finding>,
    faults: RowFaults,
}

pub(super) fn read(table: &Table) -> Result<Read, KlassError> {
    let mut gathered = Gathered::default();
    let rows = match table.form {
        Form::Codes => Understood::Municipalities(gathered.gather(table, municipality)),
        Form::Changes => {
            let changes = gathered.gather(table, change);
            gathered.findings.extend(damaged_names(&changes));
            Understood::Changes(changes)
        }
        Form::Correspondence => Understood::Centralities(gathered.gather(table, centrality)),
    };
    if gathered.faults.total > 0 {
        return Err(KlassError::Rows(gathered.faults));
    }
    if gathered.older > 0 {
        gathered.findings.push(Finding::OlderCentrality { rows: gathered.older });
    }
    if table.rows.is_empty() {
        gathered.findings.push(Finding::Empty);
    }
    Ok(Read { rows, not_stated: gathered.not_stated, findings: gathered.findings })
}

impl Gathered {
    fn gather<T>(
        &mut self,
        table: &Table,
        understand: impl Fn(&Row) -> Result<Outcome<T>, RowFault>,
    ) -> Vec<(Place, T)> {
        let mut kept = Vec::new();
        for row in &table.rows {
            let outcome = match &row.broken {
                Some((field, problem)) => Err(fault(row, field, problem.clone())),
                None => understand(row),
            };
            match outcome {
                Ok(Outcome::Kept(value)) => kept.push((row.place, value)),
                Ok(Outcome::NotStated) => self.not_stated += 1,
                Ok(Outcome::Recorded(finding)) => self.findings.push(finding),
                Ok(Outcome::Older) => self.older += 1,
                Err(fault) => self.faults.push(fault),
            }
        }
        kept
    }
}

fn municipality(row: &Row) -> Result<Outcome<MunicipalityValidity>, RowFault> {
    let Some(number) = number(row, "code")? else { return Ok(Outcome::NotStated) };
    let name = name(row, "name")?;
    if is_damaged(&name) {
        let problem = format!(
            "`{name}` has lost letters that the file's encoding lacks: ask for JSON, or for CSV \
             in UTF-8"
        );
        return Err(fault(row, "name", problem));
    }
    // The pair that says when a code begins also says when it ends.
    let requested = row.get("validFromInRequestedRange").is_some();
    let Period { from, to } = if requested || row.get("validFrom").is_none() {
        period(row, "validFromInRequestedRange", "validToInRequestedRange")?
    } else {
        period(row, "validFrom", "validTo")?
    };
    Ok(Outcome::Kept(MunicipalityValidity { number, name, from, to }))
}

fn change(row: &Row) -> Result<Outcome<MunicipalityChange>, RowFault> {
    let place = row.place;
    let on = day(row, "changeOccurred")?.ok_or_else(|| missing(row, "changeOccurred"))?;
    let is_there = |column| row.get(column).is_some();
    let outcome = match (is_there("oldCode"), is_there("newCode")) {
        (false, false) => return Err(missing(row, "oldCode")),
        (false, true) => match number(row, "newCode")? {
            Some(number) => Outcome::Recorded(Finding::Appeared { place, number, on }),
            None => Outcome::NotStated,
        },
        (true, false) => match number(row, "oldCode")? {
            Some(number) => Outcome::Recorded(Finding::Ceased { place, number, on }),
            None => Outcome::NotStated,
        },
        (true, true) => match (number(row, "oldCode")?, number(row, "newCode")?) {
            (Some(old_number), Some(new_number)) => {
                let (old_name, new_name) = (name(row, "oldName")?, name(row, "newName")?);
                Outcome::Kept(MunicipalityChange { old_number, old_name, new_number, new_name, on })
            }
            (None, _) | (_, None) => Outcome::NotStated,
        },
    };
    Ok(outcome)
}

fn centrality(row: &Row) -> Result<Outcome<CentralityValidity>, RowFault> {
    let Some(number) = number(row, "sourceCode")? else { return Ok(Outcome::NotStated) };
    let Period { from, to } = period(row, "validFrom", "validTo")?;
    if from < CENTRALITY_STANDARD_FROM {
        return Ok(Outcome::Older);
    }
    let class = class(row)?;
    Ok(Outcome::Kept(CentralityValidity { number, class, from, to }))
}

/// Two digits are demanded: one digit is the standard before this one, or a spreadsheet's doing.
fn class(row: &Row) -> Result<u8, RowFault> {
    let text = row.get("targetCode").ok_or_else(|| missing(row, "targetCode"))?;
    match text.as_bytes() {
        [b'0', digit @ b'1'..=b'6'] => Ok(digit - b'0'),
        _ => {
            let problem = format!("`{}` is not a centrality class, 01 to 06", echo(text));
            Err(fault(row, "targetCode", problem))
        }
    }
}

/// A municipality number, or `None` for 9999.
fn number(row: &Row, column: &'static str) -> Result<Option<MunicipalityNumber>, RowFault> {
    let text = row.get(column).ok_or_else(|| missing(row, column))?;
    if text == MunicipalityNumber::NOT_STATED {
        return Ok(None);
    }
    read_text(row, column, text).map(Some)
}

fn name(row: &Row, column: &'static str) -> Result<Name, RowFault> {
    read_text(row, column, row.get(column).ok_or_else(|| missing(row, column))?)
}

fn day(row: &Row, column: &'static str) -> Result<Option<Date>, RowFault> {
    row.get(column).map(|text| read_text::<Day>(row, column, text).map(|day| day.0)).transpose()
}

/// A period with SSB's exclusive end turned into our inclusive one.
fn period(row: &Row, first: &'static str, end: &'static str) -> Result<Period, RowFault> {
    let from = day(row, first)?.ok_or_else(|| missing(row, first))?;
    let to = day(row, end)?.map(day_before);
    Period::try_new(from, to).ok_or_else(|| {
        fault(row, end, format!("must be after {from}: it is the first day no longer included"))
    })
}

fn read_text<T: FromText>(row: &Row, column: &'static str, text: &str) -> Result<T, RowFault> {
    T::from_text(text)
        .map_err(|refused| fault(row, column, format!("`{}`. {}", echo(text), refused.en)))
}

fn damaged_names(changes: &[(Place, MunicipalityChange)]) -> Vec<Finding> {
    changes
        .iter()
        .flat_map(|(place, change)| [(place, &change.old_name), (place, &change.new_name)])
        .filter(|(_, name)| is_damaged(name))
        .map(|(place, name)| Finding::DamagedName { place: *place, name: name.clone() })
        .collect()
}

fn is_damaged(name: &Name) -> bool {
    name.as_str().contains(DAMAGE)
}

fn missing(row: &Row, field: &'static str) -> RowFault {
    fault(row, field, "is missing".into())
}

fn fault(row: &Row, field: &'static str, problem: String) -> RowFault {
    RowFault { place: row.place, field, problem }
}
