//! Why a bid has its rank, or none.
//!
//! | step | formula id | meaning |
//! |---|---|---|
//! | `bid/B/rank` | `rank.total` | total descending; equals share a rank |
//! | `bid/B/rank` | `rank.total-then-price` | total descending, then price ascending; equals share a rank |
//! | `bid/B/rank` | `rank.total-then-keys` | total descending, then what `order` names: price ascending, points descending |
//! | `bid/B/rank` | `rank.lowest-evaluated` | evaluated price ascending, then what `order` names |
//! | `bid/B/rank` | `rank.lowest-from-floor` | price ascending, from the floor on |
//! | `bid/B/rank` | `rank.fixed-price` | the price is the announced one: first, with all others at it |
//! | `bid/B/rank` | `shortlist.left-out` | not shortlisted: no rank |
//! | `bid/B/rank` | `reject.above-control-price` | price > control price (实施条例 article 51) |
//! | `bid/B/rank` | `reject.not-above-provisional-sums` | price as bid ≤ provisional sums |
//! | `bid/B/rank` | `reject.credit-below-gate` | credit value < min |
//! | `bid/B/rank` | `reject.below-floor-price` | price < floor |
//! | `bid/B/rank` | `reject.not-the-fixed-price` | price ≠ announced price |
//! | `bid/B/rank` | `reject.given` | rejected in review, with the reason that the case gives |
//!
//! A rank names others that are equal in what counts first: how many (`tied`), the first twenty of them
//! (`tied_with`), the last criterion that was needed to tell them apart (`decided_by`), and likewise those
//! who are equal in everything (`shared`, `shared_with`).

use crate::case::TieKey;
use crate::evaluate::exact_price;
use crate::explain::{FormulaSpec, Inputs, Step, Value};
use crate::fraction::ArithmeticError;
use crate::score::credit;

use super::super::{BidOutcome, Given, Measure, Rejection, Scores, Standing};
use super::Explainer;

/// The formulas of this file.
pub(super) const FORMULAS: &[FormulaSpec] = &[
    FormulaSpec::new("rank.total", &["total"]).or_absent(EQUALS),
    FormulaSpec::new("rank.total-then-price", &["total", "price"]).or_absent(EQUALS),
    FormulaSpec::new("rank.total-then-keys", &["total", "order"]).or_absent(&[
        "price",
        "credit",
        "technical",
        "price_score",
        "tied",
        "tied_with",
        "decided_by",
        "shared",
        "shared_with",
    ]),
    FormulaSpec::new(
        "rank.lowest-evaluated",
        &["evaluated_price", "price", "order"],
    )
    .or_absent(EQUALS),
    FormulaSpec::new("rank.lowest-from-floor", &["price", "floor"]).or_absent(EQUALS),
    FormulaSpec::new("rank.fixed-price", &["price", "award_price"]).or_absent(EQUALS),
    FormulaSpec::new("shortlist.left-out", &["price"]),
    FormulaSpec::new("reject.above-control-price", &["price", "control_price"]),
    FormulaSpec::new(
        "reject.not-above-provisional-sums",
        &["price", "provisional_sums"],
    ),
    FormulaSpec::new("reject.credit-below-gate", &["price", "value", "min"]),
    FormulaSpec::new("reject.below-floor-price", &["price", "floor"]),
    FormulaSpec::new("reject.not-the-fixed-price", &["price", "award_price"]),
    FormulaSpec::new("reject.given", &["price", "reason"]),
];

/// Who equals a bid, if anybody does.
const EQUALS: &[&str] = &["tied", "tied_with", "decided_by", "shared", "shared_with"];

