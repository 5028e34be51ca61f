//! Before this server signs anything: is any witness ahead of it? A database that was restored from a backup looks
//! sound to itself. Only somebody else remembers what was signed after the backup was made.
//!
//! A witness that cannot be reached does not keep the server from starting: a bid must not be lost because a machine
//! of somebody else is away. She is compared as soon as she answers, and until then her word counts as it does here:
//! one contradiction and nothing more is signed. Without any policy there is nobody to ask, and a rollback shows only in
//! the receipts of those who hold them.

use std::sync::Arc;

use record::log::checkpoint::{Checkpoint, SignedCheckpoint};
use record::log::tree::empty_root;
use store::{Store, StoreError};

use super::visit::{Visit, Visitor, agent};
use super::{Last, Witnesses, halt, stored_name};
use crate::keys::PlatformKeys;
use crate::log::{self, LogError};

/// A witness knows a later or another state of this log.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    /// The database.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The log.
    #[error(transparent)]
    Log(#[from] LogError),
    /// She contradicts.
    #[error(
        "witness {witness} knows this log differently: {reason}. The database was rolled back or exchanged: restore a copy \
         that is at least as new, and never sign with this one. If it is the witness that is wrong, take it out of the \
         policy file"
    )]
    Contradicted {
        /// Name in the policy.
        witness: String,
        /// What she says.
        reason: String,
    },
    /// It was halted, and who saw the contradiction cannot be asked.
    #[error(
        "the log is halted since witness {witness} said: {reason}. That witness cannot be reached now, so it is not known \
         whether this has been mended; make it reachable, or take it out of the policy file"
    )]
    StillHalted {
        /// Stored name.
        witness: String,
        /// What she said.
        reason: String,
    },
}

/// Compares this log with what every witness of the policy remembers, all at once, for a few seconds at most.
///
/// # Errors
/// One of them knows a later or another state; or the log is halted and the one who saw it is away.
pub fn compare(
    witnesses: &Arc<Witnesses>,
    store: &Store,
    keys: &PlatformKeys,
) -> Result<(), StartError> {
    let newest = newest_signed(store, keys)?;
    let visits: Vec<Visit> = std::thread::scope(|scope| {
        let visit = |witness| {
            let newest = &newest;
            scope.spawn(move || {
                let mut visitor = Visitor {
                    store,
                    keys,
                    witness,
                    agent: agent(),
                    held: 0,
                };
                visitor.visit(newest)
            })
        };
        let running: Vec<_> = witnesses.trust.witnesses().iter().map(visit).collect();
        let panicked = |_| Visit::Failed("the comparison failed".to_owned());
        running
            .into_iter()
            .map(|one| one.join().unwrap_or_else(panicked))
            .collect()
    });
    let halted = store.read(halt::read)?;
    let mut still = halted.clone();
    for (witness, visit) in witnesses.trust.witnesses().iter().zip(visits) {
        let name = stored_name(witness);
        let last = match visit {
            Visit::Contradicts(reason) => {
                return Err(StartError::Contradicted {
                    witness: witness.name.clone(),
                    reason,
                });
            }
            Visit::Failed(reason) => {
                tracing::error!(witness = %witness.name, reason, "witness not compared: she cannot be reached");
                continue;
            }
            Visit::Cosigned(line) => {
                // A checkpoint of nothing has no row that a cosignature could belong to.
                if newest.checkpoint().size > 0 {
                    store.write(|conn| store::log::keep_cosignature(conn, &line))?;
                }
                Last::Holds(newest.checkpoint().size)
            }
            Visit::Ahead(size) => Last::Holds(size),
        };
        tracing::info!(witness = %witness.name, "witness compared: she agrees");
        still = still.filter(|halt| halt.witness != name);
        witnesses.state().note(&witness.name, last);
    }
    let in_policy = |halt: &halt::Halt| {
        let mut all = witnesses.trust.witnesses().iter();
        all.any(|witness| stored_name(witness) == halt.witness)
    };
    match (halted, still.filter(in_policy)) {
        (_, Some(halt::Halt { witness, reason })) => {
            Err(StartError::StillHalted { witness, reason })
        }
        (Some(_), None) => Ok(store.write(halt::clear)?),
        (None, None) => Ok(()),
    }
}

/// The newest stored checkpoint; for a log without any, one of nothing, which is never stored: also an empty database
/// may be a lost one.
fn newest_signed(store: &Store, keys: &PlatformKeys) -> Result<SignedCheckpoint, StartError> {
    if let Some(row) = store.read(store::log::latest_checkpoint)? {
        return Ok(log::parse_checkpoint(&row)?);
    }
    let nothing = Checkpoint {
        origin: keys.log.name().clone(),
        size: 0,
        root: empty_root(),
    };
    nothing
        .sign(&keys.log_secret)
        .map_err(|error| LogError::Damaged(error.to_string()).into())
}
