//! How the price score came about, as steps.
//!
//! Steps: `bid/B/deviation_percent`, `bid/B/price_score/piece-N`, `bid/B/price_score`.
//!
//! | formula id | meaning | source |
//! |---|---|---|
//! | `price-score.deviation` | (price − benchmark) / benchmark × 100, from the rounded benchmark | rules.md 1.13 |
//! | `price-score.above` | full − deviation × up, never under floor | rules.md 1.8 |
//! | `price-score.below` | full − \|deviation\| × down, never under floor | rules.md 1.8 |
//! | `price-score.piece` | the part of the deviation between `from` and `to` × `rate`: what one segment costs | rules.md 1.11 |
//! | `price-score.pieces` | full − what all segments cost, never under floor | rules.md 1.11 |
//! | `price-score.mark` | a deviation beyond `beyond` has the fixed mark, never under floor | rules.md 1.11 (S20e) |
//! | `price-score.ratio` | lowest / evaluated price × full | 87号令 article 55 |
//!
//! Where the rule does not round the deviation, `deviation_percent` is cut for display and the inputs `price`
//! and `benchmark` say what it is exactly; where the rule rounds it, it is exact and they are absent.

use crate::decimal::{Decimal, Money};
use crate::explain::{FormulaSpec, Inputs, Rounding, Step};
use crate::fraction::{ArithmeticError, Fraction};

use super::{PriceScore, PriceScorer, Segment};

/// The inputs that say exactly what the deviation is, where it is not rounded and `deviation_percent` only
/// shows its first decimals.
const EXACTLY: &[&str] = &["price", "benchmark"];

/// The formulas of this file.
pub(in crate::score) const FORMULAS: &[FormulaSpec] = &[
    FormulaSpec::new("price-score.deviation", &["price", "benchmark"]),
    FormulaSpec::new(
        "price-score.above",
        &["full", "floor", "deviation_percent", "up"],
    )
    .or_absent(EXACTLY),
    FormulaSpec::new(
        "price-score.below",
        &["full", "floor", "deviation_percent", "down"],
    )
    .or_absent(EXACTLY),
    FormulaSpec::new("price-score.piece", &["deviation_percent", "from", "rate"]).or_absent(&[
        "to",
        "price",
        "benchmark",
    ]),
    FormulaSpec::new(
        "price-score.pieces",
        &[
            "full",
            "floor",
            "deviation_percent",
            "from",
            "rates",
            "lost",
        ],
    )
    .or_absent(EXACTLY),
    FormulaSpec::new(
        "price-score.mark",
        &["floor", "deviation_percent", "beyond", "mark"],
    )
    .or_absent(EXACTLY),
    FormulaSpec::new(
        "price-score.ratio",
        &["full", "lowest_evaluated", "evaluated_price"],
    ),
];

/// The steps of one bid's price; `id` is `bid/B`.
pub(crate) fn steps(
    rule: &PriceScore,
    scorer: &PriceScorer,
    benchmark: Decimal,
    price: Money,
    points: Decimal,
    id: &str,
) -> Result<Vec<Step>, ArithmeticError> {
    let deviation = scorer.deviation(price)?;
    let prices = || {
        Inputs::new()
            .with("price", price)
            .with("benchmark", benchmark)
    };
    let shown = Step::rounded(
        format!("{id}/deviation_percent"),
        "price-score.deviation",
        prices(),
        deviation.shown,
    );
    let mut steps = vec![Step {
        rounding: deviation.rounding,
        ..shown
    }];
    let exactly = match deviation.rounding {
        Rounding::Shown(_) => prices(),
        _ => Inputs::new(),
    };
    let inputs = exactly.with("deviation_percent", deviation.shown);
    let above = deviation.percent.sign() > 0;
    let away = deviation.percent.absolute()?;
    let segments = rule.segments(above);
    let reached = segments
        .iter()
        .take_while(|segment| away > segment.beyond.fraction())
        .count();
    let of_score = format!("{id}/price_score");
    let (formula, inputs) = match segments.get(..reached).unwrap_or(segments) {
        [] if above => {
            let inputs = inputs.with("full", rule.full);
            ("price-score.above", inputs.with("up", rule.rate(above)))
        }
        [] => {
            let inputs = inputs.with("full", rule.full);
            ("price-score.below", inputs.with("down", rule.rate(above)))
        }
        [
            ..,
            Segment {
                beyond,
                mark: Some(mark),
                ..
            },
        ] => {
            let inputs = inputs.with("beyond", *beyond).with("mark", *mark);
            ("price-score.mark", inputs)
        }
        reached => {
            let pieces = Pieces::of(rule.rate(above), reached, away)?;
            steps.extend(pieces.steps(&inputs, &of_score));
            let inputs = inputs
                .with("full", rule.full)
                .with("from", pieces.from.as_slice())
                .with("rates", pieces.rates.as_slice())
                .with("lost", pieces.lost);
            ("price-score.pieces", inputs)
        }
    };
    let inputs = inputs.with("floor", rule.floor());
    steps.push(Step::rounded(of_score, formula, inputs, points));
    Ok(steps)
}

/// What each segment costs, from the benchmark outwards.
struct Pieces {
    from: Vec<Decimal>,
    rates: Vec<Decimal>,
    lost: Vec<Fraction>,
}

impl Pieces {
    fn of(first: Decimal, reached: &[Segment], away: Fraction) -> Result<Pieces, ArithmeticError> {
        let zero = Decimal::from_units(0, 0);
        let further = reached.iter().filter_map(|segment| segment.rate);
        let begins = reached.iter().map(|segment| segment.beyond);
        let rates: Vec<Decimal> = std::iter::once(first).chain(further).collect();
        let from: Vec<Decimal> = std::iter::once(zero).chain(begins).collect();
        let mut lost = Vec::with_capacity(rates.len());
        for (index, (begin, rate)) in from.iter().zip(&rates).enumerate() {
            let next = from.get(index.saturating_add(1));
            let end = next.map_or(away, |next| next.fraction());
            let width = end.minus(begin.fraction())?;
            lost.push(width.times(rate.fraction())?);
        }
        Ok(Pieces { from, rates, lost })
    }

    fn steps<'a>(&'a self, inputs: &'a Inputs, id: &'a str) -> impl Iterator<Item = Step> + 'a {
        let ends = self.from.iter().skip(1).copied().map(Some);
        let ends = ends.chain(std::iter::once(None));
        let pieces = self.from.iter().zip(&self.rates).zip(&self.lost).zip(ends);
        pieces
            .zip(1_usize..)
            .map(move |((((from, rate), lost), to), number)| {
                let inputs = inputs
                    .clone()
                    .with("from", *from)
                    .with("rate", *rate)
                    .with_some("to", to);
                let id = format!("{id}/piece-{number}");
                Step::exact(id, "price-score.piece", inputs, *lost)
            })
    }
}

/// The step of one bid's points by ratio; `id` is `bid/B`.
pub(crate) fn ratio_step(
    rule: &PriceScore,
    lowest: Fraction,
    evaluated: Fraction,
    points: Decimal,
    id: &str,
) -> Step {
    let inputs = Inputs::new()
        .with("full", rule.full)
        .with("lowest_evaluated", lowest)
        .with("evaluated_price", evaluated);
    Step::rounded(
        format!("{id}/price_score"),
        "price-score.ratio",
        inputs,
        points,
    )
}
