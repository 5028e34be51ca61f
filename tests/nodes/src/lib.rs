//! Several nodes on one PostgreSQL behind nginx as a round-robin proxy, and readers who follow the feeds.
//!
//! What a bidder meets in production: one address, any number of stateless servers behind it, each of which may die,
//! be slow or have a wrong clock. The tests lie in `tests/`; `ops/soak nodes` runs them longer.

mod cluster;
mod follower;
mod proxy;

pub use cluster::{Cluster, fast_clock};
pub use follower::{Follower, TenderFollower};
pub use proxy::Proxy;

/// How many rounds a test shall run: `usual`, or what `KAIBIAO_NODES_ROUNDS` says (the long form).
///
/// # Panics
/// The variable is not a number.
pub fn rounds(usual: usize) -> usize {
    match std::env::var("KAIBIAO_NODES_ROUNDS") {
        Ok(text) => text.parse().expect("KAIBIAO_NODES_ROUNDS is a number"),
        Err(_) => usual,
    }
}
