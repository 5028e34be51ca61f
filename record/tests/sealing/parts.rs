//! Parts: the vectors, streaming, and everything that must not open.

use proptest::prelude::*;
use record::Digest;
use record::sealing::{
    CHUNK_BYTES, FileKey, PART_HEADER_BYTES, PartOpener, PartSealer, SEALED_CHUNK_BYTES,
    SEGMENT_BYTES, SEGMENT_TEXT_BYTES, SealError, fresh_salt, open_part, seal_part, sealed_bytes,
};

use crate::vectors;

const SALT: [u8; 24] = [0x33; 24];

fn text_of(length: usize) -> Vec<u8> {
    (0..length).map(|index| (7 * index + 3) as u8).collect()
}

fn sealed(length: usize) -> Vec<u8> {
    seal_part(
        &vectors::file_key(),
        &vectors::ctx(),
        0,
        SALT,
        &text_of(length),
    )
}

fn opened(ciphertext: &[u8]) -> Result<Vec<u8>, SealError> {
    open_part(&vectors::file_key(), &vectors::ctx(), 0, ciphertext)
}

#[test]
fn the_vectors() {
    for payload in vectors::seal()["payloads"].as_array().unwrap() {
        let length = payload["len"].as_u64().unwrap() as usize;
        let ciphertext = sealed(length);
        assert_eq!(ciphertext.len() as u64, payload["ct_len"].as_u64().unwrap());
        assert_eq!(ciphertext.len() as u64, sealed_bytes(length as u64));
        assert_eq!(
            hex::encode(&ciphertext[..PART_HEADER_BYTES]),
            vectors::text(payload, "head56")
        );
        assert_eq!(
            Digest::sha256(&ciphertext).to_string(),
            vectors::text(payload, "ct_sha256")
        );
        assert_eq!(opened(&ciphertext).unwrap(), text_of(length));
    }
}

#[test]
fn sizes_are_those_of_the_protocol() {
    assert_eq!(
        (CHUNK_BYTES, SEGMENT_BYTES, PART_HEADER_BYTES),
        (16_384, 4_198_400, 56)
    );
}

#[test]
fn segments_join_to_the_part_in_every_way_of_sealing() {
    for length in [
        0,
        1,
        CHUNK_BYTES,
        SEGMENT_TEXT_BYTES - 1,
        SEGMENT_TEXT_BYTES,
        SEGMENT_TEXT_BYTES + 1,
        2 * SEGMENT_TEXT_BYTES,
    ] {
        let text = text_of(length);
        let whole = sealed(length);
        assert_eq!(whole.len() as u64, sealed_bytes(length as u64));
        assert_eq!(opened(&whole).unwrap(), text, "{length}");
        let mut sealer = PartSealer::new(&vectors::file_key(), &vectors::ctx(), 0, SALT).unwrap();
        let mut streamed = sealer.header().to_vec();
        let mut buffer = vec![0xaa; SEGMENT_BYTES];
        let mut rest = text.as_slice();
        while !sealer.ended() {
            let (segment, behind) = rest.split_at(rest.len().min(SEGMENT_TEXT_BYTES));
            for (slot, chunk) in
                PartSealer::text_slots(&mut buffer).zip(segment.chunks(CHUNK_BYTES))
            {
                slot[..chunk.len()].copy_from_slice(chunk);
            }
            let length = sealer
                .seal_segment_in_place(&mut buffer, segment.len())
                .unwrap();
            streamed.extend_from_slice(&buffer[..length]);
            rest = behind;
        }
        assert!(streamed == whole, "{length}");
        assert_eq!(
            sealer.seal_segment(b"more").unwrap_err().code(),
            "seal-segment"
        );
    }
}

#[test]
fn streams_open_segment_by_segment() {
    let text = text_of(SEGMENT_TEXT_BYTES + 20_000);
    let part = sealed(text.len());
    let (header, rest) = part.split_at(PART_HEADER_BYTES);
    let mut opener = PartOpener::new(&vectors::file_key(), &vectors::ctx(), 0, header).unwrap();
    let mut joined = Vec::new();
    for segment in rest.chunks(SEGMENT_BYTES) {
        joined.extend(opener.open_segment(segment.to_vec()).unwrap());
    }
    assert_eq!(
        opener.open_segment(vec![0; 16]).unwrap_err().code(),
        "seal-segment"
    );
    opener.finish().unwrap();
    assert!(joined == text);
}

#[test]
fn other_keys_contexts_and_numbers_do_not_open() {
    let part = sealed(100);
    let (key, ctx) = (vectors::file_key(), vectors::ctx());
    assert_eq!(
        open_part(&FileKey::from_bytes([1; 32]), &ctx, 0, &part),
        Err(SealError::Commitment)
    );
    assert_eq!(
        open_part(&key, &Digest::ZERO, 0, &part),
        Err(SealError::Commitment)
    );
    assert_eq!(open_part(&key, &ctx, 1, &part), Err(SealError::Commitment));
    assert_eq!(open_part(&key, &ctx, 0, &part), Ok(text_of(100)));
}

