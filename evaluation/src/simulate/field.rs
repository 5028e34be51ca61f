//! A model of the prices that a tender may receive: shares of the control price, drawn with integers only.

use num_bigint::BigUint;

use crate::case::{AMOUNT_MAX_FEN, BIDS_MAX, Bid};
use crate::decimal::{Decimal, Money};
use crate::draw::{DrawError, Stream};
use crate::error::{EvaluationError, Problem};
use crate::fraction::{ArithmeticError, Fraction};

/// Label of the stream that prices are drawn from.
pub const FIELD_LABEL: &str = "simulate:field";

/// How shares of the control price are distributed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Shape {
    /// Every price between `low` and `high` is equally likely.
    Uniform,
    /// Rising from `low` to the mode, falling from there to `high`.
    Triangular {
        /// The share that is the likeliest.
        mode: Decimal,
    },
}

/// A model of a field of independent bidders.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct FieldModel {
    /// How many bids.
    pub bids: usize,
    /// The lowest share of the control price.
    pub low: Decimal,
    /// The highest share of the control price.
    pub high: Decimal,
    /// What lies between.
    pub shape: Shape,
    /// Decimals of a price: 0 to 2.
    pub decimals: u8,
}

/// Why a model makes no field.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum FieldError {
    /// `n=30` is not of the form `name=value`.
    #[error("\"{0}\" is not of the form name=value")]
    Malformed(String),
    /// A name that no model has.
    #[error("\"{0}\" is not known; known are n, low, high, shape, mode, decimals")]
    Unknown(String),
    /// A value that cannot be read.
    #[error("\"{value}\" is no value for {name}; {expected}")]
    Value {
        /// The name.
        name: &'static str,
        /// What was given.
        value: String,
        /// What it has to be.
        expected: &'static str,
    },
    /// Something that has to be there.
    #[error("{0} is missing")]
    Missing(&'static str),
    /// The ends are not in order.
    #[error("low, mode and high have to be above 0 and must not descend; high is at most 2")]
    Order,
}

/// The steps between two prices, from the lowest on.
struct Range {
    low_steps: u64,
    width_steps: u64,
    /// The likeliest, in steps above the lowest.
    mode_steps: Option<u64>,
    fen_per_step: u64,
}

impl std::str::FromStr for FieldModel {
    type Err = FieldError;

    /// `n=30,low=0.85,high=0.98,shape=uniform`, in any order; a triangular shape needs `mode`.
    fn from_str(text: &str) -> Result<FieldModel, FieldError> {
        let (mut bids, mut low, mut high, mut mode) = (None, None, None, None);
        let (mut triangular, mut decimals) = (None, 2);
        let share = |name, value: &str| {
            value.parse::<Decimal>().map_err(|_| FieldError::Value {
                name,
                value: value.to_owned(),
                expected: "a share of the control price such as 0.92",
            })
        };
        for part in text.split(',') {
            let pair = part.trim().split_once('=');
            let (name, value) =
                pair.ok_or_else(|| FieldError::Malformed(part.trim().to_owned()))?;
            match name {
                "n" => bids = Some(count(value)?),
                "low" => low = Some(share("low", value)?),
                "high" => high = Some(share("high", value)?),
                "mode" => mode = Some(share("mode", value)?),
                "decimals" => decimals = price_decimals(value)?,
                "shape" => triangular = Some(is_triangular(value)?),
                _ => return Err(FieldError::Unknown(name.to_owned())),
            }
        }
        let shape = match (triangular.unwrap_or(mode.is_some()), mode) {
            (true, Some(mode)) => Shape::Triangular { mode },
            (true, None) => return Err(FieldError::Missing("mode (the likeliest share)")),
            (false, None) => Shape::Uniform,
            (false, Some(_)) => {
                return Err(FieldError::Unknown("mode (of a uniform shape)".to_owned()));
            }
        };
        let model = FieldModel {
            bids: bids.ok_or(FieldError::Missing("n (the number of bids)"))?,
            low: low.ok_or(FieldError::Missing("low (the lowest share)"))?,
            high: high.ok_or(FieldError::Missing("high (the highest share)"))?,
            shape,
            decimals,
        };
        model.check()
    }
}

fn count(value: &str) -> Result<usize, FieldError> {
    let count = value.parse::<usize>().ok();
    count
        .filter(|count| (1..=BIDS_MAX).contains(count))
        .ok_or_else(|| FieldError::Value {
            name: "n",
            value: value.to_owned(),
            expected: "a number of bids from 1 to 10000",
        })
}

fn price_decimals(value: &str) -> Result<u8, FieldError> {
    let decimals = value.parse::<u8>().ok();
    decimals
        .filter(|decimals| *decimals <= 2)
        .ok_or_else(|| FieldError::Value {
            name: "decimals",
            value: value.to_owned(),
            expected: "0, 1 or 2",
        })
}

fn is_triangular(value: &str) -> Result<bool, FieldError> {
    match value {
        "uniform" => Ok(false),
        "triangular" => Ok(true),
        _ => Err(FieldError::Value {
            name: "shape",
            value: value.to_owned(),
            expected: "uniform or triangular",
        }),
    }
}

