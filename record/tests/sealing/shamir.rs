//! Our shares against `vsss-rs`, which shares over the same field, at points other than 1, 2, 3.

use proptest::prelude::*;
use record::Digest;
use record::sealing::{FileKey, Kem, KemSecretKey, TrusteeKeys, shares};
use vsss_rs::Gf256;

use crate::vectors;

fn set(threshold: u8, trustees: u8) -> TrusteeKeys {
    let keys = (0..trustees)
        .map(|index| {
            KemSecretKey::derive(Kem::X25519, &[index; 32])
                .public()
                .clone()
        })
        .collect();
    TrusteeKeys::new(threshold, keys).unwrap()
}

/// What `vsss-rs` recovers from our shares at these points; its form is the point and then the share.
fn recovered(key: &FileKey, ctx: &Digest, trustees: &TrusteeKeys, points: &[u8]) -> Vec<u8> {
    let shares = shares(key, ctx, trustees);
    let at = |point: &u8| [&[*point], shares[usize::from(*point) - 1].0.as_slice()].concat();
    Gf256::combine_bytes(points.iter().map(at).collect::<Vec<_>>()).unwrap()
}

#[test]
fn the_vector() {
    let key = vectors::file_key();
    assert_eq!(key.bytes(), &vectors::seed("file-key"));
    assert_eq!(
        shares(&key, &vectors::ctx(), &vectors::trustees()),
        vectors::shares()
    );
    for points in [[3, 4, 5], [1, 4, 5], [5, 2, 4]] {
        assert_eq!(
            recovered(&key, &vectors::ctx(), &vectors::trustees(), &points),
            key.bytes()
        );
    }
}

#[test]
fn vsss_recovers_from_high_points() {
    let (key, ctx) = (FileKey::from_bytes([0xc3; 32]), Digest([7; 32]));
    for (threshold, points) in [
        (2, &[8u8, 9][..]),
        (3, &[4, 7, 9]),
        (5, &[4, 5, 7, 8, 9]),
        (9, &[1, 2, 3, 4, 5, 6, 7, 8, 9]),
    ] {
        assert_eq!(
            recovered(&key, &ctx, &set(threshold, 9), points),
            key.bytes()
        );
    }
    // One share fewer than the threshold gives something else.
    assert_ne!(recovered(&key, &ctx, &set(4, 9), &[7, 8, 9]), key.bytes());
}

proptest! {
    #[test]
    fn vsss_recovers_any_key_from_any_subset(
        secret in any::<[u8; 32]>(),
        ctx in any::<[u8; 32]>(),
        threshold in 2..=9u8,
        points in Just((1..=9u8).collect::<Vec<_>>()).prop_shuffle(),
    ) {
        let key = FileKey::from_bytes(secret);
        let chosen = &points[..usize::from(threshold)];
        prop_assert_eq!(recovered(&key, &Digest(ctx), &set(threshold, 9), chosen), secret);
    }
}
