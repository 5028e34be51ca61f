//! Kills the server at random moments, while a tender is under way and everybody sends at once, and demands after each
//! death that what was handed out still holds. The same for storage that fails: see the tests of this crate.
//!
//! | to | look at |
//! |---|---|
//! | what happens in a run | [`kill`] |
//! | what is sent meanwhile | [`traffic`] |
//! | what is demanded of the files that a dead server leaves | [`remains`] |
//! | disks and connections that fail on demand | [`fault`], [`proxy`] |

pub mod chance;
pub mod fault;
pub mod kill;
pub mod proxy;
pub mod remains;
pub mod traffic;
