//! Credit, evaluation, candidates, award, and the other ends of a tender.

use play::{Bidder, DAY_MS, Milestone, Play, SECOND_MS, Script};
use procedure::act::*;
use procedure::{Code, Stage};
use record::Digest;

fn at(milestone: Milestone) -> Play {
    Play::to(Script::plain("T-1"), milestone)
}

/// A tender of a method without draws, with ties as given.
fn tied(ties: Ties, prices: &[&str]) -> Script {
    let mut script = Script::plain("T-1").with_prices(prices);
    script.rules = play::rules(&["jiangsu-3"]);
    script.rules.ties = ties;
    script
}

#[test]
fn the_credit_snapshot_is_the_committed_one() {
    let mut play = at(Milestone::Opened);
    let (good, source, tenderee) = (
        play.credit_snapshot(),
        play.credit_source(),
        play.tenderee(),
    );
    assert_eq!(
        play.world.refused(good.clone(), &[&tenderee]),
        Code::SignerNotAllowed
    );
    let mut better = good.clone();
    better.values[0].value = "100".into();
    assert_eq!(play.world.refused(better, &[&source]), Code::CreditMismatch);
    let salted = CreditSnapshot {
        salt: Digest::ZERO,
        ..good.clone()
    };
    assert_eq!(play.world.refused(salted, &[&source]), Code::CreditMismatch);
    let nowhere = CreditSnapshot {
        origin: String::new(),
        ..good.clone()
    };
    assert_eq!(play.world.refused(nowhere, &[&source]), Code::TextLength);
    let mut early = at(Milestone::Closed);
    assert_eq!(
        early.world.refused(good.clone(), &[&source]),
        Code::StageMismatch
    );
    play.world.must(good, &[&source]);
}

/// A snapshot that was committed may still be unusable; then it is refused.
fn committed(change: impl FnOnce(&mut CreditSnapshot)) -> Code {
    let mut play = Play::to(Script::plain("T-1"), Milestone::Rehearsed);
    let notice = play.notice();
    play.tenderee_says(notice);
    play.world.do_duties(&play.tender.clone());
    let mut snapshot = play.credit_snapshot();
    change(&mut snapshot);
    let body = CreditCommitted {
        tender: play.tender.clone(),
        snapshot: Act::from(snapshot.clone()).envelope().id(),
        further: Vec::new(),
    };
    let source = play.credit_source();
    play.world.must(body, &[&source]);
    for name in ["b1", "b2", "b3"] {
        let bidder = play.actor(name);
        play.bid(&bidder, &play::form_json("9000000"), "bid");
    }
    play.close();
    for slot in 1..=2 {
        let (body, trustee) = (play.opening_release(slot), play.trustee(slot));
        play.world.must(body, &[&trustee]);
    }
    play.world.do_duties(&play.tender.clone());
    play.world.refused(snapshot, &[&source])
}

#[test]
fn credit_values_are_ordered_decimals() {
    assert_eq!(
        committed(|snapshot| snapshot.values.reverse()),
        Code::CreditMismatch
    );
    assert_eq!(
        committed(|snapshot| snapshot.values[1] = snapshot.values[0].clone()),
        Code::CreditMismatch
    );
    assert_eq!(
        committed(|snapshot| snapshot.values[0].value = "-1".into()),
        Code::CreditMismatch
    );
    assert_eq!(
        committed(|snapshot| snapshot.values[0].value = "1e9".into()),
        Code::CreditMismatch
    );
    // A value with which nobody could be evaluated.
    assert_eq!(
        committed(|snapshot| snapshot.values[0].value = "10000000".into()),
        Code::CreditMismatch
    );
}

