//! How credit became points, as steps.
//!
//! | step | formula id | meaning |
//! |---|---|---|
//! | `credit/snapshot` | `credit.snapshot` | who rated, and the day whose values count; value: that day |
//! | `credit/threshold` | `credit.threshold` | the value of the first line whose `estimates_below` is above the contract estimate; the last line has no limit |
//! | `bid/B/credit_value` | `credit.missing` | the bidder has no value; the rule's value for that |
//! | `bid/B/credit_value` | `credit.weakest-member` | the lowest value of a consortium |
//! | `bid/B/credit_value` | `credit.weakest-grade` | the grade with the fewest points of a consortium |
//! | `bid/B/credit` | `credit.linear` | min(value, full) / full × weight |
//! | `bid/B/credit` | `credit.linear-capped` | the same, no more than cap |
//! | `bid/B/credit` | `credit.tiers` | weight − begun × cost, not below 0; begun = (threshold − value) / step, rounded up |
//! | `bid/B/credit` | `credit.tiers-full` | value ≥ threshold: weight |
//! | `bid/B/credit` | `credit.tiers-zero` | value < zero_below: 0 |
//! | `bid/B/credit` | `credit.grade` | the points of the grade in the table |
//! | `bid/B/credit` | `credit.gate` | value ≥ min: it may take part; value: the bidder's value. Who may not is rejected instead |
//!
//! All of them: rules.md section 2.1.

use crate::case::{Case, CreditSnapshot};
use crate::decimal::{Decimal, Money};
use crate::explain::{FormulaSpec, Inputs, Step, Value};
use crate::fraction::ArithmeticError;
use crate::score::OVERFLOW;

use super::scorer::texts;
use super::{CreditMode, CreditRule, CreditScorer, CreditValue, Judged};

/// The formulas of this file.
pub(in crate::score) const FORMULAS: &[FormulaSpec] = &[
    FormulaSpec::new("credit.snapshot", &["source", "date"]),
    FormulaSpec::new("credit.threshold", &["thresholds"])
        .or_absent(&["contract_estimate", "estimates_below"]),
    FormulaSpec::new("credit.missing", &["missing"]),
    FormulaSpec::new("credit.weakest-member", &["values", "member"]),
    FormulaSpec::new("credit.weakest-grade", &["grades", "points", "member"]),
    FormulaSpec::new("credit.linear", &["value", "full", "weight"]),
    FormulaSpec::new("credit.linear-capped", &["value", "full", "weight", "cap"]),
    FormulaSpec::new(
        "credit.tiers",
        &[
            "value",
            "threshold",
            "weight",
            "step",
            "cost",
            "short",
            "begun",
        ],
    ),
    FormulaSpec::new("credit.tiers-full", &["value", "threshold", "weight"]),
    FormulaSpec::new("credit.tiers-zero", &["value", "zero_below"]),
    FormulaSpec::new("credit.grade", &["grade", "grades", "points"]),
    FormulaSpec::new("credit.gate", &["value", "min"]),
];

/// What holds for all bids.
pub(crate) fn common_steps(case: &Case, scorer: &CreditScorer<'_>) -> Vec<Step> {
    let mut steps = Vec::new();
    if let Some(CreditSnapshot { source, date }) = &case.credit_snapshot {
        let inputs = Inputs::new()
            .with("source", source.as_str())
            .with("date", date.as_str());
        let date = date.as_str();
        steps.push(Step::exact(
            "credit/snapshot",
            "credit.snapshot",
            inputs,
            date,
        ));
    }
    if let Some(threshold) = scorer.threshold() {
        let lines = &scorer.rule().thresholds;
        let limits: Vec<Money> = lines
            .iter()
            .filter_map(|line| line.estimate_below)
            .collect();
        let values: Vec<Decimal> = lines.iter().map(|line| line.value).collect();
        let inputs = Inputs::new().with("thresholds", values.as_slice());
        let inputs = match limits.as_slice() {
            [] => inputs,
            limits => inputs
                .with("estimates_below", limits)
                .with_some("contract_estimate", case.contract_estimate),
        };
        steps.push(Step::exact(
            "credit/threshold",
            "credit.threshold",
            inputs,
            threshold,
        ));
    }
    steps
}

