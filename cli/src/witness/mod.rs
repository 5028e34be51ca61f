//! A log witness: a small daemon that remembers the latest tree of each log that it watches, cosigns what only adds to
//! it, and refuses everything else (C2SP `tlog-witness`). It knows nothing of tenders.
//!
//! | module | what it does |
//! |---|---|
//! | [`directory`] | what a witness keeps on disk: key, logs, the latest checkpoint of each, evidence of forks |
//! | [`service`] | what it answers: `add-checkpoint`, anchors, its latest checkpoints |
//! | [`http`] | the same over HTTP, with limits on size, time and number |
//! | [`rate`] | how often one address may ask for an anchor |
//! | [`client`] | the other side of anchors: asking a witness for one |
//!
//! The state is the whole point. A witness that forgets could be shown a second, different log and would cosign it; so
//! the daemon never makes a state, it only continues one that `kaibiao witness init` or `add-log` made, and the new
//! state is on the disk before the cosignature leaves the machine.

pub mod client;
pub mod directory;
pub mod http;
pub mod rate;
pub mod service;
