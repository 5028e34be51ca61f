//! Everything about the bids that does not depend on the benchmark, in the order of the law: net prices, the
//! control price, the review and the credit gate, the shortlist, the benchmark set; then the technical part
//! and the points for credit.
//!
//! A simulation makes a field once and settles it many times.

use crate::benchmark::{EvaluatedPrice, Method, PriceSet, Scoring, Values};
use crate::case::{Bid, Case, DEDUCTION_DECIMALS_MAX, RecomputePolicy};
use crate::check;
use crate::decimal::{Decimal, MONEY_DECIMALS, Money, power_of_ten};
use crate::error::{EvaluationError, Problem};
use crate::explain::Trace;
use crate::fraction::{ArithmeticError, Fraction};
use crate::result::Rejection;
use crate::score::credit::{CreditScorer, Judged};
use crate::score::technical::{Dropped, Flag, Sheet, widest_member};
use crate::score::{SCALE, TOTAL_DECIMALS};

/// The bids of a case before they are measured.
pub(crate) struct Field<'a> {
    pub case: &'a Case,
    pub method: Method,
    pub values: Values,
    /// Net of provisional sums; none if the method ignores it.
    pub control_price: Option<Money>,
    /// One per bid, in the case's order.
    pub entrants: Vec<Entrant>,
    /// The benchmark set.
    pub set: PriceSet,
    /// The committee member whose scores are left out.
    pub dropped: Option<Dropped>,
}

/// What is known about one bid before the benchmark.
#[derive(Clone, Debug)]
pub(crate) struct Entrant {
    /// The price less the provisional sums.
    pub net: Money,
    /// What the method makes of the net price, in units of 10^-[`SCALE`].
    pub evaluated: i128,
    pub entry: Entry,
    /// Whether its price is one of those that the shortlist works on.
    pub considered: bool,
    /// Whether its price is in the benchmark set.
    pub counts: bool,
    /// None where there is no rule, and for bids that were rejected before credit was looked at.
    pub credit: Option<Judged>,
    /// Rounded points; none where there is no rule, and for bids that are not scored.
    pub technical: Option<Decimal>,
    /// What the report has to mention about the technical scores.
    pub flags: Vec<Flag>,
}

/// Whether a bid is scored.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Entry {
    /// It is.
    Live,
    /// It was not shortlisted.
    LeftOut,
    /// It was rejected.
    Rejected(Rejection),
}

