//! The RFC 6962 Merkle tree: roots, inclusion proofs and consistency proofs.
//!
//! A tree is known by the hashes of its complete subtrees. The node `(level, index)` covers the
//! leaves `[index * 2^level, (index + 1) * 2^level)`; once those leaves exist it never changes.
//! What makes proofs reads such nodes through [`Nodes`]; what checks proofs needs no storage.

mod verify;

use ring::digest::{Context, SHA256};

pub use verify::{ProofError, verify_consistency, verify_inclusion};

use crate::Digest;

/// The largest tree. Indexes and sizes also travel as JSON integers, which end at 2^53 - 1
/// (protocol section 2).
pub const SIZE_MAX: u64 = (1 << 53) - 1;

/// No proof is longer: a tree of [`SIZE_MAX`] leaves has 53 levels above its leaves, and a
/// consistency proof has at most one hash more than that.
pub const PATH_LENGTH_MAX: usize = 54;

/// `H(00 || data)`: the hash of a leaf.
pub fn leaf_hash(data: &[u8]) -> Digest {
    let mut hasher = Context::new(&SHA256);
    hasher.update(&[0]);
    hasher.update(data);
    Digest::from_ring(hasher.finish())
}

/// `H(01 || left || right)`: the hash of an inner node.
pub fn node_hash(left: Digest, right: Digest) -> Digest {
    let mut hasher = Context::new(&SHA256);
    hasher.update(&[1]);
    hasher.update(left.as_bytes());
    hasher.update(right.as_bytes());
    Digest::from_ring(hasher.finish())
}

/// The root of a tree without leaves: `H("")`.
pub fn empty_root() -> Digest {
    Digest::sha256(b"")
}

/// The root over leaf hashes that are all at hand.
pub fn root_of(leaf_hashes: &[Digest]) -> Digest {
    let mut edge = Edge::default();
    for leaf in leaf_hashes {
        edge.push(*leaf);
    }
    edge.root()
}

/// The right edge of a growing tree: all that is needed to append and to know the root, in memory
/// that grows with the logarithm of the size.
#[derive(Clone, Debug, Default)]
pub struct Edge {
    size: u64,
    /// One hash per set bit of `size`, largest subtree first.
    subtrees: Vec<Digest>,
}

impl Edge {
    /// The number of leaves so far.
    pub fn size(&self) -> u64 {
        self.size
    }

    /// Appends a leaf and returns the complete subtrees that it finished, leaf first.
    pub fn push(&mut self, leaf: Digest) -> Vec<NewNode> {
        let mut node = NewNode {
            level: 0,
            index: self.size,
            hash: leaf,
        };
        let mut finished = vec![node];
        // An odd index is a right child, whose left sibling is the smallest subtree of the edge.
        while node.index % 2 == 1
            && let Some(left) = self.subtrees.pop()
        {
            node = NewNode {
                level: node.level.saturating_add(1),
                index: node.index / 2,
                hash: node_hash(left, node.hash),
            };
            finished.push(node);
        }
        self.subtrees.push(node.hash);
        self.size = self.size.saturating_add(1);
        finished
    }

    /// The root over all leaves so far.
    pub fn root(&self) -> Digest {
        let from_the_right = self.subtrees.iter().rev().copied();
        from_the_right
            .reduce(|right, left| node_hash(left, right))
            .unwrap_or_else(empty_root)
    }
}

/// A complete subtree that an append finished; to be stored as it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct NewNode {
    /// Height above the leaves: a leaf has level 0.
    pub level: u8,
    /// Place among the nodes of this level, from 0.
    pub index: u64,
    /// The hash.
    pub hash: Digest,
}

