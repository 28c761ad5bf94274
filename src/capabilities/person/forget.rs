//! Destroys the keys of erased persons: right after the fact, by the instance that recorded it, and
//! by a worker of every instance, so that one that died in between is made good.
//!
//! Whether somebody is erased is what the log says. A key that is still there opens nothing: reads
//! look at the fact.

use std::time::Duration;

use tokio_util::sync::CancellationToken;
use uuid::Uuid;

use crate::event_log::combiner::with_causes;
use crate::event_log::{EventLog, Failure};

/// Keys destroyed by one statement.
const KEYS_MAX: i64 = 500;
/// Rest between two looks: the instance that records an erasure destroys the key itself.
const REST_MS: u64 = 100;
/// Pause after a failure.
const FAILED_PAUSE_MS: u64 = 1_000;

/// Destroys the keys of these persons, if their erasure is in the log; answers how many.
///
/// # Errors
/// When the database does not answer.
pub async fn keys(log: &EventLog, persons: &[Uuid]) -> Result<i64, Failure> {
    let client = log.pool.get().await?;
    let statement = client.prepare_cached(include_str!("sql/forget.sql")).await?;
    Ok(client.query_one(&statement, &[&log.log, &persons]).await?.try_get(0)?)
}

/// Says in the log that keys could not be destroyed yet.
pub fn log_failure(failure: &Failure) {
    let reason = with_causes(failure);
    tracing::warn!(error = %reason, "Keys of erased persons are not destroyed yet; trying again");
}

/// Destroys what is left over from before, and then follows the log, until `stop`.
pub async fn follow(log: EventLog, stop: CancellationToken) {
    let mut head = log.watch_head();
    let mut seen = None;
    loop {
        let until = *head.borrow_and_update();
        let done = match seen {
            None => sweep(&log).await,
            Some(seen) => after(&log, seen, until).await,
        };
        match done {
            Ok(()) => {
                seen = Some(until);
                tokio::select! {
                    () = stop.cancelled() => return,
                    () = tokio::time::sleep(Duration::from_millis(REST_MS)) => {}
                }
            }
            Err(failure) => {
                log_failure(&failure);
                tokio::select! {
                    () = stop.cancelled() => return,
                    () = tokio::time::sleep(Duration::from_millis(FAILED_PAUSE_MS)) => continue,
                }
            }
        }
        tokio::select! {
            () = stop.cancelled() => return,
            changed = head.changed() => if changed.is_err() { return },
        }
    }
}

/// Looks at every key there is.
async fn sweep(log: &EventLog) -> Result<(), Failure> {
    loop {
        let client = log.pool.get().await?;
        let sql = include_str!("sql/keys_left.sql");
        let rows = client.query(sql, &[&log.log, &KEYS_MAX]).await?;
        drop(client);
        let left: Vec<Uuid> = rows.iter().map(|row| row.try_get(0)).collect::<Result<_, _>>()?;
        // None destroyed of those that are left: the function knows better, and going on is futile.
        if left.is_empty() || keys(log, &left).await? == 0 {
            return Ok(());
        }
    }
}

/// Looks at what was recorded between two positions.
async fn after(log: &EventLog, seen: i64, until: i64) -> Result<(), Failure> {
    let client = log.pool.get().await?;
    let statement = client.prepare_cached(include_str!("sql/erased_between.sql")).await?;
    let rows = client.query(&statement, &[&log.log, &seen, &until]).await?;
    drop(client);
    let erased: Vec<Uuid> = rows.iter().map(|row| row.try_get(0)).collect::<Result<_, _>>()?;
    if !erased.is_empty() {
        keys(log, &erased).await?;
    }
    Ok(())
}
