//! What was admitted becomes part of the log: rows in the transaction, then the checkpoint, then receipts.

use std::collections::BTreeMap;

use record::Digest;
use record::chain::ChainId;
use record::log::checkpoint::SignedCheckpoint;
use record::log::receipt::Receipt;
use store::statement;

use super::batch::{Batch, Fresh, Outcome, Placed};
use super::{Admitted, Core, Rejection, SequencerError};
use crate::log::{self, KnownNodes, LogError, StoredNodes};
use crate::position::is_sealed_kind;
use crate::projection;
use crate::states::{States, to_i64};
use crate::trouble::Troubled as _;
use crate::visibility::Phase;

/// What a batch leaves behind for those who wait for it.
#[derive(Default)]
pub struct Written {
    /// Nodes of the tree that it made: proofs of its statements need them again at once.
    pub nodes: KnownNodes,
    /// Its last act that the public may read.
    pub public: Option<u64>,
}

impl Batch<'_> {
    /// Leaves, statements, nodes, chain ends and projections.
    pub(super) fn write(self, size: u64, end: u64) -> Result<Written, SequencerError> {
        let Batch {
            conn,
            states,
            fresh,
            heads,
            ..
        } = self;
        let mut leaves = Vec::new();
        for index in size..end {
            leaves.push(match fresh.get(&index) {
                Some(fresh) => log::leaf_row(&fresh.opening),
                None => log::noise_row(index)?,
            });
        }
        let statements: Vec<_> = fresh
            .values()
            .map(|fresh| log::statement_row(&fresh.kind, fresh.json.clone(), &fresh.opening))
            .collect();
        let hashes: Vec<Digest> = leaves.iter().map(|leaf| Digest(leaf.leaf_hash)).collect();
        let nodes = log::new_nodes(conn, size, &hashes)?;
        store::log::append_batch(conn, &leaves, &statements, &nodes)?;
        for (chain, end) in &heads {
            // Ends that were only looked up stay as they are.
            if let Some(log_index) = end.moved_by {
                let head = statement::ChainHead {
                    chain: chain.to_string(),
                    seq: to_i64(end.head.seq),
                    head: end.head.head.0,
                    log_index: to_i64(log_index),
                };
                statement::put_chain_head(conn, &head)?;
            }
        }
        for (chain, changes) in changes(&fresh) {
            projection::apply(conn, states, chain, &changes)?;
        }
        states.advance_to(end);
        Ok(Written {
            nodes: log::known_nodes(&nodes),
            public: last_public(states, &fresh),
        })
    }
}

/// What happened to each chain, in log order: a projection is written once for all of it.
fn changes(fresh: &BTreeMap<u64, Fresh>) -> BTreeMap<&ChainId, Vec<(&str, u64)>> {
    let mut changes: BTreeMap<&ChainId, Vec<(&str, u64)>> = BTreeMap::new();
    for (index, fresh) in fresh {
        let chain = changes.entry(&fresh.opening.chain).or_default();
        chain.push((&fresh.kind, *index));
    }
    changes
}

fn last_public(states: &States, fresh: &BTreeMap<u64, Fresh>) -> Option<u64> {
    let is_sealed = |fresh: &Fresh| match &fresh.opening.chain {
        ChainId::Tender(id) if is_sealed_kind(&fresh.kind) => states
            .in_memory(id)
            .is_some_and(|tender| Phase::of(tender.stage()) == Phase::Sealed),
        _ => false,
    };
    let mut newest_first = fresh.iter().rev();
    newest_first
        .find(|(_, fresh)| !is_sealed(fresh))
        .map(|(index, _)| *index)
}

/// Signs a checkpoint over what is committed and proves every placed statement under it.
pub(super) fn hand_out(
    core: &Core,
    outcomes: Vec<Outcome>,
    nodes: &KnownNodes,
) -> Vec<Result<Option<Admitted>, Rejection>> {
    let checkpoint = match log::sign_checkpoint(&core.store, &core.keys, core.clock) {
        Ok(checkpoint) => checkpoint,
        Err(error) => {
            tracing::error!(%error, "no checkpoint could be signed");
            let trouble = error.trouble();
            return outcomes
                .into_iter()
                .map(|outcome| match outcome {
                    Err(rejection) => Err(rejection),
                    Ok(_) => Err(SequencerError::BatchFailed(trouble).into()),
                })
                .collect();
        }
    };
    let count = outcomes.len();
    let receipts = core.store.read(|conn| {
        let nodes = StoredNodes::knowing(conn, nodes);
        let admitted = |placed: Placed| receipt(&nodes, placed, &checkpoint).map(Some);
        let finish = |outcome: Outcome| {
            Ok(outcome?
                .map_or(Ok(None), admitted)
                .map_err(SequencerError::from)?)
        };
        Ok::<_, LogError>(outcomes.into_iter().map(finish).collect())
    });
    receipts.unwrap_or_else(|error| {
        tracing::error!(%error, "no receipt could be made");
        let trouble = error.trouble();
        (0..count)
            .map(|_| Err(SequencerError::BatchFailed(trouble).into()))
            .collect()
    })
}

fn receipt(
    nodes: &StoredNodes<'_>,
    placed: Placed,
    checkpoint: &SignedCheckpoint,
) -> Result<Admitted, LogError> {
    let receipt = Receipt {
        statement_id: placed.opening.statement_id,
        admitted_ms: placed.opening.admitted_ms,
        salt: placed.opening.salt_visible,
        hidden: placed.opening.leaf().hidden(),
        proof: nodes.inclusion(placed.opening.index, checkpoint)?,
    };
    Ok(Admitted {
        receipt,
        fresh: placed.fresh,
    })
}
