//! `/healthz`, `/api/v1/server`, `/trust`, `/profiles`.

use actix_web::http::Method;
use record::Digest;
use record::trust::Trust;

use crate::harness::Server;

#[test]
fn it_says_what_it_is() {
    let server = Server::start();
    assert_eq!(server.get("/healthz").json()["status"], "ok");
    let info = server.get("/api/v1/server").json();
    assert_eq!(info["origin"], server.node.config.origin);
    assert_eq!(info["demo"], true);
    assert_eq!(info["log_key"], server.node.keys().log.to_string());
    assert_eq!(info["root_key"]["alg"], "ed25519");
    assert_eq!(info["platform_account"], "platform");
    assert!(info["time_ms"].as_u64().unwrap() > 1_700_000_000_000);
}

#[test]
fn the_trust_file_is_one() {
    let server = Server::start();
    let answer = server.get("/api/v1/trust");
    assert_eq!(answer.header("content-type"), "text/plain; charset=utf-8");
    let trust: Trust = answer.text().parse().expect("a trust file");
    assert_eq!(trust.logs()[0].key, server.node.keys().log);
}

#[test]
fn profiles_come_byte_for_byte() {
    let server = Server::start();
    let list = server.get("/api/v1/profiles").json();
    let items = list["items"].as_array().unwrap();
    assert!(items.len() >= 3);
    for item in items {
        let path = format!(
            "/api/v1/profiles/{}/{}",
            item["id"].as_str().unwrap(),
            item["version"]
        );
        let document = server.get(&path);
        assert_eq!(
            Digest::sha256(&document.body).to_string(),
            item["digest"].as_str().unwrap()
        );
        assert!(document.header("cache-control").contains("immutable"));
    }
    server
        .get("/api/v1/profiles/below-threshold/99")
        .is_problem(404, "profile-not-found");
    server
        .get("/api/v1/profiles/below-threshold/x")
        .is_problem(400, "path-invalid");
}

#[test]
fn a_reader_who_has_it_gets_304() {
    let server = Server::start();
    let first = server.get("/api/v1/profiles");
    let tag = first.header("etag").to_owned();
    let again = |tags: &str| {
        server.send(
            Method::GET,
            "/api/v1/profiles",
            &[("if-none-match", tags)],
            Vec::new(),
        )
    };
    for tags in [tag.as_str(), &format!("\"other\", W/{tag}"), "*"] {
        let answer = again(tags);
        assert_eq!((answer.status, answer.body.len()), (304, 0));
        assert_eq!(answer.header("etag"), tag);
    }
    assert_eq!(again("\"other\"").status, 200);
}

#[test]
fn every_answer_has_security_headers() {
    let server = Server::start();
    for path in [
        "/",
        "/healthz",
        "/api/v1/tenders",
        "/nothing",
        "/api/v1/tenders/%",
    ] {
        let answer = server.get(path);
        assert!(
            answer
                .header("content-security-policy")
                .starts_with("default-src 'self';"),
            "{path}"
        );
        assert_eq!(answer.header("referrer-policy"), "no-referrer");
        assert!(!answer.header("cache-control").is_empty());
    }
}
