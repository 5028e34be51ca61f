//! The result of an evaluation (`kaibiao-result/1`).
//!
//! | formula id | meaning |
//! |---|---|
//! | `rank.total-then-price` | rounded total descending, then price ascending; equals share a rank |
//! | `rank.lowest-from-floor` | price ascending, from the floor on |
//! | `reject.above-control-price` | price > control price (实施条例 article 51) |
//! | `reject.below-floor-price` | price < floor |
//! | `reject.given` | rejected in review, with the reason that the case gives |
//! | `winner.first-rank` | the only bid of the first rank |

use serde::ser::SerializeMap;
use serde::{Serialize, Serializer};

use crate::case::{Aggregate, Case, CreditMode, CreditRule, PriceScore, TechnicalRule};
use crate::decimal::{Decimal, Money};
use crate::explain::{Inputs, Rounding, Step, Value};
use crate::fraction::Fraction;
use crate::score::TOTAL_DECIMALS;

/// Who comes first, and why. Serialises to `kaibiao-result/1`.
#[derive(Clone, Debug)]
pub struct Outcome {
    /// The bidder of the first rank, if it is not shared.
    pub winner: Option<String>,
    /// The bidders that share the first rank, ascending by id; only a draw settles it.
    pub tied: Vec<String>,
    /// One entry per bid, in the case's order.
    pub bids: Vec<BidOutcome>,
    measure: Option<Measure>,
    technical: Option<TechnicalRule>,
    credit: Option<CreditRule>,
    /// How the benchmark or floor came about.
    steps: Vec<Step>,
}

/// What the bids were measured by.
#[derive(Clone, Debug)]
pub(crate) enum Measure {
    Benchmark {
        benchmark: Decimal,
        rule: PriceScore,
    },
    Floor(Fraction),
}

/// What became of one bid.
#[derive(Clone, Debug)]
pub struct BidOutcome {
    /// Id of the bidder.
    pub bidder: String,
    /// The price that was evaluated.
    pub price: Money,
    /// Points or rejection.
    pub standing: Standing,
    /// From 1; none for a rejected bid.
    pub rank: Option<u32>,
}

/// Whether and how a bid takes part.
#[derive(Clone, Debug)]
pub enum Standing {
    /// It has points.
    Scored(Scores),
    /// It is ranked by its price alone.
    Ranked,
    /// It counts for nothing.
    Rejected(Rejection),
}

/// The points of a bid, with what they were made from.
#[derive(Clone, Debug)]
pub struct Scores {
    /// From the benchmark, in percent, as it is shown.
    pub deviation_percent: Decimal,
    /// Whether that is the value which was scored, or only its display.
    pub deviation_rounding: Rounding,
    /// Whether the price is above the benchmark, so that `up` applies.
    pub is_above: bool,
    /// Rounded.
    pub price_score: Decimal,
    /// The members' scores and the rounded aggregate.
    pub technical: Option<(Vec<Decimal>, Decimal)>,
    /// The credit value and the rounded points.
    pub credit: Option<(Decimal, Decimal)>,
    /// Rounded sum of the rounded points.
    pub total: Decimal,
}

/// Why a bid has no rank.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Rejection {
    /// 实施条例 article 51.
    AboveControlPrice {
        /// The limit.
        control_price: Money,
    },
    /// Korea: below the rate of the estimated price.
    BelowFloor,
    /// The case says so.
    Given(String),
}

impl Rejection {
    /// The `reason` in a result.
    pub fn reason(&self) -> &str {
        match self {
            Rejection::AboveControlPrice { .. } => "above-control-price",
            Rejection::BelowFloor => "below-floor-price",
            Rejection::Given(reason) => reason,
        }
    }
}

impl Outcome {
    pub(crate) fn new(
        case: &Case,
        measure: Option<Measure>,
        winner: Option<String>,
        tied: Vec<String>,
        bids: Vec<BidOutcome>,
        steps: Vec<Step>,
    ) -> Outcome {
        let (technical, credit) = (case.technical.clone(), case.credit.clone());
        Outcome {
            winner,
            tied,
            bids,
            measure,
            technical,
            credit,
            steps,
        }
    }

    /// The rounded benchmark price; none for methods without one, and when no bid is left.
    pub fn benchmark(&self) -> Option<Decimal> {
        match &self.measure {
            Some(Measure::Benchmark { benchmark, .. }) => Some(*benchmark),
            _ => None,
        }
    }

