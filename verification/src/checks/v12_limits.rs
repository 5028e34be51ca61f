//! V12: what this verification could not check, and what only others can detect.

use crate::findings::Findings;
use crate::replay::Replay;
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
    if replay.options.trust.is_none() {
        found.note("without a trust file a wholly forged record would look the same");
    }
}
