//! The ground floor of Kaibiao: everything that turns an act into bytes that nobody can change later.
//!
//! Normative text: the record protocol, v1. This crate does no I/O, reads no clock and uses no floats;
//! the same input gives the same bytes. Randomness is needed in two places only (fresh file keys and
//! fresh salts) and always enters through a function that says so in its name.
//!
//! | module | protocol section |
//! |---|---|
//! | [`seq`], [`digest`], [`identifier`] | 1 |
//! | [`statement`], [`json`], [`key`] | 2 |
//! | [`sealing`] | 4 |
//! | [`log`], [`chain`] | 2, 6 |
//! | [`bundle`], [`trust`] | 6, 8 |

pub mod bundle;
pub mod chain;
mod crypto;
pub mod json;
pub mod key;
pub mod sealing;
pub mod statement;
pub mod digest;
pub mod identifier;
pub mod log;
pub mod seq;
pub mod trust;

pub use digest::Digest;
pub use identifier::Identifier;
