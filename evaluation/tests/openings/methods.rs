//! Methods with random parameters.

use serde_json::{Value, json};

use super::{Dice, written};

/// Every method.
pub const IDS: [&str; 14] = [
    "jiangsu-1",
    "jiangsu-2",
    "jiangsu-3",
    "jiangsu-4",
    "jiangsu-5",
    "mean-trim-one",
    "limit-mean-blend",
    "second-mean",
    "third-mean",
    "mean-float",
    "lowest-ratio",
    "lowest-evaluated",
    "fixed-price",
    "floor-rate-lowest",
];

/// Whether bids get points, or are only ranked by their price.
pub fn scores_by_points(method: &str) -> bool {
    !matches!(
        method,
        "lowest-evaluated" | "fixed-price" | "floor-rate-lowest"
    )
}

/// `benchmark` of a case.
pub fn rule(dice: &mut Dice, method: &str) -> Value {
    let mut rule = json!({"method": method, "drawn": {}, "fixed": {}});
    match method {
        "jiangsu-1" => rule["drawn"]["K"] = json!(dice.share(90, 101)),
        "jiangsu-2" => {
            rule["drawn"] = json!({"K1": dice.share(90, 101), "Q1": dice.share(0, 100)});
            rule["fixed"]["K2"] = json!(dice.share(84, 101));
        }
        "jiangsu-4" => rule["fixed"]["K"] = json!(dice.share(90, 101)),
        "jiangsu-5" => abc(dice, &mut rule),
        "mean-trim-one" => {
            rule["trim_from"] = json!(4 + dice.below(2));
            if dice.chance(30) {
                rule["drawn"]["K"] = json!(dice.share(90, 101));
            }
            for (side, most) in [("trim_high", 3), ("trim_low", 2)] {
                if dice.chance(20) {
                    rule["fixed"][side] = json!(dice.below(most).to_string());
                }
            }
            if dice.chance(20) {
                rule["fixed"]["drop_highest_from"] = json!((2 + dice.below(4)).to_string());
            }
        }
        "limit-mean-blend" => {
            rule["drawn"] = json!({"K": dice.share(85, 95), "C": dice.share(0, 100)});
            if dice.chance(20) {
                rule["fixed"]["range_low"] = json!(dice.share(60, 85));
                rule["fixed"]["range_high"] = json!(dice.share(86, 110));
            }
        }
        "mean-float" => {
            rule["drawn"]["float"] = json!(dice.share(0, 20));
            if dice.chance(20) {
                rule["fixed"]["trim_from"] = json!((3 + dice.below(8)).to_string());
            }
        }
        "floor-rate-lowest" => {
            rule["fixed"]["rate_percent"] = json!(dice.decimal(80_000, 90_000, 3))
        }
        _ => {}
    }
    if matches!(method, "jiangsu-1" | "jiangsu-2" | "jiangsu-4") && dice.chance(40) {
        trims(dice, &mut rule);
    }
    let makes_a_mean =
        scores_by_points(method) && !matches!(method, "jiangsu-3" | "jiangsu-5" | "lowest-ratio");
    if makes_a_mean && dice.chance(25) {
        rule["fixed"]["mean_decimals"] = json!(dice.below(7).to_string());
    }
    rule
}

/// The parameters of the average A.
fn trims(dice: &mut Dice, rule: &mut Value) {
    let fixed = &mut rule["fixed"];
    if dice.chance(40) {
        fixed["trim_high_percent"] = json!(dice.decimal(0, 400, 1));
    }
    if dice.chance(40) {
        fixed["trim_low_percent"] = json!(dice.decimal(0, 400, 1));
    }
    if dice.chance(30) {
        fixed["trim_from"] = json!((6 + dice.below(6)).to_string());
    }
    if dice.chance(30) {
        fixed["one_each_below"] = json!((7 + dice.below(6)).to_string());
    }
    if dice.chance(30) {
        fixed["drop_highest_from"] = json!((3 + dice.below(4)).to_string());
    }
    if dice.chance(40) {
        fixed["tied_highest"] = json!(dice.of(&["one", "all"]));
    }
    if dice.chance(40) {
        fixed["ties_at_cut"] = json!(dice.of(&["keep", "cut"]));
    }
}

fn abc(dice: &mut Dice, rule: &mut Value) {
    rule["drawn"] = json!({"delta": dice.share(4, 20), "K": dice.share(95, 98),
        "band1": dice.below(2), "band2": dice.below(2), "B": dice.below(2)});
    if dice.chance(20) {
        let a = dice.below(600_001);
        let b = dice.below(400_000);
        let weights = [
            ("weight_a", a),
            ("weight_b", b),
            ("weight_c", 1_000_000 - a - b),
        ];
        for (name, share) in weights {
            rule["fixed"][name] = json!(written(share, 6));
        }
    }
    if dice.chance(20) {
        rule["fixed"]["range_mean"] = json!(dice.share(0, 100));
        rule["fixed"]["range_below"] = json!(dice.share(10, 30));
    }
    if dice.chance(20) {
        rule["fixed"]["band_high"] = json!(dice.share(95, 100));
        rule["fixed"]["band_middle"] = json!(dice.share(90, 94));
        rule["fixed"]["band_low"] = json!(dice.share(80, 89));
    }
}

/// What the method wants of each bid.
pub fn bid(dice: &mut Dice, method: &str, control: u64, bid: &mut Value) {
    if method == "lowest-ratio" && dice.chance(60) {
        bid["deduction"] = json!(dice.decimal(0, 2_000, 4));
    }
    if method == "lowest-evaluated" && dice.chance(60) {
        let amounts: Vec<String> = (0..dice.below(3))
            .map(|_| {
                let sign = if dice.chance(40) { "-" } else { "" };
                let fen = 1 + dice.below(control / 50 + 1);
                format!("{sign}{}", written(fen, 2))
            })
            .collect();
        bid["adjustments"] = json!(amounts);
    }
}
