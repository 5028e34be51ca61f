//! How far m of n bidders can steer a rule set, method by method.

use std::sync::Arc;

use serde::Serialize;

use crate::case::Bid;
use crate::decimal::Money;
use crate::draw::Stream;
use crate::error::EvaluationError;
use crate::rules::RuleSet;

use super::strategy::{Arrangement, Reach, Spearhead, Strategy};
use crate::simulate::field::{FIELD_LABEL, FieldModel};
use crate::simulate::ratio::Ratio;
use crate::simulate::scenario::Scenario;
use crate::simulate::tally::Effort;
use crate::simulate::view::{View, Views};

/// The search goes through this many fields; what it finds is then measured over all.
const SEARCH_FIELDS: usize = 8;

/// What is asked.
#[derive(Clone, Debug)]
pub struct PowerPlan<'a> {
    /// The rule set.
    pub rules: &'a Arc<RuleSet>,
    /// The profile.
    pub profile: &'a str,
    /// How many bidders agree.
    pub ring: usize,
    /// What the others bid.
    pub honest: Honest<'a>,
    /// How the draws are gone through in the search.
    pub search: Effort,
    /// How the draws are gone through when the best strategies are measured.
    pub effort: Effort,
}

/// The bidders who are in no ring.
#[derive(Clone, Copy, Debug)]
pub enum Honest<'a> {
    /// Fields of a model of n bidders; the ring takes the place of m of them.
    Model {
        /// The model.
        model: FieldModel,
        /// What shares are shares of.
        control_price: Money,
        /// How many fields.
        fields: usize,
    },
    /// These bids; the ring's bids come on top, each with the technical and credit part of the bid whose
    /// price is in the middle.
    Given(&'a [Bid]),
}

/// How far a ring can steer a rule set.
#[derive(Clone, Debug, Serialize)]
pub struct Power {
    /// Bidders that agree.
    pub ring: usize,
    /// All bidders, the ring included.
    pub bids: usize,
    /// How many fields of honest bidders were drawn; 1 where they are given.
    pub fields: usize,
    /// m / n: the ring's chance if it were as honest as the others.
    pub fair_share: Ratio,
    /// The whole draw first, then each candidate.
    pub targets: Vec<TargetPower>,
}

/// How far a ring can steer one candidate, or the whole draw.
#[derive(Clone, Debug, Serialize)]
pub struct TargetPower {
    /// Index of the candidate; none for the whole draw, where the method is drawn after the bids are in.
    pub method: Option<usize>,
    /// Strategies that were tried.
    pub tried: usize,
    /// The mean benchmark without a ring.
    pub honest_mean: Option<String>,
    /// The strategy that wins the most.
    pub win: Option<Found>,
    /// The strategy that lifts the benchmark the most.
    pub up: Option<Found>,
    /// The strategy that lowers the benchmark the most.
    pub down: Option<Found>,
}

/// A strategy with what it reaches.
#[derive(Clone, Debug, Serialize)]
pub struct Found {
    /// The strategy.
    pub strategy: Strategy,
    /// The mean benchmark with it.
    pub mean: Option<String>,
    /// By how much that is above (or, with a minus, below) the mean without a ring, in percent.
    pub shift_percent: Option<String>,
    /// The chance that a member of the ring wins.
    pub win: Ratio,
    /// Half of the 95 % interval of `win` over the fields; none for given bids.
    pub win_half_width: Option<Ratio>,
}

/// What one strategy does over some fields.
struct Effect {
    wins: Vec<Ratio>,
    mean: Option<Ratio>,
    deviation: Option<Ratio>,
}

/// Honest bidders with and without the places that a ring takes.
struct Field {
    others: Vec<Bid>,
    all: Vec<Bid>,
}

impl Power {
    /// Searches.
    pub fn new(plan: &PowerPlan<'_>) -> Result<Power, EvaluationError> {
        let fields = plan.fields()?;
        let search = fields
            .get(..SEARCH_FIELDS.min(fields.len()))
            .unwrap_or(&fields);
        let reach = plan.reach(search);
        let bids = fields
            .first()
            .map_or(0, |field| field.others.len().saturating_add(plan.ring));
        let mut targets = vec![plan.target(plan.rules, None, &fields, search, &reach)?];
        for (index, spec) in plan.rules.methods.iter().enumerate() {
            if plan.rules.methods.len() > 1 {
                let mut rules = RuleSet::clone(plan.rules);
                rules.methods = vec![spec.clone()];
                let rules = Arc::new(rules);
                targets.push(plan.target(&rules, Some(index), &fields, search, &reach)?);
            }
        }
        let count = |count: usize| u64::try_from(count).unwrap_or(u64::MAX);
        Ok(Power {
            ring: plan.ring,
            bids,
            fields: fields.len(),
            fair_share: Ratio::of(count(plan.ring), count(bids)),
            targets,
        })
    }
}

