//! Every method at the edges of what is allowed, beside the second implementation: nothing overflows there.

#![expect(clippy::unwrap_used, reason = "tests may panic")]

mod evaluated;
mod openings;
mod reference;

use evaluated::evaluated;
use openings::methods::{self, IDS as METHODS};
use openings::{Dice, case, numbers, written};
use proptest::prelude::*;
use serde_json::{Value, json};

/// 10^13 yuan, the highest price, in fen.
const HIGHEST: u64 = 1_000_000_000_000_000;
const USUAL: u64 = 1_000_000_000;

/// A case of a method with these prices in fen and the simplest parameters, or with parameters, credit and roundings of six
/// decimals.
fn with_prices(method: &str, six_decimals: bool, control: u64, prices: &[u64]) -> Value {
    // The highest numbers choose the finest parameters.
    let numbers = if six_decimals {
        vec![u32::MAX; 50]
    } else {
        Vec::new()
    };
    let mut dice = Dice::of_numbers(numbers);
    let amount = json!(written(control, 2));
    let mut rule = methods::rule(&mut dice, method);
    if method == "fixed-price" {
        rule["fixed"]["float"] = json!(dice.share(0, 30));
    }
    let mut case = json!({"format": "kaibiao-case/1", "profile": "below-threshold", "control_price": amount, "benchmark": rule});
    match method {
        "floor-rate-lowest" => case["estimated_price"] = amount,
        "limit-mean-blend" => case["budget_price"] = amount,
        _ => {}
    }
    let decimals = if six_decimals { 6 } else { 2 };
    let scored = methods::scores_by_points(method);
    if method == "lowest-ratio" {
        case["price_score"] = json!({"full": "60", "score_decimals": decimals});
    } else if scored {
        case["price_score"] = json!({"full": "60", "up": "0.9", "down": "0.6", "floor": "0",
            "benchmark_decimals": decimals, "deviation_decimals": null, "score_decimals": decimals});
    }
    if scored {
        case["credit"] =
            json!({"mode": "linear", "full": "110.000001", "weight": "10", "decimals": decimals});
    }
    let bid = |(index, price): (usize, &u64)| {
        let mut bid = json!({"bidder": format!("b{index}"), "price": written(*price, 2)});
        if scored {
            bid["credit"] = json!("92.123457");
        }
        bid
    };
    case["bids"] = prices.iter().enumerate().map(bid).collect();
    case
}

/// Every method, with simple parameters and with the finest, gives what the second implementation gives.
fn agree(control: u64, prices: &[u64]) {
    for method in METHODS {
        for six_decimals in [false, true] {
            let case = with_prices(method, six_decimals, control, prices);
            agree_on(&case);
        }
    }
}

fn agree_on(case: &Value) {
    let expected = reference::evaluate(case).map_err(str::to_owned);
    let result = evaluated(case);
    if result != expected {
        let mut head = case.clone();
        head["bids"] = head["bids"]
            .as_array()
            .unwrap()
            .iter()
            .take(9)
            .cloned()
            .collect();
        assert_eq!(result, expected, "{head}");
    }
}

#[test]
fn a_single_bid() {
    for price in [1, 850_000_000, USUAL] {
        agree(USUAL, &[price]);
    }
    agree(HIGHEST, &[HIGHEST]);
    agree(1, &[1]);
}

#[test]
fn every_small_number_of_bids() {
    for count in 2..25 {
        let prices: Vec<u64> = (0..count)
            .map(|bid| 880_000_000 + bid * 7_919_003)
            .collect();
        agree(USUAL, &prices);
    }
}

#[test]
fn equal_prices() {
    for count in [2, 3, 4, 5, 6, 7, 8, 30] {
        agree(USUAL, &vec![900_000_000; count]);
        agree(HIGHEST, &vec![HIGHEST; count]);
        agree(USUAL, &vec![1; count]);
    }
}

