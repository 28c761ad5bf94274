//! Is the log what was sealed? Every leaf and node is computed anew from the rows themselves, and
//! held against the stored trees and against every checkpoint that was signed, in the database and
//! in the anchor outside of it.
//!
//! Whoever changes a row is found by the trees. Whoever then builds the trees anew is found by the
//! checkpoints, and whoever removes those by the anchor. Whether the tables agree among themselves
//! is [`alis_log::event_log::verify`]'s question.

mod claims;
mod events;
mod ledger;

use std::path::PathBuf;

use deadpool_postgres::{Object, Pool};

use super::note::Verifier;
use super::store::{self, Tree};
use super::tree::{Growth, Hash, Run};
use alis_log::event_log::Failure;
use alis_log::event_log::verify::Report;
use claims::Claims;

/// Leaves looked at together.
const WINDOW: u64 = 4_096;

/// What the log is held against besides its own trees.
#[derive(Debug, Clone)]
pub struct Evidence {
    /// Keys that have signed checkpoints.
    pub keys: Vec<Verifier>,
    /// A file of checkpoints outside of the database.
    pub anchor: Option<PathBuf>,
}

/// What was looked at.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Sealed {
    /// Events in the tree, and rows of the ledger in theirs.
    pub events: u64,
    pub commands: u64,
    /// Checkpoints of the database, and of the anchor.
    pub published: u64,
    pub anchored: u64,
}

/// Computes both trees anew and compares. `progress` hears how many rows are done.
///
/// # Errors
/// When the database fails; what is wrong with the log goes into the report.
pub async fn verify(
    pool: &Pool,
    log: i32,
    evidence: &Evidence,
    report: &mut Report,
    progress: &(dyn Fn(u64) + Sync),
) -> Result<Sealed, Failure> {
    let client = pool.get().await?;
    let (size, ledger_size) = store::sizes(&client, log).await?;
    let mut claims = Claims::open(Tree::Events, evidence, report);
    let walk = Walk::new(&client, log, Tree::Events, size);
    let events = events::walk(walk, &mut claims, report, progress).await?;
    let (published, anchored) = claims.counted();
    let mut claims = Claims::open(Tree::Ledger, evidence, report);
    let walk = Walk::new(&client, log, Tree::Ledger, ledger_size);
    let progress = |count: u64| progress(events + count);
    ledger::walk(walk, &mut claims, report, &progress).await?;
    Ok(Sealed { events: size, commands: ledger_size, published, anchored })
}

/// A tree being computed anew.
struct Walk<'a> {
    client: &'a Object,
    log: i32,
    tree: Tree,
    /// Leaves that the stored tree has.
    sealed: u64,
    growth: Growth,
}

impl<'a> Walk<'a> {
    fn new(client: &'a Object, log: i32, tree: Tree, sealed: u64) -> Self {
        Self { client, log, tree, sealed, growth: Growth::new(0, Vec::new()) }
    }

    /// Leaves so far.
    fn size(&self) -> u64 {
        self.growth.size()
    }

    /// Adds the leaf that counts; before it, the checkpoints of the tree so far are judged.
    async fn add(
        &mut self,
        leaf: Hash,
        claims: &mut Claims,
        report: &mut Report,
    ) -> Result<(), Failure> {
        claims.judge(self, report).await?;
        self.growth.add(leaf);
        if self.size().is_multiple_of(WINDOW) {
            self.compare(report).await?;
        }
        Ok(())
    }

    /// The last leaf has been added.
    async fn end(mut self, claims: &mut Claims, report: &mut Report) -> Result<(), Failure> {
        claims.judge(&self, report).await?;
        self.compare(report).await?;
        claims.end(&self, report).await
    }

    /// Holds the nodes above the leaves that came since the last call against the stored ones.
    async fn compare(&mut self, report: &mut Report) -> Result<(), Failure> {
        for run in self.growth.take_runs() {
            if run.level > 0 {
                self.compare_run(&run, report).await?;
            }
        }
        Ok(())
    }

    async fn compare_run(&self, run: &Run, report: &mut Report) -> Result<(), Failure> {
        let end = (run.first + run.hashes.len() as u64).min(self.sealed >> run.level);
        if end <= run.first {
            return Ok(());
        }
        let (client, log, level) = (self.client, self.log, run.level);
        let stored = store::level(client, log, self.tree, level, run.first, end).await?;
        for ((index, hash), stored) in (run.first..).zip(&run.hashes).zip(stored) {
            if stored != Some(*hash) {
                let tree = self.name();
                report.find(format!(
                    "node {index} on level {level} of the tree of {tree} is not what was sealed"
                ));
            }
        }
        Ok(())
    }

    fn name(&self) -> &'static str {
        match self.tree {
            Tree::Events => "events",
            Tree::Ledger => "ledger rows",
        }
    }
}
