//! After the storm: what was promised is kept, what came too late is not there, and nobody is there twice.

use std::collections::{BTreeMap, BTreeSet};
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::{Duration, Instant};

use procedure::act::Act;
use record::Digest;
use record::chain::ChainId;
use record::log::receipt::Receipt;
use testbed::{Client, chain_path, read_chain};

use crate::bidder::Bid;
use crate::connection::Connection;
use crate::preparation::Announced;
use crate::tally::Tally;

/// How long the platform may take to close.
const CLOSING_WAIT: Duration = Duration::from_secs(60);

/// Statements that are posted again at a time.
const AGAIN: usize = 64;

/// Waits until every tender is closed.
///
/// # Panics
/// One is not within a minute.
pub fn wait_for_closings(client: &Client, tenders: &[Announced]) {
    let end = Instant::now() + CLOSING_WAIT;
    for tender in tenders {
        let id = tender.course.tender.as_str();
        while !client.view(id)["closing_id"].is_string() {
            assert!(Instant::now() < end, "{id} is not closed");
            std::thread::sleep(Duration::from_millis(50));
        }
    }
}

/// Compares the chain of a tender with what bidders hold; how many bids count.
pub fn compare(client: &Client, tender: &Announced, bids: &[&Bid], tally: &Tally) -> usize {
    let chain = ChainId::Tender(tender.course.tender.clone());
    let items = match read_chain(client, &chain) {
        Ok(items) => items,
        Err(error) => {
            tally.find(format!("{chain}: {error}"));
            return 0;
        }
    };
    let mut manifests = BTreeMap::new();
    let mut bidders = BTreeSet::new();
    let mut closing = None;
    for item in &items {
        let seq = item.opening.as_ref().map(|opening| opening.seq);
        match Act::read(&item.envelope).and_then(Result::ok) {
            Some(Act::BidManifest(body)) => {
                if item.admitted_ms >= tender.deadline_ms {
                    tally.find(format!("{} was admitted late", body.bidder_id));
                }
                if !bidders.insert(body.bidder_id.clone()) {
                    tally.find(format!("{} is there twice", body.bidder_id));
                }
                if closing.is_some() {
                    tally.find(format!("{} stands behind the closing", body.bidder_id));
                }
                manifests.insert(item.envelope.id(), item);
            }
            Some(Act::Closing(body)) => closing = Some((seq, body)),
            _ => {}
        }
    }
    match &closing {
        Some((Some(seq), body)) => {
            let end = body.chains.iter().find(|end| end.chain == chain);
            if end.map(|end| end.seq + 1) != Some(*seq) {
                tally.find(format!("the closing names {end:?} and stands at {seq}"));
            }
        }
        _ => tally.find(format!("{chain} has no closing that can be read")),
    }
    let mut promised = BTreeSet::new();
    for (bid, receipt) in bids
        .iter()
        .filter_map(|bid| Some((bid, bid.receipt.as_ref()?)))
    {
        promised.insert(bid.envelope.id());
        let found = manifests.get(&bid.envelope.id());
        let same = found.is_some_and(|item| {
            item.admitted_ms == receipt.admitted_ms
                && item.opening.as_ref().map(|opening| opening.index) == Some(receipt.proof.index)
        });
        if !same {
            tally.find(format!("the receipt of {} is not kept", bid.envelope.id()));
        }
    }
    // A bid without a receipt may count only if its bidder never learned what became of it.
    let unknown = manifests
        .keys()
        .filter(|id| !promised.contains(*id))
        .count();
    if unknown > 0 {
        tally.find(format!(
            "{unknown} bids count whose bidders were told otherwise"
        ));
    }
    manifests.len()
}

/// Verifies every receipt by itself, and posts every statement again: the same place, and nothing new.
pub async fn receipts_hold(
    client: &Client,
    address: SocketAddr,
    bids: Arc<Vec<(String, Bid)>>,
    tally: Arc<Tally>,
) {
    let key = client.info()["log_key"].as_str().map(str::parse);
    let Some(Ok(key)) = key else {
        tally.find("the server names no key");
        return;
    };
    for (_, bid) in bids.iter() {
        if let Some(Err(error)) = bid.receipt.as_ref().map(|receipt| receipt.verify(&key)) {
            tally.find(format!("receipt of {}: {error}", bid.envelope.id()));
        }
    }
    let mut clients = tokio::task::JoinSet::new();
    for first in 0..AGAIN {
        let (bids, tally) = (Arc::clone(&bids), Arc::clone(&tally));
        clients.spawn(async move {
            let mut connection = Connection::new(address);
            for (path, bid) in bids.iter().skip(first).step_by(AGAIN) {
                if let Some(receipt) = &bid.receipt {
                    post_again(&mut connection, path, bid, receipt, &tally).await;
                }
            }
        });
    }
    clients.join_all().await;
}

async fn post_again(
    connection: &mut Connection,
    path: &str,
    bid: &Bid,
    receipt: &Receipt,
    tally: &Tally,
) {
    let json = bid.envelope.to_json();
    let answer = connection.send("POST", path, &[], &json).await;
    let again = answer.map(|answer| (answer.status, Receipt::parse(&answer.body)));
    let same = matches!(&again, Ok((200, Ok(again)))
        if again.proof.index == receipt.proof.index && again.admitted_ms == receipt.admitted_ms);
    if same {
        tally.count("posted again, same place");
    } else {
        tally.find(format!("posted again: {again:?}"));
    }
}

/// Where a tender's statements are posted.
pub fn path_of(tender: &Announced) -> String {
    chain_path(&ChainId::Tender(tender.course.tender.clone()))
}

/// Uploads as the audit at rest wants them.
pub fn uploads(bids: &[(String, Bid)]) -> Vec<testbed::Upload> {
    let upload = |(_, bid): &(String, Bid)| {
        // Only what a receipt speaks of must be there.
        bid.receipt.as_ref()?;
        let (root, leaves): &(Digest, Vec<Digest>) = &bid.content;
        let act = Act::read(&bid.envelope)?.ok()?;
        let Act::BidManifest(body) = act else {
            return None;
        };
        Some(testbed::Upload {
            account: body.bidder_id,
            root: *root,
            leaves: leaves.clone(),
        })
    };
    bids.iter().filter_map(upload).collect()
}
