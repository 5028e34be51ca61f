//! `fixed-price` (合理价随机确定中标人; rules.md section 1.14): one announced price for all, the winner is drawn.
//!
//! | formula id | meaning |
//! |---|---|
//! | `fixed-price.award-price` | control price × (1 − float), rounded half up to the fen |

use crate::decimal::MONEY_DECIMALS;
use crate::error::EvaluationError;
use crate::explain::{FormulaSpec, Inputs, Step, Trace};
use crate::fraction::Fraction;

use super::{Basis, Domain, Formula, Needs, Parameter, PriceSet, Scoring, Values};

/// The methods of this file.
pub(super) const METHODS: &[&dyn Formula] = &[&FixedPrice];

/// The formula ids of this file.
pub(super) const FORMULAS: &[FormulaSpec] = &[FormulaSpec::new(
    "fixed-price.award-price",
    &["control_price", "float"],
)];

/// `fixed-price`.
pub(super) struct FixedPrice;

impl Formula for FixedPrice {
    fn id(&self) -> &'static str {
        "fixed-price"
    }

    fn fixed(&self) -> &'static [Parameter] {
        const { &[Parameter::decimal("float", Domain::ZeroToBelowOne)] }
    }

    fn needs(&self) -> Needs {
        Needs {
            control_price: true,
            ..Needs::default()
        }
    }

    fn scoring(&self) -> Scoring {
        Scoring::PriceOnly
    }

    fn draws_winner(&self) -> bool {
        true
    }

    fn settle(
        &self,
        set: &PriceSet,
        values: &Values,
        trace: &mut Trace,
    ) -> Result<Basis, EvaluationError> {
        let control = set.control_price();
        let float = values.decimal("float")?;
        let exact = control
            .fraction()
            .times(Fraction::ONE.minus(float.fraction())?)?;
        let award = exact.round_half_up(MONEY_DECIMALS)?;
        trace.step(|| {
            let inputs = Inputs::new()
                .with("control_price", control)
                .with("float", float);
            Step::rounded("award_price", "fixed-price.award-price", inputs, award)
        });
        Ok(Basis::FixedPrice(award.fraction()))
    }
}
