//! Where blobs lie: a directory and an S3-compatible bucket keep the same promises, and neither's word is believed
//! where it may be wrong.

use std::path::Path as FilePath;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use async_trait::async_trait;
use bytes::Bytes;
use futures_util::stream::BoxStream;
use object_store::memory::InMemory;
use object_store::path::Path;
use object_store::{
    CopyOptions, Error, GetOptions, GetResult, ListResult, MultipartUpload, ObjectMeta,
    ObjectStore, ObjectStoreExt as _, PutMode, PutMultipartOptions, PutOptions, PutPayload,
    PutResult,
};
use record::sealing::{root_of_leaves, segment_leaf};
use record::{Digest, Identifier};
use server::blob::{BlobError, BlobPlace, Blobs};
use server::config::Settings;
use server::node::open_store;
use store::{OpenMode, Store};
use testbed::Bucket;

use crate::support::Place;

const QUOTA: u64 = 1 << 30;

/// Runs each of the named functions with a directory and with a bucket.
macro_rules! on_both_places {
    ($($name:ident),* $(,)?) => {
        mod directory {
            $(#[test] fn $name() {
                let directory = tempfile::tempdir().unwrap();
                super::$name(&server::blob::BlobPlace::Directory(directory.path().join("blobs")));
            })*
        }
        mod bucket {
            $(#[test] fn $name() {
                if let Some(bucket) = testbed::Bucket::start() {
                    let directory = tempfile::tempdir().unwrap();
                    super::$name(&super::in_bucket(&bucket, directory.path(), "s3://bids/some/prefix"));
                }
            })*
        }
    };
}

on_both_places!(
    an_object_is_written_once_and_read_whole_or_in_part,
    segments_are_kept_and_found_by_every_node,
    a_damaged_segment_is_mended_by_sending_it_again,
);

/// A place in a bucket, with credentials in a file.
fn in_bucket(bucket: &Bucket, directory: &FilePath, url: &str) -> BlobPlace {
    let file = directory.join("s3.toml");
    std::fs::write(
        &file,
        "access_key_id = \"testbed\"\nsecret_access_key = \"testbed\"\n",
    )
    .unwrap();
    let endpoint = bucket.endpoint();
    BlobPlace::parse(url, "us-east-1", Some(&endpoint), Some(&file)).unwrap()
}

fn once() -> PutOptions {
    PutOptions::from(PutMode::Create)
}

/// What we rely on in the library and in the service.
fn an_object_is_written_once_and_read_whole_or_in_part(place: &BlobPlace) {
    let objects = place.open().unwrap();
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()
        .unwrap();
    runtime.block_on(async {
        let name = Path::from("segments/aa/one");
        let missing = objects.get(&name).await.unwrap_err();
        assert!(matches!(missing, Error::NotFound { .. }), "{missing}");
        let first = PutPayload::from_static(b"the first bytes");
        objects.put_opts(&name, first, once()).await.unwrap();
        let second = PutPayload::from_static(b"others");
        let refused = objects.put_opts(&name, second, once()).await.unwrap_err();
        assert!(matches!(refused, Error::AlreadyExists { .. }), "{refused}");
        let whole = objects.get(&name).await.unwrap().bytes().await.unwrap();
        assert_eq!(whole, "the first bytes");
        assert_eq!(objects.get_range(&name, 4..9).await.unwrap(), "first");
        assert_eq!(objects.head(&name).await.unwrap().size, 15);
    });
}

/// An account that uploads, and the database that says what of it is stored.
struct Uploads {
    store: Store,
    account: Identifier,
    _place: Place,
}

impl Uploads {
    fn new() -> Uploads {
        let place = Place::sqlite();
        let store = open_store(&place.config(), OpenMode::CreateIfMissing).unwrap();
        store.migrate().unwrap();
        Uploads {
            store,
            account: Identifier::new("company").unwrap(),
            _place: place,
        }
    }

    fn declare(&self, blobs: &Blobs, segment: &Bytes) -> (Digest, Digest) {
        let leaf = segment_leaf(segment);
        let root = root_of_leaves(&[leaf]);
        let size = segment.len() as u64;
        blobs
            .declare(&self.store, &self.account, root, size, &[leaf], 1)
            .unwrap();
        (root, leaf)
    }

