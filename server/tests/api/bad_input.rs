//! What is malformed gets a clear answer, everywhere, and never a 500.

use actix_web::http::Method;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use play::Actor;
use procedure::act::{Act, KeyRegistered, TenderCreated};
use record::statement::Envelope;
use serde_json::{Value, json};

use crate::harness::{Server, signed};

const ACCOUNT: &str = "/api/v1/accounts/company/statements";

fn envelope_of(payload_type: &str, body: &str) -> String {
    let payload = STANDARD.encode(body);
    let signature = json!({ "keyid": "00".repeat(32), "sig": STANDARD.encode([0; 64]) });
    json!({ "payloadType": payload_type, "payload": payload, "signatures": [signature] })
        .to_string()
}

const REGISTERED: &str = "application/vnd.etender.account-registered.v1+json";

#[test]
fn envelopes_are_strict_json() {
    let server = Server::start();
    let good = envelope_of(REGISTERED, "{}");
    let cases = [
        (String::new(), "json-syntax"),
        ("{".to_owned(), "json-syntax"),
        ("null".to_owned(), "json-invalid-value"),
        (format!("{good} x"), "json-syntax"),
        (format!("\u{feff}{good}"), "json-syntax"),
        (good.replacen('{', "{\"more\":1,", 1), "json-unknown-field"),
        (
            good.replacen('{', "{\"payload\":\"\",", 1),
            "json-duplicate-key",
        ),
        (good.replacen('{', "{\"more\":1.5,", 1), "json-float"),
        (
            good.replacen('{', "{\"more\":9007199254740993,", 1),
            "json-integer-too-large",
        ),
        (
            format!("{}{}", "[".repeat(100), "]".repeat(100)),
            "json-too-deep",
        ),
    ];
    for (body, code) in cases {
        let problem = server.post(ACCOUNT, body.clone()).is_problem(400, code);
        assert!(problem["detail"].is_string(), "{body}: {problem}");
    }
    server
        .post(ACCOUNT, vec![0xff, 0xfe])
        .is_problem(400, "json-syntax");
    let problem = server
        .post(ACCOUNT, "{\n  \"payloadType\": 1.5 }")
        .is_problem(400, "json-float");
    assert!(
        problem["detail"].as_str().unwrap().contains("line 2"),
        "{problem}"
    );
}

#[test]
fn envelopes_have_limits() {
    let server = Server::start();
    server
        .post(ACCOUNT, envelope_of("text/plain", "{}"))
        .is_problem(422, "statement-type");
    server
        .post(
            ACCOUNT,
            envelope_of(REGISTERED, &" ".repeat(256 * 1024 + 1)),
        )
        .is_problem(422, "statement-too-long");
    server
        .post(ACCOUNT, vec![b' '; 400 * 1024 + 1])
        .is_problem(413, "body-too-large");
    let mut many: Value = serde_json::from_str(&envelope_of(REGISTERED, "{}")).unwrap();
    many["signatures"] = json!(vec![
        many["signatures"][0].clone();
        record::statement::SIGNATURES_MAX + 1
    ]);
    server
        .post_json(ACCOUNT, &many)
        .is_problem(422, "statement-too-many-signatures");
}

#[test]
fn bodies_of_statements_are_strict_too() {
    let server = Server::start();
    let actor = Actor::new("company");
    let good = String::from_utf8(Act::from(actor.registration()).to_body()).unwrap();
    let cases = [
        ("{}".to_owned(), "body-invalid"),
        (good.replacen('{', "{\"more\":1,", 1), "body-invalid"),
        (
            good.replacen('{', "{\"account\":\"company\",", 1),
            "body-invalid",
        ),
        (good.replacen('{', "{\"more\":1e5,", 1), "body-invalid"),
        (
            good.replace("company 有限公司", &"长".repeat(201)),
            "text-length",
        ),
    ];
    for (body, code) in cases {
        let mut envelope = Envelope::new("account-registered", body.into_bytes());
        envelope.add_signature(actor.key());
        server
            .post(ACCOUNT, envelope.to_json())
            .is_problem(422, code);
    }
    let mut unknown = Envelope::new("gift-received", b"{}".to_vec());
    unknown.add_signature(actor.key());
    server
        .post(ACCOUNT, unknown.to_json())
        .is_problem(422, "kind-unknown");
}

