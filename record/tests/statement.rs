//! Statements: the vector, the JSON form, and who counts as a signer.

use std::collections::BTreeMap;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use proptest::prelude::*;
use record::key::{Algorithm, KeyId, PublicKey, SigningKey};
use record::statement::{
    Envelope, SIGNATURES_MAX, STATEMENT_BYTES_MAX, Signature, StatementError, Verified,
};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

fn vector() -> Value {
    let vectors: Value = serde_json::from_str(include_str!("data/protocol.json")).unwrap();
    vectors["statement"].clone()
}

fn text<'a>(vector: &'a Value, name: &str) -> &'a str {
    vector[name].as_str().unwrap()
}

fn key(fill: u8, algorithm: Algorithm) -> SigningKey {
    SigningKey::from_secret(algorithm, &[fill; 32]).unwrap()
}

fn directory(keys: &[&SigningKey]) -> BTreeMap<KeyId, PublicKey> {
    keys.iter()
        .map(|key| (key.public().id(), key.public().clone()))
        .collect()
}

fn verify(envelope: Envelope, keys: &[&SigningKey]) -> Result<Verified<Envelope>, StatementError> {
    let keys = directory(keys);
    envelope.verify(|id| keys.get(id).cloned())
}

#[derive(Serialize, Deserialize, Debug, PartialEq)]
#[serde(deny_unknown_fields)]
struct Body {
    tender: String,
    attempt: u32,
}

fn body() -> Body {
    Body {
        tender: "T-2026-0001".into(),
        attempt: 1,
    }
}

#[test]
fn the_vector() {
    let vector = vector();
    let envelope = Envelope::new("draw-announce", text(&vector, "body_utf8").into());
    assert_eq!(envelope.payload_type, text(&vector, "type"));
    assert_eq!(envelope.kind(), "draw-announce");
    assert_eq!(hex::encode(envelope.pae()), text(&vector, "pae"));
    assert_eq!(envelope.id().to_string(), text(&vector, "statement_id"));
    let public = PublicKey::new(
        Algorithm::Ed25519,
        &hex::decode(text(&vector, "ed25519_pk")).unwrap(),
    )
    .unwrap();
    assert_eq!(public.id().to_string(), text(&vector, "key_id"));
    // The vector's key is the one of the all-zero seed.
    assert_eq!(key(0, Algorithm::Ed25519).public(), &public);
}

