//! `/api/v1/sessions`.

use actix_web::http::Method;
use play::Actor;
use procedure::act::{KeyRegistered, KeyRevoked};
use serde_json::json;

use crate::harness::Server;

const BLOB: &str = "/api/v1/blobs/0000000000000000000000000000000000000000000000000000000000000000";

fn registered() -> (Server, Actor) {
    let (server, actor) = (Server::start(), Actor::new("company"));
    server.register(&actor);
    (server, actor)
}

#[test]
fn a_signed_challenge_gives_a_session() {
    let (server, actor) = registered();
    let answer = server.post_json("/api/v1/sessions", &server.signed_challenge(&actor));
    assert_eq!(answer.status, 201, "{}", answer.text());
    assert_eq!(answer.json()["account"], "company");
    let cookie = answer.header("set-cookie").to_owned();
    assert!(
        cookie.contains("HttpOnly") && cookie.contains("SameSite=Strict"),
        "{cookie}"
    );
    assert_eq!(answer.header("cache-control"), "no-store");
    let token = answer.json()["token"].as_str().unwrap().to_owned();
    assert_eq!(token.len(), 64);
    // 404 and not 401: the session holds, the content is not declared.
    server
        .with_token(Method::GET, BLOB, &token, "")
        .is_problem(404, "blob-not-declared");
    let pair = cookie.split(';').next().unwrap();
    server
        .send(Method::GET, BLOB, &[("cookie", pair)], Vec::new())
        .is_problem(404, "blob-not-declared");
}

#[test]
fn a_p256_key_can_sign_too() {
    let (server, actor) = (Server::start(), Actor::with_p256("company"));
    server.register(&actor);
    assert_eq!(server.session(&actor).len(), 64);
}

#[test]
fn without_a_session_nothing_restricted_is_read() {
    let (server, actor) = registered();
    let answer = server.get(BLOB);
    answer.is_problem(401, "session-required");
    assert_eq!(answer.header("www-authenticate"), "Bearer");
    let long = "x".repeat(5_000);
    for value in [
        "Bearer",
        "Bearer ",
        "Bearer nonsense",
        "Basic YTpi",
        &format!("Bearer {long}"),
    ] {
        let answer = server.send(Method::GET, BLOB, &[("authorization", value)], Vec::new());
        answer.is_problem(401, "session-required");
    }
    // A header that is there is not overruled by a good cookie.
    let token = server.session(&actor);
    let cookie = format!("kaibiao_session={token}");
    let headers = [
        ("authorization", "Bearer other"),
        ("cookie", cookie.as_str()),
    ];
    server
        .send(Method::GET, BLOB, &headers, Vec::new())
        .is_problem(401, "session-required");
}

#[test]
fn a_challenge_is_good_once() {
    let (server, actor) = registered();
    let body = server.signed_challenge(&actor);
    assert_eq!(server.post_json("/api/v1/sessions", &body).status, 201);
    server
        .post_json("/api/v1/sessions", &body)
        .is_problem(401, "challenge-invalid");
    // Also when the first attempt fails.
    let body = server.signed_challenge(&actor);
    let mut wrong = body.clone();
    wrong["signature"] = json!("AAAA");
    server
        .post_json("/api/v1/sessions", &wrong)
        .is_problem(401, "signature-wrong");
    server
        .post_json("/api/v1/sessions", &body)
        .is_problem(401, "challenge-invalid");
}

#[test]
fn a_challenge_belongs_to_one_key_and_one_log() {
    let (server, actor) = registered();
    let other = Actor::new("other");
    server.register(&other);
    let mut body = server.signed_challenge(&actor);
    body["key_id"] = json!(other.key().public().id().to_string());
    server
        .post_json("/api/v1/sessions", &body)
        .is_problem(401, "challenge-invalid");
    // Signed by another key.
    let mut body = server.signed_challenge(&actor);
    body["signature"] = server.signed_challenge(&other)["signature"].clone();
    server
        .post_json("/api/v1/sessions", &body)
        .is_problem(401, "signature-wrong");
    let mut body = server.signed_challenge(&actor);
    body["signature"] = json!("not base64!");
    server
        .post_json("/api/v1/sessions", &body)
        .is_problem(401, "signature-wrong");
    let mut body = server.signed_challenge(&actor);
    body["challenge"] = json!("00".repeat(32));
    server
        .post_json("/api/v1/sessions", &body)
        .is_problem(401, "challenge-invalid");
}

#[test]
fn unknown_and_revoked_keys_get_none() {
    let (server, actor) = registered();
    let (stranger, second) = (Actor::new("stranger"), Actor::with_key("company", 2));
    let ask = |actor: &Actor| {
        let key_id = actor.key().public().id().to_string();
        server.post_json("/api/v1/sessions/challenges", &json!({ "key_id": key_id }))
    };
    ask(&stranger).is_problem(403, "session-key-unknown");
    server.must(
        KeyRegistered {
            account: actor.id().clone(),
            key: second.key().public().clone(),
        },
        &[&actor],
    );
    let (token, signed) = (server.session(&actor), server.signed_challenge(&actor));
    let revoked = KeyRevoked {
        account: actor.id().clone(),
        key_id: actor.key().public().id(),
        reason: "遗失".into(),
    };
    server.must(revoked, &[&second]);
    ask(&actor).is_problem(403, "session-key-unknown");
    server
        .post_json("/api/v1/sessions", &signed)
        .is_problem(403, "session-key-unknown");
    // What the key had opened before is over as well.
    server
        .with_token(Method::GET, BLOB, &token, "")
        .is_problem(401, "session-required");
}

#[test]
fn a_session_can_be_ended() {
    let (server, actor) = registered();
    let token = server.session(&actor);
    let answer = server.with_token(Method::DELETE, "/api/v1/sessions", &token, "");
    assert_eq!(answer.status, 204);
    server
        .with_token(Method::GET, BLOB, &token, "")
        .is_problem(401, "session-required");
    server
        .with_token(Method::DELETE, "/api/v1/sessions", &token, "")
        .is_problem(401, "session-required");
}

#[test]
fn the_token_is_stored_nowhere() {
    let (server, actor) = registered();
    let token = server.session(&actor);
    for name in ["kaibiao.db", "kaibiao.db-wal"] {
        let bytes = std::fs::read(server.data_dir().join(name)).unwrap_or_default();
        assert!(
            !bytes
                .windows(token.len())
                .any(|window| window == token.as_bytes()),
            "{name}"
        );
    }
}
