//! From the announced candidates and the seed to a method with all its parameters.
//!
//! | formula id | meaning |
//! |---|---|
//! | `draw.below` | below(n) of the stream of this label |
//! | `draw.grid` | the grid's value at below(n) of the stream of this label |

use std::collections::BTreeMap;

use record::Digest;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::benchmark::{
    BenchmarkRule, DrawnValue, Formula, Kind, Method, Parameter, PriceSet, Values, refuse_extra,
};
use crate::decimal::Decimal;
use crate::error::{EvaluationError, Problem};
use crate::explain::{Inputs, Step};

use super::{DrawError, Grid, Stream};

/// One candidate as the tender document announces it: a method, a grid for each drawn decimal, and the
/// announced parameters.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct MethodSpec {
    /// Id of the method.
    pub method: String,
    /// Grids by parameter name.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub grids: BTreeMap<String, Grid>,
    /// Announced values by parameter name.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub fixed: BTreeMap<String, Decimal>,
}

/// What a draw gives.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Drawn {
    /// Which of the announced candidates was drawn, from 0.
    pub method_index: usize,
    /// The drawn method with drawn and announced values: ready for a case.
    pub rule: BenchmarkRule,
    /// What each stream was asked and what it gave.
    pub steps: Vec<Step>,
}

impl MethodSpec {
    /// Checks that all grids and announced values are there, none is extra, and none allows a value that
    /// is impossible for its parameter. Pointers are relative to this value: `/grids/K1`.
    pub fn validate(&self) -> Result<Method, EvaluationError> {
        let method = Method::from_id(&self.method)?;
        let formula = method.formula();
        let is_grid = |parameter: &&Parameter| matches!(parameter.kind, Kind::Decimal(_));
        let gridded: Vec<Parameter> = formula.drawn().iter().filter(is_grid).copied().collect();
        refuse_extra(formula, &gridded, self.grids.keys(), "/grids")?;
        refuse_extra(formula, formula.fixed(), self.fixed.keys(), "/fixed")?;
        for parameter in &gridded {
            let grid = self.grids.get(parameter.name);
            let grid = grid.ok_or_else(|| missing(formula, parameter).at("/grids"))?;
            parameter.check(grid.min(), &format!("/grids/{}/min", parameter.name))?;
            parameter.check(grid.max(), &format!("/grids/{}/max", parameter.name))?;
        }
        for parameter in formula.fixed() {
            let value = self.fixed.get(parameter.name);
            let value = value.ok_or_else(|| missing(formula, parameter).at("/fixed"))?;
            parameter.check(*value, &format!("/fixed/{}", parameter.name))?;
        }
        Ok(method)
    }
}

/// Draws one of the announced candidates (label `method`), then each of its drawn parameters from the
/// stream of its own name. `set` is the frozen benchmark set; the indexes of `jiangsu-5` depend on it. A
/// single candidate is drawn all the same, which moves nothing, since every label has its own stream.
pub fn draw_parameters(
    seed: &Digest,
    methods: &[MethodSpec],
    set: &PriceSet,
) -> Result<Drawn, EvaluationError> {
    for (index, spec) in methods.iter().enumerate() {
        spec.validate()
            .map_err(|error| error.under(&format!("/{index}")))?;
    }
    if methods.is_empty() {
        return Err(Problem::MethodsMissing.at(""));
    }
    let mut steps = Vec::new();
    let method_index = below(seed, "method", methods.len())?;
    let spec = methods
        .get(method_index)
        .ok_or_else(|| Problem::MethodsMissing.at(""))?;
    let inputs = drawn_inputs("method", methods.len()).with("index", method_index);
    steps.push(Step::exact(
        "draw/method",
        "draw.below",
        inputs,
        spec.method.as_str(),
    ));

    let method = Method::from_id(&spec.method)?;
    let mut rule = BenchmarkRule {
        method: spec.method.clone(),
        drawn: BTreeMap::new(),
        fixed: spec.fixed.clone(),
    };
    draw_from_grids(seed, spec, &mut rule, &mut steps)?;
    draw_indexes(seed, method, set, &mut rule, &mut steps)?;
    Ok(Drawn {
        method_index,
        rule,
        steps,
    })
}

/// The order among `n` bids that share a rank: position 0 comes first. The tied bids ascend by bidder id.
pub fn tie_order(seed: &Digest, rank: u32, n: usize) -> Result<Vec<usize>, DrawError> {
    Stream::new(seed, &format!("tie:{rank}")).sample(n, n)
}

fn draw_from_grids(
    seed: &Digest,
    spec: &MethodSpec,
    rule: &mut BenchmarkRule,
    steps: &mut Vec<Step>,
) -> Result<(), EvaluationError> {
    for (name, grid) in &spec.grids {
        let pointer = || format!("/grids/{name}");
        let index = Stream::new(seed, name)
            .below(grid.count())
            .map_err(|error| Problem::from(error).at(pointer()))?;
        let value = grid
            .value(index)
            .ok_or_else(|| Problem::from(super::GridError::TooLarge).at(pointer()))?;
        rule.drawn.insert(name.clone(), DrawnValue::Decimal(value));
        let inputs = Inputs::new()
            .with("label", name.as_str())
            .with("n", grid.count())
            .with("index", index)
            .with("min", grid.min())
            .with("max", grid.max())
            .with("step", grid.step());
        steps.push(Step::exact(
            format!("draw/{name}"),
            "draw.grid",
            inputs,
            value,
        ));
    }
    Ok(())
}

fn draw_indexes(
    seed: &Digest,
    method: Method,
    set: &PriceSet,
    rule: &mut BenchmarkRule,
    steps: &mut Vec<Step>,
) -> Result<(), EvaluationError> {
    let values = Values::new(method, rule)?;
    method
        .formula()
        .draw_indexes(set, &values, &mut |name, length| {
            let index = below(seed, name, length)?;
            let value = u64::try_from(index).unwrap_or(u64::MAX);
            rule.drawn.insert(name.to_owned(), DrawnValue::Index(value));
            steps.push(Step::exact(
                format!("draw/{name}"),
                "draw.below",
                drawn_inputs(name, length),
                value,
            ));
            Ok(index)
        })
}

fn below(seed: &Digest, label: &str, length: usize) -> Result<usize, EvaluationError> {
    let n = u64::try_from(length).unwrap_or(u64::MAX);
    let drawn = Stream::new(seed, label)
        .below(n)
        .map_err(|error| Problem::from(error).at(""))?;
    // Below `length`, which is a usize.
    Ok(usize::try_from(drawn).unwrap_or(usize::MAX))
}

fn drawn_inputs(label: &str, length: usize) -> Inputs {
    Inputs::new().with("label", label).with("n", length)
}

fn missing(formula: &dyn Formula, parameter: &Parameter) -> Problem {
    Problem::ParameterMissing {
        method: formula.id(),
        name: parameter.name,
    }
}
