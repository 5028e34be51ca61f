//! The credit rule has what its mode needs, and nothing else.

use crate::case::{Case, CreditMode, CreditRule};
use crate::decimal::Decimal;
use crate::error::{EvaluationError, Problem, pointer_segment};
use crate::score::credit::{CreditScorer, LINES_MAX};

use super::{Check, above_zero, decimals, name, not_negative, number, writable};

/// Checks rule and snapshot.
pub(super) fn check(case: &Case) -> Check {
    let Some(rule) = &case.credit else {
        return match case.credit_snapshot {
            Some(_) => Err(Problem::FieldUnused("credit_snapshot").at("/credit_snapshot")),
            None => Ok(()),
        };
    };
    check_members(rule)?;
    check_numbers(rule)?;
    if rule.mode == CreditMode::Tiers {
        check_thresholds(rule)?;
        if case.contract_estimate.is_none() && rule.thresholds.len() > 1 {
            return Err(Problem::FieldMissing {
                method: rule.mode.word(),
                field: "contract_estimate",
            }
            .at("/contract_estimate"));
        }
    }
    if rule.missing.is_some() {
        let scorer = CreditScorer::new(rule, case.contract_estimate)?;
        let judged = scorer.judge(None);
        judged.map_err(|error| error.problem.at("/credit/missing"))?;
    }
    match &case.credit_snapshot {
        None => Ok(()),
        Some(snapshot) => {
            name(&snapshot.source, || "/credit_snapshot/source".to_owned())?;
            date(&snapshot.date)
        }
    }
}

fn date(text: &str) -> Check {
    let shape = text.bytes().zip(0_u8..).all(|(byte, place)| match place {
        4 | 7 => byte == b'-',
        _ => byte.is_ascii_digit(),
    });
    let part = |from: usize| text.get(from..from.saturating_add(2));
    let within = |part: Option<&str>, max: u8| {
        let number = part.and_then(|part| part.parse::<u8>().ok());
        number.is_some_and(|number| (1..=max).contains(&number))
    };
    if text.len() == 10 && shape && within(part(5), 12) && within(part(8), 31) {
        Ok(())
    } else {
        Err(Problem::Date.at("/credit_snapshot/date"))
    }
}

/// Every member is one that the mode needs or may have, and all that it needs are there.
fn check_members(rule: &CreditRule) -> Check {
    let mode = rule.mode.word();
    let needed: &[&str] = match rule.mode {
        CreditMode::Linear => &["full", "weight", "decimals"],
        CreditMode::Tiers => &["weight", "thresholds", "step", "cost", "decimals"],
        CreditMode::Grades => &["grades", "decimals"],
        CreditMode::Gate => &["min"],
    };
    let possible: &[&str] = match rule.mode {
        CreditMode::Linear => &["cap"],
        CreditMode::Tiers => &["zero_below"],
        CreditMode::Grades | CreditMode::Gate => &[],
    };
    for (member, given) in [
        ("full", rule.full.is_some()),
        ("weight", rule.weight.is_some()),
        ("cap", rule.cap.is_some()),
        ("thresholds", !rule.thresholds.is_empty()),
        ("step", rule.step.is_some()),
        ("cost", rule.cost.is_some()),
        ("zero_below", rule.zero_below.is_some()),
        ("grades", !rule.grades.is_empty()),
        ("min", rule.min.is_some()),
        ("decimals", rule.decimals.is_some()),
    ] {
        let pointer = || format!("/credit/{member}");
        if given && !needed.contains(&member) && !possible.contains(&member) {
            return Err(Problem::MemberUnused { member, mode }.at(pointer()));
        }
        if !given && needed.contains(&member) {
            return Err(Problem::MemberMissing { member, mode }.at(pointer()));
        }
    }
    Ok(())
}

fn check_numbers(rule: &CreditRule) -> Check {
    let places = rule.decimals.unwrap_or(0);
    decimals(places, "/credit/decimals")?;
    let kept = |value: Decimal, pointer: &str| -> Check {
        not_negative(value, pointer)?;
        writable(value, places, pointer)
    };
    for (value, pointer) in [(rule.full, "/credit/full"), (rule.step, "/credit/step")] {
        value.map_or(Ok(()), |value| above_zero(value, pointer))?;
    }
    for (value, pointer) in [(rule.weight, "/credit/weight"), (rule.cap, "/credit/cap")] {
        value.map_or(Ok(()), |value| kept(value, pointer))?;
    }
    for (value, pointer) in [
        (rule.cost, "/credit/cost"),
        (rule.zero_below, "/credit/zero_below"),
        (rule.min, "/credit/min"),
    ] {
        value.map_or(Ok(()), |value| not_negative(value, pointer))?;
    }
    too_many(rule.grades.len(), "/credit/grades")?;
    for (grade, points) in &rule.grades {
        let pointer = format!("/credit/grades/{}", pointer_segment(grade));
        name(grade, || pointer.clone())?;
        kept(*points, &pointer)?;
    }
    Ok(())
}

fn check_thresholds(rule: &CreditRule) -> Result<(), EvaluationError> {
    too_many(rule.thresholds.len(), "/credit/thresholds")?;
    let mut reached = 0_i64;
    for (index, line) in rule.thresholds.iter().enumerate() {
        let pointer = |member: &str| format!("/credit/thresholds/{index}/{member}");
        let value = line.value;
        number(value).map_err(|problem| problem.at(pointer("value")))?;
        not_negative(value, &pointer("value"))?;
        let is_last = index.saturating_add(1) == rule.thresholds.len();
        match line.estimate_below {
            None if is_last => {}
            Some(limit) if !is_last => {
                super::price(limit, || pointer("estimate_below"))?;
                if limit.fen() <= reached {
                    return Err(Problem::NotAscending.at(pointer("estimate_below")));
                }
                reached = limit.fen();
            }
            _ => return Err(Problem::ThresholdsOpen.at(pointer("estimate_below"))),
        }
    }
    Ok(())
}

fn too_many(length: usize, pointer: &str) -> Check {
    match length {
        ..=LINES_MAX => Ok(()),
        _ => Err(Problem::TooManyEntries { max: LINES_MAX }.at(pointer)),
    }
}
