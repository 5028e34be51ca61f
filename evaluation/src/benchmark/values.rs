//! A method's parameters with their values, checked against what the method declares.

use crate::decimal::Decimal;
use crate::error::{EvaluationError, Problem};

use super::parameter::TRIM_FROM;
use super::{
    BenchmarkRule, DrawnValue, FixedValue, Kind, Method, Parameter, Presence, refuse_extra,
};

/// A method's parameters, checked against its declaration: everything required is there and makes sense, and
/// nothing else is. Indexes may be absent, because an empty list ignores its index.
#[derive(Clone, Debug)]
pub struct Values {
    method: &'static str,
    /// A handful: searching a list is quicker than any map.
    held: Vec<(&'static str, Held)>,
}

#[derive(Clone, Copy, Debug)]
enum Held {
    Decimal(Decimal),
    Index(u64),
    Count(u32),
    Word(&'static str),
}

impl Values {
    /// Checks what `rule` gives for `method`. Pointers are relative to the rule: `/drawn/K`.
    pub fn new(method: Method, rule: &BenchmarkRule) -> Result<Values, EvaluationError> {
        let formula = method.formula();
        let mut values = Values {
            method: formula.id(),
            held: Vec::new(),
        };
        refuse_extra(formula, formula.drawn(), rule.drawn.keys(), "/drawn")?;
        refuse_extra(formula, formula.fixed(), rule.fixed.keys(), "/fixed")?;
        for parameter in formula.drawn() {
            values.take_drawn(parameter, rule.drawn.get(parameter.name).copied())?;
        }
        let has_trim_from = formula.fixed().iter().any(|known| known.name == TRIM_FROM);
        if rule.trim_from.is_some() && (!has_trim_from || rule.fixed.contains_key(TRIM_FROM)) {
            let problem = Problem::ParameterUnexpected {
                method: formula.id(),
                name: TRIM_FROM.to_owned(),
            };
            return Err(problem.at("/trim_from"));
        }
        for parameter in formula.fixed() {
            let beside = rule.trim_from.filter(|_| parameter.name == TRIM_FROM);
            match beside {
                Some(count) => values.take_count(parameter, count, "/trim_from")?,
                None => values.take_fixed(parameter, rule.fixed.get(parameter.name))?,
            }
        }
        formula.check(&values)?;
        Ok(values)
    }

    /// The decimal parameter of this name.
    pub fn decimal(&self, name: &'static str) -> Result<Decimal, EvaluationError> {
        self.optional_decimal(name)
            .ok_or_else(|| self.missing(name).at(""))
    }

    /// The decimal parameter of this name, if it is there.
    pub fn optional_decimal(&self, name: &'static str) -> Option<Decimal> {
        match self.get(name) {
            Some(Held::Decimal(value)) => Some(value),
            _ => None,
        }
    }

    /// The whole number of this name.
    pub fn count(&self, name: &'static str) -> Result<u32, EvaluationError> {
        self.optional_count(name)
            .ok_or_else(|| self.missing(name).at(""))
    }

    /// The whole number of this name, if it is there.
    pub fn optional_count(&self, name: &'static str) -> Option<u32> {
        match self.get(name) {
            Some(Held::Count(value)) => Some(value),
            _ => None,
        }
    }

    /// The whole number of this name, as a number of bids.
    pub fn bids(&self, name: &'static str) -> Result<usize, EvaluationError> {
        self.optional_bids(name)
            .ok_or_else(|| self.missing(name).at(""))
    }

    /// The whole number of this name, as a number of bids, if it is there.
    pub fn optional_bids(&self, name: &'static str) -> Option<usize> {
        let count = self.optional_count(name)?;
        Some(usize::try_from(count).unwrap_or(usize::MAX))
    }

