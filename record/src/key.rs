//! Signature keys (protocol section 2): Ed25519 and P-256, their identifiers, and the refusal of weak keys.
//!
//! A small-order Ed25519 key such as `01 00..00` verifies R = identity, S = 0 on *any* message in several
//! libraries, so such keys never become a [`PublicKey`]. Neither do encodings with y >= p: two texts for one
//! key would be two key ids. A P-256 signature has exactly one accepted form, 64 bytes r||s with the low s.

mod curve;

use std::borrow::Cow;
use std::fmt;
use std::str::FromStr;

use schemars::{JsonSchema, Schema, SchemaGenerator};
use serde::{Deserialize, Deserializer, Serialize, Serializer, de};
use zeroize::Zeroizing;

use crate::crypto::{self, CryptoError};
use crate::json::hex_bytes;
use crate::seq::{domain, seq};
use crate::{Digest, digest::DigestError};

/// Bytes of every signature of v1, of either algorithm.
pub const SIGNATURE_BYTES: usize = 64;

/// What a key signs with.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema,
)]
#[serde(rename_all = "lowercase")]
#[schemars(inline)]
pub enum Algorithm {
    /// Ed25519 (RFC 8032), public keys of 32 bytes.
    Ed25519,
    /// ECDSA on P-256 with SHA-256, public keys of 65 bytes (uncompressed), for tokens that know nothing else.
    P256,
}

impl Algorithm {
    /// The name that enters the key id.
    pub fn as_str(self) -> &'static str {
        match self {
            Algorithm::Ed25519 => "ed25519",
            Algorithm::P256 => "p256",
        }
    }
}

impl fmt::Display for Algorithm {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// `SEQ("etender.v1/key-id", alg, pk)`: the name of a key in statements and chains.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(transparent)]
#[schemars(inline)]
pub struct KeyId(pub Digest);

impl fmt::Display for KeyId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(&self.0, f)
    }
}

impl fmt::Debug for KeyId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl FromStr for KeyId {
    type Err = DigestError;

    fn from_str(text: &str) -> Result<Self, DigestError> {
        text.parse().map(KeyId)
    }
}

/// Why a key or a signature was refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum KeyError {
    /// The key has the wrong number of bytes for its algorithm.
    #[error("an {algorithm} public key has {expected} bytes, not {actual}")]
    Length {
        /// What the key was said to be.
        algorithm: Algorithm,
        /// Bytes that such a key has.
        expected: usize,
        /// Bytes that were given.
        actual: usize,
    },
    /// An Ed25519 key with y >= p, or x = 0 with the sign bit set.
    #[error("this Ed25519 public key is not in its canonical form; make a new key")]
    NotCanonical,
    /// An Ed25519 key of order 1, 2, 4 or 8.
    #[error(
        "this Ed25519 public key has small order, so everybody can sign for it; make a new key"
    )]
    SmallOrder,
    /// A P-256 key that is no uncompressed point of the curve.
    #[error("this P-256 public key is not an uncompressed point of the curve")]
    NotOnCurve,
    /// A P-256 secret outside 1..n-1.
    #[error("this P-256 secret is zero or not below the group order")]
    SecretOutOfRange,
    /// A P-256 signature with the high s, which is the same signature in a second form.
    #[error("this P-256 signature has a high s; only the low form counts")]
    HighS,
    /// The signature is not by this key over this message.
    #[error("the signature does not verify under this key")]
    BadSignature,
    /// The operating system gave no randomness.
    #[error("the operating system gave no random bytes")]
    NoRandomness,
}

impl KeyError {
    /// Stable identifier of the error.
    pub fn code(&self) -> &'static str {
        match self {
            KeyError::Length { .. } => "key-length",
            KeyError::NotCanonical => "key-not-canonical",
            KeyError::SmallOrder => "key-small-order",
            KeyError::NotOnCurve => "key-not-on-curve",
            KeyError::SecretOutOfRange => "key-secret-out-of-range",
            KeyError::HighS => "signature-high-s",
            KeyError::BadSignature => "signature-invalid",
            KeyError::NoRandomness => "no-randomness",
        }
    }
}

/// A checked public key. JSON: `{"alg": "ed25519", "pk": "<hex>"}`.
///
/// That an Ed25519 encoding is a point at all is not checked here: one that is none verifies nothing.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct PublicKey {
    algorithm: Algorithm,
    bytes: Vec<u8>,
}

impl PublicKey {
    /// Takes a key after the checks of protocol section 2.
    pub fn new(algorithm: Algorithm, bytes: &[u8]) -> Result<PublicKey, KeyError> {
        let wrong_length = |expected| KeyError::Length {
            algorithm,
            expected,
            actual: bytes.len(),
        };
        match algorithm {
            Algorithm::Ed25519 => {
                let key = bytes
                    .try_into()
                    .map_err(|_| wrong_length(curve::ED25519_PUBLIC_BYTES))?;
                curve::check_ed25519(key)?;
            }
            Algorithm::P256 => {
                let key = bytes
                    .try_into()
                    .map_err(|_| wrong_length(curve::P256_PUBLIC_BYTES))?;
                curve::check_p256(key)?;
            }
        }
        Ok(PublicKey {
            algorithm,
            bytes: bytes.to_vec(),
        })
    }