    fn put(&self, blobs: &Blobs, root: Digest, segment: &Bytes) -> Result<(), BlobError> {
        blobs.put_segment(&self.store, &self.account, root, 0, segment.clone(), 2)
    }

    fn is_complete(&self, blobs: &Blobs, root: Digest) -> bool {
        let status = blobs.status(&self.store, &self.account, root).unwrap();
        status.missing.is_empty()
    }
}

fn segments_are_kept_and_found_by_every_node(place: &BlobPlace) {
    let uploads = Uploads::new();
    let one = Blobs::open(place, QUOTA).unwrap();
    let other = Blobs::open(place, QUOTA).unwrap();
    let segment = Bytes::from(vec![7; 300_000]);
    let (root, leaf) = uploads.declare(&one, &segment);
    let missing = other.read_segment(leaf).unwrap_err();
    assert!(
        matches!(missing, BlobError::Objects(Error::NotFound { .. })),
        "{missing}"
    );
    assert_eq!(missing.code(), "object-storage");
    uploads.put(&one, root, &segment).unwrap();
    uploads.put(&other, root, &segment).unwrap();
    assert!(uploads.is_complete(&one, root));
    assert_eq!(other.read_segment(leaf).unwrap(), segment);
    other.check_segments(&[leaf]).unwrap();
    let absent = Digest::sha256(b"never stored");
    let (bad, _) = one.check_segments(&[leaf, absent]).unwrap_err();
    assert_eq!(bad, absent);
}

fn a_damaged_segment_is_mended_by_sending_it_again(place: &BlobPlace) {
    let uploads = Uploads::new();
    let blobs = Blobs::open(place, QUOTA).unwrap();
    let segment = Bytes::from_static(b"what was sent");
    let (root, leaf) = uploads.declare(&blobs, &segment);
    uploads.put(&blobs, root, &segment).unwrap();
    let name = leaf.to_string();
    let name = Path::from(format!("segments/{}/{name}", &name[..2]));
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()
        .unwrap();
    let objects = place.open().unwrap();
    runtime
        .block_on(objects.put(&name, "what a bad disk made of it".into()))
        .unwrap();
    assert!(blobs.read_segment(leaf).is_err());
    uploads.put(&blobs, root, &segment).unwrap();
    assert_eq!(blobs.read_segment(leaf).unwrap(), segment);
}

/// S3 answers "conflict" while another upload of the same name is under way, and the library makes "already there" of
/// it. That other upload may fail: the first so many answers here are such.
#[derive(Debug)]
struct Conflicting {
    inner: InMemory,
    conflicts: AtomicUsize,
}

impl std::fmt::Display for Conflicting {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "conflicting")
    }
}

#[async_trait]
impl ObjectStore for Conflicting {
    async fn put_opts(
        &self,
        location: &Path,
        payload: PutPayload,
        options: PutOptions,
    ) -> object_store::Result<PutResult> {
        let left = self.conflicts.load(Ordering::SeqCst);
        if left > 0 {
            self.conflicts.store(left - 1, Ordering::SeqCst);
            return Err(Error::AlreadyExists {
                path: location.to_string(),
                source: "409 ConditionalRequestConflict".into(),
            });
        }
        self.inner.put_opts(location, payload, options).await
    }

    async fn put_multipart_opts(
        &self,
        location: &Path,
        options: PutMultipartOptions,
    ) -> object_store::Result<Box<dyn MultipartUpload>> {
        self.inner.put_multipart_opts(location, options).await
    }

    async fn get_opts(
        &self,
        location: &Path,
        options: GetOptions,
    ) -> object_store::Result<GetResult> {
        self.inner.get_opts(location, options).await
    }

    fn delete_stream(
        &self,
        locations: BoxStream<'static, object_store::Result<Path>>,
    ) -> BoxStream<'static, object_store::Result<Path>> {
        self.inner.delete_stream(locations)
    }

    fn list(&self, prefix: Option<&Path>) -> BoxStream<'static, object_store::Result<ObjectMeta>> {
        self.inner.list(prefix)
    }

    async fn list_with_delimiter(&self, prefix: Option<&Path>) -> object_store::Result<ListResult> {
        self.inner.list_with_delimiter(prefix).await
    }

    async fn copy_opts(
        &self,
        from: &Path,
        to: &Path,
        options: CopyOptions,
    ) -> object_store::Result<()> {
        self.inner.copy_opts(from, to, options).await
    }
}

