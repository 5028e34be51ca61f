//! Many write at once through all nodes, others read along: one of two that contradict each other is admitted, and no
//! reader misses anything or sees it twice.

use std::collections::BTreeSet;
use std::sync::Barrier;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;

use nodes::{Cluster, Follower, TenderFollower, rounds};
use play::{Actor, Script, id};
use procedure::act::{KeyRegistered, TenderCreated, TrusteeKey};
use procedure::limits::TRUSTEE_KEYS_PER_ACCOUNT_MAX;
use record::Identifier;
use record::statement::Envelope;
use serde_json::json;
use testbed::{Client, Course, Failure, Said, Step, chain_path, signed};

const WRITERS: usize = 20;

fn created(tender: &str, title: &str) -> Envelope {
    let body = TenderCreated {
        tender: id(tender),
        project: id("P-1"),
        title: title.to_owned(),
        tenderee: id("tenderee"),
    };
    signed(body, &[&Actor::new("tenderee")])
}

/// The key number `number` of a trustee; each is another one.
fn trustee_key(tender: &str, trustee: &Actor, number: usize) -> Envelope {
    let source = Actor::new(&format!("{}-{tender}-{number}", trustee.id()));
    let body = TrusteeKey {
        tender: id(tender),
        trustee: trustee.id().clone(),
        key: source.hpke().public().clone(),
    };
    signed(body, &[trustee])
}

/// Posts one statement through each of two nodes, at the same moment.
fn race(nodes: &[Client; 2], envelopes: [&Envelope; 2]) -> [Result<Said, Failure>; 2] {
    let start = Barrier::new(2);
    thread::scope(|scope| {
        let [first, second] = [0, 1].map(|number| {
            let start = &start;
            scope.spawn(move || {
                start.wait();
                nodes[number].post(envelopes[number])
            })
        });
        [first, second].map(|thread| thread.join().expect("posting does not panic"))
    })
}

/// The same statement: both get the receipt of one place, and for one of them it is new.
#[track_caller]
fn demand_one_place([first, second]: [Result<Said, Failure>; 2]) {
    let [first, second] = [first, second].map(|said| said.unwrap_or_else(|no| panic!("{no}")));
    let (one, other) = (&first.receipt, &second.receipt);
    assert_eq!(one.proof.index, other.proof.index);
    assert_eq!(one.admitted_ms, other.admitted_ms);
    assert!(first.is_new != second.is_new, "admitted once");
}

/// Statements of which only one may be admitted: one is, the other is refused with `code`.
#[track_caller]
fn demand_one_winner(results: [Result<Said, Failure>; 2], code: &str) {
    let [won, lost]: [Vec<_>; 2] = [true, false].map(|is_ok| {
        results
            .iter()
            .filter(|result| result.is_ok() == is_ok)
            .collect()
    });
    assert_eq!((won.len(), lost.len()), (1, 1), "{results:?}");
    for failure in lost.into_iter().filter_map(|result| result.as_ref().err()) {
        assert_eq!(failure.code(), code, "{failure}");
    }
}

#[test]
fn two_writers_race_for_the_same_tender() {
    let Some(cluster) = Cluster::start(&[|_| (), |_| ()]) else {
        return;
    };
    let clients = [cluster.client_of(0), cluster.client_of(1)];
    let client = cluster.client();
    for name in ["tenderee", "trustee-1"] {
        let actor = Actor::new(name);
        client.must(actor.registration(), &[&actor]);
    }
    for round in 0..rounds(3) {
        let tender = format!("T-{round}");
        let [one, other] = ["一标段", "二标段"].map(|title| created(&tender, title));
        demand_one_winner(race(&clients, [&one, &other]), "tender-exists");
        race_for_the_last_key(&clients, &tender);
        race_for_a_key(&clients, round);
    }
    cluster.demand_one_log();
}

