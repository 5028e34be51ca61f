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

/// Means over different committees cannot be compared, whichever scores count.
#[test]
fn every_bid_is_scored_by_as_many_members() {
    let five = ["20", "21", "22", "23", "24"];
    let by_item = json!({"plan": five, "awards": ["5", "5", "5", "5", "5"]});
    for aggregate in ["mean", "drop-extremes", "drop-widest-member"] {
        let mut items = full();
        items["technical"]["aggregate"] = json!(aggregate);
        if aggregate != "drop-widest-member" {
            items = changed(items, "/technical/drawn_member", None);
        }
        let mut whole = items.clone();
        whole["technical"] = changed(whole["technical"].clone(), "/items", None);
        whole["technical"] = changed(whole["technical"].clone(), "/item_decimals", None);
        for bid in whole["bids"].as_array_mut().unwrap() {
            bid["technical"] = bid["technical"]["plan"].clone();
            bid["reasons"] = json!([]);
        }
        for (case, more) in [(items, by_item.clone()), (whole, json!(five))] {
            assert_eq!(refusal(&case), None, "{aggregate}");
            let place = "/bids/1/technical";
            let wrong = changed(case, place, Some(more));
            let expected = (place.to_owned(), "member-count-differs".to_owned());
            assert_eq!(refusal(&wrong), Some(expected), "{aggregate}");
            // Who is not scored cannot be scored by too many.
            let rejected = changed(wrong, "/bids/1/rejected", Some(json!("no-response")));
            assert_eq!(refusal(&rejected), None, "{aggregate}");
        }
    }
}

/// Nothing that does not show, nothing that breaks lines, no white space at the ends.
#[test]
fn names_and_reasons_show_all_that_they_hold() {
    let case = changed(full(), "/bids/1/rejected", Some(json!("no response")));
    assert_eq!(refusal(&case), None);
    let places = [
        "/profile",
        "/bids/0/bidder",
        "/bids/1/rejected",
        "/technical/items/0/id",
        "/credit_snapshot/source",
        "/bids/0/reasons/0/text",
    ];
    let hidden = [
        '\n',
        '\t',
        '\u{1b}',
        '\u{7f}',
        '\u{85}',
        '\u{ad}',
        '\u{61c}',
        '\u{200b}',
        '\u{200f}',
        '\u{2028}',
        '\u{202e}',
        '\u{2060}',
        '\u{2069}',
        '\u{feff}',
        '\u{e0041}',
    ];
    let within = hidden.map(|character| format!("甲{character}乙"));
    let around = [" 甲乙", "甲乙 ", "\u{3000}甲乙", "甲乙\u{a0}"].map(str::to_owned);
    for place in places {
        for text in within.iter().chain(&around) {
            let expected = (place.to_owned(), "name-characters".to_owned());
            let wrong = changed(case.clone(), place, Some(json!(text)));
            assert_eq!(refusal(&wrong), Some(expected), "{place} = {text:?}");
        }
    }
    for bidder in ["甲 乙", "第1建筑工程（集团）有限公司", "e\u{301}", "é"] {
        let named = changed(case.clone(), "/bids/0/bidder", Some(json!(bidder)));
        assert_eq!(refusal(&named), None, "{bidder:?}");
    }
}
