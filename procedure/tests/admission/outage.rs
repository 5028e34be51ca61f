//! Outages at the deadline: what counts, what is refused meanwhile, and the deadline that follows.

use play::{DAY_MS, HOUR_MS, MINUTE_MS, Milestone, Play, SECOND_MS, Script, form_json};
use procedure::act::*;
use procedure::law::{Profile, profiles};
use procedure::limits::{NOT_SERVING_MAX, OUTAGES_MAX};
use procedure::{Code, Duty, Stage};
use record::Digest;

fn submitted() -> Play {
    Play::to(Script::plain("T-1"), Milestone::Submitted)
}

fn at_deadline() -> Play {
    let mut play = submitted();
    play.world.wait_until(play.bidding().deadline_ms);
    play
}

/// A time of not serving, in milliseconds before the deadline in force.
fn gap(play: &Play, from_ms: u64, until_ms: u64) -> NotServing {
    let deadline_ms = play.bidding().deadline_ms;
    NotServing {
        from_ms: deadline_ms - from_ms,
        until_ms: deadline_ms - until_ms,
    }
}

fn says(play: &mut Play, act: impl Into<Act>) -> Result<Digest, (Code, String)> {
    let platform = play.world.platform().clone();
    let admitted = play.world.admit(act, &[&platform]);
    admitted.map_err(|refusal| (refusal.code, refusal.pointer.unwrap_or_default()))
}

/// Up to the full minute.
fn full(time_ms: u64) -> u64 {
    time_ms.div_ceil(MINUTE_MS) * MINUTE_MS
}

/// The code with which an outage at the deadline is refused; `None`: it is admitted.
fn refused(gaps: impl Fn(&Play) -> Vec<NotServing>) -> Option<(Code, String)> {
    let mut play = at_deadline();
    let outage = play.outage(&gaps(&play));
    says(&mut play, outage).err()
}

#[test]
fn bidding_is_suspended_and_goes_on_with_the_deadline_of_the_rule() {
    let mut play = submitted();
    let old_ms = play.bidding().deadline_ms;
    let id = play.suspend(90 * SECOND_MS);
    assert_eq!(play.stage().name(), "suspended");
    let outage = play.bidding().unresolved_outage().expect("an outage");
    assert_eq!((outage.statement, outage.lost_ms()), (id, 90 * SECOND_MS));

    // Everything that has to meet the deadline waits, and so does closing.
    let (platform, bidder, tenderee) = (
        play.world.platform().clone(),
        play.actor("b1"),
        play.tenderee(),
    );
    let bid = play.seal(&bidder, &form_json("9000000"), "late").manifest;
    assert_eq!(
        play.world.refused(bid.clone(), &[&bidder]),
        Code::TenderSuspended
    );
    let withdrawn = BidWithdrawn {
        tender: play.tender.clone(),
        manifest: play.manifest("b1"),
    };
    assert_eq!(
        play.world.refused(withdrawn, &[&bidder]),
        Code::TenderSuspended
    );
    let contribution = play.contribution(&tenderee, 1, "late").0;
    assert_eq!(
        play.world.refused(contribution, &[&tenderee]),
        Code::TenderSuspended
    );
    let closing = play.world.closing(&play.tender);
    assert_eq!(
        play.world.refused(closing.clone(), &[&platform]),
        Code::TenderSuspended
    );
    assert_eq!(play.state().next_due_ms(), Some(0));

    // 20 seconds later: half an hour from then, up to the full minute.
    play.world.now_ms += 20 * SECOND_MS;
    let new_ms = full(old_ms + 20 * SECOND_MS + 30 * MINUTE_MS);
    let resumed = play.resumption();
    assert_eq!((resumed.outage, resumed.deadline_ms), (id, new_ms));
    for (deadline_ms, outage) in [
        (new_ms - MINUTE_MS, id),
        (new_ms + MINUTE_MS, id),
        (new_ms, play.manifest("b1")),
    ] {
        let bent = Resumed {
            deadline_ms,
            outage,
            ..resumed.clone()
        };
        let expected = match outage == id {
            true => (Code::ResumptionMismatch, "/deadline_ms".to_owned()),
            false => (Code::OutageMismatch, "/outage".to_owned()),
        };
        assert_eq!(says(&mut play, bent), Err(expected));
    }
    assert_eq!(
        play.world.refused(resumed.clone(), &[&tenderee]),
        Code::SignerNotAllowed
    );
    play.resume();
    assert_eq!(play.stage().name(), "announced");
    assert_eq!(play.bidding().deadline_ms, new_ms);
    assert_eq!(play.bidding().opening_ms(), new_ms);
    assert_eq!(play.bidding().notice.deadline_ms, old_ms);
    assert_eq!(
        says(&mut play, resumed).map_err(|error| error.0),
        Err(Code::StatementRepeated)
    );

    // Bids come until the new deadline, and not later.
    play.world.wait_until(new_ms - 1);
    play.world.must(bid, &[&bidder]);
    assert_eq!(
        says(&mut play, closing),
        Err((Code::DeadlineNotReached, String::new()))
    );
    let too_late = play
        .seal(&bidder, &form_json("9000001"), "too late")
        .manifest;
    play.world.wait_until(new_ms);
    assert_eq!(
        play.world.refused(too_late, &[&bidder]),
        Code::DeadlinePassed
    );
    assert_eq!(play.state().duty(new_ms), Some(Duty::Close));
}

