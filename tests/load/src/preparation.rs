//! Before the storm: tenders announced, bidders registered, bids sealed and on disk, and the clock set so that the
//! deadline is as far away as the storm is to last.

use std::net::SocketAddr;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use play::{Actor, Bid, form_json, seed};
use procedure::act::Act;
use record::Identifier;
use record::chain::ChainId;
use record::statement::Envelope;
use testbed::{Client, Course, Script, Step, chain_path, seal_with_attachments, signed};

use crate::bidder::Plan;
use crate::connection::Connection;

/// Registrations that are under way at a time.
const REGISTRATIONS: usize = 64;

/// A tender that waits for bids.
pub struct Announced {
    /// The tender.
    pub course: Course,
    /// Its deadline on the server's clock.
    pub deadline_ms: u64,
}

/// Announces so many tenders.
pub fn announce(client: &Client, tenders: usize) -> Vec<Announced> {
    let announce = |number: usize| {
        let script = Script::plain(&format!("T-storm-{number}")).with_bidders(Vec::new());
        let mut course = Course::new(client.clone(), script);
        course.go_to(Step::Announced);
        let deadline_ms = course.bidding().deadline_ms;
        Announced {
            course,
            deadline_ms,
        }
    };
    (1..=tenders).map(announce).collect()
}

/// The name of a bidder.
pub fn name(number: usize) -> String {
    format!("bidder-{number}")
}

/// Gives every bidder an account, many at a time.
///
/// # Panics
/// One is refused.
pub async fn register(address: SocketAddr, bidders: usize) {
    let next = Arc::new(AtomicUsize::new(0));
    let mut clients = tokio::task::JoinSet::new();
    for _ in 0..REGISTRATIONS.min(bidders) {
        let next = Arc::clone(&next);
        clients.spawn(async move {
            let mut connection = Connection::new(address);
            loop {
                let number = next.fetch_add(1, Ordering::Relaxed);
                if number >= bidders {
                    return;
                }
                let actor = Actor::new(&name(number));
                let envelope = signed(actor.registration(), &[&actor]);
                let path = chain_path(&ChainId::Account(actor.id().clone()));
                post(&mut connection, &path, &envelope).await;
            }
        });
    }
    clients.join_all().await;
}

async fn post(connection: &mut Connection, path: &str, envelope: &Envelope) {
    let json = envelope.to_json();
    loop {
        let answer = connection.send("POST", path, &[], &json).await;
        match answer.expect("the server answers").status {
            200 | 201 => return,
            429 | 503 => tokio::time::sleep(Duration::from_secs(1)).await,
            status => panic!("{path}: {status}"),
        }
    }
}

/// A bid that was sealed ahead.
pub struct Sealed {
    actor: Actor,
    envelope: Envelope,
    tender: Identifier,
    lengths: Vec<usize>,
    number: usize,
}

/// Seals every bid with one part of `part_bytes`, on all cores; the parts lie in `directory` then.
///
/// # Panics
/// The disk is full.
pub fn seal(
    tenders: &[Announced],
    bidders: usize,
    part_bytes: usize,
    directory: &Path,
) -> Vec<Sealed> {
    let cores = std::thread::available_parallelism().map_or(2, usize::from);
    let next = AtomicUsize::new(0);
    let text = vec![7; part_bytes];
    let work = || {
        let mut sealed = Vec::new();
        loop {
            let number = next.fetch_add(1, Ordering::Relaxed);
            if number >= bidders {
                return sealed;
            }
            let course = &tenders[number % tenders.len()].course;
            sealed.push(seal_one(course, number, &text, directory));
        }
    };
    std::thread::scope(|scope| {
        let workers: Vec<_> = (0..cores).map(|_| scope.spawn(work)).collect();
        let done = workers
            .into_iter()
            .flat_map(|worker| worker.join().expect("sealing does not panic"));
        done.collect()
    })
}

fn seal_one(course: &Course, number: usize, text: &Vec<u8>, directory: &Path) -> Sealed {
    let actor = Actor::new(&name(number));
    let bid = Bid {
        bidder: &actor,
        form: form_json("9088000.00"),
        seq: 1,
        replaces: None,
        label: &format!("{}/{}", course.tender, name(number)),
    };
    let bidding = course.bidding();
    let texts = std::slice::from_ref(text);
    let (sealed, parts) =
        seal_with_attachments(course.origin(), &bidding.notice, &bidding.keys, &bid, texts);
    let part = &parts[0];
    std::fs::write(part_file(directory, number), part.segments.concat())
        .expect("room for the sealed parts");
    Sealed {
        envelope: signed(Act::from(sealed.manifest), &[&actor]),
        actor,
        tender: course.tender.clone(),
        lengths: part.segments.iter().map(Vec::len).collect(),
        number,
    }
}

fn part_file(directory: &Path, number: usize) -> std::path::PathBuf {
    directory.join(format!("part-{number}"))
}

/// Sets the server's clock to `window` before the first deadline.
pub fn set_clock(client: &Client, tenders: &[Announced], window: Duration) {
    let first = tenders.iter().map(|tender| tender.deadline_ms).min();
    let window_ms = u64::try_from(window.as_millis()).expect("minutes");
    client.advance(first.expect("a tender") - window_ms);
}

/// When a bidder begins and when it submits: the first over the window; half of the second at any time after, half as
/// late as they dare, most of them in the last seconds, and a few too late.
pub fn plan(sealed: Sealed, tenders: &[Announced], now_ms: u64, directory: &Path) -> Plan {
    let Sealed {
        actor,
        envelope,
        tender,
        lengths,
        number,
    } = sealed;
    let deadline_ms = tenders[number % tenders.len()].deadline_ms;
    let left = Duration::from_millis(deadline_ms.saturating_sub(now_ms));
    let now = Instant::now();
    let dice = seed(&format!("storm/{number}"));
    let draw = |place: usize| {
        let two = u16::from_be_bytes([dice[place], dice[place + 1]]);
        f64::from(two) / 65_536.0
    };
    let begins = left.mul_f64(0.8 * draw(0));
    let submits = if number.is_multiple_of(2) {
        left - left.mul_f64(0.1 * draw(2) * draw(2))
    } else {
        begins + (left - begins).mul_f64(draw(4))
    };
    Plan {
        actor,
        envelope,
        path: chain_path(&ChainId::Tender(tender)),
        part: part_file(directory, number),
        lengths,
        begins: now + begins,
        submits: now + submits,
        deadline: now + left,
    }
}
