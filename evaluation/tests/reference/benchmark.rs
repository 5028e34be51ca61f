//! The benchmark price, method by method, as DESIGN's table and rules.md 1.2 to 1.11 put it.

use serde_json::Value;

use super::number::{count, mean, number, number_or, parse, ratio, round, whole, whole_part};
use super::{Number, Refusal};

/// What a method sees.
pub struct Opening<'a> {
    /// `benchmark` of the case.
    pub rule: &'a Value,
    /// The evaluated prices that count, in any order.
    pub prices: Vec<Number>,
    /// Net of provisional sums.
    pub control_price: Option<Number>,
    /// As given.
    pub budget_price: Option<Number>,
}

/// The unrounded benchmark.
pub fn benchmark(opening: &Opening) -> Result<Number, Refusal> {
    let mut sorted = opening.prices.clone();
    sorted.sort();
    let rule = opening.rule;
    let drawn = |name: &str| number(&rule["drawn"][name]);
    let control = || opening.control_price.clone().ok_or("field-missing");
    Ok(match rule["method"].as_str().unwrap() {
        "jiangsu-1" => average_a(rule, &sorted) * drawn("K"),
        "jiangsu-2" => {
            let (k1, q1) = (drawn("K1"), drawn("Q1"));
            let k2 = number(&rule["fixed"]["K2"]);
            average_a(rule, &sorted) * k1 * &q1 + control()? * k2 * (whole(1) - q1)
        }
        "jiangsu-3" => second_lowest(&sorted),
        "jiangsu-4" => average_a(rule, &sorted) * number(&rule["fixed"]["K"]),
        "jiangsu-5" => abc(rule, &sorted, &control()?)?,
        "mean-trim-one" => {
            let from = count(&rule["trim_from"]);
            let (high, low) = (
                fixed_count(rule, "trim_high", 1),
                fixed_count(rule, "trim_low", 1),
            );
            let middle = without_extremes(rule, &sorted, from, high, low);
            let factor = rule["drawn"].get("K").map_or_else(|| whole(1), number);
            settled_mean(rule, &middle) * factor
        }
        "limit-mean-blend" => {
            let budget = opening.budget_price.clone().ok_or("field-missing")?;
            let low = &budget * fixed(rule, "range_low", "0.85");
            let high = &budget * fixed(rule, "range_high", "0.90");
            let within: Vec<Number> = sorted
                .into_iter()
                .filter(|price| *price >= low && *price <= high)
                .collect();
            let ceiling = control()? * drawn("K");
            if within.is_empty() {
                ceiling
            } else {
                let c = drawn("C");
                ceiling * (whole(1) - &c) + settled_mean(rule, &within) * c
            }
        }
        "second-mean" => first_and_second_mean(rule, &sorted).1,
        "third-mean" => {
            let (first, second) = first_and_second_mean(rule, &sorted);
            let mut entries: Vec<Number> = sorted
                .into_iter()
                .filter(|price| second < *price && *price < first)
                .collect();
            entries.extend([first, second]);
            settled_mean(rule, &entries)
        }
        "mean-float" => {
            let from = fixed_count(rule, "trim_from", 5);
            let middle = without_extremes(rule, &sorted, from, 1, 1);
            settled_mean(rule, &middle) * (whole(1) - drawn("float"))
        }
        "lowest-ratio" => sorted[0].clone(),
        other => panic!("no benchmark method {other}"),
    })
}

/// An announced number, or what it is if nothing is announced.
pub fn fixed(rule: &Value, name: &str, default: &str) -> Number {
    number_or(&rule["fixed"], name, default)
}

fn fixed_count(rule: &Value, name: &str, default: usize) -> usize {
    let beside = rule.get(name).filter(|_| name == "trim_from");
    rule["fixed"].get(name).or(beside).map_or(default, count)
}

fn fixed_word<'a>(rule: &'a Value, name: &str, default: &'a str) -> &'a str {
    rule["fixed"]
        .get(name)
        .map_or(default, |word| word.as_str().unwrap())
}

/// A mean, rounded if `mean_decimals` says so.
fn settled_mean(rule: &Value, prices: &[Number]) -> Number {
    let exact = mean(prices);
    match rule["fixed"].get("mean_decimals") {
        Some(decimals) => round(&exact, count(decimals)),
        None => exact,
    }
}

fn second_lowest(sorted: &[Number]) -> Number {
    sorted.get(1).unwrap_or(&sorted[0]).clone()
}

