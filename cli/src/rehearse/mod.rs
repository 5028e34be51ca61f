//! The rehearsal: a whole tender, played against a running demonstration server through the public API alone.
//! Everybody in it has keys of its own, and bidders seal in processes of their own.
//!
//! | module | what it does |
//! |---|---|
//! | [`works`] | a Suqian-style works tender in which everything happens that may happen |
//! | [`korean`] | recorded Korean tenders with their real prices |
//! | [`course`] | the steps that all tenders share |
//! | [`evidence`] | the bundle, verified here and elsewhere |
//! | [`hall`] | the server, its clock, the receipts |
//! | [`actor`], [`workshop`] | somebody with keys; a bidder's own computer |
//! | [`relay`] | a line to the server that breaks |
//! | [`narrator`] | what is said on the way, and what was expected |

pub mod actor;
pub mod course;
pub mod evidence;
pub mod hall;
pub mod korean;
pub mod narrator;
pub mod relay;
mod scratch;
mod together;
pub mod works;
pub mod workshop;

pub use scratch::Scratch;
pub use together::together;

use record::log::leaf::random_salt;

use crate::failure::Failure;

/// A minute, in milliseconds.
pub const MINUTE_MS: u64 = 60_000;
/// An hour, in milliseconds.
pub const HOUR_MS: u64 = 60 * MINUTE_MS;
/// A day, in milliseconds.
pub const DAY_MS: u64 = 24 * HOUR_MS;

/// Six hexadecimal digits that make the names of one run its own.
///
/// # Errors
/// The operating system gives no randomness.
pub fn run_tag() -> Result<String, Failure> {
    let salt = random_salt().map_err(|_| no_randomness())?;
    Ok(hex::encode(salt.0).chars().take(6).collect())
}

fn no_randomness() -> Failure {
    Failure::failed("no-randomness", "the operating system gave no random bytes")
}
