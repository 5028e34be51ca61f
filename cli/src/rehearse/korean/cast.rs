//! Who plays the recorded tenders: one tenderee, three trustees, and an account for every firm. A firm that bids
//! several times in one tender gets an account for each of its bids, because an account has one live bid.

use std::collections::BTreeMap;
use std::collections::btree_map::Entry;

use crate::failure::Failure;
use crate::koneps::RecordedTender;
use crate::rehearse::actor::{Actor, Keys};

/// How many of the trustees open.
pub const THRESHOLD: u8 = 2;

/// Everybody.
pub struct Cast {
    /// Who tenders.
    pub tenderee: Actor,
    /// The trustees, slot 1 first.
    pub trustees: Vec<Actor>,
    /// By firm and how many bids of it came before in the tender.
    firms: BTreeMap<(String, usize), Actor>,
}

impl Cast {
    /// The accounts of the run `tag` for these tenders.
    ///
    /// # Errors
    /// There is no randomness for keys.
    pub fn new(tag: &str, tenders: &[&RecordedTender]) -> Result<Cast, Failure> {
        let usual =
            |role: &str, name: &str| Actor::new(&format!("{role}.{tag}"), name, Keys::Usual);
        let mut firms = BTreeMap::new();
        for seat in tenders.iter().flat_map(|tender| seats(tender)) {
            let Entry::Vacant(vacant) = firms.entry(seat) else {
                continue;
            };
            let (firm, before) = vacant.key();
            let suffix = if *before == 0 {
                String::new()
            } else {
                format!("-{}", before + 1)
            };
            let actor = usual(
                &format!("firm-{firm}{suffix}"),
                &format!("KONEPS firm {firm}"),
            )?;
            vacant.insert(actor);
        }
        Ok(Cast {
            tenderee: usual("buyer", "조달청 (KONEPS, replayed)")?,
            trustees: vec![
                usual("trustee-a", "Trustee A: notary")?,
                usual("trustee-b", "Trustee B: audit office")?,
                usual("trustee-c", "Trustee C: certification authority")?,
            ],
            firms,
        })
    }

    /// Everybody who needs an account.
    pub fn actors(&self) -> impl Iterator<Item = &Actor> {
        std::iter::once(&self.tenderee)
            .chain(&self.trustees)
            .chain(self.firms.values())
    }

    /// How many accounts bid.
    pub fn bidders(&self) -> usize {
        self.firms.len()
    }

    /// The accounts of a tender's bids, in their order.
    pub fn of(&self, tender: &RecordedTender) -> Vec<&Actor> {
        seats(tender)
            .iter()
            .filter_map(|seat| self.firms.get(seat))
            .collect()
    }
}

/// Firm of every bid, with how many bids of it came before.
fn seats(tender: &RecordedTender) -> Vec<(String, usize)> {
    let mut seen: BTreeMap<&str, usize> = BTreeMap::new();
    let seat = |firm| {
        let count = seen.entry(firm).or_default();
        *count += 1;
        (firm.to_owned(), *count - 1)
    };
    tender
        .bids
        .iter()
        .map(|bid| bid.firm.as_str())
        .map(seat)
        .collect()
}
