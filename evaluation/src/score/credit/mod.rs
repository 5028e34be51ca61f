//! The credit score.
//!
//! | file | what |
//! |---|---|
//! | `mod.rs` | the rule and the values, as they stand in documents |
//! | `scorer.rs` | a rule made ready, and what it makes of a value |
//! | `steps.rs` | the explanation, with all formula ids |

mod scorer;
mod steps;

use std::collections::BTreeMap;
use std::fmt;

use schemars::JsonSchema;
use serde::de::value::SeqAccessDeserializer;
use serde::{Deserialize, Deserializer, Serialize, de};

use crate::decimal::{Decimal, Money};

pub use scorer::{CreditScorer, Judged};
pub(super) use steps::FORMULAS;
pub(crate) use steps::{common_steps, shown_value, steps};

/// The most lines of a threshold table or grades of a grade table.
pub const LINES_MAX: usize = 100;
/// The most members of a consortium.
pub const CONSORTIUM_MAX: usize = 100;

/// How credit becomes points (rules.md section 2.1). Which members it has depends on the mode; a member
/// that the mode does not use is refused.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct CreditRule {
    /// The kind of conversion.
    pub mode: CreditMode,
    /// `linear`: the value from which on all points are given.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub full: Option<Decimal>,
    /// `linear`, `tiers`: all points.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub weight: Option<Decimal>,
    /// `linear`: no more points than these.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cap: Option<Decimal>,
    /// `tiers`: from which value on all points are given, by contract estimate.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub thresholds: Vec<Threshold>,
    /// `tiers`: the width of a tier below the threshold.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub step: Option<Decimal>,
    /// `tiers`: points lost for each tier that is begun.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cost: Option<Decimal>,
    /// `tiers`: a value below this has no points.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub zero_below: Option<Decimal>,
    /// `grades`: the points of each grade.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub grades: BTreeMap<Grade, Decimal>,
    /// `gate`: a bidder below this value is rejected; nobody has points.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub min: Option<Decimal>,
    /// Decimals of the points; not for `gate`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub decimals: Option<u8>,
    /// The value or grade of a bidder that has none; absent: a missing value is refused.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub missing: Option<String>,
}

/// Kinds of credit conversion.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum CreditMode {
    /// In proportion to the value.
    Linear,
    /// Full points from a threshold on, less for each tier below it.
    Tiers,
    /// A table of grades.
    Grades,
    /// A condition of taking part.
    Gate,
}

impl CreditMode {
    /// The word in documents.
    pub fn word(self) -> &'static str {
        match self {
            CreditMode::Linear => "linear",
            CreditMode::Tiers => "tiers",
            CreditMode::Grades => "grades",
            CreditMode::Gate => "gate",
        }
    }
}

/// A credit grade, such as `AAA`.
pub type Grade = String;

/// One line of a threshold table.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Threshold {
    /// The line holds for contract estimates below this amount; the last line has none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub estimate_below: Option<Money>,
    /// The value from which on all points are given.
    pub value: Decimal,
}

/// What a bidder's credit is: a number or grade as text, or one for each member of a consortium, of which
/// the weakest counts.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(untagged)]
pub enum CreditValue {
    /// Of a single bidder.
    Of(String),
    /// Of a consortium's members.
    OfMembers(Vec<String>),
}

impl From<Decimal> for CreditValue {
    fn from(value: Decimal) -> CreditValue {
        CreditValue::Of(value.to_string())
    }
}

impl<'de> Deserialize<'de> for CreditValue {
    /// By hand, so that an error says what was expected and where, which an untagged enum cannot.
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct TextOrList;

        impl<'de> de::Visitor<'de> for TextOrList {
            type Value = CreditValue;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(
                    "a credit value or grade as text such as \"92.4\" or \"AAA\", or one for each member of a consortium",
                )
            }

            fn visit_str<E: de::Error>(self, text: &str) -> Result<CreditValue, E> {
                Ok(CreditValue::Of(text.to_owned()))
            }

            fn visit_seq<A: de::SeqAccess<'de>>(self, list: A) -> Result<CreditValue, A::Error> {
                Vec::deserialize(SeqAccessDeserializer::new(list)).map(CreditValue::OfMembers)
            }
        }

        deserializer.deserialize_any(TextOrList)
    }
}
