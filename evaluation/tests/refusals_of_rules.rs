//! Bad rules for points, shortlists, credit and committees: each with a pointer to what is wrong and a stable code.

#![expect(clippy::unwrap_used, reason = "tests may panic")]

use evaluation::{Case, evaluate};
use serde_json::{Value, json};

/// A case with every optional part.
fn full() -> Value {
    json!({"format": "kaibiao-case/1", "profile": "below-threshold", "control_price": "10000000.00",
        "provisional_sums": "500000.00", "contract_estimate": "12000000.00",
        "shortlist": {"method": "mean", "drop_percent": "10", "above": 6, "below": 9},
        "benchmark": {"method": "mean-trim-one", "trim_from": 5},
        "price_score": {"full": "55", "up": "0.9", "down": "0.6", "floor": "5", "score_decimals": 2,
            "segments": {"up": [{"beyond": "5", "rate": "2"}, {"beyond": "9", "rate": "3"}],
                "down": [{"beyond": "8", "rate": "4"}, {"beyond": "15", "mark": "20"}]}},
        "technical": {"full": "30", "aggregate": "drop-widest-member", "decimals": 2, "item_decimals": 3,
            "items": [{"id": "plan", "full": "25"}, {"id": "awards", "full": "5", "objective": true}],
            "reason_below_percent": "60", "flag_beyond_percent": "30", "drawn_member": 3},
        "credit": {"mode": "tiers", "weight": "10", "step": "10", "cost": "0.5", "zero_below": "20", "decimals": 2,
            "missing": "60", "thresholds": [{"estimate_below": "10000000", "value": "40"}, {"value": "60"}]},
        "credit_snapshot": {"source": "city credit register", "date": "2026-05-01"},
        "tie_break": ["credit", "technical", "price_score", "price"],
        "bids": [bid("a", "9000000.00", ["20", "21", "22", "23"]), bid("b", "9100000.00", ["24", "20", "21", "23"])]})
}

fn bid(bidder: &str, price: &str, plan: [&str; 4]) -> Value {
    json!({"bidder": bidder, "price": price, "credit": ["92.4", "70"],
        "technical": {"plan": plan, "awards": ["5", "5", "5", "5"]},
        "reasons": [{"item": "plan", "member": 0, "text": "no schedule"}]})
}

/// Pointer and code of the refusal, or nothing.
fn refusal(case: &Value) -> Option<(String, String)> {
    let outcome = Case::parse(case.to_string().as_bytes()).and_then(|case| evaluate(&case));
    let error = outcome.err()?;
    Some((error.pointer.clone(), error.code().to_owned()))
}

/// The case with another value at `place`; none: without it.
fn changed(mut case: Value, place: &str, value: Option<Value>) -> Value {
    let (parent, name) = place.rsplit_once('/').unwrap();
    match (case.pointer_mut(parent).unwrap(), value) {
        (Value::Array(items), Some(value)) => items[name.parse::<usize>().unwrap()] = value,
        (parent, Some(value)) => parent[name] = value,
        (parent, None) => drop(parent.as_object_mut().unwrap().remove(name).unwrap()),
    }
    case
}

/// Each entry: where what is written instead, where the refusal points, and its code.
fn all_refused(case: &Value, table: Vec<(&str, Value, &str, &str)>) {
    for (place, value, pointer, code) in table {
        let wrong = changed(case.clone(), place, Some(value.clone()));
        let expected = Some((pointer.to_owned(), code.to_owned()));
        assert_eq!(refusal(&wrong), expected, "{place} = {value}");
    }
}

#[test]
fn the_case_itself_is_evaluated() {
    assert_eq!(refusal(&full()), None);
}

