//! From the announced candidates and the seed to a method with all its parameters.
//!
//! | formula id | meaning |
//! |---|---|
//! | `draw.candidate` | the candidate at below(n) of the stream of this label: `method`, `shortlist` |
//! | `draw.grid` | the grid's value at below(n) of the stream of this label |
//! | `draw.below` | below(n) of the stream of this label |

use std::collections::BTreeMap;

use record::Digest;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::benchmark::{
    BenchmarkRule, DrawnValue, FixedValue, Formula, Kind, Method, Parameter, Presence, PriceSet,
    Values, refuse_extra,
};
use crate::decimal::Money;
use crate::error::{EvaluationError, Problem};
use crate::explain::{FormulaSpec, Inputs, Step, Trace, Value};
use crate::rules::RuleSet;
use crate::shortlist::ShortlistRule;

use super::{DrawError, Grid, Stream};

/// The formula ids of this file.
pub const FORMULAS: &[FormulaSpec] = &[
    FormulaSpec::new("draw.candidate", &["candidates", "index", "label", "n"]),
    FormulaSpec::new("draw.grid", &["index", "label", "max", "min", "n", "step"]),
    FormulaSpec::new("draw.below", &["label", "n"]),
];

/// The label of the stream that draws the method.
const METHOD: &str = "method";
/// The label of the stream that draws the shortlist.
const SHORTLIST: &str = "shortlist";

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
    pub fixed: BTreeMap<String, FixedValue>,
    /// The announced parameter `trim_from`, which may also stand here, as an integer.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub trim_from: Option<u32>,
}

/// What a draw gives.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Drawn {
    /// Which of the announced methods was drawn, from 0.
    pub method_index: usize,
    /// Which of the announced shortlists was drawn, from 0; none if fewer than two were announced.
    pub shortlist_index: Option<usize>,
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
        for parameter in &gridded {
            let grid = match (self.grids.get(parameter.name), parameter.presence) {
                (Some(grid), _) => grid,
                (None, Presence::Required) => {
                    return Err(missing(formula, parameter).at("/grids"));
                }
                (None, _) => continue,
            };
            parameter.check(grid.min(), &format!("/grids/{}/min", parameter.name))?;
            parameter.check(grid.max(), &format!("/grids/{}/max", parameter.name))?;
        }
        self.first_values(method)?;
        Ok(method)
    }

    /// The method's parameters with the announced values and the first value of every grid: what a draw
    /// starts from. Indexes are absent.
    pub fn first_values(&self, method: Method) -> Result<Values, EvaluationError> {
        let mut rule = self.rule();
        for (name, grid) in &self.grids {
            if let Some(first) = grid.value(0) {
                rule.drawn.insert(name.clone(), DrawnValue::Decimal(first));
            }
        }
        Values::new(method, &rule)
    }

    /// The benchmark rule before anything is drawn.
    fn rule(&self) -> BenchmarkRule {
        BenchmarkRule {
            method: self.method.clone(),
            drawn: BTreeMap::new(),
            fixed: self.fixed.clone(),
            trim_from: self.trim_from,
        }
    }
}

/// Draws all that a rule set leaves to the draw: the shortlist, the method, its parameters. `prices` are those
/// of the benchmark set as they were bid; they matter only to indexes into lists of prices.
pub fn draw_rules(
    seed: &Digest,
    rules: &RuleSet,
    prices: &[Money],
) -> Result<Drawn, EvaluationError> {
    for (index, candidate) in rules.shortlist.iter().enumerate() {
        candidate
            .check()
            .map_err(|error| error.under(&format!("/shortlist/{index}")))?;
    }
    let shortlist = draw_shortlist(seed, &rules.shortlist)?;
    let mut set = price_set(rules, prices);
    let chosen = shortlist.as_ref().map_or(0, |(index, _)| *index);
    if let Some(rule) = rules.shortlist.get(chosen) {
        let limits = rule.limits(&set, &mut Trace::dropped())?;
        set.keep(limits);
    }
    let drawn =
        draw_parameters(seed, &rules.methods, &set).map_err(|error| error.under("/methods"))?;
    let (shortlist_index, step) = shortlist.unzip();
    Ok(Drawn {
        shortlist_index,
        steps: step.into_iter().chain(drawn.steps).collect(),
        ..drawn
    })
}

/// The prices as they are compared: less the provisional sums (rules.md section 1.0).
fn price_set(rules: &RuleSet, prices: &[Money]) -> PriceSet {
    let sums = rules.provisional_sums.unwrap_or_default();
    let net = |price: &Money| {
        let fen = price.fen().checked_sub(sums.fen());
        fen.filter(|fen| *fen > 0).map(Money::from_fen)
    };
    PriceSet::new(prices.iter().filter_map(net))
        .with_control_price(rules.control_price.as_ref().and_then(net))
        .with_estimated_price(rules.estimated_price)
        .with_budget_price(rules.budget_price)
}

/// Draws one of several announced shortlists (label `shortlist`), with the step that says so. None or one is
/// not drawn.
pub fn draw_shortlist(
    seed: &Digest,
    candidates: &[ShortlistRule],
) -> Result<Option<(usize, Step)>, EvaluationError> {
    if candidates.len() < 2 {
        return Ok(None);
    }
    let index = below(seed, SHORTLIST, candidates.len())?;
    let names = candidates.iter().map(|candidate| candidate.method.name());
    Ok(Some((index, candidate_step(SHORTLIST, names, index))))
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
    let method_index = below(seed, METHOD, methods.len())?;
    let spec = methods
        .get(method_index)
        .ok_or_else(|| Problem::MethodsMissing.at(""))?;
    let names = methods.iter().map(|spec| spec.method.as_str());
    steps.push(candidate_step(METHOD, names, method_index));

    let method = Method::from_id(&spec.method)?;
    let mut rule = spec.rule();
    draw_from_grids(seed, spec, &mut rule, &mut steps)?;
    draw_indexes(seed, method, set, &mut rule, &mut steps)?;
    Ok(Drawn {
        method_index,
        shortlist_index: None,
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
                Inputs::new().with("label", name).with("n", length),
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

fn candidate_step<'a>(
    label: &str,
    candidates: impl ExactSizeIterator<Item = &'a str>,
    index: usize,
) -> Step {
    let n = candidates.len();
    let names: Vec<String> = candidates.map(str::to_owned).collect();
    let chosen = names.get(index).cloned().map_or(Value::None, Value::Name);
    let inputs = Inputs::new()
        .with("label", label)
        .with("n", n)
        .with("index", index)
        .with("candidates", Value::Names(names));
    Step::exact(format!("draw/{label}"), "draw.candidate", inputs, chosen)
}

fn missing(formula: &dyn Formula, parameter: &Parameter) -> Problem {
    Problem::ParameterMissing {
        method: formula.id(),
        name: parameter.name,
    }
}
