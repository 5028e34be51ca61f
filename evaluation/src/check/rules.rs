//! Price score, technical rule and tie-break fit their method and themselves.

use crate::benchmark::{Formula, Scoring};
use crate::case::{Aggregate, Case, CreditMode, PriceScore, Segment, TechnicalRule, TieKey};
use crate::decimal::Decimal;
use crate::error::{EvaluationError, Problem};
use crate::score::price::SEGMENTS_MAX;
use crate::score::technical::ITEMS_MAX;
use crate::score::{SCALE, units};

use super::{Check, above_zero, decimals, makes_points, name, not_negative, number, writable};

/// Checks what makes points, and what tells equal totals apart.
pub(super) fn check(case: &Case, formula: &'static dyn Formula) -> Check {
    let gate = |rule: &crate::case::CreditRule| rule.mode == CreditMode::Gate;
    if makes_points(formula) {
        let missing = || {
            Problem::FieldMissing {
                method: formula.id(),
                field: "price_score",
            }
            .at("/price_score")
        };
        let rule = case.price_score.as_ref().ok_or_else(missing)?;
        check_price_score(rule, formula)?;
    } else {
        let pointless = case.credit.as_ref().is_some_and(|rule| !gate(rule));
        for (field, given) in [
            ("price_score", case.price_score.is_some()),
            ("technical", case.technical.is_some()),
            ("credit", pointless),
        ] {
            if given {
                return Err(Problem::FieldUnused(field).at(format!("/{field}")));
            }
        }
    }
    case.technical.as_ref().map_or(Ok(()), check_technical)?;
    super::credit::check(case)?;
    check_tie_break(case, formula)
}

fn check_price_score(rule: &PriceScore, formula: &'static dyn Formula) -> Check {
    decimals(rule.score_decimals, "/price_score/score_decimals")?;
    above_zero_mark(rule.full, rule.score_decimals, "/price_score/full")?;
    if formula.scoring() == Scoring::Ratio {
        return check_ratio(rule, formula);
    }
    decimals(rule.benchmark_decimals(), "/price_score/benchmark_decimals")?;
    decimals(
        rule.deviation_decimals.unwrap_or(0),
        "/price_score/deviation_decimals",
    )?;
    for (member, rate) in [("up", rule.up), ("down", rule.down)] {
        let pointer = format!("/price_score/{member}");
        let mode = formula.id();
        let missing = || Problem::MemberMissing { member, mode }.at(pointer.as_str());
        not_negative(rate.ok_or_else(missing)?, &pointer)?;
    }
    let floor = rule.floor();
    not_negative(floor, "/price_score/floor")?;
    writable(floor, rule.score_decimals, "/price_score/floor")?;
    if floor.fraction() > rule.full.fraction() {
        return Err(Problem::FloorAboveFull.at("/price_score/floor"));
    }
    for (side, above) in [("up", true), ("down", false)] {
        let pointer = format!("/price_score/segments/{side}");
        check_segments(rule, rule.segments(above)).map_err(|error| error.under(&pointer))?;
    }
    Ok(())
}

/// A ratio has nothing but a full mark.
fn check_ratio(rule: &PriceScore, formula: &'static dyn Formula) -> Check {
    let mode = formula.id();
    for (member, given) in [
        ("up", rule.up.is_some()),
        ("down", rule.down.is_some()),
        ("floor", rule.floor.is_some()),
        ("segments", rule.segments.is_some()),
        ("benchmark_decimals", rule.benchmark_decimals.is_some()),
        ("deviation_decimals", rule.deviation_decimals.is_some()),
    ] {
        if given {
            let pointer = format!("/price_score/{member}");
            return Err(Problem::MemberUnused { member, mode }.at(pointer));
        }
    }
    Ok(())
}