#[test]
fn wrong_price_scores() {
    let (up, down) = ("/price_score/segments/up", "/price_score/segments/down");
    let up_first = "/price_score/segments/up/0/beyond";
    let too_many: Vec<Value> = (1..22)
        .map(|at| json!({"beyond": at.to_string(), "rate": "1"}))
        .collect();
    all_refused(
        &full(),
        vec![
            (up_first, json!("0"), up_first, "not-ascending"),
            (
                up_first,
                json!("9"),
                "/price_score/segments/up/1/beyond",
                "not-ascending",
            ),
            (
                up,
                json!([{"beyond": "5"}]),
                "/price_score/segments/up/0",
                "segment-shape",
            ),
            (
                up,
                json!([{"beyond": "5", "rate": "1", "mark": "2"}]),
                "/price_score/segments/up/0",
                "segment-shape",
            ),
            (
                down,
                json!([{"beyond": "5", "mark": "20"}, {"beyond": "6", "rate": "1"}]),
                "/price_score/segments/down/0",
                "segment-shape",
            ),
            (
                down,
                json!([{"beyond": "5", "mark": "56"}]),
                "/price_score/segments/down/0/mark",
                "mark-above-full",
            ),
            (
                down,
                json!([{"beyond": "5", "mark": "5.001"}]),
                "/price_score/segments/down/0/mark",
                "finer-than-rounding",
            ),
            (
                down,
                json!([{"beyond": "5", "rate": "-1"}]),
                "/price_score/segments/down/0/rate",
                "number-negative",
            ),
            (down, json!(too_many), down, "too-many-entries"),
            (
                "/price_score/up",
                json!("0.0000001"),
                "/price_score/up",
                "decimals-too-many",
            ),
            (
                "/price_score/up",
                json!("1000000.1"),
                "/price_score/up",
                "number-too-large",
            ),
            (
                "/price_score/floor",
                json!("56"),
                "/price_score/floor",
                "floor-above-full",
            ),
        ],
    );
}

#[test]
fn wrong_technical_rules_and_scores() {
    let items = "/technical/items";
    let plan = "/bids/0/technical/plan";
    all_refused(
        &full(),
        vec![
            ("/technical/items/0/full", json!("24"), items, "items-sum"),
            (
                "/technical/items/1/id",
                json!("plan"),
                "/technical/items/1/id",
                "entry-twice",
            ),
            (
                "/technical/items/0/id",
                json!(""),
                "/technical/items/0/id",
                "name-length",
            ),
            (
                "/technical/reason_below_percent",
                json!("101"),
                "/technical/reason_below_percent",
                "number-too-large",
            ),
            (
                "/technical/flag_beyond_percent",
                json!("-1"),
                "/technical/flag_beyond_percent",
                "number-negative",
            ),
            (
                "/technical/aggregate",
                json!("mean"),
                "/technical/drawn_member",
                "field-unused",
            ),
            (
                "/bids/0/technical",
                json!(["20", "21", "22", "23"]),
                "/bids/0/technical",
                "scores-shape",
            ),
            (
                "/bids/0/technical/extra",
                json!(["1"]),
                "/bids/0/technical/extra",
                "item-unknown",
            ),
            (plan, json!(["20", "21", "22"]), plan, "score-count"),
            (
                plan,
                json!(["20", "21", "22", "23", "24"]),
                "/bids/0/technical/awards",
                "member-count-differs",
            ),
            (
                plan,
                json!(["20", "21", "22", "25.1"]),
                "/bids/0/technical/plan/3",
                "score-out-of-range",
            ),
            (
                "/bids/1/technical/awards",
                json!(["5", "5", "4", "5"]),
                "/bids/1/technical/awards/2",
                "objective-scores-differ",
            ),
            (
                "/bids/0/reasons/0/member",
                json!(4),
                "/bids/0/reasons/0",
                "reason-misplaced",
            ),
            (
                "/bids/0/reasons/0/item",
                json!("staff"),
                "/bids/0/reasons/0",
                "reason-misplaced",
            ),
        ],
    );
    let without = changed(full(), "/bids/0/technical/awards", None);
    let expected = ("/bids/0/technical".to_owned(), "item-missing".to_owned());
    assert_eq!(refusal(&without), Some(expected));
}

/// Both members spread alike: only a draw tells which is left out, and only one of them.
#[test]
fn a_tie_for_the_widest_spread_needs_a_draw() {
    let mut case = full();
    let scores = ["20", "20", "20", "20"];
    case["bids"] = json!([
        bid("a", "9000000.00", scores),
        bid("b", "9100000.00", scores)
    ]);
    assert_eq!(refusal(&case), None);
    let place = "/technical/drawn_member";
    let expected = Some((place.to_owned(), "member-draw-needed".to_owned()));
    assert_eq!(refusal(&changed(case.clone(), place, None)), expected);
    assert_eq!(refusal(&changed(case, place, Some(json!(4)))), expected);
}

