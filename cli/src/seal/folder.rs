//! The bid folder: one folder per sealed bid.
//!
//! | file | content |
//! |---|---|
//! | `bid.json` | what it is: tender, number, attachments (no secrets) |
//! | `manifest.json` | the signed `bid-manifest` |
//! | `parts/*.sealed` | ciphertexts of the attachments |
//! | `secrets.age` | keys and form, encrypted to the key file that sealed it |
//! | `receipt.json` | once submitted: the proof that the bid was there in time |
//! | `withdrawn.json` | once withdrawn: the receipt of the withdrawal |

use std::fs;
use std::path::{Path, PathBuf};

use procedure::act::BidManifest;
use record::log::receipt::Receipt;
use record::statement::Envelope;
use record::{Digest, Identifier};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use super::{SealedBid, SealingError, Succession};
use crate::keyring::{Keyring, write_private};

const INFO: &str = "bid.json";
const MANIFEST: &str = "manifest.json";
const PARTS: &str = "parts";
const SECRETS: &str = "secrets.age";
const RECEIPT: &str = "receipt.json";
const WITHDRAWN: &str = "withdrawn.json";

/// What only the bidder knows of a bid.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Secrets {
    /// K of the `opening` envelope.
    pub opening: Digest,
    /// K of the `contrib` envelope.
    pub contrib: Digest,
    /// The form as sealed.
    pub form: Map<String, Value>,
}

/// One attachment.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct FolderPart {
    /// Number of the part.
    pub number: u32,
    /// Name of the file that was sealed.
    pub name: String,
    /// Its bytes.
    pub text_bytes: u64,
    /// Path of the ciphertext inside the folder.
    pub file: String,
}

/// What a folder holds, without secrets.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct FolderInfo {
    /// Always `kaibiao-bid/1`.
    pub format: String,
    /// The tender.
    pub tender: Identifier,
    /// The bidder.
    pub account: Identifier,
    /// Statement id of the manifest.
    pub statement: Digest,
    /// The attachments.
    pub parts: Vec<FolderPart>,
}

/// A bid folder.
#[derive(Clone, Debug)]
pub struct BidFolder {
    path: PathBuf,
}

impl BidFolder {
    /// Makes a new folder. Never touches one that has something in it.
    ///
    /// # Errors
    /// It exists and is not empty, or cannot be made.
    pub fn create(path: &Path) -> Result<BidFolder, SealingError> {
        let taken = fs::read_dir(path).is_ok_and(|mut entries| entries.next().is_some());
        if taken || path.is_file() {
            return Err(SealingError::Folder {
                path: path.to_owned(),
                reason: "it exists already; choose a new one".to_owned(),
            });
        }
        let parts = path.join(PARTS);
        fs::create_dir_all(&parts).map_err(SealingError::file(&parts))?;
        Ok(BidFolder {
            path: path.to_owned(),
        })
    }

    /// Removes a folder whose bid could not be sealed. One that holds a sealed bid stays.
    pub fn discard(&self) {
        if !self.path.join(INFO).exists() {
            // What is left over is in nobody's way.
            let _ = fs::remove_dir_all(&self.path);
        }
    }

    /// Opens an existing folder.
    ///
    /// # Errors
    /// It holds no `bid.json`.
    pub fn open(path: &Path) -> Result<BidFolder, SealingError> {
        let folder = BidFolder {
            path: path.to_owned(),
        };
        folder.info().map(|_| folder)
    }

    /// Where it is.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Where the ciphertexts of attachments go.
    pub fn parts_folder(&self) -> PathBuf {
        self.path.join(PARTS)
    }

