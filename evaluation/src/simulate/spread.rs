//! The distribution of a benchmark: every value with its exact probability.

use std::collections::BTreeMap;

use serde::ser::SerializeStruct;
use serde::{Serialize, Serializer};

use crate::decimal::Decimal;

use super::ratio::Ratio;
use super::room::Mark;

/// The quantiles that a report shows, in percent.
pub const QUANTILES_PERCENT: [u64; 9] = [1, 5, 10, 25, 50, 75, 90, 95, 99];
/// The most bars of a histogram.
pub const BARS: u64 = 24;

/// Which benchmarks come out how often.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Spread {
    decimals: u8,
    shares: BTreeMap<Mark, Ratio>,
}

/// One bar of a histogram: benchmarks from `from` to `to`, both included.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Bar {
    /// The lowest that counts.
    pub from: Decimal,
    /// The highest that counts.
    pub to: Decimal,
    /// How likely.
    pub probability: Ratio,
}

impl Spread {
    pub(super) fn new(decimals: u8, shares: BTreeMap<Mark, Ratio>) -> Spread {
        Spread { decimals, shares }
    }

    /// Several distributions, each as likely as the others.
    pub(super) fn mixed<'a>(spreads: impl IntoIterator<Item = &'a Spread>) -> Spread {
        let mut decimals = 2;
        let mut shares: BTreeMap<Mark, Ratio> = BTreeMap::new();
        let mut count = 0_u64;
        for spread in spreads {
            count = count.saturating_add(1);
            decimals = spread.decimals;
            for (mark, share) in &spread.shares {
                let sum = shares.entry(*mark).or_insert_with(Ratio::zero);
                *sum = sum.plus(share);
            }
        }
        for share in shares.values_mut() {
            *share = share.over(count).reduced();
        }
        Spread { decimals, shares }
    }

    /// Each benchmark, ascending, in units of the last decimal, with its probability.
    pub fn benchmarks(&self) -> impl Iterator<Item = (i64, &Ratio)> {
        self.shares.iter().filter_map(|(mark, share)| match mark {
            Mark::At(units) => Some((*units, share)),
            _ => None,
        })
    }

    /// How likely it is that there is a benchmark at all.
    pub fn present(&self) -> Ratio {
        Ratio::sum(self.benchmarks().map(|(_, share)| share))
    }

    /// How likely it is that a draw can make no benchmark of these prices.
    pub fn failed(&self) -> Ratio {
        self.shares
            .get(&Mark::Failed)
            .cloned()
            .unwrap_or_else(Ratio::zero)
    }

    /// The mean in units of the last decimal, of the draws that make a benchmark.
    pub fn mean(&self) -> Option<Ratio> {
        let present = self.present();
        let weighted = self
            .benchmarks()
            .map(|(units, share)| share.times(&Ratio::of(u64::try_from(units).unwrap_or(0), 1)));
        let sum = Ratio::sum(&weighted.collect::<Vec<_>>());
        (!present.is_zero()).then(|| sum.quotient(&present).reduced())
    }

    /// The standard deviation in units of the last decimal.
    pub fn deviation(&self) -> Option<Ratio> {
        let (mean, present) = (self.mean()?, self.present());
        let squares = self.benchmarks().map(|(units, share)| {
            let apart = Ratio::of(u64::try_from(units).unwrap_or(0), 1).distance(&mean);
            apart.times(&apart).times(share).reduced()
        });
        let sum = Ratio::sum(&squares.collect::<Vec<_>>());
        Some(sum.quotient(&present).root())
    }

    /// The lowest benchmark that so many percent of the draws do not exceed.
    pub fn quantile(&self, percent: u64) -> Option<Decimal> {
        let limit = self.present().times(&Ratio::of(percent, 100));
        let mut reached = Ratio::zero();
        let mut last = None;
        for (units, share) in self.benchmarks() {
            reached = reached.plus(share);
            last = Some(units);
            if reached >= limit {
                break;
            }
        }
        last.map(|units| self.decimal(units))
    }

    /// The lowest benchmark.
    pub fn min(&self) -> Option<Decimal> {
        let first = self.benchmarks().next();
        first.map(|(units, _)| self.decimal(units))
    }

    /// The highest benchmark.
    pub fn max(&self) -> Option<Decimal> {
        let last = self.benchmarks().last();
        last.map(|(units, _)| self.decimal(units))
    }

    /// The probabilities in at most [`BARS`] bars of one width between the lowest and the highest benchmark.
    pub fn histogram(&self) -> Vec<Bar> {
        let (Some((low, _)), Some((high, _))) =
            (self.benchmarks().next(), self.benchmarks().last())
        else {
            return Vec::new();
        };
        self.histogram_over(low, high)
    }

    /// The same over given ends, so that several can be compared. What lies outside is not counted.
    pub fn histogram_over(&self, low: i64, high: i64) -> Vec<Bar> {
        let bars = i64::try_from(BARS).unwrap_or(1);
        let values = high.saturating_sub(low).saturating_add(1);
        let width = values
            .checked_add(bars.saturating_sub(1))
            .and_then(|sum| sum.checked_div(bars));
        let width = width.unwrap_or(1).max(1);
        let mut from = low;
        let mut histogram = Vec::new();
        while from <= high {
            let next = from.saturating_add(width);
            let inside = self
                .benchmarks()
                .filter(|(units, _)| (from..next).contains(units));
            histogram.push(Bar {
                from: self.decimal(from),
                to: self.decimal(next.saturating_sub(1)),
                probability: Ratio::sum(inside.map(|(_, share)| share)).reduced(),
            });
            if next == from {
                break;
            }
            from = next;
        }
        histogram
    }

    /// An amount in units of the last decimal, written.
    pub fn shown(&self, units: &Ratio) -> String {
        let whole = units.rounded();
        self.decimal(i64::try_from(whole).unwrap_or(i64::MAX))
            .to_string()
    }

    fn decimal(&self, units: i64) -> Decimal {
        Decimal::from_units(units, self.decimals)
    }
}

/// Mean and standard deviation rounded half up to the benchmark's decimals; probabilities as [`Ratio`].
impl Serialize for Spread {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut out = serializer.serialize_struct("Spread", 8)?;
        let shown = |units: Option<Ratio>| units.map(|units| self.shown(&units));
        out.serialize_field("mean", &shown(self.mean()))?;
        out.serialize_field("standard_deviation", &shown(self.deviation()))?;
        out.serialize_field("min", &self.min())?;
        out.serialize_field("max", &self.max())?;
        out.serialize_field("values", &self.benchmarks().count())?;
        out.serialize_field("no_benchmark", &self.failed())?;
        let quantiles =
            QUANTILES_PERCENT.map(|percent| (percent.to_string(), self.quantile(percent)));
        out.serialize_field("quantiles_percent", &BTreeMap::from(quantiles))?;
        out.serialize_field("histogram", &self.histogram())?;
        out.end()
    }
}
