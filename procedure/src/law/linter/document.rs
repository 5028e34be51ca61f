//! The document itself: its form, its grids, and whether it can be carried out.

use evaluation::draw::{Grid, GridError};
use evaluation::{Decimal, EvaluationError};
use record::json::JsonError;
use serde_json::Value;

use super::{Finding, FindingCode, Severity, lint, sort};
use crate::act::RuleSet;
use crate::law::Profile;

/// Judges a rule set by its document. It never fails: what cannot be read is a finding, and so is what cannot
/// be carried out. A grid that is none is named with what would make it one; all such grids are named at once.
pub fn lint_json(document: &[u8], profile: &Profile) -> Vec<Finding> {
    let raw: Value = match record::json::parse(document) {
        Ok(raw) => raw,
        Err(error) => return vec![unreadable(&error)],
    };
    let mut found = grids(&raw);
    if found.is_empty() {
        match record::json::parse::<RuleSet>(document) {
            Ok(rules) => {
                found = lint(&rules, profile);
                found.extend(rules.check().err().map(|error| unworkable(&error)));
            }
            Err(error) => found.push(unreadable(&error)),
        }
    }
    sort(&mut found);
    found
}

fn unreadable(error: &JsonError) -> Finding {
    let reason = format!(
        "{} (line {}, column {})",
        error.reason, error.line, error.column
    );
    Finding::new(
        FindingCode::RulesUnreadable,
        Severity::Error,
        error.pointer.clone(),
        &[("reason", &reason)],
    )
}

fn unworkable(error: &EvaluationError) -> Finding {
    Finding::new(
        FindingCode::RulesUnworkable,
        Severity::Error,
        error.pointer.clone(),
        &[("reason", &error.problem.to_string())],
    )
}

/// Grids that are none. Whatever else is wrong with the document is found when it is read.
fn grids(raw: &Value) -> Vec<Finding> {
    let methods = raw.get("methods").and_then(Value::as_array);
    let mut found = Vec::new();
    for (place, method) in methods.into_iter().flatten().enumerate() {
        let grids = method.get("grids").and_then(Value::as_object);
        for (name, grid) in grids.into_iter().flatten() {
            let number = |member: &str| grid.get(member)?.as_str()?.parse::<Decimal>().ok();
            let numbers = (number("min"), number("max"), number("step"));
            let (Some(min), Some(max), Some(step)) = numbers else {
                continue;
            };
            if let Err(error) = Grid::new(min, max, step) {
                let values = [
                    ("min", &*min.to_string()),
                    ("max", &max.to_string()),
                    ("step", &step.to_string()),
                    ("nearest", &nearest_max(error, min, max, step)),
                    ("reason", &error.to_string()),
                ];
                let pointer = format!(
                    "/methods/{place}/grids/{}",
                    name.replace('~', "~0").replace('/', "~1")
                );
                found.push(Finding::new(
                    FindingCode::GridStep,
                    Severity::Error,
                    pointer,
                    &values,
                ));
            }
        }
    }
    found
}

/// The highest max that the step reaches from min and that is not above the one that was written.
fn nearest_max(error: GridError, min: Decimal, max: Decimal, step: Decimal) -> String {
    let scale = min.scale().max(max.scale()).max(step.scale());
    let reached = || {
        let (min, max, step) = (
            min.units_at(scale)?,
            max.units_at(scale)?,
            step.units_at(scale)?,
        );
        let rest = max.checked_sub(min)?.checked_rem(step)?;
        Some(Decimal::from_units(max.checked_sub(rest)?, scale).to_string())
    };
    match error {
        GridError::StepDoesNotDivide => reached().unwrap_or_else(|| min.to_string()),
        _ => min.to_string(),
    }
}
