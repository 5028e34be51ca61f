//! Between the notice and the deadline: bids and withdrawals.

use play::{Actor, Bidder, Conduct, Milestone, Play, Script, form_json, id};
use procedure::act::*;
use procedure::{BidStatus, Code};
use record::Digest;
use record::sealing::{EnvelopeKind, PARTS_MAX, SEGMENT_BYTES};

pub fn announced() -> Play {
    Play::to(Script::plain("T-1"), Milestone::Announced)
}

/// A good bid of b1 and who signs it.
pub fn bid(play: &Play) -> (BidManifest, Actor) {
    let bidder = play.actor("b1");
    (
        play.seal(&bidder, &form_json("9000000"), "bid").manifest,
        bidder,
    )
}

/// The code under which a good bid of b1 is refused after `change`.
pub fn bent(change: impl FnOnce(&mut BidManifest)) -> Code {
    let mut play = announced();
    let (mut manifest, bidder) = bid(&play);
    change(&mut manifest);
    play.world.refused(manifest, &[&bidder])
}

#[test]
fn the_last_millisecond_before_the_deadline_counts_and_the_deadline_does_not() {
    let mut play = announced();
    let (manifest, bidder) = bid(&play);
    let deadline_ms = play.bidding().notice.deadline_ms;
    let mut late = play.clone();
    play.world.wait_until(deadline_ms - 1);
    play.world.must(manifest.clone(), &[&bidder]);
    late.world.wait_until(deadline_ms);
    assert_eq!(
        late.world.refused(manifest.clone(), &[&bidder]),
        Code::DeadlinePassed
    );
    late.world.do_duties(&late.tender.clone());
    assert_eq!(
        late.world.refused(manifest, &[&bidder]),
        Code::DeadlinePassed,
        "after closing"
    );
}

#[test]
fn withdrawals_contributions_and_commitments_are_late_at_the_same_moment() {
    let mut play = Play::to(Script::plain("T-1"), Milestone::Submitted);
    play.world.wait_until(play.bidding().notice.deadline_ms);
    let (bidder, tenderee, source) = (play.actor("b1"), play.tenderee(), play.credit_source());
    let withdrawn = BidWithdrawn {
        tender: play.tender.clone(),
        manifest: play.manifest("b1"),
    };
    assert_eq!(
        play.world.refused(withdrawn, &[&bidder]),
        Code::DeadlinePassed
    );
    let contribution = play.contribution(&tenderee, 1, "late").0;
    assert_eq!(
        play.world.refused(contribution, &[&tenderee]),
        Code::DeadlinePassed
    );
    let commitment = CreditCommitted {
        tender: play.tender.clone(),
        snapshot: Digest::ZERO,
        further: Vec::new(),
    };
    assert_eq!(
        play.world.refused(commitment, &[&source]),
        Code::DeadlinePassed
    );
}

#[test]
fn an_envelope_is_bound_to_this_tender() {
    let mismatch = Code::ContextMismatch;
    assert_eq!(
        bent(|bid| bid.log_origin = "other.example/etender".into()),
        mismatch
    );
    assert_eq!(bent(|bid| bid.document_set_digest = Digest::ZERO), mismatch);
    assert_eq!(bent(|bid| bid.lot_id = id("lot-2")), mismatch);
    assert_eq!(
        bent(|bid| bid.bidder_sig_pk = Actor::new("b2").signature_key()),
        mismatch
    );
    assert_eq!(
        bent(|bid| bid.bidder_sig_pk = bid.bidder_sig_pk.to_uppercase()),
        mismatch
    );
    assert_eq!(bent(|bid| bid.trustee_set_digest = Digest::ZERO), mismatch);
    assert_eq!(
        bent(|bid| bid.envelopes[0].nonce = "zz".repeat(16)),
        mismatch
    );
    assert_eq!(bent(|bid| bid.envelopes[1].nonce.truncate(30)), mismatch);
    assert_eq!(bent(|bid| bid.tender = id("T-2")), Code::TenderUnknown);
}

#[test]
fn a_foreign_bid_does_not_fit() {
    let mut play = announced();
    let mut foreign = Play::in_world(play.world.clone(), Script::plain("T-2"));
    foreign.go_to(Milestone::Announced);
    let (mut manifest, bidder) = bid(&foreign);
    play.world = foreign.world;
    let mut replayed = manifest.clone();
    replayed.tender = id("T-1");
    assert_eq!(
        play.world.refused(replayed.clone(), &[&bidder]),
        Code::ContextMismatch
    );
    // Even with every named field set right, the key block is sealed for another context: it cannot open.
    replayed.trustee_set_digest = play.bidding().notice.trustee_set;
    play.world.must(replayed, &[&bidder]);
    manifest.seq = 1;
    play.world.must(manifest, &[&bidder]);
}

