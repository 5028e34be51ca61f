//! What somebody sees who is not a bidder's friend: every address, every list from every place, and the answers to
//! everything that she may try.

use std::collections::BTreeMap;

use actix_web::http::Method;
use play::{Actor, id};
use procedure::act::{
    Act, BidManifest, BidOpened, BidWithdrawn, ChainEnd, Closing, Objection, ReadOutConfirmed,
    ReleasedShare, ShareRelease,
};
use record::Digest;
use record::chain::ChainId;
use record::sealing::EnvelopeKind;
use record::statement::Envelope;
use serde_json::{Value, json};

use super::{BIDDERS, History, OBSERVER, STATEMENTS, manifest, size};
use crate::flow::{Flow, TENDER};
use crate::harness::{Answer, signed};

/// What an answer shows, without what says nothing: when it was given, and the request's own number.
#[derive(Debug, PartialEq, Eq)]
pub struct Seen {
    status: u16,
    headers: BTreeMap<String, String>,
    body: String,
}

/// How much of an answer may differ.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Differs {
    /// Nothing may.
    Nowhere,
    /// Hashes, salts and signatures of the log, which are random by design, and with them the `ETag`.
    InHashes,
}

fn seen(answer: &Answer, differs: Differs) -> Seen {
    let mut headers: BTreeMap<String, String> = answer
        .headers
        .iter()
        .map(|(name, value)| (name.to_string(), value.to_str().unwrap().to_owned()))
        .filter(|(name, _)| name != "x-request-id" && name != "date")
        .collect();
    let body = match serde_json::from_slice::<Value>(&answer.body) {
        Ok(mut body) => {
            // Real time runs between two requests, in every history.
            for passing in ["request_id", "time_ms"] {
                if let Some(value) = body.get_mut(passing) {
                    *value = Value::Null;
                }
            }
            body.to_string()
        }
        Err(_) => String::from_utf8_lossy(&answer.body).into_owned(),
    };
    if differs == Differs::InHashes {
        headers.remove("etag");
    }
    let body = if differs == Differs::InHashes {
        without_hashes(&body)
    } else {
        body
    };
    Seen {
        status: answer.status,
        headers,
        body,
    }
}

/// Every run of 40 or more hex or base64 digits becomes its length.
fn without_hashes(text: &str) -> String {
    let is_digit = |c: char| c.is_ascii_alphanumeric() || "+/=".contains(c);
    let (mut shown, mut run) = (String::new(), String::new());
    for c in text.chars().chain(['\n']) {
        if is_digit(c) {
            run.push(c);
            continue;
        }
        if run.len() >= 40 {
            shown.push_str(&format!("<{}>", run.len()));
        } else {
            shown.push_str(&run);
        }
        run.clear();
        shown.push(c);
    }
    shown
}

/// Values that stand for what is in braces in an address.
fn values(
    name: &str,
    hidden: &[Digest],
    statements: &[String],
    documents: &[String],
) -> Vec<String> {
    let list = |values: &[&str]| values.iter().map(|value| (*value).to_owned()).collect();
    match name {
        "tender" => list(&[TENDER, "no-such-tender"]),
        "account" => list(&[
            "b1", "b2", "b3", "b4", "b5", OBSERVER, "tenderee", "platform", "nobody",
        ]),
        "what" => list(&[
            "benchmark-set",
            "opening-record",
            "evaluation-report",
            "candidates",
            "award",
            "x",
        ]),
        "id" => list(&["below-threshold", "cn-2017-tendering"]),
        "version" => list(&["1", "2"]),
        "segment" => list(&["0"]),
        "asset" => list(&["app.js", "style.css"]),
        "root" => hidden
            .iter()
            .map(Digest::to_string)
            .chain(documents.iter().cloned())
            .chain(statements.first().cloned())
            .collect(),
        other => panic!("say what stands for {{{other}}}: a new address must be looked at here"),
    }
}

