//! Accounts, keys and roles.

use play::{Actor, Milestone, Play, Script, World, id};
use procedure::act::*;
use procedure::{At, Code, Directory, verify};
use record::key::{Algorithm, PublicKey};

fn registered(name: &str) -> (World, Actor) {
    let (mut world, actor) = (World::demo(), Actor::new(name));
    world.register(&actor);
    (world, actor)
}

fn revocation(account: &Actor, key: &Actor) -> KeyRevoked {
    KeyRevoked {
        account: account.id().clone(),
        key_id: key.key().public().id(),
        reason: "U盾遗失".to_owned(),
    }
}

#[test]
fn an_account_is_registered_once_by_its_own_key() {
    let (mut world, first) = registered("a");
    let again = AccountRegistered {
        name: "别名".into(),
        ..first.registration()
    };
    assert_eq!(world.refused(again, &[&first]), Code::AccountExists);
    let taken = AccountRegistered {
        account: id("b"),
        ..first.registration()
    };
    assert_eq!(world.refused(taken, &[&first]), Code::KeyTaken);
    let body = Actor::new("b").registration();
    assert_eq!(
        world.refused(body.clone(), &[&first]),
        Code::SignerNotAllowed
    );
    assert_eq!(
        world.refused(body, &[&Actor::new("b"), &first]),
        Code::SignerNotAllowed
    );
    let nameless = AccountRegistered {
        name: String::new(),
        ..Actor::new("b").registration()
    };
    assert_eq!(
        world.refused(nameless, &[&Actor::new("b")]),
        Code::TextLength
    );
    let root = world.root().clone();
    let of_root = AccountRegistered {
        key: root.public().clone(),
        ..Actor::new("b").registration()
    };
    assert_eq!(
        world
            .admit_signed(&of_root.into(), &[&root])
            .unwrap_err()
            .code,
        Code::KeyTaken
    );
}

#[test]
fn a_further_key_is_signed_by_an_older_one() {
    let (mut world, first) = registered("a");
    let (second, third) = (Actor::with_key("a", 2), Actor::with_p256("a"));
    let body = KeyRegistered {
        account: id("a"),
        key: second.key().public().clone(),
    };
    assert_eq!(world.refused(body.clone(), &[&second]), Code::KeyUnknown);
    let stranger = Actor::new("b");
    world.register(&stranger);
    assert_eq!(
        world.refused(body.clone(), &[&stranger]),
        Code::SignerNotAllowed
    );
    assert_eq!(
        world.refused(body.clone(), &[&first, &stranger]),
        Code::SignerNotAllowed
    );
    let nobody = KeyRegistered {
        account: id("c"),
        ..body
    };
    assert_eq!(world.refused(nobody, &[&first]), Code::AccountUnknown);
    world.register_key(&first, &second);
    world.register_key(&second, &third);
    let foreign = KeyRegistered {
        account: id("a"),
        key: stranger.key().public().clone(),
    };
    assert_eq!(world.refused(foreign, &[&first]), Code::KeyTaken);
}

#[test]
fn an_account_has_at_most_64_keys() {
    let (mut world, first) = registered("a");
    for number in 2..=64 {
        world.register_key(&first, &Actor::with_key("a", number));
    }
    let body = KeyRegistered {
        account: id("a"),
        key: Actor::with_key("a", 65).key().public().clone(),
    };
    assert_eq!(world.refused(body, &[&first]), Code::KeysMax);
}

#[test]
fn a_revoked_key_signs_nothing_more_and_the_last_one_stays() {
    let (mut world, first) = registered("a");
    assert_eq!(
        world.refused(revocation(&first, &first), &[&first]),
        Code::LastKey
    );
    let second = Actor::with_key("a", 2);
    world.register_key(&first, &second);
    let unknown = revocation(&first, &Actor::new("b"));
    assert_eq!(world.refused(unknown, &[&first]), Code::KeyUnknown);
    let silent = KeyRevoked {
        reason: String::new(),
        ..revocation(&first, &first)
    };
    assert_eq!(world.refused(silent, &[&second]), Code::TextLength);
    world.must(revocation(&first, &first), &[&second]);
    assert_eq!(
        world.refused(revocation(&first, &second), &[&first]),
        Code::KeyRevoked
    );
    assert_eq!(
        world.refused(revocation(&first, &first), &[&second]),
        Code::KeyRevoked
    );
    assert_eq!(
        world.refused(revocation(&first, &second), &[&second]),
        Code::LastKey
    );
}

