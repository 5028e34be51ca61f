//! The average A of the Jiangsu methods one, two and four (rules.md section 1.2; 苏建招办〔2017〕7号). With the
//! defaults of its parameters it is the text of 2017.
//!
//! | bids | A |
//! |---|---|
//! | `trim_from` (7) and more | without `trim_high_percent` (20) of the highest and `trim_low_percent` (20) of the lowest |
//! | the same, but fewer than `one_each_below` (0) | without exactly one highest and one lowest |
//! | `drop_highest_from` (4) and more | without the highest |
//! | fewer | the second-lowest price; of one bid its price |
//!
//! `ties_at_cut`: a price that lies on both sides of a percentage's cut line stays whole (`keep`,
//! 末位投标报价相同均保留) or not (`cut`). `tied_highest`: of several highest prices one goes, or `all`.
//!
//! | formula id | meaning |
//! |---|---|
//! | `trim.share-high`, `trim.share-low` | n ≥ from: round_half_up(percent × n / 100) highest or lowest are to go |
//! | `trim.tie-high`, `trim.tie-low` | `tied` bids at `price`, `inside` of them inside the cut: cut − inside really go |
//! | `trim.one-each` | from ≤ n < below: one highest and one lowest go |
//! | `trim.all-highest` | from ≤ n < below: all `tied` bids at the highest price go |
//! | `jiangsu-a.second-lowest` | 2 ≤ n < below: the second price in ascending order |
//! | `jiangsu-a.only-bid` | n = 1: that price |

use crate::case::BIDS_MAX;
use crate::error::{EvaluationError, Problem};
use crate::explain::{FormulaSpec, Inputs, Step, Trace};
use crate::fraction::{ArithmeticError, Fraction};

use super::cut::{
    Cut, MEAN_DECIMALS, highest, highest_without_ties, last, lowest_without_ties, tie_step,
};
use super::price_set::{Run, ShareRounding, share};
use super::{Domain, Parameter, PriceSet, Values};

/// The formula ids of this file.
pub(super) const FORMULAS: &[FormulaSpec] = &[
    FormulaSpec::new("trim.share-high", &["from", "n", "percent"]),
    FormulaSpec::new("trim.share-low", &["from", "n", "percent"]),
    FormulaSpec::new("trim.tie-high", &["cut", "inside", "price", "tied"]),
    FormulaSpec::new("trim.tie-low", &["cut", "inside", "price", "tied"]),
    FormulaSpec::new("trim.one-each", &["below", "from", "n"]),
    FormulaSpec::new("trim.all-highest", &["below", "from", "n", "price", "tied"]),
    FormulaSpec::new(
        "jiangsu-a.second-lowest",
        &["below", "lowest", "n", "second_lowest"],
    ),
    FormulaSpec::new("jiangsu-a.only-bid", &["n", "price"]),
];

/// How many parameters A has.
pub(super) const PARAMETERS: usize = 8;

/// The announced parameters of A.
pub(super) const FIXED: [Parameter; PARAMETERS] = [
    Parameter::count("trim_from", 1, BIDS_MAX as u32).or("7"),
    Parameter::decimal("trim_high_percent", Domain::ZeroToHundred).or("20"),
    Parameter::decimal("trim_low_percent", Domain::ZeroToHundred).or("20"),
    Parameter::count("one_each_below", 0, BIDS_MAX as u32).or("0"),
    Parameter::count("drop_highest_from", 2, BIDS_MAX as u32).or("4"),
    Parameter::choice("tied_highest", &["one", "all"]).or("one"),
    Parameter::choice("ties_at_cut", &["keep", "cut"]).or("keep"),
    MEAN_DECIMALS,
];

/// Refuses cuts that leave nothing of some number of bids.
pub(super) fn check(values: &Values) -> Result<(), EvaluationError> {
    let trim_from = values.bids("trim_from")?;
    let one_each_below = values.bids("one_each_below")?;
    if trim_from < one_each_below && trim_from < 3 {
        let problem = Problem::ParametersClash(
            "one highest and one lowest of two bids leave nothing; set trim_from to 3 or more",
        );
        return Err(problem.at("/fixed/one_each_below"));
    }
    let (high, low) = (
        values.decimal("trim_high_percent")?,
        values.decimal("trim_low_percent")?,
    );
    let rest = Fraction::integer(100)
        .minus(high.fraction())?
        .minus(low.fraction())?;
    for n in trim_from.max(one_each_below)..=BIDS_MAX {
        let removed = share(high, n, ShareRounding::HalfUp).saturating_add(share(
            low,
            n,
            ShareRounding::HalfUp,
        ));
        if removed >= n {
            let problem = Problem::ParametersClash(
                "trim_high_percent and trim_low_percent leave nothing of some number of bids from \
                 trim_from on; lower them or raise trim_from",
            );
            return Err(problem.at("/fixed/trim_high_percent"));
        }
        // Two roundings take one bid at most, so from here on something is always left.
        let n = Fraction::integer(i128::try_from(n).unwrap_or(i128::MAX));
        if rest.times(n)? > Fraction::integer(100) {
            break;
        }
    }
    Ok(())
}

