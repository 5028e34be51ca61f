//! The law of a tender: stages, roles, deadlines, what may be admitted when.
//!
//! A tender is what one gets by admitting its statements one after another with [`Tender::admit`]; accounts,
//! keys and roles are what one gets with [`Directory::admit`]. The server and the verifier call exactly these
//! two functions. This crate does no I/O, reads no clock and uses no floats: time and log position come in as
//! [`At`], and what the platform itself must do next comes out of [`Tender::duty`].
//!
//! | to change | look at |
//! |---|---|
//! | a kind of statement | [`act`], then the phase in `tender/` |
//! | a time limit or threshold | `law/profiles/*.json` |
//! | a reason for refusing | [`refusal::Code`] |
//! | a benchmark method | the crate `evaluation` |
#![deny(
    clippy::arithmetic_side_effects,
    clippy::expect_used,
    clippy::float_arithmetic,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::unwrap_used
)]

pub mod act;
mod directory;
pub mod law;
pub mod limits;
pub mod refusal;
mod statements_md;
mod tender;
mod text;
mod verify;

pub use directory::{Account, Directory, KeyEntry};
pub use refusal::{Code, Refusal};
pub use statements_md::statements_md;
pub use tender::*;
pub use verify::{verify, verify_with};

/// Where and when a statement stands: its log position and the time that the sequencer gave it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct At {
    /// UTC milliseconds; never decreases along the log.
    pub time_ms: u64,
    /// Index of the leaf.
    pub index: u64,
}
