//! From a rule set and what was drawn to an evaluation case.

use crate::benchmark::{BenchmarkRule, Method};
use crate::case::{Bid, Case, CaseFormat, CreditRule};
use crate::error::{EvaluationError, Problem};
use crate::score::credit::CreditMode;
use crate::shortlist::ShortlistRule;

use super::RuleSet;

impl RuleSet {
    /// Reads a rule set strictly: unknown or doubled members, floats and malformed numbers are refused with a
    /// pointer to them. Whether it can be carried out is another question: [`RuleSet::check`].
    pub fn parse(json: &[u8]) -> Result<RuleSet, EvaluationError> {
        record::json::parse(json).map_err(|error| {
            let (line, column) = (error.line, error.column);
            Problem::Json {
                code: error.code(),
                line,
                column,
                reason: error.reason,
            }
            .at(error.pointer)
        })
    }

    /// The case that these rules give with what was drawn and the bids. `profile` is the id of the law that
    /// the tender runs under; `shortlist` is which of the candidates was drawn, and none where there is
    /// nothing to draw: no candidate, or a single one.
    pub fn case(
        &self,
        profile: &str,
        drawn: BenchmarkRule,
        shortlist: Option<usize>,
        bids: Vec<Bid>,
    ) -> Result<Case, EvaluationError> {
        Ok(Case {
            format: CaseFormat::V1,
            profile: profile.to_owned(),
            currency: self.currency.clone(),
            control_price: self.control_price,
            estimated_price: self.estimated_price,
            budget_price: self.budget_price,
            contract_estimate: self.contract_estimate,
            provisional_sums: self.provisional_sums,
            recompute_policy: self.recompute_policy,
            shortlist: self.shortlisted_by(shortlist)?.cloned(),
            benchmark: drawn,
            price_score: self.price_score.clone(),
            technical: self.technical.clone(),
            credit: self.credit_rule(),
            credit_snapshot: None,
            tie_break: self.tie_break.clone(),
            bids,
        })
    }

    /// Amounts that these rules refer to and do not give, by their member names. A rule set of the library
    /// leaves them open; in a notice all of them have to be there.
    pub fn open_amounts(&self) -> Vec<&'static str> {
        let methods = self
            .methods
            .iter()
            .filter_map(|spec| Method::from_id(&spec.method).ok());
        let (mut control, mut estimated, mut budget) = (false, false, false);
        for method in methods {
            let needs = method.needs();
            control |= needs.control_price;
            estimated |= needs.estimated_price;
            budget |= needs.budget_price;
        }
        [
            ("control_price", control && self.control_price.is_none()),
            (
                "estimated_price",
                estimated && self.estimated_price.is_none(),
            ),
            ("budget_price", budget && self.budget_price.is_none()),
            (
                "contract_estimate",
                self.credit_depends_on_estimate() && self.contract_estimate.is_none(),
            ),
        ]
        .into_iter()
        .filter_map(|(name, open)| open.then_some(name))
        .collect()
    }

    /// The credit rule with the value of bidders whom the snapshot does not name.
    fn credit_rule(&self) -> Option<CreditRule> {
        self.credit.as_ref().map(|terms| CreditRule {
            missing: Some(terms.missing.clone()),
            ..terms.rule.clone()
        })
    }

    /// Whether the threshold for full credit points depends on the contract estimate.
    fn credit_depends_on_estimate(&self) -> bool {
        self.credit.as_ref().is_some_and(|terms| {
            let by_estimate = |line: &crate::case::Threshold| line.estimate_below.is_some();
            terms.rule.mode == CreditMode::Tiers && terms.rule.thresholds.iter().any(by_estimate)
        })
    }

    fn shortlisted_by(
        &self,
        drawn: Option<usize>,
    ) -> Result<Option<&ShortlistRule>, EvaluationError> {
        let length = self.shortlist.len();
        match drawn {
            None if length <= 1 => Ok(self.shortlist.first()),
            None => Err(Problem::ShortlistNotDrawn { length }.at("/shortlist")),
            Some(index) => match self.shortlist.get(index) {
                Some(rule) => Ok(Some(rule)),
                None => Err(Problem::ShortlistNotDrawn { length }.at("/shortlist")),
            },
        }
    }
}
