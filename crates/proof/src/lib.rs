//! Tamper evidence: Merkle trees over the log and its ledger, signed checkpoints of them, and
//! receipts that others check without asking us.
//!
//! Who may read what is not decided here. What this does not prove: that what was recorded is true,
//! or that somebody with the keys of a caller did not record it.

pub mod tree;
pub mod leaf;
pub mod note;
pub mod receipt;
pub mod problems;
pub mod store;
pub mod sealer;
pub mod anchor;
pub mod verify;

use std::path::PathBuf;
use std::sync::Arc;

use deadpool_postgres::Pool;
use tokio::sync::watch;
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;

use anchor::Anchors;
use note::{Signer, Verifier};
use sealer::{Pace, Sealer};

/// How an instance seals.
#[derive(Clone)]
pub struct Settings {
    pub signer: Arc<Signer>,
    /// Keys that signed before this one.
    pub old_keys: Vec<Verifier>,
    /// File and address outside of the database that every checkpoint also goes to.
    pub anchor_file: Option<PathBuf>,
    pub anchor_url: Option<String>,
    pub pace: Pace,
}

/// The keys that callers check our checkpoints with, the one in use first.
#[derive(Clone)]
pub struct Keys(pub Arc<[Verifier]>);

impl Settings {
    /// Every key whose checkpoints are ours.
    pub fn keys(&self) -> Keys {
        let current = std::iter::once(self.signer.verifier().clone());
        Keys(current.chain(self.old_keys.iter().cloned()).collect())
    }
}

/// Starts the workers of an instance: one that seals, and one that anchors if there is where to.
pub fn start(
    settings: Settings,
    pool: &Pool,
    log: i32,
    head: watch::Receiver<i64>,
    stop: &CancellationToken,
) -> Vec<JoinHandle<()>> {
    let keys = settings.keys().0;
    let Settings { signer, anchor_file, anchor_url, pace, .. } = settings;
    let sealer = Sealer { pool: pool.clone(), log, signer, keys, anchor: anchor_file.clone() };
    let mut workers = vec![tokio::spawn(sealer.run(pace, head, stop.clone()))];
    if anchor_file.is_some() || anchor_url.is_some() {
        let (pool, interval) = (pool.clone(), pace.interval);
        let anchors = Anchors { pool, log, file: anchor_file, url: anchor_url, interval };
        workers.push(tokio::spawn(anchors.run(stop.clone())));
    } else {
        tracing::warn!(
            "No anchor is kept: whoever owns the database could remove the newest events with the \
             checkpoints that tell of them. ALIS_ANCHOR_FILE or ALIS_ANCHOR_URL says where to"
        );
    }
    workers
}
