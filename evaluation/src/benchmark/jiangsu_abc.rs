//! 方法五, ABC合成法 (rules.md section 1.7). The numbers of the rule are announced parameters; in brackets
//! stand their defaults.
//!
//! | formula id | meaning |
//! |---|---|
//! | `jiangsu-5.a` | A = control price × (1 − delta), exact |
//! | `jiangsu-5.range-from` | (mean of all × `range_mean` (0.7) + control price × the rest) × (1 − `range_below` (0.25)); prices from here on are in range |
//! | `jiangsu-5.c`, `jiangsu-5.c-all` | C = the lowest price in range; `c-all`: every price is in range |
//! | `jiangsu-5.band1`, `jiangsu-5.band1-empty` | from [`band_middle` (0.92) A, `band_high` (0.95) A), other than C, the one at the drawn index |
//! | `jiangsu-5.band2`, `jiangsu-5.band2-empty` | from [`band_low` (0.89) A, `band_middle` A), other than C, the one at the drawn index |
//! | `jiangsu-5.b` | B = the entry at the drawn index of the pool: both picks and everything in (C, `band_low` A), ascending |
//! | `jiangsu-5.fallback` | the pool is empty: B = the entry at the drawn index of everything in range other than C |
//! | `jiangsu-5.benchmark` | (A × `weight_a` (0.5) + B × `weight_b` (0.3) + C × `weight_c` (0.2)) × K |

use crate::decimal::Money;
use crate::error::{EvaluationError, Problem};
use crate::explain::{FormulaSpec, Inputs, Step, Trace, Value};
use crate::fraction::Fraction;

use super::cut::{Cut, MEAN_DECIMALS};
use super::price_set::Run;
use super::{Basis, Domain, Formula, Needs, Parameter, Pick, PriceSet, Values};

/// The methods of this file.
pub(super) const METHODS: &[&dyn Formula] = &[&Abc];

/// The formula ids of this file.
pub(super) const FORMULAS: &[FormulaSpec] = &[
    FormulaSpec::new("jiangsu-5.a", &["control_price", "delta"]),
    FormulaSpec::new(
        "jiangsu-5.range-from",
        &["control_price", "mean", "range_below", "range_mean"],
    ),
    FormulaSpec::new(
        "jiangsu-5.c",
        &["in_range", "lowest", "n", "outside", "range_from"],
    ),
    FormulaSpec::new("jiangsu-5.c-all", &["lowest", "n", "range_from"]),
    FormulaSpec::new("jiangsu-5.band1", &["from", "index", "prices", "to"]),
    FormulaSpec::new("jiangsu-5.band1-empty", &["from", "to"]),
    FormulaSpec::new("jiangsu-5.band2", &["from", "index", "prices", "to"]),
    FormulaSpec::new("jiangsu-5.band2-empty", &["from", "to"]),
    FormulaSpec::new("jiangsu-5.b", &["below", "index", "prices"]),
    FormulaSpec::new("jiangsu-5.fallback", &["index", "prices"]),
    FormulaSpec::new(
        "jiangsu-5.benchmark",
        &["A", "B", "C", "K", "weight_a", "weight_b", "weight_c"],
    ),
];

/// 方法五.
pub(super) struct Abc;

