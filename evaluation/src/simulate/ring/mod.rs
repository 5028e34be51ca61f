//! Rings: bidders who agree on their prices (串通投标).
//!
//! | file | question |
//! |---|---|
//! | `strategy.rs` | which prices could a ring agree on? |
//! | `power.rs` | how far can m of n bidders steer a rule set? |
//! | `suspicion.rs` | what did these bidders do to this tender, and how unusual are their prices? |

mod power;
mod strategy;
mod suspicion;

pub use power::{Found, Honest, Power, PowerPlan, TargetPower};
pub use strategy::{Arrangement, Spearhead, Strategy};
pub use suspicion::{Compared, Groups, Replaced, Suspicion, SuspicionPlan, Unusual};
