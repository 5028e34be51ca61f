//! Dealing: the key block of the vector, opening its slots, and blocks that are none.

use record::Digest;
use record::sealing::{
    FileKey, Kem, KemSecretKey, SealError, TrusteeKeys, deal, open_recovery, open_share, shares,
};

use crate::vectors;

#[test]
fn the_vector() {
    let block = deal(
        &vectors::file_key(),
        &vectors::ctx(),
        vectors::owner().public(),
        &vectors::trustees(),
    )
    .unwrap();
    assert_eq!(block, vectors::key_block());
    assert_eq!(block.len(), 544);
    assert_eq!(
        Digest::sha256(&block).to_string(),
        vectors::text(&vectors::seal(), "key_block_sha256")
    );
}

#[test]
fn derived_keys_of_the_vector() {
    let (key, ctx, seal) = (vectors::file_key(), vectors::ctx(), vectors::seal());
    assert_eq!(
        hex::encode(key.payload_key(&ctx).as_slice()),
        vectors::text(&seal, "payload_key")
    );
    assert_eq!(
        key.draw_contribution(&ctx).to_string(),
        vectors::text(&seal, "draw_contribution")
    );
}

#[test]
fn every_recipient_opens_her_slot() {
    let (block, ctx) = (vectors::key_block(), vectors::ctx());
    assert_eq!(
        open_recovery(&block, &ctx, &vectors::owner()).unwrap(),
        vectors::file_key()
    );
    for ((slot, secret), share) in (1..).zip(vectors::trustee_secrets()).zip(vectors::shares()) {
        assert_eq!(open_share(&block, &ctx, slot, &secret).unwrap(), share);
    }
}

#[test]
fn nobody_opens_another_slot_or_context() {
    let (block, ctx, secrets) = (
        vectors::key_block(),
        vectors::ctx(),
        vectors::trustee_secrets(),
    );
    for slot in 1..=5u8 {
        for (number, secret) in (1..).zip(&secrets) {
            let opened = open_share(&block, &ctx, slot, secret);
            assert_eq!(opened.is_ok(), number == slot);
        }
        let elsewhere = open_share(&block, &Digest::ZERO, slot, &secrets[usize::from(slot) - 1]);
        assert_eq!(elsewhere, Err(SealError::SlotClosed { slot }));
    }
    assert_eq!(
        open_share(&block, &ctx, 0, &vectors::owner()),
        Err(SealError::Slot {
            slot: 0,
            trustees: 5
        })
    );
    assert_eq!(
        open_share(&block, &ctx, 6, &secrets[0]),
        Err(SealError::Slot {
            slot: 6,
            trustees: 5
        })
    );
    assert_eq!(
        open_recovery(&block, &ctx, &secrets[0]),
        Err(SealError::SlotClosed { slot: 0 })
    );
    assert_eq!(
        open_recovery(&block, &Digest::ZERO, &vectors::owner()),
        Err(SealError::SlotClosed { slot: 0 })
    );
}

#[test]
fn malformed_blocks_are_refused() {
    let good = vectors::key_block();
    let refused = |block: &[u8]| {
        let error = open_recovery(block, &vectors::ctx(), &vectors::owner()).unwrap_err();
        assert_eq!(error.code(), "seal-key-block");
    };
    for length in 0..good.len() {
        refused(&good[..length]);
    }
    refused(&[good.as_slice(), &[0]].concat());
    // Magic, version, t, n, KEM and length of the first slot.
    for (place, value) in [
        (0, b'e'),
        (4, 2),
        (5, 0),
        (5, 1),
        (5, 6),
        (6, 2),
        (6, 4),
        (6, 6),
        (6, 10),
        (8, 0x21),
        (10, 33),
    ] {
        let mut bad = good.clone();
        bad[place] = value;
        refused(&bad);
    }
}

#[test]
fn a_low_order_encapsulation_does_not_open() {
    let mut block = vectors::key_block();
    block[11..43].fill(0);
    let opened = open_recovery(&block, &vectors::ctx(), &vectors::owner());
    assert_eq!(opened, Err(SealError::SlotClosed { slot: 0 }));
}

#[test]
fn sets_are_two_to_nine() {
    let keys = |count: usize| vec![vectors::owner().public().clone(); count];
    for (threshold, count, good) in [
        (2, 2, true),
        (2, 9, true),
        (9, 9, true),
        (1, 3, false),
        (0, 3, false),
        (4, 3, false),
        (2, 10, false),
        (2, 1, false),
        (2, 0, false),
        (2, 300, false),
    ] {
        assert_eq!(
            TrusteeKeys::new(threshold, keys(count)).is_ok(),
            good,
            "{threshold} of {count}"
        );
    }
    // The fields are public, so dealing checks once more.
    let unchecked = TrusteeKeys {
        threshold: 1,
        keys: keys(3),
    };
    let dealt = deal(
        &vectors::file_key(),
        &vectors::ctx(),
        vectors::owner().public(),
        &unchecked,
    );
    assert_eq!(
        dealt,
        Err(SealError::Trustees {
            threshold: 1,
            trustees: 3
        })
    );
}

#[test]
fn everything_that_is_dealt_from_enters_the_block() {
    let (key, ctx, owner, set) = (
        vectors::file_key(),
        vectors::ctx(),
        vectors::owner(),
        vectors::trustees(),
    );
    let good = vectors::key_block();
    let other_owner = KemSecretKey::derive(Kem::P256, &[9; 32]);
    let mut swapped = set.clone();
    swapped.keys.swap(0, 1);
    let other_threshold = TrusteeKeys::new(4, set.keys.clone()).unwrap();
    for block in [
        deal(&FileKey::from_bytes([1; 32]), &ctx, owner.public(), &set),
        deal(&key, &Digest::ZERO, owner.public(), &set),
        deal(&key, &ctx, other_owner.public(), &set),
        deal(&key, &ctx, owner.public(), &swapped),
        deal(&key, &ctx, owner.public(), &other_threshold),
    ] {
        assert_ne!(block.unwrap(), good);
    }
    assert_ne!(
        shares(&key, &ctx, &other_threshold),
        shares(&key, &ctx, &set)
    );
}

#[test]
fn secrets_are_not_printed() {
    let key = FileKey::from_bytes([0xab; 32]);
    let shares = shares(&key, &vectors::ctx(), &vectors::trustees());
    assert_eq!(format!("{key:?} {:?}", shares[0]), "FileKey(..) Share(..)");
    assert_ne!(FileKey::generate().unwrap(), FileKey::generate().unwrap());
}
