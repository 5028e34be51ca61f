//! Deal: from K to the key block, in one way only.

use std::borrow::Cow;
use std::fmt;

use schemars::{JsonSchema, Schema, SchemaGenerator};
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use zeroize::{Zeroize, Zeroizing};

use super::key_block::{self, KeyBlock, Slot};
use super::{KemPublicKey, KemSecretKey, SealError, shamir};
use crate::Digest;
use crate::crypto::{self, CryptoError};
use crate::json::hex_bytes;
use crate::seq::domain;

/// The fewest trustees, and the smallest threshold.
pub const TRUSTEES_MIN: u8 = 2;
/// The most trustees.
pub const TRUSTEES_MAX: u8 = 9;

/// The trustees' keys in slot order, and how many of them open an envelope together.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TrusteeKeys {
    /// The threshold t.
    pub threshold: u8,
    /// Key of slot 1, 2, ...
    pub keys: Vec<KemPublicKey>,
}

impl TrusteeKeys {
    /// Takes the keys if `2 <= threshold <= keys <= 9`.
    pub fn new(threshold: u8, keys: Vec<KemPublicKey>) -> Result<TrusteeKeys, SealError> {
        let set = TrusteeKeys { threshold, keys };
        set.count().map(|_| set)
    }

    /// The number of trustees n, after a check of t and n: the fields are public.
    pub(super) fn count(&self) -> Result<u8, SealError> {
        let refused = SealError::Trustees {
            threshold: self.threshold,
            trustees: self.keys.len(),
        };
        match u8::try_from(self.keys.len()) {
            Ok(count)
                if count <= TRUSTEES_MAX && (TRUSTEES_MIN..=count).contains(&self.threshold) =>
            {
                Ok(count)
            }
            _ => Err(refused),
        }
    }
}

/// K: 32 random bytes, fresh for every submission attempt. Wiped when dropped, never printed.
#[derive(Clone)]
pub struct FileKey(Zeroizing<[u8; 32]>);

impl FileKey {
    /// A fresh key from the operating system's randomness.
    pub fn generate() -> Result<FileKey, SealError> {
        let bytes = crypto::random().map_err(|CryptoError| SealError::NoRandomness)?;
        Ok(FileKey(Zeroizing::new(bytes)))
    }

    /// A key that is known already.
    pub fn from_bytes(bytes: [u8; 32]) -> FileKey {
        FileKey(Zeroizing::new(bytes))
    }

    /// The raw key.
    pub fn bytes(&self) -> &[u8; 32] {
        &self.0
    }

    /// The key under which the parts are encrypted.
    pub fn payload_key(&self, ctx: &Digest) -> Zeroizing<[u8; 32]> {
        self.expand(domain::PAYLOAD_KEY, ctx, 0)
    }

    /// r: what an envelope of kind `contrib` contributes to a draw.
    pub fn draw_contribution(&self, ctx: &Digest) -> Digest {
        Digest(*self.expand(domain::DRAW_CONTRIBUTION, ctx, 0))
    }

    /// `EXPAND(K, label, ctx, i)` of protocol section 1.
    fn expand(&self, label: &str, ctx: &Digest, index: u8) -> Zeroizing<[u8; 32]> {
        let block = crypto::hmac_sha512(
            &self.0,
            &[label.as_bytes(), &[0], ctx.as_bytes(), &[index, 1]],
        );
        let mut first = Zeroizing::new([0; 32]);
        first
            .iter_mut()
            .zip(block.iter())
            .for_each(|(to, from)| *to = *from);
        first
    }
}

impl PartialEq for FileKey {
    fn eq(&self, other: &FileKey) -> bool {
        crypto::equal(self.bytes(), other.bytes())
    }
}

impl Eq for FileKey {}

impl fmt::Debug for FileKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("FileKey(..)")
    }
}

/// One trustee's share of K. JSON: 64 lower-case hexadecimal characters. Wiped when dropped, not printed by `Debug`.
#[derive(Clone, PartialEq, Eq)]
pub struct Share(pub [u8; 32]);

impl Drop for Share {
    fn drop(&mut self) {
        self.0.zeroize();
    }
}

impl fmt::Debug for Share {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Share(..)")
    }
}

impl Serialize for Share {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        hex_bytes::serialize(self.0, serializer)
    }
}

impl<'de> Deserialize<'de> for Share {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        hex_bytes::deserialize(deserializer).map(Share)
    }
}

impl JsonSchema for Share {
    fn schema_name() -> Cow<'static, str> {
        "Share".into()
    }

    fn inline_schema() -> bool {
        true
    }

    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        Digest::json_schema(generator)
    }
}

