//! Full marks of the parts and their shares.

use evaluation::Decimal;
use evaluation::case::{CreditMode, CreditRule};
use evaluation::fraction::{ArithmeticError, Fraction};

use super::{Finding, FindingCode, Severity, Subject, fraction, percent_of, show};
use crate::act::Category;
use crate::law::{Limit, Rule};

/// Full marks by part.
struct Weights {
    /// What the price decides: the full mark without the marks that every price has.
    price: Fraction,
    credit: Option<Fraction>,
    sum: Fraction,
}

pub(super) fn look(subject: &Subject<'_>, found: &mut Vec<Finding>) {
    // Where the price alone ranks there are no marks.
    let Ok(Some(weights)) = weights_of(subject) else {
        return;
    };
    foreign(subject, &weights, found);
    for rule in &subject.profile.rules {
        let finding = match &rule.limit {
            Limit::FullMarks { points } => full_marks(rule, &weights, *points),
            Limit::PriceWeightMin { category, percent } => {
                price_weight(rule, subject.rules.category, &weights, *category, *percent)
            }
            Limit::CreditShare {
                min_percent,
                max_percent,
            } => credit_share(rule, &weights, *min_percent, *max_percent),
            _ => None,
        };
        found.extend(finding);
    }
}

/// So many percent, or marks.
fn percents(count: u32) -> Fraction {
    Fraction::integer(i128::from(count))
}

fn full_marks(rule: &Rule, weights: &Weights, points: u32) -> Option<Finding> {
    if weights.sum == percents(points) {
        return None;
    }
    let values = [
        ("sum", &*show(weights.sum)),
        ("points", &points.to_string()),
    ];
    Some(Finding::under(rule, FindingCode::WeightsSum, "", &values))
}

fn price_weight(
    rule: &Rule,
    bought: Option<Category>,
    weights: &Weights,
    category: Category,
    least: u32,
) -> Option<Finding> {
    let Some(bought) = bought else {
        let code = FindingCode::CategoryMissing;
        let finding = Finding::new(code, Severity::Warning, "/category", &[]);
        return Some(finding.named(Some(rule)));
    };
    let share = percent_of(weights.price, weights.sum)?;
    if bought != category || share >= percents(least) {
        return None;
    }
    let values = [("share", &*show(share)), ("least", &least.to_string())];
    let code = FindingCode::PriceWeight;
    Some(Finding::under(rule, code, "/price_score/full", &values))
}

/// What is bought is none of what the profile has price weights for: then not even the lowest is kept by
/// calling it something else, and people look at the rest.
fn foreign(subject: &Subject<'_>, weights: &Weights, found: &mut Vec<Finding>) {
    let limits = subject.profile.rules.iter().filter_map(|rule| {
        let Limit::PriceWeightMin { category, percent } = &rule.limit else {
            return None;
        };
        Some((rule, *category, *percent))
    });
    let known: Vec<(&Rule, Category, u32)> = limits.collect();
    let Some((rule, _, least)) = known.iter().min_by_key(|(_, _, percent)| *percent) else {
        return;
    };
    let bought = subject.rules.category;
    if known
        .iter()
        .any(|(_, category, _)| Some(*category) == bought)
    {
        return;
    }
    if let Some(bought) = bought {
        let names: Vec<&str> = known.iter().map(|(_, known, _)| name_of(*known)).collect();
        let values = [("category", name_of(bought)), ("known", &names.join(", "))];
        let code = FindingCode::CategoryForeign;
        let finding = Finding::new(code, Severity::Warning, "/category", &values);
        found.push(finding.named(Some(rule)));
    }
    if let Some(share) = percent_of(weights.price, weights.sum)
        && share < percents(*least)
    {
        let values = [("share", &*show(share)), ("least", &least.to_string())];
        let code = FindingCode::PriceWeight;
        found.push(Finding::under(rule, code, "/price_score/full", &values));
    }
}

fn name_of(category: Category) -> &'static str {
    match category {
        Category::Works => "works",
        Category::Goods => "goods",
        Category::Services => "services",
    }
}

fn credit_share(rule: &Rule, weights: &Weights, min: u32, max: u32) -> Option<Finding> {
    let share = percent_of(weights.credit?, weights.sum)?;
    if share >= percents(min) && share <= percents(max) {
        return None;
    }
    let values = [
        ("share", &*show(share)),
        ("min", &min.to_string()),
        ("max", &max.to_string()),
    ];
    let code = FindingCode::CreditShare;
    Some(Finding::under(rule, code, "/credit", &values))
}

fn weights_of(subject: &Subject<'_>) -> Result<Option<Weights>, ArithmeticError> {
    let Some(score) = &subject.rules.price_score else {
        return Ok(None);
    };
    let full = score.full.fraction();
    let price = full.minus(score.floor().fraction().max(Fraction::ZERO))?;
    let technical = subject.rules.technical.as_ref().map(|rule| rule.full);
    let credit = subject.rules.credit.as_ref();
    let credit = credit.and_then(|terms| full_credit(&terms.rule));
    let sum = full
        .plus(fraction(technical))?
        .plus(credit.unwrap_or(Fraction::ZERO))?;
    Ok(Some(Weights { price, credit, sum }))
}

/// The most points that credit gives; none where it is a condition only.
fn full_credit(rule: &CreditRule) -> Option<Fraction> {
    match rule.mode {
        CreditMode::Gate => None,
        CreditMode::Linear | CreditMode::Tiers => {
            let weight = rule.weight?.fraction();
            Some(rule.cap.map_or(weight, |cap| weight.min(cap.fraction())))
        }
        CreditMode::Grades => {
            let points = rule.grades.values().copied().map(Decimal::fraction);
            points.reduce(Fraction::max)
        }
    }
}
