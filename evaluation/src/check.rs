//! Whether a case makes sense, before anything is calculated. Every refusal points at its cause.

use crate::benchmark::{Formula, Method, Values};
use crate::case::{
    BIDS_MAX, Bid, Case, CreditRule, DECIMALS_MAX, NAME_CHARACTERS_MAX, PriceScore, SCORES_MAX,
    TechnicalRule,
};
use crate::decimal::{Decimal, Money};
use crate::error::{EvaluationError, Problem};
use crate::fraction::Fraction;

/// The profile whose law knows no trimmed means (财政部令87号 article 55).
const GOVERNMENT_PROCUREMENT: &str = "cn-gov-procurement";

type Check = Result<(), EvaluationError>;

/// Checks everything except the scores of single bids, which are checked where they are used.
pub(crate) fn check(case: &Case) -> Result<(Method, Values), EvaluationError> {
    let method =
        Method::from_id(&case.benchmark.method).map_err(|error| error.under("/benchmark"))?;
    let values = Values::new(method, &case.benchmark).map_err(|error| error.under("/benchmark"))?;
    check_tender(case, method.formula())?;
    check_rules(case, method.formula())?;
    check_bids(&case.bids)?;
    Ok((method, values))
}

/// A name is neither empty nor too long.
fn name(text: &str, pointer: impl FnOnce() -> String) -> Check {
    // Bytes are an upper bound of characters, and nearly always enough.
    let fits = text.len() <= NAME_CHARACTERS_MAX || text.chars().count() <= NAME_CHARACTERS_MAX;
    if text.is_empty() || !fits {
        return Err(Problem::NameLength {
            max: NAME_CHARACTERS_MAX,
        }
        .at(pointer()));
    }
    Ok(())
}

fn check_tender(case: &Case, formula: &dyn Formula) -> Check {
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
    amount(
        formula,
        "control_price",
        case.control_price,
        needs.control_price,
    )?;
    amount(
        formula,
        "estimated_price",
        case.estimated_price,
        needs.estimated_price,
    )
}

/// An amount of the tender is there if it is needed, and above zero.
fn amount(formula: &dyn Formula, field: &'static str, value: Option<Money>, needed: bool) -> Check {
    match value {
        None if needed => Err(Problem::FieldMissing {
            method: formula.id(),
            field,
        }
        .at(format!("/{field}"))),
        Some(value) if value.fen() <= 0 => Err(Problem::PriceNotPositive.at(format!("/{field}"))),
        _ => Ok(()),
    }
}

fn check_rules(case: &Case, formula: &dyn Formula) -> Check {
    if !formula.scores() {
        let unused = [
            ("technical", case.technical.is_some()),
            ("credit", case.credit.is_some()),
        ];
        return match unused.into_iter().find(|(_, given)| *given) {
            Some((field, _)) => Err(Problem::FieldUnused(field).at(format!("/{field}"))),
            None => Ok(()),
        };
    }
    let missing = || {
        Problem::FieldMissing {
            method: formula.id(),
            field: "price_score",
        }
        .at("/price_score")
    };
    check_price_score(case.price_score.as_ref().ok_or_else(missing)?)?;
    case.technical.as_ref().map_or(Ok(()), check_technical)?;
    case.credit.as_ref().map_or(Ok(()), check_credit)
}

fn check_price_score(rule: &PriceScore) -> Check {
    let PriceScore {
        full,
        up,
        down,
        floor,
        benchmark_decimals,
        deviation_decimals,
        score_decimals,
    } = rule;
    decimals(*benchmark_decimals, "/price_score/benchmark_decimals")?;
    decimals(
        deviation_decimals.unwrap_or(0),
        "/price_score/deviation_decimals",
    )?;
    decimals(*score_decimals, "/price_score/score_decimals")?;
    above_zero(*full, "/price_score/full")?;
    not_negative(*up, "/price_score/up")?;
    not_negative(*down, "/price_score/down")?;
    not_negative(*floor, "/price_score/floor")?;
    // Otherwise rounding could lift a score above the full mark or under the floor.
    writable(*full, *score_decimals, "/price_score/full")?;
    writable(*floor, *score_decimals, "/price_score/floor")?;
    if floor.fraction() > full.fraction() {
        return Err(Problem::FloorAboveFull.at("/price_score/floor"));
    }
    Ok(())
}

fn check_technical(rule: &TechnicalRule) -> Check {
    decimals(rule.decimals, "/technical/decimals")?;
    above_zero(rule.full, "/technical/full")?;
    writable(rule.full, rule.decimals, "/technical/full")
}