#[test]
fn a_bid_is_one_opening_and_one_contrib() {
    let wrong = Code::EnvelopesWrong;
    assert_eq!(bent(|bid| bid.envelopes.truncate(1)), wrong);
    assert_eq!(
        bent(|bid| bid.envelopes.push(bid.envelopes[0].clone())),
        wrong
    );
    assert_eq!(bent(|bid| bid.envelopes.reverse()), wrong);
    assert_eq!(
        bent(|bid| bid.envelopes[0].kind = EnvelopeKind::Technical),
        wrong
    );
    assert_eq!(
        bent(|bid| bid.envelopes[1].parts = bid.envelopes[0].parts.clone()),
        wrong
    );
}

#[test]
fn a_key_block_has_the_form_of_the_set() {
    let form = Code::KeyBlockForm;
    assert_eq!(
        bent(|bid| bid.envelopes[0].key_block = "not base64".into()),
        form
    );
    assert_eq!(bent(|bid| bid.envelopes[1].key_block.clear()), form);
    let fewer = Play::to(
        Script {
            trustees: 4,
            ..Script::plain("T-1")
        },
        Milestone::Announced,
    );
    let (other, _) = bid(&fewer);
    assert_eq!(
        bent(|bid| bid.envelopes[0]
            .key_block
            .clone_from(&other.envelopes[0].key_block)),
        form
    );
}

#[test]
fn sizes_and_roots_of_parts_agree() {
    let wrong = Code::PartsWrong;
    assert_eq!(bent(|bid| bid.envelopes[0].parts.clear()), wrong);
    assert_eq!(bent(|bid| bid.envelopes[0].parts[0].inline = None), wrong);
    assert_eq!(
        bent(|bid| bid.envelopes[0].parts[0].inline = Some("%".into())),
        wrong
    );
    assert_eq!(bent(|bid| bid.envelopes[0].parts[0].size += 1), wrong);
    assert_eq!(bent(|bid| bid.envelopes[0].parts[0].size = 56), wrong);
    assert_eq!(bent(|bid| bid.envelopes[0].parts[0].segments = 2), wrong);
    assert_eq!(
        bent(|bid| bid.envelopes[0].parts[0].root = Digest::ZERO),
        wrong
    );
    let twice = |bid: &mut BidManifest| {
        let mut part = bid.envelopes[0].parts[0].clone();
        part.root = Digest::ZERO;
        bid.envelopes[0].parts.push(part);
    };
    assert_eq!(bent(twice), wrong, "only part 0 is inline");
    let large =
        |bid: &mut BidManifest| bid.envelopes[0].parts[0] = play::sealed_part(&vec![0; 65 * 1024]);
    assert_eq!(bent(large), wrong, "an inline form has at most 64 KiB");
}

fn attachment(root: u8, segments: u32) -> SealedPart {
    let size = 56 + u64::from(segments) * SEGMENT_BYTES as u64;
    SealedPart {
        size,
        root: Digest([root; 32]),
        segments,
        inline: None,
    }
}

#[test]
fn a_bid_has_at_most_64_parts_and_16_gib() {
    let many = |bid: &mut BidManifest| {
        bid.envelopes[0]
            .parts
            .extend((1..=PARTS_MAX).map(|part| attachment(part as u8, 1)));
    };
    assert_eq!(bent(many), Code::LimitExceeded);
    assert_eq!(
        bent(|bid| bid.envelopes[0].parts.push(attachment(1, 4096))),
        Code::LimitExceeded
    );
}

#[test]
fn nothing_is_submitted_twice() {
    let repeated = Code::RootRepeated;
    let both = |bid: &mut BidManifest| {
        bid.envelopes[0]
            .parts
            .extend([attachment(1, 1), attachment(1, 1)])
    };
    assert_eq!(bent(both), repeated);
    let mut play = announced();
    let (manifest, first) = bid(&play);
    play.world.must(manifest.clone(), &[&first]);
    assert_eq!(
        play.world.refused(manifest.clone(), &[&first]),
        Code::StatementRepeated
    );
    let second = play.actor("b2");
    let mut copied = play.seal(&second, &form_json("1"), "copy").manifest;
    copied.envelopes[0].parts = manifest.envelopes[0].parts.clone();
    assert_eq!(play.world.refused(copied, &[&second]), repeated);
}

