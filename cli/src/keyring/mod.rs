//! Key files: everything secret that one account has, encrypted with age.
//!
//! | in the file | what for |
//! |---|---|
//! | signing keys | every act is signed with one of them |
//! | recovery key | opens the account's own sealed envelopes (slot 0) |
//! | trustee seed | a fresh trustee key for each tender is derived from it |
//! | folder identity | the secrets in bid folders are encrypted to it, so that sealing asks for no passphrase twice |

mod form;
mod lock;

use std::fs;
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use age::secrecy::ExposeSecret;
use procedure::act::{AccountRegistered, Act, KeyRegistered, KeyRevoked};
use record::Identifier;
use record::key::{Algorithm, KeyError, KeyId, SigningKey};
use record::log::leaf::random_salt;
use record::sealing::{Kem, KemSecretKey, SealError};
use record::seq::seq;
use record::statement::Envelope;
use zeroize::Zeroizing;

use form::{Format, KemForm, KeyringForm, Secret, SigningForm};
pub use lock::Lock;

/// Domain of the derivation of trustee keys. It is no part of the record protocol: nobody else ever has to
/// repeat it, and a trustee may derive its keys in any other way.
const TRUSTEE_KEY_DOMAIN: &str = "kaibiao-cli.v1/trustee-key";

/// Why a key file could not be made, read or used.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum KeyringError {
    /// The passphrase is not the one of this file.
    #[error("the passphrase is wrong")]
    WrongPassphrase,
    /// The file is locked in another way, or with another identity.
    #[error(
        "the key file is not locked with what was given: check --identity, or leave it out to use the passphrase"
    )]
    WrongLock,
    /// Not an age file, or changed.
    #[error("this is not an intact key file: {0}")]
    Damaged(String),
    /// Encryption failed.
    #[error("the key file could not be encrypted: {0}")]
    Encrypt(String),
    /// No identity in the identity file.
    #[error("the identity file holds no line that begins with AGE-SECRET-KEY-1")]
    NoIdentity,
    /// The file cannot be read or written.
    #[error("{path}: {source}")]
    File {
        /// Which file.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// The decrypted content is not a key ring.
    #[error("the content of the key file is not what this program writes: {0}")]
    Content(String),
    /// A signature key is refused.
    #[error(transparent)]
    Key(#[from] KeyError),
    /// A KEM key is refused.
    #[error(transparent)]
    Kem(#[from] SealError),
    /// There is no such key, or several.
    #[error(
        "no key of this file that is in use has an id beginning with {0}; `kaibiao key show` lists them"
    )]
    KeyUnknown(String),
    /// The operating system gave no randomness.
    #[error("the operating system gave no random bytes")]
    NoRandomness,
}

impl KeyringError {
    /// Stable identifier.
    pub fn code(&self) -> &'static str {
        match self {
            KeyringError::WrongPassphrase => "passphrase-wrong",
            KeyringError::WrongLock => "key-file-lock",
            KeyringError::Damaged(_) => "key-file-damaged",
            KeyringError::Encrypt(_) => "key-file-encrypt",
            KeyringError::NoIdentity => "identity-missing",
            KeyringError::File { .. } => "file",
            KeyringError::Content(_) => "key-file-content",
            KeyringError::Key(error) => error.code(),
            KeyringError::Kem(error) => error.code(),
            KeyringError::KeyUnknown(_) => "key-not-in-file",
            KeyringError::NoRandomness => "no-randomness",
        }
    }
}

/// The organisation that an account stands for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Organisation {
    /// The account that it wants.
    pub account: Identifier,
    /// Its name.
    pub name: String,
    /// Unified social credit code or foreign registration number.
    pub registration_code: Option<String>,
    /// Name shared by organisations under common control.
    pub control_group: Option<Identifier>,
}

/// One signing key of the file.
#[derive(Clone, Debug)]
pub struct OwnKey {
    /// The key.
    pub key: SigningKey,
    /// It was revoked: it signs nothing any more.
    pub revoked: bool,
}

/// Everything secret that one account has.
#[derive(Clone)]
pub struct Keyring {
    organisation: Organisation,
    signing: Vec<OwnKey>,
    recovery: KemSecretKey,
    trustee_kem: Kem,
    trustee_seed: Zeroizing<[u8; 32]>,
    folder: age::x25519::Identity,
}

impl Keyring {
    /// Fresh keys for an organisation.
    ///
    /// # Errors
    /// The operating system gives no randomness.
    pub fn generate(
        organisation: Organisation,
        algorithm: Algorithm,
        kem: Kem,
    ) -> Result<Keyring, KeyringError> {
        let seed = random_salt().map_err(|_| KeyringError::NoRandomness)?;
        Ok(Keyring {
            organisation,
            signing: vec![OwnKey {
                key: SigningKey::generate(algorithm)?,
                revoked: false,
            }],
            recovery: KemSecretKey::generate(kem)?,
            trustee_kem: kem,
            trustee_seed: Zeroizing::new(seed.0),
            folder: age::x25519::Identity::generate(),
        })
    }

