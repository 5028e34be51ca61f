//! Parameters of methods: what a method declares, what a case or rule set gives, and whether the two fit.

use std::collections::BTreeMap;
use std::fmt;

use schemars::JsonSchema;
use serde::{Deserialize, Deserializer, Serialize, Serializer, de};

use crate::case::DECIMALS_MAX;
use crate::decimal::Decimal;
use crate::error::{EvaluationError, Problem, pointer_segment};
use crate::fraction::Fraction;

use super::Formula;

/// The `benchmark` member of a case: a method with the values of its parameters.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct BenchmarkRule {
    /// Id of the method.
    pub method: String,
    /// What was drawn at the opening.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub drawn: BTreeMap<String, DrawnValue>,
    /// What the tender document announced.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub fixed: BTreeMap<String, FixedValue>,
    /// The announced parameter `trim_from`, which may also stand here, as an integer.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub trim_from: Option<u32>,
}

/// The parameter that may stand beside the method instead of in `fixed`.
pub(crate) const TRIM_FROM: &str = "trim_from";

/// An announced value: a decimal, a count or a word, written as a string.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum FixedValue {
    /// A number, as it was written.
    Decimal(Decimal),
    /// Anything else.
    Word(String),
}

impl FixedValue {
    /// A number if the text is one, otherwise a word.
    pub fn read(text: &str) -> FixedValue {
        match text.parse() {
            Ok(value) => FixedValue::Decimal(value),
            Err(_) => FixedValue::Word(text.to_owned()),
        }
    }
}

impl From<Decimal> for FixedValue {
    fn from(value: Decimal) -> FixedValue {
        FixedValue::Decimal(value)
    }
}

impl fmt::Display for FixedValue {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            FixedValue::Decimal(value) => value.fmt(f),
            FixedValue::Word(word) => f.write_str(word),
        }
    }
}

impl Serialize for FixedValue {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for FixedValue {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Ok(FixedValue::read(&String::deserialize(deserializer)?))
    }
}

impl JsonSchema for FixedValue {
    fn schema_name() -> std::borrow::Cow<'static, str> {
        "FixedValue".into()
    }

    fn json_schema(generator: &mut schemars::SchemaGenerator) -> schemars::Schema {
        String::json_schema(generator)
    }
}

/// A drawn value: a decimal from a grid (a string), or an index into a list of prices (an integer).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DrawnValue {
    /// From a grid.
    Decimal(Decimal),
    /// From 0.
    Index(u64),
}

/// One parameter as its method declares it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Parameter {
    /// The name in documents; also the label of its stream in a draw.
    pub name: &'static str,
    /// What it may be.
    pub kind: Kind,
    /// Whether it may be absent.
    pub presence: Presence,
}

/// Whether a parameter may be absent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Presence {
    /// It has to be there.
    Required,
    /// It may be absent, and then plays no part.
    Optional,
    /// It may be absent, and is then this.
    Default(&'static str),
}

/// What a parameter may be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// A decimal: drawn from an announced grid, or announced itself.
    Decimal(Domain),
    /// An index into a list that the method makes from the prices; it has no grid.
    Index,
    /// A whole number.
    Count {
        /// The least.
        min: u32,
        /// The most.
        max: u32,
    },
    /// One of these words.
    Choice(&'static [&'static str]),
}

/// The values that make sense for a decimal parameter.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Domain {
    /// A factor: above 0, at most 10.
    Factor,
    /// A share of a whole, both ends included.
    ZeroToOne,
    /// A share that something is reduced by, so that something is left.
    ZeroToBelowOne,
    /// A rate in percent.
    ZeroToHundred,
}

impl Parameter {
    /// A decimal parameter that has to be there.
    pub const fn decimal(name: &'static str, domain: Domain) -> Parameter {
        Parameter::required(name, Kind::Decimal(domain))
    }

    /// An index parameter. It may be absent, because an empty list ignores its index.
    pub const fn index(name: &'static str) -> Parameter {
        Parameter::required(name, Kind::Index).or_absent()
    }

    /// A whole number from `min` to `max` that has to be there.
    pub const fn count(name: &'static str, min: u32, max: u32) -> Parameter {
        Parameter::required(name, Kind::Count { min, max })
    }

