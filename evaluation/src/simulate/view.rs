//! What the draws of a candidate, or the whole draw, do to a set of bids.

use std::collections::BTreeMap;

use serde::Serialize;

use crate::error::EvaluationError;

use super::ratio::Ratio;
use super::room::Room;
use super::scenario::Scenario;
use super::spread::Spread;
use super::tally::{Coverage, Effort, Tally};

/// What the draws do to a set of bids: the distribution of the benchmark, and each bid's chances.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct View {
    /// The distribution of the benchmark; of fixed prices and floors, where the method has such.
    pub benchmark: Spread,
    /// By bid: the chance to win; bids that share the first rank share it equally, as the draw does.
    pub win: Vec<Ratio>,
    /// By bid: the chance of the first rank, alone or shared.
    pub first: Vec<Ratio>,
    /// The chance that nobody can win: no benchmark, or no bid left.
    pub nobody: Ratio,
    /// Combinations or openings, over all rooms and fields.
    pub coverage: Covered,
}

/// How much was gone through.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Covered {
    /// Combinations that were enumerated.
    pub enumerated: u64,
    /// Openings that were drawn.
    pub sampled: u64,
}

/// All candidates of a rule set over one set of bids.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Views {
    /// The whole draw, the method included: each candidate is equally likely.
    pub whole: View,
    /// Each candidate, in the announced order.
    pub methods: Vec<View>,
}

impl Views {
    /// Goes through all candidates.
    pub fn new(scenario: &Scenario, effort: &Effort) -> Result<Views, EvaluationError> {
        let mut methods = Vec::new();
        for method in 0..scenario.methods() {
            methods.push(View::of_method(scenario, method, effort)?);
        }
        let whole = View::mixed(&methods.iter().collect::<Vec<_>>());
        Ok(Views { whole, methods })
    }

    /// Several sets of bids, each as likely as the others. Bids are taken by their place.
    pub fn mixed(views: &[Views]) -> Views {
        let methods = views.first().map_or(0, |views| views.methods.len());
        let of_method = |method| {
            let all: Vec<&View> = views
                .iter()
                .filter_map(|views| views.methods.get(method))
                .collect();
            View::mixed(&all)
        };
        Views {
            whole: View::mixed(&views.iter().map(|views| &views.whole).collect::<Vec<_>>()),
            methods: (0..methods).map(of_method).collect(),
        }
    }
}

impl View {
    /// One candidate; each shortlist is equally likely.
    pub fn of_method(
        scenario: &Scenario,
        method: usize,
        effort: &Effort,
    ) -> Result<View, EvaluationError> {
        let bids = scenario.bids().len();
        let mut rooms = Vec::new();
        for (room, shortlist) in scenario.rooms(method).iter().zip(0_usize..) {
            // A stream for each room: what one candidate reads moves no other.
            let label = format!("simulate:draws:{}:{method}:{shortlist}", effort.sample);
            rooms.push(View::of_room(room, bids, effort, &label)?);
        }
        Ok(View::mixed(&rooms.iter().collect::<Vec<_>>()))
    }

    fn of_room(
        room: &Room,
        bids: usize,
        effort: &Effort,
        label: &str,
    ) -> Result<View, EvaluationError> {
        let tally = Tally::new(room, effort, label)?;
        let shares = tally.shares();
        // How likely it is to be first together with so many others, by bid.
        let mut together: Vec<BTreeMap<u64, Ratio>> = vec![BTreeMap::new(); bids];
        let mut nobody = Ratio::zero();
        let mut first = Vec::new();
        for (mark, share) in &shares {
            room.first(*mark, &mut first)?;
            if first.is_empty() {
                nobody = nobody.plus(share);
            }
            let count = u64::try_from(first.len()).unwrap_or(u64::MAX);
            for bid in &first {
                if let Some(chances) = together.get_mut(*bid) {
                    let chance = chances.entry(count).or_insert_with(Ratio::zero);
                    *chance = chance.plus(share);
                }
            }
        }
        let win = |chances: &BTreeMap<u64, Ratio>| {
            let parts: Vec<Ratio> = chances
                .iter()
                .map(|(count, share)| share.over(*count))
                .collect();
            Ratio::sum(&parts).reduced()
        };
        Ok(View {
            win: together.iter().map(win).collect(),
            first: together
                .iter()
                .map(|chances| Ratio::sum(chances.values()).reduced())
                .collect(),
            nobody: nobody.reduced(),
            benchmark: Spread::new(room.decimals(), shares),
            coverage: match tally.coverage {
                Coverage::Enumerated(enumerated) => Covered {
                    enumerated,
                    sampled: 0,
                },
                Coverage::Sampled(sampled) => Covered {
                    enumerated: 0,
                    sampled,
                },
            },
        })
    }

    /// Several views, each as likely as the others. Bids are taken by their place.
    pub fn mixed(views: &[&View]) -> View {
        if let [only] = views {
            return (*only).clone();
        }
        let count = u64::try_from(views.len()).unwrap_or(u64::MAX);
        let bids = views.iter().map(|view| view.win.len()).max().unwrap_or(0);
        let mean = |of: &dyn Fn(&View) -> Option<Ratio>| {
            let all: Vec<Ratio> = views.iter().filter_map(|view| of(view)).collect();
            Ratio::sum(&all).over(count).reduced()
        };
        let coverage = views.iter().fold(Covered::default(), |sum, view| Covered {
            enumerated: sum.enumerated.saturating_add(view.coverage.enumerated),
            sampled: sum.sampled.saturating_add(view.coverage.sampled),
        });
        View {
            benchmark: Spread::mixed(views.iter().map(|view| &view.benchmark)),
            win: (0..bids)
                .map(|bid| mean(&|view| view.win.get(bid).cloned()))
                .collect(),
            first: (0..bids)
                .map(|bid| mean(&|view| view.first.get(bid).cloned()))
                .collect(),
            nobody: mean(&|view| Some(view.nobody.clone())),
            coverage,
        }
    }

    /// Whether every combination was enumerated, so that nothing here has an error of sampling.
    pub fn is_exact(&self) -> bool {
        self.coverage.sampled == 0
    }

    /// The chance that one of these bids wins.
    pub fn win_of(&self, bids: impl IntoIterator<Item = usize>) -> Ratio {
        let chances: Vec<Ratio> = bids
            .into_iter()
            .filter_map(|bid| self.win.get(bid).cloned())
            .collect();
        Ratio::sum(&chances).reduced()
    }
}
