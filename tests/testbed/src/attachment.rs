//! Bids with attachments that are too long to stand in the manifest: sealed like the bid form, uploaded as content.

use play::{Bid, SealedBid, id, seal_bid, seed};
use procedure::act::{Notice, SealedPart};
use procedure::bid_context;
use record::sealing::{PART_HEADER_BYTES, SEGMENT_BYTES, TrusteeKeys, part_root, seal_part};

/// The ciphertext of an attachment, cut as it is uploaded.
#[derive(Clone, Debug)]
pub struct SealedAttachment {
    /// Salt and commitment first, then segments.
    pub segments: Vec<Vec<u8>>,
}

/// Seals a bid with attachments behind its form. Upload the segments before the manifest is posted.
///
/// # Panics
/// The bid is not one of `play`.
pub fn seal_with_attachments(
    origin: &str,
    notice: &Notice,
    keys: &TrusteeKeys,
    bid: &Bid<'_>,
    texts: &[Vec<u8>],
) -> (SealedBid, Vec<SealedAttachment>) {
    let mut sealed = seal_bid(origin, notice, keys, bid);
    let context = bid_context(
        &sealed.manifest,
        &sealed.manifest.envelopes[0],
        &id("benchmark"),
    );
    let context = context.expect("the context is well-formed").digest();
    let mut attachments = Vec::new();
    for (number, text) in (1_u32..).zip(texts) {
        let salt = &seed(&format!("attachment/{}/{number}", bid.label))[..24];
        let salt = salt.try_into().expect("24 bytes");
        let ciphertext = seal_part(&sealed.opening_key, &context, number, salt, text);
        let (header, rest) = ciphertext.split_at(PART_HEADER_BYTES);
        let segments = rest.chunks(SEGMENT_BYTES).map(<[u8]>::to_vec);
        let segments: Vec<Vec<u8>> = std::iter::once(header.to_vec()).chain(segments).collect();
        sealed.manifest.envelopes[0].parts.push(SealedPart {
            size: ciphertext.len() as u64,
            root: part_root(&ciphertext),
            segments: u32::try_from(segments.len() - 1).expect("few"),
            inline: None,
        });
        attachments.push(SealedAttachment { segments });
    }
    (sealed, attachments)
}
