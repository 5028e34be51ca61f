//! Points for price, technical part and credit.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use super::number::{
    count, mean, number, number_or, parse, round, up_to_whole, whole, write, zero,
};
use super::{Number, Refusal};

/// Deviation in per cent as it is shown, and the price's points.
pub fn price(rule: &Value, benchmark: &Number, evaluated: &Number) -> (String, Number) {
    let exact = (evaluated - benchmark) / benchmark * whole(100);
    let (shown, used) = match rule["deviation_decimals"].as_u64() {
        Some(decimals) => {
            let decimals = usize::try_from(decimals).unwrap();
            (write(&exact, decimals), round(&exact, decimals))
        }
        None => (write(&exact, 6), exact),
    };
    let (side, away) = if used > zero() {
        ("up", used)
    } else {
        ("down", zero() - used)
    };
    let points = number(&rule["full"]) - lost(rule, side, &away);
    let marked = mark(rule, side, &away).unwrap_or(points);
    let floor = number_or(rule, "floor", "0");
    let held = if marked < floor { floor } else { marked };
    (shown, round(&held, count(&rule["score_decimals"])))
}

fn segments<'a>(rule: &'a Value, side: &str) -> &'a [Value] {
    rule["segments"][side].as_array().map_or(&[], Vec::as_slice)
}

/// Each segment's own stretch of the deviation, at its own rate.
fn lost(rule: &Value, side: &str, away: &Number) -> Number {
    let rated = segments(rule, side)
        .iter()
        .filter(|segment| segment.get("rate").is_some());
    let mut starts = vec![(zero(), number(&rule[side]))];
    starts.extend(rated.map(|segment| (number(&segment["beyond"]), number(&segment["rate"]))));
    let mut sum = zero();
    for (place, (start, rate)) in starts.iter().enumerate() {
        let end = starts.get(place + 1).map_or(away, |(next, _)| next);
        let reached = if end < away { end } else { away };
        if reached > start {
            sum += (reached - start) * rate;
        }
    }
    sum
}

fn mark(rule: &Value, side: &str, away: &Number) -> Option<Number> {
    let mut marks = segments(rule, side)
        .iter()
        .filter(|segment| segment.get("mark").is_some());
    let last = marks.next()?;
    (*away > number(&last["beyond"])).then(|| number(&last["mark"]))
}

/// Price points by ratio (87号令 §55).
pub fn price_ratio(rule: &Value, lowest: &Number, evaluated: &Number) -> Number {
    let exact = lowest / evaluated * number(&rule["full"]);
    round(&exact, count(&rule["score_decimals"]))
}

/// The scores of one bid: per item, per member. Without items there is one item without a name.
pub struct Sheet {
    items: Vec<(Option<String>, Number, bool, Vec<Number>)>,
}

impl Sheet {
    /// Reads what the members gave.
    pub fn read(rule: &Value, given: &Value) -> Result<Sheet, Refusal> {
        let list = |value: &Value| -> Vec<Number> {
            value.as_array().unwrap().iter().map(number).collect()
        };
        let items = match rule["items"].as_array() {
            None => vec![(None, number(&rule["full"]), false, list(given))],
            Some(items) => items
                .iter()
                .map(|item| {
                    let id = item["id"].as_str().unwrap();
                    let objective = item["objective"] == json!(true);
                    let scores = list(&given[id]);
                    (
                        Some(id.to_owned()),
                        number(&item["full"]),
                        objective,
                        scores,
                    )
                })
                .collect(),
        };
        let sheet = Sheet { items };
        for (_, _, objective, scores) in &sheet.items {
            if *objective && scores.iter().any(|score| *score != scores[0]) {
                return Err("objective-scores-differ");
            }
        }
        Ok(sheet)
    }

    /// How many members scored.
    pub fn members(&self) -> usize {
        self.items[0].3.len()
    }

    fn total_of(&self, member: usize) -> Number {
        self.items
            .iter()
            .map(|(_, _, _, scores)| &scores[member])
            .sum()
    }

    /// The rounded points, after the member `without` has been left out everywhere.
    pub fn points(&self, rule: &Value, without: Option<usize>) -> Number {
        let mut total = zero();
        for (_, _, _, scores) in &self.items {
            let mut heard: Vec<Number> = scores
                .iter()
                .enumerate()
                .filter(|(member, _)| Some(*member) != without)
                .map(|(_, score)| score.clone())
                .collect();
            heard.sort();
            if rule["aggregate"] != json!("mean") {
                heard.remove(0);
                heard.pop();
            }
            let item = mean(&heard);
            total += match rule.get("item_decimals") {
                Some(Value::Number(decimals)) if rule.get("items").is_some() => {
                    round(&item, usize::try_from(decimals.as_u64().unwrap()).unwrap())
                }
                _ => item,
            };
        }
        round(&total, count(&rule["decimals"]))
    }