/// Rules.md 1.2.
fn average_a(rule: &Value, sorted: &[Number]) -> Number {
    let n = sorted.len();
    let trim_from = fixed_count(rule, "trim_from", 7);
    let drop_highest_from = fixed_count(rule, "drop_highest_from", 4);
    if n >= trim_from {
        let share = |name| {
            let percent = fixed(rule, name, "20");
            let part = percent * whole(i64::try_from(n).unwrap()) / whole(100);
            whole_part(&(part + ratio(1, 2)))
        };
        let kept = if n < fixed_count(rule, "one_each_below", 0) {
            cut(sorted, 1, 1, "cut")
        } else {
            let ties = fixed_word(rule, "ties_at_cut", "keep");
            cut(
                sorted,
                share("trim_high_percent"),
                share("trim_low_percent"),
                ties,
            )
        };
        settled_mean(rule, &kept)
    } else if n >= drop_highest_from {
        let highest = sorted.last().unwrap();
        let lower: Vec<Number> = sorted
            .iter()
            .filter(|price| *price < highest)
            .cloned()
            .collect();
        let all = fixed_word(rule, "tied_highest", "one") == "all" && !lower.is_empty();
        let kept = if all { lower } else { sorted[..n - 1].to_vec() };
        settled_mean(rule, &kept)
    } else {
        second_lowest(sorted)
    }
}

/// Cuts so many at both ends. With `keep`, a price on both sides of a cut line stays whole.
fn cut(sorted: &[Number], high: usize, low: usize, ties: &str) -> Vec<Number> {
    let n = sorted.len();
    if ties == "cut" {
        return sorted
            .iter()
            .enumerate()
            .filter(|(place, _)| *place >= low && place + high < n)
            .map(|(_, price)| price.clone())
            .collect();
    }
    // The first price that stays, from below and from above; its equals stay with it.
    let (Some(from), Some(to)) = (sorted.get(low), n.checked_sub(high + 1)) else {
        return Vec::new();
    };
    let stays = |price: &&Number| *price >= from && **price <= sorted[to];
    sorted.iter().filter(stays).cloned().collect()
}

fn without_extremes(
    rule: &Value,
    sorted: &[Number],
    from: usize,
    high: usize,
    low: usize,
) -> Vec<Number> {
    let n = sorted.len();
    if n >= from {
        cut(sorted, high, low, "cut")
    } else if n >= fixed_count(rule, "drop_highest_from", usize::MAX) {
        cut(sorted, 1, 0, "cut")
    } else {
        sorted.to_vec()
    }
}

fn first_and_second_mean(rule: &Value, sorted: &[Number]) -> (Number, Number) {
    let first = settled_mean(rule, sorted);
    let below: Vec<Number> = sorted
        .iter()
        .filter(|price| **price < first)
        .cloned()
        .collect();
    let second = if below.is_empty() {
        first.clone()
    } else {
        settled_mean(rule, &below)
    };
    (first, second)
}

/// Rules.md 1.7.
fn abc(rule: &Value, sorted: &[Number], control: &Number) -> Result<Number, Refusal> {
    let drawn = |name: &str| number(&rule["drawn"][name]);
    let index = |name: &str| {
        rule["drawn"]
            .get(name)
            .map(count)
            .ok_or("parameter-missing")
    };
    let range_mean = fixed(rule, "range_mean", "0.7");
    let edge = (settled_mean(rule, sorted) * &range_mean + control * (whole(1) - &range_mean))
        * (whole(1) - fixed(rule, "range_below", "0.25"));
    let in_range: Vec<Number> = sorted
        .iter()
        .filter(|price| **price >= edge)
        .cloned()
        .collect();
    let c = in_range.first().ok_or("range-empty")?.clone();
    let a = control * (whole(1) - drawn("delta"));
    let part = |name, default| &a * fixed(rule, name, default);
    let (high, middle, low) = (
        part("band_high", "0.95"),
        part("band_middle", "0.92"),
        part("band_low", "0.89"),
    );
    let others: Vec<Number> = in_range.into_iter().filter(|price| *price != c).collect();
    let between = |from: &Number, to: &Number| -> Vec<Number> {
        others
            .iter()
            .filter(|price| *price >= from && *price < to)
            .cloned()
            .collect()
    };
    let mut pool: Vec<Number> = others
        .iter()
        .filter(|price| **price < low)
        .cloned()
        .collect();
    for (name, band) in [
        ("band1", between(&middle, &high)),
        ("band2", between(&low, &middle)),
    ] {
        if !band.is_empty() {
            pool.push(pick(&band, index(name)?)?);
        }
    }
    pool.sort();
    if pool.is_empty() {
        pool = others;
    }
    if pool.is_empty() {
        return Err("pool-empty");
    }
    let b = pick(&pool, index("B")?)?;
    let weight = |name, default| fixed(rule, name, default);
    if weight("weight_a", "0.5") + weight("weight_b", "0.3") + weight("weight_c", "0.2")
        != parse("1")
    {
        return Err("weights-sum");
    }
    let sum = a * weight("weight_a", "0.5")
        + b * weight("weight_b", "0.3")
        + c * weight("weight_c", "0.2");
    Ok(sum * drawn("K"))
}

fn pick(list: &[Number], index: usize) -> Result<Number, Refusal> {
    list.get(index).cloned().ok_or("index-out-of-list")
}
