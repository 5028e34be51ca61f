//! The opening: closing, releases, results, confirmations, the benchmark set.

use play::{Actor, Bidder, Conduct, Milestone, Play, SECOND_MS, Script, form_json, id};
use procedure::act::*;
use procedure::{Code, Resolved, Stage};
use record::Digest;
use record::sealing::{EnvelopeKind, Share};
use record::statement::STATEMENT_BYTES_MAX;

fn submitted() -> Play {
    Play::to(Script::plain("T-1"), Milestone::Submitted)
}

fn closed() -> Play {
    Play::to(Script::plain("T-1"), Milestone::Closed)
}

fn opening(play: &Play) -> &procedure::Opening {
    let Stage::Opening(opening) = play.stage() else {
        panic!("stage {}", play.stage().name())
    };
    opening
}

fn release(play: &mut Play, slot: u8) {
    let (body, trustee) = (play.opening_release(slot), play.trustee(slot));
    play.world.must(body, &[&trustee]);
}

fn outcomes(play: &Play) -> Vec<(String, Outcome, Option<OutcomeReason>)> {
    let results = &play.stage().opened().expect("results are read out").results;
    results
        .iter()
        .map(|line| (line.bidder.to_string(), line.outcome, line.reason))
        .collect()
}

#[test]
fn closing_comes_at_the_deadline_and_names_every_chain() {
    let mut play = submitted();
    let (platform, tenderee) = (play.world.platform().clone(), play.tenderee());
    let early = play.world.closing(&play.tender);
    assert_eq!(
        play.world.refused(early.clone(), &[&platform]),
        Code::DeadlineNotReached
    );
    play.world.wait_until(play.bidding().notice.deadline_ms);
    assert_eq!(
        play.world.refused(early.clone(), &[&tenderee]),
        Code::SignerNotAllowed
    );
    let mut bent = vec![early.clone(); 3];
    bent[0].chains.pop();
    bent[1].chains.swap(0, 1);
    bent[2].chains.push(early.chains[2].clone());
    for closing in bent {
        assert_eq!(
            play.world.refused(closing, &[&platform]),
            Code::ChainsIncomplete
        );
    }
    play.world.must(early, &[&platform]);
    assert_eq!(play.stage().name(), "opening");
}

#[test]
fn with_too_few_live_bidders_nothing_is_opened() {
    let mut bidders = Script::plain("T-1").bidders;
    bidders[2].conduct = Conduct::Withdraws;
    let mut play = Play::to(
        Script::plain("T-1").with_bidders(bidders),
        Milestone::Closed,
    );
    assert_eq!(play.stage().name(), "closed");
    let envelope = play.manifest("b1");
    let body = ShareRelease {
        tender: play.tender.clone(),
        slot: 1,
        kind: EnvelopeKind::Opening,
        shares: vec![ReleasedShare {
            envelope,
            share: None,
        }],
    };
    let trustee = play.trustee(1);
    assert_eq!(play.world.refused(body, &[&trustee]), Code::TooFewBidders);
    let (own, bidder) = (play.own_opening("b1"), play.actor("b1"));
    assert_eq!(play.world.refused(own, &[&bidder]), Code::TooFewBidders);
    play.world.do_duties(&play.tender.clone());
    let Stage::Failed(failed) = play.stage() else {
        panic!("stage {}", play.stage().name())
    };
    assert_eq!(failed.failure, Failure::FewerThanMinimum);
}

#[test]
fn a_trustee_releases_its_own_slot_for_live_bids_once() {
    let mut play = closed();
    let (first, second) = (play.trustee(1), play.trustee(2));
    let body = play.opening_release(1);
    assert_eq!(
        play.world.refused(body.clone(), &[&second]),
        Code::SlotMismatch
    );
    let mut twice = body.clone();
    twice.shares.push(twice.shares[0].clone());
    assert_eq!(play.world.refused(twice, &[&first]), Code::ShareRepeated);
    let mut unknown = body.clone();
    unknown.shares[0].envelope = Digest::ZERO;
    assert_eq!(
        play.world.refused(unknown, &[&first]),
        Code::EnvelopeUnknown
    );
    let parts = body.shares.clone();
    for share in parts {
        play.world.must(
            ShareRelease {
                shares: vec![share],
                ..body.clone()
            },
            &[&first],
        );
    }
    let mut again = body;
    again.shares[0].share = None;
    assert_eq!(play.world.refused(again, &[&first]), Code::ShareRepeated);
}

