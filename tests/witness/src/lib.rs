//! A real witness daemon on this machine, and a small log in memory to show to it.
//!
//! | to | use |
//! |---|---|
//! | start, kill and restart a witness | [`WitnessProcess`] |
//! | have a log that can also fork | [`Log`] |
//! | have a server that asks witnesses | [`Platform`] |
//! | run the `kaibiao` command | [`kaibiao`] |

mod log;
mod platform;
mod process;

pub use log::{Log, ORIGIN};
pub use platform::{Platform, line, log_key};
pub use process::{Answer, WitnessProcess, get, kaibiao, post};
