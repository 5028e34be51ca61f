//! The number and the names of bidders are secret before closing (protocol section 6).
//!
//! One tender is announced, and its server copied. The copies then differ only in how many bids come: in number, in
//! bidders, in replacements, withdrawals and uploads. An observer who bids as well reads everything that there is to
//! read, asks wrong questions, guesses what she cannot know, and sees no difference: not a byte, except where the log
//! speaks. There the numbers are the same too, because batches are padded; only what is random by design differs.

mod observer;

use std::path::Path;
use std::time::{Duration, Instant};

use actix_web::http::Method;
use play::{Actor, Bid, form_json, id, seal_bid};
use procedure::act::{Act, BidManifest, BidWithdrawn};
use record::Digest;
use record::chain::ChainId;
use record::log::BATCH_MULTIPLE;
use record::log::receipt::Receipt;
use serde_json::json;
use server::sequencer::Waiting;

use self::observer::{observe, probes};
use crate::flow::{Flow, TENDER};
use crate::harness::{Server, signed};

/// Who may bid; all have accounts in every history, which anybody may see.
const BIDDERS: [&str; 5] = ["b1", "b2", "b3", "b4", "b5"];
const OBSERVER: &str = "observer";
const STATEMENTS: &str = "/api/v1/tenders/T-1/statements";

/// One way in which things went after the announcement.
struct History {
    flow: Flow,
    /// Ids of what was said in secret, and roots of what was uploaded.
    hidden: Vec<Digest>,
    token: String,
}

/// The tender is announced, everybody has an account, and the observer has bid. The server has stopped.
fn announced() -> Flow {
    let flow = Flow::announced();
    for name in ["b4", "b5", OBSERVER] {
        flow.server.register(&Actor::new(name));
    }
    let own = manifest(&flow, OBSERVER, 1, None);
    flow.server.must(own, &[&Actor::new(OBSERVER)]);
    flow.server.node.stop();
    flow
}

/// The same server once more, with its own copy of everything; batches at most every 400 ms.
fn copy_of(flow: &Flow, noise_mean_s: u64) -> Flow {
    let from = flow.server.data_dir().to_owned();
    let server = Server::start_with(|config| {
        copy(&from, &config.data_dir);
        config.batch_interval_ms = 400;
        config.noise_mean_s = noise_mean_s;
    });
    Flow {
        server,
        script: flow.script.clone(),
    }
}

fn copy(from: &Path, to: &Path) {
    std::fs::create_dir_all(to).unwrap();
    for entry in std::fs::read_dir(from).unwrap() {
        let entry = entry.unwrap();
        let target = to.join(entry.file_name());
        if entry.file_type().unwrap().is_dir() {
            copy(&entry.path(), &target);
        } else {
            std::fs::copy(entry.path(), target).unwrap();
        }
    }
}

fn manifest(flow: &Flow, bidder: &str, seq: u64, replaces: Option<Digest>) -> BidManifest {
    let bidder = Actor::new(bidder);
    let label = format!("{}/{seq}", bidder.id());
    let bid = Bid {
        bidder: &bidder,
        form: form_json("9500000.00"),
        seq,
        replaces,
        label: &label,
    };
    let bidding = flow.bidding();
    seal_bid(flow.origin(), &bidding.notice, &bidding.keys, &bid).manifest
}

fn id_of(act: impl Into<Act>) -> Digest {
    act.into().envelope().id()
}

/// What the bidders of a busy history say: `bidders` bids, one of them replaced, one withdrawn where there are more
/// than two. At most eight acts, so that one batch holds them.
fn acts(flow: &Flow, bidders: usize) -> Vec<(Act, Actor)> {
    let mut acts: Vec<(Act, Actor)> = Vec::new();
    for name in &BIDDERS[..bidders] {
        acts.push((manifest(flow, name, 1, None).into(), Actor::new(name)));
    }
    if bidders > 2 {
        let first = id_of(manifest(flow, "b2", 1, None));
        let second = manifest(flow, "b2", 2, Some(first));
        acts.push((second.into(), Actor::new("b2")));
        let withdrawn = BidWithdrawn {
            tender: id(TENDER),
            manifest: id_of(manifest(flow, "b3", 1, None)),
        };
        acts.push((withdrawn.into(), Actor::new("b3")));
    }
    acts
}

impl History {
    /// So many bids, all in one batch.
    fn with_bids(base: &Flow, bidders: usize) -> History {
        let flow = copy_of(base, 0);
        let mut hidden: Vec<Digest> = BIDDERS[..bidders]
            .iter()
            .map(|name| upload(&flow, name))
            .collect();
        let acts = acts(&flow, bidders);
        let before = size(&flow);
        in_one_batch(&flow, &acts);
        assert_eq!(
            size(&flow),
            before + 2 * BATCH_MULTIPLE,
            "one batch, and the opener"
        );
        hidden.extend(acts.into_iter().map(|(act, _)| id_of(act)));
        History::read_by_observer(flow, hidden)
    }

