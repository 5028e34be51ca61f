//! The prices that a benchmark is made of.

use crate::decimal::{Decimal, Money, power_of_ten};
use crate::fraction::{ArithmeticError, Fraction};
use crate::shortlist::Limits;

/// The benchmark set (the frozen list of prices that enter the mean), ascending, with the amounts that the
/// tender itself gives.
#[derive(Clone, Debug)]
pub struct PriceSet {
    prices: Vec<Money>,
    /// In fen: the sum of no price, of the lowest, of the two lowest, .., of all. So the sum of neighbours is
    /// one subtraction, however many there are.
    sums: Vec<i128>,
    control_price: Option<Money>,
    estimated_price: Option<Money>,
    budget_price: Option<Money>,
    lowest_evaluated: Option<Fraction>,
}

impl PriceSet {
    /// A set of prices in any order.
    pub fn new(prices: impl IntoIterator<Item = Money>) -> PriceSet {
        let mut set = PriceSet {
            prices: Vec::new(),
            sums: Vec::new(),
            control_price: None,
            estimated_price: None,
            budget_price: None,
            lowest_evaluated: None,
        };
        set.refill(prices);
        set
    }

    /// Other prices for the same tender, in any order; a control price drops those above it again. The memory
    /// is used again: simulations refill one set a million times.
    pub fn refill(&mut self, prices: impl IntoIterator<Item = Money>) {
        self.prices.clear();
        self.prices.extend(prices);
        self.prices.sort_unstable();
        self.drop_above_control_price();
        self.sum_up();
    }

    /// The same set with a budget price.
    #[must_use]
    pub fn with_budget_price(mut self, budget_price: Option<Money>) -> PriceSet {
        self.budget_price = budget_price;
        self
    }

    /// The same set with the lowest evaluated price, for methods that evaluate prices before they compare.
    #[must_use]
    pub fn with_lowest_evaluated(mut self, lowest: Option<Fraction>) -> PriceSet {
        self.lowest_evaluated = lowest;
        self
    }

    /// The same set with a control price. Prices above it are dropped: such bids are rejected by law
    /// (实施条例 article 51) and count for nothing.
    #[must_use]
    pub fn with_control_price(mut self, control_price: Option<Money>) -> PriceSet {
        self.control_price = control_price;
        self.drop_above_control_price();
        self
    }

    /// The same set with an estimated price.
    #[must_use]
    pub fn with_estimated_price(mut self, estimated_price: Option<Money>) -> PriceSet {
        self.estimated_price = estimated_price;
        self
    }

    /// Drops every price that a shortlist leaves out.
    pub fn keep(&mut self, limits: Limits) {
        self.prices.retain(|price| limits.contain(*price));
        self.sum_up();
    }

    /// The prices, ascending, equal ones as separate entries.
    pub fn prices(&self) -> &[Money] {
        &self.prices
    }

    /// All prices with their sums.
    pub(crate) fn all(&self) -> Run<'_> {
        Run {
            prices: &self.prices,
            sums: &self.sums,
        }
    }

    /// 招标控制价. Methods that need it declare so, and the case is refused before they run without it; a
    /// missing one is zero here.
    pub fn control_price(&self) -> Money {
        self.control_price.unwrap_or_default()
    }

    /// The estimated price; a missing one is zero, as for the control price.
    pub fn estimated_price(&self) -> Money {
        self.estimated_price.unwrap_or_default()
    }

    /// The budget price; a missing one is zero, as for the control price.
    pub fn budget_price(&self) -> Money {
        self.budget_price.unwrap_or_default()
    }

    /// The lowest evaluated price; without evaluation the lowest price, of an empty set zero.
    pub fn lowest_evaluated(&self) -> Fraction {
        let lowest_price = || self.prices.first().map(|price| price.fraction());
        self.lowest_evaluated
            .or_else(lowest_price)
            .unwrap_or(Fraction::ZERO)
    }

    fn drop_above_control_price(&mut self) {
        if let Some(limit) = self.control_price {
            let inside = self.prices.partition_point(|price| *price <= limit);
            self.prices.truncate(inside);
            self.sums.truncate(inside.saturating_add(1));
        }
    }

    fn sum_up(&mut self) {
        self.sums.clear();
        self.sums.push(0);
        // An i128 holds the sum of more i64 values than fit into memory.
        let sums = self.prices.iter().scan(0_i128, |sum, price| {
            *sum = sum.saturating_add(i128::from(price.fen()));
            Some(*sum)
        });
        self.sums.extend(sums);
    }
}

