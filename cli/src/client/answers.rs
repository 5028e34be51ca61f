//! What the server answers. Read leniently (fields may be added); statements inside are read strictly.

use procedure::act::{
    Award, BidResult, Candidates, DrawResult, EvaluationReport, Matter, NotServing, Notice,
    TrusteeSet,
};
use record::key::{Algorithm, KeyId, PublicKey};
use record::log::leaf::LeafOpening;
use record::statement::Envelope;
use record::{Digest, Identifier};
use serde::{Deserialize, Deserializer, Serialize, de};

/// `GET /api/v1/server`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ServerInfo {
    /// Origin of the log.
    pub origin: String,
    /// Verifier key of the log.
    pub log_key: String,
    /// The key that grants roles.
    pub root_key: PublicKey,
    /// The operator's account.
    pub platform_account: Identifier,
    /// Simulated time.
    #[serde(default)]
    pub demo: bool,
    /// The server's clock, UTC milliseconds.
    pub time_ms: u64,
    /// Version of the server.
    #[serde(default)]
    pub version: String,
}

/// A page of a list.
#[derive(Clone, Debug, PartialEq, Deserialize)]
pub struct Page<T> {
    /// The items.
    pub items: Vec<T>,
    /// Where the next page begins; none at the end.
    pub next: Option<String>,
}

/// One statement of a chain.
#[derive(Clone, Debug, PartialEq, Deserialize)]
pub struct StatementItem {
    /// Statement id as the server says; recompute it from the envelope.
    pub id: Digest,
    /// Kind.
    pub kind: String,
    /// When it was admitted, UTC milliseconds.
    pub admitted_ms: u64,
    /// The statement.
    #[serde(deserialize_with = "envelope")]
    pub envelope: Envelope,
    /// Log index, where it is public.
    #[serde(default)]
    pub index: Option<u64>,
    /// Place in the chain, where it is public.
    #[serde(default)]
    pub seq: Option<u64>,
    /// What opens its leaf, where it is public.
    #[serde(default)]
    pub opening: Option<LeafOpening>,
}

fn envelope<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Envelope, D::Error> {
    let value = serde_json::Value::deserialize(deserializer)?;
    Envelope::parse(value.to_string().as_bytes()).map_err(de::Error::custom)
}

/// One tender of a list.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct TenderLine {
    /// Identifier.
    pub tender: Identifier,
    /// The project that groups its tenders.
    pub project: Identifier,
    /// Title.
    pub title: String,
    /// Who tenders.
    pub tenderee: Identifier,
    /// Id of its profile, once announced.
    #[serde(default)]
    pub profile: Option<String>,
    /// Stage.
    pub stage: String,
    /// Deadline, once announced, UTC milliseconds.
    #[serde(default)]
    pub deadline_ms: Option<u64>,
    /// The winner, once there.
    #[serde(default)]
    pub winner: Option<Identifier>,
}

/// State of a rehearsal.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct RehearsalView {
    /// The set, by statement id.
    pub trustee_set: Digest,
    /// The rehearsal, by statement id, once dealt.
    #[serde(default)]
    pub rehearsal: Option<Digest>,
    /// Whether every trustee has answered it well.
    #[serde(default)]
    pub rehearsed: bool,
}

/// An outage of the platform at a deadline.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct OutageView {
    /// Statement id.
    pub statement: Digest,
    /// The deadline that could not be kept, UTC milliseconds.
    pub deadline_ms: u64,
    /// When the platform was not serving.
    pub not_serving: Vec<NotServing>,
    /// When bidding was suspended, UTC milliseconds.
    pub suspended_ms: u64,
    /// When it was resumed; none: it is suspended.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub resumed_ms: Option<u64>,
}

/// The benchmark set.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct BenchmarkSetView {
    /// Statement id.
    pub statement: Digest,
    /// How many bids are in it.
    pub members: u64,
}

/// One attempt of the draw.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct AttemptView {
    /// Counted from 1.
    pub number: u32,
    /// Its announcement, by statement id.
    pub announce: Digest,
    /// Why it failed.
    #[serde(default)]
    pub failed: Option<String>,
    /// Until when contributions may be released, UTC milliseconds.
    #[serde(default)]
    pub release_end_ms: Option<u64>,
}

/// One objection.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ObjectionView {
    /// Statement id.
    pub id: Digest,
    /// Who objects.
    pub objector: Identifier,
    /// What about.
    pub matter: Matter,
    /// The text.
    pub text: String,
    /// Whether it is answered.
    pub answered: bool,
}

