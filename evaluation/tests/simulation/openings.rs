//! The fast path gives what the evaluation gives, for every opening.

use std::sync::Arc;

use evaluation::case::TechnicalScores;
use evaluation::rules::RuleSet;
use evaluation::simulate::{Mark, Openings, Scenario, standard_seed};
use evaluation::{Bid, Decimal, evaluate};
use serde_json::{Value, json};

use super::dice::{Dice, by_price, money, other_methods, rules, scored_methods};

/// Compares so many openings with their evaluation.
fn compare(rules: &Arc<RuleSet>, bids: Vec<Bid>, openings: usize) {
    let scenario = Scenario::new(rules, "below-threshold", bids).expect("a scenario");
    let mut drawn = Openings::new(&scenario, &standard_seed());
    for _ in 0..openings {
        let opening = drawn.next_opening().expect("an opening");
        let case = opening.case(&scenario).expect("a case");
        let outcome = match evaluate(&case) {
            Ok(outcome) => outcome,
            Err(error) => {
                let code = error.code();
                let dead_end =
                    ["range-empty", "pool-empty", "benchmark-not-positive"].contains(&code);
                assert!(dead_end, "{error}");
                assert_eq!(opening.mark, Mark::Failed, "{error}");
                continue;
            }
        };
        assert_ne!(opening.mark, Mark::Failed);
        let mut first: Vec<&str> = opening
            .first
            .iter()
            .map(|bid| scenario.bids()[*bid].bidder.as_str())
            .collect();
        first.sort_unstable();
        let expected: Vec<&str> = outcome
            .winner
            .iter()
            .chain(&outcome.tied)
            .map(String::as_str)
            .collect();
        assert_eq!(
            first,
            expected,
            "{}",
            serde_json::to_string(&case).expect("JSON")
        );
        let shown = serde_json::to_value(&outcome).expect("JSON");
        if let Some(benchmark) = outcome.benchmark() {
            assert_eq!(
                opening.benchmark.map(Decimal::fraction),
                Some(benchmark.fraction()),
                "{shown}"
            );
        }
    }
}

fn random_bids(dice: &mut Dice, count: u64, with_points: bool) -> Vec<Bid> {
    // Few different prices and scores: ties are what goes wrong.
    let coarse = dice.chance(50);
    let bid = |place: u64, dice: &mut Dice| {
        let fen = dice.money(820_000_000, 1_010_000_000).fen();
        let fen = if coarse { fen - fen % 2_000_000 } else { fen };
        let mut bid = Bid::of(format!("bidder {place}"), evaluation::Money::from_fen(fen));
        if with_points {
            let score = |dice: &mut Dice| {
                let half_points = if coarse {
                    48 + dice.below(3)
                } else {
                    30 + dice.below(31)
                };
                Decimal::from_units(i64::try_from(half_points * 5).expect("small"), 1)
            };
            bid.technical = Some(TechnicalScores::Whole(
                (0..5).map(|_| score(dice)).collect(),
            ));
            bid.credit = Some(
                Decimal::from_units(i64::try_from(80 + dice.below(30)).expect("small"), 0).into(),
            );
        }
        if dice.chance(5) {
            bid.rejected = Some("unsigned".to_owned());
        }
        bid
    };
    (1..=count).map(|place| bid(place, dice)).collect()
}

fn random_rules(dice: &mut Dice, with_points: bool) -> Value {
    let all = scored_methods();
    let mut methods = Vec::new();
    for _ in 0..=dice.below(3) {
        methods.push(all[usize::try_from(dice.below(all.len() as u64)).expect("small")].clone());
    }
    let mut rules = json!({
        "format": "kaibiao-rules/1", "award_class": "comprehensive", "control_price": "10000000.00",
        "budget_price": "10500000.00", "methods": methods, "ties": "draw",
        "price_score": {"full": "60", "up": "0.9", "down": "0.6", "floor": "0", "benchmark_decimals": 2,
            "deviation_decimals": null, "score_decimals": 2},
    });
    let score = &mut rules["price_score"];
    match dice.below(4) {
        0 => score["deviation_decimals"] = json!(2),
        1 => {
            score["segments"] = json!({"up": [{"beyond": "3", "rate": "2"}],
            "down": [{"beyond": "4", "rate": "3"}, {"beyond": "9", "mark": "20"}]})
        }
        2 => score["benchmark_decimals"] = json!(dice.below(4)),
        _ => score["score_decimals"] = json!(1 + dice.below(3)),
    }
    if dice.chance(30) {
        rules["provisional_sums"] = json!("350000.00");
    }
    if dice.chance(30) {
        rules["recompute_policy"] = json!("after-preliminary-review");
    }
    if dice.chance(30) {
        rules["shortlist"] = json!([{"method": "all"}, {"method": "low-price", "drop_percent": "10", "take": 6},
            {"method": "mean", "drop_percent": "10", "above": 3, "below": 5}]);
    }
    if with_points {
        rules["technical"] = json!({"full": "30", "aggregate": "drop-extremes", "decimals": 2});
        rules["credit"] = json!({"rule": {"mode": "linear", "full": "100", "weight": "10", "decimals": 2}, "missing": "0"});
        let orders = [
            json!(["price"]),
            json!(["credit", "technical", "price"]),
            json!(["price_score"]),
            json!([]),
        ];
        rules["tie_break"] = orders[usize::try_from(dice.below(4)).expect("small")].clone();
    }
    rules
}

#[test]
fn every_opening_is_what_the_evaluation_says() {
    let mut dice = Dice::new("test:openings");
    for _ in 0..150 {
        let with_points = dice.chance(60);
        let rules = rules(random_rules(&mut dice, with_points));
        let count = 1 + dice.below(18);
        let bids = random_bids(&mut dice, count, with_points);
        compare(&rules, bids, 25);
    }
}

#[test]
fn methods_without_a_draw_give_what_the_evaluation_says() {
    let mut dice = Dice::new("test:settled");
    for (method, class, scored) in other_methods() {
        for _ in 0..12 {
            let mut value = json!({
                "format": "kaibiao-rules/1", "award_class": class, "control_price": "10000000.00",
                "estimated_price": "10000000.00", "methods": [method], "ties": "draw", "legal_basis": "a test",
            });
            if scored {
                value["price_score"] = json!({"full": "100", "score_decimals": 2});
            }
            let rules = rules(value);
            let mut bids = random_bids(&mut dice, 7, false);
            bids.push(Bid::of("at the fixed price", money("9200000.00")));
            bids.push(Bid::of("at the fixed price too", money("9200000.00")));
            compare(&rules, bids, 2);
        }
    }
}

#[test]
fn nobody_is_left_when_all_are_above_the_control_price() {
    let rules = by_price(scored_methods());
    let bids = vec![
        Bid::of("a", money("10000000.01")),
        Bid::of("b", money("12000000.00")),
    ];
    compare(&rules, bids, 20);
}

#[test]
fn the_same_seed_gives_the_same_openings() {
    let rules = by_price(scored_methods());
    let mut dice = Dice::new("test:seed");
    let bids = random_bids(&mut dice, 12, false);
    let scenario = Scenario::new(&rules, "below-threshold", bids).expect("a scenario");
    let run = || {
        let mut drawn = Openings::new(&scenario, &standard_seed());
        (0..200)
            .map(|_| {
                let opening = drawn.next_opening().expect("an opening");
                (opening.method, opening.mark, opening.first.to_vec())
            })
            .collect::<Vec<_>>()
    };
    assert_eq!(run(), run());
}