/// Neighbouring prices of a set, ascending, with their sum ready.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Run<'a> {
    prices: &'a [Money],
    /// One more than there are prices.
    sums: &'a [i128],
}

impl<'a> Run<'a> {
    /// The prices, ascending.
    pub(crate) fn prices(self) -> &'a [Money] {
        self.prices
    }

    /// How many there are.
    pub(crate) fn len(self) -> usize {
        self.prices.len()
    }

    pub(crate) fn is_empty(self) -> bool {
        self.prices.is_empty()
    }

    /// The lowest.
    pub(crate) fn first(self) -> Option<Money> {
        self.prices.first().copied()
    }

    /// The price at a place, from 0.
    pub(crate) fn get(self, place: usize) -> Option<Money> {
        self.prices.get(place).copied()
    }

    /// The sum in whole units.
    pub(crate) fn sum(self) -> Fraction {
        Fraction::hundredths(self.fen())
    }

    /// The arithmetic mean, unrounded, in whole units. Nothing has none.
    pub(crate) fn mean(self) -> Result<Fraction, ArithmeticError> {
        let hundreds = i128::try_from(self.len())
            .ok()
            .and_then(|count| count.checked_mul(100));
        Fraction::new(self.fen(), hundreds.ok_or(ArithmeticError::Overflow)?)
    }

    /// Without the `low` lowest and the `high` highest.
    pub(crate) fn without(self, low: usize, high: usize) -> Run<'a> {
        self.part(low, self.len().saturating_sub(high))
    }

    /// Those from place `from` up to, not including, place `to`.
    pub(crate) fn part(self, from: usize, to: usize) -> Run<'a> {
        match (self.prices.get(from..to), self.sums.get(from..=to)) {
            (Some(prices), Some(sums)) => Run { prices, sums },
            _ => Run {
                prices: &[],
                sums: &[],
            },
        }
    }

    /// Those that are at least `limit`.
    pub(crate) fn from(self, limit: Fraction) -> Run<'a> {
        self.part(self.how_many_under(limit), self.len())
    }

    /// Those below `limit`.
    pub(crate) fn under(self, limit: Fraction) -> Run<'a> {
        self.part(0, self.how_many_under(limit))
    }

    /// Those above `limit`.
    pub(crate) fn above(self, limit: Fraction) -> Run<'a> {
        self.part(self.how_many_upto(limit), self.len())
    }

    /// Those that are at most `limit`.
    pub(crate) fn upto(self, limit: Fraction) -> Run<'a> {
        self.part(0, self.how_many_upto(limit))
    }

    fn how_many_under(self, limit: Fraction) -> usize {
        self.prices
            .partition_point(|price| price.fraction() < limit)
    }

    fn how_many_upto(self, limit: Fraction) -> usize {
        self.prices
            .partition_point(|price| price.fraction() <= limit)
    }

    fn fen(self) -> i128 {
        match (self.sums.first(), self.sums.last()) {
            (Some(before), Some(upto)) => upto.saturating_sub(*before),
            _ => 0,
        }
    }
}

/// How a part of a number of bids becomes a whole number.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum ShareRounding {
    Down,
    HalfUp,
}

/// How many of `n` bids a percentage (not below zero) makes.
pub(crate) fn share(percent: Decimal, n: usize, rounding: ShareRounding) -> usize {
    let whole = power_of_ten(percent.scale())
        .and_then(|ten| ten.checked_mul(100))
        .unwrap_or(i128::MAX);
    let exact = i128::try_from(n)
        .ok()
        .and_then(|n| n.checked_mul(percent.units()));
    // Always even, since it is a multiple of 100.
    let half = whole.checked_div(2).unwrap_or(0);
    let lifted = exact.and_then(|exact| match rounding {
        ShareRounding::Down => Some(exact),
        ShareRounding::HalfUp => exact.checked_add(half),
    });
    let count = lifted.and_then(|lifted| lifted.checked_div(whole));
    count
        .and_then(|count| usize::try_from(count).ok())
        .unwrap_or(n)
}
