//! An explanation computed again, by somebody who has nothing but the explanation and a book of formulas.
//!
//! Each step names a formula and what went in. The formula gives the value again, exactly, and the step's own rounding
//! has to make of it what the step says. Then the result has to follow from the steps.

mod points;
mod prices;
mod result;

use std::collections::BTreeMap;

use serde_json::Value;

use crate::reference::number::{Number, parse, round, whole, write};

pub use result::follows;

/// How a formula computes its value from a step's inputs.
type Formula = fn(&Step) -> Computed;

/// What a formula comes to.
pub enum Computed {
    /// A number, before any rounding.
    Number(Number),
    /// Nothing: there is no such price.
    Nothing,
    /// A name.
    Name(String),
    /// It depends on all bids: [`follows`] looks at it.
    Later,
}

/// A step whose inputs are being read.
pub struct Step<'a> {
    /// The step as it stands in the explanation.
    pub given: &'a Value,
    /// What was computed before it.
    pub before: &'a Steps<'a>,
}

/// Exact values by step id, with the step as it stands.
#[derive(Default)]
pub struct Steps<'a>(BTreeMap<&'a str, (Option<Number>, &'a Value)>);

/// Whether the book has the formula.
pub fn knows(formula: &str) -> bool {
    find(formula).is_some()
}

fn find(formula: &str) -> Option<Formula> {
    let book = [prices::FORMULAS, points::FORMULAS, result::FORMULAS];
    let mut entries = book.into_iter().flatten();
    entries
        .find(|(id, _)| *id == formula)
        .map(|(_, compute)| *compute)
}

/// Computes every step again. Panics with the step that does not hold.
pub fn all(explanation: &Value) -> Steps<'_> {
    let mut steps = Steps::default();
    for given in explanation.as_array().unwrap() {
        let id = given["id"].as_str().unwrap();
        let formula = given["formula"].as_str().unwrap();
        assert!(knows(formula), "no formula {formula}: {given}");
        let compute = find(formula).unwrap();
        let step = Step {
            given,
            before: &steps,
        };
        let exact = match compute(&step) {
            Computed::Number(exact) => Some(settled(given, exact)),
            Computed::Nothing => {
                assert!(given["value"].is_null(), "{given}");
                None
            }
            Computed::Name(name) => {
                assert_eq!(given["value"], name, "{given}");
                None
            }
            Computed::Later => None,
        };
        let earlier = steps.0.insert(id, (exact, given));
        assert!(earlier.is_none(), "two steps have one id: {given}");
    }
    steps
}

/// The number that calculation goes on with, if the step shows it as its rounding says.
fn settled(given: &Value, exact: Number) -> Number {
    let text = given["value"]
        .as_str()
        .unwrap_or_else(|| panic!("no number: {given}"));
    let rounding = given["rounding"].as_str().unwrap();
    let decimals = |digits: &str| digits.parse::<usize>().unwrap();
    match rounding.split_once(':') {
        None if rounding == "exact" => {
            assert_eq!(parse(text), exact, "{given}");
            exact
        }
        Some(("half-up", digits)) => {
            assert_eq!(text, write(&exact, decimals(digits)), "{given}");
            round(&exact, decimals(digits))
        }
        Some(("shown", digits)) => {
            assert_eq!(text, write(&exact, decimals(digits)), "{given}");
            exact
        }
        _ => panic!("no such rounding: {given}"),
    }
}

impl<'a> Steps<'a> {
    /// The exact value of a step.
    pub fn number(&self, id: &str) -> Option<Number> {
        self.0.get(id).and_then(|(exact, _)| exact.clone())
    }

    /// A step as it stands.
    pub fn given(&self, id: &str) -> Option<&'a Value> {
        self.0.get(id).map(|(_, given)| *given)
    }

    /// A step's value as it is written.
    pub fn shown(&self, id: &str) -> Option<&'a str> {
        self.given(id)?["value"].as_str()
    }
}

impl Step<'_> {
    /// An input as it is written.
    pub fn text(&self, name: &str) -> &str {
        let input = &self.given["inputs"][name];
        input
            .as_str()
            .unwrap_or_else(|| panic!("no {name}: {}", self.given))
    }

    /// Whether there is such an input.
    pub fn has(&self, name: &str) -> bool {
        self.given["inputs"].get(name).is_some()
    }

    /// An input as a number. If an earlier step of its name has the same text, that step's exact value is meant.
    pub fn number(&self, name: &str) -> Number {
        let text = self.text(name);
        self.earlier(name, text).unwrap_or_else(|| parse(text))
    }

    /// The nearest earlier step of this name: beside this one, above it, in the benchmark.
    fn earlier(&self, name: &str, text: &str) -> Option<Number> {
        let own = self.given["id"].as_str().unwrap();
        let folders = own.match_indices('/').map(|(end, _)| &own[..end]).rev();
        let mut places: Vec<String> = folders.map(|folder| format!("{folder}/{name}")).collect();
        places.extend([
            format!("{own}/{name}"),
            format!("benchmark/{name}"),
            name.to_owned(),
        ]);
        let mut meant = places
            .iter()
            .filter(|id| self.before.shown(id) == Some(text));
        self.before.number(meant.next()?)
    }

    /// An input that is a list of numbers.
    pub fn numbers(&self, name: &str) -> Vec<Number> {
        self.texts(name).iter().map(|text| parse(text)).collect()
    }

    /// An input that is a list of words.
    pub fn texts(&self, name: &str) -> Vec<String> {
        let list = self.given["inputs"][name].as_array();
        let list = list.unwrap_or_else(|| panic!("no list {name}: {}", self.given));
        list.iter()
            .map(|text| text.as_str().unwrap().to_owned())
            .collect()
    }

    /// An input that counts.
    pub fn count(&self, name: &str) -> usize {
        let text = self.text(name);
        text.parse()
            .unwrap_or_else(|_| panic!("{name} is no count: {}", self.given))
    }

    /// The exact value of a step beside this one.
    pub fn beside(&self, name: &str) -> Option<Number> {
        let own = self.given["id"].as_str().unwrap();
        let folder = own.rsplit_once('/').map_or(own, |(folder, _)| folder);
        self.before.number(&format!("{folder}/{name}"))
    }

    /// A condition under which the formula applies.
    pub fn holds(&self, condition: bool) {
        assert!(condition, "the formula does not apply: {}", self.given);
    }
}

/// A count as a number.
fn counted(count: usize) -> Computed {
    Computed::Number(whole(i64::try_from(count).unwrap()))
}
