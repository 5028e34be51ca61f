//! What a trustee's program replays, and when it refuses to release.
#![expect(clippy::unwrap_used, reason = "tests may panic")]

use cli::client::StatementItem;
use cli::keyring::{Keyring, Organisation};
use cli::release::{ReleaseError, check_chains, check_own_opening, prepare};
use cli::replay::{Anchors, Chains, Record, ReplayError};
use play::{Conduct, Milestone, Play, Script};
use procedure::act::Act;
use record::Identifier;
use record::chain::ChainId;
use record::key::Algorithm;
use record::log::leaf::LeafOpening;
use record::sealing::{EnvelopeKind, Kem};

fn anchors(play: &Play) -> Anchors {
    Anchors {
        origin: play.world.log().origin().to_string(),
        log: play.world.log().verifier_key(),
        root: play.world.root().public().clone(),
        compared: true,
    }
}

/// What a server shows: with or without the places of the tender's statements.
fn chains(play: &Play, placed: bool) -> Chains {
    let own = ChainId::Tender(play.tender.clone());
    let item = |envelope: &record::statement::Envelope, opening: &LeafOpening, placed: bool| {
        StatementItem {
            id: opening.statement_id,
            kind: envelope.kind().to_owned(),
            admitted_ms: opening.admitted_ms,
            envelope: envelope.clone(),
            index: placed.then_some(opening.index),
            seq: placed.then_some(opening.seq),
            opening: placed.then(|| opening.clone()),
        }
    };
    let of = |pick: &dyn Fn(&ChainId) -> bool, placed| {
        let entries = play
            .world
            .log()
            .entries()
            .filter(|entry| pick(&entry.opening.chain));
        entries
            .map(|entry| item(&entry.envelope, &entry.opening, placed))
            .collect()
    };
    Chains {
        tender: of(&|chain| *chain == own, placed),
        platform: of(&|chain| *chain == ChainId::Platform, true),
        accounts: of(&|chain| matches!(chain, ChainId::Account(_)), true),
    }
}

fn replayed(play: &Play, chains: Chains) -> Result<Record, ReplayError> {
    Record::replay(anchors(play), &play.tender, chains)
}

fn stranger() -> Keyring {
    let account = Identifier::new("stranger").unwrap();
    let organisation = Organisation {
        account,
        name: "Stranger".to_owned(),
        registration_code: None,
        control_group: None,
    };
    Keyring::generate(organisation, Algorithm::Ed25519, Kem::X25519).unwrap()
}

fn is_kind(item: &StatementItem, kind: &str) -> bool {
    item.kind == kind
}

#[test]
fn the_replay_comes_to_the_same_tender_with_and_without_log_places() {
    for milestone in [
        Milestone::Rehearsed,
        Milestone::Announced,
        Milestone::Closed,
        Milestone::Opened,
        Milestone::Awarded,
    ] {
        let play = Play::to(Script::eventful("T-1"), milestone);
        let placed = replayed(&play, chains(&play, true)).unwrap();
        assert_eq!(placed.tender, *play.state());
        let unplaced = replayed(&play, chains(&play, false)).unwrap();
        assert_eq!(unplaced.tender.stage().name(), play.stage().name());
    }
}

#[test]
fn a_closed_chain_is_complete_and_every_omission_is_seen() {
    let play = Play::to(Script::eventful("T-1"), Milestone::Closed);
    check_chains(&replayed(&play, chains(&play, true)).unwrap()).unwrap();
    let count = chains(&play, true).tender.len();
    for left_out in 1..count {
        let mut cut = chains(&play, true);
        cut.tender.remove(left_out);
        // Either the rules refuse what follows, or the closing tells that something is missing.
        if let Ok(record) = replayed(&play, cut) {
            let error = check_chains(&record).unwrap_err();
            assert!(
                matches!(error, ReleaseError::NotProved(_) | ReleaseError::NotNow(_)),
                "{left_out}: {error}"
            );
        }
    }
    let accounts = chains(&play, true).accounts.len();
    for left_out in 0..accounts {
        let mut cut = chains(&play, true);
        let gone = cut.accounts.remove(left_out);
        let named = cut
            .tender
            .iter()
            .any(|item| match Act::read(&item.envelope) {
                Some(Ok(Act::Closing(body))) => body
                    .chains
                    .iter()
                    .any(|end| Some(&end.chain) == gone.opening.as_ref().map(|one| &one.chain)),
                _ => false,
            });
        if let (true, Ok(record)) = (named, replayed(&play, cut)) {
            assert!(check_chains(&record).is_err(), "{} left out", gone.id);
        }
    }
}

