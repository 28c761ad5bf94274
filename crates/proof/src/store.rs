//! The trees and checkpoints as the database keeps them. What is hashed, and when, is decided
//! elsewhere.

use deadpool_postgres::GenericClient;
use jiff::Timestamp;
use tokio_postgres::types::ToSql;
use tokio_postgres::{Row, RowStream};

use super::leaf::{Command, Event};
use super::tree::{self, Growth, HASH_BYTES, Hash, Head, Node, Part, Run};
use alis_log::event_log::Failure;

/// Which of the two trees.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Tree {
    /// Over the events; leaf `i` is the event at position `i + 1`.
    Events,
    /// Over the rows of the ledger, by time and key.
    Ledger,
}

impl Tree {
    fn number(self) -> i16 {
        match self {
            Tree::Events => 1,
            Tree::Ledger => 2,
        }
    }
}

/// Why trees or checkpoints could not be read, or must not be written.
#[derive(Debug, thiserror::Error)]
pub enum ProofError {
    #[error(transparent)]
    Log(#[from] Failure),
    /// What is stored contradicts itself or what was signed before.
    #[error("{0}")]
    Broken(String),
}

impl From<tokio_postgres::Error> for ProofError {
    fn from(error: tokio_postgres::Error) -> Self {
        Failure::from(error).into()
    }
}

impl From<deadpool_postgres::PoolError> for ProofError {
    fn from(error: deadpool_postgres::PoolError) -> Self {
        Failure::from(error).into()
    }
}

/// How far the trees of a log reach.
#[derive(Debug, Clone, PartialEq)]
pub struct Permissions {
    pub size: u64,
    pub ledger_size: u64,
    /// The newest sealed row of the ledger: its time (none for the empty tree) and key.
    pub ledger_at: Option<Timestamp>,
    pub ledger_key: String,
}

/// A number of the database that is never negative.
pub fn unsigned(number: i64) -> u64 {
    u64::try_from(number).unwrap_or(0)
}

/// A number for the database; no log has more leaves than positions.
pub fn signed(number: u64) -> i64 {
    i64::try_from(number).unwrap_or(i64::MAX)
}

async fn query(
    client: &impl GenericClient,
    sql: &str,
    values: &[&(dyn ToSql + Sync)],
) -> Result<Vec<Row>, tokio_postgres::Error> {
    let statement = client.prepare_cached(sql).await?;
    client.query(&statement, values).await
}

/// The events after one position up to another.
pub async fn events(
    client: &impl GenericClient,
    log: i32,
    after: u64,
    until: u64,
) -> Result<RowStream, tokio_postgres::Error> {
    let statement = client.prepare_cached(include_str!("sql/events.sql")).await?;
    let (after, until) = (signed(after), signed(until));
    let values: [&(dyn ToSql + Sync); 3] = [&log, &after, &until];
    client.query_raw(&statement, values).await
}

/// Up to `limit` rows of the ledger after one of them, recorded until `time`.
pub async fn commands(
    client: &impl GenericClient,
    log: i32,
    after: (Option<Timestamp>, &str),
    time: Timestamp,
    limit: u64,
) -> Result<RowStream, tokio_postgres::Error> {
    let statement = client.prepare_cached(include_str!("sql/commands.sql")).await?;
    let limit = signed(limit);
    let values: [&(dyn ToSql + Sync); 5] = [&log, &after.0, &time, &after.1, &limit];
    client.query_raw(&statement, values).await
}

/// How far the log has come: its head, and the time of its newest append.
pub async fn clock(
    client: &impl GenericClient,
    log: i32,
) -> Result<(u64, Option<Timestamp>), tokio_postgres::Error> {
    let rows = query(client, include_str!("sql/clock.sql"), &[&log]).await?;
    let Some(row) = rows.first() else { return Ok((0, None)) };
    Ok((unsigned(row.try_get(0)?), row.try_get(1)?))
}

/// Takes the trees for this transaction; `None` when another sealer has them.
pub async fn take(
    client: &impl GenericClient,
    log: i32,
) -> Result<Option<Permissions>, tokio_postgres::Error> {
    let rows = query(client, include_str!("sql/take.sql"), &[&log]).await?;
    let Some(row) = rows.first() else { return Ok(None) };
    Ok(Some(Permissions {
        size: unsigned(row.try_get(0)?),
        ledger_size: unsigned(row.try_get(1)?),
        ledger_at: row.try_get(2)?,
        ledger_key: row.try_get(3)?,
    }))
}

/// Leaves in both trees.
pub async fn sizes(
    client: &impl GenericClient,
    log: i32,
) -> Result<(u64, u64), tokio_postgres::Error> {
    let rows = query(client, include_str!("sql/state.sql"), &[&log]).await?;
    let Some(row) = rows.first() else { return Ok((0, 0)) };
    Ok((unsigned(row.try_get(0)?), unsigned(row.try_get(1)?)))
}

/// Reads a row of `sql/events.sql`.
pub fn event(log: i32, row: &Row) -> Result<Event, tokio_postgres::Error> {
    Ok(Event {
        log,
        position: row.try_get(0)?,
        id: row.try_get(1)?,
        kind: row.try_get(2)?,
        schema_version: row.try_get(3)?,
        recorded_at: row.try_get(4)?,
        effective_from: row.try_get(5)?,
        municipality: row.try_get(6)?,
        subjects: row.try_get(7)?,
        payload: row.try_get(8)?,
        meta: row.try_get(9)?,
    })
}

/// Reads a row of `sql/commands.sql`.
pub fn command(log: i32, row: &Row) -> Result<Command, tokio_postgres::Error> {
    Ok(Command {
        log,
        key: row.try_get(0)?,
        fingerprint: row.try_get(1)?,
        head: row.try_get(2)?,
        reply: row.try_get(3)?,
        at: row.try_get(4)?,
    })
}

/// The hashes of nodes, in their order.
pub async fn nodes(
    client: &impl GenericClient,
    log: i32,
    tree: Tree,
    nodes: &[Node],
) -> Result<Vec<Hash>, ProofError> {
    let levels: Vec<i16> = nodes.iter().map(|node| i16::from(node.level)).collect();
    let indexes: Vec<i64> = nodes.iter().map(|node| signed(node.index)).collect();
    let values: [&(dyn ToSql + Sync); 4] = [&log, &tree.number(), &levels, &indexes];
    let rows = query(client, include_str!("sql/nodes.sql"), &values).await?;
    let hashes: Result<Vec<Hash>, _> =
        rows.iter().map(|row| Hash::try_from(row.try_get::<_, &[u8]>(0).unwrap_or(&[]))).collect();
    match hashes {
        Ok(hashes) if hashes.len() == nodes.len() => Ok(hashes),
        Ok(_) | Err(_) => Err(ProofError::Broken("nodes of a tree are missing".to_owned())),
    }
}

/// One hash for each part.
pub async fn parts(
    client: &impl GenericClient,
    log: i32,
    tree: Tree,
    parts: &[Part],
) -> Result<Vec<Hash>, ProofError> {
    let hashes = nodes(client, log, tree, &parts.concat()).await?;
    let mut hashes = hashes.as_slice();
    let mut folded = Vec::new();
    for part in parts {
        let (own, rest) = hashes.split_at(part.len());
        folded.extend(tree::fold(own));
        hashes = rest;
    }
    Ok(folded)
}

/// A tree of `size` leaves, ready to grow.
pub async fn growth(
    client: &impl GenericClient,
    log: i32,
    tree: Tree,
    size: u64,
) -> Result<Growth, ProofError> {
    Ok(Growth::new(size, nodes(client, log, tree, &tree::root(size)).await?))
}

/// A tree as it was at `size` leaves.
pub async fn head(
    client: &impl GenericClient,
    log: i32,
    tree: Tree,
    size: u64,
) -> Result<Head, ProofError> {
    Ok(Head { size, root: growth(client, log, tree, size).await?.root() })
}

/// Hashes `begin` to before `end` of a level, `None` for each that is not stored.
pub async fn level(
    client: &impl GenericClient,
    log: i32,
    tree: Tree,
    level: u8,
    begin: u64,
    end: u64,
) -> Result<Vec<Option<Hash>>, tokio_postgres::Error> {
    let mut found = vec![None; usize::try_from(end - begin).unwrap_or(0)];
    let values: [&(dyn ToSql + Sync); 5] =
        [&log, &tree.number(), &i16::from(level), &signed(begin), &signed(end)];
    for row in query(client, include_str!("sql/runs.sql"), &values).await? {
        let (first, hashes): (i64, &[u8]) = (row.try_get(0)?, row.try_get(1)?);
        for (index, hash) in (unsigned(first)..).zip(hashes.chunks(HASH_BYTES)) {
            if (begin..end).contains(&index) {
                let place = usize::try_from(index - begin).unwrap_or(usize::MAX);
                found[place] = Hash::try_from(hash).ok();
            }
        }
    }
    Ok(found)
}

/// Stores what came to both trees and how far they reach now.
pub async fn seal(
    client: &impl GenericClient,
    log: i32,
    permissions: &Permissions,
    events: &[Run],
    ledger: &[Run],
) -> Result<(), tokio_postgres::Error> {
    let events = events.iter().map(|run| (Tree::Events.number(), run));
    let runs = events.chain(ledger.iter().map(|run| (Tree::Ledger.number(), run)));
    let (mut trees, mut levels, mut firsts, mut hashes) = (vec![], vec![], vec![], vec![]);
    for (tree, run) in runs {
        trees.push(tree);
        levels.push(i16::from(run.level));
        firsts.push(signed(run.first));
        hashes.push(run.hashes.concat());
    }
    let (size, ledger_size) = (signed(permissions.size), signed(permissions.ledger_size));
    let values: [&(dyn ToSql + Sync); 9] = [
        &log,
        &size,
        &ledger_size,
        &permissions.ledger_at,
        &permissions.ledger_key,
        &trees,
        &levels,
        &firsts,
        &hashes,
    ];
    query(client, include_str!("sql/seal.sql"), &values).await?;
    Ok(())
}

/// A checkpoint as it is stored.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Published {
    pub size: u64,
    pub ledger_size: u64,
    pub note: String,
}

