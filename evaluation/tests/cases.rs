//! Every case of the shared vectors for the methods that exist, and the worked example of the formats.

#![expect(clippy::unwrap_used, reason = "tests may panic")]

use evaluation::{Case, evaluate};
use serde_json::Value;

fn result(case: &Value) -> Value {
    let case = Case::parse(case.to_string().as_bytes()).unwrap();
    serde_json::to_value(evaluate(&case).unwrap()).unwrap()
}

/// `expected` lists the fields that are compared; everything it has must be in `actual`.
fn assert_contains(actual: &Value, expected: &Value, path: &str) {
    match expected {
        Value::Object(members) => {
            for (name, member) in members {
                assert_contains(&actual[name], member, &format!("{path}/{name}"));
            }
        }
        Value::Array(items) => {
            assert_eq!(actual.as_array().unwrap().len(), items.len(), "{path}");
            for (index, item) in items.iter().enumerate() {
                assert_contains(&actual[index], item, &format!("{path}/{index}"));
            }
        }
        _ => assert_eq!(actual, expected, "{path}"),
    }
}

#[test]
fn every_case_of_the_vectors_comes_out_as_expected() {
    let cases: Vec<Value> = serde_json::from_str(include_str!("data/cases.json")).unwrap();
    assert_eq!(cases.len(), 148);
    for case in &cases {
        assert_contains(
            &result(&case["case"]),
            &case["expected"],
            case["id"].as_str().unwrap(),
        );
    }
}

#[test]
fn the_worked_example_of_the_formats_comes_out_exactly() {
    let case: Value = serde_json::from_str(include_str!("data/design-case.json")).unwrap();
    let expected: Value = serde_json::from_str(include_str!("data/design-result.json")).unwrap();
    let mut actual = result(&case);
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
    let case = Case::parse(include_bytes!("data/design-case.json")).unwrap();
    let written = serde_json::to_vec(&case).unwrap();
    assert_eq!(Case::parse(&written).unwrap(), case);
}
