//! Content of documents and sealed parts: segments under the hash of their bytes, written once.
//!
//! A segment is durable before the database says that it is stored; a crash in between leaves an object that the
//! next attempt finds. Which account declared what, and against which quota it counts, is in the database.

use std::path::Path;
use std::sync::Arc;

use object_store::local::LocalFileSystem;
use object_store::path::Path as ObjectPath;
use object_store::{ObjectStore, ObjectStoreExt as _, PutMode, PutOptions, PutPayload};
use record::sealing::{
    BID_BYTES_MAX, PART_HEADER_BYTES, SEGMENT_BYTES, root_of_leaves, segment_leaf,
};
use record::{Digest, Identifier};
use store::blob::{Completion, SegmentPlan};
use store::{Store, StoreError, blob};
use tokio::runtime::Runtime;

use crate::states::{to_i64, to_u64};

/// The most segments that one answer lists as missing.
const MISSING_MAX: i64 = 10_000;
/// Leaves of the largest content, header included.
const LEAVES_MAX: usize = 4_200;

/// Segments on disk.
pub struct Blobs {
    objects: Arc<dyn ObjectStore>,
    /// Object storage is asynchronous; its callers here are not.
    runtime: Runtime,
    quota_bytes: u64,
}

/// How far an upload is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BlobStatus {
    /// Root over the leaves.
    pub root: Digest,
    /// Size of the whole.
    pub size_bytes: u64,
    /// Number of segments.
    pub segments: u64,
    /// Segments that have not arrived, ascending; the first 10 000.
    pub missing: Vec<u64>,
}

/// Content is not taken or not there.
#[derive(Debug, thiserror::Error)]
pub enum BlobError {
    /// The leaves do not hash to the root, or their number does not fit the size.
    #[error("the declaration is wrong: {0}")]
    Declaration(&'static str),
    /// The account's quota is used up.
    #[error("the account may store {quota_bytes} bytes and has declared {used_bytes}")]
    Quota {
        /// The limit.
        quota_bytes: u64,
        /// What is declared so far.
        used_bytes: u64,
    },
    /// Nothing was declared under this root by this account.
    #[error("declare the content {0} first")]
    NotDeclared(Digest),
    /// The content has no such segment.
    #[error("there is no segment {0}")]
    NoSegment(u64),
    /// The bytes are not those that were declared.
    #[error(
        "segment {n} is not what was declared ({found} bytes with another hash or size); send it again"
    )]
    SegmentMismatch {
        /// The segment.
        n: u64,
        /// How many bytes came.
        found: usize,
    },
    /// The object storage failed.
    #[error("the object storage failed: {0}")]
    Objects(#[from] object_store::Error),
    /// The storage could not be opened.
    #[error("the blob directory cannot be used: {0}")]
    Open(String),
    /// The database failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl BlobError {
    /// The stable code.
    pub fn code(&self) -> &'static str {
        match self {
            BlobError::Declaration(_) => "blob-declaration",
            BlobError::Quota { .. } => "quota-exceeded",
            BlobError::NotDeclared(_) => "blob-not-declared",
            BlobError::NoSegment(_) => "segment-unknown",
            BlobError::SegmentMismatch { .. } => "segment-mismatch",
            BlobError::Objects(_) | BlobError::Open(_) => "object-storage",
            BlobError::Store(error) => error.code(),
        }
    }
}

impl Blobs {
    /// Opens `directory`, making it if need be.
    pub fn open(directory: &Path, quota_bytes: u64) -> Result<Blobs, BlobError> {
        std::fs::create_dir_all(directory).map_err(|error| BlobError::Open(error.to_string()))?;
        let objects = LocalFileSystem::new_with_prefix(directory)?.with_fsync(true);
        let runtime = tokio::runtime::Builder::new_multi_thread()
            .worker_threads(1)
            .thread_name("blobs")
            .build()
            .map_err(|error| BlobError::Open(error.to_string()))?;
        Ok(Blobs {
            objects: Arc::new(objects),
            runtime,
            quota_bytes,
        })
    }

    /// Declares content before it comes. Declaring it again is how an upload is resumed.
    pub fn declare(
        &self,
        store: &Store,
        account: &Identifier,
        root: Digest,
        size_bytes: u64,
        leaves: &[Digest],
        now_ms: u64,
    ) -> Result<BlobStatus, BlobError> {
        let plan = plan(root, size_bytes, leaves)?;
        store.write(|conn| {
            if blob::get(conn, account.as_str(), &root.0)?.is_none() {
                let used_bytes = to_u64(blob::bytes_of_account(conn, account.as_str())?);
                if used_bytes.saturating_add(size_bytes) > self.quota_bytes {
                    return Err(BlobError::Quota {
                        quota_bytes: self.quota_bytes,
                        used_bytes,
                    });
                }
            }
            blob::declare(conn, account.as_str(), &root.0, &plan, to_i64(now_ms))?;
            Ok(())
        })?;
        self.status(store, account, root)
    }

