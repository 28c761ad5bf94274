//! Writing what a batch came to into the table of a build.

use bytes::Bytes;
use deadpool_postgres::Transaction;
use futures_util::SinkExt;

use super::Failure;
use super::projection::LEADING_COLUMNS;
use super::projector::{Folded, Projection};

/// Takes out of every row of some keys what told who somebody is, so that the table of an old state
/// of the log tells no more than the log itself.
pub(super) async fn forget(
    transaction: &Transaction<'_>,
    log: i32,
    projection: &dyn Projection,
    table: &str,
    keys: &[&str],
) -> Result<(), Failure> {
    if let Some(sets) = projection.forgets()
        && !keys.is_empty()
    {
        let sql = include_str!("sql/forget_rows.sql");
        let sql = sql.replace("{table}", table).replace("{sets}", sets);
        transaction.execute(&sql, &[&log, &keys]).await?;
    }
    Ok(())
}

/// Closes, opens and parks what a batch came to.
pub(super) async fn write(
    transaction: &Transaction<'_>,
    log: i32,
    projection: &dyn Projection,
    build: i32,
    table: &str,
    folded: Folded,
) -> Result<(), Failure> {
    if !folded.closed.is_empty() {
        let keys: Vec<&str> = folded.closed.iter().map(|(key, _)| key.as_str()).collect();
        let days: Vec<_> = folded.closed.iter().map(|(_, row)| row.valid_from).collect();
        let ends: Vec<i64> = folded.closed.iter().map(|(_, row)| row.known_to).collect();
        let sql = include_str!("sql/close_rows.sql").replace("{table}", table);
        let updated = transaction.execute(&sql, &[&log, &keys, &days, &ends]).await?;
        // Rows that the fold takes for stored, but are not, would leave others open for ever.
        if updated != folded.closed.len() as u64 {
            return Err(Failure::Drift(projection.name()));
        }
    }
    copy_in(transaction, table, &projection.columns(), folded.lines).await?;
    park(transaction, log, projection.name(), build, folded.poisoned).await
}

/// Writes down keys that stand still: key, position, reason.
pub(super) async fn park(
    transaction: &Transaction<'_>,
    log: i32,
    name: &str,
    build: i32,
    poisoned: Vec<(String, i64, String)>,
) -> Result<(), Failure> {
    for (key, position, reason) in &poisoned {
        tracing::error!(projection = name, position, "A fact could not be applied; key parked");
        let statement = transaction.prepare_cached(include_str!("sql/park.sql")).await?;
        let values: [&(dyn tokio_postgres::types::ToSql + Sync); 6] =
            [&log, &name, &build, key, position, reason];
        transaction.execute(&statement, &values).await?;
    }
    Ok(())
}

/// Writes lines of COPY into a table.
async fn copy_in(
    transaction: &Transaction<'_>,
    table: &str,
    columns: &str,
    lines: Vec<u8>,
) -> Result<(), Failure> {
    if lines.is_empty() {
        return Ok(());
    }
    let sql = format!("copy {table} ({LEADING_COLUMNS}, {columns}) from stdin");
    let sink = transaction.copy_in(&sql).await?;
    let mut sink = std::pin::pin!(sink);
    sink.send(Bytes::from(lines)).await?;
    sink.finish().await?;
    Ok(())
}
