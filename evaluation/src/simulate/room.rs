//! One candidate method with one shortlist over one set of bids: everything that no drawn value moves is
//! computed once, so that an opening costs a benchmark and one price score per bid.

use std::cmp::Ordering;

use crate::benchmark::{Basis, Formula, Kind, Pick, PriceSet, Scoring, Values};
use crate::case::{Case, PriceScore, TieKey};
use crate::decimal::{Decimal, Money, power_of_ten};
use crate::draw::{Grid, MethodSpec};
use crate::error::{EvaluationError, Problem};
use crate::evaluate::{Entrant, Entry, Field, evaluate};
use crate::explain::Trace;
use crate::fraction::ArithmeticError;
use crate::score::TOTAL_DECIMALS;
use crate::score::price::PriceScorer;

/// What the bids are measured by after a draw.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Mark {
    /// The draw makes no benchmark: nothing lies in the range, or nothing is left to draw from.
    Failed,
    /// Every bid is rejected.
    Nobody,
    /// The method ranks without a benchmark.
    Without,
    /// The benchmark, award price or floor, in units of its last decimal.
    At(i64),
}

/// One candidate method with one shortlist over one set of bids.
pub(super) struct Room {
    formula: &'static dyn Formula,
    /// Announced values and the first value of every grid.
    pub(super) values: Values,
    /// The grids in the order in which the method declares its parameters.
    pub(super) grids: Vec<(&'static str, Grid)>,
    /// Whether anything is drawn from a list of prices.
    pub(super) has_indexes: bool,
    set: PriceSet,
    contestants: Vec<Contestant>,
    tie_break: Vec<TieKey>,
    decimals: u8,
    score_decimals: u8,
    /// Ready for another benchmark; none for methods that make none.
    scorer: Option<PriceScorer>,
    /// Decimals of the sum of all points before it is rounded.
    points_scale: u8,
    /// What a method without a benchmark gives; nothing is drawn for it.
    settled: Option<Settled>,
}

/// A bid that can be ranked.
struct Contestant {
    /// Its index among the bids.
    bid: usize,
    /// What is scored.
    price: Money,
    /// Technical and credit points, in units of [`Room::points_scale`].
    static_points: i64,
    /// What tells equal totals apart, smaller first, by [`Room::tie_break`]; zero where the price score does.
    ties: Vec<i64>,
}

/// The one outcome of a room where no draw moves the ranks.
struct Settled {
    mark: Mark,
    first: Vec<usize>,
}

impl Room {
    /// Prepares a case of this candidate; its drawn values are not looked at.
    pub(super) fn new(spec: &MethodSpec, case: &Case) -> Result<Room, EvaluationError> {
        let method = spec.validate()?;
        let formula = method.formula();
        let declared = formula.drawn().iter();
        let grids = declared.filter_map(|parameter| {
            Some((parameter.name, spec.grids.get(parameter.name)?.clone()))
        });
        let field = Field::new(case, &mut Trace::dropped())?;
        let rule = case.price_score.as_ref();
        let score_decimals = rule.map_or(TOTAL_DECIMALS, |rule| rule.score_decimals);
        let points = field.entrants.iter().flat_map(points);
        let points_scale = points
            .map(Decimal::scale)
            .fold(TOTAL_DECIMALS.max(score_decimals), u8::max);
        let has_benchmark =
            formula.scoring() == Scoring::Deviation && !field.set.prices().is_empty();
        let mut room = Room {
            formula,
            grids: grids.collect(),
            has_indexes: formula.drawn().iter().any(|one| one.kind == Kind::Index),
            contestants: Vec::new(),
            tie_break: case.tie_break.clone(),
            decimals: rule.map_or(TOTAL_DECIMALS, PriceScore::benchmark_decimals),
            score_decimals,
            scorer: None,
            points_scale,
            settled: None,
            values: field.values,
            set: field.set,
        };
        match rule.filter(|_| has_benchmark) {
            None => room.settled = Some(room.settle_once(case)?),
            Some(rule) => {
                // Any benchmark will do: each opening brings its own.
                let one = Decimal::from_units(1_u8, 0);
                room.scorer = Some(PriceScorer::new(rule, one)?);
                for (entrant, bid) in field.entrants.iter().zip(0_usize..) {
                    if entrant.entry == Entry::Live {
                        room.contestants.push(room.contestant(entrant, bid)?);
                    }
                }
            }
        }
        Ok(room)
    }

    /// A method that measures by anything but a benchmark draws nothing: the evaluation says it all.
    fn settle_once(&self, case: &Case) -> Result<Settled, EvaluationError> {
        let outcome = evaluate(case)?;
        let first = outcome.winner.iter().chain(&outcome.tied);
        let place = |name: &String| case.bids.iter().position(|bid| bid.bidder == *name);
        let shown = outcome
            .benchmark()
            .and_then(|shown| shown.units_at(self.decimals))
            .and_then(|units| i64::try_from(units).ok());
        let mark = match (self.set.prices().is_empty(), shown) {
            (true, _) => Mark::Nobody,
            (false, Some(units)) => Mark::At(units),
            (false, None) => Mark::Without,
        };
        let first = first.filter_map(place).collect();
        Ok(Settled { mark, first })
    }

