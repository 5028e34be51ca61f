//! Contributions to the draw that come without a bid: from the tenderee and from witnesses, and from everybody
//! for a further attempt.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use procedure::act::{Act, DrawContribution, SealedEnvelope};
use procedure::contribution_context;
use record::Digest;
use record::sealing::{self, EnvelopeKind, FileKey};
use record::statement::Envelope;

use super::{Sealer, SealingError, Terms, fresh_nonce, key_digest};

/// A sealed contribution.
#[derive(Clone, Debug)]
pub struct OwnContribution {
    /// `draw-contribution`, signed.
    pub envelope: Envelope,
    /// Its key, should the contributor have to open it.
    pub key: Digest,
}

/// Seals a fresh contribution to attempt number `attempt` of the draw.
///
/// # Errors
/// No randomness.
pub fn seal_contribution(
    terms: &Terms,
    sealer: Sealer<'_>,
    attempt: u32,
) -> Result<OwnContribution, SealingError> {
    let nonce = fresh_nonce()?;
    let mut body = DrawContribution {
        tender: terms.notice.tender.clone(),
        draw: terms.draw.clone(),
        attempt,
        contributor: sealer.account.clone(),
        signature_key: hex::encode(sealer.key.public().bytes()),
        recovery: sealer.recovery.clone(),
        envelope: SealedEnvelope {
            kind: EnvelopeKind::Contrib,
            nonce,
            key_block: String::new(),
            parts: Vec::new(),
        },
    };
    let context = contribution_context(
        &body,
        &terms.origin,
        terms.notice.document_set,
        terms.notice.trustee_set,
    )
    .map_err(|refusal| SealingError::Form(refusal.to_string()))?;
    let key = FileKey::generate()?;
    let block = sealing::deal(&key, &context.digest(), sealer.recovery, &terms.trustees)?;
    body.envelope.key_block = STANDARD.encode(block);
    let mut envelope = Act::from(body).envelope();
    envelope.add_signature(sealer.key);
    Ok(OwnContribution {
        envelope,
        key: key_digest(&key),
    })
}
