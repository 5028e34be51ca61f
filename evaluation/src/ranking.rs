//! Ranks: bids equal in everything that counts share a rank, and the next rank skips as many.

use std::collections::BTreeSet;

/// Ranks from 1 by ascending key; none for bids without a key.
pub(crate) fn ranks<K: Ord + Copy>(keys: &[Option<K>]) -> Vec<Option<u32>> {
    let mut order: Vec<(K, usize)> = keys
        .iter()
        .zip(0..)
        .filter_map(|(key, index)| Some(((*key)?, index)))
        .collect();
    order.sort_unstable();
    let mut ranks = vec![None; keys.len()];
    let mut shared: Option<(K, u32)> = None;
    for ((key, index), place) in order.into_iter().zip(1_u32..) {
        let rank = match shared {
            Some((same, rank)) if same == key => rank,
            _ => place,
        };
        shared = Some((key, rank));
        if let Some(slot) = ranks.get_mut(index) {
            *slot = Some(rank);
        }
    }
    ranks
}

/// The bidders of the first rank, ascending.
pub(crate) fn first<'a>(
    bidders: impl Iterator<Item = (&'a str, Option<u32>)>,
) -> BTreeSet<&'a str> {
    bidders
        .filter(|(_, rank)| *rank == Some(1))
        .map(|(bidder, _)| bidder)
        .collect()
}
