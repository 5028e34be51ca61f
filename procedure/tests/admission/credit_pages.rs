//! A credit snapshot that does not fit into one statement comes in pages.

use play::*;
use procedure::act::*;
use procedure::limits::*;
use procedure::{Code, Stage};
use record::Digest;

#[test]
fn a_credit_snapshot_has_at_most_128_pages() {
    let mut play = Play::to(Script::plain("T-1"), Milestone::Rehearsed);
    let notice = play.notice();
    play.tenderee_says(notice);
    play.world.do_duties(&play.tender.clone());
    let source = play.credit_source();
    let further = |count: usize| CreditCommitted {
        tender: play.tender.clone(),
        snapshot: Digest::ZERO,
        further: vec![Digest::ZERO; count],
    };
    let (most, beyond) = (further(CREDIT_PAGES_MAX - 1), further(CREDIT_PAGES_MAX));
    assert_eq!(play.world.refused(beyond, &[&source]), Code::LimitExceeded);
    play.world.must(most, &[&source]);
}

/// A snapshot in three pages: opened in order, complete before anybody is evaluated.
#[test]
fn a_credit_snapshot_comes_in_pages() {
    let mut play = Play::to(Script::plain("T-1"), Milestone::Rehearsed);
    let notice = play.notice();
    play.tenderee_says(notice);
    play.world.do_duties(&play.tender.clone());
    let whole = play.credit_snapshot();
    assert_eq!(whole.values.len(), 3);
    let pages: Vec<CreditSnapshot> = (whole.values.iter().zip(0_u8..))
        .map(|(value, number)| CreditSnapshot {
            values: vec![value.clone()],
            salt: Digest([number; 32]),
            ..whole.clone()
        })
        .collect();
    let ids: Vec<Digest> = pages
        .iter()
        .map(|page| Act::from(page.clone()).envelope().id())
        .collect();
    let source = play.credit_source();
    play.world.must(
        CreditCommitted {
            tender: play.tender.clone(),
            snapshot: ids[0],
            further: ids[1..].to_vec(),
        },
        &[&source],
    );
    let tenderee = play.tenderee();
    play.contribute(&tenderee, 1, "first");
    for (name, price) in [("b1", "9520000"), ("b2", "9088000"), ("b3", "8875000")] {
        play.bid(&Actor::new(name), &form_json(price), "bid");
    }
    play.close();
    for slot in 1..=3 {
        let (body, trustee) = (play.opening_release(slot), play.trustee(slot));
        play.world.must(body, &[&trustee]);
    }
    play.world.do_duties(&play.tender.clone());
    for name in ["b1", "b2", "b3"] {
        let (manifest, bidder) = (play.bidding().live[&id(name)], play.actor(name));
        let body = ReadOutConfirmed {
            tender: play.tender.clone(),
            manifest,
            agrees: true,
        };
        play.world.must(body, &[&bidder]);
    }
    let second = pages[1].clone();
    assert_eq!(play.world.refused(second, &[&source]), Code::CreditMismatch);
    play.world.must(pages[0].clone(), &[&source]);
    play.world.must(pages[1].clone(), &[&source]);
    let Stage::Opened(opened) = play.stage() else {
        panic!("stage {}", play.stage().name())
    };
    let set = opened.benchmark_set(&play.tender).1;
    play.tenderee_says(set);
    play.release_contributions();
    play.world.do_duty(&play.tender.clone()).unwrap();
    let Stage::Drawn(drawn) = play.stage() else {
        panic!("stage {}", play.stage().name())
    };
    let missing = procedure::case_of(drawn).unwrap_err();
    assert_eq!(missing.code, Code::CreditMissing);
    assert!(missing.detail.contains(&ids[2].to_string()), "{missing}");
    play.world.must(pages[2].clone(), &[&source]);
    let Stage::Drawn(drawn) = play.stage() else {
        panic!("stage {}", play.stage().name())
    };
    let case = procedure::case_of(drawn).unwrap();
    let credits: Vec<_> = case.bids.iter().map(|bid| bid.credit.clone()).collect();
    let own = |value: &str| Some(evaluation::case::CreditValue::Of(value.to_owned()));
    assert_eq!(credits, [own("92.4"), own("88"), own("110")]);
}

/// What pages of one snapshot say about time and origin, and where the next one begins, is checked.
#[test]
fn pages_of_a_credit_snapshot_fit_together() {
    let bent: [fn(&mut CreditSnapshot); 4] = [
        |page| page.origin = "elsewhere".to_owned(),
        |page| page.taken_ms += 1,
        |page| page.values[0].account = id("a"),
        |page| page.values[0].account = id("b1"),
    ];
    for change in bent {
        let mut play = Play::to(Script::plain("T-1"), Milestone::Rehearsed);
        let notice = play.notice();
        play.tenderee_says(notice);
        play.world.do_duties(&play.tender.clone());
        let mut first = play.credit_snapshot();
        let mut second = first.clone();
        first.values.truncate(1);
        second.values.remove(0);
        change(&mut second);
        let of = |page: &CreditSnapshot| Act::from(page.clone()).envelope().id();
        let body = CreditCommitted {
            tender: play.tender.clone(),
            snapshot: of(&first),
            further: vec![of(&second)],
        };
        let source = play.credit_source();
        play.world.must(body, &[&source]);
        for name in ["b1", "b2", "b3"] {
            play.bid(&Actor::new(name), &form_json("9000000"), "bid");
        }
        play.close();
        for slot in 1..=2 {
            let (body, trustee) = (play.opening_release(slot), play.trustee(slot));
            play.world.must(body, &[&trustee]);
        }
        play.world.do_duties(&play.tender.clone());
        play.world.must(first, &[&source]);
        assert_eq!(play.world.refused(second, &[&source]), Code::CreditMismatch);
    }
}
