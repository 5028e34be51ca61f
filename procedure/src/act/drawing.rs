//! The draw of the benchmark method and its parameters (protocol section 7).

use std::collections::BTreeMap;

use record::list::ListRoot;
use record::{Digest, Identifier};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::on_tender_chain;

/// The announcement of a draw. It follows from the notice by a template with no free field, so admission
/// compares it with what the template gives.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct DrawAnnounce {
    /// The attempt, counted from 1.
    pub attempt: u32,
    /// Classes of contributors.
    pub contributors: Vec<String>,
    /// The draw.
    pub draw: Identifier,
    /// Candidates of the method draw, in the order of the notice.
    pub methods: Vec<String>,
    /// The notice, by statement id: its grids are what the parameters are drawn from.
    pub notice: Digest,
    /// The tender.
    pub tender: Identifier,
}

/// The contributions of a further attempt are complete.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct DrawClose {
    /// The tender.
    pub tender: Identifier,
    /// The attempt.
    pub attempt: u32,
}

/// Why an attempt gave no result.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum DrawFailure {
    /// Contributions were left that too few trustees released.
    TooFewShares,
    /// The tenderee's contribution and at least one other do not both count.
    TooFewContributions,
}

/// An attempt failed; a further one needs fresh contributions.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct DrawFailed {
    /// The tender.
    pub tender: Identifier,
    /// The attempt.
    pub attempt: u32,
    /// Why.
    pub reason: DrawFailure,
    /// Contributions (statement ids) that could not be opened, ascending; empty where there are more than 1 250.
    pub unresolved: Vec<Digest>,
    /// Count and root of these contributions, where `unresolved` does not name them.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub unresolved_list: Option<ListRoot>,
}

/// One drawn parameter: a grid value as a decimal string, or an index.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(untagged)]
pub enum DrawnValue {
    /// A value of the announced grid, printed with exactly its scale.
    Decimal(String),
    /// An index into a list (`jiangsu-5`: band1, band2, B), or of the announced shortlisting (`shortlist`).
    Index(u64),
}

/// The result of a draw; admission recomputes it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct DrawResult {
    /// The tender.
    pub tender: Identifier,
    /// The draw.
    pub draw: Identifier,
    /// The attempt.
    pub attempt: u32,
    /// The announcement, by statement id.
    pub announce: Digest,
    /// Number of contributions that count.
    pub counted: u32,
    /// Contributions (statement ids) that a failed deal removed, ascending; empty where there are more than 1 250.
    pub removed: Vec<Digest>,
    /// Count and root of these contributions, where `removed` does not name them.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub removed_list: Option<ListRoot>,
    /// Required contributors who gave none, ascending; empty where there are more than 1 250.
    pub missing: Vec<Identifier>,
    /// Count and root of these contributors, where `missing` does not name them.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub missing_list: Option<ListRoot>,
    /// The seed.
    pub seed: Digest,
    /// The drawn method.
    pub method: String,
    /// Its drawn parameters.
    pub parameters: BTreeMap<String, DrawnValue>,
}

/// The opening record (开标记录): host and witnesses sign what has happened so far, by statement ids.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct OpeningRecord {
    /// The tender.
    pub tender: Identifier,
    /// `closing`.
    pub closing: Digest,
    /// The pages of the results; empty where there are more than 1 250.
    pub results: Vec<Digest>,
    /// Count and root of the pages, where `results` does not name them.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub results_list: Option<ListRoot>,
    /// `benchmark-set`.
    pub benchmark_set: Digest,
    /// `draw-result`.
    pub draw_result: Digest,
}

on_tender_chain!(
    DrawAnnounce,
    DrawClose,
    DrawFailed,
    DrawResult,
    OpeningRecord
);
