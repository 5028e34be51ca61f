//! A log in memory, signed by one key however often it forks.

use std::collections::BTreeMap;
use std::convert::Infallible;

use record::Digest;
use record::key::{Algorithm, SigningKey};
use record::log::checkpoint::{Checkpoint, Origin, SignatureType, SignedCheckpoint, VerifierKey};
use record::log::tree::{self, Edge, Nodes};
use record::log::witness::AddCheckpoint;

/// Name of the log.
pub const ORIGIN: &str = "log.example/etender";

struct Memory(BTreeMap<(u8, u64), Digest>);

impl Nodes for Memory {
    type Error = Infallible;

    fn node(&self, level: u8, index: u64) -> Result<Option<Digest>, Infallible> {
        Ok(self.0.get(&(level, index)).copied())
    }
}

/// A log. All of them have the same key and name; another `story` has other leaves.
pub struct Log {
    key: SigningKey,
    nodes: Memory,
}

impl Log {
    /// A log with so many leaves.
    ///
    /// # Panics
    /// Never.
    pub fn new(story: &str, size: u64) -> Log {
        let mut edge = Edge::default();
        let mut nodes = Memory(BTreeMap::new());
        for number in 0..size {
            for node in edge.push(tree::leaf_hash(format!("{story} {number}").as_bytes())) {
                nodes.0.insert((node.level, node.index), node.hash);
            }
        }
        let key = SigningKey::from_secret(Algorithm::Ed25519, &[7; 32]).expect("a key");
        Log { key, nodes }
    }

    /// Its key as it stands in a policy.
    ///
    /// # Panics
    /// Never.
    pub fn verifier(&self) -> VerifierKey {
        let origin = Origin::new(ORIGIN).expect("a name");
        VerifierKey::new(origin, SignatureType::Ed25519, self.key.public().clone()).expect("a key")
    }

    /// Its checkpoint of so many leaves.
    ///
    /// # Panics
    /// It has fewer.
    pub fn checkpoint(&self, size: u64) -> Checkpoint {
        Checkpoint {
            origin: Origin::new(ORIGIN).expect("a name"),
            size,
            root: tree::root(&self.nodes, size).expect("enough leaves"),
        }
    }

    /// The same, signed.
    ///
    /// # Panics
    /// It has fewer.
    pub fn signed(&self, size: u64) -> SignedCheckpoint {
        let signed = self.checkpoint(size).sign(&self.key);
        signed.expect("an Ed25519 key")
    }

    /// A good request for a witness that holds `old` leaves.
    ///
    /// # Panics
    /// It has fewer than `size` leaves.
    pub fn request(&self, old: u64, size: u64) -> AddCheckpoint {
        AddCheckpoint {
            old,
            proof: tree::consistency(&self.nodes, old.min(size), size).expect("enough leaves"),
            checkpoint: self.signed(size),
        }
    }
}