/// Queries to add to an address.
fn queries(path: &str, hidden: &[Digest], statements: &[String], size: u64) -> Vec<String> {
    let mut queries = vec![String::new()];
    if path.ends_with("/statements") {
        queries.extend(["limit=1", "limit=3", "limit=0", "after=0"].map(str::to_owned));
    }
    if path == STATEMENTS {
        for id in hidden {
            queries.push(format!("after={id}&limit=2"));
            queries.extend((0..3).map(|phase| format!("after={phase}.{id}")));
            queries.push(format!("after=0.{id}.1.{id}"));
        }
        for id in statements {
            queries.push(format!("after=0.{id}"));
        }
    } else if path == "/api/v1/tenders" {
        for order in ["changed", "announced"] {
            queries.extend([
                format!("order={order}"),
                format!("order={order}&limit=1"),
                format!("order={order}&after=0.A"),
                format!("order={order}&after={size}.A"),
            ]);
        }
        queries.extend(["stage=announced", "stage=closed", "tenderee=tenderee"].map(str::to_owned));
    } else if path == "/api/v1/log/proof" {
        for index in (0..size + 1).step_by(19) {
            queries.push(format!("index={index}&size={size}"));
            queries.push(format!("index={index}&size={}", index + 1));
        }
    } else if path == "/api/v1/log/consistency" {
        queries.extend(
            (0..size + 1)
                .step_by(24)
                .map(|from| format!("from={from}&to={size}")),
        );
    } else if path == "/api/v1/log/checkpoint" {
        queries.extend(["witnessed=true", "witnessed=false"].map(str::to_owned));
    }
    queries
}

/// Every address of the description that can be read, with values and queries. An address that comes later is read
/// too, or its parameter stops this test until somebody has thought about it.
fn addresses(history: &History, hidden: &[Digest]) -> Vec<String> {
    let description = serde_json::to_value(server::http::openapi()).unwrap();
    let statements: Vec<String> = (history.flow.server.all(STATEMENTS, 100).iter())
        .map(|item| item["id"].as_str().unwrap().to_owned())
        .collect();
    let documents: Vec<String> = history.flow.view()["notice"]["documents"]
        .as_array()
        .map(|documents| {
            documents
                .iter()
                .map(|one| one["root"].to_string().replace('"', ""))
                .collect()
        })
        .unwrap_or_default();
    let size = size(&history.flow);
    let mut addresses = vec!["/metrics".to_owned(), "/no/such/address".to_owned()];
    for (path, methods) in description["paths"].as_object().unwrap() {
        if methods.get("get").is_none() {
            continue;
        }
        let mut expanded = vec![path.clone()];
        while let Some((name, _)) = expanded[0]
            .split_once('{')
            .and_then(|(_, rest)| rest.split_once('}'))
        {
            let name = name.to_owned();
            let values = values(&name, hidden, &statements, &documents);
            let fill = |path: &String| -> Vec<String> {
                values
                    .iter()
                    .map(|value| path.replacen(&format!("{{{name}}}"), value, 1))
                    .collect()
            };
            expanded = expanded.iter().flat_map(fill).collect();
        }
        for path in expanded {
            for query in queries(&path, hidden, &statements, size) {
                let mark = if query.is_empty() { "" } else { "?" };
                addresses.push(format!("{path}{mark}{query}"));
            }
        }
    }
    addresses
}

