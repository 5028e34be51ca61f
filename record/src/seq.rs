//! SEQ: the one way to hash several fields (protocol section 1).

use ring::digest::{Context, SHA256};

use crate::Digest;

/// Every domain string of the protocol. The list is complete; a new version is a new prefix, never a flag.
pub mod domain {
    /// Section 4: what a sealed envelope is bound to.
    pub const SEAL_CONTEXT: &str = "etender.v1/seal-context";
    /// Section 4: coefficients of the sharing polynomial.
    pub const SHARE_COEF: &str = "etender.v1/share-coef";
    /// Section 4: input key material of the ephemeral HPKE keys.
    pub const HPKE_IKM: &str = "etender.v1/hpke-ikm";
    /// Section 4: HPKE info of a slot.
    pub const KEY_SLOT: &str = "etender.v1/key-slot";
    /// Section 4: key of the parts.
    pub const PAYLOAD_KEY: &str = "etender.v1/payload-key";
    /// Section 4: context of a part.
    pub const PART: &str = "etender.v1/part";
    /// Section 4: the random value that an envelope of kind `contrib` carries.
    pub const DRAW_CONTRIBUTION: &str = "etender.v1/draw-contribution";
    /// Section 7: seed of a draw.
    pub const DRAW_SEED: &str = "etender.v1/draw-seed";
    /// Section 7: key of one stream of a draw.
    pub const DRAW_STEP: &str = "etender.v1/draw-step";
    /// Section 7: commitment to an entry of a pool.
    pub const POOL_ENTRY: &str = "etender.v1/pool-entry";
    /// Section 2: commitment to a personal datum.
    pub const PERSONAL_DATA: &str = "etender.v1/personal-data";
    /// Section 6: prefix of a leaf (used with a zero byte behind it, not through SEQ).
    pub const LEAF: &str = "etender.v1/leaf";
    /// Section 6: the half of a leaf that its owner can open.
    pub const LEAF_VISIBLE: &str = "etender.v1/leaf-visible";
    /// Section 6: the half of a leaf that stays opaque until closing.
    pub const LEAF_HIDDEN: &str = "etender.v1/leaf-hidden";
    /// Section 4: the set of tender documents.
    pub const DOCUMENT_SET: &str = "etender.v1/document-set";
    /// Section 2: identifier of a key.
    pub const KEY_ID: &str = "etender.v1/key-id";
}

/// `SEQ(dst, f1..fn) = SHA-256(u16be(|dst|) || dst || u32be(n) || u64be(|f1|) || f1 || ...)`.
///
/// Injective: two different lists of fields never give the same input to the hash.
pub fn seq(dst: &str, fields: &[&[u8]]) -> Digest {
    let mut hasher = Seq::new(dst, fields.len());
    for field in fields {
        hasher.field(field);
    }
    hasher.finish()
}

/// The same as [`seq`] when the number of fields is known but not their place in one slice.
pub struct Seq {
    hasher: Context,
    fields_left: u32,
}

impl Seq {
    /// Starts a hash of exactly `count` fields. `dst` is one of [`domain`] and shorter than 65 536 bytes.
    pub fn new(dst: &str, count: usize) -> Seq {
        let mut hasher = Context::new(&SHA256);
        let dst_length = u16::try_from(dst.len()).unwrap_or(u16::MAX);
        let count = u32::try_from(count).unwrap_or(u32::MAX);
        debug_assert_eq!(
            usize::from(dst_length),
            dst.len(),
            "domain strings are short"
        );
        hasher.update(&dst_length.to_be_bytes());
        hasher.update(dst.as_bytes());
        hasher.update(&count.to_be_bytes());
        Seq {
            hasher,
            fields_left: count,
        }
    }

    /// Adds the next field.
    pub fn field(&mut self, bytes: &[u8]) {
        debug_assert!(self.fields_left > 0, "more fields than were announced");
        self.fields_left = self.fields_left.saturating_sub(1);
        self.hasher.update(&(bytes.len() as u64).to_be_bytes());
        self.hasher.update(bytes);
    }

    /// The digest. All announced fields must have been added.
    pub fn finish(self) -> Digest {
        debug_assert_eq!(self.fields_left, 0, "fewer fields than were announced");
        Digest::from_ring(self.hasher.finish())
    }
}
