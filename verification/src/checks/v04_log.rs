//! V4: the tender's chain is complete to the record head, every leaf is recomputed from its opening and
//! included in the log, and the reader's receipts agree.

use record::chain::ChainId;
use record::log::receipt::Receipt;

use super::chains;
use crate::findings::Findings;
use crate::replay::{Item, Replay, acts};
use crate::utc::utc;

pub(super) fn check(replay: &Replay<'_>, found: &mut Findings) {
    for item in &replay.items {
        included(replay, item, found);
        on_its_chain(item, found);
    }
    tender_chain(replay, found);
    for receipt in &replay.options.receipts {
        agrees(replay, receipt, found);
    }
    match replay.options.receipts.len() {
        0 => {}
        count => found.note(format!("{count} receipts compared")),
    }
}

fn included(replay: &Replay<'_>, item: &Item, found: &mut Findings) {
    let checkpoint = replay.head.body().checkpoint.checkpoint();
    if let Err(error) = item
        .entry
        .verify_inclusion(checkpoint.size, checkpoint.root)
    {
        found.fail_at(item, error.code(), error.to_string());
    }
}

fn on_its_chain(item: &Item, found: &mut Findings) {
    let Some(act) = &item.act else { return };
    let (leaf, own) = (&item.entry.opening.chain, act.chain());
    if *leaf != own {
        let detail = format!("its leaf stands on {leaf}, the statement belongs to {own}");
        found.fail_at(item, "tender-mismatch", detail);
    }
}

fn tender_chain(replay: &Replay<'_>, found: &mut Findings) {
    let chain = ChainId::Tender(replay.head.body().tender.clone());
    let openings = chains::of(replay);
    let own = openings.get(&chain).map_or(&[][..], Vec::as_slice);
    if own.is_empty() {
        return found.fail(
            "chain-missing",
            format!("the bundle has nothing of {chain}"),
        );
    }
    chains::complete_to_head(replay, &chain, own, found);
    let others = openings
        .keys()
        .filter(|one| matches!(one, ChainId::Tender(_)) && **one != chain);
    for other in others {
        let detail = format!("the bundle of {chain} holds statements of {other}");
        found.fail("chain-other", detail);
    }
    if let Some((closing, body)) = acts!(replay, Closing).next() {
        for end in body.chains.iter().filter(|end| end.chain == chain) {
            chains::end_at_closing(closing, end, own, found);
        }
    }
    found.note(format!("{} statements on {chain}", own.len()));
}

/// A receipt is either of a leaf of this bundle, or later than it, or proof that something was dropped.
fn agrees(replay: &Replay<'_>, receipt: &Receipt, found: &mut Findings) {
    let head = replay.head.body();
    let (id, index) = (receipt.statement_id, receipt.proof.index);
    let standing = replay.standing();
    let log = standing
        .as_ref()
        .map_or(&head.log_key, |standing| &standing.log.key);
    if let Err(error) = receipt.verify(log) {
        let detail = format!("the receipt of {id} is not this log's: {error}");
        return found.fail("receipt-invalid", detail);
    }
    let (ours, theirs) = (
        head.checkpoint.checkpoint(),
        receipt.proof.checkpoint.checkpoint(),
    );
    if ours.size == theirs.size && ours.root != theirs.root {
        let detail = format!(
            "the log signed two different trees of {} leaves: one in this bundle, one in the receipt of {id}",
            ours.size
        );
        found.fail("split-view", detail);
    }
    match replay.items.iter().find(|item| item.id == id) {
        Some(item) if item.index() == index && item.entry.opening.leaf() == receipt.leaf() => {}
        Some(item) => found.fail_at(
            item,
            "receipt-differs",
            format!("the receipt of {id} speaks of another leaf, at {index}"),
        ),
        None if index >= ours.size => later(replay, receipt, found),
        None => found.fail(
            "receipt-dropped",
            format!(
                "the log gave a receipt for {id} at {index}, and the bundle does not hold that \
                 statement: it was dropped, or the receipt is of another tender"
            ),
        ),
    }
}

/// A leaf behind the end of this bundle's tree cannot be older than anything in the bundle.
fn later(replay: &Replay<'_>, receipt: &Receipt, found: &mut Findings) {
    let (id, index) = (receipt.statement_id, receipt.proof.index);
    let size = replay.head.body().checkpoint.checkpoint().size;
    let newest_ms = replay.items.last().map_or(0, Item::time_ms);
    if receipt.admitted_ms < newest_ms {
        let detail = format!(
            "the log gave a receipt for {id} at {index}, {}, but shows here a tree of {size} leaves with \
             younger statements: two different logs under one key",
            utc(receipt.admitted_ms)
        );
        return found.fail("split-view", detail);
    }
    found.note(format!(
        "not checked: the receipt of {id} is later (leaf {index}) than this bundle ({size} leaves), or of another tender"
    ));
}
