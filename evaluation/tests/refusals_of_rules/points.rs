//! Price scores and the technical part.

use serde_json::{Value, json};

use crate::{all_refused, bid, changed, full, refusal};

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
