//! Benchmark methods (评标基准价): how prices and parameters become the number that prices are measured by.
//!
//! **To add a method**: write a [`Formula`] in a file of its family, add a variant to [`Method`] and a line
//! to its `ALL` and to the one `match` in [`Method::formula`]. Everything else (parsing, validation, drawing,
//! refusals, explanations) follows from what the formula declares about itself.
//!
//! | file | methods | source |
//! |---|---|---|
//! | `jiangsu.rs` | `jiangsu-1` to `jiangsu-4`, the average A | rules.md sections 1.2 to 1.6 |
//! | `jiangsu_abc.rs` | `jiangsu-5` | rules.md section 1.7 |
//! | `floor_rate.rs` | `floor-rate-lowest` | evaluation-case format, Korean practice |

mod floor_rate;
mod jiangsu;
mod jiangsu_abc;
mod parameter;
mod price_set;

pub(crate) use parameter::refuse_extra;
pub use parameter::{BenchmarkRule, Domain, DrawnValue, Kind, Parameter, Values};
pub use price_set::PriceSet;

use crate::error::{EvaluationError, Problem};
use crate::explain::{Inputs, Step};
use crate::fraction::Fraction;

/// The methods that exist here, by their ids in rule sets and cases.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[non_exhaustive]
pub enum Method {
    /// 方法一: A × drawn K.
    Jiangsu1,
    /// 方法二: A blended with the control price.
    Jiangsu2,
    /// 方法三: the second-lowest price.
    Jiangsu3,
    /// 方法四: A × announced K.
    Jiangsu4,
    /// 方法五: ABC合成法.
    Jiangsu5,
    /// Korea: the lowest price that is not below a rate of the estimated price.
    FloorRateLowest,
}

impl Method {
    /// Every method.
    pub const ALL: [Method; 6] = [
        Method::Jiangsu1,
        Method::Jiangsu2,
        Method::Jiangsu3,
        Method::Jiangsu4,
        Method::Jiangsu5,
        Method::FloorRateLowest,
    ];

    /// The method with this id; the refusal points at `/method`.
    pub fn from_id(id: &str) -> Result<Method, EvaluationError> {
        let found = Method::ALL.into_iter().find(|method| method.id() == id);
        found.ok_or_else(|| Problem::MethodUnknown(id.to_owned()).at("/method"))
    }

    /// The registry: which formula stands behind which method.
    pub fn formula(self) -> &'static dyn Formula {
        match self {
            Method::Jiangsu1 => &jiangsu::Method1,
            Method::Jiangsu2 => &jiangsu::Method2,
            Method::Jiangsu3 => &jiangsu::Method3,
            Method::Jiangsu4 => &jiangsu::Method4,
            Method::Jiangsu5 => &jiangsu_abc::Abc,
            Method::FloorRateLowest => &floor_rate::FloorRateLowest,
        }
    }

    /// The id in rule sets and cases: `jiangsu-2`.
    pub fn id(self) -> &'static str {
        self.formula().id()
    }

    /// The parameters that are drawn at the opening.
    pub fn drawn_parameters(self) -> &'static [Parameter] {
        self.formula().drawn()
    }

    /// The parameters that the tender document announces.
    pub fn fixed_parameters(self) -> &'static [Parameter] {
        self.formula().fixed()
    }

    /// Whether anything has to be drawn for this method once it is chosen.
    pub fn needs_draw(self) -> bool {
        !self.drawn_parameters().is_empty()
    }

    /// Which amounts beside the prices the method needs.
    pub fn needs(self) -> Needs {
        self.formula().needs()
    }

    /// All ids, for messages.
    pub(crate) fn known_ids() -> String {
        Method::ALL.map(Method::id).join(", ")
    }
}

/// The amounts beside the bids' prices that a method works with.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Needs {
    /// 招标控制价.
    pub control_price: bool,
    /// The Korean estimated price (예정가격).
    pub estimated_price: bool,
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

    /// Whether the highest or lowest prices are left out of a mean (government procurement forbids it).
    fn trims(&self) -> bool {
        false
    }

    /// Whether bids are scored by their deviation from a benchmark; otherwise prices alone rank them.
    fn scores(&self) -> bool {
        true
    }

    /// Whether a bid above the control price is rejected (实施条例 article 51); otherwise it is ignored.
    fn heeds_control_price(&self) -> bool {
        true
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

    /// Turns prices (at least one) and parameters into what the bids are measured by. Steps are appended.
    fn settle(
        &self,
        set: &PriceSet,
        values: &Values,
        steps: &mut Vec<Step>,
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
    /// The lowest price that is not below this amount comes first; nothing is scored.
    LowestFrom(Fraction),
}
