//! The draw: contributions, attempts, the result, the opening record.

use play::{Milestone, Play, Script, id};
use procedure::act::*;
use procedure::{Code, Stage};
use record::Digest;
use record::sealing::EnvelopeKind;

fn frozen() -> Play {
    Play::to(Script::plain("T-1"), Milestone::Frozen)
}

fn drawing(play: &Play) -> &procedure::Drawing {
    let Stage::Drawing(drawing) = play.stage() else {
        panic!("stage {}", play.stage().name())
    };
    drawing
}

fn release(play: &mut Play, slot: u8) {
    let (body, trustee) = (play.contribution_release(slot), play.trustee(slot));
    play.world.must(body, &[&trustee]);
}

fn owed_result(play: &Play) -> DrawResult {
    match play.world.owed(&play.tender) {
        Some(Act::DrawResult(result)) => result,
        other => panic!("{other:?} is owed"),
    }
}

fn owed_failure(play: &Play) -> DrawFailed {
    match play.world.owed(&play.tender) {
        Some(Act::DrawFailed(failed)) => failed,
        other => panic!("{other:?} is owed"),
    }
}

#[test]
fn the_counted_set_is_that_of_closing() {
    let play = frozen();
    let contributors: Vec<String> = play
        .contributions()
        .keys()
        .map(ToString::to_string)
        .collect();
    assert_eq!(contributors, ["b1", "b2", "b3", "tenderee", "witness-1"]);
}

#[test]
fn the_platform_says_the_result_that_the_contributions_give() {
    let mut play = frozen();
    let platform = play.world.platform().clone();
    release(&mut play, 1);
    assert_eq!(play.world.owed(&play.tender), None);
    release(&mut play, 2);
    let good = owed_result(&play);
    assert_eq!(
        (good.counted, good.removed.len(), good.missing.len()),
        (5, 0, 0)
    );
    let mut bent = vec![good.clone(); 4];
    bent[0].seed = Digest::ZERO;
    bent[1].method = "jiangsu-3".into();
    bent[2].parameters.clear();
    bent[3].counted = 4;
    for result in bent {
        assert_eq!(
            play.world.refused(result, &[&platform]),
            Code::ResultMismatch
        );
    }
    let second = DrawResult {
        attempt: 2,
        ..good.clone()
    };
    assert_eq!(
        play.world.refused(second, &[&platform]),
        Code::AttemptMismatch
    );
    let tenderee = play.tenderee();
    assert_eq!(
        play.world.refused(good.clone(), &[&tenderee]),
        Code::SignerNotAllowed
    );
    play.world.must(good, &[&platform]);
    assert_eq!(play.stage().name(), "drawn");
}

#[test]
fn contributions_are_released_like_bids() {
    let mut play = frozen();
    let (first, second) = (play.trustee(1), play.trustee(2));
    let body = play.contribution_release(1);
    assert_eq!(
        play.world.refused(body.clone(), &[&second]),
        Code::SlotMismatch
    );
    let mut unknown = body.clone();
    unknown.shares[0].envelope = Digest::ZERO;
    assert_eq!(
        play.world.refused(unknown, &[&first]),
        Code::EnvelopeUnknown
    );
    play.world.must(body.clone(), &[&first]);
    let mut again = body.clone();
    again.shares.truncate(1);
    assert_eq!(play.world.refused(again, &[&first]), Code::ShareRepeated);
    let body = play.contribution_release(2);
    play.world
        .wait_until(drawing(&play).release_end_ms().unwrap());
    assert_eq!(play.world.refused(body, &[&second]), Code::WindowClosed);
}

