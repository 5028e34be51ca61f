//! Formulas of net prices, sets, ranks and the winner; and whether the result says what the steps say.

use std::cmp::Ordering;

use serde_json::{Value, json};

use super::{Computed, Formula, Step, Steps, counted};
use crate::reference::number::{Number, parse, whole, zero};

/// Every formula of this file.
pub const FORMULAS: &[(&str, Formula)] = &[
    ("price.net-control", |step| {
        Computed::Number(step.number("control_price") - step.number("provisional_sums"))
    }),
    ("benchmark.set-at-opening", |step| {
        let bidders = step.texts("bidders");
        let rejected = if step.has("rejected") {
            step.texts("rejected")
        } else {
            Vec::new()
        };
        step.holds(rejected.iter().all(|bidder| bidders.contains(bidder)));
        set(step)
    }),
    ("benchmark.set-after-review", set),
    ("shortlist.set", set),
    ("lowest-ratio.benchmark", |step| {
        Computed::Number(step.number("lowest_evaluated"))
    }),
    ("price.corrected", |step| {
        Computed::Number(step.number("price"))
    }),
    ("price.net", |step| {
        Computed::Number(parse(step.text("price")) - step.number("provisional_sums"))
    }),
    ("price.less-deduction", |step| {
        Computed::Number(step.number("price") * (whole(1) - step.number("deduction")))
    }),
    ("price.no-deduction", |step| {
        Computed::Number(step.number("price"))
    }),
    ("price.with-adjustments", |step| {
        let adjustments: Number = step.numbers("adjustments").iter().sum();
        Computed::Number(step.number("price") + adjustments)
    }),
    ("price.no-adjustments", |step| {
        Computed::Number(step.number("price"))
    }),
    ("rank.total", |_| Computed::Later),
    ("rank.total-then-price", |_| Computed::Later),
    ("rank.total-then-keys", |_| Computed::Later),
    ("rank.lowest-evaluated", |_| Computed::Later),
    ("rank.lowest-from-floor", |step| {
        step.holds(step.number("price") >= step.number("floor"));
        Computed::Later
    }),
    ("rank.fixed-price", |step| {
        step.holds(step.number("price") == step.number("award_price"));
        Computed::Later
    }),
    ("shortlist.left-out", |_| Computed::Nothing),
    ("reject.above-control-price", |step| {
        step.holds(step.number("price") > step.number("control_price"));
        Computed::Nothing
    }),
    ("reject.not-above-provisional-sums", |step| {
        step.holds(step.number("price") <= step.number("provisional_sums"));
        Computed::Nothing
    }),
    ("reject.credit-below-gate", |step| {
        step.holds(step.number("value") < step.number("min"));
        Computed::Nothing
    }),
    ("reject.below-floor-price", |step| {
        step.holds(step.number("price") < step.number("floor"));
        Computed::Nothing
    }),
    ("reject.not-the-fixed-price", |step| {
        step.holds(step.number("price") != step.number("award_price"));
        Computed::Nothing
    }),
    ("reject.given", |_| Computed::Nothing),
    ("winner.first-rank", |step| {
        let first = step.texts("first");
        step.holds(first.len() == 1);
        Computed::Name(first[0].clone())
    }),
    ("winner.tied", |step| {
        step.holds(step.texts("first").len() > 1);
        Computed::Nothing
    }),
    ("winner.nobody", |_| Computed::Nothing),
];

fn set(step: &Step) -> Computed {
    let count = step.texts("bidders").len();
    step.holds(count == step.numbers("prices").len());
    counted(count)
}

/// What a ranked bid is compared by, read off its rank step: the less, the better.
struct Place<'a> {
    bidder: &'a str,
    given: &'a Value,
    main: Number,
    ties: Vec<(String, Number)>,
}