#[test]
fn evaluation_waits_for_the_committed_snapshot() {
    let mut play = at(Milestone::Opened);
    play.world.wait_until(play.world.now_ms + DAY_MS);
    let Stage::Opened(opened) = play.stage() else {
        panic!("stage {}", play.stage().name())
    };
    let set = opened.benchmark_set(&play.tender).1;
    play.tenderee_says(set);
    for slot in 1..=2 {
        let (body, trustee) = (play.contribution_release(slot), play.trustee(slot));
        play.world.must(body, &[&trustee]);
    }
    play.world.do_duties(&play.tender.clone());
    let Stage::Drawn(drawn) = play.stage() else {
        panic!("stage {}", play.stage().name())
    };
    let (record, end_ms) = (drawn.opening_record(&play.tender), drawn.objection_end_ms());
    play.world.wait_until(end_ms);
    play.tenderee_says(record);
    let report = EvaluationReport {
        tender: play.tender.clone(),
        result: Digest::ZERO,
        benchmark: None,
        ranked: 3,
        places: Vec::new(),
        competition_note: None,
        places_list: None,
    };
    let (tenderee, source) = (play.tenderee(), play.credit_source());
    assert_eq!(
        play.world.refused(report, &[&tenderee]),
        Code::CreditMissing
    );
    let snapshot = play.credit_snapshot();
    play.world.must(snapshot, &[&source]);
    let report = play.report();
    play.world.must(report, &[&tenderee]);
}

#[test]
fn without_a_commitment_everybody_has_the_missing_value() {
    let script = Script {
        commits_credit: false,
        ..Script::plain("T-1")
    };
    let play = Play::to(script, Milestone::Recorded);
    let case = procedure::case_of(&play.stage().recorded().unwrap().drawn).unwrap();
    assert!(
        case.bids
            .iter()
            .all(|bid| bid.credit == Some(evaluation::case::CreditValue::Of("60".into())))
    );
}

#[test]
fn a_consortium_has_the_lowest_credit_of_its_members() {
    let mut script = Script::plain("T-1");
    script
        .bidders
        .push(Bidder::new("b4", "9200000").with_credit("95"));
    let mut play = Play::to(script, Milestone::Announced);
    // b1 (92.4) bids together with b2 (88), who does not bid alone.
    let bidder = play.actor("b1");
    let sealed = play.seal(&bidder, &play::form_json("9000000"), "consortium");
    let members = vec![play::id("b2")];
    let manifest = play.world.must(
        BidManifest {
            members,
            ..sealed.manifest
        },
        &[&bidder],
    );
    let (snapshot, source) = (play.credit_snapshot(), play.credit_source());
    let others = play.script.bidders.split_off(2);
    play.script.bidders = others;
    play.go_to(Milestone::Opened);
    play.manifests.insert(play::id("b1"), manifest);
    play.world.must(snapshot, &[&source]);
    play.script.commits_credit = false;
    play.go_to(Milestone::Confirmed);
    play.world.wait_until(play.world.now_ms + DAY_MS);
    play.go_to(Milestone::Recorded);
    let case = procedure::case_of(&play.stage().recorded().unwrap().drawn).unwrap();
    let credit = case
        .bids
        .iter()
        .find(|bid| bid.bidder == "b1")
        .unwrap()
        .credit
        .clone();
    let members = vec!["92.4".to_owned(), "88".to_owned()];
    assert_eq!(
        credit,
        Some(evaluation::case::CreditValue::OfMembers(members))
    );
}

#[test]
fn the_report_is_what_the_record_gives() {
    let mut play = at(Milestone::Recorded);
    let (good, tenderee, supervisor) = (play.report(), play.tenderee(), play.supervisor());
    assert_eq!(good.ranked, 3);
    assert_eq!(
        play.world.refused(good.clone(), &[&supervisor]),
        Code::SignerNotAllowed
    );
    let mut bent = vec![good.clone(); 5];
    bent[0].result = Digest::ZERO;
    bent[1].benchmark = None;
    bent[2].places.swap(0, 1);
    bent[3].places[0].price = "1".into();
    bent[4].ranked = 4;
    for report in bent {
        assert_eq!(
            play.world.refused(report, &[&tenderee]),
            Code::ResultMismatch
        );
    }
    let noted = EvaluationReport {
        competition_note: Some(String::new()),
        ..good.clone()
    };
    assert_eq!(play.world.refused(noted, &[&tenderee]), Code::TextLength);
    play.world.must(good, &[&tenderee]);
}

