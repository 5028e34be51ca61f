//! The crate seen from outside: a case goes in, a result comes out.

use evaluation::{Case, evaluate};
use serde_json::Value;

/// The crate's result without its explanation, or the code of its refusal.
pub fn evaluated(case: &Value) -> Result<Value, String> {
    let parsed = Case::parse(case.to_string().as_bytes());
    let outcome = parsed.and_then(|case| evaluate(&case));
    let mut result = match outcome {
        Ok(outcome) => serde_json::to_value(outcome).unwrap(),
        Err(error) => return Err(error.code().to_owned()),
    };
    result.as_object_mut().unwrap().remove("explanation");
    Ok(result)
}
