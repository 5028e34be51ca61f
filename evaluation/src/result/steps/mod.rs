//! The explanation of a result: what is said about each bid, in the order of calculation.
//!
//! | step | formula id | meaning |
//! |---|---|---|
//! | `control_price` | `price.net-control` | control price − provisional sums; further steps use the net one |
//! | `shortlist/set` | `shortlist.set` | how many bids the shortlist works on, with their evaluated prices |
//! | `benchmark/set` | `benchmark.set-at-opening` | how many bids count in the mean: the shortlisted ones, among them those that the review or the credit gate rejected (`rejected`) |
//! | `benchmark/set` | `benchmark.set-after-review` | the same without rejected bids |
//! | `benchmark` | `lowest-ratio.benchmark` | the lowest evaluated price, for display; points are made from the exact one |
//! | `bid/B/price` | `price.corrected` | the price after arithmetic correction, and what was read out |
//! | `bid/B/net_price` | `price.net` | price − provisional sums; where there are any, every later `price` is this one |
//! | `bid/B/evaluated_price` | `price.less-deduction` | price × (1 − deduction) (87号令 article 55) |
//! | `bid/B/evaluated_price` | `price.no-deduction` | the price itself |
//! | `bid/B/evaluated_price` | `price.with-adjustments` | price + the signed adjustments (12号令 articles 30 to 33) |
//! | `bid/B/evaluated_price` | `price.no-adjustments` | the price itself |
//! | `bid/B/total` | `total.sum` | see [`crate::score`] |
//! | `bid/B/rank` | see `rank.rs` | |
//! | `winner` | `winner.first-rank` | the only bid of the first rank |
//! | `winner` | `winner.tied` | several share the first rank; only a draw finds the winner |
//! | `winner` | `winner.nobody` | no bid is ranked |

mod rank;

use crate::benchmark::{EvaluatedPrice, Method};
use crate::case::RecomputePolicy;
use crate::decimal::{Decimal, Money};
use crate::error::EvaluationError;
use crate::evaluate::{exact_price, ranking};
use crate::explain::{FormulaSpec, Inputs, Step, Value};
use crate::fraction::{ArithmeticError, Fraction};
use crate::ranking::Ranking;
use crate::score::TOTAL_DECIMALS;
use crate::score::credit::{self, CreditScorer, Judged};
use crate::score::price;
use crate::score::technical::{self, Sheet};

use super::{BidOutcome, Given, Measure, Outcome, Rejection, Scores, Standing};

/// The formulas of this directory.
pub(crate) fn formulas() -> impl Iterator<Item = &'static FormulaSpec> {
    FORMULAS.iter().chain(rank::FORMULAS)
}

/// The formulas of this file.
const FORMULAS: &[FormulaSpec] = &[
    FormulaSpec::new("price.net-control", &["control_price", "provisional_sums"]),
    FormulaSpec::new("shortlist.set", &["bidders", "prices"]),
    FormulaSpec::new("benchmark.set-at-opening", &["bidders", "prices"]).or_absent(&["rejected"]),
    FormulaSpec::new("benchmark.set-after-review", &["bidders", "prices"]),
    FormulaSpec::new("lowest-ratio.benchmark", &["lowest_evaluated"]),
    FormulaSpec::new("price.corrected", &["price", "read_out_price"]),
    FormulaSpec::new("price.net", &["price", "provisional_sums"]),
    FormulaSpec::new("price.less-deduction", &["price", "deduction"]),
    FormulaSpec::new("price.no-deduction", &["price"]),
    FormulaSpec::new("price.with-adjustments", &["price", "adjustments"]),
    FormulaSpec::new("price.no-adjustments", &["price"]),
    FormulaSpec::new("winner.first-rank", &["first"]),
    FormulaSpec::new("winner.tied", &["first"]),
    FormulaSpec::new("winner.nobody", &[]),
];

/// All steps. Nothing in here can fail inside the limits of a case; a step that could not be made is left out.
pub(super) fn all(outcome: &Outcome) -> impl Iterator<Item = Step> + '_ {
    let explainer = Explainer::new(outcome);
    let bids = outcome.bids.iter().enumerate();
    let first = outcome.control_price_step().into_iter();
    first
        .chain(outcome.shortlist_step())
        .chain(outcome.before.iter().cloned())
        .chain(outcome.set_step())
        .chain(outcome.steps.iter().cloned())
        .chain(explainer.common())
        .chain(bids.flat_map(move |(index, bid)| explainer.bid(index, bid).unwrap_or_default()))
        .chain(std::iter::once_with(|| outcome.winner_step()))
}

/// What the steps of all bids need.
struct Explainer<'a> {
    outcome: &'a Outcome,
    ranking: Ranking,
    credit: Option<CreditScorer<'a>>,
    evaluated_price: EvaluatedPrice,
    /// What a bid gave that is nothing but a price.
    nothing: Given,
}

