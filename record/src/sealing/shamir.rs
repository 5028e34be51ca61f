//! Shamir's sharing over GF(2^8) with the polynomial x^8+x^4+x^3+x+1 (0x11b), byte by byte.
//!
//! No branch and no table look-up depends on a secret byte.

use zeroize::Zeroizing;

/// One shared value: every byte is shared for itself.
pub(super) type Block = [u8; 32];

fn multiply(mut a: u8, b: u8) -> u8 {
    let mut product = 0;
    for bit in 0..8 {
        product ^= a & mask(b >> bit);
        a = (a << 1) ^ (0x1b & mask(a >> 7));
    }
    product
}

/// 0xff if the lowest bit of `byte` is set, else 0.
fn mask(byte: u8) -> u8 {
    (byte & 1).wrapping_neg()
}

/// a^254, which is the inverse for a != 0.
fn inverse(a: u8) -> u8 {
    let mut power = a;
    let mut product = 1;
    for _ in 0..7 {
        power = multiply(power, power);
        product = multiply(product, power);
    }
    product
}

/// The share at the point `x`: `secret + c_1 x + c_2 x^2 + ...`.
pub(super) fn share_at(x: u8, secret: &Block, coefficients: &[Zeroizing<Block>]) -> Block {
    let mut share = [0; 32];
    for coefficient in coefficients.iter().rev() {
        multiply_add(&mut share, x, coefficient);
    }
    multiply_add(&mut share, x, secret);
    share
}

/// `sum = sum * x + addend`.
fn multiply_add(sum: &mut Block, x: u8, addend: &Block) {
    sum.iter_mut()
        .zip(addend)
        .for_each(|(byte, add)| *byte = multiply(*byte, x) ^ add);
}

/// The secret of shares at distinct points other than 0 (Lagrange at 0). With fewer shares than the threshold,
/// or a wrong one, some other value comes out.
pub(super) fn combine(shares: &[(u8, &Block)]) -> Zeroizing<Block> {
    let mut secret = Zeroizing::new([0; 32]);
    for (x, share) in shares {
        let others = shares
            .iter()
            .map(|(other, _)| *other)
            .filter(|other| other != x);
        let weight = others.fold(1, |weight, other| {
            multiply(weight, multiply(other, inverse(other ^ x)))
        });
        secret
            .iter_mut()
            .zip(*share)
            .for_each(|(byte, add)| *byte ^= multiply(weight, *add));
    }
    secret
}
