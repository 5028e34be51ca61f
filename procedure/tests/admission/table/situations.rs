//! Moments in a tender's life that differ in what may be said.

use play::{DAY_MS, Milestone, Play};
use procedure::Stage;
use procedure::act::*;

use super::at;

fn later(mut play: Play, time_ms: impl Fn(&Play) -> u64) -> Play {
    play.world.now_ms = time_ms(&play);
    play
}

/// The situations, in the order of a tender's life. The name begins with the stage.
pub fn situations() -> Vec<(&'static str, Play)> {
    let mut dealt = at(Milestone::Rehearsed);
    let Stage::Draft(preparation) = dealt.stage() else {
        panic!("a draft")
    };
    let set = *preparation.sets.keys().next().expect("a set");
    let (again, platform) = (
        play::rehearsal(&dealt.world, &dealt.tender, &set),
        dealt.world.platform().clone(),
    );
    dealt.world.must(again, &[&platform]);

    let mut unannounced = at(Milestone::Rehearsed);
    let notice = unannounced.notice();
    unannounced.tenderee_says(notice);

    let mut closed = at(Milestone::Submitted);
    let (bidder, manifest) = (closed.actor("b1"), closed.manifest("b1"));
    closed.world.must(
        BidWithdrawn {
            tender: closed.tender.clone(),
            manifest,
        },
        &[&bidder],
    );
    closed.close();

    let mut failed = closed.clone();
    failed.world.do_duties(&failed.tender.clone());

    let mut suspended = at(Milestone::Submitted);
    suspended.suspend(DAY_MS / 24);

    let mut pending = at(Milestone::Opened);
    pending.object("b1", Matter::Opening);

    let mut one_failed = at(Milestone::Frozen);
    one_failed.world.now_ms += DAY_MS;
    one_failed.world.do_duty(&one_failed.tender.clone());
    let mut second = at(Milestone::Frozen);
    second.fail_attempt();
    let mut released = at(Milestone::Frozen);
    released.release_contributions();

    let mut terminated = at(Milestone::Submitted);
    let body = termination(&terminated, TerminationCause::MajorChange);
    terminated.tenderee_says(body);

    vec![
        ("draft: a rehearsal is under way", dealt),
        (
            "draft: the trustees have rehearsed",
            at(Milestone::Rehearsed),
        ),
        ("announced: the draw is not announced yet", unannounced),
        (
            "announced: one millisecond before the deadline",
            at(Milestone::Submitted),
        ),
        (
            "announced: at the deadline",
            later(at(Milestone::Submitted), |play| {
                play.bidding().notice.deadline_ms
            }),
        ),
        (
            "suspended: the platform was not serving before the deadline",
            suspended.clone(),
        ),
        ("announced: resumed after the outage", {
            suspended.resume();
            suspended
        }),
        ("closed: fewer bidders than the minimum", closed),
        ("opening: nothing is released", at(Milestone::Closed)),
        ("opening: everything is released", at(Milestone::Released)),
        (
            "opening: the window is over",
            later(at(Milestone::Closed), |play| {
                let Stage::Opening(opening) = play.stage() else {
                    panic!("stage opening")
                };
                opening.window_end_ms()
            }),
        ),
        (
            "opened: bidders may confirm and object",
            at(Milestone::Opened),
        ),
        ("opened: an objection is pending", pending),
        ("opened: everybody has confirmed", at(Milestone::Confirmed)),
        (
            "drawing: contributions are to be released",
            at(Milestone::Frozen),
        ),
        ("drawing: contributions are released", released),
        (
            "drawing: the window is over",
            later(at(Milestone::Frozen), |play| {
                play.stage()
                    .drawing()
                    .and_then(|drawing| drawing.release_end_ms())
                    .expect("a window")
            }),
        ),
        ("drawing: the attempt has failed", one_failed),
        ("drawing: a second attempt collects", second.clone()),
        (
            "drawing: the second attempt has collected",
            later(second, |play| {
                let drawing = play.stage().drawing().expect("a draw");
                drawing.collection_end_ms(drawing.last().expect("an attempt"))
            }),
        ),
        ("drawn: the draw may be objected to", at(Milestone::Drawn)),
        (
            "drawn: the window is over",
            later(at(Milestone::Drawn), |play| {
                play.stage().drawn().expect("drawn").objection_end_ms()
            }),
        ),
        ("evaluation", at(Milestone::Recorded)),
        ("evaluated", at(Milestone::Evaluated)),
        ("candidates: published", at(Milestone::Published)),
        (
            "candidates: publicity is over",
            later(at(Milestone::Published), |play| {
                play.world.now_ms + 2 * DAY_MS
            }),
        ),
        ("awarded", at(Milestone::Awarded)),
        ("failed", failed),
        ("terminated", terminated),
    ]
}

pub fn termination(play: &Play, cause: TerminationCause) -> TenderTerminated {
    TenderTerminated {
        tender: play.tender.clone(),
        cause,
        reason: "规划调整".into(),
    }
}
