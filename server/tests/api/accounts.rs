//! `/api/v1/accounts/{account}`.

use play::Actor;
use procedure::act::{KeyRegistered, KeyRevoked, Role, RoleGranted};

use crate::harness::Server;

#[test]
fn an_account_shows_its_keys_and_roles() {
    let server = Server::start();
    let (actor, second) = (Actor::new("company"), Actor::with_key("company", 2));
    server.register(&actor);
    server.must(
        KeyRegistered {
            account: actor.id().clone(),
            key: second.key().public().clone(),
        },
        &[&actor],
    );
    let revoked = KeyRevoked {
        account: actor.id().clone(),
        key_id: actor.key().public().id(),
        reason: "遗失".into(),
    };
    server.must(revoked, &[&second]);
    let view = server.get("/api/v1/accounts/company").json();
    assert_eq!(view["account"], "company");
    assert_eq!(view["name"], "company 有限公司");
    assert_eq!(view["registration_code"], "91320000MA1PLAY00X");
    let keys = view["keys"].as_array().unwrap();
    let is_revoked = |actor: &Actor| {
        let id = actor.key().public().id().to_string();
        let key = keys
            .iter()
            .find(|key| key["key_id"] == id.as_str())
            .expect("listed");
        assert_eq!(key["alg"], "ed25519");
        assert_eq!(key["pk"], actor.signature_key());
        key["revoked"].as_bool().unwrap()
    };
    assert_eq!((is_revoked(&actor), is_revoked(&second)), (true, false));
    assert_eq!(
        server.get("/api/v1/accounts/platform").json()["roles"],
        serde_json::json!(["platform"])
    );
}

#[test]
fn there_may_be_no_such_account() {
    let server = Server::start();
    server
        .get("/api/v1/accounts/nobody")
        .is_problem(404, "account-not-found");
    server
        .get("/api/v1/accounts/nobody/statements")
        .is_problem(404, "account-not-found");
    server
        .get("/api/v1/accounts/%20")
        .is_problem(400, "path-invalid");
}

#[test]
fn roles_come_from_the_root_key_alone() {
    let server = Server::start();
    let actor = Actor::new("company");
    server.register(&actor);
    let grant = RoleGranted {
        account: actor.id().clone(),
        role: Role::Supervisor,
    };
    server
        .say(grant, &[&actor])
        .is_problem(403, "signer-not-allowed");
}
