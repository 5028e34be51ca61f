//! Sealed envelopes as the raw statements give them, for checks that do not rely on the replay.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use procedure::act::{BidManifest, DrawContribution, Notice, SealedEnvelope, TrusteeSet};
use procedure::{bid_context, contribution_context};
use record::sealing::{EnvelopeKind, FileKey, KemPublicKey, TrusteeKeys, deal, open_part};
use record::{Digest, Identifier};

/// Identifier of the one draw of a tender.
pub(crate) const DRAW: &str = "benchmark";

/// One envelope with everything that a key is checked against.
pub(crate) struct Sealed<'a> {
    context: Digest,
    recovery: &'a KemPublicKey,
    envelope: &'a SealedEnvelope,
}

impl<'a> Sealed<'a> {
    /// The envelope of this kind in a bid.
    pub fn of_bid(manifest: &'a BidManifest, kind: EnvelopeKind) -> Option<Sealed<'a>> {
        let envelope = manifest.envelopes.iter().find(|one| one.kind == kind)?;
        let context = bid_context(manifest, envelope, &draw_id()?).ok()?;
        Some(Sealed {
            context: context.digest(),
            recovery: &manifest.recovery,
            envelope,
        })
    }

    /// The envelope of a contribution that came without a bid.
    pub fn of_contribution(
        body: &'a DrawContribution,
        log_origin: &str,
        notice: &Notice,
    ) -> Option<Sealed<'a>> {
        let (documents, trustees) = (notice.document_set, notice.trustee_set);
        let context = contribution_context(body, log_origin, documents, trustees).ok()?;
        Some(Sealed {
            context: context.digest(),
            recovery: &body.recovery,
            envelope: &body.envelope,
        })
    }

    /// `Deal(key) == key_block`.
    pub fn is_dealt_by(&self, key: &Digest, trustees: &TrusteeKeys) -> bool {
        let key = FileKey::from_bytes(key.0);
        let dealt = deal(&key, &self.context, self.recovery, trustees);
        let found = STANDARD.decode(&self.envelope.key_block);
        matches!((dealt, found), (Ok(dealt), Ok(found)) if dealt == found)
    }

    /// What the envelope contributes to a draw under this key.
    pub fn contribution(&self, key: &Digest) -> Digest {
        FileKey::from_bytes(key.0).draw_contribution(&self.context)
    }

    /// The plaintext of part 0, the bid form; `None` when it does not open.
    pub fn form(&self, key: &Digest) -> Option<Vec<u8>> {
        let inline = self.envelope.parts.first()?.inline.as_ref()?;
        let sealed = STANDARD.decode(inline).ok()?;
        open_part(&FileKey::from_bytes(key.0), &self.context, 0, &sealed).ok()
    }
}

/// The identifier [`DRAW`].
pub(crate) fn draw_id() -> Option<Identifier> {
    Identifier::new(DRAW).ok()
}

/// The keys of a trustee set, where threshold and number are possible.
pub(crate) fn trustee_keys(set: &TrusteeSet) -> Option<TrusteeKeys> {
    let keys = set.members.iter().map(|member| member.key.clone());
    TrusteeKeys::new(set.threshold, keys.collect()).ok()
}

/// Base64 of a statement's field.
pub(crate) fn decode_base64(text: &str) -> Option<Vec<u8>> {
    STANDARD.decode(text).ok()
}
