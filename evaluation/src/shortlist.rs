//! Shortlisting (评标入围): which bids are priced at all (rules.md section 1.9).
//!
//! Equal prices are never separated, so whoever enters is known by two prices: the lowest and the highest
//! that enter.
//!
//! | formula id | meaning |
//! |---|---|
//! | `shortlist.all` | all n enter |
//! | `shortlist.cut-low`, `shortlist.cut-high` | floor(percent × n / 100) lowest or highest are to go |
//! | `shortlist.tie-low`, `shortlist.tie-high` | `tied` bids at `price`, `inside` of them inside the cut: cut − inside really go |
//! | `shortlist.dropped-low`, `shortlist.dropped-high` | how many went |
//! | `shortlist.take` | the `take` lowest of those left enter, and the equals of the last; its price |
//! | `shortlist.take-all` | left ≤ take: all of them enter |
//! | `shortlist.mean` | sum / kept of those left |
//! | `shortlist.above` | the `take` nearest at or above the mean enter, and the equals of the last; the highest price that enters |
//! | `shortlist.above-all` | available ≤ take: all at or above the mean enter |
//! | `shortlist.below`, `shortlist.below-all` | the same below the mean; the lowest price that enters |
//! | `shortlist.below-none` | no price is below the mean: all are equal |

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::benchmark::{
    PriceSet, Run, ShareRounding, highest_without_ties, lowest_without_ties, share, tie_step,
};
use crate::case::DECIMALS_MAX;
use crate::decimal::{Decimal, Money};
use crate::error::{EvaluationError, Problem};
use crate::explain::{FormulaSpec, Inputs, Step, Trace, Value};
use crate::fraction::Fraction;

/// The formula ids of this file.
pub const FORMULAS: &[FormulaSpec] = &[
    FormulaSpec::new("shortlist.all", &["n"]),
    FormulaSpec::new("shortlist.cut-low", &["n", "percent"]),
    FormulaSpec::new("shortlist.cut-high", &["n", "percent"]),
    FormulaSpec::new("shortlist.tie-low", &["cut", "inside", "price", "tied"]),
    FormulaSpec::new("shortlist.tie-high", &["cut", "inside", "price", "tied"]),
    FormulaSpec::new("shortlist.dropped-low", &["dropped"]),
    FormulaSpec::new("shortlist.dropped-high", &["dropped"]),
    FormulaSpec::new("shortlist.take", &["entered", "left", "take"]),
    FormulaSpec::new("shortlist.take-all", &["left", "take"]),
    FormulaSpec::new("shortlist.mean", &["kept", "prices", "sum"]),
    FormulaSpec::new("shortlist.above", SIDE_INPUTS),
    FormulaSpec::new("shortlist.above-all", SIDE_INPUTS),
    FormulaSpec::new("shortlist.below", SIDE_INPUTS),
    FormulaSpec::new("shortlist.below-all", SIDE_INPUTS),
    FormulaSpec::new("shortlist.below-none", &["mean", "take"]),
];

const SIDE_INPUTS: &[&str] = &["available", "entered", "mean", "take"];

/// How the bids that are priced are chosen. Which members it has depends on the method; a member that the
/// method does not use is refused.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ShortlistRule {
    /// The kind.
    pub method: ShortlistMethod,
    /// The share that is dropped first, in percent: the lowest (`low-price`) or the highest (`mean`).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub drop_percent: Option<Decimal>,
    /// `low-price`: how many are taken.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub take: Option<u32>,
    /// `mean`: how many are taken at or above the mean.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub above: Option<u32>,
    /// `mean`: how many are taken below the mean.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub below: Option<u32>,
}

/// Kinds of shortlisting. Drawing bidders by lot is none of them (发改法规规〔2022〕1117号).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum ShortlistMethod {
    /// 全部入围.
    All,
    /// 低价排序法.
    LowPrice,
    /// 均值入围法.
    Mean,
}

/// The prices that enter: from the lowest to the highest, both included.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// The lowest price that enters.
    pub from: Money,
    /// The highest price that enters.
    pub upto: Money,
}

impl Limits {
    /// Every price enters.
    pub const OPEN: Limits = Limits {
        from: Money::from_fen(i64::MIN),
        upto: Money::from_fen(i64::MAX),
    };

    /// Whether a bid with this price enters.
    pub fn contain(self, price: Money) -> bool {
        self.from <= price && price <= self.upto
    }
}

