//! Attacks on the deadline: outages that were none, resumptions by discretion, bids in between.

use play::{HOUR_MS, MINUTE_MS, Milestone, Play, Script, form_json};
use procedure::act::{Act, NotServing, Notice, Resumed};
use procedure::law::profiles;
use record::Digest;
use verification::{Report, Status, verify};

use crate::forge::{Forge, Line, signed};
use crate::{forge, names, options};

/// A tender that was suspended, resumed, bid for once more, and awarded. The last bids came one millisecond before
/// the deadline.
fn resumed() -> Play {
    let mut play = Play::to(Script::plain("T-1"), Milestone::Submitted);
    let deadline_ms = play.bidding().deadline_ms;
    play.world.wait_until(deadline_ms + MINUTE_MS);
    let mut outage = play.outage(&[NotServing {
        from_ms: deadline_ms - 1,
        until_ms: deadline_ms + MINUTE_MS,
    }]);
    // A log that is forged anew has no noise; this checkpoint is in it all the same.
    outage.before.size = 1;
    let platform = play.world.platform().clone();
    play.world.must(outage, &[&platform]);
    play.world.now_ms += MINUTE_MS;
    play.resume();
    let bidder = play.actor("b1");
    play.bid(&bidder, &form_json("9100000"), "after");
    play.go_to(Milestone::Awarded);
    play
}

fn bent(play: &Play) -> Forge {
    let mut forge = forge(play);
    forge.platform = Some(play.world.platform().key().clone());
    forge
}

fn report(play: &Play, forge: &Forge) -> Report {
    verify(&forge.write(), &options(play))
}

/// Changes the outage and lets the resumption name the changed one.
fn change_outage(play: &Play, forge: &mut Forge, change: impl Fn(&mut Act)) {
    let platform = play.world.platform().clone();
    crate::rewrite(forge, "outage", &platform, change);
    let place = forge.places("outage")[0];
    let outage = forge.lines[place].envelope.id();
    crate::rewrite(forge, "resumed", &platform, |act| {
        if let Act::Resumed(body) = act {
            body.outage = outage;
        }
    });
}

#[test]
fn a_moved_deadline_holds_and_says_whose_word_it_is() {
    let play = resumed();
    let bundle = play.world.bundle_parts(&play.tender).write().unwrap();
    let report = verify(&bundle, &options(&play));
    let text = report.render_text();
    assert_eq!(report.exit_code(), 0, "{text}");
    let notes = |check: &str| report.check(check).unwrap().notes.join("\n");
    assert!(
        notes("V5").contains("an outage moved the deadline from"),
        "{text}"
    );
    assert!(
        notes("V11").contains("PF1") && notes("V11").contains("suspended for 60000 ms"),
        "{text}"
    );
    assert!(notes("V12").contains("platform's own word"), "{text}");
    assert_eq!(report.check("V12").unwrap().status, Status::Holds);
    let silent = Play::to(Script::plain("T-1"), Milestone::Awarded);
    let bundle = silent.world.bundle_parts(&silent.tender).write().unwrap();
    let report = verify(&bundle, &options(&silent));
    let notes = report.check("V12").unwrap().notes.join("\n");
    assert!(notes.contains("kept to itself"), "{notes}");
}

#[test]
fn an_outage_before_the_deadline() {
    let play = resumed();
    let mut forge = bent(&play);
    let place = forge.places("outage")[0];
    let deadline_ms = play.bidding().notice.deadline_ms;
    forge.lines[place].time_ms = deadline_ms - 1;
    change_outage(&play, &mut forge, |act| {
        if let Act::Outage(body) = act {
            body.not_serving[0] = NotServing {
                from_ms: deadline_ms - 2 * MINUTE_MS,
                until_ms: deadline_ms - MINUTE_MS,
            };
        }
    });
    let report = report(&play, &forge);
    names(&report, "V5", "outage-mismatch");
    names(&report, "V5", "deadline-not-reached");
}

#[test]
fn a_resumption_with_another_deadline() {
    let play = resumed();
    for later in [true, false] {
        let mut forge = bent(&play);
        crate::rewrite(&mut forge, "resumed", play.world.platform(), |act| {
            if let Act::Resumed(body) = act {
                body.deadline_ms = match later {
                    true => body.deadline_ms + HOUR_MS,
                    false => body.deadline_ms - 10 * MINUTE_MS,
                };
            }
        });
        let report = report(&play, &forge);
        names(&report, "V11", "resumption-mismatch");
        names(&report, "V5", "resumption-mismatch");
    }
}

/// At another time the same deadline would be another rule: the platform waits for a friend.
#[test]
fn a_resumption_that_comes_later_than_it_says() {
    let play = resumed();
    let mut forge = bent(&play);
    let place = forge.places("resumed")[0];
    forge.lines[place].time_ms -= 30_000;
    names(&report(&play, &forge), "V11", "resumption-mismatch");
}