/// Where the hashes of complete subtrees are kept.
///
/// # Contract
///
/// * **Immutable.** A stored node never changes and never disappears: for one `(level, index)`
///   every call returns the same hash, for ever. Nodes may therefore be cached without limit.
/// * **Complete.** For a size that was ever used with this storage (by a committed append or a
///   published checkpoint), every node whose leaves all lie below that size is present. `None` means
///   "not written yet"; for such a size it is treated as damage ([`TreeError::Missing`]), never as
///   an empty subtree.
/// * **Atomic.** All nodes of one [`append`] become visible together with the leaves and the acts
///   they belong to, in one transaction. A reader sees either none or all of them.
/// * **Durable before signed.** A checkpoint is signed only from nodes that survive a crash and a
///   power cut. A storage that acknowledged a write and lost it turns the next checkpoint into an
///   equivocation; after a restore from backup the log must not sign before its size was compared
///   with the witnesses' (protocol section 6).
/// * **Read your writes.** The writer that holds the sequencing lock sees its own last append. Other
///   readers may lag, as long as what they see is some committed size.
pub trait Nodes {
    /// What can go wrong in the storage.
    type Error;

    /// The hash of the complete subtree `(level, index)`, or `None` when it was never written.
    fn node(&self, level: u8, index: u64) -> Result<Option<Digest>, Self::Error>;
}

/// A root or a proof could not be computed from storage.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum TreeError<E> {
    /// The storage failed.
    #[error("the storage of the log failed: {0}")]
    Storage(E),
    /// A node that must exist is not there.
    #[error(
        "node {index} of level {level} is missing in the storage of the log; run the consistency check, do not append"
    )]
    Missing {
        /// Level of the node.
        level: u8,
        /// Index within its level.
        index: u64,
    },
    /// The index asked for is not in a tree of this size.
    #[error("leaf {index} is not in a log of {size} leaves")]
    IndexOutOfRange {
        /// Index asked for.
        index: u64,
        /// Size of the tree.
        size: u64,
    },
    /// The older size is larger than the newer one.
    #[error("a log of {new} leaves cannot be an extension of one of {old}")]
    SizeOutOfRange {
        /// Older size.
        old: u64,
        /// Newer size.
        new: u64,
    },
    /// The tree would be larger than [`SIZE_MAX`].
    #[error("a log of {size} leaves is larger than the protocol allows ({SIZE_MAX})")]
    TooLarge {
        /// Size asked for.
        size: u64,
    },
}

impl<E> TreeError<E> {
    /// Stable code.
    pub fn code(&self) -> &'static str {
        match self {
            TreeError::Storage(_) => "log-storage-failed",
            TreeError::Missing { .. } => "log-node-missing",
            TreeError::IndexOutOfRange { .. } => "log-index-out-of-range",
            TreeError::SizeOutOfRange { .. } => "log-size-out-of-range",
            TreeError::TooLarge { .. } => "log-too-large",
        }
    }
}

/// The nodes that have to be stored when `leaves` (leaf hashes) are appended to a tree of `size`.
///
/// Reads the right edge of the old tree only. Stores nothing.
pub fn append<N: Nodes>(
    nodes: &N,
    size: u64,
    leaves: &[Digest],
) -> Result<Vec<NewNode>, TreeError<N::Error>> {
    check_size(size.saturating_add(leaves.len() as u64))?;
    let mut edge = Edge {
        size,
        subtrees: Vec::new(),
    };
    for (level, index) in complete_subtrees(0, size) {
        edge.subtrees.push(read(nodes, level, index)?);
    }
    Ok(leaves.iter().flat_map(|leaf| edge.push(*leaf)).collect())
}

/// The root of the tree of the first `size` leaves.
pub fn root<N: Nodes>(nodes: &N, size: u64) -> Result<Digest, TreeError<N::Error>> {
    check_size(size)?;
    subtree_root(nodes, 0, size)
}

