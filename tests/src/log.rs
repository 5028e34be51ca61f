//! The log in memory: leaves with noise, chains, the tree, signed checkpoints.

use std::collections::BTreeMap;
use std::convert::Infallible;

use record::Digest;
use record::chain::{ChainHead, ChainId, next_place};
use record::key::SigningKey;
use record::log::checkpoint::{Checkpoint, Origin, SignatureType, SignedCheckpoint, VerifierKey};
use record::log::leaf::{Leaf, LeafOpening};
use record::log::receipt::{Receipt, TlogProof};
use record::log::tree::{self, Edge, Nodes};
use record::log::{BATCH_MULTIPLE, padding};
use record::statement::Envelope;

/// One statement on the log.
#[derive(Clone, Debug)]
pub struct LogEntry {
    /// The statement, as it was sent.
    pub envelope: Envelope,
    /// What opens its leaf: index, time, chain, place in it.
    pub opening: LeafOpening,
}

/// The log. Every statement is a batch of its own, padded with noise to a multiple of 8.
#[derive(Clone, Debug)]
pub struct Log {
    origin: Origin,
    key: SigningKey,
    edge: Edge,
    nodes: BTreeMap<(u8, u64), Digest>,
    entries: BTreeMap<u64, LogEntry>,
    heads: BTreeMap<ChainId, ChainHead>,
}

struct NodesOf<'a>(&'a BTreeMap<(u8, u64), Digest>);

impl Nodes for NodesOf<'_> {
    type Error = Infallible;

    fn node(&self, level: u8, index: u64) -> Result<Option<Digest>, Infallible> {
        Ok(self.0.get(&(level, index)).copied())
    }
}

/// A salt that depends on what it is for and on the place only.
fn salt(half: &str, index: u64) -> Digest {
    Digest(crate::seed(&format!("salt/{half}/{index}")))
}

impl Log {
    pub(crate) fn new(origin: &str, key: SigningKey) -> Log {
        Log {
            origin: Origin::new(origin).expect("origins of tests are well-formed"),
            key,
            edge: Edge::default(),
            nodes: BTreeMap::new(),
            entries: BTreeMap::new(),
            heads: BTreeMap::new(),
        }
    }

    /// Its name.
    pub fn origin(&self) -> &Origin {
        &self.origin
    }

    /// Number of leaves, noise included.
    pub fn size(&self) -> u64 {
        self.edge.size()
    }

    /// Index that the next statement gets: anywhere in its batch, so that indexes say nothing.
    pub fn next_index(&self) -> u64 {
        let place = u64::from(salt("place", self.size()).0[0]) % BATCH_MULTIPLE;
        self.size() + place
    }

    pub(crate) fn append(&mut self, envelope: Envelope, time_ms: u64, chain: ChainId) -> u64 {
        let index = self.next_index();
        while self.size() < index {
            self.push_noise();
        }
        let (seq, prev) = next_place(self.heads.get(&chain));
        let opening = LeafOpening {
            index,
            statement_id: envelope.id(),
            admitted_ms: time_ms,
            salt_visible: salt("visible", index),
            chain: chain.clone(),
            seq,
            prev,
            salt_hidden: salt("hidden", index),
        };
        let head = opening.leaf().hash();
        self.push(head);
        self.heads.insert(chain, ChainHead { seq, head });
        self.entries.insert(index, LogEntry { envelope, opening });
        for _ in 0..padding(1, self.size()) {
            self.push_noise();
        }
        index
    }

    fn push_noise(&mut self) {
        let index = self.size();
        self.push(Leaf::noise(salt("visible", index), salt("hidden", index)).hash());
    }

    fn push(&mut self, leaf: Digest) {
        for node in self.edge.push(leaf) {
            self.nodes.insert((node.level, node.index), node.hash);
        }
    }

    /// Every statement, log index ascending.
    pub fn entries(&self) -> impl Iterator<Item = &LogEntry> {
        self.entries.values()
    }

    /// The statements of one chain, in order.
    pub fn chain(&self, chain: &ChainId) -> impl Iterator<Item = &LogEntry> {
        self.entries
            .values()
            .filter(move |entry| entry.opening.chain == *chain)
    }

    /// A statement by its id.
    pub fn entry(&self, statement: &Digest) -> Option<&LogEntry> {
        self.entries
            .values()
            .find(|entry| entry.opening.statement_id == *statement)
    }

    /// The last statement of a chain.
    pub fn head(&self, chain: &ChainId) -> Option<ChainHead> {
        self.heads.get(chain).copied()
    }

    /// The key that signs checkpoints and record heads.
    pub fn key(&self) -> &SigningKey {
        &self.key
    }

    /// Its public half, as a trust file names it.
    pub fn verifier_key(&self) -> VerifierKey {
        VerifierKey::new(
            self.origin.clone(),
            SignatureType::Ed25519,
            self.key.public().clone(),
        )
        .expect("the log's key is Ed25519")
    }

    /// A checkpoint over everything so far.
    pub fn checkpoint(&self) -> SignedCheckpoint {
        let checkpoint = Checkpoint {
            origin: self.origin.clone(),
            size: self.size(),
            root: self.edge.root(),
        };
        checkpoint
            .sign(&self.key)
            .expect("the log's key is Ed25519")
    }

    /// Proof that the leaf at `index` is under `checkpoint`.
    pub fn proof(&self, index: u64, checkpoint: &SignedCheckpoint) -> TlogProof {
        let size = checkpoint.checkpoint().size;
        let path =
            tree::inclusion(&NodesOf(&self.nodes), index, size).expect("the index is in the tree");
        TlogProof {
            index,
            path,
            checkpoint: checkpoint.clone(),
        }
    }

    /// The receipt of a statement, under a checkpoint over everything so far.
    pub fn receipt(&self, statement: &Digest) -> Receipt {
        let opening = &self
            .entry(statement)
            .expect("the statement is on the log")
            .opening;
        Receipt {
            statement_id: opening.statement_id,
            admitted_ms: opening.admitted_ms,
            salt: opening.salt_visible,
            hidden: opening.leaf().hidden(),
            proof: self.proof(opening.index, &self.checkpoint()),
        }
    }
}
