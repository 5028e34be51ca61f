//! C2SP checkpoints: what the log says about itself, signed, and cosigned by its witnesses
//! (`tlog-checkpoint`, `tlog-cosignature`; protocol section 6).

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Deserializer, Serialize, Serializer, de};

pub use super::note::{
    NoteSignature, Origin, OriginError, SignatureType, TextError, VerifierKey, WrongAlgorithm,
};
use super::note::{format_hash, parse_hash, parse_note, parse_number};
use crate::Digest;
use crate::key::SigningKey;

/// The log's state: so many leaves, this root.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Checkpoint {
    /// Which log.
    pub origin: Origin,
    /// Number of leaves.
    pub size: u64,
    /// Root of the tree of these leaves.
    pub root: Digest,
}

impl Checkpoint {
    /// The three lines that are signed. Extension lines are not part of this protocol.
    pub fn text(&self) -> String {
        format!(
            "{}\n{}\n{}\n",
            self.origin,
            self.size,
            format_hash(&self.root)
        )
    }

    /// The opposite of [`Checkpoint::text`].
    fn parse_text(text: &str) -> Result<Checkpoint, TextError> {
        let wrong = |line: usize, reason: &'static str| TextError::new("checkpoint", line, reason);
        let mut lines = text.split_terminator('\n');
        let origin = Origin::new(lines.next().unwrap_or_default())
            .map_err(|error| TextError::new("checkpoint", 1, error.to_string()))?;
        let size = lines
            .next()
            .and_then(parse_number)
            .ok_or_else(|| wrong(2, "expected the size as a decimal number up to 2^53 - 1"))?;
        let root = lines
            .next()
            .and_then(parse_hash)
            .ok_or_else(|| wrong(3, "expected the root, 32 bytes in base64"))?;
        if lines.next().is_some() {
            return Err(wrong(4, "extension lines are not part of this protocol"));
        }
        Ok(Checkpoint { origin, size, root })
    }

    /// Signs as the log. Only for a size and a root that are durable (see [`super::tree::Nodes`]), and
    /// only when they extend everything that was signed before.
    pub fn sign(self, log_key: &SigningKey) -> Result<SignedCheckpoint, WrongAlgorithm> {
        let text = self.text();
        let signature = NoteSignature::make(
            &self.origin,
            SignatureType::Ed25519,
            log_key,
            text.as_bytes(),
            &[],
        )?;
        Ok(SignedCheckpoint {
            checkpoint: self,
            signatures: vec![signature],
        })
    }
}

/// A checkpoint with its signature lines, none of them checked yet.
///
/// The text form ([`fmt::Display`], [`FromStr`], also in JSON) is the note, byte for byte.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SignedCheckpoint {
    checkpoint: Checkpoint,
    signatures: Vec<NoteSignature>,
}

/// A signature on a checkpoint is missing or wrong.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum SignatureError {
    /// The checkpoint is another log's.
    #[error("the checkpoint is of log {found}, not of {expected}")]
    OtherOrigin {
        /// Name in the verifier key.
        expected: Origin,
        /// Origin of the checkpoint.
        found: Origin,
    },
    /// There is no line of this key.
    #[error("the checkpoint carries no signature of {key}")]
    NotSigned {
        /// The verifier key.
        key: String,
    },
    /// There is a line of this key, and its signature is wrong.
    #[error("the signature of {key} on the checkpoint is wrong")]
    Wrong {
        /// The verifier key.
        key: String,
    },
    /// A log key was given where a witness key is needed, or the other way round.
    #[error("{key} has the wrong type: 01 is for logs, 04 is for witnesses")]
    KeyType {
        /// The verifier key.
        key: String,
    },
}

impl SignatureError {
    /// Stable code.
    pub fn code(&self) -> &'static str {
        match self {
            SignatureError::OtherOrigin { .. } => "checkpoint-other-log",
            SignatureError::NotSigned { .. } => "checkpoint-not-signed",
            SignatureError::Wrong { .. } => "checkpoint-signature-wrong",
            SignatureError::KeyType { .. } => "checkpoint-key-type",
        }
    }
}

impl SignedCheckpoint {
    /// What was signed. Trust it after [`SignedCheckpoint::verify`].
    pub fn checkpoint(&self) -> &Checkpoint {
        &self.checkpoint
    }

    /// All signature lines, in the order of the note.
    pub fn signatures(&self) -> &[NoteSignature] {
        &self.signatures
    }

