//! Drafts: trustee keys, sets and rehearsals.

use play::{Actor, Milestone, Play, Script, World, id};
use procedure::act::*;
use procedure::{Code, Stage};
use record::Digest;
use record::sealing::{EnvelopeKind, Share};

fn draft() -> Play {
    let mut play = Play::to(Script::plain("T-1"), Milestone::Created);
    play.publish_trustee_keys();
    play
}

fn sign_set(play: &mut Play, set: TrusteeSet) -> Result<Digest, Code> {
    let signers = play.set_signers();
    let signers: Vec<&Actor> = signers.iter().collect();
    play.world
        .admit(set, &signers)
        .map_err(|refusal| refusal.code)
}

/// A draft with a set and a rehearsal that nobody has answered.
fn dealt() -> (Play, Digest) {
    let mut play = draft();
    let set = play.trustee_set();
    let set = sign_set(&mut play, set).unwrap();
    play.world.do_duties(&play.tender.clone());
    (play, set)
}

#[test]
fn a_trustee_signs_for_its_own_key() {
    let mut play = Play::to(Script::plain("T-1"), Milestone::Created);
    let key = play.trustee(1).hpke().public().clone();
    let body = TrusteeKey {
        tender: play.tender.clone(),
        trustee: id("trustee-1"),
        key,
    };
    let other = play.trustee(2);
    assert_eq!(play.world.refused(body, &[&other]), Code::SignerNotAllowed);
}

#[test]
fn strangers_cannot_fill_a_draft_with_keys() {
    let mut play = Play::to(Script::plain("T-1"), Milestone::Created);
    let mut last = None;
    for number in 0..=procedure::limits::TRUSTEE_KEYS_MAX {
        let stranger = Actor::new(&format!("stranger-{number}"));
        play.world.register(&stranger);
        let key = stranger.hpke().public().clone();
        let body = TrusteeKey {
            tender: play.tender.clone(),
            trustee: stranger.id().clone(),
            key,
        };
        last = Some(
            play.world
                .admit(body, &[&stranger])
                .map_err(|refusal| refusal.code),
        );
    }
    assert_eq!(last, Some(Err(Code::LimitExceeded)));
    let known = Actor::new("stranger-0");
    let again = TrusteeKey {
        tender: play.tender.clone(),
        trustee: known.id().clone(),
        key: Actor::new("another").hpke().public().clone(),
    };
    play.world.must(again, &[&known]);
}

/// Every statement that is admitted has to fit into the bundle.
#[test]
fn a_stranger_cannot_fill_a_draft_with_statements() {
    let mut play = Play::to(Script::plain("T-1"), Milestone::Created);
    let stranger = Actor::new("stranger");
    play.world.register(&stranger);
    let key = |number: u32| TrusteeKey {
        tender: play.tender.clone(),
        trustee: stranger.id().clone(),
        key: Actor::new(&format!("key-{number}")).hpke().public().clone(),
    };
    let keys: Vec<_> = (0..=procedure::limits::TRUSTEE_KEYS_PER_ACCOUNT_MAX)
        .map(key)
        .collect();
    let mut last = None;
    for body in keys {
        last = Some(
            play.world
                .admit(body, &[&stranger])
                .map_err(|refusal| refusal.code),
        );
    }
    assert_eq!(last, Some(Err(Code::LimitExceeded)));
}

#[test]
fn a_set_takes_the_published_keys_of_different_trustees() {
    let mut play = draft();
    let mut unpublished = play.trustee_set();
    unpublished.members[0].key = play.actor("nobody").hpke().public().clone();
    assert_eq!(
        sign_set(&mut play, unpublished),
        Err(Code::TrusteeKeyMissing)
    );

    let mut twice = play.trustee_set();
    twice.members[1] = twice.members[0].clone();
    assert_eq!(sign_set(&mut play, twice), Err(Code::TrusteeRepeated));

    for threshold in [0, 1, 4] {
        let set = TrusteeSet {
            threshold,
            ..play.trustee_set()
        };
        assert_eq!(
            sign_set(&mut play, set),
            Err(Code::TrusteeThreshold),
            "{threshold} of 3"
        );
    }
}

