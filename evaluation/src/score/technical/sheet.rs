//! The scores of one bid, checked against their rule, and what they come to.

use crate::decimal::Decimal;
use crate::error::{EvaluationError, Problem, pointer_segment};
use crate::fraction::{ArithmeticError, Fraction};
use crate::score::{OVERFLOW, SCALE, rounded, units};

use super::{Aggregate, Item, MEMBERS_MAX, TechnicalRule, TechnicalScores};

/// The checked scores of one bid: as many from each member as the rule has items.
#[derive(Clone, Debug)]
pub struct Sheet<'a> {
    parts: Vec<Part<'a>>,
}

/// The members' scores for one item, or for the whole where the rule has no items.
#[derive(Clone, Copy, Debug)]
pub struct Part<'a> {
    /// None for the whole.
    pub item: Option<&'a Item>,
    /// The full mark.
    pub full: Decimal,
    /// One score per member.
    pub scores: &'a [Decimal],
}

/// The scores that count, at [`SCALE`].
pub(super) struct Kept {
    pub sum: i128,
    pub count: i128,
    /// What was dropped as highest and as lowest.
    pub extremes: Option<(i128, i128)>,
}

impl<'a> Sheet<'a> {
    /// Checks what was given for one bid. Pointers are relative to the bid's `technical`.
    pub fn new(
        rule: &'a TechnicalRule,
        given: Option<&'a TechnicalScores>,
    ) -> Result<Sheet<'a>, EvaluationError> {
        let wrong_shape = |expected| Problem::ScoresShape { expected }.at("");
        let parts = match (given, rule.items.as_slice()) {
            (None, []) => vec![Part::checked(rule, None, &[])?],
            (Some(TechnicalScores::Whole(scores)), []) => vec![Part::checked(rule, None, scores)?],
            (Some(TechnicalScores::ByItem(_)), []) => {
                return Err(wrong_shape(
                    "one score per member, because the rule has no items",
                ));
            }
            (None | Some(TechnicalScores::Whole(_)), _) => {
                return Err(wrong_shape("one list of scores for each item of the rule"));
            }
            (Some(TechnicalScores::ByItem(lists)), items) => {
                let known = |id: &&String| items.iter().all(|item| item.id != **id);
                if let Some(id) = lists.keys().find(known) {
                    let problem = Problem::ItemUnknown(id.clone());
                    return Err(problem.at(format!("/{}", pointer_segment(id))));
                }
                let mut parts = Vec::with_capacity(items.len());
                for item in items {
                    let missing = || Problem::ItemMissing(item.id.clone()).at("");
                    let scores = lists.get(&item.id).ok_or_else(missing)?;
                    let part = Part::checked(rule, Some(item), scores);
                    let under = |error: EvaluationError| {
                        error.under(&format!("/{}", pointer_segment(&item.id)))
                    };
                    parts.push(part.map_err(under)?);
                }
                parts
            }
        };
        let sheet = Sheet { parts };
        let members = sheet.members();
        match sheet.parts.iter().find(|part| part.scores.len() != members) {
            Some(part) => Err(Problem::MemberCountDiffers {
                given: part.scores.len(),
                expected: members,
            }
            .at(part.pointer())),
            None => Ok(sheet),
        }
    }

    /// Item by item.
    pub fn parts(&self) -> &[Part<'a>] {
        &self.parts
    }

    /// How many members scored.
    pub fn members(&self) -> usize {
        self.parts.first().map_or(0, |part| part.scores.len())
    }

    /// What one member gave in all, at [`SCALE`].
    pub(super) fn total_of(&self, member: usize) -> Result<i128, ArithmeticError> {
        let mut total = 0_i128;
        for part in &self.parts {
            let score = part.scores.get(member).ok_or(OVERFLOW)?;
            total = total.checked_add(units(*score)?).ok_or(OVERFLOW)?;
        }
        Ok(total)
    }

    /// The rounded points; `without` is the member that is left out everywhere.
    pub fn points(
        &self,
        rule: &TechnicalRule,
        without: Option<usize>,
    ) -> Result<Decimal, ArithmeticError> {
        let mut sum = 0_i128;
        let mut count = 1;
        for part in &self.parts {
            let kept = part.kept(rule.aggregate, without)?;
            let units = match (rule.item_decimals, part.item) {
                (Some(decimals), Some(_)) => units(kept.mean()?.round_half_up(decimals)?)?,
                _ => {
                    // All items have as many scores that count, so that one division does for all.
                    count = kept.count;
                    kept.sum
                }
            };
            sum = sum.checked_add(units).ok_or(OVERFLOW)?;
        }
        if count == 1 {
            return rounded(sum, SCALE, rule.decimals);
        }
        mean(sum, count)?.round_half_up(rule.decimals)
    }
}

