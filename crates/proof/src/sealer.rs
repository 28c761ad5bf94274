//! The worker that builds the trees behind the feed and signs checkpoints of them.
//!
//! Like the workers of read models it takes a row `FOR UPDATE SKIP LOCKED`, so one of any number of
//! instances seals, and whatever dies in between leaves nothing half done. No writer ever waits for
//! it. It never signs what contradicts a checkpoint that was signed before.

use std::path::PathBuf;
use std::sync::Arc;
use std::time::{Duration, Instant};

use deadpool_postgres::{Pool, Transaction};
use futures_util::TryStreamExt;
use jiff::Timestamp;
use tokio::sync::watch;
use tokio_util::sync::CancellationToken;

use super::anchor;
use super::note::{Checkpoint, Signer, Verifier};
use super::store::{self, Permissions, ProofError, Published, Tree, signed};
use super::tree::{Growth, Head};
use alis_kernel::causes::with_causes;

/// Leaves of each tree that one transaction adds.
const BATCH_LEAVES_MAX: u64 = 4_096;
/// Pause after a failure.
const FAILED_PAUSE_MS: u64 = 1_000;

/// When checkpoints are signed.
#[derive(Debug, Clone, Copy)]
pub struct Pace {
    /// As soon as so many events are new.
    pub events: u64,
    /// As soon as anything is new and the last checkpoint is so old.
    pub interval: Duration,
}

/// What the sealer of an instance works with.
pub struct Sealer {
    pub pool: Pool,
    pub log: i32,
    pub signer: Arc<Signer>,
    /// Every key whose checkpoints are ours: the signer's, and those before it.
    pub keys: Arc<[Verifier]>,
    /// The file of checkpoints outside of the database, if there is one.
    pub anchor: Option<PathBuf>,
}

/// What one step did.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Step {
    /// Another sealer has the trees.
    Elsewhere,
    /// There is more to add.
    Moved,
    /// Everything that was recorded when the step began is sealed.
    UpToDate { size: u64 },
}

/// What came of reading a stretch of the ledger.
struct Stretch {
    ledger: Growth,
    at: Option<Timestamp>,
    key: String,
    is_whole: bool,
}

impl Sealer {
    /// Seals at its pace until `stop`.
    pub async fn run(self, pace: Pace, mut head: watch::Receiver<i64>, stop: CancellationToken) {
        let mut logged: Option<String> = None;
        while !stop.is_cancelled() {
            let started = Instant::now();
            let outcome = tokio::select! {
                () = stop.cancelled() => return,
                outcome = self.seal_all() => outcome,
            };
            let mut pause = pace.interval;
            let mut enough = None;
            match outcome {
                Ok(size) => {
                    metrics::gauge!("alis_seal_refused").set(0.0);
                    logged = None;
                    enough = size.map(|size| signed(size.saturating_add(pace.events)));
                }
                Err(error) => {
                    pause = pause.max(Duration::from_millis(FAILED_PAUSE_MS));
                    log_error(&error, &mut logged);
                }
            }
            tokio::select! {
                () = stop.cancelled() => return,
                () = tokio::time::sleep(pause.saturating_sub(started.elapsed())) => {}
                () = reached(&mut head, enough) => {}
            }
        }
    }

    /// Steps until nothing is left; answers how far the tree of events reaches, if it was us.
    ///
    /// # Errors
    /// When the database fails, or what is stored contradicts what was signed.
    pub async fn seal_all(&self) -> Result<Option<u64>, ProofError> {
        let started = Instant::now();
        loop {
            match self.step().await? {
                Step::Moved => {}
                Step::Elsewhere => return Ok(None),
                Step::UpToDate { size } => {
                    metrics::histogram!("alis_seal_seconds")
                        .record(started.elapsed().as_secs_f64());
                    return Ok(Some(size));
                }
            }
        }
    }

    /// Adds the next leaves to both trees, and signs once nothing is left to add.
    pub async fn step(&self) -> Result<Step, ProofError> {
        let mut client = self.pool.get().await?;
        let transaction = client.transaction().await?;
        let Some(permissions) = store::take(&transaction, self.log).await? else {
            return Ok(Step::Elsewhere);
        };
        let (head, now) = store::clock(&transaction, self.log).await?;
        if permissions.size > head {
            let reason = format!("{} events are sealed, and the log has {head}", permissions.size);
            return Err(ProofError::Broken(reason));
        }
        let until = head.min(permissions.size + BATCH_LEAVES_MAX);
        let (mut events, last) = self.events(&transaction, &permissions, until).await?;
        // Up to the last event read; once all are read, up to everything the log's clock has seen.
        let time = if until == head { now } else { last };
        let mut stretch = self.ledger(&transaction, &permissions, time).await?;
        let is_whole = until == head && stretch.is_whole;
        let grown = Permissions {
            size: events.size(),
            ledger_size: stretch.ledger.size(),
            ledger_at: stretch.at,
            ledger_key: stretch.key,
        };
        if grown != permissions {
            let (events, ledger) = (events.take_runs(), stretch.ledger.take_runs());
            store::seal(&transaction, self.log, &grown, &events, &ledger).await?;
        }
        if is_whole {
            self.sign(&transaction, &events, &stretch.ledger).await?;
        }
        transaction.commit().await?;
        metrics::gauge!("alis_sealed_position").set(grown.size as f64);
        Ok(if is_whole { Step::UpToDate { size: grown.size } } else { Step::Moved })
    }