#[test]
fn a_set_is_signed_by_tenderee_and_trustees_and_nobody_else() {
    let mut play = draft();
    let set = play.trustee_set();
    let mut signers = play.set_signers();
    let without: Vec<&Actor> = signers.iter().skip(1).collect();
    assert_eq!(
        play.world.refused(set.clone(), &without),
        Code::SignersMissing
    );
    let missing: Vec<&Actor> = signers.iter().take(3).collect();
    assert_eq!(
        play.world.refused(set.clone(), &missing),
        Code::SignersMissing
    );
    signers.push(play.supervisor());
    let more: Vec<&Actor> = signers.iter().collect();
    assert_eq!(play.world.refused(set, &more), Code::SignersTooMany);
}

/// Two of three trustees are in the tenderee's group; the threshold is 2.
fn dependent(world: World) -> Result<Digest, Code> {
    let mut world = world;
    for slot in [1, 2] {
        world.register(&Actor::new(&format!("trustee-{slot}")).in_group("city-holding"));
    }
    let mut play = Play::in_world(world, Script::plain("T-1"));
    play.publish_trustee_keys();
    let set = play.trustee_set();
    sign_set(&mut play, set)
}

#[test]
fn the_tenderees_group_holds_fewer_keys_than_the_threshold() {
    assert_eq!(
        dependent(World::new("kaibiao.test/etender")),
        Err(Code::TrusteesNotIndependent)
    );
    assert!(
        dependent(World::demo()).is_ok(),
        "a demo may play all roles"
    );
    Play::in_world(World::new("kaibiao.test/etender"), Script::plain("T-1"))
        .go_to(Milestone::Rehearsed);
}

#[test]
fn the_platform_rehearses_a_set_that_exists_under_its_own_key() {
    let (mut play, set) = dealt();
    let platform = play.world.platform().clone();
    let good = play::rehearsal(&play.world, &play.tender, &set);
    let other_set = RehearsalDealt {
        trustee_set: Digest::ZERO,
        ..good.clone()
    };
    assert_eq!(
        play.world.refused(other_set, &[&platform]),
        Code::TrusteeSetMissing
    );
    let other_key = RehearsalDealt {
        signature_key: play.tenderee().signature_key(),
        ..good.clone()
    };
    assert_eq!(
        play.world.refused(other_key, &[&platform]),
        Code::RehearsalMismatch
    );
    let short = RehearsalDealt {
        key_block: "AAAA".into(),
        ..good.clone()
    };
    assert_eq!(play.world.refused(short, &[&platform]), Code::KeyBlockForm);
    let nonce = RehearsalDealt {
        nonce: "00".into(),
        ..good.clone()
    };
    assert_eq!(
        play.world.refused(nonce, &[&platform]),
        Code::ContextMismatch
    );
    let tenderee = play.tenderee();
    assert_eq!(
        play.world.refused(good, &[&tenderee]),
        Code::SignerNotAllowed
    );
}

#[test]
fn a_trustee_answers_for_its_own_slot_once() {
    let (mut play, _) = dealt();
    let (first, second) = (play.trustee(1), play.trustee(2));
    let release = play.rehearsal_release(1);
    assert_eq!(
        play.world.refused(release.clone(), &[&second]),
        Code::SlotMismatch
    );
    assert_eq!(
        play.world.refused(
            ShareRelease {
                slot: 0,
                ..release.clone()
            },
            &[&first]
        ),
        Code::SlotMismatch
    );
    assert_eq!(
        play.world.refused(
            ShareRelease {
                slot: 9,
                ..release.clone()
            },
            &[&first]
        ),
        Code::SlotMismatch
    );
    let nothing = ShareRelease {
        shares: Vec::new(),
        ..release.clone()
    };
    assert_eq!(
        play.world.refused(nothing, &[&first]),
        Code::EnvelopeUnknown
    );
    let mut elsewhere = release.clone();
    elsewhere.shares[0].envelope = Digest::ZERO;
    assert_eq!(
        play.world.refused(elsewhere, &[&first]),
        Code::EnvelopeUnknown
    );
    play.world.must(release.clone(), &[&first]);
    let mut again = release;
    again.shares[0].share = None;
    assert_eq!(play.world.refused(again, &[&first]), Code::ShareRepeated);
}

