//! Explanations as data: every number that decides, with the steps that led to it.
//!
//! A step names itself (`id`), the rule that it applies (`formula`), what went in, what came out, and how
//! it was rounded. Front ends translate ids and formulas; nothing here is prose. Numbers stay numbers
//! until they are written, so that ten thousand bids cost no text work unless somebody reads it.

use std::collections::BTreeMap;

use serde::{Serialize, Serializer};

use crate::decimal::{Decimal, Money};
use crate::fraction::Fraction;

/// The digits shown of a number that goes on for longer.
pub const DECIMALS_SHOWN: u8 = 6;

/// One step of a calculation.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Step {
    /// Which number this is: `benchmark/A`, `bid/b1/price_score`. Unique within one explanation.
    pub id: String,
    /// Which rule made it; the modules that own the rules document each formula id.
    pub formula: &'static str,
    /// What went in, by name.
    pub inputs: BTreeMap<&'static str, Value>,
    /// What came out.
    pub value: Value,
    /// How the value was rounded.
    pub rounding: Rounding,
}

/// A number or text of a step. Written as a string, a list of strings, or null.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Value {
    /// A decimal as given or as rounded.
    Decimal(Decimal),
    /// An exact number; written exactly if that takes at most [`DECIMALS_SHOWN`] decimals, otherwise so many.
    Exact(Fraction),
    /// An amount.
    Money(Money),
    /// A list of amounts.
    Prices(Vec<Money>),
    /// A list of scores.
    Decimals(Vec<Decimal>),
    /// A list of exact numbers, each written like one.
    Exacts(Vec<Fraction>),
    /// A count, a rank or an index.
    Count(u64),
    /// A name.
    Name(String),
    /// Several names.
    Names(Vec<String>),
    /// Nothing: there is no winner, no rank.
    None,
}

/// How a step's value relates to the exact result of its formula.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Rounding {
    /// It is the exact result; written `exact`.
    Exact,
    /// It is the result rounded half away from zero to so many decimals, and calculation goes on with the
    /// rounded value; written `half-up:2`.
    HalfUp(u8),
    /// Calculation goes on with the exact result; only its display is cut to so many decimals; written `shown:6`.
    Shown(u8),
}

impl Step {
    /// A step whose value is not rounded before it is used further.
    pub fn exact(
        id: impl Into<String>,
        formula: &'static str,
        inputs: Inputs,
        value: impl Into<Value>,
    ) -> Step {
        let value = value.into();
        let rounding = match &value {
            Value::Exact(exact) if exact.exact_decimal(DECIMALS_SHOWN).is_none() => {
                Rounding::Shown(DECIMALS_SHOWN)
            }
            _ => Rounding::Exact,
        };
        Step {
            id: id.into(),
            formula,
            inputs: inputs.0,
            value,
            rounding,
        }
    }

    /// A step whose value is used as it stands, which is rounded to `decimals` if the rule rounds it.
    pub(crate) fn rounded_if(
        id: impl Into<String>,
        formula: &'static str,
        inputs: Inputs,
        value: Fraction,
        decimals: Option<u8>,
    ) -> Step {
        match decimals.and_then(|decimals| value.round_half_up(decimals).ok()) {
            Some(rounded) => Step::rounded(id, formula, inputs, rounded),
            None => Step::exact(id, formula, inputs, value),
        }
    }

    /// A step whose value was rounded half up to its own number of decimals.
    pub fn rounded(
        id: impl Into<String>,
        formula: &'static str,
        inputs: Inputs,
        value: Decimal,
    ) -> Step {
        let rounding = Rounding::HalfUp(value.scale());
        Step {
            id: id.into(),
            formula,
            inputs: inputs.0,
            value: Value::Decimal(value),
            rounding,
        }
    }
}

/// A formula id with the names of its inputs, so that tests can demand that each is translated and can be
/// computed again.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct FormulaSpec {
    /// The id: `price-score.above`.
    pub id: &'static str,
    /// The inputs that every step with this formula has.
    pub inputs: &'static [&'static str],
    /// The inputs that it may have besides.
    pub optional: &'static [&'static str],
}

impl FormulaSpec {
    /// A formula with these inputs.
    pub const fn new(id: &'static str, inputs: &'static [&'static str]) -> FormulaSpec {
        FormulaSpec {
            id,
            inputs,
            optional: &[],
        }
    }

    /// The same with inputs that may be absent.
    #[must_use]
    pub const fn or_absent(self, optional: &'static [&'static str]) -> FormulaSpec {
        FormulaSpec { optional, ..self }
    }
}

/// Every formula that a step of an evaluation can name.
pub fn formulas() -> impl Iterator<Item = &'static FormulaSpec> {
    crate::draw::FORMULAS
        .iter()
        .chain(crate::shortlist::FORMULAS)
        .chain(crate::benchmark::formula_specs())
        .chain(crate::score::formulas())
        .chain(crate::result::formulas())
}

