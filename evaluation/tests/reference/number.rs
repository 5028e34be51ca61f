//! Numbers of any size: what a pocket calculator with endless paper would do.

use num_bigint::BigInt;
use num_rational::BigRational;
use num_traits::{Pow, Signed, Zero};
use serde_json::Value;

/// A fraction of any size.
pub type Number = BigRational;

/// A whole number.
pub fn whole(value: i64) -> Number {
    Number::from_integer(value.into())
}

/// `numerator` / `denominator`.
pub fn ratio(numerator: i64, denominator: i64) -> Number {
    Number::new(numerator.into(), denominator.into())
}

/// Reads `-12.50` and, as amounts to add are sometimes written, `+12.50`.
pub fn parse(text: &str) -> Number {
    let digits = text.trim_start_matches('+');
    let (before, behind) = digits.split_once('.').unwrap_or((digits, ""));
    let units: BigInt = format!("{before}{behind}").parse().unwrap();
    Number::new(units, ten_to(behind.len()))
}

/// A decimal string of a case.
pub fn number(value: &Value) -> Number {
    parse(
        value
            .as_str()
            .unwrap_or_else(|| panic!("{value} is no decimal string")),
    )
}

/// The member `name`, or the number that `default` writes.
pub fn number_or(object: &Value, name: &str, default: &str) -> Number {
    object.get(name).map_or_else(|| parse(default), number)
}

/// A decimal string or a JSON integer.
pub fn count(value: &Value) -> usize {
    let given = value.as_u64().or_else(|| value.as_str()?.parse().ok());
    usize::try_from(given.unwrap_or_else(|| panic!("{value} is no count"))).unwrap()
}

fn ten_to(power: usize) -> BigInt {
    Pow::pow(BigInt::from(10), power)
}

/// The value as a whole number of its last decimals, half away from zero.
fn units(value: &Number, decimals: usize) -> BigInt {
    let scaled = value * Number::from_integer(ten_to(decimals));
    let away = (scaled.abs() + ratio(1, 2)).floor().to_integer();
    if scaled.is_negative() { -away } else { away }
}

/// Rounded half away from zero.
pub fn round(value: &Number, decimals: usize) -> Number {
    Number::new(units(value, decimals), ten_to(decimals))
}

/// Rounded half away from zero and written with exactly so many decimals.
pub fn write(value: &Number, decimals: usize) -> String {
    let units = units(value, decimals);
    let sign = if units.is_negative() { "-" } else { "" };
    let digits = format!("{:0>width$}", units.abs(), width = decimals + 1);
    let (before, behind) = digits.split_at(digits.len() - decimals);
    if decimals == 0 {
        format!("{sign}{before}")
    } else {
        format!("{sign}{before}.{behind}")
    }
}

/// Arithmetic mean.
pub fn mean(values: &[Number]) -> Number {
    let sum: Number = values.iter().sum();
    sum / Number::from_integer(values.len().into())
}

/// The least whole number that is not below the value.
pub fn up_to_whole(value: &Number) -> Number {
    value.ceil()
}

/// The greatest whole number that is not above a value of zero or more.
pub fn whole_part(value: &Number) -> usize {
    value.floor().to_integer().try_into().unwrap()
}

/// Zero.
pub fn zero() -> Number {
    Number::zero()
}
