//! V5: times never run backwards along the log; what had to come before the deadline did; nothing was
//! released before its time.

use procedure::act::Act;
use record::sealing::EnvelopeKind;

use crate::findings::Findings;
use crate::replay::{Item, Replay, acts};
use crate::utc::utc;

/// How far the clocks of log and witness may differ (protocol section 9), in milliseconds.
const CLOCKS_DIFFER_MS: u64 = 60_000;

pub(super) fn check(replay: &Replay<'_>, found: &mut Findings) {
    ascending(replay, found);
    witnessed(replay, found);
    let Some((_, notice)) = replay.notice() else {
        return found.not_checkable(format!("there is no notice: {}", replay.ends_at()));
    };
    let closing = acts!(replay, Closing).next().map(|(item, _)| item);
    if let Some(closing) = closing
        && closing.time_ms() < notice.deadline_ms
    {
        let detail = format!("closed at {}, before the deadline", utc(closing.time_ms()));
        found.fail_at(closing, "deadline-not-reached", detail);
    }
    let mut latest = None;
    for item in replay.tender_items() {
        if must_be_in_time(item) {
            in_time(item, notice.deadline_ms, closing, found);
            latest = Some(item.time_ms());
        }
        if releases_opening(item) {
            let early = item.time_ms() < notice.opening_ms
                || closing.is_none_or(|closing| item.index() < closing.index());
            if early {
                let detail = "a key was released before closing or before the opening";
                found.fail_at(item, "released-early", detail);
            }
        }
    }
    if let Some(latest_ms) = latest {
        let (deadline, latest) = (utc(notice.deadline_ms), utc(latest_ms));
        found.note(format!(
            "deadline {deadline}; the last act that had to meet it came at {latest}"
        ));
    }
}

fn ascending(replay: &Replay<'_>, found: &mut Findings) {
    let later = replay.items.iter().skip(1);
    for (before, item) in replay.items.iter().zip(later) {
        if item.time_ms() < before.time_ms() {
            let detail = format!(
                "admitted at {}, entry {} before it at {}",
                utc(item.time_ms()),
                before.index(),
                utc(before.time_ms())
            );
            found.fail_at(item, "time-backwards", detail);
        }
    }
}

/// Acts that count only before the deadline.
fn must_be_in_time(item: &Item) -> bool {
    match &item.act {
        Some(Act::BidManifest(_) | Act::BidWithdrawn(_) | Act::CreditCommitted(_)) => true,
        Some(Act::DrawAnnounce(body)) => body.attempt <= 1,
        Some(Act::DrawContribution(body)) => body.attempt <= 1,
        _ => false,
    }
}

fn in_time(item: &Item, deadline_ms: u64, closing: Option<&Item>, found: &mut Findings) {
    if item.time_ms() >= deadline_ms {
        let late_ms = item.time_ms().saturating_sub(deadline_ms);
        let detail = format!("{} came {late_ms} ms after the deadline", item.kind());
        found.fail_at(item, "deadline-passed", detail);
    }
    if closing.is_some_and(|closing| item.index() > closing.index()) {
        found.fail_at(item, "after-closing", "it stands behind closing in the log");
    }
}

fn releases_opening(item: &Item) -> bool {
    match &item.act {
        Some(Act::ShareRelease(body)) => body.kind == EnvelopeKind::Opening,
        Some(Act::BidOpened(body)) => body.kind == EnvelopeKind::Opening,
        _ => false,
    }
}

/// A witness saw the whole tree at its time, so nothing in the tree can be later.
fn witnessed(replay: &Replay<'_>, found: &mut Findings) {
    let standing = replay.standing();
    let earliest = standing
        .iter()
        .flat_map(|standing| &standing.cosigned)
        .map(|(_, time_s)| *time_s)
        .min();
    let Some(time_s) = earliest else {
        return found.note("not witnessed: the times are the log's word alone");
    };
    if replay.is_demo() {
        return found.note("witnesses use the real clock, a demo log does not: not compared");
    }
    let limit_ms = time_s.saturating_mul(1000).saturating_add(CLOCKS_DIFFER_MS);
    for item in replay.items.iter().filter(|item| item.time_ms() > limit_ms) {
        let detail = format!(
            "admitted at {}, says the log, but a witness saw it already at {}",
            utc(item.time_ms()),
            utc(time_s.saturating_mul(1000))
        );
        found.fail_at(item, "later-than-witness", detail);
    }
    found.note(format!(
        "a witness saw the whole record at {}; no time is later",
        utc(time_s.saturating_mul(1000))
    ));
}
