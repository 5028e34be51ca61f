//! The one exact number type of an award: a fraction of two `i128`, every operation checked.
//!
//! Products of several factors (`A × K1 × Q1 + B × K2 × Q2`) would round if they were kept as decimals.
//! Here nothing rounds until [`Fraction::round_half_up`] is called, which is where the rule says so
//! (rules.md section 1.13). An operation that does not fit even after cancelling refuses; nothing wraps.
//!
//! Fractions are not cancelled after every step, because a greatest common divisor costs far more than
//! the step itself; they are cancelled when a step would overflow otherwise.

use std::cmp::Ordering;

use crate::decimal::{Decimal, power_of_ten};

/// An exact number. Compared by value: `1/2 == 2/4`.
#[derive(Clone, Copy, Debug)]
pub struct Fraction {
    numerator: i128,
    /// Always above zero.
    denominator: i128,
}

/// A calculation that has no exact answer in this type.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ArithmeticError {
    /// The exact result needs more than 127 bits.
    #[error(
        "a number in the calculation is too large to be exact; use smaller amounts or fewer decimals"
    )]
    Overflow,
    /// Something was to be divided by zero.
    #[error("the calculation divides by zero")]
    DivisionByZero,
}

use ArithmeticError::{DivisionByZero, Overflow};

impl Fraction {
    /// Zero.
    pub const ZERO: Fraction = Fraction::integer(0);
    /// One.
    pub const ONE: Fraction = Fraction::integer(1);

    /// `numerator / denominator`.
    pub fn new(numerator: i128, denominator: i128) -> Result<Fraction, ArithmeticError> {
        match denominator.signum() {
            0 => Err(DivisionByZero),
            1 => Ok(Fraction {
                numerator,
                denominator,
            }),
            _ => Ok(Fraction {
                numerator: numerator.checked_neg().ok_or(Overflow)?,
                denominator: denominator.checked_neg().ok_or(Overflow)?,
            }),
        }
    }

    /// A whole number.
    pub const fn integer(value: i128) -> Fraction {
        Fraction {
            numerator: value,
            denominator: 1,
        }
    }

    /// So many hundredths: an amount in fen as whole units.
    pub const fn hundredths(value: i128) -> Fraction {
        Fraction {
            numerator: value,
            denominator: 100,
        }
    }

    /// The sum.
    pub fn plus(self, other: Fraction) -> Result<Fraction, ArithmeticError> {
        self.plus_plainly(other)
            .or_else(|| self.cancelled().plus_over_multiple(other.cancelled()))
            .ok_or(Overflow)
    }

    /// The difference.
    pub fn minus(self, other: Fraction) -> Result<Fraction, ArithmeticError> {
        self.plus(other.negated()?)
    }

    /// The product.
    pub fn times(self, other: Fraction) -> Result<Fraction, ArithmeticError> {
        self.times_plainly(other)
            .or_else(|| {
                // Cancelling crosswise leaves the smallest product there is.
                let left = Fraction {
                    numerator: self.numerator,
                    denominator: other.denominator,
                }
                .cancelled();
                let right = Fraction {
                    numerator: other.numerator,
                    denominator: self.denominator,
                }
                .cancelled();
                Fraction {
                    numerator: left.numerator,
                    denominator: right.denominator,
                }
                .times_plainly(Fraction {
                    numerator: right.numerator,
                    denominator: left.denominator,
                })
            })
            .ok_or(Overflow)
    }

    /// The quotient.
    pub fn over(self, other: Fraction) -> Result<Fraction, ArithmeticError> {
        self.times(Fraction::new(other.denominator, other.numerator)?)
    }

    /// The value without its sign.
    pub fn absolute(self) -> Result<Fraction, ArithmeticError> {
        if self.numerator < 0 {
            self.negated()
        } else {
            Ok(self)
        }
    }

    /// The value with the opposite sign.
    pub fn negated(self) -> Result<Fraction, ArithmeticError> {
        let numerator = self.numerator.checked_neg().ok_or(Overflow)?;
        Ok(Fraction { numerator, ..self })
    }

    /// -1, 0 or 1.
    pub fn sign(self) -> i8 {
        match self.numerator.cmp(&0) {
            Ordering::Less => -1,
            Ordering::Equal => 0,
            Ordering::Greater => 1,
        }
    }

    /// Rounded to `decimals` digits behind the point; a half goes away from zero ("half up", 四舍五入).
    pub fn round_half_up(self, decimals: u8) -> Result<Decimal, ArithmeticError> {
        let factor = Fraction::integer(power_of_ten(decimals).ok_or(Overflow)?);
        let Fraction {
            numerator,
            denominator,
        } = self.times(factor)?;
        let units = divide_half_up(numerator, denominator).ok_or(Overflow)?;
        Ok(Decimal::from_units(units, decimals))
    }

    /// The value as a decimal of at most `decimals` digits, if that is exact.
    pub fn exact_decimal(self, decimals: u8) -> Option<Decimal> {
        let rounded = self.round_half_up(decimals).ok()?;
        (rounded.fraction() == self).then_some(rounded)
    }

    fn plus_plainly(self, other: Fraction) -> Option<Fraction> {
        if self.denominator == other.denominator {
            let numerator = self.numerator.checked_add(other.numerator)?;
            return Some(Fraction { numerator, ..self });
        }
        let left = product(self.numerator, other.denominator)?;
        let right = product(other.numerator, self.denominator)?;
        let denominator = product(self.denominator, other.denominator)?;
        Some(Fraction {
            numerator: left.checked_add(right)?,
            denominator,
        })
    }

