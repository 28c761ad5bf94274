//! The walk along the ledger, whose rows have no numbers: what is sealed and what is there are laid
//! beside each other, and where they part the nearest place is sought at which they meet again.

use std::collections::VecDeque;

use futures_util::TryStreamExt;
use jiff::Timestamp;

use super::claims::Claims;
use super::{WINDOW, Walk};
use crate::store;
use crate::tree::Hash;
use alis_log::event_log::Failure;
use alis_log::event_log::verify::Report;

/// How far apart what belongs together may lie after rows were added or removed.
const LOOK_ROWS_MAX: usize = 64;

/// A row of the ledger that is there.
struct There {
    key: String,
    hash: Hash,
}

/// Both sides of the comparison, read ahead.
struct Sides {
    there: VecDeque<There>,
    after: (Option<Timestamp>, String),
    is_read: bool,
    sealed: VecDeque<Hash>,
    /// Leaves of the stored tree that were read.
    taken: u64,
}

/// Walks along the ledger.
pub async fn walk(
    mut walk: Walk<'_>,
    claims: &mut Claims,
    report: &mut Report,
    progress: &(dyn Fn(u64) + Sync),
) -> Result<(), Failure> {
    let mut sides = Sides {
        there: VecDeque::new(),
        after: (None, String::new()),
        is_read: false,
        sealed: VecDeque::new(),
        taken: 0,
    };
    while !report.is_full() {
        sides.read_ahead(&walk, report).await?;
        let Some(leaf) = sides.next(walk.size() + 1, report) else { break };
        walk.add(leaf, claims, report).await?;
        if walk.size().is_multiple_of(WINDOW) {
            progress(walk.size());
        }
    }
    walk.end(claims, report).await
}

impl Sides {
    async fn read_ahead(&mut self, walk: &Walk<'_>, report: &mut Report) -> Result<(), Failure> {
        if self.there.len() < LOOK_ROWS_MAX && !self.is_read {
            self.read_rows(walk, report).await?;
        }
        if self.sealed.len() < LOOK_ROWS_MAX && self.taken < walk.sealed {
            let end = walk.sealed.min(self.taken + WINDOW);
            let (client, log) = (walk.client, walk.log);
            let leaves = store::level(client, log, walk.tree, 0, self.taken, end).await?;
            // A hash that is missing is like none that there is.
            self.sealed.extend(leaves.into_iter().map(Option::unwrap_or_default));
            self.taken = end;
        }
        Ok(())
    }

    async fn read_rows(&mut self, walk: &Walk<'_>, report: &mut Report) -> Result<(), Failure> {
        let after = (self.after.0, self.after.1.clone());
        let (after, ever) = ((after.0, after.1.as_str()), Timestamp::MAX);
        let rows = store::commands(walk.client, walk.log, after, ever, WINDOW).await?;
        let mut rows = std::pin::pin!(rows);
        let mut count = 0;
        while let Some(row) = rows.try_next().await? {
            count += 1;
            match store::command(walk.log, &row) {
                Ok(command) => {
                    let hash = command.hash();
                    self.after = (Some(command.at), command.key.clone());
                    self.there.push_back(There { key: command.key, hash });
                }
                Err(error) => report.find(format!("a row of the ledger cannot be read: {error}")),
            }
        }
        self.is_read = count < WINDOW;
        Ok(())
    }

    /// The next leaf that counts: what was sealed, or what is there where nothing is sealed.
    fn next(&mut self, number: u64, report: &mut Report) -> Option<Hash> {
        while let (Some(there), Some(sealed)) = (self.there.front(), self.sealed.front()) {
            let (hash, sealed) = (there.hash, *sealed);
            let within = LOOK_ROWS_MAX;
            if hash != sealed && self.there.iter().take(within).any(|row| row.hash == sealed) {
                report.find(format!("row {} of the ledger was added", there.key));
                self.there.pop_front();
                continue;
            }
            if hash == sealed {
                self.there.pop_front();
            } else if self.sealed.iter().take(within).any(|other| *other == hash) {
                report.find(format!("row number {number} of the ledger was removed"));
            } else {
                let key = &there.key;
                report.find(format!(
                    "row {key} of the ledger is not what was sealed as number {number}"
                ));
                self.there.pop_front();
            }
            return self.sealed.pop_front();
        }
        match self.sealed.pop_front() {
            Some(sealed) => {
                report.find(format!("row number {number} of the ledger was removed"));
                Some(sealed)
            }
            None => self.there.pop_front().map(|row| row.hash),
        }
    }
}
