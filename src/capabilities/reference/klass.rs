//! Reading the files that Statistics Norway (SSB) serves from KLASS about municipalities.
//!
//! Pure: bytes in, rows and the requests to post out. Nothing is fetched and nothing is stored
//! here, and nothing is guessed: a row that cannot be read refuses the file with its place and its
//! field named, and a row that is left out is reported as a [`Finding`].
//!
//! # The files
//!
//! `https://data.ssb.no/api/klass/v1/classifications/131/` and then
//!
//! | resource | becomes |
//! |---|---|
//! | `codes?from=2020-01-01` | [`MunicipalityValidity`] |
//! | `changes?from=2020-01-01` | [`MunicipalityChange`] |
//! | `corresponds?targetClassificationId=128&from=2020-01-01` | [`CentralityValidity`] |
//!
//! Leave `to` out: KLASS cuts every validity to the range asked for, so a `to` makes municipalities
//! that still exist look ended ([`Finding::NoOpenEnd`]). For the same reason `from` is the earliest
//! day a row can begin on: use one `from` for a register and keep to it. `includeFuture=true` adds
//! reforms that are decided but not yet in force.
//!
//! # What was found, and where
//!
//! In the source and the tests of SSB's own service (`statisticsnorway/klass`) and its API guide:
//!
//! * JSON: one object with `codes`, `codeChanges` or `correspondenceItems`; every value is a text
//!   or null. CSV: a header with the same names; every text is quoted, null is nothing at all,
//!   trailing columns may be missing, line breaks in notes become spaces. The separator is what
//!   `csvSeparator` says, a comma by default. `csvFields` can leave columns out and reorder them.
//! * `from` is inclusive and `to` **exclusive**, in requests and in answers.
//! * `/codes` carries the range in `validFromInRequestedRange` and `validToInRequestedRange`, null
//!   for no end; `validFrom` and `validTo` are empty in classification 131. Older answers have the
//!   range in `validFrom` and `validTo`: those are read when the first pair is not there.
//! * The same code under a new name is a row of its own, from the day of the change.
//! * `/changes` lists renumberings, mergers (one new code, several old), splits (one old, several
//!   new), and changes of name only (the same code twice). No `oldCode` means that the new code
//!   came into being, no `newCode` that the old one ceased.
//! * CSV is ISO-8859-1 unless UTF-8 is asked for in the Accept header; JSON is UTF-8. The service
//!   writes `?` for letters that ISO-8859-1 lacks, so `Kárášjohka` arrives as `Kárá?johka`. Such a
//!   name is refused where it would be recorded ([`Content::Municipalities`]).
//! * XML is what KLASS serves when nothing else is asked for. The suffixes `.json` and `.csv` are
//!   announced to go away; the Accept header stays.
//!
//! In public programs that read the live service:
//!
//! * 9999 "Uoppgitt" is among the codes (358 codes for 357 municipalities in 2024) and in some
//!   correspondences. It is left out and counted.
//! * A municipality that gives away an area is listed with several new codes, its own among them
//!   (3118 Indre Østfold to 3118, 3207 and 3216 in 2026). That is no succession.
//! * `correspondsAt` has been seen to answer an empty list for 131 to 128; `corresponds` works.
//! * Names carry every official language (`Oslo - Oslove` from 2026), and a county where two
//!   municipalities share a name (`Herøy (Nordland)`).
//!
//! # Assumed
//!
//! * The six-class centrality standard begins 2018-01-01. Before it KLASS 128 had other classes
//!   under other codes, where a higher number was *more* central; rows that begin earlier are left
//!   out and counted.
//! * Files saved by a spreadsheet: a byte order mark and `;` or a tab as separator are accepted.

mod check;
mod csv;
mod json;
mod requests;
mod rows;
mod table;
#[cfg(test)]
mod tests;

use std::borrow::Cow;
use std::fmt;

use jiff::civil::{Date, date};

use crate::identifiers::{MunicipalityNumber, Name};

pub use requests::{PostRequest, requests, successions};
pub use rows::{RowFault, RowFaults};
pub use table::{Form, Place};

/// Bytes of a file. The whole history of the municipalities with its notes is far below it.
pub const KLASS_FILE_BYTES_MAX: usize = 8 * 1024 * 1024;
/// Rows of a file.
pub const KLASS_ROWS_MAX: usize = 20_000;
/// The first day of the six-class centrality standard. Assumed; see the module's documentation.
pub const CENTRALITY_STANDARD_FROM: Date = date(2018, 1, 1);

/// A municipality number under a name, for a time. Both ends belong to it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MunicipalityValidity {
    pub number: MunicipalityNumber,
    pub name: Name,
    pub from: Date,
    /// The last day, or `None` while there is no end.
    pub to: Option<Date>,
}

/// A municipality number gives way to another, or to the same under a new name.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MunicipalityChange {
    pub old_number: MunicipalityNumber,
    pub old_name: Name,
    pub new_number: MunicipalityNumber,
    pub new_name: Name,
    /// The first day of the new.
    pub on: Date,
}

