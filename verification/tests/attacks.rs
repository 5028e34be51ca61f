//! Records bent by somebody who holds the keys: log, platform, tenderee, whoever colludes. Each attack is
//! named by the check that it offends.

#![expect(clippy::unwrap_used, reason = "tests may panic")]

mod forge;

use forge::{Forge, resign, signed};
use play::{Actor, Conduct, Milestone, Play, Script, World};
use procedure::act::{Act, DrawnValue, FormValue, KeyRevoked};
use record::bundle::{Bundle, RecordHead, RecordHeadBody};
use record::chain::ChainId;
use record::key::{Algorithm, SigningKey};
use record::log::checkpoint::{Origin, SignatureType, VerifierKey};
use record::log::receipt::Receipt;
use record::sealing::EnvelopeKind;
use record::{Digest, Identifier};
use verification::{Options, Report, verify};

fn awarded(script: Script) -> Play {
    Play::to(script, Milestone::Awarded)
}

fn options(play: &Play) -> Options {
    Options {
        trust: Some(play.world.trust_file().parse().unwrap()),
        receipts: Vec::new(),
    }
}

fn with_receipt(play: &Play, receipt: Receipt) -> Options {
    let receipts = vec![receipt];
    Options {
        receipts,
        ..options(play)
    }
}

/// The attacker has the log's key and the platform's.
fn forge(play: &Play) -> Forge {
    Forge::of(
        play.world.bundle_parts(&play.tender),
        play.world.log().key(),
    )
}

#[track_caller]
fn names(report: &Report, check: &str, code: &str) {
    let text = report.render_text();
    assert_eq!(report.exit_code(), 1, "{text}");
    let found = &report.check(check).unwrap().findings;
    assert!(
        found.iter().any(|one| one.code == code),
        "no {code} in {check}\n{text}"
    );
}

/// Changes the act of the first statement of this kind and signs it anew.
fn rewrite(forge: &mut Forge, kind: &str, actor: &Actor, change: impl Fn(&mut Act)) {
    let place = forge.places(kind)[0];
    let mut act = forge.lines[place].act();
    change(&mut act);
    forge.lines[place].envelope = signed(&act, &[actor.key()]);
}

#[test]
fn a_record_that_is_only_logged_anew_is_noticed_by_its_closing() {
    let play = awarded(Script::plain("T-1"));
    let report = verify(&forge(&play).write(), &options(&play));
    names(&report, "V4", "closing-end-differs");
    names(&report, "V2", "closing-end-differs");
}

#[test]
fn a_rewritten_record_under_fresh_keys() {
    let genuine = awarded(Script::plain("T-1"));
    let world = World::with_seed("demo.kaibiao.test/etender", "attacker");
    let mut forged = Play::in_world(world, Script::plain("T-1").with_prices(&["1", "2", "3"]));
    forged.go_to(Milestone::Awarded);
    let bytes = forged.world.bundle(&forged.tender);
    assert_eq!(verify(&bytes, &Options::default()).exit_code(), 3);
    let report = verify(&bytes, &options(&genuine));
    names(&report, "V3", "checkpoint-not-signed");
    names(&report, "V3", "root-key-not-trusted");
}

#[test]
fn a_foreign_trust_file() {
    let play = awarded(Script::plain("T-1"));
    let other = World::new("demo.elsewhere.test/etender");
    let trust = Some(other.trust_file().parse().unwrap());
    let given = Options {
        trust,
        receipts: Vec::new(),
    };
    let report = verify(&play.world.bundle(&play.tender), &given);
    names(&report, "V3", "checkpoint-other-log");
}

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

/// A record in which an absent bidder has revoked its key before closing.
fn with_revocation() -> Play {
    let mut script = Script::plain("T-1");
    script.bidders[2].conduct = Conduct::Absent;
    let mut play = Play::to(script, Milestone::Submitted);
    let (older, newer) = (Actor::new("b3"), Actor::with_key("b3", 2));
    play.world.register_key(&older, &newer);
    let revocation = KeyRevoked {
        account: older.id().clone(),
        key_id: older.key().public().id(),
        reason: "stolen".to_owned(),
    };
    play.world.must(revocation, &[&newer]);
    play.go_to(Milestone::Awarded);
    play
}

#[test]
fn an_omitted_revocation() {
    let play = with_revocation();
    let sound = verify(&play.world.bundle(&play.tender), &options(&play));
    assert_eq!(sound.exit_code(), 0, "{}", sound.render_text());
    let mut bundle = play.world.bundle_parts(&play.tender);
    bundle
        .entries
        .retain(|entry| entry.envelope.kind() != "key-revoked");
    // The log's key alone: the record head names the shorter chain, closing still names the longer one.
    let shortened = shorten(&play, bundle);
    names(
        &verify(&shortened, &options(&play)),
        "V2",
        "closing-end-differs",
    );
    // With the platform's key too: closing is another statement, and the opening record names the first.
    let mut forge = forge(&play);
    forge.drop(|line| line.envelope.kind() == "key-revoked");
    forge.platform = Some(play.world.platform().key().clone());
    let report = verify(&forge.write(), &options(&play));
    names(&report, "V9", "result-mismatch");
}