/// Whether the result says what the steps say: every number, rank, reason and the winner.
pub fn follows(result: &Value, steps: &Steps) {
    for name in ["benchmark", "award_price"] {
        let shown = result.get(name).map(|value| value.as_str().unwrap());
        assert_eq!(shown, steps.shown(name), "{name}");
    }
    let explained = |id: &str| steps.given(id).unwrap_or_else(|| panic!("no step {id}"));
    let mut places = Vec::new();
    for bid in result["bids"].as_array().unwrap() {
        let bidder = bid["bidder"].as_str().unwrap();
        let id = |name: &str| format!("bid/{bidder}/{name}");
        for name in ["deviation_percent", "price_score", "technical", "total"] {
            let shown = bid.get(name).map(|value| value.as_str().unwrap());
            assert_eq!(shown, steps.shown(&id(name)), "{bid}");
        }
        if let Some(credit) = bid.get("credit") {
            assert_eq!(credit.as_str(), steps.shown(&id("credit")), "{bid}");
        }
        if let Some(price) = bid.get("evaluated_price") {
            let step = steps
                .number(&id("evaluated_price"))
                .or_else(|| steps.number(&id("net_price")));
            assert_eq!(
                price,
                &crate::reference::number::write(&step.unwrap(), 2),
                "{bid}"
            );
        }
        let flags = bid
            .get("flags")
            .and_then(Value::as_array)
            .map_or(0, Vec::len);
        for (number, flag) in bid["flags"].as_array().into_iter().flatten().enumerate() {
            let step = explained(&id(&format!("flag/{}", number + 1)));
            let kind = flag["kind"].as_str().unwrap();
            assert_eq!(step["formula"], format!("technical.{kind}"), "{bid}");
            assert_eq!(
                step["inputs"]["member"],
                flag["member"].to_string(),
                "{bid}"
            );
            assert_eq!(step["inputs"].get("item"), flag.get("item"), "{bid}");
        }
        assert!(
            steps.given(&id(&format!("flag/{}", flags + 1))).is_none(),
            "{bid}"
        );
        let rank = explained(&id("rank"));
        let shown = rank["value"]
            .as_str()
            .map(|text| text.parse::<u64>().unwrap());
        assert_eq!(bid["rank"], json!(shown), "{bid}");
        let formula = rank["formula"].as_str().unwrap();
        match bid.get("status").and_then(Value::as_str) {
            None => places.push(Place::of(bidder, rank)),
            Some("not-shortlisted") => assert_eq!(formula, "shortlist.left-out"),
            Some(_) if formula == "reject.given" => {
                assert_eq!(rank["inputs"]["reason"], bid["reason"])
            }
            Some(_) => assert_eq!(
                formula,
                format!("reject.{}", bid["reason"].as_str().unwrap())
            ),
        }
    }
    for place in &places {
        place.holds_among(&places);
    }
    let first = places.iter().filter(|place| place.rank() == 1);
    let mut first: Vec<&str> = first.map(|place| place.bidder).collect();
    first.sort_unstable();
    let winner = explained("winner");
    assert_eq!(winner["value"], result["winner"]);
    assert_eq!(
        winner["inputs"].get("first"),
        (!first.is_empty()).then(|| json!(first)).as_ref()
    );
    assert_eq!(
        result.get("tied"),
        (first.len() > 1).then(|| json!(first)).as_ref()
    );
}

impl<'a> Place<'a> {
    fn of(bidder: &'a str, given: &'a Value) -> Place<'a> {
        let inputs = &given["inputs"];
        // More points are better, a higher price is worse.
        let input = |name: &str| {
            let number = parse(
                inputs[name]
                    .as_str()
                    .unwrap_or_else(|| panic!("no {name}: {given}")),
            );
            let costs = matches!(name, "price" | "evaluated_price");
            if costs { number } else { zero() - number }
        };
        let order: Vec<String> = match given["formula"].as_str().unwrap() {
            "rank.total" => vec!["total".to_owned()],
            "rank.total-then-price" => vec!["total".to_owned(), "price".to_owned()],
            "rank.lowest-from-floor" => vec!["price".to_owned()],
            "rank.fixed-price" => Vec::new(),
            _ => serde_json::from_value(inputs["order"].clone()).unwrap(),
        };
        let ties = order
            .iter()
            .skip(1)
            .map(|name| (name.clone(), input(name)))
            .collect();
        let main = order.first().map_or_else(zero, |name| input(name));
        Place {
            bidder,
            given,
            main,
            ties,
        }
    }

    fn rank(&self) -> usize {
        self.given["value"].as_str().unwrap().parse().unwrap()
    }

    fn compare(&self, other: &Place) -> Ordering {
        let ties = |place: &Place| -> Vec<Number> {
            place
                .ties
                .iter()
                .map(|(_, number)| number.clone())
                .collect()
        };
        self.main
            .cmp(&other.main)
            .then_with(|| ties(self).cmp(&ties(other)))
    }

    /// The rank, and whom it names as equals.
    fn holds_among(&self, all: &[Place]) {
        let given = self.given;
        let better = all
            .iter()
            .filter(|other| other.compare(self) == Ordering::Less)
            .count();
        assert_eq!(self.rank(), better + 1, "{given}");
        let others = || all.iter().filter(|other| other.bidder != self.bidder);
        let tied: Vec<&Place> = others().filter(|other| other.main == self.main).collect();
        let shared: Vec<&Place> = others()
            .filter(|other| other.compare(self) == Ordering::Equal)
            .collect();
        let said = |name: &str| given["inputs"].get(name);
        for (count, names, places) in [
            ("tied", "tied_with", &tied),
            ("shared", "shared_with", &shared),
        ] {
            let number = (!places.is_empty()).then(|| json!(places.len().to_string()));
            assert_eq!(said(count), number.as_ref(), "{given}");
            let named = said(names).and_then(Value::as_array).map_or(0, Vec::len);
            assert_eq!(named, places.len().min(20), "{given}");
            for name in said(names).and_then(Value::as_array).into_iter().flatten() {
                assert!(places.iter().any(|place| place.bidder == name), "{given}");
            }
        }
        // The last criterion that was needed to tell this bid from any other of its main criterion.
        let told_by = |other: &&Place| {
            let mut pairs = self.ties.iter().zip(&other.ties);
            pairs.position(|((_, mine), (_, theirs))| mine != theirs)
        };
        let decided = tied.iter().filter_map(told_by).max();
        let word = decided.map(|place| json!(self.ties[place].0));
        assert_eq!(said("decided_by"), word.as_ref(), "{given}");
    }
}
