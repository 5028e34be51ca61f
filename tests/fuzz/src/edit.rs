//! Edits of a JSON value that keep it JSON: what a forger would try in a body.

use serde_json::{Map, Value};

use crate::choices::Choices;

/// Values that sit at limits, or that are of another kind than expected.
fn odd(choices: &mut Choices<'_>) -> Value {
    match choices.byte() % 20 {
        0 => Value::Null,
        1 => Value::from(0),
        2 => Value::from(1),
        3 => Value::from(9_007_199_254_740_991_u64),
        4 => Value::from(u32::MAX),
        5 => Value::from(-1),
        6 => Value::from(""),
        7 => Value::from("0".repeat(64)),
        8 => Value::from("f".repeat(64)),
        9 => Value::from("0"),
        10 => Value::from("99999999999999999999.99"),
        11 => Value::from("-1"),
        12 => Value::Array(Vec::new()),
        13 => Value::Object(Map::new()),
        14 => Value::from(true),
        15 => Value::from(choices.number()),
        16 => Value::from(u64::from(choices.number()) * u64::from(choices.number())),
        17 => Value::from(format!("{}.{}", choices.number(), choices.byte() % 100)),
        _ => Value::from(String::from_utf8_lossy(choices.bytes())),
    }
}

/// Changes one value inside of `value`, found by a walk from its root.
pub fn edit(value: &mut Value, choices: &mut Choices<'_>) {
    let descend = choices.byte();
    match value {
        Value::Array(items) if !descend.is_multiple_of(4) && !items.is_empty() => {
            let place = choices.below(items.len());
            edit(&mut items[place], choices);
        }
        Value::Array(items) => edit_list(items, choices),
        Value::Object(members) if !descend.is_multiple_of(8) && !members.is_empty() => {
            let place = choices.below(members.len());
            let member = members.values_mut().nth(place);
            edit(member.expect("the place is below the number"), choices);
        }
        Value::Object(members) => edit_members(members, choices),
        Value::Number(number) if descend.is_multiple_of(2) => {
            let old = number.as_u64().unwrap_or(0);
            let by = u64::from(choices.byte());
            let new = if choices.byte().is_multiple_of(2) {
                old.saturating_add(by)
            } else {
                old.saturating_sub(by)
            };
            *value = Value::from(new);
        }
        Value::String(text) if descend.is_multiple_of(2) => edit_text(text, choices),
        other => *other = odd(choices),
    }
}

fn edit_list(items: &mut Vec<Value>, choices: &mut Choices<'_>) {
    let place = choices.below(items.len());
    match choices.byte() % 5 {
        0 if !items.is_empty() => drop(items.remove(place)),
        1 if !items.is_empty() => items.push(items[place].clone()),
        2 => items.reverse(),
        3 if !items.is_empty() => {
            let other = choices.below(items.len());
            items.swap(place, other);
        }
        _ => items.push(odd(choices)),
    }
}

fn edit_members(members: &mut Map<String, Value>, choices: &mut Choices<'_>) {
    let place = choices.below(members.len());
    let name = members.keys().nth(place).cloned().unwrap_or_default();
    match choices.byte() % 3 {
        0 => drop(members.remove(&name)),
        1 => {
            let new = String::from_utf8_lossy(choices.bytes()).into_owned();
            members.insert(new, odd(choices));
        }
        _ => {
            let other = choices.below(members.len());
            let copied = members.values().nth(other).cloned().unwrap_or_default();
            members.insert(name, copied);
        }
    }
}

fn edit_text(text: &mut String, choices: &mut Choices<'_>) {
    let mut bytes = std::mem::take(text).into_bytes();
    let place = choices.below(bytes.len());
    match choices.byte() % 4 {
        0 if !bytes.is_empty() => bytes[place] = choices.byte(),
        1 => bytes.truncate(place),
        2 => bytes.insert(place, choices.byte()),
        _ => bytes.extend(choices.bytes()),
    }
    *text = String::from_utf8_lossy(&bytes).into_owned();
}