impl PowerPlan<'_> {
    fn fields(&self) -> Result<Vec<Field>, EvaluationError> {
        match self.honest {
            Honest::Given(bids) => Ok(vec![Field {
                others: bids.to_vec(),
                all: bids.to_vec(),
            }]),
            Honest::Model {
                model,
                control_price,
                fields,
            } => {
                let mut stream = Stream::new(&self.effort.seed, FIELD_LABEL);
                let others = model.bids.saturating_sub(self.ring);
                let mut drawn = Vec::new();
                for _ in 0..fields.max(1) {
                    let honest = model.draw(control_price, others, &mut stream)?;
                    let replaced = model.draw(control_price, self.ring, &mut stream)?;
                    let others = named("honest", &honest);
                    let all = others.iter().cloned().chain(named("replaced", &replaced));
                    drawn.push(Field {
                        all: all.collect(),
                        others,
                    });
                }
                Ok(drawn)
            }
        }
    }

    /// The ring has seen such fields before: it knows the usual prices, not those of this time.
    fn reach(&self, search: &[Field]) -> Reach {
        let mut honest: Vec<Money> = search
            .iter()
            .flat_map(|field| field.others.iter().map(|bid| bid.price))
            .collect();
        if let Some(limit) = self.rules.control_price {
            honest.retain(|price| *price <= limit);
        }
        honest.sort_unstable();
        Reach::of(&honest, self.rules.control_price)
    }

    fn target(
        &self,
        rules: &Arc<RuleSet>,
        method: Option<usize>,
        fields: &[Field],
        search: &[Field],
        reach: &Reach,
    ) -> Result<TargetPower, EvaluationError> {
        let without = self.without_ring(rules, fields)?;
        let mut found: Vec<(Strategy, Effect)> = Vec::new();
        for arrangement in Arrangement::tried(true) {
            let strategy = arrangement.strategy(self.ring, reach);
            let effect = self.effect(rules, search, &strategy.prices, &self.search)?;
            found.push((strategy, effect));
        }
        for arrangement in Arrangement::tried(false) {
            // Pushing and the spearhead move the benchmark: where it comes to rest is found in two steps.
            let mut at = reach.inside_middle();
            let mut expected = None;
            for _ in 0..2 {
                let strategy =
                    arrangement.with_spearhead(self.ring, reach, Spearhead::Expected, at);
                let effect = self.effect(rules, search, &strategy.prices, &self.search)?;
                let (Some(mean), Some(deviation)) = (&effect.mean, &effect.deviation) else {
                    break;
                };
                at = fen(mean, rules);
                expected = Some((at, fen(deviation, rules)));
            }
            let Some((mean, deviation)) = expected else {
                continue;
            };
            let half = deviation.checked_div(2).unwrap_or(0);
            for (spearhead, at) in [
                (Spearhead::Expected, mean),
                (Spearhead::Below, mean.saturating_sub(half)),
                (Spearhead::Above, mean.saturating_add(half)),
            ] {
                let strategy = arrangement.with_spearhead(self.ring, reach, spearhead, at);
                let effect = self.effect(rules, search, &strategy.prices, &self.search)?;
                found.push((strategy, effect));
            }
        }
        let tried = found.len();
        let win = found
            .iter()
            .max_by_key(|(_, effect)| Ratio::sum(&effect.wins));
        let up = found.iter().max_by_key(|(_, effect)| effect.mean.clone());
        let with_mean = found.iter().filter(|(_, effect)| effect.mean.is_some());
        let down = with_mean.min_by_key(|(_, effect)| effect.mean.clone());
        let measure = |best: Option<&(Strategy, Effect)>| {
            let best = best.map(|(strategy, _)| strategy);
            best.map(|strategy| self.found(rules, fields, strategy, without.mean.as_ref()))
                .transpose()
        };
        Ok(TargetPower {
            method,
            tried,
            honest_mean: without.mean.as_ref().map(|mean| shown(mean, rules)),
            win: measure(win)?,
            up: measure(up)?,
            down: measure(down)?,
        })
    }

    /// Measures a strategy over all fields.
    fn found(
        &self,
        rules: &Arc<RuleSet>,
        fields: &[Field],
        strategy: &Strategy,
        without: Option<&Ratio>,
    ) -> Result<Found, EvaluationError> {
        let effect = self.effect(rules, fields, &strategy.prices, &self.effort)?;
        let count = u64::try_from(effect.wins.len()).unwrap_or(u64::MAX);
        let shift = without.zip(effect.mean.as_ref());
        Ok(Found {
            strategy: strategy.clone(),
            mean: effect.mean.as_ref().map(|mean| shown(mean, rules)),
            shift_percent: shift.map(|(without, with)| shift_percent(without, with)),
            win: Ratio::sum(&effect.wins).over(count).reduced(),
            win_half_width: (effect.wins.len() > 1)
                .then(|| Ratio::standard_errors(&effect.wins).reduced()),
        })
    }

    fn without_ring(
        &self,
        rules: &Arc<RuleSet>,
        fields: &[Field],
    ) -> Result<Effect, EvaluationError> {
        let views = fields.iter().zip(0_u64..).map(|(field, sample)| {
            let effort = Effort {
                sample,
                ..self.effort
            };
            self.whole(rules, field.all.clone(), &effort)
        });
        let views = views.collect::<Result<Vec<_>, _>>()?;
        Ok(Effect::of(&views, 0))
    }

    /// What these prices do to the benchmark and to the ring's chance.
    fn effect(
        &self,
        rules: &Arc<RuleSet>,
        fields: &[Field],
        prices: &[Money],
        effort: &Effort,
    ) -> Result<Effect, EvaluationError> {
        let mut views = Vec::new();
        let mut honest = 0;
        for (field, sample) in fields.iter().zip(0_u64..) {
            honest = field.others.len();
            let middle = field.middle();
            let ring = named("ring", prices).into_iter().map(|mut bid| {
                if let Some(middle) = middle {
                    bid.technical.clone_from(&middle.technical);
                    bid.credit.clone_from(&middle.credit);
                }
                bid
            });
            let bids = field.others.iter().cloned().chain(ring).collect();
            // The same draws for every strategy, others for every field.
            views.push(self.whole(rules, bids, &Effort { sample, ..*effort })?);
        }
        Ok(Effect::of(&views, honest))
    }

    fn whole(
        &self,
        rules: &Arc<RuleSet>,
        bids: Vec<Bid>,
        effort: &Effort,
    ) -> Result<View, EvaluationError> {
        let scenario = Scenario::new(rules, self.profile, bids)?;
        Views::new(&scenario, effort).map(|views| views.whole)
    }
}

