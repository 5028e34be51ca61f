//! Ranks: bids equal in everything that counts share a rank, and the next rank skips as many.

/// Ranks from 1 by ascending key; none for bids without a key.
pub(crate) fn ranks<K: Ord + Copy>(
    keys: impl ExactSizeIterator<Item = Option<K>>,
) -> Vec<Option<u32>> {
    let mut ranks = vec![None; keys.len()];
    let keyed = keys
        .zip(0_usize..)
        .filter_map(|(key, index)| Some((key?, index)));
    let mut order: Vec<(K, usize)> = keyed.collect();
    order.sort_unstable();
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