#[test]
fn a_contributor_opens_its_own_contribution_with_the_right_key_only() {
    let mut play = frozen();
    let (bidder, other) = (play.actor("b1"), play.actor("b2"));
    let envelope = play.manifest("b1");
    let key = Digest(*play.contrib_keys[&envelope].bytes());
    let body = BidOpened {
        tender: play.tender.clone(),
        envelope,
        kind: EnvelopeKind::Contrib,
        key,
    };
    assert_eq!(
        play.world.refused(body.clone(), &[&other]),
        Code::SignerNotAllowed
    );
    let wrong = BidOpened {
        key: Digest([1; 32]),
        ..body.clone()
    };
    assert_eq!(play.world.refused(wrong, &[&bidder]), Code::OwnKeyWrong);
    play.world.must(body, &[&bidder]);
    release(&mut play, 1);
    release(&mut play, 2);
    assert_eq!(owed_result(&play).counted, 5);
}

#[test]
fn too_few_shares_fail_the_attempt_when_the_window_ends() {
    let mut play = frozen();
    let platform = play.world.platform().clone();
    release(&mut play, 1);
    let early = DrawFailed {
        tender: play.tender.clone(),
        attempt: 1,
        reason: DrawFailure::TooFewShares,
        unresolved: drawing(&play).last().unwrap().releases.unresolved(),
        unresolved_list: None,
    };
    assert_eq!(
        play.world.refused(early.clone(), &[&platform]),
        Code::ResultMismatch
    );
    play.world
        .wait_until(drawing(&play).release_end_ms().unwrap());
    assert_eq!(owed_failure(&play), early);
    let none = DrawFailed {
        unresolved: Vec::new(),
        ..early.clone()
    };
    assert_eq!(play.world.refused(none, &[&platform]), Code::ResultMismatch);
    play.world.must(early.clone(), &[&platform]);
    let again = DrawFailed {
        unresolved: Vec::new(),
        ..early
    };
    assert_eq!(
        play.world.refused(again, &[&platform]),
        Code::AttemptMismatch
    );
    let (body, trustee) = (play.contribution_release(2), play.trustee(2));
    assert_eq!(
        play.world.refused(body, &[&trustee]),
        Code::AttemptMismatch,
        "the attempt is over"
    );
}

fn second_attempt() -> Play {
    let mut play = frozen();
    play.fail_attempt();
    play
}

#[test]
fn a_further_attempt_collects_fresh_contributions() {
    let mut play = second_attempt();
    let (bidder, trustee) = (play.actor("b1"), play.trustee(1));
    let (good, _) = play.contribution(&bidder, 2, "fresh");
    let first = DrawContribution {
        attempt: 1,
        ..good.clone()
    };
    assert_eq!(play.world.refused(first, &[&bidder]), Code::AttemptMismatch);
    let stranger = play.contribution(&trustee, 2, "x").0;
    assert_eq!(
        play.world.refused(stranger, &[&trustee]),
        Code::SignerNotAllowed
    );
    play.world.must(good.clone(), &[&bidder]);
    let other = play.contribution(&bidder, 2, "other").0;
    let statement = play.world.must(other, &[&bidder]);
    let attempt = drawing(&play).last().unwrap();
    assert_eq!(
        attempt.contributions.keys().copied().collect::<Vec<_>>(),
        [statement],
        "the last one counts"
    );
    play.world
        .wait_until(drawing(&play).collection_end_ms(attempt));
    let late = play.contribution(&bidder, 2, "late").0;
    assert_eq!(play.world.refused(late, &[&bidder]), Code::WindowClosed);
}

#[test]
fn who_spoiled_an_attempt_contributes_to_no_further_one() {
    let mut play = with_a_broken_contribution().0;
    // One trustee stays away: the broken envelope cannot be ruled invalid, while all others are open.
    (1..=2).for_each(|slot| release(&mut play, slot));
    play.world
        .wait_until(drawing(&play).release_end_ms().unwrap());
    play.world.do_duties(&play.tender.clone());
    assert_eq!(drawing(&play).last().unwrap().number, 2);
    for (name, refusal) in [("b1", Some(Code::SignerNotAllowed)), ("b2", None)] {
        let actor = play.actor(name);
        let body = play.contribution(&actor, 2, "fresh").0;
        match refusal {
            Some(code) => assert_eq!(play.world.refused(body, &[&actor]), code),
            None => drop(play.world.must(body, &[&actor])),
        }
    }
}

