//! The tree against the vectors, against `ct-merkle`, and re-verified from outside after random appends.

#![expect(clippy::unwrap_used, reason = "tests may panic")]

use std::collections::BTreeMap;
use std::convert::Infallible;

use ct_merkle::mem_backed_tree::MemoryBackedTree;
use proptest::prelude::*;
use record::Digest;
use record::log::tree::{self, Nodes, ProofError, TreeError};

/// Nodes in memory that refuse to change what they hold.
#[derive(Default)]
struct Memory {
    nodes: BTreeMap<(u8, u64), Digest>,
    leaves: Vec<Digest>,
}

impl Nodes for Memory {
    type Error = Infallible;

    fn node(&self, level: u8, index: u64) -> Result<Option<Digest>, Infallible> {
        Ok(self.nodes.get(&(level, index)).copied())
    }
}

impl Memory {
    fn size(&self) -> u64 {
        self.leaves.len() as u64
    }

    fn append(&mut self, leaves: &[Digest]) {
        for node in tree::append(self, self.size(), leaves).unwrap() {
            let before = self.nodes.insert((node.level, node.index), node.hash);
            assert_eq!(before, None, "an append must not touch stored nodes");
        }
        self.leaves.extend(leaves);
    }

    fn of_size(size: u64) -> Memory {
        let mut memory = Memory::default();
        memory.append(&(0..size).map(leaf).collect::<Vec<_>>());
        memory
    }
}

fn leaf(index: u64) -> Digest {
    tree::leaf_hash(format!("entry-{index}").as_bytes())
}

/// RFC 6962 section 2.1, word for word.
fn root_by_definition(leaves: &[Digest]) -> Digest {
    match leaves {
        [] => Digest::sha256(b""),
        [leaf] => *leaf,
        _ => {
            let (left, right) = leaves.split_at(leaves.len().next_power_of_two() / 2);
            tree::node_hash(root_by_definition(left), root_by_definition(right))
        }
    }
}

/// Checks everything a log promises, from outside: every stored node against its leaves, the root
/// of every size in `roots`, every proof between them, and that wrong inputs do not pass.
fn check_log(memory: &Memory, roots: &BTreeMap<u64, Digest>) {
    let size = memory.size();
    let root = root_by_definition(&memory.leaves);
    assert_eq!(tree::root(memory, size).unwrap(), root);
    assert_eq!(tree::root_of(&memory.leaves), root);
    for ((level, index), hash) in &memory.nodes {
        let width = 1_usize << level;
        let start = usize::try_from(*index).unwrap() * width;
        assert_eq!(
            root_by_definition(&memory.leaves[start..start + width]),
            *hash
        );
    }
    let complete: u64 = (0..64).map(|level| size >> level).sum();
    assert_eq!(
        memory.nodes.len() as u64,
        complete,
        "exactly the complete subtrees are stored"
    );
    for (index, leaf) in (0..).zip(&memory.leaves) {
        let path = tree::inclusion(memory, index, size).unwrap();
        tree::verify_inclusion(*leaf, index, size, &path, root).unwrap();
        assert!(tree::verify_inclusion(Digest::ZERO, index, size, &path, root).is_err());
    }
    for (old, old_root) in roots {
        assert_eq!(
            tree::root(memory, *old).unwrap(),
            *old_root,
            "history does not change"
        );
        let path = tree::consistency(memory, *old, size).unwrap();
        tree::verify_consistency(*old, size, &path, *old_root, root).unwrap();
        assert!(tree::verify_consistency(*old, size, &path, Digest::ZERO, root).is_err());
        // Every tree extends the empty one, so only from there any new root passes.
        let forged = tree::verify_consistency(*old, size, &path, *old_root, Digest::ZERO);
        assert_eq!(forged.is_ok(), *old == 0);
    }
}

