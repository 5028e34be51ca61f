//! All draws of one room, or many of them: how often each benchmark comes out.

use std::collections::BTreeMap;

use record::Digest;

use crate::draw::Stream;
use crate::error::EvaluationError;

use super::openings::{draw_values, set_from};
use super::ratio::Ratio;
use super::room::{Mark, Room};

/// How the draws of a room are gone through.
#[derive(Clone, Copy, Debug)]
pub struct Effort {
    /// Up to so many combinations are enumerated.
    pub enumerate: u64,
    /// With more, so many openings are drawn.
    pub draws: u64,
    /// From this seed.
    pub seed: Digest,
    /// Which of several independent samples this is: each field of a model has its own.
    pub sample: u64,
}

/// How the draws of a room were gone through.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Coverage {
    /// Every combination of drawn values, so many: the result is exact.
    Enumerated(u64),
    /// So many openings were drawn: the result has an error.
    Sampled(u64),
}

/// How often each benchmark comes out. The draws are sorted by how likely each is.
pub(super) struct Tally {
    pub(super) coverage: Coverage,
    /// By denominator d: marks of draws with the probability 1/d each, and how many there are.
    counts: BTreeMap<u64, BTreeMap<Mark, u64>>,
}

impl Tally {
    /// Goes through the draws of a room. `label` names the stream that is read if there are too many.
    pub(super) fn new(room: &Room, effort: &Effort, label: &str) -> Result<Tally, EvaluationError> {
        match Tally::enumerated(room, effort.enumerate)? {
            Some(tally) => Ok(tally),
            None => Tally::sampled(room, effort, label),
        }
    }

    /// The probability of each mark.
    pub(super) fn shares(&self) -> BTreeMap<Mark, Ratio> {
        let mut shares: BTreeMap<Mark, Ratio> = BTreeMap::new();
        for (denominator, counts) in &self.counts {
            for (mark, count) in counts {
                let more = Ratio::of(*count, *denominator);
                let share = shares.entry(*mark).or_insert_with(Ratio::zero);
                *share = share.plus(&more);
            }
        }
        shares
    }

    fn sampled(room: &Room, effort: &Effort, label: &str) -> Result<Tally, EvaluationError> {
        let mut stream = Stream::new(&effort.seed, label);
        let mut values = room.values.clone();
        let draws = effort.draws.max(1);
        let mut counts: BTreeMap<Mark, u64> = BTreeMap::new();
        for _ in 0..draws {
            draw_values(room, &mut values, &mut stream)?;
            count(&mut counts, room.mark(&values)?);
        }
        Ok(Tally {
            coverage: Coverage::Sampled(draws),
            counts: BTreeMap::from([(draws, counts)]),
        })
    }

    /// Every combination, unless there are more than `limit`.
    fn enumerated(room: &Room, limit: u64) -> Result<Option<Tally>, EvaluationError> {
        let sizes = room.grids.iter().map(|(_, grid)| grid.count());
        let grids = sizes.fold(1_u64, u64::saturating_mul);
        if grids > limit {
            return Ok(None);
        }
        let mut tally = Tally {
            coverage: Coverage::Enumerated(0),
            counts: BTreeMap::new(),
        };
        let mut seen = 0_u64;
        let mut values = room.values.clone();
        for combination in 0..grids {
            let mut rest = combination;
            for (name, grid) in &room.grids {
                let index = rest.checked_rem(grid.count()).unwrap_or(0);
                rest = rest.checked_div(grid.count()).unwrap_or(0);
                set_from(&mut values, name, grid, index);
            }
            let mut path = Path::default();
            loop {
                seen = seen.saturating_add(1);
                if seen > limit {
                    return Ok(None);
                }
                path.restart();
                room.draw_indexes(&values, &mut |name, length| Ok(path.pick(name, length)))?;
                for step in &path.steps {
                    values.set_index(step.name, u64::try_from(step.index).unwrap_or(u64::MAX));
                }
                let Some(denominator) = path.combinations().checked_mul(grids) else {
                    return Ok(None);
                };
                count(
                    tally.counts.entry(denominator).or_default(),
                    room.mark(&values)?,
                );
                if !path.advance() {
                    break;
                }
            }
        }
        tally.coverage = Coverage::Enumerated(seen);
        Ok(Some(tally))
    }
}

fn count(counts: &mut BTreeMap<Mark, u64>, mark: Mark) {
    let seen = counts.entry(mark).or_insert(0);
    *seen = seen.saturating_add(1);
}

/// One way through lists whose lengths depend on what was picked before. Going through all ways is counting
/// with digits of different bases, the last digit first.
#[derive(Default)]
struct Path {
    steps: Vec<PathStep>,
    /// How many steps this walk has taken.
    taken: usize,
}

struct PathStep {
    name: &'static str,
    index: usize,
    length: usize,
}

impl Path {
    fn restart(&mut self) {
        self.taken = 0;
    }

    /// The index that this way takes; a list that was not met before is entered at its first place.
    fn pick(&mut self, name: &'static str, length: usize) -> usize {
        let place = self.taken;
        self.taken = self.taken.saturating_add(1);
        match self.steps.get(place) {
            Some(step) => step.index,
            None => {
                let index = 0;
                self.steps.push(PathStep {
                    name,
                    index,
                    length,
                });
                index
            }
        }
    }

    /// The next way, if there is one.
    fn advance(&mut self) -> bool {
        while let Some(mut step) = self.steps.pop() {
            step.index = step.index.saturating_add(1);
            if step.index < step.length {
                self.steps.push(step);
                return true;
            }
        }
        false
    }

    /// The product of the lists' lengths: this way is taken once in so many draws.
    fn combinations(&self) -> u64 {
        let lengths = self
            .steps
            .iter()
            .map(|step| u64::try_from(step.length).unwrap_or(u64::MAX));
        lengths.fold(1, u64::saturating_mul)
    }
}
