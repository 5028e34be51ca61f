//! The ground floor of Kaibiao: everything that turns an act into bytes that nobody can change later.
//!
//! Normative text: the record protocol, v1. This crate does no I/O, reads no clock and uses no floats;
//! the same input gives the same bytes. Randomness (fresh keys, salts, nonces, P-256 signatures) enters
//! only through functions that say so.
//!
//! | module | protocol section |
//! |---|---|
//! | [`seq`], [`digest`], [`identifier`] | 1 |
//! | [`statement`], [`json`], [`key`], [`list`] | 2 |
//! | [`sealing`] | 4 |
//! | [`log`], [`chain`] | 2, 6 |
//! | [`bundle`], [`trust`] | 6, 8 |

#![deny(
    clippy::arithmetic_side_effects,
    clippy::expect_used,
    clippy::float_arithmetic,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::unwrap_used
)]

pub mod bundle;
pub mod chain;
mod crypto;
pub mod digest;
pub mod identifier;
pub mod json;
pub mod key;
pub mod list;
pub mod log;
pub mod sealing;
pub mod seq;
pub mod statement;
pub mod trust;

pub use digest::Digest;
pub use identifier::Identifier;
