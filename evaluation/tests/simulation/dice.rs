//! Random rule sets and bids.

use std::sync::Arc;

use evaluation::draw::Stream;
use evaluation::rules::RuleSet;
use evaluation::simulate::standard_seed;
use evaluation::{Bid, Money};
use serde_json::{Value, json};

/// A source of random choices.
pub struct Dice(Stream);

impl Dice {
    pub fn new(label: &str) -> Dice {
        Dice(Stream::new(&standard_seed(), label))
    }

    pub fn below(&mut self, n: u64) -> u64 {
        self.0.below(n).expect("a list that is not empty")
    }

    pub fn chance(&mut self, percent: u64) -> bool {
        self.below(100) < percent
    }

    pub fn money(&mut self, low_fen: i64, high_fen: i64) -> Money {
        let width = u64::try_from(high_fen - low_fen).expect("ascending") + 1;
        let above = i64::try_from(self.below(width)).expect("small");
        Money::from_fen(low_fen + above)
    }
}

pub fn money(text: &str) -> Money {
    text.parse().expect("an amount")
}

/// Methods that score by the deviation from a benchmark, with grids.
pub fn scored_methods() -> Vec<Value> {
    let grid = |min: &str, max: &str, step: &str| json!({"min": min, "max": max, "step": step});
    vec![
        json!({"method": "jiangsu-1", "grids": {"K": grid("0.95", "0.98", "0.005")}}),
        json!({"method": "jiangsu-2", "grids": {"K1": grid("0.95", "1.01", "0.01"), "Q1": grid("0.65", "0.85", "0.05")},
            "fixed": {"K2": "0.93"}}),
        json!({"method": "jiangsu-3"}),
        json!({"method": "jiangsu-4", "fixed": {"K": "0.97"}}),
        json!({"method": "jiangsu-5", "grids": {"delta": grid("0.04", "0.12", "0.02"), "K": grid("0.95", "0.98", "0.01")}}),
        json!({"method": "mean-trim-one", "trim_from": 4}),
        json!({"method": "limit-mean-blend", "grids": {"K": grid("0.86", "0.90", "0.01"), "C": grid("0.4", "0.6", "0.05")}}),
        json!({"method": "second-mean"}),
        json!({"method": "third-mean"}),
        json!({"method": "mean-float", "grids": {"float": grid("0.00", "0.05", "0.01")}}),
    ]
}

/// Methods without a benchmark, or with a ratio, each with the rest that it needs.
pub fn other_methods() -> Vec<(Value, &'static str, bool)> {
    vec![
        (json!({"method": "lowest-ratio"}), "lowest-ratio", true),
        (
            json!({"method": "lowest-evaluated"}),
            "lowest-evaluated-price",
            false,
        ),
        (
            json!({"method": "fixed-price", "fixed": {"float": "0.08"}}),
            "random-at-fixed-price",
            false,
        ),
        (
            json!({"method": "floor-rate-lowest", "fixed": {"rate_percent": "87.745"}}),
            "lowest-from-floor",
            false,
        ),
    ]
}

/// A rule set with these methods; the price alone counts.
pub fn by_price(methods: Vec<Value>) -> Arc<RuleSet> {
    rules(json!({
        "format": "kaibiao-rules/1", "award_class": "reasonable-low-price", "control_price": "10000000.00",
        "budget_price": "10500000.00", "methods": methods,
        "price_score": {"full": "100", "up": "0.9", "down": "0.6", "floor": "0", "benchmark_decimals": 2,
            "deviation_decimals": null, "score_decimals": 2},
        "ties": "draw",
    }))
}

pub fn rules(value: Value) -> Arc<RuleSet> {
    let text = value.to_string();
    Arc::new(RuleSet::parse(text.as_bytes()).expect("a rule set"))
}

/// Bids that are nothing but prices.
pub fn bids(prices: &[&str]) -> Vec<Bid> {
    let named = prices.iter().zip(1..);
    named
        .map(|(price, place)| Bid::of(format!("b{place}"), money(price)))
        .collect()
}
