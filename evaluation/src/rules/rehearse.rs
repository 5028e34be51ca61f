//! Trial evaluations of a rule set before anybody has sealed a bid: what they refuse could otherwise only
//! be found when it is too late to change anything.

use std::collections::BTreeMap;

use crate::benchmark::{BenchmarkRule, DrawnValue, EvaluatedPrice, Kind, Method, PriceSet, Values};
use crate::case::{
    AMOUNT_MAX_FEN, BIDS_MAX, Bid, Case, CreditMode, CreditRule, CreditValue, TechnicalRule,
    TechnicalScores,
};
use crate::decimal::{Decimal, Money};
use crate::draw::{Grid, MethodSpec};
use crate::error::{EvaluationError, Problem};
use crate::evaluate;
use crate::explain::Trace;

use super::RuleSet;

/// Numbers of bids that methods tell apart (rules.md section 1.2).
const FIELD_SIZES: [usize; 6] = [1, 2, 3, 4, 7, 23];
/// Committee members of the trial: every way to aggregate has enough of them.
const MEMBERS: usize = 5;
/// Stands for an amount that the document leaves open, in fen.
const STAND_IN_FEN: i64 = 1_234_567_891;
/// Under which law a trial runs: none.
const TRIAL_PROFILE: &str = "trial";

impl RuleSet {
    /// Evaluates every announced method over small fields of bids, over the highest and lowest prices that
    /// are possible, and with the first, second and last value of every grid. Pointers are relative to this
    /// document.
    pub fn rehearse(&self) -> Result<(), EvaluationError> {
        for (position, spec) in self.methods.iter().enumerate() {
            let method = Method::from_id(&spec.method)
                .map_err(|error| error.under(&format!("/methods/{position}")))?;
            let trial = Trial {
                rules: self,
                method,
                position,
            };
            for draw in draws(method, spec) {
                trial.over_ordinary_fields(&draw)?;
                trial.over_extremes(&draw)?;
            }
        }
        Ok(())
    }
}

/// The trial of one announced method.
struct Trial<'a> {
    rules: &'a RuleSet,
    method: Method,
    position: usize,
}

