//! Building a read model beside the live one, and swapping it in.
//!
//! The log is streamed in, folded in memory and copied into a new table; indexes follow, then the
//! facts that came meanwhile, then one short step that turns the view to the new table. All of it
//! is one transaction: a build that dies leaves nothing behind, and the old table serves until the
//! new one is whole.

use std::collections::HashMap;
use std::time::Duration;

use deadpool_postgres::Pool;
use futures_util::{SinkExt, TryStreamExt};
use tokio_postgres::types::ToSql;

use super::projection::{KeyFold, LEADING_COLUMNS, Opened, ReadModel, copy_line, keys_of};
use super::projector::{Projection, advance, table_name};
use super::{EventLog, Failure};
use crate::aggregate::Fact;

/// Bytes of rows sent to the table at once.
const CHUNK_BYTES: usize = 1024 * 1024;
/// How often an instance looks whether another one has finished the build.
const WAIT_MS: u64 = 50;
/// Facts between two reports of progress.
const REPORT_FACTS: u64 = 10_000;

/// A fold over the whole log, its rows written as they are settled.
pub trait WholeFold: Send {
    /// Takes in the next fact; `subjects` are all it concerns.
    fn apply(&mut self, fact: &Fact<'_>, subjects: &[&str], out: &mut Vec<u8>);
    /// Writes the rows that still hold, and tells the poisoned keys.
    fn finish(self: Box<Self>, out: &mut Vec<u8>) -> Vec<(String, i64, String)>;
}

/// The fold of a declared read model.
pub struct Whole<M: ReadModel> {
    log: i32,
    keys: HashMap<String, KeyFold<M>>,
    poisoned: HashMap<String, (i64, String)>,
    opened: Vec<Opened>,
}

impl<M: ReadModel> Whole<M> {
    /// An empty fold.
    pub fn new(log: i32) -> Self {
        Self { log, keys: HashMap::new(), poisoned: HashMap::new(), opened: Vec::new() }
    }
}

impl<M: ReadModel> WholeFold for Whole<M> {
    fn apply(&mut self, fact: &Fact<'_>, subjects: &[&str], out: &mut Vec<u8>) {
        let mut closed = Vec::new(); // nothing is stored yet, so nothing stored is closed
        for key in keys_of(subjects, M::SUBJECT) {
            if self.poisoned.contains_key(key) {
                continue;
            }
            if !self.keys.contains_key(key) {
                self.keys.insert(key.to_owned(), KeyFold::new(key.to_owned()));
            }
            let fold = self.keys.get_mut(key).expect("the key was inserted above");
            if let Err(error) = fold.apply(fact, &mut self.opened, &mut closed) {
                self.poisoned.insert(key.to_owned(), (error.position, error.reason));
            }
            for row in self.opened.drain(..) {
                copy_line(out, self.log, key, &row);
            }
        }
    }

