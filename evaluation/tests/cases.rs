//! Every case of the shared vectors, by the crate and by the second implementation, and the worked example of
//! the formats.

#![expect(clippy::unwrap_used, reason = "tests may panic")]

mod evaluated;
mod expected;
mod reference;

use evaluated::evaluated;
use evaluation::{Case, evaluate};
use expected::assert_contains;
use record::Digest;
use serde_json::Value;

fn vectors() -> Vec<Value> {
    let cases: Vec<Value> = serde_json::from_str(include_str!("data/cases.json")).unwrap();
    assert_eq!(cases.len(), 240);
    cases
}

#[test]
fn every_case_of_the_vectors_comes_out_as_expected() {
    for case in vectors() {
        let id = case["id"].as_str().unwrap();
        let result = evaluated(&case["case"]).unwrap_or_else(|code| panic!("{id}: {code}"));
        assert_contains(&result, &case["expected"], id);
    }
}

/// What the judge is worth.
#[test]
fn the_second_implementation_gives_every_case_of_the_vectors() {
    for case in vectors() {
        let id = case["id"].as_str().unwrap();
        let result =
            reference::evaluate(&case["case"]).unwrap_or_else(|code| panic!("{id}: {code}"));
        assert_contains(&result, &case["expected"], id);
    }
}

/// Also in the fields that the vectors do not list.
#[test]
fn both_implementations_agree_on_every_field_of_every_case() {
    for case in vectors() {
        let id = case["id"].as_str().unwrap();
        let expected = reference::evaluate(&case["case"]).map_err(str::to_owned);
        assert_eq!(evaluated(&case["case"]), expected, "{id}");
    }
}

#[test]
fn the_worked_example_of_the_formats_comes_out_exactly() {
    let case: Value = serde_json::from_str(include_str!("data/design-case.json")).unwrap();
    let expected: Value = serde_json::from_str(include_str!("data/design-result.json")).unwrap();
    let outcome = evaluate(&Case::parse(case.to_string().as_bytes()).unwrap()).unwrap();
    let mut actual = serde_json::to_value(outcome).unwrap();
    let explanation = actual
        .as_object_mut()
        .unwrap()
        .remove("explanation")
        .unwrap();
    assert_eq!(actual, expected);
    insta::assert_json_snapshot!("explanation_of_the_worked_example", explanation);
}

#[test]
fn the_result_is_written_in_a_fixed_order() {
    let case = Case::parse(include_bytes!("data/design-case.json")).unwrap();
    let json = serde_json::to_string(&evaluate(&case).unwrap()).unwrap();
    let start = r#"{"format":"kaibiao-result/1","benchmark":"8936520.00","winner":"b3","bids":[{"bidder":"b1","deviation_percent":"6.529163","price_score":"54.12","technical":"26.17","credit":"9.24","total":"89.53","rank":3}"#;
    assert!(json.starts_with(start), "{json}");
}

#[test]
fn a_case_survives_writing_and_reading() {
    let mut texts: Vec<String> = vectors()
        .iter()
        .map(|one| one["case"].to_string())
        .collect();
    texts.push(include_str!("data/design-case.json").to_owned());
    for text in texts {
        let case = Case::parse(text.as_bytes()).unwrap();
        let written = serde_json::to_vec(&case).unwrap();
        assert_eq!(Case::parse(&written).unwrap(), case);
    }
}

/// The decisions of all cases byte for byte, as every platform and every later version has to give them: records that
/// already exist digest these. The second digest is of the explanations, which may become clearer.
#[test]
fn the_results_of_all_cases_are_the_same_bytes_everywhere() {
    let (mut decisions, mut explanations) = (Vec::new(), Vec::new());
    for case in vectors() {
        let case = Case::parse(case["case"].to_string().as_bytes()).unwrap();
        let outcome = evaluate(&case).unwrap();
        decisions.extend(outcome.decision_bytes().unwrap());
        for step in outcome.explanation() {
            explanations.extend(serde_json::to_vec(&step).unwrap());
        }
    }
    let digests = [decisions, explanations].map(|bytes| Digest::sha256(&bytes).to_string());
    insta::assert_json_snapshot!("digests_of_decisions_and_explanations", digests);
}
