//! The bid form: what a bidder filled in, checked against the fields of the notice.

use std::collections::BTreeMap;

use evaluation::case::AMOUNT_MAX_FEN;
use evaluation::decimal::Money;
use record::Identifier;
use serde_json::Value;

use crate::act::{FieldType, FormField, FormValue};
use crate::limits::NAME_CHARS_MAX;

/// Reads the plaintext of a bid form. `Err` says what is wrong with it, for the bidder's own client; in the
/// record it is the reason `form`.
///
/// # Errors
/// Not strict JSON, an unknown or missing field, a value of another type.
pub fn read_form(
    fields: &[FormField],
    plaintext: &[u8],
) -> Result<BTreeMap<Identifier, FormValue>, String> {
    let mut given: BTreeMap<String, Value> =
        record::json::parse(plaintext).map_err(|error| error.to_string())?;
    let mut form = BTreeMap::new();
    for field in fields {
        match given.remove(field.id.as_str()) {
            Some(value) => {
                form.insert(field.id.clone(), read_value(field, &value)?);
            }
            None if field.required => return Err(format!("the field {} is missing", field.id)),
            None => {}
        }
    }
    match given.keys().next() {
        Some(unknown) => Err(format!("the form has no field {unknown}")),
        None => Ok(form),
    }
}

fn read_value(field: &FormField, value: &Value) -> Result<FormValue, String> {
    let wrong = || {
        format!(
            "the field {} is not of type {:?}",
            field.id, field.field_type
        )
    };
    match (field.field_type, value) {
        (FieldType::Money, Value::String(text)) => {
            let money = text
                .parse::<Money>()
                .map_err(|error| format!("the field {}: {error}", field.id))?;
            if money.fen() <= 0 {
                return Err(format!("the field {} must be more than zero", field.id));
            }
            // A higher price would make the evaluation of all others impossible.
            if money.fen() > AMOUNT_MAX_FEN {
                let most = Money::from_fen(AMOUNT_MAX_FEN);
                return Err(format!("the field {} must be at most {most}", field.id));
            }
            Ok(FormValue::Text(text.clone()))
        }
        (FieldType::Days, Value::Number(number)) => {
            number.as_u64().map(FormValue::Integer).ok_or_else(wrong)
        }
        (FieldType::Text, Value::String(text)) if text.chars().count() <= NAME_CHARS_MAX => {
            Ok(FormValue::Text(text.clone()))
        }
        _ => Err(wrong()),
    }
}
