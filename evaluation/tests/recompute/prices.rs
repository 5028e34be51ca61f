//! Formulas of benchmarks, cuts, means and shortlists.

use super::{Computed, Formula, Step, counted};
use crate::reference::number::{Number, mean, number, ratio, round, whole, whole_part};

/// Every formula of this file.
pub const FORMULAS: &[(&str, Formula)] = &[
    ("mean.all", |step| mean_of(step, "n", &[])),
    ("mean.without-high", |step| {
        mean_of(step, "kept", &["removed_high"])
    }),
    ("mean.without-low", |step| {
        mean_of(step, "kept", &["removed_low"])
    }),
    ("mean.without-both", |step| {
        mean_of(step, "kept", &["removed_high", "removed_low"])
    }),
    ("trim.share-high", share),
    ("trim.share-low", share),
    ("trim.tie-high", tie),
    ("trim.tie-low", tie),
    ("trim.one-each", |step| phase(step, 2)),
    ("trim.highest", |step| phase(step, 1)),
    ("trim.all-highest", |step| phase(step, step.count("tied"))),
    ("trim.counts", |step| {
        step.holds(step.count("n") >= step.count("from"));
        counted(step.count("high") + step.count("low"))
    }),
    ("trim.none", |step| {
        step.holds(step.count("n") < step.count("from"));
        counted(0)
    }),
    ("jiangsu-a.only-bid", only_bid),
    ("jiangsu-a.second-lowest", |step| {
        step.holds(step.count("n") < step.count("below"));
        second_lowest(step)
    }),
    ("jiangsu-1.benchmark", a_times_k),
    ("jiangsu-4.benchmark", a_times_k),
    ("jiangsu-2.benchmark", |step| {
        let [a, b, k1, q1, k2, q2] =
            ["A", "B", "K1", "Q1", "K2", "Q2"].map(|name| step.number(name));
        step.holds(&q1 + &q2 == whole(1));
        Computed::Number(a * k1 * q1 + b * k2 * q2)
    }),
    ("jiangsu-3.benchmark", second_lowest),
    ("jiangsu-3.only-bid", only_bid),
    ("jiangsu-5.a", |step| {
        Computed::Number(step.number("control_price") * less(step, "delta"))
    }),
    ("jiangsu-5.range-from", |step| {
        let share = step.number("range_mean");
        let blend =
            step.number("mean") * &share + step.number("control_price") * (whole(1) - share);
        Computed::Number(blend * less(step, "range_below"))
    }),
    ("jiangsu-5.c", |step| {
        let outside = step.numbers("outside");
        let from = step.number("range_from");
        step.holds(outside.iter().all(|price| *price < from));
        step.holds(step.count("n") == step.count("in_range") + outside.len());
        lowest_in_range(step)
    }),
    ("jiangsu-5.c-all", lowest_in_range),
    ("jiangsu-5.band1", band),
    ("jiangsu-5.band2", band),
    ("jiangsu-5.band1-empty", |_| Computed::Nothing),
    ("jiangsu-5.band2-empty", |_| Computed::Nothing),
    ("jiangsu-5.b", picked),
    ("jiangsu-5.fallback", picked),
    ("jiangsu-5.benchmark", |step| {
        let part = |of: &str, weight: &str| step.number(of) * step.number(weight);
        let sum = part("A", "weight_a") + part("B", "weight_b") + part("C", "weight_c");
        Computed::Number(sum * step.number("K"))
    }),
    ("mean-trim-one.benchmark", |step| {
        Computed::Number(step.number("mean"))
    }),
    ("mean-trim-one.benchmark-k", |step| {
        Computed::Number(step.number("mean") * step.number("K"))
    }),
    ("mean-float.benchmark", |step| {
        Computed::Number(step.number("mean") * less(step, "float"))
    }),
    ("second-mean.below", |step| {
        let first = step.number("avg1");
        step.holds(step.numbers("prices").iter().all(|price| *price < first));
        mean_of(step, "kept", &[])
    }),
    ("second-mean.none-below", |step| {
        Computed::Number(step.number("avg1"))
    }),
    ("second-mean.benchmark", |step| {
        Computed::Number(step.number("avg2"))
    }),
    ("third-mean.between", |step| {
        let (first, second) = (step.number("avg1"), step.number("avg2"));
        let prices = step.numbers("prices");
        step.holds(prices.iter().all(|price| second < *price && *price < first));
        step.holds(prices.len() == step.count("kept") && total(&prices) == step.number("sum"));
        let entries = [prices, vec![first, second]].concat();
        Computed::Number(mean(&entries))
    }),
    ("third-mean.none-between", |step| {
        Computed::Number(mean(&[step.number("avg1"), step.number("avg2")]))
    }),
    ("third-mean.benchmark", |step| {
        Computed::Number(step.number("avg3"))
    }),
    ("limit-mean-blend.range-low", |step| {
        Computed::Number(step.number("budget_price") * number(&step.given["inputs"]["range_low"]))
    }),
    ("limit-mean-blend.range-high", |step| {
        Computed::Number(step.number("budget_price") * number(&step.given["inputs"]["range_high"]))
    }),
    ("limit-mean-blend.b", |step| {
        let within = |price: &Number| {
            let edge = |name| step.beside(name).unwrap();
            edge("range_low") <= *price && *price <= edge("range_high")
        };
        let outside = step.numbers("outside");
        step.holds(step.numbers("prices").iter().all(within) && !outside.iter().any(within));
        step.holds(step.count("n") == step.count("kept") + outside.len());
        mean_of(step, "kept", &[])
    }),
    ("limit-mean-blend.b-all", |step| mean_of(step, "n", &[])),
    ("limit-mean-blend.b-none", |_| Computed::Nothing),
    ("limit-mean-blend.c", |step| {
        Computed::Number(number(&step.given["inputs"]["C"]))
    }),
    ("limit-mean-blend.c-none", |_| counted(0)),
    ("limit-mean-blend.benchmark", |step| {
        let [a, k, b, c] = ["A", "K", "B", "C"].map(|name| step.number(name));
        Computed::Number(a * k * (whole(1) - &c) + b * c)
    }),
    ("limit-mean-blend.benchmark-none", a_times_k),
    ("fixed-price.award-price", |step| {
        Computed::Number(step.number("control_price") * less(step, "float"))
    }),
    ("floor-rate.floor", |step| {
        Computed::Number(step.number("estimated_price") * step.number("rate_percent") / whole(100))
    }),
    ("shortlist.all", |step| counted(step.count("n"))),
    ("shortlist.cut-low", cut),
    ("shortlist.cut-high", cut),
    ("shortlist.tie-low", tie),
    ("shortlist.tie-high", tie),
    ("shortlist.dropped-low", dropped),
    ("shortlist.dropped-high", dropped),
    ("shortlist.take", |step| {
        let entered = step.numbers("entered");
        let take = step.count("take");
        step.holds(take < step.count("left") && take <= entered.len());
        let last = entered.last().unwrap();
        step.holds(entered[take - 1] == *last && is_whole(step, &entered));
        Computed::Number(last.clone())
    }),
    ("shortlist.take-all", |step| {
        step.holds(step.count("left") <= step.count("take"));
        counted(step.count("left"))
    }),
    ("shortlist.mean", |step| mean_of(step, "kept", &[])),
    ("shortlist.above", |step| above(step, false)),
    ("shortlist.above-all", |step| above(step, true)),
    ("shortlist.below", |step| below(step, false)),
    ("shortlist.below-all", |step| below(step, true)),
    ("shortlist.below-none", |_| Computed::Nothing),
];

