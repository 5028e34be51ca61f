//! What is sealed: key blocks and parts.

use std::sync::LazyLock;

use play::Actor;
use record::Digest;
use record::sealing::{
    FileKey, PART_HEADER_BYTES, PartOpener, Resolution, Share, TrusteeKeys, check_key_block_form,
    deal, open_part, open_recovery, open_share, resolve, seal_part,
};

use crate::Reached;
use crate::choices::Choices;

const TRUSTEES: u8 = 3;

/// Who opens: two of three.
static SET: LazyLock<TrusteeKeys> = LazyLock::new(|| {
    let key = |slot| {
        Actor::new(&format!("trustee-{slot}"))
            .hpke()
            .public()
            .clone()
    };
    TrusteeKeys::new(2, (1..=TRUSTEES).map(key).collect()).expect("the set is sound")
});

const CONTEXT: Digest = Digest([5; 32]);

fn file_key() -> FileKey {
    FileKey::from_bytes([9; 32])
}

/// What a bidder makes of the key of the seeds.
pub fn dealt() -> Vec<u8> {
    let recovery = Actor::new("b1").hpke().public().clone();
    deal(&file_key(), &CONTEXT, &recovery, &SET).expect("the set is sound")
}

/// Any key block: it is opened by a key only if that key deals it, whoever releases what.
pub fn key_block(input: &[u8]) -> Reached {
    let form = check_key_block_form(input, &SET);
    let recovery = Actor::new("b1").hpke();
    let own = open_recovery(input, &CONTEXT, &recovery).ok();
    let mut released = Vec::new();
    for slot in 0..=TRUSTEES + 1 {
        let trustee = Actor::new(&format!("trustee-{slot}")).hpke();
        let share = open_share(input, &CONTEXT, slot, &trustee);
        released.push((slot, share.unwrap_or(Share([0; 32]))));
    }
    let public = recovery.public();
    let resolution = resolve(input, &CONTEXT, public, &SET, &released, own.as_ref());
    match &resolution {
        Resolution::Opened { key, .. } => {
            assert!(form.is_ok());
            let again = deal(key, &CONTEXT, public, &SET).expect("the set is sound");
            assert_eq!(again, input, "opened by a key that does not deal it");
        }
        Resolution::Invalid => {}
        Resolution::Unresolved => panic!("everybody released and still nothing is known"),
    }
    Reached::of(&form)
}

/// A part that was sealed and then changed opens to what was sealed, or not at all.
pub fn part(input: &[u8]) -> Reached {
    let mut choices = Choices(input);
    // Lengths around the ends of chunks, and small ones.
    let length = match choices.byte() % 8 {
        0 => 0,
        1 => usize::from(choices.byte()),
        2 => 16_384 - 128 + usize::from(choices.byte()),
        3 => 2 * 16_384 - 128 + usize::from(choices.byte()),
        _ => usize::from(choices.byte()) * 16,
    };
    let text: Vec<u8> = (0..length).map(|place| (place % 251) as u8).collect();
    let sealed = seal_part(&file_key(), &CONTEXT, 0, [3; 24], &text);
    let mut changed = sealed.clone();
    for _ in 0..4 {
        change(&mut changed, &mut choices);
    }
    let opened = open_part(&file_key(), &CONTEXT, 0, &changed);
    match &opened {
        Ok(opened) => assert!(opened == &text && changed == sealed, "a changed part opens"),
        Err(_) => assert_ne!(changed, sealed, "what was sealed does not open"),
    }
    assert!(
        open_part(&file_key(), &CONTEXT, 1, &changed).is_err(),
        "opens as another part"
    );
    assert!(
        open_part(&file_key(), &Digest([6; 32]), 0, &changed).is_err(),
        "in another context"
    );
    in_segments(&changed, &mut choices, opened.as_deref().ok());
    Reached::of(&opened)
}

fn change(bytes: &mut Vec<u8>, choices: &mut Choices<'_>) {
    let place = choices.below(bytes.len());
    match choices.byte() % 8 {
        1 if !bytes.is_empty() => bytes[place] ^= choices.byte(),
        2 => bytes.truncate(place),
        3 => bytes.extend(choices.bytes()),
        4 => drop(bytes.drain(..place)),
        5 if !bytes.is_empty() => {
            let copied = bytes[place..].to_vec();
            bytes.extend(copied);
        }
        6 => *bytes = choices.bytes().to_vec(),
        _ => {}
    }
}

/// Segments of other lengths than the protocol's never open to more than the whole does.
fn in_segments(sealed: &[u8], choices: &mut Choices<'_>, whole: Option<&[u8]>) {
    let Some((header, rest)) = sealed.split_at_checked(PART_HEADER_BYTES) else {
        return;
    };
    let Ok(mut opener) = PartOpener::new(&file_key(), &CONTEXT, 0, header) else {
        return;
    };
    let length = 1 + choices.below(2 * 16_400);
    let mut opened = Vec::new();
    for segment in rest.chunks(length) {
        match opener.open_segment(segment.to_vec()) {
            Ok(text) => opened.extend(text),
            Err(_) => return,
        }
    }
    if opener.finish().is_ok() {
        assert_eq!(Some(opened.as_slice()), whole);
    }
}
