//! What all methods have in common, and that nothing overflows inside the limits of a case.

#![expect(
    clippy::unwrap_used,
    clippy::panic,
    clippy::arithmetic_side_effects,
    reason = "tests may panic"
)]

use std::collections::{BTreeMap, BTreeSet};

use crate::case::{AMOUNT_MAX_FEN, BIDS_MAX};
use crate::decimal::Money;
use crate::explain::Trace;

use super::{
    Basis, BenchmarkRule, Domain, DrawnValue, FixedValue, Kind, Method, Parameter, Presence,
    PriceSet, Values, formula_specs,
};

/// The text of a parameter's value, or none to leave it away.
type Choose<'a> = dyn Fn(&Parameter) -> Option<String> + 'a;

#[test]
fn every_name_is_there_once() {
    let mut methods = BTreeSet::new();
    for method in Method::all() {
        assert!(methods.insert(method.id()), "{method:?}");
        // Labels of streams that are not parameters.
        let mut names = BTreeSet::from(["method", "shortlist"]);
        let (drawn, fixed) = (method.drawn_parameters(), method.fixed_parameters());
        for parameter in drawn.iter().chain(fixed) {
            assert!(names.insert(parameter.name), "{method:?} {parameter:?}");
        }
    }
    let mut formulas = BTreeSet::new();
    for spec in formula_specs() {
        assert!(formulas.insert(spec.id), "{spec:?}");
        assert!(spec.inputs.is_sorted(), "{spec:?}");
    }
}

#[test]
fn every_default_is_possible() {
    for method in Method::all() {
        let rule = rule(method, &|parameter| match parameter.presence {
            Presence::Required => Some(awkward(parameter)),
            Presence::Optional | Presence::Default(_) => None,
        });
        let values = Values::new(method, &rule).unwrap_or_else(|error| panic!("{error}"));
        for parameter in method.fixed_parameters() {
            if let Presence::Default(text) = parameter.presence {
                let with_default = BenchmarkRule {
                    fixed: BTreeMap::from([(parameter.name.to_owned(), FixedValue::read(text))])
                        .into_iter()
                        .chain(rule.fixed.clone())
                        .collect(),
                    ..rule.clone()
                };
                let same = Values::new(method, &with_default).unwrap();
                assert_eq!(format!("{values:?}"), format!("{same:?}"), "{parameter:?}");
            }
        }
    }
}

#[test]
fn nothing_overflows_inside_the_limits() {
    let sets = [
        fens([AMOUNT_MAX_FEN]),
        fens([1]),
        fens([1, AMOUNT_MAX_FEN - 1, AMOUNT_MAX_FEN]),
        fens((0..BIDS_MAX).map(|place| AMOUNT_MAX_FEN - 7 * i64::try_from(place).unwrap())),
        fens((0..9_973).map(|place| AMOUNT_MAX_FEN / (place % 97 + 1) - place)),
        fens((0..29).map(|place| AMOUNT_MAX_FEN / 100 * 88 + place * 77_777_777_777)),
    ];
    let choices: [&Choose<'_>; 3] = [
        &|parameter| (parameter.presence == Presence::Required).then(|| awkward(parameter)),
        &|parameter| Some(awkward(parameter)),
        &|parameter| match parameter.name {
            "mean_decimals" => None,
            _ => Some(extreme(parameter)),
        },
    ];
    for method in Method::all() {
        for choice in choices {
            let values = Values::new(method, &rule(method, choice)).unwrap();
            for prices in &sets {
                let limit = Some(Money::from_fen(AMOUNT_MAX_FEN));
                let set = PriceSet::new(prices.iter().copied())
                    .with_control_price(limit)
                    .with_budget_price(limit)
                    .with_estimated_price(limit);
                settles(method, &set, &values);
            }
        }
    }
}

fn settles(method: Method, set: &PriceSet, values: &Values) {
    let mut dropped = Trace::dropped();
    let basis = method.formula().settle(set, values, &mut dropped);
    let explained = method.formula().settle(set, values, &mut Trace::kept());
    match (basis, explained) {
        (
            Ok(Basis::Benchmark { exact, .. }),
            Ok(Basis::Benchmark {
                exact: explained, ..
            }),
        ) => {
            assert_eq!(exact, explained);
            for decimals in 0..=6 {
                exact.round_half_up(decimals).unwrap();
            }
        }
        (Ok(_), Ok(_)) => {}
        (Err(error), Err(_)) if matches!(error.code(), "range-empty" | "pool-empty") => {}
        other => panic!("{method:?} {values:?} {other:?}"),
    }
}

fn fens(fens: impl IntoIterator<Item = i64>) -> Vec<Money> {
    fens.into_iter().map(Money::from_fen).collect()
}

/// The values that `choose` gives; indexes are 0.
fn rule(method: Method, choose: &Choose<'_>) -> BenchmarkRule {
    let mut drawn = BTreeMap::new();
    for parameter in method.drawn_parameters() {
        match (parameter.kind, choose(parameter)) {
            (Kind::Index, _) => {
                drawn.insert(parameter.name.to_owned(), DrawnValue::Index(0));
            }
            (_, Some(text)) => {
                let value = DrawnValue::Decimal(text.parse().unwrap());
                drawn.insert(parameter.name.to_owned(), value);
            }
            (_, None) => {}
        }
    }
    let fixed = method.fixed_parameters().iter().filter_map(|parameter| {
        let value = FixedValue::read(&choose(parameter)?);
        Some((parameter.name.to_owned(), value))
    });
    BenchmarkRule {
        method: method.id().to_owned(),
        drawn,
        fixed: fixed.collect(),
        trim_from: None,
    }
}

/// A possible value with six decimals that cancels badly.
fn awkward(parameter: &Parameter) -> String {
    let text = match (parameter.name, parameter.kind) {
        ("weight_a", _) => "0.499979",
        ("weight_b", _) => "0.300007",
        ("weight_c", _) => "0.200014",
        ("band_low", _) => "0.889997",
        ("band_middle", _) => "0.920011",
        ("band_high", _) => "0.950009",
        ("range_low", _) => "0.849991",
        ("range_high", _) => "0.900007",
        ("trim_from", _) => "5",
        ("trim_high_percent", _) => "17.777777",
        ("trim_low_percent", _) => "23.333333",
        (_, Kind::Decimal(Domain::Factor)) => "0.973333",
        (_, Kind::Decimal(Domain::ZeroToHundred)) => "87.744997",
        (_, Kind::Decimal(_)) => "0.142857",
        (_, Kind::Index) => "0",
        (_, Kind::Count { min, .. }) => return (min + 1).to_string(),
        (_, Kind::Choice(words)) => words.last().unwrap(),
    };
    text.to_owned()
}

/// A possible value at the end of its domain; where several have to fit together, an awkward one.
fn extreme(parameter: &Parameter) -> String {
    let text = match (parameter.name, parameter.kind) {
        ("K" | "K1" | "K2", _) => "9.999999",
        (_, Kind::Decimal(Domain::ZeroToBelowOne)) => "0.000001",
        ("Q1" | "C" | "range_mean", _) => "0.999999",
        _ => return awkward(parameter),
    };
    text.to_owned()
}
