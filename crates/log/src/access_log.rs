//! Who read whose name, HPR number or data, when, as what: written down behind the reader, in
//! batches.
//!
//! A reader hands an entry over and goes on; one writer an instance writes what has come together
//! within milliseconds. When the writer cannot keep up, readers write their entries themselves and
//! wait: nothing is dropped, and nobody reads what cannot be handed over or written down. A process
//! that is killed loses what waits, the last milliseconds. Which reads count is decided where names
//! are opened and where answers pass; who may look is an operation's
//! declaration.

use std::time::Duration;

use deadpool_postgres::Pool;
use jiff::Timestamp;
use tokio::sync::mpsc;
use tokio::sync::mpsc::error::TrySendError;
use tokio_util::sync::CancellationToken;
use uuid::Uuid;

use crate::event_log::Failure;
use crate::event_log::combiner::with_causes;

/// Entries that wait to be written; the next ones are written by their readers.
pub const WAITING_MAX: usize = 4_096;
/// Entries written by one statement.
const BATCH_MAX: usize = 500;
/// Pause after a failed batch.
const FAILED_PAUSE_MS: u64 = 200;
/// How often the last batches are tried when the service stops.
const ATTEMPTS_AT_END_MAX: u32 = 10;
/// The shortest time for which entries are kept, whatever the settings say; the database holds it.
pub const KEPT_DAYS_MIN: u16 = 30;
/// Entries removed by one statement.
const PURGED_MAX: i32 = 1_000;
/// Pause between two looks for entries that are too old.
const PURGE_SECONDS: u64 = 3_600;

/// A read of personal data.
#[derive(Debug, Clone, PartialEq)]
pub struct Entry {
    pub at: Timestamp,
    /// Who read, as the log of events names who acted, and what a person is registered as: JSON.
    pub caller: String,
    /// What the reader was to the register.
    pub roles: Vec<&'static str>,
    /// The id of the operation.
    pub operation: String,
    /// Whose name or HPR number was told, and the doctor whose data were read.
    pub persons: Vec<Uuid>,
    pub request_id: String,
}

/// Where entries are handed over. Cheap to clone.
#[derive(Clone)]
pub struct AccessLog {
    log: i32,
    sender: mpsc::Sender<Entry>,
}

/// The writer, until it is run.
pub struct Writer {
    log: i32,
    pool: Pool,
    receiver: mpsc::Receiver<Entry>,
}

/// An access log that takes `waiting_max` entries before readers have to wait; `pool` is the
/// writer's own.
pub fn new(log: i32, pool: Pool, waiting_max: usize) -> (AccessLog, Writer) {
    let (sender, receiver) = mpsc::channel(waiting_max);
    (AccessLog { log, sender }, Writer { log, pool, receiver })
}

impl AccessLog {
    /// Hands an entry over. `pool` is the reader's, for when the entry has to be written at once.
    ///
    /// # Errors
    /// When it had to be, and the database did not take it.
    pub async fn record(&self, entry: Entry, pool: &Pool) -> Result<(), Failure> {
        match self.sender.try_send(entry) {
            Ok(()) => Ok(()),
            Err(TrySendError::Full(entry) | TrySendError::Closed(entry)) => {
                metrics::counter!("alis_access_log_full_total").increment(1);
                write(pool, self.log, &[entry]).await
            }
        }
    }
}

impl Writer {
    /// Writes until `stop`, and then what is left.
    pub async fn run(mut self, stop: CancellationToken) {
        let mut batch = Vec::with_capacity(BATCH_MAX);
        loop {
            let came = tokio::select! {
                came = self.receiver.recv_many(&mut batch, BATCH_MAX) => came,
                () = stop.cancelled(), if !self.receiver.is_closed() => {
                    self.receiver.close();
                    continue;
                }
            };
            if came == 0 {
                return;
            }
            self.write_batch(&batch, &stop).await;
            batch.clear();
        }
    }

    /// Writes a batch, as often as it takes; when the service stops, a few times more.
    async fn write_batch(&self, batch: &[Entry], stop: &CancellationToken) {
        let mut attempts_at_end = 0;
        while let Err(failure) = write(&self.pool, self.log, batch).await {
            let (reason, count) = (with_causes(&failure), batch.len());
            if stop.is_cancelled() {
                attempts_at_end += 1;
                if attempts_at_end == ATTEMPTS_AT_END_MAX {
                    tracing::error!(error = %reason, count, "Reads of personal data are not logged");
                    return;
                }
            }
            tracing::warn!(error = %reason, count, "Reads of personal data are not logged yet");
            tokio::time::sleep(Duration::from_millis(FAILED_PAUSE_MS)).await;
        }
    }
}

/// Writes entries in one statement.
async fn write(pool: &Pool, log: i32, entries: &[Entry]) -> Result<(), Failure> {
    let times: Vec<Timestamp> = entries.iter().map(|entry| entry.at).collect();
    let callers: Vec<&str> = entries.iter().map(|entry| entry.caller.as_str()).collect();
    let roles: Vec<String> = entries.iter().map(|entry| array(&entry.roles)).collect();
    let operations: Vec<&str> = entries.iter().map(|entry| entry.operation.as_str()).collect();
    let persons: Vec<String> = entries.iter().map(|entry| array(&entry.persons)).collect();
    let requests: Vec<&str> = entries.iter().map(|entry| entry.request_id.as_str()).collect();
    let client = pool.get().await?;
    let statement = client.prepare_cached(include_str!("access_log/write.sql")).await?;
    client
        .execute(&statement, &[&log, &times, &callers, &roles, &operations, &persons, &requests])
        .await?;
    Ok(())
}

/// An array of words or ids, as the database writes one: there are no arrays of arrays.
fn array<T: ToString>(items: &[T]) -> String {
    format!("{{{}}}", items.iter().map(ToString::to_string).collect::<Vec<_>>().join(","))
}

/// Removes entries that are older than `days`; answers how many.
///
/// # Errors
/// When the database refuses: nothing younger than [`KEPT_DAYS_MIN`] is removed.
pub async fn purge(pool: &Pool, log: i32, days: u16) -> Result<i64, Failure> {
    let client = pool.get().await?;
    let statement = client.prepare_cached(include_str!("access_log/purge.sql")).await?;
    let mut total = 0;
    loop {
        let row = client.query_one(&statement, &[&log, &i32::from(days), &PURGED_MAX]).await?;
        let removed: i64 = row.try_get(0)?;
        total += removed;
        if removed < i64::from(PURGED_MAX) {
            return Ok(total);
        }
    }
}

/// Removes entries that are too old, now and every hour, until `stop`.
pub async fn keep_for(days: u16, pool: Pool, log: i32, stop: CancellationToken) {
    loop {
        match purge(&pool, log, days).await {
            Ok(0) => {}
            Ok(count) => {
                tracing::info!(count, "Removed entries of the access log: {days} days old")
            }
            Err(failure) => {
                let reason = with_causes(&failure);
                tracing::warn!(error = %reason, "Old entries of the access log could not be removed");
            }
        }
        tokio::select! {
            () = stop.cancelled() => return,
            () = tokio::time::sleep(Duration::from_secs(PURGE_SECONDS)) => {}
        }
    }
}