impl Trial<'_> {
    fn over_ordinary_fields(&self, draw: &BenchmarkRule) -> Result<(), EvaluationError> {
        let amounts = Amounts::of(self.rules, STAND_IN_FEN);
        for size in FIELD_SIZES {
            // All different, from the highest possible price down to nine tenths of it.
            let prices = (0_i64..).take(size).map(|place| {
                let part = amounts.top_fen().saturating_mul(place);
                amounts
                    .top_fen()
                    .saturating_sub(part.checked_div(230).unwrap_or(0))
            });
            self.over(draw, &amounts, prices.collect())?;
        }
        Ok(())
    }

    /// The highest and the lowest prices, alone and together, and as many as can be.
    fn over_extremes(&self, draw: &BenchmarkRule) -> Result<(), EvaluationError> {
        let amounts = Amounts::of(self.rules, AMOUNT_MAX_FEN);
        let (top, bottom) = (amounts.top_fen(), amounts.bottom_fen());
        let below_top = top.saturating_sub(1).max(bottom);
        self.over(draw, &amounts, vec![top, top, top])?;
        self.over(draw, &amounts, vec![bottom, bottom, bottom])?;
        self.over(draw, &amounts, vec![bottom, below_top, below_top, top])?;
        self.settle_the_largest_field(draw, &amounts)
    }

    fn over(
        &self,
        draw: &BenchmarkRule,
        amounts: &Amounts,
        prices_fen: Vec<i64>,
    ) -> Result<(), EvaluationError> {
        let bids = Bids {
            rules: self.rules,
            method: self.method,
        };
        let bids: Vec<Bid> = prices_fen
            .into_iter()
            .enumerate()
            .map(|(place, fen)| bids.bid(place, fen))
            .collect();
        // One candidate or none is the candidate "none was drawn".
        let candidates = match self.rules.shortlist.len() {
            0 | 1 => vec![None],
            length => (0..length).map(Some).collect(),
        };
        for candidate in candidates {
            let case = self
                .rules
                .case(TRIAL_PROFILE, draw.clone(), candidate, bids.clone())?;
            self.judge(evaluate(&amounts.put_into(case)), candidate.unwrap_or(0))?;
        }
        Ok(())
    }

    /// As many bids as one tender may have, of nearly the highest price: their benchmark alone, which is
    /// what many large prices could make too large. The score of a bid depends on no other bid.
    fn settle_the_largest_field(
        &self,
        draw: &BenchmarkRule,
        amounts: &Amounts,
    ) -> Result<(), EvaluationError> {
        let (top, bottom) = (amounts.top_fen(), amounts.bottom_fen());
        let count = i64::try_from(BIDS_MAX).unwrap_or(i64::MAX);
        let prices =
            (0..count).map(|place| top.saturating_sub(count).saturating_add(place).max(bottom));
        let set = PriceSet::new(prices.map(Money::from_fen))
            .with_control_price(amounts.control)
            .with_estimated_price(amounts.estimated)
            .with_budget_price(amounts.budget);
        if set.prices().is_empty() {
            return Ok(());
        }
        let settled = Values::new(self.method, draw).and_then(|values| {
            let formula = self.method.formula();
            formula.settle(&set, &values, &mut Trace::dropped())
        });
        let settled = settled.map_err(|error| error.under("/benchmark"));
        self.judge(settled, 0)
    }

    /// Refuses with a pointer into the rule set what is not merely a matter of the trial's own prices.
    fn judge<T>(
        &self,
        result: Result<T, EvaluationError>,
        shortlist: usize,
    ) -> Result<(), EvaluationError> {
        match result {
            Ok(_) => Ok(()),
            Err(error) if depends_on_bids(&error.problem) => Ok(()),
            Err(error) => Err(EvaluationError {
                pointer: self.in_rules(&error.pointer, shortlist),
                problem: error.problem,
            }),
        }
    }

    /// Where in the rule set stands what the case calls `pointer`.
    fn in_rules(&self, pointer: &str, shortlist: usize) -> String {
        let method = format!("/methods/{}", self.position);
        let moved = [
            ("/benchmark/drawn", format!("{method}/grids")),
            ("/benchmark", method),
            ("/credit/missing", "/credit/missing".to_owned()),
            ("/credit", "/credit/rule".to_owned()),
            ("/shortlist", format!("/shortlist/{shortlist}")),
        ];
        let found = moved
            .into_iter()
            .find_map(|(from, to)| Some(to + pointer.strip_prefix(from)?));
        match found {
            Some(found) => found,
            // The trial's bids have nothing from the document but the value of who has no credit.
            None if pointer.starts_with("/bids") && pointer.ends_with("/credit") => {
                "/credit/missing".to_owned()
            }
            None if pointer.starts_with("/bids") => String::new(),
            None => pointer.to_owned(),
        }
    }
}

/// What real bids may bring about, and the procedure has an answer for.
fn depends_on_bids(problem: &Problem) -> bool {
    matches!(
        problem.code(),
        "range-empty" | "pool-empty" | "benchmark-not-positive" | "member-draw-needed"
    )
}

/// The amounts of a trial: the document's own, and a stand-in where it leaves one open.
struct Amounts {
    control: Option<Money>,
    estimated: Option<Money>,
    budget: Option<Money>,
    estimate: Option<Money>,
    provisional: Money,
    stand_in: Money,
}

impl Amounts {
    fn of(rules: &RuleSet, stand_in_fen: i64) -> Amounts {
        let stand_in = Money::from_fen(stand_in_fen);
        let open = rules.open_amounts();
        let or_stand_in =
            |given: Option<Money>, name| given.or(open.contains(&name).then_some(stand_in));
        Amounts {
            control: or_stand_in(rules.control_price, "control_price"),
            estimated: or_stand_in(rules.estimated_price, "estimated_price"),
            budget: or_stand_in(rules.budget_price, "budget_price"),
            estimate: or_stand_in(rules.contract_estimate, "contract_estimate"),
            provisional: rules.provisional_sums.unwrap_or(Money::from_fen(0)),
            stand_in,
        }
    }

    /// The highest price worth trying.
    fn top_fen(&self) -> i64 {
        let top = self.control.or(self.estimated).or(self.budget);
        top.unwrap_or(self.stand_in).fen()
    }