/// The steps of one bid, whose credit was judged; `id` is `bid/B`.
pub(crate) fn steps(
    scorer: &CreditScorer<'_>,
    given: Option<&CreditValue>,
    judged: Judged,
    id: &str,
) -> Result<Vec<Step>, ArithmeticError> {
    let mut steps = Vec::new();
    let Some(value) = scorer.counted(given) else {
        return Ok(steps);
    };
    let rule = scorer.rule();
    let text = texts(value).get(judged.weakest).ok_or(OVERFLOW)?;
    let counted = shown(rule, text);
    let value_id = format!("{id}/credit_value");
    if given.is_none() {
        let inputs = Inputs::new().with("missing", counted.clone());
        steps.push(Step::exact(
            value_id,
            "credit.missing",
            inputs,
            counted.clone(),
        ));
    } else if let CreditValue::OfMembers(members) = value {
        let inputs = Inputs::new().with("member", judged.weakest);
        let (formula, inputs) = match rule.mode {
            CreditMode::Grades => {
                let of = |grade: &String| rule.grades.get(grade).copied();
                let points: Vec<Decimal> = members.iter().filter_map(of).collect();
                let inputs = inputs
                    .with("grades", members.clone())
                    .with("points", points.as_slice());
                ("credit.weakest-grade", inputs)
            }
            _ => {
                let numbers: Vec<Decimal> = members
                    .iter()
                    .filter_map(|text| text.parse().ok())
                    .collect();
                let inputs = inputs.with("values", numbers.as_slice());
                ("credit.weakest-member", inputs)
            }
        };
        steps.push(Step::exact(value_id, formula, inputs, counted.clone()));
    }
    let id = format!("{id}/credit");
    if let Some(points) = judged.points {
        let (formula, inputs) = conversion(scorer, text, counted)?;
        steps.push(Step::rounded(id, formula, inputs, points));
    } else if judged.passes {
        let inputs = Inputs::new()
            .with("value", counted.clone())
            .with_some("min", rule.min);
        steps.push(Step::exact(id, "credit.gate", inputs, counted));
    }
    Ok(steps)
}

/// How the value that counts became points.
fn conversion(
    scorer: &CreditScorer<'_>,
    text: &str,
    counted: Value,
) -> Result<(&'static str, Inputs), ArithmeticError> {
    let rule = scorer.rule();
    if rule.mode == CreditMode::Grades {
        let grades: Vec<String> = rule.grades.keys().cloned().collect();
        let points: Vec<Decimal> = rule.grades.values().copied().collect();
        let inputs = Inputs::new()
            .with("grade", counted)
            .with("grades", grades)
            .with("points", points.as_slice());
        return Ok(("credit.grade", inputs));
    }
    let inputs = Inputs::new().with("value", counted);
    if rule.mode != CreditMode::Tiers {
        let inputs = inputs
            .with_some("full", rule.full)
            .with_some("weight", rule.weight)
            .with_some("cap", rule.cap);
        let formula = match rule.cap {
            Some(_) => "credit.linear-capped",
            None => "credit.linear",
        };
        return Ok((formula, inputs));
    }
    let value: Decimal = text.parse().map_err(|_| OVERFLOW)?;
    let threshold = scorer.threshold().ok_or(OVERFLOW)?;
    if let Some(edge) = rule.zero_below
        && value.fraction() < edge.fraction()
    {
        return Ok(("credit.tiers-zero", inputs.with("zero_below", edge)));
    }
    let inputs = inputs
        .with("threshold", threshold)
        .with_some("weight", rule.weight);
    if value.fraction() >= threshold.fraction() {
        return Ok(("credit.tiers-full", inputs));
    }
    let begun = u64::try_from(scorer.begun(value)?).map_err(|_| OVERFLOW)?;
    let inputs = inputs
        .with_some("step", rule.step)
        .with_some("cost", rule.cost)
        .with("short", threshold.fraction().minus(value.fraction())?)
        .with("begun", begun);
    Ok(("credit.tiers", inputs))
}

/// The value by which a bidder was judged.
pub(crate) fn shown_value(
    scorer: &CreditScorer<'_>,
    given: Option<&CreditValue>,
    judged: Judged,
) -> Option<Value> {
    let text = texts(scorer.counted(given)?).get(judged.weakest)?;
    Some(shown(scorer.rule(), text))
}

/// A grade by name, anything else as the number that it is.
fn shown(rule: &CreditRule, text: &str) -> Value {
    match (rule.mode, text.parse::<Decimal>()) {
        (CreditMode::Grades, _) | (_, Err(_)) => Value::Name(text.to_owned()),
        (_, Ok(number)) => Value::Decimal(number),
    }
}