impl FieldModel {
    fn check(self) -> Result<FieldModel, FieldError> {
        let (low, high) = (self.low.fraction(), self.high.fraction());
        let mode = match self.shape {
            Shape::Uniform => low,
            Shape::Triangular { mode } => mode.fraction(),
        };
        let ordered = Fraction::ZERO < low && low <= mode && mode <= high;
        if ordered && high <= Fraction::integer(2) {
            Ok(self)
        } else {
            Err(FieldError::Order)
        }
    }

    /// Draws the prices of `count` bidders, ascending.
    pub fn draw(
        &self,
        control_price: Money,
        count: usize,
        stream: &mut Stream,
    ) -> Result<Vec<Money>, EvaluationError> {
        let range = self.range(control_price)?;
        let mut prices = Vec::with_capacity(count);
        for _ in 0..count {
            prices.push(range.draw(stream)?);
        }
        prices.sort_unstable();
        Ok(prices)
    }

    /// The lowest and the highest price of the model.
    pub fn ends(&self, control_price: Money) -> Result<(Money, Money), EvaluationError> {
        let range = self.range(control_price)?;
        Ok((range.price(0)?, range.price(range.width_steps)?))
    }

    /// Prices are whole steps: the lowest is rounded up, the highest down, so that none is outside.
    fn range(&self, control_price: Money) -> Result<Range, EvaluationError> {
        let fen_per_step = match self.decimals {
            0 => 100,
            1 => 10,
            _ => 1,
        };
        let steps = |share: Decimal| {
            let exact = control_price.fraction().times(share.fraction())?;
            exact.times(Fraction::new(100, i128::from(fen_per_step))?)
        };
        let whole = |exact: Fraction| -> Result<i64, ArithmeticError> {
            i64::try_from(exact.round_half_up(0)?.units()).map_err(|_| ArithmeticError::Overflow)
        };
        let (low, high) = (steps(self.low)?, steps(self.high)?);
        let mut low_steps = whole(low)?;
        if Fraction::integer(i128::from(low_steps)) < low {
            low_steps = low_steps.saturating_add(1);
        }
        let mut high_steps = whole(high)?;
        if Fraction::integer(i128::from(high_steps)) > high {
            high_steps = high_steps.saturating_sub(1);
        }
        let too_narrow = || Problem::PriceNotPositive.at("/control_price");
        let width = high_steps
            .checked_sub(low_steps)
            .and_then(|width| u64::try_from(width).ok());
        let mode_steps = match self.shape {
            Shape::Uniform => None,
            Shape::Triangular { mode } => {
                let above = whole(steps(mode)?)?.clamp(low_steps, high_steps.max(low_steps));
                u64::try_from(above.saturating_sub(low_steps)).ok()
            }
        };
        Ok(Range {
            low_steps: u64::try_from(low_steps)
                .ok()
                .filter(|low| *low > 0)
                .ok_or_else(too_narrow)?,
            width_steps: width.ok_or_else(too_narrow)?,
            mode_steps,
            fen_per_step,
        })
    }
}

impl Range {
    fn price(&self, steps: u64) -> Result<Money, EvaluationError> {
        let steps = self.low_steps.saturating_add(steps);
        let fen = steps
            .checked_mul(self.fen_per_step)
            .and_then(|fen| i64::try_from(fen).ok());
        let fen = fen
            .filter(|fen| *fen <= AMOUNT_MAX_FEN)
            .ok_or(ArithmeticError::Overflow)?;
        Ok(Money::from_fen(fen))
    }

    fn draw(&self, stream: &mut Stream) -> Result<Money, EvaluationError> {
        let steps = match self.mode_steps {
            None => stream
                .below(self.width_steps.saturating_add(1))
                .map_err(drawn)?,
            Some(mode) => self.triangular(mode, stream)?,
        };
        self.price(steps)
    }

    /// The inverse of the triangular distribution function at a random place of 2^62, with integer roots.
    #[expect(
        clippy::arithmetic_side_effects,
        reason = "numbers of any size cannot overflow; nothing is divided by zero or taken below zero"
    )]
    fn triangular(&self, mode: u64, stream: &mut Stream) -> Result<u64, EvaluationError> {
        const PLACES: u64 = 1 << 62;
        let place = stream.below(PLACES).map_err(drawn)?;
        let (width, rising) = (BigUint::from(self.width_steps), BigUint::from(mode));
        let places = BigUint::from(PLACES);
        let is_rising = &width * place < &rising * &places;
        let root = |part: u64, side: &BigUint| {
            let square = &width * side * part / &places;
            u64::try_from(square.sqrt()).unwrap_or(self.width_steps)
        };
        Ok(if is_rising {
            root(place, &rising)
        } else {
            let falling = BigUint::from(self.width_steps.saturating_sub(mode));
            let below_high = root(PLACES.saturating_sub(place), &falling);
            self.width_steps.saturating_sub(below_high)
        })
    }
}

fn drawn(error: DrawError) -> EvaluationError {
    Problem::from(error).at("")
}

/// Bids with these prices, ascending; the k-th lowest is called by its place: `01`, `02` and so on.
pub fn bids_of(prices: &[Money]) -> Vec<Bid> {
    let width = prices.len().to_string().len().max(2);
    let name = |place: usize| format!("{place:0width$}");
    prices
        .iter()
        .zip(1_usize..)
        .map(|(price, place)| Bid::of(name(place), *price))
        .collect()
}
