//! Rule sets with sane defaults, one for each way to find a winner.

use evaluation::draw::MethodSpec;
use procedure::act::{AwardClass, CreditTerms, RuleSet};
use serde_json::json;

use crate::id;

/// A benchmark method with grids that suit it.
pub fn method(name: &str) -> MethodSpec {
    let grid = |min: &str, max: &str, step: &str| json!({ "min": min, "max": max, "step": step });
    let spec = match name {
        "jiangsu-1" => json!({ "method": name, "grids": { "K": grid("0.95", "0.98", "0.005") } }),
        "jiangsu-2" => json!({
            "method": name,
            "grids": { "K1": grid("0.95", "0.98", "0.005"), "Q1": grid("0.65", "0.85", "0.05") },
            "fixed": { "K2": "0.93" },
        }),
        "jiangsu-4" => json!({ "method": name, "fixed": { "K": "0.97" } }),
        "jiangsu-5" => json!({
            "method": name,
            "grids": { "delta": grid("0.05", "0.08", "0.01"), "K": grid("0.95", "0.98", "0.01") },
        }),
        "mean-trim-one" => json!({
            "method": name, "trim_from": 4, "grids": { "K": grid("0.95", "0.98", "0.01") },
        }),
        "limit-mean-blend" => json!({
            "method": name,
            "grids": { "K": grid("0.86", "0.90", "0.01"), "C": grid("0.4", "0.6", "0.05") },
        }),
        "mean-float" => json!({
            "method": name, "grids": { "float": grid("0.0025", "0.015", "0.0025") },
        }),
        "jiangsu-3" | "second-mean" | "third-mean" | "lowest-ratio" | "lowest-evaluated" => {
            json!({ "method": name })
        }
        "fixed-price" => json!({ "method": name, "fixed": { "float": "0.08" } }),
        "floor-rate-lowest" => json!({ "method": name, "fixed": { "rate_percent": "87.745" } }),
        other => panic!("no default grids for {other}"),
    };
    serde_json::from_value(spec).expect("the default grids are well-formed")
}

/// The rules of a works tender: `methods` in the draw; where the price gives points, 90 for the price and 10
/// for credit; equal ranks are drawn.
pub fn rules(methods: &[&str]) -> RuleSet {
    let class = match methods.first().copied() {
        Some("floor-rate-lowest") => AwardClass::LowestFromFloor,
        Some("fixed-price") => AwardClass::RandomAtFixedPrice,
        Some("lowest-ratio") => AwardClass::LowestRatio,
        Some("lowest-evaluated") => AwardClass::LowestEvaluatedPrice,
        _ => AwardClass::ReasonableLowPrice,
    };
    let korean = class == AwardClass::LowestFromFloor;
    let price_score = match class {
        AwardClass::ReasonableLowPrice => json!({
            "full": "90", "up": "0.9", "down": "0.6", "floor": "0",
            "benchmark_decimals": 2, "deviation_decimals": null, "score_decimals": 2,
        }),
        AwardClass::LowestRatio => json!({ "full": "90", "score_decimals": 2 }),
        _ => json!(null),
    };
    let credit = json!({ "mode": "linear", "full": "100", "weight": "10", "decimals": 2 });
    let parsed = "a default rule is well-formed";
    let amount = |text: &str| text.parse().expect(parsed);
    let smallest = json!({
        "format": "kaibiao-rules/1", "award_class": class, "methods": [], "ties": "draw",
    });
    RuleSet {
        currency: if korean { "KRW" } else { "CNY" }.to_owned(),
        control_price: (!korean).then(|| amount("10000000.00")),
        estimated_price: korean.then(|| amount("10000000.00")),
        budget_price: methods
            .contains(&"limit-mean-blend")
            .then(|| amount("10200000.00")),
        legal_basis: (class == AwardClass::RandomAtFixedPrice)
            .then(|| "估算价低于规模标准的小型工程".to_owned()),
        methods: methods.iter().map(|name| method(name)).collect(),
        credit: (!price_score.is_null()).then(|| CreditTerms {
            source: Some(id("credit-source")),
            rule: serde_json::from_value(credit).expect(parsed),
            missing: "60".to_owned(),
        }),
        price_score: serde_json::from_value(price_score).expect(parsed),
        ..serde_json::from_value(smallest).expect(parsed)
    }
}
