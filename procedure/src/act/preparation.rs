//! From the draft to the notice: the tender itself, its trustees, its rules.

use std::collections::BTreeMap;

pub use evaluation::rules::{AwardClass, Category, CreditTerms, RuleSet, Ties};
use record::sealing::KemPublicKey;
use record::{Digest, Identifier};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::on_tender_chain;

/// The first statement of a tender's chain. The signing account is the tenderee (招标人).
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct TenderCreated {
    /// Identifier of the tender (one lot, 标段).
    pub tender: Identifier,
    /// The project (项目) that groups its tenders.
    pub project: Identifier,
    /// Title, 1 to 200 characters.
    pub title: String,
    /// The account that tenders; it signs.
    pub tenderee: Identifier,
}

/// A trustee's key for this tender (protocol section 3).
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct TrusteeKey {
    /// The tender.
    pub tender: Identifier,
    /// The trustee's account; it signs.
    pub trustee: Identifier,
    /// The HPKE key that shares are sealed to.
    pub key: KemPublicKey,
}

/// The trustees of this tender, in the order of their slots (1..n). Its statement id is the
/// `trustee_set_digest` that every envelope is bound to.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct TrusteeSet {
    /// The tender.
    pub tender: Identifier,
    /// How many trustees are needed to open: 2 <= threshold <= n <= 9.
    pub threshold: u8,
    /// The members; slot i is the i-th, counted from 1.
    pub members: Vec<TrusteeMember>,
    /// The suite of section 4; `kaibiao-v1` is the only one.
    pub suite: Suite,
}

/// One member of a trustee set.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct TrusteeMember {
    /// The trustee's account.
    pub trustee: Identifier,
    /// The key of its last `trustee-key`.
    pub key: KemPublicKey,
}

/// The cryptographic suite of a trustee set.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub enum Suite {
    /// HPKE base mode (HKDF-SHA256, AES-256-GCM), Shamir over GF(2^8), Cobblestone-256.
    #[serde(rename = "kaibiao-v1")]
    KaibiaoV1,
}

/// An envelope of kind `rehearsal`, dealt by the platform, so that every trustee proves before the notice
/// that its key works (protocol section 3, "Rehearsal").
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct RehearsalDealt {
    /// The tender.
    pub tender: Identifier,
    /// The set that is rehearsed.
    pub trustee_set: Digest,
    /// Signature key of the platform that the envelope is bound to (its `bidder_sig_pk`), hex.
    pub signature_key: String,
    /// The platform's own recovery key.
    pub recovery: KemPublicKey,
    /// 16 fresh bytes, hex.
    pub nonce: String,
    /// The key block, base64.
    pub key_block: String,
}

/// One tender document (招标文件), by content.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Document {
    /// File name, unique in the set.
    pub name: String,
    /// Size in bytes.
    pub size: u64,
    /// RFC 6962 tree hash over segments of 4 198 400 bytes.
    pub root: Digest,
}

/// What a field of the bid form holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum FieldType {
    /// A decimal string with at most two decimals, in the notice's currency.
    Money,
    /// Whole days, a JSON integer.
    Days,
    /// Free text, at most 200 characters.
    Text,
}

/// One field of the bid form: what a bidder fills in and what is read out at the opening.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct FormField {
    /// Name of the field; `price` is always there, of type money and required.
    pub id: Identifier,
    /// What it holds.
    #[serde(rename = "type")]
    pub field_type: FieldType,
    /// Unit as shown to people, for instance `元`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub unit: Option<String>,
    /// A bid without it cannot be read out.
    pub required: bool,
}

/// Who opens the envelopes (protocol section 4, "Who opens").
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum WhoOpens {
    /// The trustees in one batch, the bidder as fallback.
    Either,
    /// The bidder alone; silence is revocation by the bidder's fault.
    Bidder,
    /// The trustees alone.
    Trustees,
}

/// How the opening runs. All durations in milliseconds.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct OpeningTerms {
    /// Who opens.
    pub who_opens: WhoOpens,
    /// How long trustees and bidders have to open, from `closing` on.
    pub window_ms: u64,
    /// How long bidders have to confirm what was read out, from the results on.
    pub confirmation_ms: u64,
    /// How long contributions may be released, from `benchmark-set` or `draw-close` on; also how long a
    /// further attempt collects fresh ones.
    pub draw_window_ms: u64,
    /// How long objections to the draw may be raised, from its result on.
    pub draw_objection_ms: u64,
}

/// The law that a tender is under, by its profile.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ProfileRef {
    /// Identifier, for instance `cn-2017-tendering`.
    pub id: Identifier,
    /// Released version.
    pub version: u32,
    /// SHA-256 of the released profile document.
    pub digest: Digest,
}

/// The notice (招标公告) with the tender document's rules. From here on nobody can change them.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Notice {
    /// The tender.
    pub tender: Identifier,
    /// The law.
    pub profile: ProfileRef,
    /// Why the tender is not a statutory one; required by profiles that are for such tenders.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub legal_basis: Option<String>,
    /// Code of the lot; part of every envelope's context.
    pub lot: Identifier,
    /// The tender documents, names ascending.
    pub documents: Vec<Document>,
    /// Digest of the document set (protocol section 4).
    pub document_set: Digest,
    /// The trustee set, by statement id.
    pub trustee_set: Digest,
    /// Until when the documents can be had, UTC milliseconds.
    pub documents_until_ms: u64,
    /// Bids are accepted iff admitted before this moment, UTC milliseconds.
    pub deadline_ms: u64,
    /// When the opening begins, UTC milliseconds.
    pub opening_ms: u64,
    /// How the opening runs.
    pub opening: OpeningTerms,
    /// What a bidder fills in.
    pub bid_form: Vec<FormField>,
    /// The rules: a document of the format `kaibiao-rules/1`, as `kaibiao rules check` reads it.
    pub rules: RuleSet,
    /// Accounts of the witnesses (社会监督员) who may contribute to the draw and sign the opening record.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub witnesses: Vec<Identifier>,
    /// How many days the candidates are published.
    pub publicity_days: u32,
    /// Further facts for people (place, contact): shown, never interpreted.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub particulars: BTreeMap<String, String>,
}

impl Notice {
    /// The account that commits to the credit snapshot, if credit counts.
    pub fn credit_source(&self) -> Option<&Identifier> {
        self.rules.credit.as_ref()?.source.as_ref()
    }
}

on_tender_chain!(
    TenderCreated,
    TrusteeKey,
    TrusteeSet,
    RehearsalDealt,
    Notice
);
