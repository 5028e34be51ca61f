//! The server without HTTP: sequencer, jobs, start-up checks, on both databases.
#![expect(clippy::unwrap_used, reason = "tests may panic")]

mod heartbeat;
mod sequencing;
mod starting;
mod storage;
mod support;