fn total(prices: &[Number]) -> Number {
    prices.iter().sum()
}

fn less(step: &Step, share: &str) -> Number {
    whole(1) - step.number(share)
}

fn a_times_k(step: &Step) -> Computed {
    Computed::Number(step.number("A") * step.number("K"))
}

/// `prices` are those that are averaged, `count` says how many; nothing removed lies between them.
fn mean_of(step: &Step, count: &str, removed: &[&str]) -> Computed {
    let prices = step.numbers("prices");
    step.holds(prices.len() == step.count(count) && total(&prices) == step.number("sum"));
    if !removed.is_empty() {
        let lists = removed.iter().map(|name| step.numbers(name));
        let gone: usize = lists.map(|list| list.len()).sum();
        step.holds(step.count("n") == prices.len() + gone);
    }
    let most = |name: &str| removed.contains(&name).then(|| step.numbers(name));
    let (high, low) = (most("removed_high"), most("removed_low"));
    if let Some(high) = &high {
        step.holds(high.iter().all(|price| price >= prices.last().unwrap()));
    }
    if let Some(low) = &low {
        step.holds(low.iter().all(|price| *price <= prices[0]));
    }
    let own = step.given["id"].as_str().unwrap();
    if let (true, Some(set)) = (
        own.starts_with("benchmark/") && step.has("n"),
        step.before.given("benchmark/set"),
    ) {
        // Every price of the set is averaged or said to be left out.
        let mut all = [
            prices.clone(),
            high.clone().unwrap_or_default(),
            low.clone().unwrap_or_default(),
        ]
        .concat();
        if step.has("outside") {
            all.extend(step.numbers("outside"));
        }
        all.sort();
        let mut expected: Vec<Number> = set["inputs"]["prices"]
            .as_array()
            .unwrap()
            .iter()
            .map(number)
            .collect();
        expected.sort();
        step.holds(own == "benchmark/avg2" || all == expected);
    }
    if let (true, Some(expected)) = (own.starts_with("benchmark/"), announced(step)) {
        let count = |list: Option<Vec<Number>>| list.map_or(0, |list| list.len());
        step.holds(expected == count(high) + count(low));
    }
    Computed::Number(mean(&prices))
}

