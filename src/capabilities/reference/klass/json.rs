//! JSON as KLASS writes it.

use serde_json::Value;

use super::table::{Form, Place, Row, Table};
use super::{KLASS_ROWS_MAX, KlassError};

pub(super) fn read(text: &str) -> Result<Table, KlassError> {
    let document: Value =
        serde_json::from_str(text).map_err(|error| KlassError::Json(error.to_string()))?;
    let rows_of = |form: Form| Some((form, document.get(form.key())?.as_array()?));
    let Some((form, items)) = Form::ALL.into_iter().find_map(rows_of) else {
        return Err(KlassError::UnknownForm);
    };
    if items.len() > KLASS_ROWS_MAX {
        return Err(KlassError::TooManyRows);
    }
    let rows = items.iter().zip(1..).map(|(item, number)| row_of(form, item, number)).collect();
    Ok(Table { form, rows })
}

fn row_of(form: Form, item: &Value, number: u64) -> Row {
    let mut row = Row { place: Place::Item(number), cells: Vec::new(), broken: None };
    let Value::Object(fields) = item else {
        row.broken = Some(("item", "must be an object".into()));
        return row;
    };
    for column in form.columns() {
        match fields.get(*column) {
            None | Some(Value::Null) => {}
            Some(Value::String(text)) => row.cells.push((column, text.clone())),
            // A number here has been through another program, which dropped the leading zero.
            Some(Value::Bool(_) | Value::Number(_) | Value::Array(_) | Value::Object(_)) => {
                row.broken = Some((column, "must be a text".into()));
            }
        }
    }
    row
}