    /// How far an upload is.
    pub fn status(
        &self,
        store: &Store,
        account: &Identifier,
        root: Digest,
    ) -> Result<BlobStatus, BlobError> {
        store.read(|conn| {
            let row =
                blob::get(conn, account.as_str(), &root.0)?.ok_or(BlobError::NotDeclared(root))?;
            let missing = blob::missing_segments(conn, account.as_str(), &root.0, MISSING_MAX)?;
            Ok(BlobStatus {
                root,
                size_bytes: to_u64(row.size_bytes),
                segments: to_u64(row.segments),
                missing: missing.into_iter().map(to_u64).collect(),
            })
        })
    }

    /// Takes one segment. Sending it again changes nothing; wrong bytes are refused and nothing is stored.
    pub fn put_segment(
        &self,
        store: &Store,
        account: &Identifier,
        root: Digest,
        n: u64,
        bytes: bytes::Bytes,
        now_ms: u64,
    ) -> Result<(), BlobError> {
        let segment = store.read(|conn| {
            blob::get(conn, account.as_str(), &root.0)?.ok_or(BlobError::NotDeclared(root))?;
            let segment = blob::segment(conn, account.as_str(), &root.0, to_i64(n))?;
            segment.ok_or(BlobError::NoSegment(n))
        })?;
        let found = bytes.len();
        let leaf = segment_leaf(&bytes);
        if leaf.0 != segment.leaf_hash || to_i64(found as u64) != segment.size_bytes {
            return Err(BlobError::SegmentMismatch { n, found });
        }
        if !segment.stored {
            self.store_object(leaf, bytes)?;
            store.write(|conn| -> Result<(), BlobError> {
                blob::mark_segment_stored(conn, account.as_str(), &root.0, to_i64(n))?;
                match blob::complete(conn, account.as_str(), &root.0, to_i64(now_ms))? {
                    Completion::Complete(_) | Completion::Missing(_) => Ok(()),
                }
            })?;
        }
        Ok(())
    }

    fn store_object(&self, leaf: Digest, bytes: bytes::Bytes) -> Result<(), BlobError> {
        let options = PutOptions {
            mode: PutMode::Create,
            ..PutOptions::default()
        };
        let place = object(leaf);
        let put = self
            .objects
            .put_opts(&place, PutPayload::from(bytes), options);
        match self.runtime.block_on(put) {
            // The name is the hash of the content: what is there already is the same.
            Ok(_) | Err(object_store::Error::AlreadyExists { .. }) => Ok(()),
            Err(error) => Err(error.into()),
        }
    }

    /// Reads a segment by its leaf hash, and checks it.
    pub fn read_segment(&self, leaf: Digest) -> Result<bytes::Bytes, BlobError> {
        let place = object(leaf);
        let bytes = self
            .runtime
            .block_on(async { self.objects.get(&place).await?.bytes().await })?;
        if segment_leaf(&bytes) == leaf {
            Ok(bytes)
        } else {
            Err(BlobError::SegmentMismatch {
                n: 0,
                found: bytes.len(),
            })
        }
    }
}

fn object(leaf: Digest) -> ObjectPath {
    let name = leaf.to_string();
    let (shelf, _) = name.split_at_checked(2).unwrap_or(("", ""));
    ObjectPath::from(format!("segments/{shelf}/{name}"))
}

/// Sizes of the segments: of a document (segments only) or of a sealed part (a header of 56 bytes, then segments).
/// Which of the two it is follows from the number of leaves.
fn plan(root: Digest, size_bytes: u64, leaves: &[Digest]) -> Result<Vec<SegmentPlan>, BlobError> {
    if leaves.is_empty() || leaves.len() > LEAVES_MAX || size_bytes > BID_BYTES_MAX {
        return Err(BlobError::Declaration("1 to 4 200 leaves, at most 16 GiB"));
    }
    if root_of_leaves(leaves) != root {
        return Err(BlobError::Declaration("the leaves do not hash to the root"));
    }
    let header = PART_HEADER_BYTES as u64;
    let part = size_bytes.checked_sub(header).filter(|sealed| *sealed > 0);
    let part = part.map(|sealed| [vec![header], segments(sealed)].concat());
    let document = if size_bytes == 0 {
        vec![0]
    } else {
        segments(size_bytes)
    };
    let sizes = part
        .filter(|sizes| sizes.len() == leaves.len())
        .or_else(|| (document.len() == leaves.len()).then_some(document))
        .ok_or(BlobError::Declaration(
            "the number of leaves does not fit the size",
        ))?;
    let plan = |(leaf, size): (&Digest, u64)| SegmentPlan {
        leaf_hash: leaf.0,
        size_bytes: to_i64(size),
    };
    Ok(leaves.iter().zip(sizes).map(plan).collect())
}

fn segments(size_bytes: u64) -> Vec<u64> {
    let segment = SEGMENT_BYTES as u64;
    let full = size_bytes / segment;
    let rest = size_bytes % segment;
    std::iter::repeat_n(segment, usize::try_from(full).unwrap_or(0))
        .chain((rest > 0).then_some(rest))
        .collect()
}
