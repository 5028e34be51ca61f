//! Decimal numbers as they stand in documents, and amounts of money.
//!
//! Prices, factors and scores travel as decimal strings, never as JSON numbers, so that no reader can
//! turn them into floats.

use std::fmt;
use std::num::NonZeroU8;
use std::str::FromStr;

use serde::{Deserialize, Deserializer, Serialize, Serializer, de};

use crate::fraction::Fraction;

/// The most digits that a decimal string may have, before and behind the point together.
pub const DIGITS_MAX: usize = 18;

/// The most digits behind the point of an amount of money.
pub const MONEY_DECIMALS: u8 = 2;

/// Why a text is no decimal number that this crate takes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum DecimalError {
    /// Not of the form `-?(0|[1-9][0-9]*)(\.[0-9]+)?`, or a minus sign before zero.
    #[error(
        "not a decimal number; write it like \"0.97\" or \"-3\", without sign +, exponent, spaces or needless zeros in front"
    )]
    Malformed,
    /// More than [`DIGITS_MAX`] digits.
    #[error("a decimal number has at most 18 digits")]
    TooLong,
    /// An amount of money with more than [`MONEY_DECIMALS`] digits behind the point.
    #[error("an amount of money has at most 2 decimals")]
    TooPrecise,
}

/// 10 to the power of its index; 10^38 is the largest that fits.
const POWERS_OF_TEN: [i128; 39] = {
    let mut powers = [1; 39];
    let mut rest: &mut [i128] = &mut powers;
    let mut power: i128 = 1;
    while let [slot, behind @ ..] = rest {
        *slot = power;
        power = power.saturating_mul(10);
        rest = behind;
    }
    powers
};

/// 10 to the power of `exponent`, if it fits.
pub(crate) fn power_of_ten(exponent: u8) -> Option<i128> {
    POWERS_OF_TEN.get(usize::from(exponent)).copied()
}

/// A decimal number that remembers how many digits behind the point it was written with: `0.960` prints
/// as `0.960`. A decimal that is read has at most [`DIGITS_MAX`] digits; a calculated one may have more (the
/// deviation of 10^13 from 0.01, with six decimals, has 23). Equality is equality of the text; compare values
/// through [`Decimal::fraction`].
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct Decimal {
    /// As bytes, which need no alignment: a result holds many decimals per bid, and its memory is what its
    /// speed depends on.
    units: [u8; 16],
    /// The scale plus one, so that an absent decimal takes no space either.
    scale_plus_one: NonZeroU8,
}

impl Decimal {
    /// `units × 10^-scale`. `scale` is at most 38; a larger one is taken as 38.
    pub fn from_units(units: impl Into<i128>, scale: u8) -> Decimal {
        let scale_plus_one = NonZeroU8::MIN.saturating_add(scale.min(38));
        Decimal {
            units: units.into().to_ne_bytes(),
            scale_plus_one,
        }
    }

    /// The number without its point: 960 for `0.960`.
    pub fn units(self) -> i128 {
        i128::from_ne_bytes(self.units)
    }

    /// The digits behind the point: 3 for `0.960`.
    pub fn scale(self) -> u8 {
        self.scale_plus_one.get().saturating_sub(1)
    }

    /// The exact value.
    pub fn fraction(self) -> Fraction {
        power_of_ten(self.scale())
            .and_then(|ten| Fraction::new(self.units(), ten).ok())
            .unwrap_or(Fraction::ZERO)
    }

    /// The same value without needless zeros at the end.
    #[must_use]
    pub(crate) fn shortest(self) -> Decimal {
        let shorter = |scale| {
            let units = self.units_at(scale)?;
            Some(Decimal::from_units(units, scale))
        };
        (0..self.scale()).find_map(shorter).unwrap_or(self)
    }

    /// The units at another scale, if the value can be written with that many digits.
    pub fn units_at(self, scale: u8) -> Option<i128> {
        let units = self.units();
        match scale.checked_sub(self.scale()) {
            Some(0) => Some(units),
            Some(more) => units.checked_mul(power_of_ten(more)?),
            None => {
                let factor = power_of_ten(self.scale().checked_sub(scale)?)?;
                match units.checked_rem(factor)? {
                    0 => units.checked_div(factor),
                    _ => None,
                }
            }
        }
    }
}

impl schemars::JsonSchema for Decimal {
    fn schema_name() -> std::borrow::Cow<'static, str> {
        "Decimal".into()
    }

    fn inline_schema() -> bool {
        true
    }

    fn json_schema(_: &mut schemars::SchemaGenerator) -> schemars::Schema {
        let pattern = "^-?(0|[1-9][0-9]*)(\\.[0-9]+)?$";
        schemars::json_schema!({ "type": "string", "pattern": pattern })
    }
}