    /// What the report has to mention.
    pub fn flags(&self, rule: &Value, reasons: &Value) -> Vec<Value> {
        let part = |name: &str, of: &Number| {
            rule.get(name)
                .map(|percent| of * number(percent) / whole(100))
        };
        let mut flags = Vec::new();
        for (item, full, _, scores) in &self.items {
            let middle = mean(scores);
            let written = |member: usize| {
                reasons.as_array().into_iter().flatten().any(|reason| {
                    let of_item = reason.get("item").and_then(Value::as_str) == item.as_deref();
                    of_item && reason["member"] == json!(member)
                })
            };
            for (member, score) in scores.iter().enumerate() {
                let away = if *score > middle {
                    score - &middle
                } else {
                    &middle - score
                };
                let low = part("reason_below_percent", full).is_some_and(|limit| *score < limit);
                let far = part("flag_beyond_percent", &middle).is_some_and(|limit| away > limit);
                let raised = [
                    ("reason-given", low && written(member)),
                    ("reason-missing", low && !written(member)),
                    ("far-from-mean", far),
                ];
                for (kind, _) in raised.into_iter().filter(|(_, raised)| *raised) {
                    let mut flag = json!({"kind": kind, "member": member});
                    if let Some(item) = item {
                        flag["item"] = json!(item);
                    }
                    flags.push(flag);
                }
            }
        }
        flags
    }
}

/// The member whose totals of the ranked bids lie widest apart (rules.md 2.2, S30).
pub fn widest_member(rule: &Value, sheets: &[&Sheet]) -> Result<Option<usize>, Refusal> {
    if rule["aggregate"] != json!("drop-widest-member") || sheets.is_empty() {
        return Ok(None);
    }
    // Spread of the extremes, of the second extremes and so on; compared as whole lists.
    let spreads = |member: usize| -> Vec<Number> {
        let mut totals: Vec<Number> = sheets.iter().map(|sheet| sheet.total_of(member)).collect();
        totals.sort();
        let descending = totals.iter().rev();
        descending
            .zip(&totals)
            .map(|(high, low)| high - low)
            .collect()
    };
    let all: Vec<Vec<Number>> = (0..sheets[0].members()).map(spreads).collect();
    let widest = all.iter().max().unwrap();
    let tied: Vec<usize> = (0..all.len())
        .filter(|member| all[*member] == *widest)
        .collect();
    match (tied.as_slice(), rule.get("drawn_member")) {
        ([only], _) => Ok(Some(*only)),
        (_, None | Some(Value::Null)) => Err("member-draw-needed"),
        (several, Some(drawn)) => several
            .iter()
            .find(|member| **member == count(drawn))
            .map(|member| Some(*member))
            .ok_or("member-draw-needed"),
    }
}

/// What the credit rule makes of a bid's value: rounded points, or whether the gate is passed.
pub enum Credit {
    /// Rounded.
    Points(Number),
    /// Points are not given; true if the value suffices.
    Gate(bool),
}

/// Rules.md 2.1.
pub fn credit(
    rule: &Value,
    estimate: Option<&Number>,
    given: Option<&Value>,
) -> Result<Credit, Refusal> {
    let given = given
        .or_else(|| rule.get("missing"))
        .ok_or("field-missing")?;
    let members: Vec<&Value> = given
        .as_array()
        .map_or_else(|| vec![given], |all| all.iter().collect());
    let weakest = || members.iter().map(|value| number(value)).min().unwrap();
    let exact = match rule["mode"].as_str().unwrap() {
        "gate" => return Ok(Credit::Gate(weakest() >= number(&rule["min"]))),
        "linear" => {
            let full = number(&rule["full"]);
            let value = weakest().min(full.clone());
            let points = value * number(&rule["weight"]) / full;
            match rule.get("cap") {
                Some(cap) => points.min(number(cap)),
                None => points,
            }
        }
        "tiers" => tiers(rule, estimate.ok_or("field-missing")?, &weakest()),
        "grades" => {
            let table: BTreeMap<String, String> =
                serde_json::from_value(rule["grades"].clone()).unwrap();
            let mut points = Vec::new();
            for grade in &members {
                points.push(parse(
                    table.get(grade.as_str().unwrap()).ok_or("grade-unknown")?,
                ));
            }
            points.into_iter().min().unwrap()
        }
        other => panic!("no credit mode {other}"),
    };
    Ok(Credit::Points(round(&exact, count(&rule["decimals"]))))
}

fn tiers(rule: &Value, estimate: &Number, value: &Number) -> Number {
    if rule
        .get("zero_below")
        .is_some_and(|edge| *value < number(edge))
    {
        return zero();
    }
    let thresholds = rule["thresholds"].as_array().unwrap();
    let applies = |entry: &&Value| {
        entry
            .get("estimate_below")
            .is_none_or(|below| *estimate < number(below))
    };
    let threshold = number(&thresholds.iter().find(applies).unwrap()["value"]);
    let weight = number(&rule["weight"]);
    if *value >= threshold {
        return weight;
    }
    let started = up_to_whole(&((threshold - value) / number(&rule["step"])));
    (weight - started * number(&rule["cost"])).max(zero())
}