#[test]
fn fewer_ranked_bids_than_the_minimum_need_an_argument() {
    let script = Script::plain("T-1").with_prices(&["9000000", "9100000", "10000000.01"]);
    let mut play = Play::to(script, Milestone::Recorded);
    let (good, tenderee) = (play.report(), play.tenderee());
    assert_eq!(good.ranked, 2);
    let silent = EvaluationReport {
        competition_note: None,
        ..good.clone()
    };
    let refusal = play.world.refusal(silent, &[&tenderee]);
    assert_eq!(
        (refusal.code, refusal.rule.unwrap().id.as_str()),
        (Code::CompetitionNoteMissing, "R13")
    );
    play.world.must(good, &[&tenderee]);
}

#[test]
fn the_candidates_are_those_of_the_report_and_stay_published() {
    let mut play = Play::to(Script::statutory("T-1"), Milestone::Evaluated);
    let (good, tenderee) = (play.candidates(), play.tenderee());
    let mut bent = vec![good.clone(); 3];
    bent[0].candidates.swap(0, 1);
    bent[1].candidates.pop();
    bent[2].report = Digest::ZERO;
    for candidates in bent {
        let refusal = play.world.refusal(candidates, &[&tenderee]);
        assert_eq!(
            (refusal.code, refusal.rule.unwrap().id.as_str()),
            (Code::CandidatesMismatch, "R16")
        );
    }
    let short = Candidates {
        publicity_until_ms: good.publicity_until_ms - DAY_MS,
        ..good.clone()
    };
    let refusal = play.world.refusal(short, &[&tenderee]);
    assert_eq!(
        (refusal.code, refusal.rule.unwrap().article.as_str()),
        (Code::PublicityShort, "实施条例 §54")
    );
    let endless = Candidates {
        publicity_until_ms: (1 << 53) - 1,
        ..good.clone()
    };
    assert_eq!(
        play.world.refused(endless, &[&tenderee]),
        Code::LimitExceeded
    );
    play.world.must(good, &[&tenderee]);
}

#[test]
fn the_first_candidate_wins_after_publicity() {
    let mut play = Play::to(Script::statutory("T-1"), Milestone::Published);
    let (good, tenderee, bidder) = (play.award_body(), play.tenderee(), play.actor("b1"));
    let Stage::Candidates(published) = play.stage() else {
        panic!("stage {}", play.stage().name())
    };
    let (second, until_ms) = (
        published.candidates.candidates[1].clone(),
        published.candidates.publicity_until_ms,
    );
    play.world.wait_until(until_ms - 1);
    assert_eq!(
        play.world.refused(good.clone(), &[&tenderee]),
        Code::WindowOpen
    );
    play.world.wait_until(until_ms);
    assert_eq!(
        play.world.refused(good.clone(), &[&bidder]),
        Code::SignerNotAllowed
    );
    let other = Award {
        winner: second.bidder,
        price: second.price,
        ..good.clone()
    };
    let refusal = play.world.refusal(other, &[&tenderee]);
    assert_eq!(
        (refusal.code, refusal.rule.unwrap().id.as_str()),
        (Code::WinnerMismatch, "R16")
    );
    let cheaper = Award {
        price: "1".into(),
        ..good.clone()
    };
    assert_eq!(
        play.world.refused(cheaper, &[&tenderee]),
        Code::WinnerMismatch
    );
    let chatty = Award {
        reason: Some(String::new()),
        ..good.clone()
    };
    assert_eq!(play.world.refused(chatty, &[&tenderee]), Code::TextLength);
    play.world.must(good, &[&tenderee]);
}

#[test]
fn equal_first_ranks_are_drawn_where_the_rules_say_so() {
    let play = Play::to(
        tied(Ties::Draw, &["9000000", "9000000", "9000000", "9000000"]),
        Milestone::Evaluated,
    );
    let places = &play.stage().evaluated().unwrap().report.places;
    assert_eq!(
        places.iter().map(|place| place.rank).collect::<Vec<_>>(),
        [1, 2, 3]
    );
}

