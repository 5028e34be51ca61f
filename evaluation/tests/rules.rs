//! Rule sets: what is refused before anybody has sealed a bid, and what becomes of them.
#![expect(clippy::expect_used, clippy::unwrap_used, reason = "tests may panic")]

use evaluation::Bid;
use evaluation::benchmark::{BenchmarkRule, Method};
use evaluation::rules::{AwardClass, RuleSet, ready_by_id};
use serde_json::{Value, json};

/// A rule set with every part that a rule set can have.
fn whole() -> Value {
    json!({
        "format": "kaibiao-rules/1",
        "about": { "id": "whole", "title": { "zh": "全部", "en": "Everything" }, "sources": ["a source"], "confidence": "U" },
        "profile": "cn-2017-tendering", "category": "works", "award_class": "comprehensive",
        "legal_basis": "none needed", "currency": "CNY",
        "control_price": "10000000.00", "contract_estimate": "20000000", "provisional_sums": "500000",
        "shortlist": [
            { "method": "low-price", "drop_percent": "10", "take": 15 },
            { "method": "mean", "drop_percent": "10", "above": 7, "below": 8 }
        ],
        "methods": [
            { "method": "jiangsu-1", "grids": { "K": { "min": "0.95", "max": "0.98", "step": "0.005" } } },
            { "method": "jiangsu-2", "grids": {
                "K1": { "min": "0.95", "max": "0.98", "step": "0.01" }, "Q1": { "min": "0.65", "max": "0.85", "step": "0.05" } },
              "fixed": { "K2": "0.93" } }
        ],
        "recompute_policy": "after-preliminary-review",
        "price_score": { "full": "60", "up": "0.9", "down": "0.6", "floor": "0", "benchmark_decimals": 2, "score_decimals": 2,
            "segments": { "up": [{ "beyond": "5", "rate": "2" }], "down": [{ "beyond": "8", "rate": "4" }, { "beyond": "15", "mark": "20" }] } },
        "technical": { "full": "30", "aggregate": "drop-extremes", "decimals": 2, "item_decimals": 3,
            "items": [{ "id": "plan", "full": "25" }, { "id": "awards", "full": "5", "objective": true }] },
        "credit": { "source": "credit-office", "missing": "60", "rule": {
            "mode": "tiers", "weight": "10", "step": "10", "cost": "0.5", "zero_below": "20", "decimals": 2,
            "thresholds": [{ "estimate_below": "10000000", "value": "40" }, { "value": "60" }] } },
        "credit_items": [{ "id": "performance", "text": "contracts kept" }],
        "tie_break": ["credit", "price"], "ties": "report"
    })
}

/// The rule set with another value at `pointer`; null takes the member away.
fn with(pointer: &str, value: Value) -> Value {
    let mut rules = whole();
    put(&mut rules, pointer, value);
    rules
}

fn put(rules: &mut Value, pointer: &str, value: Value) {
    let (parent, name) = pointer.rsplit_once('/').expect("a pointer");
    let parent = rules.pointer_mut(parent).expect("the parent is there");
    match parent {
        Value::Object(members) if value.is_null() => {
            members.remove(name);
        }
        Value::Object(members) => {
            members.insert(name.to_owned(), value);
        }
        Value::Array(entries) => match name.parse::<usize>() {
            Ok(index) => entries[index] = value,
            Err(_) => entries.push(value),
        },
        other => panic!("{other} has no members"),
    }
}

fn parse(rules: &Value) -> RuleSet {
    RuleSet::parse(rules.to_string().as_bytes()).expect("it can be read")
}

/// Code and pointer of the refusal.
fn refusal(rules: &Value) -> (String, String) {
    let result = RuleSet::parse(rules.to_string().as_bytes())
        .and_then(|rules| rules.check().map(|()| rules));
    let error = result.expect_err("it is refused");
    (error.code().to_owned(), error.pointer)
}

#[test]
fn a_rule_set_with_every_part_can_be_carried_out() {
    let rules = parse(&whole());
    assert_eq!(rules.check(), Ok(()));
    assert!(rules.open_amounts().is_empty());
    let again = serde_json::to_vec(&rules).unwrap();
    assert_eq!(RuleSet::parse(&again), Ok(rules));
}

