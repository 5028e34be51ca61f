//! Does what is stored agree with itself? A quick look at every start, and the whole of it by `check`.

use record::Digest;
use record::chain::ChainId;
use record::log::tree::Edge;
use store::{Store, StoreError, projection, statement};

use crate::blob::{BlobError, Blobs};
use crate::keys::PlatformKeys;
use crate::log::{self, LogError};
use crate::projection as rows;
use crate::states::{StateError, States, to_i64, to_u64};

const PAGE: i64 = 1_000;

/// What is stored disagrees with itself.
#[derive(Debug, thiserror::Error)]
pub enum CheckError {
    /// The database cannot be read.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The log cannot be read.
    #[error(transparent)]
    Log(#[from] LogError),
    /// A statement cannot be replayed.
    #[error(transparent)]
    State(#[from] StateError),
    /// The blobs cannot be read.
    #[error(transparent)]
    Blobs(#[from] BlobError),
    /// The tree is not the one that was signed.
    #[error(
        "the log of {size} leaves has root {found}, but the checkpoint says {signed}; restore the database from a copy that is at least as new as this checkpoint, and do not sign with it before"
    )]
    Root {
        /// Size of the checkpoint.
        size: u64,
        /// What the stored nodes give.
        found: Digest,
        /// What was signed.
        signed: Digest,
    },
    /// The checkpoint is larger than the log.
    #[error(
        "a checkpoint of {signed} leaves was signed, but the log has only {found}; the database was rolled back: restore a newer copy"
    )]
    RolledBack {
        /// Size of the checkpoint.
        signed: u64,
        /// Size of the log.
        found: u64,
    },
    /// The checkpoint was signed by another key.
    #[error(
        "the last checkpoint is not signed by this log key ({0}); put the right keys into the data directory"
    )]
    OtherKey(String),
    /// The stored ends of chains are not the last leaves.
    #[error("the stored ends of these chains are wrong: {0}; run `kaibiao-server check --rebuild`")]
    Heads(String),
    /// A segment of an open tender's bid is gone.
    #[error(
        "content {root} of an open tender is not readable: {reason}; restore the blob storage from a copy, or let the owners send it again: `kaibiao-server check --reopen-uploads` names them"
    )]
    Content {
        /// Its root.
        root: Digest,
        /// Why.
        reason: String,
    },
    /// A leaf is not the hash of its data, or not the leaf of its statement.
    #[error("log entry {0} is damaged")]
    Leaf(u64),
    /// The projections are not what the log gives.
    #[error(
        "the projections differ from the log in {0} lines, first: {1}; run `kaibiao-server check --rebuild`"
    )]
    Projections(usize, String),
}

/// What [`all`] looked at.
#[derive(Clone, Copy, Debug, Default)]
pub struct Checked {
    /// Leaves that were hashed again.
    pub leaves: u64,
    /// Statements that were replayed.
    pub statements: u64,
    /// Segments that were hashed again.
    pub segments: u64,
}

/// At start: last checkpoint, tree, ends of chains, content of open tenders. Refuses to start on disagreement.
pub fn at_start(store: &Store, keys: &PlatformKeys, blobs: &Blobs) -> Result<(), CheckError> {
    check_checkpoint(store, keys)?;
    let heads = store.read(statement::chains_with_wrong_head)?;
    if !heads.is_empty() {
        return Err(CheckError::Heads(heads.join(", ")));
    }
    open_content(store, blobs, false).map(|_| ())
}

fn check_checkpoint(store: &Store, keys: &PlatformKeys) -> Result<(), CheckError> {
    let Some(row) = store.read(store::log::latest_checkpoint)? else {
        return Ok(());
    };
    let checkpoint = log::parse_checkpoint(&row)?;
    checkpoint
        .verify(&keys.log)
        .map_err(|error| CheckError::OtherKey(error.to_string()))?;
    let signed = checkpoint.checkpoint();
    let found = to_u64(store.read(store::log::size)?);
    if signed.size > found {
        return Err(CheckError::RolledBack {
            signed: signed.size,
            found,
        });
    }
    let root = store.read(|conn| log::root(conn, signed.size))?;
    if root != signed.root {
        return Err(CheckError::Root {
            size: signed.size,
            found: root,
            signed: signed.root,
        });
    }
    Ok(())
}