    /// The tree of events grown to `until`, and when the last of them was recorded.
    async fn events(
        &self,
        transaction: &Transaction<'_>,
        permissions: &Permissions,
        until: u64,
    ) -> Result<(Growth, Option<Timestamp>), ProofError> {
        let mut tree = store::growth(transaction, self.log, Tree::Events, permissions.size).await?;
        let mut last = None;
        if permissions.size < until {
            // One row at a time: a payload may be large, and many are read.
            let rows = store::events(transaction, self.log, permissions.size, until).await?;
            let mut rows = std::pin::pin!(rows);
            while let Some(row) = rows.try_next().await? {
                let event = store::event(self.log, &row)?;
                if event.position != signed(tree.size()) + 1 {
                    let reason = format!("position {} is missing", tree.size() + 1);
                    return Err(ProofError::Broken(reason));
                }
                last = Some(event.recorded_at);
                tree.add(event.hash());
            }
        }
        if tree.size() == until {
            return Ok((tree, last));
        }
        Err(ProofError::Broken(format!("position {} is missing", tree.size() + 1)))
    }

    /// The tree of the ledger grown by what was recorded until `time`.
    async fn ledger(
        &self,
        transaction: &Transaction<'_>,
        permissions: &Permissions,
        time: Option<Timestamp>,
    ) -> Result<Stretch, ProofError> {
        let tree =
            store::growth(transaction, self.log, Tree::Ledger, permissions.ledger_size).await?;
        let (at, key) = (permissions.ledger_at, permissions.ledger_key.clone());
        let mut stretch = Stretch { ledger: tree, at, key, is_whole: true };
        let Some(time) = time else { return Ok(stretch) };
        let after = (permissions.ledger_at, permissions.ledger_key.as_str());
        let rows = store::commands(transaction, self.log, after, time, BATCH_LEAVES_MAX).await?;
        let mut rows = std::pin::pin!(rows);
        while let Some(row) = rows.try_next().await? {
            let command = store::command(self.log, &row)?;
            stretch.ledger.add(command.hash());
            stretch.at = Some(command.at);
            stretch.key = command.key;
        }
        stretch.is_whole = stretch.ledger.size() - permissions.ledger_size < BATCH_LEAVES_MAX;
        Ok(stretch)
    }

    /// Signs and publishes a checkpoint if there is anything new since the last one.
    async fn sign(
        &self,
        transaction: &Transaction<'_>,
        events: &Growth,
        ledger: &Growth,
    ) -> Result<(), ProofError> {
        let newest = store::newest(transaction, self.log).await?;
        let (size, ledger_size) = (events.size(), ledger.size());
        if newest.as_ref().is_some_and(|n| (n.size, n.ledger_size) == (size, ledger_size)) {
            return Ok(());
        }
        if let Some(newest) = newest {
            self.agree(transaction, &newest.note, "the newest checkpoint of the database").await?;
        }
        // An anchor that cannot be read is told by whoever writes it, and stops nobody.
        let anchored = self.anchor.as_deref().map(|path| (path, anchor::newest(path)));
        if let Some((path, Ok(Some(note)))) = anchored {
            let name = format!("the newest checkpoint of {}", path.display());
            self.agree(transaction, &note, &name).await?;
        }
        let checkpoint = Checkpoint {
            origin: self.signer.verifier().name().to_owned(),
            events: Head { size, root: events.root() },
            ledger: Some(Head { size: ledger_size, root: ledger.root() }),
        };
        let note = self.signer.sign(&checkpoint.text());
        let published = Published { size, ledger_size, note };
        store::publish(transaction, self.log, &published).await?;
        tracing::debug!(size, ledger_size, "Signed a checkpoint");
        Ok(())
    }

    /// Whether the trees go on from a checkpoint that was signed before.
    async fn agree(
        &self,
        transaction: &Transaction<'_>,
        note: &str,
        name: &str,
    ) -> Result<(), ProofError> {
        let broken = |reason: String| Err(ProofError::Broken(format!("{name}: {reason}")));
        let before = match Checkpoint::open(note, &self.keys) {
            Ok(before) => before,
            Err(error) => return broken(error.to_string()),
        };
        let (size, ledger_size) = store::sizes(transaction, self.log).await?;
        let trees =
            [(Tree::Events, size, Some(before.events)), (Tree::Ledger, ledger_size, before.ledger)];
        for (tree, size, then) in trees {
            let Some(then) = then else { continue };
            if then.size > size {
                return broken(format!("it is of {} leaves, and there are {size}", then.size));
            }
            if store::head(transaction, self.log, tree, then.size).await? != then {
                return broken(format!("the tree had another root at {} leaves", then.size));
            }
        }
        Ok(())
    }
}

/// Says what went wrong, once until it changes: it may last until somebody looks into it.
fn log_error(error: &ProofError, logged: &mut Option<String>) {
    let reason = with_causes(error);
    if logged.as_ref() != Some(&reason) {
        match error {
            ProofError::Log(_) => tracing::warn!(error = reason, "Nothing could be sealed"),
            ProofError::Broken(_) => {
                tracing::error!(error = reason, "Sealing is refused: see `alis log verify --full`");
            }
        }
    }
    if let ProofError::Broken(_) = error {
        metrics::gauge!("alis_seal_refused").set(1.0);
    }
    *logged = Some(reason);
}

/// Waits until the log has come so far; for ever when that is not known.
async fn reached(head: &mut watch::Receiver<i64>, wanted: Option<i64>) {
    if let Some(wanted) = wanted
        && head.wait_for(|head| *head >= wanted).await.is_ok()
    {
        return;
    }
    std::future::pending().await
}
