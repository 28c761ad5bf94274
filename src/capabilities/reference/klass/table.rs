//! A file as a table of texts: what CSV and JSON have in common, before anything is understood.

use std::fmt;

/// The forms of KLASS that are read here.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Form {
    /// Codes and the days they are valid.
    Codes,
    /// What a code became.
    Changes,
    /// A code of one classification and its code in another.
    Correspondence,
}

impl Form {
    pub(super) const ALL: [Form; 3] = [Form::Codes, Form::Changes, Form::Correspondence];

    /// The key of the rows in JSON.
    pub fn key(self) -> &'static str {
        match self {
            Form::Codes => "codes",
            Form::Changes => "codeChanges",
            Form::Correspondence => "correspondenceItems",
        }
    }

    /// The columns a CSV file must have. The first is the one the form is known by.
    pub(super) fn columns_required(self) -> &'static [&'static str] {
        match self {
            Form::Codes => &["code", "name"],
            Form::Changes => &["oldCode", "oldName", "newCode", "newName", "changeOccurred"],
            Form::Correspondence => &["sourceCode", "targetCode", "validFrom", "validTo"],
        }
    }

    /// Every column that is read. Others are passed over.
    pub(super) fn columns(self) -> &'static [&'static str] {
        match self {
            Form::Codes => &[
                "code",
                "name",
                "validFrom",
                "validTo",
                "validFromInRequestedRange",
                "validToInRequestedRange",
            ],
            Form::Changes | Form::Correspondence => self.columns_required(),
        }
    }
}

/// Where in a file a row is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Place {
    /// A line of a CSV file; the header is line 1.
    Line(u64),
    /// An item of a JSON list; the first is item 1.
    Item(u64),
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Place::Line(number) => write!(f, "line {number}"),
            Place::Item(number) => write!(f, "item {number}"),
        }
    }
}

/// One row: the cells that have a text.
#[derive(Debug)]
pub(super) struct Row {
    pub place: Place,
    pub cells: Vec<(&'static str, String)>,
    /// Why the row as a whole cannot be read, found while it was taken apart.
    pub broken: Option<(&'static str, String)>,
}

impl Row {
    /// The text of a column. Null, nothing and blanks are all "not there": KLASS writes the first
    /// two for the same thing in JSON and CSV.
    pub fn get(&self, column: &str) -> Option<&str> {
        self.cells
            .iter()
            .find(|(name, _)| *name == column)
            .map(|(_, text)| text.trim())
            .filter(|text| !text.is_empty())
    }
}

/// A file as rows of texts.
#[derive(Debug)]
pub(super) struct Table {
    pub form: Form,
    pub rows: Vec<Row>,
}
