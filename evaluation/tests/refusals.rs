//! Bad cases: each has a pointer to what is wrong and a stable code. And the edges of what is accepted.

#![expect(clippy::unwrap_used, reason = "tests may panic")]

use evaluation::{Case, EvaluationError, evaluate};
use serde_json::{Value, json};

fn example() -> Value {
    serde_json::from_str(include_str!("data/design-case.json")).unwrap()
}

fn run(case: &Value) -> Result<Value, EvaluationError> {
    let outcome = evaluate(&Case::parse(case.to_string().as_bytes())?)?;
    Ok(serde_json::to_value(outcome).unwrap())
}

/// The example with the value at `pointer` replaced, or removed if it is `None`.
fn changed(pointer: &str, value: Option<Value>) -> Value {
    let mut case = example();
    let (parent, name) = pointer.rsplit_once('/').unwrap();
    let parent = case.pointer_mut(parent).unwrap();
    match (value, parent) {
        (Some(value), Value::Array(items)) => items[name.parse::<usize>().unwrap()] = value,
        (Some(value), parent) => parent[name] = value,
        (None, parent) => drop(parent.as_object_mut().unwrap().remove(name).unwrap()),
    }
    case
}

fn refused(case: &Value, pointer: &str, code: &str) {
    let error = run(case).unwrap_err();
    assert_eq!(
        (error.pointer.as_str(), error.code()),
        (pointer, code),
        "{error}"
    );
}

#[test]
fn single_wrong_values_are_pointed_at() {
    let too_long = "x".repeat(201);
    let table = [
        (
            "/format",
            json!("kaibiao-case/2"),
            "/format",
            "json-invalid-value",
        ),
        ("/extra", json!(1), "/extra", "json-unknown-field"),
        (
            "/control_price",
            json!(10_000_000),
            "/control_price",
            "json-invalid-value",
        ),
        (
            "/control_price",
            json!("10000000.001"),
            "/control_price",
            "json-invalid-value",
        ),
        (
            "/control_price",
            json!("0"),
            "/control_price",
            "price-not-positive",
        ),
        (
            "/currency",
            json!("yuan"),
            "/currency",
            "currency-malformed",
        ),
        ("/profile", json!(""), "/profile", "name-length"),
        (
            "/profile",
            json!("cn-gov-procurement"),
            "/benchmark/method",
            "method-not-lawful",
        ),
        (
            "/benchmark/method",
            json!("jiangsu-6"),
            "/benchmark/method",
            "method-unknown",
        ),
        (
            "/benchmark/drawn/K1",
            json!("0"),
            "/benchmark/drawn/K1",
            "parameter-out-of-range",
        ),
        (
            "/benchmark/drawn/K1",
            json!(1),
            "/benchmark/drawn/K1",
            "parameter-kind",
        ),
        (
            "/benchmark/drawn/K1",
            json!(0.97),
            "/benchmark/drawn/K1",
            "json-float",
        ),
        (
            "/benchmark/drawn/Q1",
            json!("1.05"),
            "/benchmark/drawn/Q1",
            "parameter-out-of-range",
        ),
        (
            "/benchmark/drawn/K",
            json!("0.97"),
            "/benchmark/drawn/K",
            "parameter-unexpected",
        ),
        (
            "/benchmark/fixed/K2",
            json!("0.9e1"),
            "/benchmark/fixed/K2",
            "parameter-kind",
        ),
        (
            "/price_score/full",
            json!("-60"),
            "/price_score/full",
            "number-not-positive",
        ),
        (
            "/price_score/full",
            json!("60.001"),
            "/price_score/full",
            "finer-than-rounding",
        ),
        (
            "/price_score/floor",
            json!("61"),
            "/price_score/floor",
            "floor-above-full",
        ),
        (
            "/price_score/up",
            json!("-1"),
            "/price_score/up",
            "number-negative",
        ),
        (
            "/price_score/score_decimals",
            json!(7),
            "/price_score/score_decimals",
            "decimals-too-many",
        ),
        (
            "/price_score/score_decimals",
            json!(-1),
            "/price_score/score_decimals",
            "json-invalid-value",
        ),
        (
            "/technical/aggregate",
            json!("median"),
            "/technical/aggregate",
            "json-invalid-value",
        ),
        (
            "/technical/full",
            json!("27"),
            "/bids/0/technical/1",
            "score-out-of-range",
        ),
        (
            "/credit/full",
            json!("0"),
            "/credit/full",
            "number-not-positive",
        ),
        (
            "/credit/mode",
            json!("tiers"),
            "/credit/full",
            "member-unused",
        ),
        (
            "/bids/1/price",
            json!("0.00"),
            "/bids/1/price",
            "price-not-positive",
        ),
        (
            "/bids/1/price",
            json!("-5"),
            "/bids/1/price",
            "price-not-positive",
        ),
        (
            "/bids/1/bidder",
            json!("b1"),
            "/bids/1/bidder",
            "bidder-twice",
        ),
        (
            "/bids/1/bidder",
            json!(too_long),
            "/bids/1/bidder",
            "name-length",
        ),
        (
            "/bids/2/technical",
            json!(["24", "25"]),
            "/bids/2/technical",
            "score-count",
        ),
        (
            "/bids/2/credit",
            json!("-1"),
            "/bids/2/credit",
            "number-negative",
        ),
    ];
    for (place, value, pointer, code) in table {
        refused(&changed(place, Some(value)), pointer, code);
    }
}

