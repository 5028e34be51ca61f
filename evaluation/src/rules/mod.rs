//! The rule set (`kaibiao-rules/1`): everything that decides who wins, as the tender document announces it
//! before any price is known. The notice carries it whole.
//!
//! ```text
//! RuleSet ──draw──> method, parameters, shortlist ──with bids──> Case ──evaluate──> Outcome
//! ```

mod case;
mod check;
mod ready;
mod rehearse;

pub use check::{CREDIT_ITEMS_MAX, METHODS_MAX, SHORTLISTS_MAX, SOURCES_MAX, TEXT_CHARACTERS_MAX};
pub use ready::{READY_COUNT, Ready, ready, ready_by_id};

use record::Identifier;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::case::{CreditRule, PriceScore, RecomputePolicy, TechnicalRule, by_price, cny};
use crate::decimal::Money;
use crate::draw::MethodSpec;
use crate::score::ties::TieKey;
use crate::shortlist::ShortlistRule;

/// Everything that decides who wins, as announced.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct RuleSet {
    /// Always `kaibiao-rules/1`.
    pub format: RulesFormat,
    /// What it is and where it comes from; decides nothing.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub about: Option<About>,
    /// Id of the profile that it is meant for.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub profile: Option<Identifier>,
    /// What is bought.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub category: Option<Category>,
    /// How the winner is found in principle.
    pub award_class: AwardClass,
    /// Why the law lets this tender be awarded so; demanded where the winner is drawn.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub legal_basis: Option<String>,
    /// Currency of all prices, ISO 4217.
    #[serde(default = "cny")]
    pub currency: String,
    /// 招标控制价: a bid above it is rejected.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub control_price: Option<Money>,
    /// The estimated price that `floor-rate-lowest` refers to.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub estimated_price: Option<Money>,
    /// The published budget price that some methods take a range from.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub budget_price: Option<Money>,
    /// The contract estimate that credit tiers depend on.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub contract_estimate: Option<Money>,
    /// 暂列金额 and 专业工程暂估价, the same for all bids, which are compared without it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub provisional_sums: Option<Money>,
    /// Candidates of the shortlisting draw; one: no draw; none: all bids are priced.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub shortlist: Vec<ShortlistRule>,
    /// Candidates of the method draw, each with the grids of its drawn parameters.
    pub methods: Vec<MethodSpec>,
    /// Whether a later rejection may still move the benchmark.
    #[serde(default)]
    pub recompute_policy: RecomputePolicy,
    /// How a price becomes points; absent for methods that rank by price.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub price_score: Option<PriceScore>,
    /// How the committee's scores become one; absent: there is no technical part.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub technical: Option<TechnicalRule>,
    /// How credit enters; absent: not at all.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub credit: Option<CreditTerms>,
    /// What the credit value or other marks are made of, as the document says.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub credit_items: Vec<CreditItem>,
    /// What tells bids of equal total apart, in this order.
    #[serde(default = "by_price")]
    pub tie_break: Vec<TieKey>,
    /// How equal first ranks are settled.
    pub ties: Ties,
}

/// The version of the rule set format.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub enum RulesFormat {
    /// `kaibiao-rules/1`
    #[default]
    #[serde(rename = "kaibiao-rules/1")]
    V1,
}

/// What a rule set is and where it comes from.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct About {
    /// Its id in the library of ready rule sets.
    pub id: String,
    /// Its title.
    pub title: Bilingual,
    /// Documents that it follows.
    pub sources: Vec<String>,
    /// How sure we are that the sources say so.
    pub confidence: Confidence,
    /// What to know before it is used.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub note: Option<Bilingual>,
}

/// A text in both languages.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Bilingual {
    /// Chinese.
    pub zh: String,
    /// English.
    pub en: String,
}

/// How sure a fact is (rules.md, "Confidence tags").
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub enum Confidence {
    /// The full text of the law was read.
    A,
    /// The same, in a doubtful copy.
    #[serde(rename = "A-")]
    AMinus,
    /// An official notice or tender document was seen in part.
    B,
    /// Secondary: exam banks, practitioners' programs.
    C,
    /// No source was found.
    U,
}

/// What is bought.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Category {
    /// 工程.
    Works,
    /// 货物.
    Goods,
    /// 服务.
    Services,
}

/// How the winner is found in principle.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema,
)]
#[serde(rename_all = "kebab-case")]
pub enum AwardClass {
    /// 综合评估法: price, technical part and credit.
    Comprehensive,
    /// 合理低价法: the price near a benchmark, perhaps with credit.
    ReasonableLowPrice,
    /// 经评审的最低投标价法.
    LowestEvaluatedPrice,
    /// Government procurement: points for the ratio to the lowest price (87号令 article 55).
    LowestRatio,
    /// 合理价随机确定中标人: one price for all, the winner is drawn.
    RandomAtFixedPrice,
    /// Korea: the lowest price from a floor on.
    LowestFromFloor,
}

/// How credit enters, and where it comes from.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct CreditTerms {
    /// The account that commits to the snapshot before closing and opens it afterwards. A notice has to name it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub source: Option<Identifier>,
    /// The rule that turns a value into points.
    pub rule: CreditRule,
    /// Value of a bidder whom the snapshot does not name.
    pub missing: String,
}

/// One thing that marks are given for.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct CreditItem {
    /// Its name.
    pub id: String,
    /// What the document says.
    pub text: String,
}

/// How equal first ranks are settled.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Ties {
    /// By the tender's own draw, stream `tie:<rank>`.
    Draw,
    /// They are reported; the tenderee names one of them with a reason.
    Report,
}