#[test]
fn roots_of_the_vectors() {
    let vectors: serde_json::Value =
        serde_json::from_str(include_str!("data/protocol.json")).unwrap();
    let leaves: Vec<Digest> = (0..7).map(leaf).collect();
    let root = |key: &str| {
        vectors["log"][key]
            .as_str()
            .unwrap()
            .parse::<Digest>()
            .unwrap()
    };
    assert_eq!(tree::root_of(&leaves), root("root7"));
    assert_eq!(tree::root_of(&leaves[..5]), root("root5"));
    let memory = Memory::of_size(7);
    assert_eq!(tree::root(&memory, 7).unwrap(), root("root7"));
    assert_eq!(tree::root(&memory, 5).unwrap(), root("root5"));
    assert_eq!(tree::root(&memory, 0).unwrap(), Digest::sha256(b""));
}

/// Sizes 0..=300: the root, every inclusion proof and every consistency proof, byte for byte.
#[test]
fn agrees_with_ct_merkle() {
    let mut theirs = MemoryBackedTree::<sha2::Sha256, Vec<u8>>::new();
    let mut ours = Memory::default();
    let bytes = |path: &[Digest]| path.iter().flat_map(|hash| hash.0).collect::<Vec<u8>>();
    for size in 0..=300_u64 {
        assert_eq!(
            tree::root(&ours, size).unwrap().as_bytes()[..],
            theirs.root().as_bytes()[..]
        );
        let root = tree::root(&ours, size).unwrap();
        for index in 0..size {
            let path = tree::inclusion(&ours, index, size).unwrap();
            let expected = theirs.prove_inclusion(usize::try_from(index).unwrap());
            assert_eq!(bytes(&path), expected.as_bytes());
            tree::verify_inclusion(leaf(index), index, size, &path, root).unwrap();
        }
        for old in 1..=size {
            let path = tree::consistency(&ours, old, size).unwrap();
            let expected = theirs.prove_consistency(usize::try_from(size - old).unwrap());
            assert_eq!(bytes(&path), expected.as_bytes(), "{old} -> {size}");
            let old_root = tree::root(&ours, old).unwrap();
            tree::verify_consistency(old, size, &path, old_root, root).unwrap();
        }
        theirs.push(format!("entry-{size}").into_bytes());
        ours.append(&[leaf(size)]);
    }
}

#[test]
fn a_missing_node_is_damage_not_an_empty_subtree() {
    let mut memory = Memory::of_size(8);
    memory.nodes.remove(&(2, 1));
    let missing = TreeError::Missing { level: 2, index: 1 };
    assert_eq!(tree::inclusion(&memory, 0, 8), Err(missing.clone()));
    assert_eq!(tree::consistency(&memory, 4, 8), Err(missing.clone()));
    memory.nodes.remove(&(3, 0));
    assert_eq!(
        tree::root(&memory, 8),
        Err(TreeError::Missing { level: 3, index: 0 })
    );
    assert_eq!(
        tree::append(&memory, 8, &[leaf(8)]),
        Err(TreeError::Missing { level: 3, index: 0 })
    );
    assert_eq!(missing.code(), "log-node-missing");
}

#[test]
fn sizes_and_indexes_out_of_range_are_refused() {
    let memory = Memory::of_size(5);
    assert_eq!(
        tree::inclusion(&memory, 5, 5),
        Err(TreeError::IndexOutOfRange { index: 5, size: 5 })
    );
    assert_eq!(
        tree::inclusion(&memory, 0, 0),
        Err(TreeError::IndexOutOfRange { index: 0, size: 0 })
    );
    assert_eq!(
        tree::consistency(&memory, 6, 5),
        Err(TreeError::SizeOutOfRange { old: 6, new: 5 })
    );
    assert_eq!(
        tree::root(&memory, u64::MAX),
        Err(TreeError::TooLarge { size: u64::MAX })
    );
    let full = tree::append(&memory, tree::SIZE_MAX, &[leaf(0)]);
    assert_eq!(
        full,
        Err(TreeError::TooLarge {
            size: tree::SIZE_MAX + 1
        })
    );
    let hash = leaf(0);
    assert!(matches!(
        tree::verify_inclusion(hash, 5, 5, &[], hash),
        Err(ProofError::IndexOutOfRange { index: 5, size: 5 })
    ));
    assert!(matches!(
        tree::verify_consistency(6, 5, &[], hash, hash),
        Err(ProofError::SizeOutOfRange { old: 6, new: 5 })
    ));
    // Extreme sizes terminate and do not overflow.
    assert!(tree::verify_inclusion(hash, u64::MAX - 1, u64::MAX, &[hash; 80], hash).is_err());
    assert!(tree::verify_consistency(u64::MAX - 1, u64::MAX, &[hash; 80], hash, hash).is_err());
}

