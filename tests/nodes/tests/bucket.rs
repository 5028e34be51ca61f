//! Blobs in an S3-compatible service that all nodes share.

use std::sync::Barrier;
use std::thread;

use nodes::Cluster;
use play::{Actor, Script};
use record::sealing::SEGMENT_BYTES;
use testbed::{Bucket, Client, Course, Setup, Step};

fn on(bucket: &Bucket, setup: &mut Setup) {
    setup.arguments = bucket.arguments("a/b");
    setup.environment = bucket.environment();
}

#[test]
fn a_tender_with_attachments_in_a_bucket_reaches_the_award() {
    let Some(bucket) = Bucket::start() else {
        return;
    };
    let kinds: [fn(&mut Setup); 2] = [|_| (), |_| ()];
    let Some(cluster) = Cluster::start_with(&kinds, |setup| on(&bucket, setup)) else {
        return;
    };
    let attachment = vec![7; SEGMENT_BYTES + 1_000];
    let mut course = Course::new(cluster.client(), Script::plain("T-1"));
    course = course.with_attachments(vec![attachment]);
    course.go_to(Step::Awarded);
    let directory = cluster.nodes[0].data_dir().join("blobs");
    assert!(!directory.exists(), "nothing lies on the nodes' disks");
    cluster.demand_one_log();
}

/// A document of two segments that differs by `number`.
fn content(number: u8) -> Vec<Vec<u8>> {
    vec![
        vec![number; SEGMENT_BYTES],
        vec![number; 100 + usize::from(number)],
    ]
}

fn upload(client: &Client, name: &str, segments: &[Vec<u8>]) -> record::Digest {
    let actor = Actor::new(name);
    client.must(actor.registration(), &[&actor]);
    let token = client.session(&actor);
    client.upload(&actor, &token, segments)
}

#[test]
fn what_two_nodes_store_at_once_is_there_and_what_is_lost_comes_back() {
    let Some(mut bucket) = Bucket::start() else {
        return;
    };
    let kinds: [fn(&mut Setup); 2] = [|_| (), |_| ()];
    let Some(mut cluster) = Cluster::start_with(&kinds, |setup| on(&bucket, setup)) else {
        return;
    };
    // The same bytes, by two accounts, through two nodes, at the same moment.
    for number in 0..4 {
        let start = Barrier::new(2);
        thread::scope(|scope| {
            for node in [0, 1] {
                let (client, start) = (cluster.client_of(node), &start);
                scope.spawn(move || {
                    start.wait();
                    upload(&client, &format!("company-{node}"), &content(number));
                });
            }
        });
    }

    // The storage goes away: come again later. Nothing is said to be stored that is not.
    let client = cluster.client();
    let actor = Actor::new("company-0");
    let token = client.session(&actor);
    let segments = content(0);
    let leaves: Vec<_> = segments
        .iter()
        .map(|bytes| record::sealing::segment_leaf(bytes))
        .collect();
    let root = record::sealing::root_of_leaves(&leaves);
    bucket.kill();
    let path = format!("/api/v1/blobs/{root}/segments/0");
    let bearer = format!("Bearer {token}");
    let headers = [("authorization", bearer.as_str())];
    let answer = client.send("PUT", &path, &headers, &segments[0]);
    let problem = answer.expect("an answer").must_be(503).problem();
    assert_eq!(problem.code, "object-storage");
    assert!(problem.retry_after_s.is_some());

    // It comes back empty. Sending everything again mends it, although the database calls it stored.
    bucket.restart();
    for name in ["company-0", "company-1"] {
        let token = client.session(&Actor::new(name));
        for number in 0..4 {
            let segments = content(number);
            let leaves: Vec<_> = segments
                .iter()
                .map(|bytes| record::sealing::segment_leaf(bytes))
                .collect();
            let root = record::sealing::root_of_leaves(&leaves);
            for (place, bytes) in (0..).zip(&segments) {
                let answer = client.put_segment(&token, root, place, bytes);
                answer.unwrap_or_else(|no| panic!("{no}")).must_be(204);
            }
        }
    }
    cluster.nodes[0].kill();
    cluster.nodes[0].restart();
    cluster.demand_one_log();
}
