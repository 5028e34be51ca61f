//! At the deadline: closing, or, if the platform was not serving in a time that the profile counts, the outage
//! (protocol section 6).

use procedure::Tender;
use procedure::act::{Act, CheckpointSeen, NotServing, Outage};
use record::chain::ChainId;
use record::{Digest, Identifier};
use store::{Conn, StoreError};

use crate::heartbeat::{self, Heartbeat};
use crate::sequencer::{Core, Work};
use crate::states::{to_i64, to_u64};

/// What is to be said of tender `id` at its deadline; `None`: nothing yet, because this node does not serve and so
/// cannot know whether the platform did.
pub fn due(core: &Core, heart: &Heartbeat, id: &Identifier) -> Result<Option<Work>, String> {
    if !heart.is_serving() {
        return Ok(None);
    }
    // Its own transaction, and it must succeed: after it, every silence from before now is known.
    heartbeat::beat(core).map_err(|error| error.to_string())?;
    let announced_ms = core
        .with_tender(id, |tender, _| {
            let bidding = tender.stage().bidding();
            bidding.map(|bidding| bidding.announced.time_ms)
        })
        .map_err(|error| error.to_string())?
        .flatten();
    let gaps = core
        .store
        .read(|conn| heartbeat::not_serving(conn, announced_ms.unwrap_or_default()))
        .map_err(|error| error.to_string())?;
    let outage = core
        .with_tender(id, |tender, _| counted(tender, &gaps))
        .map_err(|error| error.to_string())?
        .flatten();
    let Some((deadline_ms, not_serving)) = outage else {
        return Ok(Some(Work::Close(id.clone())));
    };
    let seen = core
        .store
        .read(|conn| checkpoints(conn, &not_serving))
        .map_err(|error| error.to_string())?;
    let (before, after) = seen;
    let before = before.ok_or("no checkpoint was signed before the outage")?;
    let outage = Outage {
        tender: id.clone(),
        deadline_ms,
        not_serving,
        before,
        after,
    };
    let mut envelope = Act::from(outage).envelope();
    envelope.add_signature(&core.keys.act);
    Ok(Some(Work::Statement {
        envelope: Box::new(envelope),
        chain: ChainId::Tender(id.clone()),
    }))
}

/// The deadline in force and the times that count against it; `None`: none does.
fn counted(tender: &Tender, gaps: &[NotServing]) -> Option<(u64, Vec<NotServing>)> {
    let counted = tender.outage_due(gaps);
    let deadline_ms = tender.stage().bidding()?.deadline_ms;
    (!counted.is_empty()).then_some((deadline_ms, counted))
}

/// The last checkpoint before the first of these times, and the first one after the last of them.
fn checkpoints(
    conn: &mut Conn,
    gaps: &[NotServing],
) -> Result<(Option<CheckpointSeen>, Option<CheckpointSeen>), StoreError> {
    let from_ms = gaps.first().map_or(0, |gap| gap.from_ms);
    let until_ms = gaps.last().map_or(0, |gap| gap.until_ms);
    let before = store::log::last_checkpoint_until(conn, to_i64(from_ms))?;
    let after = store::log::first_checkpoint_from(conn, to_i64(until_ms))?;
    let seen = |row: store::log::Checkpoint| CheckpointSeen {
        size: to_u64(row.size),
        root: Digest(row.root),
        made_ms: to_u64(row.made_ms),
    };
    Ok((before.map(seen), after.map(seen)))
}