    /// Adds a line; an older one of the same key is replaced.
    pub fn add(&mut self, signature: NoteSignature) {
        let same = |one: &&mut NoteSignature| {
            one.name == signature.name && one.short_id == signature.short_id
        };
        match self.signatures.iter_mut().find(same) {
            Some(older) => *older = signature,
            None => self.signatures.push(signature),
        }
    }

    /// The same checkpoint with only these lines.
    #[must_use]
    pub fn keeping(&self, keep: impl Fn(&NoteSignature) -> bool) -> SignedCheckpoint {
        let lines = self.signatures.iter().filter(|line| keep(line));
        SignedCheckpoint {
            checkpoint: self.checkpoint.clone(),
            signatures: lines.cloned().collect(),
        }
    }

    /// Checks the log's signature.
    pub fn verify(&self, log: &VerifierKey) -> Result<&Checkpoint, SignatureError> {
        if log.signature_type() != SignatureType::Ed25519 {
            return Err(SignatureError::KeyType {
                key: log.to_string(),
            });
        }
        if *log.name() != self.checkpoint.origin {
            let (expected, found) = (log.name().clone(), self.checkpoint.origin.clone());
            return Err(SignatureError::OtherOrigin { expected, found });
        }
        let line = self.line_of(log).ok_or_else(|| SignatureError::NotSigned {
            key: log.to_string(),
        })?;
        log.key()
            .verify(self.checkpoint.text().as_bytes(), &line.signature)
            .map_err(|_| SignatureError::Wrong {
                key: log.to_string(),
            })?;
        Ok(&self.checkpoint)
    }

    /// A witness's cosignature/v1 of this checkpoint: "at `time_s`, this is the largest consistent tree
    /// of this log that I saw". `time_s` is in seconds since 1970. The line is returned, not added.
    pub fn cosign(
        &self,
        witness: &Origin,
        key: &SigningKey,
        time_s: u64,
    ) -> Result<NoteSignature, WrongAlgorithm> {
        let message = self.cosigned_message(time_s);
        NoteSignature::make(
            witness,
            SignatureType::CosignatureV1,
            key,
            message.as_bytes(),
            &time_s.to_be_bytes(),
        )
    }

    /// When this witness cosigned, in seconds since 1970. `None`: it did not. An error: there is a line
    /// of this key, and it is wrong.
    pub fn cosigned_at(&self, witness: &VerifierKey) -> Result<Option<u64>, SignatureError> {
        if witness.signature_type() != SignatureType::CosignatureV1 {
            return Err(SignatureError::KeyType {
                key: witness.to_string(),
            });
        }
        let Some(line) = self.line_of(witness) else {
            return Ok(None);
        };
        let wrong = || SignatureError::Wrong {
            key: witness.to_string(),
        };
        let (time_s, signature) = line.signature.split_first_chunk::<8>().ok_or_else(wrong)?;
        let time_s = u64::from_be_bytes(*time_s);
        // The specification ends times at 2^63 - 1.
        i64::try_from(time_s).map_err(|_| wrong())?;
        let message = self.cosigned_message(time_s);
        witness
            .key()
            .verify(message.as_bytes(), signature)
            .map_err(|_| wrong())?;
        Ok(Some(time_s))
    }

    fn cosigned_message(&self, time_s: u64) -> String {
        format!("cosignature/v1\ntime {time_s}\n{}", self.checkpoint.text())
    }

    fn line_of(&self, key: &VerifierKey) -> Option<&NoteSignature> {
        let short_id = key.short_id();
        self.signatures
            .iter()
            .find(|line| line.name == *key.name() && line.short_id == short_id)
    }
}

impl fmt::Display for SignedCheckpoint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "{}", self.checkpoint.text())?;
        self.signatures
            .iter()
            .try_for_each(|signature| writeln!(f, "{signature}"))
    }
}

impl FromStr for SignedCheckpoint {
    type Err = TextError;

    fn from_str(note: &str) -> Result<Self, TextError> {
        let (text, signatures) = parse_note(note)?;
        Ok(SignedCheckpoint {
            checkpoint: Checkpoint::parse_text(text)?,
            signatures,
        })
    }
}

impl Serialize for SignedCheckpoint {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for SignedCheckpoint {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer)?
            .parse()
            .map_err(de::Error::custom)
    }
}
