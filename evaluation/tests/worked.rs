//! The worked examples with intermediate values: benchmark methods, aggregates, credit, totals.

#![expect(clippy::unwrap_used, reason = "tests may panic")]

use evaluation::benchmark::{Basis, BenchmarkRule, Method, PriceSet, Values};
use evaluation::case::{Aggregate, CreditMode, CreditRule, PriceScore, TechnicalRule};
use evaluation::explain::Step;
use evaluation::score::{self, PriceScorer};
use evaluation::{Decimal, Money};
use serde_json::{Value, json};

fn worked(section: &str) -> Vec<Value> {
    let all: Value = serde_json::from_str(include_str!("data/worked.json")).unwrap();
    let cases = all[section]["cases"].as_array().unwrap().clone();
    assert!(!cases.is_empty());
    cases
}

fn decimal(value: &Value) -> Decimal {
    value.as_str().unwrap().parse().unwrap()
}

fn money(value: &Value) -> Money {
    value.as_str().unwrap().parse().unwrap()
}

fn prices(values: &Value) -> Vec<Money> {
    values.as_array().unwrap().iter().map(money).collect()
}

fn set(case: &Value) -> PriceSet {
    let control = case.get("control_price").map(money);
    PriceSet::new(prices(&case["bids"])).with_control_price(control)
}

/// The benchmark rounded to two decimals, and the steps by id.
fn benchmark(case: &Value, rule: Value) -> (Decimal, Value) {
    let rule: BenchmarkRule = serde_json::from_value(rule).unwrap();
    let method = Method::from_id(&rule.method).unwrap();
    let mut steps = Vec::new();
    let basis = method
        .formula()
        .settle(&set(case), &Values::new(method, &rule).unwrap(), &mut steps)
        .unwrap();
    let Basis::Benchmark { exact, .. } = basis else {
        panic!("{rule:?} gives a benchmark")
    };
    let by_id = steps
        .iter()
        .map(|step: &Step| (step.id.clone(), serde_json::to_value(step).unwrap()));
    (
        exact.round_half_up(2).unwrap(),
        Value::Object(by_id.collect()),
    )
}

#[test]
fn the_average_a_follows_every_branch() {
    for case in worked("js_average_A") {
        let rule = json!({"method": "jiangsu-4", "fixed": {"K": "1"}});
        let (a, steps) = benchmark(&case, rule);
        assert_eq!(a.to_string(), case["A"].as_str().unwrap(), "{}", case["id"]);
        let inputs = &steps["benchmark/A"]["inputs"];
        if inputs.get("cut").is_some() {
            assert_eq!(inputs["removed_low"], case["removed_low"], "{}", case["id"]);
            assert_eq!(
                inputs["removed_high"], case["removed_high"],
                "{}",
                case["id"]
            );
        }
    }
}

#[test]
fn methods_one_to_four_give_the_worked_benchmarks() {
    type RuleOf = fn(&Value) -> Value;
    let rules: [(&str, RuleOf); 4] = [
        (
            "js_method1",
            |case| json!({"method": "jiangsu-1", "drawn": {"K": case["K"]}}),
        ),
        (
            "js_method2",
            |case| json!({"method": "jiangsu-2", "drawn": {"K1": case["K1"], "Q1": case["Q1"]}, "fixed": {"K2": case["K2"]}}),
        ),
        ("js_method3", |_| json!({"method": "jiangsu-3"})),
        (
            "js_method4",
            |case| json!({"method": "jiangsu-4", "fixed": {"K": case["K_fixed_in_tender_doc"]}}),
        ),
    ];
    for (section, rule) in rules {
        for case in worked(section) {
            let (base, _) = benchmark(&case, rule(&case));
            assert_eq!(
                base.to_string(),
                case["base"].as_str().unwrap(),
                "{}",
                case["id"]
            );
        }
    }
}

