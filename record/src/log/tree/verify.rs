//! Checking proofs: hashes and numbers in, yes or a reason out.

use super::{empty_root, node_hash};
use crate::Digest;

/// A proof does not hold.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ProofError {
    /// The index asked for is not in a tree of this size.
    #[error("leaf {index} is not in a log of {size} leaves")]
    IndexOutOfRange {
        /// Index of the leaf.
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
    /// Too many or too few hashes for these sizes.
    #[error("the proof has {length} hashes, which is not the number that these sizes need")]
    Length {
        /// Number of hashes in the proof.
        length: usize,
    },
    /// The hashes lead to another root.
    #[error("the proof leads to root {computed}, expected {expected}")]
    Root {
        /// What the proof leads to.
        computed: Digest,
        /// What it should lead to.
        expected: Digest,
    },
}

impl ProofError {
    /// Stable code.
    pub fn code(&self) -> &'static str {
        match self {
            ProofError::IndexOutOfRange { .. } => "proof-index-out-of-range",
            ProofError::SizeOutOfRange { .. } => "proof-size-out-of-range",
            ProofError::Length { .. } => "proof-length",
            ProofError::Root { .. } => "proof-root",
        }
    }
}

/// Checks that `leaf` (a leaf hash) is at `index` in the tree of `size` leaves with this `root`
/// (RFC 9162 section 2.1.3.2).
pub fn verify_inclusion(
    leaf: Digest,
    index: u64,
    size: u64,
    path: &[Digest],
    root: Digest,
) -> Result<(), ProofError> {
    if index >= size {
        return Err(ProofError::IndexOutOfRange { index, size });
    }
    let wrong_length = ProofError::Length { length: path.len() };
    let mut climb = Climb {
        node: index,
        last: size.saturating_sub(1),
    };
    let mut computed = leaf;
    for sibling in path {
        computed = match climb.step().ok_or(wrong_length)? {
            Side::Left => node_hash(*sibling, computed),
            Side::Right => node_hash(computed, *sibling),
        };
    }
    if climb.last != 0 {
        return Err(wrong_length);
    }
    expect_root(computed, root)
}

/// Checks that the tree of `new` leaves with `new_root` extends the tree of `old` leaves with
/// `old_root` (RFC 9162 section 2.1.4.2).
pub fn verify_consistency(
    old: u64,
    new: u64,
    path: &[Digest],
    old_root: Digest,
    new_root: Digest,
) -> Result<(), ProofError> {
    if old > new {
        return Err(ProofError::SizeOutOfRange { old, new });
    }
    let wrong_length = ProofError::Length { length: path.len() };
    if old == 0 || old == new {
        if !path.is_empty() {
            return Err(wrong_length);
        }
        return expect_root(old_root, if old == 0 { empty_root() } else { new_root });
    }
    // A complete old tree is a node of the new one, so that its root is not repeated in the proof.
    let (mut old_computed, rest) = if old.is_power_of_two() {
        (old_root, path)
    } else {
        path.split_first()
            .map(|(first, rest)| (*first, rest))
            .ok_or(wrong_length)?
    };
    let mut new_computed = old_computed;
    let mut climb = Climb {
        node: old.saturating_sub(1),
        last: new.saturating_sub(1),
    };
    climb.skip_complete();
    for sibling in rest {
        match climb.step().ok_or(wrong_length)? {
            Side::Left => {
                old_computed = node_hash(*sibling, old_computed);
                new_computed = node_hash(*sibling, new_computed);
            }
            Side::Right => new_computed = node_hash(new_computed, *sibling),
        }
    }
    if climb.last != 0 {
        return Err(wrong_length);
    }
    expect_root(old_computed, old_root)?;
    expect_root(new_computed, new_root)
}

/// Which side of the node the next hash of a proof stands on.
enum Side {
    Left,
    Right,
}

/// A way from a leaf to the root: the node's index on its level, and that level's last index.
struct Climb {
    node: u64,
    last: u64,
}

impl Climb {
    /// Goes up to where the next hash of the proof joins. `None`: already at the root.
    fn step(&mut self) -> Option<Side> {
        if self.last == 0 {
            return None;
        }
        let side = if self.node % 2 == 1 || self.node == self.last {
            // A last node without sibling rises until it is somebody's right child.
            while self.node.is_multiple_of(2) && self.node != 0 {
                self.rise();
            }
            Side::Left
        } else {
            Side::Right
        };
        self.rise();
        Some(side)
    }

    /// Goes up while the node is a right child: to the largest subtree that ends with this leaf.
    fn skip_complete(&mut self) {
        while self.node % 2 == 1 {
            self.rise();
        }
    }

    fn rise(&mut self) {
        self.node /= 2;
        self.last /= 2;
    }
}

fn expect_root(computed: Digest, expected: Digest) -> Result<(), ProofError> {
    if computed == expected {
        Ok(())
    } else {
        Err(ProofError::Root { computed, expected })
    }
}
