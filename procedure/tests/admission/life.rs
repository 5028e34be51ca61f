//! Whole tenders, from the draft to the award.

use evaluation::result::Standing;
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

/// Whatever the method makes of the prices, the tender goes from the notice to the award.
#[test]
fn every_method_decides_a_whole_tender() {
    for name in crate::rules::SCORED_METHODS {
        let prices = [
            "9520000",
            "9088000",
            "8875000",
            "9310000",
            "9150000.55",
            "8990000",
            "9450000",
        ];
        let script = Script {
            rules: play::rules(&[name]),
            ..Script::plain("T-2026-0005")
        };
        let play = Play::to(script.with_prices(&prices), Milestone::Awarded);
        let Stage::Awarded(awarded) = play.stage() else {
            panic!("{name}: stage {}", play.stage().name())
        };
        let report = &awarded.published.evaluated.report;
        assert_eq!((report.ranked, report.places.len()), (7, 3), "{name}");
        assert!(report.benchmark.is_some(), "{name}");
    }
}

/// One price for all: whoever did not commit to it is out, and the tender's own draw finds the winner.
#[test]
fn a_tender_at_a_fixed_price_ends_with_a_drawn_winner() {
    let play = Play::to(Script::at_fixed_price("T-2026-0006"), Milestone::Awarded);
    let Stage::Awarded(awarded) = play.stage() else {
        panic!("stage {}", play.stage().name())
    };
    let report = &awarded.published.evaluated.report;
    assert_eq!(report.ranked, 5);
    let drawn: Vec<_> = report.places.iter().map(|place| place.rank).collect();
    assert_eq!(drawn, [1, 2, 3], "the draw orders the equals");
    assert!(
        report
            .places
            .iter()
            .all(|place| place.price == "9200000.00" && place.bidder.as_str() != "b03")
    );
    assert_eq!(awarded.award.winner, report.places[0].bidder);
    let result = &play.stage().drawn().expect("drawn").result;
    let order = evaluation::draw::tie_order(&result.seed, 1, 5).unwrap();
    let equals = ["b01", "b02", "b04", "b05", "b06"];
    assert_eq!(awarded.award.winner.as_str(), equals[order[0]]);
}

/// Credit as a table of grades, and as a condition: who fails it still counts in the mean, but has no rank.
#[test]
fn credit_counts_by_grade_or_lets_nobody_pass_below_it() {
    let script = |rule: serde_json::Value, missing: &str, values: [&str; 3]| {
        let mut script = Script::plain("T-2026-0008");
        let credit = script.rules.credit.as_mut().expect("credit counts");
        credit.rule = serde_json::from_value(rule).unwrap();
        credit.missing = missing.to_owned();
        let prices = ["9520000", "9088000", "8875000", "9310000"];
        let mut script = script.with_prices(&prices);
        let values = values.into_iter().map(Some).chain([None]);
        for (bidder, value) in script.bidders.iter_mut().zip(values) {
            bidder.credit = value.map(str::to_owned);
        }
        script
    };
    let grades = serde_json::json!({
        "mode": "grades", "grades": { "AAA": "10", "AA": "8", "A": "6" }, "decimals": 2,
    });
    let play = Play::to(
        script(grades, "A", ["AAA", "AA", "A"]),
        Milestone::Evaluated,
    );
    let drawn = play.stage().drawn().expect("drawn");
    let outcome = evaluation::evaluate(&procedure::case_of(drawn).unwrap()).unwrap();
    let points = outcome.bids.iter().map(|bid| match &bid.standing {
        Standing::Scored(scores) => scores.credit.map(|points| points.to_string()),
        _ => None,
    });
    let expected = ["10.00", "8.00", "6.00", "6.00"].map(|points| Some(points.to_owned()));
    assert_eq!(points.collect::<Vec<_>>(), expected);

    let gate = serde_json::json!({ "mode": "gate", "min": "60" });
    let play = Play::to(script(gate, "60", ["60", "59.9", "61"]), Milestone::Awarded);
    let drawn = play.stage().drawn().expect("drawn");
    assert_eq!(drawn.drawing.members.len(), 4);
    let Stage::Awarded(awarded) = play.stage() else {
        panic!("stage {}", play.stage().name())
    };
    assert_eq!(awarded.published.evaluated.report.ranked, 3);
}

/// Two ways of shortlisting are announced; the seed says which one, and the case follows.
#[test]
fn a_shortlist_is_drawn_and_holds() {
    let play = Play::to(Script::shortlisted("T-2026-0007"), Milestone::Awarded);
    let drawn = play.stage().drawn().expect("drawn");
    let procedure::act::DrawnValue::Index(index) = drawn.result.parameters["shortlist"] else {
        panic!("an index is drawn")
    };
    let case = procedure::case_of(drawn).unwrap();
    let announced = &drawn.drawing.opened.closed.bidding.notice.rules.shortlist;
    assert_eq!(case.shortlist.as_ref(), announced.get(index as usize));
    let Stage::Awarded(awarded) = play.stage() else {
        panic!("stage {}", play.stage().name())
    };
    assert_eq!(awarded.published.evaluated.report.ranked, 4);
}

#[test]
fn the_same_script_gives_the_same_bytes() {
    let bundle = || {
        let play = Play::to(Script::plain("T-2026-0001"), Milestone::Awarded);
        play.world.bundle(&play.tender)
    };
    assert_eq!(bundle(), bundle());
}