#[test]
fn missing_values_are_named() {
    for (place, pointer, code) in [
        ("/control_price", "/control_price", "field-missing"),
        ("/price_score", "/price_score", "field-missing"),
        (
            "/benchmark/drawn/K1",
            "/benchmark/drawn",
            "parameter-missing",
        ),
        (
            "/benchmark/fixed/K2",
            "/benchmark/fixed",
            "parameter-missing",
        ),
        ("/bids/1/technical", "/bids/1/technical", "score-count"),
        ("/bids/1/credit", "/bids/1/credit", "field-missing"),
        ("/technical", "/bids/0/technical", "field-unused"),
        ("/credit", "/bids/0/credit", "field-unused"),
    ] {
        refused(&changed(place, None), pointer, code);
    }
    refused(
        &changed("/price_score/up", None),
        "/price_score/up",
        "member-missing",
    );
}

#[test]
fn a_method_of_another_release_is_named_before_its_unknown_fields() {
    let mut case = changed("/benchmark/method", Some(json!("jiangsu-6")));
    case["bids"][0]["surcharge"] = json!("0.1");
    refused(&case, "/benchmark/method", "method-unknown");
}

#[test]
fn broken_json_says_where() {
    let error = Case::parse(b"{\n  \"format\": \"kaibiao-case/1\",,\n}").unwrap_err();
    assert_eq!(error.code(), "json-syntax");
    assert!(error.to_string().contains("line 2"), "{error}");
    let doubled = example()
        .to_string()
        .replacen('{', "{\"profile\":\"below-threshold\",", 1);
    assert_eq!(
        Case::parse(doubled.as_bytes()).unwrap_err().code(),
        "json-duplicate-key"
    );
}

fn abc(drawn: Value, prices: &[&str]) -> Value {
    let mut case = example();
    case["benchmark"] = json!({"method": "jiangsu-5", "drawn": drawn});
    let bids = case.as_object_mut().unwrap();
    bids.remove("technical");
    bids.remove("credit");
    let bid =
        |(index, price): (usize, &&str)| json!({"bidder": format!("b{index}"), "price": price});
    bids.insert(
        "bids".to_owned(),
        prices.iter().enumerate().map(bid).collect(),
    );
    case
}

#[test]
fn indexes_must_lie_in_their_lists() {
    // A = 8 800 000: one price in each band, C = 7 500 000.
    let prices = ["7500000", "7900000", "8200000"];
    let drawn = |band1: u64, band2: u64, b: u64| json!({"delta": "0.12", "K": "0.96", "band1": band1, "band2": band2, "B": b});
    assert!(run(&abc(drawn(0, 0, 1), &prices)).is_ok());
    refused(
        &abc(drawn(1, 0, 0), &prices),
        "/benchmark/drawn/band1",
        "index-out-of-list",
    );
    refused(
        &abc(drawn(0, 1, 0), &prices),
        "/benchmark/drawn/band2",
        "index-out-of-list",
    );
    refused(
        &abc(drawn(0, 0, 2), &prices),
        "/benchmark/drawn/B",
        "index-out-of-list",
    );
    let without_b = json!({"delta": "0.12", "K": "0.96", "band1": 0, "band2": 0});
    refused(
        &abc(without_b, &prices),
        "/benchmark/drawn",
        "parameter-missing",
    );
    // An empty band ignores its index.
    assert!(run(&abc(drawn(7, 0, 0), &["7500000", "7900000"])).is_ok());
    refused(
        &abc(drawn(0, 0, 0), &["7500000", "7500000"]),
        "/benchmark",
        "pool-empty",
    );
    refused(
        &abc(drawn(0, 0, 0), &["1000000", "1100000"]),
        "/benchmark",
        "range-empty",
    );
}

#[test]
fn a_bid_above_the_control_price_counts_for_nothing() {
    let mut case = example();
    let without = run(&case).unwrap();
    case["bids"]
        .as_array_mut()
        .unwrap()
        .push(json!({"bidder": "b4", "price": "10000000.01"}));
    let with = run(&case).unwrap();
    let rejected = json!({"bidder": "b4", "status": "rejected", "reason": "above-control-price", "rank": null});
    assert_eq!(with["bids"][3], rejected);
    assert_eq!(
        (&with["benchmark"], &with["winner"]),
        (&without["benchmark"], &without["winner"])
    );
    assert_eq!(
        with["bids"].as_array().unwrap()[..3],
        without["bids"].as_array().unwrap()[..]
    );
}

#[test]
fn a_price_equal_to_the_control_price_is_accepted() {
    let result = run(&changed("/bids/0/price", Some(json!("10000000")))).unwrap();
    assert!(result["bids"][0]["rank"].is_u64());
}

