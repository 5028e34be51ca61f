//! Keys: the vector, weak and malformed keys, the one accepted form of a signature.

use proptest::prelude::*;
use record::json;
use record::key::{Algorithm, KeyError, PublicKey, SigningKey};

const ORDER: &str = "ffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551";

/// The canonical encodings of the eight points of small order.
const TORSION: [&str; 8] = [
    "0100000000000000000000000000000000000000000000000000000000000000",
    "ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
    "0000000000000000000000000000000000000000000000000000000000000000",
    "0000000000000000000000000000000000000000000000000000000000000080",
    "26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05",
    "26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc85",
    "c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a",
    "c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac03fa",
];

/// Further encodings of the same points: x = 0 with the sign bit, y = p and y = p + 1.
const TORSION_NOT_CANONICAL: [&str; 6] = [
    "0100000000000000000000000000000000000000000000000000000000000080",
    "ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff",
    "edffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
    "edffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff",
    "eeffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
    "eeffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff",
];

fn bytes(text: &str) -> Vec<u8> {
    hex::decode(text).unwrap()
}

fn seed(fill: u8) -> [u8; 32] {
    [fill; 32]
}

#[test]
fn small_order_keys_would_verify_anything() {
    // R = the identity, S = 0: what makes the refusal necessary. `h A` is the identity for some message.
    let mut signature = [0; 64];
    signature[0] = 1;
    for key in TORSION {
        let key = ring::signature::UnparsedPublicKey::new(&ring::signature::ED25519, bytes(key));
        assert!((0u8..=255).any(|message| key.verify(&[message], &signature).is_ok()));
    }
}

#[test]
fn small_order_keys_are_refused() {
    for key in TORSION {
        assert_eq!(
            PublicKey::new(Algorithm::Ed25519, &bytes(key)),
            Err(KeyError::SmallOrder),
            "{key}"
        );
    }
    for key in TORSION_NOT_CANONICAL {
        let error = PublicKey::new(Algorithm::Ed25519, &bytes(key)).unwrap_err();
        assert!(
            matches!(error, KeyError::SmallOrder | KeyError::NotCanonical),
            "{key}"
        );
    }
}

#[test]
fn non_canonical_ed25519_keys_are_refused() {
    // y = p + 2 .. 2^255 - 1, with and without the sign bit.
    for low in 0xefu8..=0xff {
        for top in [0x7f, 0xff] {
            let mut key = [0xff; 32];
            (key[0], key[31]) = (low, top);
            assert_eq!(
                PublicKey::new(Algorithm::Ed25519, &key),
                Err(KeyError::NotCanonical)
            );
        }
    }
}

#[test]
fn lengths_and_points_are_checked() {
    let length = |alg, bytes: &[u8]| PublicKey::new(alg, bytes).unwrap_err().code();
    assert_eq!(length(Algorithm::Ed25519, &[7; 31]), "key-length");
    assert_eq!(length(Algorithm::Ed25519, &[7; 33]), "key-length");
    assert_eq!(length(Algorithm::P256, &[4; 64]), "key-length");
    assert_eq!(length(Algorithm::P256, &[4; 65]), "key-not-on-curve");
    let good = SigningKey::from_secret(Algorithm::P256, &seed(9))
        .unwrap()
        .public()
        .bytes()
        .to_vec();
    let compressed = [&[2 + (good[64] & 1)], &good[1..33]].concat();
    assert_eq!(length(Algorithm::P256, &compressed), "key-length");
    let mut hybrid = good.clone();
    hybrid[0] = 6 + (good[64] & 1);
    assert_eq!(length(Algorithm::P256, &hybrid), "key-not-on-curve");
    let mut off_curve = good;
    off_curve[64] ^= 1;
    assert_eq!(length(Algorithm::P256, &off_curve), "key-not-on-curve");
}

#[test]
fn p256_secrets_are_below_the_order() {
    let from = |secret: &[u8]| {
        SigningKey::from_secret(Algorithm::P256, secret.try_into().unwrap()).map(drop)
    };
    assert_eq!(from(&[0; 32]), Err(KeyError::SecretOutOfRange));
    assert_eq!(from(&bytes(ORDER)), Err(KeyError::SecretOutOfRange));
    let mut last = bytes(ORDER);
    last[31] -= 1;
    assert_eq!(from(&last), Ok(()));
}

#[test]
fn rfc_8032_test_1() {
    let secret = bytes("9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60");
    let key = SigningKey::from_secret(Algorithm::Ed25519, &secret.try_into().unwrap()).unwrap();
    assert_eq!(
        hex::encode(key.public().bytes()),
        "d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a"
    );
    assert_eq!(
        hex::encode(key.sign(b"")),
        "e5564300c360ac729086e2cc806e828a84877f1eb8e5d974d873e065224901555fb8821590a33bacc61e39701cf9b46b\
         d25bf5f0595bbe24655141438e7a100b"
    );
}

