//! The mean of all bids without a few of the highest and lowest (rules.md section 1.11: 四川水利, 甘肃, 公路,
//! state-owned buyers).
//!
//! | method | benchmark |
//! |---|---|
//! | `mean-trim-one` | from `trim_from` bids on without `trim_high` (1) highest and `trim_low` (1) lowest; the mean, times a drawn K if there is one. From `drop_highest_from` bids on, if announced, without one highest |
//! | `mean-float` | from `trim_from` (5) bids on without one highest and one lowest; the mean × (1 − drawn `float`) |
//!
//! | formula id | meaning |
//! |---|---|
//! | `mean-trim-one.benchmark` | mean |
//! | `mean-trim-one.benchmark-k` | mean × K |
//! | `mean-float.benchmark` | mean × (1 − float) |

use crate::case::BIDS_MAX;
use crate::error::{EvaluationError, Problem};
use crate::explain::{FormulaSpec, Inputs, Trace};
use crate::fraction::Fraction;

use super::cut::{MEAN_DECIMALS, counted, highest};
use super::{Basis, Domain, Formula, Parameter, PriceSet, Values};

/// The methods of this file.
pub(super) const METHODS: &[&dyn Formula] = &[&MeanTrimOne, &MeanFloat];

/// The formula ids of this file.
pub(super) const FORMULAS: &[FormulaSpec] = &[
    FormulaSpec::new("mean-trim-one.benchmark", &["mean"]),
    FormulaSpec::new("mean-trim-one.benchmark-k", &["K", "mean"]),
    FormulaSpec::new("mean-float.benchmark", &["float", "mean"]),
];

/// `mean-trim-one`.
pub(super) struct MeanTrimOne;

/// `mean-float`.
pub(super) struct MeanFloat;

impl Formula for MeanTrimOne {
    fn id(&self) -> &'static str {
        "mean-trim-one"
    }

    fn drawn(&self) -> &'static [Parameter] {
        const { &[Parameter::decimal("K", Domain::Factor).or_absent()] }
    }

    fn fixed(&self) -> &'static [Parameter] {
        const {
            &[
                Parameter::count("trim_from", 3, BIDS_MAX as u32),
                Parameter::count("trim_high", 0, BIDS_MAX as u32).or("1"),
                Parameter::count("trim_low", 0, BIDS_MAX as u32).or("1"),
                Parameter::count("drop_highest_from", 2, BIDS_MAX as u32).or_absent(),
                MEAN_DECIMALS,
            ]
        }
    }

    fn trims(&self) -> bool {
        true
    }

    fn check(&self, values: &Values) -> Result<(), EvaluationError> {
        let removed = values
            .bids("trim_high")?
            .saturating_add(values.bids("trim_low")?);
        if removed >= values.bids("trim_from")? {
            let problem = Problem::ParametersClash(
                "trim_high and trim_low together have to be below trim_from, so that a bid is left",
            );
            return Err(problem.at("/fixed/trim_high"));
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
        let from = values.bids("trim_from")?;
        let highest_from = values.optional_bids("drop_highest_from").unwrap_or(from);
        let cut = if (highest_from..from).contains(&all.len()) {
            highest(all, highest_from, from, trace)
        } else {
            let (high, low) = (values.bids("trim_high")?, values.bids("trim_low")?);
            counted(all, from, high, low, trace)
        };
        let mean = cut.mean("benchmark/mean", values, trace)?;
        let k = values.optional_decimal("K");
        let (exact, formula) = match k {
            Some(k) => (mean.times(k.fraction())?, "mean-trim-one.benchmark-k"),
            None => (mean, "mean-trim-one.benchmark"),
        };
        Ok(Basis::Benchmark {
            exact,
            formula,
            inputs: trace.inputs(|| Inputs::new().with("mean", mean).with_some("K", k)),
        })
    }
}

impl Formula for MeanFloat {
    fn id(&self) -> &'static str {
        "mean-float"
    }

    fn drawn(&self) -> &'static [Parameter] {
        const { &[Parameter::decimal("float", Domain::ZeroToBelowOne)] }
    }

    fn fixed(&self) -> &'static [Parameter] {
        const {
            &[
                Parameter::count("trim_from", 3, BIDS_MAX as u32).or("5"),
                MEAN_DECIMALS,
            ]
        }
    }

    fn trims(&self) -> bool {
        true
    }

    fn settle(
        &self,
        set: &PriceSet,
        values: &Values,
        trace: &mut Trace,
    ) -> Result<Basis, EvaluationError> {
        let cut = counted(set.all(), values.bids("trim_from")?, 1, 1, trace);
        let mean = cut.mean("benchmark/mean", values, trace)?;
        let float = values.decimal("float")?;
        Ok(Basis::Benchmark {
            exact: mean.times(Fraction::ONE.minus(float.fraction())?)?,
            formula: "mean-float.benchmark",
            inputs: trace.inputs(|| Inputs::new().with("mean", mean).with("float", float)),
        })
    }
}
