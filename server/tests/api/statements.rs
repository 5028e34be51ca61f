//! `/api/v1/.../statements`: receipts, and who may read what when.

use play::Actor;
use procedure::act::{BidWithdrawn, KeyRegistered};
use record::log::leaf::LeafOpening;
use record::log::receipt::Receipt;
use record::sealing::EnvelopeKind;
use record::statement::Envelope;

use crate::flow::{Flow, TENDER};
use crate::harness::{Server, signed};

const FEED: &str = "/api/v1/tenders/T-1/statements";

#[test]
fn a_statement_sent_twice_has_the_same_receipt() {
    let server = Server::start();
    let actor = Actor::new("company");
    let envelope = signed(&actor.registration().into(), &[actor.key()]).to_json();
    let path = "/api/v1/accounts/company/statements";
    let (first, second) = (
        server.post(path, envelope.clone()),
        server.post(path, envelope),
    );
    assert_eq!((first.status, second.status), (201, 200));
    let parse = |body: &[u8]| Receipt::parse(body).expect("a receipt");
    let (first, second) = (parse(&first.body), parse(&second.body));
    assert_eq!(first.statement_id, second.statement_id);
    assert_eq!(
        (first.admitted_ms, first.salt, first.hidden),
        (second.admitted_ms, second.salt, second.hidden)
    );
    assert_eq!(first.proof.index, second.proof.index);
    second.verify(&server.node.keys().log).expect("it holds");
}

#[test]
fn chains_of_accounts_and_platform_are_open() {
    let server = Server::start();
    let actor = Actor::new("company");
    server.register(&actor);
    for number in 2..=6 {
        let key = Actor::with_key("company", number).key().public().clone();
        server.must(
            KeyRegistered {
                account: actor.id().clone(),
                key,
            },
            &[&actor],
        );
    }
    for limit in [1, 2, 5, 6, 7, 100] {
        let items = server.all("/api/v1/accounts/company/statements", limit);
        assert_eq!(items.len(), 6, "limit {limit}");
        for (number, item) in items.iter().enumerate() {
            assert_eq!(item["seq"], number);
            let opening: LeafOpening =
                serde_json::from_value(item["opening"].clone()).expect("an opening");
            assert_eq!(item["index"], opening.index);
            let envelope =
                Envelope::parse(item["envelope"].to_string().as_bytes()).expect("an envelope");
            assert_eq!(envelope.id().to_string(), item["id"].as_str().unwrap());
        }
    }
    assert_eq!(
        server.all("/api/v1/platform/statements", 100)[0]["kind"],
        "role-granted"
    );
    // The id of a statement is a cursor as well; that of another chain is not.
    let items = server.all("/api/v1/accounts/company/statements", 100);
    let id = items[3]["id"].as_str().unwrap();
    let page = server
        .get(&format!("/api/v1/accounts/company/statements?after={id}"))
        .json();
    assert_eq!(page["items"].as_array().unwrap().len(), 2);
    server
        .get(&format!("/api/v1/platform/statements?after={id}"))
        .is_problem(400, "cursor-invalid");
}

#[test]
fn before_closing_nothing_tells_how_many_bids_there_are() {
    let flow = Flow::announced();
    let server = &flow.server;
    let (feed, view, list) = (
        server.get(FEED),
        server.get("/api/v1/tenders/T-1"),
        server.get("/api/v1/tenders"),
    );
    for kind in ["bid-manifest", "draw-contribution", "bid-withdrawn"] {
        assert!(!flow.kinds().contains(&kind.to_owned()), "{kind}");
    }
    assert!(flow.kinds().contains(&"credit-committed".to_owned()));
    assert!(
        flow.kinds()
            .iter()
            .filter(|kind| *kind == "share-release")
            .count()
            == 3,
        "rehearsals are no secret"
    );
    let manifest = server.must(flow.manifest("b1", "9520000.00"), &[&Actor::new("b1")]);
    server.must(flow.manifest("b2", "9088000.00"), &[&Actor::new("b2")]);
    let withdrawn = BidWithdrawn {
        tender: play::id(TENDER),
        manifest,
    };
    server.must(withdrawn, &[&Actor::new("b1")]);
    // Byte for byte as before, tags included.
    for (path, before) in [
        (FEED, &feed),
        ("/api/v1/tenders/T-1", &view),
        ("/api/v1/tenders", &list),
    ] {
        let after = server.get(path);
        assert_eq!(after.body, before.body, "{path}");
        assert_eq!(after.header("etag"), before.header("etag"));
    }
    for limit in [1, 2, 3, 100] {
        for item in server.all(FEED, limit) {
            let fields: Vec<&String> = item.as_object().unwrap().keys().collect();
            assert_eq!(fields, ["admitted_ms", "envelope", "id", "kind"]);
        }
        assert_eq!(server.all(FEED, limit).len(), flow.kinds().len());
    }
    // A hidden statement is no cursor, so nobody can ask whether it is there.
    server
        .get(&format!("{FEED}?after={manifest}"))
        .is_problem(400, "cursor-invalid");
    server
        .get(&format!("{FEED}?after=2.{manifest}"))
        .is_problem(400, "cursor-invalid");
    server
        .get("/api/v1/tenders/T-1/bundle")
        .is_problem(409, "still-sealed");
    server
        .get("/api/v1/tenders/T-1/case")
        .is_problem(409, "stage-mismatch");
    // A second bid of the same bidder is told to its sender only.
    let again = flow.manifest("b2", "9000000.00");
    server
        .say(again, &[&Actor::new("b2")])
        .is_problem(409, "bid-live");
}

