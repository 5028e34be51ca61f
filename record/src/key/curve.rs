//! What has to be known of the two curves: encodings to refuse, and the low form of a P-256 signature.

use hpke::kem::DhP256HkdfSha256 as P256Kem;
use hpke::{Deserializable, Kem, Serializable};

use super::KeyError;

pub(super) const ED25519_PUBLIC_BYTES: usize = 32;
pub(super) const P256_PUBLIC_BYTES: usize = 65;

/// p = 2^255 - 19, big-endian.
const ED25519_FIELD_PRIME: [u8; 32] =
    *b"\x7f\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\
    \xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xed";

/// The y coordinates (big-endian) of the eight points of small order: order 1, 2, 4 (twice) and 8 (four times).
const ED25519_SMALL_ORDER_Y: [[u8; 32]; 5] = [
    *b"\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\x01",
    *b"\x7f\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\
      \xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xec",
    [0; 32],
    *b"\x05\xfc\x53\x6d\x88\x02\x38\xb1\x39\x33\xc6\xd3\x05\xac\xdf\xd5\
      \xf0\x98\xef\xf2\x89\xf4\xc3\x45\xb0\x27\xb2\xc2\x8f\x95\xe8\x26",
    *b"\x7a\x03\xac\x92\x77\xfd\xc7\x4e\xc6\xcc\x39\x2c\xfa\x53\x20\x2a\
      \x0f\x67\x10\x0d\x76\x0b\x3c\xba\x4f\xd8\x4d\x3d\x70\x6a\x17\xc7",
];

/// The order n of the P-256 group, big-endian.
const P256_ORDER: [u8; 32] = *b"\xff\xff\xff\xff\0\0\0\0\xff\xff\xff\xff\xff\xff\xff\xff\
    \xbc\xe6\xfa\xad\xa7\x17\x9e\x84\xf3\xb9\xca\xc2\xfc\x63\x25\x51";

/// (n - 1) / 2: the largest s that counts as low.
const P256_HALF_ORDER: [u8; 32] = *b"\x7f\xff\xff\xff\x80\0\0\0\x7f\xff\xff\xff\xff\xff\xff\xff\
    \xde\x73\x7d\x56\xd3\x8b\xcf\x42\x79\xdc\xe5\x61\x7e\x31\x92\xa8";

/// Refuses encodings with y >= p and the points of small order, whatever their sign bit says.
pub(super) fn check_ed25519(key: &[u8; 32]) -> Result<(), KeyError> {
    let mut y = *key;
    y.reverse();
    if let Some(top) = y.first_mut() {
        *top &= 0x7f;
    }
    if y >= ED25519_FIELD_PRIME {
        return Err(KeyError::NotCanonical);
    }
    if ED25519_SMALL_ORDER_Y.contains(&y) {
        return Err(KeyError::SmallOrder);
    }
    Ok(())
}

/// Refuses everything but an uncompressed point of P-256.
pub(super) fn check_p256(key: &[u8; P256_PUBLIC_BYTES]) -> Result<(), KeyError> {
    let uncompressed = key.first() == Some(&0x04);
    let on_curve = <P256Kem as Kem>::PublicKey::from_bytes(key).is_ok();
    if uncompressed && on_curve {
        Ok(())
    } else {
        Err(KeyError::NotOnCurve)
    }
}

/// The uncompressed public point of a scalar; none for a scalar outside 1..n-1.
pub(super) fn p256_public(scalar: &[u8; 32]) -> Option<Vec<u8>> {
    let secret = <P256Kem as Kem>::PrivateKey::from_bytes(scalar).ok()?;
    Some(P256Kem::sk_to_pk(&secret).to_bytes().to_vec())
}

pub(super) fn has_low_s(signature: &[u8; 64]) -> bool {
    let (_, s) = signature.split_at(32);
    s <= P256_HALF_ORDER.as_slice()
}

/// Turns r||s into r||(n - s) if s is the high one. Both are valid; only the low one is accepted.
pub(super) fn with_low_s(mut signature: Vec<u8>) -> Vec<u8> {
    let start_of_s = signature.len().saturating_sub(32);
    let (_, s) = signature.split_at_mut(start_of_s);
    if &*s > P256_HALF_ORDER.as_slice() {
        let mut borrow = false;
        for (digit, order) in s.iter_mut().zip(P256_ORDER).rev() {
            let (difference, under) = order.overflowing_sub(*digit);
            let (difference, under_again) = difference.overflowing_sub(u8::from(borrow));
            *digit = difference;
            borrow = under | under_again;
        }
    }
    signature
}
