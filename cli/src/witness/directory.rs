//! What a witness keeps on disk.
//!
//! ```text
//! witness.key        ed25519 <64 hex digits>, mode 0600; or witness.key.age, the same under an age identity
//! witness.pub        its verifier key: what goes into trust files
//! logs.txt           the logs that it watches, a trust file (`log <verifier key>` lines and `quorum none`)
//! state/<origin>     the latest checkpoint that it cosigned for each; the name is SHA-256 of the origin
//! evidence/          pairs of checkpoints that a log signed and that cannot both be true
//! lock               held while a program works with the directory
//! ```

use std::collections::BTreeMap;
use std::fs::{self, File, TryLockError};
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};

use record::Digest;
use record::key::{Algorithm, SigningKey};
use record::log::checkpoint::{Origin, SignatureType, SignedCheckpoint, VerifierKey};
use record::trust::Trust;
use zeroize::Zeroizing;

use crate::keyring::{Lock, write_private};

const STATE_FIRST_LINE: &str = "kaibiao-witness-state/1";
/// A log that forks again and again shall not fill the disk: one pair proves as much as a thousand.
pub const EVIDENCE_MAX: usize = 64;

/// The directory of a witness, with its lock.
#[derive(Debug)]
pub struct Directory {
    path: PathBuf,
    /// Released when the directory is dropped, or when the process dies in any way.
    _lock: File,
}

/// The directory cannot be used.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum DirectoryError {
    /// A file cannot be read or written.
    #[error("{path}: {source}")]
    File {
        /// Which.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// There is a witness already.
    #[error("{0} holds a witness already; a witness is never made anew in place")]
    Exists(PathBuf),
    /// There is none.
    #[error("{0} holds no witness; `kaibiao witness init` makes one")]
    Missing(PathBuf),
    /// Another program works with it.
    #[error("{0} is in use by another process: two daemons with one key could cosign two views")]
    InUse(PathBuf),
    /// A state that must be there is not.
    #[error(
        "the state of log {origin} is lost ({path}): this witness no longer knows what it cosigned and must not go on \
         under this key. Make a new witness with `kaibiao witness init` in another directory, and have its key put into \
         the trust files in place of this one. Never restore a state from a backup"
    )]
    StateLost {
        /// The log.
        origin: Origin,
        /// Where the state should be.
        path: PathBuf,
    },
    /// A file does not hold what it should.
    #[error("{path} is not what this program writes: {reason}")]
    Damaged {
        /// Which.
        path: PathBuf,
        /// Why.
        reason: String,
    },
    /// The key file is locked, or not.
    #[error("{0}")]
    Key(String),
    /// The log is watched already.
    #[error("{0} is watched already")]
    Known(Origin),
}

impl DirectoryError {
    /// Stable code.
    pub fn code(&self) -> &'static str {
        match self {
            DirectoryError::File { .. } => "file",
            DirectoryError::Exists(_) => "witness-exists",
            DirectoryError::Missing(_) => "witness-missing",
            DirectoryError::InUse(_) => "witness-in-use",
            DirectoryError::StateLost { .. } => "witness-state-lost",
            DirectoryError::Damaged { .. } => "witness-damaged",
            DirectoryError::Key(_) => "witness-key",
            DirectoryError::Known(_) => "witness-log-known",
        }
    }
}

/// The latest checkpoint that was cosigned, by origin; `None`: none yet.
pub type States = BTreeMap<Origin, Option<SignedCheckpoint>>;

impl Directory {
    /// Makes a witness with a fresh key and an empty state for each log. Nothing is overwritten.
    pub fn init(
        path: &Path,
        name: &Origin,
        logs: &[VerifierKey],
        lock: Option<&Lock>,
    ) -> Result<VerifierKey, DirectoryError> {
        if path.join("witness.pub").exists() || path.join("state").exists() {
            return Err(DirectoryError::Exists(path.to_owned()));
        }
        make_directory(path)?;
        let directory = Directory::lock(path)?;
        let key = SigningKey::generate(Algorithm::Ed25519)
            .map_err(|error| DirectoryError::Key(error.to_string()))?;
        let verifier = VerifierKey::new(
            name.clone(),
            SignatureType::CosignatureV1,
            key.public().clone(),
        )
        .map_err(|error| DirectoryError::Key(error.to_string()))?;
        directory.write_key(&key, lock)?;
        make_directory(&path.join("state"))?;
        make_directory(&path.join("evidence"))?;
        for log in logs {
            directory.create_state(log.name())?;
        }
        directory.write_logs(logs)?;
        // Last: a directory without it is not yet a witness.
        directory.replace(
            &path.join("witness.pub"),
            format!("{verifier}\n").as_bytes(),
        )?;
        Ok(verifier)
    }

