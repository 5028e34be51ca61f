//! Content of documents and sealed parts: segments under the hash of their bytes, written once.
//!
//! A segment is durable before the database says that it is stored; a crash in between leaves an object that the
//! next attempt finds. Which account declared what, and against which quota it counts, is in the database: any node
//! takes any segment of an upload.

mod place;
mod plan;

use std::future::ready;
use std::sync::Arc;
use std::time::Duration;

use futures_util::{StreamExt as _, TryStreamExt as _, stream};
use object_store::path::Path as ObjectPath;
use object_store::{ObjectStore, ObjectStoreExt as _, PutMode, PutOptions, PutPayload};
use record::sealing::segment_leaf;
use record::{Digest, Identifier};
use store::blob::Completion;
use store::{Store, StoreError, blob};
use tokio::runtime::Runtime;

pub use place::{BlobPlace, S3Place};

use crate::states::{to_i64, to_u64};

/// The most segments that one answer lists as missing.
const MISSING_MAX: i64 = 10_000;
/// How often a segment is offered to a storage that says "already there" and has nothing to show.
const PUT_ATTEMPTS: u32 = 4;
/// The wait before the second offer; before the third twice that, and so on.
const PUT_PAUSE: Duration = Duration::from_millis(100);
/// Segments that are looked at side by side when much content is checked: a bucket answers slowly but in parallel.
const CHECKS_AT_ONCE: usize = 16;

/// Segments in their place.
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
    #[error("the place of the blobs cannot be used: {0}")]
    Open(String),
    /// The database failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl BlobError {
    /// Whether it says that a segment is not there, or is not what it was; not that the storage does not answer.
    pub fn is_loss(&self) -> bool {
        matches!(
            self,
            BlobError::Objects(object_store::Error::NotFound { .. })
                | BlobError::SegmentMismatch { .. }
        )
    }

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
    /// Opens `place`; a directory is made if need be, a bucket must be there.
    pub fn open(place: &BlobPlace, quota_bytes: u64) -> Result<Blobs, BlobError> {
        let blobs = Blobs::over(place.open()?, quota_bytes)?;
        if let BlobPlace::S3(_) = place {
            blobs
                .runtime
                .block_on(blobs.leave_mark())
                .map_err(|error| BlobError::Open(format!("{place}: {error}")))?;
        }
        Ok(blobs)
    }

    /// Over a storage that is open already: one of the tests', that fails when it is told to.
    pub fn over(objects: Arc<dyn ObjectStore>, quota_bytes: u64) -> Result<Blobs, BlobError> {
        let runtime = tokio::runtime::Builder::new_multi_thread()
            .worker_threads(1)
            .thread_name("blobs")
            .enable_all()
            .build()
            .map_err(|error| BlobError::Open(error.to_string()))?;
        Ok(Blobs {
            objects,
            runtime,
            quota_bytes,
        })
    }

    /// Writes a name into the bucket, or finds it there: a wrong endpoint, name or key shows at start, not at the first
    /// bid.
    async fn leave_mark(&self) -> Result<(), object_store::Error> {
        let place = ObjectPath::from("kaibiao-blobs");
        let mark = PutPayload::from_static(b"kaibiao-blobs/1\n");
        match self.objects.put_opts(&place, mark, once()).await {
            Ok(_) | Err(object_store::Error::AlreadyExists { .. }) => Ok(()),
            Err(error) => Err(error),
        }
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
        let plan = plan::plan(root, size_bytes, leaves)?;
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

    /// Takes one segment. Sending it again changes nothing, but if the storage has lost it, it is there again then;
    /// wrong bytes are refused and nothing is stored.
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
        self.runtime.block_on(self.store_object(leaf, bytes))?;
        if !segment.stored {
            store.write(|conn| -> Result<(), BlobError> {
                blob::mark_segment_stored(conn, account.as_str(), &root.0, to_i64(n))?;
                match blob::complete(conn, account.as_str(), &root.0, to_i64(now_ms))? {
                    Completion::Complete(_) | Completion::Missing(_) => Ok(()),
                }
            })?;
        }
        Ok(())
    }

    /// Returns when the segment is durable. "Already there" is believed only after reading it: S3 also says so while
    /// another upload of the same name is under way, which may yet fail, and what is there may be damaged.
    async fn store_object(&self, leaf: Digest, bytes: bytes::Bytes) -> Result<(), BlobError> {
        let place = object(leaf);
        let mut attempt = 0;
        loop {
            let payload = PutPayload::from(bytes.clone());
            let refused = match self.objects.put_opts(&place, payload, once()).await {
                Ok(_) => return Ok(()),
                Err(error @ object_store::Error::AlreadyExists { .. }) => error,
                Err(error) => return Err(error.into()),
            };
            match self.read_object(leaf).await {
                Ok(_) => return Ok(()),
                Err(BlobError::Objects(object_store::Error::NotFound { .. })) => {}
                // The name is the hash of the content: other bytes under it are damage, and these mend it.
                Err(BlobError::SegmentMismatch { .. }) => {
                    tracing::warn!(%leaf, "a damaged segment is written again");
                    self.objects.put(&place, bytes.into()).await?;
                    return Ok(());
                }
                Err(error) => return Err(error),
            }
            attempt += 1;
            if attempt >= PUT_ATTEMPTS {
                return Err(refused.into());
            }
            tokio::time::sleep(PUT_PAUSE * attempt).await;
        }
    }

    /// Reads a segment by its leaf hash, and checks it.
    pub fn read_segment(&self, leaf: Digest) -> Result<bytes::Bytes, BlobError> {
        self.runtime.block_on(self.read_object(leaf))
    }

    /// Reads and checks many segments; the first that is not as it should be, with the reason.
    pub fn check_segments(&self, leaves: &[Digest]) -> Result<(), (Digest, BlobError)> {
        let looks = leaves.iter().map(|leaf| async move {
            let read = self.read_object(*leaf).await;
            read.map(drop).map_err(|error| (*leaf, error))
        });
        self.runtime.block_on(
            stream::iter(looks)
                .buffer_unordered(CHECKS_AT_ONCE)
                .try_for_each(|()| ready(Ok(()))),
        )
    }

    async fn read_object(&self, leaf: Digest) -> Result<bytes::Bytes, BlobError> {
        let bytes = self.objects.get(&object(leaf)).await?.bytes().await?;
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

/// Nothing that is there is ever written over.
fn once() -> PutOptions {
    PutOptions {
        mode: PutMode::Create,
        ..PutOptions::default()
    }
}

fn object(leaf: Digest) -> ObjectPath {
    let name = leaf.to_string();
    let (shelf, _) = name.split_at_checked(2).unwrap_or(("", ""));
    ObjectPath::from(format!("segments/{shelf}/{name}"))
}
