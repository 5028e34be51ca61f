//! Benchmark methods (评标基准价): how prices and parameters become the number that prices are measured by.
//!
//! **To add a method**: write a [`Formula`] in a file of its own, or in the file of its family, and name the
//! file in `families!`. Everything else (parsing, validation, drawing, refusals, explanations, JSON Schema,
//! simulation) follows from what the formula declares about itself.
//!
//! | file | methods | source |
//! |---|---|---|
//! | `jiangsu.rs`, the average A in `jiangsu_average.rs` | `jiangsu-1` to `jiangsu-4` | rules.md sections 1.2 to 1.6 |
//! | `jiangsu_abc.rs` | `jiangsu-5` | section 1.7 |
//! | `trimmed_mean.rs` | `mean-trim-one`, `mean-float` | section 1.11 |
//! | `repeated_mean.rs` | `second-mean`, `third-mean` | section 1.11 |
//! | `limit_mean_blend.rs` | `limit-mean-blend` | section 1.11 |
//! | `evaluated_price.rs` | `lowest-ratio`, `lowest-evaluated` | sections 1.11, 1.12 |
//! | `fixed_price.rs` | `fixed-price` | section 1.14 |
//! | `floor_rate.rs` | `floor-rate-lowest` | evaluation-case format, Korean practice |
//!
//! `price_set.rs` holds the prices with their sums, `cut.rs` the means and cuts that families share. A method
//! does its arithmetic whether or not anybody listens, and puts everything that only an explanation needs
//! into closures ([`Trace::step`], [`Trace::inputs`]): simulations settle millions of openings.

mod cut;
mod jiangsu_average;
mod parameter;
mod price_set;
#[cfg(test)]
mod tests;
mod values;

use std::fmt;

pub(crate) use cut::{highest_without_ties, lowest_without_ties, tie_step};
pub use parameter::{BenchmarkRule, Domain, DrawnValue, FixedValue, Kind, Parameter, Presence};
pub(crate) use parameter::{TRIM_FROM, refuse_extra};
pub use price_set::PriceSet;
pub(crate) use price_set::{Run, ShareRounding, share};
pub use values::Values;

use crate::error::{EvaluationError, Problem};
use crate::explain::{FormulaSpec, Inputs, Trace};
use crate::fraction::Fraction;

/// Declares the files of this directory that hold methods, and the registry of all methods in them. (A
/// module inside a macro is not seen by `cargo fmt`; `ops/test` formats this directory by name.)
macro_rules! families {
    ($($file:ident,)*) => {
        $(mod $file;)*
        /// The methods of each file.
        static FAMILIES: &[&[&dyn Formula]] = &[$($file::METHODS),*];
        /// The formula ids of each file.
        static FAMILY_FORMULAS: &[&[FormulaSpec]] = &[$($file::FORMULAS),*];
    };
}

families! {
    evaluated_price,
    fixed_price,
    floor_rate,
    jiangsu,
    jiangsu_abc,
    limit_mean_blend,
    repeated_mean,
    trimmed_mean,
}

/// Every formula that the step of a method can name; each file's head says what they mean.
pub fn formula_specs() -> impl Iterator<Item = &'static FormulaSpec> {
    let families = FAMILY_FORMULAS.iter().copied().flatten();
    cut::FORMULAS
        .iter()
        .chain(jiangsu_average::FORMULAS)
        .chain(families)
}

/// A method, by its id in rule sets and cases.
#[derive(Clone, Copy)]
pub struct Method(&'static dyn Formula);

impl Method {
    /// Every method, by file.
    pub fn all() -> impl Iterator<Item = Method> {
        FAMILIES
            .iter()
            .copied()
            .flatten()
            .map(|formula| Method(*formula))
    }

    /// The method with this id; the refusal points at `/method`.
    pub fn from_id(id: &str) -> Result<Method, EvaluationError> {
        Method::all()
            .find(|method| method.id() == id)
            .ok_or_else(|| Problem::MethodUnknown(id.to_owned()).at("/method"))
    }

    /// Its mathematics and what it declares about itself.
    pub fn formula(self) -> &'static dyn Formula {
        self.0
    }

    /// The id in rule sets and cases: `jiangsu-2`.
    pub fn id(self) -> &'static str {
        self.0.id()
    }

    /// The parameters that are drawn at the opening.
    pub fn drawn_parameters(self) -> &'static [Parameter] {
        self.0.drawn()
    }

    /// The parameters that the tender document announces.
    pub fn fixed_parameters(self) -> &'static [Parameter] {
        self.0.fixed()
    }

    /// Whether anything has to be drawn for this method once it is chosen.
    pub fn needs_draw(self) -> bool {
        !self.drawn_parameters().is_empty()
    }

    /// Which amounts beside the prices the method needs.
    pub fn needs(self) -> Needs {
        self.0.needs()
    }

    /// All ids, for messages.
    pub(crate) fn known_ids() -> String {
        Method::all().map(Method::id).collect::<Vec<_>>().join(", ")
    }
}

