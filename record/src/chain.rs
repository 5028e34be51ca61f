//! Chains: every statement has a place in exactly one chain, and every chain is contiguous
//! (protocol section 2, "Chains"). So nothing can be left out between a chain's first statement
//! and a head that somebody named.

use std::collections::BTreeMap;
use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Deserializer, Serialize, Serializer, de};

use crate::list::{LINES_MAX, ListRoot};
use crate::log::leaf::LeafOpening;
use crate::{Digest, Identifier};

/// Which chain: `tender:<id>`, `platform` or `account:<id>`.
///
/// The order (tender first, then platform, then accounts ascending) is the order of bundles.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum ChainId {
    /// Everything that happened in one tender.
    Tender(Identifier),
    /// What concerns the whole platform: roles, trustees, outages.
    Platform,
    /// An account: its data and its keys.
    Account(Identifier),
}

/// The text is not the name of a chain.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "a chain is named tender:<id>, account:<id> or platform, where <id> has 1 to 64 characters out of A-Z a-z 0-9 : . _ -"
)]
pub struct ChainIdError;

impl fmt::Display for ChainId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            ChainId::Tender(id) => write!(f, "tender:{id}"),
            ChainId::Platform => f.write_str("platform"),
            ChainId::Account(id) => write!(f, "account:{id}"),
        }
    }
}

impl FromStr for ChainId {
    type Err = ChainIdError;

    fn from_str(text: &str) -> Result<Self, ChainIdError> {
        let identifier = |id: &str| Identifier::new(id).map_err(|_| ChainIdError);
        match text.split_once(':') {
            Some(("tender", id)) => Ok(ChainId::Tender(identifier(id)?)),
            Some(("account", id)) => Ok(ChainId::Account(identifier(id)?)),
            None if text == "platform" => Ok(ChainId::Platform),
            _ => Err(ChainIdError),
        }
    }
}

impl Serialize for ChainId {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for ChainId {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer)?
            .parse()
            .map_err(de::Error::custom)
    }
}

impl schemars::JsonSchema for ChainId {
    fn schema_name() -> std::borrow::Cow<'static, str> {
        "ChainId".into()
    }

    fn inline_schema() -> bool {
        true
    }

    fn json_schema(_: &mut schemars::SchemaGenerator) -> schemars::Schema {
        let pattern = "^(platform|(tender|account):[A-Za-z0-9:._-]{1,64})$";
        schemars::json_schema!({ "type": "string", "pattern": pattern })
    }
}

/// The last statement of a chain.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ChainHead {
    /// Sequence number of the last statement; the first one is 0.
    pub seq: u64,
    /// Leaf hash of the last statement.
    pub head: Digest,
}

/// The ends of chains as one statement names them (`closing`, the record head): each of them up to [`LINES_MAX`],
/// else the accounts' by count and root, because a statement has no room for ten thousand. `ends` are the tender's
/// chain, the platform's, then accounts ascending; `chain` says of which chain an end is.
pub fn name_ends<E: Serialize>(
    mut ends: Vec<E>,
    chain: impl Fn(&E) -> &ChainId,
) -> (Vec<E>, Option<ListRoot>) {
    if ends.len() <= LINES_MAX {
        return (ends, None);
    }
    let is_account = |end: &E| matches!(chain(end), ChainId::Account(_));
    let others = ends.iter().take_while(|end| !is_account(end)).count();
    let accounts = ends.split_off(others);
    let root = ListRoot::of(&accounts);
    (ends, Some(root))
}

/// The place of the statement that comes next: its sequence number and its `prev`.
///
/// `head` is the chain's head so far, `None` for a chain without statements.
pub fn next_place(head: Option<&ChainHead>) -> (u64, Digest) {
    head.map_or((0, Digest::ZERO), |head| {
        (head.seq.saturating_add(1), head.head)
    })
}

