//! `kaibiao evaluate --explain`: every formula is told in both languages, and reports read as they should.
//!
//! The reports in `snapshots/` are meant to be read with a calculator at hand: every number of a report has
//! to follow from what stands before it.

mod calculator;
mod reports;
mod words;
