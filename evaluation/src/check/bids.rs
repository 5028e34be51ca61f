//! The bids make sense one by one, and no bidder has two.

use crate::benchmark::{EvaluatedPrice, Formula};
use crate::case::{ADJUSTMENTS_MAX, AMOUNT_MAX_FEN, BIDS_MAX, Bid, Case, DEDUCTION_DECIMALS_MAX};
use crate::decimal::{Decimal, DecimalError, MONEY_DECIMALS};
use crate::error::Problem;

use super::{Check, name, price};

/// Checks all bids.
pub(super) fn check(case: &Case, formula: &'static dyn Formula) -> Check {
    if case.bids.len() > BIDS_MAX {
        return Err(Problem::TooManyBids { max: BIDS_MAX }.at("/bids"));
    }
    for (index, bid) in case.bids.iter().enumerate() {
        check_bid(case, formula, bid).map_err(|error| error.under(&format!("/bids/{index}")))?;
    }
    check_bidders(&case.bids)
}

/// Pointers are relative to the bid.
fn check_bid(case: &Case, formula: &'static dyn Formula, bid: &Bid) -> Check {
    name(&bid.bidder, || "/bidder".to_owned())?;
    price(bid.price, || "/price".to_owned())?;
    if let Some(reason) = &bid.rejected {
        name(reason, || "/rejected".to_owned())?;
    }
    if let Some(read_out) = bid.read_out_price {
        price(read_out, || "/read_out_price".to_owned())?;
    }
    // What no rule uses is refused rather than lost in silence.
    let kind = formula.evaluated_price();
    for (field, given, used) in [
        (
            "technical",
            bid.technical.is_some(),
            case.technical.is_some(),
        ),
        ("reasons", !bid.reasons.is_empty(), case.technical.is_some()),
        ("credit", bid.credit.is_some(), case.credit.is_some()),
        (
            "deduction",
            bid.deduction.is_some(),
            kind == EvaluatedPrice::LessDeduction,
        ),
        (
            "adjustments",
            bid.adjustments.is_some(),
            kind == EvaluatedPrice::WithAdjustments,
        ),
    ] {
        if given && !used {
            return Err(Problem::FieldUnused(field).at(format!("/{field}")));
        }
    }
    if let Some(deduction) = bid.deduction {
        check_deduction(deduction)?;
    }
    match &bid.adjustments {
        Some(adjustments) => check_adjustments(adjustments),
        None => Ok(()),
    }
}

fn check_deduction(deduction: Decimal) -> Check {
    if deduction.scale() > DEDUCTION_DECIMALS_MAX {
        let max = DEDUCTION_DECIMALS_MAX;
        return Err(Problem::DecimalsTooMany { max }.at("/deduction"));
    }
    let share = deduction.units_at(DEDUCTION_DECIMALS_MAX);
    if share.is_none_or(|share| !(0..10_000).contains(&share)) {
        return Err(Problem::ParameterOutOfRange {
            name: "deduction",
            value: deduction.to_string(),
            expected: "from 0 to below 1",
        }
        .at("/deduction"));
    }
    Ok(())
}

fn check_adjustments(adjustments: &[Decimal]) -> Check {
    if adjustments.len() > ADJUSTMENTS_MAX {
        let max = ADJUSTMENTS_MAX;
        return Err(Problem::TooManyEntries { max }.at("/adjustments"));
    }
    for (index, adjustment) in adjustments.iter().enumerate() {
        let pointer = || format!("/adjustments/{index}");
        if adjustment.scale() > MONEY_DECIMALS {
            return Err(Problem::from(DecimalError::TooPrecise).at(pointer()));
        }
        let fen = adjustment.units_at(MONEY_DECIMALS).map(i128::unsigned_abs);
        if fen.is_none_or(|fen| fen > u128::from(AMOUNT_MAX_FEN.unsigned_abs())) {
            return Err(Problem::PriceTooLarge.at(pointer()));
        }
    }
    Ok(())
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
