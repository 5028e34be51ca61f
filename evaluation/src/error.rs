//! What can be wrong with a case, a rule set or a draw, and where.

use std::fmt;

use crate::decimal::DecimalError;
use crate::fraction::ArithmeticError;

/// A refusal: what is wrong, and a JSON pointer (RFC 6901) to where, relative to the value that was given.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EvaluationError {
    /// Where; empty for the whole value.
    pub pointer: String,
    /// What.
    pub problem: Problem,
}

/// Everything that this crate refuses.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Problem {
    /// The text is not the JSON that is expected: syntax, types, unknown or doubled members, floats.
    #[error("{reason} (line {line}, column {column})")]
    Json {
        /// The code of the record crate's parser.
        code: &'static str,
        /// From 1.
        line: usize,
        /// From 1.
        column: usize,
        /// What the parser says.
        reason: String,
    },
    /// No method has this id, or not yet.
    #[error("the method \"{0}\" is not known here; known are: {known}", known = crate::benchmark::Method::known_ids())]
    MethodUnknown(String),
    /// The law of the profile makes the method meaningless.
    #[error(
        "the method \"{method}\" removes the highest or lowest prices, which {profile} forbids (Order 87, article 55); use lowest-ratio or lowest-evaluated"
    )]
    MethodNotLawful {
        /// Id of the method.
        method: &'static str,
        /// Id of the profile.
        profile: String,
    },
    /// No method was announced, so none can be drawn.
    #[error("no benchmark method is announced; name at least one")]
    MethodsMissing,
    /// The method needs a field of the case that is absent.
    #[error("the method \"{method}\" needs \"{field}\"")]
    FieldMissing {
        /// Id of the method.
        method: &'static str,
        /// The absent field.
        field: &'static str,
    },
    /// The case carries something that the method or the rules do not use, so that it would be lost in silence.
    #[error(
        "\"{0}\" is given, but nothing in this case uses it; remove it or add the rule that uses it"
    )]
    FieldUnused(&'static str),
    /// A parameter that the method needs is absent.
    #[error("the method \"{method}\" needs the parameter \"{name}\"")]
    ParameterMissing {
        /// Id of the method.
        method: &'static str,
        /// Name of the parameter.
        name: &'static str,
    },
    /// A parameter that the method does not have.
    #[error("the method \"{method}\" has no parameter \"{name}\" here")]
    ParameterUnexpected {
        /// Id of the method.
        method: &'static str,
        /// The name that was given.
        name: String,
    },
    /// A decimal where an index belongs, or the reverse.
    #[error("the parameter \"{name}\" is {expected}")]
    ParameterKind {
        /// Name of the parameter.
        name: &'static str,
        /// What it has to be.
        expected: &'static str,
    },
    /// A parameter that lies outside what makes sense for it.
    #[error("{value} is not possible for \"{name}\": it has to be {expected}")]
    ParameterOutOfRange {
        /// Name of the parameter.
        name: &'static str,
        /// The value.
        value: String,
        /// What it has to be.
        expected: &'static str,
    },
    /// A drawn index that points behind the end of its list.
    #[error("index {index} is outside its list of {length} prices; indexes start at 0")]
    IndexOutOfList {
        /// The index.
        index: u64,
        /// The list's length.
        length: usize,
    },
    /// ABC method: no price lies in the range, so there is no C.
    #[error("no price lies in the range that the ABC method allows")]
    RangeEmpty,
    /// ABC method: nothing is left to draw B from.
    #[error("every price in the range equals the lowest one, so there is nothing to draw B from")]
    PoolEmpty,
    /// The rounded benchmark is zero or less, so that no deviation from it exists.
    #[error("the benchmark price is {0}; a deviation needs one above zero")]
    BenchmarkNotPositive(String),
    /// A price that is zero or less.
    #[error("a price has to be above zero")]
    PriceNotPositive,
    /// A number that has to be zero or more.
    #[error("this number must not be below zero")]
    Negative,
    /// A number that has to be above zero.
    #[error("this number has to be above zero")]
    NotPositive,
    /// A score's floor above its full mark.
    #[error("the floor is above the full mark")]
    FloorAboveFull,
    /// More digits than the rule's own rounding keeps.
    #[error("{value} cannot be written with {decimals} decimals, to which the rule rounds")]
    FinerThanRounding {
        /// The value.
        value: String,
        /// The rule's decimals.
        decimals: u8,
    },
    /// A rounding to more digits than is supported.
    #[error("at most {max} decimals can be kept")]
    DecimalsTooMany {
        /// The limit.
        max: u8,
    },
    /// A technical score outside 0 to full.
    #[error("the score {value} is not between 0 and {full}")]
    ScoreOutOfRange {
        /// The score.
        value: String,
        /// The full mark.
        full: String,
    },
    /// Too few or too many scores to aggregate.
    #[error("{given} scores are given; between {min} and {max} are needed")]
    ScoreCount {
        /// How many there are.
        given: usize,
        /// The fewest.
        min: usize,
        /// The most.
        max: usize,
    },
    /// More bids than one tender may have.
    #[error("at most {max} bids can be evaluated together")]
    TooManyBids {
        /// The limit.
        max: usize,
    },
    /// A bidder's or reason's name that is empty or too long.
    #[error("a name has 1 to {max} characters")]
    NameLength {
        /// The limit.
        max: usize,
    },
    /// Two bids of one bidder.
    #[error("the bidder \"{0}\" appears twice; one bidder has one bid")]
    BidderTwice(String),
    /// A currency that is not three capital letters.
    #[error("a currency is three capital letters, such as CNY")]
    Currency,
    /// A grid that does not describe a list of values.
    #[error(transparent)]
    Grid(#[from] crate::draw::GridError),
    /// The draw's own inputs are wrong.
    #[error(transparent)]
    Draw(#[from] crate::draw::DrawError),
    /// A text that is no decimal number.
    #[error(transparent)]
    Decimal(#[from] DecimalError),
    /// The exact calculation does not fit.
    #[error(transparent)]
    Arithmetic(#[from] ArithmeticError),
}

impl Problem {
    /// The stable code that programs and translations go by.
    pub fn code(&self) -> &'static str {
        match self {
            Problem::Json { code, .. } => code,
            Problem::MethodUnknown(_) => "method-unknown",
            Problem::MethodNotLawful { .. } => "method-not-lawful",
            Problem::MethodsMissing => "methods-missing",
            Problem::FieldMissing { .. } => "field-missing",
            Problem::FieldUnused(_) => "field-unused",
            Problem::ParameterMissing { .. } => "parameter-missing",
            Problem::ParameterUnexpected { .. } => "parameter-unexpected",
            Problem::ParameterKind { .. } => "parameter-kind",
            Problem::ParameterOutOfRange { .. } => "parameter-out-of-range",
            Problem::IndexOutOfList { .. } => "index-out-of-list",
            Problem::RangeEmpty => "range-empty",
            Problem::PoolEmpty => "pool-empty",
            Problem::BenchmarkNotPositive(_) => "benchmark-not-positive",
            Problem::PriceNotPositive => "price-not-positive",
            Problem::Negative => "number-negative",
            Problem::NotPositive => "number-not-positive",
            Problem::FloorAboveFull => "floor-above-full",
            Problem::FinerThanRounding { .. } => "finer-than-rounding",
            Problem::DecimalsTooMany { .. } => "decimals-too-many",
            Problem::ScoreOutOfRange { .. } => "score-out-of-range",
            Problem::ScoreCount { .. } => "score-count",
            Problem::TooManyBids { .. } => "too-many-bids",
            Problem::NameLength { .. } => "name-length",
            Problem::BidderTwice(_) => "bidder-twice",
            Problem::Currency => "currency-malformed",
            Problem::Grid(_) => "grid-invalid",
            Problem::Draw(_) => "draw-invalid",
            Problem::Decimal(_) => "decimal-invalid",
            Problem::Arithmetic(_) => "arithmetic-overflow",
        }
    }

    /// The refusal with the place where it belongs.
    pub fn at(self, pointer: impl Into<String>) -> EvaluationError {
        EvaluationError {
            pointer: pointer.into(),
            problem: self,
        }
    }
}

impl EvaluationError {
    /// The stable code that programs and translations go by.
    pub fn code(&self) -> &'static str {
        self.problem.code()
    }

    /// The same refusal seen from a value that contains this one at `prefix` (`/methods/0`).
    #[must_use]
    pub fn under(mut self, prefix: &str) -> EvaluationError {
        self.pointer.insert_str(0, prefix);
        self
    }
}

impl fmt::Display for EvaluationError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.pointer.as_str() {
            "" => write!(f, "{}", self.problem),
            pointer => write!(f, "{pointer}: {}", self.problem),
        }
    }
}

impl std::error::Error for EvaluationError {}

/// An overflow has no single place: it belongs to the case as a whole.
impl From<ArithmeticError> for EvaluationError {
    fn from(error: ArithmeticError) -> EvaluationError {
        Problem::from(error).at("")
    }
}

/// One segment of a JSON pointer, escaped as RFC 6901 says.
pub(crate) fn pointer_segment(text: &str) -> String {
    text.replace('~', "~0").replace('/', "~1")
}