    fn plus_over_multiple(self, other: Fraction) -> Option<Fraction> {
        let shared = greatest_common_divisor(self.denominator, other.denominator);
        let other_factor = self.denominator.checked_div(shared)?;
        let self_factor = other.denominator.checked_div(shared)?;
        let left = product(self.numerator, self_factor)?;
        let right = product(other.numerator, other_factor)?;
        let denominator = product(self.denominator, self_factor)?;
        Some(Fraction {
            numerator: left.checked_add(right)?,
            denominator,
        })
    }

    fn times_plainly(self, other: Fraction) -> Option<Fraction> {
        let numerator = product(self.numerator, other.numerator)?;
        let denominator = product(self.denominator, other.denominator)?;
        Some(Fraction {
            numerator,
            denominator,
        })
    }

    fn cancelled(self) -> Fraction {
        let shared = greatest_common_divisor(self.numerator, self.denominator);
        match (
            self.numerator.checked_div(shared),
            self.denominator.checked_div(shared),
        ) {
            (Some(numerator), Some(denominator)) => Fraction {
                numerator,
                denominator,
            },
            _ => self,
        }
    }
}

impl Ord for Fraction {
    fn cmp(&self, other: &Fraction) -> Ordering {
        if self.denominator == other.denominator {
            return self.numerator.cmp(&other.numerator);
        }
        let left = product(self.numerator, other.denominator);
        let right = product(other.numerator, self.denominator);
        match (left, right) {
            (Some(left), Some(right)) => left.cmp(&right),
            _ => compare_by_continued_fraction(*self, *other),
        }
    }
}

impl PartialOrd for Fraction {
    fn partial_cmp(&self, other: &Fraction) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl PartialEq for Fraction {
    fn eq(&self, other: &Fraction) -> bool {
        self.cmp(other) == Ordering::Equal
    }
}

impl Eq for Fraction {}

/// Compares without any product, so that it can never overflow: whole parts first, then the reciprocals
/// of what is left.
fn compare_by_continued_fraction(left: Fraction, right: Fraction) -> Ordering {
    let (mut left, mut right) = (left, right);
    loop {
        let (left_whole, left_rest) = whole_and_rest(left);
        let (right_whole, right_rest) = whole_and_rest(right);
        if left_whole != right_whole {
            return left_whole.cmp(&right_whole);
        }
        if left_rest == 0 || right_rest == 0 {
            return left_rest.cmp(&right_rest);
        }
        // l < r exactly when 1/r < 1/l.
        (left, right) = (
            Fraction {
                numerator: right.denominator,
                denominator: right_rest,
            },
            Fraction {
                numerator: left.denominator,
                denominator: left_rest,
            },
        );
    }
}

/// The floor, and the numerator of what is above it. The denominator is above zero, so both exist.
fn whole_and_rest(value: Fraction) -> (i128, i128) {
    let whole = value
        .numerator
        .checked_div_euclid(value.denominator)
        .unwrap_or(0);
    let rest = value
        .numerator
        .checked_rem_euclid(value.denominator)
        .unwrap_or(0);
    (whole, rest)
}

/// The quotient rounded to a whole number, a half away from zero; none if it does not exist or does not fit.
/// `denominator` is above zero.
pub(crate) fn divide_half_up(numerator: i128, denominator: i128) -> Option<i128> {
    if let (Ok(numerator), Ok(denominator)) = (i64::try_from(numerator), i64::try_from(denominator))
    {
        // Nearly always; a division of 64 bits costs a fraction of one of 128.
        let whole = numerator.checked_div(denominator)?;
        let reached = whole.checked_mul(denominator)?;
        let rest = numerator.checked_sub(reached)?.unsigned_abs();
        let to_next = denominator.unsigned_abs().checked_sub(rest)?;
        let away = if rest >= to_next {
            numerator.signum()
        } else {
            0
        };
        return Some(i128::from(whole.checked_add(away)?));
    }
    let whole = numerator.checked_div(denominator)?;
    // The remainder from the quotient: a second division would cost as much as everything else.
    let reached = whole.checked_mul(denominator)?;
    let rest = numerator.checked_sub(reached)?.unsigned_abs();
    let to_next = denominator.unsigned_abs().checked_sub(rest)?;
    let away = if rest >= to_next {
        numerator.signum()
    } else {
        0
    };
    whole.checked_add(away)
}

/// At least 1. The divisor of a fraction's parts is never above its denominator, so it fits.
fn greatest_common_divisor(first: i128, second: i128) -> i128 {
    let (mut larger, mut smaller) = (first.unsigned_abs(), second.unsigned_abs());
    while let Some(rest) = larger.checked_rem(smaller) {
        (larger, smaller) = (smaller, rest);
    }
    i128::try_from(larger).unwrap_or(1).max(1)
}

/// The product, if it fits. Factors of 64 bits, which are nearly all, need no overflow check.
fn product(left: i128, right: i128) -> Option<i128> {
    match (i64::try_from(left), i64::try_from(right)) {
        (Ok(left), Ok(right)) => Some(i128::from(left).wrapping_mul(i128::from(right))),
        _ => left.checked_mul(right),
    }
}
