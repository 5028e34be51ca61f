//! What holds for every case: a second implementation agrees, the order of bids decides nothing, amounts have no
//! scale, who is out stays out, nothing panics or wraps.

#![expect(
    clippy::unwrap_used,
    clippy::arithmetic_side_effects,
    reason = "tests may panic"
)]

mod evaluated;
mod openings;
mod reference;

use evaluated::evaluated;
use evaluation::fraction::Fraction;
use evaluation::{Case, Decimal, Money, evaluate};
use openings::{case, numbers};
use proptest::prelude::*;
use reference::number::{Number, number};
use serde_json::{Value, json};

fn bids_by_name(result: &Value) -> Vec<Value> {
    let mut bids = result["bids"].as_array().unwrap().clone();
    bids.sort_by_key(|bid| bid["bidder"].as_str().unwrap().to_owned());
    bids
}

/// Ten times the amount that stands at `name`, by moving its point.
fn tenfold(object: &mut Value, name: &str) {
    let Some(amount) = object.get_mut(name) else {
        return;
    };
    for one in match amount {
        Value::Array(amounts) => amounts.iter_mut().collect(),
        amount => vec![amount],
    } {
        let text = one.as_str().unwrap();
        let sign = if text.starts_with('-') { "-" } else { "" };
        let (before, behind) = text.trim_start_matches('-').split_once('.').unwrap();
        let (first, rest) = behind.split_at(1);
        let whole: u64 = format!("{before}{first}").parse().unwrap();
        *one = json!(format!("{sign}{whole}.{rest}0"));
    }
}

