//! Parts: C2SP chunked-encryption "Cobblestone-256" (HKDF-Expand-SHA-512, AES-256-GCM, chunks of 16 KiB).
//!
//! `salt(24) || commitment(32) || chunk 0 || chunk 1 || ...`: every chunk but the last holds exactly 16 KiB, the
//! last holds less and may be empty, so a cut is always seen. The commitment binds key, salt and context: a
//! ciphertext opens in one way or not at all.
//!
//! A part is handled in segments of 256 chunks, with one buffer per segment. A text segment that is shorter
//! than [`SEGMENT_TEXT_BYTES`] is the last one; a text whose length is a multiple of that ends with an empty one.

use zeroize::Zeroizing;

use super::{FileKey, SealError};
use crate::Digest;
use crate::crypto::{self, Aes256Gcm, CryptoError, NONCE_BYTES, TAG_BYTES};
use crate::seq::domain;

/// Text bytes of a full chunk.
pub const CHUNK_BYTES: usize = 16_384;
/// Ciphertext bytes of a full chunk.
pub const SEALED_CHUNK_BYTES: usize = CHUNK_BYTES + TAG_BYTES;
/// Chunks of a full segment.
pub const SEGMENT_CHUNKS: usize = 256;
/// Ciphertext bytes of a full segment.
pub const SEGMENT_BYTES: usize = SEGMENT_CHUNKS * SEALED_CHUNK_BYTES;
/// Text bytes of a full segment.
pub const SEGMENT_TEXT_BYTES: usize = SEGMENT_CHUNKS * CHUNK_BYTES;
/// Bytes of the salt: random, never used twice with one key.
pub const SALT_BYTES: usize = 24;
/// Bytes of salt and commitment.
pub const PART_HEADER_BYTES: usize = SALT_BYTES + 32;
/// The longest bid in ciphertext bytes, and so the longest part: 16 GiB.
pub const BID_BYTES_MAX: u64 = 16 << 30;
/// The most parts of one envelope.
pub const PARTS_MAX: usize = 64;

/// The info of HKDF before salt and context.
const INFO_PREFIX: &[u8] = b"c2sp.org/chunked-encryption@v1+AEAD_AES_256_GCM\0";

/// A random salt for one part.
pub fn fresh_salt() -> Result<[u8; SALT_BYTES], SealError> {
    crypto::random().map_err(|CryptoError| SealError::NoRandomness)
}

/// Ciphertext bytes of a part with that many bytes of text, header included.
pub fn sealed_bytes(text_bytes: u64) -> u64 {
    const CHUNK: u64 = CHUNK_BYTES as u64;
    let full_chunks = text_bytes / CHUNK;
    let tags = full_chunks
        .saturating_add(1)
        .saturating_mul(TAG_BYTES as u64);
    text_bytes
        .saturating_add(tags)
        .saturating_add(PART_HEADER_BYTES as u64)
}

/// Cipher, base nonce and place in one part; shared by both directions.
struct Chunks {
    cipher: Aes256Gcm,
    base_nonce: [u8; NONCE_BYTES],
    next: u64,
    bytes: u64,
    ended: bool,
}

impl Chunks {
    /// Derives everything and gives the header that belongs to it.
    fn new(
        key: &FileKey,
        ctx: &Digest,
        part: u32,
        salt: &[u8; SALT_BYTES],
    ) -> Result<(Chunks, [u8; PART_HEADER_BYTES]), SealError> {
        let context = [
            domain::PART.as_bytes(),
            &[0],
            ctx.as_bytes(),
            &part.to_be_bytes(),
        ]
        .concat();
        let info = [INFO_PREFIX, salt, &context].concat();
        let payload_key = key.payload_key(ctx);
        let first = crypto::hmac_sha512(&payload_key, &[&info, &[1]]);
        let second = crypto::hmac_sha512(&payload_key, &[first.as_slice(), &info, &[2]]);
        // key(32) || base nonce(12) || commitment(32), of which the first block holds 20 bytes.
        let mut derived = first.iter().chain(second.iter()).copied();
        let mut chunk_key = Zeroizing::new([0; 32]);
        let mut base_nonce = [0; NONCE_BYTES];
        let mut header = [0; PART_HEADER_BYTES];
        chunk_key
            .iter_mut()
            .zip(&mut derived)
            .for_each(|(to, from)| *to = from);
        base_nonce
            .iter_mut()
            .zip(&mut derived)
            .for_each(|(to, from)| *to = from);
        header
            .iter_mut()
            .zip(salt.iter().copied().chain(derived))
            .for_each(|(to, from)| *to = from);
        let cipher = Aes256Gcm::new(&chunk_key).map_err(|CryptoError| SealError::Primitive)?;
        Ok((
            Chunks {
                cipher,
                base_nonce,
                next: 0,
                bytes: PART_HEADER_BYTES as u64,
                ended: false,
            },
            header,
        ))
    }

    /// Accounts for a segment before any of it is worked on.
    fn begin_segment(&mut self, sealed_bytes: usize) -> Result<(), SealError> {
        if self.ended {
            return Err(SealError::Segment("the part has ended already"));
        }
        self.bytes = self.bytes.saturating_add(sealed_bytes as u64);
        if self.bytes > BID_BYTES_MAX {
            return Err(SealError::TooLong);
        }
        Ok(())
    }

