//! Parameters of methods: what a method declares, what a case or rule set gives, and whether the two fit.

use std::collections::BTreeMap;
use std::fmt;

use serde::{Deserialize, Deserializer, Serialize, Serializer, de};

use crate::decimal::Decimal;
use crate::error::{EvaluationError, Problem, pointer_segment};
use crate::fraction::Fraction;

use super::{Formula, Method};

/// The `benchmark` member of a case: a method with the values of its parameters.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct BenchmarkRule {
    /// Id of the method.
    pub method: String,
    /// What was drawn at the opening.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub drawn: BTreeMap<String, DrawnValue>,
    /// What the tender document announced.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub fixed: BTreeMap<String, Decimal>,
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
}

/// What a parameter may be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// A decimal: drawn from an announced grid, or announced itself.
    Decimal(Domain),
    /// An index into a list that the method makes from the prices; it has no grid.
    Index,
}

/// The values that make sense for a decimal parameter.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Domain {
    /// A factor.
    AboveZero,
    /// A share of a whole, both ends included.
    ZeroToOne,
    /// A share that something is reduced by, so that something is left.
    ZeroToBelowOne,
    /// A rate in percent.
    ZeroToHundred,
}

impl Parameter {
    /// A decimal parameter.
    pub const fn decimal(name: &'static str, domain: Domain) -> Parameter {
        Parameter {
            name,
            kind: Kind::Decimal(domain),
        }
    }

    /// An index parameter.
    pub const fn index(name: &'static str) -> Parameter {
        Parameter {
            name,
            kind: Kind::Index,
        }
    }

    /// Refuses a decimal that is impossible for this parameter.
    pub(crate) fn check(&self, value: Decimal, pointer: &str) -> Result<Decimal, EvaluationError> {
        let Kind::Decimal(domain) = self.kind else {
            return Err(Problem::ParameterKind {
                name: self.name,
                expected: "an index (a JSON integer)",
            }
            .at(pointer));
        };
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

impl Domain {
    /// Whether the value makes sense.
    pub fn contains(self, value: Fraction) -> bool {
        match self {
            Domain::AboveZero => value > Fraction::ZERO,
            Domain::ZeroToOne => value >= Fraction::ZERO && value <= Fraction::ONE,
            Domain::ZeroToBelowOne => value >= Fraction::ZERO && value < Fraction::ONE,
            Domain::ZeroToHundred => value >= Fraction::ZERO && value <= Fraction::integer(100),
        }
    }

    fn describe(self) -> &'static str {
        match self {
            Domain::AboveZero => "above 0",
            Domain::ZeroToOne => "from 0 to 1",
            Domain::ZeroToBelowOne => "from 0 to below 1",
            Domain::ZeroToHundred => "from 0 to 100",
        }
    }
}

/// A method's parameters, checked against its declaration: every decimal is there and makes sense, and
/// nothing else is. Indexes may be absent, because an empty list ignores its index.
#[derive(Clone, Debug)]
pub struct Values {
    method: &'static str,
    decimals: BTreeMap<&'static str, Decimal>,
    indexes: BTreeMap<&'static str, u64>,
}

impl Values {
    /// Checks what `rule` gives for `method`. Pointers are relative to the rule: `/drawn/K`.
    pub fn new(method: Method, rule: &BenchmarkRule) -> Result<Values, EvaluationError> {
        let formula = method.formula();
        let mut values = Values {
            method: formula.id(),
            decimals: BTreeMap::new(),
            indexes: BTreeMap::new(),
        };
        refuse_extra(formula, formula.drawn(), rule.drawn.keys(), "/drawn")?;
        refuse_extra(formula, formula.fixed(), rule.fixed.keys(), "/fixed")?;
        for parameter in formula.drawn() {
            values.take_drawn(parameter, rule.drawn.get(parameter.name).copied())?;
        }
        for parameter in formula.fixed() {
            let pointer = format!("/fixed/{}", parameter.name);
            let given = rule.fixed.get(parameter.name).copied();
            let given = given.ok_or_else(|| values.missing(parameter.name).at("/fixed"))?;
            values
                .decimals
                .insert(parameter.name, parameter.check(given, &pointer)?);
        }
        Ok(values)
    }

    /// The decimal parameter of this name.
    pub fn decimal(&self, name: &'static str) -> Result<Decimal, EvaluationError> {
        self.decimals
            .get(name)
            .copied()
            .ok_or_else(|| self.missing(name).at(""))
    }

    /// The index parameter of this name, which has to lie inside a list of `length`.
    pub fn index(&self, name: &'static str, length: usize) -> Result<usize, EvaluationError> {
        let index = *self
            .indexes
            .get(name)
            .ok_or_else(|| self.missing(name).at("/drawn"))?;
        let inside = usize::try_from(index)
            .ok()
            .filter(|inside| *inside < length);
        inside.ok_or_else(|| Problem::IndexOutOfList { index, length }.at(format!("/drawn/{name}")))
    }

    fn take_drawn(
        &mut self,
        parameter: &Parameter,
        given: Option<DrawnValue>,
    ) -> Result<(), EvaluationError> {
        let name = parameter.name;
        let pointer = format!("/drawn/{name}");
        match (parameter.kind, given) {
            (Kind::Decimal(_), Some(DrawnValue::Decimal(value))) => {
                self.decimals
                    .insert(name, parameter.check(value, &pointer)?);
            }
            (Kind::Index, Some(DrawnValue::Index(index))) => {
                self.indexes.insert(name, index);
            }
            (Kind::Index, None) => {}
            (Kind::Decimal(_), None) => return Err(self.missing(name).at("/drawn")),
            (Kind::Decimal(_), Some(_)) => {
                return Err(Problem::ParameterKind {
                    name,
                    expected: "a decimal string",
                }
                .at(pointer));
            }
            (Kind::Index, Some(_)) => {
                return Err(Problem::ParameterKind {
                    name,
                    expected: "an index (a JSON integer)",
                }
                .at(pointer));
            }
        }
        Ok(())
    }

    fn missing(&self, name: &'static str) -> Problem {
        Problem::ParameterMissing {
            method: self.method,
            name,
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
