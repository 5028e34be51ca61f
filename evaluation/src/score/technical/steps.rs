//! How the technical score came about, as steps.
//!
//! | step | formula id | meaning |
//! |---|---|---|
//! | `technical/spread/M` | `technical.spread` | member M's highest less his lowest total of the ranked bids; M from 0 |
//! | `technical/spread/M/R` | `technical.spread-further` | the same for the R-th highest and lowest, among members that were equal so far |
//! | `technical/dropped_member` | `technical.widest-member` | the candidate with the widest spread of the last round |
//! | `technical/dropped_member` | `technical.drawn-member` | the candidates stayed equal; the drawn one |
//! | `bid/B/technical/ITEM`, or `bid/B/technical` without items | `technical.mean` | mean of all members' scores |
//! | the same | `technical.drop-extremes` | mean without one highest and one lowest score |
//! | the same | `technical.drop-member-and-extremes` | the same, after the dropped member's score was left out |
//! | the same | `technical.objective` | the score that all members agree on |
//! | `bid/B/technical` | `technical.sum` | sum of the items' points (the exact ones, or rounded if the rule rounds items) |
//! | `bid/B/flag/N` | `technical.reason-given`, `technical.reason-missing` | the score is below full × percent / 100; value: that limit |
//! | `bid/B/flag/N` | `technical.far-from-mean` | the score is further from the mean of all members than percent of it; value: the distance in percent of the mean |
//!
//! A flag does not repeat the scores: all of them stand in the step `bid/B/technical/ITEM` or `bid/B/technical`,
//! and a hundred flags of a hundred scores each would be most of the explanation.

use crate::decimal::Decimal;
use crate::explain::{FormulaSpec, Inputs, Step, Value};
use crate::fraction::{ArithmeticError, Fraction};
use crate::score::{OVERFLOW, SCALE};

use super::sheet::{Kept, Part};
use super::{Aggregate, Dropped, Flag, FlagKind, Reason, Sheet, TechnicalRule};

/// The formulas of this file.
pub(in crate::score) const FORMULAS: &[FormulaSpec] = &[
    FormulaSpec::new(
        "technical.spread",
        &["member", "bidders", "totals", "max", "min"],
    ),
    FormulaSpec::new(
        "technical.spread-further",
        &["member", "bidders", "totals", "round", "max", "min"],
    ),
    FormulaSpec::new(
        "technical.widest-member",
        &["candidates", "spreads", "round"],
    ),
    FormulaSpec::new("technical.drawn-member", &["candidates", "drawn_member"]),
    FormulaSpec::new("technical.mean", &["scores", "sum", "count"]).or_absent(&["item", "full"]),
    FormulaSpec::new(
        "technical.drop-extremes",
        &["scores", "dropped_high", "dropped_low", "sum", "count"],
    )
    .or_absent(&["item", "full"]),
    FormulaSpec::new(
        "technical.drop-member-and-extremes",
        &[
            "scores",
            "dropped_member",
            "dropped_score",
            "dropped_high",
            "dropped_low",
            "sum",
            "count",
        ],
    )
    .or_absent(&["item", "full"]),
    FormulaSpec::new("technical.objective", &["scores", "score", "item", "full"]),
    FormulaSpec::new("technical.sum", &["items", "points"]),
    FormulaSpec::new(
        "technical.reason-given",
        &["score", "full", "percent", "member", "text"],
    )
    .or_absent(&["item"]),
    FormulaSpec::new(
        "technical.reason-missing",
        &["score", "full", "percent", "member"],
    )
    .or_absent(&["item"]),
    FormulaSpec::new(
        "technical.far-from-mean",
        &["score", "mean", "percent", "member"],
    )
    .or_absent(&["item"]),
];

/// The steps of one bid; `id` is `bid/B`.
pub(crate) fn steps(
    rule: &TechnicalRule,
    sheet: &Sheet<'_>,
    dropped: Option<usize>,
    points: Decimal,
    id: &str,
) -> Result<Vec<Step>, ArithmeticError> {
    let mut steps = Vec::new();
    let (mut names, mut values) = (Vec::new(), Vec::new());
    for part in sheet.parts() {
        let kept = part.kept(rule.aggregate, dropped)?;
        let (formula, inputs) = part.inputs(&kept, dropped)?;
        let mean = kept.mean()?;
        let Some(item) = part.item else {
            let id = format!("{id}/technical");
            return Ok(vec![Step::rounded(id, formula, inputs, points)]);
        };
        names.push(item.id.clone());
        values.push(match rule.item_decimals {
            Some(decimals) => mean.round_half_up(decimals)?.fraction(),
            None => mean,
        });
        let id = format!("{id}/technical/{}", item.id);
        let decimals = rule.item_decimals;
        steps.push(Step::rounded_if(id, formula, inputs, mean, decimals));
    }
    let inputs = Inputs::new().with("items", names).with("points", values);
    let id = format!("{id}/technical");
    steps.push(Step::rounded(id, "technical.sum", inputs, points));
    Ok(steps)
}

impl Part<'_> {
    fn inputs(
        &self,
        kept: &Kept,
        dropped: Option<usize>,
    ) -> Result<(&'static str, Inputs), ArithmeticError> {
        let inputs = Inputs::new()
            .with("scores", self.scores)
            .with_some("item", self.item.map(|item| item.id.as_str()))
            .with_some("full", self.item.map(|item| item.full));
        if self.item.is_some_and(|item| item.objective) {
            let inputs = inputs.with("score", self.score(0)?);
            return Ok(("technical.objective", inputs));
        }
        let count = u64::try_from(kept.count).map_err(|_| OVERFLOW)?;
        let inputs = inputs.with("sum", shown(kept.sum)).with("count", count);
        let Some((highest, lowest)) = kept.extremes else {
            return Ok(("technical.mean", inputs));
        };
        let inputs = inputs
            .with("dropped_high", shown(highest))
            .with("dropped_low", shown(lowest));
        match dropped {
            None => Ok(("technical.drop-extremes", inputs)),
            Some(member) => {
                let inputs = inputs
                    .with("dropped_member", member)
                    .with("dropped_score", self.score(member)?);
                Ok(("technical.drop-member-and-extremes", inputs))
            }
        }
    }
}

