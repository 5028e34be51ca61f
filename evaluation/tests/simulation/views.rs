//! The distribution of the benchmark and the chances to win, against what can be counted by hand.

use evaluation::simulate::{
    Covered, Effort, Mark, Openings, Ratio, Scenario, Views, standard_seed,
};
use evaluation::{Case, evaluate};
use serde_json::json;

use super::dice::{bids, by_price, rules, scored_methods};

const FIELD: [&str; 9] = [
    "8210000.00",
    "8555000.00",
    "8630000.00",
    "8790000.00",
    "8912000.00",
    "9040000.00",
    "9177000.00",
    "9350000.00",
    "9610000.00",
];

fn effort(enumerate: u64, draws: u64) -> Effort {
    Effort {
        enumerate,
        draws,
        seed: standard_seed(),
        sample: 0,
    }
}

fn views(methods: Vec<serde_json::Value>, prices: &[&str], effort: &Effort) -> Views {
    let scenario = Scenario::new(&by_price(methods), "below-threshold", bids(prices));
    Views::new(&scenario.expect("a scenario"), effort).expect("views")
}

/// Every K of the grid, evaluated one by one.
#[test]
fn chances_are_the_shares_of_the_grid() {
    let method = scored_methods().remove(0);
    let found = views(vec![method], &FIELD, &effort(1_000, 1)).whole;
    assert_eq!(
        found.coverage,
        Covered {
            enumerated: 7,
            sampled: 0
        }
    );
    let (mut wins, mut benchmarks) = (vec![0_u64; FIELD.len()], Vec::new());
    for thousandths in (950..=980).step_by(5) {
        let case = json!({"format": "kaibiao-case/1", "profile": "below-threshold", "control_price": "10000000.00",
            "benchmark": {"method": "jiangsu-1", "drawn": {"K": format!("0.{thousandths}")}},
            "price_score": {"full": "100", "up": "0.9", "down": "0.6", "floor": "0", "benchmark_decimals": 2,
                "deviation_decimals": null, "score_decimals": 2},
            "bids": bids(&FIELD)});
        let outcome = evaluate(&Case::parse(case.to_string().as_bytes()).expect("a case"))
            .expect("an outcome");
        let winner = outcome.winner.clone().expect("a winner");
        wins[bids(&FIELD)
            .iter()
            .position(|bid| bid.bidder == winner)
            .expect("a bid")] += 1;
        benchmarks.push(outcome.benchmark().expect("a benchmark").units());
    }
    let expected: Vec<Ratio> = wins.iter().map(|count| Ratio::of(*count, 7)).collect();
    assert_eq!(found.win, expected);
    assert_eq!(found.first, expected);
    let spread: Vec<i128> = found
        .benchmark
        .benchmarks()
        .map(|(units, _)| i128::from(units))
        .collect();
    assert_eq!(spread, benchmarks);
    let sum: i128 = benchmarks.iter().sum();
    let mean = Ratio::of(u64::try_from(sum).expect("positive"), 7);
    assert_eq!(found.benchmark.mean(), Some(mean));
    assert_eq!(
        found.benchmark.quantile(50).map(|median| median.units()),
        Some(benchmarks[3])
    );
    assert_eq!(
        found.benchmark.min().map(|min| min.units()),
        Some(benchmarks[0])
    );
}

#[test]
fn a_shared_first_rank_is_shared_equally() {
    let prices = ["9000000.00", "9000000.00", "9900000.00"];
    // The second-lowest price is the benchmark: the two equal bids are both at it.
    let found = views(
        vec![json!({"method": "jiangsu-3"})],
        &prices,
        &effort(10, 1),
    )
    .whole;
    assert_eq!(found.win, [Ratio::of(1, 2), Ratio::of(1, 2), Ratio::zero()]);
    assert_eq!(found.first, [Ratio::one(), Ratio::one(), Ratio::zero()]);
}

#[test]
fn all_chances_add_up_to_one_exactly() {
    for method in scored_methods() {
        let name = method["method"].clone();
        let found = views(vec![method], &FIELD, &effort(1_000_000, 1)).whole;
        assert!(found.is_exact(), "{name}");
        let sum = Ratio::sum(&found.win).plus(&found.nobody);
        assert_eq!(sum, Ratio::one(), "{name}");
        let marks = found.benchmark.present().plus(&found.benchmark.failed());
        assert_eq!(marks, Ratio::one(), "{name}");
        let bars = found.benchmark.histogram();
        let bars: Vec<Ratio> = bars.into_iter().map(|bar| bar.probability).collect();
        assert_eq!(Ratio::sum(&bars), found.benchmark.present(), "{name}");
    }
}