impl Published {
    fn of(row: &Row) -> Result<Self, tokio_postgres::Error> {
        let (size, ledger_size) = (unsigned(row.try_get(0)?), unsigned(row.try_get(1)?));
        Ok(Self { size, ledger_size, note: row.try_get(2)? })
    }
}

/// Publishes a checkpoint of the trees as they stand.
pub async fn publish(
    client: &impl GenericClient,
    log: i32,
    checkpoint: &Published,
) -> Result<(), tokio_postgres::Error> {
    let Published { size, ledger_size, note } = checkpoint;
    let values: [&(dyn ToSql + Sync); 4] = [&log, &signed(*size), &signed(*ledger_size), note];
    query(client, include_str!("sql/publish.sql"), &values).await?;
    Ok(())
}

/// The newest checkpoint, if there is any.
pub async fn newest(
    client: &impl GenericClient,
    log: i32,
) -> Result<Option<Published>, tokio_postgres::Error> {
    let rows = query(client, include_str!("sql/newest.sql"), &[&log]).await?;
    rows.first().map(Published::of).transpose()
}

/// Up to `limit` checkpoints after the one of these sizes.
pub async fn checkpoints(
    client: &impl GenericClient,
    log: i32,
    after: (i64, i64),
    limit: i64,
) -> Result<Vec<Published>, tokio_postgres::Error> {
    let values: [&(dyn ToSql + Sync); 4] = [&log, &after.0, &after.1, &limit];
    let rows = query(client, include_str!("sql/checkpoints.sql"), &values).await?;
    rows.iter().map(Published::of).collect()
}
