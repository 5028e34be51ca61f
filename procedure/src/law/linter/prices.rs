//! Deductions, and what amounts to a minimum price without being called one.
//!
//! A minimum price (实施条例 article 27) hides in a method that rejects every price below an amount (a floor
//! rate) or every other price (a fixed price), and in a mark by which all prices far below the benchmark lose
//! everything, so that one fen decides. It works like one, which is for people to judge, if that mark is only
//! a step down from what the deductions alone would leave, or if the deductions are so steep that all marks
//! are gone a little below the benchmark. It does not hide in a range outside of which prices do not enter the
//! mean (`range_low`), as long as they are scored, nor in a mark that only stops the deductions.

use evaluation::benchmark::Scoring;
use evaluation::case::{PriceScore, Segment};
use evaluation::fraction::{ArithmeticError, Fraction};

use super::{Finding, FindingCode, Severity, Subject, fraction, show};
use crate::law::{Limit, Rule};

pub(super) fn look(subject: &Subject<'_>, found: &mut Vec<Finding>) {
    for rule in &subject.profile.rules {
        match &rule.limit {
            Limit::NoMinimumPrice {
                exhausted_within_percent,
            } => {
                rejecting_methods(subject, rule, found);
                if let Some(score) = &subject.rules.price_score {
                    cliff(score, rule, found);
                    exhausted(score, rule, *exhausted_within_percent, found);
                }
            }
            Limit::UpDownRatio { methods, percent } if subject.names(methods) => {
                ratio(subject, rule, *percent, found);
            }
            Limit::DeductionMin { methods, marks } if subject.names(methods) => {
                let down = subject
                    .rules
                    .price_score
                    .as_ref()
                    .and_then(|score| score.down);
                if let Some(down) = down
                    && down.fraction() < marks.fraction()
                {
                    let values = [("down", &*down.to_string()), ("least", &marks.to_string())];
                    let code = FindingCode::DeductionLow;
                    found.push(Finding::under(rule, code, "/price_score/down", &values));
                }
            }
            _ => {}
        }
    }
}

impl Subject<'_> {
    /// Whether a candidate method's id begins so.
    fn names(&self, prefix: &str) -> bool {
        let mut specs = self.rules.methods.iter();
        specs.any(|spec| spec.method.starts_with(prefix))
    }
}

/// Methods that reject a price because it is too low.
fn rejecting_methods(subject: &Subject<'_>, rule: &Rule, found: &mut Vec<Finding>) {
    for (place, spec, formula) in subject.methods() {
        let floor = formula.scoring() == Scoring::PriceOnly && formula.needs().estimated_price;
        if floor || formula.draws_winner() {
            let method = &spec.method;
            let (zh, en) = (
                format!("方法 {method} 否决低于某一价格的投标"),
                format!("The method {method} rejects bids below a price"),
            );
            let values = [("what", zh.as_str()), ("what_en", en.as_str())];
            let pointer = format!("/methods/{place}/method");
            found.push(Finding::under(
                rule,
                FindingCode::MinimumPrice,
                pointer,
                &values,
            ));
        }
    }
}

/// A mark below what the deductions leave at its deviation: a step down. If nothing is left behind it, it is
/// a minimum price; otherwise it works like one.
fn cliff(score: &PriceScore, rule: &Rule, found: &mut Vec<Finding>) {
    let segments = score.segments.as_ref().map_or(&[][..], |all| &all.down);
    for (place, segment) in segments.iter().enumerate() {
        let Some(mark) = segment.mark else {
            continue;
        };
        let before = segments.get(..place).unwrap_or_default();
        let Ok(left) = marks_at(score, before, segment.beyond.fraction()) else {
            continue;
        };
        if mark.fraction() >= left {
            continue;
        }
        let pointer = format!("/price_score/segments/down/{place}/mark");
        let gone = mark.fraction() <= fraction(score.floor);
        let (beyond, mark, left) = (segment.beyond.to_string(), mark.to_string(), show(left));
        let zh = format!(
            "低于基准价超过 {beyond}% 的报价一律只得 {mark} 分，而在该处按扣分尚余 {left} 分"
        );
        let en = format!(
            "Every price more than {beyond} % below the benchmark has {mark} marks, where the deductions alone leave {left}"
        );
        let values = [("what", zh.as_str()), ("what_en", en.as_str())];
        found.push(if gone {
            Finding::under(rule, FindingCode::MinimumPrice, pointer, &values)
        } else {
            in_effect(rule, pointer, &values)
        });
    }
}

