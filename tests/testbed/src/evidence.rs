//! What the outside world holds in its hands: receipts, checkpoints, and what was uploaded. A server that lost or
//! changed any of it can be shown to have done so.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use record::log::checkpoint::SignedCheckpoint;
use record::log::receipt::Receipt;
use record::statement::Envelope;
use record::{Digest, Identifier};

/// Everything that was handed out. Clones share it; clients add to it by themselves.
#[derive(Clone, Default)]
pub struct Evidence(Arc<Mutex<Held>>);

#[derive(Default)]
struct Held {
    receipts: Vec<(Envelope, Receipt)>,
    checkpoints: BTreeMap<(u64, Digest), SignedCheckpoint>,
    uploads: BTreeMap<(Identifier, Digest), Upload>,
    tenders: Vec<Identifier>,
}

/// Content of which the server said that every segment is stored.
#[derive(Clone, Debug)]
pub struct Upload {
    /// Whose it is.
    pub account: Identifier,
    /// Root over the leaves.
    pub root: Digest,
    /// Leaf hashes of its segments, in order.
    pub leaves: Vec<Digest>,
}

impl Evidence {
    /// Nothing yet.
    pub fn new() -> Evidence {
        Evidence::default()
    }

    fn held(&self) -> MutexGuard<'_, Held> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// A receipt was handed out, with the checkpoint in it.
    pub fn keep(&self, envelope: &Envelope, receipt: &Receipt) {
        self.keep_checkpoint(&receipt.proof.checkpoint);
        let mut held = self.held();
        let known = |(_, kept): &(Envelope, Receipt)| kept.statement_id == receipt.statement_id;
        // The same statement may be posted twice; both receipts are claims about one leaf, and both are kept if
        // they differ, so that the audit sees it.
        let same = |(_, kept): &(Envelope, Receipt)| {
            kept.proof.index == receipt.proof.index && kept.admitted_ms == receipt.admitted_ms
        };
        let is_new = !held
            .receipts
            .iter()
            .rev()
            .any(|one| known(one) && same(one));
        if is_new {
            held.receipts.push((envelope.clone(), receipt.clone()));
        }
    }

    /// A checkpoint was seen.
    pub fn keep_checkpoint(&self, checkpoint: &SignedCheckpoint) {
        let body = checkpoint.checkpoint();
        let key = (body.size, body.root);
        self.held().checkpoints.insert(key, checkpoint.clone());
    }

    /// The server said of every segment that it is durable.
    pub fn keep_upload(&self, upload: Upload) {
        let key = (upload.account.clone(), upload.root);
        self.held().uploads.insert(key, upload);
    }

    /// A tender that the audit shall look at.
    pub fn keep_tender(&self, tender: &Identifier) {
        let mut held = self.held();
        if !held.tenders.contains(tender) {
            held.tenders.push(tender.clone());
        }
    }

    /// The audit need not look at this tender any more.
    pub fn forget_tender(&self, tender: &Identifier) {
        self.held().tenders.retain(|one| one != tender);
    }

    /// Every statement with its receipt, oldest first.
    pub fn receipts(&self) -> Vec<(Envelope, Receipt)> {
        self.held().receipts.clone()
    }

    /// How many receipts there are.
    pub fn count(&self) -> usize {
        self.held().receipts.len()
    }

    /// Every checkpoint, smallest first. Two of one size and different roots are a fork.
    pub fn checkpoints(&self) -> Vec<SignedCheckpoint> {
        self.held().checkpoints.values().cloned().collect()
    }

    /// Every upload that was confirmed.
    pub fn uploads(&self) -> Vec<Upload> {
        self.held().uploads.values().cloned().collect()
    }

    /// The tenders to look at.
    pub fn tenders(&self) -> Vec<Identifier> {
        self.held().tenders.clone()
    }
}
