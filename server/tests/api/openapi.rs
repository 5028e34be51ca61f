//! `/api/openapi.json`: it describes every address, and the snapshot is what the server says.

use std::collections::BTreeSet;

use crate::harness::Server;

const SNAPSHOT: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/openapi.json");

/// Every address of the interface, as agreed.
const ADDRESSES: [&str; 31] = [
    "GET /",
    "GET /page/{asset}",
    "GET /healthz",
    "GET /api/openapi.json",
    "GET /api/v1/server",
    "GET /api/v1/trust",
    "GET /api/v1/profiles",
    "GET /api/v1/profiles/{id}/{version}",
    "POST /api/v1/accounts/{account}/statements",
    "POST /api/v1/platform/statements",
    "POST /api/v1/tenders/{tender}/statements",
    "GET /api/v1/accounts/{account}",
    "GET /api/v1/accounts/{account}/statements",
    "GET /api/v1/platform/statements",
    "GET /api/v1/tenders/{tender}/statements",
    "GET /api/v1/tenders",
    "GET /api/v1/tenders/{tender}",
    "GET /api/v1/tenders/{tender}/due/{what}",
    "GET /api/v1/tenders/{tender}/case",
    "GET /api/v1/tenders/{tender}/bundle",
    "GET /api/v1/tenders/{tender}/documents/{root}",
    "GET /api/v1/log/checkpoint",
    "GET /api/v1/log/proof",
    "GET /api/v1/log/consistency",
    "POST /api/v1/blobs",
    "GET /api/v1/blobs/{root}",
    "PUT /api/v1/blobs/{root}/segments/{segment}",
    "POST /api/v1/sessions/challenges",
    "POST /api/v1/sessions",
    "DELETE /api/v1/sessions",
    "POST /api/v1/demo/clock",
];

#[test]
fn the_snapshot_is_current() {
    let server = Server::start();
    let said = server.get("/api/openapi.json").text();
    if std::env::var_os("KAIBIAO_UPDATE_SNAPSHOTS").is_some() {
        std::fs::write(SNAPSHOT, &said).unwrap();
    }
    let kept = std::fs::read_to_string(SNAPSHOT).unwrap_or_default();
    assert!(
        kept == said,
        "openapi.json is out of date: run this test with KAIBIAO_UPDATE_SNAPSHOTS=1 and look at the difference"
    );
}

#[test]
fn every_address_is_described_and_answers() {
    let server = Server::start();
    let description = server.get("/api/openapi.json").json();
    assert!(description["openapi"].as_str().unwrap().starts_with("3.1"));
    assert_eq!(description["info"]["title"], "Kaibiao");
    let mut described = BTreeSet::new();
    for (path, item) in description["paths"].as_object().unwrap() {
        for (method, operation) in item.as_object().unwrap() {
            described.insert(format!("{} {path}", method.to_uppercase()));
            assert!(
                operation["summary"].is_string(),
                "{method} {path} has no summary"
            );
            let concrete = path.replace(['{', '}'], "");
            let answer = server.send(
                method.to_uppercase().parse().unwrap(),
                &concrete,
                &[],
                Vec::new(),
            );
            if answer.status >= 400 {
                let code = answer.json()["code"].as_str().unwrap().to_owned();
                assert_ne!(code, "method-not-allowed", "{method} {path}");
            }
        }
    }
    let expected: BTreeSet<String> = ADDRESSES.iter().map(|one| (*one).to_owned()).collect();
    assert_eq!(described, expected);
}

#[test]
fn references_lead_somewhere() {
    let server = Server::start();
    let text = server.get("/api/openapi.json").text();
    let description: serde_json::Value = serde_json::from_str(&text).unwrap();
    for reference in text.split("\"#/components/schemas/").skip(1) {
        let name = reference.split('"').next().unwrap();
        assert!(
            description["components"]["schemas"][name].is_object(),
            "{name} is not described"
        );
    }
}
