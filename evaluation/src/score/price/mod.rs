//! The price score: points for a deviation from the benchmark, or for a ratio to the lowest price.
//!
//! | file | what |
//! |---|---|
//! | `mod.rs` | the rule, and the score in integers |
//! | `steps.rs` | the explanation, with all formula ids |
//!
//! The score is made in integers of 128 bits: with amounts of at most 10^13, benchmarks of at most six
//! decimals, and numbers of a rule of at most 10^6 with six decimals, every intermediate value fits, and the
//! one product that may not is larger than everything that a price can lose.

mod steps;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::decimal::{Decimal, MONEY_DECIMALS, Money, power_of_ten};
use crate::explain::{DECIMALS_SHOWN, Rounding};
use crate::fraction::{ArithmeticError, Fraction, divide_half_up};

pub(super) use steps::FORMULAS;
pub(crate) use steps::{ratio_step, steps};

/// The most segments on one side of the benchmark.
pub const SEGMENTS_MAX: usize = 20;

/// How a deviation from the benchmark becomes a price score (rules.md sections 1.8 and 1.13). A method that
/// scores by ratio (government procurement) has only `full` and `score_decimals`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct PriceScore {
    /// The full mark, for a price equal to the benchmark.
    pub full: Decimal,
    /// Points lost per percent above the benchmark.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub up: Option<Decimal>,
    /// Points lost per percent below the benchmark.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub down: Option<Decimal>,
    /// No score is lower; 0 if absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub floor: Option<Decimal>,
    /// Where the rate changes; absent: it never does.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub segments: Option<Segments>,
    /// Decimals of the benchmark; 2 if absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub benchmark_decimals: Option<u8>,
    /// Decimals of the deviation in percent; none: it is not rounded before scoring.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub deviation_decimals: Option<u8>,
    /// Decimals of the score.
    pub score_decimals: u8,
}

/// Where the rate changes on either side of the benchmark.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Segments {
    /// Above the benchmark, by rising deviation.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub up: Vec<Segment>,
    /// Below the benchmark, by rising deviation.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub down: Vec<Segment>,
}

/// What holds from a deviation on ("below 8 % each further 1 % costs 4 points"): either a rate or a mark.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Segment {
    /// The deviation, in percent without sign, beyond which it holds.
    pub beyond: Decimal,
    /// Points lost for each further percent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub rate: Option<Decimal>,
    /// A fixed mark for every price that far out.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub mark: Option<Decimal>,
}

impl PriceScore {
    /// The decimals of the benchmark.
    pub fn benchmark_decimals(&self) -> u8 {
        self.benchmark_decimals.unwrap_or(MONEY_DECIMALS)
    }

    /// The lowest score.
    pub fn floor(&self) -> Decimal {
        self.floor.unwrap_or(Decimal::from_units(0, 0))
    }

    /// The segments above the benchmark, or below it.
    pub fn segments(&self, above: bool) -> &[Segment] {
        match &self.segments {
            None => &[],
            Some(segments) if above => &segments.up,
            Some(segments) => &segments.down,
        }
    }

    /// The rate next to the benchmark, above or below it.
    pub fn rate(&self, above: bool) -> Decimal {
        let rate = if above { self.up } else { self.down };
        rate.unwrap_or(Decimal::from_units(0, 0))
    }
}

/// A deviation from the benchmark.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Deviation {
    /// In percent; above zero: dearer than the benchmark. Already rounded if the rule rounds it.
    pub percent: Fraction,
    /// The same for display: as the rule rounds it, otherwise with six decimals.
    pub shown: Decimal,
    /// Whether `percent` is what is shown, or goes on behind it.
    pub rounding: Rounding,
}

/// A price score rule with its benchmark, ready for many prices.
///
/// All numbers of the rule stand at one scale, so that a score is a product, a difference and a division of
/// integers.
#[derive(Clone, Debug)]
pub struct PriceScorer {
    /// 10^scale of marks, rates and deviations where rates change.
    one: i128,
    above: Side,
    below: Side,
    /// Units of `one`.
    full: i128,
    /// Units of `one`.
    floor: i128,
    /// At its own scale, at least that of money.
    benchmark: i128,
    /// The benchmark times `one`.
    benchmark_times_one: i128,
    /// A fen at the benchmark's scale: 1 unless the benchmark has more than two decimals.
    fen: i128,
    /// 100 × 10^deviation_decimals where the deviation is rounded.
    rounded_percent: Option<i128>,
    /// 10^deviation_decimals where the deviation is rounded.
    rounded_one: i128,
    benchmark_decimals: u8,
    score_decimals: u8,
    deviation_decimals: Option<u8>,
    /// What the numerator of a score is multiplied with to give units of the score.
    widen: i128,
    /// What its denominator is multiplied with.
    narrow: i128,
}

