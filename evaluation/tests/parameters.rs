//! From announced candidates and a seed to a method with its parameters, and back into an evaluation.

#![expect(clippy::unwrap_used, reason = "tests may panic")]

use evaluation::benchmark::{DrawnValue, Method, PriceSet};
use evaluation::draw::{MethodSpec, Stream, draw_parameters};
use evaluation::{Bid, Case, Money, evaluate};
use record::Digest;
use serde_json::{Value, json};

/// The seed of the protocol's transcript.
const SEED: &str = "783cf3eb4c5bb9ff47e135ac9e4cd9e0731c25a808df58b10e26f803893c7dc8";

fn seed() -> Digest {
    SEED.parse().unwrap()
}

fn specs(json: Value) -> Vec<MethodSpec> {
    serde_json::from_value(json).unwrap()
}

fn suqian() -> Vec<MethodSpec> {
    specs(json!([
        {"method": "jiangsu-1", "grids": {"K": {"min": "0.95", "max": "0.98", "step": "0.005"}}},
        {"method": "jiangsu-2", "grids": {"K1": {"min": "0.95", "max": "1.01", "step": "0.01"},
            "Q1": {"min": "0.65", "max": "0.85", "step": "0.05"}}, "fixed": {"K2": "0.93"}},
    ]))
}

fn abc() -> Vec<MethodSpec> {
    specs(
        json!([{"method": "jiangsu-5", "grids": {"delta": {"min": "0.12", "max": "0.20", "step": "0.01"},
        "K": {"min": "0.95", "max": "0.98", "step": "0.005"}}}]),
    )
}

fn moneys(fen: &[i64]) -> Vec<Money> {
    fen.iter().copied().map(Money::from_fen).collect()
}

fn refusal(spec: Value) -> (String, &'static str) {
    let error = serde_json::from_value::<MethodSpec>(spec)
        .unwrap()
        .validate()
        .unwrap_err();
    (error.pointer.clone(), error.code())
}

#[test]
fn a_method_and_its_parameters_come_out_of_the_seed() {
    let drawn = draw_parameters(&seed(), &suqian(), &PriceSet::new([])).unwrap();
    assert_eq!(drawn.method_index, 1);
    let rule = serde_json::to_value(&drawn.rule).unwrap();
    assert_eq!(
        rule,
        json!({"method": "jiangsu-2", "drawn": {"K1": "0.99", "Q1": "0.85"}, "fixed": {"K2": "0.93"}})
    );
    insta::assert_json_snapshot!("explanation_of_a_draw", drawn.steps);
}

#[test]
fn a_single_candidate_gives_what_it_would_give_among_others() {
    let all = draw_parameters(&seed(), &suqian(), &PriceSet::new([])).unwrap();
    let alone = draw_parameters(&seed(), &suqian()[1..], &PriceSet::new([])).unwrap();
    assert_eq!((alone.method_index, alone.rule), (0, all.rule));
}

#[test]
fn indexes_are_drawn_below_the_lengths_of_their_lists() {
    // delta = 0.14, A = 8 600 000: bands [7 912 000, 8 170 000) and [7 654 000, 7 912 000).
    let prices = moneys(&[
        700_000_000,
        720_000_000,
        740_000_000,
        770_000_000,
        780_000_000,
        790_000_000,
        795_000_000,
        800_000_000,
        810_000_000,
        815_000_000,
        850_000_000,
    ]);
    let set =
        PriceSet::new(prices.clone()).with_control_price(Some(Money::from_fen(1_000_000_000)));
    let drawn = draw_parameters(&seed(), &abc(), &set).unwrap();
    let below = |label, n| DrawnValue::Index(Stream::new(&seed(), label).below(n).unwrap());
    assert_eq!(
        serde_json::to_value(drawn.rule.drawn["delta"]).unwrap(),
        "0.14"
    );
    assert_eq!(drawn.rule.drawn["band1"], below("band1", 4));
    assert_eq!(drawn.rule.drawn["band2"], below("band2", 3));
    assert_eq!(drawn.rule.drawn["B"], below("B", 4));

    // What was drawn can be evaluated as it stands.
    let bids = prices
        .iter()
        .enumerate()
        .map(|(index, price)| Bid::of(format!("b{index}"), *price));
    let case = Case {
        benchmark: drawn.rule,
        ..case(bids.collect(), "10000000.00")
    };
    assert_eq!(evaluate(&case).unwrap().bids.len(), prices.len());
}