    /// The nonce of the next chunk: the base nonce XOR the chunk's number.
    fn next_nonce(&mut self) -> [u8; NONCE_BYTES] {
        let mut nonce = self.base_nonce;
        nonce
            .iter_mut()
            .rev()
            .zip(self.next.to_le_bytes())
            .for_each(|(byte, count)| *byte ^= count);
        self.next = self.next.saturating_add(1);
        nonce
    }
}

/// Ciphertext bytes of one segment with that many bytes of text.
fn sealed_segment_bytes(text_bytes: usize) -> usize {
    let last_chunk = if text_bytes < SEGMENT_TEXT_BYTES {
        1
    } else {
        0
    };
    let chunks = (text_bytes / CHUNK_BYTES).saturating_add(last_chunk);
    text_bytes.saturating_add(chunks.saturating_mul(TAG_BYTES))
}

/// Encrypts one part, segment by segment.
pub struct PartSealer {
    chunks: Chunks,
    header: [u8; PART_HEADER_BYTES],
}

impl PartSealer {
    /// Starts a part. `salt` is fresh ([`fresh_salt`]); if the text changes in between, start over with another
    /// salt and another key.
    pub fn new(
        key: &FileKey,
        ctx: &Digest,
        part: u32,
        salt: [u8; SALT_BYTES],
    ) -> Result<PartSealer, SealError> {
        let (chunks, header) = Chunks::new(key, ctx, part, &salt)?;
        Ok(PartSealer { chunks, header })
    }

    /// The header, which goes before the first segment.
    pub fn header(&self) -> &[u8; PART_HEADER_BYTES] {
        &self.header
    }

    /// True once a segment shorter than [`SEGMENT_TEXT_BYTES`] was sealed.
    pub fn ended(&self) -> bool {
        self.chunks.ended
    }

    /// Seals the next segment. Less than [`SEGMENT_TEXT_BYTES`] of text end the part.
    pub fn seal_segment(&mut self, text: &[u8]) -> Result<Vec<u8>, SealError> {
        self.begin(text.len())?;
        let mut segment = Vec::with_capacity(sealed_segment_bytes(text.len()));
        // Each chunk is copied just before it is encrypted in place, so it is still in the cache.
        for chunk in text
            .chunks(CHUNK_BYTES)
            .chain(empty_chunk_behind(text.len()))
        {
            let start = segment.len();
            segment.extend_from_slice(chunk);
            let placed = segment.get_mut(start..).unwrap_or_default();
            let tag = seal_chunk(&mut self.chunks, placed)?;
            segment.extend_from_slice(&tag);
        }
        Ok(segment)
    }

    /// Seals the next segment where it lies, without any copy, and returns the length of its ciphertext.
    ///
    /// Chunk c of the text stands at `c * SEALED_CHUNK_BYTES` of `buffer`, so that each tag finds its place behind
    /// its chunk ([`text_slots`](PartSealer::text_slots) gives the places). `buffer` has [`SEGMENT_BYTES`] bytes.
    pub fn seal_segment_in_place(
        &mut self,
        buffer: &mut [u8],
        text_bytes: usize,
    ) -> Result<usize, SealError> {
        if buffer.len() < sealed_segment_bytes(text_bytes) {
            return Err(SealError::Segment(
                "the buffer is shorter than the ciphertext",
            ));
        }
        self.begin(text_bytes)?;
        let sealed = sealed_segment_bytes(text_bytes);
        for chunk in buffer
            .get_mut(..sealed)
            .unwrap_or_default()
            .chunks_mut(SEALED_CHUNK_BYTES)
        {
            let (text, tag_place) = chunk.split_at_mut(chunk.len().saturating_sub(TAG_BYTES));
            tag_place.copy_from_slice(&seal_chunk(&mut self.chunks, text)?);
        }
        Ok(sealed)
    }

    /// The places of a segment buffer into which text is read before
    /// [`seal_segment_in_place`](PartSealer::seal_segment_in_place): [`CHUNK_BYTES`] each, filled in order.
    pub fn text_slots(buffer: &mut [u8]) -> impl Iterator<Item = &mut [u8]> {
        buffer
            .chunks_exact_mut(SEALED_CHUNK_BYTES)
            .filter_map(|chunk| chunk.get_mut(..CHUNK_BYTES))
    }

    fn begin(&mut self, text_bytes: usize) -> Result<(), SealError> {
        if text_bytes > SEGMENT_TEXT_BYTES {
            return Err(SealError::Segment(
                "a segment holds at most 4194304 bytes of text",
            ));
        }
        self.chunks
            .begin_segment(sealed_segment_bytes(text_bytes))?;
        self.chunks.ended = text_bytes < SEGMENT_TEXT_BYTES;
        Ok(())
    }
}

/// The empty chunk that ends a part whose last text chunk is full.
fn empty_chunk_behind(text_bytes: usize) -> Option<&'static [u8]> {
    (text_bytes < SEGMENT_TEXT_BYTES && text_bytes.is_multiple_of(CHUNK_BYTES)).then_some(&[])
}

