//! The library of ready rule sets, and the published schemas.
#![expect(clippy::expect_used, clippy::unwrap_used, reason = "tests may panic")]

use std::collections::BTreeSet;

use evaluation::case::{CreditMode, CreditValue, TechnicalScores};
use evaluation::draw::draw_rules;
use evaluation::rules::{AwardClass, CreditTerms, READY_COUNT, RuleSet, ready};
use evaluation::{Bid, Money};
use record::Digest;
use serde_json::{Value, json};

const SCHEMAS: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../docs/schema");

#[test]
fn the_library_is_whole_and_can_be_carried_out() {
    assert_eq!(ready().len(), READY_COUNT, "a document does not parse");
    let ids: BTreeSet<_> = ready().iter().map(|ready| ready.id).collect();
    assert_eq!(ids.len(), READY_COUNT, "an id stands twice");
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/src/rules/ready");
    assert_eq!(std::fs::read_dir(folder).unwrap().count(), READY_COUNT);
    for ready in ready() {
        let about = ready.rules.about.as_ref().expect("it says what it is");
        assert_eq!(about.id, ready.id);
        assert!(
            !about.sources.is_empty() && about.note.is_some(),
            "{}",
            ready.id
        );
        assert!(ready.rules.profile.is_some(), "{}", ready.id);
        assert_eq!(ready.rules.check(), Ok(()), "{}", ready.id);
    }
}

/// A whole opening with every set of the library: drawn from many seeds, over prices near the ceiling.
#[test]
fn every_rule_set_of_the_library_finds_who_comes_first() {
    for ready in ready() {
        let mut filled = serde_json::to_value(&ready.rules).unwrap();
        for name in ready.rules.open_amounts() {
            filled[name] = json!("10000000.00");
        }
        let rules = RuleSet::parse(filled.to_string().as_bytes()).unwrap();
        assert!(rules.open_amounts().is_empty());
        let fixed_price = 920_000_000;
        let fen = |place: i64| match rules.award_class {
            AwardClass::RandomAtFixedPrice => fixed_price,
            _ => 999_999_999 - place * 7_654_321,
        };
        let prices: Vec<Money> = (0..25).map(|place| Money::from_fen(fen(place))).collect();
        for seed in 0..20_u8 {
            let seed = Digest::sha256(&[seed]);
            let drawn = draw_rules(&seed, &rules, &prices).expect("it can be drawn");
            let case = rules
                .case(
                    "trial",
                    drawn.rule,
                    drawn.shortlist_index,
                    bids(&rules, &prices),
                )
                .expect("it makes a case");
            let outcome =
                evaluation::evaluate(&case).unwrap_or_else(|error| panic!("{}: {error}", ready.id));
            let first = outcome.bids.iter().any(|bid| bid.rank == Some(1));
            assert!(first, "{}: nobody comes first", ready.id);
        }
    }
}

/// Bids at these prices, all with the same scores but for the first, and credit only where it is a condition.
fn bids(rules: &RuleSet, prices: &[Money]) -> Vec<Bid> {
    let half = |full: evaluation::Decimal| {
        let half = full
            .fraction()
            .over(evaluation::fraction::Fraction::integer(2));
        half.and_then(|half| half.round_half_up(2)).unwrap()
    };
    let bid = |(place, price): (usize, &Money)| {
        let mut bid = Bid::of(format!("b{place}"), *price);
        let gated = |terms: &&CreditTerms| terms.rule.mode == CreditMode::Gate;
        if rules.credit.as_ref().filter(gated).is_some() {
            bid.credit = Some(CreditValue::Of("80".to_owned()));
        }
        bid.technical = rules.technical.as_ref().map(|rule| {
            let members = |full| {
                let mut marks = vec![half(full); 7];
                if place == 0 {
                    marks[3] = full;
                }
                marks
            };
            match rule.items.as_slice() {
                [] => TechnicalScores::Whole(members(rule.full)),
                items => TechnicalScores::ByItem(
                    items
                        .iter()
                        .map(|item| {
                            let marks = match item.objective {
                                true => vec![item.full; 7],
                                false => members(item.full),
                            };
                            (item.id.clone(), marks)
                        })
                        .collect(),
                ),
            }
        });
        bid
    };
    prices.iter().enumerate().map(bid).collect()
}

#[test]
fn the_points_of_the_library_sum_to_a_hundred() {
    for ready in ready() {
        let rules = serde_json::to_value(&ready.rules).unwrap();
        let number = |pointer: &str| {
            let text = rules.pointer(pointer).and_then(Value::as_str)?;
            text.parse::<evaluation::Decimal>().ok()
        };
        let credit = match rules.pointer("/credit/rule/mode").and_then(Value::as_str) {
            Some("grades") => number("/credit/rule/grades/AAA"),
            _ => number("/credit/rule/cap").or(number("/credit/rule/weight")),
        };
        let Some(price) = number("/price_score/full") else {
            continue;
        };
        let parts = [Some(price), number("/technical/full"), credit];
        let sum: i128 = parts
            .into_iter()
            .flatten()
            .map(|points| points.units_at(2).unwrap())
            .sum();
        assert_eq!(sum, 10_000, "{}", ready.id);
    }
}

#[test]
fn the_published_schemas_are_what_the_code_says() {
    let schemas = [
        ("kaibiao-rules-1", evaluation::schema::rules()),
        ("kaibiao-case-1", evaluation::schema::case()),
    ];
    for (name, schema) in schemas {
        let text = format!("{schema:#}\n");
        let path = format!("{SCHEMAS}/{name}.schema.json");
        if std::env::var_os("KAIBIAO_UPDATE_SNAPSHOTS").is_some() {
            std::fs::write(&path, &text).expect("the schema can be written");
        }
        let published = std::fs::read_to_string(&path).unwrap_or_default();
        assert!(
            published == text,
            "{path} is out of date: run with KAIBIAO_UPDATE_SNAPSHOTS=1"
        );
    }
}