    /// The chosen word of this name.
    pub fn word(&self, name: &'static str) -> Result<&'static str, EvaluationError> {
        match self.get(name) {
            Some(Held::Word(word)) => Ok(word),
            _ => Err(self.missing(name).at("")),
        }
    }

    /// The index parameter of this name, which has to lie inside a list of `length`.
    pub fn index(&self, name: &'static str, length: usize) -> Result<usize, EvaluationError> {
        let Some(Held::Index(index)) = self.get(name) else {
            return Err(self.missing(name).at("/drawn"));
        };
        let inside = usize::try_from(index)
            .ok()
            .filter(|inside| *inside < length);
        inside.ok_or_else(|| Problem::IndexOutOfList { index, length }.at(format!("/drawn/{name}")))
    }

    /// Gives a drawn decimal another value; for simulations, which draw often and check the grids once.
    pub fn set_decimal(&mut self, name: &'static str, value: Decimal) {
        self.set(name, Held::Decimal(value));
    }

    /// Gives a drawn index another value; for simulations.
    pub fn set_index(&mut self, name: &'static str, index: u64) {
        self.set(name, Held::Index(index));
    }

    fn get(&self, name: &'static str) -> Option<Held> {
        self.held
            .iter()
            .find(|(held, _)| *held == name)
            .map(|(_, value)| *value)
    }

    fn set(&mut self, name: &'static str, value: Held) {
        match self.held.iter_mut().find(|(held, _)| *held == name) {
            Some((_, held)) => *held = value,
            None => self.held.push((name, value)),
        }
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
                let value = parameter.check(value, &pointer)?;
                self.set(name, Held::Decimal(value));
            }
            (Kind::Index, Some(DrawnValue::Index(index))) => self.set(name, Held::Index(index)),
            (_, None) if parameter.presence == Presence::Optional => {}
            (_, None) => return Err(self.missing(name).at("/drawn")),
            (kind, Some(_)) => {
                let expected = kind.describe();
                return Err(Problem::ParameterKind { name, expected }.at(pointer));
            }
        }
        Ok(())
    }

    fn take_fixed(
        &mut self,
        parameter: &Parameter,
        given: Option<&FixedValue>,
    ) -> Result<(), EvaluationError> {
        let name = parameter.name;
        let standard;
        let given = match (given, parameter.presence) {
            (Some(given), _) => given,
            (None, Presence::Required) => return Err(self.missing(name).at("/fixed")),
            (None, Presence::Optional) => return Ok(()),
            (None, Presence::Default(text)) => {
                standard = FixedValue::read(text);
                &standard
            }
        };
        let pointer = format!("/fixed/{name}");
        let expected = parameter.kind.describe();
        let wrong_kind = || Problem::ParameterKind { name, expected }.at(pointer.as_str());
        match (parameter.kind, given) {
            (Kind::Decimal(_), FixedValue::Decimal(value)) => {
                let value = parameter.check(*value, &pointer)?;
                self.set(name, Held::Decimal(value));
            }
            (Kind::Count { .. }, FixedValue::Decimal(value)) => {
                let count = value
                    .units_at(0)
                    .and_then(|count| u32::try_from(count).ok());
                self.take_count(parameter, count.ok_or_else(wrong_kind)?, &pointer)?;
            }
            (Kind::Choice(words), FixedValue::Word(word)) => {
                let known = words.iter().find(|known| **known == word.as_str());
                let known = known.ok_or_else(|| {
                    Problem::ParameterWord {
                        name,
                        word: word.clone(),
                        known: words,
                    }
                    .at(pointer.as_str())
                })?;
                self.set(name, Held::Word(known));
            }
            _ => return Err(wrong_kind()),
        }
        Ok(())
    }

    fn take_count(
        &mut self,
        parameter: &Parameter,
        count: u32,
        pointer: &str,
    ) -> Result<(), EvaluationError> {
        if let Kind::Count { min, max } = parameter.kind
            && !(min..=max).contains(&count)
        {
            let problem = Problem::ParameterCount {
                name: parameter.name,
                count,
                min,
                max,
            };
            return Err(problem.at(pointer));
        }
        self.set(parameter.name, Held::Count(count));
        Ok(())
    }

    fn missing(&self, name: &'static str) -> Problem {
        Problem::ParameterMissing {
            method: self.method,
            name,
        }
    }
}