#[test]
fn equal_first_ranks_are_reported_otherwise_and_the_choice_has_a_reason() {
    let mut play = Play::to(
        tied(Ties::Report, &["9000000", "9000000", "9000000", "9000000"]),
        Milestone::Published,
    );
    let Stage::Candidates(published) = play.stage() else {
        panic!("stage {}", play.stage().name())
    };
    assert!(
        published
            .candidates
            .candidates
            .iter()
            .all(|place| place.rank == 1)
    );
    assert_eq!(published.candidates.candidates.len(), 4);
    play.world
        .wait_until(published.candidates.publicity_until_ms);
    let (good, tenderee) = (play.award_body(), play.tenderee());
    let silent = Award {
        reason: None,
        ..good.clone()
    };
    assert_eq!(
        play.world.refused(silent, &[&tenderee]),
        Code::AwardReasonMissing
    );
    play.world.must(
        Award {
            winner: play::id("b03"),
            ..good
        },
        &[&tenderee],
    );
}

/// One absurd price must not bring the tender down.
#[test]
fn an_absurd_price_loses_and_nothing_else() {
    let most = "10000000000000.00";
    for (method, absurd, places) in [
        ("jiangsu-1", most, 4),
        ("jiangsu-3", most, 4),
        ("jiangsu-4", most, 4),
        // Above the highest amount that can be evaluated, the form is invalid.
        ("jiangsu-1", "10000000000000.01", 3),
        ("jiangsu-1", "9999999999999999.99", 3),
    ] {
        let prices = ["9000000", "9100000", "9200000", absurd];
        let mut script = Script::plain("T-1").with_prices(&prices);
        script.rules = play::rules(&[method]);
        script.rules.control_price = None;
        let play = Play::to(script, Milestone::Awarded);
        let Stage::Awarded(awarded) = play.stage() else {
            panic!("stage {}", play.stage().name())
        };
        assert_ne!(awarded.award.winner.as_str(), "b04", "{method} {absurd}");
        assert_eq!(
            awarded.published.evaluated.report.ranked, places,
            "{method} {absurd}"
        );
    }
}

#[test]
fn when_nobody_is_ranked_the_tender_fails() {
    let script = Script::korean("T-1").with_prices(&["8774499", "8000000", "1"]);
    let mut play = Play::to(script, Milestone::Evaluated);
    let (candidates, tenderee) = (play.candidates(), play.tenderee());
    assert_eq!(
        play.world.refused(candidates, &[&tenderee]),
        Code::CandidatesMismatch
    );
    play.world.do_duties(&play.tender.clone());
    let Stage::Failed(failed) = play.stage() else {
        panic!("stage {}", play.stage().name())
    };
    assert_eq!(failed.failure, Failure::NobodyRanked);
}

#[test]
fn a_tender_fails_for_a_ground_only() {
    let mut play = at(Milestone::Submitted);
    let (platform, tenderee) = (play.world.platform().clone(), play.tenderee());
    let body = TenderFailed {
        tender: play.tender.clone(),
        failure: Failure::FewerThanMinimum,
    };
    assert_eq!(
        play.world.refused(body.clone(), &[&platform]),
        Code::NothingToFail
    );
    let mut few = Play::to(
        Script::plain("T-2").with_prices(&["1", "2"]),
        Milestone::Closed,
    );
    let body = TenderFailed {
        tender: few.tender.clone(),
        ..body
    };
    assert_eq!(
        few.world.refused(body.clone(), &[&tenderee]),
        Code::SignerNotAllowed
    );
    let other = TenderFailed {
        failure: Failure::NobodyRanked,
        ..body.clone()
    };
    assert_eq!(few.world.refused(other, &[&platform]), Code::NothingToFail);
    few.world.must(body, &[&platform]);
}

