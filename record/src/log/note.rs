//! C2SP signed notes: a text, an empty line, and signature lines (`signed-note` v1), with the two
//! kinds of keys that this protocol uses. Parsing is strict and bounded; what it accepts, it writes
//! back byte for byte.

use std::borrow::Cow;
use std::fmt;
use std::str::FromStr;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use serde::{Deserialize, Deserializer, Serialize, Serializer, de};

use super::tree::SIZE_MAX;
use crate::Digest;
use crate::key::{Algorithm, PublicKey, SigningKey};

/// The longest note, in bytes.
pub const NOTE_BYTES_MAX: usize = 64 * 1024;
/// The most signature lines of a note.
pub const SIGNATURES_MAX: usize = 64;
/// The longest name of a log or a witness, in bytes.
pub const NAME_BYTES_MAX: usize = 255;

/// A text of the log (note, checkpoint, proof, key or trust file) is malformed.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{document}, line {line}: {reason}")]
pub struct TextError {
    /// What was read: `checkpoint`, `proof`, `request`, `anchor`, `verifier key` or `trust file`.
    pub document: &'static str,
    /// The line, from 1.
    pub line: usize,
    /// What is wrong there.
    pub reason: Cow<'static, str>,
}

impl TextError {
    pub(crate) fn new(
        document: &'static str,
        line: usize,
        reason: impl Into<Cow<'static, str>>,
    ) -> TextError {
        TextError {
            document,
            line,
            reason: reason.into(),
        }
    }

    /// Stable code.
    pub fn code(&self) -> &'static str {
        match self.document {
            "proof" => "proof-malformed",
            "request" => "add-checkpoint-malformed",
            "anchor" => "anchor-malformed",
            "verifier key" => "verifier-key-malformed",
            "trust file" => "trust-malformed",
            _ => "checkpoint-malformed",
        }
    }
}

/// The name of a log, which is also its origin line, or of a witness: not empty, at most
/// [`NAME_BYTES_MAX`] bytes, without white space, control characters and `+`.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(transparent)]
pub struct Origin(String);

/// The text is not a name for a log or a witness.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "the name of a log or witness has 1 to {NAME_BYTES_MAX} bytes without white space, control characters and '+'"
)]
pub struct OriginError;

impl Origin {
    /// Checks and takes `text`.
    pub fn new(text: impl Into<String>) -> Result<Origin, OriginError> {
        let text = text.into();
        let refused = |c: char| c.is_whitespace() || c.is_control() || c == '+';
        if text.is_empty() || text.len() > NAME_BYTES_MAX || text.contains(refused) {
            return Err(OriginError);
        }
        Ok(Origin(text))
    }

    /// The text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for Origin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl FromStr for Origin {
    type Err = OriginError;

    fn from_str(text: &str) -> Result<Self, OriginError> {
        Origin::new(text)
    }
}

impl<'de> Deserialize<'de> for Origin {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Origin::new(String::deserialize(deserializer)?).map_err(de::Error::custom)
    }
}

/// What a key signs: the assigned signature type bytes of `signed-note` that this protocol uses.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum SignatureType {
    /// `0x01`: the log signs the text of its checkpoint.
    Ed25519,
    /// `0x04`: a witness signs the text together with its time (`tlog-cosignature`, cosignature/v1).
    CosignatureV1,
}

impl SignatureType {
    /// The byte in front of the key.
    pub fn byte(self) -> u8 {
        match self {
            SignatureType::Ed25519 => 0x01,
            SignatureType::CosignatureV1 => 0x04,
        }
    }
}

/// A key cannot be used for a log or a witness.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("a log or witness key is an Ed25519 key")]
pub struct WrongAlgorithm;

/// The public key of a log or a witness, as in `log.example/etender+40238a4b+AQAx...`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct VerifierKey {
    name: Origin,
    signature_type: SignatureType,
    key: PublicKey,
}

