//! How a key file is locked: with a passphrase, or with an age identity. The format is age's own, so that the
//! file can be opened with any age program if this one is lost.

use age::secrecy::{ExposeSecret, SecretString};
use age::{scrypt, x25519};
use zeroize::Zeroizing;

use super::KeyringError;

/// Work factor (log2 of N) for new files: about a second of an ordinary computer's time per guess.
const SCRYPT_LOG_N: u8 = 18;

/// What opens a key file.
#[derive(Clone)]
pub enum Lock {
    /// A passphrase that a person knows.
    Passphrase {
        /// The passphrase.
        secret: SecretString,
        /// Work factor of new files, log2.
        log_n: u8,
    },
    /// An age identity (`AGE-SECRET-KEY-1...`), for unattended machines and for tests.
    Identity(Box<x25519::Identity>),
}

impl Lock {
    /// A passphrase with the usual work factor.
    pub fn passphrase(text: String) -> Lock {
        Lock::Passphrase {
            secret: SecretString::from(text),
            log_n: SCRYPT_LOG_N,
        }
    }

    /// A passphrase whose files cost less work to guess. Only for demonstrations and tests.
    pub fn weak_passphrase(text: String) -> Lock {
        Lock::Passphrase {
            secret: SecretString::from(text),
            log_n: 10,
        }
    }

    /// The first identity of an age identity file (lines beginning with `#` are comments).
    ///
    /// # Errors
    /// There is none, or it is not one of age's X25519 identities.
    pub fn from_identity_file(text: &str) -> Result<Lock, KeyringError> {
        let line = text
            .lines()
            .map(str::trim)
            .find(|line| !line.is_empty() && !line.starts_with('#'));
        let identity = line.and_then(|line| line.parse::<x25519::Identity>().ok());
        identity
            .map(|identity| Lock::Identity(Box::new(identity)))
            .ok_or(KeyringError::NoIdentity)
    }

    /// A fresh identity, with the text of its file.
    pub fn generate_identity() -> (Lock, Zeroizing<String>) {
        let identity = x25519::Identity::generate();
        let secret = identity.to_string();
        let text = format!(
            "# public key: {}\n{}\n",
            identity.to_public(),
            secret.expose_secret()
        );
        (Lock::Identity(Box::new(identity)), Zeroizing::new(text))
    }

    /// Encrypts `plaintext`.
    ///
    /// # Errors
    /// The age library refuses.
    pub fn encrypt(&self, plaintext: &[u8]) -> Result<Vec<u8>, KeyringError> {
        let sealed = match self {
            Lock::Passphrase { secret, log_n } => {
                let mut recipient = scrypt::Recipient::new(secret.clone());
                recipient.set_work_factor(*log_n);
                age::encrypt(&recipient, plaintext)
            }
            Lock::Identity(identity) => age::encrypt(&identity.to_public(), plaintext),
        };
        sealed.map_err(|error| KeyringError::Encrypt(error.to_string()))
    }

    /// Decrypts what [`Lock::encrypt`] made.
    ///
    /// # Errors
    /// A wrong passphrase or identity, or bytes that are not an intact age file.
    pub fn decrypt(&self, sealed: &[u8]) -> Result<Zeroizing<Vec<u8>>, KeyringError> {
        let opened = match self {
            Lock::Passphrase { secret, .. } => {
                age::decrypt(&scrypt::Identity::new(secret.clone()), sealed)
            }
            Lock::Identity(identity) => age::decrypt(identity.as_ref(), sealed),
        };
        opened
            .map(Zeroizing::new)
            .map_err(|error| self.explain(error))
    }

    fn explain(&self, error: age::DecryptError) -> KeyringError {
        use age::DecryptError;
        match (error, self) {
            (
                DecryptError::DecryptionFailed | DecryptError::KeyDecryptionFailed,
                Lock::Passphrase { .. },
            ) => KeyringError::WrongPassphrase,
            (DecryptError::NoMatchingKeys | DecryptError::DecryptionFailed, _) => {
                KeyringError::WrongLock
            }
            (error, _) => KeyringError::Damaged(error.to_string()),
        }
    }
}