/// A sum or score at [`SCALE`].
fn shown(units: i128) -> Decimal {
    Decimal::from_units(units, SCALE).shortest()
}

/// The steps that led to the dropped member; `sheets` are those of the ranked bids, with their bidders.
pub(crate) fn dropped_member_steps(
    dropped: &Dropped,
    sheets: &[(&str, Sheet<'_>)],
) -> Result<Vec<Step>, ArithmeticError> {
    let mut steps = Vec::new();
    let bidders: Vec<String> = sheets.iter().map(|(name, _)| (*name).to_owned()).collect();
    for (round, number) in dropped.rounds.iter().zip(1_usize..) {
        for (member, spread) in round.candidates.iter().zip(&round.spreads) {
            let totals = sheets.iter().map(|(_, sheet)| sheet.total_of(*member));
            let totals = totals.collect::<Result<Vec<i128>, _>>()?;
            let mut ascending = totals.clone();
            ascending.sort_unstable();
            let behind = number.saturating_sub(1);
            let min = ascending.get(behind).copied().unwrap_or(0);
            let max = ascending.iter().rev().nth(behind).copied().unwrap_or(0);
            let totals: Vec<Decimal> = totals.into_iter().map(shown).collect();
            let inputs = Inputs::new()
                .with("member", *member)
                .with("bidders", bidders.clone())
                .with("totals", totals.as_slice())
                .with("max", shown(max))
                .with("min", shown(min));
            steps.push(match number {
                1 => {
                    let id = format!("technical/spread/{member}");
                    Step::exact(id, "technical.spread", inputs, *spread)
                }
                _ => {
                    let id = format!("technical/spread/{member}/{number}");
                    let inputs = inputs.with("round", number);
                    Step::exact(id, "technical.spread-further", inputs, *spread)
                }
            });
        }
    }
    if let Some(last) = dropped.rounds.last() {
        let names = |members: &[usize]| members.iter().map(usize::to_string).collect::<Vec<_>>();
        let widest = last
            .spreads
            .iter()
            .map(|spread| spread.units_at(SCALE))
            .max();
        let equal: Vec<usize> = last
            .candidates
            .iter()
            .zip(&last.spreads)
            .filter(|(_, spread)| Some(spread.units_at(SCALE)) == widest)
            .map(|(member, _)| *member)
            .collect();
        let (formula, inputs) = match dropped.drawn {
            true => (
                "technical.drawn-member",
                Inputs::new()
                    .with("candidates", names(&equal))
                    .with("drawn_member", dropped.member),
            ),
            false => (
                "technical.widest-member",
                Inputs::new()
                    .with("candidates", names(&last.candidates))
                    .with("spreads", last.spreads.as_slice())
                    .with("round", dropped.rounds.len()),
            ),
        };
        let id = "technical/dropped_member";
        steps.push(Step::exact(id, formula, inputs, dropped.member));
    }
    Ok(steps)
}

/// Why each flag of one bid was raised; `id` is `bid/B`.
pub(crate) fn flag_steps(
    rule: &TechnicalRule,
    sheet: &Sheet<'_>,
    flags: &[Flag],
    reasons: &[Reason],
    id: &str,
) -> Result<Vec<Step>, ArithmeticError> {
    let mut steps = Vec::new();
    for (flag, number) in flags.iter().zip(1_usize..) {
        let of_item =
            |part: &&Part<'_>| part.item.map(|item| item.id.as_str()) == flag.item.as_deref();
        let Some(part) = sheet.parts().iter().find(of_item) else {
            continue;
        };
        let score = part.score(flag.member)?;
        let inputs = Inputs::new()
            .with("score", score)
            .with("member", flag.member)
            .with_some("item", flag.item.as_deref());
        let id = format!("{id}/flag/{number}");
        let percent_of = |whole: Fraction, percent: Decimal| {
            let share = percent.fraction().over(Fraction::integer(100))?;
            whole.times(share)
        };
        let zero = Decimal::from_units(0, 0);
        steps.push(match flag.kind {
            FlagKind::FarFromMean => {
                let mean = part.kept(Aggregate::Mean, None)?.mean()?;
                let distance = score.fraction().minus(mean)?.absolute()?;
                let inputs = inputs
                    .with("mean", mean)
                    .with("percent", rule.flag_beyond_percent.unwrap_or(zero));
                let of_mean = distance.times(Fraction::integer(100))?.over(mean)?;
                Step::exact(id, "technical.far-from-mean", inputs, of_mean)
            }
            FlagKind::ReasonGiven | FlagKind::ReasonMissing => {
                let percent = rule.reason_below_percent.unwrap_or(zero);
                let inputs = inputs.with("full", part.full).with("percent", percent);
                let limit = percent_of(part.full.fraction(), percent)?;
                let reason = reasons
                    .iter()
                    .find(|reason| reason.is_about(part, flag.member));
                match reason {
                    Some(reason) => {
                        let inputs = inputs.with("text", Value::Name(reason.text.clone()));
                        Step::exact(id, "technical.reason-given", inputs, limit)
                    }
                    None => Step::exact(id, "technical.reason-missing", inputs, limit),
                }
            }
        });
    }
    Ok(steps)
}
