//! Sealed things: bids, contributions, rehearsals, and how a trustee opens its slot.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use procedure::act::{
    BidManifest, DrawContribution, Notice, RehearsalDealt, ReleasedShare, SealedEnvelope,
    SealedPart,
};
use procedure::{Bidding, Sealed, Stage, bid_context, contribution_context, rehearsal_context};
use record::sealing::{
    EnvelopeKind, FileKey, SEGMENT_BYTES, TrusteeKeys, deal, open_share, part_root, seal_part,
};
use record::{Digest, Identifier};
use serde_json::json;

use crate::{Actor, World, id, seed};

/// What a bidder puts into a bid.
#[derive(Clone, Debug)]
pub struct Bid<'a> {
    /// Who bids.
    pub bidder: &'a Actor,
    /// The bid form, see [`form_json`].
    pub form: Vec<u8>,
    /// Number of the manifest.
    pub seq: u64,
    /// The live bid that it replaces.
    pub replaces: Option<Digest>,
    /// Makes keys, nonces and salts fresh: one label for one sealing.
    pub label: &'a str,
}

/// A manifest with the keys of its envelopes.
#[derive(Clone, Debug)]
pub struct SealedBid {
    /// The manifest.
    pub manifest: BidManifest,
    /// K of the envelope `opening`.
    pub opening_key: FileKey,
    /// K of the envelope `contrib`.
    pub contrib_key: FileKey,
}

/// The bid form with a price and the other standard fields.
pub fn form_json(price: &str) -> Vec<u8> {
    json!({ "price": price, "period": 90, "manager": "王工" })
        .to_string()
        .into_bytes()
}

fn file_key(label: &str) -> FileKey {
    FileKey::from_bytes(seed(&format!("file-key/{label}")))
}

fn nonce(label: &str) -> String {
    hex::encode(&seed(&format!("nonce/{label}"))[..16])
}

fn part_salt(label: &str) -> [u8; 24] {
    seed(&format!("part-salt/{label}"))[..24]
        .try_into()
        .expect("24 of 32 bytes")
}

/// A part as a manifest names it, with its ciphertext inline.
pub fn sealed_part(ciphertext: &[u8]) -> SealedPart {
    SealedPart {
        size: ciphertext.len() as u64,
        root: part_root(ciphertext),
        segments: (ciphertext.len().saturating_sub(56)).div_ceil(SEGMENT_BYTES) as u32,
        inline: Some(STANDARD.encode(ciphertext)),
    }
}

/// Seals a bid for an announced tender.
pub fn seal_bid(origin: &str, notice: &Notice, trustees: &TrusteeKeys, bid: &Bid<'_>) -> SealedBid {
    let (opening_key, contrib_key) = (
        file_key(&format!("{}/opening", bid.label)),
        file_key(&format!("{}/contrib", bid.label)),
    );
    let envelope = |kind: EnvelopeKind| SealedEnvelope {
        kind,
        nonce: nonce(&format!("{}/{kind}", bid.label)),
        key_block: String::new(),
        parts: Vec::new(),
    };
    let mut manifest = BidManifest {
        tender: notice.tender.clone(),
        log_origin: origin.to_owned(),
        document_set_digest: notice.document_set,
        lot_id: notice.lot.clone(),
        bidder_id: bid.bidder.id().clone(),
        bidder_sig_pk: bid.bidder.signature_key(),
        recovery: bid.bidder.hpke().public().clone(),
        trustee_set_digest: notice.trustee_set,
        envelopes: vec![
            envelope(EnvelopeKind::Opening),
            envelope(EnvelopeKind::Contrib),
        ],
        seq: bid.seq,
        replaces: bid.replaces,
        members: Vec::new(),
    };
    let context = |place: usize, manifest: &BidManifest| {
        bid_context(manifest, &manifest.envelopes[place], &id("benchmark"))
            .expect("the context is well-formed")
            .digest()
    };
    for (place, key) in [&opening_key, &contrib_key].into_iter().enumerate() {
        let block = deal(
            key,
            &context(place, &manifest),
            &manifest.recovery,
            trustees,
        )
        .expect("the set is sound");
        manifest.envelopes[place].key_block = STANDARD.encode(block);
    }
    let ciphertext = seal_part(
        &opening_key,
        &context(0, &manifest),
        0,
        part_salt(bid.label),
        &bid.form,
    );
    manifest.envelopes[0].parts = vec![sealed_part(&ciphertext)];
    SealedBid {
        manifest,
        opening_key,
        contrib_key,
    }
}

