//! Formulas of price scores, technical scores, credit and totals.

use super::{Computed, Formula, Step, counted};
use crate::reference::number::{Number, mean, number, up_to_whole, whole, zero};

/// Every formula of this file.
pub const FORMULAS: &[(&str, Formula)] = &[
    ("price-score.deviation", |step| {
        let benchmark = step.number("benchmark");
        let away = step.number("price") - &benchmark;
        Computed::Number(away / benchmark * whole(100))
    }),
    ("price-score.above", |step| {
        step.holds(step.number("deviation_percent") > zero());
        linear(step, "up")
    }),
    ("price-score.below", |step| {
        step.holds(step.number("deviation_percent") <= zero());
        linear(step, "down")
    }),
    ("price-score.piece", |step| {
        let away = distance(step);
        let to = if step.has("to") {
            away.min(step.number("to"))
        } else {
            away
        };
        let from = step.number("from");
        step.holds(from < to);
        Computed::Number((to - from) * step.number("rate"))
    }),
    ("price-score.pieces", pieces),
    ("price-score.mark", |step| {
        step.holds(distance(step) > step.number("beyond"));
        Computed::Number(step.number("mark").max(step.number("floor")))
    }),
    ("price-score.ratio", |step| {
        let share = step.number("lowest_evaluated") / step.number("evaluated_price");
        Computed::Number(share * step.number("full"))
    }),
    ("technical.mean", |step| {
        let scores = step.numbers("scores");
        kept(step, scores)
    }),
    ("technical.drop-extremes", |step| {
        let scores = step.numbers("scores");
        kept(step, without_extremes(step, scores))
    }),
    ("technical.drop-member-and-extremes", |step| {
        let mut scores = step.numbers("scores");
        let gone = scores.remove(step.count("dropped_member"));
        step.holds(gone == step.number("dropped_score"));
        kept(step, without_extremes(step, scores))
    }),
    ("technical.objective", |step| {
        let score = step.number("score");
        step.holds(step.numbers("scores").iter().all(|one| *one == score));
        Computed::Number(score)
    }),
    ("technical.sum", |step| {
        // The exact points of each item; those in the list may be cut for display.
        let own = step.given["id"].as_str().unwrap();
        let items = step.texts("items");
        let points = items
            .iter()
            .map(|item| step.before.number(&format!("{own}/{item}")).unwrap());
        Computed::Number(points.sum())
    }),
    ("technical.spread", |step| spread(step, 1)),
    ("technical.spread-further", |step| {
        spread(step, step.count("round"))
    }),
    ("technical.widest-member", |step| {
        let spreads = step.numbers("spreads");
        let widest = spreads.iter().max().unwrap();
        let mut wide = step.texts("candidates").into_iter().zip(&spreads);
        let (member, _) = wide.find(|(_, spread)| *spread == widest).unwrap();
        step.holds(spreads.iter().filter(|spread| *spread == widest).count() == 1);
        counted(member.parse().unwrap())
    }),
    ("technical.drawn-member", |step| {
        let drawn = step.text("drawn_member").to_owned();
        step.holds(step.texts("candidates").contains(&drawn));
        counted(drawn.parse().unwrap())
    }),
    ("technical.reason-given", low_score),
    ("technical.reason-missing", low_score),
    ("technical.far-from-mean", |step| {
        // All scores stand where the points come from.
        let (bid, _) = step.given["id"]
            .as_str()
            .unwrap()
            .rsplit_once("/flag/")
            .unwrap();
        let mut points = format!("{bid}/technical");
        if step.has("item") {
            points = format!("{points}/{}", step.text("item"));
        }
        let scores = step.before.given(&points).unwrap()["inputs"]["scores"].as_array();
        let scores: Vec<Number> = scores.unwrap().iter().map(number).collect();
        let middle = mean(&scores);
        let score = step.number("score");
        step.holds(score == scores[step.count("member")]);
        let away = if score > middle {
            score - &middle
        } else {
            &middle - score
        };
        let percent = away * whole(100) / middle;
        step.holds(percent > step.number("percent"));
        Computed::Number(percent)
    }),
    ("credit.snapshot", |step| {
        Computed::Name(step.text("date").to_owned())
    }),
    ("credit.threshold", |step| {
        let values = step.numbers("thresholds");
        let limits = if step.has("estimates_below") {
            step.numbers("estimates_below")
        } else {
            Vec::new()
        };
        step.holds(limits.len() + 1 == values.len());
        let line = limits
            .iter()
            .position(|limit| step.number("contract_estimate") < *limit);
        Computed::Number(values[line.unwrap_or(limits.len())].clone())
    }),
    ("credit.missing", |step| {
        Computed::Name(step.text("missing").to_owned())
    }),
    ("credit.weakest-member", |step| {
        let values = step.numbers("values");
        let weakest = values[step.count("member")].clone();
        step.holds(values.iter().all(|value| *value >= weakest));
        Computed::Number(weakest)
    }),
    ("credit.weakest-grade", |step| {
        let points = step.numbers("points");
        let member = step.count("member");
        step.holds(points.iter().all(|one| *one >= points[member]));
        Computed::Name(step.texts("grades")[member].clone())
    }),
    ("credit.linear", |step| {
        Computed::Number(in_proportion(step))
    }),
    ("credit.linear-capped", |step| {
        Computed::Number(in_proportion(step).min(step.number("cap")))
    }),
    ("credit.tiers", |step| {
        let short = step.number("threshold") - step.number("value");
        step.holds(short > zero() && short == step.number("short"));
        let begun = up_to_whole(&(short / step.number("step")));
        step.holds(begun == step.number("begun"));
        Computed::Number((step.number("weight") - begun * step.number("cost")).max(zero()))
    }),
    ("credit.tiers-full", |step| {
        step.holds(step.number("value") >= step.number("threshold"));
        Computed::Number(step.number("weight"))
    }),
    ("credit.tiers-zero", |step| {
        step.holds(step.number("value") < step.number("zero_below"));
        Computed::Number(zero())
    }),
    ("credit.grade", |step| {
        let grade = step.text("grade");
        let line = step
            .texts("grades")
            .iter()
            .position(|one| one == grade)
            .unwrap();
        Computed::Number(step.numbers("points")[line].clone())
    }),
    ("credit.gate", |step| {
        step.holds(step.number("value") >= step.number("min"));
        Computed::Number(step.number("value"))
    }),
    ("total.sum", |step| {
        let parts = ["price_score", "technical", "credit"];
        let given = parts.iter().filter(|name| step.has(name));
        Computed::Number(given.map(|name| step.number(name)).sum())
    }),
];