#[test]
fn an_empty_list_reads_nothing_and_leaves_its_index_out() {
    let set = |fen: &[i64]| {
        PriceSet::new(moneys(fen)).with_control_price(Some(Money::from_fen(1_000_000_000)))
    };
    // Both prices above 0.95 A: no band, no pool; B comes from the fallback.
    let drawn = draw_parameters(&seed(), &abc(), &set(&[900_000_000, 910_000_000]))
        .unwrap()
        .rule
        .drawn;
    assert_eq!(drawn.keys().collect::<Vec<_>>(), ["B", "K", "delta"]);
    // One price: it is C, and there is nothing to draw B from. The draw stands; the evaluation refuses.
    let drawn = draw_parameters(&seed(), &abc(), &set(&[900_000_000]))
        .unwrap()
        .rule;
    assert_eq!(drawn.drawn.keys().collect::<Vec<_>>(), ["K", "delta"]);
    let price = Money::from_fen(900_000_000);
    let error = evaluate(&Case {
        benchmark: drawn,
        ..case(vec![Bid::of("b1", price)], "10000000.00")
    })
    .unwrap_err();
    assert_eq!(
        (error.pointer.as_str(), error.code()),
        ("/benchmark", "pool-empty")
    );
    assert_eq!(
        draw_parameters(&seed(), &abc(), &set(&[]))
            .unwrap()
            .rule
            .drawn
            .len(),
        2
    );
}

#[test]
fn a_method_says_what_it_needs() {
    let names = |method: Method| {
        method
            .drawn_parameters()
            .iter()
            .map(|one| one.name)
            .collect::<Vec<_>>()
    };
    let method = |id: &str| Method::from_id(id).unwrap();
    assert_eq!(names(method("jiangsu-2")), ["K1", "Q1"]);
    assert_eq!(
        names(method("jiangsu-5")),
        ["delta", "K", "band1", "band2", "B"]
    );
    assert!(method("jiangsu-1").needs_draw() && method("mean-float").needs_draw());
    assert!(!method("jiangsu-3").needs_draw() && !method("jiangsu-4").needs_draw());
    assert!(method("jiangsu-5").needs().control_price);
    assert!(method("floor-rate-lowest").needs().estimated_price);
    assert!(method("limit-mean-blend").needs().budget_price);
    assert_eq!(Method::all().count(), 14);
    for method in Method::all() {
        assert_eq!(Method::from_id(method.id()), Ok(method));
    }
}

#[test]
fn incomplete_or_impossible_candidates_are_refused_where_they_are_wrong() {
    let grid = json!({"min": "0.95", "max": "0.98", "step": "0.005"});
    let refused = |spec: Value, pointer: &str, code: &str| {
        assert_eq!(
            refusal(spec.clone()),
            (pointer.to_owned(), code_of(code)),
            "{spec}"
        );
    };
    refused(json!({"method": "jiangsu-9"}), "/method", "method-unknown");
    refused(
        json!({"method": "jiangsu-1"}),
        "/grids",
        "parameter-missing",
    );
    refused(
        json!({"method": "jiangsu-4"}),
        "/fixed",
        "parameter-missing",
    );
    refused(
        json!({"method": "jiangsu-3", "grids": {"K": grid}}),
        "/grids/K",
        "parameter-unexpected",
    );
    refused(
        json!({"method": "jiangsu-1", "grids": {"K": grid}, "fixed": {"K": "1"}}),
        "/fixed/K",
        "parameter-unexpected",
    );
    refused(
        json!({"method": "jiangsu-5", "grids": {"K": grid, "delta": grid, "B": grid}}),
        "/grids/B",
        "parameter-unexpected",
    );
    let from_zero = json!({"min": "0", "max": "1", "step": "0.5"});
    refused(
        json!({"method": "jiangsu-1", "grids": {"K": from_zero}}),
        "/grids/K/min",
        "parameter-out-of-range",
    );
    let to_one = json!({"K": grid, "delta": from_zero});
    refused(
        json!({"method": "jiangsu-5", "grids": to_one}),
        "/grids/delta/max",
        "parameter-out-of-range",
    );
    refused(
        json!({"method": "jiangsu-4", "fixed": {"K": "0"}}),
        "/fixed/K",
        "parameter-out-of-range",
    );

    let at = |methods| draw_parameters(&seed(), &specs(methods), &PriceSet::new([])).unwrap_err();
    assert_eq!(at(json!([])).code(), "methods-missing");
    let second = at(json!([{"method": "jiangsu-3"}, {"method": "jiangsu-1"}]));
    assert_eq!(
        (second.pointer.as_str(), second.code()),
        ("/1/grids", "parameter-missing")
    );
    let strict = serde_json::from_value::<MethodSpec>(json!({"method": "jiangsu-3", "drawn": {}}));
    assert!(strict.unwrap_err().to_string().contains("unknown field"));
}

/// The codes are `'static`; compared by text.
fn code_of(code: &str) -> &'static str {
    String::leak(code.to_owned())
}

fn case(bids: Vec<Bid>, control_price: &str) -> Case {
    let case = json!({"format": "kaibiao-case/1", "profile": "below-threshold", "control_price": control_price,
        "benchmark": {"method": "jiangsu-3"}, "bids": [],
        "price_score": {"full": "60", "up": "0.9", "down": "0.6", "floor": "0",
            "benchmark_decimals": 2, "deviation_decimals": null, "score_decimals": 2}});
    Case {
        bids,
        ..Case::parse(case.to_string().as_bytes()).unwrap()
    }
}
