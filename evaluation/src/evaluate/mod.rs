//! From a case to its outcome: the one path, used by the server, the command line and the verifier.
//!
//! | file | what |
//! |---|---|
//! | `field.rs` | everything before the benchmark: net and evaluated prices, rejections, shortlist, technical part, credit |
//! | `mod.rs` | the benchmark, the scores of each bid, ranks and winner |

mod field;

use crate::benchmark::Basis;
use crate::case::{Case, TieKey};
use crate::decimal::Decimal;
use crate::error::{EvaluationError, Problem};
use crate::explain::{Inputs, Step, Trace};
use crate::fraction::{ArithmeticError, Fraction};
use crate::ranking::{Key, Ranking, TIES_MAX};
use crate::result::{BidOutcome, Given, Measure, Outcome, Rejection, Scores, Standing};
use crate::score::price::{PriceScorer, ratio_points};
use crate::score::{self, SCALE, units};

pub(crate) use field::{Entrant, Entry, Field};

/// Evaluates a case. The order of the bids decides nothing but the order of the result.
///
/// Components are rounded first, the total is their sum rounded to two decimals; ranks compare the rounded
/// total descending, then what the tie-break names. A shared first rank leaves the winner open for a draw.
pub fn evaluate(case: &Case) -> Result<Outcome, EvaluationError> {
    let mut before = Trace::kept();
    let mut field = Field::new(case, &mut before)?;
    let mut trace = Trace::kept();
    let measure = measure(&field, &mut trace)?;
    let mut bids = Vec::with_capacity(field.entrants.len());
    let entrants = std::mem::take(&mut field.entrants);
    for (bid, entrant) in case.bids.iter().zip(entrants) {
        let standing = standing(case, &measure, &entrant)?;
        bids.push(BidOutcome {
            bidder: bid.bidder.clone(),
            price: bid.price,
            net_price: entrant.net,
            evaluated_price: field.shown_price(&entrant)?,
            standing,
            flags: entrant.flags,
            rank: None,
            evaluated: entrant.evaluated,
            is_considered: entrant.considered,
            is_in_set: entrant.counts,
        });
    }
    let ranking = ranking(case, &bids);
    for (index, bid) in bids.iter_mut().enumerate() {
        bid.rank = ranking.rank(index);
    }
    let (winner, tied) = leaders(&bids);
    Ok(Outcome {
        winner,
        tied,
        bids,
        rules: case.without_bids(),
        given: Given::of_all(&case.bids),
        control_price: field.control_price,
        measure,
        dropped: field.dropped,
        before: before.into_steps(),
        steps: trace.into_steps(),
    })
}

/// What the bids are measured by. Nothing if no price is left to make a benchmark of.
fn measure(field: &Field<'_>, trace: &mut Trace) -> Result<Measure, EvaluationError> {
    if field.set.prices().is_empty() {
        return Ok(Measure::Nothing);
    }
    let formula = field.method.formula();
    let basis = formula
        .settle(&field.set, &field.values, trace)
        .map_err(|error| error.under("/benchmark"))?;
    let rule = || {
        let field = "price_score";
        let method = formula.id();
        let missing = Problem::FieldMissing { method, field };
        missing.at("/price_score")
    };
    let rule = || field.case.price_score.as_ref().ok_or_else(rule);
    Ok(match basis {
        Basis::Benchmark {
            exact,
            formula,
            inputs,
        } => {
            let rule = rule()?;
            let benchmark = exact.round_half_up(rule.benchmark_decimals())?;
            trace.step(|| Step::rounded("benchmark", formula, inputs, benchmark));
            if benchmark.units() <= 0 {
                return Err(Problem::BenchmarkNotPositive(benchmark.to_string()).at("/benchmark"));
            }
            let scorer = Box::new(PriceScorer::new(rule, benchmark)?);
            Measure::Deviation { benchmark, scorer }
        }
        Basis::RatioTo(lowest) => {
            rule()?;
            let benchmark = lowest.round_half_up(score::TOTAL_DECIMALS)?;
            let inputs = Inputs::new().with("lowest_evaluated", lowest);
            trace.step(|| Step::rounded("benchmark", "lowest-ratio.benchmark", inputs, benchmark));
            Measure::Ratio { benchmark, lowest }
        }
        Basis::Lowest => Measure::Lowest,
        Basis::LowestFrom(floor) => Measure::Floor(floor),
        Basis::FixedPrice(price) => Measure::Fixed(price.round_half_up(score::TOTAL_DECIMALS)?),
    })
}

