//! Between the notice and the deadline: sealed bids, withdrawals, contributions, the credit commitment.

use record::sealing::{EnvelopeKind, KemPublicKey};
use record::{Digest, Identifier};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{Salt, on_tender_chain};

/// One part of a sealed envelope (protocol section 4).
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct SealedPart {
    /// Size of the ciphertext in bytes, header included.
    pub size: u64,
    /// Root over header and segments.
    pub root: Digest,
    /// Number of segments without the header.
    pub segments: u32,
    /// The ciphertext itself, base64; only for the bid form (part 0 of `opening`), at most 64 KiB.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub inline: Option<String>,
}

/// One sealed envelope.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct SealedEnvelope {
    /// What it holds and when it is opened.
    pub kind: EnvelopeKind,
    /// 16 fresh bytes, hex.
    pub nonce: String,
    /// The key block, base64.
    pub key_block: String,
    /// Its parts; none for `contrib`.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub parts: Vec<SealedPart>,
}

/// A sealed bid (投标). Signed by the bidder; a consortium's lead signs for it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct BidManifest {
    /// The tender.
    #[serde(rename = "tender_id")]
    pub tender: Identifier,
    /// Origin of the log that the envelope is bound to.
    pub log_origin: String,
    /// The document set in force when the bid was sealed.
    pub document_set_digest: Digest,
    /// The lot.
    pub lot_id: Identifier,
    /// The bidder's account.
    pub bidder_id: Identifier,
    /// The public key that signs this manifest, hex.
    pub bidder_sig_pk: String,
    /// The bidder's recovery key (slot 0).
    pub recovery: KemPublicKey,
    /// The trustee set, by statement id.
    pub trustee_set_digest: Digest,
    /// The envelopes: one `opening`, one `contrib`.
    pub envelopes: Vec<SealedEnvelope>,
    /// 1 for the bidder's first manifest in this tender, then one more each time.
    pub seq: u64,
    /// The live bid that this one replaces.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub replaces: Option<Digest>,
    /// Accounts of a consortium's further members.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub members: Vec<Identifier>,
}

/// A bid is withdrawn (撤回) before the deadline.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct BidWithdrawn {
    /// The tender.
    pub tender: Identifier,
    /// The live bid.
    pub manifest: Digest,
}

/// A contribution to the draw from somebody who does not bid, or from anybody for a further attempt.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct DrawContribution {
    /// The tender.
    pub tender: Identifier,
    /// The draw; the `lot_id` of the envelope's context.
    pub draw: Identifier,
    /// The attempt, counted from 1.
    pub attempt: u32,
    /// Who contributes; the `bidder_id` of the envelope's context.
    pub contributor: Identifier,
    /// The public key that signs this statement, hex.
    pub signature_key: String,
    /// The contributor's recovery key.
    pub recovery: KemPublicKey,
    /// The envelope, of kind `contrib`.
    pub envelope: SealedEnvelope,
}

/// The credit source fixes, before anybody knows a price, which snapshot will count.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct CreditCommitted {
    /// The tender.
    pub tender: Identifier,
    /// Statement id of the `credit-snapshot` to come; its salt keeps the values secret until then.
    pub snapshot: Digest,
    /// Statement ids of the further pages of the snapshot, in order, where its values do not fit into one
    /// statement; at most 127.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub further: Vec<Digest>,
}

impl CreditCommitted {
    /// Statement ids of all pages of the snapshot, in order.
    pub fn pages(&self) -> impl Iterator<Item = &Digest> {
        std::iter::once(&self.snapshot).chain(&self.further)
    }
}

/// One bidder's credit value.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct CreditValue {
    /// The account.
    pub account: Identifier,
    /// The value, a decimal string.
    pub value: String,
}

/// The credit snapshot that was committed before closing, or a page of it. Every page says the same of time and
/// origin, has a salt of its own, and goes on where the page before ended.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct CreditSnapshot {
    /// The tender.
    pub tender: Identifier,
    /// When the values were taken, UTC milliseconds.
    pub taken_ms: u64,
    /// Where they come from, for people.
    pub origin: String,
    /// 32 random bytes, hex.
    pub salt: Salt,
    /// The values, accounts ascending.
    pub values: Vec<CreditValue>,
}

on_tender_chain!(
    BidManifest,
    BidWithdrawn,
    DrawContribution,
    CreditCommitted,
    CreditSnapshot
);