#[test]
fn every_truncation_is_noticed() {
    let part = sealed(2 * CHUNK_BYTES + 5);
    for length in
        (0..part.len()).filter(|length| length % 97 == 0 || length % SEALED_CHUNK_BYTES < 80)
    {
        assert!(opened(&part[..length]).is_err(), "{length}");
    }
    // At a chunk boundary and inside a tag the reason is the cut itself.
    for length in [
        0,
        55,
        56,
        56 + SEALED_CHUNK_BYTES,
        56 + 2 * SEALED_CHUNK_BYTES,
        56 + SEALED_CHUNK_BYTES + 15,
    ] {
        assert_eq!(
            opened(&part[..length]),
            Err(SealError::Truncated {
                bytes: length as u64
            })
        );
    }
    let long = sealed(SEGMENT_TEXT_BYTES + 1);
    assert_eq!(
        opened(&long[..56 + SEGMENT_BYTES]).unwrap_err().code(),
        "seal-truncated"
    );
}

#[test]
fn longer_parts_are_refused() {
    let part = sealed(10);
    assert_eq!(
        opened(&[part.as_slice(), &[0]].concat()),
        Err(SealError::Chunk { chunk: 0 })
    );
    let full = sealed(CHUNK_BYTES);
    assert_eq!(
        opened(&[full.as_slice(), &[0; 20]].concat()),
        Err(SealError::Chunk { chunk: 1 })
    );
    let mut sealer = PartSealer::new(&vectors::file_key(), &vectors::ctx(), 0, SALT).unwrap();
    assert_eq!(
        sealer
            .seal_segment(&vec![0; SEGMENT_TEXT_BYTES + 1])
            .unwrap_err()
            .code(),
        "seal-segment"
    );
    assert_eq!(
        sealer
            .seal_segment_in_place(&mut [0; 99], 99)
            .unwrap_err()
            .code(),
        "seal-segment"
    );
    assert_eq!(sealer.header()[..24], SALT);
    let mut opener =
        PartOpener::new(&vectors::file_key(), &vectors::ctx(), 0, sealer.header()).unwrap();
    assert_eq!(
        opener
            .open_segment(vec![0; SEGMENT_BYTES + 1])
            .unwrap_err()
            .code(),
        "seal-segment"
    );
}

#[test]
fn swapped_and_foreign_segments_are_refused() {
    let part = sealed(2 * SEGMENT_TEXT_BYTES + 3);
    let (header, rest) = part.split_at(PART_HEADER_BYTES);
    let segments: Vec<_> = rest.chunks(SEGMENT_BYTES).collect();
    let join = |order: &[usize]| {
        [
            header.to_vec(),
            order
                .iter()
                .flat_map(|index| segments[*index].to_vec())
                .collect(),
        ]
        .concat()
    };
    assert!(opened(&join(&[0, 1, 2])).is_ok());
    assert_eq!(
        opened(&join(&[1, 0, 2])),
        Err(SealError::Chunk { chunk: 0 })
    );
    assert_eq!(
        opened(&join(&[0, 0, 2])),
        Err(SealError::Chunk { chunk: 256 })
    );
    assert_eq!(opened(&join(&[0, 2])), Err(SealError::Chunk { chunk: 256 }));
    // Two chunks swapped inside one segment.
    let mut swapped = sealed(3 * CHUNK_BYTES);
    let (first, second) = swapped[PART_HEADER_BYTES..].split_at_mut(SEALED_CHUNK_BYTES);
    first.swap_with_slice(&mut second[..SEALED_CHUNK_BYTES]);
    assert_eq!(opened(&swapped), Err(SealError::Chunk { chunk: 0 }));
    // The same text sealed with another salt does not lend its chunks.
    let other = seal_part(
        &vectors::file_key(),
        &vectors::ctx(),
        0,
        [0x44; 24],
        &text_of(100),
    );
    let mixed = [
        &sealed(100)[..PART_HEADER_BYTES],
        &other[PART_HEADER_BYTES..],
    ]
    .concat();
    assert_eq!(opened(&mixed), Err(SealError::Chunk { chunk: 0 }));
    let header_of_other = [
        &other[..PART_HEADER_BYTES],
        &sealed(100)[PART_HEADER_BYTES..],
    ]
    .concat();
    assert_eq!(opened(&header_of_other), Err(SealError::Chunk { chunk: 0 }));
}

#[test]
fn salts_are_random() {
    assert_ne!(fresh_salt().unwrap(), fresh_salt().unwrap());
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn what_is_sealed_opens(text in proptest::collection::vec(any::<u8>(), 0..40_000), part in any::<u32>(), salt in any::<[u8; 24]>()) {
        let (key, ctx) = (vectors::file_key(), vectors::ctx());
        let ciphertext = seal_part(&key, &ctx, part, salt, &text);
        prop_assert_eq!(open_part(&key, &ctx, part, &ciphertext).unwrap(), text);
    }

    #[test]
    fn a_flipped_bit_is_noticed(place in any::<prop::sample::Index>(), bit in 0..8u32) {
        let mut part = sealed(20_000);
        let place = place.index(part.len());
        part[place] ^= 1 << bit;
        prop_assert!(opened(&part).is_err());
    }

    #[test]
    fn arbitrary_bytes_do_not_open(bytes in proptest::collection::vec(any::<u8>(), 0..200)) {
        prop_assert!(opened(&bytes).is_err());
    }
}