#[test]
fn closing_in_spite_of_an_outage() {
    let play = resumed();
    let mut forge = bent(&play);
    forge.drop(|line| line.envelope.kind() == "resumed");
    names(&report(&play, &forge), "V5", "tender-suspended");
}

/// The outage is hidden, the bids that came after it are not.
#[test]
fn an_outage_that_is_taken_out() {
    let play = resumed();
    let mut forge = bent(&play);
    forge.drop(|line| matches!(line.envelope.kind(), "outage" | "resumed"));
    names(&report(&play, &forge), "V5", "deadline-passed");
}

#[test]
fn a_bid_between_the_old_deadline_and_the_resumption() {
    let play = resumed();
    let deadline_ms = play.bidding().notice.deadline_ms;
    for (offset, time_ms, code) in [
        (0, deadline_ms, "deadline-passed"),
        (1, deadline_ms + MINUTE_MS, "tender-suspended"),
    ] {
        let mut forge = bent(&play);
        let last = *forge.places("bid-manifest").last().unwrap();
        let mut bid = forge.lines.remove(last);
        bid.time_ms = time_ms;
        let place = forge.places("outage")[0] + offset;
        forge.lines.insert(place, bid);
        // Times go forwards; with the bid in front, the outage may not claim its moment.
        change_outage(&play, &mut forge, |act| {
            if let Act::Outage(body) = act {
                body.not_serving[0] = NotServing {
                    from_ms: deadline_ms - 2 * MINUTE_MS,
                    until_ms: deadline_ms - MINUTE_MS,
                };
            }
        });
        names(&report(&play, &forge), "V5", code);
    }
}

/// The record says by itself that the platform was serving.
#[test]
fn an_outage_in_which_something_was_admitted() {
    let play = resumed();
    let mut forge = bent(&play);
    let last = forge.places("outage")[0] - 1;
    let admitted_ms = forge.lines[last].time_ms;
    change_outage(&play, &mut forge, |act| {
        if let Act::Outage(body) = act {
            body.not_serving[0].from_ms = admitted_ms - 1;
        }
    });
    names(&report(&play, &forge), "V5", "served-meanwhile");

    let mut forge = bent(&play);
    change_outage(&play, &mut forge, |act| {
        if let Act::Outage(body) = act {
            body.before.size = 1 << 30;
        }
    });
    names(&report(&play, &forge), "V5", "outage-mismatch");
}

#[test]
fn an_outage_that_does_not_count() {
    let play = resumed();
    let deadline_ms = play.bidding().notice.deadline_ms;
    let gaps = [
        (deadline_ms - 2 * HOUR_MS, deadline_ms - HOUR_MS),
        (deadline_ms - 9_999, deadline_ms),
        (deadline_ms, deadline_ms + MINUTE_MS),
    ];
    for (from_ms, until_ms) in gaps {
        let mut forge = bent(&play);
        change_outage(&play, &mut forge, |act| {
            if let Act::Outage(body) = act {
                body.not_serving = vec![NotServing { from_ms, until_ms }];
            }
        });
        let report = report(&play, &forge);
        names(&report, "V5", "outage-mismatch");
        names(&report, "V11", "outage-mismatch");
    }
}

#[test]
fn an_outage_under_a_profile_without_the_rule() {
    let older = profiles()
        .iter()
        .find(|one| one.reference.id.as_str() == "below-threshold" && one.reference.version == 2)
        .expect("released");
    let mut play = Play::to(Script::plain("T-1"), Milestone::Rehearsed);
    let notice = Notice {
        profile: older.reference.clone(),
        ..play.notice()
    };
    play.tenderee_says(notice);
    let deadline_ms = play.bidding().deadline_ms;
    play.world.wait_until(deadline_ms);
    play.world.do_duties(&play.tender.clone());
    let mut forge = bent(&play);
    let closing = forge.places("closing")[0];
    let mut outage = play.outage(&[NotServing {
        from_ms: deadline_ms - HOUR_MS,
        until_ms: deadline_ms,
    }]);
    outage.before.size = 1;
    let platform = play.world.platform().clone();
    let mut line = Line {
        envelope: signed(&outage.into(), &[platform.key()]),
        ..forge.lines[closing].clone()
    };
    let id: Digest = line.envelope.id();
    forge.lines.insert(closing, line.clone());
    let resumed = Resumed {
        tender: play.tender.clone(),
        outage: id,
        deadline_ms,
    };
    line.envelope = signed(&resumed.into(), &[platform.key()]);
    forge.lines.insert(closing + 1, line);
    names(&report(&play, &forge), "V11", "outage-not-foreseen");
}
