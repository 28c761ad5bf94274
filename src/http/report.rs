//! Reports: a table with headings, its totals, and the two points of time that it was asked for, as
//! JSON or CSV. What is counted is told by each report.

pub mod column;
mod suppression;

use actix_web::HttpResponse;
use actix_web::http::header;
use jiff::civil::Date;
use serde_json::{Map, Value, json};

use super::answer::with_position;
use super::read::Read;
use super::{Answer, ProblemResponse, problems};
use crate::problem::{Language, Words};

/// A column of a report.
#[derive(Debug, Clone, Copy)]
pub struct Column {
    pub name: &'static str,
    pub heading: Words,
}

impl Column {
    /// The name and the heading of a declared column.
    pub fn of<P, R>(declared: &column::Column<P, R>) -> Self {
        Self { name: declared.name, heading: declared.heading }
    }
}

/// A report as the catalogue lists it.
#[derive(Debug, Clone, Copy)]
pub struct Report {
    /// Its name in `/v1/reports/{name}`.
    pub name: &'static str,
    pub title: Words,
    /// What it counts, and what it is for.
    pub about: Words,
}

/// A report that has been counted.
pub struct Table {
    pub name: &'static str,
    pub columns: Vec<Column>,
    pub rows: Vec<Vec<Value>>,
    /// Figures over all rows.
    pub totals: Map<String, Value>,
}

/// A report as JSON, for the documentation; [`answer`] writes it.
#[derive(Debug, utoipa::ToSchema)]
#[expect(dead_code, reason = "documents what answer() writes")]
pub struct ReportBody<T, R> {
    /// The report's name.
    #[schema(example = "staffing")]
    report: String,
    /// The day it is about.
    as_of: crate::edge::Day,
    /// The position of the log whose knowledge it shows. Asking for it again with `known_at` gives
    /// the same answer, whatever is recorded later.
    #[schema(example = 42)]
    known_at: i64,
    /// Figures over all rows.
    totals: T,
    /// The columns, in the order of the CSV form.
    columns: Vec<ColumnView>,
    /// The rows.
    rows: Vec<R>,
}

/// A column as JSON, for the documentation.
#[derive(Debug, utoipa::ToSchema)]
#[expect(dead_code, reason = "documents what answer() writes")]
pub struct ColumnView {
    /// Its name in `rows`.
    #[schema(example = "filled")]
    name: String,
    /// Its heading, in the caller's language.
    #[schema(example = "Filled")]
    heading: String,
}

crate::word_enum! {
    /// The form of a report, instead of `Accept`.
    pub enum ReportForm {
        /// JSON.
        Json = "json",
        /// Comma-separated values in UTF-8 with a heading line.
        Csv = "csv",
    }
}

/// Answers a report as it was asked for.
pub fn answer(
    read: &Read,
    form: Option<ReportForm>,
    as_of: Date,
    known_at: i64,
    table: Table,
) -> Answer {
    let mut response = HttpResponse::Ok();
    with_position(&mut response, known_at);
    let language = super::current().language;
    match chosen(read, form)? {
        ReportForm::Json => {
            let body = as_json(&table, as_of, known_at, language).to_string();
            read.tagged(response, body, "application/json")
        }
        ReportForm::Csv => {
            let file = format!("attachment; filename=\"{}-{as_of}.csv\"", table.name);
            response.insert_header((header::CONTENT_DISPOSITION, file));
            let body = as_csv(&table, language)?;
            read.tagged(response, body, "text/csv; charset=utf-8")
        }
    }
}

fn chosen(read: &Read, form: Option<ReportForm>) -> Result<ReportForm, ProblemResponse> {
    let offers = [("application/json", ReportForm::Json), ("text/csv", ReportForm::Csv)];
    form.map_or_else(|| super::header::choose(read.request(), &offers), Ok)
}

