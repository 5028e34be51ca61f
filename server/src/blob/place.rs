//! Where the segments lie: a directory that all nodes share, or a bucket of an S3-compatible service.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use object_store::aws::{AmazonS3, AmazonS3Builder};
use object_store::local::LocalFileSystem;
use object_store::path::Path as ObjectPath;
use object_store::prefix::PrefixStore;
use object_store::{ClientOptions, ObjectStore, RetryConfig};
use serde::Deserialize;

use super::BlobError;

/// How long a connection to the service may take to come about.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(5);
/// How long one request with a whole segment may take.
const REQUEST_TIMEOUT: Duration = Duration::from_secs(30);
/// How often a request is repeated that the service did not answer well, and for how long at most: whoever waits for
/// an answer here is better served by a 503 that tells when to come again.
const RETRIES_MAX: usize = 3;
const RETRY_TIMEOUT: Duration = Duration::from_secs(15);

/// Where the segments lie.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum BlobPlace {
    /// A directory; several nodes may share it.
    Directory(PathBuf),
    /// A bucket.
    S3(S3Place),
}

/// A bucket, and how to reach it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct S3Place {
    /// Its name.
    pub bucket: String,
    /// What all names in it begin with; empty: nothing.
    pub prefix: ObjectPath,
    /// Its region.
    pub region: String,
    /// Where the service is, `http://` or `https://`; `None`: AWS.
    pub endpoint: Option<String>,
    /// The file that holds the credentials; `None`: the environment.
    pub credentials: Option<PathBuf>,
}

/// What a file of credentials holds (TOML).
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Credentials {
    access_key_id: String,
    secret_access_key: String,
    session_token: Option<String>,
}

impl BlobPlace {
    /// Reads `file:PATH` or `s3://BUCKET[/PREFIX]`; `None` for anything else, so that a slip of the pen never makes a
    /// new and empty place.
    pub fn parse(
        url: &str,
        region: &str,
        endpoint: Option<&str>,
        credentials: Option<&Path>,
    ) -> Option<BlobPlace> {
        if let Some(path) = url.strip_prefix("file:") {
            return (!path.is_empty()).then(|| BlobPlace::Directory(path.into()));
        }
        let rest = url.strip_prefix("s3://")?;
        let (bucket, prefix) = rest.split_once('/').unwrap_or((rest, ""));
        let is_name =
            |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || b".-".contains(&byte);
        if !(3..=63).contains(&bucket.len()) || !bucket.bytes().all(is_name) {
            return None;
        }
        Some(BlobPlace::S3(S3Place {
            bucket: bucket.to_owned(),
            prefix: ObjectPath::parse(prefix).ok()?,
            region: region.to_owned(),
            endpoint: endpoint.map(str::to_owned),
            credentials: credentials.map(Path::to_owned),
        }))
    }

    /// Opens the place; a directory is made if it is not there.
    pub fn open(&self) -> Result<Arc<dyn ObjectStore>, BlobError> {
        match self {
            BlobPlace::Directory(directory) => {
                std::fs::create_dir_all(directory)
                    .map_err(|error| BlobError::Open(error.to_string()))?;
                let files = LocalFileSystem::new_with_prefix(directory)?;
                // A segment that is reported as stored must outlive a power failure.
                Ok(Arc::new(files.with_fsync(true)))
            }
            BlobPlace::S3(place) => {
                let bucket = place.open()?;
                if place.prefix.as_ref().is_empty() {
                    Ok(Arc::new(bucket))
                } else {
                    Ok(Arc::new(PrefixStore::new(bucket, place.prefix.clone())))
                }
            }
        }
    }
}

impl std::fmt::Display for BlobPlace {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            BlobPlace::Directory(directory) => write!(f, "file:{}", directory.display()),
            BlobPlace::S3(S3Place { bucket, prefix, .. }) => write!(f, "s3://{bucket}/{prefix}"),
        }
    }
}

impl S3Place {
    fn open(&self) -> Result<AmazonS3, BlobError> {
        // The client brings no provider of cryptography of its own. An error says that ring is there already.
        let _ = rustls::crypto::ring::default_provider().install_default();
        let Credentials {
            access_key_id,
            secret_access_key,
            session_token,
        } = self.credentials()?;
        let mut client = ClientOptions::new()
            .with_connect_timeout(CONNECT_TIMEOUT)
            .with_timeout(REQUEST_TIMEOUT);
        let mut bucket = AmazonS3Builder::new()
            .with_bucket_name(&self.bucket)
            .with_region(&self.region)
            .with_access_key_id(access_key_id)
            .with_secret_access_key(secret_access_key)
            .with_retry(RetryConfig {
                max_retries: RETRIES_MAX,
                retry_timeout: RETRY_TIMEOUT,
                ..RetryConfig::default()
            });
        if let Some(token) = session_token {
            bucket = bucket.with_token(token);
        }
        if let Some(endpoint) = &self.endpoint {
            if endpoint.starts_with("http://") {
                tracing::warn!(%endpoint, "the object storage is reached without TLS");
                client = client.with_allow_http(true);
            }
            bucket = bucket.with_endpoint(endpoint);
        }
        Ok(bucket.with_client_options(client).build()?)
    }

    /// From the file, or from the variables that every S3 tool knows. The metadata services of clouds are not asked:
    /// elsewhere the question would only hang.
    fn credentials(&self) -> Result<Credentials, BlobError> {
        let Some(path) = &self.credentials else {
            let variable = |name: &str| std::env::var(name).ok().filter(|text| !text.is_empty());
            return Ok(Credentials {
                access_key_id: variable("AWS_ACCESS_KEY_ID").ok_or_else(no_credentials)?,
                secret_access_key: variable("AWS_SECRET_ACCESS_KEY").ok_or_else(no_credentials)?,
                session_token: variable("AWS_SESSION_TOKEN"),
            });
        };
        let wrong = |reason: String| BlobError::Open(format!("{}: {reason}", path.display()));
        let text = std::fs::read_to_string(path).map_err(|error| wrong(error.to_string()))?;
        // The parser's own message would quote the line, and with it the secret.
        toml::from_str(&text).map_err(|_| {
            wrong("it holds access_key_id, secret_access_key and perhaps session_token".to_owned())
        })
    }
}

fn no_credentials() -> BlobError {
    BlobError::Open(
        "there are no credentials: set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, or name a file in s3_credentials"
            .to_owned(),
    )
}
