//! `limit-mean-blend`: the control price and the mean of the bids in a range of the budget price, blended by
//! a drawn share (rules.md section 1.11, 福建).
//!
//! | formula id | meaning |
//! |---|---|
//! | `limit-mean-blend.range-low`, `limit-mean-blend.range-high` | budget price × `range_low` (0.85), × `range_high` (0.90); both ends are in range |
//! | `limit-mean-blend.b`, `limit-mean-blend.b-all` | B = the mean of the prices in range; `b-all`: all are |
//! | `limit-mean-blend.b-none` | no price is in range: there is no B |
//! | `limit-mean-blend.c` | C as drawn |
//! | `limit-mean-blend.c-none` | without B, C = 0 whatever was drawn |
//! | `limit-mean-blend.benchmark` | A × K × (1 − C) + B × C, A = control price |
//! | `limit-mean-blend.benchmark-none` | A × K |

use crate::decimal::{Decimal, Money};
use crate::error::{EvaluationError, Problem};
use crate::explain::{FormulaSpec, Inputs, Step, Trace, Value};
use crate::fraction::Fraction;

use super::cut::{MEAN_DECIMALS, mean_decimals, rounded};
use super::price_set::Run;
use super::{Basis, Domain, Formula, Needs, Parameter, PriceSet, Values};

/// The methods of this file.
pub(super) const METHODS: &[&dyn Formula] = &[&LimitMeanBlend];

/// The formula ids of this file.
pub(super) const FORMULAS: &[FormulaSpec] = &[
    FormulaSpec::new("limit-mean-blend.range-low", &["budget_price", "range_low"]),
    FormulaSpec::new(
        "limit-mean-blend.range-high",
        &["budget_price", "range_high"],
    ),
    FormulaSpec::new(
        "limit-mean-blend.b",
        &["kept", "n", "outside", "prices", "sum"],
    ),
    FormulaSpec::new("limit-mean-blend.b-all", &["n", "prices", "sum"]),
    FormulaSpec::new("limit-mean-blend.b-none", &["n", "prices"]),
    FormulaSpec::new("limit-mean-blend.c", &["C"]),
    FormulaSpec::new("limit-mean-blend.c-none", &["drawn"]),
    FormulaSpec::new("limit-mean-blend.benchmark", &["A", "B", "C", "K"]),
    FormulaSpec::new("limit-mean-blend.benchmark-none", &["A", "K"]),
];

/// `limit-mean-blend`.
pub(super) struct LimitMeanBlend;

impl Formula for LimitMeanBlend {
    fn id(&self) -> &'static str {
        "limit-mean-blend"
    }

    fn drawn(&self) -> &'static [Parameter] {
        const {
            &[
                Parameter::decimal("K", Domain::Factor),
                Parameter::decimal("C", Domain::ZeroToOne),
            ]
        }
    }

    fn fixed(&self) -> &'static [Parameter] {
        const {
            &[
                Parameter::decimal("range_low", Domain::Factor).or("0.85"),
                Parameter::decimal("range_high", Domain::Factor).or("0.90"),
                MEAN_DECIMALS,
            ]
        }
    }

    fn needs(&self) -> Needs {
        Needs {
            control_price: true,
            budget_price: true,
            ..Needs::default()
        }
    }

    fn check(&self, values: &Values) -> Result<(), EvaluationError> {
        if values.decimal("range_low")?.fraction() > values.decimal("range_high")?.fraction() {
            let problem = Problem::ParametersClash("range_high must not be below range_low");
            return Err(problem.at("/fixed/range_high"));
        }
        Ok(())
    }

    fn settle(
        &self,
        set: &PriceSet,
        values: &Values,
        trace: &mut Trace,
    ) -> Result<Basis, EvaluationError> {
        let all = set.all();
        let edge = |name| -> Result<_, EvaluationError> {
            let share = values.decimal(name)?;
            Ok((
                share,
                set.budget_price().fraction().times(share.fraction())?,
            ))
        };
        let (low, high) = (edge("range_low")?, edge("range_high")?);
        explain_range(set.budget_price(), low, high, trace);
        let in_range = all.from(low.1).upto(high.1);

        let (control, k, c) = (
            set.control_price(),
            values.decimal("K")?,
            values.decimal("C")?,
        );
        let limit = control.fraction().times(k.fraction())?;
        if in_range.is_empty() {
            trace.step(|| {
                let inputs = Inputs::new()
                    .with("n", all.len())
                    .with("prices", all.prices());
                Step::exact(
                    "benchmark/B",
                    "limit-mean-blend.b-none",
                    inputs,
                    Value::None,
                )
            });
            trace.step(|| {
                let inputs = Inputs::new().with("drawn", c);
                let zero = Decimal::from_units(0, 0);
                Step::exact("benchmark/C", "limit-mean-blend.c-none", inputs, zero)
            });
            return Ok(Basis::Benchmark {
                exact: limit,
                formula: "limit-mean-blend.benchmark-none",
                inputs: trace.inputs(|| Inputs::new().with("A", control).with("K", k)),
            });
        }
        let decimals = mean_decimals(values);
        let b = rounded(in_range.mean()?, decimals)?;
        trace.step(|| explain_b(all, low.1, in_range, b, decimals));
        trace.step(|| {
            let inputs = Inputs::new().with("C", c);
            Step::exact("benchmark/C", "limit-mean-blend.c", inputs, c)
        });
        let rest = Fraction::ONE.minus(c.fraction())?;
        Ok(Basis::Benchmark {
            exact: limit.times(rest)?.plus(b.times(c.fraction())?)?,
            formula: "limit-mean-blend.benchmark",
            inputs: trace.inputs(|| {
                Inputs::new()
                    .with("A", control)
                    .with("K", k)
                    .with("B", b)
                    .with("C", c)
            }),
        })
    }
}

fn explain_range(
    budget: Money,
    (range_low, low): (Decimal, Fraction),
    (range_high, high): (Decimal, Fraction),
    trace: &mut Trace,
) {
    let inputs = || Inputs::new().with("budget_price", budget);
    trace.step(|| {
        let inputs = inputs().with("range_low", range_low);
        let formula = "limit-mean-blend.range-low";
        Step::exact("benchmark/range_low", formula, inputs, low)
    });
    trace.step(|| {
        let inputs = inputs().with("range_high", range_high);
        let formula = "limit-mean-blend.range-high";
        Step::exact("benchmark/range_high", formula, inputs, high)
    });
}

fn explain_b(
    all: Run<'_>,
    low: Fraction,
    in_range: Run<'_>,
    b: Fraction,
    decimals: Option<u8>,
) -> Step {
    let inputs = Inputs::new()
        .with("n", all.len())
        .with("prices", in_range.prices())
        .with("sum", in_range.sum());
    if in_range.len() == all.len() {
        return Step::rounded_if("benchmark/B", "limit-mean-blend.b-all", inputs, b, decimals);
    }
    let under = all.under(low);
    let behind = all.without(under.len().saturating_add(in_range.len()), 0);
    let outside: Vec<Money> = [under.prices(), behind.prices()].concat();
    let inputs = inputs
        .with("kept", in_range.len())
        .with("outside", outside.as_slice());
    Step::rounded_if("benchmark/B", "limit-mean-blend.b", inputs, b, decimals)
}
