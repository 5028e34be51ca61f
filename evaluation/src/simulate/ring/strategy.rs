//! The prices that a ring may agree on: a documented family, not everything that is possible. What the best of
//! them reaches is therefore a lower bound of what a ring can do.
//!
//! A ring knows the rule set and what honest bidders usually ask, not what they will ask this time: a strategy
//! is a list of prices that stays the same whatever the others bid. The ring reaches from half a spread below
//! the usual prices to the control price.

use serde::Serialize;

use crate::decimal::Money;

/// Places of the grid between the ends of the ring's reach.
const PLACES: i64 = 10;
/// Members of a cluster are one ten-thousandth of their price apart.
const CLUSTER_STEP: i64 = 10_000;

/// How the members that push, or all members, are placed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case", tag = "kind")]
pub enum Arrangement {
    /// All at the low end of the reach.
    AllLow,
    /// All at the high end of the reach.
    AllHigh,
    /// All close together around a place of the grid, in tenths of the reach.
    Clustered {
        /// From 0, the low end, to 10, the high end.
        place: i64,
    },
    /// In even steps from one place of the grid to another.
    EvenSteps {
        /// The place of the lowest price.
        from: i64,
        /// The place of the highest price.
        to: i64,
    },
    /// All just below the honest price that a fifth of the honest prices exceed: as high as a trimmed mean
    /// of Jiangsu lets them be.
    EdgeHigh,
    /// All just above the honest price that a fifth of the honest prices fall short of.
    EdgeLow,
}

/// Where the one member is that is meant to win.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Spearhead {
    /// Nobody in particular: all members are placed by the arrangement.
    None,
    /// At the benchmark that the ring expects.
    Expected,
    /// Half a standard deviation below it.
    Below,
    /// Half a standard deviation above it.
    Above,
}

/// A list of prices that a ring agrees on.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Strategy {
    /// How the members are placed that push.
    pub arrangement: Arrangement,
    /// Where the member is that is meant to win.
    pub spearhead: Spearhead,
    /// The agreed prices, ascending.
    pub prices: Vec<Money>,
}

/// What a ring knows before it bids.
#[derive(Clone, Copy, Debug)]
pub(super) struct Reach {
    pub(super) low: Money,
    pub(super) high: Money,
    /// The honest price that a fifth of the honest prices fall short of.
    pub(super) edge_low: Money,
    /// The honest price that a fifth of the honest prices exceed.
    pub(super) edge_high: Money,
}

impl Reach {
    /// What honest prices, ascending, say to a ring.
    pub(super) fn of(honest: &[Money], limit: Option<Money>) -> Reach {
        let at = |place: usize| {
            honest
                .get(place)
                .or(honest.last())
                .copied()
                .unwrap_or_default()
        };
        let (lowest, highest) = (at(0), at(honest.len().saturating_sub(1)));
        let half_spread = half(highest.fen().saturating_sub(lowest.fen())).max(1);
        let low = lowest.fen().saturating_sub(half_spread).max(1);
        let beyond = Money::from_fen(highest.fen().saturating_add(half_spread));
        let fifth = honest.len().checked_div(5).unwrap_or(0);
        Reach {
            low: Money::from_fen(low),
            high: limit.unwrap_or(beyond),
            edge_low: at(fifth),
            edge_high: at(honest.len().saturating_sub(fifth).saturating_sub(1)),
        }
    }

    fn place(&self, place: i64) -> i64 {
        let width = self.high.fen().saturating_sub(self.low.fen());
        let above = i128::from(width)
            .saturating_mul(i128::from(place))
            .checked_div(i128::from(PLACES));
        let above = above
            .and_then(|above| i64::try_from(above).ok())
            .unwrap_or(0);
        self.low.fen().saturating_add(above)
    }

    fn inside(&self, fen: i64) -> Money {
        let high = self.high.fen().max(1);
        Money::from_fen(fen.clamp(1, high))
    }
}

fn half(value: i64) -> i64 {
    value.checked_div(2).unwrap_or(0)
}

impl Arrangement {
    /// Every arrangement that is tried; `all`: also those that need no spearhead.
    pub(super) fn tried(all: bool) -> Vec<Arrangement> {
        let mut tried = vec![
            Arrangement::AllLow,
            Arrangement::AllHigh,
            Arrangement::EdgeLow,
            Arrangement::EdgeHigh,
        ];
        tried.extend((0..=PLACES).map(|place| Arrangement::Clustered { place }));
        if all {
            let ends = [0, 2, 4, 6, 8, PLACES];
            for (from, more) in ends.iter().zip(1_usize..) {
                let further = ends.iter().skip(more);
                tried.extend(further.map(|to| Arrangement::EvenSteps {
                    from: *from,
                    to: *to,
                }));
            }
        }
        tried
    }

    /// The prices of so many members.
    pub(super) fn prices(self, count: usize, reach: &Reach) -> Vec<Money> {
        let members = 0..i64::try_from(count).unwrap_or(i64::MAX);
        let last = members.end.saturating_sub(1).max(1);
        let fen = |member: i64| match self {
            Arrangement::AllLow => reach.low.fen(),
            Arrangement::AllHigh => reach.high.fen(),
            Arrangement::EdgeHigh => reach.edge_high.fen().saturating_sub(1),
            Arrangement::EdgeLow => reach.edge_low.fen().saturating_add(1),
            Arrangement::Clustered { place } => {
                let middle = reach.place(place);
                let step = middle.checked_div(CLUSTER_STEP).unwrap_or(0).max(1);
                let from_middle = member.saturating_sub(half(last));
                middle.saturating_add(step.saturating_mul(from_middle))
            }
            Arrangement::EvenSteps { from, to } => {
                let (low, high) = (reach.place(from), reach.place(to));
                let width = i128::from(high.saturating_sub(low));
                let above = width
                    .saturating_mul(i128::from(member))
                    .checked_div(i128::from(last))
                    .and_then(|above| i64::try_from(above).ok());
                low.saturating_add(above.unwrap_or(0))
            }
        };
        let mut prices: Vec<Money> = members.map(|member| reach.inside(fen(member))).collect();
        prices.sort_unstable();
        prices
    }

    /// The strategy of a ring without a spearhead.
    pub(super) fn strategy(self, count: usize, reach: &Reach) -> Strategy {
        Strategy {
            arrangement: self,
            spearhead: Spearhead::None,
            prices: self.prices(count, reach),
        }
    }

    /// The strategy of a ring whose spearhead asks `fen`.
    pub(super) fn with_spearhead(
        self,
        count: usize,
        reach: &Reach,
        spearhead: Spearhead,
        fen: i64,
    ) -> Strategy {
        let mut prices = self.prices(count.saturating_sub(1), reach);
        prices.push(reach.inside(fen));
        prices.sort_unstable();
        Strategy {
            arrangement: self,
            spearhead,
            prices,
        }
    }
}
