//! The prices that a benchmark is made of.

use crate::decimal::Money;
use crate::fraction::{ArithmeticError, Fraction};

/// The benchmark set (the frozen list of prices that enter the mean), ascending, with the amounts that the
/// tender itself gives.
#[derive(Clone, Debug)]
pub struct PriceSet {
    prices: Vec<Money>,
    control_price: Option<Money>,
    estimated_price: Option<Money>,
}

impl PriceSet {
    /// A set of prices in any order.
    pub fn new(prices: impl IntoIterator<Item = Money>) -> PriceSet {
        let mut prices: Vec<Money> = prices.into_iter().collect();
        prices.sort_unstable();
        PriceSet {
            prices,
            control_price: None,
            estimated_price: None,
        }
    }

    /// The same set with a control price. Prices above it are dropped: such bids are rejected by law
    /// (实施条例 article 51) and count for nothing.
    #[must_use]
    pub fn with_control_price(mut self, control_price: Option<Money>) -> PriceSet {
        if let Some(limit) = control_price {
            self.prices.retain(|price| *price <= limit);
        }
        self.control_price = control_price;
        self
    }

    /// The same set with an estimated price.
    #[must_use]
    pub fn with_estimated_price(mut self, estimated_price: Option<Money>) -> PriceSet {
        self.estimated_price = estimated_price;
        self
    }

    /// The prices, ascending, equal ones as separate entries.
    pub fn prices(&self) -> &[Money] {
        &self.prices
    }

    /// 招标控制价. Methods that need it declare so, and the case is refused before they run without it; a
    /// missing one is zero here.
    pub fn control_price(&self) -> Money {
        self.control_price.unwrap_or(Money::from_fen(0))
    }

    /// The estimated price; a missing one is zero, as for the control price.
    pub fn estimated_price(&self) -> Money {
        self.estimated_price.unwrap_or(Money::from_fen(0))
    }
}

/// The sum of some prices, in whole units.
pub(crate) fn sum(prices: &[Money]) -> Result<Fraction, ArithmeticError> {
    // An i128 holds the sum of more i64 values than fit into memory.
    let fen = prices
        .iter()
        .map(|price| i128::from(price.fen()))
        .fold(0_i128, i128::saturating_add);
    Fraction::new(fen, 100)
}

/// The arithmetic mean of some prices, unrounded, in whole units.
pub(crate) fn mean(prices: &[Money]) -> Result<Fraction, ArithmeticError> {
    let count = i128::try_from(prices.len()).map_err(|_| ArithmeticError::Overflow)?;
    sum(prices)?.over(Fraction::integer(count))
}
