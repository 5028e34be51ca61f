//! The law as data: profiles with their rules, and how days are counted.
//!
//! To change a time limit or a threshold: release a new version of a profile under `law/profiles/` (a released
//! one never changes; a test pins the digests). To add a kind of limit: one variant of [`Limit`] and the
//! place that asks for it with [`Profile::rule`].

mod calendar;
pub mod linter;
mod profile;
mod rule;

pub use calendar::{Zone, civil_date, days_between};
pub use profile::{Profile, latest, profiles, replaced_by};
pub use rule::{Limit, Rule, Severity, Text};