#[test]
fn leaves_that_are_not_opened_or_opened_wrongly_are_refused() {
    let play = Play::to(Script::plain("T-1"), Milestone::Closed);
    let mut hidden = chains(&play, true);
    for item in hidden
        .tender
        .iter_mut()
        .filter(|item| is_kind(item, "bid-manifest"))
    {
        item.opening = None;
    }
    assert!(matches!(
        check_chains(&replayed(&play, hidden).unwrap()),
        Err(ReleaseError::NotProved(_))
    ));
    let mut wrong = chains(&play, true);
    wrong
        .tender
        .last_mut()
        .unwrap()
        .opening
        .as_mut()
        .unwrap()
        .admitted_ms += 1;
    assert!(matches!(
        replayed(&play, wrong),
        Err(ReplayError::Opening(_))
    ));
}

#[test]
fn nothing_is_released_by_a_stranger_too_early_or_in_the_wrong_stage() {
    let refuse = |milestone, now_ms| {
        let play = Play::to(Script::plain("T-1"), milestone);
        let record = replayed(&play, chains(&play, true)).unwrap();
        prepare(&record, &stranger(), now_ms).unwrap_err()
    };
    assert!(matches!(
        refuse(Milestone::Submitted, u64::MAX),
        ReleaseError::NotNow(_)
    ));
    assert!(matches!(
        refuse(Milestone::Closed, 0),
        ReleaseError::TooEarly { .. }
    ));
    assert!(matches!(
        refuse(Milestone::Closed, u64::MAX),
        ReleaseError::NotATrustee { .. }
    ));
    assert!(matches!(
        refuse(Milestone::Frozen, 0),
        ReleaseError::TooEarly { .. }
    ));
    assert!(matches!(
        refuse(Milestone::Frozen, u64::MAX),
        ReleaseError::NotATrustee { .. }
    ));
    assert!(matches!(
        refuse(Milestone::Awarded, u64::MAX),
        ReleaseError::NotNow(_)
    ));
}

/// The server refuses a key that comes too early, but then it has seen it: the bidder's own program refuses first.
#[test]
fn a_bidder_does_not_publish_its_key_before_its_time() {
    let at = |milestone, kind, now_ms| {
        let replaces = Conduct::Replaces {
            first: "9999999".to_owned(),
        };
        let mut script = Script::plain("T-1");
        script.bidders[0].conduct = replaces;
        let play = Play::to(script, milestone);
        let record = replayed(&play, chains(&play, true)).unwrap();
        let b1 = Identifier::new("b1").unwrap();
        let live = play.manifests.get(&b1).copied();
        let mut of_b1 = play
            .bidding()
            .bids
            .iter()
            .filter(|(id, bid)| bid.bidder == b1 && Some(**id) != live);
        let replaced = of_b1.next().map(|(id, _)| *id);
        let check = |id: Option<record::Digest>| {
            check_own_opening(&record, &id.unwrap(), kind, now_ms).map_err(|error| {
                let code = error.code().to_owned();
                (code, now_ms)
            })
        };
        (check(live), check(replaced))
    };
    let late = |code: &str| Err((code.to_owned(), u64::MAX));
    let not_now = || late("nothing-to-release");
    let (opening, contrib) = (EnvelopeKind::Opening, EnvelopeKind::Contrib);
    assert_eq!(
        at(Milestone::Submitted, opening, u64::MAX),
        (not_now(), not_now())
    );
    assert_eq!(
        at(Milestone::Closed, opening, u64::MAX),
        (Ok(()), not_now())
    );
    assert_eq!(
        at(Milestone::Closed, opening, 0).0,
        Err(("opening-not-begun".to_owned(), 0))
    );
    assert_eq!(
        at(Milestone::Closed, contrib, u64::MAX),
        (not_now(), not_now())
    );
    assert_eq!(
        at(Milestone::Frozen, contrib, u64::MAX),
        (Ok(()), not_now())
    );
    assert_eq!(
        at(Milestone::Frozen, contrib, 0).0,
        Err(("opening-not-begun".to_owned(), 0))
    );
}

#[test]
fn keys_that_are_not_in_the_trust_file_are_refused() {
    let play = Play::to(Script::plain("T-1"), Milestone::Created);
    let server = cli::client::ServerInfo {
        origin: play.world.log().origin().to_string(),
        log_key: play.world.log().verifier_key().to_string(),
        root_key: play.world.root().public().clone(),
        platform_account: Identifier::new("platform").unwrap(),
        demo: true,
        time_ms: 0,
        version: String::new(),
    };
    let trust = play.world.trust_file().parse().unwrap();
    assert!(Anchors::new(&server, Some(&trust)).unwrap().compared);
    assert!(!Anchors::new(&server, None).unwrap().compared);
    let other = play::World::with_seed(&server.origin, "other")
        .trust_file()
        .parse()
        .unwrap();
    assert!(matches!(
        Anchors::new(&server, Some(&other)),
        Err(ReplayError::NotTrusted(_))
    ));
}
