//! A report that has been counted, as JSON or CSV.

use actix_web::HttpResponse;
use actix_web::http::header;
use jiff::civil::Date;
use serde_json::{Map, Value, json};

use super::asked::{Dialect, ReportForm};
use super::column::{Column, Word};
use crate::http::answer::with_position;
use crate::http::{Answer, ProblemResponse, Read, problems};
use crate::problem::{Language, Words};

/// A byte order mark: by it Excel takes a text for UTF-8.
const BYTE_ORDER_MARK: &str = "\u{feff}";

/// Which report, and what it is of.
pub struct About {
    pub report: &'static str,
    pub as_of: Date,
    pub known_at: i64,
}

/// A report that has been counted.
pub struct Table {
    pub columns: Vec<Heading>,
    pub rows: Vec<Vec<Value>>,
    /// Figures over all rows.
    pub totals: Map<String, Value>,
}

/// What is written of a column itself.
pub struct Heading {
    pub name: &'static str,
    words: Words,
    /// How its values are read by people.
    of_values: &'static [Word],
}

impl<P, R> From<&Column<P, R>> for Heading {
    fn from(column: &Column<P, R>) -> Self {
        Self { name: column.name, words: column.heading, of_values: column.kind.words() }
    }
}

/// Answers a report as it was asked for.
pub fn answer(
    read: &Read,
    (form, dialect): (Option<ReportForm>, Option<Dialect>),
    about: &About,
    table: Table,
) -> Answer {
    let mut response = HttpResponse::Ok();
    with_position(&mut response, about.known_at);
    let language = crate::http::current().language;
    match chosen(read, form)? {
        ReportForm::Json => {
            let body = as_json(about, table, language).to_string();
            read.tagged(response, body, "application/json")
        }
        ReportForm::Csv => {
            let About { report, as_of, .. } = about;
            let file = format!("attachment; filename=\"{report}-{as_of}.csv\"");
            response.insert_header((header::CONTENT_DISPOSITION, file));
            let body = as_csv(&table, language, dialect.unwrap_or(Dialect::Standard))?;
            read.tagged(response, body, "text/csv; charset=utf-8")
        }
    }
}

fn chosen(read: &Read, form: Option<ReportForm>) -> Result<ReportForm, ProblemResponse> {
    let offers = [("application/json", ReportForm::Json), ("text/csv", ReportForm::Csv)];
    form.map_or_else(|| crate::http::header::choose(read.request(), &offers), Ok)
}

fn as_json(about: &About, table: Table, language: Language) -> Value {
    let column = |column: &Heading| {
        let heading = column.words.in_language(language);
        json!({ "name": column.name, "heading": heading })
    };
    let columns: Vec<Value> = table.columns.iter().map(column).collect();
    let row = |cells: Vec<Value>| {
        let names = table.columns.iter().map(|column| column.name.to_owned());
        Value::Object(names.zip(cells).collect())
    };
    json!({
        "report": about.report,
        "as_of": about.as_of,
        "known_at": about.known_at,
        "totals": table.totals,
        "columns": columns,
        "rows": table.rows.into_iter().map(row).collect::<Vec<_>>(),
    })
}

/// Text for a cell. A spreadsheet takes what begins with one of these for a formula, and a formula
/// can send away what stands beside it; a single quote before it makes it text (OWASP, "CSV
/// injection"). Only texts can carry one: numbers are written by us, and a negative one stays one.
fn unformulated(text: &str) -> String {
    let begins_formula = text.starts_with(['=', '+', '-', '@', '\t', '\r']);
    if begins_formula { format!("'{text}") } else { text.to_owned() }
}

fn as_csv(table: &Table, language: Language, dialect: Dialect) -> Result<String, ProblemResponse> {
    let failed =
        |error: &dyn std::error::Error| ProblemResponse::failed(error, &problems::INTERNAL_ERROR);
    let (separator, mark) = match dialect {
        Dialect::Standard => (b',', ""),
        Dialect::Excel => (b';', BYTE_ORDER_MARK),
    };
    let bytes = mark.as_bytes().to_vec();
    let mut writer = csv::WriterBuilder::new().delimiter(separator).from_writer(bytes);
    let headings = table.columns.iter().map(|column| column.words.in_language(language));
    writer.write_record(headings).map_err(|error| failed(&error))?;
    for row in &table.rows {
        let cells = table.columns.iter().zip(row);
        let cells = cells.map(|(column, value)| cell(column, value, language, dialect));
        writer.write_record(cells).map_err(|error| failed(&error))?;
    }
    let bytes = writer.into_inner().map_err(|error| failed(error.error()))?;
    String::from_utf8(bytes).map_err(|error| failed(&error))
}

/// A value as one cell: words for people in their language. Several stand with spaces between them:
/// what reports list are codes and ids.
fn cell(column: &Heading, value: &Value, language: Language, dialect: Dialect) -> String {
    let text = match value {
        Value::Null => return String::new(),
        Value::Number(number) => {
            let number = number.to_string();
            return match dialect {
                Dialect::Standard => number,
                Dialect::Excel => number.replace('.', ","),
            };
        }
        Value::Array(values) => values.iter().map(bare).collect::<Vec<_>>().join(" "),
        Value::String(_) | Value::Bool(_) | Value::Object(_) => bare(value),
    };
    let word = column.of_values.iter().find(|word| word.code == text);
    unformulated(word.map_or(&text, |word| word.words.in_language(language)))
}

/// A value as text, one that is text without quotes.
fn bare(value: &Value) -> String {
    value.as_str().map_or_else(|| value.to_string(), str::to_owned)
}

#[cfg(test)]
mod tests;
