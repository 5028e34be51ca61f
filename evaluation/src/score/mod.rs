//! Points of one bid: price score, technical aggregate, credit, total.
//!
//! | file | what |
//! |---|---|
//! | `price.rs` | price score |
//! | `technical/` | the committee's scores |
//! | `credit/` | credit |
//! | `ties.rs` | what tells equal totals apart |
//!
//! | formula id | meaning | source |
//! |---|---|---|
//! | `total.sum` | price score + technical + credit, each already rounded; 2 decimals | rules.md 2.1 |

pub mod credit;
pub mod price;
pub mod technical;
pub mod ties;

use crate::decimal::{Decimal, power_of_ten};
use crate::explain::FormulaSpec;
use crate::fraction::{ArithmeticError, divide_half_up};

/// Decimals of a total.
pub const TOTAL_DECIMALS: u8 = 2;

/// The decimals at which numbers of rules are compared and added: none has more.
pub(crate) const SCALE: u8 = crate::case::DECIMALS_MAX;

/// The formulas of this file.
const FORMULAS: &[FormulaSpec] =
    &[FormulaSpec::new("total.sum", &["price_score"]).or_absent(&["technical", "credit"])];

/// The formulas of this directory.
pub(crate) fn formulas() -> impl Iterator<Item = &'static FormulaSpec> {
    [
        FORMULAS,
        price::FORMULAS,
        technical::FORMULAS,
        credit::FORMULAS,
    ]
    .into_iter()
    .flatten()
}

/// The sum of rounded components, rounded.
pub fn total(
    price: Decimal,
    technical: Option<Decimal>,
    credit: Option<Decimal>,
) -> Result<Decimal, ArithmeticError> {
    let components = [Some(price), technical, credit];
    let mut sum = 0_i128;
    for component in components.into_iter().flatten() {
        sum = sum.checked_add(units(component)?).ok_or(OVERFLOW)?;
    }
    rounded(sum, SCALE, TOTAL_DECIMALS)
}

const OVERFLOW: ArithmeticError = ArithmeticError::Overflow;

/// A number of a rule in units of 10^-[`SCALE`].
pub(crate) fn units(value: Decimal) -> Result<i128, ArithmeticError> {
    value.units_at(SCALE).ok_or(OVERFLOW)
}

/// So many units of 10^-`scale`, rounded half up to fewer decimals.
pub(crate) fn rounded(units: i128, scale: u8, decimals: u8) -> Result<Decimal, ArithmeticError> {
    let fewer = scale.checked_sub(decimals).and_then(power_of_ten);
    let units = fewer.and_then(|ten| divide_half_up(units, ten));
    Ok(Decimal::from_units(units.ok_or(OVERFLOW)?, decimals))
}