#[test]
fn a_draft_has_no_other_envelopes() {
    let (mut play, _) = dealt();
    let first = play.trustee(1);
    let release = play.rehearsal_release(1);
    for (kind, code) in [
        (EnvelopeKind::Technical, Code::EnvelopeUnknown),
        (EnvelopeKind::Commercial, Code::EnvelopeUnknown),
        (EnvelopeKind::Opening, Code::StageMismatch),
        (EnvelopeKind::Contrib, Code::StageMismatch),
    ] {
        assert_eq!(
            play.world.refused(
                ShareRelease {
                    kind,
                    ..release.clone()
                },
                &[&first]
            ),
            code,
            "{kind}"
        );
    }
}

/// The notice after the trustees answered the rehearsal as `answer` has it.
fn notice_after(answer: impl Fn(u8, ShareRelease) -> Option<ShareRelease>) -> Result<Digest, Code> {
    let (mut play, _) = dealt();
    for slot in 1..=3 {
        let Some(release) = answer(slot, play.rehearsal_release(slot)) else {
            continue;
        };
        let trustee = play.trustee(slot);
        play.world.must(release, &[&trustee]);
    }
    let (notice, tenderee) = (play.notice(), play.tenderee());
    play.world
        .admit(notice, &[&tenderee])
        .map_err(|refusal| refusal.code)
}

fn with_share(mut release: ShareRelease, share: Option<Share>) -> ShareRelease {
    release.shares[0].share = share;
    release
}

#[test]
fn the_notice_waits_until_every_trustee_has_proved_its_key() {
    let missing = Err(Code::RehearsalMissing);
    assert!(notice_after(|_, release| Some(release)).is_ok());
    assert_eq!(notice_after(|_, _| None), missing);
    assert_eq!(
        notice_after(|slot, release| (slot != 3).then_some(release)),
        missing
    );
    let lies = |slot: u8, release: ShareRelease| {
        Some(if slot == 3 {
            with_share(release, Some(Share([7; 32])))
        } else {
            release
        })
    };
    assert_eq!(notice_after(lies), missing);
    let cannot = |slot: u8, release| {
        Some(if slot == 3 {
            with_share(release, None)
        } else {
            release
        })
    };
    assert_eq!(notice_after(cannot), missing);
}

#[test]
fn a_rehearsal_that_nobody_can_open_proves_nothing() {
    assert_eq!(
        notice_after(|_, release| Some(with_share(release, None))),
        Err(Code::RehearsalMissing)
    );
    let wrong = |_: u8, release| Some(with_share(release, Some(Share([7; 32]))));
    assert_eq!(notice_after(wrong), Err(Code::RehearsalMissing));
}

#[test]
fn a_failed_rehearsal_can_be_repeated() {
    let (mut play, set) = dealt();
    let trustee = play.trustee(1);
    let wrong = with_share(play.rehearsal_release(1), None);
    play.world.must(wrong, &[&trustee]);
    let platform = play.world.platform().clone();
    let again = play::rehearsal(&play.world, &play.tender, &set);
    play.world.must(again, &[&platform]);
    for slot in 1..=3 {
        let (release, trustee) = (play.rehearsal_release(slot), play.trustee(slot));
        play.world.must(release, &[&trustee]);
    }
    let Stage::Draft(preparation) = play.stage() else {
        panic!("still a draft")
    };
    assert!(preparation.sets[&set].is_rehearsed());
}

#[test]
fn a_tender_has_a_title_and_begins_with_its_creation() {
    let mut world = World::demo();
    let tenderee = Actor::new("tenderee");
    world.register(&tenderee);
    let created = |title: &str| TenderCreated {
        tender: id("T-1"),
        project: id("P-1"),
        title: title.to_owned(),
        tenderee: id("tenderee"),
    };
    for title in ["", "  ", "a\tb", &"长".repeat(201)] {
        assert_eq!(
            world.refused(created(title), &[&tenderee]),
            Code::TextLength,
            "{title:?}"
        );
    }
    let platform = world.platform().clone();
    assert_eq!(
        world.refused(created("a"), &[&platform]),
        Code::SignerNotAllowed
    );
    let withdrawn = BidWithdrawn {
        tender: id("T-1"),
        manifest: Digest::ZERO,
    };
    assert_eq!(world.refused(withdrawn, &[&tenderee]), Code::TenderUnknown);
    world.must(created(&"长".repeat(200)), &[&tenderee]);
    assert_eq!(
        world.refused(created("another"), &[&tenderee]),
        Code::TenderExists
    );
}
