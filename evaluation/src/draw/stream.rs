//! The sampler (protocol section 7, "Sampler (normative)").

use rand_chacha::ChaCha20Rng;
use rand_chacha::rand_core::{Rng, SeedableRng};
use record::Digest;
use record::seq::{domain, seq};

use super::DrawError;

/// The most candidates of one sample (the limit of an expert pool).
pub const SAMPLE_MAX: usize = 1_000_000;

/// A stream of random numbers for one label of one draw. Every label has its own, so that what one draw
/// reads cannot move another.
pub struct Stream {
    generator: ChaCha20Rng,
}

impl Stream {
    /// ChaCha20 with 20 rounds, 64-bit counter and nonce 0, keyed by the seed and the label.
    pub fn new(seed: &Digest, label: &str) -> Stream {
        let key = seq(domain::DRAW_STEP, &[seed.as_bytes(), label.as_bytes()]);
        Stream {
            generator: ChaCha20Rng::from_seed(*key.as_bytes()),
        }
    }

    /// The next eight bytes, little-endian: the only read operation there is.
    pub fn u64(&mut self) -> u64 {
        let mut bytes = [0; 8];
        self.generator.fill_bytes(&mut bytes);
        u64::from_le_bytes(bytes)
    }

    /// A number below `n`, all equally likely; reads one u64 even for `n = 1`. `n = 0` is refused.
    pub fn below(&mut self, n: u64) -> Result<u64, DrawError> {
        // 2^64 mod n, without 2^64: (2^64 - n) mod n is the same.
        let excess = n
            .wrapping_neg()
            .checked_rem(n)
            .ok_or(DrawError::EmptyList)?;
        // The largest accepted value: 2^64 - excess - 1.
        let last_accepted = u64::MAX.saturating_sub(excess);
        loop {
            let value = self.u64();
            if value <= last_accepted {
                return value.checked_rem(n).ok_or(DrawError::EmptyList);
            }
        }
    }

    /// `k` different numbers below `n`, in the order in which they were drawn; `k = n` is a full permutation.
    pub fn sample(&mut self, n: usize, k: usize) -> Result<Vec<usize>, DrawError> {
        if n > SAMPLE_MAX {
            return Err(DrawError::TooManyCandidates);
        }
        if k > n {
            return Err(DrawError::TooFew {
                wanted: k,
                available: n,
            });
        }
        let mut candidates: Vec<usize> = (0..n).collect();
        for place in 0..k {
            let left = n.saturating_sub(place);
            let above = self.below(u64::try_from(left).unwrap_or(u64::MAX))?;
            let chosen = usize::try_from(above)
                .unwrap_or(usize::MAX)
                .saturating_add(place);
            candidates.swap(place, chosen);
        }
        candidates.truncate(k);
        Ok(candidates)
    }
}