#[test]
fn signed_parsed_and_verified() {
    let (first, second) = (key(1, Algorithm::Ed25519), key(2, Algorithm::P256));
    let envelope = Envelope::sign("bid-manifest", &body(), &[&first, &second]).unwrap();
    assert_eq!(envelope.body, br#"{"tender":"T-2026-0001","attempt":1}"#);
    let parsed = Envelope::parse(&envelope.to_json()).unwrap();
    assert_eq!(parsed, envelope);
    assert_eq!(parsed.body::<Body>().unwrap(), body());
    let verified = verify(parsed, &[&first, &second]).unwrap();
    assert_eq!(
        verified.signers(),
        [first.public().id(), second.public().id()]
    );
    assert_eq!(verified.id(), envelope.id());
    let mapped = verified
        .try_map(|envelope| envelope.body::<Body>())
        .unwrap()
        .map(|body| body.tender);
    assert_eq!(
        (mapped.statement().as_str(), mapped.id()),
        ("T-2026-0001", envelope.id())
    );
    assert_eq!(mapped.signers().len(), 2);
}

#[test]
fn the_json_form_is_fixed() {
    let signer = key(1, Algorithm::Ed25519);
    let mut envelope = Envelope::sign("x", &body(), &[&signer]).unwrap();
    envelope.signatures.push(Signature {
        key_id: "CA 7".into(),
        kind: Some("cms".into()),
        signature: vec![1, 2],
    });
    let expected = format!(
        r#"{{"payloadType":"application/vnd.etender.x.v1+json","payload":"{}","signatures":[{{"keyid":"{}","sig":"{}"}},{{"keyid":"CA 7","sig":"AQI=","kind":"cms"}}]}}"#,
        STANDARD.encode(&envelope.body),
        signer.public().id(),
        STANDARD.encode(&envelope.signatures[0].signature),
    );
    assert_eq!(String::from_utf8(envelope.to_json()).unwrap(), expected);
}

#[test]
fn signatures_stand_outside_the_id() {
    let (first, second) = (key(1, Algorithm::Ed25519), key(2, Algorithm::Ed25519));
    let mut envelope = Envelope::sign("x", &body(), &[&first]).unwrap();
    let id = envelope.id();
    envelope.add_signature(&second);
    envelope.add_signature(&first);
    assert_eq!(envelope.signatures.len(), 2);
    assert_eq!(envelope.id(), id);
    assert_eq!(
        envelope.signatures[0].key_id,
        first.public().id().to_string()
    );
    assert!(verify(envelope, &[&first, &second]).is_ok());
}

#[test]
fn every_checkable_signature_must_hold() {
    let (first, second) = (key(1, Algorithm::Ed25519), key(2, Algorithm::P256));
    let good = Envelope::sign("x", &body(), &[&first, &second]).unwrap();
    assert_eq!(
        verify(good.clone(), &[&first]).unwrap_err(),
        StatementError::UnknownKey(second.public().id())
    );
    let mut wrong = good.clone();
    wrong.signatures[1].signature[0] ^= 1;
    assert_eq!(
        verify(wrong, &[&first, &second]).unwrap_err().code(),
        "signature-invalid"
    );
    let mut other_body = good.clone();
    other_body.body.push(b' ');
    assert_eq!(
        verify(other_body, &[&first, &second]).unwrap_err().code(),
        "signature-invalid"
    );
    let mut other_type = good.clone();
    other_type.payload_type = "application/vnd.etender.y.v1+json".into();
    assert_eq!(
        verify(other_type, &[&first, &second]).unwrap_err().code(),
        "signature-invalid"
    );
    let mut twice = good.clone();
    twice.signatures.push(twice.signatures[0].clone());
    assert_eq!(
        verify(twice, &[&first, &second]).unwrap_err(),
        StatementError::DuplicateSigner(first.public().id())
    );
    let mut named = good.clone();
    named.signatures[0].key_id = "alice".into();
    assert_eq!(
        verify(named, &[&first, &second]).unwrap_err().code(),
        "statement-key-id-form"
    );
    // A directory that answers with some other key does not help.
    let error = good.verify(|_| Some(first.public().clone())).unwrap_err();
    assert_eq!(error, StatementError::UnknownKey(second.public().id()));
}

#[test]
fn foreign_kinds_are_kept_but_count_for_nothing() {
    let signer = key(1, Algorithm::Ed25519);
    let foreign = Signature {
        key_id: "CN=CA".into(),
        kind: Some("sm2".into()),
        signature: vec![9; 300],
    };
    let mut envelope = Envelope::sign("x", &body(), &[&signer]).unwrap();
    envelope.signatures.insert(0, foreign.clone());
    let envelope = Envelope::parse(&envelope.to_json()).unwrap();
    assert_eq!(envelope.signatures[0], foreign);
    let verified = verify(envelope.clone(), &[&signer]).unwrap();
    assert_eq!(verified.signers(), [signer.public().id()]);
    assert_eq!(verified.statement().signatures.len(), 2);
    let mut alone = envelope;
    alone.signatures.truncate(1);
    assert_eq!(
        verify(alone.clone(), &[&signer]).unwrap_err(),
        StatementError::NothingChecked
    );
    alone.signatures.clear();
    assert_eq!(
        verify(alone, &[&signer]).unwrap_err(),
        StatementError::NothingChecked
    );
}

#[test]
fn our_own_kinds_cannot_hide_behind_a_kind() {
    for kind in ["ed25519", "p256", "", "CMS", "a b"] {
        let mut envelope = Envelope::new("x", b"{}".to_vec());
        envelope.signatures.push(Signature {
            key_id: "k".into(),
            kind: Some(kind.into()),
            signature: vec![],
        });
        assert_eq!(
            Envelope::parse(&envelope.to_json()).unwrap_err().code(),
            "statement-signature-form",
            "{kind}"
        );
    }
}

#[test]
fn limits() {
    let envelope = |bytes| Envelope::new("x", vec![b' '; bytes]);
    assert!(Envelope::parse(&envelope(STATEMENT_BYTES_MAX).to_json()).is_ok());
    let long = envelope(STATEMENT_BYTES_MAX + 1);
    assert_eq!(
        Envelope::parse(&long.to_json()).unwrap_err().code(),
        "statement-too-long"
    );
    assert_eq!(verify(long, &[]).unwrap_err().code(), "statement-too-long");
    let keys: Vec<_> = (1..=SIGNATURES_MAX as u8 + 1)
        .map(|fill| key(fill, Algorithm::Ed25519))
        .collect();
    let keys: Vec<_> = keys.iter().collect();
    assert!(
        verify(
            Envelope::sign("x", &body(), &keys[..SIGNATURES_MAX]).unwrap(),
            &keys
        )
        .is_ok()
    );
    assert_eq!(
        Envelope::sign("x", &body(), &keys).unwrap_err(),
        StatementError::TooManySignatures {
            count: SIGNATURES_MAX + 1
        }
    );
    let mut one = Envelope::new("x", b"{}".to_vec());
    one.signatures.push(Signature {
        key_id: "k".into(),
        kind: Some("cms".into()),
        signature: vec![0; 16 * 1024 + 1],
    });
    assert_eq!(
        Envelope::parse(&one.to_json()).unwrap_err().code(),
        "statement-signature-form"
    );
    assert_eq!(
        Envelope::parse(&vec![b' '; 4 << 20]).unwrap_err().code(),
        "json-invalid-value"
    );
}

#[test]
fn types_of_others_are_refused() {
    for payload_type in [
        "application/json",
        "application/vnd.etender..v1+json",
        "application/vnd.etender.x.v2+json",
        "application/vnd.etender.X.v1+json",
        "application/vnd.etender.a.b.v1+json",
        "application/vnd.etender.v1+json",
    ] {
        let envelope = Envelope {
            payload_type: payload_type.into(),
            body: b"{}".to_vec(),
            signatures: vec![],
        };
        assert_eq!(envelope.kind(), "");
        assert_eq!(
            Envelope::parse(&envelope.to_json()).unwrap_err().code(),
            "statement-type",
            "{payload_type}"
        );
    }
}

#[test]
fn the_envelope_is_strict_json() {
    let code = |text: &str| Envelope::parse(text.as_bytes()).expect_err(text).code();
    let head = r#"{"payloadType":"application/vnd.etender.x.v1+json","payload":"#;
    let with = |payload: &str, rest: &str| format!("{head}{payload}{rest}}}");
    let signatures = r#","signatures":[]"#;
    assert!(Envelope::parse(with(r#""e30=""#, signatures).as_bytes()).is_ok());
    for payload in [
        r#""e30""#,
        r#""e31=""#,
        r#""e30=\n""#,
        r#""e_0=""#,
        r#"" e30=""#,
        r#""e30==""#,
        "null",
        "7",
    ] {
        assert_eq!(
            code(&with(payload, signatures)),
            "json-invalid-value",
            "{payload}"
        );
    }
    assert_eq!(code(&with(r#""e30=""#, "")), "json-invalid-value");
    assert_eq!(
        code(&with(r#""e30=""#, r#","signatures":[],"payload":"e30=""#)),
        "json-duplicate-key"
    );
    assert_eq!(
        code(&with(r#""e30=""#, r#","signatures":[],"note":1"#)),
        "json-unknown-field"
    );
    let null_kind = r#","signatures":[{"keyid":"k","sig":"","kind":null}]"#;
    assert_eq!(code(&with(r#""e30=""#, null_kind)), "json-invalid-value");
    let Err(StatementError::Envelope(error)) =
        Envelope::parse(with(r#""e30=""#, r#","signatures":[{"keyid":"k","sig":"!"}]"#).as_bytes())
    else {
        panic!("accepted");
    };
    assert_eq!(error.pointer, "/signatures/0/sig");
}

#[test]
fn bodies_that_would_be_refused_are_not_signed() {
    let signer = key(1, Algorithm::Ed25519);
    let error = Envelope::sign("x", &json!({ "price": 1.5 }), &[&signer]).unwrap_err();
    assert_eq!(error.code(), "json-float");
    let error = Envelope::sign("x", &json!({ "n": 1u64 << 53 }), &[&signer]).unwrap_err();
    assert_eq!(error.code(), "json-integer-too-large");
    assert_eq!(
        Envelope::sign("No Kind", &body(), &[&signer])
            .unwrap_err()
            .code(),
        "statement-type"
    );
}

#[test]
fn bodies_are_read_strictly() {
    let read = |body: &str| {
        Envelope::new("x", body.into())
            .body::<Body>()
            .map_err(|error| (error.code(), error.pointer))
    };
    assert!(read(r#"{ "attempt": 1, "tender": "T" }"#).is_ok());
    assert_eq!(
        read(r#"{"attempt":1,"tender":"T","more":1}"#).unwrap_err(),
        ("json-unknown-field", "/more".into())
    );
    assert_eq!(
        read(r#"{"attempt":1,"tender":"T","attempt":1}"#)
            .unwrap_err()
            .0,
        "json-duplicate-key"
    );
    assert_eq!(read("\u{feff}{}").unwrap_err().0, "json-syntax");
}

prop_compose! {
    fn any_signature()(
        key_id in "\\PC{0,40}",
        kind in proptest::option::of("[a-z][a-z0-9-]{0,20}"),
        signature in proptest::collection::vec(any::<u8>(), 0..100),
    ) -> Signature {
        Signature { key_id, kind: kind.filter(|kind| kind != "p256" && kind != "ed25519"), signature }
    }
}

proptest! {
    #[test]
    fn parse_reads_what_to_json_writes(
        kind in "[a-z][a-z0-9-]{0,30}",
        body in proptest::collection::vec(any::<u8>(), 0..500),
        signatures in proptest::collection::vec(any_signature(), 0..5),
    ) {
        let envelope = Envelope { signatures, ..Envelope::new(&kind, body) };
        prop_assert_eq!(envelope.kind(), kind);
        let json = envelope.to_json();
        let parsed = Envelope::parse(&json).unwrap();
        prop_assert_eq!(parsed.to_json(), json);
        prop_assert_eq!(parsed, envelope);
    }

    #[test]
    fn arbitrary_bytes_never_panic(bytes in proptest::collection::vec(any::<u8>(), 0..300)) {
        let _ = Envelope::parse(&bytes);
    }

    #[test]
    fn a_flipped_bit_is_noticed(place in any::<prop::sample::Index>(), bit in 0..8u32) {
        let signer = key(1, Algorithm::Ed25519);
        let good = Envelope::sign("x", &body(), &[&signer]).unwrap();
        let mut json = good.to_json();
        let place = place.index(json.len());
        json[place] ^= 1 << bit;
        // A flip is refused, or it never reached anything that counts (there is no such place in this form).
        let accepted = Envelope::parse(&json).and_then(|envelope| verify(envelope, &[&signer]));
        prop_assert!(accepted.is_err());
    }
}