fn check_credit(rule: &CreditRule) -> Check {
    decimals(rule.decimals, "/credit/decimals")?;
    above_zero(rule.full, "/credit/full")?;
    not_negative(rule.weight, "/credit/weight")?;
    writable(rule.weight, rule.decimals, "/credit/weight")
}

fn decimals(value: u8, pointer: &str) -> Check {
    if value > DECIMALS_MAX {
        Err(Problem::DecimalsTooMany { max: DECIMALS_MAX }.at(pointer))
    } else {
        Ok(())
    }
}

fn above_zero(value: Decimal, pointer: &str) -> Check {
    if value.units() <= 0 {
        Err(Problem::NotPositive.at(pointer))
    } else {
        Ok(())
    }
}

fn not_negative(value: Decimal, pointer: &str) -> Check {
    if value.units() < 0 {
        Err(Problem::Negative.at(pointer))
    } else {
        Ok(())
    }
}

/// The value survives a rounding to `decimals` digits unchanged.
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

fn check_bids(bids: &[Bid]) -> Check {
    if bids.len() > BIDS_MAX {
        return Err(Problem::TooManyBids { max: BIDS_MAX }.at("/bids"));
    }
    for (index, bid) in bids.iter().enumerate() {
        name(&bid.bidder, || format!("/bids/{index}/bidder"))?;
        if let Some(reason) = &bid.rejected {
            name(reason, || format!("/bids/{index}/rejected"))?;
        }
        if bid.price.fen() <= 0 {
            return Err(Problem::PriceNotPositive.at(format!("/bids/{index}/price")));
        }
    }
    check_bidders(bids)
}

/// No bidder has two bids. Names are brought together by length and first bytes, as one integer, so that
/// whole names are compared only when those agree.
fn check_bidders(bids: &[Bid]) -> Check {
    let mut names: Vec<(u128, &str, usize)> = bids
        .iter()
        .zip(0..)
        .map(|(bid, index)| (brief(&bid.bidder), bid.bidder.as_str(), index))
        .collect();
    names.sort_unstable();
    let mut neighbours = names.iter().zip(names.iter().skip(1));
    match neighbours.find(|((_, first, _), (_, second, _))| first == second) {
        Some((_, (_, bidder, index))) => {
            Err(Problem::BidderTwice((*bidder).to_owned()).at(format!("/bids/{index}/bidder")))
        }
        None => Ok(()),
    }
}

/// The length and the first 15 bytes of a name.
fn brief(name: &str) -> u128 {
    let mut bytes = [0; 16];
    let length = u8::try_from(name.len()).unwrap_or(u8::MAX);
    let from = std::iter::once(length).chain(name.bytes());
    bytes.iter_mut().zip(from).for_each(|(to, byte)| *to = byte);
    u128::from_be_bytes(bytes)
}

/// The technical scores of a bid fit their rule: enough of them, each from 0 to full.
pub(crate) fn technical_scores<'a>(
    rule: &TechnicalRule,
    bid: &'a Bid,
    index: usize,
) -> Result<&'a [Decimal], EvaluationError> {
    let pointer = || format!("/bids/{index}/technical");
    let scores = bid.technical.as_deref().unwrap_or(&[]);
    let min = match rule.aggregate {
        crate::case::Aggregate::Mean => 1,
        crate::case::Aggregate::DropExtremes => 3,
    };
    if scores.len() < min || scores.len() > SCORES_MAX {
        return Err(Problem::ScoreCount {
            given: scores.len(),
            min,
            max: SCORES_MAX,
        }
        .at(pointer()));
    }
    let full = rule.full.fraction();
    for (member, score) in scores.iter().enumerate() {
        let value = score.fraction();
        if value < Fraction::ZERO || value > full {
            let problem = Problem::ScoreOutOfRange {
                value: score.to_string(),
                full: rule.full.to_string(),
            };
            return Err(problem.at(format!("{}/{member}", pointer())));
        }
    }
    Ok(scores)
}

/// The credit value of a bid is there and not negative.
pub(crate) fn credit_value(
    formula: &dyn Formula,
    bid: &Bid,
    index: usize,
) -> Result<Decimal, EvaluationError> {
    let pointer = format!("/bids/{index}/credit");
    let missing = || {
        Problem::FieldMissing {
            method: formula.id(),
            field: "credit",
        }
        .at(pointer.as_str())
    };
    let value = bid.credit.ok_or_else(missing)?;
    not_negative(value, &pointer)?;
    Ok(value)
}