/// Whether it amounts to a minimum price is for people to judge.
fn in_effect(rule: &Rule, pointer: String, values: &[(&str, &str)]) -> Finding {
    let code = FindingCode::MinimumPriceInEffect;
    Finding::new(code, Severity::Warning, pointer, values).named(Some(rule))
}

/// The marks that the deductions leave at a deviation below the benchmark, in percent.
fn marks_at(
    score: &PriceScore,
    segments: &[Segment],
    deviation: Fraction,
) -> Result<Fraction, ArithmeticError> {
    let mut left = score.full.fraction();
    for (from, to, rate) in pieces(score, segments) {
        let end = to.map_or(deviation, |to| to.min(deviation));
        if end > from {
            left = left.minus(end.minus(from)?.times(rate)?)?;
        }
    }
    Ok(left.max(fraction(score.floor)))
}

/// Each piece of the deductions below the benchmark: from, to (the last is open), marks per percent.
fn pieces(score: &PriceScore, segments: &[Segment]) -> Vec<(Fraction, Option<Fraction>, Fraction)> {
    let first = (Fraction::ZERO, fraction(score.down));
    let rest = segments
        .iter()
        .filter_map(|segment| Some((segment.beyond.fraction(), segment.rate?.fraction())));
    let starts: Vec<(Fraction, Fraction)> = std::iter::once(first).chain(rest).collect();
    let ends = starts.iter().skip(1).map(|(from, _)| Some(*from));
    let ends = ends.chain([None]);
    starts
        .iter()
        .zip(ends)
        .map(|((from, rate), to)| (*from, to, *rate))
        .collect()
}

/// Where all marks are gone, if that is soon.
fn exhausted(score: &PriceScore, rule: &Rule, within_percent: u32, found: &mut Vec<Finding>) {
    let limit = Fraction::integer(i128::from(within_percent));
    if let Ok(Some(percent)) = exhausted_at(score)
        && percent <= limit
    {
        let percent = show(percent);
        let zh = format!("报价低于评标基准价 {percent}% 即失去全部价格分");
        let en = format!("A price {percent} % below the benchmark has lost all marks");
        let values = [("what", zh.as_str()), ("what_en", en.as_str())];
        found.push(in_effect(rule, "/price_score/down".to_owned(), &values));
    }
}

fn exhausted_at(score: &PriceScore) -> Result<Option<Fraction>, ArithmeticError> {
    let segments = score.segments.as_ref().map_or(&[][..], |all| &all.down);
    let mut left = score.full.fraction().minus(fraction(score.floor))?;
    for (from, to, rate) in pieces(score, segments) {
        if rate.sign() <= 0 {
            continue;
        }
        let gone = from.plus(left.over(rate)?)?;
        match to {
            Some(to) if to < gone => left = left.minus(to.minus(from)?.times(rate)?)?,
            _ => return Ok(Some(gone)),
        }
    }
    Ok(None)
}

fn ratio(subject: &Subject<'_>, rule: &Rule, percent: u32, found: &mut Vec<Finding>) {
    let score = subject.rules.price_score.as_ref();
    let Some((up, down)) = score.and_then(|score| Some((score.up?, score.down?))) else {
        return;
    };
    let wanted = down
        .fraction()
        .times(Fraction::hundredths(i128::from(percent)));
    if let Ok(wanted) = wanted
        && wanted != up.fraction()
    {
        let [up, down] = [up, down].map(|value| value.to_string());
        let values = [
            ("up", up.as_str()),
            ("down", &down),
            ("percent", &percent.to_string()),
            ("wanted", &show(wanted)),
        ];
        let code = FindingCode::UpDownRatio;
        found.push(Finding::under(rule, code, "/price_score/up", &values));
    }
}
