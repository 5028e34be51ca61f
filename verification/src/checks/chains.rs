//! Chains against the ends that somebody named.

use std::collections::BTreeMap;

use procedure::act::ChainEnd;
use record::chain::{self, ChainHead, ChainId};
use record::log::leaf::LeafOpening;

use crate::findings::Findings;
use crate::replay::{Item, Replay};

/// The bundle's openings, sorted into their chains.
pub(super) fn of<'a>(replay: &'a Replay<'_>) -> BTreeMap<ChainId, Vec<&'a LeafOpening>> {
    chain::by_chain(replay.items.iter().map(|item| &item.entry.opening))
}

/// The chain is contiguous from its first statement to the end that the record head names.
pub(super) fn complete_to_head(
    replay: &Replay<'_>,
    chain: &ChainId,
    openings: &[&LeafOpening],
    found: &mut Findings,
) {
    let named = replay
        .head
        .body()
        .chains
        .iter()
        .find(|one| one.chain == *chain);
    let Some(named) = named else {
        return found.fail_member(
            "record-head.json",
            "chain-not-named",
            format!("the bundle holds statements of {chain}, which the record head does not name"),
        );
    };
    match chain::check(openings.iter().copied()) {
        Err(error) => found.fail(error.code(), format!("{chain}: {error}")),
        Ok(head) if head != named.head() => {
            found.fail(
                "chain-cut",
                ends(chain, "the record head", &named.head(), Some(&head)),
            );
        }
        Ok(_) => {}
    }
}

/// The chain ended, where `closing` stands in the log, where `closing` says.
pub(super) fn end_at_closing(
    closing: &Item,
    end: &ChainEnd,
    openings: &[&LeafOpening],
    found: &mut Findings,
) {
    let last = openings
        .iter()
        .rfind(|opening| opening.index < closing.index());
    let head = last.map(|opening| ChainHead {
        seq: opening.seq,
        head: opening.leaf().hash(),
    });
    let named = ChainHead {
        seq: end.seq,
        head: end.head,
    };
    if head != Some(named) {
        let detail = ends(&end.chain, "closing", &named, head.as_ref());
        found.fail("closing-end-differs", detail);
    }
}

fn ends(chain: &ChainId, who: &str, named: &ChainHead, found: Option<&ChainHead>) -> String {
    let found = match found {
        Some(found) => format!(
            "the bundle's ends with number {} ({})",
            found.seq, found.head
        ),
        None => "the bundle has nothing of it".to_owned(),
    };
    let named = format!("number {} ({})", named.seq, named.head);
    format!("{chain} ends, says {who}, with {named}; {found}: a statement is missing or exchanged")
}