impl VerifierKey {
    /// The key `key` under `name`. Refuses anything but Ed25519.
    pub fn new(
        name: Origin,
        signature_type: SignatureType,
        key: PublicKey,
    ) -> Result<VerifierKey, WrongAlgorithm> {
        if key.algorithm() != Algorithm::Ed25519 {
            return Err(WrongAlgorithm);
        }
        Ok(VerifierKey {
            name,
            signature_type,
            key,
        })
    }

    /// Name of the log or the witness.
    pub fn name(&self) -> &Origin {
        &self.name
    }

    /// What this key signs.
    pub fn signature_type(&self) -> SignatureType {
        self.signature_type
    }

    /// The key itself. Its [`PublicKey::id`] is the fingerprint to compare with a paper or a call.
    pub fn key(&self) -> &PublicKey {
        &self.key
    }

    /// The four bytes that signature lines carry. They find a key; they do not authenticate it.
    pub fn short_id(&self) -> u32 {
        short_id(&self.name, &[self.signature_type.byte()], self.key.bytes())
    }
}

/// The key id of `signed-note`: name, signature type (one byte, or `0xff` and a name of its own) and key.
pub(super) fn short_id(name: &Origin, signature_type: &[u8], key: &[u8]) -> u32 {
    let input = [name.as_str().as_bytes(), b"\n", signature_type, key];
    let [a, b, c, d, ..] = Digest::sha256(&input.concat()).0;
    u32::from_be_bytes([a, b, c, d])
}

impl fmt::Display for VerifierKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let material = [&[self.signature_type.byte()], self.key.bytes()].concat();
        write!(
            f,
            "{}+{:08x}+{}",
            self.name,
            self.short_id(),
            BASE64.encode(material)
        )
    }
}

impl FromStr for VerifierKey {
    type Err = TextError;

    fn from_str(text: &str) -> Result<Self, TextError> {
        let wrong = |reason: &'static str| TextError::new("verifier key", 1, reason);
        let mut parts = text.splitn(3, '+');
        let (Some(name), Some(id), Some(material)) = (parts.next(), parts.next(), parts.next())
        else {
            return Err(wrong(
                "expected <name>+<8 hex digits>+<base64 of type and key>",
            ));
        };
        let name = Origin::new(name)
            .map_err(|error| TextError::new("verifier key", 1, error.to_string()))?;
        let material = BASE64
            .decode(material)
            .map_err(|_| wrong("the part after the second '+' is not base64"))?;
        let (signature_type, key) = match material.split_first() {
            Some((0x01, key)) => (SignatureType::Ed25519, key),
            Some((0x04, key)) => (SignatureType::CosignatureV1, key),
            _ => {
                return Err(wrong(
                    "the signature type is neither 01 (Ed25519) nor 04 (cosignature/v1)",
                ));
            }
        };
        let key = PublicKey::new(Algorithm::Ed25519, key)
            .map_err(|error| TextError::new("verifier key", 1, error.to_string()))?;
        let key = VerifierKey {
            name,
            signature_type,
            key,
        };
        if id != format!("{:08x}", key.short_id()) {
            return Err(wrong("the 8 hex digits do not belong to this name and key"));
        }
        Ok(key)
    }
}

impl Serialize for VerifierKey {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for VerifierKey {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer)?
            .parse()
            .map_err(de::Error::custom)
    }
}

/// One signature line. Lines of unknown keys and types are kept as they are.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NoteSignature {
    /// Who says to have signed.
    pub name: Origin,
    /// Which of her keys, see [`VerifierKey::short_id`].
    pub short_id: u32,
    /// The signature, in the form of its type. At least one byte.
    pub signature: Vec<u8>,
}

impl NoteSignature {
    /// Signs `message` as `name`; `prefix` goes in front of the signature bytes.
    pub(super) fn make(
        name: &Origin,
        signature_type: SignatureType,
        key: &SigningKey,
        message: &[u8],
        prefix: &[u8],
    ) -> Result<NoteSignature, WrongAlgorithm> {
        let verifier = VerifierKey::new(name.clone(), signature_type, key.public().clone())?;
        let signature = [prefix, &key.sign(message)].concat();
        Ok(NoteSignature {
            name: name.clone(),
            short_id: verifier.short_id(),
            signature,
        })
    }