/// A trustee may publish eight keys: the same one twice is one, and of two for the last place one is refused.
fn race_for_the_last_key(clients: &[Client; 2], tender: &str) {
    let trustee = Actor::new("trustee-1");
    let most = TRUSTEE_KEYS_PER_ACCOUNT_MAX as usize;
    for number in 1..most {
        let key = trustee_key(tender, &trustee, number);
        demand_one_place(race(clients, [&key, &key]));
    }
    let [one, other] = [most, most + 1].map(|number| trustee_key(tender, &trustee, number));
    demand_one_winner(race(clients, [&one, &other]), "limit-exceeded");
}

/// Two accounts claim the same key.
fn race_for_a_key(clients: &[Client; 2], round: usize) {
    let accounts = ["left", "right"].map(|side| Actor::new(&format!("{side}-{round}")));
    let key = Actor::new(&format!("claimed-{round}"));
    let claims = [0, 1].map(|number| {
        let account = &accounts[number];
        clients[number].must(account.registration(), &[account]);
        let body = KeyRegistered {
            account: account.id().clone(),
            key: key.key().public().clone(),
        };
        signed(body, &[account])
    });
    demand_one_winner(race(clients, [&claims[0], &claims[1]]), "key-taken");
}

/// The race that lost items elsewhere: a cursor by time or by a number that is drawn before the commit passes over what
/// commits later. Twenty write to one chain through the proxy, two read along, each at another node.
#[test]
fn readers_of_a_chain_see_every_statement_once_and_in_order() {
    let Some(cluster) = Cluster::start(&[|_| (), |_| (), |_| ()]) else {
        return;
    };
    let client = cluster.client();
    let tenderee = Actor::new("tenderee");
    client.must(tenderee.registration(), &[&tenderee]);
    let writers: Vec<Actor> = (0..WRITERS)
        .map(|number| Actor::new(&format!("writer-{number}")))
        .collect();
    for writer in &writers {
        client.must(writer.registration(), &[writer]);
    }
    for round in 0..rounds(1) {
        let tender = format!("T-{round}");
        let created = created(&tender, "标段");
        let first = client.post(&created).expect("admitted");
        let path = chain_path(&record::chain::ChainId::Tender(id(&tender)));
        let mut readers = [
            Follower::new(cluster.client_of(0), &path, 3),
            Follower::new(cluster.client_of(1), &path, 100),
        ];
        let writing = AtomicUsize::new(WRITERS);
        let mut places = vec![(first.receipt.proof.index, created.id().to_string())];
        thread::scope(|scope| {
            for reader in &mut readers {
                let writing = &writing;
                scope.spawn(move || reader.follow(|| writing.load(Ordering::SeqCst) == 0));
            }
            let threads: Vec<_> = writers
                .iter()
                .map(|writer| {
                    let (client, tender, writing) = (&client, &tender, &writing);
                    scope.spawn(move || {
                        let _done = Leaving(writing);
                        write_keys(client, tender, writer)
                    })
                })
                .collect();
            for thread in threads {
                places.extend(thread.join().expect("a writer"));
            }
        });
        places.sort();
        let expected: Vec<&str> = places.iter().map(|(_, id)| id.as_str()).collect();
        for reader in &readers {
            assert_eq!(reader.seen, expected, "in log order, each once");
        }
    }
    cluster.demand_one_log();
}

/// Counts a writer out, also if it panics: the readers shall not wait for ever.
struct Leaving<'a>(&'a AtomicUsize);

impl Drop for Leaving<'_> {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::SeqCst);
    }
}

/// Log index and id of everything that one writer was given a receipt for.
fn write_keys(client: &Client, tender: &str, writer: &Actor) -> Vec<(u64, String)> {
    let keys = 0..TRUSTEE_KEYS_PER_ACCOUNT_MAX as usize;
    keys.map(|number| {
        let said = client.post(&trustee_key(tender, writer, number));
        let receipt = said.unwrap_or_else(|no| panic!("{no}")).receipt;
        (receipt.proof.index, receipt.statement_id.to_string())
    })
    .collect()
}

