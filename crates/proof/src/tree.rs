//! Merkle trees as RFC 6962 hashes them: SHA-256, 0x00 before a leaf and 0x01 before a node. Pure.
//!
//! Only complete nodes are ever stored. A node at level `l` and index `i` is complete once leaves
//! `i * 2^l` to `(i + 1) * 2^l` are all there, and never changes again. Everything else, such as
//! the root of a tree whose size is no power of two, is folded from complete nodes.

use sha2::{Digest, Sha256};

/// Bytes of a hash.
pub const HASH_BYTES: usize = 32;
/// Hashes in a proof; a tree with more levels has more leaves than a log has positions.
pub const PROOF_HASHES_MAX: usize = 64;

/// A SHA-256.
pub type Hash = [u8; HASH_BYTES];

/// The hash of a leaf.
pub fn leaf_hash(leaf: &[u8]) -> Hash {
    Sha256::new().chain_update([0]).chain_update(leaf).finalize().into()
}

/// The hash of a node over its two children.
pub fn node_hash(left: &Hash, right: &Hash) -> Hash {
    Sha256::new().chain_update([1]).chain_update(left).chain_update(right).finalize().into()
}

/// The root of the tree without leaves.
pub fn empty_root() -> Hash {
    Sha256::digest([]).into()
}

/// The place of a complete node.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Node {
    /// 0 for leaves.
    pub level: u8,
    /// Counted from the left, from 0.
    pub index: u64,
}

/// Complete nodes beside each other, from left to right, that [`fold`] into one hash.
pub type Part = Vec<Node>;

/// The complete nodes over leaves `begin` to before `end`, where `begin` is where a subtree of that
/// many leaves may begin.
fn part(begin: u64, end: u64) -> Part {
    let (count, mut at) = (end - begin, begin);
    let mut nodes = Vec::new();
    for level in (0..64_u8).rev().filter(|level| count >> level & 1 == 1) {
        nodes.push(Node { level, index: at >> level });
        at += 1 << level;
    }
    nodes
}

/// What the root of a tree of `size` leaves is folded from; nothing for the empty tree.
pub fn root(size: u64) -> Part {
    part(0, size)
}

/// The largest power of two below `count`, which is at least 2.
fn split(count: u64) -> u64 {
    1 << (63 - (count - 1).leading_zeros())
}

/// What proves that leaf `index` is in the tree of `size` leaves (RFC 6962, 2.1.1).
pub fn inclusion(index: u64, size: u64) -> Vec<Part> {
    let (mut begin, mut end, mut proof) = (0, size, Vec::new());
    while end - begin > 1 {
        let middle = begin + split(end - begin);
        if index < middle {
            proof.push(part(middle, end));
            end = middle;
        } else {
            proof.push(part(begin, middle));
            begin = middle;
        }
    }
    proof.reverse();
    proof
}

/// What proves that the tree of `from` leaves (at least 1) is the beginning of the tree of `to`
/// leaves (RFC 6962, 2.1.2).
pub fn consistency(from: u64, to: u64) -> Vec<Part> {
    let (mut begin, mut end, mut proof) = (0, to, Vec::new());
    // Whether the old tree is a whole subtree from the left edge, whose root the reader has.
    let mut known = true;
    while from < end {
        let middle = begin + split(end - begin);
        if from <= middle {
            proof.push(part(middle, end));
            end = middle;
        } else {
            proof.push(part(begin, middle));
            begin = middle;
            known = false;
        }
    }
    if !known {
        proof.push(part(begin, end));
    }
    proof.reverse();
    proof
}

/// The hash over neighbours given from left to right; `None` when there are none.
pub fn fold(hashes: &[Hash]) -> Option<Hash> {
    let (last, rest) = hashes.split_last()?;
    Some(rest.iter().rev().fold(*last, |right, left| node_hash(left, &right)))
}