/// Content that tenders still need: complete uploads. `hash` reads and hashes every segment; otherwise the first of
/// each content is read.
fn open_content(store: &Store, blobs: &Blobs, hash: bool) -> Result<u64, CheckError> {
    let mut segments = 0;
    let mut after = (String::new(), [0; 32]);
    loop {
        let uploads =
            store.read(|conn| store::blob::complete_after(conn, &after.0, &after.1, PAGE))?;
        let mut wanted = Vec::new();
        for upload in &uploads {
            let plan =
                store.read(|conn| store::blob::segments(conn, &upload.account, &upload.root))?;
            let looked_at = if hash { plan.len() } else { plan.len().min(1) };
            let leaves = plan.iter().take(looked_at);
            wanted.extend(leaves.map(|segment| (Digest(segment.leaf_hash), Digest(upload.root))));
            if wanted.len() >= PAGE as usize {
                segments += read_content(blobs, &std::mem::take(&mut wanted))?;
            }
            after = (upload.account.clone(), upload.root);
        }
        segments += read_content(blobs, &wanted)?;
        if uploads.len() < PAGE as usize {
            return Ok(segments);
        }
    }
}

/// Reads segments, each given with the root of the content that it is part of.
fn read_content(blobs: &Blobs, wanted: &[(Digest, Digest)]) -> Result<u64, CheckError> {
    let leaves: Vec<Digest> = wanted.iter().map(|(leaf, _)| *leaf).collect();
    blobs.check_segments(&leaves).map_err(|(bad, error)| {
        let root = wanted.iter().find(|(leaf, _)| *leaf == bad);
        CheckError::Content {
            root: root.map_or(bad, |(_, root)| *root),
            reason: error.to_string(),
        }
    })?;
    Ok(leaves.len() as u64)
}

/// A segment that was confirmed and is not readable any more.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LostSegment {
    /// Whose upload it is part of.
    pub account: String,
    /// Root of the content.
    pub root: Digest,
    /// Its number in the content.
    pub n: u64,
}

/// Reads every segment of every complete upload, and marks those that are gone or damaged as not stored: their owners
/// can send them again, and nothing else is taken under their hashes.
///
/// # Errors
/// The storage cannot be asked: that is no reason to give up anything.
pub fn reopen_uploads(store: &Store, blobs: &Blobs) -> Result<Vec<LostSegment>, CheckError> {
    let mut lost = Vec::new();
    let mut after = (String::new(), [0; 32]);
    loop {
        let uploads =
            store.read(|conn| store::blob::complete_after(conn, &after.0, &after.1, PAGE))?;
        for upload in &uploads {
            let plan =
                store.read(|conn| store::blob::segments(conn, &upload.account, &upload.root))?;
            for segment in plan {
                match blobs.read_segment(Digest(segment.leaf_hash)) {
                    Ok(_) => continue,
                    Err(error) if error.is_loss() => {}
                    Err(error) => return Err(error.into()),
                }
                store.write(|conn| {
                    store::blob::mark_segment_lost(conn, &upload.account, &upload.root, segment.n)
                })?;
                lost.push(LostSegment {
                    account: upload.account.clone(),
                    root: Digest(upload.root),
                    n: to_u64(segment.n),
                });
            }
            after = (upload.account.clone(), upload.root);
        }
        if uploads.len() < PAGE as usize {
            return Ok(lost);
        }
    }
}

/// Everything: hashes every leaf and segment again, replays every statement, compares the projections.
pub fn all(store: &Store, keys: &PlatformKeys, blobs: &Blobs) -> Result<Checked, CheckError> {
    at_start(store, keys, blobs)?;
    let leaves = rehash(store)?;
    let segments = open_content(store, blobs, true)?;
    let before = store.read(projection::dump)?;
    let (statements, after) = replayed(store, keys)?;
    if before != after {
        let differs = before
            .iter()
            .zip(&after)
            .filter(|(left, right)| left != right)
            .count();
        let differs = differs + before.len().abs_diff(after.len());
        let first = before
            .iter()
            .find(|line| !after.contains(line))
            .cloned()
            .unwrap_or_default();
        return Err(CheckError::Projections(differs, first));
    }
    Ok(Checked {
        leaves,
        statements,
        segments,
    })
}

