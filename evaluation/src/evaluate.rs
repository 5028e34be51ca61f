//! From a case to its outcome: the one path, used by the server, the command line and the verifier.

use std::cmp::Reverse;

use crate::benchmark::{Basis, Formula, PriceSet};
use crate::case::{Bid, Case};
use crate::check;
use crate::decimal::{Decimal, Money};
use crate::error::{EvaluationError, Problem};
use crate::explain::Step;
use crate::fraction::Fraction;
use crate::ranking::{first, ranks};
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
        return Ok(outcome(
            case,
            Vec::new(),
            None,
            reject_all(case, limit),
            |_| None::<()>,
        ));
    }

    let mut steps = Vec::new();
    let basis = formula
        .settle(&set, &values, &mut steps)
        .map_err(|error| error.under("/benchmark"))?;
    match basis {
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
            let standings = case
                .bids
                .iter()
                .enumerate()
                .map(|(index, bid)| scoring.standing(bid, index));
            let standings = standings.collect::<Result<Vec<_>, _>>()?;
            let measure = Measure::Benchmark {
                benchmark,
                rule: rule.clone(),
            };
            Ok(outcome(
                case,
                steps,
                Some(measure),
                standings,
                by_total_then_price,
            ))
        }
        Basis::LowestFrom(floor) => {
            let standings = case
                .bids
                .iter()
                .map(|bid| standing_from_floor(bid, floor))
                .collect();
            Ok(outcome(
                case,
                steps,
                Some(Measure::Floor(floor)),
                standings,
                by_price,
            ))
        }
    }
}

/// Everything that the score of a single bid depends on.
struct Scoring<'a> {
    case: &'a Case,
    formula: &'static dyn Formula,
    limit: Option<Money>,
    scorer: PriceScorer,
}

impl Scoring<'_> {
    fn standing(&self, bid: &Bid, index: usize) -> Result<Standing, EvaluationError> {
        if let Some(rejection) = rejection(bid, self.limit) {
            return Ok(Standing::Rejected(rejection));
        }
        let deviation = self.scorer.deviation(bid.price)?;
        let price_score = self.scorer.points(deviation)?;
        let technical = self.technical(bid, index)?;
        let credit = self.credit(bid, index)?;
        let total = score::total(
            price_score,
            technical.as_ref().map(|(_, points)| *points),
            credit.map(|(_, points)| points),
        )?;
        Ok(Standing::Scored(Box::new(Scores {
            deviation,
            price_score,
            technical,
            credit,
            total,
        })))
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
        Err(Problem::FieldUnused(field).at(format!("/bids/{index}/{field}")))
    } else {
        Ok(())
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

fn reject_all(case: &Case, limit: Option<Money>) -> Vec<Standing> {
    // Only called when no price is left, so every bid has a rejection.
    let reject = |bid| rejection(bid, limit).map_or(Standing::Ranked, Standing::Rejected);
    case.bids.iter().map(reject).collect()
}

fn standing_from_floor(bid: &Bid, floor: Fraction) -> Standing {
    match &bid.rejected {
        Some(reason) => Standing::Rejected(Rejection::Given(reason.clone())),
        None if bid.price.fraction() < floor => Standing::Rejected(Rejection::BelowFloor),
        None => Standing::Ranked,
    }
}

fn by_total_then_price(bid: &BidOutcome) -> Option<(Reverse<i128>, Money)> {
    match &bid.standing {
        Standing::Scored(scores) => Some((Reverse(scores.total.units()), bid.price)),
        _ => None,
    }
}

fn by_price(bid: &BidOutcome) -> Option<Money> {
    matches!(bid.standing, Standing::Ranked).then_some(bid.price)
}

fn outcome<K: Ord + Copy>(
    case: &Case,
    steps: Vec<Step>,
    measure: Option<Measure>,
    standings: Vec<Standing>,
    key: impl Fn(&BidOutcome) -> Option<K>,
) -> Outcome {
    let bids = case.bids.iter().zip(standings);
    let mut bids: Vec<BidOutcome> = bids
        .map(|(bid, standing)| BidOutcome {
            bidder: bid.bidder.clone(),
            price: bid.price,
            standing,
            rank: None,
        })
        .collect();
    let keys: Vec<Option<K>> = bids.iter().map(key).collect();
    for (bid, rank) in bids.iter_mut().zip(ranks(&keys)) {
        bid.rank = rank;
    }
    let leaders = first(bids.iter().map(|bid| (bid.bidder.as_str(), bid.rank)));
    let leaders: Vec<String> = leaders.into_iter().map(str::to_owned).collect();
    let (winner, tied) = match leaders.as_slice() {
        [only] => (Some(only.clone()), Vec::new()),
        _ => (None, leaders),
    };
    Outcome::new(case, measure, winner, tied, bids, steps)
}