impl ShortlistMethod {
    /// The word in documents.
    pub fn name(self) -> &'static str {
        match self {
            ShortlistMethod::All => "all",
            ShortlistMethod::LowPrice => "low-price",
            ShortlistMethod::Mean => "mean",
        }
    }
}

impl ShortlistRule {
    /// Refuses members that the method does not use, that it needs and are absent, or that make no sense.
    /// Pointers are relative to this value: `/take`.
    pub fn check(&self) -> Result<(), EvaluationError> {
        let (drops, takes, sides) = match self.method {
            ShortlistMethod::All => (false, false, false),
            ShortlistMethod::LowPrice => (true, true, false),
            ShortlistMethod::Mean => (true, false, true),
        };
        let counts = [
            ("take", self.take, takes),
            ("above", self.above, sides),
            ("below", self.below, sides),
        ];
        self.member("drop_percent", self.drop_percent.is_some(), drops)?;
        for (name, value, used) in counts {
            self.member(name, value.is_some(), used)?;
            if value == Some(0) {
                return Err(Problem::NotPositive.at(format!("/{name}")));
            }
        }
        match self.drop_percent {
            Some(percent) => check_percent(percent),
            None => Ok(()),
        }
    }

    /// Which of these prices enter. The set is not changed; see [`PriceSet::keep`].
    pub fn limits(&self, set: &PriceSet, trace: &mut Trace) -> Result<Limits, EvaluationError> {
        let all = set.all();
        if all.is_empty() {
            return Ok(Limits::OPEN);
        }
        match self.method {
            ShortlistMethod::All => {
                trace.step(|| {
                    let inputs = Inputs::new().with("n", all.len());
                    Step::exact("shortlist", "shortlist.all", inputs, all.len())
                });
                Ok(Limits::OPEN)
            }
            ShortlistMethod::LowPrice => self.low_price(all, trace),
            ShortlistMethod::Mean => self.mean(all, trace),
        }
    }

    fn low_price(&self, all: Run<'_>, trace: &mut Trace) -> Result<Limits, EvaluationError> {
        let (percent, take) = (
            self.need("drop_percent", self.drop_percent)?,
            self.need("take", self.take)?,
        );
        let cut = share(percent, all.len(), ShareRounding::Down);
        let removed = lowest_without_ties(all, cut);
        let left = all.without(removed, 0);
        explain_cut("shortlist.cut-low", all, percent, cut, trace);
        if removed < cut {
            let price = all.get(cut);
            let formula = "shortlist.tie-low";
            trace.step(|| tie_step("shortlist/tie", formula, all, price, cut, removed));
        }
        let dropped = all.part(0, removed);
        explain_dropped("shortlist.dropped-low", dropped, trace);

        let entering = nearest(left, take, End::Low);
        trace.step(|| {
            let inputs = Inputs::new()
                .with("take", size(take))
                .with("left", left.len());
            if left.len() <= size(take) {
                let formula = "shortlist.take-all";
                return Step::exact("shortlist/upto", formula, inputs, left.len());
            }
            let inputs = inputs.with("entered", entering.prices());
            Step::exact("shortlist/upto", "shortlist.take", inputs, last(entering))
        });
        Ok(Limits {
            from: entering.first().unwrap_or_default(),
            upto: last(entering),
        })
    }

