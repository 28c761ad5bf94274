//! CSV as KLASS writes it, and as spreadsheets save it again.

use ::csv::{ReaderBuilder, StringRecord};

use super::table::{Form, Place, Row, Table};
use super::{KLASS_ROWS_MAX, KlassError};

/// Separators tried on the header, in this order. KLASS uses a comma unless asked for another.
const DELIMITERS: [u8; 3] = [b',', b';', b'\t'];

/// A header that was understood: for each column that is read, where it stands.
struct Header {
    form: Form,
    delimiter: u8,
    columns: Vec<(&'static str, usize)>,
    width: usize,
}

pub(super) fn read(text: &str) -> Result<Table, KlassError> {
    let header = header_of(text)?;
    let mut rows = Vec::new();
    for record in reader(text, header.delimiter).records() {
        if rows.len() == KLASS_ROWS_MAX {
            return Err(KlassError::TooManyRows);
        }
        // Reading a text from memory, with rows of any width allowed, has nothing left to fail on.
        let record = record.expect("a text in memory is valid UTF-8 and cannot fail to be read");
        rows.push(row_of(&header, &record));
    }
    Ok(Table { form: header.form, rows })
}

fn reader(text: &str, delimiter: u8) -> ::csv::Reader<&[u8]> {
    // Rows may be short, because KLASS leaves trailing empty columns out.
    ReaderBuilder::new().delimiter(delimiter).flexible(true).from_reader(text.as_bytes())
}

/// The form and the separator: the first pair under which the header has the form's own column.
fn header_of(text: &str) -> Result<Header, KlassError> {
    for delimiter in DELIMITERS {
        let mut reader = reader(text, delimiter);
        let names = reader
            .headers()
            .expect("a text in memory is valid UTF-8 and cannot fail to be read")
            .clone();
        let position = |column: &str| names.iter().position(|name| name.trim() == column);
        let known = |form: &Form| position(form.columns_required()[0]).is_some();
        let Some(form) = Form::ALL.into_iter().find(known) else { continue };
        for column in form.columns_required() {
            if position(column).is_none() {
                return Err(KlassError::ColumnMissing { form, column });
            }
        }
        let columns =
            form.columns().iter().filter_map(|name| Some((*name, position(name)?))).collect();
        return Ok(Header { form, delimiter, columns, width: names.len() });
    }
    Err(KlassError::UnknownForm)
}

fn row_of(header: &Header, record: &StringRecord) -> Row {
    let line = record.position().map_or(0, ::csv::Position::line);
    let cell = |(name, at): &(&'static str, usize)| Some((*name, record.get(*at)?.to_owned()));
    Row {
        place: Place::Line(line),
        cells: header.columns.iter().filter_map(cell).collect(),
        broken: shape_fault(header, record),
    }
}

/// A quote that is never closed would swallow the rows after it without a word, so a line break in
/// a field is a fault: KLASS writes none.
fn shape_fault(header: &Header, record: &StringRecord) -> Option<(&'static str, String)> {
    if record.iter().any(|field| field.contains(['\n', '\r'])) {
        return Some(("row", "a field has a line break in it: a quote is not closed".into()));
    }
    (record.len() > header.width).then(|| {
        ("row", format!("has {} fields, and the header has {}", record.len(), header.width))
    })
}
