//! A credit rule made ready for many bids, and what it makes of a value.

use std::slice;

use crate::decimal::power_of_ten;
use crate::decimal::{Decimal, Money};
use crate::error::{EvaluationError, Problem};
use crate::fraction::{ArithmeticError, divide_half_up};
use crate::score::{OVERFLOW, SCALE, rounded, units};

use super::{CONSORTIUM_MAX, CreditMode, CreditRule, CreditValue};

/// A checked credit rule with all numbers at one scale.
#[derive(Clone, Debug)]
pub struct CreditScorer<'a> {
    rule: &'a CreditRule,
    scheme: Scheme,
    missing: Option<CreditValue>,
}

/// What a mode needs to know; numbers at [`SCALE`].
#[derive(Clone, Copy, Debug)]
enum Scheme {
    Linear {
        full: i128,
        weight: i128,
        cap: Option<i128>,
        decimals: u8,
    },
    Tiers {
        threshold: i128,
        weight: i128,
        step: i128,
        cost: i128,
        zero_below: i128,
        decimals: u8,
    },
    Grades {
        decimals: u8,
    },
    Gate {
        min: i128,
    },
}

/// What the rule makes of a bidder's credit.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Judged {
    /// Which member of the consortium is the weakest, from 0; 0 for a single bidder.
    pub weakest: usize,
    /// Rounded points; none for a gate.
    pub points: Option<Decimal>,
    /// Whether the bidder may take part.
    pub passes: bool,
}

impl<'a> CreditScorer<'a> {
    /// Makes a rule ready that has been checked; the estimate decides which threshold holds.
    pub fn new(
        rule: &'a CreditRule,
        contract_estimate: Option<Money>,
    ) -> Result<CreditScorer<'a>, ArithmeticError> {
        let number = |value: Option<Decimal>| value.map_or(Ok(0), units);
        let decimals = rule.decimals.unwrap_or(0);
        let scheme = match rule.mode {
            CreditMode::Linear => Scheme::Linear {
                full: number(rule.full)?,
                weight: number(rule.weight)?,
                cap: rule.cap.map(units).transpose()?,
                decimals,
            },
            CreditMode::Tiers => Scheme::Tiers {
                threshold: number(threshold(rule, contract_estimate))?,
                weight: number(rule.weight)?,
                step: number(rule.step)?,
                cost: number(rule.cost)?,
                zero_below: number(rule.zero_below)?,
                decimals,
            },
            CreditMode::Grades => Scheme::Grades { decimals },
            CreditMode::Gate => Scheme::Gate {
                min: number(rule.min)?,
            },
        };
        Ok(CreditScorer {
            rule,
            scheme,
            missing: rule.missing.clone().map(CreditValue::Of),
        })
    }

    /// The rule.
    pub fn rule(&self) -> &'a CreditRule {
        self.rule
    }

    /// The threshold that holds for this contract (`tiers`).
    pub fn threshold(&self) -> Option<Decimal> {
        match self.scheme {
            Scheme::Tiers { threshold, .. } => {
                Some(Decimal::from_units(threshold, SCALE).shortest())
            }
            _ => None,
        }
    }

    /// What is counted for a bidder: its own value, or what the rule says for a missing one.
    pub fn counted<'v>(&'v self, given: Option<&'v CreditValue>) -> Option<&'v CreditValue> {
        given.or(self.missing.as_ref())
    }

    /// Judges what a bidder has. Pointers are relative to the bid's `credit`.
    pub fn judge(&self, given: Option<&CreditValue>) -> Result<Judged, EvaluationError> {
        let value = self
            .counted(given)
            .ok_or_else(|| Problem::CreditMissing.at(""))?;
        let texts = texts(value);
        if texts.is_empty() || texts.len() > CONSORTIUM_MAX {
            return Err(Problem::ConsortiumSize {
                max: CONSORTIUM_MAX,
            }
            .at(""));
        }
        let mut weakest: Option<(i128, usize)> = None;
        for (member, text) in texts.iter().enumerate() {
            let worth = self.worth(text).map_err(|problem| match value {
                CreditValue::Of(_) => problem.at(""),
                CreditValue::OfMembers(_) => problem.at(format!("/{member}")),
            })?;
            if weakest.is_none_or(|(least, _)| worth < least) {
                weakest = Some((worth, member));
            }
        }
        let (worth, weakest) = weakest.unwrap_or((0, 0));
        let points = self.points(worth)?;
        let passes = match self.scheme {
            Scheme::Gate { min } => worth >= min,
            _ => true,
        };
        Ok(Judged {
            weakest,
            points,
            passes,
        })
    }

    /// What members are compared by: the value, or the points of a grade.
    fn worth(&self, text: &str) -> Result<i128, Problem> {
        match self.scheme {
            Scheme::Grades { .. } => {
                let points = self.rule.grades.get(text);
                let unknown = || Problem::GradeUnknown {
                    grade: text.to_owned(),
                    known: self.rule.grades.keys().cloned().collect(),
                };
                Ok(units(*points.ok_or_else(unknown)?)?)
            }
            _ => value_units(text),
        }
    }

    fn points(&self, worth: i128) -> Result<Option<Decimal>, ArithmeticError> {
        match self.scheme {
            Scheme::Linear {
                full,
                weight,
                cap,
                decimals,
            } => {
                // value × weight / full, in units of the points: one division, one rounding.
                let numerator = worth.min(full).checked_mul(weight).ok_or(OVERFLOW)?;
                let fewer = SCALE.checked_sub(decimals).and_then(power_of_ten);
                let denominator = fewer.and_then(|ten| full.checked_mul(ten));
                let units = denominator
                    .and_then(|denominator| divide_half_up(numerator, denominator))
                    .ok_or(OVERFLOW)?;
                let points = Decimal::from_units(units, decimals);
                // The cap has no more decimals than the points, so that it may come after rounding.
                let cap = cap.map(|cap| rounded(cap, SCALE, decimals)).transpose()?;
                let capped = cap.filter(|cap| cap.units() < points.units());
                Ok(Some(capped.unwrap_or(points)))
            }
            Scheme::Tiers {
                threshold,
                weight,
                step,
                cost,
                zero_below,
                decimals,
            } => {
                let begun = tiers_begun(worth, threshold, step)?;
                let lost = begun.checked_mul(cost).ok_or(OVERFLOW)?;
                let left = match worth < zero_below {
                    true => 0,
                    false => weight.checked_sub(lost).ok_or(OVERFLOW)?.max(0),
                };
                rounded(left, SCALE, decimals).map(Some)
            }
            Scheme::Grades { decimals } => rounded(worth, SCALE, decimals).map(Some),
            Scheme::Gate { .. } => Ok(None),
        }
    }

    /// How many tiers below the threshold a value has begun (`tiers`).
    pub(super) fn begun(&self, value: Decimal) -> Result<i128, ArithmeticError> {
        match self.scheme {
            Scheme::Tiers {
                threshold, step, ..
            } => tiers_begun(units(value)?, threshold, step),
            _ => Ok(0),
        }
    }
}

