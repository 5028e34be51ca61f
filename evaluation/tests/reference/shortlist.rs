//! Who is shortlisted (苏建规字〔2017〕1号, rules.md 1.9).
//!
//! Each question is answered for one price at a time, by counting the others.

use serde_json::Value;

use super::number::{Number, mean, number_or, whole, whole_part};

/// For each price, whether it is shortlisted.
pub fn shortlisted(rule: &Value, prices: &[Number]) -> Vec<bool> {
    match rule["method"].as_str().unwrap() {
        "all" => vec![true; prices.len()],
        "low-price" => low_price(rule, prices),
        "mean" => around_the_mean(rule, prices),
        other => panic!("no shortlist {other}"),
    }
}

fn low_price(rule: &Value, prices: &[Number]) -> Vec<bool> {
    let dropped = to_drop(rule, prices);
    let take = super::number::count(&rule["take"]);
    // A price is dropped if all bids that have it lie before the cut.
    let stays = |price: &Number| how_many(prices, |other| other <= price) > dropped;
    let rest: Vec<Number> = prices.iter().filter(|one| stays(one)).cloned().collect();
    // It is taken if the first bid that has it comes before the last place.
    let taken = |price: &Number| how_many(&rest, |other| other < price) < take;
    prices.iter().map(|one| stays(one) && taken(one)).collect()
}

fn around_the_mean(rule: &Value, prices: &[Number]) -> Vec<bool> {
    let dropped = to_drop(rule, prices);
    let (above, below) = (
        super::number::count(&rule["above"]),
        super::number::count(&rule["below"]),
    );
    let stays = |price: &Number| how_many(prices, |other| other >= price) > dropped;
    let rest: Vec<Number> = prices.iter().filter(|one| stays(one)).cloned().collect();
    if rest.is_empty() {
        return vec![false; prices.len()];
    }
    let middle = mean(&rest);
    let taken = |price: &Number| {
        if *price >= middle {
            how_many(&rest, |other| *other >= middle && other < price) < above
        } else {
            how_many(&rest, |other| *other < middle && other > price) < below
        }
    };
    prices.iter().map(|one| stays(one) && taken(one)).collect()
}

fn to_drop(rule: &Value, prices: &[Number]) -> usize {
    let percent = number_or(rule, "drop_percent", "10");
    whole_part(&(percent * whole(i64::try_from(prices.len()).unwrap()) / whole(100)))
}

fn how_many(prices: &[Number], condition: impl Fn(&Number) -> bool) -> usize {
    prices.iter().filter(|price| condition(price)).count()
}
