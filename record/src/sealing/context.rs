//! What an envelope is bound to: taken out of its context it does not open.

use std::fmt;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::KemPublicKey;
use crate::seq::{domain, seq};
use crate::{Digest, Identifier};

/// Bytes of the nonce that makes two envelopes of one bidder different contexts.
pub const NONCE_BYTES: usize = 16;

/// What an envelope holds, and so when it is opened. Envelopes of different kinds never share a key.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema,
)]
#[serde(rename_all = "lowercase")]
#[schemars(inline)]
pub enum EnvelopeKind {
    /// The bid form that is read out at the opening, with its public attachments.
    Opening,
    /// What only the committee reads, in the technical phase.
    Technical,
    /// What is opened in the price phase of a two-envelope sequence.
    Commercial,
    /// A contribution to a draw; it has no parts.
    Contrib,
    /// Dealt by the platform before the notice, to see that the trustees can open.
    Rehearsal,
}

impl EnvelopeKind {
    /// The name that enters the context.
    pub fn as_str(self) -> &'static str {
        match self {
            EnvelopeKind::Opening => "opening",
            EnvelopeKind::Technical => "technical",
            EnvelopeKind::Commercial => "commercial",
            EnvelopeKind::Contrib => "contrib",
            EnvelopeKind::Rehearsal => "rehearsal",
        }
    }
}

impl fmt::Display for EnvelopeKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// The fields of the seal context, in the order in which they are hashed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SealContext {
    /// Origin of the log, such as `log.example/etender`.
    pub log_origin: String,
    /// The tender.
    pub tender_id: Identifier,
    /// The version of the tender documents that the bid answers.
    pub document_set_digest: Digest,
    /// The lot; for kind [`EnvelopeKind::Contrib`] the draw.
    pub lot_id: Identifier,
    /// What the envelope holds.
    pub kind: EnvelopeKind,
    /// Who seals.
    pub bidder_id: Identifier,
    /// The raw public key under which the manifest is signed.
    pub bidder_sig_pk: Vec<u8>,
    /// The bidder's own HPKE key (slot 0).
    pub recovery: KemPublicKey,
    /// Statement id of the trustee set.
    pub trustee_set_digest: Digest,
    /// Fresh for every envelope.
    pub nonce: [u8; NONCE_BYTES],
}

impl SealContext {
    /// `ctx = SEQ("etender.v1/seal-context", ...)`.
    pub fn digest(&self) -> Digest {
        let recovery = [
            self.recovery.kem().id().to_be_bytes().as_slice(),
            self.recovery.bytes(),
        ]
        .concat();
        seq(
            domain::SEAL_CONTEXT,
            &[
                self.log_origin.as_bytes(),
                self.tender_id.as_str().as_bytes(),
                self.document_set_digest.as_bytes(),
                self.lot_id.as_str().as_bytes(),
                self.kind.as_str().as_bytes(),
                self.bidder_id.as_str().as_bytes(),
                &self.bidder_sig_pk,
                &recovery,
                self.trustee_set_digest.as_bytes(),
                &self.nonce,
            ],
        )
    }
}
