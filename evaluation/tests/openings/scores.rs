//! Random rules for points, and bids that have what the rules ask for.

use serde_json::{Map, Value, json};

use super::Dice;

/// `price_score` of a case.
pub fn price_score(dice: &mut Dice, method: &str) -> Value {
    let full = 30 + dice.below(71);
    let decimals = dice.below(7);
    if method == "lowest-ratio" {
        return json!({"full": full.to_string(), "score_decimals": decimals});
    }
    let rates = [100, 60, 90, 123_456];
    let mut rate = || match *dice.of(&rates) {
        exact @ 123_456 => dice.decimal(0, exact, 6),
        hundredths => dice.decimal(0, 2 * hundredths, 2),
    };
    let mut rule =
        json!({"full": full.to_string(), "up": rate(), "down": rate(), "score_decimals": decimals});
    rule["floor"] = json!(if dice.chance(30) { dice.below(full) } else { 0 }.to_string());
    rule["benchmark_decimals"] = json!(*dice.of(&[2, 2, 2, 0, 6]));
    rule["deviation_decimals"] = dice
        .of(&[Value::Null, json!(2), json!(0), json!(6)])
        .clone();
    for side in ["up", "down"] {
        if dice.chance(25) {
            rule["segments"][side] = segments(dice, full);
        }
    }
    rule
}

fn segments(dice: &mut Dice, full: u64) -> Value {
    let mut list = Vec::new();
    let mut beyond = 0;
    for _ in 0..dice.below(3) {
        beyond += 1 + dice.below(800);
        list.push(json!({"beyond": super::written(beyond, 2), "rate": dice.decimal(0, 400, 2)}));
    }
    if list.is_empty() || dice.chance(40) {
        beyond += 1 + dice.below(1000);
        list.push(
            json!({"beyond": super::written(beyond, 2), "mark": dice.below(full).to_string()}),
        );
    }
    json!(list)
}

/// `technical` of a case.
pub fn technical(dice: &mut Dice) -> Value {
    let aggregate = dice.of(&["mean", "drop-extremes", "drop-widest-member"]);
    let mut rule = json!({"full": "30", "aggregate": aggregate, "decimals": 2 + dice.below(3)});
    if dice.chance(50) {
        rule["items"] = json!([{"id": "plan", "full": "10"}, {"id": "awards", "full": "5", "objective": true},
            {"id": "staff", "full": "15"}]);
        if dice.chance(50) {
            rule["item_decimals"] = json!(dice.below(5));
        }
    }
    if dice.chance(50) {
        rule["reason_below_percent"] = json!("60");
    }
    if dice.chance(50) {
        rule["flag_beyond_percent"] = json!(dice.decimal(50, 350, 1));
    }
    if *aggregate == "drop-widest-member" && dice.chance(50) {
        rule["drawn_member"] = json!(dice.below(4));
    }
    rule
}

/// `credit` of a case, and what it needs beside it.
pub fn credit(dice: &mut Dice, case: &mut Value, points: bool) {
    let weight = (5 + dice.below(6)).to_string();
    let mut rule = match if points { dice.below(4) } else { 3 } {
        0 => {
            let full = *dice.of(&["100", "150", "110.5", "33.333333"]);
            let mut rule = json!({"mode": "linear", "full": full, "weight": weight, "decimals": 2});
            if dice.chance(30) {
                rule["cap"] = json!(dice.below(6).to_string());
            }
            rule
        }
        1 => {
            case["contract_estimate"] =
                json!(dice.of(&["9000000", "10000000", "29999999.99", "1000000000"]));
            json!({"mode": "tiers", "weight": weight, "step": dice.of(&["10", "7.5"]), "cost": "0.5",
                "zero_below": "20", "decimals": 2, "thresholds": [{"estimate_below": "10000000", "value": "40"},
                    {"estimate_below": "30000000", "value": "60"}, {"value": "110"}]})
        }
        2 => {
            json!({"mode": "grades", "grades": {"AAA": "5", "AA": "4.5", "A": "3", "B": "0"}, "decimals": 2})
        }
        _ => json!({"mode": "gate", "min": "60"}),
    };
    if dice.chance(30) {
        rule["missing"] = if rule["mode"] == "grades" {
            json!("B")
        } else {
            json!("45")
        };
    }
    case["credit"] = rule;
    if dice.chance(20) {
        case["credit_snapshot"] = json!({"source": "credit register", "date": "2026-05-01"});
    }
}

/// A list of what there is to compare, or of nothing.
pub fn tie_break(dice: &mut Dice, case: &Value) -> Value {
    if case.get("price_score").is_none() {
        return json!(if dice.chance(50) {
            vec!["price"]
        } else {
            Vec::new()
        });
    }
    let mut words = vec!["price", "price_score"];
    if case.get("technical").is_some() {
        words.push("technical");
    }
    if case
        .get("credit")
        .is_some_and(|rule| rule["mode"] != "gate")
    {
        words.push("credit");
    }
    let by = usize::try_from(dice.below(4)).unwrap() % words.len();
    words.rotate_left(by);
    let length = usize::try_from(dice.below(5)).unwrap() % (words.len() + 1);
    json!(words[..length])
}

/// Scores and credit of one bid.
pub fn bid(dice: &mut Dice, case: &Value, members: u64, bid: &mut Value) {
    if let Some(rule) = case.get("technical") {
        let mut scores = |full: u64, agree: bool| -> Value {
            let common = dice.decimal(full * 5, full * 10, 1);
            let one = |_| {
                if agree {
                    common.clone()
                } else {
                    dice.decimal(full * 4, full * 10, 1)
                }
            };
            (0..members).map(one).collect::<Vec<_>>().into()
        };
        bid["technical"] = match rule.get("items") {
            None => scores(30, false),
            Some(_) => {
                let by_item = [
                    ("plan", 10, false),
                    ("awards", 5, true),
                    ("staff", 15, false),
                ];
                let of = by_item.map(|(id, full, agree)| (id.to_owned(), scores(full, agree)));
                Value::Object(Map::from_iter(of))
            }
        };
        if rule.get("reason_below_percent").is_some() && dice.chance(40) {
            let mut reason = json!({"member": dice.below(members), "text": "too thin"});
            if rule.get("items").is_some() {
                reason["item"] = json!(dice.of(&["plan", "staff"]));
            }
            bid["reasons"] = json!([reason]);
        }
    }
    if let Some(rule) = case.get("credit") {
        let may_be_missing = rule.get("missing").is_some();
        if may_be_missing && dice.chance(30) {
            return;
        }
        let mut value = || match rule["mode"].as_str().unwrap() {
            "grades" => json!(dice.of(&["AAA", "AA", "A", "B"])),
            _ => json!(dice.decimal(0, 1500, 1)),
        };
        let one = value();
        let another = value();
        bid["credit"] = if dice.chance(15) {
            json!([one, another])
        } else {
            one
        };
    }
}
