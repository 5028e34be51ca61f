//! When too many come at once, and what waits while a deadline passes; and answers from memory, which must be neither
//! old nor talkative.

use std::sync::mpsc::channel;
use std::time::{Duration, Instant};

use actix_web::http::Method;
use play::{Actor, id};
use procedure::act::{KeyRegistered, TenderCreated};
use record::chain::ChainId;
use record::sealing::{root_of_leaves, segment_leaf};
use record::statement::Envelope;
use serde_json::json;
use server::intake::SEGMENTS_PER_ACCOUNT_MAX;
use server::sequencer::Rejection;
use server::sequencer::queue::{QUEUE_MAX, SENDER_MAX};
use store::StoreError;

use crate::flow::{BIDDERS, Flow, TENDER};
use crate::harness::{Server, signed};

/// Runs `meanwhile` while somebody else holds the database's write lock, so that nothing is admitted.
fn while_nothing_is_admitted<T>(server: &Server, meanwhile: impl FnOnce() -> T) -> T {
    let (begun, has_begun) = channel();
    let (end, ends) = channel::<()>();
    std::thread::scope(|scope| {
        let node = &server.node;
        scope.spawn(move || {
            let held: Result<(), StoreError> = node.store().write(|_| {
                begun.send(()).unwrap();
                // Also ends when `meanwhile` panics and drops its end.
                let _ = ends.recv();
                Ok(())
            });
            held.unwrap();
        });
        has_begun.recv().unwrap();
        let outcome = meanwhile();
        drop(end);
        outcome
    })
}

/// A statement of a registered account's key; many of them differ.
fn of_own_chain(actor: &Actor, number: u32) -> (Envelope, ChainId) {
    let body = KeyRegistered {
        account: actor.id().clone(),
        key: Actor::with_key(actor.id().as_str(), number)
            .key()
            .public()
            .clone(),
    };
    let envelope = signed(&body.into(), &[actor.key()]);
    (envelope, ChainId::Account(actor.id().clone()))
}

#[test]
fn a_full_queue_says_so_at_once_and_loses_nothing() {
    let server = Server::start();
    let senders: Vec<Actor> = (0..QUEUE_MAX / SENDER_MAX)
        .map(|number| Actor::new(&format!("a{number}")))
        .collect();
    let late = Actor::new("late");
    senders.iter().chain([&late]).for_each(|actor| {
        server.register(actor);
    });
    let (waiting, refused) = while_nothing_is_admitted(&server, || {
        let mut waiting = Vec::new();
        for number in 0..SENDER_MAX {
            for sender in &senders {
                let (envelope, chain) = of_own_chain(sender, 2 + number as u32);
                waiting.push(server.node.offer(envelope, chain, "r").unwrap());
            }
        }
        assert!(server.node.is_full());
        let (envelope, chain) = of_own_chain(&late, 2);
        let again = server.node.offer(envelope.clone(), chain, "r");
        assert!(matches!(again.err(), Some(Rejection::Busy)));
        let first = Instant::now();
        let refused = server.post("/api/v1/accounts/late/statements", envelope.to_json());
        assert!(first.elapsed() < Duration::from_secs(2));
        (waiting, refused)
    });
    refused.is_problem(503, "busy");
    assert_eq!(refused.header("retry-after"), "1");
    for one in waiting {
        one.admitted_blocking().unwrap();
    }
    // Whoever comes again as told is admitted.
    let (envelope, _) = of_own_chain(&late, 2);
    let again = server.post("/api/v1/accounts/late/statements", envelope.to_json());
    assert_eq!(again.status, 201, "{}", again.text());
}

#[test]
fn one_sender_does_not_take_the_places_of_others() {
    let server = Server::start();
    let (greedy, other) = (Actor::new("greedy"), Actor::new("other"));
    server.register(&greedy);
    server.register(&other);
    let (waiting, refused) = while_nothing_is_admitted(&server, || {
        let offer = |actor: &Actor, number| {
            let (envelope, chain) = of_own_chain(actor, number);
            server.node.offer(envelope, chain, "r")
        };
        let mut waiting: Vec<_> = (0..SENDER_MAX)
            .map(|number| offer(&greedy, 2 + number as u32).unwrap())
            .collect();
        let (envelope, _) = of_own_chain(&greedy, 99);
        let refused = server.post("/api/v1/accounts/greedy/statements", envelope.to_json());
        // A statement that only names the key of another, with a signature that does not hold, uses up nothing of hers.
        let (mut forged, chain) = of_own_chain(&other, 1);
        forged.signatures[0].signature[3] ^= 1;
        let forged = server.node.offer(forged, chain, "r").unwrap();
        waiting.extend((0..SENDER_MAX).map(|number| offer(&other, 2 + number as u32).unwrap()));
        (waiting, (refused, forged))
    });
    let (refused, forged) = refused;
    refused.is_problem(429, "too-many-in-flight");
    assert_eq!(refused.header("retry-after"), "1");
    assert_eq!(
        forged.admitted_blocking().unwrap_err().code(),
        "signature-invalid"
    );
    for one in waiting {
        one.admitted_blocking().unwrap();
    }
}

