//! A sealed bid: manifest, ciphertext files, secrets.

use std::path::{Path, PathBuf};

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use procedure::act::{Act, BidManifest, SealedEnvelope, SealedPart};
use procedure::limits::INLINE_BYTES_MAX;
use procedure::{Refusal, bid_context, read_form};
use record::sealing::{self, EnvelopeKind, FileKey, PARTS_MAX, fresh_salt, part_root, seal_part};
use record::statement::Envelope;
use record::{Digest, Identifier};
use serde_json::{Map, Value};

use super::{PartFile, Sealer, SealingError, Secrets, Terms, fresh_nonce, key_digest, seal_file};

/// Where a bid stands among those of its bidder.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Succession {
    /// 1 for the first one, then one more each time.
    pub seq: u64,
    /// The live bid that this one replaces; none for a first bid and after a withdrawal.
    pub replaces: Option<Digest>,
}

impl Succession {
    /// A first bid.
    pub fn first() -> Succession {
        Succession {
            seq: 1,
            replaces: None,
        }
    }
}

/// What goes into a bid.
#[derive(Clone, Debug)]
pub struct BidPlan {
    /// The bid form: field id to value (`price` is a decimal string).
    pub form: Map<String, Value>,
    /// Files that are sealed beside it.
    pub attachments: Vec<PathBuf>,
    /// Further members of a consortium.
    pub members: Vec<Identifier>,
    /// First bid, replacement, or a new one after a withdrawal.
    pub succession: Succession,
}

/// A bid that is sealed and signed, and of which nothing was sent yet.
#[derive(Clone, Debug)]
pub struct SealedBid {
    /// `bid-manifest`, signed.
    pub envelope: Envelope,
    /// The same, read.
    pub manifest: BidManifest,
    /// The attachments' ciphertexts, part 1 first.
    pub parts: Vec<PartFile>,
    /// Keys and form, for the bidder alone.
    pub secrets: Secrets,
}

/// Seals a bid for `terms`; ciphertexts of attachments are written to the existing folder `parts_folder`.
///
/// # Errors
/// The form does not fit the notice, a file cannot be read or written.
pub fn seal_bid(
    terms: &Terms,
    sealer: Sealer<'_>,
    plan: &BidPlan,
    parts_folder: &Path,
    progress: &mut dyn FnMut(u64),
) -> Result<SealedBid, SealingError> {
    let form = Value::Object(plan.form.clone()).to_string().into_bytes();
    read_form(&terms.notice.bid_form, &form).map_err(SealingError::Form)?;
    if plan.attachments.len() >= PARTS_MAX {
        return Err(SealingError::Limit(format!(
            "at most {} attachments; put several files into one archive",
            PARTS_MAX - 1
        )));
    }
    let mut manifest = BidManifest {
        tender: terms.notice.tender.clone(),
        log_origin: terms.origin.clone(),
        document_set_digest: terms.notice.document_set,
        lot_id: terms.notice.lot.clone(),
        bidder_id: sealer.account.clone(),
        bidder_sig_pk: hex::encode(sealer.key.public().bytes()),
        recovery: sealer.recovery.clone(),
        trustee_set_digest: terms.notice.trustee_set,
        envelopes: vec![blank(EnvelopeKind::Opening)?, blank(EnvelopeKind::Contrib)?],
        seq: plan.succession.seq,
        replaces: plan.succession.replaces,
        members: plan.members.clone(),
    };
    let keys = (FileKey::generate()?, FileKey::generate()?);
    let opening = context(terms, &manifest, 0)?;
    let contrib = context(terms, &manifest, 1)?;

    let mut attachments = Vec::new();
    for (number, source) in (1..).zip(&plan.attachments) {
        let target = parts_folder.join(format!("opening-{number:03}.sealed"));
        attachments.push(seal_file(
            &keys.0, &opening, number, source, &target, progress,
        )?);
    }
    let sealed_form = seal_form(&keys.0, &opening, &form)?;
    let deal = |key: &FileKey, context: &Digest| {
        let block = sealing::deal(key, context, sealer.recovery, &terms.trustees)?;
        Ok::<_, SealingError>(STANDARD.encode(block))
    };
    let blocks = [deal(&keys.0, &opening)?, deal(&keys.1, &contrib)?];
    for (envelope, block) in manifest.envelopes.iter_mut().zip(blocks) {
        envelope.key_block = block;
    }
    if let Some(envelope) = manifest.envelopes.first_mut() {
        envelope.parts = std::iter::once(sealed_form)
            .chain(attachments.iter().map(|file| file.part.clone()))
            .collect();
    }
    let mut envelope = Act::from(manifest.clone()).envelope();
    envelope.add_signature(sealer.key);
    let secrets = Secrets {
        opening: key_digest(&keys.0),
        contrib: key_digest(&keys.1),
        form: plan.form.clone(),
    };
    Ok(SealedBid {
        envelope,
        manifest,
        parts: attachments,
        secrets,
    })
}

/// An envelope that has its nonce and nothing else yet: the context does not depend on the rest.
fn blank(kind: EnvelopeKind) -> Result<SealedEnvelope, SealingError> {
    Ok(SealedEnvelope {
        kind,
        nonce: fresh_nonce()?,
        key_block: String::new(),
        parts: Vec::new(),
    })
}

fn context(terms: &Terms, manifest: &BidManifest, place: usize) -> Result<Digest, SealingError> {
    let envelope = manifest
        .envelopes
        .get(place)
        .ok_or_else(|| SealingError::Form("no envelope".to_owned()))?;
    let refused = |refusal: Refusal| SealingError::Form(refusal.to_string());
    Ok(bid_context(manifest, envelope, &terms.draw)
        .map_err(refused)?
        .digest())
}

fn seal_form(key: &FileKey, context: &Digest, form: &[u8]) -> Result<SealedPart, SealingError> {
    let ciphertext = seal_part(key, context, 0, fresh_salt()?, form);
    if ciphertext.is_empty() || ciphertext.len() > INLINE_BYTES_MAX {
        return Err(SealingError::Limit(format!(
            "the bid form is longer than {INLINE_BYTES_MAX} bytes; shorten its texts"
        )));
    }
    let size = ciphertext.len() as u64;
    Ok(SealedPart {
        size,
        root: part_root(&ciphertext),
        segments: 1,
        inline: Some(STANDARD.encode(&ciphertext)),
    })
}
