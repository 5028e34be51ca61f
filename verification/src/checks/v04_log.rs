//! V4: the tender's chain is complete to the record head, every leaf is recomputed from its opening and
//! included in the log, and the reader's receipts agree.

use record::chain::ChainId;

use super::{chains, receipts};
use crate::findings::Findings;
use crate::replay::{Item, Replay, acts};

pub(super) fn check(replay: &Replay<'_>, found: &mut Findings) {
    for item in &replay.items {
        included(replay, item, found);
        on_its_chain(item, found);
    }
    tender_chain(replay, found);
    receipts::check(replay, found);
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
