//! Where the newest fact of some types stands: what was worked out from such facts is good until
//! the next one.
//!
//! What this instance records itself counts at once. What others record counts as soon as it is
//! heard of, which the notification makes a matter of milliseconds.

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::Duration;

use tokio_util::sync::CancellationToken;

use super::{EventLog, Failure};
use alis_kernel::aggregate::NewFact;

/// Rest between two looks, so that many appends cost one look.
const REST_MS: u64 = 10;

/// The types, and the position of the newest fact of them.
#[derive(Clone, Default)]
pub struct Watched {
    types: &'static [&'static str],
    newest: Arc<AtomicI64>,
}

impl Watched {
    /// Watches for facts of these types.
    pub fn new(types: &'static [&'static str]) -> Self {
        Self { types, newest: Arc::default() }
    }

    /// The position of the newest one that is known of.
    pub fn newest(&self) -> i64 {
        self.newest.load(Ordering::Acquire)
    }

    /// Takes note of what was just recorded up to `head`.
    pub(super) fn recorded(&self, facts: &[&'static str], head: i64) {
        if facts.iter().any(|kind| self.types.contains(kind)) {
            self.newest.fetch_max(head, Ordering::AcqRel);
        }
    }
}

/// The types of some facts.
pub(super) fn kinds(facts: &[NewFact]) -> Vec<&'static str> {
    facts.iter().map(|fact| fact.kind).collect()
}

/// Follows what others record, until `stop`.
pub async fn follow(log: EventLog, stop: CancellationToken) {
    let mut head = log.watch_head();
    let mut seen = *head.borrow();
    log.watched.newest.fetch_max(seen, Ordering::AcqRel);
    loop {
        tokio::select! {
            () = stop.cancelled() => return,
            changed = head.changed() => if changed.is_err() { return },
        }
        let until = *head.borrow_and_update();
        let newest = match look(&log, seen, until).await {
            Ok(newest) => newest,
            Err(error) => {
                tracing::warn!(error = %error, "Cannot tell what was recorded; taking it for any");
                until
            }
        };
        log.watched.newest.fetch_max(newest, Ordering::AcqRel);
        seen = until;
        tokio::time::sleep(Duration::from_millis(REST_MS)).await;
    }
}

async fn look(log: &EventLog, after: i64, until: i64) -> Result<i64, Failure> {
    let client = log.pool.get().await?;
    let statement = client.prepare_cached(include_str!("sql/newest_of_types.sql")).await?;
    let row = client.query_one(&statement, &[&log.log, &after, &until, &log.watched.types]).await?;
    Ok(row.try_get(0)?)
}