/// Over a storage with so many conflicts ahead: what putting says, and whether the segment is there.
fn put_with_conflicts(conflicts: usize) -> (Result<(), BlobError>, bool, bool) {
    let uploads = Uploads::new();
    let objects = Conflicting {
        inner: InMemory::new(),
        conflicts: AtomicUsize::new(conflicts),
    };
    let blobs = Blobs::over(Arc::new(objects), QUOTA).unwrap();
    let segment = Bytes::from_static(b"what was sent");
    let (root, leaf) = uploads.declare(&blobs, &segment);
    let said = uploads.put(&blobs, root, &segment);
    let is_there = blobs.read_segment(leaf).is_ok();
    (said, is_there, uploads.is_complete(&blobs, root))
}

#[test]
fn already_there_is_believed_only_when_it_is() {
    for conflicts in [0, 1, 3] {
        let (said, is_there, is_complete) = put_with_conflicts(conflicts);
        assert!(
            said.is_ok() && is_there && is_complete,
            "{conflicts} conflicts: {said:?}"
        );
    }
    let (said, is_there, is_complete) = put_with_conflicts(1_000);
    assert!(matches!(said, Err(BlobError::Objects(_))), "{said:?}");
    assert!(
        !is_there && !is_complete,
        "nothing is said to be stored that is not"
    );
}

fn settings(blobs: &str) -> Settings {
    Settings {
        blobs: Some(blobs.to_owned()),
        ..Settings::default()
    }
}

#[test]
fn a_place_that_is_none_is_refused() {
    for url in [
        "",
        "blobs",
        "/var/blobs",
        "file:",
        "s3:",
        "s3://",
        "s3://ab",
        "s3://Bids",
        "s3://bids/a//b",
        "http://bids",
        "s3://bids/../x",
    ] {
        let error = settings(url).complete(Settings::default()).unwrap_err();
        assert!(error.to_string().contains("s3://BUCKET"), "{url}: {error}");
    }
    let config = settings("file:/srv/blobs")
        .complete(Settings::default())
        .unwrap();
    assert_eq!(config.blobs, BlobPlace::Directory("/srv/blobs".into()));
    let config = Settings::default().complete(Settings::default()).unwrap();
    assert_eq!(config.blobs, BlobPlace::Directory("data/blobs".into()));
    let wrong = Settings {
        s3_endpoint: Some("minio.internal:9000".to_owned()),
        ..settings("s3://bids")
    };
    assert!(
        wrong
            .complete(Settings::default())
            .unwrap_err()
            .to_string()
            .contains("s3_endpoint")
    );
}

/// What is wrong with a bucket shows when the server starts, and no secret is in the text.
#[test]
fn a_bucket_that_cannot_be_used_is_refused_at_start() {
    let directory = tempfile::tempdir().unwrap();
    let file = directory.path().join("s3.toml");
    std::fs::write(&file, "secret_access_key = \"very secret").unwrap();
    let place = |endpoint: &str, url: &str| {
        BlobPlace::parse(url, "us-east-1", Some(endpoint), Some(&file)).unwrap()
    };
    let nobody = format!("http://127.0.0.1:{}", testbed::free_port());
    let error = Blobs::open(&place(&nobody, "s3://bids"), QUOTA)
        .err()
        .unwrap();
    assert!(matches!(error, BlobError::Open(_)), "{error}");
    assert!(!error.to_string().contains("very secret"), "{error}");
    std::fs::write(&file, "access_key_id = \"a\"\nsecret_access_key = \"b\"\n").unwrap();
    let error = Blobs::open(&place(&nobody, "s3://bids"), QUOTA)
        .err()
        .unwrap();
    assert!(matches!(error, BlobError::Open(_)), "{error}");
    if let Some(bucket) = Bucket::start() {
        let other = place(&bucket.endpoint(), "s3://no-such-bucket");
        let error = Blobs::open(&other, QUOTA).err().unwrap();
        assert!(matches!(error, BlobError::Open(_)), "{error}");
        Blobs::open(&place(&bucket.endpoint(), "s3://bids"), QUOTA).unwrap();
    }
}
