//! Validity: an envelope's fate is the same whoever brings K, and wrong shares are exposed.

use proptest::prelude::*;
use proptest::sample::subsequence;
use record::Digest;
use record::sealing::{
    FileKey, Kem, KemSecretKey, Resolution, Share, TrusteeKeys, deal, resolve, shares,
};

use crate::vectors;

/// Resolves the vector's key block, or what a test made of it.
fn resolve_block(block: &[u8], released: &[(u8, Share)], own: Option<&FileKey>) -> Resolution {
    resolve(
        block,
        &vectors::ctx(),
        vectors::owner().public(),
        &vectors::trustees(),
        released,
        own,
    )
}

fn released(slots: &[u8]) -> Vec<(u8, Share)> {
    slots
        .iter()
        .map(|slot| (*slot, vectors::shares()[usize::from(*slot) - 1].clone()))
        .collect()
}

fn opened(wrong_slots: &[u8]) -> Resolution {
    Resolution::Opened {
        key: vectors::file_key(),
        wrong_slots: wrong_slots.to_vec(),
    }
}

fn wrong(slot: u8) -> (u8, Share) {
    (slot, Share([slot; 32]))
}

#[test]
fn any_three_of_five_open() {
    let block = vectors::key_block();
    for slots in [[1, 2, 3], [3, 4, 5], [5, 1, 4]] {
        assert_eq!(resolve_block(&block, &released(&slots), None), opened(&[]));
    }
    assert_eq!(
        resolve_block(&block, &released(&[1, 2, 3, 4, 5]), None),
        opened(&[])
    );
}

#[test]
fn fewer_than_the_threshold_leave_it_unresolved() {
    let block = vectors::key_block();
    assert_eq!(resolve_block(&block, &[], None), Resolution::Unresolved);
    assert_eq!(
        resolve_block(&block, &released(&[2, 5]), None),
        Resolution::Unresolved
    );
    // The same share three times is still one release; slots that do not exist are none.
    let mut repeated = released(&[2, 2, 2]);
    repeated.extend([wrong(0), wrong(6), wrong(255)]);
    assert_eq!(
        resolve_block(&block, &repeated, None),
        Resolution::Unresolved
    );
}

#[test]
fn wrong_shares_are_exposed_and_do_not_matter_when_t_are_right() {
    let block = vectors::key_block();
    let mut shares = released(&[1, 3, 5]);
    shares.insert(0, wrong(2));
    assert_eq!(resolve_block(&block, &shares, None), opened(&[2]));
    shares.push((4, Share([0; 32])));
    assert_eq!(resolve_block(&block, &shares, None), opened(&[2, 4]));
    // A share of one slot released for another is wrong there.
    let mut moved = released(&[1, 3, 5]);
    moved.push((4, vectors::shares()[1].clone()));
    assert_eq!(resolve_block(&block, &moved, None), opened(&[4]));
}

#[test]
fn one_liar_among_exactly_t_leaves_it_unresolved_until_somebody_helps() {
    let block = vectors::key_block();
    let mut shares = released(&[1, 3]);
    shares.push(wrong(5));
    assert_eq!(resolve_block(&block, &shares, None), Resolution::Unresolved);
    assert_eq!(
        resolve_block(&block, &shares, Some(&vectors::file_key())),
        opened(&[5])
    );
    shares.extend(released(&[4]));
    assert_eq!(resolve_block(&block, &shares, None), opened(&[5]));
}

#[test]
fn all_released_and_none_fits_is_invalid() {
    let block = vectors::key_block();
    let all_wrong: Vec<_> = (1..=5).map(wrong).collect();
    assert_eq!(
        resolve_block(&block, &all_wrong[..4], None),
        Resolution::Unresolved
    );
    assert_eq!(resolve_block(&block, &all_wrong, None), Resolution::Invalid);
}

#[test]
fn the_bidders_own_key_decides_alone() {
    let block = vectors::key_block();
    let bad = FileKey::from_bytes([0; 32]);
    assert_eq!(
        resolve_block(&block, &[], Some(&vectors::file_key())),
        opened(&[])
    );
    assert_eq!(resolve_block(&block, &[], Some(&bad)), Resolution::Invalid);
    assert_eq!(
        resolve_block(&block, &released(&[1, 2]), Some(&bad)),
        Resolution::Invalid
    );
    // She cannot spoil what the trustees can open.
    assert_eq!(
        resolve_block(&block, &released(&[1, 2, 4]), Some(&bad)),
        opened(&[])
    );
}

