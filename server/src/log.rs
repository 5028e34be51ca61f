//! The log in the database: rows of leaves and statements, the tree over stored nodes, checkpoints, proofs.

use std::cell::RefCell;
use std::collections::HashMap;

use record::chain::ChainId;
use record::log::checkpoint::{Checkpoint, SignedCheckpoint};
use record::log::leaf::{Leaf, LeafOpening, random_salt};
use record::log::receipt::TlogProof;
use record::log::tree::{self, Nodes, TreeError};
use record::statement::Envelope;
use record::{Digest, Identifier};
use store::{Conn, Store, StoreError, statement};

use crate::clock::{Clock, machine_ms};
use crate::keys::PlatformKeys;
use crate::states::{to_i64, to_u64};

/// The log cannot be read or continued.
#[derive(Debug, thiserror::Error)]
pub enum LogError {
    /// The database.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The tree.
    #[error(transparent)]
    Tree(#[from] TreeError<StoreError>),
    /// A stored row is not what it should be.
    #[error("the stored log is damaged: {0}; run `kaibiao-server check`")]
    Damaged(String),
    /// No randomness from the operating system.
    #[error("the operating system gives no random bytes")]
    Randomness,
    /// A witness has shown that this log was rolled back or forked.
    #[error("the log is halted, nothing is signed any more: witness {}: {}", .0.witness, .0.reason)]
    Halted(crate::witnesses::halt::Halt),
    /// There is nothing to prove.
    #[error("there is no checkpoint of {0} leaves or more")]
    NoCheckpoint(u64),
}

/// Nodes by level and index.
pub type KnownNodes = HashMap<(u8, u64), Digest>;

/// Nodes of complete subtrees, as stored. They never change, so what was read once is kept: proofs of neighbours
/// share most of their nodes.
pub struct StoredNodes<'a> {
    conn: RefCell<&'a mut Conn>,
    read: RefCell<KnownNodes>,
    known: Option<&'a KnownNodes>,
}

impl<'a> StoredNodes<'a> {
    /// Over one snapshot of the database.
    pub fn new(conn: &'a mut Conn) -> StoredNodes<'a> {
        StoredNodes {
            conn: RefCell::new(conn),
            read: RefCell::default(),
            known: None,
        }
    }

    /// The same, with some that are known and need not be read.
    pub fn knowing(conn: &'a mut Conn, known: &'a KnownNodes) -> StoredNodes<'a> {
        StoredNodes {
            known: Some(known),
            ..StoredNodes::new(conn)
        }
    }

    /// Proof that leaf `index` is under `checkpoint`.
    pub fn inclusion(
        &self,
        index: u64,
        checkpoint: &SignedCheckpoint,
    ) -> Result<TlogProof, LogError> {
        let path = tree::inclusion(self, index, checkpoint.checkpoint().size)?;
        Ok(TlogProof {
            index,
            path,
            checkpoint: checkpoint.clone(),
        })
    }
}

impl Nodes for StoredNodes<'_> {
    type Error = StoreError;

    fn node(&self, level: u8, index: u64) -> Result<Option<Digest>, StoreError> {
        let known = self.known.and_then(|known| known.get(&(level, index)));
        if let Some(node) = known.or(self.read.borrow().get(&(level, index))) {
            return Ok(Some(*node));
        }
        let node = store::log::node(&mut self.conn.borrow_mut(), i32::from(level), to_i64(index))?;
        let node = node.map(Digest);
        self.read
            .borrow_mut()
            .extend(node.map(|node| ((level, index), node)));
        Ok(node)
    }
}

/// Rows of the nodes that become complete when `leaves` are appended at `size`.
pub fn new_nodes(
    conn: &mut Conn,
    size: u64,
    leaves: &[Digest],
) -> Result<Vec<store::log::Node>, LogError> {
    let nodes = tree::append(&StoredNodes::new(conn), size, leaves)?;
    let row = |node: tree::NewNode| store::log::Node {
        level: i32::from(node.level),
        idx: to_i64(node.index),
        hash: node.hash.0,
    };
    Ok(nodes.into_iter().map(row).collect())
}

/// What these rows say.
pub fn known_nodes(rows: &[store::log::Node]) -> KnownNodes {
    let known = |row: &store::log::Node| {
        let level = u8::try_from(row.level).ok()?;
        Some(((level, to_u64(row.idx)), Digest(row.hash)))
    };
    rows.iter().filter_map(known).collect()
}

/// Row of a statement's leaf.
pub fn leaf_row(opening: &LeafOpening) -> store::log::Leaf {
    let leaf = opening.leaf();
    store::log::Leaf {
        idx: to_i64(opening.index),
        leaf_data: leaf.data().to_vec(),
        leaf_hash: leaf.hash().0,
        chain: Some(opening.chain.to_string()),
        seq: Some(to_i64(opening.seq)),
        statement_id: Some(opening.statement_id.to_string()),
        salt_v: opening.salt_visible.0,
        salt_h: opening.salt_hidden.0,
    }
}

/// Row of a noise leaf.
pub fn noise_row(index: u64) -> Result<store::log::Leaf, LogError> {
    let salt = || random_salt().map_err(|_| LogError::Randomness);
    let (salt_visible, salt_hidden) = (salt()?, salt()?);
    let leaf = Leaf::noise(salt_visible, salt_hidden);
    Ok(store::log::Leaf {
        idx: to_i64(index),
        leaf_data: leaf.data().to_vec(),
        leaf_hash: leaf.hash().0,
        chain: None,
        seq: None,
        statement_id: None,
        salt_v: salt_visible.0,
        salt_h: salt_hidden.0,
    })
}