fn as_json(table: &Table, as_of: Date, known_at: i64, language: Language) -> Value {
    let columns: Vec<Value> = table
        .columns
        .iter()
        .map(|column| json!({ "name": column.name, "heading": column.heading.in_language(language) }))
        .collect();
    let rows: Vec<Value> = table
        .rows
        .iter()
        .map(|row| {
            let names = table.columns.iter().map(|column| column.name.to_owned());
            Value::Object(names.zip(row.iter().cloned()).collect())
        })
        .collect();
    json!({
        "report": table.name,
        "as_of": as_of,
        "known_at": known_at,
        "totals": table.totals,
        "columns": columns,
        "rows": rows,
    })
}

/// Text for a cell. A spreadsheet takes what begins with one of these for a formula, and a formula
/// can send away what stands beside it; a single quote before it makes it text (OWASP, "CSV
/// injection"). Only texts can carry one: numbers are written by us, and a negative one stays one.
fn unformulated(text: &str) -> String {
    let begins_formula = text.starts_with(['=', '+', '-', '@', '\t', '\r']);
    if begins_formula { format!("'{text}") } else { text.to_owned() }
}

fn as_csv(table: &Table, language: Language) -> Result<String, ProblemResponse> {
    let failed =
        |error: &dyn std::error::Error| ProblemResponse::failed(error, &problems::INTERNAL_ERROR);
    let mut writer = csv::Writer::from_writer(Vec::new());
    let headings = table.columns.iter().map(|column| column.heading.in_language(language));
    writer.write_record(headings).map_err(|error| failed(&error))?;
    for row in &table.rows {
        writer.write_record(row.iter().map(cell)).map_err(|error| failed(&error))?;
    }
    let bytes = writer.into_inner().map_err(|error| failed(error.error()))?;
    String::from_utf8(bytes).map_err(|error| failed(&error))
}

/// A value as one cell. Several stand with spaces between them: what reports list are codes and
/// ids.
fn cell(value: &Value) -> String {
    match value {
        Value::Null => String::new(),
        Value::String(text) => unformulated(text),
        Value::Array(values) => {
            unformulated(&values.iter().map(bare).collect::<Vec<_>>().join(" "))
        }
        Value::Bool(_) | Value::Number(_) | Value::Object(_) => value.to_string(),
    }
}

/// A value of several in one cell: a text without quotes.
fn bare(value: &Value) -> String {
    value.as_str().map_or_else(|| value.to_string(), str::to_owned)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn csv(cells: Vec<Value>) -> String {
        static COLUMNS: &[Column] = &[
            Column { name: "a", heading: Words { en: "A", nb: "A" } },
            Column { name: "b", heading: Words { en: "B", nb: "B" } },
        ];
        let table =
            Table { name: "t", columns: COLUMNS.to_vec(), rows: vec![cells], totals: Map::new() };
        let text = as_csv(&table, Language::English).expect("it is written");
        text.strip_prefix("A,B\n").expect("a heading line").trim_end_matches('\n').to_owned()
    }

    #[test]
    fn a_text_that_a_spreadsheet_would_run_is_written_as_text() {
        for (text, written) in [
            ("=1+1", "'=1+1"),
            ("+47 1", "'+47 1"),
            ("-1", "'-1"),
            ("@SUM(A1)", "'@SUM(A1)"),
            ("\t=1", "'\t=1"),
            ("\r=1", "\"'\r=1\""),
            ("Bodø", "Bodø"),
            ("a=b", "a=b"),
            ("", ""),
        ] {
            assert_eq!(csv(vec![json!(text), json!("x")]), format!("{written},x"));
        }
    }

    #[test]
    fn numbers_and_words_of_our_own_are_written_as_they_are() {
        assert_eq!(csv(vec![json!(-200), json!(true)]), "-200,true");
        assert_eq!(csv(vec![json!(-0.5), Value::Null]), "-0.5,");
    }

    #[test]
    fn several_values_stand_in_one_cell() {
        assert_eq!(csv(vec![json!(["a/b", "c"]), json!([])]), "a/b c,");
        assert_eq!(csv(vec![json!(["=1", "c"]), json!([1, 2])]), "'=1 c,1 2");
    }
}
