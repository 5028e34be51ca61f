//! A server that was away before a deadline: bidding is suspended, goes on, and the record verifies.

use std::time::{Duration, Instant};

use play::{Actor, HOUR_MS, MINUTE_MS};
use serde_json::Value;
use store::StoreError;
use store::heartbeat::{self, Beat};

use crate::flow::{BIDDERS, Flow, TENDER};

/// As if nothing had beaten for so long; the heart of the server notes it within a second.
fn be_away(flow: &Flow, silent_ms: i64) {
    let store = flow.server.node.store();
    store
        .write(|conn| {
            let last = heartbeat::last(conn)?.expect("the heart has beaten");
            heartbeat::put(
                conn,
                &Beat {
                    t_ms: last.t_ms - silent_ms,
                    real_ms: last.real_ms - silent_ms,
                },
            )
        })
        .unwrap();
    let end = Instant::now() + Duration::from_secs(20);
    while store
        .read(|conn| Ok::<_, StoreError>(heartbeat::gaps(conn, 0)?.is_empty()))
        .unwrap()
    {
        assert!(Instant::now() < end, "no silence is noted");
        std::thread::sleep(Duration::from_millis(20));
    }
}

fn deadline_ms(view: &Value) -> u64 {
    view["deadline_ms"].as_u64().unwrap()
}

#[test]
fn an_outage_before_the_deadline_moves_it_and_the_record_verifies() {
    let flow = Flow::announced();
    for (name, price) in &BIDDERS[..2] {
        flow.server
            .must(flow.manifest(name, price), &[&Actor::new(name)]);
    }
    let announced = flow.view();
    let old_ms = deadline_ms(&announced);
    assert_eq!(announced["notice"]["deadline_ms"], old_ms);
    assert_eq!(announced.get("outages"), None);

    // Ten minutes before the deadline the server has been away for two.
    flow.server.advance(old_ms - 10 * MINUTE_MS);
    be_away(&flow, 2 * MINUTE_MS as i64);
    flow.server.advance(old_ms);
    let view = flow.wait_for(|view| view["outages"][0]["resumed_ms"].is_u64());
    assert_eq!(view["stage"], "announced");
    let new_ms = deadline_ms(&view);
    assert_eq!(new_ms % MINUTE_MS, 0);
    assert!((old_ms + 30 * MINUTE_MS..old_ms + 32 * MINUTE_MS).contains(&new_ms));
    assert_eq!(view["opening_ms"], new_ms);
    assert_eq!(view["notice"]["deadline_ms"], old_ms);
    let outage = &view["outages"][0];
    assert_eq!(outage["deadline_ms"], old_ms);
    let gap = &outage["not_serving"][0];
    let lasted_ms = gap["until_ms"].as_u64().unwrap() - gap["from_ms"].as_u64().unwrap();
    assert!((110_000..130_000).contains(&lasted_ms), "{outage}");
    let listed = flow.server.get("/api/v1/tenders").json();
    assert_eq!(listed["items"][0]["deadline_ms"], new_ms);

    // Both statements are public at once, and neither they nor the feed tell how many bids there are.
    let feed = flow
        .server
        .get(&format!("/api/v1/tenders/{TENDER}/statements"))
        .json();
    let kinds: Vec<&str> = feed["items"]
        .as_array()
        .unwrap()
        .iter()
        .map(|item| item["kind"].as_str().unwrap())
        .collect();
    assert!(kinds.ends_with(&["outage", "resumed"]), "{kinds:?}");
    assert!(!kinds.contains(&"bid-manifest"));
    let bundle = flow.server.get(&format!("/api/v1/tenders/{TENDER}/bundle"));
    assert_ne!(bundle.status, 200, "still sealed");

    // A bid after the old deadline counts.
    let (name, price) = BIDDERS[2];
    flow.server.advance(old_ms + 20 * MINUTE_MS);
    flow.server
        .must(flow.manifest(name, price), &[&Actor::new(name)]);
    flow.server.advance(new_ms);
    flow.wait_for(|view| view["stage"] == "opening");
    for slot in 1..=2 {
        flow.release(record::sealing::EnvelopeKind::Opening, slot);
    }
    flow.wait_for(|view| view["stage"] == "opened");
    flow.award();
    let bundle = flow.server.get(&format!("/api/v1/tenders/{TENDER}/bundle"));
    let options = verification::Options {
        trust: Some(flow.server.node.trust_text().parse().unwrap()),
        receipts: Vec::new(),
    };
    let report = verification::verify(&bundle.body, &options);
    let text = report.render_text();
    assert_eq!(report.exit_code(), 0, "{text}");
    assert!(text.contains("an outage moved the deadline"), "{text}");
    assert_eq!(report.summary.bids.len(), 3, "{text}");
}

/// The window is the profile's: half an hour before the deadline.
#[test]
fn an_outage_long_before_the_deadline_does_not_matter() {
    let flow = Flow::bid();
    let old_ms = deadline_ms(&flow.view());
    flow.server.advance(old_ms - 2 * HOUR_MS);
    be_away(&flow, MINUTE_MS as i64);
    flow.server.advance(old_ms);
    let view = flow.wait_for(|view| view["stage"] == "opening");
    assert_eq!(view["deadline_ms"], old_ms);
    assert_eq!(view.get("outages"), None);
}

/// More than one outage: each moves the deadline.
#[test]
fn a_second_outage_moves_the_deadline_again() {
    let flow = Flow::bid();
    let mut last_ms = deadline_ms(&flow.view());
    for count in 1..=2 {
        flow.server.advance(last_ms - 5 * MINUTE_MS);
        be_away(&flow, MINUTE_MS as i64);
        // `be_away` sees the earlier silence too: wait until the new one is noted.
        std::thread::sleep(Duration::from_millis(1_500));
        flow.server.advance(last_ms);
        let view = flow.wait_for(|view| view["outages"][count - 1]["resumed_ms"].is_u64());
        assert!(deadline_ms(&view) >= last_ms + 30 * MINUTE_MS);
        last_ms = deadline_ms(&view);
    }
    flow.server.advance(last_ms);
    flow.wait_for(|view| view["stage"] == "opening");
}