#[test]
fn nothing_is_released_before_the_opening_begins_nor_after_its_window() {
    let mut play = Play::to(Script::plain("T-1"), Milestone::Rehearsed);
    let mut notice = play.notice();
    notice.opening_ms = notice.deadline_ms + SECOND_MS;
    play.tenderee_says(notice);
    play.world.do_duties(&play.tender.clone());
    for name in ["b1", "b2", "b3"] {
        let bidder = play.actor(name);
        play.bid(&bidder, &form_json("9000000"), name);
    }
    play.close();
    let (body, trustee) = (play.opening_release(1), play.trustee(1));
    assert_eq!(
        play.world.refused(body.clone(), &[&trustee]),
        Code::WindowOpen
    );
    play.world.now_ms = play.bidding().notice.opening_ms - 1;
    assert_eq!(
        play.world.refused(body.clone(), &[&trustee]),
        Code::WindowOpen
    );
    play.world.now_ms += 1;
    let mut late = play.clone();
    play.world.must(body.clone(), &[&trustee]);
    let end_ms = opening(&late).window_end_ms();
    assert_eq!(
        end_ms,
        late.bidding().notice.opening_ms + late.bidding().notice.opening.window_ms
    );
    late.world.now_ms = end_ms;
    assert_eq!(late.world.refused(body, &[&trustee]), Code::WindowClosed);
}

#[test]
fn results_are_withheld_until_all_is_resolved_or_the_window_ends() {
    let mut play = closed();
    let platform = play.world.platform().clone();
    let page = |play: &Play| opening(play).next_page(&play.tender, &opening(play).results());
    release(&mut play, 1);
    let early = page(&play);
    assert_eq!(play.world.refused(early, &[&platform]), Code::WindowOpen);
    let mut silent = play.clone();
    release(&mut play, 2);
    let good = page(&play);
    let mut bent = vec![good.clone(); 4];
    bent[0].results.pop();
    bent[1].results[0].form.clear();
    bent[2].results[0].outcome = Outcome::Invalid;
    bent[3].pages = 2;
    for page in bent {
        assert_eq!(play.world.refused(page, &[&platform]), Code::ResultMismatch);
    }
    let tenderee = play.tenderee();
    assert_eq!(
        play.world.refused(good.clone(), &[&tenderee]),
        Code::SignerNotAllowed
    );
    play.world.must(good, &[&platform]);
    assert!(outcomes(&play).iter().all(|line| line.1 == Outcome::Valid));

    silent.world.wait_until(opening(&silent).window_end_ms());
    let late = page(&silent);
    silent.world.must(late, &[&platform]);
    let unresolved = (Outcome::Unresolved, Some(OutcomeReason::TooFewShares));
    assert!(
        outcomes(&silent)
            .into_iter()
            .all(|line| (line.1, line.2) == unresolved)
    );
    let line = &silent.stage().opened().unwrap().results[0];
    assert_eq!(
        line.consequence,
        Some(Consequence::DeemedWithdrawn),
        "not the bidder's fault"
    );
}

#[test]
fn a_bidder_opens_its_own_bid_and_nobody_elses() {
    let mut play = closed();
    let (first, second) = (play.actor("b1"), play.actor("b2"));
    let own = play.own_opening("b1");
    assert_eq!(
        play.world.refused(own.clone(), &[&second]),
        Code::SignerNotAllowed
    );
    let unknown = BidOpened {
        envelope: Digest::ZERO,
        ..own.clone()
    };
    assert_eq!(
        play.world.refused(unknown, &[&first]),
        Code::EnvelopeUnknown
    );
    let kind = BidOpened {
        kind: EnvelopeKind::Technical,
        ..own.clone()
    };
    assert_eq!(play.world.refused(kind, &[&first]), Code::EnvelopeUnknown);
    play.world.must(own, &[&first]);
    assert!(matches!(
        opening(&play).releases.resolved(&play.manifest("b1")),
        Some(Resolved::Opened { .. })
    ));
    let again = play.own_opening("b1");
    let again = BidOpened {
        key: Digest([1; 32]),
        ..again
    };
    assert_eq!(play.world.refused(again, &[&first]), Code::ShareRepeated);
}