impl FromStr for Decimal {
    type Err = DecimalError;

    fn from_str(text: &str) -> Result<Decimal, DecimalError> {
        let (negative, digits) = match text.strip_prefix('-') {
            Some(rest) => (true, rest),
            None => (false, text),
        };
        let (whole, behind) = match digits.split_once('.') {
            Some((_, "")) => return Err(DecimalError::Malformed),
            Some(parts) => parts,
            None => (digits, ""),
        };
        let only_digits = |part: &str| part.bytes().all(|byte| byte.is_ascii_digit());
        let needless_zero = whole.len() > 1 && whole.starts_with('0');
        if whole.is_empty() || needless_zero || !only_digits(whole) || !only_digits(behind) {
            return Err(DecimalError::Malformed);
        }
        if whole.len().saturating_add(behind.len()) > DIGITS_MAX {
            return Err(DecimalError::TooLong);
        }
        let mut units: i128 = 0;
        for byte in whole.bytes().chain(behind.bytes()) {
            let digit = i128::from(byte.saturating_sub(b'0'));
            units = units
                .checked_mul(10)
                .and_then(|value| value.checked_add(digit))
                .ok_or(DecimalError::TooLong)?;
        }
        if negative && units == 0 {
            return Err(DecimalError::Malformed);
        }
        let units = if negative {
            units.checked_neg().ok_or(DecimalError::TooLong)?
        } else {
            units
        };
        let scale = u8::try_from(behind.len()).map_err(|_| DecimalError::TooLong)?;
        Ok(Decimal::from_units(units, scale))
    }
}

impl fmt::Display for Decimal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let sign = if self.units() < 0 { "-" } else { "" };
        let units = self.units().unsigned_abs();
        let ten = power_of_ten(self.scale()).map_or(1, i128::unsigned_abs);
        let (whole, behind) = (
            units.checked_div(ten).unwrap_or(0),
            units.checked_rem(ten).unwrap_or(0),
        );
        match self.scale() {
            0 => write!(f, "{sign}{whole}"),
            scale => write!(
                f,
                "{sign}{whole}.{behind:0width$}",
                width = usize::from(scale)
            ),
        }
    }
}

impl fmt::Debug for Decimal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Decimal({self})")
    }
}

impl Serialize for Decimal {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Decimal {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_str(FromText("a decimal string such as \"0.97\"", str::parse))
    }
}

/// An amount of money in the smallest unit: fen for CNY, a hundredth of the unit for any other currency.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Money(i64);

impl Money {
    /// An amount in fen.
    pub const fn from_fen(fen: i64) -> Money {
        Money(fen)
    }

    /// The amount in fen.
    pub const fn fen(self) -> i64 {
        self.0
    }

    /// The amount as a decimal of whole units with two digits behind the point.
    pub fn decimal(self) -> Decimal {
        Decimal::from_units(self.0, MONEY_DECIMALS)
    }

    /// The exact amount in whole units (yuan).
    pub fn fraction(self) -> Fraction {
        Fraction::hundredths(i128::from(self.0))
    }
}

impl schemars::JsonSchema for Money {
    fn schema_name() -> std::borrow::Cow<'static, str> {
        "Money".into()
    }

    fn inline_schema() -> bool {
        true
    }

    fn json_schema(_: &mut schemars::SchemaGenerator) -> schemars::Schema {
        let pattern = "^(0|[1-9][0-9]*)(\\.[0-9]{1,2})?$";
        schemars::json_schema!({ "type": "string", "pattern": pattern })
    }
}

impl FromStr for Money {
    type Err = DecimalError;

    fn from_str(text: &str) -> Result<Money, DecimalError> {
        let decimal: Decimal = text.parse()?;
        if decimal.scale() > MONEY_DECIMALS {
            return Err(DecimalError::TooPrecise);
        }
        decimal
            .units_at(MONEY_DECIMALS)
            .and_then(|fen| i64::try_from(fen).ok())
            .map(Money)
            .ok_or(DecimalError::TooLong)
    }
}

impl fmt::Display for Money {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.decimal().fmt(f)
    }
}

impl Serialize for Money {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Money {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_str(FromText(
            "an amount of money such as \"9520000.00\"",
            str::parse,
        ))
    }
}

/// Reads a string and nothing else; says what it wanted otherwise.
struct FromText<T>(&'static str, fn(&str) -> Result<T, DecimalError>);

impl<T> de::Visitor<'_> for FromText<T> {
    type Value = T;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.0)
    }

    fn visit_str<E: de::Error>(self, text: &str) -> Result<T, E> {
        self.1(text).map_err(E::custom)
    }
}