#[test]
fn an_envelope_of_an_earlier_attempt_is_not_fresh() {
    let mut play = second_attempt();
    let tenderee = play.tenderee();
    let used = play.contribution(&tenderee, 1, "first").0;
    let again = DrawContribution { attempt: 2, ..used };
    assert_eq!(
        play.world.refused(again, &[&tenderee]),
        Code::ContributionMismatch
    );
}

#[test]
fn the_collection_is_closed_when_its_time_is_over() {
    let mut play = second_attempt();
    let platform = play.world.platform().clone();
    let body = DrawClose {
        tender: play.tender.clone(),
        attempt: 2,
    };
    assert_eq!(
        play.world.refused(body.clone(), &[&platform]),
        Code::WindowOpen
    );
    assert_eq!(
        play.world.refused(
            DrawClose {
                attempt: 1,
                ..body.clone()
            },
            &[&platform]
        ),
        Code::AttemptMismatch
    );
    let tenderee = play.tenderee();
    assert_eq!(
        play.world.refused(body.clone(), &[&tenderee]),
        Code::SignerNotAllowed
    );
    let end_ms = drawing(&play).collection_end_ms(drawing(&play).last().unwrap());
    play.world.wait_until(end_ms);
    assert_eq!(play.world.owed(&play.tender), Some(body.clone().into()));
    let late = play.contribution(&tenderee, 2, "late").0;
    assert_eq!(play.world.refused(late, &[&tenderee]), Code::WindowClosed);
    play.world.must(body, &[&platform]);
    assert_eq!(owed_failure(&play).reason, DrawFailure::TooFewContributions);
}

#[test]
fn the_tenderee_and_one_other_are_enough_and_the_missing_are_listed() {
    let mut play = second_attempt();
    let (tenderee, bidder) = (play.tenderee(), play.actor("b2"));
    play.contribute(&tenderee, 2, "second");
    play.contribute(&bidder, 2, "second");
    play.close_collection();
    release(&mut play, 1);
    release(&mut play, 3);
    let result = owed_result(&play);
    assert_eq!((result.attempt, result.counted), (2, 2));
    assert_eq!(result.missing, [id("b1"), id("b3"), id("witness-1")]);
}

#[test]
fn without_the_tenderees_contribution_an_attempt_fails() {
    let mut play = second_attempt();
    for name in ["b1", "b2", "b3"] {
        let bidder = play.actor(name);
        play.contribute(&bidder, 2, "second");
    }
    play.close_collection();
    release(&mut play, 1);
    release(&mut play, 2);
    assert_eq!(owed_failure(&play).reason, DrawFailure::TooFewContributions);
}

#[test]
fn after_sixteen_attempts_the_tender_fails() {
    let mut play = second_attempt();
    for attempt in 2..=procedure::limits::ATTEMPTS_MAX {
        assert_eq!(drawing(&play).last().unwrap().number, attempt);
        play.close_collection();
        play.world.do_duty(&play.tender.clone());
        if attempt < procedure::limits::ATTEMPTS_MAX {
            play.world.do_duty(&play.tender.clone());
        }
    }
    let body = play::announcement(&play.bidding().notice, play.bidding().notice_id, 17);
    let platform = play.world.platform().clone();
    assert_eq!(play.world.refused(body, &[&platform]), Code::LimitExceeded);
    play.world.do_duties(&play.tender.clone());
    let Stage::Failed(failed) = play.stage() else {
        panic!("stage {}", play.stage().name())
    };
    assert_eq!(failed.failure, Failure::DrawExhausted);
}

