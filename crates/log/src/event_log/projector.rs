//! The workers that move read models forward.
//!
//! A worker takes the row of its read model's checkpoint, folds a batch, writes the rows and moves
//! the checkpoint in one transaction: so each fact is applied exactly once, by one of any number
//! of instances, with no lock that outlives a connection.

use std::collections::{BTreeMap, BTreeSet};
use std::marker::PhantomData;
use std::sync::Arc;
use std::time::{Duration, Instant};

use deadpool_postgres::{Object, Pool, Transaction};
use tokio::sync::watch;
use tokio_util::sync::CancellationToken;

use super::Failure;
use super::feed::Recorded;
use super::projection::{Closed, KeyFold, Opened, ReadModel, copy_line, keys_of};
use super::rows::{forget, park, write};
use alis_kernel::aggregate::ERASED_SUBJECT;

/// Facts taken in by one transaction.
const BATCH_FACTS_MAX: i64 = 1_000;
/// Time from one batch to the next.
const BATCH_MS_MIN: u64 = 10;
/// How long a worker waits for news before it looks again.
const IDLE_MS: u64 = 1_000;
/// Pause after a failed batch.
const FAILED_PAUSE_MS: u64 = 500;

/// A read model as the program holds it: the declaration behind one object.
pub trait Projection: Send + Sync {
    fn name(&self) -> &'static str;
    fn version(&self) -> i32;
    fn table_sql(&self) -> String;
    fn columns(&self) -> String;
    fn subject(&self) -> &'static str;
    fn forgets(&self) -> Option<&'static str>;
    /// Folds a batch of facts into what it makes of the table.
    fn fold(&self, batch: Batch<'_>) -> Folded;
    /// A fold over the whole log, for a rebuild.
    fn fold_all(&self, log: i32) -> Box<dyn super::rebuild::WholeFold>;
}

/// The object of a declaration.
pub struct Declared<M: ReadModel>(PhantomData<M>);

/// Turns a declaration into the object that workers move.
pub fn declared<M: ReadModel>() -> Arc<dyn Projection> {
    Arc::new(Declared::<M>(PhantomData))
}

impl<M: ReadModel> Projection for Declared<M> {
    fn name(&self) -> &'static str {
        M::NAME
    }
    fn version(&self) -> i32 {
        M::VERSION
    }
    fn table_sql(&self) -> String {
        M::table()
    }
    fn columns(&self) -> String {
        M::columns()
    }
    fn subject(&self) -> &'static str {
        M::SUBJECT
    }
    fn forgets(&self) -> Option<&'static str> {
        M::FORGETS
    }
    fn fold(&self, batch: Batch<'_>) -> Folded {
        fold_batch::<M>(batch)
    }
    fn fold_all(&self, log: i32) -> Box<dyn super::rebuild::WholeFold> {
        Box::new(super::rebuild::Whole::<M>::new(log))
    }
}

/// What a batch is folded from.
pub struct Batch<'a> {
    pub log: i32,
    /// Where the table stands.
    pub checkpoint: i64,
    /// All facts, old and new, of each key that the new facts concern, in order.
    pub facts: &'a BTreeMap<String, Vec<Recorded>>,
}

/// What a batch makes of the table.
#[derive(Default)]
pub struct Folded {
    pub lines: Vec<u8>,
    /// By the `key` in the table.
    pub closed: Vec<(String, Closed)>,
    /// Keys whose facts could not be read: key, position, reason.
    pub poisoned: Vec<(String, i64, String)>,
}

fn fold_batch<M: ReadModel>(batch: Batch<'_>) -> Folded {
    let mut folded = Folded::default();
    for (key, facts) in batch.facts {
        let (mut opened, mut closed) = (Vec::new(), Vec::new());
        let outcome = fold_key::<M>(key, facts, batch.checkpoint, &mut opened, &mut closed);
        for row in &opened {
            copy_line(&mut folded.lines, batch.log, key, row);
        }
        folded.closed.extend(closed.into_iter().map(|row| {
            let listed = row.item.clone().unwrap_or_else(|| key.clone());
            (listed, row)
        }));
        if let Err(error) = outcome {
            folded.poisoned.push((key.clone(), error.position, error.reason));
        }
    }
    folded
}

/// Folds one key. When a fact cannot be taken in, the key stands as it was just before it.
fn fold_key<M: ReadModel>(
    key: &str,
    facts: &[Recorded],
    checkpoint: i64,
    opened: &mut Vec<Opened>,
    closed: &mut Vec<Closed>,
) -> Result<(), alis_kernel::aggregate::DecodeError> {
    let mut fold = KeyFold::<M>::new(key.to_owned());
    let split = facts.partition_point(|fact| fact.position <= checkpoint);
    for recorded in &facts[..split] {
        fold.replay(&recorded.as_fact())?;
    }
    fold.replayed()?;
    let poison = facts[split..]
        .iter()
        .find_map(|recorded| fold.apply(&recorded.as_fact(), opened, closed).err());
    fold.finish(opened);
    poison.map_or(Ok(()), Err)
}

