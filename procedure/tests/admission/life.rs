//! Whole tenders, from the draft to the award.

use play::{Milestone, Play, Script};
use procedure::Stage;
use procedure::act::{BidResult, Consequence, Outcome, OutcomeReason};

#[test]
fn a_plain_tender_ends_with_an_award() {
    let play = Play::to(Script::plain("T-2026-0001"), Milestone::Awarded);
    let Stage::Awarded(awarded) = play.stage() else {
        panic!("stage {}", play.stage().name())
    };
    assert_eq!(awarded.award.winner, awarded.place.bidder);
    assert_eq!(awarded.place.rank, 1);
}

fn line<'a>(play: &'a Play, bidder: &str) -> Option<&'a BidResult> {
    let opened = play.stage().opened().expect("results are read out");
    opened
        .results
        .iter()
        .find(|line| line.bidder.as_str() == bidder)
}

#[test]
fn the_record_tells_what_happened_to_everybody() {
    let play = Play::to(Script::eventful("T-2026-0002"), Milestone::Awarded);
    let outcome = |bidder: &str| {
        line(&play, bidder).map(|line| (line.outcome, line.reason, line.consequence))
    };
    let valid = Some((Outcome::Valid, None, None));
    assert_eq!(outcome("b1"), valid);
    assert_eq!(
        line(&play, "b4").unwrap().form[&play::id("price")],
        procedure::act::FormValue::Text("9310000.00".into())
    );
    assert_eq!(outcome("b5"), None, "withdrawn");
    assert_eq!(
        outcome("b6"),
        valid,
        "never seen again, opened all the same"
    );
    assert_eq!(outcome("b7"), valid, "opened by itself");
    let broken = (
        Outcome::Invalid,
        Some(OutcomeReason::KeyBlock),
        Some(Consequence::DeemedRevoked),
    );
    assert_eq!(outcome("b8"), Some(broken));
    for bidder in ["b1", "b4", "b6", "b9"] {
        assert_eq!(line(&play, bidder).unwrap().wrong_shares, [2], "{bidder}");
    }
    let drawing = play.stage().drawing().unwrap();
    assert_eq!(drawing.attempts.len(), 2);
    assert!(
        drawing
            .members
            .iter()
            .all(|member| member.bidder.as_str() != "b9"),
        "above the control price"
    );
    assert!(
        play.state()
            .objections()
            .values()
            .all(|objection| objection.answer.is_some())
    );
    assert_eq!(play.state().objections().len(), 3);
}

#[test]
fn a_statutory_and_a_korean_tender_end_with_an_award() {
    for script in [
        Script::statutory("T-2026-0003"),
        Script::korean("T-2026-0004"),
    ] {
        let play = Play::to(script, Milestone::Awarded);
        assert_eq!(play.stage().name(), "awarded");
    }
    let play = Play::to(Script::korean("T-2026-0004"), Milestone::Awarded);
    let Stage::Awarded(awarded) = play.stage() else {
        panic!("stage {}", play.stage().name())
    };
    assert_eq!(
        awarded.award.winner.as_str(),
        "b1",
        "b2 is one won below the floor"
    );
}

#[test]
fn the_same_script_gives_the_same_bytes() {
    let bundle = || {
        let play = Play::to(Script::plain("T-2026-0001"), Milestone::Awarded);
        play.world.bundle(&play.tender)
    };
    assert_eq!(bundle(), bundle());
}
