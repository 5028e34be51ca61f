//! The Kaibiao server.
//!
//! | to change | look at |
//! |---|---|
//! | an endpoint | `http/` (the URL tree stands on one page in `http/mod.rs`) |
//! | what happens when a statement comes in | [`sequencer`] |
//! | what the platform says by itself | `procedure::Tender::duty`; [`jobs`] only asks, signs and submits |
//! | a query | the crate `store` |
//! | a key of the configuration | [`config`] |

pub mod answers;
pub mod blob;
pub mod check;
pub mod clock;
mod closing;
pub mod config;
pub mod export;
pub mod heartbeat;
pub mod http;
pub mod intake;
pub mod jobs;
pub mod keys;
pub mod log;
pub mod metrics;
pub mod node;
mod platform;
pub mod position;
mod projection;
pub mod sequencer;
pub mod states;
pub mod trouble;
mod visibility;
pub mod witnesses;

pub use node::Node;