/// Moves one read model until `stop`.
pub async fn run(
    pool: Pool,
    log: i32,
    projection: Arc<dyn Projection>,
    mut head: watch::Receiver<i64>,
    stop: CancellationToken,
) {
    while !stop.is_cancelled() {
        let started = Instant::now();
        match step(&pool, log, projection.as_ref()).await {
            // A large batch takes longer than this anyway.
            Ok(Step::Moved { full: true }) => {
                let rest = Duration::from_millis(BATCH_MS_MIN).saturating_sub(started.elapsed());
                tokio::time::sleep(rest).await;
            }
            // Whatever came meanwhile is told with the next news: small batches are not worth a
            // transaction each while more keep coming.
            Ok(Step::Moved { full: false } | Step::UpToDate) => {
                let news = async {
                    if head.changed().await.is_err() {
                        std::future::pending::<()>().await;
                    }
                };
                tokio::select! {
                    () = stop.cancelled() => return,
                    () = news => {}
                    () = tokio::time::sleep(Duration::from_millis(IDLE_MS)) => {}
                }
            }
            Err(error) => {
                let reason = super::combiner::with_causes(&error);
                let name = projection.name();
                tracing::warn!(projection = name, error = %reason, "A read model could not move");
                tokio::select! {
                    () = stop.cancelled() => return,
                    () = tokio::time::sleep(Duration::from_millis(FAILED_PAUSE_MS)) => {}
                }
            }
        }
    }
}

/// Whether there was something to do.
#[derive(Debug, PartialEq, Eq)]
pub enum Step {
    /// `full` when there may be more to take in at once.
    Moved {
        full: bool,
    },
    UpToDate,
}

/// One batch: fold, write, move the checkpoint, commit.
pub async fn step(pool: &Pool, log: i32, projection: &dyn Projection) -> Result<Step, Failure> {
    let mut client = pool.get().await?;
    match plain_step(&mut client, log, projection).await {
        Err(failure) if failure.refuses_values() => {
            narrowing_step(&mut client, log, projection).await
        }
        outcome => outcome,
    }
}

async fn plain_step(
    client: &mut Object,
    log: i32,
    projection: &dyn Projection,
) -> Result<Step, Failure> {
    let transaction = client.transaction().await?;
    let Some((build, checkpoint)) = take(&transaction, log, projection).await? else {
        return Ok(Step::UpToDate);
    };
    let passed = advance(&transaction, log, projection, build, checkpoint, BATCH_FACTS_MAX).await?;
    transaction.commit().await?;
    Ok(match passed {
        0 => Step::UpToDate,
        some => Step::Moved { full: some >= BATCH_FACTS_MAX },
    })
}

async fn narrowing_step(
    client: &mut Object,
    log: i32,
    projection: &dyn Projection,
) -> Result<Step, Failure> {
    let mut transaction = client.transaction().await?;
    let Some((build, checkpoint)) = take(&transaction, log, projection).await? else {
        return Ok(Step::UpToDate);
    };
    let moved = advance_narrowing(&mut transaction, log, projection, build, checkpoint).await?;
    transaction.commit().await?;
    Ok(if moved { Step::Moved { full: true } } else { Step::UpToDate })
}

/// Takes the checkpoint of the live build; `None` when another instance has it, or when another
/// version is live.
async fn take(
    transaction: &Transaction<'_>,
    log: i32,
    projection: &dyn Projection,
) -> Result<Option<(i32, i64)>, Failure> {
    let (name, version) = (projection.name(), projection.version());
    let statement = transaction.prepare_cached(include_str!("sql/checkpoint.sql")).await?;
    match transaction.query_opt(&statement, &[&log, &name, &version]).await? {
        Some(row) => Ok(Some((row.try_get(0)?, row.try_get(1)?))),
        None => Ok(None),
    }
}

/// Like [`advance`], but when the database refuses the rows, finds the fact that they come from by
/// halving the batch, parks its keys and goes on behind it.
pub(super) async fn advance_narrowing(
    transaction: &mut Transaction<'_>,
    log: i32,
    projection: &dyn Projection,
    build: i32,
    checkpoint: i64,
) -> Result<bool, Failure> {
    let mut facts_max = BATCH_FACTS_MAX;
    loop {
        let attempt = transaction.transaction().await?;
        let failure = match advance(&attempt, log, projection, build, checkpoint, facts_max).await {
            Ok(passed) => {
                attempt.commit().await?;
                return Ok(passed > 0);
            }
            Err(failure) if failure.refuses_values() => failure,
            Err(failure) => return Err(failure),
        };
        attempt.rollback().await?;
        if facts_max == 1 {
            park_next(transaction, log, projection, build, checkpoint, &failure).await?;
            return Ok(true);
        }
        facts_max /= 2;
    }
}

