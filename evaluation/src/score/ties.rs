//! What tells bids of equal total apart (rules.md sections 1.11 and 1.12).

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// One criterion among bids of equal total. Bids equal in all of them share a rank.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum TieKey {
    /// The lower price comes first.
    Price,
    /// More credit points come first.
    Credit,
    /// More technical points come first.
    Technical,
    /// More points for the price come first.
    PriceScore,
}

impl TieKey {
    /// The word in documents, which is also the name of the number in an explanation.
    pub fn word(self) -> &'static str {
        match self {
            TieKey::Price => "price",
            TieKey::Credit => "credit",
            TieKey::Technical => "technical",
            TieKey::PriceScore => "price_score",
        }
    }
}