#[test]
fn what_nobody_could_carry_out_is_refused_where_it_stands() {
    let k = json!({ "min": "0.95", "max": "0.98", "step": "0.005" });
    let second = json!({ "method": "jiangsu-1", "grids": { "K": k } });
    let floor = json!({ "method": "floor-rate-lowest", "fixed": { "rate_percent": "88" } });
    let zero_grid = json!({ "min": "0", "max": "0.98", "step": "0.49" });
    let cases = [
        ("/methods", json!([]), "methods-missing", "/methods"),
        ("/methods/-", second, "method-twice", "/methods/2/method"),
        (
            "/methods/0/method",
            json!("no-such"),
            "method-unknown",
            "/methods/0/method",
        ),
        ("/methods/-", floor, "class-method", "/methods/2/method"),
        (
            "/methods/0/grids/K",
            Value::Null,
            "parameter-missing",
            "/methods/0/grids",
        ),
        (
            "/methods/0/grids/K9",
            k.clone(),
            "parameter-unexpected",
            "/methods/0/grids/K9",
        ),
        (
            "/methods/0/grids/K",
            zero_grid,
            "parameter-out-of-range",
            "/methods/0/grids/K/min",
        ),
        (
            "/methods/1/fixed",
            json!({}),
            "parameter-missing",
            "/methods/1/fixed",
        ),
        (
            "/methods/1/fixed/K2",
            json!("0"),
            "parameter-out-of-range",
            "/methods/1/fixed/K2",
        ),
        (
            "/award_class",
            json!("lowest-ratio"),
            "class-method",
            "/methods/0/method",
        ),
        (
            "/award_class",
            json!("reasonable-low-price"),
            "class-part",
            "/technical",
        ),
        ("/price_score", Value::Null, "field-missing", "/price_score"),
        (
            "/price_score/full",
            json!("0"),
            "number-not-positive",
            "/price_score/full",
        ),
        (
            "/price_score/floor",
            json!("61"),
            "floor-above-full",
            "/price_score/floor",
        ),
        (
            "/technical/full",
            json!("0"),
            "number-not-positive",
            "/technical/full",
        ),
        (
            "/technical/drawn_member",
            json!(1),
            "drawn-in-advance",
            "/technical/drawn_member",
        ),
        (
            "/credit/missing",
            json!("good"),
            "decimal-invalid",
            "/credit/missing",
        ),
        (
            "/credit/missing",
            json!("-1"),
            "number-negative",
            "/credit/missing",
        ),
        (
            "/credit/rule/missing",
            json!("60"),
            "field-unused",
            "/credit/rule/missing",
        ),
        (
            "/estimated_price",
            json!("9000000"),
            "field-unused",
            "/estimated_price",
        ),
        (
            "/budget_price",
            json!("9000000"),
            "field-unused",
            "/budget_price",
        ),
        (
            "/currency",
            json!("yuan"),
            "currency-malformed",
            "/currency",
        ),
        (
            "/control_price",
            json!("0"),
            "price-not-positive",
            "/control_price",
        ),
        (
            "/control_price",
            json!("10000000000000.01"),
            "price-too-large",
            "/control_price",
        ),
        (
            "/provisional_sums",
            json!("10000000"),
            "provisional-sums-too-high",
            "/provisional_sums",
        ),
        (
            "/about/title/zh",
            json!(""),
            "name-length",
            "/about/title/zh",
        ),
        ("/legal_basis", json!(""), "name-length", "/legal_basis"),
        (
            "/credit_items/0/text",
            json!("x".repeat(2_001)),
            "name-length",
            "/credit_items/0/text",
        ),
        (
            "/about/sources",
            json!(vec!["x"; 51]),
            "too-many-entries",
            "/about/sources",
        ),
    ];
    for (pointer, value, code, at) in cases {
        let rules = with(pointer, value.clone());
        let expected = (code.to_owned(), at.to_owned());
        assert_eq!(refusal(&rules), expected, "{pointer} = {value}");
    }
}

#[test]
fn the_rules_of_points_shortlists_and_ties_are_tried_out() {
    let cases = [
        ("/shortlist/1/take", json!(3), "/shortlist/1/take"),
        ("/shortlist/0/take", Value::Null, "/shortlist/0"),
        ("/credit/rule/cap", json!("3"), "/credit/rule/cap"),
        ("/credit/rule/thresholds", Value::Null, "/credit/rule"),
        ("/technical/items/0/full", json!("24"), "/technical/items"),
        (
            "/price_score/segments/up/0/beyond",
            json!("0"),
            "/price_score/segments/up/0",
        ),
        ("/tie_break", json!(["price", "price"]), "/tie_break/1"),
    ];
    for (pointer, value, at) in cases {
        let (code, found) = refusal(&with(pointer, value.clone()));
        assert!(
            found.starts_with(at),
            "{pointer} = {value}: {code} at {found}"
        );
    }
    let mut rules = with("/credit", Value::Null);
    put(&mut rules, "/contract_estimate", Value::Null);
    assert_eq!(refusal(&rules).1, "/tie_break/0");
}