#[test]
fn the_abc_method_shows_every_list() {
    for case in worked("js_method5_abc") {
        let picks = &case["bucket_draws"];
        let drawn = json!({"delta": case["delta"], "K": case["K"], "band1": picks["band_92_95_index"],
            "band2": picks["band_89_92_index"], "B": case["B_index"]});
        let id = &case["id"];
        // Example 2 names index 2 for a band of two prices, which a case refuses; the price that it
        // then picks stands at index 0.
        let drawn = if id == "JS-ABC-2" {
            with(drawn, "band2", json!(0))
        } else {
            drawn
        };
        let (base, steps) = benchmark(&case, json!({"method": "jiangsu-5", "drawn": drawn}));
        assert_eq!(base.to_string(), case["base"].as_str().unwrap(), "{id}");
        assert_eq!(steps["benchmark/A"]["value"], case["A"], "{id}");
        assert_eq!(steps["benchmark/C"]["value"], case["C"], "{id}");
        assert_eq!(
            steps["benchmark/band1"]["inputs"]["prices"], case["band_92_95"],
            "{id}"
        );
        assert_eq!(
            steps["benchmark/band2"]["inputs"]["prices"], case["band_89_92"],
            "{id}"
        );
        assert_eq!(
            steps["benchmark/B"]["inputs"]["prices"], case["B_pool_sorted"],
            "{id}"
        );
        assert_eq!(steps["benchmark/B"]["value"], case["B"], "{id}");
        let formula = if case["pool_is_fallback"] == true {
            "jiangsu-5.fallback"
        } else {
            "jiangsu-5.b"
        };
        assert_eq!(steps["benchmark/B"]["formula"], formula, "{id}");
    }
}

fn with(mut object: Value, name: &str, value: Value) -> Value {
    object[name] = value;
    object
}

#[test]
fn price_scores_agree_under_both_rounding_policies() {
    for case in worked("js_method1") {
        for (policy, decimals) in [("score_P1", None), ("score_P2", Some(2))] {
            let rule = PriceScore {
                full: decimal(&case["price_full"]),
                up: decimal(&case["deduct_up_per_1pct"]),
                down: decimal(&case["deduct_down_per_1pct"]),
                floor: "0".parse().unwrap(),
                benchmark_decimals: 2,
                deviation_decimals: decimals,
                score_decimals: 2,
            };
            let scorer = PriceScorer::new(&rule, decimal(&case["base"]));
            for row in case["rows"].as_array().unwrap() {
                let deviation = scorer.deviation(money(&row["bid"])).unwrap();
                let shown = if decimals.is_some() {
                    "dev_pct_2dp"
                } else {
                    "dev_pct_6dp"
                };
                assert_eq!(deviation.shown.to_string(), row[shown].as_str().unwrap());
                assert_eq!(
                    scorer.points(deviation).unwrap().to_string(),
                    row[policy].as_str().unwrap()
                );
            }
        }
    }
}

#[test]
fn committee_scores_are_aggregated() {
    for case in worked("expert_aggregate") {
        let aggregate = if case["mode"] == "mean" {
            Aggregate::Mean
        } else {
            Aggregate::DropExtremes
        };
        let expected = decimal(&case["result"]);
        let rule = TechnicalRule {
            full: decimal(&case["full"]),
            aggregate,
            decimals: expected.scale(),
        };
        let scores: Vec<Decimal> = case["scores"]
            .as_array()
            .unwrap()
            .iter()
            .map(decimal)
            .collect();
        assert_eq!(
            score::technical(&rule, &scores).unwrap(),
            expected,
            "{}",
            case["id"]
        );
    }
}

#[test]
fn linear_credit_is_capped_at_full() {
    let credit = |full: &Value, weight: &Value, value: &Value, expected: &Value| {
        let (full, weight) = (decimal(full), decimal(weight));
        let rule = CreditRule {
            mode: CreditMode::Linear,
            full,
            weight,
            decimals: 2,
        };
        assert_eq!(
            score::credit(&rule, decimal(value)).unwrap(),
            decimal(expected)
        );
    };
    for case in worked("credit_linear") {
        credit(
            &case["credit_full"],
            &case["weight_points"],
            &case["credit"],
            &case["result"],
        );
    }
    credit(&json!("100"), &json!("10"), &json!("110"), &json!("10.00"));
    credit(&json!("100"), &json!("10"), &json!("0"), &json!("0.00"));
}

#[test]
fn totals_round_the_sum_of_rounded_components() {
    for case in worked("total_score") {
        let optional = |value: &Value| (!value.is_null()).then(|| decimal(value));
        let total = score::total(
            decimal(&case["business"]),
            optional(&case["technical"]),
            optional(&case["credit"]),
        )
        .unwrap();
        assert_eq!(total, decimal(&case["total"]), "{}", case["id"]);
    }
}
