//! What was signed: the checkpoints of the database and of the anchor, in the order of their sizes.

use std::path::Path;

use super::{Evidence, Walk};
use crate::anchor::Notes;
use crate::note::{Checkpoint, Verifier};
use crate::store::{self, Tree, signed};
use crate::tree::Head;
use alis_log::event_log::Failure;
use alis_log::event_log::verify::Report;

/// Checkpoints read together from the database.
const PAGE: i64 = 1_000;

/// Both sources, and what has become of them.
pub struct Claims {
    tree: Tree,
    keys: Vec<Verifier>,
    database: Source,
    /// Checkpoints of the database that were read and are not judged yet.
    page: Vec<(String, String)>,
    after: Option<(i64, i64)>,
    anchor: Source,
    notes: Option<Notes>,
}

/// One source of checkpoints.
struct Source {
    name: String,
    /// The next claim: where it stands, and what it says of the tree.
    next: Option<(String, Head)>,
    count: u64,
    /// The size of the newest checkpoint that held.
    held: u64,
    /// The sizes of those that did not: the first, and how many.
    failed: Option<(u64, u64)>,
}

impl Source {
    fn new(name: String) -> Self {
        Self { name, next: None, count: 0, held: 0, failed: None }
    }

    fn judge(&mut self, claim: &Head, actual: &Head) {
        if claim.root == actual.root {
            self.held = claim.size;
        } else {
            let (first, count) = self.failed.unwrap_or((claim.size, 0));
            self.failed = Some((first, count + 1));
        }
    }
}

impl Claims {
    /// Both sources from their beginnings. What is wrong with a checkpoint itself is told on the
    /// walk over the events only.
    pub fn open(tree: Tree, evidence: &Evidence, report: &mut Report) -> Self {
        let anchor = evidence.anchor.as_deref();
        let name = anchor.map_or_else(String::new, |path| path.display().to_string());
        Self {
            tree,
            keys: evidence.keys.clone(),
            database: Source::new("the database".to_owned()),
            page: Vec::new(),
            after: Some((-1, -1)),
            anchor: Source::new(name),
            notes: anchor.and_then(|path| notes(path, tree, report)),
        }
    }

    /// Checkpoints of the database, and of the anchor.
    pub fn counted(&self) -> (u64, u64) {
        (self.database.count, self.anchor.count)
    }

    /// Holds the checkpoints of the tree so far against it.
    pub async fn judge(&mut self, walk: &Walk<'_>, report: &mut Report) -> Result<(), Failure> {
        let mut actual = None;
        loop {
            self.look(walk, report).await?;
            let due = |source: &Source| {
                source.next.as_ref().is_some_and(|(_, head)| head.size <= walk.size())
            };
            let source = if due(&self.database) {
                &mut self.database
            } else if due(&self.anchor) {
                &mut self.anchor
            } else {
                return Ok(());
            };
            let Some((place, claim)) = source.next.take() else { return Ok(()) };
            if claim.size < walk.size() {
                report.find(format!("{place}: the checkpoint is older than the one before it"));
                continue;
            }
            let root = *actual.get_or_insert_with(|| walk.growth.root());
            source.judge(&claim, &Head { size: claim.size, root });
        }
    }

    /// Reads on where the next claim of a source is not known.
    async fn look(&mut self, walk: &Walk<'_>, report: &mut Report) -> Result<(), Failure> {
        while self.anchor.next.is_none() {
            let Some((line, note)) = self.notes.as_mut().and_then(Iterator::next) else {
                self.notes = None;
                break;
            };
            let place = format!("{} line {line}", self.anchor.name);
            self.anchor.count += 1;
            match note {
                Ok(note) => self.anchor.next = self.read(place, &note, report),
                Err(error) if self.tree == Tree::Events => {
                    report.find(format!("{place} cannot be read: {error}"));
                }
                Err(_) => {}
            }
        }
        while self.database.next.is_none() {
            let Some((place, note)) = self.page.pop() else {
                let Some(after) = self.after else { break };
                let page = store::checkpoints(walk.client, walk.log, after, PAGE).await?;
                let sizes = |p: &store::Published| (signed(p.size), signed(p.ledger_size));
                self.after = page.last().map(sizes);
                let place = |size| format!("the checkpoint of {size} events in the database");
                self.page = page.into_iter().rev().map(|p| (place(p.size), p.note)).collect();
                continue;
            };
            self.database.count += 1;
            self.database.next = self.read(place, &note, report);
        }
        Ok(())
    }

    fn read(&self, place: String, note: &str, report: &mut Report) -> Option<(String, Head)> {
        match (Checkpoint::open(note, &self.keys), self.tree) {
            (Ok(checkpoint), Tree::Events) => Some((place, checkpoint.events)),
            (Ok(checkpoint), Tree::Ledger) => Some((place, checkpoint.ledger?)),
            (Err(error), Tree::Events) => {
                report.find(format!("{place}: {error}"));
                None
            }
            (Err(_), Tree::Ledger) => None,
        }
    }

    /// Tells what did not hold, and which checkpoints are of more than there is.
    pub async fn end(&mut self, walk: &Walk<'_>, report: &mut Report) -> Result<(), Failure> {
        // What was appended while we read belongs to no finding.
        let (head, _) = store::clock(walk.client, walk.log).await?;
        let (_, ledger_size) = store::sizes(walk.client, walk.log).await?;
        let there = match self.tree {
            Tree::Events => head,
            Tree::Ledger => ledger_size.max(walk.size()),
        };
        for source in [&self.database, &self.anchor] {
            let (name, rows) = (&source.name, walk.name());
            if let Some((first, count)) = source.failed {
                let from = source.held + 1;
                let more = match count {
                    1 => String::new(),
                    count => format!(", nor do {} after it", count - 1),
                };
                report.find(format!(
                    "the checkpoint of {first} {rows} in {name} does not hold{more}: something \
                     among {rows} {from} to {first} was changed, and the tree built anew over it"
                ));
            }
            if let Some((place, claim)) = &source.next
                && claim.size > there
            {
                let size = claim.size;
                report.find(format!("{place}: {size} {rows} were sealed, and {there} are left"));
            }
        }
        Ok(())
    }
}

/// Opens the anchor. That it is missing is told once.
fn notes(path: &Path, tree: Tree, report: &mut Report) -> Option<Notes> {
    match Notes::open(path) {
        Ok(notes) => Some(notes),
        Err(error) => {
            if tree == Tree::Events {
                report.find(format!("the anchor {} cannot be read: {error}", path.display()));
            }
            None
        }
    }
}