/// Where a calculation writes its steps, or does not: a simulation of many draws needs no explanation.
#[derive(Clone, Debug)]
pub struct Trace {
    steps: Option<Vec<Step>>,
}

impl Trace {
    /// Keeps the steps.
    pub fn kept() -> Trace {
        Trace {
            steps: Some(Vec::new()),
        }
    }

    /// Keeps nothing and costs nothing.
    pub fn dropped() -> Trace {
        Trace { steps: None }
    }

    /// One more step; `make` runs only if it is kept.
    pub fn step(&mut self, make: impl FnOnce() -> Step) {
        if let Some(steps) = &mut self.steps {
            steps.push(make());
        }
    }

    /// The inputs of a step that somebody else will write; none if steps are not kept.
    pub fn inputs(&self, make: impl FnOnce() -> Inputs) -> Inputs {
        match self.steps {
            Some(_) => make(),
            None => Inputs::default(),
        }
    }

    /// What was kept.
    pub fn into_steps(self) -> Vec<Step> {
        self.steps.unwrap_or_default()
    }
}

/// Builds the inputs of a step.
#[derive(Clone, Debug, Default)]
pub struct Inputs(BTreeMap<&'static str, Value>);

impl Inputs {
    /// No inputs yet.
    pub fn new() -> Inputs {
        Inputs::default()
    }

    /// One more input, if there is one.
    #[must_use]
    pub fn with_some(self, name: &'static str, value: Option<impl Into<Value>>) -> Inputs {
        match value {
            Some(value) => self.with(name, value),
            None => self,
        }
    }

    /// One more input.
    #[must_use]
    pub fn with(mut self, name: &'static str, value: impl Into<Value>) -> Inputs {
        self.0.insert(name, value.into());
        self
    }
}

impl From<Decimal> for Value {
    fn from(value: Decimal) -> Value {
        Value::Decimal(value)
    }
}

impl From<Fraction> for Value {
    fn from(value: Fraction) -> Value {
        Value::Exact(value)
    }
}

impl From<Money> for Value {
    fn from(value: Money) -> Value {
        Value::Money(value)
    }
}

impl From<&[Money]> for Value {
    fn from(value: &[Money]) -> Value {
        Value::Prices(value.to_vec())
    }
}

impl From<&[Decimal]> for Value {
    fn from(value: &[Decimal]) -> Value {
        Value::Decimals(value.to_vec())
    }
}

impl From<Vec<Fraction>> for Value {
    fn from(value: Vec<Fraction>) -> Value {
        Value::Exacts(value)
    }
}

impl From<Vec<String>> for Value {
    fn from(value: Vec<String>) -> Value {
        Value::Names(value)
    }
}

impl From<u32> for Value {
    fn from(value: u32) -> Value {
        Value::Count(u64::from(value))
    }
}

impl From<u64> for Value {
    fn from(value: u64) -> Value {
        Value::Count(value)
    }
}

/// A count of things in memory.
impl From<usize> for Value {
    fn from(value: usize) -> Value {
        Value::Count(u64::try_from(value).unwrap_or(u64::MAX))
    }
}

impl From<&str> for Value {
    fn from(value: &str) -> Value {
        Value::Name(value.to_owned())
    }
}

impl Serialize for Value {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Value::Decimal(value) => value.serialize(serializer),
            Value::Exact(value) => serializer.serialize_str(&show(*value)),
            Value::Money(value) => value.serialize(serializer),
            Value::Prices(values) => values.serialize(serializer),
            Value::Decimals(values) => values.serialize(serializer),
            Value::Exacts(values) => serializer.collect_seq(values.iter().map(|one| show(*one))),
            Value::Count(value) => serializer.collect_str(value),
            Value::Name(value) => serializer.serialize_str(value),
            Value::Names(values) => values.serialize(serializer),
            Value::None => serializer.serialize_none(),
        }
    }
}

impl Serialize for Rounding {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Rounding::Exact => serializer.serialize_str("exact"),
            Rounding::HalfUp(decimals) => {
                serializer.collect_str(&format_args!("half-up:{decimals}"))
            }
            Rounding::Shown(decimals) => serializer.collect_str(&format_args!("shown:{decimals}")),
        }
    }
}

/// The shortest exact decimal of at most [`DECIMALS_SHOWN`] digits behind the point, but two at least as
/// amounts have them. A longer number is shown rounded half up, a very large one with fewer decimals.
fn show(value: Fraction) -> String {
    let exact = (2..=DECIMALS_SHOWN).find_map(|decimals| value.exact_decimal(decimals));
    let rounded = || {
        (0..=DECIMALS_SHOWN)
            .rev()
            .find_map(|decimals| value.round_half_up(decimals).ok())
    };
    exact.or_else(rounded).map_or_else(
        || "too large to show".to_owned(),
        |decimal| decimal.to_string(),
    )
}
