//! What a rule set does, before it is used: the distribution of the benchmark over all draws, each bid's chance
//! to win, and what a ring of coordinated bidders could do.
//!
//! ```text
//! RuleSet + bids ──> Scenario ──┬─ Openings   one draw after another, as a tender makes them
//!                               └─ Views      all draws: enumerated, or sampled with an error
//! RuleSet + model ──> Power     how far m of n bidders can steer each method
//! RuleSet + bids + names ──> Suspicion   what a suspected ring did, and how unusual its prices are
//! ```
//!
//! Everything is exact or says how far it may be off: probabilities are fractions ([`ratio::Ratio`]) until they
//! are written; a sample is drawn by the sampler of the protocol from a published seed, so that anybody gets the
//! same numbers. Each part of the simulation reads a stream of its own label.
//!
//! | stream | what is drawn from it |
//! |---|---|
//! | `simulate:openings` | [`Openings`] |
//! | `simulate:draws:<field>:<method>:<shortlist>` | the draws of a candidate that has too many to enumerate |
//! | `simulate:field` | prices of a model, field after field |
//! | `simulate:groups`, `simulate:replacement` | what a suspected ring is compared with |

pub mod field;
mod openings;
pub mod ratio;
mod report;
pub mod ring;
mod room;
mod scenario;
mod spread;
mod tally;
mod view;

pub use field::{FieldError, FieldModel, Shape};
pub use openings::{OPENINGS_LABEL, Opening, Openings};
pub use ratio::Ratio;
pub use report::{
    BidPrice, Chance, Findings, GROUPS_MAX, MethodFindings, Note, Plan, Report, Ring, Source,
};
pub use room::Mark;
pub use scenario::Scenario;
pub use spread::{BARS, Bar, QUANTILES_PERCENT, Spread};
pub use tally::{Coverage, Effort};
pub use view::{Covered, View, Views};

use record::Digest;

/// So many combinations of drawn values are enumerated at most.
pub const ENUMERATE_MAX: u64 = 1_000_000;
/// So many openings are drawn where there are more combinations, unless somebody says otherwise.
pub const DRAWS: u64 = 200_000;

/// The seed of a simulation unless somebody says otherwise: SHA-256 of `kaibiao simulate`. It is published so that
/// a sample can be drawn again; it decides nothing.
pub fn standard_seed() -> Digest {
    Digest::sha256(b"kaibiao simulate")
}