    /// One of some words.
    pub const fn choice(name: &'static str, words: &'static [&'static str]) -> Parameter {
        Parameter::required(name, Kind::Choice(words))
    }

    const fn required(name: &'static str, kind: Kind) -> Parameter {
        Parameter {
            name,
            kind,
            presence: Presence::Required,
        }
    }

    /// The same, but if it is absent it plays no part.
    #[must_use]
    pub const fn or_absent(self) -> Parameter {
        Parameter {
            presence: Presence::Optional,
            ..self
        }
    }

    /// The same, but if it is absent it is `value`, which has to be possible for it (a test holds that).
    #[must_use]
    pub const fn or(self, value: &'static str) -> Parameter {
        Parameter {
            presence: Presence::Default(value),
            ..self
        }
    }

    /// Refuses a decimal that is impossible for this parameter.
    pub(crate) fn check(&self, value: Decimal, pointer: &str) -> Result<Decimal, EvaluationError> {
        let Kind::Decimal(domain) = self.kind else {
            return Err(Problem::ParameterKind {
                name: self.name,
                expected: self.kind.describe(),
            }
            .at(pointer));
        };
        if value.scale() > DECIMALS_MAX {
            return Err(Problem::DecimalsTooMany { max: DECIMALS_MAX }.at(pointer));
        }
        if domain.contains(value.fraction()) {
            return Ok(value);
        }
        let expected = domain.describe();
        Err(Problem::ParameterOutOfRange {
            name: self.name,
            value: value.to_string(),
            expected,
        }
        .at(pointer))
    }
}

impl Kind {
    /// What it is, for messages.
    pub(super) fn describe(self) -> &'static str {
        match self {
            Kind::Decimal(_) => "a decimal string",
            Kind::Index => "an index (a JSON integer)",
            Kind::Count { .. } => "a whole number in a string",
            Kind::Choice(_) => "a word",
        }
    }
}

impl Domain {
    /// Whether the value makes sense.
    pub fn contains(self, value: Fraction) -> bool {
        match self {
            Domain::Factor => value > Fraction::ZERO && value <= Fraction::integer(10),
            Domain::ZeroToOne => value >= Fraction::ZERO && value <= Fraction::ONE,
            Domain::ZeroToBelowOne => value >= Fraction::ZERO && value < Fraction::ONE,
            Domain::ZeroToHundred => value >= Fraction::ZERO && value <= Fraction::integer(100),
        }
    }

    fn describe(self) -> &'static str {
        match self {
            Domain::Factor => "above 0 and at most 10",
            Domain::ZeroToOne => "from 0 to 1",
            Domain::ZeroToBelowOne => "from 0 to below 1",
            Domain::ZeroToHundred => "from 0 to 100",
        }
    }
}

/// Refuses names that `declared` does not have.
pub(crate) fn refuse_extra<'a>(
    formula: &dyn Formula,
    declared: &[Parameter],
    given: impl Iterator<Item = &'a String>,
    pointer: &str,
) -> Result<(), EvaluationError> {
    for name in given {
        if !declared
            .iter()
            .any(|parameter| parameter.name == name.as_str())
        {
            let problem = Problem::ParameterUnexpected {
                method: formula.id(),
                name: name.clone(),
            };
            return Err(problem.at(format!("{pointer}/{}", pointer_segment(name))));
        }
    }
    Ok(())
}

impl Serialize for DrawnValue {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            DrawnValue::Decimal(value) => value.serialize(serializer),
            DrawnValue::Index(index) => serializer.serialize_u64(*index),
        }
    }
}

impl JsonSchema for DrawnValue {
    fn schema_name() -> std::borrow::Cow<'static, str> {
        "DrawnValue".into()
    }

    fn json_schema(generator: &mut schemars::SchemaGenerator) -> schemars::Schema {
        let (decimal, index) = (Decimal::json_schema(generator), u64::json_schema(generator));
        schemars::json_schema!({ "anyOf": [decimal, index] })
    }
}

impl<'de> Deserialize<'de> for DrawnValue {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct StringOrInteger;

        impl de::Visitor<'_> for StringOrInteger {
            type Value = DrawnValue;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a decimal string such as \"0.97\", or an index from 0")
            }

            fn visit_str<E: de::Error>(self, text: &str) -> Result<DrawnValue, E> {
                text.parse().map(DrawnValue::Decimal).map_err(E::custom)
            }

            fn visit_u64<E: de::Error>(self, index: u64) -> Result<DrawnValue, E> {
                Ok(DrawnValue::Index(index))
            }
        }

        deserializer.deserialize_any(StringOrInteger)
    }
}
