//! Means of prices, and what is cut off before: the parts that several families share.
//!
//! | formula id | meaning |
//! |---|---|
//! | `mean.all` | sum / n |
//! | `mean.without-high`, `mean.without-low`, `mean.without-both` | sum / kept of the prices that are left |
//! | `trim.counts` | n ≥ from: so many highest and so many lowest go, whatever the ties |
//! | `trim.none` | n < from: nothing goes |
//! | `trim.highest` | from ≤ n < below: exactly one highest goes |
//!
//! A mean is rounded half up if the announced `mean_decimals` says so, and calculation goes on with that.

use crate::case::DECIMALS_MAX;
use crate::decimal::Money;
use crate::error::EvaluationError;
use crate::explain::{FormulaSpec, Inputs, Step, Trace};
use crate::fraction::{ArithmeticError, Fraction};

use super::price_set::Run;
use super::{Parameter, Values};

/// The formula ids of this file.
pub(super) const FORMULAS: &[FormulaSpec] = &[
    FormulaSpec::new("mean.all", &["n", "prices", "sum"]),
    FormulaSpec::new(
        "mean.without-high",
        &["kept", "n", "prices", "removed_high", "sum"],
    ),
    FormulaSpec::new(
        "mean.without-low",
        &["kept", "n", "prices", "removed_low", "sum"],
    ),
    FormulaSpec::new(
        "mean.without-both",
        &["kept", "n", "prices", "removed_high", "removed_low", "sum"],
    ),
    FormulaSpec::new("trim.counts", &["from", "high", "low", "n"]),
    FormulaSpec::new("trim.none", &["from", "n"]),
    FormulaSpec::new("trim.highest", &["below", "from", "n", "price"]),
];

/// The decimals that every mean of a method is rounded to; absent: means stay exact.
pub(super) const MEAN_DECIMALS: Parameter =
    Parameter::count("mean_decimals", 0, DECIMALS_MAX as u32).or_absent();

/// What [`MEAN_DECIMALS`] says.
pub(super) fn mean_decimals(values: &Values) -> Option<u8> {
    let decimals = values.optional_count(MEAN_DECIMALS.name)?;
    u8::try_from(decimals).ok()
}

/// A mean as calculation goes on with it.
pub(super) fn rounded(exact: Fraction, decimals: Option<u8>) -> Result<Fraction, ArithmeticError> {
    match decimals {
        Some(decimals) => Ok(exact.round_half_up(decimals)?.fraction()),
        None => Ok(exact),
    }
}

/// Ascending prices with some cut off at the ends.
#[derive(Clone, Copy, Debug)]
pub(super) struct Cut<'a> {
    pub(super) all: Run<'a>,
    /// How many of the lowest are cut off.
    pub(super) low: usize,
    /// How many of the highest are cut off.
    pub(super) high: usize,
}

impl<'a> Cut<'a> {
    /// Nothing is cut off.
    pub(super) fn none(all: Run<'a>) -> Cut<'a> {
        Cut {
            all,
            low: 0,
            high: 0,
        }
    }

    /// The mean of what is left, as the step `id`.
    pub(super) fn mean(
        self,
        id: &'static str,
        values: &Values,
        trace: &mut Trace,
    ) -> Result<Fraction, EvaluationError> {
        let kept = self.all.without(self.low, self.high);
        let decimals = mean_decimals(values);
        let mean = rounded(kept.mean()?, decimals)?;
        trace.step(|| {
            let (formula, inputs) = self.explained(kept);
            Step::rounded_if(id, formula, inputs, mean, decimals)
        });
        Ok(mean)
    }

    fn explained(self, kept: Run<'_>) -> (&'static str, Inputs) {
        let n = self.all.len();
        let inputs = Inputs::new()
            .with("n", n)
            .with("prices", kept.prices())
            .with("sum", kept.sum());
        let low = self.all.part(0, self.low).prices();
        let high = self.all.part(n.saturating_sub(self.high), n).prices();
        match (self.low, self.high) {
            (0, 0) => ("mean.all", inputs),
            (0, _) => (
                "mean.without-high",
                inputs.with("kept", kept.len()).with("removed_high", high),
            ),
            (_, 0) => (
                "mean.without-low",
                inputs.with("kept", kept.len()).with("removed_low", low),
            ),
            _ => (
                "mean.without-both",
                inputs
                    .with("kept", kept.len())
                    .with("removed_high", high)
                    .with("removed_low", low),
            ),
        }
    }
}

/// From `from` bids on, exactly so many highest and lowest go.
pub(super) fn counted<'a>(
    all: Run<'a>,
    from: usize,
    high: usize,
    low: usize,
    trace: &mut Trace,
) -> Cut<'a> {
    let n = all.len();
    let inputs = || Inputs::new().with("n", n).with("from", from);
    if n < from {
        trace.step(|| Step::exact("benchmark/cut", "trim.none", inputs(), 0_usize));
        return Cut::none(all);
    }
    trace.step(|| {
        let inputs = inputs().with("high", high).with("low", low);
        let removed = high.saturating_add(low);
        Step::exact("benchmark/cut", "trim.counts", inputs, removed)
    });
    Cut { all, low, high }
}

/// From `from` up to, not including, `below` bids: exactly one highest goes.
pub(super) fn highest<'a>(all: Run<'a>, from: usize, below: usize, trace: &mut Trace) -> Cut<'a> {
    trace.step(|| {
        let inputs = Inputs::new()
            .with("n", all.len())
            .with("from", from)
            .with("below", below)
            .with("price", last(all));
        Step::exact("benchmark/cut_high", "trim.highest", inputs, 1_usize)
    });
    Cut {
        all,
        low: 0,
        high: 1,
    }
}

/// The highest price; of nothing zero, which no formula is asked for.
pub(super) fn last(all: Run<'_>) -> Money {
    all.prices().last().copied().unwrap_or_default()
}

/// How many of the `count` lowest go if no price may be separated: those that equal the first that stays
/// stay as well.
pub(crate) fn lowest_without_ties(all: Run<'_>, count: usize) -> usize {
    let Some(first_kept) = all.get(count) else {
        return all.len();
    };
    let cut = all.part(0, count).prices();
    cut.partition_point(|price| *price < first_kept)
}

/// How many of the `count` highest go if no price may be separated.
pub(crate) fn highest_without_ties(all: Run<'_>, count: usize) -> usize {
    let n = all.len();
    let kept = n.saturating_sub(count);
    let Some(last_kept) = kept.checked_sub(1).and_then(|place| all.get(place)) else {
        return n;
    };
    let cut = all.part(kept, n).prices();
    let tied = cut.partition_point(|price| *price <= last_kept);
    cut.len().saturating_sub(tied)
}

/// The step that explains why fewer than `cut` go: the price on the line stays whole.
pub(crate) fn tie_step(
    id: &'static str,
    formula: &'static str,
    all: Run<'_>,
    price: Option<Money>,
    cut: usize,
    removed: usize,
) -> Step {
    let price = price.unwrap_or_default();
    let tied = all.from(price.fraction()).upto(price.fraction()).len();
    let inputs = Inputs::new()
        .with("cut", cut)
        .with("price", price)
        .with("tied", tied)
        .with("inside", cut.saturating_sub(removed));
    Step::exact(id, formula, inputs, removed)
}