#[test]
fn a_bidder_has_one_live_bid() {
    let mut play = announced();
    let (manifest, bidder) = bid(&play);
    play.world.must(manifest.clone(), &[&bidder]);
    let live = play.bidding().live[&id("b1")];
    let good = play.seal(&bidder, &form_json("8000000"), "second").manifest;
    let second = BidManifest {
        replaces: None,
        ..good.clone()
    };
    assert_eq!(play.world.refused(second, &[&bidder]), Code::BidLive);
    let foreign = BidManifest {
        replaces: Some(Digest::ZERO),
        ..good.clone()
    };
    assert_eq!(play.world.refused(foreign, &[&bidder]), Code::BidNotLive);
    for seq in [0, 1, 3] {
        let numbered = BidManifest {
            seq,
            ..good.clone()
        };
        assert_eq!(play.world.refused(numbered, &[&bidder]), Code::BidSequence);
    }
    let replacing = play.world.must(good, &[&bidder]);
    assert_eq!(
        play.bidding().bids[&live].status,
        BidStatus::Replaced(replacing)
    );
    assert_eq!(play.bidding().live[&id("b1")], replacing);
    let other = play.actor("b2");
    let stolen = BidManifest {
        replaces: Some(replacing),
        ..play.seal(&other, &form_json("1"), "x").manifest
    };
    assert_eq!(play.world.refused(stolen, &[&other]), Code::BidNotLive);
}

#[test]
fn a_withdrawn_bid_does_not_count_and_another_may_follow() {
    let mut play = announced();
    let bidder = play.actor("b1");
    let manifest = play.bid(&bidder, &form_json("9000000"), "first");
    let body = BidWithdrawn {
        tender: play.tender.clone(),
        manifest,
    };
    let other = play.actor("b2");
    assert_eq!(
        play.world.refused(body.clone(), &[&other]),
        Code::BidNotLive
    );
    let withdrawal = play.world.must(body.clone(), &[&bidder]);
    assert_eq!(
        play.bidding().bids[&manifest].status,
        BidStatus::Withdrawn(withdrawal)
    );
    assert!(play.bidding().live.is_empty());
    let again = BidWithdrawn { manifest, ..body };
    assert_eq!(
        play.world.refused(again, &[&bidder]),
        Code::StatementRepeated
    );
    let mut next = play.seal(&bidder, &form_json("8000000"), "second").manifest;
    assert_eq!(next.seq, 2, "numbers go on");
    next.replaces = Some(manifest);
    assert_eq!(
        play.world.refused(next.clone(), &[&bidder]),
        Code::BidNotLive
    );
    play.world.must(
        BidManifest {
            replaces: None,
            ..next
        },
        &[&bidder],
    );
}

#[test]
fn a_key_that_is_younger_than_the_bid_cannot_touch_it() {
    let mut play = announced();
    let (old, thief) = (play.actor("b1"), Actor::with_key("b1", 2));
    let manifest = play.bid(&old, &form_json("9000000"), "first");
    play.world.register_key(&old, &thief);
    let withdrawal = BidWithdrawn {
        tender: play.tender.clone(),
        manifest,
    };
    assert_eq!(
        play.world.refused(withdrawal.clone(), &[&thief]),
        Code::KeyTooYoung
    );
    let replacing = play.seal(&thief, &form_json("1"), "theft").manifest;
    assert_eq!(play.world.refused(replacing, &[&thief]), Code::KeyTooYoung);
    play.world.must(withdrawal, &[&old]);
    let fresh = play.seal(&thief, &form_json("9000000"), "fresh").manifest;
    play.world.must(fresh, &[&thief]);
}