impl Formula for Abc {
    fn id(&self) -> &'static str {
        "jiangsu-5"
    }

    fn drawn(&self) -> &'static [Parameter] {
        const {
            &[
                Parameter::decimal("delta", Domain::ZeroToBelowOne),
                Parameter::decimal("K", Domain::Factor),
                Parameter::index("band1"),
                Parameter::index("band2"),
                Parameter::index("B"),
            ]
        }
    }

    fn fixed(&self) -> &'static [Parameter] {
        const {
            &[
                Parameter::decimal("weight_a", Domain::ZeroToOne).or("0.5"),
                Parameter::decimal("weight_b", Domain::ZeroToOne).or("0.3"),
                Parameter::decimal("weight_c", Domain::ZeroToOne).or("0.2"),
                Parameter::decimal("range_mean", Domain::ZeroToOne).or("0.7"),
                Parameter::decimal("range_below", Domain::ZeroToBelowOne).or("0.25"),
                Parameter::decimal("band_high", Domain::Factor).or("0.95"),
                Parameter::decimal("band_middle", Domain::Factor).or("0.92"),
                Parameter::decimal("band_low", Domain::Factor).or("0.89"),
                MEAN_DECIMALS,
            ]
        }
    }

    fn needs(&self) -> Needs {
        Needs {
            control_price: true,
            ..Needs::default()
        }
    }

    fn check(&self, values: &Values) -> Result<(), EvaluationError> {
        let part = |name| values.decimal(name).map(|value| value.fraction());
        let sum = part("weight_a")?
            .plus(part("weight_b")?)?
            .plus(part("weight_c")?)?;
        if sum != Fraction::ONE {
            let problem =
                Problem::ParametersClash("weight_a, weight_b and weight_c have to make 1 together");
            return Err(problem.at("/fixed/weight_a"));
        }
        let bands = "band_low, band_middle and band_high have to ascend";
        if part("band_low")? >= part("band_middle")? {
            return Err(Problem::ParametersClash(bands).at("/fixed/band_middle"));
        }
        if part("band_middle")? >= part("band_high")? {
            return Err(Problem::ParametersClash(bands).at("/fixed/band_high"));
        }
        Ok(())
    }

    fn draw_indexes(
        &self,
        set: &PriceSet,
        values: &Values,
        pick: &mut Pick<'_>,
    ) -> Result<(), EvaluationError> {
        if set.prices().is_empty() {
            return Ok(());
        }
        let lists = Lists::new(set, values, &mut Trace::dropped())?;
        Choice::new(&lists, pick).map(|_| ())
    }

    fn settle(
        &self,
        set: &PriceSet,
        values: &Values,
        trace: &mut Trace,
    ) -> Result<Basis, EvaluationError> {
        let lists = Lists::new(set, values, trace)?;
        let c = lists.c.ok_or_else(|| Problem::RangeEmpty.at(""))?;
        let choice = Choice::new(&lists, &mut |name, length| values.index(name, length))?;
        choice.explain(&lists, trace);
        let b = choice.b.ok_or_else(|| Problem::PoolEmpty.at(""))?.price;
        let k = values.decimal("K")?;
        let (weight_a, weight_b, weight_c) = (
            values.decimal("weight_a")?,
            values.decimal("weight_b")?,
            values.decimal("weight_c")?,
        );
        let weighted = (lists.a.times(weight_a.fraction())?)
            .plus(b.fraction().times(weight_b.fraction())?)?
            .plus(c.fraction().times(weight_c.fraction())?)?;
        Ok(Basis::Benchmark {
            exact: weighted.times(k.fraction())?,
            formula: "jiangsu-5.benchmark",
            inputs: trace.inputs(|| {
                Inputs::new()
                    .with("A", lists.a)
                    .with("B", b)
                    .with("C", c)
                    .with("K", k)
                    .with("weight_a", weight_a)
                    .with("weight_b", weight_b)
                    .with("weight_c", weight_c)
            }),
        })
    }
}

/// The lists that B is drawn from; each ascending, in-range prices only, none equal to C.
struct Lists<'a> {
    a: Fraction,
    /// C, if any price is in range.
    c: Option<Money>,
    /// In range, other than C.
    others: Run<'a>,
    band1: Band<'a>,
    band2: Band<'a>,
    /// (C, the lowest edge)
    below: Run<'a>,
}

/// The prices from one edge up to, not including, another.
struct Band<'a> {
    name: &'static str,
    from: Fraction,
    to: Fraction,
    prices: Run<'a>,
}

impl<'a> Lists<'a> {
    /// Makes the lists of a set that is not empty.
    fn new(
        set: &'a PriceSet,
        values: &Values,
        trace: &mut Trace,
    ) -> Result<Lists<'a>, EvaluationError> {
        let control = set.control_price();
        let delta = values.decimal("delta")?;
        let a = control
            .fraction()
            .times(Fraction::ONE.minus(delta.fraction())?)?;
        trace.step(|| {
            let inputs = Inputs::new()
                .with("control_price", control)
                .with("delta", delta);
            Step::exact("benchmark/A", "jiangsu-5.a", inputs, a)
        });
        let range_from = range_from(set, values, trace)?;
        let in_range = set.all().from(range_from);
        let c = in_range.first();
        explain_c(set, range_from, in_range, trace);
        let others = match c {
            Some(c) => in_range.above(c.fraction()),
            None => in_range,
        };
        let edge = |name| {
            a.times(values.decimal(name)?.fraction())
                .map_err(EvaluationError::from)
        };
        let (low, middle, high) = (edge("band_low")?, edge("band_middle")?, edge("band_high")?);
        let band = |name, from, to| Band {
            name,
            from,
            to,
            prices: others.from(from).under(to),
        };
        Ok(Lists {
            a,
            c,
            others,
            band1: band("band1", middle, high),
            band2: band("band2", low, middle),
            below: others.under(low),
        })
    }
}

fn range_from(
    set: &PriceSet,
    values: &Values,
    trace: &mut Trace,
) -> Result<Fraction, EvaluationError> {
    let control = set.control_price();
    let mean = Cut::none(set.all()).mean("benchmark/mean", values, trace)?;
    let (share, below) = (
        values.decimal("range_mean")?,
        values.decimal("range_below")?,
    );
    let from_mean = mean.times(share.fraction())?;
    let from_control = control
        .fraction()
        .times(Fraction::ONE.minus(share.fraction())?)?;
    let from = from_mean
        .plus(from_control)?
        .times(Fraction::ONE.minus(below.fraction())?)?;
    trace.step(|| {
        let inputs = Inputs::new()
            .with("mean", mean)
            .with("control_price", control)
            .with("range_mean", share)
            .with("range_below", below);
        Step::exact("benchmark/range_from", "jiangsu-5.range-from", inputs, from)
    });
    Ok(from)
}

