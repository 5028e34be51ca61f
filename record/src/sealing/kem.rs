//! HPKE (RFC 9180) in base mode with HKDF-SHA256 and AES-256-GCM, over X25519 or P-256.

use std::borrow::Cow;
use std::convert::Infallible;
use std::fmt;

use hpke::aead::AesGcm256;
use hpke::kdf::HkdfSha256;
use hpke::kem::{DhP256HkdfSha256, X25519HkdfSha256};
use hpke::rand_core::{TryCryptoRng, TryRng};
use hpke::{Deserializable, HpkeError, Kem as HpkeKem, OpModeR, OpModeS, Serializable};
use schemars::{JsonSchema, Schema, SchemaGenerator};
use serde::{Deserialize, Deserializer, Serialize, Serializer, de};
use zeroize::Zeroizing;

use super::SealError;
use crate::crypto::{self, CryptoError};
use crate::json::hex_bytes;

/// How a key is agreed on.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema,
)]
#[serde(rename_all = "lowercase")]
#[schemars(inline)]
pub enum Kem {
    /// DHKEM(X25519, HKDF-SHA256), `0x0020`.
    X25519,
    /// DHKEM(P-256, HKDF-SHA256), `0x0010`, for tokens that know nothing else.
    P256,
}

impl Kem {
    /// The identifier of RFC 9180.
    pub fn id(self) -> u16 {
        match self {
            Kem::X25519 => 0x0020,
            Kem::P256 => 0x0010,
        }
    }

    /// The KEM of an RFC 9180 identifier.
    pub fn from_id(id: u16) -> Option<Kem> {
        [Kem::X25519, Kem::P256]
            .into_iter()
            .find(|kem| kem.id() == id)
    }

    /// The name in JSON.
    pub fn as_str(self) -> &'static str {
        match self {
            Kem::X25519 => "x25519",
            Kem::P256 => "p256",
        }
    }

    /// Bytes of a public key, and of what one encapsulation adds.
    pub fn public_key_bytes(self) -> usize {
        match self {
            Kem::X25519 => 32,
            Kem::P256 => 65,
        }
    }
}

/// p = 2^255 - 19, big-endian.
const X25519_FIELD_PRIME: [u8; 32] =
    *b"\x7f\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\
    \xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xed";

/// The u coordinates below p (big-endian) whose product with any secret is zero.
const X25519_LOW_ORDER: [[u8; 32]; 5] = [
    [0; 32],
    *b"\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\x01",
    *b"\x7f\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\
      \xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xec",
    *b"\x00\xb8\x49\x5f\x16\x05\x62\x86\xfd\xb1\x32\x9c\xeb\x8d\x09\xda\
      \x6a\xc4\x9f\xf1\xfa\xe3\x56\x16\xae\xb8\x41\x3b\x7c\x7a\xeb\xe0",
    *b"\x57\x11\x9f\xd0\xdd\x4e\x22\xd8\x86\x8e\x1c\x58\xc4\x5c\x44\x04\
      \x5b\xef\x83\x9c\x55\xb1\xd0\xb1\x24\x8c\x50\xa3\xbc\x95\x9c\x5f",
];

/// A checked HPKE public key. JSON: `{"kem": "x25519", "pk": "<hex>"}`.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct KemPublicKey {
    kem: Kem,
    bytes: Vec<u8>,
}

impl KemPublicKey {
    /// Takes a key unless it has low order, is not canonical (X25519) or is not on the curve (P-256).
    pub fn new(kem: Kem, bytes: &[u8]) -> Result<KemPublicKey, SealError> {
        let checked = match kem {
            Kem::X25519 => check_x25519(bytes),
            Kem::P256 => check_p256(bytes),
        };
        checked.map_err(|reason| SealError::PublicKey {
            kem: kem.as_str(),
            reason,
        })?;
        Ok(KemPublicKey {
            kem,
            bytes: bytes.to_vec(),
        })
    }

    /// The KEM that the key is for.
    pub fn kem(&self) -> Kem {
        self.kem
    }

    /// The raw key: 32 bytes for X25519, 65 (uncompressed) for P-256.
    pub fn bytes(&self) -> &[u8] {
        &self.bytes
    }

