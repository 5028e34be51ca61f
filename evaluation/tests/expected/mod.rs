//! What the vectors expect: a part of a result.

use serde_json::Value;

/// `expected` lists the fields that are compared; everything it has must be in `actual`.
pub fn assert_contains(actual: &Value, expected: &Value, path: &str) {
    match expected {
        Value::Object(members) => {
            for (name, member) in members {
                assert_contains(&actual[name], member, &format!("{path}/{name}"));
            }
        }
        Value::Array(items) => {
            let given = actual.as_array().map_or(0, Vec::len);
            assert_eq!(given, items.len(), "{path}");
            for (index, item) in items.iter().enumerate() {
                assert_contains(&actual[index], item, &format!("{path}/{index}"));
            }
        }
        _ => assert_eq!(actual, expected, "{path}"),
    }
}
