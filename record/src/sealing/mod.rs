//! Sealing (protocol section 4): bids that nobody can open before their time, and that open in one way only.
//!
//! A fresh [`FileKey`] K is dealt to the trustees as Shamir shares, each wrapped with HPKE, and to the bidder
//! herself (slot 0). Everything random in the wrapping is derived from K, so whoever knows K can repeat the
//! dealing and compare the bytes: an envelope is valid iff `Deal(K) == key_block`, whoever brought K.
//! The content is encrypted in parts under a key that is derived from K and bound to the same context.
//!
//! This composition ("derandomised dealing") is our own and awaits an outside review.

mod context;
mod dealing;
mod document_set;
mod error;
mod kem;
mod key_block;
mod part;
mod part_root;
mod resolution;
mod shamir;

pub use context::{EnvelopeKind, NONCE_BYTES, SealContext};
pub use dealing::{
    FileKey, Share, TRUSTEES_MAX, TRUSTEES_MIN, TrusteeKeys, deal, open_recovery, open_share,
    shares,
};
pub use document_set::document_set_digest;
pub use error::SealError;
pub use kem::{Kem, KemPublicKey, KemSecretKey};
pub use key_block::check_key_block_form;
pub use part::{
    BID_BYTES_MAX, CHUNK_BYTES, PART_HEADER_BYTES, PARTS_MAX, PartOpener, PartSealer, SALT_BYTES,
    SEALED_CHUNK_BYTES, SEGMENT_BYTES, SEGMENT_CHUNKS, SEGMENT_TEXT_BYTES, fresh_salt, open_part,
    seal_part, sealed_bytes,
};
pub use part_root::{PartRoot, part_root, root_of_leaves, segment_leaf};
pub use resolution::{Resolution, resolve};
