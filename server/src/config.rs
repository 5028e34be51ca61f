//! Configuration: command line over environment over file over default. Every key is documented here, and only here.

use std::path::{Path, PathBuf};

use clap::Args;
use serde::Deserialize;

use crate::blob::BlobPlace;

/// The keys, each optional; see [`Config`] for what they become.
#[derive(Args, Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Settings {
    /// Address and port to listen on [default: 127.0.0.1:8620]
    #[arg(long, global = true, env = "KAIBIAO_BIND")]
    pub bind: Option<String>,
    /// sqlite:PATH or postgres://USER@HOST:PORT/NAME [default: sqlite:DATA_DIR/kaibiao.db]
    #[arg(long, global = true, env = "KAIBIAO_DATABASE")]
    pub database: Option<String>,
    /// Directory of keys, and of blobs unless they lie elsewhere; every node has the same keys [default: data]
    #[arg(long, global = true, env = "KAIBIAO_DATA_DIR")]
    pub data_dir: Option<PathBuf>,
    /// Where documents and sealed parts lie: file:PATH (several nodes may share it) or s3://BUCKET[/PREFIX] [default:
    /// file:DATA_DIR/blobs]
    #[arg(long, global = true, env = "KAIBIAO_BLOBS")]
    pub blobs: Option<String>,
    /// Region of the bucket [default: us-east-1]
    #[arg(long, global = true, env = "KAIBIAO_S3_REGION")]
    pub s3_region: Option<String>,
    /// Where the S3-compatible service is: https://HOST[:PORT], or http:// inside a trusted network [default: AWS]
    #[arg(long, global = true, env = "KAIBIAO_S3_ENDPOINT")]
    pub s3_endpoint: Option<String>,
    /// File with access_key_id = "...", secret_access_key = "..." and perhaps session_token = "..." [default: the
    /// variables AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY and AWS_SESSION_TOKEN]
    #[arg(long, global = true, env = "KAIBIAO_S3_CREDENTIALS")]
    pub s3_credentials: Option<PathBuf>,
    /// Name of this platform; the log's origin is HOST/etender [default: localhost]
    #[arg(long, global = true, env = "KAIBIAO_HOST")]
    pub host: Option<String>,
    /// Demo mode: simulated clock, small trustee sets, origin demo.HOST/etender
    #[arg(
        long,
        global = true,
        env = "KAIBIAO_DEMO",
        num_args = 0..=1,
        require_equals = true,
        default_missing_value = "true"
    )]
    pub demo: Option<bool>,
    /// Least milliseconds between two batches of the log [default: 250]
    #[arg(long, global = true, env = "KAIBIAO_BATCH_INTERVAL_MS")]
    pub batch_interval_ms: Option<u64>,
    /// Mean seconds between batches of nothing but noise; 0: none [default: 60]
    #[arg(long, global = true, env = "KAIBIAO_NOISE_MEAN_S")]
    pub noise_mean_s: Option<u64>,
    /// Bytes that one account may store before they belong to a bid [default: 68719476736]
    #[arg(long, global = true, env = "KAIBIAO_QUOTA_BYTES")]
    pub quota_bytes: Option<u64>,
    /// Policy file with the log witnesses to ask for cosignatures: witness, group and quorum lines, each witness with
    /// its URL (C2SP tlog-policy) [default: none are asked]
    #[arg(long, global = true, env = "KAIBIAO_WITNESSES")]
    pub witnesses: Option<PathBuf>,
    /// Most milliseconds that a receipt waits for the quorum of witnesses; then it goes out without [default: 1000]
    #[arg(long, global = true, env = "KAIBIAO_WITNESS_WAIT_MS")]
    pub witness_wait_ms: Option<u64>,
    /// Worker threads of the HTTP server [default: number of cores]
    #[arg(long, global = true, env = "KAIBIAO_WORKERS")]
    pub workers: Option<usize>,
    /// Address and port for metrics (OpenMetrics, GET /metrics). They count the acts of all tenders together, bids too:
    /// only the operator's own machines may reach it [default: none are served]
    #[arg(long, global = true, env = "KAIBIAO_METRICS_BIND")]
    pub metrics_bind: Option<String>,
    /// Log format: text or json [default: text]
    #[arg(long, global = true, env = "KAIBIAO_LOG_FORMAT")]
    pub log_format: Option<String>,
}

/// The configuration is not usable.
#[derive(Debug, thiserror::Error)]
pub enum ConfigError {
    /// The file cannot be read.
    #[error("cannot read the configuration file {path}: {source}")]
    Unreadable {
        /// Its path.
        path: PathBuf,
        /// Why.
        source: std::io::Error,
    },
    /// The file is not TOML with the known keys.
    #[error("the configuration file {path} is wrong: {source}")]
    Malformed {
        /// Its path.
        path: PathBuf,
        /// Where and why.
        source: Box<toml::de::Error>,
    },
    /// A value makes no sense.
    #[error("{key} = {value:?} is not usable: {reason}")]
    Value {
        /// The key.
        key: &'static str,
        /// The value.
        value: String,
        /// What would be.
        reason: &'static str,
    },
}

