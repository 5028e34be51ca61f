//! Ranks: bids equal in everything that counts share a rank, and the next rank skips as many.

/// The most criteria that tell equal totals apart: each [`crate::case::TieKey`] once.
pub(crate) const TIES_MAX: usize = 4;

/// What a bid is ranked by; lower is better.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Key {
    /// First of all.
    pub main: i128,
    /// Then these, in order.
    pub ties: [i64; TIES_MAX],
}

/// The bids in their order.
pub(crate) struct Ranking {
    ranks: Vec<Option<u32>>,
    /// Ascending.
    order: Vec<(Key, usize)>,
}

/// How a bid stands to those who equal it in what counts first.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Neighbours {
    /// How many others are equal in the main criterion, and some of them.
    pub tied: usize,
    pub tied_with: Vec<usize>,
    /// The last tie-break criterion that was needed to tell this bid from others, by its place in the list.
    pub decided_by: Option<usize>,
    /// How many others share the rank, and some of them.
    pub shared: usize,
    pub shared_with: Vec<usize>,
}

/// The most bids that are named as equals of one bid.
const NAMED_MAX: usize = 20;

impl Ranking {
    /// Ranks from 1 by ascending key; none for bids without a key.
    pub(crate) fn new(keys: impl ExactSizeIterator<Item = Option<Key>>) -> Ranking {
        let mut ranks = vec![None; keys.len()];
        let keyed = keys
            .zip(0_usize..)
            .filter_map(|(key, index)| Some((key?, index)));
        let mut order: Vec<(Key, usize)> = keyed.collect();
        order.sort_unstable();
        let mut shared: Option<(Key, u32)> = None;
        for ((key, index), next) in order.iter().zip(1_u32..) {
            let rank = match shared {
                Some((same, rank)) if same == *key => rank,
                _ => next,
            };
            shared = Some((*key, rank));
            if let Some(slot) = ranks.get_mut(*index) {
                *slot = Some(rank);
            }
        }
        Ranking { ranks, order }
    }

    /// The rank of a bid.
    pub(crate) fn rank(&self, bid: usize) -> Option<u32> {
        self.ranks.get(bid).copied().flatten()
    }

    /// Who equals a bid, and what told it from them.
    pub(crate) fn neighbours(&self, bid: usize) -> Option<Neighbours> {
        // A rank is the place of the first that has it.
        let place = usize::try_from(self.rank(bid)?).ok()?.checked_sub(1)?;
        let (key, _) = self.order.get(place)?;
        let start = self
            .order
            .partition_point(|(other, _)| other.main < key.main);
        let end = self
            .order
            .partition_point(|(other, _)| other.main <= key.main);
        let equals = self.order.get(start..end)?;
        let from = equals.partition_point(|(other, _)| other < key);
        let upto = equals.partition_point(|(other, _)| other <= key);
        // In ascending order nobody agrees with a bid in more criteria than those next to it.
        let before = from.checked_sub(1).and_then(|place| equals.get(place));
        let behind = equals.get(upto);
        let told_by = |other: &(Key, usize)| {
            let pairs = other.0.ties.iter().zip(&key.ties);
            let mut pairs = pairs.enumerate();
            pairs.find(|(_, (a, b))| a != b).map(|(place, _)| place)
        };
        let told = [before, behind].into_iter().flatten().filter_map(told_by);
        let named = |some: &[(Key, usize)]| -> Vec<usize> {
            let others = some.iter().map(|(_, other)| *other);
            others
                .filter(|other| *other != bid)
                .take(NAMED_MAX)
                .collect()
        };
        let sharing = equals.get(from..upto)?;
        Some(Neighbours {
            tied: equals.len().saturating_sub(1),
            tied_with: named(equals),
            decided_by: told.max(),
            shared: sharing.len().saturating_sub(1),
            shared_with: named(sharing),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn key(main: i128, first: i64, second: i64) -> Option<Key> {
        Some(Key {
            main,
            ties: [first, second, 0, 0],
        })
    }

    #[test]
    fn equals_share_a_rank_and_are_named_with_what_told_the_others_apart() {
        let keys = [
            key(1, 0, 0),
            key(5, 1, 2),
            None,
            key(5, 1, 1),
            key(5, 2, 0),
            key(5, 1, 2),
        ];
        let ranking = Ranking::new(keys.into_iter());
        let ranks: Vec<Option<u32>> = (0..6).map(|bid| ranking.rank(bid)).collect();
        assert_eq!(ranks, [Some(1), Some(3), None, Some(2), Some(5), Some(3)]);
        let alone = ranking.neighbours(0);
        assert_eq!(alone, Some(Neighbours::default()));
        assert_eq!(ranking.neighbours(2), None);
        let twin = ranking.neighbours(5).unwrap_or_default();
        assert_eq!(twin.tied_with, [3, 1, 4]);
        assert_eq!((twin.decided_by, twin.shared), (Some(1), 1));
        assert_eq!(twin.shared_with, [1]);
        let last = ranking.neighbours(4).unwrap_or_default();
        assert_eq!((last.decided_by, last.shared), (Some(0), 0));
    }
}