/// The texts of a single bidder or of all members.
pub(super) fn texts(value: &CreditValue) -> &[String] {
    match value {
        CreditValue::Of(text) => slice::from_ref(text),
        CreditValue::OfMembers(texts) => texts,
    }
}

/// The threshold of the first line that holds for the estimate.
fn threshold(rule: &CreditRule, contract_estimate: Option<Money>) -> Option<Decimal> {
    let holds = |below: Option<Money>| match (below, contract_estimate) {
        (None, _) => true,
        (Some(below), Some(estimate)) => estimate < below,
        (Some(_), None) => false,
    };
    let line = rule
        .thresholds
        .iter()
        .find(|line| holds(line.estimate_below));
    line.map(|line| line.value)
}

fn tiers_begun(value: i128, threshold: i128, step: i128) -> Result<i128, ArithmeticError> {
    let short = threshold.checked_sub(value).ok_or(OVERFLOW)?.max(0);
    let whole = short.checked_div(step).ok_or(OVERFLOW)?;
    let reached = whole.checked_mul(step).ok_or(OVERFLOW)?;
    let more = i128::from(reached < short);
    whole.checked_add(more).ok_or(OVERFLOW)
}

/// A credit value as a number of a rule: not negative, not too long.
fn value_units(text: &str) -> Result<i128, Problem> {
    let value: Decimal = text.parse()?;
    crate::check::number(value)?;
    if value.units() < 0 {
        return Err(Problem::Negative);
    }
    Ok(units(value)?)
}
