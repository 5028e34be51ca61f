//! The technical score: from the committee members' scores to one.
//!
//! | file | what |
//! |---|---|
//! | `mod.rs` | the rule and the scores, as they stand in documents |
//! | `sheet.rs` | the scores of one bid, checked, and their aggregate |
//! | `spread.rs` | which member is left out because his totals spread the widest |
//! | `flags.rs` | what the evaluation report has to mention |
//! | `steps.rs` | the explanation, with all formula ids |

mod flags;
mod sheet;
mod spread;
mod steps;

use std::collections::BTreeMap;
use std::fmt;

use schemars::JsonSchema;
use serde::de::value::{MapAccessDeserializer, SeqAccessDeserializer};
use serde::{Deserialize, Deserializer, Serialize, de};

use crate::decimal::Decimal;

pub use flags::{Flag, FlagKind};
pub use sheet::Sheet;
pub use spread::{Dropped, widest_member};
pub(super) use steps::FORMULAS;
pub(crate) use steps::{dropped_member_steps, flag_steps, steps};

/// The most members of a committee.
pub const MEMBERS_MAX: usize = 99;
/// The most items of a technical score.
pub const ITEMS_MAX: usize = 100;
/// The most characters of a written reason.
pub const REASON_CHARACTERS_MAX: usize = 2_000;

/// How the committee members' scores become one (rules.md section 2.2).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct TechnicalRule {
    /// The full mark.
    pub full: Decimal,
    /// Which scores count.
    pub aggregate: Aggregate,
    /// Decimals of the result.
    pub decimals: u8,
    /// What is scored; empty: members give one score for the whole.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub items: Vec<Item>,
    /// Decimals of each item's score; absent: only the sum is rounded.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub item_decimals: Option<u8>,
    /// A score below this share of its full mark needs a written reason, in percent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason_below_percent: Option<Decimal>,
    /// A score further than this from the members' mean is flagged, in percent of the mean.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub flag_beyond_percent: Option<Decimal>,
    /// The member, from 0, that a draw dropped because several had the widest spread.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub drawn_member: Option<u32>,
}

/// One thing that the committee scores.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Item {
    /// Its name in scores and reasons.
    pub id: String,
    /// Its full mark; the items' marks add up to the rule's.
    pub full: Decimal,
    /// Whether it is a matter of fact, so that all members have to agree (87号令 article 64).
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub objective: bool,
}

/// Which scores count.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Aggregate {
    /// The mean of all.
    Mean,
    /// The mean without one highest and one lowest; needs three scores.
    DropExtremes,
    /// First the member whose totals spread the widest between the bids, then as [`Aggregate::DropExtremes`];
    /// needs four members.
    DropWidestMember,
}

impl Aggregate {
    /// The fewest members that it needs.
    pub fn members_min(self) -> usize {
        match self {
            Aggregate::Mean => 1,
            Aggregate::DropExtremes => 3,
            Aggregate::DropWidestMember => 4,
        }
    }
}

/// The members' scores of one bid, in one order of members for all bids.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(untagged)]
pub enum TechnicalScores {
    /// One score per member.
    Whole(Vec<Decimal>),
    /// One score per member for each item.
    ByItem(BTreeMap<String, Vec<Decimal>>),
}

impl<'de> Deserialize<'de> for TechnicalScores {
    /// By hand, so that an error says what was expected and where, which an untagged enum cannot.
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct ListOrItems;

        impl<'de> de::Visitor<'de> for ListOrItems {
            type Value = TechnicalScores;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(
                    "one score per member such as [\"26\", \"27.5\"], or such a list for each item",
                )
            }

            fn visit_seq<A: de::SeqAccess<'de>>(self, list: A) -> Result<Self::Value, A::Error> {
                Vec::deserialize(SeqAccessDeserializer::new(list)).map(TechnicalScores::Whole)
            }

            fn visit_map<A: de::MapAccess<'de>>(self, items: A) -> Result<Self::Value, A::Error> {
                BTreeMap::deserialize(MapAccessDeserializer::new(items))
                    .map(TechnicalScores::ByItem)
            }
        }

        deserializer.deserialize_any(ListOrItems)
    }
}

/// A member's written reason for a score.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Reason {
    /// The item; absent where the rule has none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub item: Option<String>,
    /// The member, from 0.
    pub member: u32,
    /// What it wrote.
    pub text: String,
}