fn live(result: &Value) -> impl Iterator<Item = &Value> {
    let bids = result["bids"].as_array().unwrap().iter();
    bids.filter(|bid| !bid["rank"].is_null())
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 1_000, failure_persistence: None, ..ProptestConfig::default() })]

    /// One bid was scored by one member more than the others: refused, unless it is not scored.
    #[test]
    fn a_committee_that_differs_is_refused_as_the_second_implementation_says(numbers in numbers()) {
        let mut case = case(numbers);
        let last = case["bids"].as_array_mut().unwrap().last_mut().unwrap();
        let lists: Vec<&mut Value> = match last.get_mut("technical") {
            Some(Value::Object(items)) => items.values_mut().collect(),
            Some(whole) => vec![whole],
            None => Vec::new(),
        };
        for list in lists {
            let scores = list.as_array_mut().unwrap();
            scores.push(scores.last().unwrap().clone());
        }
        let expected = reference::evaluate(&case).map_err(str::to_owned);
        prop_assert_eq!(evaluated(&case), expected, "{}", case);
    }

    /// The same result in every field, or the same refusal.
    #[test]
    fn any_case_comes_out_as_the_second_implementation_says(numbers in numbers()) {
        let case = case(numbers);
        let expected = reference::evaluate(&case).map_err(str::to_owned);
        prop_assert_eq!(evaluated(&case), expected, "{}", case);
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 300, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn the_order_of_bids_decides_nothing(numbers in numbers(), turn in 0..30_usize) {
        let case = case(numbers);
        let mut turned = case.clone();
        let bids = turned["bids"].as_array_mut().unwrap();
        let by = turn % bids.len();
        bids.rotate_left(by);
        bids.reverse();
        match (evaluated(&case), evaluated(&turned)) {
            (Ok(first), Ok(second)) => {
                for name in ["benchmark", "award_price", "winner", "tied"] {
                    prop_assert_eq!(first.get(name), second.get(name));
                }
                prop_assert_eq!(bids_by_name(&first), bids_by_name(&second));
            }
            (first, second) => prop_assert_eq!(first, second),
        }
    }

    #[test]
    fn scores_stay_within_their_bounds_and_ranks_follow_totals(numbers in numbers()) {
        let case = case(numbers);
        let Ok(result) = evaluated(&case) else { return Ok(()) };
        let mut scored: Vec<(u64, Number)> = Vec::new();
        for bid in live(&result) {
            let Some(total) = bid.get("total") else { continue };
            let points = number(&bid["price_score"]);
            prop_assert!(points <= number(&case["price_score"]["full"]));
            if let Some(floor) = case["price_score"].get("floor") {
                prop_assert!(points >= number(floor));
            }
            if let Some(points) = bid.get("technical") {
                prop_assert!(number(points) <= number(&case["technical"]["full"]));
            }
            if let (Some(points), Some(weight)) = (bid.get("credit"), case["credit"].get("weight")) {
                prop_assert!(number(points) <= number(weight));
            }
            scored.push((bid["rank"].as_u64().unwrap(), number(total)));
        }
        scored.sort();
        for pair in scored.windows(2) {
            prop_assert!(pair[0].1 >= pair[1].1);
        }
        let ranks: Vec<u64> = live(&result).map(|bid| bid["rank"].as_u64().unwrap()).collect();
        for rank in &ranks {
            let before = ranks.iter().filter(|other| *other < rank).count();
            prop_assert_eq!(*rank, u64::try_from(before).unwrap() + 1);
        }
        let first = ranks.iter().filter(|rank| **rank == 1).count();
        prop_assert_eq!(result["winner"].is_string(), first == 1);
        prop_assert_eq!(result["tied"].as_array().map_or(0, Vec::len), if first > 1 { first } else { 0 });
    }

    #[test]
    fn all_amounts_times_ten_change_no_score_and_no_rank(numbers in numbers()) {
        let mut case = case(numbers);
        let at_the_limit = case["control_price"].as_str().unwrap().len() > 15;
        // What rounds amounts to fixed decimals has a scale.
        let rounds = case["benchmark"]["fixed"].get("mean_decimals").is_some();
        if at_the_limit || rounds || case["benchmark"]["method"] == "fixed-price" {
            return Ok(());
        }
        let Ok(before) = evaluated(&case) else { return Ok(()) };
        for name in ["control_price", "estimated_price", "budget_price", "provisional_sums"] {
            tenfold(&mut case, name);
        }
        for bid in case["bids"].as_array_mut().unwrap() {
            tenfold(bid, "price");
            tenfold(bid, "adjustments");
        }
        // At one decimal less the benchmark is rounded at the same digit.
        match case["price_score"].get("benchmark_decimals").and_then(Value::as_u64) {
            Some(0) => return Ok(()),
            Some(decimals) => case["price_score"]["benchmark_decimals"] = json!(decimals - 1),
            None => {}
        }
        let after = evaluated(&case).unwrap();
        if case["benchmark"]["method"] != "lowest-ratio" && before.get("benchmark").is_some() {
            let ten = reference::number::whole(10);
            prop_assert_eq!(number(&before["benchmark"]) * ten, number(&after["benchmark"]));
        }
        let without_amounts = |result: &Value| {
            let mut bids = result["bids"].clone();
            for bid in bids.as_array_mut().unwrap() {
                bid.as_object_mut().unwrap().remove("evaluated_price");
            }
            bids
        };
        prop_assert_eq!(without_amounts(&before), without_amounts(&after));
        prop_assert_eq!(&before["winner"], &after["winner"]);
    }

    #[test]
    fn a_bid_above_the_control_price_changes_nothing(numbers in numbers(), place in 0..30_usize) {
        let case = case(numbers);
        if case["benchmark"]["method"] == "floor-rate-lowest" {
            return Ok(());
        }
        let mut more = case.clone();
        let bids = more["bids"].as_array_mut().unwrap();
        let mut dear = bids[0].clone();
        let limit: Money = case["control_price"].as_str().unwrap().parse().unwrap();
        dear["bidder"] = json!("too dear");
        dear["price"] = json!(Money::from_fen(limit.fen() + 1).to_string());
        let place = place % (bids.len() + 1);
        bids.insert(place, dear);
        if limit.fen() == evaluation::case::AMOUNT_MAX_FEN {
            prop_assert_eq!(evaluated(&more), Err("price-too-large".to_owned()));
            return Ok(());
        }
        match (evaluated(&case), evaluated(&more)) {
            (Ok(first), Ok(mut second)) => {
                let out = second["bids"].as_array_mut().unwrap().remove(place);
                prop_assert_eq!(&out["reason"], "above-control-price");
                prop_assert_eq!(first, second);
            }
            (first, second) => prop_assert_eq!(first, second),
        }
    }

    #[test]
    fn a_late_rejection_moves_no_benchmark_unless_the_rules_want_it(numbers in numbers(), which in 0..30_usize) {
        let mut case = case(numbers);
        let Ok(before) = evaluated(&case) else { return Ok(()) };
        let count = case["bids"].as_array().unwrap().len();
        case["bids"][which % count]["rejected"] = json!("late");
        let later = case.get("recompute_policy").is_some();
        if later || case["benchmark"]["method"] == "lowest-ratio" {
            return Ok(());
        }
        // The widest spread may become another's when a bid is out.
        let Ok(after) = evaluated(&case) else { return Ok(()) };
        prop_assert_eq!(before.get("benchmark"), after.get("benchmark"));
        prop_assert!(after["bids"][which % count]["rank"].is_null());
    }

    #[test]
    fn a_second_run_gives_the_same_bytes(numbers in numbers()) {
        let text = case(numbers).to_string();
        let run = || {
            let outcome = Case::parse(text.as_bytes()).and_then(|case| evaluate(&case));
            outcome.map(|outcome| serde_json::to_string(&outcome).unwrap())
        };
        prop_assert_eq!(run(), run());
    }

    #[test]
    fn any_text_is_a_number_that_prints_as_itself_or_is_refused(text in "-?[0-9.e+ ]{0,24}") {
        if let Ok(decimal) = text.parse::<Decimal>() {
            prop_assert_eq!(decimal.to_string(), text.clone());
        }
        if let Ok(money) = text.parse::<Money>() {
            prop_assert_eq!(money.fraction(), text.parse::<Decimal>().unwrap().fraction());
        }
    }

    #[test]
    fn any_numbers_in_a_case_are_evaluated_or_refused(
        texts in prop::collection::vec("-?[0-9]{1,17}(\\.[0-9]{1,9})?", 12),
        decimals in prop::collection::vec(0..=8_u8, 3),
    ) {
        let text = |index: usize| &texts[index];
        let json = json!({
            "format": "kaibiao-case/1", "profile": "below-threshold", "control_price": text(0),
            "benchmark": {"method": "jiangsu-2", "drawn": {"K1": text(1), "Q1": "0.7"}, "fixed": {"K2": text(2)}},
            "price_score": {"full": text(3), "up": text(4), "down": text(5), "floor": text(6),
                "benchmark_decimals": decimals[0], "deviation_decimals": decimals[1], "score_decimals": decimals[2]},
            "credit": {"mode": "linear", "full": text(7), "weight": text(8), "decimals": decimals[2]},
            "bids": [{"bidder": "a", "price": text(9), "credit": text(10)}, {"bidder": "b", "price": "1", "credit": text(11)}],
        });
        if let Ok(outcome) = Case::parse(json.to_string().as_bytes()).and_then(|case| evaluate(&case)) {
            prop_assert!(serde_json::to_string(&outcome).is_ok());
        }
    }

    #[test]
    fn any_bytes_are_refused_without_a_panic(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
        prop_assert!(Case::parse(&bytes).is_err());
    }

    #[test]
    fn fractions_compare_and_calculate_as_whole_numbers_do(a in -9_999..9_999_i128, b in 1..9_999_i128, c in -9_999..9_999_i128, d in 1..9_999_i128) {
        let (left, right) = (Fraction::new(a, b).unwrap(), Fraction::new(c, d).unwrap());
        prop_assert_eq!(left.cmp(&right), (a * d).cmp(&(c * b)));
        prop_assert_eq!(left.plus(right).unwrap().minus(right).unwrap(), left);
        prop_assert_eq!(left.plus(right).unwrap(), Fraction::new(a * d + c * b, b * d).unwrap());
        if c != 0 {
            prop_assert_eq!(left.times(right).unwrap().over(right).unwrap(), left);
        }
    }

    #[test]
    fn huge_fractions_compare_without_overflow(a in 1..i128::MAX, b in 1..i128::MAX, c in 1..1000_i128) {
        let value = Fraction::new(a, b).unwrap();
        prop_assert!(value == value);
        // Adding c to the numerator makes it larger, to the denominator smaller.
        if let (Some(more), Some(below)) = (a.checked_add(c), b.checked_add(c)) {
            prop_assert!(Fraction::new(more, b).unwrap() > value);
            prop_assert!(Fraction::new(a, below).unwrap() < value);
        }
    }
}

#[test]
fn a_half_goes_away_from_zero() {
    for (numerator, denominator, decimals, expected) in [
        (1, 8, 2, "0.13"),
        (-1, 8, 2, "-0.13"),
        (5, 2, 0, "3"),
        (-5, 2, 0, "-3"),
        (1, 3, 2, "0.33"),
        (-1, 1000, 2, "0.00"),
    ] {
        let fraction = Fraction::new(numerator, denominator).unwrap();
        assert_eq!(
            fraction.round_half_up(decimals).unwrap().to_string(),
            expected
        );
    }
}
