//! C2SP `tlog-witness`: the request `add-checkpoint`, and what a witness decides about it. The decision is a
//! function of what the witness holds and what it is sent; storing the result and answering is its daemon's.

use std::fmt;
use std::str::FromStr;

use super::checkpoint::{Checkpoint, SignatureError, SignedCheckpoint, TextError, VerifierKey};
use super::note::{NOTE_BYTES_MAX, format_hash, parse_hash, parse_number};
use super::tree::{ProofError, empty_root, verify_consistency};
use crate::Digest;

/// The most lines of a consistency proof, as the specification has it.
pub const PROOF_LINES_MAX: usize = 63;
/// The longest request, in bytes: the note, and 4 KiB for the lines before it.
pub const REQUEST_BYTES_MAX: usize = NOTE_BYTES_MAX + 4096;
/// Content type of the answer 409, whose body is the size that the witness holds.
pub const SIZE_CONTENT_TYPE: &str = "text/x.tlog.size";

/// The body of `POST <prefix>/add-checkpoint`: "you hold `old` leaves of this log; here is a later checkpoint, and
/// the proof that it only adds".
///
/// The text form ([`fmt::Display`], [`FromStr`]) is the body, byte for byte.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AddCheckpoint {
    /// Size that the witness is thought to hold; 0 if none.
    pub old: u64,
    /// RFC 6962 consistency proof from `old` to the checkpoint; empty if `old` is 0 or the checkpoint's size.
    pub proof: Vec<Digest>,
    /// The new checkpoint.
    pub checkpoint: SignedCheckpoint,
}

/// A witness does not cosign.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum WitnessRefusal {
    /// The log did not sign it (status 403).
    #[error(transparent)]
    NotTheLog(#[from] SignatureError),
    /// The old size is beyond the new one (status 400).
    #[error("the old size {old} is larger than the checkpoint's {size}")]
    OldTooLarge {
        /// Old size of the request.
        old: u64,
        /// Size of the checkpoint.
        size: u64,
    },
    /// The witness holds another size (status 409).
    #[error("this witness holds {held} leaves of that log")]
    OtherSize {
        /// Size that it holds; 0 if none.
        held: u64,
    },
    /// The witness holds another tree of the same size, signed by the same log (status 409). Both signatures together
    /// are proof that the log equivocated.
    #[error("this witness holds another tree of {held} leaves of that log")]
    Fork {
        /// Size that it holds.
        held: u64,
    },
    /// The proof does not lead from what the witness holds to the checkpoint (status 422).
    #[error("the consistency proof does not hold: {0}")]
    NotConsistent(#[from] ProofError),
}

impl WitnessRefusal {
    /// The HTTP status of the specification.
    pub fn status(&self) -> u16 {
        match self {
            WitnessRefusal::NotTheLog(_) => 403,
            WitnessRefusal::OldTooLarge { .. } => 400,
            WitnessRefusal::OtherSize { .. } | WitnessRefusal::Fork { .. } => 409,
            WitnessRefusal::NotConsistent(_) => 422,
        }
    }

    /// Stable code.
    pub fn code(&self) -> &'static str {
        match self {
            WitnessRefusal::NotTheLog(error) => error.code(),
            WitnessRefusal::OldTooLarge { .. } => "witness-old-too-large",
            WitnessRefusal::OtherSize { .. } => "witness-other-size",
            WitnessRefusal::Fork { .. } => "witness-fork",
            WitnessRefusal::NotConsistent(error) => error.code(),
        }
    }
}

impl AddCheckpoint {
    /// What a witness decides, in the order of the specification. `keys` are those that it trusts for the
    /// checkpoint's origin (none: it does not know that log, status 404, which is for the caller to say), `held` is the
    /// latest checkpoint that it cosigned for that origin. `Ok`: it may cosign, once the checkpoint is stored.
    pub fn judge(
        &self,
        keys: &[&VerifierKey],
        held: Option<&Checkpoint>,
    ) -> Result<(), WitnessRefusal> {
        signed_by_any(&self.checkpoint, keys)?;
        let new = self.checkpoint.checkpoint();
        if self.old > new.size {
            return Err(WitnessRefusal::OldTooLarge {
                old: self.old,
                size: new.size,
            });
        }
        let (held_size, held_root) = held.map_or((0, empty_root()), |held| (held.size, held.root));
        // Proof of a fork, whatever old size came with it.
        if held_size == new.size && held_root != new.root && held.is_some() {
            return Err(WitnessRefusal::Fork { held: held_size });
        }
        if self.old != held_size {
            return Err(WitnessRefusal::OtherSize { held: held_size });
        }
        if new.size == 0 && new.root != empty_root() {
            return Err(WitnessRefusal::NotConsistent(ProofError::Root {
                computed: empty_root(),
                expected: new.root,
            }));
        }
        verify_consistency(self.old, new.size, &self.proof, held_root, new.root)?;
        Ok(())
    }
}

/// One good signature of a known key is enough; lines of unknown keys do not matter.
fn signed_by_any(
    checkpoint: &SignedCheckpoint,
    keys: &[&VerifierKey],
) -> Result<(), SignatureError> {
    let mut first = None;
    for key in keys {
        match checkpoint.verify(key) {
            Ok(_) => return Ok(()),
            Err(error) => first = first.or(Some(error)),
        }
    }
    Err(first.unwrap_or(SignatureError::NotSigned {
        key: "any log that this witness knows".to_owned(),
    }))
}

impl fmt::Display for AddCheckpoint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "old {}", self.old)?;
        for hash in &self.proof {
            writeln!(f, "{}", format_hash(hash))?;
        }
        write!(f, "\n{}", self.checkpoint)
    }
}

impl FromStr for AddCheckpoint {
    type Err = TextError;

    fn from_str(body: &str) -> Result<Self, TextError> {
        let wrong = |line: usize, reason: &'static str| TextError::new("request", line, reason);
        if body.len() > REQUEST_BYTES_MAX {
            return Err(wrong(1, "the request is longer than 68 KiB"));
        }
        let (head, note) = body
            .split_once("\n\n")
            .ok_or_else(|| wrong(1, "there is no empty line before the checkpoint"))?;
        let mut lines = head.split('\n');
        let old = lines
            .next()
            .and_then(|line| line.strip_prefix("old "))
            .and_then(parse_number)
            .ok_or_else(|| wrong(1, "expected: old, space, a decimal number up to 2^53 - 1"))?;
        let mut proof = Vec::new();
        for (number, line) in (2..).zip(lines) {
            if proof.len() == PROOF_LINES_MAX {
                return Err(wrong(number, "there are more than 63 lines of proof"));
            }
            proof.push(
                parse_hash(line)
                    .ok_or_else(|| wrong(number, "expected a hash, 32 bytes in base64"))?,
            );
        }
        let lines_before = proof.len().saturating_add(2);
        let checkpoint = note.parse().map_err(|error: TextError| {
            TextError::new(
                "request",
                error.line.saturating_add(lines_before),
                error.reason,
            )
        })?;
        Ok(AddCheckpoint {
            old,
            proof,
            checkpoint,
        })
    }
}

/// The body of an answer 409: the size that the witness holds.
pub fn parse_size(body: &str) -> Option<u64> {
    parse_number(body.strip_suffix('\n')?)
}