fn seal_chunk(chunks: &mut Chunks, text: &mut [u8]) -> Result<[u8; TAG_BYTES], SealError> {
    let nonce = chunks.next_nonce();
    chunks
        .cipher
        .seal(nonce, text)
        .map_err(|CryptoError| SealError::Primitive)
}

/// Decrypts one part, segment by segment. Nothing is known to be complete before [`PartOpener::finish`].
pub struct PartOpener {
    chunks: Chunks,
}

impl PartOpener {
    /// Starts with the header; refuses one that belongs to another key, context or part.
    pub fn new(
        key: &FileKey,
        ctx: &Digest,
        part: u32,
        header: &[u8],
    ) -> Result<PartOpener, SealError> {
        let truncated = SealError::Truncated {
            bytes: header.len() as u64,
        };
        let header: &[u8; PART_HEADER_BYTES] = header.try_into().map_err(|_| truncated.clone())?;
        let salt = header.first_chunk().ok_or(truncated)?;
        let (chunks, expected) = Chunks::new(key, ctx, part, salt)?;
        if crypto::equal(header, &expected) {
            Ok(PartOpener { chunks })
        } else {
            Err(SealError::Commitment)
        }
    }

    /// Opens the next segment in the buffer that holds it and returns the text in that buffer.
    pub fn open_segment(&mut self, mut segment: Vec<u8>) -> Result<Vec<u8>, SealError> {
        self.begin(segment.len())?;
        let mut text_end: usize = 0;
        let mut sealed_start: usize = 0;
        while sealed_start < segment.len() {
            let sealed_end = sealed_start
                .saturating_add(SEALED_CHUNK_BYTES)
                .min(segment.len());
            let chunk = self.chunks.next;
            let nonce = self.chunks.next_nonce();
            // The text moves to the front as it is decrypted, over the tags of the chunks before it.
            let window = segment.get_mut(text_end..sealed_end).unwrap_or_default();
            let shift = sealed_start.saturating_sub(text_end);
            let opened = self.chunks.cipher.open(nonce, window, shift);
            text_end =
                text_end.saturating_add(opened.map_err(|CryptoError| SealError::Chunk { chunk })?);
            sealed_start = sealed_end;
        }
        segment.truncate(text_end);
        Ok(segment)
    }

    fn begin(&mut self, sealed_bytes: usize) -> Result<(), SealError> {
        if sealed_bytes > SEGMENT_BYTES {
            return Err(SealError::Segment("a segment has at most 4198400 bytes"));
        }
        self.chunks.begin_segment(sealed_bytes)?;
        let last_chunk = sealed_bytes % SEALED_CHUNK_BYTES;
        if sealed_bytes < SEGMENT_BYTES && last_chunk < TAG_BYTES {
            return Err(SealError::Truncated {
                bytes: self.chunks.bytes,
            });
        }
        self.chunks.ended = sealed_bytes < SEGMENT_BYTES;
        Ok(())
    }

    /// Refuses a part whose last segment has not come.
    pub fn finish(self) -> Result<(), SealError> {
        if self.chunks.ended {
            Ok(())
        } else {
            Err(SealError::Truncated {
                bytes: self.chunks.bytes,
            })
        }
    }
}

/// Seals a part that is in memory as a whole: header and all segments.
///
/// Empty, which no opener accepts, for a text that is longer than a bid may be ([`BID_BYTES_MAX`]).
pub fn seal_part(
    key: &FileKey,
    ctx: &Digest,
    part: u32,
    salt: [u8; SALT_BYTES],
    text: &[u8],
) -> Vec<u8> {
    try_seal_part(key, ctx, part, salt, text).unwrap_or_default()
}

fn try_seal_part(
    key: &FileKey,
    ctx: &Digest,
    part: u32,
    salt: [u8; SALT_BYTES],
    text: &[u8],
) -> Result<Vec<u8>, SealError> {
    let mut sealer = PartSealer::new(key, ctx, part, salt)?;
    let mut ciphertext = sealer.header().to_vec();
    for segment in text.chunks(SEGMENT_TEXT_BYTES) {
        ciphertext.extend(sealer.seal_segment(segment)?);
    }
    if !sealer.ended() {
        ciphertext.extend(sealer.seal_segment(&[])?);
    }
    Ok(ciphertext)
}

/// Opens a part that is in memory as a whole.
pub fn open_part(
    key: &FileKey,
    ctx: &Digest,
    part: u32,
    ciphertext: &[u8],
) -> Result<Vec<u8>, SealError> {
    let cut = SealError::Truncated {
        bytes: ciphertext.len() as u64,
    };
    let (header, segments) = ciphertext.split_at_checked(PART_HEADER_BYTES).ok_or(cut)?;
    let mut opener = PartOpener::new(key, ctx, part, header)?;
    let mut text = Vec::with_capacity(segments.len());
    for segment in segments.chunks(SEGMENT_BYTES) {
        text.extend(opener.open_segment(segment.to_vec())?);
    }
    opener.finish()?;
    Ok(text)
}