#[test]
fn a_resumed_tender_comes_to_its_award() {
    let mut play = submitted();
    play.suspend(HOUR_MS);
    play.resume();
    play.go_to(Milestone::Closed);
    let Stage::Opening(opening) = play.stage() else {
        panic!("stage {}", play.stage().name())
    };
    assert_eq!(
        opening.window_end_ms(),
        play.bidding().deadline_ms + play.bidding().notice.opening.window_ms
    );
    play.go_to(Milestone::Awarded);
    assert_eq!(play.stage().name(), "awarded");
}

/// The opening does not begin before the deadline that holds.
#[test]
fn nothing_is_released_before_the_moved_deadline() {
    let mut play = submitted();
    let old_ms = play.bidding().deadline_ms;
    play.suspend(MINUTE_MS);
    play.resume();
    play.world.wait_until(old_ms + MINUTE_MS);
    let trustee = play.trustee(1);
    let release = ShareRelease {
        tender: play.tender.clone(),
        slot: 1,
        kind: record::sealing::EnvelopeKind::Opening,
        shares: Vec::new(),
    };
    assert_eq!(
        play.world.refused(release, &[&trustee]),
        Code::StageMismatch
    );
}

#[test]
fn bidders_get_back_the_time_that_was_lost() {
    let mut play = submitted();
    let old_ms = play.bidding().deadline_ms;
    play.suspend(3 * HOUR_MS);
    assert_eq!(play.resumption().deadline_ms, full(old_ms + 3 * HOUR_MS));

    // What lies after the deadline was not lost for bidding; the extension counts from the resumption.
    let mut play = submitted();
    play.world.wait_until(old_ms + 2 * HOUR_MS);
    let not_serving = [NotServing {
        from_ms: old_ms - 5 * MINUTE_MS,
        until_ms: old_ms + 2 * HOUR_MS,
    }];
    let outage = play.outage(&not_serving);
    says(&mut play, outage).unwrap();
    assert_eq!(
        play.resumption().deadline_ms,
        full(old_ms + 2 * HOUR_MS + 30 * MINUTE_MS)
    );
}

#[test]
fn an_outage_comes_from_the_platform_and_not_before_the_deadline() {
    let mut play = submitted();
    let (tenderee, platform) = (play.tenderee(), play.world.platform().clone());
    play.world.wait_until(play.bidding().deadline_ms - 1);
    let not_serving = [gap(&play, HOUR_MS, MINUTE_MS)];
    let outage = play.outage(&not_serving);
    assert_eq!(
        play.world.refused(outage.clone(), &[&platform]),
        Code::DeadlineNotReached
    );
    play.world.wait_until(play.bidding().deadline_ms);
    assert_eq!(
        play.world.refused(outage.clone(), &[&tenderee]),
        Code::SignerNotAllowed
    );
    let moved = Outage {
        deadline_ms: outage.deadline_ms + 1,
        ..outage.clone()
    };
    assert_eq!(
        says(&mut play, moved),
        Err((Code::OutageMismatch, "/deadline_ms".to_owned()))
    );
    play.world.must(outage.clone(), &[&platform]);
    let again = Outage {
        not_serving: vec![gap(&play, MINUTE_MS, 0)],
        ..outage
    };
    assert_eq!(play.world.refused(again, &[&platform]), Code::StageMismatch);
}