    fn contestant(&self, entrant: &Entrant, bid: usize) -> Result<Contestant, EvaluationError> {
        let units = |points: Option<Decimal>| match points {
            Some(points) => points
                .units_at(self.points_scale)
                .and_then(|units| i64::try_from(units).ok())
                .ok_or(ArithmeticError::Overflow),
            None => Ok(0),
        };
        let [technical, credit] = components(entrant);
        let (technical, credit) = (units(technical)?, units(credit)?);
        let ties = self.tie_break.iter().map(|key| match key {
            TieKey::Price => entrant.net.fen(),
            TieKey::Credit => credit.saturating_neg(),
            TieKey::Technical => technical.saturating_neg(),
            TieKey::PriceScore => 0,
        });
        Ok(Contestant {
            bid,
            price: entrant.net,
            static_points: technical.saturating_add(credit),
            ties: ties.collect(),
        })
    }

    /// Decimals of [`Mark::At`].
    pub(super) fn decimals(&self) -> u8 {
        self.decimals
    }

    /// Draws the indexes that this room's lists of prices ask for.
    pub(super) fn draw_indexes(
        &self,
        values: &Values,
        pick: &mut Pick<'_>,
    ) -> Result<(), EvaluationError> {
        if !self.has_indexes || self.settled.is_some() {
            return Ok(());
        }
        self.formula.draw_indexes(&self.set, values, pick)
    }

    /// What these values make of the prices.
    pub(super) fn mark(&self, values: &Values) -> Result<Mark, EvaluationError> {
        if let Some(settled) = &self.settled {
            return Ok(settled.mark);
        }
        let basis = match self
            .formula
            .settle(&self.set, values, &mut Trace::dropped())
        {
            Ok(basis) => basis,
            Err(error) if is_dead_end(&error) => return Ok(Mark::Failed),
            Err(error) => return Err(error),
        };
        let Basis::Benchmark { exact, .. } = basis else {
            return Ok(Mark::Without);
        };
        let units = exact.round_half_up(self.decimals)?.units();
        let units = i64::try_from(units).map_err(|_| ArithmeticError::Overflow)?;
        Ok(if units > 0 {
            Mark::At(units)
        } else {
            Mark::Failed
        })
    }

    /// The bids of the first rank under this mark, by index ascending.
    pub(super) fn first(&self, mark: Mark, first: &mut Vec<usize>) -> Result<(), EvaluationError> {
        first.clear();
        if let Some(settled) = &self.settled {
            first.extend_from_slice(&settled.first);
            return Ok(());
        }
        let (Mark::At(units), Some(scorer)) = (mark, &self.scorer) else {
            return Ok(());
        };
        let mut scorer = scorer.clone();
        scorer.rebase(Decimal::from_units(units, self.decimals))?;
        let price_factor = factor(self.points_scale.saturating_sub(self.score_decimals))?;
        let total_factor = factor(self.points_scale.saturating_sub(TOTAL_DECIMALS))?;
        let mut best: Option<(i64, i64, &Contestant)> = None;
        for contestant in &self.contestants {
            let points = i64::try_from(scorer.units_for(contestant.price)?);
            let points = points.map_err(|_| ArithmeticError::Overflow)?;
            let sum = points
                .checked_mul(price_factor)
                .and_then(|points| points.checked_add(contestant.static_points))
                .ok_or(ArithmeticError::Overflow)?;
            let total = rounded(sum, total_factor);
            let order = match best {
                None => Ordering::Less,
                Some((best_total, best_points, leader)) => best_total
                    .cmp(&total)
                    .then_with(|| self.tie(contestant, points, leader, best_points)),
            };
            match order {
                Ordering::Less => {
                    first.clear();
                    first.push(contestant.bid);
                    best = Some((total, points, contestant));
                }
                Ordering::Equal => first.push(contestant.bid),
                Ordering::Greater => {}
            }
        }
        Ok(())
    }

    /// Which of two bids of equal total comes first.
    fn tie(&self, one: &Contestant, points: i64, other: &Contestant, others: i64) -> Ordering {
        let keys = self.tie_break.iter().zip(one.ties.iter().zip(&other.ties));
        keys.map(|(key, (one, other))| match key {
            TieKey::PriceScore => others.cmp(&points),
            _ => one.cmp(other),
        })
        .find(|order| order.is_ne())
        .unwrap_or(Ordering::Equal)
    }
}

/// Technical and credit points.
fn components(entrant: &Entrant) -> [Option<Decimal>; 2] {
    [
        entrant.technical,
        entrant.credit.and_then(|judged| judged.points),
    ]
}

fn points(entrant: &Entrant) -> impl Iterator<Item = Decimal> {
    components(entrant).into_iter().flatten()
}

/// Whether this draw cannot make a benchmark of these prices, while another one may.
fn is_dead_end(error: &EvaluationError) -> bool {
    matches!(error.problem, Problem::RangeEmpty | Problem::PoolEmpty)
}

/// 10 to the power of so many decimals.
fn factor(decimals: u8) -> Result<i64, ArithmeticError> {
    power_of_ten(decimals)
        .and_then(|factor| i64::try_from(factor).ok())
        .ok_or(ArithmeticError::Overflow)
}

/// A sum of points, zero or more, in units of `factor`, rounded half up.
fn rounded(sum: i64, factor: i64) -> i64 {
    if factor == 1 {
        return sum;
    }
    let half = factor.checked_div(2).unwrap_or(0);
    sum.saturating_add(half).checked_div(factor).unwrap_or(sum)
}
