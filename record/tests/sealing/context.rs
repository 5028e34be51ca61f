//! The seal context: the vector, and that every field enters it.

use record::sealing::{EnvelopeKind, Kem, KemSecretKey, SealContext};
use record::{Digest, Identifier};

use crate::vectors;

#[test]
fn the_vector() {
    assert_eq!(vectors::context().digest(), vectors::ctx());
    assert_eq!(
        vectors::text(&vectors::seal(), "dst"),
        record::seq::domain::SEAL_CONTEXT
    );
}

#[test]
fn every_field_changes_it() {
    let id = |text: &str| Identifier::new(text).unwrap();
    let changes: [fn(&mut SealContext, Identifier); 10] = [
        |context, _| context.log_origin.push('x'),
        |context, id| context.tender_id = id,
        |context, _| context.document_set_digest = Digest::ZERO,
        |context, id| context.lot_id = id,
        |context, _| context.kind = EnvelopeKind::Contrib,
        |context, id| context.bidder_id = id,
        |context, _| context.bidder_sig_pk.push(0),
        |context, _| context.recovery = KemSecretKey::derive(Kem::P256, &[1; 32]).public().clone(),
        |context, _| context.trustee_set_digest = Digest::ZERO,
        |context, _| context.nonce[15] ^= 1,
    ];
    let mut digests = vec![vectors::ctx()];
    for change in changes {
        let mut context = vectors::context();
        change(&mut context, id("other"));
        digests.push(context.digest());
    }
    digests.sort();
    digests.dedup();
    assert_eq!(digests.len(), 11);
}

#[test]
fn kinds_have_one_spelling() {
    use EnvelopeKind::{Commercial, Contrib, Opening, Rehearsal, Technical};
    for kind in [Opening, Technical, Commercial, Contrib, Rehearsal] {
        let json = format!("\"{}\"", kind.as_str());
        assert_eq!(serde_json::to_string(&kind).unwrap(), json);
        assert_eq!(serde_json::from_str::<EnvelopeKind>(&json).unwrap(), kind);
    }
}