/// The window is 30 minutes, what is shorter than 10 seconds does not count.
#[test]
fn only_what_the_rule_counts_suspends() {
    let one = |from_ms, until_ms| refused(move |play| vec![gap(play, from_ms, until_ms)]);
    let wrong = |place: usize| Some((Code::OutageMismatch, format!("/not_serving/{place}")));
    assert_eq!(one(10 * SECOND_MS, 0), None);
    assert_eq!(one(10 * SECOND_MS - 1, 0), wrong(0));
    assert_eq!(one(HOUR_MS, 30 * MINUTE_MS - 1), None);
    assert_eq!(one(HOUR_MS, 30 * MINUTE_MS), wrong(0));
    assert_eq!(
        refused(|_| Vec::new()),
        Some((Code::OutageMismatch, "/not_serving".to_owned()))
    );
    let many = |count: u64| {
        refused(move |play| {
            let place = |n: u64| gap(play, (n * 20 + 20) * SECOND_MS, (n * 20 + 10) * SECOND_MS);
            (0..count).rev().map(place).collect()
        })
    };
    assert_eq!(many(NOT_SERVING_MAX as u64), None);
    assert_eq!(
        many(NOT_SERVING_MAX as u64 + 1),
        Some((Code::OutageMismatch, "/not_serving".to_owned()))
    );
    // They ascend, and lie neither before the notice nor in the future.
    let two = refused(|play| {
        vec![
            gap(play, 5 * MINUTE_MS, 3 * MINUTE_MS),
            gap(play, 4 * MINUTE_MS, 2 * MINUTE_MS),
        ]
    });
    assert_eq!(two, wrong(1));
    assert_eq!(one(30 * DAY_MS, 0), wrong(0));
    let future = refused(|play| {
        vec![NotServing {
            from_ms: play.bidding().deadline_ms - MINUTE_MS,
            until_ms: play.bidding().deadline_ms + 1,
        }]
    });
    assert_eq!(future, wrong(0));
}

/// The record itself says that the platform was serving.
#[test]
fn no_bid_is_admitted_in_an_outage() {
    let mut play = Play::to(Script::plain("T-1"), Milestone::Announced);
    let bidder = play.actor("b1");
    play.world
        .wait_until(play.bidding().deadline_ms - MINUTE_MS);
    play.bid(&bidder, &form_json("9000000"), "last minute");
    play.world.wait_until(play.bidding().deadline_ms);
    let (around, behind) = (
        play.outage(&[gap(&play, MINUTE_MS + 1, 0)]),
        play.outage(&[gap(&play, MINUTE_MS, 0)]),
    );
    assert_eq!(
        says(&mut play, around),
        Err((Code::OutageMismatch, "/not_serving/0".to_owned()))
    );
    says(&mut play, behind).unwrap();
}

#[test]
fn the_checkpoints_stand_at_the_ends() {
    let play = at_deadline();
    let good = play.outage(&[gap(&play, MINUTE_MS, SECOND_MS)]);
    let seen = |change: fn(&mut CheckpointSeen, &Play)| {
        let mut seen = CheckpointSeen {
            made_ms: play.world.now_ms,
            ..good.before.clone()
        };
        change(&mut seen, &play);
        seen
    };
    let code = |outage: Outage| {
        let mut play = play.clone();
        says(&mut play, outage).err()
    };
    let before = |change| Outage {
        before: seen(change),
        ..good.clone()
    };
    let after = |change| Outage {
        after: Some(seen(change)),
        ..good.clone()
    };
    let wrong = |place: &str| Some((Code::OutageMismatch, place.to_owned()));
    assert_eq!(code(good.clone()), None);
    assert_eq!(code(before(|_, _| ())), wrong("/before"));
    assert_eq!(
        code(before(|seen, _| (seen.size, seen.made_ms) = (1 << 40, 0))),
        wrong("/before")
    );
    assert_eq!(code(after(|_, _| ())), None);
    assert_eq!(code(after(|seen, _| seen.made_ms += 1)), wrong("/after"));
    assert_eq!(
        code(after(|seen, _| seen.made_ms -= MINUTE_MS)),
        wrong("/after")
    );
    assert_eq!(code(after(|seen, _| seen.size -= 1)), wrong("/after"));
    assert_eq!(code(after(|seen, _| seen.size = 1 << 40)), wrong("/after"));
    assert_eq!(
        code(after(|seen, _| seen.root = Digest::ZERO)),
        wrong("/after")
    );
}

#[test]
fn outages_have_a_limit_and_then_it_closes() {
    let mut play = submitted();
    for _ in 0..OUTAGES_MAX {
        play.world.wait_until(play.bidding().deadline_ms);
        assert_eq!(
            play.state().outage_due(&[gap(&play, MINUTE_MS, 0)]).len(),
            1
        );
        play.suspend(MINUTE_MS);
        play.resume();
    }
    play.world.wait_until(play.bidding().deadline_ms);
    let not_serving = [gap(&play, MINUTE_MS, 0)];
    assert_eq!(play.state().outage_due(&not_serving), []);
    let outage = play.outage(&not_serving);
    assert_eq!(
        says(&mut play, outage),
        Err((Code::LimitExceeded, String::new()))
    );
    play.close();
    assert_eq!(play.stage().name(), "opening");
}

