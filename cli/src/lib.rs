//! The `kaibiao` command as a library: what a bidder, a tenderee or a trustee does on their own machine.
//!
//! | module | what it does |
//! |---|---|
//! | [`client`] | speaks to a server: statements, receipts, blobs, sessions |
//! | [`keyring`] | encrypted key files |
//! | [`replay`] | fetches a tender's record and replays it: nothing that the server says is taken on trust |
//! | [`seal`] | seals bids and contributions, bid folders |
//! | [`release`] | what trustees open, and when they refuse |
//! | [`notice`] | from a draft of a notice to the notice |
//! | [`explanation`] | how a result came about, in words |
//! | [`koneps`] | the Korean public data set |
//! | [`pointer`] | where in a JSON text a pointer points |
//! | [`sheet`] | cases and results as tables: XLSX, ODS, CSV |
//! | [`simulation`] | what a rule set does, on paper |
//! | [`chart`] | the same as a picture |
//! | [`witness`] | the log witness, a daemon of its own, and anchors |
//! | [`desk`], [`output`], [`failure`], [`time`] | what all commands share |
//! | [`commands`] | one file per command: arguments, steps, output |

pub mod chart;
pub mod client;
pub mod commands;
pub mod desk;
pub mod explanation;
pub mod failure;
pub mod keyring;
pub mod koneps;
pub mod notice;
pub mod output;
pub mod pointer;
pub mod rehearse;
pub mod release;
pub mod replay;
pub mod seal;
pub mod sheet;
pub mod simulation;
pub mod time;
pub mod witness;