/// A complete configuration.
#[derive(Clone, Debug)]
pub struct Config {
    /// Where to listen.
    pub bind: String,
    /// Database URL.
    pub database: String,
    /// Keys, and blobs unless they lie elsewhere.
    pub data_dir: PathBuf,
    /// Where the blobs lie.
    pub blobs: BlobPlace,
    /// Demo mode.
    pub demo: bool,
    /// Origin of the log.
    pub origin: String,
    /// Least time between two batches, in milliseconds.
    pub batch_interval_ms: u64,
    /// Mean time between noise batches, in seconds; 0: none.
    pub noise_mean_s: u64,
    /// Quota of one account, in bytes.
    pub quota_bytes: u64,
    /// Policy file of the log witnesses.
    pub witnesses: Option<PathBuf>,
    /// Longest wait of a receipt for its witnesses, in milliseconds.
    pub witness_wait_ms: u64,
    /// HTTP workers; 0: number of cores.
    pub workers: usize,
    /// Where to serve metrics; never the address that the public reaches.
    pub metrics_bind: Option<String>,
    /// Whether the log is written as JSON lines.
    pub log_json: bool,
}

impl Settings {
    /// Reads a file; no path gives empty settings.
    pub fn from_file(path: Option<&Path>) -> Result<Settings, ConfigError> {
        let Some(path) = path else {
            return Ok(Settings::default());
        };
        let text = std::fs::read_to_string(path).map_err(|source| ConfigError::Unreadable {
            path: path.to_owned(),
            source,
        })?;
        toml::from_str(&text).map_err(|source| ConfigError::Malformed {
            path: path.to_owned(),
            source: Box::new(source),
        })
    }

    /// These settings, completed from `fallback` and then from the defaults.
    pub fn complete(self, fallback: Settings) -> Result<Config, ConfigError> {
        let data_dir = self.data_dir.or(fallback.data_dir).unwrap_or("data".into());
        let demo = self.demo.or(fallback.demo).unwrap_or(false);
        let host = self.host.or(fallback.host).unwrap_or("localhost".into());
        let log_format = self.log_format.or(fallback.log_format);
        let database = self.database.or(fallback.database);
        let blobs = match self.blobs.or(fallback.blobs) {
            None => BlobPlace::Directory(data_dir.join("blobs")),
            Some(url) => blob_place(
                &url,
                self.s3_region.or(fallback.s3_region),
                self.s3_endpoint.or(fallback.s3_endpoint),
                self.s3_credentials.or(fallback.s3_credentials),
            )?,
        };
        Ok(Config {
            bind: (self.bind.or(fallback.bind)).unwrap_or("127.0.0.1:8620".into()),
            database: database
                .unwrap_or_else(|| format!("sqlite:{}", data_dir.join("kaibiao.db").display())),
            origin: origin(&host, demo)?,
            data_dir,
            blobs,
            demo,
            batch_interval_ms: (self.batch_interval_ms.or(fallback.batch_interval_ms))
                .unwrap_or(250),
            noise_mean_s: self.noise_mean_s.or(fallback.noise_mean_s).unwrap_or(60),
            quota_bytes: (self.quota_bytes.or(fallback.quota_bytes)).unwrap_or(64 << 30),
            witnesses: self.witnesses.or(fallback.witnesses),
            witness_wait_ms: (self.witness_wait_ms.or(fallback.witness_wait_ms)).unwrap_or(1_000),
            workers: self.workers.or(fallback.workers).unwrap_or(0),
            metrics_bind: self.metrics_bind.or(fallback.metrics_bind),
            log_json: match log_format.as_deref() {
                None | Some("text") => false,
                Some("json") => true,
                Some(other) => {
                    return Err(ConfigError::Value {
                        key: "log_format",
                        value: other.to_owned(),
                        reason: "use text or json",
                    });
                }
            },
        })
    }
}

/// An address that is none is refused here: a slip must not make a new and empty place.
fn blob_place(
    url: &str,
    region: Option<String>,
    endpoint: Option<String>,
    credentials: Option<PathBuf>,
) -> Result<BlobPlace, ConfigError> {
    let is_web = |text: &String| text.starts_with("https://") || text.starts_with("http://");
    if let Some(value) = endpoint.clone().filter(|text| !is_web(text)) {
        return Err(ConfigError::Value {
            key: "s3_endpoint",
            value,
            reason: "write https://HOST[:PORT]",
        });
    }
    let region = region.unwrap_or("us-east-1".into());
    BlobPlace::parse(url, &region, endpoint.as_deref(), credentials.as_deref()).ok_or(
        ConfigError::Value {
            key: "blobs",
            value: url.to_owned(),
            reason: "write file:PATH or s3://BUCKET[/PREFIX]",
        },
    )
}

/// The log's origin; in demo mode it begins with `demo.`, and only there.
fn origin(host: &str, demo: bool) -> Result<String, ConfigError> {
    let reason = "use a host name without demo. in front, it is added in demo mode";
    let plain = !host.is_empty() && !host.starts_with("demo.");
    let allowed = host
        .bytes()
        .all(|byte| byte.is_ascii_alphanumeric() || b".-:".contains(&byte));
    if !plain || !allowed || host.len() > 200 {
        let value = host.to_owned();
        return Err(ConfigError::Value {
            key: "host",
            value,
            reason,
        });
    }
    let prefix = if demo { "demo." } else { "" };
    Ok(format!("{prefix}{host}/etender"))
}