    /// Nobody bids; the server makes two batches of noise by itself.
    fn with_noise(base: &Flow) -> History {
        let noisy = copy_of(base, 1);
        let (before, end) = (size(&noisy), Instant::now() + Duration::from_secs(60));
        while size(&noisy) < before + 2 * BATCH_MULTIPLE {
            assert!(Instant::now() < end, "there is no noise");
            std::thread::sleep(Duration::from_millis(5));
        }
        noisy.server.node.stop();
        let flow = copy_of(&noisy, 0);
        assert_eq!(
            size(&flow),
            before + 2 * BATCH_MULTIPLE,
            "two batches of noise"
        );
        History::read_by_observer(flow, Vec::new())
    }

    fn read_by_observer(flow: Flow, hidden: Vec<Digest>) -> History {
        let token = flow.server.session(&Actor::new(OBSERVER));
        History {
            flow,
            hidden,
            token,
        }
    }
}

fn size(flow: &Flow) -> u64 {
    let checkpoint = flow.server.node.latest_checkpoint().unwrap();
    checkpoint.expect("there is a checkpoint").checkpoint().size
}

/// A bidder stores something that belongs to no bid yet; its root.
fn upload(flow: &Flow, bidder: &str) -> Digest {
    let token = flow.server.session(&Actor::new(bidder));
    let text = format!("sealed by {bidder}");
    let leaf = record::sealing::segment_leaf(text.as_bytes());
    let body = json!({ "root": leaf, "size_bytes": text.len(), "leaves": [leaf] });
    let post = flow
        .server
        .with_token(Method::POST, "/api/v1/blobs", &token, body.to_string());
    assert_eq!(post.status, 200, "{}", post.text());
    let path = format!("/api/v1/blobs/{leaf}/segments/0");
    let put = flow.server.with_token(Method::PUT, &path, &token, text);
    assert_eq!(put.status, 204, "{}", put.text());
    leaf
}

/// The first act opens the interval, the others wait for its end together. The opener is no act of a bidder: it is
/// refused, and a batch of nothing but refusals would write nothing, so a contribution is renewed.
fn in_one_batch(flow: &Flow, acts: &[(Act, Actor)]) {
    let witness = Actor::new("witness-1");
    let (opener, _) = play::contribution(flow.origin(), &flow.bidding(), 1, &witness, "again");
    flow.server.must(opener, &[&witness]);
    let offer = |(act, signer): &(Act, Actor)| -> Waiting {
        let envelope = signed(act, &[signer.key()]);
        let chain = ChainId::Tender(id(TENDER));
        flow.server.node.offer(envelope, chain, "bid").unwrap()
    };
    let waiting: Vec<Waiting> = acts.iter().map(offer).collect();
    for one in waiting {
        one.admitted_blocking().unwrap();
    }
}

/// The observer acts once more: what her receipt says, without what is random.
fn receipt(history: &History) -> (u64, usize, u64) {
    let first = id_of(manifest(&history.flow, OBSERVER, 1, None));
    let next = manifest(&history.flow, OBSERVER, 2, Some(first));
    let answer = history.flow.server.say(next, &[&Actor::new(OBSERVER)]);
    assert_eq!(answer.status, 201, "{}", answer.text());
    let receipt = Receipt::parse(&answer.body).unwrap();
    let size = receipt.proof.checkpoint.checkpoint().size;
    // Anywhere in its batch: places are drawn.
    let batch = receipt.proof.index / BATCH_MULTIPLE;
    (size, receipt.proof.path.len(), batch)
}

#[track_caller]
fn are_not_told_apart(few: &History, many: &History) {
    let hidden: Vec<Digest> = few.hidden.iter().chain(&many.hidden).copied().collect();
    let probes = probes(&few.flow, &hidden);
    let (one, other) = (
        observe(few, &hidden, &probes),
        observe(many, &hidden, &probes),
    );
    assert_eq!(one.len(), other.len());
    assert!(one.len() > 300, "only {} observations", one.len());
    for ((what, one), (_, other)) in one.iter().zip(&other) {
        assert_eq!(one, other, "{what} tells the histories apart");
    }
    assert_eq!(receipt(few), receipt(many));
    // They do differ: what was hidden is there.
    let bids = |history: &History| history.flow.bidding().bids.len();
    assert!(bids(few) < bids(many));
}

#[test]
fn nothing_tells_no_bid_from_three_bids() {
    let base = announced();
    are_not_told_apart(&History::with_noise(&base), &History::with_bids(&base, 3));
}

#[test]
fn nothing_tells_one_bid_from_five_with_a_replacement_and_a_withdrawal() {
    let base = announced();
    are_not_told_apart(&History::with_bids(&base, 1), &History::with_bids(&base, 5));
}

/// The test above can fail: once the tender is closed, the same reader sees the difference everywhere.
#[test]
fn after_closing_the_difference_shows() {
    let base = announced();
    let (few, many) = (History::with_bids(&base, 1), History::with_bids(&base, 5));
    for history in [&few, &many] {
        let deadline_ms = history.flow.view()["notice"]["deadline_ms"]
            .as_u64()
            .unwrap();
        history.flow.server.advance(deadline_ms);
        history
            .flow
            .wait_for(|view| view["stage"] != "announced" && view["closing_id"].is_string());
    }
    let list = |history: &History| history.flow.server.get(STATEMENTS).body;
    assert_ne!(list(&few), list(&many));
}
