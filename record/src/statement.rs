//! Statements (protocol section 2): DSSE envelopes around exact JSON bytes.
//!
//! The body is kept as it came, never re-serialised; the statement id is a hash over type and body. Signatures
//! stand outside the id, so the same statement may gather further signatures and stay the same statement.

mod error;
mod form;

use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::Digest;
use crate::json::{self, JsonError};
use crate::key::{KeyId, PublicKey, SigningKey};

pub use error::StatementError;

/// The longest body, in bytes. What can be longer names a blob or comes in numbered pages.
pub const STATEMENT_BYTES_MAX: usize = 256 * 1024;

/// The most signatures that one envelope may carry, checked and unchecked together: the opening record is signed by
/// the tenderee and up to 32 witnesses.
pub const SIGNATURES_MAX: usize = 40;

/// The longest single signature, in bytes; room for a CMS signature with its certificate chain.
pub const SIGNATURE_BYTES_MAX: usize = 16 * 1024;

/// The longest key id of a signature kind that v1 does not check, in bytes.
pub const FOREIGN_KEY_ID_BYTES_MAX: usize = 256;

const TYPE_PREFIX: &str = "application/vnd.etender.";
const TYPE_SUFFIX: &str = ".v1+json";

/// One signature of an envelope.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Signature {
    /// For our own signatures the hexadecimal [`KeyId`]; for other kinds whatever names the key there.
    pub key_id: String,
    /// `None` for our own Ed25519 or P-256 signatures. `Some("cms")`, `Some("sm2")` and the like are kept and
    /// exported, and shown as "not checked".
    pub kind: Option<String>,
    /// The signature: 64 bytes for our own.
    pub signature: Vec<u8>,
}

/// A DSSE envelope that may or may not be well signed; see [`Envelope::verify`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Envelope {
    /// `application/vnd.etender.<kind>.v1+json`.
    pub payload_type: String,
    /// The exact bytes that were signed.
    pub body: Vec<u8>,
    /// In the order in which they were added.
    pub signatures: Vec<Signature>,
}

impl Envelope {
    /// An envelope without signatures.
    pub fn new(kind: &str, body: Vec<u8>) -> Envelope {
        let payload_type = format!("{TYPE_PREFIX}{kind}{TYPE_SUFFIX}");
        Envelope {
            payload_type,
            body,
            signatures: Vec::new(),
        }
    }

    /// Serialises `body` once, keeps these bytes and signs them with every key.
    ///
    /// Refuses what [`Envelope::parse`] or [`Envelope::body`] would refuse later, above all floats.
    pub fn sign(
        kind: &str,
        body: &impl Serialize,
        keys: &[&SigningKey],
    ) -> Result<Envelope, StatementError> {
        let body = serde_json::to_vec(body).map_err(|error| {
            StatementError::Body(JsonError::invalid_value("", error.to_string()))
        })?;
        json::check(&body).map_err(StatementError::Body)?;
        let mut envelope = Envelope::new(kind, body);
        let pae = envelope.pae();
        for key in keys {
            let signature = key.try_sign(&pae).map_err(StatementError::Signing)?;
            envelope.put_signature(key.public().id(), signature);
        }
        envelope.check_limits()?;
        Ok(envelope)
    }

    /// Signs with `key`. An older signature of the same key is replaced, so signing twice is harmless.
    pub fn add_signature(&mut self, key: &SigningKey) {
        let signature = key.sign(&self.pae());
        self.put_signature(key.public().id(), signature);
    }

    fn put_signature(&mut self, key_id: KeyId, signature: Vec<u8>) {
        let key_id = key_id.to_string();
        let same = |old: &&mut Signature| old.kind.is_none() && old.key_id == key_id;
        match self.signatures.iter_mut().find(same) {
            Some(old) => old.signature = signature,
            None => self.signatures.push(Signature {
                key_id,
                kind: None,
                signature,
            }),
        }
    }

    /// Reads the JSON form. Strict like a body: see [`crate::json`].
    pub fn parse(json: &[u8]) -> Result<Envelope, StatementError> {
        let envelope = form::read(json)?;
        envelope.check_limits()?;
        Ok(envelope)
    }

    /// The JSON form: one fixed order of fields, no blanks; `parse` gives the same envelope back.
    pub fn to_json(&self) -> Vec<u8> {
        form::write(self)
    }

    /// The kind out of the type, such as `bid-manifest`; empty if the type is not one of ours.
    pub fn kind(&self) -> &str {
        self.payload_type
            .strip_prefix(TYPE_PREFIX)
            .and_then(|rest| rest.strip_suffix(TYPE_SUFFIX))
            .filter(|kind| is_name(kind))
            .unwrap_or_default()
    }

