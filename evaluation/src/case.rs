//! The evaluation case (`kaibiao-case/1`): everything that decides an award, and nothing else.
//!
//! A case is data. It can be read strictly from JSON ([`Case::parse`]) or put together in code from a rule
//! set, what was drawn, and the bids. How points are made is described beside the code that makes them
//! ([`crate::score`], [`crate::shortlist`]).

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::benchmark::{BenchmarkRule, Method};
use crate::decimal::{Decimal, Money};
use crate::error::{EvaluationError, Problem};
pub use crate::score::credit::{CreditMode, CreditRule, CreditValue, Grade, Threshold};
pub use crate::score::price::{PriceScore, Segment, Segments};
pub use crate::score::technical::{Aggregate, Item, Reason, TechnicalRule, TechnicalScores};
pub use crate::score::ties::TieKey;
use crate::shortlist::ShortlistRule;

/// The most bids of one tender.
pub const BIDS_MAX: usize = 10_000;
/// The most characters of a name.
pub const NAME_CHARACTERS_MAX: usize = 200;
/// The most decimals that a rule may round to, or that a parameter may have.
pub const DECIMALS_MAX: u8 = 6;
/// The highest amount: 10^13 whole units, in fen. Up to here no exact calculation overflows.
pub const AMOUNT_MAX_FEN: i64 = 1_000_000_000_000_000;
/// The largest number of a rule, score or credit value that is no amount. Up to here, with at most
/// [`DECIMALS_MAX`] decimals, no exact calculation overflows.
pub const NUMBER_MAX: u32 = 1_000_000;
/// The most decimals of a deduction, so that an evaluated price can always be written exactly.
pub const DEDUCTION_DECIMALS_MAX: u8 = 4;
/// The most adjustments of one bid.
pub const ADJUSTMENTS_MAX: usize = 1_000;

/// Everything that decides an award.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
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
    /// The tenderee's published budget price, which some methods take a range from.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub budget_price: Option<Money>,
    /// The contract estimate, which credit tiers depend on.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub contract_estimate: Option<Money>,
    /// 暂列金额 and 专业工程暂估价 of the tender document, the same for all: bids and control price are
    /// compared less this sum (rules.md section 1.0).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub provisional_sums: Option<Money>,
    /// Whether a later rejection may still move the benchmark.
    #[serde(default, skip_serializing_if = "RecomputePolicy::is_default")]
    pub recompute_policy: RecomputePolicy,
    /// 评标入围: which bids are priced at all; absent: all.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub shortlist: Option<ShortlistRule>,
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
    /// Where the credit values come from. It decides nothing; it is shown with the result.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub credit_snapshot: Option<CreditSnapshot>,
    /// What tells bids of equal total apart, in this order.
    #[serde(default = "by_price", skip_serializing_if = "is_by_price")]
    pub tie_break: Vec<TieKey>,
    /// The bids; the result keeps their order, which has no other influence.
    pub bids: Vec<Bid>,
}

/// The version of the case format.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub enum CaseFormat {
    /// `kaibiao-case/1`
    #[default]
    #[serde(rename = "kaibiao-case/1")]
    V1,
}

/// Whether a bid that is rejected after the opening still counts in the mean. Whoever can have a bid
/// rejected after the draw could otherwise steer the benchmark (rules.md section 1.0).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum RecomputePolicy {
    /// The benchmark set is fixed at the opening: only arithmetic corrections of prices move the mean.
    #[default]
    AtOpening,
    /// Bids rejected in the preliminary review count for nothing. The draw has to wait for the review.
    AfterPreliminaryReview,
}

/// Where the credit values come from.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct CreditSnapshot {
    /// Who rated.
    pub source: String,
    /// The day whose values count, `YYYY-MM-DD`.
    pub date: String,
}

/// One bid.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Bid {
    /// Id of the bidder.
    pub bidder: String,
    /// The price, as the read-out and arithmetic correction left it.
    pub price: Money,
    /// The price as it was read out, if it was corrected since. It is shown, and decides nothing.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub read_out_price: Option<Money>,
    /// The committee members' scores.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub technical: Option<TechnicalScores>,
    /// The members' written reasons for low scores.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub reasons: Vec<Reason>,
    /// The credit value of the frozen snapshot.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub credit: Option<CreditValue>,
    /// Government procurement: the share by which policy reduces the price, 0 to below 1.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub deduction: Option<Decimal>,
    /// Lowest evaluated price: what the review added to or took from the price.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub adjustments: Option<Vec<Decimal>>,
    /// Why the review rejected the bid. Whether its price still counts in the mean: [`RecomputePolicy`].
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub rejected: Option<String>,
}

impl RecomputePolicy {
    fn is_default(&self) -> bool {
        *self == RecomputePolicy::default()
    }
}

impl Bid {
    /// A bid that is nothing but a price.
    pub fn of(bidder: impl Into<String>, price: Money) -> Bid {
        Bid {
            bidder: bidder.into(),
            price,
            ..Bid::default()
        }
    }
}

impl Case {
    /// The same case with no bids.
    pub(crate) fn without_bids(&self) -> Case {
        Case {
            format: self.format,
            profile: self.profile.clone(),
            currency: self.currency.clone(),
            control_price: self.control_price,
            estimated_price: self.estimated_price,
            budget_price: self.budget_price,
            contract_estimate: self.contract_estimate,
            provisional_sums: self.provisional_sums,
            recompute_policy: self.recompute_policy,
            shortlist: self.shortlist.clone(),
            benchmark: self.benchmark.clone(),
            price_score: self.price_score.clone(),
            technical: self.technical.clone(),
            credit: self.credit.clone(),
            credit_snapshot: self.credit_snapshot.clone(),
            tie_break: self.tie_break.clone(),
            bids: Vec::new(),
        }
    }

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

/// CNY.
pub(crate) fn cny() -> String {
    "CNY".to_owned()
}

fn is_cny(currency: &String) -> bool {
    currency == "CNY"
}

/// Price alone, the tie-break that needs no rule.
pub(crate) fn by_price() -> Vec<TieKey> {
    vec![TieKey::Price]
}

fn is_by_price(keys: &[TieKey]) -> bool {
    keys == [TieKey::Price]
}

/// If the text is JSON that names a method that does not exist here, the refusal of that.
fn unknown_method(json: &[u8]) -> Option<EvaluationError> {
    let case: BTreeMap<String, serde_json::Value> = record::json::parse(json).ok()?;
    let method = case.get("benchmark")?.get("method")?.as_str()?;
    Method::from_id(method)
        .err()
        .map(|error| error.under("/benchmark"))
}