#[test]
fn segments_of_one_account_have_a_bound_and_come_again() {
    let server = Server::start();
    let actor = Actor::new("b1");
    server.register(&actor);
    let token = server.session(&actor);
    let bytes = vec![7_u8; 1_000];
    let leaf = segment_leaf(&bytes);
    let root = root_of_leaves(&[leaf]);
    let declared =
        json!({ "root": root.to_string(), "size_bytes": 1_000, "leaves": [leaf.to_string()] });
    let answer = server.with_token(Method::POST, "/api/v1/blobs", &token, declared.to_string());
    assert_eq!(answer.status, 200, "{}", answer.text());
    let path = format!("/api/v1/blobs/{root}/segments/0");
    let under_way: Vec<_> = (0..SEGMENTS_PER_ACCOUNT_MAX)
        .map(|_| server.node.intake.segment(actor.id(), 1_000).unwrap())
        .collect();
    let refused = server.with_token(Method::PUT, &path, &token, bytes.clone());
    refused.is_problem(429, "too-many-in-flight");
    assert_eq!(refused.header("retry-after"), "1");
    drop(under_way);
    let taken = server.with_token(Method::PUT, &path, &token, bytes);
    assert_eq!(taken.status, 204, "{}", taken.text());
}

#[test]
fn what_waits_while_its_deadline_passes_is_refused_and_the_closing_comes_after() {
    let flow = Flow::announced();
    let node = &flow.server.node;
    let deadline_ms = flow.view()["notice"]["deadline_ms"].as_u64().unwrap();
    flow.server.advance(deadline_ms - 1_500);
    let bid = |name: &str, price: &str| {
        let envelope = signed(
            &flow.manifest(name, price).into(),
            &[Actor::new(name).key()],
        );
        node.offer(envelope, ChainId::Tender(id(TENDER)), "r")
    };
    let early = bid("b1", "9520000.00").unwrap().admitted_blocking();
    let early = early.unwrap().receipt;
    assert!(early.admitted_ms < deadline_ms);
    // It came before the deadline and waits while the deadline passes: nothing was promised to it.
    let (waiting, came_ms) = while_nothing_is_admitted(&flow.server, || {
        let waiting = bid("b2", "9088000.00").unwrap();
        let came_ms = node.now_ms().unwrap();
        while node.now_ms().unwrap() < deadline_ms {
            std::thread::sleep(Duration::from_millis(20));
        }
        (waiting, came_ms)
    });
    assert!(
        came_ms < deadline_ms,
        "the test is too slow to mean anything"
    );
    let refused = waiting.admitted_blocking().unwrap_err();
    assert_eq!(refused.code(), "deadline-passed");
    flow.wait_for(|view| view["closing_id"].is_string());
    let items = flow
        .server
        .all(&format!("/api/v1/tenders/{TENDER}/statements"), 100);
    let place = |what: &str, value: &str| items.iter().position(|item| item[what] == value);
    let bid = place("id", &early.statement_id.to_string()).expect("the early bid is there");
    let closing = place("kind", "closing").expect("there is a closing");
    assert!(bid < closing);
    let manifests = items.iter().filter(|item| item["kind"] == "bid-manifest");
    assert_eq!(manifests.count(), 1);
}

/// The position that answers from memory are valid for.
fn position(server: &Server) -> u64 {
    let position = server.node.public_position();
    actix_web::rt::System::new()
        .block_on(position)
        .expect("the database answers")
}

#[test]
fn answers_from_memory_are_never_older_than_a_receipt() {
    let server = Server::start();
    let actor = Actor::new("tenderee");
    server
        .get("/api/v1/accounts/tenderee")
        .is_problem(404, "account-not-found");
    server.register(&actor);
    let account = server.get("/api/v1/accounts/tenderee");
    assert_eq!(account.status, 200);
    assert_eq!(server.get("/api/v1/accounts/tenderee").body, account.body);
    for number in 1..=3 {
        let before = server.get("/api/v1/accounts/tenderee").json();
        let (envelope, _) = of_own_chain(&actor, 10 + number);
        let said = server.post("/api/v1/accounts/tenderee/statements", envelope.to_json());
        assert_eq!(said.status, 201, "{}", said.text());
        let keys = |view: &serde_json::Value| view["keys"].as_array().unwrap().len();
        let after = server.get("/api/v1/accounts/tenderee").json();
        assert_eq!(keys(&after), keys(&before) + 1);
    }
    let created = TenderCreated {
        tender: id("T-9"),
        project: id("P-1"),
        title: "市政道路".to_owned(),
        tenderee: id("tenderee"),
    };
    server
        .get("/api/v1/tenders/T-9")
        .is_problem(404, "tender-not-found");
    server.must(created, &[&actor]);
    assert_eq!(server.view("T-9")["stage"], "draft");
}

#[test]
fn a_sealed_act_leaves_every_kept_answer_as_it_was() {
    let flow = Flow::announced();
    let paths = [
        "/api/v1/tenders".to_owned(),
        format!("/api/v1/tenders/{TENDER}"),
        format!("/api/v1/tenders/{TENDER}/statements"),
        "/api/v1/accounts/b1".to_owned(),
    ];
    let tags = || -> Vec<String> {
        let tag = |path: &String| flow.server.get(path).header("etag").to_owned();
        paths.iter().map(tag).collect()
    };
    let (before, tags_before) = (position(&flow.server), tags());
    for (name, price) in BIDDERS {
        flow.server
            .must(flow.manifest(name, price), &[&Actor::new(name)]);
    }
    assert_eq!(position(&flow.server), before, "a bid moves nothing");
    assert_eq!(tags(), tags_before);
    // What other processes write is looked for as well, and must not be told from what this one does.
    std::thread::sleep(2 * server::position::LOOK_EVERY);
    assert_eq!(position(&flow.server), before, "nor when it is looked for");
    flow.server.register(&Actor::new("somebody"));
    assert!(position(&flow.server) > before, "a public act does");
    let deadline_ms = flow.view()["notice"]["deadline_ms"].as_u64().unwrap();
    flow.server.advance(deadline_ms);
    flow.wait_for(|view| view["stage"] == "opening");
    assert_ne!(tags()[1..3], tags_before[1..3], "closing shows the bids");
}
