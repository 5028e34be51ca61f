//! Between the notice and the deadline: contributions to the draw, the credit commitment.

use play::{Milestone, Play, Script, id};
use procedure::Code;
use procedure::act::*;
use record::Digest;
use record::sealing::EnvelopeKind;

use crate::bidding::announced;

#[test]
fn tenderee_and_witnesses_contribute_and_the_last_one_counts() {
    let mut play = announced();
    let (tenderee, bidder) = (play.tenderee(), play.actor("b1"));
    let (good, _) = play.contribution(&tenderee, 1, "second");
    let not_seated = play.contribution(&bidder, 1, "x").0;
    assert_eq!(
        play.world.refused(not_seated, &[&bidder]),
        Code::SignerNotAllowed
    );
    assert_eq!(
        play.world.refused(good.clone(), &[&bidder]),
        Code::SignerNotAllowed
    );
    let second = DrawContribution {
        attempt: 2,
        ..good.clone()
    };
    assert_eq!(
        play.world.refused(second, &[&tenderee]),
        Code::AttemptMismatch
    );
    let mismatch = Code::ContributionMismatch;
    let draw = DrawContribution {
        draw: id("another"),
        ..good.clone()
    };
    assert_eq!(play.world.refused(draw, &[&tenderee]), mismatch);
    let key = DrawContribution {
        signature_key: bidder.signature_key(),
        ..good.clone()
    };
    assert_eq!(play.world.refused(key, &[&tenderee]), mismatch);
    let mut kind = good.clone();
    kind.envelope.kind = EnvelopeKind::Opening;
    assert_eq!(play.world.refused(kind, &[&tenderee]), mismatch);
    let mut block = good.clone();
    block.envelope.key_block.clear();
    assert_eq!(play.world.refused(block, &[&tenderee]), Code::KeyBlockForm);
    let statement = play.world.must(good, &[&tenderee]);
    assert_eq!(
        play.bidding().contributions[&id("tenderee")].statement,
        statement
    );
    assert_eq!(play.bidding().contributions.len(), 2);
}

#[test]
fn credit_is_committed_once_by_its_source() {
    let mut play = announced();
    let (source, tenderee) = (play.credit_source(), play.tenderee());
    let body = CreditCommitted {
        tender: play.tender.clone(),
        snapshot: Digest::ZERO,
        further: Vec::new(),
    };
    assert_eq!(
        play.world.refused(body.clone(), &[&tenderee]),
        Code::SignerNotAllowed
    );
    assert_eq!(
        play.world.refused(body.clone(), &[&source]),
        Code::CreditCommitted
    );
    let mut korean = Play::to(Script::korean("T-2"), Milestone::Announced);
    let body = CreditCommitted {
        tender: korean.tender.clone(),
        ..body
    };
    assert_eq!(
        korean.world.refused(body, &[&source]),
        Code::CreditNotForeseen
    );
}
