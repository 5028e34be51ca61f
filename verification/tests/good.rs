//! Sound records hold everywhere, as far as they go.

#![expect(clippy::unwrap_used, reason = "tests may panic")]

use play::{Conduct, Milestone, Play, Script};
use procedure::act::{TenderTerminated, TerminationCause};
use record::statement::Signature;
use record::trust::Trust;
use verification::{Options, Report, Status, Verdict, verify};

fn trust(play: &Play) -> Trust {
    play.world.trust_file().parse().unwrap()
}

fn verified(play: &Play) -> Report {
    let options = Options {
        trust: Some(trust(play)),
        receipts: Vec::new(),
    };
    verify(&play.world.bundle(&play.tender), &options)
}

#[track_caller]
fn holds(report: &Report) {
    for check in &report.checks {
        assert_eq!(
            check.status,
            Status::Holds,
            "{}\n{check:#?}",
            report.render_text()
        );
    }
    assert_eq!(report.exit_code(), 0);
    assert_eq!(report.verdict, Verdict::Holds);
}

/// Digests differ with every change of a statement's form; what is said about them does not.
fn without_digests(text: &str) -> String {
    let mut out = String::new();
    let mut rest = text;
    while let Some(start) = rest.find(|c: char| c.is_ascii_hexdigit()) {
        let (before, from) = rest.split_at(start);
        let length = from
            .find(|c: char| !c.is_ascii_hexdigit())
            .unwrap_or(from.len());
        let (run, behind) = from.split_at(length);
        out.push_str(before);
        out.push_str(if run.len() >= 40 { "<digest>" } else { run });
        rest = behind;
    }
    out + rest
}

#[test]
fn awarded_records_hold_everywhere() {
    let scripts = [
        Script::plain("T-1"),
        Script::eventful("T-2"),
        Script::statutory("T-3"),
        Script::korean("T-4"),
        Script::at_fixed_price("T-5"),
        Script::shortlisted("T-6"),
    ];
    for script in scripts {
        let play = Play::to(script, Milestone::Awarded);
        let report = verified(&play);
        holds(&report);
        assert_eq!(report.summary.stage, Some("awarded"));
        assert!(report.summary.winner.is_some());
    }
}

#[test]
fn without_a_trust_file_the_record_is_self_asserted() {
    let play = Play::to(Script::plain("T-1"), Milestone::Awarded);
    let report = verify(&play.world.bundle(&play.tender), &Options::default());
    assert_eq!(report.exit_code(), 3);
    let text = report.render_text();
    assert!(text.contains("self-asserted"), "{text}");
    let fingerprint = play.world.root().public().id().to_string();
    assert!(text.contains(&fingerprint), "{text}");
    assert!(text.contains("SIMULATED TIME"), "{text}");
    assert!(text.contains("not witnessed"), "{text}");
    let unprotected = "not protected against platform and trustees together";
    let unfolded = text.split_whitespace().collect::<Vec<_>>().join(" ");
    assert!(unfolded.contains(unprotected), "{text}");
}

#[test]
fn a_record_outside_demo_mode_has_no_simulated_time() {
    let world = play::World::new("kaibiao.test/etender");
    let mut play = Play::in_world(world, Script::plain("T-1"));
    play.go_to(Milestone::Awarded);
    let report = verified(&play);
    holds(&report);
    assert!(!report.simulated_time);
    assert!(!report.render_text().contains("SIMULATED"));
}

#[test]
fn every_milestone_verifies_as_far_as_it_goes() {
    let mut play = Play::new(Script::eventful("T-1"));
    for milestone in Milestone::ALL {
        play.go_to(*milestone);
        let report = verified(&play);
        assert_eq!(
            report.exit_code(),
            0,
            "{milestone:?}\n{}",
            report.render_text()
        );
        for check in &report.checks {
            let says_why = check.status != Status::NotCheckable || check.why.is_some();
            assert!(says_why, "{milestone:?} {}", check.id);
        }
    }
}

#[test]
fn receipts_of_the_record_agree() {
    let play = Play::to(Script::plain("T-1"), Milestone::Awarded);
    let receipts = [play.manifest("b1"), play.manifest("b3")];
    let receipts = receipts.map(|id| play.world.log().receipt(&id)).to_vec();
    let options = Options {
        trust: Some(trust(&play)),
        receipts,
    };
    holds(&verify(&play.world.bundle(&play.tender), &options));
}