    /// `SealBase` with the ephemeral key of `DeriveKeyPair(ikm)`: encapsulation and ciphertext with tag.
    pub(super) fn seal(
        &self,
        info: &[u8],
        ikm: &[u8; 32],
        text: &[u8],
    ) -> Result<(Vec<u8>, Vec<u8>), SealError> {
        let sealed = match self.kem {
            Kem::X25519 => seal_base::<X25519HkdfSha256>(&self.bytes, info, ikm, text),
            Kem::P256 => seal_base::<DhP256HkdfSha256>(&self.bytes, info, ikm, text),
        };
        sealed.map_err(|_| SealError::Primitive)
    }
}

fn check_x25519(bytes: &[u8]) -> Result<(), &'static str> {
    let mut u: [u8; 32] = bytes.try_into().map_err(|_| "an x25519 key has 32 bytes")?;
    u.reverse();
    if u >= X25519_FIELD_PRIME {
        return Err("it is not in its canonical form");
    }
    if X25519_LOW_ORDER.contains(&u) {
        return Err("it has low order");
    }
    Ok(())
}

fn check_p256(bytes: &[u8]) -> Result<(), &'static str> {
    let uncompressed = bytes.len() == Kem::P256.public_key_bytes() && bytes.first() == Some(&0x04);
    let on_curve = || <DhP256HkdfSha256 as HpkeKem>::PublicKey::from_bytes(bytes).is_ok();
    if uncompressed && on_curve() {
        Ok(())
    } else {
        Err("it is not an uncompressed point of the curve (65 bytes)")
    }
}

impl fmt::Debug for KemPublicKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}", self.kem.as_str(), hex::encode(&self.bytes))
    }
}

#[derive(Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(inline)]
struct KemPublicKeyForm {
    kem: Kem,
    #[serde(with = "hex_bytes")]
    #[schemars(with = "String", regex(pattern = "^([0-9a-f]{64}|04[0-9a-f]{128})$"))]
    pk: Vec<u8>,
}

impl JsonSchema for KemPublicKey {
    fn schema_name() -> Cow<'static, str> {
        "KemPublicKey".into()
    }

    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        KemPublicKeyForm::json_schema(generator)
    }
}

impl Serialize for KemPublicKey {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        KemPublicKeyForm {
            kem: self.kem,
            pk: self.bytes.clone(),
        }
        .serialize(serializer)
    }
}

impl<'de> Deserialize<'de> for KemPublicKey {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let form = KemPublicKeyForm::deserialize(deserializer)?;
        KemPublicKey::new(form.kem, &form.pk).map_err(de::Error::custom)
    }
}

/// An HPKE secret key. It is wiped when dropped and never printed.
#[derive(Clone)]
pub struct KemSecretKey {
    secret: Zeroizing<[u8; 32]>,
    public: KemPublicKey,
}

impl KemSecretKey {
    /// `DeriveKeyPair(ikm)` of RFC 9180; `ikm` has at least 32 bytes of entropy.
    pub fn derive(kem: Kem, ikm: &[u8]) -> KemSecretKey {
        let (secret, public) = match kem {
            Kem::X25519 => derived::<X25519HkdfSha256>(ikm),
            Kem::P256 => derived::<DhP256HkdfSha256>(ikm),
        };
        KemSecretKey {
            secret,
            public: KemPublicKey { kem, bytes: public },
        }
    }

    /// A fresh key from the operating system's randomness.
    pub fn generate(kem: Kem) -> Result<KemSecretKey, SealError> {
        let ikm = crypto::random::<32>()
            .map(Zeroizing::new)
            .map_err(|CryptoError| SealError::NoRandomness)?;
        Ok(KemSecretKey::derive(kem, ikm.as_slice()))
    }

    /// Takes the 32 bytes that [`KemSecretKey::to_bytes`] gave.
    pub fn from_bytes(kem: Kem, bytes: &[u8]) -> Result<KemSecretKey, SealError> {
        let halves = match kem {
            Kem::X25519 => halves::<X25519HkdfSha256>(bytes),
            Kem::P256 => halves::<DhP256HkdfSha256>(bytes),
        };
        let (secret, public) = halves.map_err(|_| SealError::SecretKey { kem: kem.as_str() })?;
        Ok(KemSecretKey {
            secret,
            public: KemPublicKey::new(kem, &public)?,
        })
    }

