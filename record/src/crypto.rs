//! The one module that calls `ring`: HMAC, AES-256-GCM, signatures, randomness.
//!
//! Nothing here knows a protocol field. Plain SHA-256 stands with the types that hash ([`crate::Digest`],
//! [`crate::seq`], the tree). HPKE lives in [`crate::sealing`], because `ring` cannot be an
//! HPKE recipient.

use ring::aead::{AES_256_GCM, Aad, LessSafeKey, Nonce, UnboundKey};
use ring::rand::{SecureRandom, SystemRandom};
use ring::signature::{
    ECDSA_P256_SHA256_FIXED, ECDSA_P256_SHA256_FIXED_SIGNING, ED25519, EcdsaKeyPair,
    Ed25519KeyPair, KeyPair, UnparsedPublicKey, VerificationAlgorithm,
};
use zeroize::Zeroizing;

/// Bytes of an AES-256-GCM tag.
pub(crate) const TAG_BYTES: usize = 16;
/// Bytes of an AES-256-GCM nonce.
pub(crate) const NONCE_BYTES: usize = 12;

/// A primitive refused its input. Like `ring`, it does not say why; the caller knows what it asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct CryptoError;

/// Fresh bytes of the operating system's generator. The only source of randomness in this crate.
pub(crate) fn random<const N: usize>() -> Result<[u8; N], CryptoError> {
    let mut bytes = [0; N];
    SystemRandom::new()
        .fill(&mut bytes)
        .map_err(|_| CryptoError)?;
    Ok(bytes)
}

/// HMAC-SHA-512 of the pieces one after another.
pub(crate) fn hmac_sha512(key: &[u8; 32], pieces: &[&[u8]]) -> Zeroizing<[u8; 64]> {
    let key = ring::hmac::Key::new(ring::hmac::HMAC_SHA512, key);
    let mut context = ring::hmac::Context::with_key(&key);
    pieces.iter().for_each(|piece| context.update(piece));
    let mut out = Zeroizing::new([0; 64]);
    out.iter_mut()
        .zip(context.sign().as_ref())
        .for_each(|(to, from)| *to = *from);
    out
}

/// Compares without an early exit.
pub(crate) fn equal(left: &[u8], right: &[u8]) -> bool {
    left.len() == right.len()
        && left
            .iter()
            .zip(right)
            .fold(0, |difference, (a, b)| difference | (a ^ b))
            == 0
}

/// AES-256-GCM without associated data; the caller owns the uniqueness of nonces.
pub(crate) struct Aes256Gcm(LessSafeKey);

impl Aes256Gcm {
    pub(crate) fn new(key: &[u8; 32]) -> Result<Aes256Gcm, CryptoError> {
        let key = UnboundKey::new(&AES_256_GCM, key).map_err(|_| CryptoError)?;
        Ok(Aes256Gcm(LessSafeKey::new(key)))
    }

    /// Encrypts `text` where it lies and returns the tag.
    pub(crate) fn seal(
        &self,
        nonce: [u8; NONCE_BYTES],
        text: &mut [u8],
    ) -> Result<[u8; TAG_BYTES], CryptoError> {
        let tag = self
            .0
            .seal_in_place_separate_tag(Nonce::assume_unique_for_key(nonce), Aad::empty(), text)
            .map_err(|_| CryptoError)?;
        tag.as_ref().try_into().map_err(|_| CryptoError)
    }

    /// Decrypts `sealed` (text and tag), which starts `shift` bytes into `buffer`, to the start of `buffer`.
    /// Returns the length of the text.
    pub(crate) fn open(
        &self,
        nonce: [u8; NONCE_BYTES],
        buffer: &mut [u8],
        shift: usize,
    ) -> Result<usize, CryptoError> {
        self.0
            .open_within(
                Nonce::assume_unique_for_key(nonce),
                Aad::empty(),
                buffer,
                shift..,
            )
            .map(|text| text.len())
            .map_err(|_| CryptoError)
    }
}

fn verify(
    algorithm: &'static dyn VerificationAlgorithm,
    public: &[u8],
    message: &[u8],
    signature: &[u8],
) -> Result<(), CryptoError> {
    UnparsedPublicKey::new(algorithm, public)
        .verify(message, signature)
        .map_err(|_| CryptoError)
}

/// Ed25519 as in RFC 8032 with S < L; the caller has refused small-order and non-canonical keys.
pub(crate) fn ed25519_verify(
    public: &[u8],
    message: &[u8],
    signature: &[u8],
) -> Result<(), CryptoError> {
    verify(&ED25519, public, message, signature)
}

/// ECDSA P-256 with SHA-256 over 64 bytes r||s; accepts both values of s (the caller demands the low one).
pub(crate) fn p256_verify(
    public: &[u8],
    message: &[u8],
    signature: &[u8],
) -> Result<(), CryptoError> {
    verify(&ECDSA_P256_SHA256_FIXED, public, message, signature)
}

/// The public key of an Ed25519 seed.
pub(crate) fn ed25519_public(seed: &[u8; 32]) -> Result<Vec<u8>, CryptoError> {
    let pair = Ed25519KeyPair::from_seed_unchecked(seed).map_err(|_| CryptoError)?;
    Ok(pair.public_key().as_ref().to_vec())
}

/// Deterministic Ed25519 signature.
pub(crate) fn ed25519_sign(seed: &[u8; 32], message: &[u8]) -> Result<Vec<u8>, CryptoError> {
    let pair = Ed25519KeyPair::from_seed_unchecked(seed).map_err(|_| CryptoError)?;
    Ok(pair.sign(message).as_ref().to_vec())
}

/// ECDSA P-256 signature r||s with a random nonce and whichever s came out.
pub(crate) fn p256_sign(
    scalar: &[u8; 32],
    public: &[u8],
    message: &[u8],
) -> Result<Vec<u8>, CryptoError> {
    let rng = SystemRandom::new();
    let algorithm = &ECDSA_P256_SHA256_FIXED_SIGNING;
    let pair = EcdsaKeyPair::from_private_key_and_public_key(algorithm, scalar, public, &rng)
        .map_err(|_| CryptoError)?;
    pair.sign(&rng, message)
        .map(|signature| signature.as_ref().to_vec())
        .map_err(|_| CryptoError)
}
