//! What envelopes are bound to, and the form that a manifest must have before it is admitted.

use record::sealing::{
    self, BID_BYTES_MAX, EnvelopeKind, PART_HEADER_BYTES, PARTS_MAX, SEGMENT_BYTES, SealContext,
    TrusteeKeys,
};
use record::{Digest, Identifier};

use crate::act::{BidManifest, DrawContribution, RehearsalDealt, SealedEnvelope, SealedPart};
use crate::limits::INLINE_BYTES_MAX;
use crate::refusal::{Code, Refusal, demand};

/// Context of an envelope of a bid. For kind `contrib` the lot is the draw (protocol section 4).
///
/// # Errors
/// Malformed hex in the nonce or the signature key.
pub fn bid_context(
    manifest: &BidManifest,
    envelope: &SealedEnvelope,
    draw: &Identifier,
) -> Result<SealContext, Refusal> {
    let lot = if envelope.kind == EnvelopeKind::Contrib {
        draw
    } else {
        &manifest.lot_id
    };
    Ok(SealContext {
        log_origin: manifest.log_origin.clone(),
        tender_id: manifest.tender.clone(),
        document_set_digest: manifest.document_set_digest,
        lot_id: lot.clone(),
        kind: envelope.kind,
        bidder_id: manifest.bidder_id.clone(),
        bidder_sig_pk: decode_hex(&manifest.bidder_sig_pk, "/bidder_sig_pk")?,
        recovery: manifest.recovery.clone(),
        trustee_set_digest: manifest.trustee_set_digest,
        nonce: decode_nonce(&envelope.nonce)?,
    })
}

/// Context of a contribution that comes without a bid; its lot is the draw.
///
/// # Errors
/// Malformed hex in the nonce or the signature key.
pub fn contribution_context(
    body: &DrawContribution,
    log_origin: &str,
    document_set: Digest,
    trustee_set: Digest,
) -> Result<SealContext, Refusal> {
    Ok(SealContext {
        log_origin: log_origin.to_owned(),
        tender_id: body.tender.clone(),
        document_set_digest: document_set,
        lot_id: body.draw.clone(),
        kind: body.envelope.kind,
        bidder_id: body.contributor.clone(),
        bidder_sig_pk: decode_hex(&body.signature_key, "/signature_key")?,
        recovery: body.recovery.clone(),
        trustee_set_digest: trustee_set,
        nonce: decode_nonce(&body.envelope.nonce)?,
    })
}

/// Context of a rehearsal: there is no notice yet, so the document set is all zeros and the lot `rehearsal`.
///
/// # Errors
/// Malformed hex in the nonce or the signature key.
pub fn rehearsal_context(
    body: &RehearsalDealt,
    log_origin: &str,
    platform: &Identifier,
) -> Result<SealContext, Refusal> {
    let lot = Identifier::new("rehearsal")
        .map_err(|error| Refusal::new(Code::RehearsalMismatch, error.to_string()))?;
    Ok(SealContext {
        log_origin: log_origin.to_owned(),
        tender_id: body.tender.clone(),
        document_set_digest: Digest::ZERO,
        lot_id: lot,
        kind: EnvelopeKind::Rehearsal,
        bidder_id: platform.clone(),
        bidder_sig_pk: decode_hex(&body.signature_key, "/signature_key")?,
        recovery: body.recovery.clone(),
        trustee_set_digest: body.trustee_set,
        nonce: decode_nonce(&body.nonce)?,
    })
}

/// Base64 of a key block that has the form for `trustees` (what stands in it is only known when it is opened).
pub(super) fn decode_key_block(
    text: &str,
    trustees: &TrusteeKeys,
    pointer: &str,
) -> Result<Vec<u8>, Refusal> {
    let refuse = |detail: String| Refusal::new(Code::KeyBlockForm, detail).at(pointer);
    let block = decode_base64(text).ok_or_else(|| refuse("not base64".into()))?;
    sealing::check_key_block_form(&block, trustees).map_err(|error| refuse(error.to_string()))?;
    Ok(block)
}

/// Checks sizes and roots of the parts of an `opening` envelope; the inline ciphertext of the form comes back.
pub(super) fn check_parts(envelope: &SealedEnvelope, pointer: &str) -> Result<Vec<u8>, Refusal> {
    let parts = &envelope.parts;
    demand(parts.len() <= PARTS_MAX, Code::LimitExceeded, || {
        format!("at most {PARTS_MAX} parts")
    })?;
    let mut total = 0_u64;
    for (position, part) in parts.iter().enumerate() {
        let place = format!("{pointer}/parts/{position}");
        check_segments(part).map_err(|refusal| refusal.at(place.clone()))?;
        demand(
            position == 0 || part.inline.is_none(),
            Code::PartsWrong,
            || "only part 0 is inline",
        )?;
        total = total.saturating_add(part.size);
    }
    demand(total <= BID_BYTES_MAX, Code::LimitExceeded, || {
        format!("a bid has at most {BID_BYTES_MAX} bytes")
    })?;
    let place = format!("{pointer}/parts/0");
    let form = parts.first().ok_or_else(|| {
        Refusal::new(Code::PartsWrong, "part 0 is the bid form").at(place.clone())
    })?;
    let inline = form.inline.as_deref().and_then(decode_base64);
    let Some(ciphertext) = inline else {
        return Err(
            Refusal::new(Code::PartsWrong, "the bid form travels inline, in base64").at(place),
        );
    };
    let fits = ciphertext.len() <= INLINE_BYTES_MAX
        && u64::try_from(ciphertext.len()) == Ok(form.size)
        && sealing::part_root(&ciphertext) == form.root;
    demand(
        fits,
        Code::PartsWrong,
        || "the inline ciphertext does not have the size and the root that are named",
    )
    .map_err(|refusal| refusal.at(place))?;
    Ok(ciphertext)
}

fn check_segments(part: &SealedPart) -> Result<(), Refusal> {
    let header = PART_HEADER_BYTES as u64;
    let sealed = part.size.checked_sub(header).filter(|sealed| *sealed > 0);
    let segments = sealed.map(|sealed| sealed.div_ceil(SEGMENT_BYTES as u64));
    demand(
        segments == Some(u64::from(part.segments)),
        Code::PartsWrong,
        || format!("{} bytes are not {} segments", part.size, part.segments),
    )
}

fn decode_nonce(text: &str) -> Result<[u8; 16], Refusal> {
    let bytes = decode_hex(text, "/nonce")?;
    bytes
        .try_into()
        .map_err(|_| Refusal::new(Code::ContextMismatch, "a nonce has 16 bytes").at("/nonce"))
}

fn decode_hex(text: &str, pointer: &str) -> Result<Vec<u8>, Refusal> {
    let refuse = || Refusal::new(Code::ContextMismatch, "not lower-case hexadecimal").at(pointer);
    if text.len() > 4096 || text.bytes().any(|byte| byte.is_ascii_uppercase()) {
        return Err(refuse());
    }
    hex::decode(text).map_err(|_| refuse())
}

fn decode_base64(text: &str) -> Option<Vec<u8>> {
    use base64::Engine as _;
    base64::engine::general_purpose::STANDARD.decode(text).ok()
}