/// Row of a statement; `envelope` is its canonical JSON.
pub fn statement_row(kind: &str, envelope: Vec<u8>, opening: &LeafOpening) -> statement::Statement {
    statement::Statement {
        id: opening.statement_id.to_string(),
        chain: opening.chain.to_string(),
        seq: to_i64(opening.seq),
        log_index: to_i64(opening.index),
        kind: kind.to_owned(),
        envelope,
        admitted_ms: to_i64(opening.admitted_ms),
    }
}

/// Openings of one chain below log index `end`, in order.
pub fn openings_of(
    conn: &mut Conn,
    chain: &ChainId,
    end: u64,
) -> Result<Vec<(Envelope, LeafOpening)>, LogError> {
    const PAGE: i64 = 500;
    let name = chain.to_string();
    let mut entries = Vec::new();
    let mut prev = Digest::ZERO;
    loop {
        let from = to_i64(entries.len() as u64);
        let leaves = store::log::leaves_of_chain(conn, &name, from, PAGE)?;
        let statements = statement::of_chain(conn, &name, from, PAGE)?;
        let page_is_full = leaves.len() == PAGE as usize;
        for (leaf, row) in leaves.iter().zip(&statements) {
            if to_u64(row.log_index) >= end {
                return Ok(entries);
            }
            let opening = opening(leaf, row, chain, prev)?;
            prev = Digest(leaf.leaf_hash);
            let envelope = Envelope::parse(&row.envelope)
                .map_err(|error| LogError::Damaged(error.to_string()))?;
            entries.push((envelope, opening));
        }
        if !page_is_full {
            return Ok(entries);
        }
    }
}

/// The opening of one statement; `None` if it is not on the log.
pub fn opening_of(conn: &mut Conn, id: &Digest) -> Result<Option<LeafOpening>, LogError> {
    let Some(row) = statement::by_id(conn, &id.to_string())? else {
        return Ok(None);
    };
    let damaged = |what: &str| LogError::Damaged(format!("{what} of log entry {}", row.log_index));
    let chain: ChainId = row.chain.parse().map_err(|_| damaged("chain"))?;
    let leaves = store::log::leaves_of_chain(conn, &row.chain, (row.seq - 1).max(0), 2)?;
    let (prev, leaf) = match leaves.as_slice() {
        [first, ..] if row.seq == 0 => (Digest::ZERO, first),
        [before, leaf] => (Digest(before.leaf_hash), leaf),
        _ => return Err(damaged("leaf")),
    };
    opening(leaf, &row, &chain, prev).map(Some)
}

fn opening(
    leaf: &store::log::Leaf,
    row: &statement::Statement,
    chain: &ChainId,
    prev: Digest,
) -> Result<LeafOpening, LogError> {
    let damaged = || LogError::Damaged(format!("log entry {} does not open", row.log_index));
    let opening = LeafOpening {
        index: to_u64(row.log_index),
        statement_id: row.id.parse().map_err(|_| damaged())?,
        admitted_ms: to_u64(row.admitted_ms),
        salt_visible: Digest(leaf.salt_v),
        chain: chain.clone(),
        seq: to_u64(row.seq),
        prev,
        salt_hidden: Digest(leaf.salt_h),
    };
    // In pairs: what was written is checked again when it is read (TigerBeetle).
    if opening.leaf().hash().0 == leaf.leaf_hash {
        Ok(opening)
    } else {
        Err(damaged())
    }
}

/// The checkpoint over everything committed, signed now if there is none yet. Signing comes after the commit: a
/// checkpoint over leaves that a crash could still take back would be an equivocation.
pub fn sign_checkpoint(
    store: &Store,
    keys: &PlatformKeys,
    clock: Clock,
) -> Result<SignedCheckpoint, LogError> {
    let row = store.write(|conn| -> Result<store::log::Checkpoint, LogError> {
        let size = store::log::size(conn)?;
        if let Some(latest) = store::log::latest_checkpoint(conn)?
            && latest.size == size
        {
            return Ok(latest);
        }
        if let Some(halt) = crate::witnesses::halt::read(conn)? {
            return Err(LogError::Halted(halt));
        }
        let made_ms = clock.now_ms(conn).unwrap_or_else(|_| machine_ms());
        let root = tree::root(&StoredNodes::new(conn), to_u64(size))?;
        let origin = keys.log.name().clone();
        let signed = Checkpoint {
            origin,
            size: to_u64(size),
            root,
        }
        .sign(&keys.log_secret)
        .map_err(|error| LogError::Damaged(error.to_string()))?;
        let row = store::log::Checkpoint {
            size,
            root: root.0,
            note: signed.to_string(),
            made_ms: to_i64(made_ms),
        };
        Ok(store::log::insert_checkpoint(conn, &row)?)
    })?;
    parse_checkpoint(&row)
}

/// A stored checkpoint.
pub fn parse_checkpoint(row: &store::log::Checkpoint) -> Result<SignedCheckpoint, LogError> {
    row.note
        .parse()
        .map_err(|_| LogError::Damaged(format!("checkpoint of size {}", row.size)))
}

/// Proof that the log of `to` leaves continues that of `from` leaves.
pub fn consistency(store: &Store, from: u64, to: u64) -> Result<Vec<Digest>, LogError> {
    store.read(|conn| Ok(tree::consistency(&StoredNodes::new(conn), from, to)?))
}

/// Root over the stored nodes.
pub fn root(conn: &mut Conn, size: u64) -> Result<Digest, LogError> {
    Ok(tree::root(&StoredNodes::new(conn), size)?)
}

/// The chain of a tender.
pub fn tender_chain(id: &Identifier) -> ChainId {
    ChainId::Tender(id.clone())
}