fn in_proportion(step: &Step) -> Number {
    let full = step.number("full");
    step.number("value").min(full.clone()) * step.number("weight") / full
}

/// How far from the benchmark, on either side.
fn distance(step: &Step) -> Number {
    let deviation = step.number("deviation_percent");
    if deviation < zero() {
        zero() - deviation
    } else {
        deviation
    }
}

fn linear(step: &Step, rate: &str) -> Computed {
    let points = step.number("full") - distance(step) * step.number(rate);
    Computed::Number(points.max(step.number("floor")))
}

fn pieces(step: &Step) -> Computed {
    let away = distance(step);
    let (starts, rates) = (step.numbers("from"), step.numbers("rates"));
    let mut lost = zero();
    for (place, (start, rate)) in starts.iter().zip(&rates).enumerate() {
        let end = starts
            .get(place + 1)
            .unwrap_or(&away)
            .clone()
            .min(away.clone());
        step.holds(*start < end);
        lost += (end - start) * rate;
    }
    Computed::Number((step.number("full") - lost).max(step.number("floor")))
}

fn without_extremes(step: &Step, mut scores: Vec<Number>) -> Vec<Number> {
    scores.sort();
    step.holds(scores.pop() == Some(step.number("dropped_high")));
    step.holds(scores.remove(0) == step.number("dropped_low"));
    scores
}

fn kept(step: &Step, scores: Vec<Number>) -> Computed {
    let sum: Number = scores.iter().sum();
    step.holds(sum == step.number("sum") && scores.len() == step.count("count"));
    Computed::Number(mean(&scores))
}

fn spread(step: &Step, round: usize) -> Computed {
    let mut totals = step.numbers("totals");
    totals.sort();
    let (low, high) = (&totals[round - 1], &totals[totals.len() - round]);
    step.holds(*low == step.number("min") && *high == step.number("max"));
    Computed::Number(high - low)
}

fn low_score(step: &Step) -> Computed {
    let limit = step.number("full") * step.number("percent") / whole(100);
    step.holds(step.number("score") < limit);
    Computed::Number(limit)
}
