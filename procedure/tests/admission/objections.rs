//! Objections: who may raise them when, and that the procedure stands still until they are answered.

use play::{Milestone, Play, Script};
use procedure::act::*;
use procedure::{Code, Stage};
use record::Digest;

fn at(milestone: Milestone) -> Play {
    Play::to(Script::statutory("T-1"), milestone)
}

#[test]
fn a_bidder_objects_to_what_is_at_hand() {
    let mut play = at(Milestone::Opened);
    let (bidder, tenderee, other) = (play.actor("b1"), play.tenderee(), play.actor("b2"));
    let body = play.objection("b1", Matter::Opening);
    assert_eq!(
        play.world.refused(body.clone(), &[&other]),
        Code::SignerNotAllowed
    );
    let outsider = play.objection("tenderee", Matter::Opening);
    assert_eq!(play.world.refused(outsider, &[&tenderee]), Code::NotABidder);
    let empty = Objection {
        text: String::new(),
        ..body.clone()
    };
    assert_eq!(play.world.refused(empty, &[&bidder]), Code::TextLength);
    for matter in [Matter::Draw, Matter::Candidates] {
        let early = play.objection("b1", matter);
        assert_eq!(play.world.refused(early, &[&bidder]), Code::ObjectionMatter);
    }
    play.world.must(body, &[&bidder]);
    let early = at(Milestone::Submitted).objection("b1", Matter::Opening);
    assert_eq!(
        at(Milestone::Submitted).world.refused(early, &[&bidder]),
        Code::StageMismatch
    );
}

#[test]
fn the_tenderee_answers_each_objection_once() {
    let mut play = at(Milestone::Opened);
    let objection = play.object("b1", Matter::Opening);
    let tenderee = play.tenderee();
    let answer = |objection: Digest, text: &str| ObjectionAnswered {
        tender: play::id("T-1"),
        objection,
        upheld: true,
        text: text.to_owned(),
    };
    let bidder = play.actor("b1");
    assert_eq!(
        play.world.refused(answer(objection, "是"), &[&bidder]),
        Code::SignerNotAllowed
    );
    assert_eq!(
        play.world.refused(answer(objection, ""), &[&tenderee]),
        Code::TextLength
    );
    assert_eq!(
        play.world.refused(answer(Digest::ZERO, "是"), &[&tenderee]),
        Code::ObjectionUnknown
    );
    play.world.must(answer(objection, "是"), &[&tenderee]);
    assert_eq!(
        play.world.refused(answer(objection, "否"), &[&tenderee]),
        Code::ObjectionUnknown
    );
    assert_eq!(
        play.state().objections()[&objection].answer,
        Some((true, "是".to_owned()))
    );
}

#[test]
fn nothing_goes_on_while_an_objection_is_pending() {
    for (milestone, matter, rule) in [
        (Milestone::Confirmed, Matter::Opening, "R14"),
        (Milestone::Drawn, Matter::Draw, "R14"),
        (Milestone::Published, Matter::Candidates, "R15"),
    ] {
        let mut play = at(milestone);
        let objection = play.object("b1", matter);
        let tenderee = play.tenderee();
        let (next, due_ms): (Act, u64) = match play.stage() {
            Stage::Opened(opened) => (
                opened.benchmark_set(&play.tender).1.into(),
                play.world.now_ms,
            ),
            Stage::Drawn(drawn) => (
                drawn.opening_record(&play.tender).into(),
                drawn.objection_end_ms(),
            ),
            Stage::Candidates(published) => (
                play.award_body().into(),
                published.candidates.publicity_until_ms,
            ),
            other => panic!("stage {}", other.name()),
        };
        play.world.wait_until(due_ms);
        let refusal = play.world.refusal(next.clone(), &[&tenderee]);
        assert_eq!(
            (refusal.code, refusal.rule.unwrap().id.as_str()),
            (Code::ObjectionPending, rule)
        );
        play.answer(objection);
        play.world.must(next, &[&tenderee]);
    }
}

/// Otherwise one bidder could hold up the tender for ever, one objection after the other.
#[test]
fn objections_come_in_their_window() {
    for (milestone, matter) in [
        (Milestone::Opened, Matter::Opening),
        (Milestone::Drawn, Matter::Draw),
        (Milestone::Published, Matter::Candidates),
    ] {
        let mut play = at(milestone);
        let (body, bidder) = (play.objection("b1", matter), play.actor("b1"));
        let end_ms = match play.stage() {
            Stage::Opened(opened) => opened.confirmation_end_ms(),
            Stage::Drawn(drawn) => drawn.objection_end_ms(),
            Stage::Candidates(published) => published.candidates.publicity_until_ms,
            other => panic!("stage {}", other.name()),
        };
        let mut late = play.clone();
        late.world.now_ms = end_ms;
        assert_eq!(
            late.world.refused(body.clone(), &[&bidder]),
            Code::WindowClosed,
            "{matter:?}"
        );
        play.world.now_ms = end_ms - 1;
        play.world.must(body, &[&bidder]);
    }
}

/// Otherwise an accomplice could use up what the others may still object to.
#[test]
fn one_bidder_cannot_use_up_the_objections_of_all() {
    let mut play = at(Milestone::Opened);
    let bidder = play.actor("b1");
    let numbered = |play: &Play, number: usize| Objection {
        text: format!("第 {number} 项"),
        ..play.objection("b1", Matter::Opening)
    };
    let most = procedure::limits::OBJECTIONS_PER_BIDDER_MAX;
    for number in 0..most {
        let body = numbered(&play, number);
        play.world.must(body, &[&bidder]);
    }
    let body = numbered(&play, most);
    assert_eq!(play.world.refused(body, &[&bidder]), Code::LimitExceeded);
    play.object("b2", Matter::Opening);
}
