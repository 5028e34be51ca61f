//! Attacks on what happened: bids, keys, draws, evaluation, the law.

use play::{Actor, Milestone, Play, Script, World};
use procedure::act::{Act, DrawnValue, FormValue, Ties};
use record::chain::ChainId;
use record::sealing::EnvelopeKind;
use record::{Digest, Identifier};
use verification::verify;

use crate::forge::{Line, resign, signed};
use crate::{awarded, forge, names, options, rewrite};

#[test]
fn a_late_bid() {
    let play = awarded(Script::plain("T-1"));
    let mut forge = forge(&play);
    let last = *forge.places("bid-manifest").last().unwrap();
    forge.lines[last].time_ms = play.bidding().notice.deadline_ms;
    forge.platform = Some(play.world.platform().key().clone());
    let report = verify(&forge.write(), &options(&play));
    names(&report, "V5", "deadline-passed");
}

#[test]
fn a_bid_behind_closing() {
    let play = awarded(Script::plain("T-1"));
    let mut forge = forge(&play);
    let last = *forge.places("bid-manifest").last().unwrap();
    let closing = forge.places("closing")[0];
    let mut bid = forge.lines.remove(last);
    bid.time_ms = forge.lines[closing - 1].time_ms;
    forge.lines.insert(closing, bid);
    forge.platform = Some(play.world.platform().key().clone());
    let report = verify(&forge.write(), &options(&play));
    names(&report, "V5", "after-closing");
}

#[test]
fn a_hidden_attempt() {
    let play = awarded(Script::eventful("T-1"));
    let platform = play.world.platform().key().clone();
    let mut bent = forge(&play);
    bent.platform = Some(platform.clone());
    bent.drop(|line| line.envelope.kind() == "draw-failed");
    let report = verify(&bent.write(), &options(&play));
    names(&report, "V9", "attempt-without-failure");

    let mut bent = forge(&play);
    bent.platform = Some(platform);
    bent.drop(|line| matches!(line.act(), Act::DrawAnnounce(body) if body.attempt == 1));
    let report = verify(&bent.write(), &options(&play));
    names(&report, "V9", "attempt-hidden");
}

#[test]
fn a_swapped_credit_snapshot() {
    let play = awarded(Script::plain("T-1"));
    let mut forge = forge(&play);
    rewrite(
        &mut forge,
        "credit-snapshot",
        &play.credit_source(),
        |act| {
            if let Act::CreditSnapshot(body) = act {
                body.values[0].value = "100".to_owned();
            }
        },
    );
    forge.platform = Some(play.world.platform().key().clone());
    let report = verify(&forge.write(), &options(&play));
    names(&report, "V10", "credit-swapped");
}

#[test]
fn keys_that_do_not_deal_or_were_not_released() {
    let play = awarded(Script::plain("T-1"));
    let log = play.world.log().key().clone();
    let sound = play.world.bundle_parts(&play.tender);
    let manifest = play.manifest("b1");

    let mut bent = sound.clone();
    bent.keys.get_mut(&manifest).unwrap().opening = Some(Digest::ZERO);
    let report = verify(&resign(&bent, &log).write().unwrap(), &options(&play));
    names(&report, "V7", "key-block-mismatch");
    names(&report, "V8", "read-out-differs");

    let mut bent = sound.clone();
    bent.keys.remove(&manifest);
    let report = verify(&resign(&bent, &log).write().unwrap(), &options(&play));
    names(&report, "V7", "key-missing");
    names(&report, "V8", "read-out-unproved");

    let replaced = awarded(Script::eventful("T-2"));
    let mut bent = replaced.world.bundle_parts(&replaced.tender);
    let gone = replaced
        .bidding()
        .bids
        .iter()
        .find(|(_, bid)| matches!(bid.status, procedure::BidStatus::Replaced(_)))
        .map(|(id, _)| *id)
        .unwrap();
    let key = Digest(*replaced.opening_keys[&gone].bytes());
    bent.keys.entry(gone).or_default().opening = Some(key);
    let report = verify(&resign(&bent, &log).write().unwrap(), &options(&replaced));
    names(&report, "V7", "key-not-released");
}

#[test]
fn another_price_is_read_out() {
    let play = awarded(Script::plain("T-1"));
    let mut forge = forge(&play);
    let price = Identifier::new("price").unwrap();
    rewrite(
        &mut forge,
        "opening-results",
        play.world.platform(),
        |act| {
            if let Act::OpeningResults(body) = act {
                let form = &mut body.results[0].form;
                form.insert(price.clone(), FormValue::Text("1.00".to_owned()));
            }
        },
    );
    forge.platform = Some(play.world.platform().key().clone());
    let report = verify(&forge.write(), &options(&play));
    names(&report, "V8", "read-out-differs");
    names(&report, "V8", "result-differs");
    names(&report, "V8", "result-mismatch");
}