fn standing(
    case: &Case,
    measure: &Measure,
    entrant: &Entrant,
) -> Result<Standing, EvaluationError> {
    match &entrant.entry {
        Entry::Rejected(rejection) => return Ok(Standing::Rejected(rejection.clone())),
        Entry::LeftOut => return Ok(Standing::NotShortlisted),
        Entry::Live => {}
    }
    let net = entrant.net.fraction();
    let (deviation, price_score) = match measure {
        Measure::Deviation { scorer, .. } => {
            let deviation = scorer.deviation(entrant.net)?;
            (Some(deviation.shown), scorer.points_for(entrant.net)?)
        }
        Measure::Ratio { lowest, .. } => {
            let rule = case.price_score.as_ref().ok_or(ArithmeticError::Overflow)?;
            let evaluated = entrant.evaluated_price()?;
            (None, ratio_points(rule, *lowest, evaluated)?)
        }
        Measure::Floor(floor) if net < *floor => {
            return Ok(Standing::Rejected(Rejection::BelowFloor));
        }
        Measure::Fixed(award) if net != award.fraction() => {
            return Ok(Standing::Rejected(Rejection::NotTheFixedPrice));
        }
        Measure::Floor(_) | Measure::Fixed(_) | Measure::Lowest | Measure::Nothing => {
            return Ok(Standing::Ranked);
        }
    };
    let credit = entrant.credit.and_then(|judged| judged.points);
    let total = score::total(price_score, entrant.technical, credit)?;
    Ok(Standing::Scored(Scores {
        deviation_percent: deviation,
        price_score,
        technical: entrant.technical,
        credit,
        total,
    }))
}

/// The order of the bids that have one: scored bids by total descending, the others by evaluated price; then
/// what the tie-break names. A method gives one kind only.
pub(crate) fn ranking(case: &Case, bids: &[BidOutcome]) -> Ranking {
    let keys = bids.iter().map(|bid| {
        let (main, scores) = match &bid.standing {
            Standing::Scored(scores) => (descending(scores.total), Some(scores)),
            Standing::Ranked => (bid.evaluated, None),
            Standing::NotShortlisted | Standing::Rejected(_) => return None,
        };
        let mut ties = [0_i64; TIES_MAX];
        for (slot, key) in ties.iter_mut().zip(&case.tie_break) {
            // Points have at most a million and six decimals.
            let points = |points: Option<Decimal>| {
                let points = points.map_or(0, descending);
                i64::try_from(points).unwrap_or(i64::MIN)
            };
            *slot = match key {
                TieKey::Price => bid.net_price.fen(),
                TieKey::Credit => points(scores.and_then(|scores| scores.credit)),
                TieKey::Technical => points(scores.and_then(|scores| scores.technical)),
                TieKey::PriceScore => points(scores.map(|scores| scores.price_score)),
            };
        }
        Some(Key { main, ties })
    });
    Ranking::new(keys)
}

/// Points as a number that is lower for more points.
fn descending(points: Decimal) -> i128 {
    units(points).map_or(0, |units| units.saturating_neg())
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

impl Entrant {
    /// The exact evaluated price, in whole units.
    pub(crate) fn evaluated_price(&self) -> Result<Fraction, ArithmeticError> {
        exact_price(self.evaluated)
    }
}

/// An amount at [`SCALE`], in whole units.
pub(crate) fn exact_price(units: i128) -> Result<Fraction, ArithmeticError> {
    Ok(Decimal::from_units(units, SCALE).fraction())
}