/// Otherwise a bidder who has seen other prices could void its own bid.
#[test]
fn a_wrong_own_key_changes_nothing() {
    let mut play = closed();
    let bidder = play.actor("b1");
    let wrong = BidOpened {
        key: Digest([1; 32]),
        ..play.own_opening("b1")
    };
    assert_eq!(play.world.refused(wrong, &[&bidder]), Code::OwnKeyWrong);
    release(&mut play, 1);
    release(&mut play, 2);
    play.world.do_duties(&play.tender.clone());
    assert!(outcomes(&play).iter().all(|line| line.1 == Outcome::Valid));
}

fn who_opens(who_opens: WhoOpens) -> Script {
    let mut script = Script::plain("T-1");
    script.opening.who_opens = who_opens;
    script
}

#[test]
fn the_document_says_who_opens() {
    let mut play = Play::to(who_opens(WhoOpens::Bidder), Milestone::Closed);
    let (body, trustee) = (play.opening_release(1), play.trustee(1));
    assert_eq!(play.world.refused(body, &[&trustee]), Code::OpeningByOther);
    let mut play = Play::to(who_opens(WhoOpens::Trustees), Milestone::Closed);
    let (own, bidder) = (play.own_opening("b1"), play.actor("b1"));
    assert_eq!(play.world.refused(own, &[&bidder]), Code::OpeningByOther);
}

#[test]
fn where_bidders_open_silence_is_the_bidders_fault() {
    let mut script = who_opens(WhoOpens::Bidder);
    script
        .bidders
        .push(Bidder::new("b4", "9100000").who(Conduct::Absent));
    let play = Play::to(script, Milestone::Awarded);
    let line = &play.stage().opened().unwrap().results[3];
    assert_eq!(line.reason, Some(OutcomeReason::BidderSilent));
    assert_eq!(
        (line.outcome, line.consequence),
        (Outcome::Unresolved, Some(Consequence::DeemedRevoked))
    );
}

#[test]
fn broken_envelopes_are_invalid_and_say_why() {
    let mut script = Script::plain("T-1");
    let broken = |name: &str, conduct| Bidder::new(name, "9100000").who(conduct);
    script.bidders.push(broken("b4", Conduct::GarbageKeyBlock));
    script.bidders.push(broken("b5", Conduct::GarbagePart));
    script.bidders.push(broken("b6", Conduct::GarbageForm));
    let play = Play::to(script, Milestone::Awarded);
    let reasons: Vec<_> = outcomes(&play).into_iter().skip(3).collect();
    let invalid = |name: &str, reason| (name.to_owned(), Outcome::Invalid, Some(reason));
    let expected = [
        invalid("b4", OutcomeReason::KeyBlock),
        invalid("b5", OutcomeReason::Part),
        invalid("b6", OutcomeReason::Form),
    ];
    assert_eq!(reasons, expected);
    let drawing = play.stage().drawing().unwrap();
    assert_eq!(drawing.members.len(), 3);
    assert_eq!(
        drawing.attempts[0].contributions.len(),
        8,
        "their contributions to the draw still count"
    );
}

#[test]
fn a_garbage_key_block_is_invalid_only_when_all_trustees_have_released() {
    let mut script = Script {
        trustees: 4,
        ..Script::plain("T-1")
    };
    script.bidders[0].conduct = Conduct::GarbageKeyBlock;
    let mut play = Play::to(script, Milestone::Closed);
    for slot in 1..=3 {
        release(&mut play, slot);
        assert_eq!(
            opening(&play).releases.unresolved().len(),
            if slot == 1 { 3 } else { 1 }
        );
    }
    release(&mut play, 4);
    assert_eq!(
        opening(&play).releases.resolved(&play.manifest("b1")),
        Some(Resolved::NoKeyFits)
    );
}

#[test]
fn a_wrong_share_is_exposed_and_outvoted() {
    let mut script = Script::plain("T-1");
    script.wrong_shares.insert(1);
    let play = Play::to(script, Milestone::Opened);
    for line in &play.stage().opened().unwrap().results {
        assert_eq!(
            (line.outcome, line.wrong_shares.as_slice()),
            (Outcome::Valid, [1].as_slice())
        );
    }
}