/// What counts against a deadline lies behind the last resumption.
#[test]
fn one_outage_is_counted_once() {
    let mut play = submitted();
    let first = gap(&play, MINUTE_MS, 0);
    play.suspend(MINUTE_MS);
    play.resume();
    play.world.wait_until(play.bidding().deadline_ms);
    assert_eq!(play.state().outage_due(&[first]), []);
    let outage = play.outage(&[first]);
    assert_eq!(
        says(&mut play, outage),
        Err((Code::OutageMismatch, "/not_serving/0".to_owned()))
    );
}

/// What the server has to say is what it may say.
#[test]
fn what_is_due_is_admitted() {
    let play = at_deadline();
    let deadline_ms = play.bidding().deadline_ms;
    let gaps = [
        NotServing {
            from_ms: 0,
            until_ms: deadline_ms - DAY_MS,
        },
        gap(&play, 9 * MINUTE_MS, 9 * MINUTE_MS - SECOND_MS),
        gap(&play, HOUR_MS, 8 * MINUTE_MS),
        // Overlaps with the one before: two nodes noticed the same outage.
        gap(&play, 50 * MINUTE_MS, 7 * MINUTE_MS),
    ];
    let due = play.state().outage_due(&gaps);
    assert_eq!(
        due,
        [
            gap(&play, HOUR_MS, 8 * MINUTE_MS),
            gap(&play, 8 * MINUTE_MS, 7 * MINUTE_MS)
        ]
    );
    let outage = play.outage(&due);
    assert_eq!(says(&mut play.clone(), outage), Ok(play_id(&play, &due)));
    let many: Vec<NotServing> = (0..100)
        .rev()
        .map(|n| gap(&play, (n * 11 + 11) * SECOND_MS, n * 11 * SECOND_MS))
        .collect();
    let due = play.state().outage_due(&many);
    assert_eq!(due, many[100 - NOT_SERVING_MAX..]);
    // No stage but `announced` knows an outage.
    for milestone in [Milestone::Rehearsed, Milestone::Closed] {
        let other = Play::to(Script::plain("T-1"), milestone);
        assert_eq!(other.state().outage_due(&many), []);
    }
}

fn play_id(play: &Play, gaps: &[NotServing]) -> Digest {
    let mut envelope = Act::from(play.outage(gaps)).envelope();
    envelope.add_signature(play.world.platform().key());
    envelope.id()
}

/// A tender under an older version of a profile closes as it always did.
#[test]
fn a_profile_without_the_rule_closes() {
    let older = profiles()
        .iter()
        .find(|profile| {
            profile.reference.id.as_str() == "below-threshold" && profile.reference.version == 2
        })
        .expect("released");
    let mut play = Play::to(Script::plain("T-1"), Milestone::Rehearsed);
    let notice = Notice {
        profile: older.reference.clone(),
        ..play.notice()
    };
    play.tenderee_says(notice);
    let deadline_ms = play.bidding().deadline_ms;
    play.world.wait_until(deadline_ms);
    let not_serving = [gap(&play, HOUR_MS, 0)];
    assert_eq!(play.bidding().outage_rule(), None);
    assert_eq!(play.state().outage_due(&not_serving), []);
    let outage = play.outage(&not_serving);
    assert_eq!(
        says(&mut play, outage),
        Err((Code::OutageNotForeseen, String::new()))
    );
    play.world.do_duty(&play.tender.clone());
    assert_eq!(play.stage().name(), "closed", "nobody bids");
}

/// The tenderee may still end a suspended tender, and its record says how long it waited.
#[test]
fn a_suspended_tender_can_be_terminated() {
    let mut play = submitted();
    play.suspend(MINUTE_MS);
    play.tenderee_says(TenderTerminated {
        tender: play.tender.clone(),
        cause: TerminationCause::MajorChange,
        reason: "规划调整".into(),
    });
    assert_eq!(play.stage().name(), "terminated");
    assert!(play.bidding().unresolved_outage().is_some());
}

/// Every profile under which a tender can be announced now has the rule.
#[test]
fn the_newest_profiles_have_the_rule() {
    for id in ["below-threshold", "cn-2017-tendering", "kr-floor-rate"] {
        let rule = |profile: &Profile| {
            profile
                .rules
                .iter()
                .any(|rule| matches!(rule.limit, procedure::law::Limit::Outage { .. }))
        };
        assert!(rule(procedure::law::latest(id).expect("released")), "{id}");
    }
}
