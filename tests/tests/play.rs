//! The harness itself: what it plays is a good record.

use std::collections::BTreeMap;

use play::{Milestone, Play, Script, World};
use record::bundle::Bundle;
use record::chain;
use record::statement::Envelope;

fn awarded() -> Play {
    Play::to(Script::eventful("T-1"), Milestone::Awarded)
}

#[test]
fn the_bundle_is_complete_and_proves_itself() {
    let play = awarded();
    let bytes = play.world.bundle(&play.tender);
    let bundle = Bundle::read(&bytes).unwrap();
    assert_eq!(bundle.write().unwrap(), bytes);
    let log = play.world.log();
    bundle.head.verify(&log.verifier_key()).unwrap();
    let checkpoint = bundle.head.body().checkpoint.checkpoint();
    for entry in &bundle.entries {
        entry
            .verify_inclusion(checkpoint.size, checkpoint.root)
            .unwrap();
    }
    let chains = chain::by_chain(bundle.entries.iter().map(|entry| &entry.opening));
    let heads: BTreeMap<_, _> = chains
        .into_iter()
        .map(|(id, openings)| (id, chain::check(openings).unwrap()))
        .collect();
    let named: BTreeMap<_, _> = bundle
        .head
        .body()
        .chains
        .iter()
        .map(|one| (one.chain.clone(), one.head()))
        .collect();
    assert_eq!(heads, named);
    assert_eq!(
        bundle
            .keys
            .values()
            .filter(|keys| keys.opening.is_some())
            .count(),
        7
    );
}

#[test]
fn receipts_verify_and_envelopes_survive_their_json() {
    let play = awarded();
    let log = play.world.log();
    for entry in log.entries() {
        log.receipt(&entry.opening.statement_id)
            .verify(&log.verifier_key())
            .unwrap();
        assert_eq!(
            Envelope::parse(&entry.envelope.to_json()).unwrap(),
            entry.envelope
        );
    }
    assert_eq!(log.size() % 8, 0);
}

#[test]
fn every_milestone_can_be_exported() {
    for milestone in Milestone::ALL {
        let play = Play::to(Script::plain("T-1"), *milestone);
        Bundle::read(&play.world.bundle(&play.tender)).unwrap();
    }
}

#[test]
fn another_seed_is_another_platform() {
    let (genuine, forged) = (
        World::demo(),
        World::with_seed("demo.kaibiao.test/etender", "forged"),
    );
    assert_ne!(genuine.trust_file(), forged.trust_file());
    let play = Play::in_world(forged, Script::plain("T-1"));
    let bundle = Bundle::read(&play.world.bundle(&play.tender)).unwrap();
    assert!(bundle.head.verify(&genuine.log().verifier_key()).is_err());
}
