//! An explanation computed again by itself gives the result.

#![expect(clippy::unwrap_used, reason = "tests may panic")]

mod openings;
mod recompute;
mod reference;

use std::collections::BTreeSet;

use evaluation::{Case, evaluate, explain};
use openings::{case, numbers};
use proptest::prelude::*;
use proptest::strategy::ValueTree;
use proptest::test_runner::TestRunner;
use serde_json::{Value, json};

/// Computes the explanation of a case again. Whatever the second implementation evaluates has one.
fn holds(case: &Value) {
    if reference::evaluate(case).is_err() {
        return;
    }
    let parsed = Case::parse(case.to_string().as_bytes()).unwrap();
    let result = serde_json::to_value(evaluate(&parsed).unwrap()).unwrap();
    let explanation = &result["explanation"];
    as_declared(explanation);
    let again = || recompute::follows(&result, &recompute::all(explanation));
    assert!(std::panic::catch_unwind(again).is_ok(), "{case}");
}

/// A step has the inputs that its formula declares, and no others.
fn as_declared(explanation: &Value) {
    for step in explanation.as_array().unwrap() {
        let formula = step["formula"].as_str().unwrap();
        let spec = explain::formulas().find(|spec| spec.id == formula);
        let spec = spec.unwrap_or_else(|| panic!("{formula} is not declared"));
        let given: BTreeSet<&str> = step["inputs"]
            .as_object()
            .unwrap()
            .keys()
            .map(String::as_str)
            .collect();
        let always: BTreeSet<&str> = spec.inputs.iter().copied().collect();
        let may: BTreeSet<&str> = spec.inputs.iter().chain(spec.optional).copied().collect();
        assert!(always.is_subset(&given) && given.is_subset(&may), "{step}");
    }
}

#[test]
fn every_formula_can_be_computed_again() {
    let mut seen = BTreeSet::new();
    for spec in explain::formulas() {
        assert!(seen.insert(spec.id), "{} is declared twice", spec.id);
        // What a draw says is computed again by whoever replays the draw, from its seed.
        assert!(
            spec.id.starts_with("draw.") || recompute::knows(spec.id),
            "{} is unknown",
            spec.id
        );
    }
}

#[test]
fn the_explanation_of_every_case_of_the_vectors_holds() {
    let cases: Vec<Value> = serde_json::from_str(include_str!("data/cases.json")).unwrap();
    for case in &cases {
        holds(&case["case"]);
    }
}

/// A segment begins behind its `beyond`: a price exactly there has not reached it. The benchmark is 200 × 0.5.
#[test]
fn a_price_where_a_segment_begins_is_explained_without_it() {
    let bid = |price: &str| json!({"bidder": format!("at {price}"), "price": price});
    let case = json!({"format": "kaibiao-case/1", "profile": "below-threshold", "control_price": "200", "budget_price": "1",
        "benchmark": {"method": "limit-mean-blend", "drawn": {"K": "0.5", "C": "0"}},
        "price_score": {"full": "100", "up": "0.9", "down": "0.6", "score_decimals": 2,
            "segments": {"up": [{"beyond": "5", "rate": "2"}, {"beyond": "10", "mark": "40"}], "down": [{"beyond": "5", "rate": "3"}]}},
        "bids": [bid("100"), bid("95"), bid("94.99"), bid("105"), bid("105.01"), bid("110"), bid("110.01")]});
    let bids = &reference::evaluate(&case).unwrap()["bids"];
    let scores: Vec<&str> = bids
        .as_array()
        .unwrap()
        .iter()
        .map(|bid| bid["price_score"].as_str().unwrap())
        .collect();
    assert_eq!(
        scores,
        [
            "100.00", "97.00", "96.97", "95.50", "95.48", "85.50", "40.00"
        ]
    );
    holds(&case);
}

/// Half of the members give 10, half 30: each score is far from the mean, and each has a flag. A flag that repeated
/// all scores would make the explanation grow with the square of the committee.
#[test]
fn flags_do_not_repeat_the_scores() {
    let length = |members: usize| {
        let scores: Vec<&str> = ["10", "30"].into_iter().cycle().take(members).collect();
        let case = json!({"format": "kaibiao-case/1", "profile": "below-threshold", "control_price": "200",
            "benchmark": {"method": "mean-trim-one", "trim_from": 5},
            "price_score": {"full": "70", "up": "0.9", "down": "0.6", "score_decimals": 2},
            "technical": {"full": "30", "aggregate": "mean", "decimals": 2, "flag_beyond_percent": "30"},
            "bids": [{"bidder": "a", "price": "100", "technical": scores}]});
        holds(&case);
        let parsed = Case::parse(case.to_string().as_bytes()).unwrap();
        let steps: Vec<_> = evaluate(&parsed).unwrap().explanation().collect();
        let flags = steps
            .iter()
            .filter(|step| step.formula == "technical.far-from-mean");
        assert_eq!(flags.count(), members);
        serde_json::to_string(&steps).unwrap().len()
    };
    let (few, many) = (length(40), length(80));
    assert!(many < few * 2, "{few} and {many} bytes");
}

/// What is never explained is never computed again: the same random cases as ever contain every formula.
#[test]
fn random_cases_contain_every_formula() {
    let mut runner = TestRunner::deterministic();
    let mut unseen: BTreeSet<&str> = explain::formulas()
        .map(|spec| spec.id)
        .filter(|id| !id.starts_with("draw."))
        .collect();
    for _ in 0..2_000 {
        let case = case(numbers().new_tree(&mut runner).unwrap().current());
        let parsed = Case::parse(case.to_string().as_bytes()).unwrap();
        let Ok(outcome) = evaluate(&parsed) else {
            continue;
        };
        for step in outcome.explanation() {
            unseen.remove(step.formula);
        }
    }
    assert!(unseen.is_empty(), "{unseen:?}");
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 600, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn the_explanation_of_any_case_holds(numbers in numbers()) {
        holds(&case(numbers));
    }
}