/// One side of the benchmark: pieces by rising deviation.
#[derive(Clone, Debug)]
struct Side {
    first: Piece,
    further: Vec<Piece>,
}

/// A stretch of deviations with one rate, or with a mark.
#[derive(Clone, Copy, Debug)]
struct Piece {
    /// Where it begins, in percent; units of `one`.
    beyond: i128,
    /// The score there; units of `one`².
    start: i128,
    /// Points lost per percent; units of `one`. Zero for a mark.
    rate: i128,
}

impl PriceScorer {
    /// `benchmark` is the rounded one, above zero.
    pub fn new(rule: &PriceScore, benchmark: Decimal) -> Result<PriceScorer, ArithmeticError> {
        let scale = scale(rule);
        let one = ten(scale)?;
        let units = |value: Decimal| value.units_at(scale).ok_or(OVERFLOW);
        let (full, floor) = (units(rule.full)?, units(rule.floor())?);
        // Scores only fall on the way out, so that one at the floor needs no exact value any more.
        let lowest = floor.checked_mul(one).ok_or(OVERFLOW)?;
        let side = |above: bool| -> Result<Side, ArithmeticError> {
            let first = Piece {
                beyond: 0,
                start: full.checked_mul(one).ok_or(OVERFLOW)?,
                rate: units(rule.rate(above))?,
            };
            let mut last = first;
            let mut further = Vec::new();
            for segment in rule.segments(above) {
                let beyond = units(segment.beyond)?;
                let start = match segment.mark {
                    Some(mark) => units(mark)?.checked_mul(one).ok_or(OVERFLOW)?,
                    None => last.score_at(beyond)?.max(lowest),
                };
                last = Piece {
                    beyond,
                    start,
                    rate: segment.rate.map_or(Ok(0), units)?,
                };
                further.push(last);
            }
            Ok(Side { first, further })
        };
        // A score of numerator / (denominator × one²), in units of 10^-score_decimals.
        let whole_scale = scale.saturating_mul(2);
        let (widen, narrow) = match rule.score_decimals.checked_sub(whole_scale) {
            Some(more) => (ten(more)?, 1),
            None => (1, ten(whole_scale.saturating_sub(rule.score_decimals))?),
        };
        let rounded_one = ten(rule.deviation_decimals.unwrap_or(0))?;
        let mut scorer = PriceScorer {
            one,
            above: side(true)?,
            below: side(false)?,
            full,
            floor,
            benchmark: 1,
            benchmark_times_one: one,
            fen: ten(rule.benchmark_decimals().saturating_sub(MONEY_DECIMALS))?,
            rounded_percent: rule
                .deviation_decimals
                .map(|_| rounded_one.checked_mul(100).ok_or(OVERFLOW))
                .transpose()?,
            rounded_one,
            benchmark_decimals: rule.benchmark_decimals(),
            score_decimals: rule.score_decimals,
            deviation_decimals: rule.deviation_decimals,
            widen,
            narrow,
        };
        scorer.rebase(benchmark)?;
        Ok(scorer)
    }

    /// The same rule with another rounded benchmark, above zero.
    pub fn rebase(&mut self, benchmark: Decimal) -> Result<(), ArithmeticError> {
        let scale = self.benchmark_decimals.max(MONEY_DECIMALS);
        let units = benchmark.units_at(scale).ok_or(OVERFLOW)?;
        if units <= 0 {
            return Err(ArithmeticError::DivisionByZero);
        }
        self.benchmark = units;
        self.benchmark_times_one = units.checked_mul(self.one).ok_or(OVERFLOW)?;
        Ok(())
    }

    /// How far a price is from the benchmark.
    pub fn deviation(&self, price: Money) -> Result<Deviation, ArithmeticError> {
        let exact = Fraction::new(self.hundredfold_difference(price)?, self.benchmark)?;
        let (percent, shown, rounding) = match self.deviation_decimals {
            Some(decimals) => {
                let rounded = exact.round_half_up(decimals)?;
                (rounded.fraction(), rounded, Rounding::HalfUp(decimals))
            }
            None => {
                let shown = exact.round_half_up(DECIMALS_SHOWN)?;
                (exact, shown, Rounding::Shown(DECIMALS_SHOWN))
            }
        };
        Ok(Deviation {
            percent,
            shown,
            rounding,
        })
    }

    /// The points of a price.
    pub fn points_for(&self, price: Money) -> Result<Decimal, ArithmeticError> {
        self.units_for(price)
            .map(|units| Decimal::from_units(units, self.score_decimals))
    }