    fn finish(mut self: Box<Self>, out: &mut Vec<u8>) -> Vec<(String, i64, String)> {
        for (key, fold) in std::mem::take(&mut self.keys) {
            fold.finish(&mut self.opened);
            for row in self.opened.drain(..) {
                copy_line(out, self.log, &key, &row);
            }
        }
        self.poisoned.into_iter().map(|(key, (position, reason))| (key, position, reason)).collect()
    }
}

/// Makes sure that a live table of the program's version exists, building it if need be. Another
/// instance may do the work; then this one waits.
pub async fn ensure(
    log: &EventLog,
    projection: &dyn Projection,
    force: bool,
    progress: &(dyn Fn(u64) + Sync),
) -> Result<(), Failure> {
    let (name, version) = (projection.name(), projection.version());
    let before = newest_live(&log.pool, log.log, name, version).await?;
    if before.is_some() && !force {
        return Ok(());
    }
    let client = log.pool.get().await?;
    client.execute(include_str!("sql/build_begin.sql"), &[&log.log, &name, &version]).await?;
    drop(client);
    loop {
        if build(log, projection, progress).await? {
            return Ok(());
        }
        if newest_live(&log.pool, log.log, name, version).await? > before {
            return Ok(());
        }
        tokio::time::sleep(Duration::from_millis(WAIT_MS)).await;
    }
}

async fn newest_live(
    pool: &Pool,
    log: i32,
    name: &str,
    version: i32,
) -> Result<Option<i32>, Failure> {
    let client = pool.get().await?;
    let sql = include_str!("sql/build_live.sql");
    let row = client.query_one(sql, &[&log, &name, &version]).await?;
    Ok(row.try_get(0)?)
}

/// Does the build, unless there is none to do or another instance is at it.
async fn build(
    log: &EventLog,
    projection: &dyn Projection,
    progress: &(dyn Fn(u64) + Sync),
) -> Result<bool, Failure> {
    let (id, name) = (log.log, projection.name());
    let mut client = log.pool.get().await?;
    let transaction = client.transaction().await?;
    let row = transaction
        .query_opt(include_str!("sql/build_take.sql"), &[&id, &name, &projection.version()])
        .await?;
    let Some(row) = row else { return Ok(false) };
    let build: i32 = row.try_get(0)?;
    let table = table_name(id, name, build);
    let ddl = projection.table_sql().replace("{table}", &table);
    let (create, indexes) = ddl.split_once(';').unwrap_or((&ddl, ""));
    transaction.batch_execute(create).await?;

    let head = stream_in(log, projection, &transaction, &table, build, progress).await?;
    transaction.batch_execute(indexes).await?;
    let key = format!("create unique index on {table} (log, key, valid_from, known_from)");
    transaction.batch_execute(&key).await?;
    transaction.batch_execute(&format!("analyze {table}")).await?;

    let mut position = catch_up(&transaction, id, projection, build, head).await?;
    // From here the live table stands still until the swap is done.
    transaction.execute(include_str!("sql/build_lock_live.sql"), &[&id, &name]).await?;
    position = catch_up(&transaction, id, projection, build, position).await?;
    swap(&transaction, id, name, build, &table).await?;
    transaction.commit().await?;
    tracing::info!(projection = name, build, position, "Built read model {name}");
    Ok(true)
}

async fn stream_in(
    log: &EventLog,
    projection: &dyn Projection,
    transaction: &deadpool_postgres::Transaction<'_>,
    table: &str,
    build: i32,
    progress: &(dyn Fn(u64) + Sync),
) -> Result<i64, Failure> {
    let reader = log.pool.get().await?;
    let head: i64 =
        reader.query_one(include_str!("sql/head.sql"), &[&log.log]).await?.try_get(0)?;
    let statement = reader.prepare(include_str!("sql/stream.sql")).await?;
    let values: [&(dyn ToSql + Sync); 2] = [&log.log, &head];
    let rows = reader.query_raw(&statement, values).await?;
    let mut rows = std::pin::pin!(rows);
    let columns = projection.columns();
    let sql = format!("copy {table} ({LEADING_COLUMNS}, {columns}) from stdin");
    let sink = transaction.copy_in(&sql).await?;
    let mut sink = std::pin::pin!(sink);
    let mut fold = projection.fold_all(log.log);
    let mut out = Vec::with_capacity(CHUNK_BYTES * 2);
    let mut count = 0_u64;
    while let Some(row) = rows.try_next().await? {
        let fact = Fact {
            position: row.try_get(0)?,
            id: row.try_get(1)?,
            kind: row.try_get(2)?,
            recorded_at: row.try_get(3)?,
            payload: row.try_get(4)?,
        };
        let subjects: Vec<&str> = row.try_get(5)?;
        fold.apply(&fact, &subjects, &mut out);
        if out.len() >= CHUNK_BYTES {
            let chunk = std::mem::replace(&mut out, Vec::with_capacity(CHUNK_BYTES * 2));
            sink.send(bytes::Bytes::from(chunk)).await?;
        }
        count += 1;
        if count.is_multiple_of(REPORT_FACTS) {
            progress(count);
        }
    }
    let poisoned = fold.finish(&mut out);
    for part in out.chunks(CHUNK_BYTES) {
        sink.send(bytes::Bytes::copy_from_slice(part)).await?;
    }
    sink.finish().await?;
    progress(count);
    for (key, position, reason) in &poisoned {
        let name = projection.name();
        tracing::error!(projection = name, position, "A fact could not be applied; key parked");
        let values: [&(dyn ToSql + Sync); 6] = [&log.log, &name, &build, key, position, reason];
        transaction.execute(include_str!("sql/park.sql"), &values).await?;
    }
    Ok(head)
}

async fn catch_up(
    transaction: &deadpool_postgres::Transaction<'_>,
    log: i32,
    projection: &dyn Projection,
    build: i32,
    mut position: i64,
) -> Result<i64, Failure> {
    let name = projection.name();
    let sql = include_str!("sql/checkpoint_move.sql");
    transaction.execute(sql, &[&log, &name, &build, &position]).await?;
    while advance(transaction, log, projection, build, position).await? {
        let sql = include_str!("sql/build_position.sql");
        position = transaction.query_one(sql, &[&log, &name, &build]).await?.try_get(0)?;
    }
    Ok(position)
}

async fn swap(
    transaction: &deadpool_postgres::Transaction<'_>,
    log: i32,
    name: &str,
    build: i32,
    table: &str,
) -> Result<(), Failure> {
    let sql = include_str!("sql/build_swap.sql");
    let retired = transaction.query(sql, &[&log, &name, &build]).await?;
    // The default log's views carry the plain names that the queries use.
    let view = if log == super::DEFAULT_LOG { name.to_owned() } else { format!("{name}_l{log}") };
    let sql = format!(
        "drop view if exists model.{view}; create view model.{view} as select * from {table}"
    );
    transaction.batch_execute(&sql).await?;
    for row in retired {
        let old = table_name(log, name, row.try_get(0)?);
        transaction.batch_execute(&format!("drop table if exists {old}")).await?;
    }
    Ok(())
}
