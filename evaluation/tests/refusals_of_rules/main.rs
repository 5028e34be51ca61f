//! Bad rules for points, shortlists, credit and committees: each with a pointer to what is wrong and a stable code.

#![expect(clippy::unwrap_used, reason = "tests may panic")]

mod points;
mod tender;

use evaluation::{Case, evaluate};
use serde_json::{Value, json};

/// A case with every optional part.
fn full() -> Value {
    json!({"format": "kaibiao-case/1", "profile": "below-threshold", "control_price": "10000000.00",
        "provisional_sums": "500000.00", "contract_estimate": "12000000.00",
        "shortlist": {"method": "mean", "drop_percent": "10", "above": 6, "below": 9},
        "benchmark": {"method": "mean-trim-one", "trim_from": 5},
        "price_score": {"full": "55", "up": "0.9", "down": "0.6", "floor": "5", "score_decimals": 2,
            "segments": {"up": [{"beyond": "5", "rate": "2"}, {"beyond": "9", "rate": "3"}],
                "down": [{"beyond": "8", "rate": "4"}, {"beyond": "15", "mark": "20"}]}},
        "technical": {"full": "30", "aggregate": "drop-widest-member", "decimals": 2, "item_decimals": 3,
            "items": [{"id": "plan", "full": "25"}, {"id": "awards", "full": "5", "objective": true}],
            "reason_below_percent": "60", "flag_beyond_percent": "30", "drawn_member": 3},
        "credit": {"mode": "tiers", "weight": "10", "step": "10", "cost": "0.5", "zero_below": "20", "decimals": 2,
            "missing": "60", "thresholds": [{"estimate_below": "10000000", "value": "40"}, {"value": "60"}]},
        "credit_snapshot": {"source": "city credit register", "date": "2026-05-01"},
        "tie_break": ["credit", "technical", "price_score", "price"],
        "bids": [bid("a", "9000000.00", ["20", "21", "22", "23"]), bid("b", "9100000.00", ["24", "20", "21", "23"])]})
}

fn bid(bidder: &str, price: &str, plan: [&str; 4]) -> Value {
    json!({"bidder": bidder, "price": price, "credit": ["92.4", "70"],
        "technical": {"plan": plan, "awards": ["5", "5", "5", "5"]},
        "reasons": [{"item": "plan", "member": 0, "text": "no schedule"}]})
}

/// Pointer and code of the refusal, or nothing.
fn refusal(case: &Value) -> Option<(String, String)> {
    let outcome = Case::parse(case.to_string().as_bytes()).and_then(|case| evaluate(&case));
    let error = outcome.err()?;
    Some((error.pointer.clone(), error.code().to_owned()))
}

/// The case with another value at `place`; none: without it.
fn changed(mut case: Value, place: &str, value: Option<Value>) -> Value {
    let (parent, name) = place.rsplit_once('/').unwrap();
    match (case.pointer_mut(parent).unwrap(), value) {
        (Value::Array(items), Some(value)) => items[name.parse::<usize>().unwrap()] = value,
        (parent, Some(value)) => parent[name] = value,
        (parent, None) => drop(parent.as_object_mut().unwrap().remove(name).unwrap()),
    }
    case
}

/// Each entry: where what is written instead, where the refusal points, and its code.
fn all_refused(case: &Value, table: Vec<(&str, Value, &str, &str)>) {
    for (place, value, pointer, code) in table {
        let wrong = changed(case.clone(), place, Some(value.clone()));
        let expected = Some((pointer.to_owned(), code.to_owned()));
        assert_eq!(refusal(&wrong), expected, "{place} = {value}");
    }
}
