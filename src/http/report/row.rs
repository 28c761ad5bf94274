//! Reading rows of read models. What a table of our own holds can be read; where it cannot be all
//! the same, the request fails and nothing panics.

use jiff::civil::Date;
use tokio_postgres::Row;
use uuid::Uuid;

use super::column::Person;
use crate::edge::{Day, FromText};
use crate::http::{ProblemResponse, problems};

/// A number of something.
///
/// # Errors
/// When the column holds something else.
pub fn count(row: &Row, column: &str) -> Result<u64, ProblemResponse> {
    u64::try_from(row.try_get::<_, i64>(column)?).map_err(|_negative| unreadable(column))
}

/// A day, if there is one.
///
/// # Errors
/// When the column holds something else.
pub fn day(row: &Row, column: &str) -> Result<Option<Day>, ProblemResponse> {
    Ok(row.try_get::<_, Option<Date>>(column)?.map(Day))
}

/// Somebody, or something that is somebody's, if there is one.
///
/// # Errors
/// When the column holds something else.
pub fn person(row: &Row, column: &str) -> Result<Option<Person>, ProblemResponse> {
    Ok(row.try_get::<_, Option<Uuid>>(column)?.map(Person))
}

/// A value that is written as text, if there is one.
///
/// # Errors
/// When the column holds something else.
pub fn word<T: FromText>(row: &Row, column: &str) -> Result<Option<T>, ProblemResponse> {
    let Some(text) = row.try_get::<_, Option<&str>>(column)? else { return Ok(None) };
    T::from_text(text).map(Some).map_err(|_fault| unreadable(column))
}

/// The same where there is always one.
///
/// # Errors
/// When the column holds none, or something else.
pub fn word_of<T: FromText>(row: &Row, column: &str) -> Result<T, ProblemResponse> {
    word(row, column)?.ok_or_else(|| unreadable(column))
}

fn unreadable(column: &str) -> ProblemResponse {
    let error = std::io::Error::other(format!("a read model's {column} cannot be read"));
    ProblemResponse::failed(&error, &problems::INTERNAL_ERROR)
}