    /// Takes the directory of a witness for this process.
    pub fn open(path: &Path) -> Result<Directory, DirectoryError> {
        if !path.join("witness.pub").exists() {
            return Err(DirectoryError::Missing(path.to_owned()));
        }
        Directory::lock(path)
    }

    /// Watches one more log, from its beginning.
    pub fn add_log(&self, log: &VerifierKey) -> Result<(), DirectoryError> {
        let mut logs = self.logs()?;
        if logs.contains(log) {
            return Err(DirectoryError::Known(log.name().clone()));
        }
        // A further key of a log that is watched, or a log that comes back, keeps the state that it has.
        if !self.state_path(log.name()).exists() {
            if logs.iter().any(|known| known.name() == log.name()) {
                return Err(self.lost(log.name()));
            }
            self.create_state(log.name())?;
        }
        logs.push(log.clone());
        self.write_logs(&logs)
    }

    /// The witness's verifier key.
    pub fn verifier(&self) -> Result<VerifierKey, DirectoryError> {
        let path = self.path.join("witness.pub");
        read(&path)?
            .trim_end()
            .parse()
            .map_err(|error| damaged(&path, error))
    }

    /// The witness's secret key.
    pub fn key(&self, lock: Option<&Lock>) -> Result<SigningKey, DirectoryError> {
        let (plain, locked) = (
            self.path.join("witness.key"),
            self.path.join("witness.key.age"),
        );
        let (path, text) = match lock {
            Some(lock) => {
                let sealed = fs::read(&locked).map_err(|error| file(&locked, error))?;
                let text = lock
                    .decrypt(&sealed)
                    .map_err(|error| DirectoryError::Key(error.to_string()))?;
                (locked, text)
            }
            None if locked.exists() => {
                let message = format!("{} is locked; give --identity", locked.display());
                return Err(DirectoryError::Key(message));
            }
            None => {
                let text = fs::read(&plain).map_err(|error| file(&plain, error))?;
                (plain, Zeroizing::new(text))
            }
        };
        let mut secret = Zeroizing::new([0; 32]);
        let digits = std::str::from_utf8(&text)
            .ok()
            .and_then(|text| text.trim_end().strip_prefix("ed25519 "));
        let decoded = digits.map(|digits| hex::decode_to_slice(digits, secret.as_mut_slice()));
        let Some(Ok(())) = decoded else {
            return Err(damaged(&path, "one line: ed25519 <64 hex digits>"));
        };
        let key = SigningKey::from_secret(Algorithm::Ed25519, &secret)
            .map_err(|error| damaged(&path, error))?;
        if key.public() != self.verifier()?.key() {
            return Err(damaged(&path, "it is not the key of witness.pub"));
        }
        Ok(key)
    }

    /// The logs that are watched.
    pub fn logs(&self) -> Result<Vec<VerifierKey>, DirectoryError> {
        let path = self.path.join("logs.txt");
        let trust: Trust = read(&path)?
            .parse()
            .map_err(|error| damaged(&path, error))?;
        Ok(trust.logs().iter().map(|log| log.key.clone()).collect())
    }

    /// The state of every log. One that is missing is lost, not new.
    pub fn states(&self) -> Result<States, DirectoryError> {
        let logs = self.logs()?;
        let state = |log: &VerifierKey| Ok((log.name().clone(), self.state(log.name())?));
        logs.iter().map(state).collect()
    }

