//! What a suspected ring did to a tender, and how unusual its prices are among all groups of its size.
//!
//! Unusual is not proven: some group is always the most unusual one, and bidders who buy from one supplier or
//! use one software may have prices as even as a ring's.

use std::sync::Arc;

use serde::Serialize;

use crate::case::Bid;
use crate::decimal::Money;
use crate::draw::Stream;
use crate::error::EvaluationError;
use crate::rules::RuleSet;

use super::power::shift_percent;
use crate::simulate::openings::below;
use crate::simulate::ratio::Ratio;
use crate::simulate::scenario::Scenario;
use crate::simulate::tally::Effort;
use crate::simulate::view::{View, Views};

/// Label of the stream that groups of bids are drawn from.
const GROUPS_LABEL: &str = "simulate:groups";
/// Label of the stream that replacements are drawn from.
const REPLACEMENT_LABEL: &str = "simulate:replacement";

/// What is asked.
#[derive(Clone, Debug)]
pub struct SuspicionPlan<'a> {
    /// The rule set.
    pub rules: &'a Arc<RuleSet>,
    /// The profile.
    pub profile: &'a str,
    /// All bids.
    pub bids: &'a [Bid],
    /// Indexes of the suspects among them; ascending, at least two, fewer than all.
    pub suspects: &'a [usize],
    /// How the draws are gone through for the suspects themselves.
    pub effort: Effort,
    /// How the draws are gone through for each replacement and each group of comparison.
    pub quick: Effort,
    /// So many groups are enumerated at most; where there are more, a twentieth as many are drawn.
    pub groups: u64,
    /// How often the suspects are replaced by honest prices.
    pub replacements: u64,
}

/// What a suspected ring did.
#[derive(Clone, Debug, Serialize)]
pub struct Suspicion {
    /// The suspects.
    pub suspects: Vec<String>,
    /// Their share of all bidders: the chance of as many independent ones.
    pub fair_share: Ratio,
    /// The whole draw first, then each candidate.
    pub targets: Vec<Compared>,
    /// With the suspects' prices replaced by prices of the others.
    pub replaced: Replaced,
    /// How unusual they are.
    pub unusual: Unusual,
}

/// One candidate, or the whole draw, with and without the suspects.
#[derive(Clone, Debug, Serialize)]
pub struct Compared {
    /// Index of the candidate; none for the whole draw.
    pub method: Option<usize>,
    /// The mean benchmark of all bids.
    pub with: Option<String>,
    /// The mean benchmark of the others alone.
    pub without: Option<String>,
    /// By how much the suspects moved it, in percent.
    pub moved_percent: Option<String>,
    /// The chance that one of the suspects wins.
    pub win: Ratio,
}

/// The mean benchmark of the whole draw when each suspect asks a price drawn from those of the others.
#[derive(Clone, Debug, Serialize)]
pub struct Replaced {
    /// How often they were replaced.
    pub replacements: u64,
    /// The mean of the mean benchmarks.
    pub mean: Option<String>,
    /// Nineteen of twenty mean benchmarks lie between these two.
    pub low: Option<String>,
    /// The upper one.
    pub high: Option<String>,
    /// The share of replacements whose mean benchmark is at least as far from that mean as the real one.
    pub as_far: Ratio,
}

/// The groups that the suspects were compared with.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Groups {
    /// Every group of that size, so many.
    Enumerated(u64),
    /// So many were drawn.
    Sampled(u64),
}

/// Of all groups of that size, the share that is at least as remarkable as the suspects.
#[derive(Clone, Debug, Serialize)]
pub struct Unusual {
    /// The groups.
    pub groups: Groups,
    /// Leaving them out moves the mean benchmark of the whole draw at least as much.
    pub moved: Option<Ratio>,
    /// Their prices are at least as evenly stepped; none for two suspects, who have a single step.
    pub stepped: Option<Ratio>,
    /// Their prices lie at least as close together.
    pub clustered: Ratio,
}

/// What makes a group remarkable.
struct Traits {
    /// How far it moves the mean benchmark.
    moved: Option<Ratio>,
    /// Mean square of the steps between its prices over the square of their mean: 1 for even steps.
    unevenness: Option<Ratio>,
    /// From its lowest price to its highest, in fen.
    width: i64,
}