#[test]
fn nobody_eligible_gives_no_winner_and_no_tie() {
    for case in [
        changed("/control_price", Some(json!("1"))),
        changed("/bids", Some(json!([]))),
    ] {
        let result = run(&case).unwrap();
        assert_eq!(result["winner"], Value::Null);
        assert_eq!((result.get("tied"), result.get("benchmark")), (None, None));
    }
}

#[test]
fn a_bid_rejected_after_the_set_was_frozen_moves_the_benchmark_but_has_no_rank() {
    let mut case = example();
    let before = run(&case).unwrap();
    case["bids"][2]["rejected"] = json!("no-response");
    let after = run(&case).unwrap();
    assert_eq!(after["benchmark"], before["benchmark"]);
    assert_eq!(after["winner"], "b2");
    assert_eq!(
        after["bids"][2],
        json!({"bidder": "b3", "status": "rejected", "reason": "no-response", "rank": null})
    );
}

#[test]
fn equal_totals_and_prices_share_a_rank_and_leave_the_winner_open() {
    let mut case = example();
    let twin = json!({"bidder": "b0", "price": "8875000", "technical": ["24", "25", "23.5", "25.5", "24"], "credit": "100"});
    case["bids"].as_array_mut().unwrap().push(twin);
    let result = run(&case).unwrap();
    assert_eq!(
        (&result["winner"], &result["tied"]),
        (&Value::Null, &json!(["b0", "b3"]))
    );
    let ranks: Vec<_> = result["bids"]
        .as_array()
        .unwrap()
        .iter()
        .map(|bid| bid["rank"].as_u64().unwrap())
        .collect();
    assert_eq!((ranks[2], ranks[3]), (1, 1));
    assert!(ranks[..2].iter().all(|rank| *rank >= 3), "{ranks:?}");
}

fn korean(prices: &[&str]) -> Value {
    let bid =
        |(index, price): (usize, &&str)| json!({"bidder": format!("b{index}"), "price": price});
    json!({"format": "kaibiao-case/1", "profile": "kr-floor-rate", "currency": "KRW", "estimated_price": "12442475",
        "control_price": "1", "benchmark": {"method": "floor-rate-lowest", "fixed": {"rate_percent": "87.745"}},
        "bids": prices.iter().enumerate().map(bid).collect::<Vec<_>>()})
}

#[test]
fn the_korean_method_takes_the_lowest_price_from_the_floor_on() {
    // The floor is 12 442 475 × 87.745 % = 10 917 649.68875.
    let result = run(&korean(&[
        "10917649",
        "10917650",
        "11206800",
        "10917649.69",
    ]))
    .unwrap();
    assert_eq!(result["winner"], "b3");
    let ranks: Vec<_> = result["bids"]
        .as_array()
        .unwrap()
        .iter()
        .map(|bid| bid["rank"].clone())
        .collect();
    assert_eq!(ranks, [Value::Null, json!(2), json!(3), json!(1)]);
    assert_eq!(result["bids"][0]["reason"], "below-floor-price");
    assert_eq!(result["explanation"][0]["value"], "10917649.68875");
    let tied = run(&korean(&["11206800", "11208600", "11206800"])).unwrap();
    assert_eq!(
        (&tied["winner"], &tied["tied"]),
        (&Value::Null, &json!(["b0", "b2"]))
    );
    let nobody = run(&korean(&["1", "2"])).unwrap();
    assert_eq!(
        (&nobody["winner"], nobody.get("tied")),
        (&Value::Null, None)
    );
    let mut case = korean(&["1"]);
    drop(case.as_object_mut().unwrap().remove("estimated_price"));
    refused(&case, "/estimated_price", "field-missing");
    case = korean(&["1"]);
    case["credit"] = example()["credit"].clone();
    refused(&case, "/credit", "field-unused");
}

#[test]
fn amounts_at_the_limit_are_exact_and_beyond_it_refused() {
    let largest = "10000000000000.00";
    let mut case = changed("/control_price", Some(json!(largest)));
    for index in 0..3 {
        case["bids"][index]["price"] = json!(largest);
    }
    let result = run(&case).unwrap();
    assert_eq!(result["benchmark"], "9600000000000.00");
    for place in [
        "/control_price",
        "/bids/1/price",
        "/bids/1/read_out_price",
        "/estimated_price",
        "/budget_price",
        "/contract_estimate",
        "/provisional_sums",
    ] {
        let beyond = changed(place, Some(json!("10000000000000.01")));
        refused(&beyond, place, "price-too-large");
    }
    case["benchmark"]["drawn"]["K1"] = json!("0.9700001");
    refused(&case, "/benchmark/drawn/K1", "decimals-too-many");
}

#[test]
fn more_bids_than_the_limit_are_refused() {
    let bids: Vec<Value> = (0..10_001)
        .map(|n| json!({"bidder": format!("b{n}"), "price": "1"}))
        .collect();
    refused(
        &changed("/bids", Some(json!(bids))),
        "/bids",
        "too-many-bids",
    );
}
