//! The reader's receipts against the record: what was dropped, and whether the log showed two trees. Part of V4.

use std::collections::BTreeMap;

use record::Digest;
use record::log::receipt::{Receipt, TlogProof};
use record::log::tree::node_hash;

use crate::findings::Findings;
use crate::replay::{Item, Replay};
use crate::utc::utc;

/// Hashes of complete subtrees, by level and by place on the level. They stay what they are however far the log
/// grows, so that any two proofs of one log agree where they name the same one.
type Subtrees = BTreeMap<(u8, u64), Digest>;

pub(super) fn check(replay: &Replay<'_>, found: &mut Findings) {
    let receipts = &replay.options.receipts;
    if receipts.is_empty() {
        return;
    }
    let mut shown = Subtrees::new();
    for item in &replay.items {
        let leaf = item.entry.opening.leaf().hash();
        subtrees(leaf, &item.entry.proof, &mut shown);
    }
    for receipt in receipts {
        agrees(replay, &shown, receipt, found);
    }
    found.note(format!("{} receipts compared", receipts.len()));
}

/// Adds the complete subtrees that a proof names or leads to.
fn subtrees(leaf: Digest, proof: &TlogProof, into: &mut Subtrees) {
    let size = proof.checkpoint.checkpoint().size;
    let Some(mut last) = size.checked_sub(1) else {
        return;
    };
    let (mut level, mut node, mut hash) = (0_u8, proof.index, leaf);
    let mut add = |level: u8, node: u64, hash: Digest| {
        let end = u128::from(node).saturating_add(1) << level;
        if end <= u128::from(size) {
            into.insert((level, node), hash);
        }
    };
    add(level, node, hash);
    for sibling in &proof.path {
        // A last node without sibling rises as it is.
        while node == last && node.is_multiple_of(2) && last > 0 {
            (level, node, last) = (level.saturating_add(1), node / 2, last / 2);
        }
        if last == 0 {
            return;
        }
        let is_right = node % 2 == 1;
        let beside = if is_right {
            node.saturating_sub(1)
        } else {
            node.saturating_add(1)
        };
        add(level, beside, *sibling);
        hash = if is_right {
            node_hash(*sibling, hash)
        } else {
            node_hash(hash, *sibling)
        };
        (level, node, last) = (level.saturating_add(1), node / 2, last / 2);
        add(level, node, hash);
    }
}

/// First and last leaf of the smallest subtree of which bundle and receipt say different things.
fn contradiction(shown: &Subtrees, receipt: &Receipt) -> Option<(u64, u64)> {
    let mut own = Subtrees::new();
    subtrees(receipt.leaf().hash(), &receipt.proof, &mut own);
    let differs =
        |(place, hash): &(&(u8, u64), &Digest)| shown.get(place).is_some_and(|one| one != *hash);
    let ((level, node), _) = own.iter().find(differs)?;
    let width = 1_u64.checked_shl(u32::from(*level))?;
    let first = node.checked_mul(width)?;
    Some((first, first.checked_add(width)?.checked_sub(1)?))
}

/// A receipt is either of a leaf of this bundle, or later than it, or proof that something was dropped.
fn agrees(replay: &Replay<'_>, shown: &Subtrees, receipt: &Receipt, found: &mut Findings) {
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
    if let Some((first, last)) = contradiction(shown, receipt) {
        let detail = format!(
            "the log signed two different trees: leaves {first} to {last} are others in this bundle than under \
             the receipt of {id}"
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
