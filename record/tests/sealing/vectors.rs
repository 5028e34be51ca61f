//! The `seal` vectors, read once for all tests here.

use record::sealing::{
    EnvelopeKind, FileKey, Kem, KemPublicKey, KemSecretKey, SealContext, Share, TrusteeKeys,
};
use record::seq::seq;
use record::{Digest, Identifier};
use serde_json::Value;

pub fn all() -> Value {
    serde_json::from_str(include_str!("../data/protocol.json")).unwrap()
}

pub fn seal() -> Value {
    all()["seal"].clone()
}

pub fn text<'a>(value: &'a Value, name: &str) -> &'a str {
    value[name].as_str().unwrap()
}

pub fn bytes(value: &Value) -> Vec<u8> {
    hex::decode(value.as_str().unwrap()).unwrap()
}

/// `S(x) = SEQ("etender.v1/test-seed", x)`.
pub fn seed(name: &str) -> [u8; 32] {
    seq("etender.v1/test-seed", &[name.as_bytes()]).0
}

pub fn ctx() -> Digest {
    text(&seal(), "ctx").parse().unwrap()
}

pub fn file_key() -> FileKey {
    FileKey::from_bytes(bytes(&seal()["K"]).try_into().unwrap())
}

pub fn key_block() -> Vec<u8> {
    bytes(&seal()["key_block"])
}

/// Trustees 1 to 4 have X25519 keys, trustee 5 a P-256 one.
pub fn trustee_secrets() -> Vec<KemSecretKey> {
    let kem = |number| if number == 5 { Kem::P256 } else { Kem::X25519 };
    (1..=5)
        .map(|number| KemSecretKey::derive(kem(number), &seed(&format!("trustee-{number}"))))
        .collect()
}

pub fn owner() -> KemSecretKey {
    KemSecretKey::derive(Kem::X25519, &seed("owner"))
}

pub fn trustees() -> TrusteeKeys {
    let keys = trustee_secrets()
        .iter()
        .map(|key| key.public().clone())
        .collect();
    TrusteeKeys::new(3, keys).unwrap()
}

pub fn shares() -> Vec<Share> {
    let share = |value: &Value| Share(bytes(value).try_into().unwrap());
    seal()["shares"]
        .as_array()
        .unwrap()
        .iter()
        .map(share)
        .collect()
}

pub fn context() -> SealContext {
    let fields: Vec<Vec<u8>> = seal()["ctx_fields"]
        .as_array()
        .unwrap()
        .iter()
        .map(bytes)
        .collect();
    let text = |index: usize| String::from_utf8(fields[index].clone()).unwrap();
    let id = |index| Identifier::new(text(index)).unwrap();
    let digest = |index: usize| Digest(fields[index].clone().try_into().unwrap());
    assert_eq!(text(4), "opening");
    assert_eq!(fields[7][..2], [0x00, 0x20]);
    SealContext {
        log_origin: text(0),
        tender_id: id(1),
        document_set_digest: digest(2),
        lot_id: id(3),
        kind: EnvelopeKind::Opening,
        bidder_id: id(5),
        bidder_sig_pk: fields[6].clone(),
        recovery: KemPublicKey::new(Kem::X25519, &fields[7][2..]).unwrap(),
        trustee_set_digest: digest(8),
        nonce: fields[9].clone().try_into().unwrap(),
    }
}