#[test]
fn small_order_keys_are_refused() {
    let server = Server::start();
    let actor = Actor::new("company");
    let good = String::from_utf8(Act::from(actor.registration()).to_body()).unwrap();
    for point in [
        "00".repeat(32),
        format!("01{}", "00".repeat(31)),
        format!("ec{}7f", "ff".repeat(30)),
    ] {
        let body = good.replace(&actor.signature_key(), &point);
        assert_ne!(body, good);
        let mut envelope = Envelope::new("account-registered", body.into_bytes());
        envelope.add_signature(actor.key());
        let problem = server
            .post(ACCOUNT, envelope.to_json())
            .is_problem(422, "body-invalid");
        assert_eq!(problem["pointer"], "/key", "{problem}");
    }
}

#[test]
fn signatures_must_hold() {
    let server = Server::start();
    let (actor, other) = (Actor::new("company"), Actor::new("other"));
    let envelope = signed(&actor.registration().into(), &[actor.key()]);
    let mut wrong = envelope.clone();
    wrong.signatures[0].signature[10] ^= 1;
    server
        .post(ACCOUNT, wrong.to_json())
        .is_problem(422, "signature-invalid");
    let mut none = envelope.clone();
    none.signatures.clear();
    server
        .post(ACCOUNT, none.to_json())
        .is_problem(422, "signature-invalid");
    let mut twice = envelope.clone();
    twice.signatures.push(twice.signatures[0].clone());
    server
        .post(ACCOUNT, twice.to_json())
        .is_problem(422, "signature-invalid");
    let foreign = signed(&actor.registration().into(), &[other.key()]);
    server
        .post(ACCOUNT, foreign.to_json())
        .is_problem(403, "key-unknown");
    let more = signed(&actor.registration().into(), &[actor.key(), other.key()]);
    server
        .post(ACCOUNT, more.to_json())
        .is_problem(403, "key-unknown");
    // None of these left anything behind.
    server
        .get("/api/v1/accounts/company")
        .is_problem(404, "account-not-found");
    assert_eq!(server.post(ACCOUNT, envelope.to_json()).status, 201);
}

#[test]
fn a_statement_goes_to_its_own_chain() {
    let server = Server::start();
    let actor = Actor::new("company");
    let envelope = signed(&actor.registration().into(), &[actor.key()]).to_json();
    for path in [
        "/api/v1/accounts/other/statements",
        "/api/v1/platform/statements",
        "/api/v1/tenders/T-1/statements",
    ] {
        server
            .post(path, envelope.clone())
            .is_problem(422, "wrong-chain");
    }
    assert_eq!(server.post(ACCOUNT, envelope.clone()).status, 201);
    server
        .post("/api/v1/accounts/other/statements", envelope)
        .is_problem(422, "wrong-chain");
}

#[test]
fn refusals_keep_their_codes() {
    let server = Server::start();
    let actor = Actor::new("company");
    server.register(&actor);
    let taken = KeyRegistered {
        account: actor.id().clone(),
        key: actor.key().public().clone(),
    };
    server.say(taken, &[&actor]).is_problem(409, "key-taken");
    let created = TenderCreated {
        tender: play::id("T-1"),
        project: play::id("P-1"),
        title: String::new(),
        tenderee: actor.id().clone(),
    };
    assert_eq!(
        server
            .say(created.clone(), &[&actor])
            .is_problem(422, "text-length")["pointer"],
        "/title"
    );
    let stranger = Actor::new("stranger");
    server
        .say(created, &[&stranger])
        .is_problem(403, "key-unknown");
}