impl Field {
    /// The bid whose price is in the middle.
    fn middle(&self) -> Option<&Bid> {
        let mut bids: Vec<&Bid> = self.others.iter().collect();
        bids.sort_by_key(|bid| bid.price);
        bids.get(bids.len().checked_div(2)?).copied()
    }
}

impl Reach {
    fn inside_middle(&self) -> i64 {
        let sum = self.edge_low.fen().saturating_add(self.edge_high.fen());
        sum.checked_div(2).unwrap_or(0)
    }
}

impl Effect {
    /// `ring_from`: the ring's bids are those from this place on.
    fn of(views: &[View], ring_from: usize) -> Effect {
        let mean_of = |all: Vec<Ratio>| {
            let count = u64::try_from(all.len()).unwrap_or(u64::MAX);
            (!all.is_empty()).then(|| Ratio::sum(&all).over(count).reduced())
        };
        Effect {
            wins: views
                .iter()
                .map(|view| view.win_of(ring_from..view.win.len()))
                .collect(),
            mean: mean_of(
                views
                    .iter()
                    .filter_map(|view| view.benchmark.mean())
                    .collect(),
            ),
            deviation: mean_of(
                views
                    .iter()
                    .filter_map(|view| view.benchmark.deviation())
                    .collect(),
            ),
        }
    }
}

/// Bids called `ring-01` and so on.
fn named(name: &str, prices: &[Money]) -> Vec<Bid> {
    let numbered = prices.iter().zip(1_usize..);
    numbered
        .map(|(price, number)| Bid::of(format!("{name}-{number:02}"), *price))
        .collect()
}

fn benchmark_decimals(rules: &RuleSet) -> u8 {
    let rule = rules.price_score.as_ref();
    rule.and_then(|rule| rule.benchmark_decimals).unwrap_or(2)
}

/// Units of a benchmark in fen.
fn fen(units: &Ratio, rules: &RuleSet) -> i64 {
    let to_fen = |decimals: u8, by: &dyn Fn(&Ratio, u64) -> Ratio| {
        let factor = 10_u64.checked_pow(u32::from(decimals)).unwrap_or(1);
        by(units, factor)
    };
    let decimals = benchmark_decimals(rules);
    let exact = match decimals.checked_sub(2) {
        Some(finer) => to_fen(finer, &|units, factor| units.over(factor)),
        None => to_fen(2_u8.saturating_sub(decimals), &|units, factor| {
            units.times(&Ratio::of(factor, 1))
        }),
    };
    i64::try_from(exact.rounded()).unwrap_or(i64::MAX)
}

fn shown(units: &Ratio, rules: &RuleSet) -> String {
    let decimals = benchmark_decimals(rules);
    let factor = 10_u64.checked_pow(u32::from(decimals)).unwrap_or(1);
    units.over(factor).decimal(decimals)
}

/// By how many percent `with` is above `without`; below it with a minus sign. Three decimals.
pub(super) fn shift_percent(without: &Ratio, with: &Ratio) -> String {
    let size = with.distance(without).quotient(without).percent(3);
    let is_nothing = size.chars().all(|digit| matches!(digit, '0' | '.'));
    match (is_nothing, with < without) {
        (true, _) => size,
        (false, true) => format!("-{size}"),
        (false, false) => format!("+{size}"),
    }
}