impl Suspicion {
    /// Compares.
    pub fn new(plan: &SuspicionPlan<'_>) -> Result<Suspicion, EvaluationError> {
        let all = plan.views(plan.bids.to_vec(), &plan.effort)?;
        let others = plan.views(plan.others(plan.suspects), &plan.effort)?;
        let mut targets = vec![plan.compared(None, &all.whole, &others.whole)];
        if all.methods.len() > 1 {
            let pairs = all.methods.iter().zip(&others.methods);
            targets.extend(
                pairs
                    .zip(0..)
                    .map(|((all, others), index)| plan.compared(Some(index), all, others)),
            );
        }
        // One measure for the suspects and for those whom they are compared with.
        let quick = plan.views(plan.bids.to_vec(), &plan.quick)?;
        let mean = quick.whole.benchmark.mean();
        let name = |index: &usize| Some(plan.bids.get(*index)?.bidder.clone());
        Ok(Suspicion {
            suspects: plan.suspects.iter().filter_map(name).collect(),
            fair_share: Ratio::of(count(plan.suspects.len()), count(plan.bids.len())),
            targets,
            replaced: plan.replaced(&quick.whole)?,
            unusual: plan.unusual(mean.as_ref())?,
        })
    }
}

impl SuspicionPlan<'_> {
    fn views(&self, bids: Vec<Bid>, effort: &Effort) -> Result<Views, EvaluationError> {
        Views::new(&Scenario::new(self.rules, self.profile, bids)?, effort)
    }

    /// All bids but these; `group` ascends.
    fn others(&self, group: &[usize]) -> Vec<Bid> {
        let outside = |(index, _): &(usize, &Bid)| group.binary_search(index).is_err();
        let bids = (0..).zip(self.bids).filter(outside);
        bids.map(|(_, bid)| bid.clone()).collect()
    }

    fn compared(&self, method: Option<usize>, all: &View, others: &View) -> Compared {
        let (with, without) = (all.benchmark.mean(), others.benchmark.mean());
        let moved = without.as_ref().zip(with.as_ref());
        Compared {
            method,
            moved_percent: moved.map(|(without, with)| shift_percent(without, with)),
            with: with.map(|mean| all.benchmark.shown(&mean)),
            without: without.map(|mean| others.benchmark.shown(&mean)),
            win: all.win_of(self.suspects.iter().copied()),
        }
    }

    fn replaced(&self, real: &View) -> Result<Replaced, EvaluationError> {
        let mut stream = Stream::new(&self.effort.seed, REPLACEMENT_LABEL);
        let others = self.others(self.suspects);
        let mut means = Vec::new();
        for _ in 0..self.replacements {
            let mut bids = self.bids.to_vec();
            for suspect in self.suspects {
                let drawn = below(&mut stream, others.len())?;
                if let (Some(bid), Some(other)) = (bids.get_mut(*suspect), others.get(drawn)) {
                    bid.price = other.price;
                }
            }
            means.extend(self.views(bids, &self.quick)?.whole.benchmark.mean());
        }
        means.sort_unstable();
        let replacements = count(means.len());
        let mean = Ratio::sum(&means).over(replacements).reduced();
        let as_far = real.benchmark.mean().map_or(Ratio::zero(), |real| {
            let far = real.distance(&mean);
            let beyond = means
                .iter()
                .filter(|one| one.distance(&mean) >= far)
                .count();
            Ratio::of(count(beyond), replacements)
        });
        let at = |percent: usize| {
            let place = means.len().saturating_mul(percent).checked_div(1000)?;
            let place = place.min(means.len().checked_sub(1)?);
            Some(real.benchmark.shown(means.get(place)?))
        };
        Ok(Replaced {
            replacements,
            mean: (!means.is_empty()).then(|| real.benchmark.shown(&mean)),
            low: at(25),
            high: at(975),
            as_far,
        })
    }

    fn unusual(&self, mean: Option<&Ratio>) -> Result<Unusual, EvaluationError> {
        let suspects = self.traits(self.suspects, mean)?;
        let (size, all) = (self.suspects.len(), self.bids.len());
        let (mut moved, mut stepped, mut clustered, mut count) = (0_u64, 0_u64, 0_u64, 0_u64);
        let mut compare = |group: &[usize]| -> Result<(), EvaluationError> {
            let traits = self.traits(group, mean)?;
            let one_more = |counted: &mut u64, is_so: bool| {
                *counted = counted.saturating_add(u64::from(is_so));
            };
            one_more(&mut count, true);
            one_more(&mut moved, traits.moved >= suspects.moved);
            one_more(&mut stepped, traits.unevenness <= suspects.unevenness);
            one_more(&mut clustered, traits.width <= suspects.width);
            Ok(())
        };
        let enumerated = combinations(all, size).is_some_and(|groups| groups <= self.groups);
        if enumerated {
            let mut group: Vec<usize> = (0..size).collect();
            loop {
                compare(&group)?;
                if !advance(&mut group, all) {
                    break;
                }
            }
        } else {
            let mut stream = Stream::new(&self.effort.seed, GROUPS_LABEL);
            for _ in 0..self.groups.checked_div(20).unwrap_or(0).max(1) {
                let drawn = stream.sample(all, size);
                let mut group = drawn.map_err(|error| crate::Problem::from(error).at("/bids"))?;
                group.sort_unstable();
                compare(&group)?;
            }
        }
        Ok(Unusual {
            groups: match enumerated {
                true => Groups::Enumerated(count),
                false => Groups::Sampled(count),
            },
            moved: suspects.moved.as_ref().map(|_| Ratio::of(moved, count)),
            stepped: suspects
                .unevenness
                .as_ref()
                .map(|_| Ratio::of(stepped, count)),
            clustered: Ratio::of(clustered, count),
        })
    }

    fn traits(&self, group: &[usize], mean: Option<&Ratio>) -> Result<Traits, EvaluationError> {
        let of = |index: &usize| self.bids.get(*index).map(|bid| bid.price);
        let mut prices: Vec<Money> = group.iter().filter_map(of).collect();
        prices.sort_unstable();
        let moved = match mean {
            None => None,
            Some(mean) => {
                let others = self.views(self.others(group), &self.quick)?;
                others
                    .whole
                    .benchmark
                    .mean()
                    .map(|without| mean.distance(&without))
            }
        };
        let ends = prices.first().zip(prices.last());
        Ok(Traits {
            moved,
            unevenness: unevenness(&prices),
            width: ends.map_or(0, |(low, high)| high.fen().saturating_sub(low.fen())),
        })
    }
}

