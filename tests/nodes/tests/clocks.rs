//! Two nodes whose machines' clocks differ by 30 seconds: PostgreSQL's clock counts.

use std::thread::sleep;
use std::time::Duration;

use nodes::{Cluster, fast_clock, rounds};
use play::{Actor, Script};
use serde_json::json;
use testbed::{Course, Step};

/// The real difference between the two machines.
const SKEW_MS: u64 = 30_000;
/// Bids that come in good time.
const EARLY: usize = 4;
/// What two questions one after the other may lie apart on a busy machine.
const NEAR_MS: u64 = 10_000;

#[test]
fn a_deadline_is_the_same_on_a_fast_and_a_right_clock() {
    let Some(cluster) = Cluster::start(&[|_| (), fast_clock]) else {
        return;
    };
    let (right, fast) = (cluster.client_of(0), cluster.client_of(1));
    let apart_ms = fast.now_ms().abs_diff(right.now_ms());
    assert!(
        apart_ms < NEAR_MS,
        "the nodes say times {apart_ms} ms apart"
    );

    for round in 0..rounds(1) {
        let mut script = Script::plain(&format!("T-{round}"));
        let more = (4..=12).map(|number| play::Bidder::new(&format!("b{number}"), "9200000.00"));
        script.bidders.extend(more);
        let names: Vec<String> = script
            .bidders
            .iter()
            .map(|bidder| bidder.name.clone())
            .collect();
        let mut course = Course::new(cluster.client(), script);
        course.go_to(Step::Announced);
        let deadline_ms = course.bidding().deadline_ms;
        // Four with time to spare, then the others around the deadline, through both nodes in turn.
        right.advance(deadline_ms - 20_000);
        let (mut in_time, mut late) = (0, 0);
        for (number, name) in names.iter().enumerate() {
            if number == EARLY {
                right.advance(deadline_ms - 400);
            }
            let (envelope, _) = course.sealed_bid(name);
            let node = if number % 2 == 0 { &fast } else { &right };
            match node.post(&envelope) {
                Ok(said) => {
                    assert!(said.receipt.admitted_ms < deadline_ms);
                    assert_eq!(late, 0, "{name} is admitted after somebody was late");
                    in_time += 1;
                }
                Err(failure) => {
                    assert!(
                        ["deadline-passed", "stage-mismatch"].contains(&failure.code()),
                        "{failure}"
                    );
                    late += 1;
                }
            }
            sleep(Duration::from_millis(100));
        }
        assert!(in_time >= EARLY, "{in_time} in time, {late} late");
        assert!(late >= 2, "{in_time} in time, {late} late");
        course.wait_for(|view| view["closing_id"].is_string());
    }
    demand_rising_times(&cluster);
    cluster.demand_one_log();
}

/// Along the log the time of admission never decreases, whichever node admitted.
fn demand_rising_times(cluster: &Cluster) {
    let mut places: Vec<(u64, u64)> = cluster
        .client()
        .evidence()
        .receipts()
        .iter()
        .map(|(_, receipt)| (receipt.proof.index, receipt.admitted_ms))
        .collect();
    places.sort_unstable();
    assert!(places.windows(2).all(|pair| pair[0].1 <= pair[1].1));
}

/// A session that one node begins is known at the other, and ends at the same moment on both.
#[test]
fn sessions_do_not_care_which_clock() {
    let Some(cluster) = Cluster::start(&[|_| (), fast_clock]) else {
        return;
    };
    let (right, fast) = (cluster.client_of(0), cluster.client_of(1));
    let actor = Actor::new("company");
    right.must(actor.registration(), &[&actor]);
    let challenge = json!({ "key_id": actor.key().public().id().to_string() });
    let ends: Vec<u64> = [&right, &fast]
        .map(|client| {
            let answer = client.post_json("/api/v1/sessions/challenges", None, &challenge);
            let expires_ms = answer.must_be(200).json()["expires_ms"].as_u64();
            expires_ms.expect("a time")
        })
        .to_vec();
    let apart_ms = ends[0].abs_diff(ends[1]);
    assert!(
        apart_ms < NEAR_MS && NEAR_MS < SKEW_MS,
        "{apart_ms} ms apart"
    );
    // Challenge and signature of one session go to both nodes in turn.
    for _ in 0..4 {
        let token = cluster.client().session(&actor);
        for client in [&right, &fast] {
            let bearer = format!("Bearer {token}");
            let root = record::Digest::sha256(b"nothing");
            let path = format!("/api/v1/blobs/{root}");
            let answer = client.send("GET", &path, &[("authorization", &bearer)], &[]);
            // Known, and nothing is declared: without a session it would be 401.
            answer.expect("an answer").must_be(404);
        }
    }
    cluster.demand_one_log();
}
