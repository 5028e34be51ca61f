//! The Jiangsu methods one to four, and the average A that one, two and four share
//! (rules.md sections 1.2 to 1.6; 苏建招办〔2017〕7号).
//!
//! | formula id | meaning |
//! |---|---|
//! | `jiangsu-a.trim-fifth` | n ≥ 7: without the round_half_up(0.2 n) highest and lowest; a price that lies on both sides of a cut stays whole; mean of the rest |
//! | `jiangsu-a.drop-highest` | n = 4 to 6: without exactly one highest; mean of the rest |
//! | `jiangsu-a.second-lowest` | n = 2 or 3: the second price in ascending order |
//! | `jiangsu-a.only-bid` | n = 1: that price |
//! | `jiangsu-1.benchmark`, `jiangsu-4.benchmark` | A × K |
//! | `jiangsu-2.benchmark` | A × K1 × Q1 + B × K2 × Q2, Q2 = 1 − Q1, B = control price |
//! | `jiangsu-3.benchmark` | the second-lowest price |

use crate::decimal::Money;
use crate::error::EvaluationError;
use crate::explain::{Inputs, Step};
use crate::fraction::{ArithmeticError, Fraction};

use super::price_set::{mean, sum};
use super::{Basis, Domain, Formula, Needs, Parameter, PriceSet, Values};

/// 方法一: the average A times a drawn K.
pub(super) struct Method1;

/// 方法二: the average A and the control price, weighted by a drawn Q1.
pub(super) struct Method2;

/// 方法三: the second-lowest price.
pub(super) struct Method3;

/// 方法四: the average A times a K that the tender document announces.
pub(super) struct Method4;

const K: Parameter = Parameter::decimal("K", Domain::AboveZero);

impl Formula for Method1 {
    fn id(&self) -> &'static str {
        "jiangsu-1"
    }

    fn drawn(&self) -> &'static [Parameter] {
        &[K]
    }

    fn trims(&self) -> bool {
        true
    }

    fn settle(
        &self,
        set: &PriceSet,
        values: &Values,
        steps: &mut Vec<Step>,
    ) -> Result<Basis, EvaluationError> {
        average_times_k("jiangsu-1.benchmark", set, values, steps)
    }
}

impl Formula for Method2 {
    fn id(&self) -> &'static str {
        "jiangsu-2"
    }

    fn drawn(&self) -> &'static [Parameter] {
        const {
            &[
                Parameter::decimal("K1", Domain::AboveZero),
                Parameter::decimal("Q1", Domain::ZeroToOne),
            ]
        }
    }

    fn fixed(&self) -> &'static [Parameter] {
        const { &[Parameter::decimal("K2", Domain::AboveZero)] }
    }

    fn needs(&self) -> Needs {
        Needs {
            control_price: true,
            ..Needs::default()
        }
    }

    fn trims(&self) -> bool {
        true
    }

    fn settle(
        &self,
        set: &PriceSet,
        values: &Values,
        steps: &mut Vec<Step>,
    ) -> Result<Basis, EvaluationError> {
        let a = average(set, steps)?;
        let b = set.control_price();
        let (k1, q1, k2) = (
            values.decimal("K1")?,
            values.decimal("Q1")?,
            values.decimal("K2")?,
        );
        let q2 = Fraction::ONE.minus(q1.fraction())?;
        let from_bids = a.times(k1.fraction())?.times(q1.fraction())?;
        let from_control = b.fraction().times(k2.fraction())?.times(q2)?;
        let inputs = Inputs::new()
            .with("A", a)
            .with("B", b)
            .with("K1", k1)
            .with("Q1", q1)
            .with("K2", k2)
            .with("Q2", q2);
        Ok(Basis::Benchmark {
            exact: from_bids.plus(from_control)?,
            formula: "jiangsu-2.benchmark",
            inputs,
        })
    }
}

impl Formula for Method3 {
    fn id(&self) -> &'static str {
        "jiangsu-3"
    }

    fn settle(
        &self,
        set: &PriceSet,
        _values: &Values,
        _steps: &mut Vec<Step>,
    ) -> Result<Basis, EvaluationError> {
        let prices = set.prices();
        let chosen = second_lowest(prices)?;
        let inputs = Inputs::new()
            .with("n", prices.len())
            .with("second_lowest", chosen);
        Ok(Basis::Benchmark {
            exact: chosen.fraction(),
            formula: "jiangsu-3.benchmark",
            inputs,
        })
    }
}

