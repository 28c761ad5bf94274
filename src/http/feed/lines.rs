//! The feed as lines: written as they are read, a part of the page at a time.
//!
//! Which facts are on the page is settled before the first line. While one part is sent the next
//! one is read, and no connection to the database is held for a caller who reads slowly.

use std::collections::VecDeque;
use std::error::Error;

use actix_web::rt::task::JoinHandle;
use actix_web::{HttpResponseBuilder, rt, web};
use bytes::Bytes;
use futures_util::stream::try_unfold;
use tokio_postgres::Row;
use tracing::Instrument;

use super::{LINE_BYTES_USUAL, write_lines};
use crate::event_log::Failure;
use crate::event_log::combiner::with_causes;
use crate::event_log::feed::Rows;
use crate::http::{Answer, Service};

/// Facts that are read at once. A caller may hold up two such parts.
pub(super) const FACTS_AT_ONCE: usize = 250;

/// A part that is being read, and what is left after it.
type Part = JoinHandle<Result<(Vec<Row>, VecDeque<i64>), Failure>>;

/// Answers the lines of a page. Should the rest of it not be found, the connection breaks off: the
/// answer must not look complete.
pub(super) fn answer(
    mut response: HttpResponseBuilder,
    service: web::Data<Service>,
    page: Rows,
) -> Answer {
    let Rows { rows, rest, .. } = page;
    if rest.is_empty() {
        return Ok(response.body(lines(&rows)?));
    }
    let next = begin(&service, rest);
    let parts = try_unfold((Some(rows), next), move |(first, next)| {
        let service = service.clone();
        async move {
            let (rows, next) = match (first, next) {
                (Some(rows), next) => (rows, next),
                (None, Some(next)) => {
                    let (rows, rest) = read(next).await?;
                    (rows, begin(&service, rest))
                }
                (None, None) => return Ok(None),
            };
            Ok::<_, Box<dyn Error>>(Some((lines(&rows)?, (None, next))))
        }
    });
    Ok(response.streaming(parts))
}

/// Begins to read the next part, if there is one.
fn begin(service: &web::Data<Service>, mut rest: VecDeque<i64>) -> Option<Part> {
    if rest.is_empty() {
        return None;
    }
    let service = service.clone();
    let reading = async move {
        let rows = service.log.next_rows(&mut rest, FACTS_AT_ONCE).await;
        let rows = rows.inspect_err(|failure| {
            tracing::error!(error = with_causes(failure), "The feed broke off");
        });
        Ok((rows?, rest))
    };
    Some(rt::spawn(reading.in_current_span()))
}

async fn read(part: Part) -> Result<(Vec<Row>, VecDeque<i64>), Box<dyn Error>> {
    Ok(part.await??)
}

fn lines(rows: &[Row]) -> Result<Bytes, tokio_postgres::Error> {
    let mut text = Vec::with_capacity(rows.len() * LINE_BYTES_USUAL);
    write_lines(&mut text, rows, b"\n")?;
    Ok(Bytes::from(text))
}