#[test]
fn a_bid_is_left_out_of_the_results() {
    let play = awarded(Script::plain("T-1"));
    let mut forge = forge(&play);
    rewrite(
        &mut forge,
        "opening-results",
        play.world.platform(),
        |act| {
            if let Act::OpeningResults(body) = act {
                body.results.remove(1);
            }
        },
    );
    let report = verify(&forge.write(), &options(&play));
    names(&report, "V8", "bid-missing");
}

#[test]
fn another_seed_or_another_outcome() {
    let play = awarded(Script::plain("T-1"));
    let mut bent = forge(&play);
    rewrite(&mut bent, "draw-result", play.world.platform(), |act| {
        if let Act::DrawResult(body) = act {
            body.seed = Digest::ZERO;
        }
    });
    names(
        &verify(&bent.write(), &options(&play)),
        "V9",
        "seed-differs",
    );

    let mut bent = forge(&play);
    bent.platform = Some(play.world.platform().key().clone());
    rewrite(&mut bent, "draw-result", play.world.platform(), |act| {
        if let Act::DrawResult(body) = act {
            let chosen = DrawnValue::Decimal("0.95".to_owned());
            body.parameters = [("K".to_owned(), chosen)].into();
        }
    });
    names(
        &verify(&bent.write(), &options(&play)),
        "V9",
        "outcome-differs",
    );

    let mut bent = forge(&play);
    rewrite(&mut bent, "draw-result", play.world.platform(), |act| {
        if let Act::DrawResult(body) = act {
            body.counted -= 1;
        }
    });
    names(
        &verify(&bent.write(), &options(&play)),
        "V9",
        "counted-set-differs",
    );
}

#[test]
fn another_winner() {
    let play = awarded(Script::plain("T-1"));
    let tenderee = play.tenderee();
    let mut bent = play.world.bundle_parts(&play.tender);
    let entry = bent
        .entries
        .iter_mut()
        .rfind(|entry| entry.envelope.kind() == "award");
    let entry = entry.unwrap();
    let Some(Ok(Act::Award(mut body))) = Act::read(&entry.envelope) else {
        panic!("an award is an award");
    };
    body.winner = Identifier::new("b1").unwrap();
    entry.envelope = signed(&body.into(), &[tenderee.key()]);
    let report = verify(&bent.write().unwrap(), &options(&play));
    names(&report, "V4", "entry-other-statement");
    names(&report, "V10", "winner-mismatch");

    let mut bent = forge(&play);
    rewrite(&mut bent, "evaluation-report", &tenderee, |act| {
        if let Act::EvaluationReport(body) = act {
            body.places.swap(0, 1);
            body.result = Digest::ZERO;
        }
    });
    // The record cannot be followed that far (closing), so nothing is evaluated; closing says so.
    assert_eq!(verify(&bent.write(), &options(&play)).exit_code(), 1);
}

#[test]
fn a_changed_report_in_its_place() {
    let play = awarded(Script::plain("T-1"));
    let mut bent = play.world.bundle_parts(&play.tender);
    let entry = bent
        .entries
        .iter_mut()
        .find(|entry| entry.envelope.kind() == "evaluation-report")
        .unwrap();
    let Some(Ok(Act::EvaluationReport(mut body))) = Act::read(&entry.envelope) else {
        panic!("a report is a report");
    };
    body.places.swap(0, 1);
    body.benchmark = Some("1.00".to_owned());
    body.result = Digest::ZERO;
    entry.envelope = signed(&body.into(), &[play.tenderee().key()]);
    let report = verify(&bent.write().unwrap(), &options(&play));
    names(&report, "V10", "places-differ");
    names(&report, "V10", "benchmark-differs");
    names(&report, "V10", "evaluation-differs");
}

#[test]
fn keys_released_before_closing() {
    let play = awarded(Script::plain("T-1"));
    let mut forge = forge(&play);
    let is_opening = |line: &Line| matches!(line.act(), Act::ShareRelease(body) if body.kind == EnvelopeKind::Opening);
    let from = forge.lines.iter().position(is_opening).unwrap();
    let to = forge.places("closing")[0];
    let mut line = forge.lines.remove(from);
    line.time_ms = forge.lines[to - 1].time_ms;
    forge.lines.insert(to, line);
    forge.platform = Some(play.world.platform().key().clone());
    names(
        &verify(&forge.write(), &options(&play)),
        "V5",
        "released-early",
    );
}

