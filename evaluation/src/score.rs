//! Points of one bid: price score, technical aggregate, credit, total.
//!
//! | formula id | meaning | source |
//! |---|---|---|
//! | `price-score.deviation` | (price − benchmark) / benchmark × 100, from the rounded benchmark | rules.md 1.13 |
//! | `price-score.above` | full − deviation × up, never under floor | rules.md 1.8 |
//! | `price-score.below` | full − \|deviation\| × down, never under floor | rules.md 1.8 |
//! | `technical.mean` | mean of the members' scores | rules.md 2.2 |
//! | `technical.drop-extremes` | mean without one highest and one lowest | rules.md 2.2 |
//! | `credit.linear` | min(value, full) / full × weight | rules.md 2.1 |
//! | `total.sum` | price score + technical + credit, each already rounded; 2 decimals | rules.md 2.1 |

use crate::case::{Aggregate, CreditMode, CreditRule, PriceScore, TechnicalRule};
use crate::decimal::{Decimal, Money, power_of_ten};
use crate::explain::{DECIMALS_SHOWN, Rounding};
use crate::fraction::{ArithmeticError, Fraction};

/// Decimals of a total.
pub const TOTAL_DECIMALS: u8 = 2;

/// A deviation from the benchmark.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Deviation {
    /// In percent; above zero: dearer than the benchmark. Already rounded if the rule rounds it.
    pub percent: Fraction,
    /// The same for display: as the rule rounds it, otherwise with six decimals.
    pub shown: Decimal,
    /// Whether `percent` is what is shown, or goes on behind it.
    pub rounding: Rounding,
}

/// A price score rule with its benchmark, ready for many prices.
#[derive(Clone, Debug)]
pub struct PriceScorer {
    benchmark: Fraction,
    full: Fraction,
    up: Fraction,
    down: Fraction,
    floor: Fraction,
    deviation_decimals: Option<u8>,
    score_decimals: u8,
}

impl PriceScorer {
    /// `benchmark` is the rounded one, above zero.
    pub fn new(rule: &PriceScore, benchmark: Decimal) -> PriceScorer {
        PriceScorer {
            benchmark: benchmark.fraction(),
            full: rule.full.fraction(),
            up: rule.up.fraction(),
            down: rule.down.fraction(),
            floor: rule.floor.fraction(),
            deviation_decimals: rule.deviation_decimals,
            score_decimals: rule.score_decimals,
        }
    }

    /// How far a price is from the benchmark.
    pub fn deviation(&self, price: Money) -> Result<Deviation, ArithmeticError> {
        let difference = price.fraction().minus(self.benchmark)?;
        let exact = difference
            .over(self.benchmark)?
            .times(Fraction::integer(100))?;
        let (percent, shown, rounding) = match self.deviation_decimals {
            Some(decimals) => {
                let rounded = exact.round_half_up(decimals)?;
                (rounded.fraction(), rounded, Rounding::HalfUp(decimals))
            }
            None => {
                let shown = exact.round_half_up(DECIMALS_SHOWN)?;
                (exact, shown, Rounding::Shown(DECIMALS_SHOWN))
            }
        };
        Ok(Deviation {
            percent,
            shown,
            rounding,
        })
    }

    /// The points for a deviation.
    pub fn points(&self, deviation: Deviation) -> Result<Decimal, ArithmeticError> {
        let rate = if deviation.percent.sign() > 0 {
            self.up
        } else {
            self.down
        };
        let lost = deviation.percent.absolute()?.times(rate)?;
        self.full
            .minus(lost)?
            .max(self.floor)
            .round_half_up(self.score_decimals)
    }
}

/// The committee's score. There is at least one score, and three for [`Aggregate::DropExtremes`].
pub fn technical(rule: &TechnicalRule, scores: &[Decimal]) -> Result<Decimal, ArithmeticError> {
    let overflow = ArithmeticError::Overflow;
    let scale = scores.iter().map(|score| score.scale()).max().unwrap_or(0);
    let (mut sum, mut lowest, mut highest) = (0_i128, i128::MAX, i128::MIN);
    for score in scores {
        let units = i128::from(score.units_at(scale).ok_or(overflow)?);
        sum = sum.checked_add(units).ok_or(overflow)?;
        lowest = lowest.min(units);
        highest = highest.max(units);
    }
    let mut count = scores.len();
    if rule.aggregate == Aggregate::DropExtremes {
        sum = sum
            .checked_sub(lowest)
            .and_then(|rest| rest.checked_sub(highest))
            .ok_or(overflow)?;
        count = count.checked_sub(2).ok_or(overflow)?;
    }
    let ten = power_of_ten(scale).ok_or(overflow)?;
    let divisor = i128::try_from(count)
        .ok()
        .and_then(|count| count.checked_mul(ten))
        .ok_or(overflow)?;
    Fraction::new(sum, divisor)?.round_half_up(rule.decimals)
}

/// The points for a credit value.
pub fn credit(rule: &CreditRule, value: Decimal) -> Result<Decimal, ArithmeticError> {
    let full = rule.full.fraction();
    match rule.mode {
        CreditMode::Linear => {
            let counted = value.fraction().min(full);
            counted
                .times(rule.weight.fraction())?
                .over(full)?
                .round_half_up(rule.decimals)
        }
    }
}

/// The sum of rounded components, rounded.
pub fn total(
    price: Decimal,
    technical: Option<Decimal>,
    credit: Option<Decimal>,
) -> Result<Decimal, ArithmeticError> {
    let components = [Some(price), technical, credit];
    let mut sum = Fraction::hundredths(0);
    for component in components.into_iter().flatten() {
        // At one denominator a sum costs next to nothing.
        let exact = match component.units_at(TOTAL_DECIMALS) {
            Some(units) => Fraction::hundredths(i128::from(units)),
            None => component.fraction(),
        };
        sum = sum.plus(exact)?;
    }
    sum.round_half_up(TOTAL_DECIMALS)
}
