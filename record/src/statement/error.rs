//! Why an envelope was refused.

use crate::json::JsonError;
use crate::key::{KeyError, KeyId};

/// Why an envelope was refused.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum StatementError {
    /// The envelope itself is not the strict JSON form.
    #[error("the envelope is not a strict DSSE envelope: {0}")]
    Envelope(JsonError),
    /// The body is not strict JSON.
    #[error("the body of the statement is refused: {0}")]
    Body(JsonError),
    /// The type is none of ours.
    #[error("the type {found:?} is not application/vnd.etender.<kind>.v1+json")]
    PayloadType {
        /// What stood there (at most 128 characters of it).
        found: String,
    },
    /// The body is longer than [`super::STATEMENT_BYTES_MAX`].
    #[error(
        "the body has {bytes} bytes; at most 262144 are allowed, longer content belongs into a blob"
    )]
    BodyTooLong {
        /// Its length.
        bytes: usize,
    },
    /// More signatures than [`super::SIGNATURES_MAX`].
    #[error("the envelope has {count} signatures; at most 40 are allowed")]
    TooManySignatures {
        /// How many there are.
        count: usize,
    },
    /// A signature entry that cannot be one.
    #[error("signature {index}: {reason}")]
    SignatureForm {
        /// Place in the list, from 0.
        index: usize,
        /// What is wrong with it.
        reason: &'static str,
    },
    /// The key id of one of our own signatures is not 64 hexadecimal characters.
    #[error("the keyid {key_id:?} is not a key id (64 lower-case hexadecimal characters)")]
    KeyIdForm {
        /// What stood there.
        key_id: String,
    },
    /// Nobody registered this key.
    #[error("the key {0} is not known; register it before signing with it")]
    UnknownKey(KeyId),
    /// One key signed twice.
    #[error("the key {0} signed twice; leave one signature out")]
    DuplicateSigner(KeyId),
    /// A signature does not hold.
    #[error("the signature of key {key} is refused: {reason}")]
    Signature {
        /// Whose signature.
        key: KeyId,
        /// Why.
        reason: KeyError,
    },
    /// There is no signature, or only ones of kinds that v1 does not check.
    #[error("no signature could be checked; at least one Ed25519 or P-256 signature is needed")]
    NothingChecked,
    /// Signing failed.
    #[error("signing failed: {0}")]
    Signing(KeyError),
}

impl StatementError {
    /// Stable identifier of the error; that of the JSON or key error where one stands behind it.
    pub fn code(&self) -> &'static str {
        match self {
            StatementError::Envelope(error) | StatementError::Body(error) => error.code(),
            StatementError::PayloadType { .. } => "statement-type",
            StatementError::BodyTooLong { .. } => "statement-too-long",
            StatementError::TooManySignatures { .. } => "statement-too-many-signatures",
            StatementError::SignatureForm { .. } => "statement-signature-form",
            StatementError::KeyIdForm { .. } => "statement-key-id-form",
            StatementError::UnknownKey(_) => "statement-unknown-key",
            StatementError::DuplicateSigner(_) => "statement-duplicate-signer",
            StatementError::Signature { reason, .. } | StatementError::Signing(reason) => {
                reason.code()
            }
            StatementError::NothingChecked => "statement-nothing-checked",
        }
    }
}