/// Replaces the key block of the envelope `opening` by one that has the right form and opens nothing: it is
/// dealt for another context.
pub(crate) fn spoil_key_block(bid: &mut SealedBid, trustees: &TrusteeKeys) {
    let foreign = Digest::sha256(b"another context");
    let block = deal(&bid.opening_key, &foreign, &bid.manifest.recovery, trustees)
        .expect("the set is sound");
    bid.manifest.envelopes[0].key_block = STANDARD.encode(block);
}

/// Replaces the bid form by bytes that do not decrypt.
pub(crate) fn spoil_part(bid: &mut SealedBid, label: &str) {
    let noise: Vec<u8> = (0..6)
        .flat_map(|block| seed(&format!("garbage/{label}/{block}")))
        .collect();
    bid.manifest.envelopes[0].parts = vec![sealed_part(&noise)];
}

/// Seals a contribution to attempt `attempt` of the draw.
pub fn contribution(
    origin: &str,
    bidding: &Bidding,
    attempt: u32,
    contributor: &Actor,
    label: &str,
) -> (DrawContribution, FileKey) {
    let key = file_key(&format!("{label}/contrib"));
    let mut body = DrawContribution {
        tender: bidding.notice.tender.clone(),
        draw: id("benchmark"),
        attempt,
        contributor: contributor.id().clone(),
        signature_key: contributor.signature_key(),
        recovery: contributor.hpke().public().clone(),
        envelope: SealedEnvelope {
            kind: EnvelopeKind::Contrib,
            nonce: nonce(&format!("{label}/contrib")),
            key_block: String::new(),
            parts: Vec::new(),
        },
    };
    let notice = &bidding.notice;
    let context = contribution_context(&body, origin, notice.document_set, notice.trustee_set);
    let context = context.expect("the context is well-formed").digest();
    let block = deal(&key, &context, &body.recovery, &bidding.keys).expect("the set is sound");
    body.envelope.key_block = STANDARD.encode(block);
    (body, key)
}

/// The platform's rehearsal of a set of a draft.
pub fn rehearsal(world: &World, tender: &Identifier, set: &Digest) -> RehearsalDealt {
    let Stage::Draft(preparation) = world.tender(tender).stage() else {
        panic!("rehearsals belong to drafts")
    };
    let keys = &preparation.sets[set].keys;
    let platform = world.platform();
    // Another rehearsal of the same set is another envelope.
    let label = format!("rehearsal/{set}/{}", world.log().size());
    let mut body = RehearsalDealt {
        tender: tender.clone(),
        trustee_set: *set,
        signature_key: platform.signature_key(),
        recovery: platform.hpke().public().clone(),
        nonce: nonce(&label),
        key_block: String::new(),
    };
    let context = rehearsal_context(&body, world.directory().origin(), platform.id());
    let context = context.expect("the context is well-formed").digest();
    let block = deal(&file_key(&label), &context, &body.recovery, keys).expect("the set is sound");
    body.key_block = STANDARD.encode(block);
    body
}

/// What the trustee of `slot` releases for an envelope: its share, or that the slot does not decrypt.
pub fn open_slot(envelope: Digest, sealed: &Sealed, slot: u8, trustee: &Actor) -> ReleasedShare {
    let share = open_share(&sealed.key_block, &sealed.context, slot, &trustee.hpke()).ok();
    ReleasedShare { envelope, share }
}