impl<'a> Field<'a> {
    /// Checks the case and prepares its bids.
    pub(crate) fn new(case: &'a Case, trace: &mut Trace) -> Result<Field<'a>, EvaluationError> {
        let (method, values) = check::check(case)?;
        let formula = method.formula();
        let control_price = case.control_price.filter(|_| formula.heeds_control_price());
        let control_price = control_price.map(|price| net(case, price)).transpose()?;
        let mut field = Field {
            case,
            method,
            values,
            control_price,
            entrants: Vec::with_capacity(case.bids.len()),
            set: PriceSet::new([]),
            dropped: None,
        };
        let credit = case
            .credit
            .as_ref()
            .map(|rule| CreditScorer::new(rule, case.contract_estimate))
            .transpose()?;
        for (index, bid) in case.bids.iter().enumerate() {
            let entrant = field.entrant(bid, credit.as_ref());
            let entrant = entrant.map_err(|error| error.under(&format!("/bids/{index}")))?;
            field.entrants.push(entrant);
        }
        field.shortlist(trace)?;
        field.set = field.price_set()?;
        field.score_technical()?;
        Ok(field)
    }

    /// The evaluated price of a scored or ranked bid as a result shows it, if it differs from the price in kind.
    pub(crate) fn shown_price(
        &self,
        entrant: &Entrant,
    ) -> Result<Option<Decimal>, ArithmeticError> {
        let kind = self.method.formula().evaluated_price();
        if kind == EvaluatedPrice::AsBid && self.case.provisional_sums.is_none() {
            return Ok(None);
        }
        let exact = super::exact_price(entrant.evaluated)?;
        exact.round_half_up(TOTAL_DECIMALS).map(Some)
    }

    /// Pointers are relative to the bid.
    fn entrant(
        &self,
        bid: &Bid,
        credit: Option<&CreditScorer<'_>>,
    ) -> Result<Entrant, EvaluationError> {
        let net = net(self.case, bid.price)?;
        let mut entrant = Entrant {
            net,
            evaluated: units_of(net)?,
            entry: Entry::Live,
            considered: false,
            counts: false,
            credit: None,
            technical: None,
            flags: Vec::new(),
        };
        let early = match self.control_price {
            _ if net.fen() <= 0 => Some(Rejection::NotAboveProvisionalSums),
            Some(control_price) if net > control_price => Some(Rejection::AboveControlPrice),
            _ => None,
        };
        if let Some(rejection) = early {
            entrant.entry = Entry::Rejected(rejection);
            return Ok(entrant);
        }
        entrant.evaluated = self.evaluated(bid, net)?;
        if let Some(reason) = &bid.rejected {
            entrant.entry = Entry::Rejected(Rejection::Given(reason.clone()));
        } else if let Some(scorer) = credit {
            let judged = scorer.judge(bid.credit.as_ref());
            let judged = judged.map_err(|error| error.under("/credit"))?;
            entrant.credit = Some(judged);
            if !judged.passes {
                entrant.entry = Entry::Rejected(Rejection::CreditBelowGate);
            }
        }
        entrant.considered = entrant.entry == Entry::Live || self.rejected_count();
        entrant.counts = entrant.considered;
        Ok(entrant)
    }

    /// Whether a bid that the review or the credit gate rejects still counts in the mean. The lowest price of
    /// a ratio is that of a qualified bid in any case (87号令 article 55).
    fn rejected_count(&self) -> bool {
        self.case.recompute_policy == RecomputePolicy::AtOpening
            && self.method.formula().scoring() != Scoring::Ratio
    }

    /// What the method makes of a net price, in units of 10^-[`SCALE`].
    fn evaluated(&self, bid: &Bid, net: Money) -> Result<i128, EvaluationError> {
        const { assert!(MONEY_DECIMALS + DEDUCTION_DECIMALS_MAX == SCALE) };
        let overflow = ArithmeticError::Overflow;
        let units = units_of(net)?;
        let evaluated = match self.method.formula().evaluated_price() {
            EvaluatedPrice::AsBid => units,
            EvaluatedPrice::LessDeduction => {
                let one = power_of_ten(DEDUCTION_DECIMALS_MAX).ok_or(overflow)?;
                let share = bid
                    .deduction
                    .map_or(Some(0), |share| share.units_at(DEDUCTION_DECIMALS_MAX));
                share
                    .and_then(|share| one.checked_sub(share))
                    .and_then(|left| i128::from(net.fen()).checked_mul(left))
                    .ok_or(overflow)?
            }
            EvaluatedPrice::WithAdjustments => {
                let mut sum = units;
                for adjustment in bid.adjustments.iter().flatten() {
                    let units = adjustment.units_at(SCALE).ok_or(overflow)?;
                    sum = sum.checked_add(units).ok_or(overflow)?;
                }
                sum
            }
        };
        if evaluated <= 0 {
            let text = Decimal::from_units(evaluated, SCALE).shortest().to_string();
            return Err(Problem::EvaluatedPriceNotPositive(text).at("/adjustments"));
        }
        Ok(evaluated)
    }

    /// Leaves out the bids that are not shortlisted.
    fn shortlist(&mut self, trace: &mut Trace) -> Result<(), EvaluationError> {
        let Some(rule) = &self.case.shortlist else {
            return Ok(());
        };
        // Whoever is shortlisted has an evaluated price in whole fen: see the check of the rule.
        let counted = self.entrants.iter().filter(|entrant| entrant.counts);
        let prices = counted.map(|entrant| fen_of(entrant.evaluated));
        let set = PriceSet::new(prices.collect::<Result<Vec<Money>, _>>()?);
        let limits = rule
            .limits(&set, trace)
            .map_err(|error| error.under("/shortlist"))?;
        for entrant in &mut self.entrants {
            if entrant.counts && !limits.contain(fen_of(entrant.evaluated)?) {
                entrant.counts = false;
                if entrant.entry == Entry::Live {
                    entrant.entry = Entry::LeftOut;
                }
            }
        }
        Ok(())
    }

    fn price_set(&self) -> Result<PriceSet, ArithmeticError> {
        let counted = || self.entrants.iter().filter(|entrant| entrant.counts);
        let lowest = counted().map(|entrant| entrant.evaluated).min();
        let lowest: Option<Fraction> = lowest.map(super::exact_price).transpose()?;
        Ok(PriceSet::new(counted().map(|entrant| entrant.net))
            .with_control_price(self.control_price)
            .with_estimated_price(self.case.estimated_price)
            .with_budget_price(self.case.budget_price)
            .with_lowest_evaluated(lowest))
    }

    /// The technical points of all bids that are scored.
    fn score_technical(&mut self) -> Result<(), EvaluationError> {
        let Some(rule) = &self.case.technical else {
            return Ok(());
        };
        let mut sheets = Vec::with_capacity(self.entrants.len());
        for (index, bid) in self.live() {
            let under =
                |error: EvaluationError, field| error.under(&format!("/bids/{index}/{field}"));
            let sheet = Sheet::new(rule, bid.technical.as_ref());
            let sheet = sheet.map_err(|error| under(error, "technical"))?;
            let reasons = sheet.check_reasons(&bid.reasons);
            reasons.map_err(|error| under(error, "reasons"))?;
            sheets.push((index, sheet));
        }
        self.dropped = widest_member(rule, &sheets)?;
        let without = self.dropped.as_ref().map(|dropped| dropped.member);
        for (index, sheet) in &sheets {
            let bid = self.case.bids.get(*index);
            let reasons = bid.map_or(&[][..], |bid| bid.reasons.as_slice());
            if let Some(entrant) = self.entrants.get_mut(*index) {
                entrant.technical = Some(sheet.points(rule, without)?);
                entrant.flags = sheet.flags(rule, reasons)?;
            }
        }
        Ok(())
    }

    fn live(&self) -> impl Iterator<Item = (usize, &'a Bid)> {
        let bids = self.case.bids.iter().enumerate().zip(&self.entrants);
        bids.filter(|(_, entrant)| entrant.entry == Entry::Live)
            .map(|(bid, _)| bid)
    }
}

/// A price less the provisional sums, which all bids contain alike.
fn net(case: &Case, price: Money) -> Result<Money, ArithmeticError> {
    let sums = case.provisional_sums.map_or(0, Money::fen);
    let net = price.fen().checked_sub(sums);
    net.map(Money::from_fen).ok_or(ArithmeticError::Overflow)
}

/// An amount in units of 10^-[`SCALE`].
fn units_of(amount: Money) -> Result<i128, ArithmeticError> {
    let units = amount.decimal().units_at(SCALE);
    units.ok_or(ArithmeticError::Overflow)
}

/// The same amount in fen, which it has to be whole in.
fn fen_of(units: i128) -> Result<Money, ArithmeticError> {
    let fen = Decimal::from_units(units, SCALE).units_at(MONEY_DECIMALS);
    let fen = fen.and_then(|fen| i64::try_from(fen).ok());
    fen.map(Money::from_fen).ok_or(ArithmeticError::Overflow)
}
