//! What holds for every case: order does not matter, scores stay within bounds, nothing panics or wraps.

#![expect(
    clippy::unwrap_used,
    clippy::arithmetic_side_effects,
    reason = "tests may panic"
)]

use std::collections::BTreeMap;

use evaluation::benchmark::{BenchmarkRule, DrawnValue, Method};
use evaluation::case::{Aggregate, CaseFormat, CreditMode, CreditRule, PriceScore, TechnicalRule};
use evaluation::fraction::Fraction;
use evaluation::result::Standing;
use evaluation::{Bid, Case, Decimal, Money, evaluate};
use proptest::prelude::*;

const CONTROL_FEN: i64 = 1_000_000_000;

fn decimal(units: i64, scale: u8) -> Decimal {
    Decimal::from_units(units, scale)
}

/// Prices close enough to each other that ties, bands and rejections all happen.
fn price() -> impl Strategy<Value = Money> {
    prop_oneof![
        8 => (600..=1_010_i64).prop_map(|thousandth| Money::from_fen(CONTROL_FEN / 1000 * thousandth)),
        2 => (1..=CONTROL_FEN).prop_map(Money::from_fen),
    ]
}

fn bids() -> impl Strategy<Value = Vec<Bid>> {
    let scores = prop::collection::vec(0..=60_i64, 3..8);
    let bid = (price(), scores, 0..=1500_i64).prop_map(|(price, scores, credit)| Bid {
        bidder: String::new(),
        price,
        technical: Some(
            scores
                .into_iter()
                .map(|halves| decimal(halves * 5, 1))
                .collect(),
        ),
        credit: Some(decimal(credit, 1)),
        rejected: None,
    });
    prop::collection::vec(bid, 1..30).prop_map(|mut bids| {
        bids.iter_mut()
            .enumerate()
            .for_each(|(index, bid)| bid.bidder = format!("b{index}"));
        bids
    })
}

fn rule() -> impl Strategy<Value = BenchmarkRule> {
    let k = || (90..=101_i64).prop_map(|units| decimal(units, 2));
    let drawn = |pairs: Vec<(&str, DrawnValue)>| -> BTreeMap<String, DrawnValue> {
        pairs
            .into_iter()
            .map(|(name, value)| (name.to_owned(), value))
            .collect()
    };
    let fixed = |name: &str, value: Decimal| BTreeMap::from([(name.to_owned(), value)]);
    let rule = |method: Method, drawn, fixed| BenchmarkRule {
        method: method.id().to_owned(),
        drawn,
        fixed,
    };
    prop_oneof![
        k().prop_map(move |k| rule(
            Method::Jiangsu1,
            drawn(vec![("K", DrawnValue::Decimal(k))]),
            BTreeMap::new()
        )),
        (k(), 0..=100_i64, k()).prop_map(move |(k1, q1, k2)| {
            let pairs = vec![
                ("K1", DrawnValue::Decimal(k1)),
                ("Q1", DrawnValue::Decimal(decimal(q1, 2))),
            ];
            rule(Method::Jiangsu2, drawn(pairs), fixed("K2", k2))
        }),
        Just(rule(Method::Jiangsu3, BTreeMap::new(), BTreeMap::new())),
        k().prop_map(move |k| rule(Method::Jiangsu4, BTreeMap::new(), fixed("K", k))),
        (k(), 6..=20_i64, 0..3_u64).prop_map(move |(k, delta, index)| {
            let delta = DrawnValue::Decimal(decimal(delta, 2));
            let pairs = vec![
                ("delta", delta),
                ("K", DrawnValue::Decimal(k)),
                ("band1", DrawnValue::Index(0)),
                ("band2", DrawnValue::Index(0)),
                ("B", DrawnValue::Index(index)),
            ];
            rule(Method::Jiangsu5, drawn(pairs), BTreeMap::new())
        }),
    ]
}

