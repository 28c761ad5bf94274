use std::collections::HashMap;

use proptest::prelude::*;

use super::*;

/// The leaves, roots and proofs that the implementations of Certificate Transparency are tested
/// with (transparency-dev/merkle, `testonly`).
const LEAVES: [&str; 8] = [
    "",
    "00",
    "10",
    "2021",
    "3031",
    "40414243",
    "5051525354555657",
    "606162636465666768696a6b6c6d6e6f",
];
const ROOTS: [&str; 9] = [
    "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
    "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
    "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",
    "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77",
    "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
    "4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4",
    "76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef",
    "ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c",
    "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328",
];
const INCLUSIONS: [(u64, u64, &[&str]); 5] = [
    (0, 1, &[]),
    (
        0,
        8,
        &[
            "96a296d224f285c67bee93c30f8a309157f0daa35dc5b87e410b78630a09cfc7",
            "5f083f0a1a33ca076a95279832580db3e0ef4584bdff1f54c8a360f50de3031e",
            "6b47aaf29ee3c2af9af889bc1fb9254dabd31177f16232dd6aab035ca39bf6e4",
        ],
    ),
    (
        5,
        8,
        &[
            "bc1a0643b12e4d2d7c77918f44e0f4f79a838b6cf9ec5b5c283e1f4d88599e6b",
            "ca854ea128ed050b41b35ffc1b87b8eb2bde461e9e3b5596ece6b9d5975a0ae0",
            "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
        ],
    ),
    (2, 3, &["fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125"]),
    (
        1,
        5,
        &[
            "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
            "5f083f0a1a33ca076a95279832580db3e0ef4584bdff1f54c8a360f50de3031e",
            "bc1a0643b12e4d2d7c77918f44e0f4f79a838b6cf9ec5b5c283e1f4d88599e6b",
        ],
    ),
];
const CONSISTENCIES: [(u64, u64, &[&str]); 4] = [
    (1, 1, &[]),
    (
        1,
        8,
        &[
            "96a296d224f285c67bee93c30f8a309157f0daa35dc5b87e410b78630a09cfc7",
            "5f083f0a1a33ca076a95279832580db3e0ef4584bdff1f54c8a360f50de3031e",
            "6b47aaf29ee3c2af9af889bc1fb9254dabd31177f16232dd6aab035ca39bf6e4",
        ],
    ),
    (
        6,
        8,
        &[
            "0ebc5d3437fbe2db158b9f126a1d118e308181031d0a949f8dededebc558ef6a",
            "ca854ea128ed050b41b35ffc1b87b8eb2bde461e9e3b5596ece6b9d5975a0ae0",
            "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
        ],
    ),
    (
        2,
        5,
        &[
            "5f083f0a1a33ca076a95279832580db3e0ef4584bdff1f54c8a360f50de3031e",
            "bc1a0643b12e4d2d7c77918f44e0f4f79a838b6cf9ec5b5c283e1f4d88599e6b",
        ],
    ),
];

fn bytes(hex: &str) -> Vec<u8> {
    let pairs = hex.as_bytes().chunks(2).map(|pair| std::str::from_utf8(pair).expect("ASCII"));
    pairs.map(|pair| u8::from_str_radix(pair, 16).expect("hexadecimal")).collect()
}

fn hash(hex: &str) -> Hash {
    bytes(hex).try_into().expect("32 bytes")
}

fn hashes(hex: &[&str]) -> Vec<Hash> {
    hex.iter().map(|hex| hash(hex)).collect()
}

/// The definition, word for word (RFC 6962, 2.1), over hashes of leaves.
fn defined(leaves: &[Hash]) -> Hash {
    match leaves {
        [] => empty_root(),
        [leaf] => *leaf,
        _ => {
            let middle = leaves.len().next_power_of_two() / 2;
            node_hash(&defined(&leaves[..middle]), &defined(&leaves[middle..]))
        }
    }
}

/// A tree with every complete node it ever had.
struct Kept {
    leaves: Vec<Hash>,
    nodes: HashMap<Node, Hash>,
}

impl Kept {
    /// Grown in steps of `step` leaves, each from the edge that the step before left behind.
    fn new(leaves: Vec<Hash>, step: usize) -> Self {
        let mut kept = Self { leaves: Vec::new(), nodes: HashMap::new() };
        for some in leaves.chunks(step) {
            let size = kept.size();
            let edge = root(size).iter().map(|node| kept.nodes[node]).collect();
            let mut growth = Growth::new(size, edge);
            some.iter().for_each(|leaf| growth.add(*leaf));
            for run in growth.take_runs() {
                for (index, hash) in (run.first..).zip(run.hashes) {
                    let old = kept.nodes.insert(Node { level: run.level, index }, hash);
                    assert_eq!(old, None, "a complete node never changes");
                }
            }
            kept.leaves.extend(some);
            assert_eq!(growth.root(), defined(&kept.leaves));
        }
        kept
    }

    fn numbered(count: u64, step: usize) -> Self {
        Self::new((0..count).map(|number| leaf_hash(&number.to_be_bytes())).collect(), step)
    }

    fn size(&self) -> u64 {
        self.leaves.len() as u64
    }

    fn head(&self, size: u64) -> Head {
        let nodes: Vec<Hash> = root(size).iter().map(|node| self.nodes[node]).collect();
        Head { size, root: fold(&nodes).unwrap_or_else(empty_root) }
    }

    fn proof(&self, parts: &[Part]) -> Vec<Hash> {
        let hash = |part: &Part| {
            let nodes: Vec<Hash> = part.iter().map(|node| self.nodes[node]).collect();
            fold(&nodes).expect("no part is empty")
        };
        parts.iter().map(hash).collect()
    }
}

