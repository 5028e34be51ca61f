//! From the evaluation to the award, and the other ends of a tender.

use record::list::ListRoot;
use record::{Digest, Identifier};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::on_tender_chain;

/// One bidder and its place.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Place {
    /// Rank, counted from 1; equal ranks only where a tie was not drawn.
    pub rank: u32,
    /// The bidder.
    pub bidder: Identifier,
    /// Its price.
    pub price: String,
}

/// The evaluation's outcome; admission recomputes it from the rule set, the read-out and the draw.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct EvaluationReport {
    /// The tender.
    pub tender: Identifier,
    /// SHA-256 of the result (`kaibiao-result/1`) without its explanation, as compact JSON: what was decided,
    /// however it is worded.
    pub result: Digest,
    /// The benchmark price, where the method has one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub benchmark: Option<String>,
    /// Bids that have a rank.
    pub ranked: u32,
    /// The first three places (all of a rank that begins among them); empty where there are more than 1 250.
    pub places: Vec<Place>,
    /// Count and root of the places, where `places` does not name them.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub places_list: Option<ListRoot>,
    /// Where fewer bids than the profile's minimum have a rank: why competition is not clearly lacking.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub competition_note: Option<String>,
}

/// The candidates (中标候选人) are published.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Candidates {
    /// The tender.
    pub tender: Identifier,
    /// The report that they come from.
    pub report: Digest,
    /// The candidates, by rank: the places of the report, named as it names them.
    pub candidates: Vec<Place>,
    /// Count and root of the candidates, where `candidates` does not name them.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub candidates_list: Option<ListRoot>,
    /// Until when they are published, UTC milliseconds.
    pub publicity_until_ms: u64,
}

/// The winner is fixed (中标).
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Award {
    /// The tender.
    pub tender: Identifier,
    /// The winner.
    pub winner: Identifier,
    /// Its price.
    pub price: String,
    /// Why this one, where several candidates share the first rank.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
}

/// Why a tender failed (流标).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Failure {
    /// Fewer live bidders at closing than the profile's minimum; nothing is opened.
    FewerThanMinimum,
    /// No bid is left in the benchmark set.
    NoEligibleBid,
    /// The drawn or announced method cannot be applied to the prices.
    MethodInapplicable,
    /// Every attempt of the draw failed.
    DrawExhausted,
    /// The evaluation ranks nobody.
    NobodyRanked,
}

/// The tender failed; it must be tendered again.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct TenderFailed {
    /// The tender.
    pub tender: Identifier,
    /// Why.
    pub failure: Failure,
}

/// Causes for which a tender may be ended early (protocol section 5.5).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum TerminationCause {
    /// Ordered by the supervisor, who signs, too.
    SupervisorOrder,
    /// The project changed in a major way.
    MajorChange,
    /// Force majeure.
    ForceMajeure,
}

/// The tenderee ends the tender early.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct TenderTerminated {
    /// The tender.
    pub tender: Identifier,
    /// The cause.
    pub cause: TerminationCause,
    /// The reasons, 1 to 2 000 characters.
    pub reason: String,
}

on_tender_chain!(
    EvaluationReport,
    Candidates,
    Award,
    TenderFailed,
    TenderTerminated
);
