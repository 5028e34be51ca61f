//! From a case to its outcome: the one path, used by the server, the command line and the verifier.

use std::cmp::Reverse;

use crate::benchmark::{Basis, Formula, PriceSet};
use crate::case::{Bid, Case};
use crate::check;
use crate::decimal::{Decimal, Money};
use crate::error::{EvaluationError, Problem};
use crate::explain::Step;
use crate::fraction::Fraction;
use crate::ranking::ranks;
use crate::result::{BidOutcome, Measure, Outcome, Rejection, Scores, Standing};
use crate::score::{self, PriceScorer};

/// Evaluates a case. The order of the bids decides nothing but the order of the result.
///
/// Components are rounded first, the total is their sum rounded to two decimals; ranks compare the rounded
/// total descending, then the price ascending. A shared first rank leaves the winner open for a draw.
pub fn evaluate(case: &Case) -> Result<Outcome, EvaluationError> {
    let (method, values) = check::check(case)?;
    let formula = method.formula();
    let limit = case.control_price.filter(|_| formula.heeds_control_price());
    let set = PriceSet::new(case.bids.iter().map(|bid| bid.price))
        .with_control_price(limit)
        .with_estimated_price(case.estimated_price);
    if set.prices().is_empty() {
        return Ok(nobody(case, limit));
    }

    let mut steps = Vec::new();
    let basis = formula
        .settle(&set, &values, &mut steps)
        .map_err(|error| error.under("/benchmark"))?;
    let (measure, mut bids) = match basis {
        Basis::Benchmark {
            exact,
            formula: formula_id,
            inputs,
        } => {
            let rule = case.price_score.as_ref();
            let missing = || {
                Problem::FieldMissing {
                    method: formula.id(),
                    field: "price_score",
                }
                .at("/price_score")
            };
            let rule = rule.ok_or_else(missing)?;
            let benchmark = exact.round_half_up(rule.benchmark_decimals)?;
            steps.push(Step::rounded("benchmark", formula_id, inputs, benchmark));
            if benchmark.units() <= 0 {
                return Err(Problem::BenchmarkNotPositive(benchmark.to_string()).at("/benchmark"));
            }
            let scoring = Scoring {
                case,
                formula,
                limit,
                scorer: PriceScorer::new(rule, benchmark),
            };
            (
                Measure::Benchmark {
                    benchmark,
                    rule: rule.clone(),
                },
                scoring.bids()?,
            )
        }
        Basis::LowestFrom(floor) => {
            let bids = case
                .bids
                .iter()
                .map(|bid| unranked(bid, standing_from_floor(bid, floor)));
            (Measure::Floor(floor), bids.collect())
        }
    };
    rank(&mut bids);
    let (winner, tied) = leaders(&bids);
    Ok(Outcome::new(case, Some(measure), winner, tied, bids, steps))
}

/// Everything that the score of a single bid depends on.
struct Scoring<'a> {
    case: &'a Case,
    formula: &'static dyn Formula,
    limit: Option<Money>,
    scorer: PriceScorer,
}

impl Scoring<'_> {
    fn bids(&self) -> Result<Vec<BidOutcome>, EvaluationError> {
        let mut bids = Vec::with_capacity(self.case.bids.len());
        for (index, bid) in self.case.bids.iter().enumerate() {
            bids.push(unranked(bid, self.standing(bid, index)?));
        }
        Ok(bids)
    }

    fn standing(&self, bid: &Bid, index: usize) -> Result<Standing, EvaluationError> {
        if let Some(rejection) = rejection(bid, self.limit) {
            return Ok(Standing::Rejected(rejection));
        }
        let deviation = self.scorer.deviation(bid.price)?;
        let price_score = self.scorer.points(deviation)?;
        let technical = self.technical(bid, index)?;
        let credit = self.credit(bid, index)?;
        let technical_points = technical.as_ref().map(|(_, points)| *points);
        let total = score::total(
            price_score,
            technical_points,
            credit.map(|(_, points)| points),
        )?;
        Ok(Standing::Scored(Scores {
            deviation_percent: deviation.shown,
            deviation_rounding: deviation.rounding,
            is_above: deviation.percent.sign() > 0,
            price_score,
            technical,
            credit,
            total,
        }))
    }

    fn technical(
        &self,
        bid: &Bid,
        index: usize,
    ) -> Result<Option<(Vec<Decimal>, Decimal)>, EvaluationError> {
        let Some(rule) = &self.case.technical else {
            return unused("technical", bid.technical.is_some(), index).map(|()| None);
        };
        let scores = check::technical_scores(rule, bid, index)?;
        Ok(Some((scores.to_vec(), score::technical(rule, scores)?)))
    }

    fn credit(
        &self,
        bid: &Bid,
        index: usize,
    ) -> Result<Option<(Decimal, Decimal)>, EvaluationError> {
        let Some(rule) = &self.case.credit else {
            return unused("credit", bid.credit.is_some(), index).map(|()| None);
        };
        let value = check::credit_value(self.formula, bid, index)?;
        Ok(Some((value, score::credit(rule, value)?)))
    }
}

/// A score that no rule uses is refused rather than lost in silence.
fn unused(field: &'static str, given: bool, index: usize) -> Result<(), EvaluationError> {
    if given {
        return Err(Problem::FieldUnused(field).at(format!("/bids/{index}/{field}")));
    }
    Ok(())
}

fn unranked(bid: &Bid, standing: Standing) -> BidOutcome {
    BidOutcome {
        bidder: bid.bidder.clone(),
        price: bid.price,
        standing,
        rank: None,
    }
}

fn rejection(bid: &Bid, limit: Option<Money>) -> Option<Rejection> {
    match limit {
        Some(control_price) if bid.price > control_price => {
            Some(Rejection::AboveControlPrice { control_price })
        }
        _ => bid.rejected.clone().map(Rejection::Given),
    }
}

fn standing_from_floor(bid: &Bid, floor: Fraction) -> Standing {
    match &bid.rejected {
        Some(reason) => Standing::Rejected(Rejection::Given(reason.clone())),
        None if bid.price.fraction() < floor => Standing::Rejected(Rejection::BelowFloor),
        None => Standing::Ranked,
    }
}

/// The outcome when no price is left to make a benchmark of: every bid is above the control price.
fn nobody(case: &Case, limit: Option<Money>) -> Outcome {
    let bids = case
        .bids
        .iter()
        .filter_map(|bid| Some(unranked(bid, Standing::Rejected(rejection(bid, limit)?))));
    Outcome::new(case, None, None, Vec::new(), bids.collect(), Vec::new())
}

/// Scored bids by total descending, then price ascending; the others by price alone. A method gives one
/// kind only.
fn rank(bids: &mut [BidOutcome]) {
    let key = |bid: &BidOutcome| match &bid.standing {
        Standing::Scored(scores) => Some((Reverse(scores.total.units()), bid.price)),
        Standing::Ranked => Some((Reverse(0_i64), bid.price)),
        Standing::Rejected(_) => None,
    };
    let ranks = ranks(bids.iter().map(key));
    for (bid, rank) in bids.iter_mut().zip(ranks) {
        bid.rank = rank;
    }
}

/// The winner, or those who share the first rank, ascending by id.
fn leaders(bids: &[BidOutcome]) -> (Option<String>, Vec<String>) {
    let first = bids.iter().filter(|bid| bid.rank == Some(1));
    let mut first: Vec<String> = first.map(|bid| bid.bidder.clone()).collect();
    first.sort_unstable();
    match first.as_slice() {
        [only] => (Some(only.clone()), Vec::new()),
        _ => (None, first),
    }
}