/// Parks the keys of the next fact and moves the checkpoint behind it.
async fn park_next(
    transaction: &Transaction<'_>,
    log: i32,
    projection: &dyn Projection,
    build: i32,
    checkpoint: i64,
    failure: &Failure,
) -> Result<(), Failure> {
    let (until, keys) = next_keys(transaction, log, projection, checkpoint, 1).await?;
    let reason = super::combiner::with_causes(failure);
    let keys = keys.into_iter().map(|key| (key, until, reason.clone()));
    park(transaction, log, projection.name(), build, keys.collect()).await?;
    move_checkpoint(transaction, log, projection.name(), build, until).await
}

/// Folds the next batch into build `build` within the caller's transaction; answers how many facts
/// it passed.
async fn advance(
    transaction: &Transaction<'_>,
    log: i32,
    projection: &dyn Projection,
    build: i32,
    checkpoint: i64,
    facts_max: i64,
) -> Result<i64, Failure> {
    let (until, mut keys) = next_keys(transaction, log, projection, checkpoint, facts_max).await?;
    if until == checkpoint {
        return Ok(0);
    }
    let parked = parked_keys(transaction, log, projection.name(), build).await?;
    keys.retain(|key| !parked.contains(key));
    if !keys.is_empty() {
        let facts = facts_of(transaction, log, projection.subject(), &keys, until).await?;
        let folded = projection.fold(Batch { log, checkpoint, facts: &facts });
        let table = table_name(log, projection.name(), build);
        write(transaction, log, projection, build, &table, folded).await?;
        let new = |fact: &&Recorded| fact.position > checkpoint;
        let erased = facts.iter().filter(|(_, facts)| facts.iter().filter(new).any(is_erasure));
        let erased: Vec<&str> = erased.map(|(key, _)| key.as_str()).collect();
        forget(transaction, log, projection, &table, &erased).await?;
    }
    move_checkpoint(transaction, log, projection.name(), build, until).await?;
    Ok(until - checkpoint)
}

/// How far the next facts reach, and the keys that they concern.
async fn next_keys(
    transaction: &Transaction<'_>,
    log: i32,
    projection: &dyn Projection,
    checkpoint: i64,
    facts_max: i64,
) -> Result<(i64, BTreeSet<String>), Failure> {
    let statement = transaction.prepare_cached(include_str!("sql/batch_subjects.sql")).await?;
    let kind = format!("{}:", projection.subject());
    let row = transaction.query_one(&statement, &[&log, &checkpoint, &facts_max, &kind]).await?;
    let until: Option<i64> = row.try_get(0)?;
    let subjects: Vec<&str> = row.try_get(1)?;
    let keys = keys_of(&subjects, projection.subject()).map(str::to_owned).collect();
    Ok((until.unwrap_or(checkpoint), keys))
}

/// Says how far a build has come.
pub(super) async fn move_checkpoint(
    transaction: &Transaction<'_>,
    log: i32,
    name: &str,
    build: i32,
    position: i64,
) -> Result<(), Failure> {
    let statement = transaction.prepare_cached(include_str!("sql/checkpoint_move.sql")).await?;
    transaction.execute(&statement, &[&log, &name, &build, &position]).await?;
    Ok(())
}

/// The table of a build.
pub fn table_name(log: i32, name: &str, build: i32) -> String {
    format!("model.{name}_l{log}_b{build}")
}

async fn parked_keys(
    transaction: &Transaction<'_>,
    log: i32,
    name: &str,
    build: i32,
) -> Result<BTreeSet<String>, Failure> {
    let statement = transaction.prepare_cached(include_str!("sql/parked_keys.sql")).await?;
    let rows = transaction.query(&statement, &[&log, &name, &build]).await?;
    Ok(rows.iter().map(|row| row.try_get(0)).collect::<Result<_, _>>()?)
}

async fn facts_of(
    transaction: &Transaction<'_>,
    log: i32,
    kind: &str,
    keys: &BTreeSet<String>,
    until: i64,
) -> Result<BTreeMap<String, Vec<Recorded>>, Failure> {
    let names: Vec<String> = keys.iter().map(|key| format!("{kind}:{key}")).collect();
    let statement = transaction.prepare_cached(include_str!("sql/facts_of_subjects.sql")).await?;
    let rows = transaction.query(&statement, &[&log, &names, &until]).await?;
    let mut facts: BTreeMap<String, Vec<Recorded>> = BTreeMap::new();
    for row in &rows {
        let name: &str = row.try_get(10)?;
        let key = alis_kernel::aggregate::Subject::id_in(name, kind).unwrap_or(name).to_owned();
        facts.entry(key).or_default().push(Recorded::of(row)?);
    }
    Ok(facts)
}

/// Whether a fact says that somebody is erased: it is the only one with such a subject.
fn is_erasure(fact: &Recorded) -> bool {
    records_erasure(&fact.subjects)
}

/// Whether these are the subjects of an erasure.
pub(super) fn records_erasure<S: AsRef<str>>(subjects: &[S]) -> bool {
    keys_of(subjects, ERASED_SUBJECT).next().is_some()
}