/// A tender in stage `drawing` in which b1's contribution opens under no key; with b1's manifest.
fn with_a_broken_contribution() -> (Play, Digest) {
    let mut play = Play::to(Script::plain("T-1"), Milestone::Announced);
    let bidder = play.actor("b1");
    let mut sealed = play.seal(&bidder, &play::form_json("9000000"), "bid");
    let other = play.seal(&bidder, &play::form_json("9000000"), "other");
    sealed.manifest.envelopes[1]
        .key_block
        .clone_from(&other.manifest.envelopes[1].key_block);
    let manifest = play.world.must(sealed.manifest, &[&bidder]);
    play.manifests.insert(id("b1"), manifest);
    for name in ["b2", "b3"] {
        let bidder = play.actor(name);
        play.bid(&bidder, &play::form_json("9100000"), "bid");
    }
    play.close();
    for slot in 1..=3 {
        let (body, trustee) = (play.opening_release(slot), play.trustee(slot));
        play.world.must(body, &[&trustee]);
    }
    play.world.do_duties(&play.tender.clone());
    let Stage::Opened(opened) = play.stage() else {
        panic!("stage {}", play.stage().name())
    };
    let (set, end_ms) = (
        opened.benchmark_set(&play.tender).1,
        opened.confirmation_end_ms(),
    );
    play.world.wait_until(end_ms);
    play.tenderee_says(set);
    (play, manifest)
}

#[test]
fn a_broken_contribution_is_removed() {
    let (mut play, manifest) = with_a_broken_contribution();
    (1..=3).for_each(|slot| release(&mut play, slot));
    let result = owed_result(&play);
    assert_eq!((result.counted, result.removed), (4, vec![manifest]));
}

#[test]
fn host_and_witnesses_sign_the_opening_record_after_the_objection_window() {
    let mut play = Play::to(Script::plain("T-1"), Milestone::Drawn);
    let Stage::Drawn(drawn) = play.stage() else {
        panic!("stage {}", play.stage().name())
    };
    let (good, end_ms) = (drawn.opening_record(&play.tender), drawn.objection_end_ms());
    let (tenderee, witness, bidder) = (play.tenderee(), play.actor("witness-1"), play.actor("b1"));
    assert_eq!(
        play.world.refused(good.clone(), &[&witness]),
        Code::SignersMissing
    );
    assert_eq!(
        play.world.refused(good.clone(), &[&tenderee, &bidder]),
        Code::SignersTooMany
    );
    play.world.wait_until(end_ms - 1);
    assert_eq!(
        play.world.refused(good.clone(), &[&tenderee, &witness]),
        Code::WindowOpen
    );
    play.world.wait_until(end_ms);
    let other = OpeningRecord {
        closing: Digest::ZERO,
        ..good.clone()
    };
    assert_eq!(
        play.world.refused(other, &[&tenderee]),
        Code::ResultMismatch
    );
    play.world.must(good, &[&tenderee]);
    let recorded = play.stage().recorded().unwrap();
    assert_eq!(recorded.signed_by, [id("tenderee")].into());
}

#[test]
fn a_method_that_does_not_suit_the_prices_fails_the_tender() {
    let mut script = Script::plain("T-1").with_prices(&["1", "1", "1"]);
    script.rules = play::rules(&["jiangsu-5"]);
    let mut play = Play::to(script, Milestone::Recorded);
    let report = EvaluationReport {
        tender: play.tender.clone(),
        result: Digest::ZERO,
        benchmark: None,
        ranked: 3,
        places: Vec::new(),
        competition_note: None,
        places_list: None,
    };
    let tenderee = play.tenderee();
    assert_eq!(
        play.world.refused(report, &[&tenderee]),
        Code::MethodInapplicable
    );
    play.world.do_duties(&play.tender.clone());
    let Stage::Failed(failed) = play.stage() else {
        panic!("stage {}", play.stage().name())
    };
    assert_eq!(failed.failure, Failure::MethodInapplicable);
}

#[test]
fn the_envelope_of_a_replaced_bid_enters_no_further_attempt() {
    let mut play = Play::to(Script::plain("T-1"), Milestone::Announced);
    let bidder = play.actor("b1");
    let first = play.seal(&bidder, &play::form_json("1"), "first").manifest;
    play.world.must(first.clone(), &[&bidder]);
    play.go_to(Milestone::Frozen);
    play.fail_attempt();
    let (mut body, _) = play.contribution(&bidder, 2, "fresh");
    body.envelope = first.envelopes[1].clone();
    assert_eq!(
        play.world.refused(body, &[&bidder]),
        Code::ContributionMismatch
    );
}
