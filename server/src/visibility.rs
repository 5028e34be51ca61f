//! What the public may read of a tender's chain, and when (protocol sections 5 and 6).
//!
//! The kinds say when they become readable ([`Visibility`]); this file applies that to the stage of a tender.

use procedure::Stage;
use procedure::act::{Act, Visibility};
use record::statement::Envelope;

/// How far a tender has come in what the public may read. It only ever grows.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Phase {
    /// Before closing: nothing tells how many bids there are.
    Sealed,
    /// Closed: the bidders are known, their prices are not.
    Closed,
    /// Read out, or ended: everything.
    Open,
}

impl Phase {
    /// The phase of a tender in this stage. A tender that ended keeps no secrets: its record must be complete.
    pub fn of(stage: &Stage) -> Phase {
        let ended = matches!(stage, Stage::Failed(_) | Stage::Terminated(_));
        if ended || stage.opened().is_some() {
            Phase::Open
        } else if stage.closed().is_some() {
            Phase::Closed
        } else {
            Phase::Sealed
        }
    }

    /// From which phase on a statement may be read. Shares of a rehearsal are no secret: there is nothing to open.
    pub fn needed_for(kind: &str, envelope: &[u8]) -> Phase {
        // Kinds say when they are readable at the latest; what is in the statement may make it earlier.
        let visibility = match Act::visibility_of(kind) {
            Some(Visibility::AfterResults) => of_statement(envelope),
            of_kind => of_kind,
        };
        match visibility {
            Some(Visibility::Public) => Phase::Sealed,
            Some(Visibility::AfterClosing) => Phase::Closed,
            Some(Visibility::AfterResults) | None => Phase::Open,
        }
    }

    /// Kinds of which nothing may be read before closing.
    pub fn sealed_kinds() -> Vec<&'static str> {
        let is_sealed = |kind: &&str| Act::visibility_of(kind) == Some(Visibility::AfterClosing);
        Act::KINDS.iter().copied().filter(is_sealed).collect()
    }
}

fn of_statement(envelope: &[u8]) -> Option<Visibility> {
    let envelope = Envelope::parse(envelope).ok()?;
    Some(Act::read(&envelope)?.ok()?.visibility())
}