#[test]
fn wrong_credit_rules_and_values() {
    let lines = "/credit/thresholds";
    all_refused(
        &full(),
        vec![
            (
                "/credit/mode",
                json!("gate"),
                "/credit/weight",
                "member-unused",
            ),
            (
                lines,
                json!([{"estimate_below": "10000000", "value": "40"}]),
                "/credit/thresholds/0/estimate_below",
                "thresholds-open",
            ),
            (
                lines,
                json!([{"value": "40"}, {"value": "60"}]),
                "/credit/thresholds/0/estimate_below",
                "thresholds-open",
            ),
            (
                lines,
                json!([{"estimate_below": "2", "value": "40"}, {"estimate_below": "2", "value": "50"}, {"value": "60"}]),
                "/credit/thresholds/1/estimate_below",
                "not-ascending",
            ),
            (
                "/credit/step",
                json!("0"),
                "/credit/step",
                "number-not-positive",
            ),
            (
                "/credit/weight",
                json!("10.001"),
                "/credit/weight",
                "finer-than-rounding",
            ),
            (
                "/credit/missing",
                json!("none"),
                "/credit/missing",
                "decimal-invalid",
            ),
            (
                "/bids/0/credit",
                json!([]),
                "/bids/0/credit",
                "consortium-size",
            ),
            (
                "/bids/0/credit",
                json!(["92.4", "-1"]),
                "/bids/0/credit/1",
                "number-negative",
            ),
            (
                "/bids/0/credit",
                json!("AAA"),
                "/bids/0/credit",
                "decimal-invalid",
            ),
            (
                "/credit_snapshot/date",
                json!("2026-13-01"),
                "/credit_snapshot/date",
                "date-malformed",
            ),
            (
                "/credit_snapshot/source",
                json!(""),
                "/credit_snapshot/source",
                "name-length",
            ),
        ],
    );
    for (place, pointer, code) in [
        ("/credit/step", "/credit/step", "member-missing"),
        ("/credit/decimals", "/credit/decimals", "member-missing"),
        ("/contract_estimate", "/contract_estimate", "field-missing"),
    ] {
        let expected = Some((pointer.to_owned(), code.to_owned()));
        assert_eq!(refusal(&changed(full(), place, None)), expected, "{place}");
    }
    let mut case = full();
    case["credit"] = json!({"mode": "grades", "grades": {"AAA": "10", "AA": "8"}, "decimals": 2});
    case["bids"][0]["credit"] = json!(["AAA", "B"]);
    let expected = Some(("/bids/0/credit/1".to_owned(), "grade-unknown".to_owned()));
    assert_eq!(refusal(&case), expected);
    drop(case["bids"][0].as_object_mut().unwrap().remove("credit"));
    let expected = Some(("/bids/0/credit".to_owned(), "field-missing".to_owned()));
    assert_eq!(refusal(&case), expected);
}

#[test]
fn wrong_shortlists_amounts_and_tie_breaks() {
    all_refused(
        &full(),
        vec![
            (
                "/shortlist/above",
                json!(0),
                "/shortlist/above",
                "number-not-positive",
            ),
            (
                "/shortlist/take",
                json!(15),
                "/shortlist/take",
                "field-unused",
            ),
            (
                "/shortlist/method",
                json!("low-price"),
                "/shortlist/take",
                "field-missing",
            ),
            (
                "/shortlist/method",
                json!("lots"),
                "/shortlist/method",
                "json-invalid-value",
            ),
            (
                "/shortlist/drop_percent",
                json!("100"),
                "/shortlist/drop_percent",
                "parameter-out-of-range",
            ),
            (
                "/shortlist/drop_percent",
                json!("-0.1"),
                "/shortlist/drop_percent",
                "parameter-out-of-range",
            ),
            (
                "/provisional_sums",
                json!("10000000.00"),
                "/provisional_sums",
                "provisional-sums-too-high",
            ),
            (
                "/tie_break/0",
                json!("price"),
                "/tie_break/3",
                "entry-twice",
            ),
            (
                "/tie_break/0",
                json!("luck"),
                "/tie_break/0",
                "json-invalid-value",
            ),
            (
                "/recompute_policy",
                json!("never"),
                "/recompute_policy",
                "json-invalid-value",
            ),
        ],
    );
    let mut case = full();
    for place in [
        "/credit",
        "/credit_snapshot",
        "/bids/0/credit",
        "/bids/1/credit",
    ] {
        case = changed(case, place, None);
    }
    let expected = Some(("/tie_break/0".to_owned(), "tie-key-unused".to_owned()));
    assert_eq!(refusal(&case), expected);
}