/// Whether a proof shows that a leaf is in a tree (RFC 9162, 2.1.3.2).
pub fn is_included(leaf: Hash, index: u64, size: u64, proof: &[Hash], root: &Hash) -> bool {
    if index >= size {
        return false;
    }
    let (mut place, mut last, mut hash) = (index, size - 1, leaf);
    for step in proof {
        if last == 0 {
            return false;
        }
        if place & 1 == 1 || place == last {
            hash = node_hash(step, &hash);
            while place & 1 == 0 && place != 0 {
                place >>= 1;
                last >>= 1;
            }
        } else {
            hash = node_hash(&hash, step);
        }
        place >>= 1;
        last >>= 1;
    }
    last == 0 && hash == *root
}

/// A tree as somebody knows it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Head {
    /// Leaves in the tree.
    pub size: u64,
    pub root: Hash,
}

/// Whether a proof shows that the older tree is the beginning of the newer one (RFC 9162, 2.1.4.2).
/// The empty tree is the beginning of every tree and has no proof.
pub fn is_consistent(older: &Head, newer: &Head, proof: &[Hash]) -> bool {
    if older.size == 0 || older.size > newer.size {
        return false;
    }
    if older.size == newer.size {
        return proof.is_empty() && older.root == newer.root;
    }
    let mut steps = proof.iter();
    let first = if older.size.is_power_of_two() { Some(&older.root) } else { steps.next() };
    let Some(first) = first else { return false };
    let (mut place, mut last) = (older.size - 1, newer.size - 1);
    while place & 1 == 1 {
        place >>= 1;
        last >>= 1;
    }
    let (mut old, mut new) = (*first, *first);
    for step in steps {
        if last == 0 {
            return false;
        }
        if place & 1 == 1 || place == last {
            (old, new) = (node_hash(step, &old), node_hash(step, &new));
            while place & 1 == 0 && place != 0 {
                place >>= 1;
                last >>= 1;
            }
        } else {
            new = node_hash(&new, step);
        }
        place >>= 1;
        last >>= 1;
    }
    last == 0 && old == older.root && new == newer.root
}

/// Neighbours of one level that came to a tree.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Run {
    pub level: u8,
    /// Index of the first of them.
    pub first: u64,
    pub hashes: Vec<Hash>,
}

/// A tree that grows at its right edge.
#[derive(Debug, Clone)]
pub struct Growth {
    size: u64,
    /// The hashes of [`root`] of this size.
    edge: Vec<Hash>,
    runs: Vec<Run>,
}

impl Growth {
    /// A tree of `size` leaves whose root is folded from `edge`: the hashes of [`root`]`(size)`.
    pub fn new(size: u64, edge: Vec<Hash>) -> Self {
        Self { size, edge, runs: Vec::new() }
    }

    /// Leaves so far.
    pub fn size(&self) -> u64 {
        self.size
    }

    /// Adds a leaf, and the nodes that it completes.
    pub fn add(&mut self, leaf: Hash) {
        let mut hash = leaf;
        self.record(0, hash);
        let mut level = 0;
        while self.size >> level & 1 == 1 {
            let Some(left) = self.edge.pop() else { break };
            hash = node_hash(&left, &hash);
            level += 1;
            self.record(level, hash);
        }
        self.edge.push(hash);
        self.size += 1;
    }

    fn record(&mut self, level: u8, hash: Hash) {
        match self.runs.get_mut(usize::from(level)) {
            Some(run) => run.hashes.push(hash),
            // Levels are first met from the bottom up.
            None => self.runs.push(Run { level, first: self.size >> level, hashes: vec![hash] }),
        }
    }

    /// The root as it is now.
    pub fn root(&self) -> Hash {
        fold(&self.edge).unwrap_or_else(empty_root)
    }

    /// The nodes that have come since the last call, a run for each level that grew.
    pub fn take_runs(&mut self) -> Vec<Run> {
        std::mem::take(&mut self.runs)
    }
}

#[cfg(test)]
mod tests;