#[test]
fn another_profile_document() {
    let play = awarded(Script::plain("T-1"));
    let log = play.world.log().key().clone();
    let sound = play.world.bundle_parts(&play.tender);
    let mut bent = sound.clone();
    bent.profile = Some(b"{}".to_vec());
    let report = verify(&resign(&bent, &log).write().unwrap(), &options(&play));
    names(&report, "V11", "profile-digest");
    let mut bent = sound;
    bent.profile = None;
    let report = verify(&resign(&bent, &log).write().unwrap(), &options(&play));
    names(&report, "V11", "profile-missing");
}

#[test]
fn a_notice_with_unlawful_rules() {
    let play = awarded(Script::statutory("T-1"));
    let mut forge = forge(&play);
    forge.platform = Some(play.world.platform().key().clone());
    rewrite(&mut forge, "notice", &play.tenderee(), |act| {
        if let Act::Notice(body) = act {
            body.rules.ties = Ties::Draw;
        }
    });
    names(
        &verify(&forge.write(), &options(&play)),
        "V11",
        "rules-unlawful",
    );
}

#[test]
fn another_shortlist_than_the_drawn_one() {
    let play = awarded(Script::shortlisted("T-1"));
    let mut forge = forge(&play);
    rewrite(&mut forge, "draw-result", play.world.platform(), |act| {
        if let Act::DrawResult(body) = act {
            let Some(DrawnValue::Index(index)) = body.parameters.get_mut("shortlist") else {
                panic!("a shortlist is drawn")
            };
            *index = 1 - *index;
        }
    });
    names(
        &verify(&forge.write(), &options(&play)),
        "V9",
        "outcome-differs",
    );
}

#[test]
fn a_notice_that_was_really_published_later() {
    let play = awarded(Script::statutory("T-1"));
    let mut forge = forge(&play);
    let deadline_ms = play.bidding().notice.deadline_ms;
    let place = forge.places("notice")[0];
    for line in &mut forge.lines[place..] {
        line.time_ms = line.time_ms.max(deadline_ms - 5 * play::DAY_MS);
    }
    forge.platform = Some(play.world.platform().key().clone());
    names(
        &verify(&forge.write(), &options(&play)),
        "V11",
        "bidding-period-short",
    );
}

#[test]
fn trustees_under_common_control() {
    let world = World::new("kaibiao.test/etender");
    let mut play = Play::in_world(world, Script::plain("T-1"));
    play.go_to(Milestone::Awarded);
    let mut forge = forge(&play);
    for name in ["trustee-1", "trustee-2"] {
        let actor = Actor::new(name).in_group("city-holding");
        let chain = ChainId::Account(actor.id().clone());
        let line = forge
            .lines
            .iter_mut()
            .find(|line| line.chain == chain)
            .unwrap();
        line.envelope = signed(&actor.registration().into(), &[actor.key()]);
    }
    forge.platform = Some(play.world.platform().key().clone());
    names(
        &verify(&forge.write(), &options(&play)),
        "V6",
        "trustees-not-independent",
    );
}

#[test]
fn a_rehearsal_that_never_was() {
    let play = awarded(Script::plain("T-1"));
    let mut forge = forge(&play);
    forge.drop(|line| {
        matches!(line.act(), Act::ShareRelease(body) if body.kind == EnvelopeKind::Rehearsal && body.slot == 3)
    });
    names(
        &verify(&forge.write(), &options(&play)),
        "V6",
        "rehearsal-missing",
    );
}

#[test]
fn a_statement_under_a_key_that_nobody_registered() {
    let play = awarded(Script::plain("T-1"));
    let mut forge = forge(&play);
    let place = forge.places("read-out-confirmed")[0];
    let act = forge.lines[place].act();
    forge.lines[place].envelope = signed(&act, &[Actor::with_key("b1", 9).key()]);
    names(
        &verify(&forge.write(), &options(&play)),
        "V2",
        "key-unknown",
    );
}

#[test]
fn a_bid_is_smuggled_into_the_benchmark_set() {
    let play = awarded(Script::eventful("T-1"));
    let mut bent = play.world.bundle_parts(&play.tender);
    let mut entries = bent.entries.iter_mut();
    let entry = entries
        .find(|entry| entry.envelope.kind() == "benchmark-set")
        .unwrap();
    let Some(Ok(Act::BenchmarkSet(mut body))) = Act::read(&entry.envelope) else {
        panic!("a set is a set");
    };
    body.excluded.pop();
    body.included += 1;
    entry.envelope = signed(&body.into(), &[play.tenderee().key()]);
    let report = verify(&bent.write().unwrap(), &options(&play));
    names(&report, "V8", "benchmark-set-differs");
    names(&report, "V9", "result-mismatch");
}