    fn state(&self, origin: &Origin) -> Result<Option<SignedCheckpoint>, DirectoryError> {
        let path = self.state_path(origin);
        let text = match fs::read_to_string(&path) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => {
                return Err(self.lost(origin));
            }
            other => other.map_err(|error| file(&path, error))?,
        };
        let head = format!("{STATE_FIRST_LINE}\n{origin}\n");
        let note = text
            .strip_prefix(head.as_str())
            .ok_or_else(|| damaged(&path, "it is not the state of this log"))?;
        if note.is_empty() {
            return Ok(None);
        }
        let checkpoint: SignedCheckpoint = note.parse().map_err(|error| damaged(&path, error))?;
        if checkpoint.checkpoint().origin != *origin {
            return Err(damaged(&path, "it holds the checkpoint of another log"));
        }
        Ok(Some(checkpoint))
    }

    /// Stores a checkpoint as the latest. When this returns, it survives a crash and a power cut.
    pub fn store(&self, checkpoint: &SignedCheckpoint) -> Result<(), DirectoryError> {
        let origin = &checkpoint.checkpoint().origin;
        let text = format!("{STATE_FIRST_LINE}\n{origin}\n{checkpoint}");
        self.replace(&self.state_path(origin), text.as_bytes())
    }

    /// Keeps two checkpoints that one log signed and that cannot both be true. `false`: enough is kept already.
    pub fn keep_evidence(
        &self,
        held: &SignedCheckpoint,
        other: &SignedCheckpoint,
    ) -> Result<bool, DirectoryError> {
        let folder = self.path.join("evidence");
        let kept = fs::read_dir(&folder).map_err(|error| file(&folder, error))?;
        let text = format!("{held}\n{other}");
        let root = Digest::sha256(text.as_bytes()).to_string();
        let size = other.checkpoint().size;
        let path = folder.join(format!(
            "fork-{size}-{}.txt",
            root.get(..16).unwrap_or(&root)
        ));
        if path.exists() {
            return Ok(true);
        }
        if kept.count() >= EVIDENCE_MAX {
            return Ok(false);
        }
        self.replace(&path, text.as_bytes())?;
        Ok(true)
    }

    fn lock(path: &Path) -> Result<Directory, DirectoryError> {
        let name = path.join("lock");
        let lock = File::options()
            .create(true)
            .truncate(false)
            .write(true)
            .open(&name)
            .map_err(|error| file(&name, error))?;
        match lock.try_lock() {
            Ok(()) => Ok(Directory {
                path: path.to_owned(),
                _lock: lock,
            }),
            Err(TryLockError::WouldBlock) => Err(DirectoryError::InUse(path.to_owned())),
            Err(TryLockError::Error(error)) => Err(file(&name, error)),
        }
    }

    fn write_key(&self, key: &SigningKey, lock: Option<&Lock>) -> Result<(), DirectoryError> {
        let text = Zeroizing::new(format!("ed25519 {}\n", hex::encode(key.secret())));
        let (path, bytes) = match lock {
            Some(lock) => (
                self.path.join("witness.key.age"),
                lock.encrypt(text.as_bytes())
                    .map_err(|error| DirectoryError::Key(error.to_string()))?,
            ),
            None => (self.path.join("witness.key"), text.as_bytes().to_vec()),
        };
        let bytes = Zeroizing::new(bytes);
        write_private(&path, &bytes).map_err(|error| file(&path, error))
    }

    fn write_logs(&self, logs: &[VerifierKey]) -> Result<(), DirectoryError> {
        let lines = logs.iter().map(|log| format!("log {log}\n"));
        let text = lines.collect::<String>() + "quorum none\n";
        let path = self.path.join("logs.txt");
        // The same limits as when it is read.
        text.parse::<Trust>()
            .map_err(|error| damaged(&path, error))?;
        self.replace(&path, text.as_bytes())
    }

    fn create_state(&self, origin: &Origin) -> Result<(), DirectoryError> {
        let text = format!("{STATE_FIRST_LINE}\n{origin}\n");
        self.replace(&self.state_path(origin), text.as_bytes())
    }

    fn state_path(&self, origin: &Origin) -> PathBuf {
        let name = Digest::sha256(origin.as_str().as_bytes());
        self.path.join("state").join(name.to_string())
    }

    fn lost(&self, origin: &Origin) -> DirectoryError {
        DirectoryError::StateLost {
            origin: origin.clone(),
            path: self.state_path(origin),
        }
    }

    /// Replaces a file, whole or not at all, durably: file, name, and the folder that holds the name.
    fn replace(&self, path: &Path, bytes: &[u8]) -> Result<(), DirectoryError> {
        let write = || -> io::Result<()> {
            let beside = path.with_extension("new");
            let mut out = File::create(&beside)?;
            out.write_all(bytes)?;
            out.sync_all()?;
            fs::rename(&beside, path)?;
            File::open(path.parent().unwrap_or(&self.path))?.sync_all()
        };
        write().map_err(|error| file(path, error))
    }
}

fn make_directory(path: &Path) -> Result<(), DirectoryError> {
    fs::create_dir_all(path).map_err(|error| file(path, error))
}

fn read(path: &Path) -> Result<String, DirectoryError> {
    fs::read_to_string(path).map_err(|error| file(path, error))
}

fn file(path: &Path, source: io::Error) -> DirectoryError {
    DirectoryError::File {
        path: path.to_owned(),
        source,
    }
}

fn damaged(path: &Path, reason: impl std::fmt::Display) -> DirectoryError {
    DirectoryError::Damaged {
        path: path.to_owned(),
        reason: reason.to_string(),
    }
}
