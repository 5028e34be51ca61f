//! Chains against the ends that somebody named.

use std::collections::{BTreeMap, BTreeSet};

use procedure::act::ChainEnd;
use record::Identifier;
use record::bundle::NamedHead;
use record::chain::{self, ChainHead, ChainId};
use record::list::ListRoot;
use record::log::leaf::LeafOpening;

use crate::findings::Findings;
use crate::replay::{Item, Replay};

/// The bundle's openings, sorted into their chains.
pub(super) fn of<'a>(replay: &'a Replay<'_>) -> BTreeMap<ChainId, Vec<&'a LeafOpening>> {
    chain::by_chain(replay.items.iter().map(|item| &item.entry.opening))
}

/// The chains that the record head names one by one. They ascend: reading the bundle has seen that.
fn named_in_head<'a>(replay: &'a Replay<'_>, chain: &ChainId) -> Option<&'a NamedHead> {
    let named = &replay.head.body().chains;
    let place = named.binary_search_by(|one| one.chain.cmp(chain)).ok()?;
    named.get(place)
}

/// The chain is contiguous from its first statement to the end that the record head names.
pub(super) fn complete_to_head(
    replay: &Replay<'_>,
    chain: &ChainId,
    openings: &[&LeafOpening],
    found: &mut Findings,
) {
    let Some(named) = named_in_head(replay, chain) else {
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

/// The account chains where the record head names their ends by count and root: each contiguous from its first
/// statement, and their last statements the ones whose root the head names. Which chain is cut cannot be said then.
pub(super) fn accounts_to_head(
    replay: &Replay<'_>,
    chains: &BTreeMap<ChainId, Vec<&LeafOpening>>,
    named: ListRoot,
    found: &mut Findings,
) {
    let mut ends = Vec::new();
    for (chain, openings) in accounts(chains) {
        match chain::check(openings.iter().copied()) {
            Err(error) => found.fail(error.code(), format!("{chain}: {error}")),
            Ok(head) => ends.push(NamedHead {
                chain: chain.clone(),
                seq: head.seq,
                head: head.head,
            }),
        }
    }
    let computed = ListRoot::of(&ends);
    if computed != named {
        let who = format!("the record head of {}", replay.head.body().tender);
        found.fail("chain-cut", lists(&who, &named, &computed));
    }
}

/// The ends of account chains where `closing` names them by count and root: recomputed for everybody who signed on
/// the tender's chain before it.
pub(super) fn accounts_at_closing(
    replay: &Replay<'_>,
    closing: &Item,
    chains: &BTreeMap<ChainId, Vec<&LeafOpening>>,
    named: ListRoot,
    found: &mut Findings,
) {
    let before = replay
        .tender_items()
        .take_while(|item| item.index() < closing.index());
    let signers: BTreeSet<&Identifier> = before
        .filter(|item| item.is_admitted())
        .flat_map(|item| &item.signers)
        .filter_map(|key| replay.directory.key(key).map(|entry| &entry.account))
        .collect();
    let end = |account: &&Identifier| {
        let chain = ChainId::Account((*account).clone());
        let last = chains.get(&chain)?;
        let last = last.iter().rfind(|one| one.index < closing.index())?;
        Some(ChainEnd {
            chain,
            seq: last.seq,
            head: last.leaf().hash(),
        })
    };
    let ends: Vec<ChainEnd> = signers.iter().filter_map(end).collect();
    let computed = ListRoot::of(&ends);
    if computed != named {
        found.fail("closing-end-differs", lists("closing", &named, &computed));
    }
}

fn accounts<'a>(
    chains: &'a BTreeMap<ChainId, Vec<&'a LeafOpening>>,
) -> impl Iterator<Item = (&'a ChainId, &'a Vec<&'a LeafOpening>)> {
    chains
        .iter()
        .filter(|(chain, _)| matches!(chain, ChainId::Account(_)))
}

fn lists(who: &str, named: &ListRoot, found: &ListRoot) -> String {
    format!(
        "{who} names {} account chains with the root {}; the bundle's are {} with the root {}: a statement is \
         missing or exchanged",
        named.count, named.root, found.count, found.root
    )
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