#[test]
fn a_garbage_block_is_invalid_whoever_looks() {
    let good = vectors::key_block();
    let (all, own) = (released(&[1, 2, 3, 4, 5]), vectors::file_key());
    let garbage = |block: &[u8]| {
        assert_eq!(resolve_block(block, &all, None), Resolution::Invalid);
        assert_eq!(
            resolve_block(block, &all[..4], None),
            Resolution::Unresolved
        );
        assert_eq!(resolve_block(block, &[], Some(&own)), Resolution::Invalid);
    };
    garbage(&[]);
    garbage(&good[..good.len() - 1]);
    garbage(&[good.as_slice(), &[0]].concat());
    // One flipped bit anywhere: the shares are all right, the block is not.
    for place in (0..good.len()).step_by(13) {
        let mut bad = good.clone();
        bad[place] ^= 0x10;
        assert_eq!(
            resolve_block(&bad, &[], Some(&own)),
            Resolution::Invalid,
            "{place}"
        );
    }
    let mut last_trustee = good.clone();
    *last_trustee.last_mut().unwrap() ^= 1;
    garbage(&last_trustee);
}

#[test]
fn a_copied_block_fails_in_another_context() {
    let (block, set, owner) = (vectors::key_block(), vectors::trustees(), vectors::owner());
    let mut context = vectors::context();
    context.bidder_id = record::Identifier::new("bidder:copycat").unwrap();
    let resolve = |own| {
        resolve(
            &block,
            &context.digest(),
            owner.public(),
            &set,
            &released(&[1, 2, 3, 4, 5]),
            own,
        )
    };
    assert_eq!(resolve(None), Resolution::Invalid);
    assert_eq!(resolve(Some(&vectors::file_key())), Resolution::Invalid);
}

#[test]
fn an_unchecked_set_opens_nothing() {
    let keys = vec![vectors::owner().public().clone(); 12];
    let set = TrusteeKeys { threshold: 2, keys };
    let released: Vec<_> = (1..=12).map(wrong).collect();
    let resolution = resolve(
        &vectors::key_block(),
        &vectors::ctx(),
        vectors::owner().public(),
        &set,
        &released,
        None,
    );
    assert_eq!(resolution, Resolution::Invalid);
}

/// All t <= n <= 9 with a subset of the slots and, of these, some liars.
fn scenes() -> impl Strategy<Value = (u8, u8, Vec<u8>, Vec<u8>)> {
    let sizes = (2..=9u8).prop_flat_map(|trustees| (2..=trustees, Just(trustees)));
    sizes.prop_flat_map(|(threshold, trustees)| {
        let slots = subsequence(
            (1..=trustees).collect::<Vec<_>>(),
            0..=usize::from(trustees),
        )
        .prop_shuffle();
        slots.prop_flat_map(move |slots| {
            let count = slots.len();
            (
                Just(threshold),
                Just(trustees),
                Just(slots.clone()),
                subsequence(slots, 0..=count.min(3)),
            )
        })
    })
}

fn keys(count: u8) -> Vec<KemSecretKey> {
    let kem = |slot: u8| {
        if slot % 4 == 3 {
            Kem::P256
        } else {
            Kem::X25519
        }
    };
    (1..=count)
        .map(|slot| KemSecretKey::derive(kem(slot), &[slot; 32]))
        .collect()
}

fn check_scene(key: FileKey, ctx: Digest, threshold: u8, trustees: u8, slots: &[u8], liars: &[u8]) {
    let set = TrusteeKeys::new(
        threshold,
        keys(trustees)
            .iter()
            .map(|key| key.public().clone())
            .collect(),
    )
    .unwrap();
    let owner = KemSecretKey::derive(Kem::X25519, &[0xee; 32]);
    let block = deal(&key, &ctx, owner.public(), &set).unwrap();
    let dealt = shares(&key, &ctx, &set);
    let released: Vec<_> = slots
        .iter()
        .map(|slot| {
            if liars.contains(slot) {
                wrong(*slot)
            } else {
                (*slot, dealt[usize::from(*slot) - 1].clone())
            }
        })
        .collect();
    let mut wrong_slots = liars.to_vec();
    wrong_slots.sort();
    let opened = Resolution::Opened {
        key: key.clone(),
        wrong_slots,
    };
    let expected = match slots.len() - liars.len() {
        honest if honest >= usize::from(threshold) => opened.clone(),
        _ if slots.len() == usize::from(trustees) => Resolution::Invalid,
        _ => Resolution::Unresolved,
    };
    assert_eq!(
        resolve(&block, &ctx, owner.public(), &set, &released, None),
        expected
    );
    assert_eq!(
        resolve(&block, &ctx, owner.public(), &set, &released, Some(&key)),
        opened
    );
}

#[test]
fn every_size_of_set_opens_with_exactly_t() {
    for trustees in 2..=9 {
        for threshold in 2..=trustees {
            let last: Vec<u8> = (trustees - threshold + 1..=trustees).collect();
            let (key, ctx) = (FileKey::from_bytes([threshold; 32]), Digest([trustees; 32]));
            check_scene(key, ctx, threshold, trustees, &last, &[]);
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    #[test]
    fn deal_and_resolve(key in any::<[u8; 32]>(), ctx in any::<[u8; 32]>(), scene in scenes()) {
        let (threshold, trustees, slots, liars) = scene;
        check_scene(FileKey::from_bytes(key), Digest(ctx), threshold, trustees, &slots, &liars);
    }
}
