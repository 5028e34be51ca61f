//! A log that was rolled back, or that others have seen differently, must sign nothing more: every further checkpoint
//! would be a second truth. The mark stands in the database, so that every node sees it, inside its own transaction.
//!
//! One witness's word is not enough to stop a platform in the last minute before a deadline: she could be wrong, or
//! bought. So while the server runs it is stopped only
//!
//! * by proof: the witness shows a checkpoint with this log's own signature that this log does not contain; or
//! * when so many contradict that the others are no quorum any more; or
//! * by a witness that had not been compared yet since the start (she was away then; see [`super::start`]).
//!
//! Anything less is an alarm: an error in the log and in `/healthz`. At the start one contradiction is enough: the
//! operator is there, and can take a witness that is wrong out of the policy.

use store::{Conn, StoreError};

const SETTING: &str = "log-halted";

/// Why nothing is signed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Halt {
    /// Stored name of the witness that showed it.
    pub witness: String,
    /// What she showed.
    pub reason: String,
}

/// Whether the log is halted.
pub fn read(conn: &mut Conn) -> Result<Option<Halt>, StoreError> {
    let text = store::setting::get(conn, SETTING)?.filter(|text| !text.is_empty());
    Ok(text.map(|text| {
        let (witness, reason) = text.split_once('\n').unwrap_or(("", &text));
        Halt {
            witness: witness.to_owned(),
            reason: reason.to_owned(),
        }
    }))
}

/// Halts the log. The first reason stays.
pub fn put(conn: &mut Conn, halt: &Halt) -> Result<(), StoreError> {
    if read(conn)?.is_none() {
        let text = format!("{}\n{}", halt.witness, halt.reason);
        store::setting::put(conn, SETTING, &text)?;
    }
    Ok(())
}

/// The witness was compared again and agrees, or is no witness any more.
pub fn clear(conn: &mut Conn) -> Result<(), StoreError> {
    store::setting::put(conn, SETTING, "")
}
