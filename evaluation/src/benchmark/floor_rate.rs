//! Korea's lowest price from a floor on: the winner is the lowest price that is not below a rate of the
//! estimated price (낙찰하한율). The result has no benchmark price and no scores; a control price in the
//! case is ignored.
//!
//! | formula id | meaning |
//! |---|---|
//! | `floor-rate.floor` | estimated price × rate / 100, exact |

use crate::error::EvaluationError;
use crate::explain::{FormulaSpec, Inputs, Step, Trace};
use crate::fraction::Fraction;

use super::{Basis, Domain, Formula, Needs, Parameter, PriceSet, Scoring, Values};

/// The methods of this file.
pub(super) const METHODS: &[&dyn Formula] = &[&FloorRateLowest];

/// The formula ids of this file.
pub(super) const FORMULAS: &[FormulaSpec] = &[FormulaSpec::new(
    "floor-rate.floor",
    &["estimated_price", "rate_percent"],
)];

/// `floor-rate-lowest`.
pub(super) struct FloorRateLowest;

impl Formula for FloorRateLowest {
    fn id(&self) -> &'static str {
        "floor-rate-lowest"
    }

    fn fixed(&self) -> &'static [Parameter] {
        const { &[Parameter::decimal("rate_percent", Domain::ZeroToHundred)] }
    }

    fn needs(&self) -> Needs {
        Needs {
            estimated_price: true,
            ..Needs::default()
        }
    }

    fn scoring(&self) -> Scoring {
        Scoring::PriceOnly
    }

    fn heeds_control_price(&self) -> bool {
        false
    }

    fn settle(
        &self,
        set: &PriceSet,
        values: &Values,
        trace: &mut Trace,
    ) -> Result<Basis, EvaluationError> {
        let estimated = set.estimated_price();
        let rate = values.decimal("rate_percent")?;
        let floor = estimated
            .fraction()
            .times(rate.fraction())?
            .over(Fraction::integer(100))?;
        trace.step(|| {
            let inputs = Inputs::new()
                .with("estimated_price", estimated)
                .with("rate_percent", rate);
            Step::exact("floor", "floor-rate.floor", inputs, floor)
        });
        Ok(Basis::LowestFrom(floor))
    }
}
