//! What becomes of an envelope once shares, or the bidder's own K, are on the table ("Validity").

use super::dealing::deals_to;
use super::{FileKey, KemPublicKey, Share, TrusteeKeys, shamir, shares};
use crate::Digest;

/// The fate of one envelope. Parts, signature, context and deadline are judged elsewhere.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Resolution {
    /// `Deal(key) == key_block`.
    Opened {
        /// K.
        key: FileKey,
        /// Trustees who released something else than Deal gives them, ascending.
        wrong_slots: Vec<u8>,
    },
    /// No dealing at all gives this key block: all trustees released and no t of them agree with it, or the
    /// bidder's own K fails. The bidder's fault.
    Invalid,
    /// Not known yet, and not the bidder's fault.
    Unresolved,
}

/// Resolves an envelope from released shares and, where she brought it, the bidder's K.
///
/// `released` are pairs of slot (1..n) and share. If a slot occurs twice the first pair counts; slots that do
/// not exist are ignored. A trustee whose slot does not decrypt releases `Share([0; 32])`: that counts among the
/// n, and is exposed as wrong if the slot was sound after all. Shares win over a wrong `own` key: the bidder
/// cannot spoil what the trustees can open.
pub fn resolve(
    key_block: &[u8],
    ctx: &Digest,
    recovery: &KemPublicKey,
    trustees: &TrusteeKeys,
    released: &[(u8, Share)],
    own: Option<&FileKey>,
) -> Resolution {
    let released = first_of_each_slot(released, trustees);
    let fits = |key: &FileKey| deals_to(key, ctx, recovery, trustees, key_block);
    let from_shares = candidates(&released, trustees).find(|key| fits(key));
    match from_shares.or_else(|| own.filter(|key| fits(key)).cloned()) {
        Some(key) => {
            let wrong_slots = wrong_slots(&key, ctx, trustees, &released);
            Resolution::Opened { key, wrong_slots }
        }
        None if own.is_some() || released.len() == trustees.keys.len() => Resolution::Invalid,
        None => Resolution::Unresolved,
    }
}

fn first_of_each_slot<'a>(
    released: &'a [(u8, Share)],
    trustees: &TrusteeKeys,
) -> Vec<(u8, &'a Share)> {
    let slots = (1..=u8::MAX).take(trustees.keys.len());
    let first = |slot| {
        released
            .iter()
            .find(|release| release.0 == slot)
            .map(|release| (slot, &release.1))
    };
    slots.filter_map(first).collect()
}

/// K according to every subset of exactly t shares.
fn candidates<'a>(
    released: &'a [(u8, &'a Share)],
    trustees: &TrusteeKeys,
) -> impl Iterator<Item = FileKey> + 'a {
    let threshold = u32::from(trustees.threshold);
    // At most nine trustees, so a subset is a number below 2^9; a larger set has no subsets here and opens nothing.
    let subsets = u32::try_from(released.len())
        .ok()
        .and_then(|count| 1u32.checked_shl(count))
        .unwrap_or(0);
    (0..subsets)
        .filter(move |subset| subset.count_ones() == threshold)
        .map(move |subset| {
            let bits = (0u32..).map(|bit| subset.wrapping_shr(bit) & 1 == 1);
            let chosen = released.iter().zip(bits).filter(|(_, chosen)| *chosen);
            let points: Vec<_> = chosen.map(|((slot, share), _)| (*slot, &share.0)).collect();
            FileKey::from_bytes(*shamir::combine(&points))
        })
}

fn wrong_slots(
    key: &FileKey,
    ctx: &Digest,
    trustees: &TrusteeKeys,
    released: &[(u8, &Share)],
) -> Vec<u8> {
    let dealt = shares(key, ctx, trustees);
    let right = |slot: u8, share| dealt.get(usize::from(slot).saturating_sub(1)) == Some(share);
    released
        .iter()
        .filter(|(slot, share)| !right(*slot, share))
        .map(|(slot, _)| *slot)
        .collect()
}