#[test]
fn the_record_tells_what_became_of_everybody() {
    let play = Play::to(Script::eventful("T-1"), Milestone::Awarded);
    let summary = verified(&play).summary;
    let outcome = |bidder: &str| {
        let line = summary
            .bids
            .iter()
            .find(|bid| bid.bidder.as_str() == bidder);
        line.map(|bid| (bid.outcome.as_str(), bid.reason.as_deref()))
    };
    assert_eq!(outcome("b6"), Some(("valid", None)));
    assert_eq!(outcome("b8"), Some(("invalid", Some("key-block"))));
    assert_eq!(outcome("b5"), None);
    assert_eq!(summary.withdrawn.len(), 1);
    assert_eq!(summary.replaced.len(), 1);
    assert_eq!(summary.wrong_shares.len(), 1);
    assert_eq!(summary.attempts.len(), 2);
    assert_eq!(summary.attempts[0].outcome, "failed: too-few-shares");
    assert_eq!(summary.attempts[1].outcome, "drawn");
}

#[test]
fn too_few_bidders() {
    let script = Script::plain("T-1").with_prices(&["9000000", "9100000"]);
    let mut play = Play::to(script, Milestone::Submitted);
    let (tender, deadline_ms) = (play.tender.clone(), play.bidding().notice.deadline_ms);
    play.world.wait_until(deadline_ms);
    play.world.do_duties(&tender);
    let report = verified(&play);
    assert_eq!(report.exit_code(), 0, "{}", report.render_text());
    assert_eq!(report.summary.stage, Some("failed"));
    assert_eq!(report.summary.ended.as_deref(), Some("fewer-than-minimum"));
    assert_eq!(report.check("V8").unwrap().status, Status::Holds);
    assert!(
        report
            .summary
            .bids
            .iter()
            .all(|bid| bid.outcome == "sealed")
    );
}

#[test]
fn a_terminated_tender() {
    let mut play = Play::to(Script::plain("T-1"), Milestone::Submitted);
    let body = TenderTerminated {
        tender: play.tender.clone(),
        cause: TerminationCause::MajorChange,
        reason: "规模调整".to_owned(),
    };
    play.tenderee_says(body);
    let report = verified(&play);
    assert_eq!(report.exit_code(), 0, "{}", report.render_text());
    assert_eq!(report.summary.ended.as_deref(), Some("major-change"));
    assert_eq!(report.check("V8").unwrap().status, Status::NotCheckable);
}

#[test]
fn trustees_who_are_silent_leave_bids_unresolved() {
    let mut script = Script::plain("T-1");
    script.silent = [1, 2].into();
    script.bidders[0].conduct = Conduct::OpensItself;
    let play = Play::to(script, Milestone::Opened);
    let report = verified(&play);
    assert_eq!(report.exit_code(), 0, "{}", report.render_text());
    let outcome = |bid: &verification::report::BidLine| (bid.outcome.clone(), bid.reason.clone());
    let outcomes: Vec<_> = report.summary.bids.iter().map(outcome).collect();
    let unresolved = ("unresolved".to_owned(), Some("too-few-shares".to_owned()));
    assert_eq!(
        outcomes,
        [("valid".to_owned(), None), unresolved.clone(), unresolved]
    );
}

#[test]
fn signatures_of_other_kinds_are_shown_as_not_checked() {
    let play = Play::to(Script::plain("T-1"), Milestone::Awarded);
    let mut bundle = play.world.bundle_parts(&play.tender);
    bundle.entries[5].envelope.signatures.push(Signature {
        key_id: "CN=someone".to_owned(),
        kind: Some("cms".to_owned()),
        signature: vec![1, 2, 3],
    });
    let options = Options {
        trust: Some(trust(&play)),
        receipts: Vec::new(),
    };
    let report = verify(&bundle.write().unwrap(), &options);
    assert_eq!(report.exit_code(), 0);
    assert!(report.render_text().contains("not checked"));
}

#[test]
fn the_text_of_an_eventful_report() {
    let play = Play::to(Script::eventful("T-1"), Milestone::Awarded);
    insta::assert_snapshot!("eventful", without_digests(&verified(&play).render_text()));
}

#[test]
fn the_json_of_a_plain_report() {
    let play = Play::to(Script::plain("T-1"), Milestone::Awarded);
    let json = serde_json::to_string_pretty(&verified(&play)).unwrap();
    insta::assert_snapshot!("plain", without_digests(&json));
}

#[test]
fn the_text_of_an_unfinished_record() {
    let play = Play::to(Script::plain("T-1"), Milestone::Opened);
    insta::assert_snapshot!("opened", without_digests(&verified(&play).render_text()));
}