    /// The organisation.
    pub fn organisation(&self) -> &Organisation {
        &self.organisation
    }

    /// The account.
    pub fn account(&self) -> &Identifier {
        &self.organisation.account
    }

    /// All signing keys, oldest first.
    pub fn signing_keys(&self) -> &[OwnKey] {
        &self.signing
    }

    /// The key that signs: the oldest one that is not revoked. A bid can be replaced or withdrawn only with a
    /// key that is older than the bid, so the oldest is the safe choice.
    ///
    /// # Errors
    /// All keys are revoked.
    pub fn signing_key(&self) -> Result<&SigningKey, KeyringError> {
        self.signing_key_beginning("")
    }

    /// The signing key whose id begins with `prefix` (empty: the oldest in use).
    ///
    /// # Errors
    /// There is none.
    pub fn signing_key_beginning(&self, prefix: &str) -> Result<&SigningKey, KeyringError> {
        let fits =
            |own: &&OwnKey| !own.revoked && own.key.public().id().to_string().starts_with(prefix);
        let found = self.signing.iter().find(fits).map(|own| &own.key);
        found.ok_or_else(|| KeyringError::KeyUnknown(prefix.to_owned()))
    }

    /// The key that opens slot 0 of the account's own envelopes.
    pub fn recovery(&self) -> &KemSecretKey {
        &self.recovery
    }

    /// The account's trustee key for one tender: `DeriveKeyPair(SEQ("kaibiao-cli.v1/trustee-key", seed, tender))`.
    /// The same file gives the same key again, so one backup serves all tenders; keys of different tenders say
    /// nothing about each other.
    pub fn trustee_key(&self, tender: &Identifier) -> KemSecretKey {
        let ikm = seq(
            TRUSTEE_KEY_DOMAIN,
            &[self.trustee_seed.as_slice(), tender.as_str().as_bytes()],
        );
        KemSecretKey::derive(self.trustee_kem, ikm.as_bytes())
    }

    /// `account-registered`, signed with the first key.
    ///
    /// # Errors
    /// All keys are revoked.
    pub fn registration(&self) -> Result<Envelope, KeyringError> {
        let key = self.signing_key()?;
        let Organisation {
            account,
            name,
            registration_code,
            control_group,
        } = self.organisation.clone();
        let body = AccountRegistered {
            account,
            name,
            registration_code,
            control_group,
            key: key.public().clone(),
        };
        Ok(signed(body, key))
    }

    /// Makes a further key and the `key-registered` that an older key signs. The caller saves the file before
    /// the statement is posted: a registered key that nobody has would be worse than a key that is not registered.
    ///
    /// # Errors
    /// No randomness, or all keys are revoked.
    pub fn add_key(&mut self, algorithm: Algorithm) -> Result<Envelope, KeyringError> {
        let fresh = SigningKey::generate(algorithm)?;
        let body = KeyRegistered {
            account: self.account().clone(),
            key: fresh.public().clone(),
        };
        let envelope = signed(body, self.signing_key()?);
        self.signing.push(OwnKey {
            key: fresh,
            revoked: false,
        });
        Ok(envelope)
    }

    /// `key-revoked` for the key `id`, signed with another key of the file if there is one. The caller calls
    /// [`Keyring::mark_revoked`] once it is admitted.
    ///
    /// # Errors
    /// The file has no key that may sign.
    pub fn revocation(&self, id: KeyId, reason: String) -> Result<Envelope, KeyringError> {
        let usable = |own: &&OwnKey| !own.revoked && own.key.public().id() != id;
        let other = self.signing.iter().find(usable).map(|own| &own.key);
        let key = other.map_or_else(|| self.signing_key(), Ok)?;
        Ok(signed(
            KeyRevoked {
                account: self.account().clone(),
                key_id: id,
                reason,
            },
            key,
        ))
    }

    /// Notes that a key of this file is revoked.
    pub fn mark_revoked(&mut self, id: KeyId) {
        for own in self
            .signing
            .iter_mut()
            .filter(|own| own.key.public().id() == id)
        {
            own.revoked = true;
        }
    }

    /// Signs one act with the usual key.
    ///
    /// # Errors
    /// All keys are revoked.
    pub fn sign(&self, act: impl Into<Act>) -> Result<Envelope, KeyringError> {
        Ok(signed(act, self.signing_key()?))
    }

    /// Encrypts the secrets of a bid folder to this file's folder identity.
    ///
    /// # Errors
    /// The age library refuses.
    pub fn encrypt_for_folder(&self, plaintext: &[u8]) -> Result<Vec<u8>, KeyringError> {
        Lock::Identity(Box::new(self.folder.clone())).encrypt(plaintext)
    }