impl PartialEq for Method {
    fn eq(&self, other: &Method) -> bool {
        self.id() == other.id()
    }
}

impl Eq for Method {}

impl fmt::Debug for Method {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Method({})", self.id())
    }
}

/// The amounts beside the bids' prices that a method works with.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Needs {
    /// 招标控制价.
    pub control_price: bool,
    /// The Korean estimated price (예정가격).
    pub estimated_price: bool,
    /// The tenderee's published budget price.
    pub budget_price: bool,
}

/// What a method makes of a bid's price before it compares.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum EvaluatedPrice {
    /// The price itself.
    #[default]
    AsBid,
    /// price × (1 − deduction): policy deductions of government procurement (87号令 article 55).
    LessDeduction,
    /// price + the sum of the signed adjustments of the review (12号令 articles 30 to 33).
    WithAdjustments,
}

/// How a method turns what it measured into an order.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Scoring {
    /// Points for the deviation from a benchmark.
    #[default]
    Deviation,
    /// Points for the ratio of the lowest evaluated price to one's own (87号令 article 55).
    Ratio,
    /// No points: evaluated prices alone rank.
    PriceOnly,
}

/// What one method declares about itself, and its mathematics.
pub trait Formula: Sync {
    /// The id in rule sets and cases.
    fn id(&self) -> &'static str;

    /// The parameters that are drawn at the opening, in the order in which they are explained.
    fn drawn(&self) -> &'static [Parameter] {
        &[]
    }

    /// The parameters that the tender document announces.
    fn fixed(&self) -> &'static [Parameter] {
        &[]
    }

    /// Which amounts beside the prices the method needs.
    fn needs(&self) -> Needs {
        Needs::default()
    }

    /// What it makes of a bid's price before it compares.
    fn evaluated_price(&self) -> EvaluatedPrice {
        EvaluatedPrice::default()
    }

    /// How it turns what it measured into an order.
    fn scoring(&self) -> Scoring {
        Scoring::default()
    }

    /// Whether the highest or lowest prices are left out of a mean (government procurement forbids it).
    fn trims(&self) -> bool {
        false
    }

    /// Whether a bid above the control price is rejected (实施条例 article 51); otherwise it is ignored.
    fn heeds_control_price(&self) -> bool {
        true
    }

    /// Whether only a draw finds the winner (forbidden for statutory tenders, 发改法规规〔2022〕1117号).
    fn draws_winner(&self) -> bool {
        false
    }

    /// Refuses parameters that are possible one by one, but not together.
    fn check(&self, _values: &Values) -> Result<(), EvaluationError> {
        Ok(())
    }

    /// Draws the parameters of kind [`Kind::Index`], whose lists depend on prices and on `values`. `pick`
    /// draws an index below a length that is above zero. An empty list draws nothing.
    fn draw_indexes(
        &self,
        _set: &PriceSet,
        _values: &Values,
        _pick: &mut Pick<'_>,
    ) -> Result<(), EvaluationError> {
        Ok(())
    }

    /// Turns prices (at least one) and parameters into what the bids are measured by. Steps are traced.
    fn settle(
        &self,
        set: &PriceSet,
        values: &Values,
        trace: &mut Trace,
    ) -> Result<Basis, EvaluationError>;
}

/// Chooses an index below a length (above zero) for the parameter of this name.
pub type Pick<'a> = dyn FnMut(&'static str, usize) -> Result<usize, EvaluationError> + 'a;

/// What the bids are measured by.
#[derive(Clone, Debug)]
pub enum Basis {
    /// A benchmark price: bids are scored by their deviation from it. Rounded by the case's own rule.
    Benchmark {
        /// The exact benchmark, in whole units of the currency.
        exact: Fraction,
        /// The formula that made it, for the explanation.
        formula: &'static str,
        /// What went into it.
        inputs: Inputs,
    },
    /// The lowest evaluated price: bids are scored by its ratio to their own.
    RatioTo(Fraction),
    /// The lowest evaluated price comes first; nothing is scored.
    Lowest,
    /// The lowest price that is not below this amount comes first; nothing is scored.
    LowestFrom(Fraction),
    /// Every bid at exactly this price shares the first rank; only a draw finds the winner.
    FixedPrice(Fraction),
}
