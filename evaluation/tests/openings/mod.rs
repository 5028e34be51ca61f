//! Random cases: every method with every optional part, ties, rejections and extreme prices.
//!
//! A case is read off a list of numbers. Smaller numbers choose what is simpler, so that proptest shrinks a
//! failing list to a simple case.

pub mod methods;
mod scores;

use proptest::prelude::*;
use serde_json::{Value, json};

/// Numbers to choose by; behind the end of the list the simplest choice is taken.
pub struct Dice(std::vec::IntoIter<u32>);

impl Dice {
    /// Chooses by these numbers.
    pub fn of_numbers(numbers: Vec<u32>) -> Dice {
        Dice(numbers.into_iter())
    }

    /// A number below `n`.
    pub fn below(&mut self, n: u64) -> u64 {
        u64::from(self.0.next().unwrap_or(0)) % n
    }

    /// True so many times out of a hundred; the simpler choice is false.
    pub fn chance(&mut self, percent: u64) -> bool {
        self.below(100) >= 100 - percent
    }

    /// One of a list.
    pub fn of<'a, T>(&mut self, list: &'a [T]) -> &'a T {
        let last = u64::try_from(list.len()).unwrap();
        &list[usize::try_from(self.below(last)).unwrap()]
    }

    /// A decimal string between two whole numbers of the last of `decimals`.
    pub fn decimal(&mut self, from: u64, to: u64, decimals: usize) -> String {
        let units = from + self.below(to - from + 1);
        written(units, decimals)
    }

    /// A share of one, mostly with two decimals, sometimes with six.
    pub fn share(&mut self, from_percent: u64, to_percent: u64) -> String {
        if self.chance(20) {
            self.decimal(from_percent * 10_000, to_percent * 10_000, 6)
        } else {
            self.decimal(from_percent, to_percent, 2)
        }
    }
}

/// `units` of the last of `decimals`, as a decimal string.
pub fn written(units: u64, decimals: usize) -> String {
    let digits = format!("{units:0>width$}", width = decimals + 1);
    let (before, behind) = digits.split_at(digits.len() - decimals);
    if decimals == 0 {
        before.to_owned()
    } else {
        format!("{before}.{behind}")
    }
}

/// A list of numbers that makes any case.
pub fn numbers() -> impl Strategy<Value = Vec<u32>> {
    prop::collection::vec(any::<u32>(), 0..600)
}

/// The case that the numbers choose.
pub fn case(numbers: Vec<u32>) -> Value {
    let mut dice = Dice::of_numbers(numbers);
    // In fen: usual, tiny, and the highest that is allowed.
    let control = *dice.of(&[
        1_000_000_000,
        1_000_000_000,
        987_654_321,
        100,
        1_000_000_000_000_000,
    ]);
    let method = *dice.of(&methods::IDS);
    let amount = |fen: u64| json!(written(fen, 2));
    let mut case = json!({"format": "kaibiao-case/1", "profile": "below-threshold",
        "control_price": amount(control), "benchmark": methods::rule(&mut dice, method)});
    let points = methods::scores_by_points(method);
    if method == "floor-rate-lowest" {
        case["estimated_price"] = amount(control);
    }
    if method == "limit-mean-blend" {
        case["budget_price"] = amount((control + control / 20).min(1_000_000_000_000_000));
    }
    if method == "fixed-price" {
        case["benchmark"]["fixed"]["float"] = json!(dice.share(0, 30));
    }
    // The provisional sums are small, so that few bids are below them.
    let provisional = dice.chance(15) && method != "floor-rate-lowest";
    if provisional {
        case["provisional_sums"] = amount(control / 20 + 1);
    }
    if dice.chance(20) {
        case["recompute_policy"] = json!("after-preliminary-review");
    }
    let may_shortlist = !matches!(method, "fixed-price" | "floor-rate-lowest" | "lowest-ratio");
    if dice.chance(20) && may_shortlist {
        case["shortlist"] = shortlist(&mut dice);
    }
    if points {
        case["price_score"] = scores::price_score(&mut dice, method);
        if dice.chance(40) {
            case["technical"] = scores::technical(&mut dice);
        }
    }
    if dice.chance(40) {
        scores::credit(&mut dice, &mut case, points);
    }
    if dice.chance(25) {
        case["tie_break"] = scores::tie_break(&mut dice, &case);
    }
    let count = dice.below(12) + if dice.chance(30) { dice.below(40) } else { 0 };
    let members = 4 + dice.below(4);
    let bids: Vec<Value> = (0..=count)
        .map(|index| {
            let price = price(&mut dice, control, &case);
            let mut bid = json!({"bidder": format!("b{index}"), "price": price});
            if dice.chance(8) {
                bid["read_out_price"] = json!(written(1 + dice.below(control), 2));
            }
            if dice.chance(8) {
                bid["rejected"] = json!("no-response");
            }
            methods::bid(&mut dice, method, control, &mut bid);
            scores::bid(&mut dice, &case, members, &mut bid);
            bid
        })
        .collect();
    case["bids"] = json!(bids);
    case
}

/// Close to each other, so that ties, bands and rejections all happen, and now and then anywhere.
fn price(dice: &mut Dice, control: u64, case: &Value) -> Value {
    if case["benchmark"]["method"] == "fixed-price" && dice.chance(60) {
        return award_price(case);
    }
    let fen = match dice.below(20) {
        0..=14 => control / 1000 * (700 + dice.below(310)),
        15 | 16 => control / 100 * (60 + dice.below(42)),
        17 => 1 + dice.below(control),
        18 => 1,
        _ => control,
    };
    json!(written(fen.clamp(1, 1_000_000_000_000_000), 2))
}

/// What a bid has to be to take part in the draw of a fixed price.
fn award_price(case: &Value) -> Value {
    use crate::reference::number::{number, round, whole, write, zero};
    let provisional = case.get("provisional_sums").map_or_else(zero, number);
    let share = whole(1) - number(&case["benchmark"]["fixed"]["float"]);
    let net = (number(&case["control_price"]) - &provisional) * share;
    let price = round(&net, 2) + provisional;
    json!(write(&price.max(number(&json!("0.01"))), 2))
}

fn shortlist(dice: &mut Dice) -> Value {
    let percent = if dice.chance(10) {
        dice.decimal(0, 99_999_999, 6)
    } else {
        dice.decimal(0, 300, 1)
    };
    match dice.below(3) {
        0 => json!({"method": "all"}),
        1 => json!({"method": "low-price", "drop_percent": percent, "take": 1 + dice.below(15)}),
        _ => {
            json!({"method": "mean", "drop_percent": percent, "above": 1 + dice.below(6), "below": 1 + dice.below(9)})
        }
    }
}
