//! A whole tender in memory: real keys, real sealing, a real log and real bundles, but no server, no clock and
//! no disk. The tests of every crate play with it.
//!
//! | to | use |
//! |---|---|
//! | say one thing and see whether it is admitted | [`World::admit`] |
//! | have a tender at some stage | [`Play::to`] with a [`Script`] |
//! | go on from there step by step | the methods of [`Play`] |
//! | get the published record | [`World::bundle`] |
//!
//! Everything derives from names: the same script gives the same bytes, salts and signatures included. A
//! [`World`] is a value; clone it to try something and throw it away. What cannot go wrong in a sane world
//! panics, because this crate is for tests only.

mod actor;
mod bundle;
mod log;
mod notice;
mod opening;
mod outage;
mod play;
mod rules;
mod script;
mod seal;
mod steps;
mod world;

pub use actor::{Actor, id, seed};
pub use log::{Log, LogEntry};
pub use notice::{
    announcement, document_set, documents, minutes, notice_of, opening_terms, profile_ref,
};
pub use play::{Milestone, Play};
pub use rules::{method, rules};
pub use script::{Bidder, Conduct, Script};
pub use seal::{
    Bid, SealedBid, contribution, form_json, open_slot, rehearsal, seal_bid, sealed_part,
};
pub use world::World;

/// The moment at which every world begins: 2026-03-02 09:00 in Nanjing, UTC milliseconds.
pub const START_MS: u64 = 1_772_413_200_000;
/// One second.
pub const SECOND_MS: u64 = 1_000;
/// One minute.
pub const MINUTE_MS: u64 = 60 * SECOND_MS;
/// One hour.
pub const HOUR_MS: u64 = 60 * MINUTE_MS;
/// One day.
pub const DAY_MS: u64 = 24 * HOUR_MS;