    /// The points of a price, in units of the last decimal of the score.
    pub fn units_for(&self, price: Money) -> Result<i128, ArithmeticError> {
        let difference = self.hundredfold_difference(price)?;
        let side = if difference > 0 {
            &self.above
        } else {
            &self.below
        };
        // The deviation is percent / base, both above zero.
        let (percent, base, base_times_one) = match self.rounded_percent {
            None => (
                difference.checked_abs().ok_or(OVERFLOW)?,
                self.benchmark,
                self.benchmark_times_one,
            ),
            Some(_) => {
                let scaled = difference.checked_mul(self.rounded_one).ok_or(OVERFLOW)?;
                let rounded = divide_half_up(scaled, self.benchmark).ok_or(OVERFLOW)?;
                let base = self.rounded_one;
                (
                    rounded.checked_abs().ok_or(OVERFLOW)?,
                    base,
                    base.checked_mul(self.one).ok_or(OVERFLOW)?,
                )
            }
        };
        self.units_on(side, percent, base, base_times_one)
    }

    /// The full mark, in units of the last decimal of the score.
    pub fn full_units(&self) -> i128 {
        self.full
            .checked_mul(self.widen)
            .and_then(|units| units.checked_mul(self.one))
            .and_then(|units| units.checked_div(self.narrow))
            .unwrap_or(i128::MAX)
    }

    fn units_on(
        &self,
        side: &Side,
        percent: i128,
        base: i128,
        base_times_one: i128,
    ) -> Result<i128, ArithmeticError> {
        let percent_units = percent.checked_mul(self.one).ok_or(OVERFLOW)?;
        let beyond = |piece: &&Piece| {
            piece
                .beyond
                .checked_mul(base)
                .is_some_and(|start| percent_units > start)
        };
        let piece = side
            .further
            .iter()
            .rev()
            .find(beyond)
            .unwrap_or(&side.first);
        let floor = self.floor.checked_mul(base_times_one).ok_or(OVERFLOW)?;
        let start = piece.start.checked_mul(base).ok_or(OVERFLOW)?;
        let into = piece
            .beyond
            .checked_mul(base)
            .and_then(|start| percent_units.checked_sub(start))
            .ok_or(OVERFLOW)?;
        // A product that does not fit is more than there is to lose.
        let left = into
            .checked_mul(piece.rate)
            .and_then(|lost| start.checked_sub(lost))
            .map_or(floor, |left| left.max(floor));
        let numerator = left.checked_mul(self.widen).ok_or(OVERFLOW)?;
        let denominator = base.checked_mul(self.narrow).ok_or(OVERFLOW)?;
        divide_half_up(numerator, denominator).ok_or(OVERFLOW)
    }

    /// 100 × (price − benchmark), at the benchmark's scale.
    fn hundredfold_difference(&self, price: Money) -> Result<i128, ArithmeticError> {
        i128::from(price.fen())
            .checked_mul(self.fen)
            .and_then(|price| price.checked_sub(self.benchmark))
            .and_then(|difference| difference.checked_mul(100))
            .ok_or(OVERFLOW)
    }
}

impl Piece {
    /// The score at a deviation (units of `one`) at or behind the start, in units of `one`².
    fn score_at(self, deviation: i128) -> Result<i128, ArithmeticError> {
        deviation
            .checked_sub(self.beyond)
            .and_then(|width| width.checked_mul(self.rate))
            .and_then(|lost| self.start.checked_sub(lost))
            .ok_or(OVERFLOW)
    }
}

/// Points for the ratio of the lowest evaluated price to one's own (87号令 article 55).
pub fn ratio_points(
    rule: &PriceScore,
    lowest: Fraction,
    evaluated: Fraction,
) -> Result<Decimal, ArithmeticError> {
    lowest
        .over(evaluated)?
        .times(rule.full.fraction())?
        .round_half_up(rule.score_decimals)
}

const OVERFLOW: ArithmeticError = ArithmeticError::Overflow;

fn ten(exponent: u8) -> Result<i128, ArithmeticError> {
    power_of_ten(exponent).ok_or(OVERFLOW)
}

/// The most decimals of any number of the rule.
fn scale(rule: &PriceScore) -> u8 {
    let both = rule.segments(true).iter().chain(rule.segments(false));
    let of_segments = both.flat_map(|segment| {
        [Some(segment.beyond), segment.rate, segment.mark]
            .into_iter()
            .flatten()
    });
    [rule.full, rule.floor(), rule.rate(true), rule.rate(false)]
        .into_iter()
        .chain(of_segments)
        .map(Decimal::scale)
        .max()
        .unwrap_or(0)
}