    /// The secret as 32 bytes (X25519: clamped). Write it only to an encrypted key file.
    pub fn to_bytes(&self) -> Zeroizing<[u8; 32]> {
        self.secret.clone()
    }

    /// The public half.
    pub fn public(&self) -> &KemPublicKey {
        &self.public
    }

    /// `OpenBase`.
    pub(super) fn open(
        &self,
        enc: &[u8],
        info: &[u8],
        sealed: &[u8],
    ) -> Result<Zeroizing<Vec<u8>>, HpkeError> {
        match self.public.kem {
            Kem::X25519 => open_base::<X25519HkdfSha256>(&self.secret, enc, info, sealed),
            Kem::P256 => open_base::<DhP256HkdfSha256>(&self.secret, enc, info, sealed),
        }
    }
}

impl fmt::Debug for KemSecretKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "secret key of {:?}", self.public)
    }
}

type Halves = (Zeroizing<[u8; 32]>, Vec<u8>);

fn halves<K: HpkeKem>(secret: &[u8]) -> Result<Halves, HpkeError> {
    let secret = K::PrivateKey::from_bytes(secret)?;
    Ok((
        secret_bytes(&secret),
        K::sk_to_pk(&secret).to_bytes().to_vec(),
    ))
}

fn derived<K: HpkeKem>(ikm: &[u8]) -> Halves {
    let (secret, public) = K::derive_keypair(ikm);
    (secret_bytes(&secret), public.to_bytes().to_vec())
}

fn secret_bytes(secret: &impl Serializable) -> Zeroizing<[u8; 32]> {
    let mut bytes = Zeroizing::new([0; 32]);
    // Both KEMs have secrets of 32 bytes.
    secret.write_exact(bytes.as_mut_slice());
    bytes
}

fn seal_base<K: HpkeKem>(
    public: &[u8],
    info: &[u8],
    ikm: &[u8; 32],
    text: &[u8],
) -> Result<(Vec<u8>, Vec<u8>), HpkeError> {
    let public = K::PublicKey::from_bytes(public)?;
    let mut ikm = OnceRng {
        ikm: Zeroizing::new(*ikm),
        asked: 0,
    };
    let (enc, sealed) = hpke::single_shot_seal_with_rng::<AesGcm256, HkdfSha256, K>(
        &OpModeS::Base,
        &public,
        info,
        text,
        b"",
        &mut ikm,
    )?;
    if ikm.asked != 1 {
        return Err(HpkeError::EncapError);
    }
    Ok((enc.to_bytes().to_vec(), sealed))
}

fn open_base<K: HpkeKem>(
    secret: &[u8; 32],
    enc: &[u8],
    info: &[u8],
    sealed: &[u8],
) -> Result<Zeroizing<Vec<u8>>, HpkeError> {
    let secret = K::PrivateKey::from_bytes(secret)?;
    let enc = K::EncappedKey::from_bytes(enc)?;
    hpke::single_shot_open::<AesGcm256, HkdfSha256, K>(
        &OpModeR::Base,
        &secret,
        &enc,
        info,
        sealed,
        b"",
    )
    .map(Zeroizing::new)
}

/// A "generator" that yields the ikm once: `hpke` feeds it to `DeriveKeyPair`, which makes the encapsulation
/// deterministic. `asked` counts the reads of 32 bytes; any other read counts as many, so that the caller
/// throws the result away.
struct OnceRng {
    ikm: Zeroizing<[u8; 32]>,
    asked: u32,
}

impl TryRng for OnceRng {
    type Error = Infallible;

    fn try_next_u32(&mut self) -> Result<u32, Infallible> {
        self.asked = u32::MAX;
        Ok(0)
    }

    fn try_next_u64(&mut self) -> Result<u64, Infallible> {
        self.asked = u32::MAX;
        Ok(0)
    }

    fn try_fill_bytes(&mut self, bytes: &mut [u8]) -> Result<(), Infallible> {
        self.asked = if bytes.len() == self.ikm.len() {
            self.asked.saturating_add(1)
        } else {
            u32::MAX
        };
        bytes
            .iter_mut()
            .zip(self.ikm.iter())
            .for_each(|(to, from)| *to = *from);
        Ok(())
    }
}

impl TryCryptoRng for OnceRng {}
