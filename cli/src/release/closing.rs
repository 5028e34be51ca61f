//! The proof that a tender is closed: `closing` is in the log, and no chain that it names was cut or changed.

use std::collections::{BTreeMap, BTreeSet};

use procedure::act::{Act, ChainEnd, Closing};
use record::Identifier;
use record::chain::{self, ChainId};
use record::list::ListRoot;
use record::log::leaf::LeafOpening;
use record::log::receipt::TlogProof;
use record::trust::Trust;

use super::ReleaseError;
use crate::client::Client;
use crate::replay::{Entry, Record};

/// What was checked about a closing.
#[derive(Clone, Debug)]
pub struct ClosingProof {
    /// When it was admitted, UTC milliseconds.
    pub closed_ms: u64,
    /// That its leaf is in the log.
    pub proof: TlogProof,
    /// The trust file asks for witnesses, and they have cosigned.
    pub witnessed: bool,
}

/// Checks that the tender's `closing` is in the log of the trust file, and that the replayed chains (the tender's,
/// the platform's, every account's) are the ones that it names.
///
/// # Errors
/// Something is not proved.
pub fn check_closing(
    client: &Client,
    record: &Record,
    trust: &Trust,
) -> Result<ClosingProof, ReleaseError> {
    let (entry, _) = closing_of(record)?;
    let proof = prove(client, entry, trust)?;
    let standing = trust
        .standing(&proof.checkpoint)
        .map_err(|error| not_proved(error.to_string()))?;
    if !standing.quorum_met {
        return Err(not_proved(
            "too few witnesses of the trust file have cosigned the checkpoint",
        ));
    }
    check_chains(record)?;
    Ok(ClosingProof {
        closed_ms: entry.at.time_ms,
        proof,
        witnessed: standing.witnessed_at_s.is_some(),
    })
}

fn not_proved(reason: impl Into<String>) -> ReleaseError {
    ReleaseError::NotProved(reason.into())
}

/// The inclusion proof of an entry under the latest checkpoint that the trust file's witnesses have cosigned. The
/// signatures on it are the trust file's business.
fn prove(client: &Client, entry: &Entry, trust: &Trust) -> Result<TlogProof, ReleaseError> {
    let opening = entry
        .opening
        .as_ref()
        .ok_or_else(|| not_proved("the server does not open its leaf"))?;
    let size = super::witnessed::size_to_prove(client, trust, opening.index)?;
    let proof = client.proof(opening.index, size)?;
    if proof.index != opening.index {
        return Err(not_proved("the server proves another leaf"));
    }
    proof
        .verify_path(opening.leaf().hash())
        .map_err(|error| not_proved(error.to_string()))?;
    Ok(proof)
}

fn closing_of(record: &Record) -> Result<(&Entry, &Closing), ReleaseError> {
    let closing = record.find(|act| match act {
        Act::Closing(body) => Some(body),
        _ => None,
    });
    closing.ok_or_else(|| ReleaseError::NotNow("the tender is not closed".to_owned()))
}

/// Every chain that `closing` names is complete and linked up to the named end, and nothing else stands in the
/// tender's chain before `closing`: no bid, withdrawal or revocation was left out or slipped in.
///
/// # Errors
/// Something is not proved.
pub fn check_chains(record: &Record) -> Result<(), ReleaseError> {
    let (closing, body) = closing_of(record)?;
    let chains = chain::by_chain(&record.openings);
    for end in &body.chains {
        let openings = chains.get(&end.chain).map(Vec::as_slice);
        check_end(openings.unwrap_or_default(), end)?;
    }
    if let Some(named) = body.accounts {
        check_accounts(record, closing, &chains, named)?;
    }
    let before = record
        .entries
        .iter()
        .take_while(|entry| entry.id != closing.id);
    let all_open = before.clone().all(|entry| entry.opening.is_some());
    let own = closing.opening.as_ref().map(|opening| opening.seq);
    if all_open && own == Some(before.count() as u64) {
        Ok(())
    } else {
        Err(not_proved("statements before the closing are missing"))
    }
}

/// Too many accounts for one statement: their ends are named by count and root. What the server shows of everybody
/// who signed before the closing must give the same.
fn check_accounts(
    record: &Record,
    closing: &Entry,
    chains: &BTreeMap<ChainId, Vec<&LeafOpening>>,
    named: ListRoot,
) -> Result<(), ReleaseError> {
    let before = record
        .entries
        .iter()
        .take_while(|entry| entry.id != closing.id);
    let keys = before.flat_map(|entry| &entry.signers);
    let accounts: BTreeSet<&Identifier> = keys
        .filter_map(|key| record.directory.key(key).map(|entry| &entry.account))
        .collect();
    let index = closing.opening.as_ref().map(|opening| opening.index);
    let mut ends = Vec::new();
    for account in accounts {
        let chain = ChainId::Account(account.clone());
        let openings = chains.get(&chain).map(Vec::as_slice).unwrap_or_default();
        let up_to = openings.iter().copied();
        let head = chain::check(up_to.filter(|opening| Some(opening.index) < index))
            .map_err(|error| not_proved(format!("{chain}: {error}")))?;
        ends.push(ChainEnd {
            chain,
            seq: head.seq,
            head: head.head,
        });
    }
    if ListRoot::of(&ends) == named {
        Ok(())
    } else {
        Err(not_proved(format!(
            "the chains of {} accounts that the server shows are not the {} that were closed",
            ends.len(),
            named.count
        )))
    }
}

fn check_end(openings: &[&LeafOpening], end: &ChainEnd) -> Result<(), ReleaseError> {
    let up_to = openings
        .iter()
        .copied()
        .filter(|opening| opening.seq <= end.seq);
    let found =
        chain::check(up_to).map_err(|error| not_proved(format!("{}: {error}", end.chain)))?;
    if (found.seq, found.head) == (end.seq, end.head) {
        Ok(())
    } else {
        Err(not_proved(format!(
            "the chain {} that the server shows is not the one that was closed",
            end.chain
        )))
    }
}