#[test]
fn the_root_key_alone_grants_roles() {
    let (mut world, first) = registered("a");
    let grant = |account: &str| RoleGranted {
        account: id(account),
        role: Role::Supervisor,
    };
    assert_eq!(world.refused(grant("a"), &[&first]), Code::SignerNotAllowed);
    let root = world.root().clone();
    assert_eq!(
        world
            .admit_signed(&grant("b").into(), &[&root])
            .unwrap_err()
            .code,
        Code::AccountUnknown
    );
    let before = world.at();
    world.grant(&first, Role::Supervisor);
    assert!(
        world
            .directory()
            .has_role(first.id(), Role::Supervisor, world.at())
    );
    assert!(
        !world
            .directory()
            .has_role(first.id(), Role::Supervisor, before),
        "not before it was granted"
    );
}

#[test]
fn a_key_counts_between_registration_and_revocation() {
    let (mut world, first) = registered("a");
    let second = Actor::with_key("a", 2);
    let before = world.at();
    world.register_key(&first, &second);
    let between = world.at();
    world.must(revocation(&first, &second), &[&first]);
    let after = world.at();
    let key = second.key().public().id();
    let code = |at: At| {
        world
            .directory()
            .active_key(&key, at)
            .err()
            .map(|refusal| refusal.code)
    };
    assert_eq!(code(before), Some(Code::KeyUnknown));
    assert_eq!(code(between), None);
    assert_eq!(code(after), Some(Code::KeyRevoked));
}

#[test]
fn what_belongs_to_a_tender_is_not_the_directorys() {
    let (world, first) = registered("a");
    let body = TenderCreated {
        tender: id("T-1"),
        project: id("P-1"),
        title: "a".into(),
        tenderee: id("a"),
    };
    let mut envelope = Act::from(body).envelope();
    envelope.add_signature(first.key());
    let mut directory: Directory = world.directory().clone();
    let statement = verify(envelope, &directory).unwrap();
    assert_eq!(
        directory.admit(&statement, world.at()).unwrap_err().code,
        Code::StageMismatch
    );
    assert_eq!(directory, *world.directory());
}

#[test]
fn what_belongs_to_an_account_is_not_the_tenders() {
    let play = Play::to(Script::plain("T-1"), Milestone::Created);
    let mut envelope = Act::from(revocation(&play.tenderee(), &play.tenderee())).envelope();
    envelope.add_signature(play.tenderee().key());
    let statement = verify(envelope, play.world.directory()).unwrap();
    let mut tender = play.state().clone();
    let refusal = tender
        .admit(&statement, play.world.directory(), play.world.at())
        .unwrap_err();
    assert_eq!(refusal.code, Code::TenderMismatch);
    assert_eq!(tender, *play.state());
}

#[test]
fn small_order_keys_never_become_keys() {
    let world = World::demo();
    let mut body = serde_json::to_value(Actor::new("weak").registration()).unwrap();
    let mut identity = "01".to_owned();
    identity.push_str(&"00".repeat(31));
    body["key"]["pk"] = identity.into();
    let body = serde_json::to_vec(&body).unwrap();
    let envelope = record::statement::Envelope::new("account-registered", body);
    let refusal = verify(envelope, world.directory()).unwrap_err();
    assert_eq!(
        (refusal.code, refusal.pointer.as_deref()),
        (Code::BodyInvalid, Some("/key"))
    );
    assert!(PublicKey::new(Algorithm::Ed25519, &[0; 32]).is_err());
}