fn case() -> impl Strategy<Value = Case> {
    let score = (
        0..=20_i64,
        0..=40_i64,
        0..=30_i64,
        prop::option::of(0..=4_u8),
        0..=4_u8,
    );
    (rule(), bids(), score, any::<bool>()).prop_map(
        |(benchmark, bids, (up, down, floor, deviation, decimals), drop)| Case {
            format: CaseFormat::V1,
            profile: "below-threshold".to_owned(),
            currency: "CNY".to_owned(),
            control_price: Some(Money::from_fen(CONTROL_FEN)),
            estimated_price: None,
            benchmark,
            price_score: Some(PriceScore {
                full: decimal(60, 0),
                up: decimal(up, 1),
                down: decimal(down, 1),
                floor: decimal(floor, 0),
                benchmark_decimals: 2,
                deviation_decimals: deviation,
                score_decimals: decimals,
            }),
            technical: Some(TechnicalRule {
                full: decimal(30, 0),
                aggregate: if drop {
                    Aggregate::DropExtremes
                } else {
                    Aggregate::Mean
                },
                decimals,
            }),
            credit: Some(CreditRule {
                mode: CreditMode::Linear,
                full: decimal(110, 0),
                weight: decimal(10, 0),
                decimals,
            }),
            bids,
        },
    )
}

fn json(case: &Case) -> Option<serde_json::Value> {
    evaluate(case)
        .ok()
        .map(|outcome| serde_json::to_value(outcome).unwrap())
}