#[test]
fn what_is_not_the_format_is_refused_with_its_place() {
    let cases = [
        (
            "/format",
            json!("kaibiao-rules/2"),
            "json-invalid-value",
            "/format",
        ),
        (
            "/award_class",
            json!("cheapest"),
            "json-invalid-value",
            "/award_class",
        ),
        ("/more", json!(1), "json-unknown-field", "/more"),
        (
            "/methods/0/grids/K/step",
            json!("0.007"),
            "json-invalid-value",
            "/methods/0/grids/K",
        ),
        (
            "/price_score/full",
            json!(60),
            "json-invalid-value",
            "/price_score/full",
        ),
        (
            "/price_score/full",
            json!(60.5),
            "json-float",
            "/price_score/full",
        ),
    ];
    for (pointer, value, code, at) in cases {
        let expected = (code.to_owned(), at.to_owned());
        assert_eq!(refusal(&with(pointer, value)), expected, "{pointer}");
    }
}

#[test]
fn amounts_may_be_left_open_and_are_named() {
    let mut rules = whole();
    for name in ["/control_price", "/contract_estimate", "/provisional_sums"] {
        put(&mut rules, name, Value::Null);
    }
    let rules = parse(&rules);
    assert_eq!(rules.check(), Ok(()));
    assert_eq!(rules.open_amounts(), ["control_price", "contract_estimate"]);
    let korean = &ready_by_id("korea-floor-rate").unwrap().rules;
    assert_eq!(korean.open_amounts(), ["estimated_price"]);
    let blend = &ready_by_id("fujian-limit-mean-blend").unwrap().rules;
    assert_eq!(blend.open_amounts(), ["control_price", "budget_price"]);
}

#[test]
fn a_case_has_everything_that_the_rules_say() {
    let rules = parse(&whole());
    let drawn: BenchmarkRule =
        serde_json::from_value(json!({ "method": "jiangsu-1", "drawn": { "K": "0.97" } })).unwrap();
    let bids = vec![Bid::of("b1", "9000000".parse().unwrap())];
    let case = rules
        .case("cn-2017-tendering", drawn, Some(1), bids)
        .unwrap();
    let case = serde_json::to_value(&case).unwrap();
    let expected = whole();
    for name in [
        "control_price",
        "contract_estimate",
        "recompute_policy",
        "technical",
        "tie_break",
    ] {
        // Amounts are written with two decimals.
        let (found, wanted) = (&case[name], &expected[name]);
        let same = found == wanted
            || found.as_str() == Some(&format!("{}.00", wanted.as_str().unwrap_or("")));
        assert!(same, "{name}: {found}");
    }
    assert_eq!(case["provisional_sums"], "500000.00");
    assert_eq!(case["profile"], "cn-2017-tendering");
    assert_eq!(case["shortlist"], expected["shortlist"][1]);
    assert_eq!(
        case["price_score"]["segments"],
        expected["price_score"]["segments"]
    );
    assert_eq!(case["credit"]["missing"], "60");
    assert_eq!(case["credit"]["mode"], "tiers");
    assert_eq!(case["benchmark"]["drawn"]["K"], "0.97");
}

#[test]
fn a_shortlist_is_drawn_exactly_when_there_is_a_choice() {
    let drawn = BenchmarkRule {
        method: "jiangsu-3".to_owned(),
        drawn: Default::default(),
        fixed: Default::default(),
        trim_from: None,
    };
    let two = parse(&whole());
    let case = |rules: &RuleSet, index| rules.case("p", drawn.clone(), index, Vec::new());
    for index in [None, Some(2)] {
        let error = case(&two, index).expect_err("it is refused");
        assert_eq!(
            (error.code(), error.pointer.as_str()),
            ("shortlist-not-drawn", "/shortlist")
        );
    }
    let one = parse(&with("/shortlist", json!([{ "method": "all" }])));
    assert!(case(&one, None).unwrap().shortlist.is_some());
    assert!(case(&one, Some(0)).unwrap().shortlist.is_some());
    let none = parse(&with("/shortlist", Value::Null));
    assert!(case(&none, None).unwrap().shortlist.is_none());
    assert!(case(&none, Some(0)).is_err());
}

#[test]
fn every_method_belongs_to_a_class() {
    for method in Method::all() {
        let classes: Vec<_> = AwardClass::ALL
            .into_iter()
            .filter(|class| class.takes(method))
            .collect();
        assert!(!classes.is_empty(), "{method:?}");
    }
    for class in AwardClass::ALL {
        assert_eq!(serde_json::to_value(class).unwrap(), class.id());
        assert!(Method::all().any(|method| class.takes(method)), "{class:?}");
    }
}
