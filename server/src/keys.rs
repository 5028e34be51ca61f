//! The platform's own keys: files of one line each, readable by their owner only.
//!
//! `log.key` signs checkpoints and record heads, `act.key` signs what jobs say, `root.key` grants roles. The root
//! key is needed once, by `init`; in production it then leaves this machine. The platform also has a recovery key
//! for the rehearsals it deals, derived from its act key.

use std::io::Write as _;
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::{Path, PathBuf};

use record::Identifier;
use record::key::{Algorithm, PublicKey, SigningKey};
use record::log::checkpoint::{Origin, SignatureType, VerifierKey};
use record::log::leaf::random_salt;
use record::sealing::{Kem, KemSecretKey};
use record::seq::{domain, seq};

/// The account of the platform on its own log.
pub const PLATFORM_ACCOUNT: &str = "platform";

/// Keys that the server signs with.
pub struct PlatformKeys {
    /// Signs what jobs say.
    pub act: SigningKey,
    /// Verifies checkpoints.
    pub log: VerifierKey,
    /// Verifies grants of roles.
    pub root: PublicKey,
    /// The platform's account.
    pub account: Identifier,
    /// Opens the platform's own slot of the rehearsals that it deals.
    pub recovery: KemSecretKey,
    pub(crate) log_secret: SigningKey,
    /// Only in demo mode, and while `init` runs.
    pub(crate) root_secret: Option<SigningKey>,
}

/// The keys cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum KeysError {
    /// There is no such file.
    #[error("there is no key at {0}; run `kaibiao-server init` first")]
    Missing(PathBuf),
    /// The file cannot be read or written.
    #[error("{path}: {source}")]
    File {
        /// Its path.
        path: PathBuf,
        /// Why.
        source: std::io::Error,
    },
    /// The file does not hold a key.
    #[error("{0} does not hold a key: one line, `ed25519 <64 hex digits>`")]
    Malformed(PathBuf),
    /// The origin cannot name a log.
    #[error("the log cannot have this name: {0}")]
    Name(String),
}

impl PlatformKeys {
    /// Reads the keys of `data_dir`.
    pub fn load(data_dir: &Path, origin: &str) -> Result<PlatformKeys, KeysError> {
        let directory = data_dir.join("keys");
        let root_secret = read(&directory.join("root.key")).ok();
        let root = match &root_secret {
            Some(secret) => secret.public().clone(),
            None => read_public(&directory.join("root.pub"))?,
        };
        let act = read(&directory.join("act.key"))?;
        let log_secret = read(&directory.join("log.key"))?;
        let name = Origin::new(origin).map_err(|error| KeysError::Name(error.to_string()))?;
        let log = VerifierKey::new(name, SignatureType::Ed25519, log_secret.public().clone())
            .map_err(|error| KeysError::Name(error.to_string()))?;
        let account = Identifier::new(PLATFORM_ACCOUNT)
            .map_err(|error| KeysError::Name(error.to_string()))?;
        let ikm = seq(domain::HPKE_IKM, &[b"platform-recovery", act.secret()]);
        let recovery = KemSecretKey::derive(Kem::X25519, ikm.as_bytes());
        Ok(PlatformKeys {
            act,
            log,
            root,
            account,
            recovery,
            log_secret,
            root_secret,
        })
    }

    /// Makes the keys that are not there yet.
    pub fn create_missing(data_dir: &Path) -> Result<(), KeysError> {
        let directory = data_dir.join("keys");
        let file = |source| KeysError::File {
            path: directory.clone(),
            source,
        };
        std::fs::create_dir_all(&directory).map_err(file)?;
        for name in ["act.key", "log.key", "root.key"] {
            let path = directory.join(name);
            let public_only = name == "root.key" && directory.join("root.pub").exists();
            if !path.exists() && !public_only {
                write_new(&path)?;
            }
        }
        let root = directory.join("root.key");
        if root.exists() && !directory.join("root.pub").exists() {
            let text = format!("ed25519 {}\n", hex::encode(read(&root)?.public().bytes()));
            write_once(&directory.join("root.pub"), text.as_bytes(), 0o644).map_err(file)?;
        }
        Ok(())
    }
}

/// Makes a key that appears whole or not at all: another node that starts on the same directory at the same moment
/// must read the key that stays. If it is there first, its key is kept.
fn write_new(path: &Path) -> Result<(), KeysError> {
    let file = |source| KeysError::File {
        path: path.to_owned(),
        source,
    };
    let key = SigningKey::generate(Algorithm::Ed25519)
        .map_err(|error| KeysError::Name(error.to_string()))?;
    let text = format!("ed25519 {}\n", hex::encode(key.secret()));
    write_once(path, text.as_bytes(), 0o600).map_err(file)
}

/// Writes a file under another name and gives it its own when it is durable; one that is there already stays.
fn write_once(path: &Path, bytes: &[u8], mode: u32) -> std::io::Result<()> {
    // Nodes in containers may have the same process id.
    let salt = random_salt().map_err(|error| std::io::Error::other(error.to_string()))?;
    let draft = path.with_extension(format!("{}.new", hex::encode(&salt.0[..8])));
    let mut out = std::fs::OpenOptions::new()
        .write(true)
        .create_new(true)
        .mode(mode)
        .open(&draft)?;
    out.write_all(bytes)?;
    out.sync_all()?;
    let linked = std::fs::hard_link(&draft, path);
    std::fs::remove_file(&draft)?;
    match linked {
        Err(error) if error.kind() == std::io::ErrorKind::AlreadyExists => Ok(()),
        other => other,
    }
}

fn read(path: &Path) -> Result<SigningKey, KeysError> {
    let secret = read_line(path)?;
    SigningKey::from_secret(Algorithm::Ed25519, &secret)
        .map_err(|_| KeysError::Malformed(path.to_owned()))
}

fn read_public(path: &Path) -> Result<PublicKey, KeysError> {
    let bytes = read_line(path)?;
    PublicKey::new(Algorithm::Ed25519, &bytes).map_err(|_| KeysError::Malformed(path.to_owned()))
}

fn read_line(path: &Path) -> Result<[u8; 32], KeysError> {
    let text = match std::fs::read_to_string(path) {
        Ok(text) => text,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => {
            return Err(KeysError::Missing(path.to_owned()));
        }
        Err(source) => {
            return Err(KeysError::File {
                path: path.to_owned(),
                source,
            });
        }
    };
    let mut bytes = [0; 32];
    let digits = text.trim_end().strip_prefix("ed25519 ");
    let decoded = digits.map(|digits| hex::decode_to_slice(digits, &mut bytes));
    match decoded {
        Some(Ok(())) => Ok(bytes),
        _ => Err(KeysError::Malformed(path.to_owned())),
    }
}