/// The centrality class of a municipality number, for a time. Both ends belong to it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CentralityValidity {
    pub number: MunicipalityNumber,
    /// 1 is the most central class, 6 the least.
    pub class: u8,
    pub from: Date,
    /// The last day, or `None` while there is no end.
    pub to: Option<Date>,
}

/// The rows of a file, by what they are about, in order of number and day.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Content {
    Municipalities(Vec<MunicipalityValidity>),
    Changes(Vec<MunicipalityChange>),
    Centralities(Vec<CentralityValidity>),
}

/// A file that was read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KlassFile {
    pub content: Content,
    /// Rows about 9999, "not stated", which are left out.
    pub not_stated: usize,
    /// What a person should know before the rows are posted.
    pub findings: Vec<Finding>,
}

/// Something about a file that does not stop it, but that somebody should know.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Finding {
    /// The file has no rows.
    Empty,
    /// No row is without an end, so the range asked for probably ended on this day.
    NoOpenEnd { last: Date },
    /// A row says again what an earlier row says. It is left out.
    Duplicate { place: Place, of: Place },
    /// A row about days that an earlier row has taken. It is left out.
    Overlap { place: Place, with: Place, number: MunicipalityNumber },
    /// A number came into being with no predecessor. It leads to no request.
    Appeared { place: Place, number: MunicipalityNumber, on: Date },
    /// A number ceased with no successor. It leads to no request.
    Ceased { place: Place, number: MunicipalityNumber, on: Date },
    /// An area moved and the municipality that gave it lives on. It leads to no request.
    BoundaryMoved { place: Place, from: MunicipalityNumber, to: MunicipalityNumber, on: Date },
    /// A name lost letters on the way. It is not sent on.
    DamagedName { place: Place, name: Name },
    /// Rows of the centrality standard before the present one, which are left out.
    OlderCentrality { rows: usize },
}

impl fmt::Display for Finding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Finding::Empty => write!(f, "The file has no rows."),
            Finding::NoOpenEnd { last } => write!(
                f,
                "Every row ends, the last on {last}. If the file was asked for with `to`, \
                 municipalities that still exist look ended: ask again without it."
            ),
            Finding::Duplicate { place, of } => {
                write!(f, "{place}: says the same as {of}; left out.")
            }
            Finding::Overlap { place, with, number } => {
                write!(f, "{place}: {number} overlaps {with}; left out.")
            }
            Finding::Appeared { place, number, on } => {
                write!(f, "{place}: {number} came into being on {on} with no predecessor.")
            }
            Finding::Ceased { place, number, on } => {
                write!(f, "{place}: {number} ceased on {on} with no successor.")
            }
            Finding::BoundaryMoved { place, from, to, on } => write!(
                f,
                "{place}: {from} gave an area to {to} on {on} and lives on; no succession."
            ),
            Finding::DamagedName { place, name } => {
                write!(f, "{place}: the name `{name}` has lost letters.")
            }
            Finding::OlderCentrality { rows } => write!(
                f,
                "{rows} rows begin before {CENTRALITY_STANDARD_FROM} and follow an older \
                 standard; left out."
            ),
        }
    }
}

/// Why a file was not taken.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum KlassError {
    #[error("the file is larger than {} bytes", KLASS_FILE_BYTES_MAX)]
    TooLarge,
    #[error("the file has more than {} rows", KLASS_ROWS_MAX)]
    TooManyRows,
    #[error("the file is XML, which KLASS serves unless asked otherwise: ask for JSON or CSV")]
    Xml,
    #[error("the file looks like JSON and is not: {0}")]
    Json(String),
    #[error(
        "the file is none of the forms of KLASS: JSON with `codes`, `codeChanges` or \
         `correspondenceItems`, or CSV with a column `code`, `oldCode` or `sourceCode`"
    )]
    UnknownForm,
    #[error("a CSV file of the form `{}` must have a column `{column}`", form.key())]
    ColumnMissing { form: Form, column: &'static str },
    #[error("{0}")]
    Rows(RowFaults),
}

/// Reads a file in any of the forms KLASS serves. The form, the separator and the encoding are
/// found out from the bytes, because a saved file no longer has its headers.
pub fn read(bytes: &[u8]) -> Result<KlassFile, KlassError> {
    if bytes.len() > KLASS_FILE_BYTES_MAX {
        return Err(KlassError::TooLarge);
    }
    let text = decode(bytes);
    let table = match text.trim_start().chars().next() {
        Some('{' | '[') => json::read(&text)?,
        Some('<') => return Err(KlassError::Xml),
        Some(_) => csv::read(&text)?,
        None => return Err(KlassError::UnknownForm),
    };
    Ok(check::check(rows::read(&table)?))
}

/// UTF-8 if it is that, else ISO-8859-1, in which every byte is the character of that number.
fn decode(bytes: &[u8]) -> Cow<'_, str> {
    let bytes = bytes.strip_prefix(b"\xEF\xBB\xBF").unwrap_or(bytes);
    match std::str::from_utf8(bytes) {
        Ok(text) => Cow::Borrowed(text),
        Err(_) => Cow::Owned(bytes.iter().copied().map(char::from).collect()),
    }
}
