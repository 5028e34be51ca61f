//! V5: times never run backwards along the log; what had to come before the deadline did; nothing was
//! released before its time.

use procedure::act::{Act, NotServing, Outage};
use record::sealing::EnvelopeKind;
use record::trust::Quorum;

use crate::findings::Findings;
use crate::replay::{Item, Replay, acts};
use crate::utc::utc;

/// How far the clocks of log and witness may differ (protocol section 9), in milliseconds.
const CLOCKS_DIFFER_MS: u64 = 60_000;

pub(super) fn check(replay: &Replay<'_>, found: &mut Findings) {
    ascending(replay, found);
    witnessed(replay, found);
    receipts(replay, found);
    let Some((_, notice)) = replay.notice() else {
        return found.not_checkable(format!("there is no notice: {}", replay.ends_at()));
    };
    let closing = acts!(replay, Closing).next().map(|(item, _)| item);
    let mut course = Course {
        deadline_ms: notice.deadline_ms,
        suspended: None,
        closing,
    };
    let mut latest = None;
    for item in replay.tender_items() {
        course.follow(item, found);
        if must_be_in_time(item) {
            course.in_time(item, found);
            latest = Some(item.time_ms());
        }
        if releases_opening(item) {
            let opening_ms = notice.opening_ms.max(course.deadline_ms);
            let early = item.time_ms() < opening_ms
                || closing.is_none_or(|closing| item.index() < closing.index());
            if early {
                let detail = "a key was released before closing or before the opening";
                found.fail_at(item, "released-early", detail);
            }
        }
    }
    for (item, outage) in acts!(replay, Outage) {
        served_meanwhile(replay, item, outage, found);
    }
    if let Some(latest_ms) = latest {
        let (deadline, latest) = (utc(course.deadline_ms), utc(latest_ms));
        found.note(format!(
            "deadline {deadline}; the last act that had to meet it came at {latest}"
        ));
    }
}

/// The deadline as the record moves it.
struct Course<'a> {
    /// The deadline in force.
    deadline_ms: u64,
    /// The outage for which bidding is suspended.
    suspended: Option<&'a Item>,
    closing: Option<&'a Item>,
}

impl<'a> Course<'a> {
    /// What closes, suspends and resumes.
    fn follow(&mut self, item: &'a Item, found: &mut Findings) {
        let time_ms = item.time_ms();
        match &item.act {
            Some(Act::Closing(_)) => {
                if time_ms < self.deadline_ms {
                    let detail = format!("closed at {}, before the deadline", utc(time_ms));
                    found.fail_at(item, "deadline-not-reached", detail);
                }
                if let Some(outage) = self.suspended {
                    let detail = format!("closed, but suspended by entry {}", outage.index());
                    found.fail_at(item, "tender-suspended", detail);
                }
            }
            Some(Act::Outage(body)) => {
                if time_ms < self.deadline_ms || body.deadline_ms != self.deadline_ms {
                    let detail = format!(
                        "suspended at {}, the deadline is {}",
                        utc(time_ms),
                        utc(self.deadline_ms)
                    );
                    found.fail_at(item, "outage-mismatch", detail);
                }
                self.suspended = Some(item);
            }
            Some(Act::Resumed(body)) => {
                let of_this = self.suspended.is_some_and(|one| one.id == body.outage);
                if !of_this || body.deadline_ms < self.deadline_ms.max(time_ms) {
                    let detail = "it resumes nothing, or with an earlier deadline";
                    found.fail_at(item, "resumption-mismatch", detail);
                }
                found.note(format!(
                    "an outage moved the deadline from {} to {}, says the platform",
                    utc(self.deadline_ms),
                    utc(body.deadline_ms)
                ));
                self.deadline_ms = body.deadline_ms;
                self.suspended = None;
            }
            _ => {}
        }
    }

    fn in_time(&self, item: &Item, found: &mut Findings) {
        if item.time_ms() >= self.deadline_ms {
            let late_ms = item.time_ms().saturating_sub(self.deadline_ms);
            let detail = format!("{} came {late_ms} ms after the deadline", item.kind());
            found.fail_at(item, "deadline-passed", detail);
        }
        if let Some(outage) = self.suspended {
            let detail = format!("{} came after entry {}", item.kind(), outage.index());
            found.fail_at(item, "tender-suspended", detail);
        }
        if self
            .closing
            .is_some_and(|closing| item.index() > closing.index())
        {
            found.fail_at(item, "after-closing", "it stands behind closing in the log");
        }
    }
}

