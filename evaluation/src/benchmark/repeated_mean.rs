//! Means of the bids below a mean (一次/二次/三次平均; rules.md section 1.11).
//!
//! | method | benchmark |
//! |---|---|
//! | `second-mean` | avg2: the mean of the bids below avg1, the mean of all |
//! | `third-mean` | avg3: the mean of the bids between avg2 and avg1, with avg1 and avg2 as two further entries |
//!
//! | formula id | meaning |
//! |---|---|
//! | `second-mean.below` | sum / kept of the prices below avg1 |
//! | `second-mean.none-below` | avg1: no price is below it |
//! | `second-mean.benchmark` | avg2 |
//! | `third-mean.between` | (sum + avg1 + avg2) / (kept + 2) with the prices strictly between avg2 and avg1 |
//! | `third-mean.none-between` | (avg1 + avg2) / 2: no price is between |
//! | `third-mean.benchmark` | avg3 |
//!
//! `mean_decimals` rounds each of the three where it arises. The 区间复合平均 of one source (S20c) is not here:
//! the source breaks off before its later steps.

use crate::error::EvaluationError;
use crate::explain::{FormulaSpec, Inputs, Step, Trace};
use crate::fraction::{ArithmeticError, Fraction};

use super::cut::{Cut, MEAN_DECIMALS, mean_decimals, rounded};
use super::price_set::Run;
use super::{Basis, Formula, Parameter, PriceSet, Values};

/// The methods of this file.
pub(super) const METHODS: &[&dyn Formula] = &[&SecondMean, &ThirdMean];

/// The formula ids of this file.
pub(super) const FORMULAS: &[FormulaSpec] = &[
    FormulaSpec::new("second-mean.below", &["avg1", "kept", "n", "prices", "sum"]),
    FormulaSpec::new("second-mean.none-below", &["avg1", "n"]),
    FormulaSpec::new("second-mean.benchmark", &["avg2"]),
    FormulaSpec::new(
        "third-mean.between",
        &["avg1", "avg2", "kept", "prices", "sum"],
    ),
    FormulaSpec::new("third-mean.none-between", &["avg1", "avg2"]),
    FormulaSpec::new("third-mean.benchmark", &["avg3"]),
];

/// `second-mean`.
pub(super) struct SecondMean;

/// `third-mean`.
pub(super) struct ThirdMean;

impl Formula for SecondMean {
    fn id(&self) -> &'static str {
        "second-mean"
    }

    fn fixed(&self) -> &'static [Parameter] {
        &[MEAN_DECIMALS]
    }

    fn settle(
        &self,
        set: &PriceSet,
        values: &Values,
        trace: &mut Trace,
    ) -> Result<Basis, EvaluationError> {
        let Means { second, .. } = Means::new(set, values, trace)?;
        Ok(Basis::Benchmark {
            exact: second,
            formula: "second-mean.benchmark",
            inputs: trace.inputs(|| Inputs::new().with("avg2", second)),
        })
    }
}

impl Formula for ThirdMean {
    fn id(&self) -> &'static str {
        "third-mean"
    }

    fn fixed(&self) -> &'static [Parameter] {
        &[MEAN_DECIMALS]
    }

    fn settle(
        &self,
        set: &PriceSet,
        values: &Values,
        trace: &mut Trace,
    ) -> Result<Basis, EvaluationError> {
        let means = Means::new(set, values, trace)?;
        let between = means.below.above(means.second);
        let decimals = mean_decimals(values);
        let third = rounded(means.third(between)?, decimals)?;
        trace.step(|| {
            let inputs = Inputs::new()
                .with("avg1", means.first)
                .with("avg2", means.second);
            let (formula, inputs) = match between.is_empty() {
                true => ("third-mean.none-between", inputs),
                false => (
                    "third-mean.between",
                    inputs
                        .with("prices", between.prices())
                        .with("kept", between.len())
                        .with("sum", between.sum()),
                ),
            };
            Step::rounded_if("benchmark/avg3", formula, inputs, third, decimals)
        });
        Ok(Basis::Benchmark {
            exact: third,
            formula: "third-mean.benchmark",
            inputs: trace.inputs(|| Inputs::new().with("avg3", third)),
        })
    }
}

/// The first two means.
struct Means<'a> {
    first: Fraction,
    second: Fraction,
    /// The prices below the first.
    below: Run<'a>,
}

impl<'a> Means<'a> {
    fn new(
        set: &'a PriceSet,
        values: &Values,
        trace: &mut Trace,
    ) -> Result<Means<'a>, EvaluationError> {
        let all = set.all();
        let first = Cut::none(all).mean("benchmark/avg1", values, trace)?;
        let below = all.under(first);
        let decimals = mean_decimals(values);
        let second = match below.is_empty() {
            true => first,
            false => rounded(below.mean()?, decimals)?,
        };
        trace.step(|| {
            let inputs = Inputs::new().with("n", all.len()).with("avg1", first);
            if below.is_empty() {
                let formula = "second-mean.none-below";
                return Step::rounded_if("benchmark/avg2", formula, inputs, second, decimals);
            }
            let inputs = inputs
                .with("prices", below.prices())
                .with("kept", below.len())
                .with("sum", below.sum());
            let formula = "second-mean.below";
            Step::rounded_if("benchmark/avg2", formula, inputs, second, decimals)
        });
        Ok(Means {
            first,
            second,
            below,
        })
    }

    fn third(&self, between: Run<'_>) -> Result<Fraction, ArithmeticError> {
        let entries = i128::try_from(between.len().saturating_add(2));
        let entries = entries.map_err(|_| ArithmeticError::Overflow)?;
        between
            .sum()
            .plus(self.first)?
            .plus(self.second)?
            .over(Fraction::integer(entries))
    }
}