fn explain_c(set: &PriceSet, range_from: Fraction, in_range: Run<'_>, trace: &mut Trace) {
    // Without a price in range there is no C and no result that could be explained.
    let Some(lowest) = in_range.first() else {
        return;
    };
    trace.step(|| {
        let outside = set.all().under(range_from);
        let inputs = Inputs::new()
            .with("n", set.all().len())
            .with("range_from", range_from)
            .with("lowest", lowest);
        let (formula, inputs) = match outside.is_empty() {
            true => ("jiangsu-5.c-all", inputs),
            false => (
                "jiangsu-5.c",
                inputs
                    .with("outside", outside.prices())
                    .with("in_range", in_range.len()),
            ),
        };
        Step::exact("benchmark/C", formula, inputs, lowest)
    });
}

/// A price out of a list.
#[derive(Clone, Copy)]
struct Picked {
    index: usize,
    price: Money,
}

/// What the three indexes choose.
struct Choice {
    /// None when the band is empty.
    band1: Option<Picked>,
    band2: Option<Picked>,
    is_fallback: bool,
    /// None when even the fallback is empty.
    b: Option<Picked>,
}

impl Choice {
    /// Follows the order of the rule: one of band 1, one of band 2, then B out of the pool. The same path
    /// serves the draw (where `pick` draws) and the evaluation (where it looks up what was drawn).
    fn new(lists: &Lists<'_>, pick: &mut Pick<'_>) -> Result<Choice, EvaluationError> {
        let band1 = pick_from(&lists.band1, pick)?;
        let band2 = pick_from(&lists.band2, pick)?;
        // Ascending as it stands: everything below the bands, then the pick of the lower band, then that of
        // the upper.
        let mut picks = [band2, band1].into_iter().flatten();
        let length = lists.below.len().saturating_add(picks.clone().count());
        let is_fallback = length == 0;
        let length = if is_fallback {
            lists.others.len()
        } else {
            length
        };
        let b = match length {
            0 => None,
            length => {
                let index = pick("B", length)?;
                let price = if is_fallback {
                    lists.others.get(index)
                } else {
                    let behind = index.saturating_sub(lists.below.len());
                    let picked = || picks.nth(behind).map(|picked| picked.price);
                    lists.below.get(index).or_else(picked)
                };
                price.map(|price| Picked { index, price })
            }
        };
        Ok(Choice {
            band1,
            band2,
            is_fallback,
            b,
        })
    }

    fn explain(&self, lists: &Lists<'_>, trace: &mut Trace) {
        let names = (
            "benchmark/band1",
            "jiangsu-5.band1",
            "jiangsu-5.band1-empty",
        );
        trace.step(|| explain_band(names, &lists.band1, self.band1));
        let names = (
            "benchmark/band2",
            "jiangsu-5.band2",
            "jiangsu-5.band2-empty",
        );
        trace.step(|| explain_band(names, &lists.band2, self.band2));
        let Some(b) = self.b else {
            return;
        };
        trace.step(|| {
            let inputs = Inputs::new().with("index", b.index);
            let (formula, inputs) = if self.is_fallback {
                let inputs = inputs.with("prices", lists.others.prices());
                ("jiangsu-5.fallback", inputs)
            } else {
                let picks = [self.band2, self.band1].into_iter().flatten();
                let below = lists.below.prices().iter().copied();
                let pool: Vec<Money> = below.chain(picks.map(|picked| picked.price)).collect();
                let inputs = inputs.with("prices", pool.as_slice());
                ("jiangsu-5.b", inputs.with("below", lists.band2.from))
            };
            Step::exact("benchmark/B", formula, inputs, b.price)
        });
    }
}

fn explain_band(
    (id, formula, formula_of_empty): (&'static str, &'static str, &'static str),
    band: &Band<'_>,
    picked: Option<Picked>,
) -> Step {
    let inputs = Inputs::new().with("from", band.from).with("to", band.to);
    match picked {
        Some(Picked { index, price }) => {
            let inputs = inputs.with("prices", band.prices.prices());
            Step::exact(id, formula, inputs.with("index", index), price)
        }
        None => Step::exact(id, formula_of_empty, inputs, Value::None),
    }
}

fn pick_from(band: &Band<'_>, pick: &mut Pick<'_>) -> Result<Option<Picked>, EvaluationError> {
    if band.prices.is_empty() {
        return Ok(None);
    }
    let index = pick(band.name, band.prices.len())?;
    let price = band.prices.get(index);
    Ok(price.map(|price| Picked { index, price }))
}
