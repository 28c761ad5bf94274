//! Building a read model beside the live one, and swapping it in.
//!
//! The log is streamed in, folded in memory and copied into a new table; indexes follow, then the
//! facts that came meanwhile, then one short step that turns the view to the new table. All of it
//! is one transaction: a build that dies leaves nothing behind, and the old table serves until the
//! new one is whole. Builds are counted, and of two at the same time the later one stays. Reading
//! a model, and moving the live one, are other modules' work.

use std::collections::HashMap;
use std::time::Duration;

use deadpool_postgres::{Object, Pool, Transaction};
use futures_util::{SinkExt, TryStreamExt};
use tokio_postgres::error::SqlState;
use tokio_postgres::types::ToSql;

use super::Failure;
use super::projection::{KeyFold, LEADING_COLUMNS, Opened, ReadModel, copy_line, keys_of};
use super::projector::{
    Projection, advance_narrowing, move_checkpoint, records_erasure, table_name,
};
use super::rows::{forget, park};
use alis_kernel::aggregate::Fact;

/// Connections a build uses at once; it needs a pool of its own with as many, or it could wait for
/// connections that wait for it.
pub const CONNECTIONS: u16 = 2;
/// How full a page of a table is made. A row is closed once, by an update that changes no column of
/// an index: with room for it on the same page, none of the indexes is touched.
const FILL_PERCENT: u8 = 85;
/// What sorting the rows for an index may take: PostgreSQL's default writes to the disk instead.
const SORT_MEMORY: &str = "set local maintenance_work_mem = '256MB'";
/// Bytes of rows sent to the table at once.
const CHUNK_BYTES: usize = 1024 * 1024;
/// How often an instance looks whether another one has finished the build.
const WAIT_MS: u64 = 50;
/// Facts between two reports of progress.
const REPORT_FACTS: u64 = 10_000;
/// How often the swap is tried when readers hold the view, and the pause between.
const SWAP_ATTEMPTS_MAX: u32 = 600;
const SWAP_PAUSE_MS: u64 = 300;

