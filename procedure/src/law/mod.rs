//! The law as data: profiles with their rules, and how days are counted.
//!
//! To change a time limit or a threshold: release a new version of a profile under `law/profiles/` (a released
//! one never changes; a test pins the digests). To add a kind of limit: one variant of [`Limit`] and the
//! place that asks for it with [`Profile::rule`].

mod calendar;
mod profile;

pub use calendar::{Zone, days_between};
pub use profile::{Limit, Profile, Rule, Text, profiles};