/// A list of openings is not the beginning of one chain.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ChainError {
    /// There is no opening.
    #[error("the chain is empty")]
    Empty,
    /// An opening belongs to another chain.
    #[error("log entry {index} belongs to chain {found}, not to {expected}")]
    OtherChain {
        /// Log index of the opening.
        index: u64,
        /// The chain of the first opening.
        expected: ChainId,
        /// The chain of this one.
        found: ChainId,
    },
    /// A statement is missing or given twice.
    #[error(
        "log entry {index} has number {found} in its chain, expected {expected}: a statement is missing or out of order"
    )]
    Gap {
        /// Log index of the opening.
        index: u64,
        /// The sequence number that comes next.
        expected: u64,
        /// The one that was found.
        found: u64,
    },
    /// The link to the previous leaf does not match.
    #[error(
        "log entry {index} names {found} as the leaf before it, but that leaf's hash is {expected}"
    )]
    Link {
        /// Log index of the opening.
        index: u64,
        /// Hash of the previous leaf.
        expected: Digest,
        /// What the opening says.
        found: Digest,
    },
    /// The log index does not grow along the chain.
    #[error("log entry {index} comes after entry {before} in its chain, but not in the log")]
    IndexOrder {
        /// Log index of the opening.
        index: u64,
        /// Log index of the one before.
        before: u64,
    },
    /// Time runs backwards along the chain.
    #[error("log entry {index} was admitted at {found} ms, before its predecessor ({before} ms)")]
    TimeOrder {
        /// Log index of the opening.
        index: u64,
        /// When the one before was admitted.
        before: u64,
        /// When this one was.
        found: u64,
    },
}

impl ChainError {
    /// Stable code.
    pub fn code(&self) -> &'static str {
        match self {
            ChainError::Empty => "chain-empty",
            ChainError::OtherChain { .. } => "chain-other",
            ChainError::Gap { .. } => "chain-gap",
            ChainError::Link { .. } => "chain-link",
            ChainError::IndexOrder { .. } => "chain-index-order",
            ChainError::TimeOrder { .. } => "chain-time-order",
        }
    }
}

/// Checks that `openings` are one chain from its first statement on: contiguous from 0, each linked
/// to the leaf before it, log indexes ascending, times never decreasing. Returns the head.
///
/// That the leaves are in the log is a separate check ([`crate::log::tree::verify_inclusion`]).
pub fn check<'a>(
    openings: impl IntoIterator<Item = &'a LeafOpening>,
) -> Result<ChainHead, ChainError> {
    let mut openings = openings.into_iter();
    let first = openings.next().ok_or(ChainError::Empty)?;
    let mut head = check_link(first, None)?;
    let mut before = first;
    for opening in openings {
        if opening.chain != first.chain {
            let (expected, found) = (first.chain.clone(), opening.chain.clone());
            return Err(ChainError::OtherChain {
                index: opening.index,
                expected,
                found,
            });
        }
        head = check_link(opening, Some(&head))?;
        check_order(before, opening)?;
        before = opening;
    }
    Ok(head)
}

/// Sorts openings into their chains, keeping the order they come in.
pub fn by_chain<'a>(
    openings: impl IntoIterator<Item = &'a LeafOpening>,
) -> BTreeMap<ChainId, Vec<&'a LeafOpening>> {
    let mut chains: BTreeMap<ChainId, Vec<&LeafOpening>> = BTreeMap::new();
    for opening in openings {
        chains
            .entry(opening.chain.clone())
            .or_default()
            .push(opening);
    }
    chains
}

fn check_link(opening: &LeafOpening, head: Option<&ChainHead>) -> Result<ChainHead, ChainError> {
    let index = opening.index;
    let (seq, prev) = next_place(head);
    if opening.seq != seq {
        return Err(ChainError::Gap {
            index,
            expected: seq,
            found: opening.seq,
        });
    }
    if opening.prev != prev {
        return Err(ChainError::Link {
            index,
            expected: prev,
            found: opening.prev,
        });
    }
    Ok(ChainHead {
        seq,
        head: opening.leaf().hash(),
    })
}

fn check_order(before: &LeafOpening, opening: &LeafOpening) -> Result<(), ChainError> {
    let index = opening.index;
    if index <= before.index {
        return Err(ChainError::IndexOrder {
            index,
            before: before.index,
        });
    }
    if opening.admitted_ms < before.admitted_ms {
        let (before, found) = (before.admitted_ms, opening.admitted_ms);
        return Err(ChainError::TimeOrder {
            index,
            before,
            found,
        });
    }
    Ok(())
}
