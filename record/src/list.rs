//! Lists that may be longer than a statement (protocol section 2: what can be longer is "a statement naming a blob by
//! root").
//!
//! Up to [`LINES_MAX`] lines a statement names every line. A longer list is named by its count and the RFC 6962 root
//! over its lines, each as compact JSON with the fields in the order of its type. Nothing is lost by that: every list
//! that is named in this way follows from other statements, so whoever has those computes it and compares.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::Digest;
use crate::log::tree;

/// The most lines that a statement names itself. Small enough that two lists of this length fit into a body, and the
/// ends of this many chains do; large enough that a list which an older version wrote out is written out still.
pub const LINES_MAX: usize = 1_250;

/// A list by count and root.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ListRoot {
    /// Number of lines.
    pub count: u64,
    /// RFC 6962 tree hash over the lines, each as compact JSON.
    pub root: Digest,
}

impl ListRoot {
    /// Count and root of `lines`. They must be plain data: structs, strings, integers, lists.
    pub fn of<T: Serialize>(lines: &[T]) -> ListRoot {
        // serde_json cannot fail on plain data.
        let leaf = |line: &T| tree::leaf_hash(&serde_json::to_vec(line).unwrap_or_default());
        let leaves: Vec<Digest> = lines.iter().map(leaf).collect();
        ListRoot {
            count: leaves.len() as u64,
            root: tree::root_of(&leaves),
        }
    }
}

/// A list in the one form that a statement gives it: its lines, or nothing and its root.
pub fn in_statement<T: Serialize>(lines: Vec<T>) -> (Vec<T>, Option<ListRoot>) {
    if lines.len() <= LINES_MAX {
        (lines, None)
    } else {
        let root = ListRoot::of(&lines);
        (Vec::new(), Some(root))
    }
}
