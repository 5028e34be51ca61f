//! Simulations against the evaluation itself, opening by opening, and against what can be counted by hand.

mod dice;
mod fields;
mod openings;
mod rings;
mod views;
