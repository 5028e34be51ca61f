//! Sealing on the bidder's own machine: a fresh key, nonce and salt for every attempt; nothing leaves this
//! machine unsealed.

mod bid;
mod contribution;
mod folder;
mod part;

use std::io;
use std::path::PathBuf;

use procedure::Stage;
use procedure::act::{Act, Notice, TrusteeSet};
use record::key::SigningKey;
use record::log::leaf::random_salt;
use record::sealing::{FileKey, KemPublicKey, KemSecretKey, NONCE_BYTES, SealError, TrusteeKeys};
use record::{Digest, Identifier};

use crate::keyring::{Keyring, KeyringError};
use crate::replay::Record;

pub use bid::{BidPlan, SealedBid, Succession, seal_bid};
pub use contribution::{OwnContribution, seal_contribution};
pub use folder::{BidFolder, FolderInfo, FolderPart, Secrets};
pub use part::{PartFile, seal_file};

/// Why sealing failed. Nothing was sent.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum SealingError {
    /// The tender does not take bids.
    #[error("the tender {tender} takes no bids: it is in stage {stage}")]
    Stage {
        /// The tender.
        tender: Identifier,
        /// Where it stands.
        stage: &'static str,
    },
    /// The draw is announced by the platform a moment after the notice.
    #[error("the draw of {0} has not been announced yet; try again in a minute")]
    NotAnnounced(Identifier),
    /// The form is not filled in as the notice demands.
    #[error("the bid form is not complete: {0}")]
    Form(String),
    /// Too many attachments, or too long.
    #[error("{0}")]
    Limit(String),
    /// A cryptographic refusal.
    #[error(transparent)]
    Seal(#[from] SealError),
    /// A key is missing.
    #[error(transparent)]
    Keyring(#[from] KeyringError),
    /// A file.
    #[error("{path}: {source}")]
    File {
        /// Which file.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// The bid folder is not what this program wrote.
    #[error("{path} is not a bid folder of this program: {reason}")]
    Folder {
        /// Which file.
        path: PathBuf,
        /// What is wrong.
        reason: String,
    },
    /// The operating system gave no randomness.
    #[error("the operating system gave no random bytes; nothing was sealed")]
    NoRandomness,
}

impl SealingError {
    /// Stable code.
    pub fn code(&self) -> &'static str {
        match self {
            SealingError::Stage { .. } => "stage-mismatch",
            SealingError::NotAnnounced(_) => "draw-not-announced",
            SealingError::Form(_) => "form-invalid",
            SealingError::Limit(_) => "limit-exceeded",
            SealingError::Seal(error) => error.code(),
            SealingError::Keyring(error) => error.code(),
            SealingError::File { .. } => "file",
            SealingError::Folder { .. } => "bid-folder",
            SealingError::NoRandomness => "no-randomness",
        }
    }

    fn file(path: impl Into<PathBuf>) -> impl FnOnce(io::Error) -> SealingError {
        let path = path.into();
        move |source| SealingError::File { path, source }
    }
}

/// What a bid is sealed for: the announced tender.
#[derive(Clone, Debug)]
pub struct Terms {
    /// Origin of the log.
    pub origin: String,
    /// The notice.
    pub notice: Notice,
    /// Its statement id.
    pub notice_id: Digest,
    /// The deadline in force, UTC milliseconds: the notice's, until an outage of the platform moves it.
    pub deadline_ms: u64,
    /// The trustees.
    pub trustee_set: TrusteeSet,
    /// Their keys.
    pub trustees: TrusteeKeys,
    /// The draw that contributions are bound to.
    pub draw: Identifier,
}

impl Terms {
    /// The terms of a tender that takes bids now.
    ///
    /// # Errors
    /// As [`Terms::of`], or the tender is closed.
    pub fn for_bid(record: &Record) -> Result<Terms, SealingError> {
        let terms = Terms::of(record)?;
        let stage = record.tender.stage();
        if matches!(stage, Stage::Announced(_)) {
            return Ok(terms);
        }
        Err(SealingError::Stage {
            tender: record.tender.id().clone(),
            stage: stage.name(),
        })
    }

    /// Takes the terms from a replayed record: notice and trustee set were signed by those who had to sign.
    ///
    /// # Errors
    /// The tender is not announced, or its draw is not.
    pub fn of(record: &Record) -> Result<Terms, SealingError> {
        let tender = &record.tender;
        let stage = || SealingError::Stage {
            tender: tender.id().clone(),
            stage: tender.stage().name(),
        };
        let bidding = tender.stage().bidding().ok_or_else(stage)?;
        let announced = record.find(|act| match act {
            Act::DrawAnnounce(body) => Some(body.draw.clone()),
            _ => None,
        });
        let (_, draw) = announced.ok_or_else(|| SealingError::NotAnnounced(tender.id().clone()))?;
        Ok(Terms {
            origin: record.anchors.origin.clone(),
            notice: bidding.notice.clone(),
            notice_id: bidding.notice_id,
            deadline_ms: bidding.deadline_ms,
            trustee_set: bidding.trustees.clone(),
            trustees: bidding.keys.clone(),
            draw,
        })
    }
}

/// Who seals: account, signing key and recovery key.
#[derive(Clone, Copy, Debug)]
pub struct Sealer<'a> {
    /// The account.
    pub account: &'a Identifier,
    /// The key that signs the statement; envelopes are bound to it.
    pub key: &'a SigningKey,
    /// Slot 0 of every envelope is sealed to it.
    pub recovery: &'a KemPublicKey,
}

impl<'a> Sealer<'a> {
    /// The owner of a key ring, signing with its usual key.
    ///
    /// # Errors
    /// All keys are revoked.
    pub fn of(keyring: &'a Keyring) -> Result<Sealer<'a>, SealingError> {
        Ok(Sealer {
            account: keyring.account(),
            key: keyring.signing_key()?,
            recovery: recovery(keyring.recovery()),
        })
    }

    /// The same with another signing key.
    pub fn signing_with(self, key: &'a SigningKey) -> Sealer<'a> {
        Sealer { key, ..self }
    }
}

fn recovery(key: &KemSecretKey) -> &KemPublicKey {
    key.public()
}

/// 16 fresh bytes in hex.
fn fresh_nonce() -> Result<String, SealingError> {
    let salt = random_salt().map_err(|_| SealingError::NoRandomness)?;
    Ok(hex::encode(salt.0.get(..NONCE_BYTES).unwrap_or_default()))
}

/// A fresh K as it is kept in the secrets of a folder.
fn key_digest(key: &FileKey) -> Digest {
    Digest(*key.bytes())
}
