//! What can be wrong with a case, a rule set or a draw, and where.

mod problem;

use std::fmt;

use crate::fraction::ArithmeticError;

pub use problem::Problem;

/// A refusal: what is wrong, and a JSON pointer (RFC 6901) to where, relative to the value that was given.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EvaluationError {
    /// Where; empty for the whole value.
    pub pointer: String,
    /// What.
    pub problem: Problem,
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
