//! The checks V1 to V12 over a bundle (protocol section 8): what a loser's laptop runs, offline, with the same
//! `procedure` and `evaluation` as the server.
//!
//! A bundle is read once, its statements are admitted once, in log order (`replay`), and each check then
//! looks at the result *and* at the raw statements. So a bent record is not only refused somewhere: the check
//! that it offends says what is wrong, with a stable code and the member of the bundle.
//!
//! | to change | look at |
//! |---|---|
//! | what a check demands | `checks/v01_form.rs` to `checks/v12_limits.rs` |
//! | which check answers for a refusal of the procedure | `responsible` |
//! | the report, as JSON and as text | [`report`] |
//!
//! This crate does no I/O, reads no clock and uses no floats. It never panics, whatever the bytes.
#![deny(
    clippy::arithmetic_side_effects,
    clippy::expect_used,
    clippy::float_arithmetic,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::unwrap_used
)]

mod accounts;
mod checks;
mod findings;
mod replay;
pub mod report;
mod responsible;
mod sealed;
mod summary;
mod utc;

use record::bundle::Bundle;
use record::log::receipt::Receipt;
use record::trust::Trust;

pub use accounts::accounts_to_include;
pub use report::{Check, Finding, Report, Status, Summary, Verdict};

/// What the reader brings along.
#[derive(Clone, Debug, Default)]
pub struct Options {
    /// Whom she trusts. Without it, log key and root key are taken from the bundle, and the report says so.
    pub trust: Option<Trust>,
    /// Receipts of her own statements: the only proof that something was dropped.
    pub receipts: Vec<Receipt>,
}

/// Verifies the bytes of a bundle. Whatever they are, there is a report.
pub fn verify(bundle: &[u8], options: &Options) -> Report {
    match Bundle::read(bundle) {
        Ok(bundle) => checks::report(&replay::Replay::new(bundle, options)),
        Err(error) => checks::unreadable(&error, options),
    }
}
