//! Checkpoints with the cosignatures that exist.

use record::log::checkpoint::{NoteSignature, SignedCheckpoint};
use record::trust::Trust;
use store::Conn;

use crate::log::{self, LogError};
use crate::states::to_i64;

/// So many sizes are looked through for one that a whole quorum has cosigned. One round asks all witnesses for the same
/// size, so it is nearly always the first.
pub const LOOK_MAX: i64 = 256;

/// A stored checkpoint with every cosignature that is stored for it.
pub fn with_lines(
    conn: &mut Conn,
    row: &store::log::Checkpoint,
) -> Result<SignedCheckpoint, LogError> {
    let mut checkpoint = log::parse_checkpoint(row)?;
    for cosignature in store::log::cosignatures(conn, row.size)? {
        let line = NoteSignature::parse(&cosignature.line)
            .map_err(|_| LogError::Damaged(format!("cosignature of size {}", cosignature.size)))?;
        checkpoint.add(line);
    }
    Ok(checkpoint)
}

/// The first checkpoint of at least `size` leaves that a whole quorum has cosigned.
pub fn at_or_after(
    conn: &mut Conn,
    trust: &Trust,
    size: u64,
) -> Result<Option<SignedCheckpoint>, LogError> {
    let sizes = store::log::cosigned_from(conn, to_i64(size), LOOK_MAX)?;
    first_of(conn, trust, &sizes)
}

/// The newest checkpoint that a whole quorum has cosigned, among the newest `look` that anybody has.
pub fn newest(
    conn: &mut Conn,
    trust: &Trust,
    look: i64,
) -> Result<Option<SignedCheckpoint>, LogError> {
    let sizes = store::log::newest_cosigned(conn, look)?;
    first_of(conn, trust, &sizes)
}

fn first_of(
    conn: &mut Conn,
    trust: &Trust,
    sizes: &[i64],
) -> Result<Option<SignedCheckpoint>, LogError> {
    for size in sizes {
        let Some(row) = store::log::checkpoint_of_size(conn, *size)? else {
            continue;
        };
        let checkpoint = with_lines(conn, &row)?;
        if trust
            .standing(&checkpoint)
            .is_ok_and(|standing| standing.quorum_met)
        {
            return Ok(Some(checkpoint));
        }
    }
    Ok(None)
}
