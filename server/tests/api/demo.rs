//! `/api/v1/demo/clock`.

use procedure::limits::TIME_MS_MAX;
use serde_json::json;

use crate::harness::Server;

#[test]
fn the_clock_moves_forward_only() {
    let server = Server::start();
    let now_ms = server.node.now_ms().unwrap();
    let answer = server.post_json(
        "/api/v1/demo/clock",
        &json!({ "now_ms": now_ms + 86_400_000 }),
    );
    assert!(answer.json()["now_ms"].as_u64().unwrap() >= now_ms + 86_400_000);
    let problem = server.post_json("/api/v1/demo/clock", &json!({ "now_ms": now_ms }));
    assert_eq!(
        problem.is_problem(409, "clock-backwards")["pointer"],
        "/now_ms"
    );
    server
        .post_json("/api/v1/demo/clock", &json!({ "now_ms": TIME_MS_MAX + 1 }))
        .is_problem(422, "clock-limit");
    server
        .post_json("/api/v1/demo/clock", &json!({ "now_ms": -1 }))
        .is_problem(400, "json-invalid-value");
    server
        .post_json("/api/v1/demo/clock", &json!({ "now": 1 }))
        .is_problem(400, "json-unknown-field");
    assert_eq!(server.get("/healthz").status, 200);
}

#[test]
fn the_end_of_time_is_still_a_time() {
    let server = Server::start();
    server.advance(TIME_MS_MAX);
    assert_eq!(server.get("/api/v1/server").status, 200);
    let actor = play::Actor::new("late");
    let answer = server.say(actor.registration(), &[&actor]);
    assert!(answer.status < 500, "{}", answer.text());
}

#[test]
fn a_real_server_has_a_real_clock() {
    let server = Server::start_with(|config| {
        config.demo = false;
        config.origin = "localhost/etender".to_owned();
    });
    server
        .post_json("/api/v1/demo/clock", &json!({ "now_ms": TIME_MS_MAX }))
        .is_problem(403, "demo-only");
}