#[test]
fn every_method_is_equally_likely() {
    let methods = scored_methods();
    let count = u64::try_from(methods.len()).expect("small");
    let found = views(methods, &FIELD, &effort(1_000_000, 1));
    for bid in 0..FIELD.len() {
        let sum: Vec<Ratio> = found
            .methods
            .iter()
            .map(|view| view.win[bid].clone())
            .collect();
        assert_eq!(found.whole.win[bid], Ratio::sum(&sum).over(count));
    }
}

/// The indexes of method five are drawn from lists whose lengths depend on what was drawn before.
#[test]
fn conditional_lists_are_weighted_as_they_are_drawn() {
    let method = scored_methods().remove(4);
    let exact = views(vec![method.clone()], &FIELD, &effort(1_000_000, 1)).whole;
    let rules = by_price(vec![method]);
    let scenario = Scenario::new(&rules, "below-threshold", bids(&FIELD)).expect("a scenario");
    let mut openings = Openings::new(&scenario, &standard_seed());
    let draws = 40_000_u64;
    let mut wins = vec![0_u64; FIELD.len()];
    for _ in 0..draws {
        let opening = openings.next_opening().expect("an opening");
        assert!(matches!(opening.mark, Mark::At(_)));
        let [only] = opening.first else { continue };
        wins[*only] += 1;
    }
    for (count, chance) in wins.iter().zip(&exact.win) {
        let seen = Ratio::of(*count, draws);
        let allowed = seen.half_width(draws).times(&Ratio::of(2, 1));
        assert!(
            seen.distance(chance) <= allowed,
            "{} {}",
            seen.decimal(4),
            chance.decimal(4)
        );
    }
}

#[test]
fn a_sample_says_so_and_is_near() {
    let methods = scored_methods();
    let exact = views(methods.clone(), &FIELD, &effort(1_000_000, 1));
    let sampled = views(methods, &FIELD, &effort(0, 20_000));
    assert!(!sampled.whole.is_exact());
    for (exact, sampled) in exact.methods.iter().zip(&sampled.methods) {
        for (chance, seen) in exact.win.iter().zip(&sampled.win) {
            let allowed = seen.half_width(20_000).times(&Ratio::of(2, 1));
            assert!(
                seen.distance(chance) <= allowed,
                "{} {}",
                seen.decimal(4),
                chance.decimal(4)
            );
        }
    }
}

#[test]
fn a_draw_that_makes_no_benchmark_is_counted() {
    // Two equal bids: method five has nothing to draw B from.
    let method = scored_methods().remove(4);
    let found = views(
        vec![method],
        &["9000000.00", "9000000.00"],
        &effort(10_000, 1),
    )
    .whole;
    assert_eq!(found.nobody, Ratio::one());
    assert_eq!(found.benchmark.failed(), Ratio::one());
    assert_eq!(found.benchmark.mean(), None);
}

#[test]
fn everybody_at_the_fixed_price_has_the_same_chance() {
    let rules = rules(
        json!({"format": "kaibiao-rules/1", "award_class": "random-at-fixed-price",
        "control_price": "10000000.00", "legal_basis": "a test", "ties": "draw",
        "methods": [{"method": "fixed-price", "fixed": {"float": "0.08"}}]}),
    );
    let prices = ["9200000.00", "9200000.00", "9200000.00", "9300000.00"];
    let scenario = Scenario::new(&rules, "below-threshold", bids(&prices)).expect("a scenario");
    let found = Views::new(&scenario, &effort(10, 1)).expect("views").whole;
    let third = Ratio::of(1, 3);
    assert_eq!(
        found.win,
        [third.clone(), third.clone(), third, Ratio::zero()]
    );
}

#[test]
fn numbers_are_written_as_they_are_rounded() {
    assert_eq!(Ratio::of(1, 3).decimal(6), "0.333333");
    assert_eq!(Ratio::of(2, 3).decimal(6), "0.666667");
    assert_eq!(Ratio::of(1, 2).decimal(0), "1");
    assert_eq!(Ratio::of(1, 8).percent(1), "12.5");
    assert_eq!(Ratio::of(6, 70).fraction().as_deref(), Some("3/35"));
    assert_eq!(Ratio::zero().decimal(2), "0.00");
    assert_eq!(Ratio::of(2, 1).root().decimal(6), "1.414214");
    // 1.96 √(0.5 × 0.5 / 100) = 0.098 with n + 4 = 100.
    assert_eq!(Ratio::of(1, 2).half_width(96).decimal(3), "0.098");
    assert!(!Ratio::zero().half_width(1_000).is_zero());
}