proptest! {
    #[test]
    fn the_order_of_bids_decides_nothing(case in case(), turn in 0..30_usize) {
        let mut turned = case.clone();
        let by = turn % case.bids.len();
        turned.bids.rotate_left(by);
        turned.bids.reverse();
        match (json(&case), json(&turned)) {
            (None, None) => {}
            (Some(first), Some(second)) => {
                for name in ["benchmark", "winner", "tied"] {
                    prop_assert_eq!(first.get(name), second.get(name));
                }
                let sorted = |value: &serde_json::Value| {
                    let mut bids = value["bids"].as_array().unwrap().clone();
                    bids.sort_by_key(|bid| bid["bidder"].as_str().unwrap().to_owned());
                    bids
                };
                prop_assert_eq!(sorted(&first), sorted(&second));
            }
            (first, second) => prop_assert!(false, "{first:?} {second:?}"),
        }
    }

    #[test]
    fn scores_stay_within_their_bounds_and_ranks_follow_totals(case in case()) {
        let Ok(outcome) = evaluate(&case) else { return Ok(()) };
        let rule = case.price_score.as_ref().unwrap();
        let mut scored = Vec::new();
        for bid in &outcome.bids {
            prop_assert_eq!(bid.rank.is_some(), bid.price <= Money::from_fen(CONTROL_FEN));
            let Standing::Scored(scores) = &bid.standing else { continue };
            let points = scores.price_score.fraction();
            prop_assert!(points <= rule.full.fraction() && points >= rule.floor.fraction());
            prop_assert!(scores.technical.as_ref().unwrap().1.fraction() <= Fraction::integer(30));
            prop_assert!(scores.credit.unwrap().1.fraction() <= Fraction::integer(10));
            scored.push((bid.rank.unwrap(), scores.total.fraction(), bid.price));
        }
        scored.sort();
        for pair in scored.windows(2) {
            let ((rank, total, price), (next_rank, next_total, next_price)) = (pair[0], pair[1]);
            prop_assert_eq!(rank == next_rank, total == next_total && price == next_price);
            prop_assert!(total > next_total || (total == next_total && price <= next_price));
        }
        prop_assert!(outcome.winner.is_none() || outcome.tied.is_empty());
        prop_assert!(outcome.tied.is_empty() || outcome.tied.len() > 1);
    }

    #[test]
    fn all_amounts_times_ten_give_a_benchmark_times_ten(mut case in case()) {
        let before = evaluate(&case).ok().and_then(|outcome| outcome.benchmark());
        // At four decimals one unit less of rounding stays visible on either side.
        case.bids.iter_mut().for_each(|bid| bid.price = Money::from_fen(bid.price.fen() * 10));
        case.control_price = Some(Money::from_fen(CONTROL_FEN * 10));
        case.price_score.as_mut().unwrap().benchmark_decimals = 1;
        let after = evaluate(&case).ok().and_then(|outcome| outcome.benchmark());
        prop_assert_eq!(before.map(Decimal::units), after.map(Decimal::units));
    }

    #[test]
    fn any_text_is_a_number_that_prints_as_itself_or_is_refused(text in "-?[0-9.e+ ]{0,24}") {
        if let Ok(decimal) = text.parse::<Decimal>() {
            prop_assert_eq!(decimal.to_string(), text.clone());
        }
        if let Ok(money) = text.parse::<Money>() {
            prop_assert_eq!(money.fraction(), text.parse::<Decimal>().unwrap().fraction());
        }
    }

    #[test]
    fn any_numbers_in_a_case_are_evaluated_or_refused(
        texts in prop::collection::vec("-?[0-9]{1,17}(\\.[0-9]{1,9})?", 12),
        decimals in prop::collection::vec(0..=8_u8, 3),
    ) {
        let text = |index: usize| &texts[index];
        let json = serde_json::json!({
            "format": "kaibiao-case/1", "profile": "below-threshold", "control_price": text(0),
            "benchmark": {"method": "jiangsu-2", "drawn": {"K1": text(1), "Q1": "0.7"}, "fixed": {"K2": text(2)}},
            "price_score": {"full": text(3), "up": text(4), "down": text(5), "floor": text(6),
                "benchmark_decimals": decimals[0], "deviation_decimals": decimals[1], "score_decimals": decimals[2]},
            "credit": {"mode": "linear", "full": text(7), "weight": text(8), "decimals": decimals[2]},
            "bids": [{"bidder": "a", "price": text(9), "credit": text(10)}, {"bidder": "b", "price": "1", "credit": text(11)}],
        });
        if let Ok(outcome) = Case::parse(json.to_string().as_bytes()).and_then(|case| evaluate(&case)) {
            prop_assert!(serde_json::to_string(&outcome).is_ok());
        }
    }

    #[test]
    fn any_bytes_are_refused_without_a_panic(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
        prop_assert!(Case::parse(&bytes).is_err());
    }

    #[test]
    fn fractions_compare_and_calculate_as_whole_numbers_do(a in -9_999..9_999_i128, b in 1..9_999_i128, c in -9_999..9_999_i128, d in 1..9_999_i128) {
        let (left, right) = (Fraction::new(a, b).unwrap(), Fraction::new(c, d).unwrap());
        prop_assert_eq!(left.cmp(&right), (a * d).cmp(&(c * b)));
        prop_assert_eq!(left.plus(right).unwrap().minus(right).unwrap(), left);
        prop_assert_eq!(left.plus(right).unwrap(), Fraction::new(a * d + c * b, b * d).unwrap());
        if c != 0 {
            prop_assert_eq!(left.times(right).unwrap().over(right).unwrap(), left);
        }
    }

    #[test]
    fn huge_fractions_compare_without_overflow(a in 1..i128::MAX, b in 1..i128::MAX, c in 1..1000_i128) {
        let value = Fraction::new(a, b).unwrap();
        prop_assert!(value == value);
        // Adding c to the numerator makes it larger, to the denominator smaller.
        if let (Some(more), Some(below)) = (a.checked_add(c), b.checked_add(c)) {
            prop_assert!(Fraction::new(more, b).unwrap() > value);
            prop_assert!(Fraction::new(a, below).unwrap() < value);
        }
    }
}

#[test]
fn a_half_goes_away_from_zero() {
    for (numerator, denominator, decimals, expected) in [
        (1, 8, 2, "0.13"),
        (-1, 8, 2, "-0.13"),
        (5, 2, 0, "3"),
        (-5, 2, 0, "-3"),
        (1, 3, 2, "0.33"),
        (-1, 1000, 2, "0.00"),
    ] {
        let fraction = Fraction::new(numerator, denominator).unwrap();
        assert_eq!(
            fraction.round_half_up(decimals).unwrap().to_string(),
            expected
        );
    }
}
