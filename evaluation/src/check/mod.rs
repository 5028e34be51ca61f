//! Whether a case makes sense, before anything is calculated. Every refusal points at its cause.
//!
//! | file | what |
//! |---|---|
//! | `mod.rs` | the tender, and limits that all share |
//! | `rules.rs` | price score, technical rule, tie-break |
//! | `credit.rs` | the credit rule |
//! | `bids.rs` | the bids |
//!
//! The scores and the credit of single bids are checked where they are used ([`crate::score`]).

mod bids;
mod credit;
mod rules;

use crate::benchmark::{EvaluatedPrice, Formula, Method, Scoring, Values};
use crate::case::{AMOUNT_MAX_FEN, Case, DECIMALS_MAX, NAME_CHARACTERS_MAX, NUMBER_MAX};
use crate::decimal::{Decimal, Money, power_of_ten};
use crate::error::{EvaluationError, Problem};

/// The profile whose law knows no trimmed means (财政部令87号 article 55).
const GOVERNMENT_PROCUREMENT: &str = "cn-gov-procurement";

type Check = Result<(), EvaluationError>;

/// Checks everything that does not depend on another bid.
pub(crate) fn check(case: &Case) -> Result<(Method, Values), EvaluationError> {
    let method =
        Method::from_id(&case.benchmark.method).map_err(|error| error.under("/benchmark"))?;
    let values = Values::new(method, &case.benchmark).map_err(|error| error.under("/benchmark"))?;
    let formula = method.formula();
    check_tender(case, formula)?;
    rules::check(case, formula)?;
    bids::check(case, formula)?;
    Ok((method, values))
}

fn check_tender(case: &Case, formula: &'static dyn Formula) -> Check {
    name(&case.profile, || "/profile".to_owned())?;
    if formula.trims() && case.profile == GOVERNMENT_PROCUREMENT {
        let problem = Problem::MethodNotLawful {
            method: formula.id(),
            profile: case.profile.clone(),
        };
        return Err(problem.at("/benchmark/method"));
    }
    if case.currency.len() != 3 || !case.currency.bytes().all(|byte| byte.is_ascii_uppercase()) {
        return Err(Problem::Currency.at("/currency"));
    }
    let needs = formula.needs();
    for (field, value, needed) in [
        ("control_price", case.control_price, needs.control_price),
        (
            "estimated_price",
            case.estimated_price,
            needs.estimated_price,
        ),
        ("budget_price", case.budget_price, needs.budget_price),
        ("contract_estimate", case.contract_estimate, false),
        ("provisional_sums", case.provisional_sums, false),
    ] {
        let pointer = || format!("/{field}");
        match value {
            None if needed => {
                let method = formula.id();
                return Err(Problem::FieldMissing { method, field }.at(pointer()));
            }
            None => {}
            Some(value) => price(value, pointer)?,
        }
    }
    if formula.heeds_control_price()
        && let (Some(control), Some(sums)) = (case.control_price, case.provisional_sums)
        && sums >= control
    {
        return Err(Problem::ProvisionalSumsTooHigh.at("/provisional_sums"));
    }
    check_shortlist(case, formula)
}

fn check_shortlist(case: &Case, formula: &'static dyn Formula) -> Check {
    let Some(rule) = &case.shortlist else {
        return Ok(());
    };
    if formula.evaluated_price() == EvaluatedPrice::LessDeduction {
        let method = formula.id();
        return Err(Problem::ShortlistNotPossible { method }.at("/shortlist"));
    }
    rule.check().map_err(|error| error.under("/shortlist"))
}

/// A price or another amount above zero.
fn price(value: Money, pointer: impl FnOnce() -> String) -> Check {
    if value.fen() <= 0 {
        return Err(Problem::PriceNotPositive.at(pointer()));
    }
    if value.fen() > AMOUNT_MAX_FEN {
        return Err(Problem::PriceTooLarge.at(pointer()));
    }
    Ok(())
}

/// A name is neither empty nor too long, and shows all that it holds.
fn name(text: &str, pointer: impl FnOnce() -> String) -> Check {
    // Bytes are an upper bound of characters, and nearly always enough.
    let fits = text.len() <= NAME_CHARACTERS_MAX || text.chars().count() <= NAME_CHARACTERS_MAX;
    if text.is_empty() || !fits {
        let max = NAME_CHARACTERS_MAX;
        return Err(Problem::NameLength { max }.at(pointer()));
    }
    all_shows(text).map_err(|problem| problem.at(pointer()))
}

/// Whether a text shows all that it holds: no control characters, which could forge lines where it is printed;
/// no characters that only steer the layout, which could make two names look alike or one read backwards; no
/// white space at its ends. Letters that look alike, and the same letter composed in two ways (Unicode's NFC
/// is not enforced), remain different.
pub(crate) fn all_shows(text: &str) -> Result<(), Problem> {
    if text.bytes().all(|byte| byte.is_ascii_graphic()) {
        return Ok(());
    }
    let mut ends = text.chars().next().into_iter().chain(text.chars().last());
    let wrong = text.chars().find(|character| is_hidden(*character));
    match wrong.or_else(|| ends.find(|character| character.is_whitespace())) {
        Some(character) => Err(Problem::NameCharacters {
            codepoint: u32::from(character),
        }),
        None => Ok(()),
    }
}

/// Control characters, line separators, and characters that have no shape of their own.
fn is_hidden(character: char) -> bool {
    character.is_control()
        || matches!(character,
            '\u{AD}' | '\u{61C}' | '\u{180E}' | '\u{200B}'..='\u{200F}' | '\u{2028}'..='\u{202E}'
            | '\u{2060}'..='\u{206F}' | '\u{FEFF}' | '\u{FFF9}'..='\u{FFFB}' | '\u{E0000}'..='\u{E007F}')
}

/// A number of a rule, a score or a credit value: within the limits in which every calculation is exact.
pub(crate) fn number(value: Decimal) -> Result<(), Problem> {
    if value.scale() > DECIMALS_MAX {
        return Err(Problem::DecimalsTooMany { max: DECIMALS_MAX });
    }
    let limit = power_of_ten(value.scale()).and_then(|one| one.checked_mul(i128::from(NUMBER_MAX)));
    if limit.is_none_or(|limit| value.units() > limit) {
        return Err(Problem::NumberTooLarge { max: NUMBER_MAX });
    }
    Ok(())
}

/// Whether a method makes points at all.
fn makes_points(formula: &dyn Formula) -> bool {
    formula.scoring() != Scoring::PriceOnly
}

fn decimals(value: u8, pointer: &str) -> Check {
    if value > DECIMALS_MAX {
        Err(Problem::DecimalsTooMany { max: DECIMALS_MAX }.at(pointer))
    } else {
        Ok(())
    }
}

fn above_zero(value: Decimal, pointer: &str) -> Check {
    match value.units() {
        ..=0 => Err(Problem::NotPositive.at(pointer)),
        _ => number(value).map_err(|problem| problem.at(pointer)),
    }
}

fn not_negative(value: Decimal, pointer: &str) -> Check {
    match value.units() {
        ..0 => Err(Problem::Negative.at(pointer)),
        _ => number(value).map_err(|problem| problem.at(pointer)),
    }
}

/// The value survives a rounding to `decimals` digits unchanged, so that rounding lifts no score above it.
fn writable(value: Decimal, decimals: u8, pointer: &str) -> Check {
    match value.units_at(decimals) {
        Some(_) => Ok(()),
        None => Err(Problem::FinerThanRounding {
            value: value.to_string(),
            decimals,
        }
        .at(pointer)),
    }
}