    /// Every number that decides, in the order of calculation. Made when it is asked for.
    pub fn explanation(&self) -> impl Iterator<Item = Step> + '_ {
        let bids = self.bids.iter().flat_map(|bid| self.explain_bid(bid));
        self.steps
            .iter()
            .cloned()
            .chain(bids)
            .chain(std::iter::once(self.explain_winner()))
    }

    fn explain_bid(&self, bid: &BidOutcome) -> Vec<Step> {
        let mut steps = Vec::new();
        if let (Standing::Scored(scores), Some(Measure::Benchmark { benchmark, rule })) =
            (&bid.standing, &self.measure)
        {
            explain_price(bid, scores, *benchmark, rule, &mut steps);
            if let (Some(rule), Some((given, points))) = (&self.technical, &scores.technical) {
                steps.push(explain_technical(bid, rule, given, *points));
            }
            if let (Some(rule), Some((value, points))) = (&self.credit, &scores.credit) {
                steps.push(explain_credit(bid, rule, *value, *points));
            }
            steps.push(explain_total(bid, scores));
        }
        steps.push(self.explain_rank(bid));
        steps
    }

    fn explain_rank(&self, bid: &BidOutcome) -> Step {
        let inputs = Inputs::new().with("price", bid.price);
        let floor = |inputs: Inputs| match &self.measure {
            Some(Measure::Floor(floor)) => inputs.with("floor", *floor),
            _ => inputs,
        };
        let (formula, inputs) = match &bid.standing {
            Standing::Scored(scores) => {
                ("rank.total-then-price", inputs.with("total", scores.total))
            }
            Standing::Ranked => ("rank.lowest-from-floor", floor(inputs)),
            Standing::Rejected(Rejection::AboveControlPrice { control_price }) => (
                "reject.above-control-price",
                inputs.with("control_price", *control_price),
            ),
            Standing::Rejected(Rejection::BelowFloor) => {
                ("reject.below-floor-price", floor(inputs))
            }
            Standing::Rejected(Rejection::Given(reason)) => {
                ("reject.given", inputs.with("reason", reason.as_str()))
            }
        };
        let rank = bid
            .rank
            .map_or(Value::None, |rank| Value::Count(u64::from(rank)));
        Step::exact(id(bid, "rank"), formula, inputs, rank)
    }

    fn explain_winner(&self) -> Step {
        let first = match &self.winner {
            Some(winner) => vec![winner.clone()],
            None => self.tied.clone(),
        };
        let winner = self.winner.clone().map_or(Value::None, Value::Name);
        Step::exact(
            "winner",
            "winner.first-rank",
            Inputs::new().with("first", Value::Names(first)),
            winner,
        )
    }
}

fn id(bid: &BidOutcome, number: &str) -> String {
    format!("bid/{}/{number}", bid.bidder)
}

fn explain_price(
    bid: &BidOutcome,
    scores: &Scores,
    benchmark: Decimal,
    rule: &PriceScore,
    steps: &mut Vec<Step>,
) {
    let shown = scores.deviation_percent;
    let inputs = Inputs::new()
        .with("price", bid.price)
        .with("benchmark", benchmark);
    let step = Step::rounded(
        id(bid, "deviation_percent"),
        "price-score.deviation",
        inputs,
        shown,
    );
    steps.push(Step {
        rounding: scores.deviation_rounding,
        ..step
    });
    let inputs = Inputs::new()
        .with("full", rule.full)
        .with("floor", rule.floor)
        .with("deviation_percent", shown);
    let (formula, inputs) = match scores.is_above {
        true => ("price-score.above", inputs.with("up", rule.up)),
        false => ("price-score.below", inputs.with("down", rule.down)),
    };
    steps.push(Step::rounded(
        id(bid, "price_score"),
        formula,
        inputs,
        scores.price_score,
    ));
}

fn explain_technical(
    bid: &BidOutcome,
    rule: &TechnicalRule,
    given: &[Decimal],
    points: Decimal,
) -> Step {
    let formula = match rule.aggregate {
        Aggregate::Mean => "technical.mean",
        Aggregate::DropExtremes => "technical.drop-extremes",
    };
    Step::rounded(
        id(bid, "technical"),
        formula,
        Inputs::new().with("scores", given),
        points,
    )
}

fn explain_credit(bid: &BidOutcome, rule: &CreditRule, value: Decimal, points: Decimal) -> Step {
    let formula = match rule.mode {
        CreditMode::Linear => "credit.linear",
    };
    let inputs = Inputs::new()
        .with("value", value)
        .with("full", rule.full)
        .with("weight", rule.weight);
    Step::rounded(id(bid, "credit"), formula, inputs, points)
}

fn explain_total(bid: &BidOutcome, scores: &Scores) -> Step {
    let mut inputs = Inputs::new().with("price_score", scores.price_score);
    let mut exact = scores.price_score.scale() <= TOTAL_DECIMALS;
    for (name, points) in [
        (
            "technical",
            scores.technical.as_ref().map(|(_, points)| *points),
        ),
        ("credit", scores.credit.map(|(_, points)| points)),
    ] {
        if let Some(points) = points {
            exact = exact && points.scale() <= TOTAL_DECIMALS;
            inputs = inputs.with(name, points);
        }
    }
    match exact {
        true => Step::exact(id(bid, "total"), "total.sum", inputs, scores.total),
        false => Step::rounded(id(bid, "total"), "total.sum", inputs, scores.total),
    }
}

impl Serialize for Outcome {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(None)?;
        map.serialize_entry("format", "kaibiao-result/1")?;
        if let Some(benchmark) = self.benchmark() {
            map.serialize_entry("benchmark", &benchmark)?;
        }
        map.serialize_entry("winner", &self.winner)?;
        if !self.tied.is_empty() {
            map.serialize_entry("tied", &self.tied)?;
        }
        map.serialize_entry("bids", &self.bids)?;
        map.serialize_entry("explanation", &Explanation(self))?;
        map.end()
    }
}

/// Writes the steps one after another without holding them all.
struct Explanation<'a>(&'a Outcome);

impl Serialize for Explanation<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_seq(self.0.explanation())
    }
}

impl Serialize for BidOutcome {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(None)?;
        map.serialize_entry("bidder", &self.bidder)?;
        match &self.standing {
            Standing::Scored(scores) => {
                map.serialize_entry("deviation_percent", &scores.deviation_percent)?;
                map.serialize_entry("price_score", &scores.price_score)?;
                if let Some((_, points)) = &scores.technical {
                    map.serialize_entry("technical", points)?;
                }
                if let Some((_, points)) = &scores.credit {
                    map.serialize_entry("credit", points)?;
                }
                map.serialize_entry("total", &scores.total)?;
            }
            Standing::Ranked => {}
            Standing::Rejected(rejection) => {
                map.serialize_entry("status", "rejected")?;
                map.serialize_entry("reason", rejection.reason())?;
            }
        }
        map.serialize_entry("rank", &self.rank)?;
        map.end()
    }
}
