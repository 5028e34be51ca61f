//! An outage of the platform at the deadline (protocol section 6): bidding is suspended instead of closed, and
//! resumed with a later deadline that follows from the rule of the profile.

use record::{Digest, Identifier};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::on_tender_chain;

/// A time in which the platform was not serving, as its heartbeat shows.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct NotServing {
    /// From when on, UTC milliseconds: the first heartbeat that did not come.
    pub from_ms: u64,
    /// Until when, UTC milliseconds: the first heartbeat that came again.
    pub until_ms: u64,
}

impl NotServing {
    /// Whether `time_ms` lies between its two ends.
    pub fn holds(&self, time_ms: u64) -> bool {
        self.from_ms < time_ms && time_ms < self.until_ms
    }
}

/// A checkpoint of the log at one end of an outage. Witnesses know which one they saw last, and when.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct CheckpointSeen {
    /// Number of leaves.
    pub size: u64,
    /// Root of the tree.
    pub root: Digest,
    /// When it was signed, UTC milliseconds.
    pub made_ms: u64,
}

/// The platform was not serving in the time before the deadline that the profile names: bidding is suspended.
///
/// Nobody can prove from a record that a server was down. This is the platform's word, in public and for good: a
/// receipt or a cosignature from inside one of the times proves it wrong.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Outage {
    /// The tender.
    pub tender: Identifier,
    /// The deadline in force, UTC milliseconds.
    pub deadline_ms: u64,
    /// When the platform was not serving, ascending. Only times that the rule of the profile counts.
    pub not_serving: Vec<NotServing>,
    /// The last checkpoint before the first of these times.
    pub before: CheckpointSeen,
    /// The first checkpoint after the last of them, if one was signed already.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub after: Option<CheckpointSeen>,
}

/// Bidding goes on until a later deadline. The platform has no choice: the deadline follows from the rule of the
/// profile and the moment of admission.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Resumed {
    /// The tender.
    pub tender: Identifier,
    /// Statement id of the outage.
    pub outage: Digest,
    /// The new deadline, UTC milliseconds, a full minute.
    pub deadline_ms: u64,
}

on_tender_chain!(Outage, Resumed);
