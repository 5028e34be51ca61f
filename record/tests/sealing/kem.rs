//! HPKE keys: derivation, JSON form, and the keys that are refused.

use record::sealing::{Kem, KemPublicKey, KemSecretKey};
use serde_json::Value;

use crate::vectors;

fn check_pair(pair: &Value, derived: &KemSecretKey) {
    assert_eq!(
        pair["kem"].as_u64().unwrap(),
        u64::from(derived.public().kem().id())
    );
    assert_eq!(
        hex::encode(derived.public().bytes()),
        vectors::text(pair, "pk")
    );
    assert_eq!(
        hex::encode(derived.to_bytes().as_slice()),
        vectors::text(pair, "sk")
    );
    let read =
        KemSecretKey::from_bytes(derived.public().kem(), derived.to_bytes().as_slice()).unwrap();
    assert_eq!(read.public(), derived.public());
}

#[test]
fn the_vectors() {
    let seal = vectors::seal();
    check_pair(&seal["owner"], &vectors::owner());
    for (pair, derived) in seal["trustees"]
        .as_array()
        .unwrap()
        .iter()
        .zip(vectors::trustee_secrets())
    {
        check_pair(pair, &derived);
    }
}

#[test]
fn low_order_and_non_canonical_x25519_keys_are_refused() {
    let refused = |key: &str| {
        let error = KemPublicKey::new(Kem::X25519, &hex::decode(key).unwrap()).unwrap_err();
        assert_eq!(error.code(), "seal-public-key", "{key}");
    };
    for low_order in [
        "0000000000000000000000000000000000000000000000000000000000000000",
        "0100000000000000000000000000000000000000000000000000000000000000",
        "e0eb7a7c3b41b8ae1656e3faf19fc46ada098deb9c32b1fd866205165f49b800",
        "5f9c95bca3508c24b1d0b1559c83ef5b04445cc4581c8e86d8224eddd09f1157",
        "ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
        "edffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
        "eeffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
    ] {
        refused(low_order);
        // The top bit is ignored by X25519, so this is the same point once more.
        let mut second = hex::decode(low_order).unwrap();
        second[31] |= 0x80;
        refused(&hex::encode(second));
        // What makes the refusal necessary: HPKE itself fails on such a key.
        use hpke::Deserializable;
        let key = <hpke::kem::X25519HkdfSha256 as hpke::Kem>::PublicKey::from_bytes(
            &hex::decode(low_order).unwrap(),
        );
        let sealed = hpke::single_shot_seal::<
            hpke::aead::AesGcm256,
            hpke::kdf::HkdfSha256,
            hpke::kem::X25519HkdfSha256,
        >(&hpke::OpModeS::Base, &key.unwrap(), b"", b"", b"");
        assert!(sealed.is_err());
    }
    refused(&"ff".repeat(32));
    refused(&"09".repeat(31));
}

#[test]
fn p256_keys_are_uncompressed_points() {
    let good = vectors::trustee_secrets()[4].public().bytes().to_vec();
    assert!(KemPublicKey::new(Kem::P256, &good).is_ok());
    let mut off_curve = good.clone();
    off_curve[40] ^= 1;
    let mut hybrid = good.clone();
    hybrid[0] = 6 + (good[64] & 1);
    let compressed = [&[2 + (good[64] & 1)], &good[1..33]].concat();
    for bad in [
        off_curve,
        hybrid,
        compressed,
        vec![0; 65],
        vec![0],
        good[..64].to_vec(),
        vec![],
    ] {
        assert_eq!(
            KemPublicKey::new(Kem::P256, &bad).unwrap_err().code(),
            "seal-public-key"
        );
    }
    assert!(KemPublicKey::new(Kem::X25519, &good).is_err());
    for bad in [[0; 32], [0xff; 32]] {
        assert_eq!(
            KemSecretKey::from_bytes(Kem::P256, &bad)
                .unwrap_err()
                .code(),
            "seal-secret-key"
        );
    }
    assert!(KemSecretKey::from_bytes(Kem::X25519, &[1; 31]).is_err());
}

#[test]
fn json_form() {
    for secret in vectors::trustee_secrets() {
        let key = secret.public();
        let text = serde_json::to_string(key).unwrap();
        assert_eq!(
            text,
            format!(
                r#"{{"kem":"{}","pk":"{}"}}"#,
                key.kem().as_str(),
                hex::encode(key.bytes())
            )
        );
        assert_eq!(
            &record::json::parse::<KemPublicKey>(text.as_bytes()).unwrap(),
            key
        );
        assert!(!format!("{secret:?}").contains(&hex::encode(secret.to_bytes().as_slice())));
    }
    let low_order = format!(r#"{{"kem":"x25519","pk":"{}"}}"#, "00".repeat(32));
    assert!(record::json::parse::<KemPublicKey>(low_order.as_bytes()).is_err());
}

#[test]
fn generated_keys_differ() {
    for kem in [Kem::X25519, Kem::P256] {
        let (one, two) = (
            KemSecretKey::generate(kem).unwrap(),
            KemSecretKey::generate(kem).unwrap(),
        );
        assert_ne!(one.public(), two.public());
    }
}