fn termination(play: &Play, cause: TerminationCause) -> TenderTerminated {
    TenderTerminated {
        tender: play.tender.clone(),
        cause,
        reason: "规划调整".into(),
    }
}

#[test]
fn the_tenderee_ends_a_tender_before_the_first_share_only() {
    let cause = TerminationCause::MajorChange;
    for milestone in [
        Milestone::Created,
        Milestone::Rehearsed,
        Milestone::Submitted,
        Milestone::Closed,
    ] {
        let mut play = at(milestone);
        let (body, platform) = (termination(&play, cause), play.world.platform().clone());
        assert_eq!(
            play.world.refused(body.clone(), &[&platform]),
            Code::SignerNotAllowed
        );
        let silent = TenderTerminated {
            reason: String::new(),
            ..body.clone()
        };
        let tenderee = play.tenderee();
        assert_eq!(play.world.refused(silent, &[&tenderee]), Code::TextLength);
        play.tenderee_says(body);
        assert_eq!(play.stage().name(), "terminated");
    }
    for milestone in Milestone::ALL
        .iter()
        .filter(|milestone| **milestone >= Milestone::Released)
    {
        let mut play = at(*milestone);
        let (body, tenderee) = (termination(&play, cause), play.tenderee());
        let expected = if *milestone == Milestone::Awarded {
            Code::StageMismatch
        } else {
            Code::SharesReleased
        };
        assert_eq!(
            play.world.refused(body, &[&tenderee]),
            expected,
            "{milestone:?}"
        );
    }
}

#[test]
fn the_supervisors_order_carries_the_supervisors_signature() {
    for milestone in [
        Milestone::Submitted,
        Milestone::Closed,
        Milestone::Opened,
        Milestone::Drawn,
        Milestone::Published,
    ] {
        let mut play = at(milestone);
        let (tenderee, supervisor, witness) =
            (play.tenderee(), play.supervisor(), play.actor("witness-1"));
        let body = termination(&play, TerminationCause::SupervisorOrder);
        assert_eq!(
            play.world.refused(body.clone(), &[&tenderee]),
            Code::SignersMissing,
            "{milestone:?}"
        );
        assert_eq!(
            play.world.refused(body.clone(), &[&tenderee, &witness]),
            Code::SignersMissing
        );
        assert_eq!(
            play.world
                .refused(body.clone(), &[&tenderee, &supervisor, &witness]),
            Code::SignersTooMany
        );
        let alone = milestone == Milestone::Drawn;
        let signers: &[&play::Actor] = if alone {
            &[&supervisor]
        } else {
            &[&tenderee, &supervisor]
        };
        play.world.must(body, signers);
        assert_eq!(play.stage().name(), "terminated");
    }
    let mut play = at(Milestone::Released);
    let (tenderee, supervisor) = (play.tenderee(), play.supervisor());
    let body = termination(&play, TerminationCause::SupervisorOrder);
    let refused = play.world.refused(body, &[&tenderee, &supervisor]);
    assert_eq!(
        refused,
        Code::SharesReleased,
        "after the first release all trustees must release"
    );
}

#[test]
fn an_ended_tender_keeps_what_was_there() {
    let mut play = at(Milestone::Drawn);
    let before = play.stage().clone();
    let (tenderee, supervisor) = (play.tenderee(), play.supervisor());
    let body = termination(&play, TerminationCause::SupervisorOrder);
    play.world.now_ms += SECOND_MS;
    play.world.must(body, &[&tenderee, &supervisor]);
    let Stage::Terminated(terminated) = play.stage() else {
        panic!("stage {}", play.stage().name())
    };
    assert_eq!(*terminated.before, before);
    assert_eq!(play.stage().drawn(), before.drawn());
    assert!(play.stage().bidding().is_some() && play.stage().evaluated().is_none());
    let again = TenderTerminated {
        reason: "再次".into(),
        ..termination(&play, TerminationCause::MajorChange)
    };
    assert_eq!(play.world.refused(again, &[&tenderee]), Code::StageMismatch);
}
