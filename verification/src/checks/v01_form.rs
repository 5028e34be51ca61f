//! V1: form and limits. Most of it happens before this check: a bundle whose form is wrong is not read at
//! all, a body that has not the form of its kind is refused in the replay.

use crate::findings::Findings;
use crate::replay::Replay;

pub(super) fn check(replay: &Replay<'_>, found: &mut Findings) {
    found.note(format!(
        "{} statements, {} keys of opened envelopes, audience {}",
        replay.items.len(),
        replay.keys.len(),
        replay.head.body().audience
    ));
    let foreign = replay
        .items
        .iter()
        .flat_map(|item| &item.entry.envelope.signatures)
        .filter(|signature| signature.kind.is_some())
        .count();
    if foreign > 0 {
        found.note(format!(
            "{foreign} further signatures are of kinds that this version does not know: not checked"
        ));
    }
}