/// The inclusion proof of leaf `index` in the tree of `size` leaves, sibling of the leaf first.
pub fn inclusion<N: Nodes>(
    nodes: &N,
    index: u64,
    size: u64,
) -> Result<Vec<Digest>, TreeError<N::Error>> {
    check_size(size)?;
    if index >= size {
        return Err(TreeError::IndexOutOfRange { index, size });
    }
    // From the root down; `index` is relative to `start`, as in RFC 6962 section 2.1.1.
    let (mut start, mut length, mut index) = (0_u64, size, index);
    let mut path = Vec::new();
    while length > 1 {
        let left = largest_power_of_two_below(length);
        let right = length.saturating_sub(left);
        if index < left {
            path.push(subtree_root(nodes, start.saturating_add(left), right)?);
            length = left;
        } else {
            path.push(subtree_root(nodes, start, left)?);
            start = start.saturating_add(left);
            index = index.saturating_sub(left);
            length = right;
        }
    }
    path.reverse();
    Ok(path)
}

/// The proof that the tree of `new` leaves extends the tree of `old` leaves (RFC 6962 section 2.1.2).
///
/// Empty when `old` is 0 or equals `new`.
pub fn consistency<N: Nodes>(
    nodes: &N,
    old: u64,
    new: u64,
) -> Result<Vec<Digest>, TreeError<N::Error>> {
    check_size(new)?;
    if old > new {
        return Err(TreeError::SizeOutOfRange { old, new });
    }
    if old == 0 {
        return Ok(Vec::new());
    }
    let (mut start, mut length, mut old) = (0_u64, new, old);
    let mut path = Vec::new();
    while old != length {
        let left = largest_power_of_two_below(length);
        let right = length.saturating_sub(left);
        if old <= left {
            path.push(subtree_root(nodes, start.saturating_add(left), right)?);
            length = left;
        } else {
            path.push(subtree_root(nodes, start, left)?);
            start = start.saturating_add(left);
            old = old.saturating_sub(left);
            length = right;
        }
    }
    // The subtree that both trees end with is left out when it is the old tree itself.
    if start != 0 {
        path.push(subtree_root(nodes, start, length)?);
    }
    path.reverse();
    Ok(path)
}

fn check_size<E>(size: u64) -> Result<(), TreeError<E>> {
    if size > SIZE_MAX {
        Err(TreeError::TooLarge { size })
    } else {
        Ok(())
    }
}

fn read<N: Nodes>(nodes: &N, level: u8, index: u64) -> Result<Digest, TreeError<N::Error>> {
    nodes
        .node(level, index)
        .map_err(TreeError::Storage)?
        .ok_or(TreeError::Missing { level, index })
}

/// The root over the leaves `[start, start + length)`, where `start` is a multiple of the smallest
/// power of two that is not below `length` (which is so for every subtree of an RFC 6962 tree).
fn subtree_root<N: Nodes>(
    nodes: &N,
    start: u64,
    length: u64,
) -> Result<Digest, TreeError<N::Error>> {
    let mut right: Option<Digest> = None;
    for (level, index) in complete_subtrees(start, length).rev() {
        let left = read(nodes, level, index)?;
        right = Some(match right {
            Some(right) => node_hash(left, right),
            None => left,
        });
    }
    Ok(right.unwrap_or_else(empty_root))
}

/// The complete subtrees `(level, index)` that make up `[start, start + length)`, from left to right:
/// one for each set bit of `length`.
fn complete_subtrees(start: u64, length: u64) -> impl DoubleEndedIterator<Item = (u8, u64)> {
    let down = |value: u64, level: u8| value.wrapping_shr(u32::from(level));
    (0..u64::BITS as u8)
        .rev()
        .filter(move |level| down(length, *level) % 2 == 1)
        .map(move |level| {
            let before = down(length, level).saturating_sub(1);
            (level, down(start, level).saturating_add(before))
        })
}

/// Where RFC 6962 splits a tree of `length` leaves, `length` > 1.
fn largest_power_of_two_below(length: u64) -> u64 {
    let half = length.next_power_of_two() / 2;
    half.max(1)
}