/// The average A.
pub(super) fn average(
    set: &PriceSet,
    values: &Values,
    trace: &mut Trace,
) -> Result<Fraction, EvaluationError> {
    let all = set.all();
    let n = all.len();
    let trim_from = values.bids("trim_from")?;
    if n >= trim_from {
        let below = values.bids("one_each_below")?;
        let cut = if n < below {
            one_each(all, trim_from, below, trace)
        } else {
            shares(all, trim_from, values, trace)?
        };
        return cut.mean("benchmark/A", values, trace);
    }
    let highest_from = values.bids("drop_highest_from")?;
    if n >= highest_from {
        let all_tied = values.word("tied_highest")? == "all";
        let cut = if all_tied {
            all_highest(all, highest_from, trim_from, trace)
        } else {
            highest(all, highest_from, trim_from, trace)
        };
        return cut.mean("benchmark/A", values, trace);
    }
    let price = second_lowest(all)?;
    trace.step(|| {
        let inputs = Inputs::new().with("n", n);
        let (formula, inputs) = match all.prices() {
            [only] => ("jiangsu-a.only-bid", inputs.with("price", *only)),
            _ => (
                "jiangsu-a.second-lowest",
                inputs
                    .with("below", highest_from.min(trim_from))
                    .with("lowest", all.first().unwrap_or_default())
                    .with("second_lowest", price),
            ),
        };
        Step::exact("benchmark/A", formula, inputs, price)
    });
    Ok(price.fraction())
}

fn one_each<'a>(all: Run<'a>, from: usize, below: usize, trace: &mut Trace) -> Cut<'a> {
    trace.step(|| {
        let inputs = Inputs::new()
            .with("n", all.len())
            .with("from", from)
            .with("below", below);
        Step::exact("benchmark/cut", "trim.one-each", inputs, 2_usize)
    });
    Cut {
        all,
        low: 1,
        high: 1,
    }
}

/// Cuts the announced percentages off.
fn shares<'a>(
    all: Run<'a>,
    from: usize,
    values: &Values,
    trace: &mut Trace,
) -> Result<Cut<'a>, EvaluationError> {
    let n = all.len();
    let high_percent = values.decimal("trim_high_percent")?;
    let low_percent = values.decimal("trim_low_percent")?;
    let high = share(high_percent, n, ShareRounding::HalfUp);
    let low = share(low_percent, n, ShareRounding::HalfUp);
    let cut = match values.word("ties_at_cut")? {
        "cut" => Cut { all, low, high },
        _ => Cut {
            all,
            low: lowest_without_ties(all, low),
            high: highest_without_ties(all, high),
        },
    };
    let inputs = |percent| {
        Inputs::new()
            .with("n", n)
            .with("from", from)
            .with("percent", percent)
    };
    trace.step(|| {
        let inputs = inputs(high_percent);
        Step::exact("benchmark/cut_high", "trim.share-high", inputs, high)
    });
    if cut.high < high {
        let price = all.get(n.saturating_sub(high));
        let id = "benchmark/tie_high";
        trace.step(|| tie_step(id, "trim.tie-high", all, price, high, cut.high));
    }
    trace.step(|| {
        let inputs = inputs(low_percent);
        Step::exact("benchmark/cut_low", "trim.share-low", inputs, low)
    });
    if cut.low < low {
        let price = all.get(low);
        let id = "benchmark/tie_low";
        trace.step(|| tie_step(id, "trim.tie-low", all, price, low, cut.low));
    }
    Ok(cut)
}

/// All bids at the highest price go, unless that is every bid: then one goes, which gives the same mean.
fn all_highest<'a>(all: Run<'a>, from: usize, below: usize, trace: &mut Trace) -> Cut<'a> {
    let price = last(all);
    let tied = all.from(price.fraction()).len();
    if tied >= all.len() {
        return highest(all, from, below, trace);
    }
    trace.step(|| {
        let inputs = Inputs::new()
            .with("n", all.len())
            .with("from", from)
            .with("below", below)
            .with("price", price)
            .with("tied", tied);
        Step::exact("benchmark/cut_high", "trim.all-highest", inputs, tied)
    });
    Cut {
        all,
        low: 0,
        high: tied,
    }
}

/// The second price in ascending order, or the only one.
pub(super) fn second_lowest(all: Run<'_>) -> Result<crate::decimal::Money, ArithmeticError> {
    // A formula is only asked for a set that is not empty.
    all.get(1)
        .or(all.first())
        .ok_or(ArithmeticError::DivisionByZero)
}