#[test]
fn a_share_that_is_said_not_to_decrypt_is_exposed_too() {
    let mut play = Play::to(
        Script {
            trustees: 4,
            ..Script::plain("T-1")
        },
        Milestone::Closed,
    );
    for (slot, share) in [(1, None), (2, Some(Share([0; 32])))] {
        let (mut body, trustee) = (play.opening_release(slot), play.trustee(slot));
        body.shares
            .iter_mut()
            .for_each(|released| released.share.clone_from(&share));
        play.world.must(body, &[&trustee]);
    }
    release(&mut play, 3);
    assert!(
        !opening(&play).releases.all_resolved(),
        "one honest share of two that are needed"
    );
    release(&mut play, 4);
    play.world.do_duties(&play.tender.clone());
    for line in &play.stage().opened().unwrap().results {
        assert_eq!(
            (line.outcome, line.wrong_shares.as_slice()),
            (Outcome::Valid, [1, 2].as_slice())
        );
    }
}

#[test]
fn a_large_read_out_comes_in_pages_that_fit_into_a_statement() {
    let mut play = Play::to(Script::plain("T-1"), Milestone::Rehearsed);
    let mut notice = play.notice();
    let text = FormField {
        id: id("text"),
        field_type: FieldType::Text,
        unit: None,
        required: false,
    };
    let texts = (0..60).map(|number| FormField {
        id: id(&format!("text-{number:02}")),
        ..text.clone()
    });
    notice.bid_form.extend(texts);
    play.tenderee_says(notice);
    play.world.do_duties(&play.tender.clone());
    let texts = (0..60).map(|number| format!(r#","text-{number:02}":"{}""#, "长".repeat(200)));
    let form = format!(r#"{{"price":"9000000"{}}}"#, texts.collect::<String>());
    for number in 0..8 {
        let bidder = Actor::new(&format!("c{number}"));
        play.world.register(&bidder);
        play.bid(&bidder, form.as_bytes(), "bid");
    }
    play.close();
    release(&mut play, 1);
    release(&mut play, 2);
    let mut lines = 0;
    while let Some(Act::OpeningResults(page)) = play.world.owed(&play.tender.clone()) {
        let act = Act::from(page.clone());
        assert!(
            act.to_body().len() <= STATEMENT_BYTES_MAX,
            "{} bytes",
            act.to_body().len()
        );
        lines += page.results.len();
        if page.page < page.pages {
            // Between pages nothing more is opened, and the page before stays as it was.
            let (body, trustee) = (play.opening_release(3), play.trustee(3));
            let mut between = play.clone();
            between.world.do_duty(&between.tender.clone());
            assert_eq!(between.world.refused(body, &[&trustee]), Code::WindowClosed);
        }
        play.world.do_duty(&play.tender.clone());
    }
    assert_eq!(lines, 8);
    assert_eq!(play.stage().opened().unwrap().results.len(), 8);
}

#[test]
fn bidders_confirm_their_own_line_in_the_window() {
    let mut play = Play::to(Script::plain("T-1"), Milestone::Opened);
    let (first, second) = (play.actor("b1"), play.actor("b2"));
    let body = ReadOutConfirmed {
        tender: play.tender.clone(),
        manifest: play.manifest("b1"),
        agrees: false,
    };
    assert_eq!(
        play.world.refused(body.clone(), &[&second]),
        Code::NotABidder
    );
    let Stage::Opened(opened) = play.stage() else {
        panic!("stage {}", play.stage().name())
    };
    let end_ms = opened.confirmation_end_ms();
    let mut late = play.clone();
    late.world.wait_until(end_ms);
    assert_eq!(
        late.world.refused(body.clone(), &[&first]),
        Code::WindowClosed
    );
    play.world.wait_until(end_ms - 1);
    play.world.must(body, &[&first]);
}

#[test]
fn the_set_is_frozen_when_everybody_answered_or_the_window_ended() {
    let mut play = Play::to(Script::plain("T-1"), Milestone::Opened);
    let Stage::Opened(opened) = play.stage() else {
        panic!("stage {}", play.stage().name())
    };
    let (good, end_ms) = (
        opened.benchmark_set(&play.tender).1,
        opened.confirmation_end_ms(),
    );
    let (tenderee, platform) = (play.tenderee(), play.world.platform().clone());
    assert_eq!(
        play.world.refused(good.clone(), &[&platform]),
        Code::SignerNotAllowed
    );
    play.world.wait_until(end_ms - 1);
    assert_eq!(
        play.world.refused(good.clone(), &[&tenderee]),
        Code::WindowOpen
    );
    play.world.wait_until(end_ms);
    let fewer = BenchmarkSet {
        included: 2,
        ..good.clone()
    };
    assert_eq!(
        play.world.refused(fewer, &[&tenderee]),
        Code::ResultMismatch
    );
    let reason = ExclusionReason::AboveControlPrice;
    let excluded = vec![Exclusion {
        bidder: id("b1"),
        reason,
    }];
    let other = BenchmarkSet {
        included: 2,
        excluded,
        ..good.clone()
    };
    assert_eq!(
        play.world.refused(other, &[&tenderee]),
        Code::ResultMismatch
    );
    play.world.must(good, &[&tenderee]);
}

#[test]
fn without_a_bid_below_the_control_price_the_tender_fails() {
    let script = Script::plain("T-1").with_prices(&["10000000.01", "11000000", "12000000"]);
    let mut play = Play::to(script, Milestone::Opened);
    let Stage::Opened(opened) = play.stage() else {
        panic!("stage {}", play.stage().name())
    };
    let (body, tenderee) = (opened.benchmark_set(&play.tender).1, play.tenderee());
    play.world.wait_until(opened.confirmation_end_ms());
    assert_eq!(body.included, 0);
    assert_eq!(play.world.refused(body, &[&tenderee]), Code::ResultMismatch);
    play.world.do_duties(&play.tender.clone());
    let Stage::Failed(failed) = play.stage() else {
        panic!("stage {}", play.stage().name())
    };
    assert_eq!(failed.failure, Failure::NoEligibleBid);
}

/// The read-out decides who is out; whoever is hit by it may object before the tender fails.
#[test]
fn a_tender_does_not_fail_over_the_heads_of_its_bidders() {
    let script = Script::plain("T-1").with_prices(&["10000000.01", "11000000", "12000000"]);
    let mut play = Play::to(script, Milestone::Opened);
    assert_eq!(
        play.world.owed(&play.tender),
        None,
        "the window to confirm and object is open"
    );
    let Stage::Opened(opened) = play.stage() else {
        panic!("stage {}", play.stage().name())
    };
    let end_ms = opened.confirmation_end_ms();
    assert_eq!(play.state().next_due_ms(), Some(end_ms));
    let objection = play.object("b01", Matter::Opening);
    play.world.wait_until(end_ms);
    assert_eq!(
        play.world.owed(&play.tender),
        None,
        "an objection is pending"
    );
    play.answer(objection);
    assert!(matches!(
        play.world.owed(&play.tender),
        Some(Act::TenderFailed(_))
    ));
}

/// Who is out may object to it on the spot (条例 §44): the tenderee cannot go on over its head with the others.
#[test]
fn the_benchmark_set_waits_for_bidders_who_are_out() {
    let bidders = vec![
        Bidder::new("b1", "9000000"),
        Bidder::new("b2", "9100000"),
        Bidder::new("b3", "9200000").who(Conduct::GarbageKeyBlock),
    ];
    let mut play = Play::to(
        Script::plain("T-1").with_bidders(bidders),
        Milestone::Opened,
    );
    let confirm = |play: &mut Play, name: &str| {
        let body = ReadOutConfirmed {
            tender: play.tender.clone(),
            manifest: play.manifest(name),
            agrees: true,
        };
        let bidder = play.actor(name);
        play.world.must(body, &[&bidder]);
    };
    confirm(&mut play, "b1");
    confirm(&mut play, "b2");
    let Stage::Opened(opened) = play.stage() else {
        panic!("stage {}", play.stage().name())
    };
    let (_, set) = opened.benchmark_set(&play.tender);
    let tenderee = play.tenderee();
    assert_eq!(
        play.world.refused(set.clone(), &[&tenderee]),
        Code::WindowOpen
    );
    confirm(&mut play, "b3");
    play.world.must(set, &[&tenderee]);
}
