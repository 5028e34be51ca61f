//! What the evaluation report has to mention about single scores. It changes no score.

use serde::{Serialize, Serializer};

use crate::check::all_shows;
use crate::error::{EvaluationError, Problem};
use crate::fraction::ArithmeticError;
use crate::score::{OVERFLOW, units};

use super::sheet::Part;
use super::{REASON_CHARACTERS_MAX, Reason, Sheet, TechnicalRule};

/// One score that the report has to mention.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Flag {
    /// Why.
    pub kind: FlagKind,
    /// The item; none where the rule has none.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub item: Option<String>,
    /// The member, from 0.
    pub member: usize,
}

/// Why a score is mentioned.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FlagKind {
    /// It is so low that a written reason is due, and none is there (rules.md 2.2, S30).
    ReasonMissing,
    /// It is so low that a written reason is due, and there is one.
    ReasonGiven,
    /// It lies far from the mean of all members (rules.md 2.2, S31).
    FarFromMean,
}

impl FlagKind {
    /// The word in a result.
    pub fn word(self) -> &'static str {
        match self {
            FlagKind::ReasonMissing => "reason-missing",
            FlagKind::ReasonGiven => "reason-given",
            FlagKind::FarFromMean => "far-from-mean",
        }
    }
}

impl Serialize for FlagKind {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.word())
    }
}

impl Reason {
    /// Whether it is about this score.
    pub(super) fn is_about(&self, part: &Part<'_>, member: usize) -> bool {
        self.item.as_deref() == part.item.map(|item| item.id.as_str())
            && usize::try_from(self.member) == Ok(member)
    }
}

impl Sheet<'_> {
    /// What the report has to mention.
    pub fn flags(
        &self,
        rule: &TechnicalRule,
        reasons: &[Reason],
    ) -> Result<Vec<Flag>, ArithmeticError> {
        let mut flags = Vec::new();
        if rule.reason_below_percent.is_none() && rule.flag_beyond_percent.is_none() {
            return Ok(flags);
        }
        for part in self.parts() {
            for member in 0..part.scores.len() {
                let flag = |kind| Flag {
                    kind,
                    item: part.item.map(|item| item.id.clone()),
                    member,
                };
                if part.needs_reason(rule, member)? {
                    let given = reasons.iter().any(|reason| reason.is_about(part, member));
                    flags.push(flag(match given {
                        true => FlagKind::ReasonGiven,
                        false => FlagKind::ReasonMissing,
                    }));
                }
                if part.is_far_from_mean(rule, member)? {
                    flags.push(flag(FlagKind::FarFromMean));
                }
            }
        }
        Ok(flags)
    }

    /// Refuses reasons for scores that do not exist. Pointers are relative to the bid's `reasons`.
    pub fn check_reasons(&self, reasons: &[Reason]) -> Result<(), EvaluationError> {
        for (index, reason) in reasons.iter().enumerate() {
            let member = usize::try_from(reason.member).unwrap_or(usize::MAX);
            let part = self
                .parts()
                .iter()
                .find(|part| reason.is_about(part, member));
            if part.is_none_or(|part| member >= part.scores.len()) {
                return Err(Problem::ReasonMisplaced.at(format!("/{index}")));
            }
            let characters = reason.text.chars().count();
            if characters == 0 || characters > REASON_CHARACTERS_MAX {
                let max = REASON_CHARACTERS_MAX;
                return Err(Problem::NameLength { max }.at(format!("/{index}/text")));
            }
            all_shows(&reason.text).map_err(|problem| problem.at(format!("/{index}/text")))?;
        }
        Ok(())
    }
}

impl Part<'_> {
    /// Whether the score is below the share of the full mark from which on no reason is due.
    fn needs_reason(&self, rule: &TechnicalRule, member: usize) -> Result<bool, ArithmeticError> {
        let Some(percent) = rule.reason_below_percent else {
            return Ok(false);
        };
        let score = units(self.score(member)?)?;
        let hundredfold = score.checked_mul(HUNDRED).ok_or(OVERFLOW)?;
        let share = units(self.full)?.checked_mul(units(percent)?);
        Ok(hundredfold < share.ok_or(OVERFLOW)?)
    }

    /// Whether the score lies further from the mean of all members than the rule lets pass.
    fn is_far_from_mean(
        &self,
        rule: &TechnicalRule,
        member: usize,
    ) -> Result<bool, ArithmeticError> {
        let Some(percent) = rule.flag_beyond_percent else {
            return Ok(false);
        };
        let mut sum = 0_i128;
        for score in self.scores {
            sum = sum.checked_add(units(*score)?).ok_or(OVERFLOW)?;
        }
        let count = i128::try_from(self.scores.len()).map_err(|_| OVERFLOW)?;
        // |score − sum / count| × 100 > sum / count × percent, all times count.
        let distance = units(self.score(member)?)?
            .checked_mul(count)
            .and_then(|score| score.checked_sub(sum))
            .and_then(i128::checked_abs)
            .and_then(|distance| distance.checked_mul(HUNDRED));
        let share = sum.checked_mul(units(percent)?);
        Ok(distance.ok_or(OVERFLOW)? > share.ok_or(OVERFLOW)?)
    }

    pub(super) fn score(&self, member: usize) -> Result<crate::Decimal, ArithmeticError> {
        self.scores.get(member).copied().ok_or(OVERFLOW)
    }
}

/// A hundred percent, in the units of a percentage.
const HUNDRED: i128 = 100_000_000;