/// The lowest and the highest price beside each other; a deviation of 10^17 per cent.
#[test]
fn a_fen_beside_the_highest_price() {
    for count in [2, 3, 4, 5, 7, 12] {
        let mut prices = vec![HIGHEST; count];
        prices[0] = 1;
        agree(HIGHEST, &prices);
        let mut prices = vec![1; count];
        prices[0] = HIGHEST;
        agree(HIGHEST, &prices);
        prices[1] = HIGHEST - 1;
        agree(HIGHEST, &prices);
    }
    agree(USUAL, &[1, 950_000_000]);
    agree(USUAL, &[1, 1, 950_000_000]);
}

/// Every method evaluates so many bids. The second implementation is slow: it judges only some methods.
fn agree_on_many(judged: &[&str], control: u64, prices: &[u64]) {
    for (place, method) in METHODS.iter().enumerate() {
        let case = with_prices(method, place % 2 == 0, control, prices);
        if judged.contains(method) {
            agree_on(&case);
        } else if let Err(code) = evaluated(&case) {
            // The drawn indexes may lie outside their lists; nothing else may go wrong.
            assert_eq!(code, "index-out-of-list", "{method}");
        }
    }
}

/// As many digits as there can be: nothing cancels.
#[test]
fn prices_of_many_digits_with_parameters_of_many_digits() {
    let high = [
        999_999_999_999_989,
        999_999_999_999_937,
        888_888_888_888_883,
    ];
    for count in [1, 2, 3, 4, 5, 7, 11, 23] {
        let prices: Vec<u64> = (0..count)
            .map(|bid| high[bid % 3] - bid as u64 * 31_415_926_535_897)
            .collect();
        for control in high {
            agree(control, &prices);
        }
    }
}

#[test]
fn ten_thousand_different_prices() {
    let price = |bid: u64| 850_000_000 + bid * 7_919 % 99_991 * 1_003;
    agree_on_many(
        &[
            "jiangsu-1",
            "limit-mean-blend",
            "lowest-evaluated",
            "floor-rate-lowest",
        ],
        USUAL,
        &(0..10_000).map(price).collect::<Vec<u64>>(),
    );
}

#[test]
fn ten_thousand_prices_of_every_size() {
    let price = |bid: u64| HIGHEST / 10_000 * bid - bid * bid;
    agree_on_many(
        &["third-mean", "lowest-ratio", "fixed-price"],
        HIGHEST,
        &(1..=10_000).map(price).collect::<Vec<u64>>(),
    );
}

#[test]
fn a_thousand_bids_on_a_shortlist() {
    let prices: Vec<u64> = (0..1_000)
        .map(|bid| 850_000_000 + bid * 7_919 % 99 * 1_003_000)
        .collect();
    for shortlist in [
        json!({"method": "low-price", "drop_percent": "10", "take": 400}),
        json!({"method": "mean", "drop_percent": "10", "above": 150, "below": 300}),
    ] {
        let mut case = with_prices("jiangsu-1", false, USUAL, &prices);
        case["shortlist"] = shortlist;
        agree_on(&case);
    }
}

#[test]
fn what_lies_beyond_the_limits_is_refused() {
    let case = with_prices("jiangsu-1", false, HIGHEST, &[HIGHEST + 1]);
    assert_eq!(evaluated(&case), Err("price-too-large".to_owned()));
    let case = with_prices("jiangsu-1", false, HIGHEST + 1, &[USUAL]);
    assert_eq!(evaluated(&case), Err("price-too-large".to_owned()));
    let mut case = with_prices("jiangsu-1", false, USUAL, &[900_000_000]);
    case["benchmark"]["drawn"]["K"] = json!("0.9700001");
    assert!(evaluated(&case).is_err());
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 300, failure_persistence: None, ..ProptestConfig::default() })]

    /// The first number chooses the control price; the highest of the five comes last.
    #[test]
    fn any_case_at_the_highest_prices(mut numbers in numbers()) {
        numbers.insert(0, 4);
        let case = case(numbers);
        prop_assert_eq!(&case["control_price"], "10000000000000.00");
        agree_on(&case);
    }
}
