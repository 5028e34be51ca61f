//! Why sealing or opening failed.

/// Why sealing or opening failed.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum SealError {
    /// An HPKE public key of the wrong length, off the curve, of low order or not in canonical form.
    #[error("the {kem} public key is refused: {reason}")]
    PublicKey {
        /// Name of the KEM.
        kem: &'static str,
        /// What is wrong.
        reason: &'static str,
    },
    /// An HPKE secret key that is none.
    #[error("the {kem} secret key is refused: it has the wrong length or is out of range")]
    SecretKey {
        /// Name of the KEM.
        kem: &'static str,
    },
    /// Threshold and number of trustees do not fit `2 <= t <= n <= 9`.
    #[error("{threshold} of {trustees} trustees: need 2 <= threshold <= trustees <= 9")]
    Trustees {
        /// The threshold t.
        threshold: u8,
        /// The number of keys n.
        trustees: usize,
    },
    /// Bytes that no dealing produces.
    #[error("the key block is malformed: {0}")]
    KeyBlock(&'static str),
    /// There is no such trustee slot in the key block.
    #[error("slot {slot} does not exist; this key block has slots 1 to {trustees}")]
    Slot {
        /// The slot that was asked for.
        slot: u8,
        /// Trustees in the key block.
        trustees: u8,
    },
    /// The slot does not open: another key, another context, or garbage.
    #[error("slot {slot} does not open with this key in this context")]
    SlotClosed {
        /// The slot; 0 is the bidder's own.
        slot: u8,
    },
    /// The part was sealed under another key, context or part number.
    #[error("the part was sealed under another key, for another context or as another part")]
    Commitment,
    /// A chunk was changed, swapped or comes from elsewhere.
    #[error("chunk {chunk} of the part is damaged")]
    Chunk {
        /// Number of the chunk, from 0.
        chunk: u64,
    },
    /// The part does not end the way a part ends.
    #[error("the part is cut off after {bytes} bytes")]
    Truncated {
        /// Ciphertext bytes seen, header included.
        bytes: u64,
    },
    /// A segment of the wrong length, or one behind the last.
    #[error("the segment does not fit: {0}")]
    Segment(&'static str),
    /// The part is longer than a whole bid may be.
    #[error("a bid has at most 17179869184 bytes (16 GiB)")]
    TooLong,
    /// Names of a document set that are not ascending, or not unique.
    #[error("the document names must be ascending and unique; {name:?} is not")]
    DocumentOrder {
        /// The first name out of order.
        name: String,
    },
    /// The operating system gave no randomness.
    #[error("the operating system gave no random bytes")]
    NoRandomness,
    /// A primitive refused input that was checked before; nothing was sealed.
    #[error("the cryptographic library refused its input; nothing was sealed")]
    Primitive,
}

impl SealError {
    /// Stable identifier of the error.
    pub fn code(&self) -> &'static str {
        match self {
            SealError::PublicKey { .. } => "seal-public-key",
            SealError::SecretKey { .. } => "seal-secret-key",
            SealError::Trustees { .. } => "seal-trustees",
            SealError::KeyBlock(_) => "seal-key-block",
            SealError::Slot { .. } => "seal-slot",
            SealError::SlotClosed { .. } => "seal-slot-closed",
            SealError::Commitment => "seal-commitment",
            SealError::Chunk { .. } => "seal-chunk",
            SealError::Truncated { .. } => "seal-truncated",
            SealError::Segment(_) => "seal-segment",
            SealError::TooLong => "seal-too-long",
            SealError::DocumentOrder { .. } => "seal-document-order",
            SealError::NoRandomness => "no-randomness",
            SealError::Primitive => "seal-primitive",
        }
    }
}
