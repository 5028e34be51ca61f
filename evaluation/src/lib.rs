//! The mathematics of an award: draws, benchmark price, scores, ranking, explanations.
//!
//! Everything here is pure: no I/O, no clock, no randomness, no floats. The same case gives the same result
//! to the last byte, on the server and on a loser's laptop. Numbers are exact until a rule says where to
//! round ([`fraction`]); money is an integer of fen ([`decimal`]).
//!
//! ```text
//! announced candidates + seed ──draw──> method and parameters ─┐
//! bids, control price, scores, credit ─────────────────────────┴─> Case ──evaluate──> Outcome
//! ```
//!
//! | module | what it answers |
//! |---|---|
//! | [`draw`] | which method and which parameters does this seed draw? |
//! | [`benchmark`] | what is the benchmark price? One file per family of methods |
//! | [`case`] | what has to be known? (`kaibiao-case/1`) |
//! | [`shortlist`] | which bids are priced at all? |
//! | [`rules`] | what does a tender document announce? (`kaibiao-rules/1`) |
//! | [`schema`] | what may such documents say? |
//! | [`score`] | how many points does one bid get? |
//! | [`result`] | who comes first? (`kaibiao-result/1`) |
//! | [`explain`] | why? |
//! | [`simulate`] | what does a rule set do, before it is used? |

#![deny(
    clippy::float_arithmetic,
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::arithmetic_side_effects,
    clippy::panic
)]

pub mod benchmark;
pub mod case;
mod check;
pub mod decimal;
pub mod draw;
pub mod error;
mod evaluate;
pub mod explain;
pub mod fraction;
mod ranking;
pub mod result;
pub mod rules;
pub mod schema;
pub mod score;
pub mod shortlist;
pub mod simulate;

pub use case::{Bid, Case};
pub use decimal::{Decimal, Money};
pub use error::{EvaluationError, Problem};
pub use evaluate::evaluate;
pub use result::Outcome;
