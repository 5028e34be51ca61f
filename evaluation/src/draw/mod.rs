//! Draws: from the transcript of a draw to its seed, from the seed to streams, from streams to values.
//!
//! Normative text: protocol section 7. The same seed gives the same values in every implementation, for
//! ever; nothing here may change without a new version prefix in the domain strings.

mod grid;
mod parameters;
mod stream;

pub use grid::{GRID_VALUES_MAX, Grid, GridError};
pub use parameters::{
    Drawn, FORMULAS, MethodSpec, draw_parameters, draw_rules, draw_shortlist, tie_order,
};
pub use stream::{SAMPLE_MAX, Stream};

use record::Digest;
use record::seq::{Seq, domain};

/// Why a draw cannot be made.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum DrawError {
    /// Two contributions have the same statement id.
    #[error("the contribution {0:?} is counted twice")]
    ContributionTwice(Digest),
    /// Something was to be drawn from an empty list.
    #[error("nothing can be drawn from an empty list")]
    EmptyList,
    /// More was to be drawn than there is.
    #[error("{wanted} cannot be drawn out of {available}")]
    TooFew {
        /// How many were wanted.
        wanted: usize,
        /// How many there are.
        available: usize,
    },
    /// More candidates than [`SAMPLE_MAX`].
    #[error("at most 1000000 candidates can be in a draw")]
    TooManyCandidates,
}

/// The seed of a draw: the announcement, every counted contribution (statement id and revealed value), and
/// the beacon (empty without one). The order of `contributions` does not matter: they are sorted here.
pub fn draw_seed(
    announce_statement_id: &Digest,
    contributions: &[(Digest, Digest)],
    beacon: &[u8],
) -> Result<Digest, DrawError> {
    let mut sorted = contributions.to_vec();
    sorted.sort_unstable();
    let neighbours = sorted.iter().zip(sorted.iter().skip(1));
    for ((id, _), (next_id, _)) in neighbours {
        if id == next_id {
            return Err(DrawError::ContributionTwice(*id));
        }
    }
    let count = u32::try_from(sorted.len()).map_err(|_| DrawError::TooManyCandidates)?;
    // The announcement, m, one field per contribution, the beacon.
    let mut seq = Seq::new(domain::DRAW_SEED, sorted.len().saturating_add(3));
    seq.field(announce_statement_id.as_bytes());
    seq.field(&count.to_be_bytes());
    for (statement_id, revealed) in &sorted {
        let mut pair = [0; 64];
        pair.iter_mut()
            .zip(statement_id.as_bytes().iter().chain(revealed.as_bytes()))
            .for_each(|(to, from)| *to = *from);
        seq.field(&pair);
    }
    seq.field(beacon);
    Ok(seq.finish())
}
