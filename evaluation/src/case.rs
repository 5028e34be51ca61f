//! The evaluation case (`kaibiao-case/1`): everything that decides an award, and nothing else.
//!
//! A case is data. It can be read strictly from JSON ([`Case::parse`]) or put together in code from a rule
//! set, what was drawn, and the bids.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::benchmark::{BenchmarkRule, Method};
use crate::decimal::{Decimal, Money};
use crate::error::{EvaluationError, Problem};

/// The most bids of one tender.
pub const BIDS_MAX: usize = 10_000;
/// The most characters of a name.
pub const NAME_CHARACTERS_MAX: usize = 200;
/// The most decimals that a rule may round to.
pub const DECIMALS_MAX: u8 = 6;
/// The most technical scores of one bid (members of a committee).
pub const SCORES_MAX: usize = 99;

/// Everything that decides an award.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Case {
    /// Always `kaibiao-case/1`.
    pub format: CaseFormat,
    /// Id of the profile: under which law the tender runs.
    pub profile: String,
    /// The currency of all amounts; CNY if absent.
    #[serde(default = "cny", skip_serializing_if = "is_cny")]
    pub currency: String,
    /// 招标控制价: a bid above it is rejected (实施条例 article 51).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub control_price: Option<Money>,
    /// The Korean estimated price.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub estimated_price: Option<Money>,
    /// The method and its parameters.
    pub benchmark: BenchmarkRule,
    /// How a deviation becomes a score.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub price_score: Option<PriceScore>,
    /// How the committee's scores become one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub technical: Option<TechnicalRule>,
    /// How credit becomes points.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub credit: Option<CreditRule>,
    /// The bids; the result keeps their order, which has no other influence.
    pub bids: Vec<Bid>,
}

/// The version of the case format.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub enum CaseFormat {
    /// `kaibiao-case/1`
    #[default]
    #[serde(rename = "kaibiao-case/1")]
    V1,
}

/// How a deviation from the benchmark becomes a price score (rules.md sections 1.8 and 1.13).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct PriceScore {
    /// The full mark, for a price equal to the benchmark.
    pub full: Decimal,
    /// Points lost per percent above the benchmark.
    pub up: Decimal,
    /// Points lost per percent below the benchmark.
    pub down: Decimal,
    /// No score is lower.
    pub floor: Decimal,
    /// Decimals of the benchmark.
    pub benchmark_decimals: u8,
    /// Decimals of the deviation in percent; none: it is not rounded before scoring.
    #[serde(default)]
    pub deviation_decimals: Option<u8>,
    /// Decimals of the score.
    pub score_decimals: u8,
}

/// How the committee members' scores become one (rules.md section 2.2).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TechnicalRule {
    /// The full mark.
    pub full: Decimal,
    /// Which scores count.
    pub aggregate: Aggregate,
    /// Decimals of the result.
    pub decimals: u8,
}

/// Which scores count.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Aggregate {
    /// The mean of all.
    Mean,
    /// The mean without one highest and one lowest; needs three scores.
    DropExtremes,
}

/// How credit becomes points (rules.md section 2.1): min(value, full) / full × weight.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct CreditRule {
    /// The kind of conversion.
    pub mode: CreditMode,
    /// The value from which on all points are given.
    pub full: Decimal,
    /// All points.
    pub weight: Decimal,
    /// Decimals of the points.
    pub decimals: u8,
}

/// Kinds of credit conversion.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum CreditMode {
    /// In proportion to the value.
    Linear,
}

/// One bid.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Bid {
    /// Id of the bidder.
    pub bidder: String,
    /// The price, as the read-out and arithmetic correction left it.
    pub price: Money,
    /// The committee members' scores.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub technical: Option<Vec<Decimal>>,
    /// The credit value of the frozen snapshot.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub credit: Option<Decimal>,
    /// Why the bid was rejected after the benchmark set was frozen with it: its price still enters the
    /// benchmark, but it gets no score and no rank. A bid outside the set is not in the case at all.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub rejected: Option<String>,
}

impl Case {
    /// Reads a case strictly: unknown or doubled members, floats and malformed numbers are refused with a
    /// pointer to them.
    pub fn parse(json: &[u8]) -> Result<Case, EvaluationError> {
        record::json::parse(json).map_err(|error| {
            // A method that is not here may have members that are not here: say the first thing first.
            unknown_method(json).unwrap_or_else(|| {
                let (line, column) = (error.line, error.column);
                Problem::Json {
                    code: error.code(),
                    line,
                    column,
                    reason: error.reason,
                }
                .at(error.pointer)
            })
        })
    }
}

fn cny() -> String {
    "CNY".to_owned()
}

fn is_cny(currency: &String) -> bool {
    currency == "CNY"
}

/// If the text is JSON that names a method that does not exist here, the refusal of that.
fn unknown_method(json: &[u8]) -> Option<EvaluationError> {
    let case: BTreeMap<String, serde_json::Value> = record::json::parse(json).ok()?;
    let method = case.get("benchmark")?.get("method")?.as_str()?;
    Method::from_id(method)
        .err()
        .map(|error| error.under("/benchmark"))
}