/// Several tenders at once through the proxy, read along from the first statement: bids that are sealed until closing
/// come later than what was said after them, but they come, and once. The list of tenders shows every change.
#[test]
fn readers_of_tenders_miss_no_sealed_bid_and_no_change() {
    let Some(cluster) = Cluster::start(&[|_| (), |_| ()]) else {
        return;
    };
    let client = cluster.client();
    let mut courses: Vec<Course> = (0..rounds(2).clamp(2, 6))
        .map(|number| Course::new(client.clone(), Script::plain(&format!("T-{number}"))))
        .collect();
    courses
        .iter_mut()
        .for_each(|course| course.go_to(Step::Draft));
    let running = AtomicUsize::new(1);
    let is_over = || running.load(Ordering::SeqCst) == 0;
    let mut lists = [0, 1].map(|node| TenderFollower::new(cluster.client_of(node), 1));
    let mut chains: Vec<(Identifier, Follower)> = Vec::new();
    for course in &courses {
        for node in [0, 1] {
            let path = format!("/api/v1/tenders/{}/statements", course.tender);
            let reader = Follower::new(cluster.client_of(node), &path, 4);
            chains.push((course.tender.clone(), reader));
        }
    }
    thread::scope(|scope| {
        let is_over = &is_over;
        for list in &mut lists {
            scope.spawn(move || list.follow(is_over));
        }
        for (_, reader) in &mut chains {
            scope.spawn(move || reader.follow(is_over));
        }
        let _done = Leaving(&running);
        // The clock is common: what one waits for must not be too late for another.
        for step in [Step::Submitted, Step::Drawn] {
            thread::scope(|scope| {
                for course in &mut courses {
                    scope.spawn(move || course.go_to(step));
                }
            });
        }
        courses
            .iter_mut()
            .for_each(|course| course.go_to(Step::Awarded));
    });
    for (tender, reader) in &chains {
        let all = client.all(&format!("/api/v1/tenders/{tender}/statements"));
        let all: BTreeSet<String> = all
            .iter()
            .map(|item| item["id"].as_str().expect("an id").to_owned())
            .collect();
        let seen: BTreeSet<String> = reader.seen.iter().cloned().collect();
        assert_eq!(seen.len(), reader.seen.len(), "{tender}: seen twice");
        assert_eq!(seen, all, "{tender}");
    }
    for list in &lists {
        assert!(list.positions.windows(2).all(|pair| pair[0] <= pair[1]));
        for item in client.all("/api/v1/tenders") {
            let tender = item["tender"].as_str().expect("a tender");
            assert_eq!(
                list.latest.get(tender),
                Some(&item),
                "the last change of {tender}"
            );
            assert!(
                list.times[tender] >= 2,
                "{tender} changed while it was read"
            );
        }
    }
    cluster.demand_one_log();
}

/// Whoever moves the demo clock waits until what became due has happened, also when another node is the one that does
/// it: a tender with one bid is closed, and then it fails.
#[test]
fn the_clock_waits_for_what_another_node_does() {
    let Some(cluster) = Cluster::start(&[|_| (), |_| ()]) else {
        return;
    };
    for round in 0..rounds(3) {
        let mut script = Script::plain(&format!("T-{round}"));
        script.bidders.truncate(1);
        let mut course = Course::new(cluster.client(), script);
        course.go_to(Step::Submitted);
        let deadline_ms = course.bidding().deadline_ms;
        let start = Barrier::new(2);
        let stages: Vec<String> = thread::scope(|scope| {
            let threads = [0_usize, 1].map(|node| {
                let (client, start, course) = (cluster.client_of(node), &start, &course);
                scope.spawn(move || {
                    start.wait();
                    // The second one has to move the clock as well, or it would be refused and wait for nothing.
                    let body = json!({ "now_ms": deadline_ms + 500 * node as u64 });
                    let moved = client.post_json("/api/v1/demo/clock", None, &body);
                    let view = client.view(course.tender.as_str());
                    let stage = view["stage"].as_str().expect("a stage").to_owned();
                    (moved.status == 200).then_some(stage)
                })
            });
            threads
                .into_iter()
                .filter_map(|thread| thread.join().expect("moving does not panic"))
                .collect()
        });
        assert!(!stages.is_empty(), "the clock has moved");
        assert!(stages.iter().all(|stage| stage == "failed"), "{stages:?}");
    }
    cluster.demand_one_log();
}