#[test]
fn signatures_of_both_algorithms_verify_and_bind_the_message() {
    for algorithm in [Algorithm::Ed25519, Algorithm::P256] {
        let key = SigningKey::generate(algorithm).unwrap();
        let signature = key.sign(b"act");
        assert_eq!(signature.len(), 64);
        assert_eq!(key.public().verify(b"act", &signature), Ok(()));
        assert_eq!(
            key.public().verify(b"acts", &signature),
            Err(KeyError::BadSignature)
        );
        assert!(key.public().verify(b"act", &signature[..63]).is_err());
        assert!(key.public().verify(b"act", &[]).is_err());
        let other = SigningKey::generate(algorithm).unwrap();
        assert!(other.public().verify(b"act", &signature).is_err());
        assert_ne!(other.public().id(), key.public().id());
    }
}

/// `order - s`, computed digit by digit apart from the code under test.
fn negated(s: &[u8]) -> Vec<u8> {
    let order = bytes(ORDER);
    let mut result = vec![0; 32];
    let mut borrow = 0i16;
    for place in (0..32).rev() {
        let digit = i16::from(order[place]) - i16::from(s[place]) - borrow;
        borrow = i16::from(digit < 0);
        result[place] = (digit + 256 * borrow) as u8;
    }
    result
}

#[test]
fn p256_signs_with_low_s_and_refuses_high_s() {
    let key = SigningKey::from_secret(Algorithm::P256, &seed(3)).unwrap();
    let raw = ring::signature::UnparsedPublicKey::new(
        &ring::signature::ECDSA_P256_SHA256_FIXED,
        key.public().bytes().to_vec(),
    );
    // The nonce is random, so about half of these had a high s at first.
    for message in 0..64u8 {
        let signature = key.sign(&[message]);
        assert!(signature[32] <= 0x7f);
        assert_eq!(key.public().verify(&[message], &signature), Ok(()));
        let high = [&signature[..32], &negated(&signature[32..])].concat();
        assert!(
            raw.verify(&[message], &high).is_ok(),
            "the high form is mathematically valid"
        );
        assert_eq!(key.public().verify(&[message], &high), Err(KeyError::HighS));
    }
}

#[test]
fn the_half_order_is_the_last_low_s() {
    let key = SigningKey::from_secret(Algorithm::P256, &seed(3)).unwrap();
    let half = bytes("7fffffff800000007fffffffffffffffde737d56d38bcf4279dce5617e3192a8");
    let with_s = |s: &[u8]| key.public().verify(b"", &[&[1; 32], s].concat());
    assert_eq!(with_s(&half), Err(KeyError::BadSignature));
    let mut above = half;
    above[31] += 1;
    assert_eq!(with_s(&above), Err(KeyError::HighS));
}

#[test]
fn json_form() {
    for algorithm in [Algorithm::Ed25519, Algorithm::P256] {
        let key = SigningKey::from_secret(algorithm, &seed(5)).unwrap();
        let text = serde_json::to_string(key.public()).unwrap();
        assert_eq!(
            text,
            format!(
                r#"{{"alg":"{algorithm}","pk":"{}"}}"#,
                hex::encode(key.public().bytes())
            )
        );
        assert_eq!(
            &json::parse::<PublicKey>(text.as_bytes()).unwrap(),
            key.public()
        );
        assert!(json::parse::<PublicKey>(text.to_uppercase().as_bytes()).is_err());
    }
    let weak = format!(r#"{{"alg":"ed25519","pk":"{}"}}"#, TORSION[0]);
    let error = json::parse::<PublicKey>(weak.as_bytes()).unwrap_err();
    assert_eq!(error.code(), "json-invalid-value");
    assert!(error.reason.contains("small order"), "{error}");
    let extra = format!(r#"{{"alg":"ed25519","pk":"{}","x":1}}"#, "11".repeat(32));
    assert_eq!(
        json::parse::<PublicKey>(extra.as_bytes())
            .unwrap_err()
            .code(),
        "json-unknown-field"
    );
}

#[test]
fn secrets_are_not_printed() {
    let key = SigningKey::from_secret(Algorithm::Ed25519, &seed(0xab)).unwrap();
    assert!(!format!("{key:?}").contains("abababab"));
    assert_eq!(key.secret(), &seed(0xab));
}

proptest! {
    #[test]
    fn any_bytes_are_a_key_or_an_error(key in proptest::collection::vec(any::<u8>(), 0..70)) {
        let _ = PublicKey::new(Algorithm::Ed25519, &key);
        let _ = PublicKey::new(Algorithm::P256, &key);
    }
}