/// Mean square of the steps over the square of the mean step; at least 1. Equal prices are even.
fn unevenness(prices: &[Money]) -> Option<Ratio> {
    let steps = prices.iter().zip(prices.iter().skip(1));
    let steps = steps.map(|(low, high)| high.fen().abs_diff(low.fen()));
    let steps: Vec<Ratio> = steps.map(|step| Ratio::of(step, 1)).collect();
    let count = u64::try_from(steps.len())
        .ok()
        .filter(|count| *count >= 2)?;
    let squares: Vec<Ratio> = steps.iter().map(|step| step.times(step)).collect();
    let sum = Ratio::sum(&steps);
    if sum.is_zero() {
        return Some(Ratio::one());
    }
    let scaled = Ratio::sum(&squares).times(&Ratio::of(count, 1));
    Some(scaled.quotient(&sum.times(&sum)))
}

/// As many as a fraction counts.
fn count(length: usize) -> u64 {
    u64::try_from(length).unwrap_or(u64::MAX)
}

/// How many groups of `size` there are among `all`, if that is not too many to count.
fn combinations(all: usize, size: usize) -> Option<u64> {
    let mut count = 1_u64;
    for place in 1..=size {
        let more = u64::try_from(all.checked_sub(size)?.checked_add(place)?).ok()?;
        let place = u64::try_from(place).ok()?;
        // A product of consecutive numbers is divided without rest.
        count = count.checked_mul(more)?.checked_div(place)?;
    }
    Some(count)
}

/// The next group in ascending order.
fn advance(group: &mut [usize], all: usize) -> bool {
    let size = group.len();
    for place in (0..size).rev() {
        let last = all.saturating_sub(size).saturating_add(place);
        let Some(member) = group.get_mut(place).filter(|member| **member < last) else {
            continue;
        };
        *member = member.saturating_add(1);
        let next = member.saturating_add(1);
        for (behind, value) in group.iter_mut().skip(place.saturating_add(1)).zip(next..) {
            *behind = value;
        }
        return true;
    }
    false
}