#[test]
fn more_accounts_than_a_statement_names_are_closed_by_their_root() {
    let mut play = announced();
    let named = record::list::LINES_MAX;
    let (manifest, _) = bid(&play);
    // One sealed bid under many names: admission sees the form of a key block only, so this is quick.
    let bid_of = |number: usize| {
        let who = Actor::new(&format!("c{number}"));
        let mut body = manifest.clone();
        body.bidder_id = who.id().clone();
        body.bidder_sig_pk = who.signature_key();
        for envelope in &mut body.envelopes {
            // Other bytes of the same form: no envelope stands in two bids.
            envelope
                .key_block
                .replace_range(40..48, &format!("{number:08}"));
        }
        body.envelopes[0].parts = vec![play::sealed_part(
            &[format!("{number:064}").as_bytes(); 2].concat(),
        )];
        (body, who)
    };
    let mut number = 0;
    while play.state().chains_to_name().len() < named {
        let (body, who) = bid_of(number);
        play.world.register(&who);
        play.world.must(body, &[&who]);
        number += 1;
    }
    play.world.wait_until(play.bidding().deadline_ms - 1);
    let most = play.world.closing(&play.tender);
    assert_eq!((most.chains.len(), most.accounts), (named, None));
    assert!(Act::from(most).to_body().len() < record::statement::STATEMENT_BYTES_MAX);
    let (body, who) = bid_of(number);
    play.world.register(&who);
    play.world.must(body, &[&who]);
    let closing = play.world.closing(&play.tender);
    let accounts = closing.accounts.unwrap();
    assert_eq!(closing.chains.len(), 2);
    assert_eq!(accounts.count, named as u64 - 1);

    play.world.wait_until(play.bidding().deadline_ms);
    let platform = play.world.platform().clone();
    let one_less = Closing {
        accounts: Some(record::list::ListRoot {
            count: accounts.count - 1,
            ..accounts
        }),
        ..closing.clone()
    };
    let none = Closing {
        accounts: None,
        ..closing.clone()
    };
    let mut one_more = closing.clone();
    one_more.chains.push(ChainEnd {
        chain: record::chain::ChainId::Account(who.id().clone()),
        ..closing.chains[1].clone()
    });
    for bent in [one_less, none, one_more] {
        let refused = play.world.refused(bent, &[&platform]);
        assert_eq!(refused, Code::ChainsIncomplete);
    }
    play.world.must(closing, &[&platform]);
}

#[test]
fn replaced_and_withdrawn_bids_are_not_opened() {
    let replaces = Conduct::Replaces { first: "1".into() };
    let bidders = vec![
        Bidder::new("b1", "9000000").who(replaces),
        Bidder::new("b2", "9100000").who(Conduct::Withdraws),
        Bidder::new("b3", "9200000"),
        Bidder::new("b4", "9300000"),
    ];
    let play = Play::to(
        Script::plain("T-1").with_bidders(bidders),
        Milestone::Closed,
    );
    let procedure::Stage::Opening(opening) = play.stage() else {
        panic!("stage {}", play.stage().name())
    };
    let ids: Vec<_> = opening.releases.ids().copied().collect();
    assert_eq!(ids.len(), 3);
    assert!(ids.contains(&play.manifest("b1")) && !ids.contains(&play.manifest("b2")));
}

/// Otherwise the verifier, for whom a contribution stands in one statement only, would refuse the whole record.
#[test]
fn an_envelope_stands_in_one_statement_only() {
    let mut play = announced();
    let (first, bidder) = bid(&play);
    play.world.must(first.clone(), &[&bidder]);
    let mut next = play.seal(&bidder, &form_json("8900000"), "next").manifest;
    let fresh = next.clone();
    next.envelopes[1] = first.envelopes[1].clone();
    let refusal = play.world.refusal(next, &[&bidder]);
    assert_eq!(refusal.code, Code::RootRepeated);
    assert_eq!(
        refusal.pointer.as_deref(),
        Some("/envelopes/1/key_block"),
        "{refusal}"
    );
    // An accomplice cannot bring it either.
    let accomplice = play.actor("b2");
    let mut copied = play.seal(&accomplice, &form_json("1"), "copy").manifest;
    copied.envelopes[1] = first.envelopes[1].clone();
    assert_eq!(
        play.world.refused(copied, &[&accomplice]),
        Code::RootRepeated
    );
    play.world.must(fresh, &[&bidder]);

    let tenderee = play.tenderee();
    let (again, _) = play.contribution(&tenderee, 1, "second");
    play.world.must(again.clone(), &[&tenderee]);
    let mut other_bytes = Act::from(again).envelope();
    other_bytes.body.push(b' ');
    other_bytes.add_signature(tenderee.key());
    let code = play.world.admit_envelope(other_bytes).unwrap_err().code;
    assert_eq!(code, Code::ContributionMismatch);
}

#[test]
fn one_bidder_cannot_use_up_the_bids_of_all() {
    let mut play = announced();
    let bidder = play.actor("b1");
    let mut last = Digest::ZERO;
    for number in 0..procedure::limits::MANIFESTS_PER_BIDDER_MAX {
        let label = format!("bid-{number}");
        let manifest = play.seal(&bidder, &form_json("1"), &label).manifest;
        last = play.world.must(manifest, &[&bidder]);
    }
    let manifest = play.seal(&bidder, &form_json("1"), "one more").manifest;
    assert_eq!(
        play.world.refused(manifest, &[&bidder]),
        Code::LimitExceeded
    );
    let withdrawn = BidWithdrawn {
        tender: play.tender.clone(),
        manifest: last,
    };
    play.world.must(withdrawn, &[&bidder]);
}