impl<'a> Part<'a> {
    fn checked(
        rule: &TechnicalRule,
        item: Option<&'a Item>,
        scores: &'a [Decimal],
    ) -> Result<Part<'a>, EvaluationError> {
        let part = Part {
            item,
            full: item.map_or(rule.full, |item| item.full),
            scores,
        };
        let min = rule.aggregate.members_min();
        if scores.len() < min || scores.len() > MEMBERS_MAX {
            return Err(Problem::ScoreCount {
                given: scores.len(),
                min,
                max: MEMBERS_MAX,
            }
            .at(""));
        }
        let full = units(part.full)?;
        for (member, score) in scores.iter().enumerate() {
            let pointer = || format!("/{member}");
            let too_fine = Problem::DecimalsTooMany { max: SCALE };
            let value = score
                .units_at(SCALE)
                .ok_or_else(|| too_fine.at(pointer()))?;
            if value < 0 || value > full {
                let problem = Problem::ScoreOutOfRange {
                    value: score.to_string(),
                    full: part.full.to_string(),
                };
                return Err(problem.at(pointer()));
            }
        }
        part.agrees()?;
        Ok(part)
    }

    /// On a matter of fact all members agree.
    fn agrees(&self) -> Result<(), EvaluationError> {
        let Some(item) = self.item.filter(|item| item.objective) else {
            return Ok(());
        };
        let first = self.scores.first().map(|score| score.fraction());
        let mut others = self.scores.iter().zip(0_usize..);
        match others.find(|(score, _)| Some(score.fraction()) != first) {
            Some((_, member)) => Err(Problem::ObjectiveScoresDiffer {
                item: item.id.clone(),
            }
            .at(format!("/{member}"))),
            None => Ok(()),
        }
    }

    fn pointer(&self) -> String {
        self.item
            .map(|item| format!("/{}", pointer_segment(&item.id)))
            .unwrap_or_default()
    }

    /// The scores that count.
    pub(super) fn kept(
        &self,
        aggregate: Aggregate,
        without: Option<usize>,
    ) -> Result<Kept, ArithmeticError> {
        let (mut sum, mut count) = (0_i128, 0_i128);
        let (mut lowest, mut highest) = (i128::MAX, i128::MIN);
        for (member, score) in self.scores.iter().enumerate() {
            if Some(member) == without {
                continue;
            }
            let score = units(*score)?;
            sum = sum.checked_add(score).ok_or(OVERFLOW)?;
            count = count.checked_add(1).ok_or(OVERFLOW)?;
            lowest = lowest.min(score);
            highest = highest.max(score);
        }
        if aggregate == Aggregate::Mean {
            return Ok(Kept {
                sum,
                count,
                extremes: None,
            });
        }
        let rest = sum
            .checked_sub(lowest)
            .and_then(|rest| rest.checked_sub(highest));
        Ok(Kept {
            sum: rest.ok_or(OVERFLOW)?,
            count: count.checked_sub(2).ok_or(OVERFLOW)?,
            extremes: Some((highest, lowest)),
        })
    }
}

impl Kept {
    /// The exact mean.
    pub(super) fn mean(&self) -> Result<Fraction, ArithmeticError> {
        mean(self.sum, self.count)
    }
}

/// A sum at [`SCALE`] over a count.
fn mean(sum: i128, count: i128) -> Result<Fraction, ArithmeticError> {
    Fraction::new(sum, 1_000_000)?.over(Fraction::integer(count))
}

const _: () = assert!(SCALE == 6, "means are made of millionths");