/// A fold over the whole log, its rows written as they are settled.
pub trait WholeFold: Send {
    /// Takes in the next fact; `subjects` are all it concerns.
    fn apply(&mut self, fact: &Fact<'_>, subjects: &[&str], out: &mut Vec<u8>);
    /// Writes the rows of one key that still hold, and forgets it; `false` when none is left.
    fn finish_one(&mut self, out: &mut Vec<u8>) -> bool;
    /// The keys that met a fact they could not take in.
    fn poisoned(&mut self) -> Vec<(String, i64, String)>;
}

/// The fold of a declared read model.
pub struct Whole<M: ReadModel> {
    log: i32,
    keys: HashMap<String, KeyFold<M>>,
    /// What is left to finish.
    rest: Option<std::collections::hash_map::IntoIter<String, KeyFold<M>>>,
    poisoned: HashMap<String, (i64, String)>,
    opened: Vec<Opened>,
}

impl<M: ReadModel> Whole<M> {
    /// An empty fold.
    pub fn new(log: i32) -> Self {
        let (keys, poisoned) = (HashMap::new(), HashMap::new());
        Self { log, keys, rest: None, poisoned, opened: Vec::new() }
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

    fn finish_one(&mut self, out: &mut Vec<u8>) -> bool {
        let keys = &mut self.keys;
        let rest = self.rest.get_or_insert_with(|| std::mem::take(keys).into_iter());
        let Some((key, fold)) = rest.next() else { return false };
        fold.finish(&mut self.opened);
        for row in self.opened.drain(..) {
            copy_line(out, self.log, &key, &row);
        }
        true
    }

    fn poisoned(&mut self) -> Vec<(String, i64, String)> {
        let poisoned = std::mem::take(&mut self.poisoned);
        poisoned.into_iter().map(|(key, (position, reason))| (key, position, reason)).collect()
    }
}

/// What became of an attempt at a build.
enum Built {
    /// Done, or overtaken by a build that was begun later and is live.
    Settled,
    /// Another instance is at it, or has just finished.
    Elsewhere,
}

/// Makes sure that a live table of the program's version exists, building it if need be. Another
/// instance may do the work; then this one waits.
pub async fn ensure(
    pool: &Pool,
    log: i32,
    projection: &dyn Projection,
    progress: &(dyn Fn(u64) + Sync),
) -> Result<(), Failure> {
    let before = newest_live(pool, log, projection).await?;
    if before.is_none() {
        replace(pool, log, projection, before, progress).await?;
    }
    sweep(pool, log, projection.name()).await
}

/// Builds the table anew although there may be one.
pub async fn rebuild(
    pool: &Pool,
    log: i32,
    projection: &dyn Projection,
    progress: &(dyn Fn(u64) + Sync),
) -> Result<(), Failure> {
    let before = newest_live(pool, log, projection).await?;
    replace(pool, log, projection, before, progress).await?;
    sweep(pool, log, projection.name()).await
}

/// Builds until a build later than `before` is live.
async fn replace(
    pool: &Pool,
    log: i32,
    projection: &dyn Projection,
    before: Option<i32>,
    progress: &(dyn Fn(u64) + Sync),
) -> Result<(), Failure> {
    let (name, version) = (projection.name(), projection.version());
    let begin = include_str!("sql/build_begin.sql");
    loop {
        // Again in every round, because whoever announced it may have been overtaken since.
        let client = pool.get().await?;
        client.execute(begin, &[&log, &name, &version, &before.unwrap_or(0)]).await?;
        drop(client);
        match build(pool, log, projection, progress).await? {
            Built::Settled => return Ok(()),
            Built::Elsewhere if newest_live(pool, log, projection).await? > before => {
                return Ok(());
            }
            Built::Elsewhere => tokio::time::sleep(Duration::from_millis(WAIT_MS)).await,
        }
    }
}

async fn newest_live(
    pool: &Pool,
    log: i32,
    projection: &dyn Projection,
) -> Result<Option<i32>, Failure> {
    let client = pool.get().await?;
    let sql = include_str!("sql/build_live.sql");
    let row = client.query_one(sql, &[&log, &projection.name(), &projection.version()]).await?;
    Ok(row.try_get(0)?)
}

/// Does the build, unless there is none to do or another instance is at it.
async fn build(
    pool: &Pool,
    log: i32,
    projection: &dyn Projection,
    progress: &(dyn Fn(u64) + Sync),
) -> Result<Built, Failure> {
    let name = projection.name();
    let mut client = pool.get().await?;
    let mut transaction = client.transaction().await?;
    let take = include_str!("sql/build_take.sql");
    let row = transaction.query_opt(take, &[&log, &name, &projection.version()]).await?;
    let Some(row) = row else { return Ok(Built::Elsewhere) };
    let build: i32 = row.try_get(0)?;
    let table = table_name(log, name, build);
    let ddl = without_comments(&projection.table_sql()).replace("{table}", &table);
    let (create, indexes) = ddl.split_once(';').unwrap_or((&ddl, ""));
    transaction.batch_execute(create).await?;
    let room = format!("alter table {table} set (fillfactor = {FILL_PERCENT})");
    transaction.batch_execute(&room).await?;

    let attempt = transaction.transaction().await?;
    let position = match stream_in(pool, log, projection, &attempt, build, progress).await {
        Ok(head) => {
            attempt.commit().await?;
            head
        }
        // Some row is refused. Slowly, from the beginning, the key that it belongs to is found.
        Err(failure) if failure.refuses_values() => {
            attempt.rollback().await?;
            0
        }
        Err(failure) => return Err(failure),
    };
    transaction.batch_execute(SORT_MEMORY).await?;
    let key = format!("create unique index on {table} (log, key, valid_from, known_from)");
    transaction.batch_execute(&key).await?;
    transaction.batch_execute(indexes).await?;
    move_checkpoint(&transaction, log, name, build, position).await?;
    let mut position = catch_up(&mut transaction, log, projection, build, position).await?;
    // Of an empty table nothing is to be known. Told that it is empty, PostgreSQL would make plans
    // that read it whole, and keep them while it grows.
    let filled = format!("select exists (select from {table})");
    if transaction.query_one(&filled, &[]).await?.try_get(0)? {
        transaction.batch_execute(&format!("analyze {table}")).await?;
    }
    for _ in 0..SWAP_ATTEMPTS_MAX {
        position = catch_up(&mut transaction, log, projection, build, position).await?;
        match swap(&mut transaction, log, projection, build, position).await? {
            Swapped::Yes => {
                transaction.commit().await?;
                tracing::info!(projection = name, build, position, "Built read model {name}");
                return Ok(Built::Settled);
            }
            Swapped::Overtaken => {
                transaction.rollback().await?;
                client.execute(include_str!("sql/build_drop.sql"), &[&log, &name, &build]).await?;
                return Ok(Built::Settled);
            }
            Swapped::ReadersInTheWay => {
                tokio::time::sleep(Duration::from_millis(SWAP_PAUSE_MS)).await;
            }
        }
    }
    Err(Failure::SwapBlocked(name))
}

/// The statements alone: a comment may hold any sign. None of them holds `--` in a literal.
fn without_comments(sql: &str) -> String {
    let lines = sql.lines().map(|line| line.split_once("--").map_or(line, |(code, _)| code));
    lines.collect::<Vec<_>>().join("\n")
}

async fn stream_in(
    pool: &Pool,
    log: i32,
    projection: &dyn Projection,
    transaction: &Transaction<'_>,
    build: i32,
    progress: &(dyn Fn(u64) + Sync),
) -> Result<i64, Failure> {
    let reader = pool.get().await?;
    let head: i64 = reader.query_one(include_str!("sql/head.sql"), &[&log]).await?.try_get(0)?;
    let statement = reader.prepare(include_str!("sql/stream.sql")).await?;
    let kind = format!("{}:", projection.subject());
    let values: [&(dyn ToSql + Sync); 3] = [&log, &head, &kind];
    let rows = reader.query_raw(&statement, values).await?;
    let mut rows = std::pin::pin!(rows);
    let (table, columns) = (table_name(log, projection.name(), build), projection.columns());
    let sql = format!("copy {table} ({LEADING_COLUMNS}, {columns}) from stdin");
    let sink = transaction.copy_in(&sql).await?;
    let mut sink = std::pin::pin!(sink);
    let mut fold = projection.fold_all(log);
    let mut out = Vec::with_capacity(CHUNK_BYTES * 2);
    let (mut count, mut erased) = (0_u64, Vec::new());
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
        if records_erasure(&subjects) {
            erased.extend(keys_of(&subjects, projection.subject()).map(str::to_owned));
        }
        if out.len() >= CHUNK_BYTES {
            sink.send(chunk(&mut out)).await?;
        }
        count += 1;
        if count.is_multiple_of(REPORT_FACTS) {
            progress(count);
        }
    }
    while fold.finish_one(&mut out) {
        if out.len() >= CHUNK_BYTES {
            sink.send(chunk(&mut out)).await?;
        }
    }
    sink.send(chunk(&mut out)).await?;
    sink.finish().await?;
    progress(count);
    let erased: Vec<&str> = erased.iter().map(String::as_str).collect();
    forget(transaction, log, projection, &table, &erased).await?;
    park(transaction, log, projection.name(), build, fold.poisoned()).await?;
    Ok(head)
}

fn chunk(out: &mut Vec<u8>) -> bytes::Bytes {
    std::mem::replace(out, Vec::with_capacity(CHUNK_BYTES * 2)).into()
}

/// Folds in what the log holds beyond `position`; answers how far that is.
async fn catch_up(
    transaction: &mut Transaction<'_>,
    log: i32,
    projection: &dyn Projection,
    build: i32,
    mut position: i64,
) -> Result<i64, Failure> {
    let name = projection.name();
    while advance_narrowing(transaction, log, projection, build, position).await? {
        let sql = include_str!("sql/build_position.sql");
        position = transaction.query_one(sql, &[&log, &name, &build]).await?.try_get(0)?;
    }
    Ok(position)
}

/// What became of an attempt to swap.
enum Swapped {
    Yes,
    Overtaken,
    ReadersInTheWay,
}

/// Turns the view to the new table, unless readers keep it: whoever waits for a view stops all
/// readers behind it, so the wait is short and is tried again.
async fn swap(
    transaction: &mut Transaction<'_>,
    log: i32,
    projection: &dyn Projection,
    build: i32,
    position: i64,
) -> Result<Swapped, Failure> {
    let mut attempt = transaction.transaction().await?;
    let name = projection.name();
    if lock_live(&attempt, log, name).await?.iter().any(|live| *live > build) {
        return Ok(Swapped::Overtaken);
    }
    // The live table stands still now. Readers who have seen it must not see less in the new one.
    catch_up(&mut attempt, log, projection, build, position).await?;
    attempt.execute(include_str!("sql/build_swap.sql"), &[&log, &name, &build]).await?;
    // The default log's views carry the plain names that the queries use.
    let view = if log == super::DEFAULT_LOG { name.to_owned() } else { format!("{name}_l{log}") };
    let sql = include_str!("sql/build_view.sql")
        .replace("{view}", &view)
        .replace("{table}", &table_name(log, name, build));
    match attempt.batch_execute(&sql).await {
        Ok(()) => {
            attempt.commit().await?;
            Ok(Swapped::Yes)
        }
        Err(error) if error.code() == Some(&SqlState::LOCK_NOT_AVAILABLE) => {
            attempt.rollback().await?;
            Ok(Swapped::ReadersInTheWay)
        }
        Err(error) => Err(error.into()),
    }
}

/// Locks the live builds, and looks again until no other one has come: a build that was live a
/// moment ago may have been replaced while its lock was waited for.
async fn lock_live(
    transaction: &Transaction<'_>,
    log: i32,
    name: &str,
) -> Result<Vec<i32>, Failure> {
    let mut known: Option<Vec<i32>> = None;
    loop {
        let rows =
            transaction.query(include_str!("sql/build_lock_live.sql"), &[&log, &name]).await?;
        let live: Vec<i32> = rows.iter().map(|row| row.try_get(0)).collect::<Result<_, _>>()?;
        if known.as_ref() == Some(&live) {
            return Ok(live);
        }
        known = Some(live);
    }
}

/// Removes the tables and the words of builds that nobody reads any more. What somebody still
/// holds is left for the next time.
async fn sweep(pool: &Pool, log: i32, name: &str) -> Result<(), Failure> {
    let mut client = pool.get().await?;
    client.execute(include_str!("sql/sweep_announced.sql"), &[&log, &name]).await?;
    let rows = client.query(include_str!("sql/sweep_retired.sql"), &[&log, &name]).await?;
    for row in rows {
        let build: i32 = row.try_get(0)?;
        if let Err(failure) = remove(&mut client, log, name, build).await {
            let reason = super::combiner::with_causes(&failure);
            tracing::info!(projection = name, build, reason, "An old table of {name} is left");
        }
    }
    Ok(())
}

async fn remove(client: &mut Object, log: i32, name: &str, build: i32) -> Result<(), Failure> {
    let transaction = client.transaction().await?;
    let table = table_name(log, name, build);
    let sql = include_str!("sql/sweep_table.sql").replace("{table}", &table);
    transaction.batch_execute(&sql).await?;
    transaction.execute(include_str!("sql/build_drop.sql"), &[&log, &name, &build]).await?;
    transaction.commit().await?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_comment_ends_no_statement() {
        let sql =
            "create table t ( -- one; row\n  a text\n);\n-- Not; this.\ncreate index on t (a);";
        let bare = without_comments(sql);
        let (create, indexes) = bare.split_once(';').expect("two statements");
        assert!(create.ends_with("a text\n)"), "{create}");
        assert_eq!(indexes.trim(), "create index on t (a);");
    }
}
