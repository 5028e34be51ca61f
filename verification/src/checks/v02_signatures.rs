//! V2: every signature verifies, under a key that was registered and not revoked at its place in the log; the
//! chains of accounts and platform are complete, so that no revocation is left out.

use record::chain::ChainId;

use super::chains;
use crate::findings::Findings;
use crate::replay::{Item, Replay, acts};

pub(super) fn check(replay: &Replay<'_>, found: &mut Findings) {
    for item in &replay.items {
        keys_in_force(replay, item, found);
    }
    let openings = chains::of(replay);
    let by_root = replay.head.body().accounts;
    for (chain, openings) in &openings {
        let elsewhere = match chain {
            ChainId::Tender(_) => true,
            ChainId::Platform => false,
            ChainId::Account(_) => by_root.is_some(),
        };
        if !elsewhere {
            chains::complete_to_head(replay, chain, openings, found);
        }
    }
    if let Some(named) = by_root {
        chains::accounts_to_head(replay, &openings, named, found);
    }
    for named in &replay.head.body().chains {
        if !openings.contains_key(&named.chain) {
            let detail = format!("the record head names {}, which is not there", named.chain);
            found.fail("chain-missing", detail);
        }
    }
    if let Some((closing, body)) = acts!(replay, Closing).next() {
        let ends = body.chains.iter();
        for end in ends.filter(|end| !matches!(end.chain, ChainId::Tender(_))) {
            let openings = openings.get(&end.chain).map_or(&[][..], Vec::as_slice);
            chains::end_at_closing(closing, end, openings, found);
        }
        if let Some(named) = body.accounts {
            chains::accounts_at_closing(replay, closing, &openings, named, found);
        }
    }
    let signatures: usize = replay.items.iter().map(|item| item.signers.len()).sum();
    let accounts = replay.directory.accounts().count();
    found.note(format!("{signatures} signatures of {accounts} accounts"));
}

/// Asks the finished directory, which knows registrations and revocations by their place in the log.
fn keys_in_force(replay: &Replay<'_>, item: &Item, found: &mut Findings) {
    for key in &item.signers {
        // The root key belongs to no account.
        let Some(entry) = replay.directory.key(key) else {
            continue;
        };
        // A first key signs its own registration.
        if entry.registered_index > item.index() {
            let detail = format!("{key} was registered later, at {}", entry.registered_index);
            found.fail_at(item, "key-unknown", detail);
        }
        if let Some(revoked) = entry.revoked_index
            && revoked < item.index()
        {
            let detail = format!("{key} of {} was revoked at {revoked}", entry.account);
            found.fail_at(item, "key-revoked", detail);
        }
    }
}
