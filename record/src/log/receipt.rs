//! Receipts: what a bidder takes home as proof that her statement is in the log (protocol section 6).

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Deserializer, Serialize, Serializer, de};

use super::checkpoint::{SignatureError, SignedCheckpoint, TextError, VerifierKey};
use super::leaf::{Leaf, visible_half};
use super::note::{format_hash, parse_hash, parse_number};
use super::tree::{PATH_LENGTH_MAX, ProofError, verify_inclusion};
use crate::Digest;
use crate::json::{self, JsonError};

const FIRST_LINE: &str = "c2sp.org/tlog-proof@v1";

/// A C2SP `tlog-proof`: one leaf, its way to the root, and the signed checkpoint.
///
/// The `extra` line of the format is refused: nothing authenticates it, and this protocol has no use for it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TlogProof {
    /// Index of the leaf.
    pub index: u64,
    /// Sibling hashes from the leaf up.
    pub path: Vec<Digest>,
    /// The checkpoint whose tree holds the leaf.
    pub checkpoint: SignedCheckpoint,
}

/// A proof or a receipt does not hold.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ReceiptError {
    /// The checkpoint is not the log's.
    #[error(transparent)]
    Signature(#[from] SignatureError),
    /// The leaf is not in the tree.
    #[error("the leaf is not in the log: {0}")]
    Inclusion(#[from] ProofError),
}

impl ReceiptError {
    /// Stable code.
    pub fn code(&self) -> &'static str {
        match self {
            ReceiptError::Signature(error) => error.code(),
            ReceiptError::Inclusion(error) => error.code(),
        }
    }
}

impl TlogProof {
    /// Checks the log's signature on the checkpoint, and that `leaf` (a leaf hash) is in its tree.
    /// Cosignatures are the trust file's business ([`crate::trust::Trust`]).
    pub fn verify(&self, leaf: Digest, log: &VerifierKey) -> Result<(), ReceiptError> {
        self.checkpoint.verify(log)?;
        Ok(self.verify_path(leaf)?)
    }

    /// The second half of [`TlogProof::verify`], for a checkpoint whose signature was checked already.
    pub fn verify_path(&self, leaf: Digest) -> Result<(), ProofError> {
        let checkpoint = self.checkpoint.checkpoint();
        verify_inclusion(
            leaf,
            self.index,
            checkpoint.size,
            &self.path,
            checkpoint.root,
        )
    }
}

impl fmt::Display for TlogProof {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "{FIRST_LINE}\nindex {}", self.index)?;
        for hash in &self.path {
            writeln!(f, "{}", format_hash(hash))?;
        }
        write!(f, "\n{}", self.checkpoint)
    }
}

impl FromStr for TlogProof {
    type Err = TextError;

    fn from_str(text: &str) -> Result<Self, TextError> {
        let wrong = |line: usize, reason: &'static str| TextError::new("proof", line, reason);
        let (head, note) = text
            .split_once("\n\n")
            .ok_or_else(|| wrong(1, "there is no empty line between proof and checkpoint"))?;
        let mut lines = head.split('\n');
        if lines.next() != Some(FIRST_LINE) {
            return Err(wrong(1, "expected c2sp.org/tlog-proof@v1"));
        }
        let index = lines
            .next()
            .and_then(|line| line.strip_prefix("index "))
            .and_then(parse_number)
            .ok_or_else(|| wrong(2, "expected: index, space, a decimal number up to 2^53 - 1"))?;
        let mut path = Vec::new();
        for (number, line) in (3..).zip(lines) {
            if path.len() == PATH_LENGTH_MAX {
                return Err(wrong(number, "the path is longer than any tree is high"));
            }
            path.push(
                parse_hash(line)
                    .ok_or_else(|| wrong(number, "expected a hash, 32 bytes in base64"))?,
            );
        }
        let lines_before = path.len().saturating_add(3);
        let checkpoint = note.parse().map_err(|error: TextError| {
            TextError::new(
                "proof",
                error.line.saturating_add(lines_before),
                error.reason,
            )
        })?;
        Ok(TlogProof {
            index,
            path,
            checkpoint,
        })
    }
}

impl Serialize for TlogProof {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for TlogProof {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer)?
            .parse()
            .map_err(de::Error::custom)
    }
}

/// A receipt: whoever holds it can show that this statement was admitted at this time. A receipt whose
/// leaf is missing from the tender's chain proves that the platform dropped the statement.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Receipt {
    /// The statement.
    pub statement_id: Digest,
    /// When it was admitted, UTC, milliseconds since 1970.
    pub admitted_ms: u64,
    /// Salt of the visible half of the leaf.
    pub salt: Digest,
    /// The hidden half of the leaf, opaque to the owner before closing.
    pub hidden: Digest,
    /// Index, path and checkpoint.
    pub proof: TlogProof,
}

impl Receipt {
    /// Reads the JSON form, strictly.
    pub fn parse(json: &[u8]) -> Result<Receipt, JsonError> {
        json::parse(json)
    }

    /// The leaf that the receipt speaks of.
    pub fn leaf(&self) -> Leaf {
        Leaf::from_halves(
            visible_half(self.statement_id, self.admitted_ms, self.salt),
            self.hidden,
        )
    }

    /// Checks the receipt against the log's key, without asking anybody.
    pub fn verify(&self, log: &VerifierKey) -> Result<(), ReceiptError> {
        self.proof.verify(self.leaf().hash(), log)
    }
}