    /// The lowest price that is possible.
    fn bottom_fen(&self) -> i64 {
        self.provisional.fen().saturating_add(1)
    }

    fn put_into(&self, case: Case) -> Case {
        Case {
            control_price: self.control,
            estimated_price: self.estimated,
            budget_price: self.budget,
            contract_estimate: self.estimate,
            ..case
        }
    }
}

/// Makes the bids of a trial. They alternate between everything and nothing.
struct Bids<'a> {
    rules: &'a RuleSet,
    method: Method,
}

impl Bids<'_> {
    fn bid(&self, place: usize, fen: i64) -> Bid {
        let everything = place.is_multiple_of(2);
        let evaluated = self.method.formula().evaluated_price();
        Bid {
            technical: self
                .rules
                .technical
                .as_ref()
                .map(|rule| scores(rule, everything)),
            credit: self
                .rules
                .credit
                .as_ref()
                .and_then(|terms| credit(&terms.rule, place)),
            deduction: (evaluated == EvaluatedPrice::LessDeduction && !everything)
                .then(|| Decimal::from_units(9_999, 4)),
            adjustments: (evaluated == EvaluatedPrice::WithAdjustments && !everything)
                .then(|| vec![Decimal::from_units(1, 2)]),
            ..Bid::of(format!("b{place}"), Money::from_fen(fen))
        }
    }
}

/// Full marks, or nothing but for what all members have to agree on; members differ in how they spread.
fn scores(rule: &TechnicalRule, everything: bool) -> TechnicalScores {
    let zero = Decimal::from_units(0, 0);
    let marks = |full: Decimal, objective: bool| -> Vec<Decimal> {
        let mark = |member: usize| {
            if everything || objective || member == 0 {
                full
            } else {
                zero
            }
        };
        (0..MEMBERS).map(mark).collect()
    };
    if rule.items.is_empty() {
        return TechnicalScores::Whole(marks(rule.full, false));
    }
    let items = rule
        .items
        .iter()
        .map(|item| (item.id.clone(), marks(item.full, item.objective)));
    TechnicalScores::ByItem(items.collect())
}

/// A credit value that the rule knows, or none, so that the rule's own value for that is tried too.
fn credit(rule: &CreditRule, place: usize) -> Option<CreditValue> {
    match (place.checked_rem(3), rule.mode) {
        (Some(0), _) | (None, _) => None,
        (_, CreditMode::Grades) => {
            let grade = rule
                .grades
                .keys()
                .nth(place.checked_rem(rule.grades.len())?);
            grade.map(|grade| CreditValue::Of(grade.clone()))
        }
        (Some(1), _) => Some(CreditValue::Of("0".to_owned())),
        _ => Some(CreditValue::Of("1000000".to_owned())),
    }
}

/// Three ways that a draw may end: every grid at its first, its second and its last value. Lists of prices
/// are never empty at index 0, or ignore it.
fn draws(method: Method, spec: &MethodSpec) -> Vec<BenchmarkRule> {
    let last = |grid: &Grid| grid.count().saturating_sub(1);
    let second = |grid: &Grid| last(grid).min(1);
    let picks: [&dyn Fn(&Grid) -> u64; 3] = [&|_| 0, &second, &last];
    let drawn = |pick: &dyn Fn(&Grid) -> u64| -> BTreeMap<String, DrawnValue> {
        let decimals = spec.grids.iter().filter_map(|(name, grid)| {
            let value = grid.value(pick(grid))?;
            Some((name.clone(), DrawnValue::Decimal(value)))
        });
        let indexes = method.drawn_parameters().iter();
        let indexes = indexes.filter(|parameter| parameter.kind == Kind::Index);
        decimals
            .chain(indexes.map(|parameter| (parameter.name.to_owned(), DrawnValue::Index(0))))
            .collect()
    };
    let mut rules: Vec<BenchmarkRule> = picks
        .into_iter()
        .map(|pick| BenchmarkRule {
            method: spec.method.clone(),
            drawn: drawn(pick),
            fixed: spec.fixed.clone(),
            trim_from: spec.trim_from,
        })
        .collect();
    rules.dedup();
    rules
}
