//! Evaluating 10 to 10 000 bids by every method, beside a bare loop over the same prices in i128 and beside the same
//! calculation in Python's decimal and fractions. All three have to agree on the winner, ours and the loop's on every place.

mod bare;
mod koneps;
mod python;

use evaluation::case::CreditValue;
use evaluation::{Bid, Case, Money, Outcome, evaluate};
use serde_json::{Value, json};

use crate::measure::in_turns;
use crate::table::{Row, duration, hundredths, ratio};
use crate::{Failure, Size};

/// Bids of the measurement that has a budget.
const MOST: usize = 10_000;
/// Ours against the bare loop, in hundredths.
const BUDGET: u128 = 2_000;

/// Every method and what a case of it has to have beside prices.
fn methods() -> [(&'static str, Value); 14] {
    let drawn = |drawn: Value| json!({"drawn": drawn});
    let fixed = |fixed: Value| json!({"fixed": fixed});
    [
        ("jiangsu-1", drawn(json!({"K": "0.97"}))),
        (
            "jiangsu-2",
            json!({"drawn": {"K1": "0.97", "Q1": "0.75"}, "fixed": {"K2": "0.93"}}),
        ),
        ("jiangsu-3", json!({})),
        ("jiangsu-4", fixed(json!({"K": "0.97"}))),
        (
            "jiangsu-5",
            drawn(json!({"delta": "0.12", "K": "0.96", "band1": 0, "band2": 0, "B": 0})),
        ),
        ("mean-trim-one", json!({"trim_from": 4})),
        ("mean-float", drawn(json!({"float": "0.02"}))),
        ("limit-mean-blend", drawn(json!({"K": "0.88", "C": "0.5"}))),
        ("second-mean", json!({})),
        ("third-mean", json!({})),
        ("lowest-ratio", json!({})),
        ("lowest-evaluated", json!({})),
        ("fixed-price", fixed(json!({"float": "0.08"}))),
        (
            "floor-rate-lowest",
            fixed(json!({"rate_percent": "87.745"})),
        ),
    ]
}

/// One row for each method and number of bids, and the Korean tenders.
pub fn rows(size: Size) -> Result<Vec<Row>, Failure> {
    let has_python = python::is_there();
    let mut rows = Vec::new();
    for (method, parameters) in methods() {
        for &count in size.pick::<&[usize]>(&[10, 100, 1_000, MOST], &[10, 200]) {
            rows.push(row(size, method, &parameters, count, has_python)?);
        }
    }
    if !has_python {
        rows.push(Row::note("beside Python", "skipped: there is no python3"));
    }
    rows.push(koneps::row()?);
    Ok(rows)
}

fn row(
    size: Size,
    method: &str,
    parameters: &Value,
    count: usize,
    has_python: bool,
) -> Result<Row, Failure> {
    let prices = prices(method, count);
    let case = case(method, parameters, &prices)?;
    let names: Vec<String> = case.bids.iter().map(|bid| bid.bidder.clone()).collect();
    let bare_places = || bare::places(method, &prices, &names);
    let outcome = evaluate(&case)?;
    agree(method, &outcome, &bare_places())?;

    // Small sizes are measured many at a time.
    let batch = u32::try_from(MOST / count)?;
    let turns = size.pick(15, 1);
    let repeated = |work: &mut dyn FnMut()| (0..batch).for_each(|_| work());
    let (ours, bare) = in_turns(
        turns,
        || repeated(&mut || drop(std::hint::black_box(evaluate(&case)))),
        || repeated(&mut || drop(std::hint::black_box(bare_places()))),
    );
    let times = hundredths(ours.as_nanos(), bare.as_nanos());
    let (mut beside, mut comes_to) = (duration(bare / batch), ratio(times));
    if has_python {
        let python = python::evaluate(&case, size.pick(3, 1))?;
        let benchmark = outcome.benchmark().map(|benchmark| benchmark.to_string());
        if (&python.winner, &python.benchmark) != (&outcome.winner, &benchmark) {
            return Err(format!("{method}: Python comes to something else").into());
        }
        let quicker = python.elapsed.as_nanos() * u128::from(batch) / ours.as_nanos().max(1);
        beside = format!("{beside}; Python {}", duration(python.elapsed));
        comes_to = format!("{comes_to}; 1/{quicker}");
    }
    let has_budget = count == MOST;
    Ok(Row {
        what: format!("evaluate {count} bids, {method}"),
        ours: duration(ours / batch),
        bare: beside,
        comes_to,
        budget: if has_budget {
            format!("< {}", ratio(BUDGET))
        } else {
            String::new()
        },
        kept: has_budget.then_some(times < BUDGET),
    })
}

/// All different, from 85 % to 95 % of the control price and a bit; a fixed price is offered by every second bid.
fn prices(method: &str, count: usize) -> Vec<i128> {
    let price = |bid: i128| 850_000_000 + (bid * 7_919 % 99_991) * 1_003;
    let offers_award = |bid: i128| method == "fixed-price" && bid % 2 == 0;
    (0..count as i128)
        .map(|bid| {
            if offers_award(bid) {
                bare::award_price()
            } else {
                price(bid)
            }
        })
        .collect()
}

fn case(method: &str, parameters: &Value, prices: &[i128]) -> Result<Case, Failure> {
    let money = |fen: i128| i64::try_from(fen).map(Money::from_fen);
    let mut head = json!({"format": "kaibiao-case/1", "profile": "below-threshold",
        "control_price": money(bare::CONTROL_FEN)?.to_string(), "benchmark": parameters, "bids": []});
    head["benchmark"]["method"] = json!(method);
    let by_ratio = method == "lowest-ratio";
    match method {
        "lowest-evaluated" | "fixed-price" => {}
        "floor-rate-lowest" => head["estimated_price"] = head["control_price"].clone(),
        "limit-mean-blend" => head["budget_price"] = json!(money(bare::BUDGET_FEN)?.to_string()),
        _ => {}
    }
    let scored = !matches!(
        method,
        "lowest-evaluated" | "fixed-price" | "floor-rate-lowest"
    );
    if scored {
        head["price_score"] = if by_ratio {
            json!({"full": "90", "score_decimals": 2})
        } else {
            json!({"full": "90", "up": "0.9", "down": "0.6", "floor": "0",
                "benchmark_decimals": 2, "deviation_decimals": null, "score_decimals": 2})
        };
        head["credit"] = json!({"mode": "linear", "full": "100", "weight": "10", "decimals": 2});
    }
    let mut case = Case::parse(head.to_string().as_bytes())?;
    for (number, fen) in prices.iter().enumerate() {
        let mut bid = Bid::of(format!("b{number}"), money(*fen)?);
        bid.credit = scored.then(|| CreditValue::Of("80".to_owned()));
        if by_ratio {
            bid.deduction = Some(format!("0.{:02}", bare::deduction(number)).parse()?);
        }
        if method == "lowest-evaluated" {
            bid.adjustments = Some(vec![money(bare::adjustment(number))?.to_string().parse()?]);
        }
        case.bids.push(bid);
    }
    Ok(case)
}

/// The same work is done only if the same comes out.
fn agree(method: &str, outcome: &Outcome, places: &[usize]) -> Result<(), Failure> {
    let ranked = outcome.bids.iter().filter(|bid| bid.rank.is_some()).count();
    let place_of = |(place, bid): (usize, &usize)| {
        let expected = if method == "fixed-price" {
            1
        } else {
            place + 1
        };
        outcome.bids[*bid].rank.map(|rank| rank as usize) == Some(expected)
    };
    let names = places.iter().map(|bid| &outcome.bids[*bid].bidder);
    let tied_alike = outcome.tied.is_empty() || names.eq(&outcome.tied);
    if ranked == places.len() && places.iter().enumerate().all(place_of) && tied_alike {
        return Ok(());
    }
    Err(format!("{method}: the bare loop comes to another order").into())
}
