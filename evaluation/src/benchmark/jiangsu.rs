//! The Jiangsu methods one to four (rules.md sections 1.3 to 1.6; 苏建招办〔2017〕7号).
//!
//! | formula id | meaning |
//! |---|---|
//! | `jiangsu-1.benchmark`, `jiangsu-4.benchmark` | A × K |
//! | `jiangsu-2.benchmark` | A × K1 × Q1 + B × K2 × Q2, Q2 = 1 − Q1, B = control price |
//! | `jiangsu-3.benchmark` | the second price in ascending order |
//! | `jiangsu-3.only-bid` | n = 1: that price |
//!
//! A and its parameters: [`jiangsu_average`](super::jiangsu_average).

use crate::error::EvaluationError;
use crate::explain::{FormulaSpec, Inputs, Trace};
use crate::fraction::Fraction;

use super::jiangsu_average::{self, FIXED, PARAMETERS, average, second_lowest};
use super::{Basis, Domain, Formula, Needs, Parameter, PriceSet, Values};

/// 方法一: the average A times a drawn K.
pub(super) struct Method1;

/// 方法二: the average A and the control price, weighted by a drawn Q1.
pub(super) struct Method2;

/// 方法三: the second-lowest price.
pub(super) struct Method3;

/// 方法四: the average A times a K that the tender document announces.
pub(super) struct Method4;

/// The methods of this file.
pub(super) const METHODS: &[&dyn Formula] = &[&Method1, &Method2, &Method3, &Method4];

/// The formula ids of this file.
pub(super) const FORMULAS: &[FormulaSpec] = &[
    FormulaSpec::new("jiangsu-1.benchmark", &["A", "K"]),
    FormulaSpec::new("jiangsu-2.benchmark", &["A", "B", "K1", "K2", "Q1", "Q2"]),
    FormulaSpec::new("jiangsu-3.benchmark", &["lowest", "n", "second_lowest"]),
    FormulaSpec::new("jiangsu-3.only-bid", &["n", "price"]),
    FormulaSpec::new("jiangsu-4.benchmark", &["A", "K"]),
];

const K: Parameter = Parameter::decimal("K", Domain::Factor);
const METHOD_2_FIXED: [Parameter; PARAMETERS + 1] =
    and_average(Parameter::decimal("K2", Domain::Factor));
const METHOD_4_FIXED: [Parameter; PARAMETERS + 1] = and_average(K);

/// A parameter, then those of the average A.
const fn and_average(own: Parameter) -> [Parameter; PARAMETERS + 1] {
    let [first, second, third, fourth, fifth, sixth, seventh, eighth] = FIXED;
    [
        own, first, second, third, fourth, fifth, sixth, seventh, eighth,
    ]
}

impl Formula for Method1 {
    fn id(&self) -> &'static str {
        "jiangsu-1"
    }

    fn drawn(&self) -> &'static [Parameter] {
        &[K]
    }

    fn fixed(&self) -> &'static [Parameter] {
        &FIXED
    }

    fn trims(&self) -> bool {
        true
    }

    fn check(&self, values: &Values) -> Result<(), EvaluationError> {
        jiangsu_average::check(values)
    }

    fn settle(
        &self,
        set: &PriceSet,
        values: &Values,
        trace: &mut Trace,
    ) -> Result<Basis, EvaluationError> {
        average_times_k("jiangsu-1.benchmark", set, values, trace)
    }
}

impl Formula for Method2 {
    fn id(&self) -> &'static str {
        "jiangsu-2"
    }

    fn drawn(&self) -> &'static [Parameter] {
        const {
            &[
                Parameter::decimal("K1", Domain::Factor),
                Parameter::decimal("Q1", Domain::ZeroToOne),
            ]
        }
    }

    fn fixed(&self) -> &'static [Parameter] {
        &METHOD_2_FIXED
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

    fn check(&self, values: &Values) -> Result<(), EvaluationError> {
        jiangsu_average::check(values)
    }

    fn settle(
        &self,
        set: &PriceSet,
        values: &Values,
        trace: &mut Trace,
    ) -> Result<Basis, EvaluationError> {
        let a = average(set, values, trace)?;
        let b = set.control_price();
        let (k1, q1, k2) = (
            values.decimal("K1")?,
            values.decimal("Q1")?,
            values.decimal("K2")?,
        );
        let q2 = Fraction::ONE.minus(q1.fraction())?;
        let from_bids = a.times(k1.fraction())?.times(q1.fraction())?;
        let from_control = b.fraction().times(k2.fraction())?.times(q2)?;
        Ok(Basis::Benchmark {
            exact: from_bids.plus(from_control)?,
            formula: "jiangsu-2.benchmark",
            inputs: trace.inputs(|| {
                Inputs::new()
                    .with("A", a)
                    .with("B", b)
                    .with("K1", k1)
                    .with("Q1", q1)
                    .with("K2", k2)
                    .with("Q2", q2)
            }),
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
        trace: &mut Trace,
    ) -> Result<Basis, EvaluationError> {
        let all = set.all();
        let chosen = second_lowest(all)?;
        let formula = match all.len() {
            1 => "jiangsu-3.only-bid",
            _ => "jiangsu-3.benchmark",
        };
        let inputs = trace.inputs(|| {
            let inputs = Inputs::new().with("n", all.len());
            match all.prices() {
                [only] => inputs.with("price", *only),
                _ => inputs
                    .with("lowest", all.first().unwrap_or_default())
                    .with("second_lowest", chosen),
            }
        });
        Ok(Basis::Benchmark {
            exact: chosen.fraction(),
            formula,
            inputs,
        })
    }
}

impl Formula for Method4 {
    fn id(&self) -> &'static str {
        "jiangsu-4"
    }

    fn fixed(&self) -> &'static [Parameter] {
        &METHOD_4_FIXED
    }

    fn trims(&self) -> bool {
        true
    }

    fn check(&self, values: &Values) -> Result<(), EvaluationError> {
        jiangsu_average::check(values)
    }

    fn settle(
        &self,
        set: &PriceSet,
        values: &Values,
        trace: &mut Trace,
    ) -> Result<Basis, EvaluationError> {
        average_times_k("jiangsu-4.benchmark", set, values, trace)
    }
}

fn average_times_k(
    formula: &'static str,
    set: &PriceSet,
    values: &Values,
    trace: &mut Trace,
) -> Result<Basis, EvaluationError> {
    let a = average(set, values, trace)?;
    let k = values.decimal("K")?;
    Ok(Basis::Benchmark {
        exact: a.times(k.fraction())?,
        formula,
        inputs: trace.inputs(|| Inputs::new().with("A", a).with("K", k)),
    })
}