    /// Decrypts what [`Keyring::encrypt_for_folder`] made.
    ///
    /// # Errors
    /// The folder belongs to another key file, or is damaged.
    pub fn decrypt_from_folder(&self, sealed: &[u8]) -> Result<Zeroizing<Vec<u8>>, KeyringError> {
        Lock::Identity(Box::new(self.folder.clone())).decrypt(sealed)
    }

    /// The encrypted file.
    ///
    /// # Errors
    /// The age library refuses.
    pub fn to_bytes(&self, lock: &Lock) -> Result<Vec<u8>, KeyringError> {
        let Organisation {
            account,
            name,
            registration_code,
            control_group,
        } = self.organisation.clone();
        let signing = self.signing.iter().map(|own| SigningForm {
            alg: own.key.public().algorithm(),
            secret: Secret(Zeroizing::new(*own.key.secret())),
            revoked: own.revoked,
        });
        let form = KeyringForm {
            format: Format::V1,
            account,
            name,
            registration_code,
            control_group,
            signing: signing.collect(),
            recovery: KemForm {
                kem: self.recovery.public().kem(),
                secret: Secret(self.recovery.to_bytes()),
            },
            trustee: KemForm {
                kem: self.trustee_kem,
                secret: Secret(self.trustee_seed.clone()),
            },
            folder_identity: self.folder.to_string().expose_secret().to_owned(),
        };
        let json = serde_json::to_vec_pretty(&form)
            .map_err(|error| KeyringError::Content(error.to_string()))?;
        lock.encrypt(&Zeroizing::new(json))
    }

    /// Reads an encrypted file.
    ///
    /// # Errors
    /// Wrong passphrase or identity, a damaged file, other content.
    pub fn from_bytes(bytes: &[u8], lock: &Lock) -> Result<Keyring, KeyringError> {
        let json = lock.decrypt(bytes)?;
        let form: KeyringForm =
            record::json::parse(&json).map_err(|error| KeyringError::Content(error.to_string()))?;
        let Format::V1 = form.format;
        let signing = form.signing.iter().map(|own| {
            Ok(OwnKey {
                key: SigningKey::from_secret(own.alg, &own.secret.0)?,
                revoked: own.revoked,
            })
        });
        let folder = form
            .folder_identity
            .parse()
            .map_err(|error: &str| KeyringError::Content(error.to_owned()))?;
        Ok(Keyring {
            organisation: Organisation {
                account: form.account,
                name: form.name,
                registration_code: form.registration_code,
                control_group: form.control_group,
            },
            signing: signing.collect::<Result<_, KeyError>>()?,
            recovery: KemSecretKey::from_bytes(
                form.recovery.kem,
                form.recovery.secret.0.as_slice(),
            )?,
            trustee_kem: form.trustee.kem,
            trustee_seed: form.trustee.secret.0,
            folder,
        })
    }

    /// Writes a new file, readable by its owner only. Never overwrites: a lost key file is a lost account.
    ///
    /// # Errors
    /// The file exists already, or cannot be written.
    pub fn create(&self, path: &Path, lock: &Lock) -> Result<(), KeyringError> {
        let bytes = self.to_bytes(lock)?;
        write_private(path, &bytes).map_err(|source| KeyringError::File {
            path: path.to_owned(),
            source,
        })
    }

    /// Replaces the file, whole or not at all.
    ///
    /// # Errors
    /// The file cannot be written.
    pub fn save(&self, path: &Path, lock: &Lock) -> Result<(), KeyringError> {
        let bytes = self.to_bytes(lock)?;
        let beside = path.with_extension("new");
        let replace = || {
            if beside.exists() {
                fs::remove_file(&beside)?;
            }
            write_private(&beside, &bytes)?;
            fs::rename(&beside, path)
        };
        replace().map_err(|source| KeyringError::File {
            path: path.to_owned(),
            source,
        })
    }

    /// Reads a file.
    ///
    /// # Errors
    /// As [`Keyring::from_bytes`], or the file cannot be read.
    pub fn load(path: &Path, lock: &Lock) -> Result<Keyring, KeyringError> {
        let bytes = fs::read(path).map_err(|source| KeyringError::File {
            path: path.to_owned(),
            source,
        })?;
        Keyring::from_bytes(&bytes, lock)
    }
}

/// An envelope around `act` with one signature.
pub fn signed(act: impl Into<Act>, key: &SigningKey) -> Envelope {
    let mut envelope = act.into().envelope();
    envelope.add_signature(key);
    envelope
}

/// Creates a file that did not exist, with access for its owner only, and waits until it is on the disk.
pub fn write_private(path: &Path, bytes: &[u8]) -> io::Result<()> {
    let mut options = fs::OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    let mut file = options.open(path)?;
    file.write_all(bytes)?;
    file.sync_all()
}
