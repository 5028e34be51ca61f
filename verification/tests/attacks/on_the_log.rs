//! Attacks on the log: other keys, other ends, other times.

use play::{Actor, Conduct, Milestone, Play, Script, World};
use procedure::act::KeyRevoked;
use record::bundle::{Bundle, RecordHead, RecordHeadBody};
use record::key::{Algorithm, SigningKey};
use record::log::checkpoint::{Origin, SignatureType, VerifierKey};
use record::log::receipt::Receipt;
use verification::{Options, verify};

use crate::{awarded, forge, names, options, with_receipt};

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
            .contains("a quorum of witnesses saw the whole record")
    );

    let early = witness.cosigned(&play, Some(now_s - 3600));
    names(&verify(&early, &trust), "V5", "later-than-witness");
    let missing = witness.cosigned(&play, None);
    names(&verify(&missing, &trust), "V3", "quorum-not-met");
}

/// One witness whose clock is wrong does not make a good record fail, nor does she vouch for anything alone.
#[test]
fn the_time_that_counts_is_the_quorums() {
    let play = awarded_outside_demo();
    let now_s = play.world.now_ms / 1000;
    let witnesses = [1, 2, 3].map(Witness::numbered);
    let two_of_three = trust_in(&play, &witnesses, "group g 2 w1 w2 w3\nquorum g\n");
    let times = |times: [Option<u64>; 3]| {
        let lines = witnesses.iter().zip(times);
        cosigned_by(&play, lines.filter_map(|(one, at)| Some((one, at?))))
    };
    let wrong_clock = times([Some(now_s - 86_400), Some(now_s + 5), Some(now_s + 9)]);
    let report = verify(&wrong_clock, &two_of_three);
    let text = unfolded(&report);
    assert_eq!(report.exit_code(), 0, "{text}");
    assert!(
        text.contains("witness w1 says she saw the whole record at"),
        "{text}"
    );
    assert!(!text.contains("not witnessed"), "{text}");
    let two_wrong = times([Some(now_s - 86_400), Some(now_s - 86_000), Some(now_s)]);
    names(
        &verify(&two_wrong, &two_of_three),
        "V5",
        "later-than-witness",
    );
    let alone = times([Some(now_s), None, None]);
    names(&verify(&alone, &two_of_three), "V3", "quorum-not-met");
    // Who asks for no quorum has nobody's word but the log's, whoever cosigned.
    let nobody = trust_in(&play, &witnesses, "quorum none\n");
    let report = verify(&wrong_clock, &nobody);
    let text = unfolded(&report);
    assert_eq!(report.exit_code(), 0, "{text}");
    assert!(
        text.contains("not witnessed: the times are the log's word alone"),
        "{text}"
    );
    assert!(
        text.contains("the trust file asks for no witness"),
        "{text}"
    );
}

/// A receipt with cosignatures shows by when its statement was in the log: the log cannot date it later.
#[test]
fn a_witnessed_receipt_contradicts_a_later_date() {
    let play = awarded_outside_demo();
    let now_s = play.world.now_ms / 1000;
    let witness = Witness::numbered(1);
    let mut options = witness.trust(&play);
    let bundle = witness.cosigned(&play, Some(now_s + 5));
    let bid = play.world.bundle_parts(&play.tender).entries;
    let bid = bid
        .iter()
        .find(|entry| entry.envelope.kind() == "bid-manifest")
        .unwrap();
    let mut receipt = Receipt {
        statement_id: bid.opening.statement_id,
        admitted_ms: bid.opening.admitted_ms,
        salt: bid.opening.salt_visible,
        hidden: bid.opening.leaf().hidden(),
        proof: bid.proof.clone(),
    };
    options.receipts = vec![receipt.clone()];
    let bare = verify(&bundle, &options);
    assert!(unfolded(&bare).contains("is not witnessed: its time is the log's word alone"));
    let bid_s = receipt.admitted_ms / 1000;
    let line = |time_s| {
        let checkpoint = &receipt.proof.checkpoint;
        checkpoint
            .cosign(&witness.name, &witness.key, time_s)
            .unwrap()
    };
    let (sound, early) = (line(bid_s + 2), line(bid_s - 3600));
    receipt.proof.checkpoint.add(sound);
    options.receipts = vec![receipt.clone()];
    let report = verify(&bundle, &options);
    let text = unfolded(&report);
    assert_eq!(report.exit_code(), 0, "{text}");
    assert!(
        text.contains("say the witnesses") && !text.contains("not witnessed"),
        "{text}"
    );
    receipt.proof.checkpoint.add(early);
    options.receipts = vec![receipt];
    names(&verify(&bundle, &options), "V5", "later-than-witness");
}

fn awarded_outside_demo() -> Play {
    let world = World::new("kaibiao.test/etender");
    let mut play = Play::in_world(world, Script::plain("T-1"));
    play.go_to(Milestone::Awarded);
    play
}

fn unfolded(report: &verification::Report) -> String {
    let text = report.render_text();
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

fn trust_in(play: &Play, witnesses: &[Witness], quorum: &str) -> Options {
    let lines: String = witnesses.iter().map(Witness::line).collect();
    let text = play.world.trust_file();
    let trust = text.replace("quorum none\n", &format!("{lines}{quorum}"));
    Options {
        trust: Some(trust.parse().unwrap()),
        receipts: Vec::new(),
    }
}

/// The bundle under a checkpoint that these witnesses cosigned at these times.
fn cosigned_by<'a>(play: &Play, lines: impl Iterator<Item = (&'a Witness, u64)>) -> Vec<u8> {
    let mut bundle = play.world.bundle_parts(&play.tender);
    let mut body = bundle.head.body().clone();
    for (witness, time_s) in lines {
        let line = body.checkpoint.cosign(&witness.name, &witness.key, time_s);
        body.checkpoint.add(line.unwrap());
    }
    for entry in &mut bundle.entries {
        entry.proof.checkpoint = body.checkpoint.clone();
    }
    bundle.head = RecordHead::sign(body, play.world.log().key()).unwrap();
    bundle.write().unwrap()
}

struct Witness {
    label: String,
    name: Origin,
    key: SigningKey,
}

impl Witness {
    fn new() -> Witness {
        Witness::numbered(9)
    }

    fn numbered(number: u8) -> Witness {
        Witness {
            label: format!("w{number}"),
            name: Origin::new(format!("witness.test/w{number}")).unwrap(),
            key: SigningKey::from_secret(Algorithm::Ed25519, &[number; 32]).unwrap(),
        }
    }

    fn line(&self) -> String {
        let (kind, public) = (SignatureType::CosignatureV1, self.key.public().clone());
        let key = VerifierKey::new(self.name.clone(), kind, public).unwrap();
        format!("witness {} {key}\n", self.label)
    }

    fn trust(&self, play: &Play) -> Options {
        let quorum = format!("quorum {}\n", self.label);
        trust_in(play, std::slice::from_ref(self), &quorum)
    }

    /// The bundle under a checkpoint that the witness cosigned at this time, if it did.
    fn cosigned(&self, play: &Play, time_s: Option<u64>) -> Vec<u8> {
        cosigned_by(play, time_s.into_iter().map(|time_s| (self, time_s)))
    }
}