    /// Reads a signature line without its newline, as a witness returns it.
    pub fn parse(line: &str) -> Result<NoteSignature, TextError> {
        NoteSignature::parse_line(line, 1)
    }

    fn parse_line(line: &str, number: usize) -> Result<NoteSignature, TextError> {
        let wrong = |reason: &'static str| TextError::new("checkpoint", number, reason);
        let (name, encoded) = line
            .strip_prefix("\u{2014} ")
            .and_then(|rest| rest.split_once(' '))
            .ok_or_else(|| wrong("a signature line is: em dash, space, name, space, base64"))?;
        let name = Origin::new(name)
            .map_err(|error| TextError::new("checkpoint", number, error.to_string()))?;
        let bytes = BASE64
            .decode(encoded)
            .map_err(|_| wrong("the signature is not base64"))?;
        match bytes.split_first_chunk::<4>() {
            Some((id, signature)) if !signature.is_empty() => Ok(NoteSignature {
                name,
                short_id: u32::from_be_bytes(*id),
                signature: signature.to_vec(),
            }),
            _ => Err(wrong("the signature is shorter than 5 bytes")),
        }
    }
}

impl fmt::Display for NoteSignature {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let bytes = [&self.short_id.to_be_bytes()[..], &self.signature].concat();
        write!(f, "\u{2014} {} {}", self.name, BASE64.encode(bytes))
    }
}

/// Splits a note into its text (with the final newline) and its signatures.
pub(super) fn parse_note(note: &str) -> Result<(&str, Vec<NoteSignature>), TextError> {
    let wrong = |line: usize, reason: &'static str| TextError::new("checkpoint", line, reason);
    if note.len() > NOTE_BYTES_MAX {
        return Err(wrong(1, "the note is longer than 64 KiB"));
    }
    for (number, line) in (1..).zip(note.split('\n')) {
        if line.contains(|c: char| c < ' ') {
            return Err(wrong(number, "control characters are not allowed"));
        }
    }
    let (text, signatures) = note
        .rsplit_once("\n\n")
        .ok_or_else(|| wrong(1, "there is no empty line before the signatures"))?;
    // The newline that ends the text's last line, and the empty line.
    let first = text.split('\n').count().saturating_add(2);
    let lines = signatures.strip_suffix('\n').ok_or_else(|| {
        wrong(
            first,
            "the last line must end with a newline and be a signature",
        )
    })?;
    let mut parsed: Vec<NoteSignature> = Vec::new();
    for (number, line) in (first..).zip(lines.split('\n')) {
        if parsed.len() == SIGNATURES_MAX {
            return Err(wrong(number, "there are more than 64 signatures"));
        }
        let signature = NoteSignature::parse_line(line, number)?;
        if parsed
            .iter()
            .any(|one| one.name == signature.name && one.short_id == signature.short_id)
        {
            return Err(wrong(number, "this key has a signature line already"));
        }
        parsed.push(signature);
    }
    let text = note.get(..text.len().saturating_add(1)).unwrap_or(text);
    Ok((text, parsed))
}

/// A decimal number without sign and leading zeros, at most [`SIZE_MAX`].
pub(super) fn parse_number(text: &str) -> Option<u64> {
    let canonical =
        text == "0" || (!text.starts_with('0') && text.bytes().all(|byte| byte.is_ascii_digit()));
    let number = text.parse().ok()?;
    (canonical && number <= SIZE_MAX).then_some(number)
}

/// A hash in base64.
pub(super) fn parse_hash(text: &str) -> Option<Digest> {
    // 32 bytes are 44 characters; anything longer is not even decoded.
    if text.len() != 44 {
        return None;
    }
    Some(Digest(BASE64.decode(text).ok()?.try_into().ok()?))
}

/// The opposite of [`parse_hash`].
pub(super) fn format_hash(hash: &Digest) -> String {
    BASE64.encode(hash.as_bytes())
}