impl<'a> Explainer<'a> {
    fn new(outcome: &'a Outcome) -> Explainer<'a> {
        let case = &outcome.rules;
        let scorer = |rule| CreditScorer::new(rule, case.contract_estimate).ok();
        let method = Method::from_id(&case.benchmark.method);
        Explainer {
            outcome,
            ranking: ranking(case, &outcome.bids),
            credit: case.credit.as_ref().and_then(scorer),
            evaluated_price: method
                .map(|method| method.formula().evaluated_price())
                .unwrap_or_default(),
            nothing: Given::default(),
        }
    }

    fn given(&self, index: usize) -> &Given {
        self.outcome.given.get(index).unwrap_or(&self.nothing)
    }

    /// What is said once about the technical part and credit.
    fn common(&self) -> Vec<Step> {
        let case = &self.outcome.rules;
        let mut steps = Vec::new();
        if let (Some(rule), Some(dropped)) = (&case.technical, &self.outcome.dropped) {
            let bids = self.outcome.bids.iter().enumerate();
            let scored = bids.filter(|(_, bid)| matches!(bid.standing, Standing::Scored(_)));
            let sheets = scored.map(|(index, bid)| {
                let sheet = Sheet::new(rule, self.given(index).technical.as_ref())?;
                Ok((bid.bidder.as_str(), sheet))
            });
            let sheets: Result<Vec<_>, EvaluationError> = sheets.collect();
            if let Ok(sheets) = sheets {
                let made = technical::dropped_member_steps(dropped, &sheets);
                steps.extend(made.unwrap_or_default());
            }
        }
        if let Some(scorer) = &self.credit {
            steps.extend(credit::common_steps(case, scorer));
        }
        steps
    }

    fn bid(&self, index: usize, bid: &BidOutcome) -> Result<Vec<Step>, ArithmeticError> {
        let given = self.given(index);
        let id = format!("bid/{}", bid.bidder);
        let mut steps = self.price_steps(bid, given, &id)?;
        if let Standing::Scored(scores) = &bid.standing {
            steps.extend(self.price_score_steps(bid, scores, &id)?);
            steps.extend(self.technical_steps(bid, given, scores, &id)?);
        }
        if let (Some(scorer), Some(judged)) = (&self.credit, self.judged(bid, given)) {
            steps.extend(credit::steps(scorer, given.credit.as_ref(), judged, &id)?);
        }
        if let Standing::Scored(scores) = &bid.standing {
            steps.push(total_step(scores, &id));
        }
        steps.push(self.rank_step(index, bid, given, &id)?);
        Ok(steps)
    }

    /// What the credit rule made of a bid that was not rejected before credit was looked at.
    fn judged(&self, bid: &BidOutcome, given: &Given) -> Option<Judged> {
        use Rejection::{AboveControlPrice, Given, NotAboveProvisionalSums};
        if let Standing::Rejected(AboveControlPrice | NotAboveProvisionalSums | Given(_)) =
            &bid.standing
        {
            return None;
        }
        self.credit.as_ref()?.judge(given.credit.as_ref()).ok()
    }

    /// How the evaluated price came about.
    fn price_steps(
        &self,
        bid: &BidOutcome,
        given: &Given,
        id: &str,
    ) -> Result<Vec<Step>, ArithmeticError> {
        let mut steps = Vec::new();
        if let Some(read_out) = given.read_out_price {
            let inputs = Inputs::new()
                .with("price", bid.price)
                .with("read_out_price", read_out);
            let id = format!("{id}/price");
            steps.push(Step::exact(id, "price.corrected", inputs, bid.price));
        }
        let is_priced = !matches!(
            bid.standing,
            Standing::Rejected(Rejection::NotAboveProvisionalSums)
        );
        if let (Some(sums), true) = (self.outcome.rules.provisional_sums, is_priced) {
            let inputs = Inputs::new()
                .with("price", bid.price)
                .with("provisional_sums", sums);
            let id = format!("{id}/net_price");
            steps.push(Step::exact(id, "price.net", inputs, bid.net_price));
        }
        if !matches!(bid.standing, Standing::Scored(_) | Standing::Ranked) {
            return Ok(steps);
        }
        let inputs = Inputs::new().with("price", bid.net_price);
        let (formula, inputs) = match (self.evaluated_price, given.deduction, &given.adjustments) {
            (EvaluatedPrice::AsBid, ..) => return Ok(steps),
            (EvaluatedPrice::LessDeduction, Some(deduction), _) => {
                ("price.less-deduction", inputs.with("deduction", deduction))
            }
            (EvaluatedPrice::LessDeduction, None, _) => ("price.no-deduction", inputs),
            (EvaluatedPrice::WithAdjustments, _, Some(adjustments)) if !adjustments.is_empty() => {
                let adjustments = adjustments.as_slice();
                let inputs = inputs.with("adjustments", adjustments);
                ("price.with-adjustments", inputs)
            }
            (EvaluatedPrice::WithAdjustments, ..) => ("price.no-adjustments", inputs),
        };
        let id = format!("{id}/evaluated_price");
        let exact = exact_price(bid.evaluated)?;
        steps.push(Step::exact(id, formula, inputs, exact));
        Ok(steps)
    }

    fn price_score_steps(
        &self,
        bid: &BidOutcome,
        scores: &Scores,
        id: &str,
    ) -> Result<Vec<Step>, ArithmeticError> {
        let Some(rule) = &self.outcome.rules.price_score else {
            return Ok(Vec::new());
        };
        let points = scores.price_score;
        match &self.outcome.measure {
            Measure::Deviation { benchmark, scorer } => {
                price::steps(rule, scorer, *benchmark, bid.net_price, points, id)
            }
            Measure::Ratio { lowest, .. } => {
                let evaluated = exact_price(bid.evaluated)?;
                let step = price::ratio_step(rule, *lowest, evaluated, points, id);
                Ok(vec![step])
            }
            _ => Ok(Vec::new()),
        }
    }

    fn technical_steps(
        &self,
        bid: &BidOutcome,
        given: &Given,
        scores: &Scores,
        id: &str,
    ) -> Result<Vec<Step>, ArithmeticError> {
        let (Some(rule), Some(points)) = (&self.outcome.rules.technical, scores.technical) else {
            return Ok(Vec::new());
        };
        let Ok(sheet) = Sheet::new(rule, given.technical.as_ref()) else {
            return Ok(Vec::new());
        };
        let dropped = self.outcome.dropped.as_ref();
        let dropped = dropped.map(|dropped| dropped.member);
        let mut steps = technical::steps(rule, &sheet, dropped, points, id)?;
        let flags = technical::flag_steps(rule, &sheet, &bid.flags, &given.reasons, id)?;
        steps.extend(flags);
        Ok(steps)
    }
}

impl Outcome {
    fn control_price_step(&self) -> Option<Step> {
        let sums = self.rules.provisional_sums?;
        let net = self.control_price?;
        let inputs = Inputs::new()
            .with_some("control_price", self.rules.control_price)
            .with("provisional_sums", sums);
        Some(Step::exact(
            "control_price",
            "price.net-control",
            inputs,
            net,
        ))
    }