/// What a method makes of a price belongs to that method alone.
#[test]
fn wrong_deductions_and_adjustments() {
    let bids = |extra: Value| {
        let mut bid = json!({"bidder": "a", "price": "100"});
        bid.as_object_mut()
            .unwrap()
            .extend(extra.as_object().unwrap().clone());
        json!([bid])
    };
    let case = |method: &str, extra: Value| json!({"format": "kaibiao-case/1", "profile": "below-threshold", "benchmark": {"method": method}, "bids": bids(extra)});
    let ratio = |extra: Value| {
        let mut case = case("lowest-ratio", extra);
        case["price_score"] = json!({"full": "30", "score_decimals": 2});
        case
    };
    let deduction = |text: &str| json!({"deduction": text});
    for (case, pointer, code) in [
        (
            ratio(deduction("1")),
            "/bids/0/deduction",
            "parameter-out-of-range",
        ),
        (
            ratio(deduction("-0.1")),
            "/bids/0/deduction",
            "parameter-out-of-range",
        ),
        (
            ratio(deduction("0.12345")),
            "/bids/0/deduction",
            "decimals-too-many",
        ),
        (
            ratio(json!({"adjustments": ["1"]})),
            "/bids/0/adjustments",
            "field-unused",
        ),
        (
            case("lowest-evaluated", deduction("0.1")),
            "/bids/0/deduction",
            "field-unused",
        ),
        (
            case("lowest-evaluated", json!({"adjustments": ["0.001"]})),
            "/bids/0/adjustments/0",
            "decimal-invalid",
        ),
        (
            case("lowest-evaluated", json!({"adjustments": ["-100"]})),
            "/bids/0/adjustments",
            "evaluated-price-not-positive",
        ),
    ] {
        let expected = Some((pointer.to_owned(), code.to_owned()));
        assert_eq!(refusal(&case), expected, "{case}");
    }
    let mut case = ratio(json!({}));
    case["shortlist"] = json!({"method": "all"});
    let expected = Some(("/shortlist".to_owned(), "shortlist-not-possible".to_owned()));
    assert_eq!(refusal(&case), expected);
    case = ratio(json!({}));
    case["price_score"]["floor"] = json!("0");
    let expected = Some(("/price_score/floor".to_owned(), "member-unused".to_owned()));
    assert_eq!(refusal(&case), expected);
}

/// Announced parameters that are possible one by one, but not together.
#[test]
fn parameters_that_clash() {
    let with = |method: &str, drawn: Value, fixed: Value| {
        let mut case = full();
        case["benchmark"] = json!({"method": method, "drawn": drawn, "fixed": fixed});
        refusal(&case)
    };
    let k = json!({"K": "0.97"});
    let abc = json!({"delta": "0.12", "K": "0.97", "band1": 0, "band2": 0, "B": 0});
    let blend = json!({"K": "0.88", "C": "0.5"});
    for (method, drawn, fixed, code) in [
        (
            "jiangsu-1",
            &k,
            json!({"trim_high_percent": "60", "trim_low_percent": "60"}),
            "parameters-clash",
        ),
        (
            "jiangsu-1",
            &k,
            json!({"tied_highest": "both"}),
            "parameter-word",
        ),
        (
            "jiangsu-1",
            &k,
            json!({"trim_from": "7.5"}),
            "parameter-kind",
        ),
        (
            "jiangsu-1",
            &k,
            json!({"mean_decimals": "7"}),
            "parameter-count",
        ),
        (
            "jiangsu-5",
            &abc,
            json!({"weight_a": "0.6"}),
            "parameters-clash",
        ),
        (
            "jiangsu-5",
            &abc,
            json!({"band_middle": "0.96"}),
            "parameters-clash",
        ),
        (
            "mean-trim-one",
            &json!({}),
            json!({"trim_from": "4", "trim_high": "3"}),
            "parameters-clash",
        ),
        ("mean-trim-one", &json!({}), json!({}), "parameter-missing"),
        ("limit-mean-blend", &blend, json!({}), "field-missing"),
    ] {
        let given = with(method, drawn.clone(), fixed.clone());
        assert_eq!(
            given.map(|(_, code)| code).as_deref(),
            Some(code),
            "{method} {fixed}"
        );
    }
}