/// Signs a record head that names the chains as they end in `bundle`.
fn shorten(play: &Play, mut bundle: Bundle) -> Vec<u8> {
    let mut body: RecordHeadBody = bundle.head.body().clone();
    for named in &mut body.chains {
        let mut openings = bundle.entries.iter().map(|entry| &entry.opening);
        let last = openings.rfind(|one| one.chain == named.chain).unwrap();
        named.seq = last.seq;
        named.head = last.leaf().hash();
    }
    bundle.head = RecordHead::sign(body, play.world.log().key()).unwrap();
    bundle.write().unwrap()
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
fn a_cut_tail() {
    let play = awarded(Script::plain("T-1"));
    let mut bundle = play.world.bundle_parts(&play.tender);
    let award = bundle
        .entries
        .iter()
        .rposition(|entry| entry.envelope.kind() == "award");
    let award = bundle.entries.remove(award.unwrap());
    // Without the log's key.
    let report = verify(&bundle.write().unwrap(), &options(&play));
    names(&report, "V4", "chain-cut");
    // With it: an earlier state of the record, and only a receipt shows that there was more.
    let shortened = shorten(&play, bundle);
    let report = verify(&shortened, &options(&play));
    assert_eq!(report.exit_code(), 0, "{}", report.render_text());
    assert_eq!(report.summary.stage, Some("candidates"));
    let receipt = play.world.log().receipt(&award.envelope.id());
    let report = verify(&shortened, &with_receipt(&play, receipt));
    names(&report, "V4", "receipt-dropped");
}

#[test]
fn a_dropped_bid() {
    // The platform plays a tender without b1, whose receipt is from the same log.
    let mut play = Play::to(Script::plain("T-1"), Milestone::Submitted);
    let receipt = play.world.log().receipt(&play.manifest("b1"));
    play.go_to(Milestone::Awarded);
    let mut other = Script::plain("T-1");
    other.bidders.remove(0);
    other.bidders.push(play::Bidder::new("b4", "9000000.00"));
    let forged = awarded(other);
    let bytes = forged.world.bundle(&forged.tender);
    assert_eq!(verify(&bytes, &options(&play)).exit_code(), 0);
    let report = verify(&bytes, &with_receipt(&play, receipt.clone()));
    names(&report, "V4", "receipt-dropped");
    // A log that is too short for the receipt and claims to be younger is another log.
    let mut short = forge(&forged);
    short.platform = Some(forged.world.platform().key().clone());
    let report = verify(&short.write(), &with_receipt(&play, receipt));
    names(&report, "V4", "split-view");
}

#[test]
fn a_receipt_of_another_log() {
    let play = awarded(Script::plain("T-1"));
    let world = World::with_seed("demo.kaibiao.test/etender", "attacker");
    let mut other = Play::in_world(world, Script::plain("T-1"));
    other.go_to(Milestone::Submitted);
    let receipt = other.world.log().receipt(&other.manifest("b1"));
    let report = verify(
        &play.world.bundle(&play.tender),
        &with_receipt(&play, receipt),
    );
    names(&report, "V4", "receipt-invalid");
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
    let is_opening = |line: &forge::Line| matches!(line.act(), Act::ShareRelease(body) if body.kind == EnvelopeKind::Opening);
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

#[test]
fn a_witness_saw_the_log_before_it_says_it_wrote() {
    let world = World::new("kaibiao.test/etender");
    let mut play = Play::in_world(world, Script::plain("T-1"));
    play.go_to(Milestone::Awarded);
    let now_s = play.world.now_ms / 1000;
    let witness = Witness::new();
    let trust = witness.trust(&play);
    let sound = witness.cosigned(&play, Some(now_s + 5));
    let report = verify(&sound, &trust);
    assert_eq!(report.exit_code(), 0, "{}", report.render_text());
    assert!(
        report
            .render_text()
            .contains("a witness saw the whole record")
    );

    let early = witness.cosigned(&play, Some(now_s - 3600));
    names(&verify(&early, &trust), "V5", "later-than-witness");
    let missing = witness.cosigned(&play, None);
    names(&verify(&missing, &trust), "V3", "quorum-not-met");
}

struct Witness {
    name: Origin,
    key: SigningKey,
}

impl Witness {
    fn new() -> Witness {
        Witness {
            name: Origin::new("witness.test/w").unwrap(),
            key: SigningKey::from_secret(Algorithm::Ed25519, &[9; 32]).unwrap(),
        }
    }

    fn trust(&self, play: &Play) -> Options {
        let public = self.key.public().clone();
        let kind = SignatureType::CosignatureV1;
        let key = VerifierKey::new(self.name.clone(), kind, public).unwrap();
        let text = play.world.trust_file();
        let asked = format!("witness w {key}\nquorum w\n");
        let trust = text.replace("quorum none\n", &asked).parse().unwrap();
        Options {
            trust: Some(trust),
            receipts: Vec::new(),
        }
    }

    /// The bundle under a checkpoint that the witness cosigned at this time, if it did.
    fn cosigned(&self, play: &Play, time_s: Option<u64>) -> Vec<u8> {
        let mut bundle = play.world.bundle_parts(&play.tender);
        let mut body = bundle.head.body().clone();
        if let Some(time_s) = time_s {
            let line = body
                .checkpoint
                .cosign(&self.name, &self.key, time_s)
                .unwrap();
            body.checkpoint.add(line);
        }
        for entry in &mut bundle.entries {
            entry.proof.checkpoint = body.checkpoint.clone();
        }
        bundle.head = RecordHead::sign(body, play.world.log().key()).unwrap();
        bundle.write().unwrap()
    }
}