#[test]
fn roots_and_proofs_are_those_of_certificate_transparency() {
    let tree = Kept::new(LEAVES.iter().map(|leaf| leaf_hash(&bytes(leaf))).collect(), 3);
    for (size, root) in (0..).zip(ROOTS) {
        assert_eq!(tree.head(size).root, hash(root), "{size} leaves");
    }
    for (index, size, expected) in INCLUSIONS {
        assert_eq!(tree.proof(&inclusion(index, size)), hashes(expected), "{index} in {size}");
        let leaf = tree.leaves[usize::try_from(index).expect("small")];
        assert!(is_included(leaf, index, size, &hashes(expected), &tree.head(size).root));
    }
    for (from, to, expected) in CONSISTENCIES {
        assert_eq!(tree.proof(&consistency(from, to)), hashes(expected), "{from} to {to}");
        assert!(is_consistent(&tree.head(from), &tree.head(to), &hashes(expected)));
    }
}

#[test]
fn every_proof_of_every_small_tree_holds() {
    let tree = Kept::numbered(40, 7);
    for size in 1..=40 {
        let head = tree.head(size);
        assert_eq!(head.root, defined(&tree.leaves[..usize::try_from(size).expect("small")]));
        for (index, leaf) in (0..size).zip(&tree.leaves) {
            let proof = tree.proof(&inclusion(index, size));
            assert!(is_included(*leaf, index, size, &proof, &head.root), "{index} in {size}");
        }
        for from in 1..=size {
            let proof = tree.proof(&consistency(from, size));
            assert!(is_consistent(&tree.head(from), &head, &proof), "{from} to {size}");
        }
    }
}

#[test]
fn nothing_follows_from_the_empty_tree_or_backwards() {
    let tree = Kept::numbered(5, 5);
    assert!(!is_consistent(&tree.head(0), &tree.head(5), &[]));
    assert!(!is_consistent(&tree.head(5), &tree.head(3), &[]));
    assert!(!is_included(tree.leaves[0], 0, 0, &[], &empty_root()));
}

#[test]
fn a_proof_that_ends_below_the_root_of_a_larger_tree_is_none() {
    let tree = Kept::numbered(8, 8);
    let (leaf, root) = (tree.leaves[0], tree.head(8).root);
    let proof = tree.proof(&inclusion(0, 8));
    assert!(is_included(leaf, 0, 8, &proof, &root));
    for larger in [9, 16, 1_000] {
        assert!(!is_included(leaf, 0, larger, &proof, &root), "{larger}");
    }
}

/// A proof with one thing changed: a bit of a hash, one hash fewer, one more, two exchanged.
fn altered(proof: &[Hash], how: u8, at: usize, bit: usize) -> Vec<Hash> {
    let mut proof = proof.to_vec();
    let at = at % proof.len().max(1);
    match how % 4 {
        0 if !proof.is_empty() => proof[at][bit / 8 % HASH_BYTES] ^= 1 << (bit % 8),
        1 if !proof.is_empty() => drop(proof.remove(at)),
        2 if proof.len() > 1 => {
            let other = (at + 1) % proof.len();
            proof.swap(at, other);
        }
        _ => proof.insert(at, [u8::try_from(bit % 256).expect("a byte"); HASH_BYTES]),
    }
    proof
}

proptest! {
    #[test]
    fn every_inclusion_proof_holds_and_every_altered_one_does_not(
        size in 1_u64..600, place in any::<u64>(), step in 1_usize..200,
        how in any::<u8>(), at in any::<usize>(), bit in any::<usize>(), other in any::<u64>(),
    ) {
        let tree = Kept::numbered(size, step);
        let (index, root) = (place % size, tree.head(size).root);
        let leaf = tree.leaves[usize::try_from(index).expect("small")];
        let proof = tree.proof(&inclusion(index, size));
        prop_assert!(is_included(leaf, index, size, &proof, &root));
        prop_assert!(!is_included(leaf, index, size, &altered(&proof, how, at, bit), &root));
        let wrong = other % (size + 3);
        prop_assert!(wrong == index || !is_included(leaf, wrong, size, &proof, &root));
        let mut flipped = leaf;
        flipped[bit / 8 % HASH_BYTES] ^= 1 << (bit % 8);
        prop_assert!(!is_included(flipped, index, size, &proof, &root));
        prop_assert!(!is_included(leaf, index, size, &proof, &flipped));
    }

    #[test]
    fn every_consistency_proof_holds_and_every_altered_one_does_not(
        to in 1_u64..600, place in any::<u64>(), step in 1_usize..200,
        how in any::<u8>(), at in any::<usize>(), bit in any::<usize>(), other in any::<u64>(),
    ) {
        let tree = Kept::numbered(to, step);
        let from = place % to + 1;
        let (older, newer) = (tree.head(from), tree.head(to));
        let proof = tree.proof(&consistency(from, to));
        prop_assert!(is_consistent(&older, &newer, &proof));
        prop_assert!(!is_consistent(&older, &newer, &altered(&proof, how, at, bit)));
        let wrong = Head { size: other % to + 1, ..older };
        prop_assert!(wrong.size == from || !is_consistent(&wrong, &newer, &proof));
        let mut flipped = older;
        flipped.root[bit / 8 % HASH_BYTES] ^= 1 << (bit % 8);
        prop_assert!(!is_consistent(&flipped, &newer, &proof));
        let mut flipped = newer;
        flipped.root[bit / 8 % HASH_BYTES] ^= 1 << (bit % 8);
        prop_assert!(!is_consistent(&older, &flipped, &proof));
    }
}