/// The record's own times say whether the platform was serving while it says that it was not: whatever is known of
/// this log counts, accounts and roles too.
fn served_meanwhile(replay: &Replay<'_>, item: &Item, outage: &Outage, found: &mut Findings) {
    let from_ms = outage.not_serving.first().map_or(0, |gap| gap.from_ms);
    let served = replay.items.iter().find(|other| {
        let inside = |gap: &NotServing| gap.holds(other.time_ms());
        outage.not_serving.iter().any(inside)
            || (other.index() < outage.before.size && other.time_ms() > from_ms)
    });
    if let Some(other) = served {
        let detail = format!(
            "entry {} was admitted at {}, while the platform was not serving",
            other.index(),
            utc(other.time_ms())
        );
        found.fail_at(item, "served-meanwhile", detail);
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

fn releases_opening(item: &Item) -> bool {
    match &item.act {
        Some(Act::ShareRelease(body)) => body.kind == EnvelopeKind::Opening,
        Some(Act::BidOpened(body)) => body.kind == EnvelopeKind::Opening,
        _ => false,
    }
}

/// Whoever cosigned a tree saw all of it at that time, so nothing in it can be younger. The time that counts is the one
/// by which a whole quorum had seen it: one witness alone may have a wrong clock.
fn witnessed(replay: &Replay<'_>, found: &mut Findings) {
    let standing = replay.standing();
    let Some(time_s) = standing.as_ref().and_then(|one| one.witnessed_at_s) else {
        return found.note("not witnessed: the times are the log's word alone");
    };
    if replay.is_demo() {
        return found.note("witnesses use the real clock, a demo log does not: not compared");
    }
    let limit_ms = latest_before(time_s);
    for item in replay.items.iter().filter(|item| item.time_ms() > limit_ms) {
        let detail = format!(
            "admitted at {}, says the log, but a quorum of witnesses saw it already at {}",
            utc(item.time_ms()),
            utc(time_s.saturating_mul(1000))
        );
        found.fail_at(item, "later-than-witness", detail);
    }
    let newest_ms = replay.items.last().map_or(0, Item::time_ms);
    let alone = standing.iter().flat_map(|one| &one.cosigned);
    for (witness, time_s) in alone.filter(|(_, time_s)| newest_ms > latest_before(*time_s)) {
        found.note(format!(
            "witness {} says she saw the whole record at {}, before its last entry: her clock was wrong, or the log's was",
            witness.name,
            utc(time_s.saturating_mul(1000))
        ));
    }
    found.note(format!(
        "a quorum of witnesses saw the whole record at {}; no time is later",
        utc(time_s.saturating_mul(1000))
    ));
}

/// A receipt under a cosigned checkpoint shows by when its statement was in the log, whatever the log says.
fn receipts(replay: &Replay<'_>, found: &mut Findings) {
    let Some(trust) = &replay.options.trust else {
        return;
    };
    if *trust.quorum() == Quorum::None || replay.is_demo() {
        return;
    }
    for receipt in &replay.options.receipts {
        let id = receipt.statement_id;
        let standing = trust.standing(&receipt.proof.checkpoint).ok();
        let Some(time_s) = standing.and_then(|standing| standing.witnessed_at_s) else {
            found.note(format!(
                "the receipt of {id} is not witnessed: its time is the log's word alone"
            ));
            continue;
        };
        let (log, witnesses) = (utc(receipt.admitted_ms), utc(time_s.saturating_mul(1000)));
        if receipt.admitted_ms > latest_before(time_s) {
            let detail = format!(
                "the receipt of {id} says {log}, but a quorum of witnesses saw the statement in the log already at {witnesses}"
            );
            found.fail("later-than-witness", detail);
        } else {
            found.note(format!(
                "the receipt of {id}: admitted at {log}, says the log; in it at {witnesses}, say the witnesses"
            ));
        }
    }
}

/// The latest time, in milliseconds, that something can have which a witness saw at `time_s`.
fn latest_before(time_s: u64) -> u64 {
    time_s.saturating_mul(1000).saturating_add(CLOCKS_DIFFER_MS)
}
