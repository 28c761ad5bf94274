//! Moving read models past facts that do not concern them, all in one statement.
//!
//! Most facts concern one or two read models. Without this each of the others would open a
//! transaction of its own only to note that. Nothing rests on it: a worker that hears nothing looks
//! by itself.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use deadpool_postgres::Pool;
use tokio::sync::{Notify, watch};
use tokio_util::sync::CancellationToken;

use super::Failure;
use super::projector::Projection;

/// Facts passed over by one statement.
const FACTS_MAX: i64 = 1_000;
/// How long news may wait for more to come, so that many appends cost one look, and each read model
/// one transaction. Nobody waits for it: whoever asks for a position hurries.
const LINGER_MS: u64 = 50;
/// Rest between two looks, however much somebody hurries.
const REST_MS: u64 = 5;

/// What each read model hears of the log, by its name.
pub struct News {
    heard: BTreeMap<&'static str, watch::Receiver<i64>>,
}

impl News {
    /// What the worker of a read model waits for.
    pub fn of(&self, projection: &dyn Projection) -> watch::Receiver<i64> {
        self.heard[projection.name()].clone()
    }
}

/// Follows `head` until `stop`, on the current runtime: moves read models past what does not
/// concern them, and tells the others.
pub fn follow(
    pool: Pool,
    log: i32,
    projections: Vec<Arc<dyn Projection>>,
    mut head: watch::Receiver<i64>,
    hurry: Arc<Notify>,
    stop: CancellationToken,
) -> News {
    let mut recorded = BTreeMap::new();
    let mut heard = BTreeMap::new();
    let mut seen = *head.borrow_and_update();
    for projection in &projections {
        let (sender, receiver) = watch::channel(seen);
        recorded.insert(projection.name(), sender);
        heard.insert(projection.name(), receiver);
    }
    tokio::spawn(async move {
        loop {
            tokio::select! {
                () = stop.cancelled() => return,
                changed = head.changed() => if changed.is_err() { return },
            }
            tokio::select! {
                () = stop.cancelled() => return,
                () = hurry.notified() => {}
                () = tokio::time::sleep(Duration::from_millis(LINGER_MS)) => {}
            }
            let reached = *head.borrow_and_update();
            let passed =
                skip_checkpoints(&pool, log, &projections, seen).await.unwrap_or_else(|failure| {
                    let reason = super::combiner::with_causes(&failure);
                    tracing::debug!(reason, "Read models could not be moved together");
                    BTreeMap::new()
                });
            for (name, sender) in &recorded {
                if passed.get(*name).is_none_or(|position| *position < reached) {
                    sender.send_replace(reached);
                }
            }
            seen = reached;
            tokio::time::sleep(Duration::from_millis(REST_MS)).await;
        }
    });
    News { heard }
}

/// Moves what can be moved; answers which read models, and how far.
async fn skip_checkpoints(
    pool: &Pool,
    log: i32,
    projections: &[Arc<dyn Projection>],
    seen: i64,
) -> Result<BTreeMap<String, i64>, Failure> {
    let names: Vec<&str> = projections.iter().map(|p| p.name()).collect();
    let versions: Vec<i32> = projections.iter().map(|p| p.version()).collect();
    let kinds: Vec<&str> = projections.iter().map(|p| p.subject()).collect();
    let client = pool.get().await?;
    let statement = client.prepare_cached(include_str!("sql/skip_checkpoints.sql")).await?;
    let values: [&(dyn tokio_postgres::types::ToSql + Sync); 6] =
        [&log, &seen, &FACTS_MAX, &names, &versions, &kinds];
    let rows = client.query(&statement, &values).await?;
    Ok(rows
        .iter()
        .map(|row| Ok((row.try_get(0)?, row.try_get(1)?)))
        .collect::<Result<_, tokio_postgres::Error>>()?)
}