/// Hashes every leaf from its data and every statement's leaf from its opening; the tree must be the signed one.
fn rehash(store: &Store) -> Result<u64, CheckError> {
    let size = to_u64(store.read(store::log::size)?);
    let mut edge = Edge::default();
    while edge.size() < size {
        let from = to_i64(edge.size());
        let leaves = store.read(|conn| store::log::leaves(conn, from, from + PAGE))?;
        if leaves.is_empty() {
            return Err(CheckError::Leaf(edge.size()));
        }
        for leaf in leaves {
            let index = to_u64(leaf.idx);
            let hash = record::log::tree::leaf_hash(&leaf.leaf_data);
            if hash.0 != leaf.leaf_hash || index != edge.size() {
                return Err(CheckError::Leaf(index));
            }
            edge.push(hash);
        }
    }
    if let Some(row) = store.read(store::log::latest_checkpoint)?
        && to_u64(row.size) == size
        && edge.root().0 != row.root
    {
        return Err(CheckError::Root {
            size,
            found: edge.root(),
            signed: Digest(row.root),
        });
    }
    check_openings(store)?;
    Ok(size)
}

fn check_openings(store: &Store) -> Result<(), CheckError> {
    let mut index = 0;
    loop {
        let rows = store.read(|conn| statement::from_index(conn, index, PAGE))?;
        for row in &rows {
            let id: Digest = row
                .id
                .parse()
                .map_err(|_| CheckError::Leaf(to_u64(row.log_index)))?;
            let opening = store.read(|conn| log::opening_of(conn, &id))?;
            if opening.is_none_or(|opening| opening.index != to_u64(row.log_index)) {
                return Err(CheckError::Leaf(to_u64(row.log_index)));
            }
            index = row.log_index + 1;
        }
        if rows.len() < PAGE as usize {
            return Ok(());
        }
    }
}

/// The projections as a replay of the whole log gives them; what is stored stays as it is.
fn replayed(store: &Store, keys: &PlatformKeys) -> Result<(u64, Vec<String>), CheckError> {
    struct RolledBack(Result<(u64, Vec<String>), CheckError>);
    impl From<StoreError> for RolledBack {
        fn from(error: StoreError) -> Self {
            RolledBack(Err(error.into()))
        }
    }
    // The transaction is never committed: it ends with the "error" that carries the result out.
    let outcome = store.write(|conn| -> Result<(), RolledBack> {
        let result = replay(conn, keys).and_then(|count| Ok((count, projection::dump(conn)?)));
        Err(RolledBack(result))
    });
    match outcome {
        Ok(()) => Ok((0, Vec::new())),
        Err(RolledBack(result)) => result,
    }
}

/// Makes the projections again from the log, and keeps them.
pub fn rebuild(store: &Store, keys: &PlatformKeys) -> Result<u64, CheckError> {
    store.write(|conn| replay(conn, keys))
}

fn replay(conn: &mut store::Conn, keys: &PlatformKeys) -> Result<u64, CheckError> {
    projection::clear(conn)?;
    let mut states = States::new(keys.log.name().as_str(), &keys.root);
    let (mut index, mut count) = (0, 0);
    loop {
        let rows = statement::from_index(conn, index, PAGE)?;
        for row in &rows {
            let chain: ChainId = row
                .chain
                .parse()
                .map_err(|_| CheckError::Leaf(to_u64(row.log_index)))?;
            states.follow(row, &chain)?;
            let change = [(row.kind.as_str(), to_u64(row.log_index))];
            rows::apply(conn, &mut states, &chain, &change)?;
            index = row.log_index + 1;
            count += 1;
        }
        if rows.len() < PAGE as usize {
            return Ok(count);
        }
    }
}