    /// What the key signs with.
    pub fn algorithm(&self) -> Algorithm {
        self.algorithm
    }

    /// The raw key: 32 bytes for Ed25519, 65 for P-256.
    pub fn bytes(&self) -> &[u8] {
        &self.bytes
    }

    /// The name of the key.
    pub fn id(&self) -> KeyId {
        KeyId(seq(
            domain::KEY_ID,
            &[self.algorithm.as_str().as_bytes(), &self.bytes],
        ))
    }

    /// Checks `signature` (64 bytes; for P-256 r||s with the low s) over `message`.
    pub fn verify(&self, message: &[u8], signature: &[u8]) -> Result<(), KeyError> {
        let signature: &[u8; SIGNATURE_BYTES] =
            signature.try_into().map_err(|_| KeyError::BadSignature)?;
        let verified = match self.algorithm {
            Algorithm::Ed25519 => crypto::ed25519_verify(&self.bytes, message, signature),
            Algorithm::P256 if !curve::has_low_s(signature) => return Err(KeyError::HighS),
            Algorithm::P256 => crypto::p256_verify(&self.bytes, message, signature),
        };
        verified.map_err(|CryptoError| KeyError::BadSignature)
    }
}

impl fmt::Debug for PublicKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}", self.algorithm, hex::encode(&self.bytes))
    }
}

#[derive(Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(inline)]
struct PublicKeyForm {
    alg: Algorithm,
    #[serde(with = "hex_bytes")]
    #[schemars(with = "String", regex(pattern = "^([0-9a-f]{64}|04[0-9a-f]{128})$"))]
    pk: Vec<u8>,
}

impl JsonSchema for PublicKey {
    fn schema_name() -> Cow<'static, str> {
        "PublicKey".into()
    }

    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        PublicKeyForm::json_schema(generator)
    }
}

impl Serialize for PublicKey {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        PublicKeyForm {
            alg: self.algorithm,
            pk: self.bytes.clone(),
        }
        .serialize(serializer)
    }
}

impl<'de> Deserialize<'de> for PublicKey {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let form = PublicKeyForm::deserialize(deserializer)?;
        PublicKey::new(form.alg, &form.pk).map_err(de::Error::custom)
    }
}

/// A secret key. The secret is wiped when the value is dropped and never printed.
#[derive(Clone)]
pub struct SigningKey {
    secret: Zeroizing<[u8; 32]>,
    public: PublicKey,
}

impl SigningKey {
    /// A fresh key from the operating system's randomness.
    pub fn generate(algorithm: Algorithm) -> Result<SigningKey, KeyError> {
        loop {
            let secret =
                Zeroizing::new(crypto::random().map_err(|CryptoError| KeyError::NoRandomness)?);
            match SigningKey::from_secret(algorithm, &secret) {
                // One in 2^32 draws is not below the P-256 group order; draw again.
                Err(KeyError::SecretOutOfRange) => {}
                result => return result,
            }
        }
    }

    /// The key of an Ed25519 seed or of a P-256 scalar (big-endian).
    pub fn from_secret(algorithm: Algorithm, secret: &[u8; 32]) -> Result<SigningKey, KeyError> {
        let public = match algorithm {
            Algorithm::Ed25519 => {
                crypto::ed25519_public(secret).map_err(|CryptoError| KeyError::NotCanonical)?
            }
            Algorithm::P256 => curve::p256_public(secret).ok_or(KeyError::SecretOutOfRange)?,
        };
        Ok(SigningKey {
            secret: Zeroizing::new(*secret),
            public: PublicKey::new(algorithm, &public)?,
        })
    }

    /// The Ed25519 seed or P-256 scalar. Write it only to an encrypted key file.
    pub fn secret(&self) -> &[u8; 32] {
        &self.secret
    }

    /// The public half.
    pub fn public(&self) -> &PublicKey {
        &self.public
    }

    /// Signs `message`: 64 bytes. Ed25519 signatures are deterministic, P-256 ones are not (random nonce).
    ///
    /// Empty, and so valid nowhere, in the one case that a P-256 nonce could not be drawn; [`SigningKey::try_sign`]
    /// reports that case.
    pub fn sign(&self, message: &[u8]) -> Vec<u8> {
        self.try_sign(message).unwrap_or_default()
    }

    /// Signs `message` like [`SigningKey::sign`], with the lack of randomness as an error.
    pub fn try_sign(&self, message: &[u8]) -> Result<Vec<u8>, KeyError> {
        let signature = match self.public.algorithm {
            Algorithm::Ed25519 => crypto::ed25519_sign(&self.secret, message),
            Algorithm::P256 => {
                crypto::p256_sign(&self.secret, &self.public.bytes, message).map(curve::with_low_s)
            }
        };
        signature.map_err(|CryptoError| KeyError::NoRandomness)
    }
}

impl fmt::Debug for SigningKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "secret key of {:?}", self.public)
    }
}