/// How many the steps before said would go.
fn announced(step: &Step) -> Option<usize> {
    let said = |name: &str| step.beside(name).map(|count| whole_part(&count));
    let ends = [("tie_high", "cut_high"), ("tie_low", "cut_low")];
    let ends: Vec<usize> = ends
        .iter()
        .filter_map(|(tie, cut)| said(tie).or_else(|| said(cut)))
        .collect();
    said("cut").or((!ends.is_empty()).then(|| ends.iter().sum()))
}

fn share(step: &Step) -> Computed {
    let n = step.count("n");
    step.holds(n >= step.count("from"));
    let part = step.number("percent") * whole(i64::try_from(n).unwrap()) / whole(100);
    Computed::Number(round(&part, 0))
}

/// A tie across a cut: those inside it stay too.
fn tie(step: &Step) -> Computed {
    let (cut, tied, inside) = (step.count("cut"), step.count("tied"), step.count("inside"));
    step.holds(0 < inside && inside < tied && inside <= cut);
    counted(cut - inside)
}

fn phase(step: &Step, count: usize) -> Computed {
    let n = step.count("n");
    step.holds(step.count("from") <= n && n < step.count("below"));
    counted(count)
}

fn only_bid(step: &Step) -> Computed {
    step.holds(step.count("n") == 1);
    Computed::Number(step.number("price"))
}

fn second_lowest(step: &Step) -> Computed {
    let second = step.number("second_lowest");
    step.holds(step.count("n") >= 2 && step.number("lowest") <= second);
    Computed::Number(second)
}

fn lowest_in_range(step: &Step) -> Computed {
    let lowest = step.number("lowest");
    step.holds(lowest >= step.number("range_from"));
    Computed::Number(lowest)
}

fn picked(step: &Step) -> Computed {
    Computed::Number(step.numbers("prices")[step.count("index")].clone())
}

fn band(step: &Step) -> Computed {
    let (from, to) = (step.number("from"), step.number("to"));
    let prices = step.numbers("prices");
    // What is shown may be cut; a price within half of its last digit of an edge is left to the reference.
    let edge = ratio(1, 1_000_000);
    step.holds(
        prices
            .iter()
            .all(|price| *price >= &from - &edge && *price < &to + &edge),
    );
    picked(step)
}

fn cut(step: &Step) -> Computed {
    let n = whole(i64::try_from(step.count("n")).unwrap());
    counted(whole_part(&(n * step.number("percent") / whole(100))))
}

fn dropped(step: &Step) -> Computed {
    let said = step.beside("tie").or_else(|| step.beside("cut")).unwrap();
    let dropped = step.numbers("dropped");
    let count = dropped.len();
    step.holds(count == whole_part(&said) && is_whole(step, &dropped));
    counted(count)
}

/// Whether a list has all prices of the set from its first to its last: equal prices are not separated.
fn is_whole(step: &Step, list: &[Number]) -> bool {
    let set = &step.before.given("shortlist/set").unwrap()["inputs"]["prices"];
    let (first, last) = (&list[0], list.last().unwrap());
    let within = set
        .as_array()
        .unwrap()
        .iter()
        .map(number)
        .filter(|price| first <= price && price <= last);
    within.count() == list.len()
}

fn entered(step: &Step, all: bool) -> Vec<Number> {
    let entered = step.numbers("entered");
    let (take, available) = (step.count("take"), step.count("available"));
    step.holds(if all {
        entered.len() == available && available <= take
    } else {
        take <= entered.len() && entered.len() <= available && take < available
    });
    step.holds(is_whole(step, &entered));
    entered
}

fn above(step: &Step, all: bool) -> Computed {
    let entered = entered(step, all);
    step.holds(entered[0] >= step.number("mean"));
    let last = entered.last().unwrap().clone();
    step.holds(all || entered[step.count("take") - 1] == last);
    Computed::Number(last)
}

fn below(step: &Step, all: bool) -> Computed {
    let entered = entered(step, all);
    step.holds(*entered.last().unwrap() < step.number("mean"));
    let first = entered[0].clone();
    step.holds(all || entered[entered.len() - step.count("take")] == first);
    Computed::Number(first)
}