impl Formula for Method4 {
    fn id(&self) -> &'static str {
        "jiangsu-4"
    }

    fn fixed(&self) -> &'static [Parameter] {
        &[K]
    }

    fn trims(&self) -> bool {
        true
    }

    fn settle(
        &self,
        set: &PriceSet,
        values: &Values,
        steps: &mut Vec<Step>,
    ) -> Result<Basis, EvaluationError> {
        average_times_k("jiangsu-4.benchmark", set, values, steps)
    }
}

fn average_times_k(
    formula: &'static str,
    set: &PriceSet,
    values: &Values,
    steps: &mut Vec<Step>,
) -> Result<Basis, EvaluationError> {
    let a = average(set, steps)?;
    let k = values.decimal("K")?;
    let inputs = Inputs::new().with("A", a).with("K", k);
    Ok(Basis::Benchmark {
        exact: a.times(k.fraction())?,
        formula,
        inputs,
    })
}

/// The average A, unrounded.
fn average(set: &PriceSet, steps: &mut Vec<Step>) -> Result<Fraction, EvaluationError> {
    let prices = set.prices();
    let inputs = Inputs::new().with("n", prices.len());
    let (formula, inputs, a) = match prices {
        [only] => ("jiangsu-a.only-bid", inputs, only.fraction()),
        [_, second] | [_, second, _] => ("jiangsu-a.second-lowest", inputs, second.fraction()),
        [kept @ .., highest] if prices.len() < 7 => {
            let inputs = inputs
                .with("removed_high", std::slice::from_ref(highest))
                .with("sum", sum(kept)?);
            (
                "jiangsu-a.drop-highest",
                inputs.with("kept", kept.len()),
                mean(kept)?,
            )
        }
        _ => {
            let cut = Cut::fifth(prices);
            let inputs = inputs
                .with("cut", cut.per_end)
                .with("removed_low", cut.low)
                .with("removed_high", cut.high)
                .with("kept", cut.kept.len())
                .with("sum", sum(cut.kept)?);
            ("jiangsu-a.trim-fifth", inputs, mean(cut.kept)?)
        }
    };
    steps.push(Step::exact("benchmark/A", formula, inputs, a));
    Ok(a)
}

/// Ascending prices with a fifth cut off at each end.
struct Cut<'a> {
    per_end: usize,
    low: &'a [Money],
    kept: &'a [Money],
    high: &'a [Money],
}

impl<'a> Cut<'a> {
    /// Cuts round_half_up(0.2 n) at each end of at least seven ascending prices. If the last price to be
    /// removed equals others, all of that price are kept (末位投标报价相同均保留).
    fn fifth(prices: &'a [Money]) -> Cut<'a> {
        let count = prices.len();
        // 0.2 n rounded half up is floor((2 n + 5) / 10).
        let per_end = count
            .saturating_mul(2)
            .saturating_add(5)
            .checked_div(10)
            .unwrap_or(0);
        let below = |limit: Option<&Money>| {
            limit.map_or(0, |limit| prices.partition_point(|price| price < limit))
        };
        let upto = |limit: Option<&Money>| {
            limit.map_or(count, |limit| {
                prices.partition_point(|price| price <= limit)
            })
        };
        // The first price that stays at either end also brings its equals back.
        let low_end = below(prices.get(per_end));
        let last_kept = count.saturating_sub(per_end).saturating_sub(1);
        let high_start = upto(prices.get(last_kept));
        let (low, rest) = prices.split_at_checked(low_end).unwrap_or((&[], prices));
        let (kept, high) = rest
            .split_at_checked(high_start.saturating_sub(low_end))
            .unwrap_or((rest, &[]));
        Cut {
            per_end,
            low,
            kept,
            high,
        }
    }
}

/// The second price in ascending order, or the only one.
fn second_lowest(prices: &[Money]) -> Result<Money, ArithmeticError> {
    // A formula is only asked for a set that is not empty.
    prices
        .get(1)
        .or(prices.first())
        .copied()
        .ok_or(ArithmeticError::DivisionByZero)
}
