//! Probabilities: exact fractions of any size, zero or more.
//!
//! A chance is a sum of many small fractions whose denominators are lengths of lists that depend on prices.
//! Their common denominator outgrows 128 bits soon, so that [`crate::fraction::Fraction`] does not do here.

use std::cmp::Ordering;

use num_bigint::BigUint;
use serde::ser::SerializeMap;
use serde::{Serialize, Serializer};

/// Decimals of a probability in a report.
pub const PROBABILITY_DECIMALS: u8 = 6;
/// A fraction of more characters than this is reported as a decimal only.
const FRACTION_CHARACTERS_MAX: usize = 40;
/// 1.96 in hundredths: how many standard errors lie on either side of a 95 % interval.
const NORMAL_95_HUNDREDTHS: u32 = 196;

/// An exact number, zero or more.
#[derive(Clone, Debug)]
pub struct Ratio {
    numerator: BigUint,
    /// Above zero.
    denominator: BigUint,
}

impl Ratio {
    /// Zero.
    pub fn zero() -> Ratio {
        Ratio::of(0, 1)
    }

    /// One.
    pub fn one() -> Ratio {
        Ratio::of(1, 1)
    }

    /// `numerator / denominator`; a denominator of zero is taken as one.
    pub fn of(numerator: u64, denominator: u64) -> Ratio {
        Ratio::big(BigUint::from(numerator), BigUint::from(denominator.max(1)))
    }

    fn big(numerator: BigUint, denominator: BigUint) -> Ratio {
        Ratio {
            numerator,
            denominator,
        }
    }

    /// Whether it is zero.
    pub fn is_zero(&self) -> bool {
        self.numerator == BigUint::ZERO
    }