    /// Which bids the shortlist works on, if there is one.
    fn shortlist_step(&self) -> Option<Step> {
        self.rules.shortlist.as_ref()?;
        let considered = || self.bids.iter().filter(|bid| bid.is_considered);
        let bidders: Vec<String> = considered().map(|bid| bid.bidder.clone()).collect();
        let prices = considered().filter_map(|bid| exact_price(bid.evaluated).ok());
        let count = bidders.len();
        let inputs = Inputs::new()
            .with("bidders", bidders)
            .with("prices", prices.collect::<Vec<Fraction>>());
        Some(Step::exact("shortlist/set", "shortlist.set", inputs, count))
    }

    /// Which bids count in the mean; none if no mean is made.
    fn set_step(&self) -> Option<Step> {
        if !matches!(self.measure, Measure::Deviation { .. }) {
            return None;
        }
        let counted = || self.bids.iter().filter(|bid| bid.is_in_set);
        let name = |bid: &BidOutcome| bid.bidder.clone();
        let bidders: Vec<String> = counted().map(name).collect();
        let prices: Vec<Money> = counted().map(|bid| bid.net_price).collect();
        let is_rejected = |bid: &&BidOutcome| matches!(bid.standing, Standing::Rejected(_));
        let rejected: Vec<String> = counted().filter(is_rejected).map(name).collect();
        let count = bidders.len();
        let formula = match self.rules.recompute_policy {
            RecomputePolicy::AtOpening => "benchmark.set-at-opening",
            RecomputePolicy::AfterPreliminaryReview => "benchmark.set-after-review",
        };
        let inputs = Inputs::new()
            .with("bidders", bidders)
            .with("prices", prices.as_slice())
            .with_some("rejected", Some(rejected).filter(|some| !some.is_empty()));
        Some(Step::exact("benchmark/set", formula, inputs, count))
    }

    fn winner_step(&self) -> Step {
        match (&self.winner, self.tied.as_slice()) {
            (Some(winner), _) => {
                let inputs = Inputs::new().with("first", vec![winner.clone()]);
                Step::exact("winner", "winner.first-rank", inputs, winner.as_str())
            }
            (None, []) => Step::exact("winner", "winner.nobody", Inputs::new(), Value::None),
            (None, tied) => {
                let inputs = Inputs::new().with("first", tied.to_vec());
                Step::exact("winner", "winner.tied", inputs, Value::None)
            }
        }
    }
}

fn total_step(scores: &Scores, id: &str) -> Step {
    let inputs = Inputs::new()
        .with("price_score", scores.price_score)
        .with_some("technical", scores.technical)
        .with_some("credit", scores.credit);
    let parts = [Some(scores.price_score), scores.technical, scores.credit];
    let id = format!("{id}/total");
    // Parts with more decimals than the total make it rounded.
    let finest = parts.into_iter().flatten().map(Decimal::scale).max();
    match finest {
        Some(scale) if scale > TOTAL_DECIMALS => {
            Step::rounded(id, "total.sum", inputs, scores.total)
        }
        _ => Step::exact(id, "total.sum", inputs, scores.total),
    }
}