#[test]
fn a_proof_of_another_length_fails() {
    let memory = Memory::of_size(13);
    let root = tree::root(&memory, 13).unwrap();
    for index in 0..13 {
        let path = tree::inclusion(&memory, index, 13).unwrap();
        let mut longer = path.clone();
        longer.push(Digest::ZERO);
        for wrong in [&longer[..], &path[..path.len() - 1]] {
            let error = tree::verify_inclusion(leaf(index), index, 13, wrong, root).unwrap_err();
            assert_eq!(
                error,
                ProofError::Length {
                    length: wrong.len()
                }
            );
        }
    }
    for old in 1..13 {
        let old_root = tree::root(&memory, old).unwrap();
        let path = tree::consistency(&memory, old, 13).unwrap();
        let mut longer = path.clone();
        longer.push(Digest::ZERO);
        for wrong in [&longer[..], &path[..path.len() - 1]] {
            let error = tree::verify_consistency(old, 13, wrong, old_root, root).unwrap_err();
            assert_eq!(
                error,
                ProofError::Length {
                    length: wrong.len()
                }
            );
        }
    }
    // Between equal sizes, and from nothing, a proof is empty and the roots decide.
    tree::verify_consistency(13, 13, &[], root, root).unwrap();
    tree::verify_consistency(0, 13, &[], Digest::sha256(b""), root).unwrap();
    assert!(tree::verify_consistency(13, 13, &[root], root, root).is_err());
    assert!(tree::verify_consistency(0, 13, &[], root, root).is_err());
}

#[test]
fn batches_end_at_a_multiple_of_eight() {
    for size_before in 0..40_u64 {
        for acts in 0..20_u64 {
            let size_after = size_before + acts;
            let noise = record::log::padding(acts, size_after);
            assert_eq!((size_after + noise) % record::log::BATCH_MULTIPLE, 0);
            assert!(noise <= record::log::BATCH_MULTIPLE);
            assert!(acts + noise > 0, "a batch is never empty");
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 48, failure_persistence: None, ..ProptestConfig::default() })]

    /// Random batches, everything re-verified from outside after each.
    #[test]
    fn check_log_after_random_appends(batches in prop::collection::vec(0_u64..23, 1..9)) {
        let mut memory = Memory::default();
        let mut roots = BTreeMap::from([(0, Digest::sha256(b""))]);
        for batch in batches {
            let size = memory.size();
            memory.append(&(size..size + batch).map(leaf).collect::<Vec<_>>());
            check_log(&memory, &roots);
            roots.insert(memory.size(), tree::root(&memory, memory.size()).unwrap());
        }
    }

    /// A proof with one changed bit, or for another index, does not hold.
    #[test]
    fn changed_proofs_fail(size in 2_u64..200, at in any::<prop::sample::Index>(), bit in 0_usize..256) {
        let memory = Memory::of_size(size);
        let root = tree::root(&memory, size).unwrap();
        let index = at.index(usize::try_from(size).unwrap()) as u64;
        let mut path = tree::inclusion(&memory, index, size).unwrap();
        let other = (index + 1) % size;
        prop_assert!(tree::verify_inclusion(leaf(index), other, size, &path, root).is_err());
        let place = at.index(path.len());
        path[place].0[bit / 8] ^= 1 << (bit % 8);
        prop_assert!(tree::verify_inclusion(leaf(index), index, size, &path, root).is_err());
    }
}