/// Statements that the observer, a trustee or the tenderee may try in order to learn something; all are refused.
pub fn probes(flow: &Flow, hidden: &[Digest]) -> Vec<Envelope> {
    let observer = Actor::new(OBSERVER);
    let tender = || id(TENDER);
    let mut probes: Vec<(Act, &str)> = vec![
        (manifest(flow, OBSERVER, 3, None).into(), "b1"),
        (manifest(flow, OBSERVER, 7, None).into(), OBSERVER),
        (manifest(flow, "b1", 2, None).into(), OBSERVER),
        (Closing::naming(tender(), vec![]).into(), OBSERVER),
        (Closing::naming(tender(), vec![]).into(), "tenderee"),
    ];
    let members = BIDDERS.iter().map(|name| id(name)).collect();
    let consortium = BidManifest {
        members,
        ..manifest(flow, OBSERVER, 9, None)
    };
    probes.push((consortium.into(), OBSERVER));
    for hidden in hidden {
        let end = ChainEnd {
            chain: ChainId::Tender(tender()),
            seq: 9,
            head: *hidden,
        };
        let share = ReleasedShare {
            envelope: *hidden,
            share: None,
        };
        let acts: [(Act, &str); 7] = [
            (manifest(flow, OBSERVER, 2, Some(*hidden)).into(), OBSERVER),
            (
                BidWithdrawn {
                    tender: tender(),
                    manifest: *hidden,
                }
                .into(),
                OBSERVER,
            ),
            (
                BidOpened {
                    tender: tender(),
                    envelope: *hidden,
                    kind: EnvelopeKind::Opening,
                    key: *hidden,
                }
                .into(),
                OBSERVER,
            ),
            (
                ReadOutConfirmed {
                    tender: tender(),
                    manifest: *hidden,
                    agrees: true,
                }
                .into(),
                OBSERVER,
            ),
            (Closing::naming(tender(), vec![end]).into(), "tenderee"),
            (
                ShareRelease {
                    tender: tender(),
                    slot: 1,
                    kind: EnvelopeKind::Opening,
                    shares: vec![share],
                }
                .into(),
                "trustee-1",
            ),
            (
                Objection {
                    tender: tender(),
                    objector: observer.id().clone(),
                    matter: procedure::act::Matter::Opening,
                    text: "?".to_owned(),
                }
                .into(),
                OBSERVER,
            ),
        ];
        probes.extend(acts);
    }
    // Who has the body of a statement may ask for its receipt, whoever signs: but then she knows what was said.
    let is_new = |(act, _): &(Act, &str)| !hidden.contains(&act.envelope().id());
    probes
        .into_iter()
        .filter(is_new)
        .map(|(act, signer)| signed(&act, &[Actor::new(signer).key()]))
        .collect()
}

/// Everything that the observer sees, by what she did.
pub fn observe(history: &History, hidden: &[Digest], probes: &[Envelope]) -> Vec<(String, Seen)> {
    let server = &history.flow.server;
    let mut all = Vec::new();
    for address in addresses(history, hidden) {
        let of_log = address.starts_with("/api/v1/log/");
        let differs = if of_log {
            Differs::InHashes
        } else {
            Differs::Nowhere
        };
        let answer = server.get(&address);
        let tag = answer.header("etag").to_owned();
        all.push((format!("GET {address}"), seen(&answer, differs)));
        if address.contains('?') {
            continue;
        }
        let answer = server.with_token(Method::GET, &address, &history.token, "");
        all.push((
            format!("GET {address} in a session"),
            seen(&answer, differs),
        ));
        if !tag.is_empty() {
            let answer = server.send(
                Method::GET,
                &address,
                &[("if-none-match", &tag)],
                Vec::new(),
            );
            all.push((format!("GET {address} again"), seen(&answer, differs)));
        }
    }
    for (number, probe) in probes.iter().enumerate() {
        let answer = server.post(STATEMENTS, probe.to_json());
        assert!(answer.status >= 400, "{}: {}", probe.kind(), answer.text());
        all.push((
            format!("POST {} ({number})", probe.kind()),
            seen(&answer, Differs::Nowhere),
        ));
    }
    for root in hidden {
        let body = json!({ "root": root, "size_bytes": 12, "leaves": [root] }).to_string();
        let answer = server.with_token(Method::POST, "/api/v1/blobs", &history.token, body);
        all.push((
            format!("POST /blobs {root}"),
            seen(&answer, Differs::Nowhere),
        ));
        let path = format!("/api/v1/blobs/{root}/segments/0");
        let answer = server.with_token(Method::PUT, &path, &history.token, "other bytes!");
        all.push((format!("PUT {path}"), seen(&answer, Differs::Nowhere)));
    }
    let too_much = json!({ "root": Digest([1; 32]), "size_bytes": 1_u64 << 40, "leaves": [] });
    let answer = server.with_token(
        Method::POST,
        "/api/v1/blobs",
        &history.token,
        too_much.to_string(),
    );
    all.push((
        "POST /blobs beyond the quota".to_owned(),
        seen(&answer, Differs::Nowhere),
    ));
    all
}