/// `GET /api/v1/tenders/{tender}`: where a tender stands.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct TenderView {
    /// Identifier.
    pub tender: Identifier,
    /// The project that groups its tenders.
    pub project: Identifier,
    /// Title.
    pub title: String,
    /// Who tenders.
    pub tenderee: Identifier,
    /// Stage, as in `procedure::Stage::NAMES`.
    pub stage: String,
    /// When it was created, UTC milliseconds.
    pub created_ms: u64,
    /// The notice, once announced.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub notice: Option<Notice>,
    /// The deadline in force, once announced, UTC milliseconds.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub deadline_ms: Option<u64>,
    /// When the opening begins, once announced, UTC milliseconds.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub opening_ms: Option<u64>,
    /// Outages of the platform at a deadline.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub outages: Vec<OutageView>,
    /// Its statement id.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub notice_id: Option<Digest>,
    /// The trustees, once announced.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub trustee_set: Option<TrusteeSet>,
    /// Their set, by statement id.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub trustee_set_id: Option<Digest>,
    /// While it is a draft: trustee sets and their rehearsals.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub rehearsals: Vec<RehearsalView>,
    /// The announcement of the draw, by statement id.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub announce_id: Option<Digest>,
    /// `closing`, by statement id.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub closing_id: Option<Digest>,
    /// When it was closed, UTC milliseconds.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub closed_ms: Option<u64>,
    /// Until when shares may be released, UTC milliseconds.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub window_end_ms: Option<u64>,
    /// When the results were read out, UTC milliseconds.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub opened_ms: Option<u64>,
    /// Until when bidders may confirm, UTC milliseconds.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub confirmation_end_ms: Option<u64>,
    /// What was read out.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub results: Option<Vec<BidResult>>,
    /// The frozen benchmark set.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub benchmark_set: Option<BenchmarkSetView>,
    /// Attempts of the draw.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub attempts: Vec<AttemptView>,
    /// What was drawn.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub draw_result: Option<DrawResult>,
    /// Until when the draw may be objected to, UTC milliseconds.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub draw_objection_end_ms: Option<u64>,
    /// All objections.
    #[serde(default)]
    pub objections: Vec<ObjectionView>,
    /// The evaluation report.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub report: Option<EvaluationReport>,
    /// Its statement id.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub report_id: Option<Digest>,
    /// The published candidates.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub candidates: Option<Candidates>,
    /// The award.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub award: Option<Award>,
    /// Why it failed, if it did.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub failure: Option<String>,
    /// Why it was ended early, if it was.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub terminated: Option<String>,
}

/// One key of an account, as listed.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct AccountKey {
    /// Its id.
    pub key_id: KeyId,
    /// Algorithm.
    pub alg: Algorithm,
    /// The public key, hex.
    pub pk: String,
    /// Whether it is revoked.
    #[serde(default)]
    pub revoked: bool,
}

/// `GET /api/v1/accounts/{account}`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct AccountView {
    /// Identifier.
    pub account: Identifier,
    /// Name of the organisation.
    pub name: String,
    /// Registration code.
    #[serde(default)]
    pub registration_code: Option<String>,
    /// Group of organisations under common control.
    #[serde(default)]
    pub control_group: Option<Identifier>,
    /// Public roles.
    #[serde(default)]
    pub roles: Vec<String>,
    /// Keys.
    pub keys: Vec<AccountKey>,
}

/// A released profile, as listed.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ProfileLine {
    /// Identifier.
    pub id: Identifier,
    /// Version.
    pub version: u32,
    /// SHA-256 of the document.
    pub digest: Digest,
}

/// What is stored of a blob.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct BlobState {
    /// Its root.
    pub root: Digest,
    /// Number of leaves.
    pub segments: u64,
    /// Leaves that the server does not have yet.
    pub missing: Vec<u64>,
}

/// What the sequencer knows of the clock.
#[derive(Clone, Debug, Deserialize)]
pub(super) struct ClockAnswer {
    pub now_ms: u64,
}

#[derive(Clone, Debug, Deserialize)]
pub(super) struct ChallengeAnswer {
    pub challenge: String,
}

#[derive(Clone, Debug, Deserialize)]
pub(super) struct SessionAnswer {
    pub token: String,
}

/// A consistency proof.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
pub struct ConsistencyProof {
    /// Size of the older tree.
    pub from: u64,
    /// Size of the newer tree.
    pub to: u64,
    /// The hashes.
    pub path: Vec<Digest>,
}