    fn mean(&self, all: Run<'_>, trace: &mut Trace) -> Result<Limits, EvaluationError> {
        let (percent, take_above, take_below) = (
            self.need("drop_percent", self.drop_percent)?,
            self.need("above", self.above)?,
            self.need("below", self.below)?,
        );
        let cut = share(percent, all.len(), ShareRounding::Down);
        let removed = highest_without_ties(all, cut);
        let left = all.without(0, removed);
        explain_cut("shortlist.cut-high", all, percent, cut, trace);
        if removed < cut {
            let price = all.get(all.len().saturating_sub(cut));
            let formula = "shortlist.tie-high";
            trace.step(|| tie_step("shortlist/tie", formula, all, price, cut, removed));
        }
        let dropped = all.part(left.len(), all.len());
        explain_dropped("shortlist.dropped-high", dropped, trace);

        let mean = left.mean()?;
        trace.step(|| {
            let inputs = Inputs::new()
                .with("prices", left.prices())
                .with("sum", left.sum())
                .with("kept", left.len());
            Step::exact("shortlist/mean", "shortlist.mean", inputs, mean)
        });
        let (at_or_above, under) = (left.from(mean), left.under(mean));
        let above = nearest(at_or_above, take_above, End::Low);
        let below = nearest(under, take_below, End::High);
        // The highest price is never below the mean, so `above` is never empty.
        let lowest = below.first().or(above.first()).unwrap_or_default();
        let highest = last(above);
        trace.step(|| {
            let formula = match at_or_above.len() <= size(take_above) {
                true => "shortlist.above-all",
                false => "shortlist.above",
            };
            let inputs = side_inputs(mean, take_above, at_or_above, above);
            Step::exact("shortlist/above", formula, inputs, highest)
        });
        trace.step(|| {
            let formula = match under.len() <= size(take_below) {
                true => "shortlist.below-all",
                false => "shortlist.below",
            };
            match below.is_empty() {
                false => {
                    let inputs = side_inputs(mean, take_below, under, below);
                    Step::exact("shortlist/below", formula, inputs, lowest)
                }
                true => {
                    let inputs = Inputs::new()
                        .with("mean", mean)
                        .with("take", size(take_below));
                    Step::exact(
                        "shortlist/below",
                        "shortlist.below-none",
                        inputs,
                        Value::None,
                    )
                }
            }
        });
        Ok(Limits {
            from: lowest,
            upto: highest,
        })
    }

    fn member(&self, name: &'static str, given: bool, used: bool) -> Result<(), EvaluationError> {
        match (given, used) {
            (true, false) => Err(Problem::FieldUnused(name).at(format!("/{name}"))),
            (false, true) => Err(self.missing(name)),
            _ => Ok(()),
        }
    }

    fn need<T>(&self, name: &'static str, value: Option<T>) -> Result<T, EvaluationError> {
        value.ok_or_else(|| self.missing(name))
    }

    fn missing(&self, field: &'static str) -> EvaluationError {
        let method = self.method.name();
        Problem::FieldMissing { method, field }.at(format!("/{field}"))
    }
}

fn check_percent(percent: Decimal) -> Result<(), EvaluationError> {
    if percent.scale() > DECIMALS_MAX {
        return Err(Problem::DecimalsTooMany { max: DECIMALS_MAX }.at("/drop_percent"));
    }
    let value = percent.fraction();
    if value < Fraction::ZERO || value >= Fraction::integer(100) {
        let problem = Problem::ParameterOutOfRange {
            name: "drop_percent",
            value: percent.to_string(),
            expected: "from 0 to below 100",
        };
        return Err(problem.at("/drop_percent"));
    }
    Ok(())
}

#[derive(Clone, Copy)]
enum End {
    Low,
    High,
}

/// The first `take` prices from one end, and the equals of the last of them.
fn nearest(run: Run<'_>, take: u32, end: End) -> Run<'_> {
    let n = run.len();
    let Some(rest) = n.checked_sub(size(take)) else {
        return run;
    };
    match end {
        End::Low => run.without(0, highest_without_ties(run, rest)),
        End::High => run.without(lowest_without_ties(run, rest), 0),
    }
}

/// What there is to say about one side of the mean.
fn side_inputs(mean: Fraction, take: u32, available: Run<'_>, entered: Run<'_>) -> Inputs {
    Inputs::new()
        .with("mean", mean)
        .with("take", size(take))
        .with("available", available.len())
        .with("entered", entered.prices())
}

fn explain_cut(
    formula: &'static str,
    all: Run<'_>,
    percent: Decimal,
    cut: usize,
    trace: &mut Trace,
) {
    trace.step(|| {
        let inputs = Inputs::new().with("n", all.len()).with("percent", percent);
        Step::exact("shortlist/cut", formula, inputs, cut)
    });
}

fn explain_dropped(formula: &'static str, dropped: Run<'_>, trace: &mut Trace) {
    if !dropped.is_empty() {
        trace.step(|| {
            let inputs = Inputs::new().with("dropped", dropped.prices());
            Step::exact("shortlist/dropped", formula, inputs, dropped.len())
        });
    }
}

fn last(run: Run<'_>) -> Money {
    run.prices().last().copied().unwrap_or_default()
}

fn size(count: u32) -> usize {
    usize::try_from(count).unwrap_or(usize::MAX)
}
