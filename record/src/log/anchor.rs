//! Anchors: a witness says when it was shown a digest. Whoever is refused by the platform at 23:59 asks a witness
//! for one, and can prove later that she had her bid ready and tried.
//!
//! The bytes are a C2SP signed note of four lines, an empty line and one signature line:
//!
//! ```text
//! etender.v1/anchor
//! <name of the witness>
//! <time, seconds since 1970, decimal without leading zeros>
//! <digest, 64 hex digits, lower case>
//!
//! — <name of the witness> <base64 of key id(4) || Ed25519 signature(64)>
//! ```
//!
//! The signature is over the four lines, each with its newline. The first line and the signature type keep it apart
//! from everything else that the same key signs: the type is `0xff || "etender.v1/anchor"` (`0xff`: a type without an
//! assigned number, named in full), so that the key id is the first four bytes of
//! `SHA-256(name || 0x0a || 0xff || "etender.v1/anchor" || public key)`. In trust files the witness stands with its
//! cosignature key (type `0x04`); the Ed25519 key is the same.
//!
//! An anchor says nothing about what the digest is of, nor that the platform refused anything.

use std::fmt;
use std::str::FromStr;

use super::note::{
    NoteSignature, Origin, TextError, VerifierKey, WrongAlgorithm, parse_note, parse_number,
    short_id,
};
use crate::Digest;
use crate::key::{Algorithm, SigningKey};

/// First line of an anchor, and the name of its signature type.
pub const ANCHOR_DOMAIN: &str = "etender.v1/anchor";
/// The longest anchor, in bytes: names have at most 255.
pub const ANCHOR_BYTES_MAX: usize = 1024;

/// What a witness says: "at `time_s` I was shown this digest".
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Anchor {
    /// Name of the witness.
    pub witness: Origin,
    /// The witness's clock, seconds since 1970.
    pub time_s: u64,
    /// The digest.
    pub digest: Digest,
}

/// An anchor with its signature, not yet checked.
///
/// The text form ([`fmt::Display`], [`FromStr`]) is the note, byte for byte.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SignedAnchor {
    anchor: Anchor,
    signature: NoteSignature,
}

/// An anchor does not hold.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum AnchorError {
    /// It is another witness's.
    #[error("the anchor is of witness {found}, not of {expected}")]
    OtherWitness {
        /// Name in the key that was given.
        expected: Origin,
        /// Name in the anchor.
        found: Origin,
    },
    /// The signature does not verify under the key that was given.
    #[error("the signature on the anchor is not that of {key}")]
    Wrong {
        /// The witness's key.
        key: String,
    },
}

impl AnchorError {
    /// Stable code.
    pub fn code(&self) -> &'static str {
        match self {
            AnchorError::OtherWitness { .. } => "anchor-other-witness",
            AnchorError::Wrong { .. } => "anchor-signature-wrong",
        }
    }
}

impl Anchor {
    fn text(&self) -> String {
        format!(
            "{ANCHOR_DOMAIN}\n{}\n{}\n{}\n",
            self.witness, self.time_s, self.digest
        )
    }

    /// Signs as the witness.
    pub fn sign(self, key: &SigningKey) -> Result<SignedAnchor, WrongAlgorithm> {
        if key.public().algorithm() != Algorithm::Ed25519 {
            return Err(WrongAlgorithm);
        }
        let signature = NoteSignature {
            name: self.witness.clone(),
            short_id: key_id(&self.witness, key.public().bytes()),
            signature: key.sign(self.text().as_bytes()).to_vec(),
        };
        Ok(SignedAnchor {
            anchor: self,
            signature,
        })
    }

    fn parse_text(text: &str) -> Result<Anchor, TextError> {
        let wrong = |line: usize, reason: &'static str| TextError::new("anchor", line, reason);
        let mut lines = text.split_terminator('\n');
        if lines.next() != Some(ANCHOR_DOMAIN) {
            return Err(wrong(1, "expected etender.v1/anchor"));
        }
        let witness = Origin::new(lines.next().unwrap_or_default())
            .map_err(|error| TextError::new("anchor", 2, error.to_string()))?;
        let time_s = lines
            .next()
            .and_then(parse_number)
            .ok_or_else(|| wrong(3, "expected the time in seconds as a decimal number"))?;
        let digest = lines
            .next()
            .and_then(|line| line.parse().ok())
            .ok_or_else(|| wrong(4, "expected the digest, 64 hex digits in lower case"))?;
        if lines.next().is_some() {
            return Err(wrong(5, "an anchor has four lines"));
        }
        Ok(Anchor {
            witness,
            time_s,
            digest,
        })
    }
}

impl SignedAnchor {
    /// What was signed. Trust it after [`SignedAnchor::verify`].
    pub fn anchor(&self) -> &Anchor {
        &self.anchor
    }

    /// Checks the signature against the witness's key as it stands in a trust file.
    pub fn verify(&self, witness: &VerifierKey) -> Result<&Anchor, AnchorError> {
        if *witness.name() != self.anchor.witness {
            return Err(AnchorError::OtherWitness {
                expected: witness.name().clone(),
                found: self.anchor.witness.clone(),
            });
        }
        let wrong = || AnchorError::Wrong {
            key: witness.to_string(),
        };
        let line = &self.signature;
        if line.name != *witness.name()
            || line.short_id != key_id(witness.name(), witness.key().bytes())
        {
            return Err(wrong());
        }
        witness
            .key()
            .verify(self.anchor.text().as_bytes(), &line.signature)
            .map_err(|_| wrong())?;
        Ok(&self.anchor)
    }
}

fn key_id(name: &Origin, key: &[u8]) -> u32 {
    short_id(name, &[&[0xff], ANCHOR_DOMAIN.as_bytes()].concat(), key)
}

impl fmt::Display for SignedAnchor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}\n{}\n", self.anchor.text(), self.signature)
    }
}

impl FromStr for SignedAnchor {
    type Err = TextError;

    fn from_str(note: &str) -> Result<Self, TextError> {
        let wrong = |line: usize, reason: &'static str| TextError::new("anchor", line, reason);
        if note.len() > ANCHOR_BYTES_MAX {
            return Err(wrong(1, "an anchor has at most 1024 bytes"));
        }
        let (text, signatures) =
            parse_note(note).map_err(|error| TextError::new("anchor", error.line, error.reason))?;
        let anchor = Anchor::parse_text(text)?;
        match <[NoteSignature; 1]>::try_from(signatures) {
            Ok([signature]) => Ok(SignedAnchor { anchor, signature }),
            Err(_) => Err(wrong(7, "an anchor has one signature")),
        }
    }
}