fn check_segments(rule: &PriceScore, segments: &[Segment]) -> Check {
    if segments.len() > SEGMENTS_MAX {
        return Err(Problem::TooManyEntries { max: SEGMENTS_MAX }.at(""));
    }
    let mut reached = Decimal::from_units(0, 0);
    for (index, segment) in segments.iter().enumerate() {
        let pointer = |member: &str| format!("/{index}/{member}");
        number(segment.beyond).map_err(|problem| problem.at(pointer("beyond")))?;
        if segment.beyond.fraction() <= reached.fraction() {
            return Err(Problem::NotAscending.at(pointer("beyond")));
        }
        reached = segment.beyond;
        match (segment.rate, segment.mark) {
            (Some(rate), None) => not_negative(rate, &pointer("rate"))?,
            (None, Some(mark)) if index.saturating_add(1) == segments.len() => {
                not_negative(mark, &pointer("mark"))?;
                writable(mark, rule.score_decimals, &pointer("mark"))?;
                if mark.fraction() > rule.full.fraction() {
                    return Err(Problem::MarkAboveFull.at(pointer("mark")));
                }
            }
            _ => return Err(Problem::SegmentShape.at(format!("/{index}"))),
        }
    }
    Ok(())
}

/// A full mark: above zero, and kept by the rule's own rounding.
fn above_zero_mark(value: Decimal, places: u8, pointer: &str) -> Check {
    if value.units() <= 0 {
        return Err(Problem::NotPositive.at(pointer));
    }
    writable(value, places, pointer)?;
    above_zero(value, pointer)
}

fn check_technical(rule: &TechnicalRule) -> Check {
    decimals(rule.decimals, "/technical/decimals")?;
    above_zero_mark(rule.full, rule.decimals, "/technical/full")?;
    check_items(rule)?;
    if let Some(places) = rule.item_decimals {
        if rule.items.is_empty() {
            return Err(Problem::FieldUnused("item_decimals").at("/technical/item_decimals"));
        }
        decimals(places, "/technical/item_decimals")?;
    }
    if let Some(percent) = rule.reason_below_percent {
        let pointer = "/technical/reason_below_percent";
        not_negative(percent, pointer)?;
        if units(percent)? > units(Decimal::from_units(100, 0))? {
            return Err(Problem::NumberTooLarge { max: 100 }.at(pointer));
        }
    }
    if let Some(percent) = rule.flag_beyond_percent {
        not_negative(percent, "/technical/flag_beyond_percent")?;
    }
    if rule.drawn_member.is_some() && rule.aggregate != Aggregate::DropWidestMember {
        return Err(Problem::FieldUnused("drawn_member").at("/technical/drawn_member"));
    }
    Ok(())
}

fn check_items(rule: &TechnicalRule) -> Check {
    if rule.items.is_empty() {
        return Ok(());
    }
    if rule.items.len() > ITEMS_MAX {
        return Err(Problem::TooManyEntries { max: ITEMS_MAX }.at("/technical/items"));
    }
    let mut sum = 0_i128;
    for (index, item) in rule.items.iter().enumerate() {
        let pointer = |member: &str| format!("/technical/items/{index}/{member}");
        name(&item.id, || pointer("id"))?;
        if rule
            .items
            .iter()
            .take(index)
            .any(|other| other.id == item.id)
        {
            return Err(Problem::Twice(item.id.clone()).at(pointer("id")));
        }
        above_zero(item.full, &pointer("full"))?;
        // Otherwise rounding an item could lift its score above its full mark.
        writable(
            item.full,
            rule.item_decimals.unwrap_or(SCALE),
            &pointer("full"),
        )?;
        sum = sum.saturating_add(units(item.full)?);
    }
    if sum != units(rule.full)? {
        return Err(Problem::ItemsSum {
            sum: Decimal::from_units(sum, SCALE).shortest().to_string(),
            full: rule.full.to_string(),
        }
        .at("/technical/items"));
    }
    Ok(())
}

/// Every key of the tie-break is something that bids have, and stands there once.
fn check_tie_break(case: &Case, formula: &dyn Formula) -> Result<(), EvaluationError> {
    let gives_points = |rule: &crate::case::CreditRule| rule.mode != CreditMode::Gate;
    for (index, key) in case.tie_break.iter().enumerate() {
        let pointer = || format!("/tie_break/{index}");
        let exists = match key {
            TieKey::Price => true,
            TieKey::Credit => case.credit.as_ref().is_some_and(gives_points),
            TieKey::Technical => case.technical.is_some(),
            TieKey::PriceScore => makes_points(formula),
        };
        if !exists {
            return Err(Problem::TieKeyUnused(key.word()).at(pointer()));
        }
        if case.tie_break.iter().take(index).any(|other| other == key) {
            return Err(Problem::Twice(key.word().to_owned()).at(pointer()));
        }
    }
    Ok(())
}