    /// DSSE's pre-authentication encoding of type and body: the bytes that are signed.
    pub fn pae(&self) -> Vec<u8> {
        let head = format!(
            "DSSEv1 {} {} {} ",
            self.payload_type.len(),
            self.payload_type,
            self.body.len()
        );
        [head.as_bytes(), &self.body].concat()
    }

    /// The statement id: SHA-256 of [`Envelope::pae`].
    pub fn id(&self) -> Digest {
        Digest::sha256(&self.pae())
    }

    /// Reads the body strictly. `T` must refuse unknown fields (`deny_unknown_fields`).
    pub fn body<T: DeserializeOwned>(&self) -> Result<T, JsonError> {
        json::parse(&self.body)
    }

    /// Checks every signature that v1 can check; at least one must be there and all must hold.
    ///
    /// `lookup` gives the key of an id. A key of another id than was asked for counts as unknown.
    pub fn verify(
        self,
        lookup: impl Fn(&KeyId) -> Option<PublicKey>,
    ) -> Result<Verified<Envelope>, StatementError> {
        self.check_limits()?;
        let pae = self.pae();
        let mut signers = Vec::new();
        for signature in self
            .signatures
            .iter()
            .filter(|signature| signature.kind.is_none())
        {
            let id: KeyId = signature
                .key_id
                .parse()
                .map_err(|_| StatementError::KeyIdForm {
                    key_id: signature.key_id.clone(),
                })?;
            if signers.contains(&id) {
                return Err(StatementError::DuplicateSigner(id));
            }
            let key = lookup(&id)
                .filter(|key| key.id() == id)
                .ok_or(StatementError::UnknownKey(id))?;
            key.verify(&pae, &signature.signature)
                .map_err(|reason| StatementError::Signature { key: id, reason })?;
            signers.push(id);
        }
        if signers.is_empty() {
            return Err(StatementError::NothingChecked);
        }
        Ok(Verified {
            id: Digest::sha256(&pae),
            statement: self,
            signers,
        })
    }

    /// What must hold for an envelope however it was made.
    fn check_limits(&self) -> Result<(), StatementError> {
        if self.kind().is_empty() {
            return Err(StatementError::PayloadType {
                found: self.payload_type.chars().take(128).collect(),
            });
        }
        if self.body.len() > STATEMENT_BYTES_MAX {
            return Err(StatementError::BodyTooLong {
                bytes: self.body.len(),
            });
        }
        if self.signatures.len() > SIGNATURES_MAX {
            return Err(StatementError::TooManySignatures {
                count: self.signatures.len(),
            });
        }
        self.signatures
            .iter()
            .enumerate()
            .try_for_each(|(index, signature)| check_signature(index, signature))
    }
}

fn check_signature(index: usize, signature: &Signature) -> Result<(), StatementError> {
    let refuse = |reason| Err(StatementError::SignatureForm { index, reason });
    if signature.signature.len() > SIGNATURE_BYTES_MAX {
        return refuse("a signature has at most 16384 bytes");
    }
    if signature.key_id.len() > FOREIGN_KEY_ID_BYTES_MAX {
        return refuse("a keyid has at most 256 bytes");
    }
    match signature.kind.as_deref() {
        Some("ed25519" | "p256") => {
            refuse("ed25519 and p256 signatures are written without a kind")
        }
        Some(kind) if !is_name(kind) => refuse("a kind has 1 to 64 characters out of a-z 0-9 -"),
        _ => Ok(()),
    }
}

fn is_name(text: &str) -> bool {
    let allowed = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-';
    (1..=64).contains(&text.len()) && text.bytes().all(allowed)
}

/// A statement whose signatures were checked. Only [`Envelope::verify`] makes one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Verified<S> {
    statement: S,
    id: Digest,
    signers: Vec<KeyId>,
}

impl<S> Verified<S> {
    /// The statement, or what it was mapped to.
    pub fn statement(&self) -> &S {
        &self.statement
    }

    /// The statement, by value.
    pub fn into_statement(self) -> S {
        self.statement
    }

    /// The statement id.
    pub fn id(&self) -> Digest {
        self.id
    }

    /// Whose signatures were checked, in the order of the envelope, each key once.
    pub fn signers(&self) -> &[KeyId] {
        &self.signers
    }

    /// Replaces the statement by something read from it; id and signers stay.
    pub fn map<T>(self, read: impl FnOnce(S) -> T) -> Verified<T> {
        Verified {
            statement: read(self.statement),
            id: self.id,
            signers: self.signers,
        }
    }

    /// Like [`Verified::map`] where reading can fail.
    pub fn try_map<T, E>(self, read: impl FnOnce(S) -> Result<T, E>) -> Result<Verified<T>, E> {
        Ok(Verified {
            statement: read(self.statement)?,
            id: self.id,
            signers: self.signers,
        })
    }
}
