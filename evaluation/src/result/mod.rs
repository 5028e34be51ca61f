//! The result of an evaluation (`kaibiao-result/1`).
//!
//! | file | what |
//! |---|---|
//! | `mod.rs` | what became of each bid |
//! | `write.rs` | the JSON, with and without the explanation |
//! | `steps/` | the explanation, made when it is asked for |

mod steps;
mod write;

use crate::case::{Bid, Case, CreditValue, Reason, TechnicalScores};
use crate::decimal::{Decimal, Money};
use crate::explain::Step;
use crate::fraction::Fraction;
use crate::score::price::PriceScorer;
use crate::score::technical::Dropped;

pub use crate::score::technical::{Flag, FlagKind};
pub(crate) use steps::formulas;
pub use write::Decision;

/// Who comes first, and why. Serialises to `kaibiao-result/1`.
#[derive(Clone, Debug)]
pub struct Outcome {
    /// The bidder of the first rank, if it is not shared.
    pub winner: Option<String>,
    /// The bidders that share the first rank, ascending by id; only a draw settles it.
    pub tied: Vec<String>,
    /// One entry per bid, in the case's order.
    pub bids: Vec<BidOutcome>,
    /// What was evaluated, without the bids; explanations are made from it.
    pub(crate) rules: Case,
    /// What the bids gave beside their prices; nothing if none gave anything.
    pub(crate) given: Vec<Given>,
    /// The control price net of provisional sums, if the method heeds it.
    pub(crate) control_price: Option<Money>,
    pub(crate) measure: Measure,
    pub(crate) dropped: Option<Dropped>,
    /// How the shortlist came about.
    pub(crate) before: Vec<Step>,
    /// How the benchmark, floor or fixed price came about.
    pub(crate) steps: Vec<Step>,
}

/// What the bids were measured by.
#[derive(Clone, Debug)]
pub(crate) enum Measure {
    /// The deviation from a benchmark.
    Deviation {
        benchmark: Decimal,
        scorer: Box<PriceScorer>,
    },
    /// The ratio to the lowest evaluated price.
    Ratio {
        benchmark: Decimal,
        lowest: Fraction,
    },
    /// The lowest evaluated price.
    Lowest,
    /// The lowest price from here on.
    Floor(Fraction),
    /// One price for all.
    Fixed(Decimal),
    /// No price was left.
    Nothing,
}

/// What became of one bid.
#[derive(Clone, Debug)]
pub struct BidOutcome {
    /// Id of the bidder.
    pub bidder: String,
    /// The price as bid.
    pub price: Money,
    /// The price less the provisional sums, which is what was evaluated.
    pub net_price: Money,
    /// What the method made of the net price, to two decimals, if the method evaluates prices or there are
    /// provisional sums.
    pub evaluated_price: Option<Decimal>,
    /// Points, rank by price, or why neither.
    pub standing: Standing,
    /// What the evaluation report has to mention about the technical scores.
    pub flags: Vec<Flag>,
    /// From 1; none for a bid that is not ranked.
    pub rank: Option<u32>,
    /// The exact evaluated price, in units of 10^-[`crate::score::SCALE`].
    pub(crate) evaluated: i128,
    /// Whether its price is one of those that the shortlist works on.
    pub(crate) is_considered: bool,
    /// Whether its price is in the benchmark set.
    pub(crate) is_in_set: bool,
}

/// What a bid gave beside its price, kept for the explanation.
#[derive(Clone, Debug, Default)]
pub(crate) struct Given {
    pub read_out_price: Option<Money>,
    pub technical: Option<TechnicalScores>,
    pub reasons: Vec<Reason>,
    pub credit: Option<CreditValue>,
    pub deduction: Option<Decimal>,
    pub adjustments: Option<Vec<Decimal>>,
}

impl Given {
    /// What the bids gave; empty if all of them are nothing but prices.
    pub(crate) fn of_all(bids: &[Bid]) -> Vec<Given> {
        let is_plain = |bid: &Bid| {
            bid.read_out_price.is_none()
                && bid.technical.is_none()
                && bid.credit.is_none()
                && bid.deduction.is_none()
                && bid.adjustments.is_none()
        };
        if bids.iter().all(is_plain) {
            return Vec::new();
        }
        let given = |bid: &Bid| Given {
            read_out_price: bid.read_out_price,
            technical: bid.technical.clone(),
            reasons: bid.reasons.clone(),
            credit: bid.credit.clone(),
            deduction: bid.deduction,
            adjustments: bid.adjustments.clone(),
        };
        bids.iter().map(given).collect()
    }
}

/// Whether and how a bid takes part.
#[derive(Clone, Debug)]
pub enum Standing {
    /// It has points.
    Scored(Scores),
    /// It is ranked by its price alone.
    Ranked,
    /// It was not shortlisted.
    NotShortlisted,
    /// It was rejected.
    Rejected(Rejection),
}

/// The points of a bid, each rounded as its rule says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Scores {
    /// From the benchmark, in percent, as it is shown; none for points by ratio.
    pub deviation_percent: Option<Decimal>,
    /// For the price.
    pub price_score: Decimal,
    /// For the technical part, if there is one.
    pub technical: Option<Decimal>,
    /// For credit, if it gives points.
    pub credit: Option<Decimal>,
    /// The rounded sum.
    pub total: Decimal,
}

/// Why a bid was rejected.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Rejection {
    /// Its price is above the control price (实施条例 article 51).
    AboveControlPrice,
    /// Nothing is left of its price after the provisional sums.
    NotAboveProvisionalSums,
    /// Its credit does not suffice to take part.
    CreditBelowGate,
    /// Korea: its price is below the rate of the estimated price.
    BelowFloor,
    /// Its price is not the one that the tender document announced for all.
    NotTheFixedPrice,
    /// The case says so.
    Given(String),
}

impl Rejection {
    /// The `reason` in a result.
    pub fn reason(&self) -> &str {
        match self {
            Rejection::AboveControlPrice => "above-control-price",
            Rejection::NotAboveProvisionalSums => "not-above-provisional-sums",
            Rejection::CreditBelowGate => "credit-below-gate",
            Rejection::BelowFloor => "below-floor-price",
            Rejection::NotTheFixedPrice => "not-the-fixed-price",
            Rejection::Given(reason) => reason,
        }
    }
}

impl Outcome {
    /// The rounded benchmark price; none for methods without one, and when no bid is left.
    pub fn benchmark(&self) -> Option<Decimal> {
        match &self.measure {
            Measure::Deviation { benchmark, .. } | Measure::Ratio { benchmark, .. } => {
                Some(*benchmark)
            }
            _ => None,
        }
    }

    /// The price at which the contract is awarded, where the tender document fixes it.
    pub fn award_price(&self) -> Option<Decimal> {
        match &self.measure {
            Measure::Fixed(price) => Some(*price),
            _ => None,
        }
    }

    /// Every number that decides, in the order of calculation. Made when it is asked for.
    pub fn explanation(&self) -> impl Iterator<Item = Step> + '_ {
        steps::all(self)
    }

    /// The result without its explanation: what was decided.
    pub fn decision(&self) -> Decision<'_> {
        Decision(self)
    }

    /// The decision as compact JSON, the same bytes on every platform and in every version of this format.
    /// Records digest these: a clearer explanation never makes an old record look changed.
    pub fn decision_bytes(&self) -> Result<Vec<u8>, serde_json::Error> {
        serde_json::to_vec(&self.decision())
    }
}
