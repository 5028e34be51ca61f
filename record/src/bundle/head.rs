//! The record head: what the log says a bundle must contain (protocol sections 2 and 8).

use std::collections::BTreeMap;
use std::fmt;

use serde::{Deserialize, Serialize};

use crate::chain::{ChainHead, ChainId};
use crate::key::{PublicKey, SigningKey};
use crate::list::ListRoot;
use crate::log::checkpoint::{Origin, SignatureError, SignedCheckpoint, VerifierKey};
use crate::statement::{Envelope, StatementError};
use crate::{Digest, Identifier};

/// Kind of the statement that carries the record head.
pub const RECORD_HEAD_KIND: &str = "record-head";

/// For whom a bundle is; the profile says what each contains.
#[derive(
    Clone,
    Copy,
    Debug,
    PartialEq,
    Eq,
    PartialOrd,
    Ord,
    Hash,
    Serialize,
    Deserialize,
    schemars::JsonSchema,
)]
#[serde(rename_all = "kebab-case")]
pub enum Audience {
    /// Everybody.
    Public,
    /// A bidder or the tenderee.
    Party,
    /// The supervisor.
    Supervisor,
}

impl Audience {
    /// The word for it, as in the name of the file.
    pub fn as_str(self) -> &'static str {
        match self {
            Audience::Public => "public",
            Audience::Party => "party",
            Audience::Supervisor => "supervisor",
        }
    }
}

impl fmt::Display for Audience {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// A chain and its last statement.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct NamedHead {
    /// The chain.
    pub chain: ChainId,
    /// Sequence number of its last statement.
    pub seq: u64,
    /// Leaf hash of its last statement.
    pub head: Digest,
}

impl NamedHead {
    /// The head without the name.
    pub fn head(&self) -> ChainHead {
        ChainHead {
            seq: self.seq,
            head: self.head,
        }
    }
}

/// The body of `record-head`, signed by the log's key.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RecordHeadBody {
    /// The tender.
    pub tender: Identifier,
    /// The log.
    pub origin: Origin,
    /// The log's key. A reader with a trust file compares it; one without has nothing else to go by.
    pub log_key: VerifierKey,
    /// The platform's root key, likewise.
    pub root_key: PublicKey,
    /// For whom the bundle is.
    pub audience: Audience,
    /// The checkpoint under which every leaf of the bundle is proved.
    pub checkpoint: SignedCheckpoint,
    /// Chains whose statements are all in the bundle: the tender's, the platform's if it is there, then
    /// accounts ascending. Where there are too many for one statement, the accounts' are named by `accounts`.
    pub chains: Vec<NamedHead>,
    /// Count and root of the ends of the account chains, where `chains` does not name them; see
    /// [`crate::chain::name_ends`].
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub accounts: Option<ListRoot>,
    /// SHA-256 of every member that is neither statement, opening nor proof (nor this head).
    pub members: BTreeMap<String, Digest>,
}

/// A record head with the envelope that it came in. Both always say the same.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RecordHead {
    body: RecordHeadBody,
    envelope: Envelope,
}

/// A record head is not the log's.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum RecordHeadError {
    /// The envelope is malformed or not signed by the log's key.
    #[error(transparent)]
    Statement(#[from] StatementError),
    /// The checkpoint inside is not the log's.
    #[error(transparent)]
    Checkpoint(#[from] SignatureError),
    /// The envelope holds a statement of another kind.
    #[error("expected a statement of kind record-head, found {found:?}")]
    Kind {
        /// What it is.
        found: String,
    },
}

impl RecordHeadError {
    /// Stable code.
    pub fn code(&self) -> &'static str {
        match self {
            RecordHeadError::Statement(error) => error.code(),
            RecordHeadError::Checkpoint(error) => error.code(),
            RecordHeadError::Kind { .. } => "record-head-kind",
        }
    }
}

impl RecordHead {
    /// Signs a head with the log's key.
    pub fn sign(body: RecordHeadBody, log_key: &SigningKey) -> Result<RecordHead, StatementError> {
        let envelope = Envelope::sign(RECORD_HEAD_KIND, &body, &[log_key])?;
        Ok(RecordHead { body, envelope })
    }

    /// Reads a head; checks no signature.
    pub fn from_envelope(envelope: Envelope) -> Result<RecordHead, RecordHeadError> {
        if envelope.kind() != RECORD_HEAD_KIND {
            return Err(RecordHeadError::Kind {
                found: envelope.kind().to_owned(),
            });
        }
        let body = envelope.body().map_err(StatementError::Body)?;
        Ok(RecordHead { body, envelope })
    }

    /// What it says.
    pub fn body(&self) -> &RecordHeadBody {
        &self.body
    }

    /// The signed bytes.
    pub fn envelope(&self) -> &Envelope {
        &self.envelope
    }

    /// Checks that the log's key signed both the head and the checkpoint inside, and that the head speaks
    /// of this log.
    pub fn verify(&self, log: &VerifierKey) -> Result<(), RecordHeadError> {
        self.body.checkpoint.verify(log)?;
        if self.body.origin != *log.name() {
            let (expected, found) = (log.name().clone(), self.body.origin.clone());
            return Err(SignatureError::OtherOrigin { expected, found }.into());
        }
        let key = log.key();
        self.envelope
            .clone()
            .verify(|id| (*id == key.id()).then(|| key.clone()))?;
        Ok(())
    }
}
