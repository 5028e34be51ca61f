//! V12: what this verification could not check, and what only others can detect.

use crate::findings::Findings;
use crate::replay::{Replay, acts};
use crate::report::{Check, Status};

pub(super) fn check(replay: &Replay<'_>, checks: &[Check], found: &mut Findings) {
    for check in checks {
        if let (Status::NotCheckable, Some(why)) = (check.status, &check.why) {
            found.note(format!("{} was not checkable: {why}", check.id));
        }
    }
    found.note(match replay.options.receipts.len() {
        0 => "a bid that was dropped is detected only by its owner's receipt; none was given".to_owned(),
        count => format!(
            "a bid that was dropped is detected only by its owner's receipt; {count} receipts were compared"
        ),
    });
    found.note(
        "what followed the last statement of this bundle is not in it; a later bundle may say more",
    );
    outages(replay, found);
    if replay.options.trust.is_none() {
        found.note("without a trust file a wholly forged record would look the same");
    }
}

/// Whose word an outage is, and who can tell of one that the platform kept to itself.
fn outages(replay: &Replay<'_>, found: &mut Findings) {
    if replay.notice().is_none() {
        return;
    }
    let count = acts!(replay, Outage).count();
    found.note(match count {
        0 => "an outage at the deadline that the platform kept to itself does not show here: whoever was turned away has the witness's signature on the attempt (/anchor), or nothing".to_owned(),
        _ => format!(
            "{count} outages are the platform's own word: a false one buys time for late bids, in public; a receipt or a witness's cosignature from a time of not serving proves it wrong"
        ),
    });
}
