//! Methods that evaluate each price before they compare: `lowest-ratio` (government procurement, 87号令 article
//! 55) and `lowest-evaluated` (经评审的最低投标价法, 12号令 articles 30 to 33).
//!
//! They make no number of their own: what they measure by is the lowest evaluated price, which the
//! evaluation explains bid by bid.

use crate::error::EvaluationError;
use crate::explain::{FormulaSpec, Trace};

use super::{Basis, EvaluatedPrice, Formula, PriceSet, Scoring, Values};

/// The methods of this file.
pub(super) const METHODS: &[&dyn Formula] = &[&LowestRatio, &LowestEvaluated];

/// This file writes no steps.
pub(super) const FORMULAS: &[FormulaSpec] = &[];

/// `lowest-ratio`: points for the ratio of the lowest evaluated price to one's own.
pub(super) struct LowestRatio;

/// `lowest-evaluated`: the lowest evaluated price comes first.
pub(super) struct LowestEvaluated;

impl Formula for LowestRatio {
    fn id(&self) -> &'static str {
        "lowest-ratio"
    }

    fn evaluated_price(&self) -> EvaluatedPrice {
        EvaluatedPrice::LessDeduction
    }

    fn scoring(&self) -> Scoring {
        Scoring::Ratio
    }

    fn settle(
        &self,
        set: &PriceSet,
        _values: &Values,
        _trace: &mut Trace,
    ) -> Result<Basis, EvaluationError> {
        Ok(Basis::RatioTo(set.lowest_evaluated()))
    }
}

impl Formula for LowestEvaluated {
    fn id(&self) -> &'static str {
        "lowest-evaluated"
    }

    fn evaluated_price(&self) -> EvaluatedPrice {
        EvaluatedPrice::WithAdjustments
    }

    fn scoring(&self) -> Scoring {
        Scoring::PriceOnly
    }

    fn settle(
        &self,
        _set: &PriceSet,
        _values: &Values,
        _trace: &mut Trace,
    ) -> Result<Basis, EvaluationError> {
        Ok(Basis::Lowest)
    }
}