    /// Writes everything that sealing gave; `bid.json` last, so that a folder with it is complete.
    ///
    /// # Errors
    /// A file cannot be written.
    pub fn store(
        &self,
        bid: &SealedBid,
        names: &[String],
        keyring: &Keyring,
    ) -> Result<FolderInfo, SealingError> {
        let secrets = zeroize::Zeroizing::new(serde_json::to_vec(&bid.secrets).unwrap_or_default());
        self.write_once(SECRETS, &keyring.encrypt_for_folder(&secrets)?)?;
        self.write_once(MANIFEST, &bid.envelope.to_json())?;
        let part = |((number, file), name): ((u32, &super::PartFile), &String)| FolderPart {
            number,
            name: name.clone(),
            text_bytes: file.text_bytes,
            file: format!(
                "{PARTS}/{}",
                file.path.file_name().unwrap_or_default().to_string_lossy()
            ),
        };
        let info = FolderInfo {
            format: "kaibiao-bid/1".to_owned(),
            tender: bid.manifest.tender.clone(),
            account: bid.manifest.bidder_id.clone(),
            statement: bid.envelope.id(),
            parts: (1..).zip(&bid.parts).zip(names).map(part).collect(),
        };
        self.write_once(INFO, &serde_json::to_vec_pretty(&info).unwrap_or_default())?;
        Ok(info)
    }

    fn write_once(&self, name: &str, bytes: &[u8]) -> Result<(), SealingError> {
        let path = self.path.join(name);
        write_private(&path, bytes).map_err(SealingError::file(path))
    }

    fn read(&self, name: &str) -> Result<Vec<u8>, SealingError> {
        let path = self.path.join(name);
        fs::read(&path).map_err(SealingError::file(path))
    }

    fn malformed(&self, name: &str, reason: impl std::fmt::Display) -> SealingError {
        SealingError::Folder {
            path: self.path.join(name),
            reason: reason.to_string(),
        }
    }

    /// What it holds.
    ///
    /// # Errors
    /// The file is missing or not ours.
    pub fn info(&self) -> Result<FolderInfo, SealingError> {
        let bytes = self.read(INFO)?;
        record::json::parse(&bytes).map_err(|error| self.malformed(INFO, error))
    }

    /// The signed manifest.
    ///
    /// # Errors
    /// The file is missing or not ours.
    pub fn manifest(&self) -> Result<(Envelope, BidManifest), SealingError> {
        let envelope = Envelope::parse(&self.read(MANIFEST)?)
            .map_err(|error| self.malformed(MANIFEST, error))?;
        let manifest = envelope
            .body()
            .map_err(|error| self.malformed(MANIFEST, error))?;
        Ok((envelope, manifest))
    }

    /// Keys and form.
    ///
    /// # Errors
    /// Another key file sealed it, or the file is damaged.
    pub fn secrets(&self, keyring: &Keyring) -> Result<Secrets, SealingError> {
        let json = keyring.decrypt_from_folder(&self.read(SECRETS)?)?;
        record::json::parse(&json).map_err(|error| self.malformed(SECRETS, error))
    }

    /// Path of the ciphertext of an attachment.
    pub fn part_path(&self, part: &FolderPart) -> PathBuf {
        self.path.join(&part.file)
    }

    /// The receipt of the submission, once there.
    pub fn receipt(&self) -> Option<Receipt> {
        Receipt::parse(&self.read(RECEIPT).ok()?).ok()
    }

    /// Where the receipt of the submission stands.
    pub fn receipt_path(&self) -> PathBuf {
        self.path.join(RECEIPT)
    }

    /// Keeps a receipt: of the submission, or of the withdrawal.
    ///
    /// # Errors
    /// The file cannot be written.
    pub fn keep_receipt(
        &self,
        receipt: &Receipt,
        withdrawal: bool,
    ) -> Result<PathBuf, SealingError> {
        let path = self.path.join(if withdrawal { WITHDRAWN } else { RECEIPT });
        let json = serde_json::to_vec_pretty(receipt).unwrap_or_default();
        fs::write(&path, json).map_err(SealingError::file(&path))?;
        Ok(path)
    }

    /// Whether the bid was withdrawn.
    pub fn is_withdrawn(&self) -> bool {
        self.path.join(WITHDRAWN).exists()
    }

    /// How the bid after this one stands: it replaces this one, unless this one was withdrawn.
    ///
    /// # Errors
    /// The manifest cannot be read.
    pub fn successor(&self) -> Result<Succession, SealingError> {
        let (envelope, manifest) = self.manifest()?;
        let replaces = (!self.is_withdrawn()).then(|| envelope.id());
        Ok(Succession {
            seq: manifest.seq.saturating_add(1),
            replaces,
        })
    }
}
