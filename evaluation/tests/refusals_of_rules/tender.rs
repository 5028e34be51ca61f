//! Credit, shortlists, amounts, tie-breaks and the parameters of methods.

use serde_json::{Value, json};

use crate::{all_refused, changed, full, refusal};

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