    /// The sum.
    #[must_use]
    #[expect(
        clippy::arithmetic_side_effects,
        reason = "numbers of any size cannot overflow"
    )]
    pub fn plus(&self, other: &Ratio) -> Ratio {
        if self.denominator == other.denominator {
            let sum = &self.numerator + &other.numerator;
            return Ratio::big(sum, self.denominator.clone());
        }
        if self.is_zero() {
            return other.clone();
        }
        if other.is_zero() {
            return self.clone();
        }
        Ratio::big(
            &self.numerator * &other.denominator + &other.numerator * &self.denominator,
            &self.denominator * &other.denominator,
        )
        .reduced()
    }

    /// The product.
    #[must_use]
    #[expect(
        clippy::arithmetic_side_effects,
        reason = "numbers of any size cannot overflow"
    )]
    pub fn times(&self, other: &Ratio) -> Ratio {
        Ratio::big(
            &self.numerator * &other.numerator,
            &self.denominator * &other.denominator,
        )
    }

    /// Divided by a count; a count of zero is taken as one.
    #[must_use]
    pub fn over(&self, count: u64) -> Ratio {
        self.times(&Ratio::of(1, count))
    }

    /// The quotient; nothing divided by zero is zero.
    #[must_use]
    pub fn quotient(&self, other: &Ratio) -> Ratio {
        if other.is_zero() {
            return Ratio::zero();
        }
        self.times(&Ratio::big(
            other.denominator.clone(),
            other.numerator.clone(),
        ))
    }

    /// How far apart two numbers are.
    #[must_use]
    #[expect(
        clippy::arithmetic_side_effects,
        reason = "the smaller is taken from the larger; numbers of any size cannot overflow"
    )]
    pub fn distance(&self, other: &Ratio) -> Ratio {
        let left = &self.numerator * &other.denominator;
        let right = &other.numerator * &self.denominator;
        let denominator = &self.denominator * &other.denominator;
        let apart = if left >= right {
            left - right
        } else {
            right - left
        };
        Ratio::big(apart, denominator)
    }

    /// With the smallest denominator that there is.
    #[must_use]
    #[expect(
        clippy::arithmetic_side_effects,
        reason = "a greatest common divisor is above zero"
    )]
    pub fn reduced(&self) -> Ratio {
        let (mut larger, mut smaller) = (self.denominator.clone(), self.numerator.clone());
        while smaller != BigUint::ZERO {
            let rest = &larger % &smaller;
            larger = smaller;
            smaller = rest;
        }
        Ratio::big(&self.numerator / &larger, &self.denominator / &larger)
    }

    /// Rounded half up to `decimals`, in units of the last decimal.
    #[expect(
        clippy::arithmetic_side_effects,
        reason = "the denominator is above zero; numbers of any size cannot overflow"
    )]
    fn units(&self, decimals: u8) -> BigUint {
        let twice = BigUint::from(2_u8);
        let scaled = &self.numerator * ten_to(decimals);
        (scaled * &twice + &self.denominator) / (&self.denominator * twice)
    }

    /// Rounded half up to a whole number; too large ones are `u64::MAX`.
    pub fn rounded(&self) -> u64 {
        u64::try_from(self.units(0)).unwrap_or(u64::MAX)
    }

    /// As a decimal, rounded half up.
    pub fn decimal(&self, decimals: u8) -> String {
        let width = usize::from(decimals);
        let text = format!(
            "{:0>width$}",
            self.units(decimals),
            width = width.saturating_add(1)
        );
        match text.split_at_checked(text.len().saturating_sub(width)) {
            Some((whole, behind)) if width > 0 => format!("{whole}.{behind}"),
            _ => text,
        }
    }

    /// As a percentage, rounded half up.
    pub fn percent(&self, decimals: u8) -> String {
        self.times(&Ratio::of(100, 1)).decimal(decimals)
    }

    /// `3/35`, if that is not too long to be read.
    pub fn fraction(&self) -> Option<String> {
        let reduced = self.reduced();
        let text = format!("{}/{}", reduced.numerator, reduced.denominator);
        (text.len() <= FRACTION_CHARACTERS_MAX).then_some(text)
    }

    /// Half the width of the 95 % interval around a share that was found in `draws` independent draws, by
    /// Agresti and Coull: 1.96 √(p (1 − p) / (n + 4)) with p = (share × n + 2) / (n + 4). It is not zero where
    /// the share is, because what was not seen can still happen.
    #[must_use]
    #[expect(
        clippy::arithmetic_side_effects,
        reason = "a share is at most one; numbers of any size cannot overflow"
    )]
    pub fn half_width(&self, draws: u64) -> Ratio {
        let all = Ratio::of(draws.saturating_add(4), 1);
        let seen = self.times(&Ratio::of(draws, 1)).plus(&Ratio::of(2, 1));
        let share = seen.quotient(&all).reduced();
        let rest = Ratio::one().distance(&share);
        share.times(&rest).quotient(&all).root().times(&Ratio::big(
            BigUint::from(NORMAL_95_HUNDREDTHS),
            BigUint::from(1_u8) * BigUint::from(100_u8),
        ))
    }

    /// The square root, cut off behind the twelfth decimal.
    #[must_use]
    #[expect(
        clippy::arithmetic_side_effects,
        reason = "the denominator is above zero; numbers of any size cannot overflow"
    )]
    pub fn root(&self) -> Ratio {
        let scaled = &self.numerator * ten_to(24) / &self.denominator;
        Ratio::big(scaled.sqrt(), ten_to(12))
    }

    /// 1.96 standard errors of the mean of `values`.
    pub fn standard_errors(values: &[Ratio]) -> Ratio {
        let count = u64::try_from(values.len()).unwrap_or(u64::MAX);
        let mean = Ratio::sum(values).over(count);
        let squares = values.iter().map(|value| {
            let apart = value.distance(&mean);
            apart.times(&apart).reduced()
        });
        let variance = Ratio::sum(&squares.collect::<Vec<_>>()).over(count.saturating_sub(1));
        variance
            .over(count)
            .root()
            .times(&Ratio::of(u64::from(NORMAL_95_HUNDREDTHS), 100))
    }

    /// The sum of all.
    pub fn sum<'a>(values: impl IntoIterator<Item = &'a Ratio>) -> Ratio {
        values
            .into_iter()
            .fold(Ratio::zero(), |sum, value| sum.plus(value))
    }
}

fn ten_to(exponent: u8) -> BigUint {
    BigUint::from(10_u8).pow(u32::from(exponent))
}

impl Ord for Ratio {
    #[expect(
        clippy::arithmetic_side_effects,
        reason = "numbers of any size cannot overflow"
    )]
    fn cmp(&self, other: &Ratio) -> Ordering {
        let left = &self.numerator * &other.denominator;
        left.cmp(&(&other.numerator * &self.denominator))
    }
}

impl PartialOrd for Ratio {
    fn partial_cmp(&self, other: &Ratio) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl PartialEq for Ratio {
    fn eq(&self, other: &Ratio) -> bool {
        self.cmp(other) == Ordering::Equal
    }
}

impl Eq for Ratio {}

/// `{"value": "0.085714", "fraction": "3/35"}`: the decimal is rounded half up; the fraction is exact, and
/// absent where it would be long.
impl Serialize for Ratio {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(None)?;
        map.serialize_entry("value", &self.decimal(PROBABILITY_DECIMALS))?;
        if let Some(fraction) = self.fraction() {
            map.serialize_entry("fraction", &fraction)?;
        }
        map.end()
    }
}
