//! The walk along the log.

use std::collections::BTreeMap;

use futures_util::TryStreamExt;

use super::claims::Claims;
use super::{WINDOW, Walk};
use crate::store::{self, unsigned};
use crate::tree::Hash;
use alis_log::event_log::Failure;
use alis_log::event_log::verify::Report;

/// Walks along the log; answers how many events there are.
pub async fn walk(
    mut walk: Walk<'_>,
    claims: &mut Claims,
    report: &mut Report,
    progress: &(dyn Fn(u64) + Sync),
) -> Result<u64, Failure> {
    let (head, _) = store::clock(walk.client, walk.log).await?;
    let end = head.max(walk.sealed);
    while walk.size() < end && !report.is_full() {
        let (begin, until) = (walk.size(), end.min(walk.size() + WINDOW));
        let rows = hashes(&walk, begin, until, report).await?;
        let sealed = walk.sealed.clamp(begin, until);
        let stored = store::level(walk.client, walk.log, walk.tree, 0, begin, sealed).await?;
        let mut stored = stored.into_iter();
        for index in begin..until {
            let computed = rows.get(&index).copied();
            let stored = stored.next();
            let Some(leaf) = leaf(index + 1, computed, stored, report) else {
                // Neither the row nor its hash: nothing after it can be computed.
                return Ok(head);
            };
            walk.add(leaf, claims, report).await?;
        }
        progress(walk.size());
    }
    walk.end(claims, report).await?;
    Ok(head)
}

/// The hashes of the events of a window, by index.
async fn hashes(
    walk: &Walk<'_>,
    begin: u64,
    until: u64,
    report: &mut Report,
) -> Result<BTreeMap<u64, Hash>, Failure> {
    let mut hashes = BTreeMap::new();
    let rows = store::events(walk.client, walk.log, begin, until).await?;
    let mut rows = std::pin::pin!(rows);
    while let Some(row) = rows.try_next().await? {
        let position: i64 = row.try_get(0)?;
        match store::event(walk.log, &row) {
            Ok(event) => drop(hashes.insert(unsigned(position - 1), event.hash())),
            Err(error) => report.find(format!("event {position} cannot be read: {error}")),
        }
    }
    Ok(hashes)
}

/// The leaf that counts at a position: what was sealed, so that one change is found once, or the
/// event itself where nothing is sealed. `stored` is `None` beyond the sealed tree.
fn leaf(
    position: u64,
    computed: Option<Hash>,
    stored: Option<Option<Hash>>,
    report: &mut Report,
) -> Option<Hash> {
    match (computed, stored) {
        (Some(computed), Some(Some(stored))) => {
            if computed != stored {
                report.find(format!("event {position} is not what was sealed"));
            }
            Some(stored)
        }
        (None, Some(Some(stored))) => {
            report.find(format!("event {position} was sealed and is not there as it was"));
            Some(stored)
        }
        (computed, Some(None)) => {
            report.find(format!("the hash of event {position} is missing from the tree"));
            computed
        }
        (computed, None) => computed,
    }
}