#[test]
fn addresses_and_methods_that_are_not_there() {
    let server = Server::start();
    for path in [
        "/nothing",
        "/api",
        "/api/v1",
        "/api/v1/",
        "/api/v2/tenders",
        "/api/v1/tenders/",
        "//",
        "/api/v1/tenders/a/b/c",
    ] {
        server.get(path).is_problem(404, "route-unknown");
    }
    let cases = [
        (Method::DELETE, "/api/v1/tenders", "GET"),
        (Method::POST, "/api/v1/server", "GET"),
        (Method::PATCH, "/api/v1/tenders/T-1/statements", "GET, POST"),
        (Method::GET, "/api/v1/sessions", "POST, DELETE"),
        (Method::GET, "/api/v1/demo/clock", "POST"),
        (Method::POST, "/", "GET"),
        (Method::TRACE, "/healthz", "GET"),
    ];
    for (method, path, allowed) in cases {
        let answer = server.send(method.clone(), path, &[], Vec::new());
        answer.is_problem(405, "method-not-allowed");
        assert_eq!(answer.header("allow"), allowed, "{method} {path}");
    }
}

#[test]
fn identifiers_in_addresses_have_a_form() {
    let server = Server::start();
    let long = "x".repeat(65);
    for id in [
        "%20",
        "a%2Fb",
        "%00",
        "%ff",
        "%E6%A0%87",
        long.as_str(),
        "a'b",
        "%3Cscript%3E",
    ] {
        for path in [
            "/api/v1/tenders/{}",
            "/api/v1/tenders/{}/statements",
            "/api/v1/accounts/{}",
            "/api/v1/tenders/{}/bundle",
        ] {
            let answer = server.get(&path.replace("{}", id));
            assert!(
                answer.status == 400 || answer.status == 404,
                "{path} {id}: {}",
                answer.text()
            );
            assert!(answer.json()["code"].is_string());
        }
    }
}

#[test]
fn queries_have_a_form() {
    let server = Server::start();
    for query in [
        "limit=0",
        "limit=101",
        "limit=-1",
        "limit=x",
        "stage=nothing",
        "tenderee=%20",
        "more=1",
        "order=x",
        "limit=1&limit=2",
    ] {
        server
            .get(&format!("/api/v1/tenders?{query}"))
            .is_problem(400, "query-invalid");
    }
    for cursor in ["x", "-1.a", "1.", "1.%20", "99999999999999999999.a"] {
        server
            .get(&format!("/api/v1/tenders?after={cursor}"))
            .is_problem(400, "cursor-invalid");
    }
    let zeros = "00".repeat(32);
    for cursor in [
        "x",
        "0",
        "3.x",
        "0.x",
        &zeros,
        &format!("0.{zeros}"),
        &format!("9.{zeros}"),
        &format!("0.{zeros}.2.{zeros}"),
        &format!("0.{zeros}.2"),
    ] {
        server
            .get(&format!("/api/v1/platform/statements?after={cursor}"))
            .is_problem(400, "cursor-invalid");
    }
}

#[test]
fn json_bodies_elsewhere_are_strict_too() {
    let server = Server::start();
    for path in [
        "/api/v1/sessions",
        "/api/v1/sessions/challenges",
        "/api/v1/demo/clock",
    ] {
        server.post(path, "").is_problem(400, "json-syntax");
        server
            .post(path, "{\"a\":1,\"a\":2}")
            .is_problem(400, "json-duplicate-key");
        server
            .post(path, "{\"a\":1}")
            .is_problem(400, "json-unknown-field");
        server
            .post(path, vec![b' '; 512 * 1024 + 1])
            .is_problem(413, "body-too-large");
    }
    let answer = server.send(
        Method::POST,
        "/api/v1/sessions",
        &[("content-encoding", "gzip")],
        b"{}".to_vec(),
    );
    answer.is_problem(400, "request-invalid");
}