#[test]
fn released_shares_are_shown_with_the_results() {
    let flow = Flow::closed();
    let server = &flow.server;
    let kinds = flow.kinds();
    assert_eq!(
        kinds.iter().filter(|kind| *kind == "bid-manifest").count(),
        3
    );
    let items = server.all(FEED, 4);
    for (number, item) in items.iter().enumerate() {
        assert_eq!(item["seq"], number, "from closing on the chain is complete");
        let opening: LeafOpening =
            serde_json::from_value(item["opening"].clone()).expect("an opening");
        assert_eq!(
            opening.statement_id.to_string(),
            item["id"].as_str().unwrap()
        );
    }
    let before = server.get(FEED);
    let released = flow.release(EnvelopeKind::Opening, 1);
    assert_eq!(server.get(FEED).body, before.body);
    server
        .get(&format!("{FEED}?after={released}"))
        .is_problem(400, "cursor-invalid");
    flow.release(EnvelopeKind::Opening, 2);
    flow.wait_for(|view| view["stage"] == "opened");
    let kinds = flow.kinds();
    assert_eq!(
        kinds.iter().filter(|kind| *kind == "share-release").count(),
        5
    );
    assert_eq!(kinds.last().unwrap(), "opening-results");
}

/// Whoever follows the cursor from before closing misses nothing and gets nothing twice, wherever she stood.
#[test]
fn a_follower_misses_nothing() {
    let flow = Flow::bid();
    let server = &flow.server;
    let mut followers: Vec<(usize, String, Vec<String>)> = Vec::new();
    for limit in [1_usize, 2, 3, 5] {
        // She stands at the very end, and has passed over the sealed contributions.
        let (cursor, seen) = follow(server, limit, None);
        followers.push((limit, cursor.expect("there is something"), seen));
        // Another one stands after the first page.
        let page = server.get(&format!("{FEED}?limit={limit}")).json();
        let cursor = page["next"].as_str().expect("there is more than one page");
        assert_eq!(page["resume"], cursor);
        followers.push((limit, cursor.to_owned(), ids_of(&page)));
    }
    let deadline_ms = flow.view()["notice"]["deadline_ms"].as_u64().unwrap();
    server.advance(deadline_ms);
    flow.wait_for(|view| view["stage"] == "opening");
    for slot in 1..=2 {
        flow.release(EnvelopeKind::Opening, slot);
        if slot == 1 {
            for (limit, cursor, seen) in &mut followers {
                let (next, more) = follow(server, *limit, Some(cursor.clone()));
                *cursor = next.expect("she has seen something");
                seen.extend(more);
            }
        }
    }
    flow.wait_for(|view| view["stage"] == "opened");
    let mut all: Vec<String> = server
        .all(FEED, 100)
        .iter()
        .map(|item| item["id"].to_string())
        .collect();
    all.sort();
    for (limit, cursor, mut seen) in followers {
        let (_, more) = follow(server, limit, Some(cursor));
        seen.extend(more);
        seen.sort();
        assert_eq!(seen, all, "limit {limit}");
    }
}

/// Pages from `after` to the end; where the reader stands then, and the ids.
fn follow(server: &Server, limit: usize, after: Option<String>) -> (Option<String>, Vec<String>) {
    let (mut cursor, mut ids) = (after, Vec::new());
    loop {
        let after = cursor
            .as_ref()
            .map(|cursor| format!("&after={cursor}"))
            .unwrap_or_default();
        let page = server.get(&format!("{FEED}?limit={limit}{after}")).json();
        let items = page["items"].as_array().unwrap();
        assert!(items.len() <= limit);
        ids.extend(ids_of(&page));
        cursor = page["resume"].as_str().map(str::to_owned);
        if page["next"].is_null() {
            return (cursor, ids);
        }
    }
}

fn ids_of(page: &serde_json::Value) -> Vec<String> {
    let items = page["items"].as_array().unwrap();
    items.iter().map(|item| item["id"].to_string()).collect()
}
