//! The root of a part: an RFC 6962 tree over header and segments, so that segments can be checked one by one
//! and nothing is hashed twice.

use super::{PART_HEADER_BYTES, SEGMENT_BYTES};
use crate::Digest;
use crate::log::tree;

/// The leaf of a header or segment: `SHA-256(00 || bytes)`.
pub fn segment_leaf(bytes: &[u8]) -> Digest {
    tree::leaf_hash(bytes)
}

/// The root of a part from its leaves, the header's first.
pub fn root_of_leaves(leaves: &[Digest]) -> Digest {
    tree::root_of(leaves)
}

/// The root of a part that is in memory as a whole.
pub fn part_root(ciphertext: &[u8]) -> Digest {
    let (header, segments) = ciphertext
        .split_at_checked(PART_HEADER_BYTES)
        .unwrap_or((ciphertext, &[]));
    let mut root = PartRoot::new();
    root.push(header);
    segments.chunks(SEGMENT_BYTES).for_each(|segment| {
        root.push(segment);
    });
    root.finish()
}

/// The root of a part that comes piece by piece.
#[derive(Clone, Debug, Default)]
pub struct PartRoot {
    leaves: Vec<Digest>,
}

impl PartRoot {
    /// Nothing hashed yet.
    pub fn new() -> PartRoot {
        PartRoot::default()
    }

    /// Adds the header (first) or the next segment and returns its leaf.
    pub fn push(&mut self, bytes: &[u8]) -> Digest {
        let leaf = segment_leaf(bytes);
        self.push_leaf(leaf);
        leaf
    }

    /// Adds a leaf that was computed elsewhere, for instance on another thread.
    pub fn push_leaf(&mut self, leaf: Digest) {
        self.leaves.push(leaf);
    }

    /// The leaves so far.
    pub fn leaves(&self) -> &[Digest] {
        &self.leaves
    }

    /// The root.
    pub fn finish(self) -> Digest {
        root_of_leaves(&self.leaves)
    }
}