/// The shares of K in slot order. They depend on K, the context and the threshold only.
pub fn shares(key: &FileKey, ctx: &Digest, trustees: &TrusteeKeys) -> Vec<Share> {
    let coefficients: Vec<_> = (1..trustees.threshold)
        .map(|index| key.expand(domain::SHARE_COEF, ctx, index))
        .collect();
    let points = (1..=u8::MAX).take(trustees.keys.len());
    points
        .map(|x| Share(shamir::share_at(x, key.bytes(), &coefficients)))
        .collect()
}

/// `Deal(K, ctx, set)`: the key block.
pub fn deal(
    key: &FileKey,
    ctx: &Digest,
    recovery: &KemPublicKey,
    trustees: &TrusteeKeys,
) -> Result<Vec<u8>, SealError> {
    let mut block = key_block::head(trustees.threshold, trustees.count()?);
    for slot in dealt_slots(key, ctx, recovery, trustees) {
        block.extend(slot?);
    }
    Ok(block)
}

/// `Deal(K, ctx, set) == key_block`, giving up at the first slot that differs: with a wrong K that is slot 0.
pub(super) fn deals_to(
    key: &FileKey,
    ctx: &Digest,
    recovery: &KemPublicKey,
    trustees: &TrusteeKeys,
    key_block: &[u8],
) -> bool {
    let Ok(count) = trustees.count() else {
        return false;
    };
    let Some(mut rest) =
        key_block.strip_prefix(key_block::head(trustees.threshold, count).as_slice())
    else {
        return false;
    };
    for slot in dealt_slots(key, ctx, recovery, trustees) {
        match slot
            .ok()
            .and_then(|slot| rest.strip_prefix(slot.as_slice()))
        {
            Some(behind) => rest = behind,
            None => return false,
        }
    }
    rest.is_empty()
}

/// The slots of the dealing one by one, slot 0 (K itself for the bidder) first.
fn dealt_slots<'a>(
    key: &'a FileKey,
    ctx: &'a Digest,
    recovery: &'a KemPublicKey,
    trustees: &'a TrusteeKeys,
) -> impl Iterator<Item = Result<Vec<u8>, SealError>> + 'a {
    let values = std::iter::once(*key.bytes())
        .chain(shares(key, ctx, trustees).into_iter().map(|share| share.0));
    let recipients = std::iter::once(recovery).chain(&trustees.keys);
    (0..=u8::MAX)
        .zip(recipients)
        .zip(values)
        .map(|((index, recipient), value)| {
            let value = Zeroizing::new(value);
            let ikm = key.expand(domain::HPKE_IKM, ctx, index);
            let (enc, sealed) = recipient.seal(&slot_info(ctx, index), &ikm, value.as_slice())?;
            Ok(key_block::slot_bytes(recipient.kem(), &enc, &sealed))
        })
}

fn slot_info(ctx: &Digest, index: u8) -> Vec<u8> {
    [domain::KEY_SLOT.as_bytes(), &[0], ctx.as_bytes(), &[index]].concat()
}

/// Opens the slot of a trustee (1..n) with the trustee's key.
///
/// A share that opens need not be right; only Deal tells. A slot that does not open is the bidder's fault,
/// unless key or context are wrong.
pub fn open_share(
    key_block: &[u8],
    ctx: &Digest,
    slot: u8,
    key: &KemSecretKey,
) -> Result<Share, SealError> {
    let wrapped = KeyBlock::parse(key_block)?.trustee(slot)?;
    open_slot(wrapped, ctx, slot, key).map(|value| Share(*value))
}

/// Opens slot 0 with the bidder's own key.
pub fn open_recovery(
    key_block: &[u8],
    ctx: &Digest,
    key: &KemSecretKey,
) -> Result<FileKey, SealError> {
    let block = KeyBlock::parse(key_block)?;
    let wrapped = block
        .slots
        .first()
        .copied()
        .ok_or(SealError::KeyBlock("it has no slot 0"))?;
    open_slot(wrapped, ctx, 0, key).map(FileKey)
}

fn open_slot(
    wrapped: Slot<'_>,
    ctx: &Digest,
    slot: u8,
    key: &KemSecretKey,
) -> Result<Zeroizing<[u8; 32]>, SealError> {
    let closed = SealError::SlotClosed { slot };
    if wrapped.kem != key.public().kem() {
        return Err(closed);
    }
    let Ok(value) = key.open(wrapped.enc, &slot_info(ctx, slot), wrapped.sealed) else {
        return Err(closed);
    };
    let value: &[u8; 32] = value.as_slice().try_into().map_err(|_| closed)?;
    Ok(Zeroizing::new(*value))
}
