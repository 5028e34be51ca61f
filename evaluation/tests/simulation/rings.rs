//! What rings could do, and what suspects did.

use evaluation::fraction::Fraction;
use evaluation::simulate::ring::Groups;
use evaluation::simulate::{Effort, Note, Plan, Ratio, Report, Ring, Source, standard_seed};
use evaluation::{Bid, Decimal, Money};
use serde_json::json;

use super::dice::{Dice, bids, by_price, scored_methods};

fn plan(methods: Vec<serde_json::Value>, source: Source, ring: Ring) -> Plan {
    Plan {
        rules: by_price(methods),
        profile: "below-threshold".to_owned(),
        source,
        effort: Effort {
            enumerate: 10_000,
            draws: 1_000,
            seed: standard_seed(),
            sample: 0,
        },
        ring: Some(ring),
    }
}

fn model(text: &str, fields: usize) -> Source {
    Source::Model {
        model: text.parse().expect("a model"),
        fields,
    }
}

#[test]
fn two_bidders_own_the_second_lowest_price() {
    // Both below all others: their higher price is the benchmark, and one of them is at it.
    let method = json!({"method": "jiangsu-3"});
    let plan = plan(
        vec![method],
        model("n=12,low=0.85,high=0.98", 6),
        Ring::Size(2),
    );
    let power = Report::new(&plan)
        .expect("a report")
        .power
        .expect("a ring's power");
    assert_eq!((power.ring, power.bids, power.fields), (2, 12, 6));
    assert_eq!(power.fair_share, Ratio::of(1, 6));
    let [target] = power.targets.as_slice() else {
        panic!("one candidate")
    };
    let win = target.win.as_ref().expect("a strategy");
    assert_eq!(win.win, Ratio::one());
    let down = target
        .down
        .as_ref()
        .and_then(|found| found.shift_percent.as_deref());
    assert!(down.expect("a shift").starts_with('-'));
}

#[test]
fn a_trimmed_mean_resists_a_lone_bidder() {
    let method = scored_methods().remove(0);
    let plan = plan(
        vec![method],
        model("n=20,low=0.85,high=0.98", 6),
        Ring::Size(1),
    );
    let power = Report::new(&plan)
        .expect("a report")
        .power
        .expect("a ring's power");
    let up = power.targets[0]
        .up
        .as_ref()
        .and_then(|found| found.shift_percent.as_deref());
    let up = up.expect("a shift").trim_start_matches('+');
    let up: Decimal = up.parse().expect("a number");
    let shift = up.fraction();
    assert!(shift >= Fraction::ZERO && shift < Fraction::ONE, "{up}");
}

#[test]
fn given_bids_get_the_ring_on_top() {
    let prices = [
        "8800000.00",
        "9000000.00",
        "9100000.00",
        "9250000.00",
        "9400000.00",
    ];
    let plan = plan(
        vec![scored_methods().remove(5)],
        Source::Given(bids(&prices)),
        Ring::Size(3),
    );
    let power = Report::new(&plan)
        .expect("a report")
        .power
        .expect("a ring's power");
    assert_eq!((power.bids, power.fields), (8, 1));
    assert_eq!(power.fair_share, Ratio::of(3, 8));
    assert!(
        power.targets[0]
            .win
            .as_ref()
            .is_some_and(|found| found.win_half_width.is_none())
    );
}

/// Independent prices, and three that climb in steps of exactly 31 250 yuan.
fn with_stairs() -> Vec<Bid> {
    let mut dice = Dice::new("test:stairs");
    let mut bids: Vec<Bid> = (1..=12)
        .map(|place| {
            Bid::of(
                format!("honest {place}"),
                dice.money(850_000_000, 980_000_000),
            )
        })
        .collect();
    for step in 0..3 {
        let price = Money::from_fen(961_234_500 + step * 3_125_000);
        bids.push(Bid::of(format!("stair {}", step + 1), price));
    }
    bids
}

#[test]
fn even_stairs_are_unusual() {
    let names = ["stair 3", "stair 1", "stair 2"]
        .map(str::to_owned)
        .to_vec();
    let methods = vec![scored_methods().remove(0), scored_methods().remove(5)];
    let plan = plan(methods, Source::Given(with_stairs()), Ring::Members(names));
    let report = Report::new(&plan).expect("a report");
    assert_eq!(report.bids.iter().filter(|bid| bid.suspected).count(), 3);
    let suspicion = report.suspicion.expect("a comparison");
    assert_eq!(suspicion.suspects, ["stair 1", "stair 2", "stair 3"]);
    // The whole draw and two candidates.
    assert_eq!(suspicion.targets.len(), 3);
    assert!(
        suspicion.targets[0]
            .moved_percent
            .as_deref()
            .is_some_and(|moved| moved.starts_with('+'))
    );
    // C(15, 3) groups; no other is as even.
    assert_eq!(suspicion.unusual.groups, Groups::Enumerated(455));
    assert_eq!(suspicion.unusual.stepped, Some(Ratio::of(1, 455)));
    assert!(suspicion.unusual.moved.expect("a share") < Ratio::of(1, 4));
}

#[test]
fn suspects_have_to_be_among_the_bids() {
    let refused = |names: &[&str]| {
        let names = names.iter().map(|name| (*name).to_owned()).collect();
        let plan = plan(
            scored_methods(),
            Source::Given(with_stairs()),
            Ring::Members(names),
        );
        let error = Report::new(&plan).expect_err("refused");
        (error.code(), error.pointer)
    };
    assert_eq!(
        refused(&["stair 1", "nobody"]),
        ("bidder-unknown", "/ring/1".to_owned())
    );
    assert_eq!(refused(&["stair 1"]), ("draw-invalid", "/ring".to_owned()));
    let all: Vec<String> = with_stairs().into_iter().map(|bid| bid.bidder).collect();
    let all: Vec<&str> = all.iter().map(String::as_str).collect();
    assert_eq!(refused(&all), ("draw-invalid", "/ring".to_owned()));
}

#[test]
fn a_ring_is_smaller_than_the_field() {
    let plan = plan(
        scored_methods(),
        model("n=5,low=0.9,high=0.95", 2),
        Ring::Size(5),
    );
    assert_eq!(Report::new(&plan).expect_err("refused").pointer, "/ring");
}

#[test]
fn parts_that_no_bid_has_are_left_out() {
    let mut rules = (*by_price(scored_methods())).clone();
    rules.technical =
        serde_json::from_value(json!({"full": "30", "aggregate": "mean", "decimals": 2}))
            .expect("a rule");
    rules.credit =
        serde_json::from_value(json!({"rule": {"mode": "gate", "min": "60"}, "missing": "0"}))
            .expect("a rule");
    rules.tie_break = serde_json::from_value(json!(["technical", "credit"])).expect("keys");
    let mut plan = plan(
        scored_methods(),
        model("n=8,low=0.9,high=0.95", 2),
        Ring::Size(2),
    );
    plan.rules = std::sync::Arc::new(rules);
    plan.ring = None;
    let report = Report::new(&plan).expect("a report");
    assert_eq!(report.notes, [Note::TechnicalEqual, Note::CreditEqual]);
    assert_eq!(report.whole.nobody, Ratio::zero());
}

#[test]
fn the_same_plan_gives_the_same_report() {
    let methods = scored_methods().split_off(4);
    let plan = plan(methods, model("n=8,low=0.85,high=0.98", 2), Ring::Size(3));
    let run = || serde_json::to_string(&Report::new(&plan).expect("a report")).expect("JSON");
    assert_eq!(run(), run());
}