impl Explainer<'_> {
    pub(super) fn rank_step(
        &self,
        index: usize,
        bid: &BidOutcome,
        given: &Given,
        id: &str,
    ) -> Result<Step, ArithmeticError> {
        let inputs = Inputs::new().with("price", bid.net_price);
        let (formula, inputs) = match &bid.standing {
            Standing::Scored(scores) => self.by_total(bid, scores),
            Standing::Ranked => self.by_price(bid, inputs)?,
            Standing::NotShortlisted => ("shortlist.left-out", inputs),
            Standing::Rejected(rejection) => self.rejected(rejection, bid, given, inputs),
        };
        let inputs = match self.ranking.neighbours(index) {
            Some(neighbours) => {
                let names = |indexes: &[usize]| -> Option<Vec<String>> {
                    let bids = indexes.iter().filter_map(|at| self.outcome.bids.get(*at));
                    let names: Vec<String> = bids.map(|bid| bid.bidder.clone()).collect();
                    Some(names).filter(|names| !names.is_empty())
                };
                let key = neighbours.decided_by;
                let key = key.and_then(|key| self.outcome.rules.tie_break.get(key));
                let count = |count: usize| Some(count).filter(|count| *count > 0);
                inputs
                    .with_some("tied", count(neighbours.tied))
                    .with_some("tied_with", names(&neighbours.tied_with))
                    .with_some("decided_by", key.map(|key| key.word()))
                    .with_some("shared", count(neighbours.shared))
                    .with_some("shared_with", names(&neighbours.shared_with))
            }
            None => inputs,
        };
        let rank = bid.rank.map_or(Value::None, Value::from);
        Ok(Step::exact(format!("{id}/rank"), formula, inputs, rank))
    }

    fn by_total(&self, bid: &BidOutcome, scores: &Scores) -> (&'static str, Inputs) {
        let inputs = Inputs::new().with("total", scores.total);
        match self.outcome.rules.tie_break.as_slice() {
            [] => ("rank.total", inputs),
            [TieKey::Price] => ("rank.total-then-price", inputs.with("price", bid.net_price)),
            keys => {
                let inputs = inputs.with("order", order("total", keys));
                let with = |inputs: Inputs, key: &TieKey| match key {
                    TieKey::Price => inputs.with("price", bid.net_price),
                    TieKey::Credit => inputs.with_some("credit", scores.credit),
                    TieKey::Technical => inputs.with_some("technical", scores.technical),
                    TieKey::PriceScore => inputs.with("price_score", scores.price_score),
                };
                ("rank.total-then-keys", keys.iter().fold(inputs, with))
            }
        }
    }

    fn by_price(
        &self,
        bid: &BidOutcome,
        inputs: Inputs,
    ) -> Result<(&'static str, Inputs), ArithmeticError> {
        Ok(match &self.outcome.measure {
            Measure::Floor(floor) => ("rank.lowest-from-floor", inputs.with("floor", *floor)),
            Measure::Fixed(price) => ("rank.fixed-price", inputs.with("award_price", *price)),
            _ => {
                let keys = self.outcome.rules.tie_break.as_slice();
                let inputs = inputs
                    .with("evaluated_price", exact_price(bid.evaluated)?)
                    .with("order", order("evaluated_price", keys));
                ("rank.lowest-evaluated", inputs)
            }
        })
    }

    fn rejected(
        &self,
        rejection: &Rejection,
        bid: &BidOutcome,
        given: &Given,
        inputs: Inputs,
    ) -> (&'static str, Inputs) {
        match rejection {
            Rejection::AboveControlPrice => {
                let limit = self.outcome.control_price;
                let inputs = inputs.with_some("control_price", limit);
                ("reject.above-control-price", inputs)
            }
            Rejection::NotAboveProvisionalSums => {
                let sums = self.outcome.rules.provisional_sums;
                let inputs = inputs
                    .with("price", bid.price)
                    .with_some("provisional_sums", sums);
                ("reject.not-above-provisional-sums", inputs)
            }
            Rejection::CreditBelowGate => {
                let scorer = self.credit.as_ref();
                let value = scorer
                    .zip(self.judged(bid, given))
                    .and_then(|(scorer, judged)| {
                        credit::shown_value(scorer, given.credit.as_ref(), judged)
                    });
                let min = scorer.and_then(|scorer| scorer.rule().min);
                let inputs = inputs.with_some("value", value).with_some("min", min);
                ("reject.credit-below-gate", inputs)
            }
            Rejection::BelowFloor => match &self.outcome.measure {
                Measure::Floor(floor) => ("reject.below-floor-price", inputs.with("floor", *floor)),
                _ => ("reject.below-floor-price", inputs),
            },
            Rejection::NotTheFixedPrice => {
                let price = self.outcome.award_price();
                let inputs = inputs.with_some("award_price", price);
                ("reject.not-the-fixed-price", inputs)
            }
            Rejection::Given(reason) => ("reject.given", inputs.with("reason", reason.as_str())),
        }
    }
}

/// The criteria of a rank, in order.
fn order(main: &str, keys: &[TieKey]) -> Vec<String> {
    let words = keys.iter().map(|key| key.word());
    std::iter::once(main)
        .chain(words)
        .map(str::to_owned)
        .collect()
}
