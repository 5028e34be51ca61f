//! Sealing and opening a bid beside the same pipeline written straight on ring: AES-256-GCM in chunks of 16 KiB, one
//! SHA-256 over the ciphertext of each segment. Both in place, both on one thread.

use record::Digest;
use record::sealing::{
    CHUNK_BYTES, FileKey, PartOpener, PartRoot, PartSealer, SEALED_CHUNK_BYTES, SEGMENT_BYTES,
    SEGMENT_TEXT_BYTES, fresh_salt,
};
use ring::aead::{AES_256_GCM, Aad, LessSafeKey, Nonce, UnboundKey};

use crate::measure::{in_child, in_turns};
use crate::table::{Row, duration, hundredths, memory, per_second, ratio};
use crate::{Failure, Size};

const PART: u32 = 1;
const TAG_BYTES: usize = SEALED_CHUNK_BYTES - CHUNK_BYTES;

/// Seal and open; both must reach 0.9 of the bare pipeline.
pub fn rows(size: Size) -> Result<Vec<Row>, Failure> {
    let segments = size.pick(16, 1);
    let (key, ctx) = (FileKey::generate()?, Digest::sha256(b"bench"));
    let text: Vec<u8> = (0..SEGMENT_TEXT_BYTES)
        .map(|place| (place % 251) as u8)
        .collect();
    let bare = Bare::new()?;
    let mut buffer = vec![0; SEGMENT_BYTES];
    let mut bare_buffer = vec![0; SEGMENT_BYTES];
    let turns = size.pick(7, 1);
    let mebibytes = segments as u128 * (SEGMENT_TEXT_BYTES >> 20) as u128;

    let seal = in_turns(
        turns,
        || seal_ours(&key, &ctx, &text, segments, &mut buffer),
        || bare.seal(&text, segments, &mut bare_buffer),
    );

    let (header, sealed) = sealed_segments(&key, &ctx, &text, segments)?;
    let bare_sealed: Vec<Vec<u8>> = (0..segments)
        .map(|segment| bare.sealed(&text, segment))
        .collect();
    // Opening works in place and eats its input; the copies are made outside the clock.
    let mut ours = std::iter::repeat_with(|| sealed.clone())
        .take(turns as usize)
        .collect::<Vec<_>>();
    let mut bares = std::iter::repeat_with(|| bare_sealed.clone())
        .take(turns as usize)
        .collect::<Vec<_>>();
    let open = in_turns(
        turns,
        || open_ours(&key, &ctx, &header, ours.pop().unwrap_or_default()),
        || bare.open(bares.pop().unwrap_or_default()),
    );

    let row = |what: &str, (ours, bare): (std::time::Duration, std::time::Duration)| {
        let share = hundredths(bare.as_nanos(), ours.as_nanos());
        Row {
            what: format!("{what} {mebibytes} MiB, beside bare ring"),
            ours: per_second(mebibytes, ours, "MiB"),
            bare: per_second(mebibytes, bare, "MiB"),
            comes_to: ratio(share),
            budget: ">= 0.90".to_owned(),
            kept: Some(share >= 90),
        }
    };
    Ok(vec![row("seal", seal), row("open", open)])
}

/// Peak memory of sealing and opening a large bid as a stream.
pub fn memory_rows(size: Size) -> Result<Vec<Row>, Failure> {
    let mebibytes = size.pick(1024, 8);
    let used = in_child(&["stream", &mebibytes.to_string()])?;
    let what = format!("peak memory of sealing and opening {mebibytes} MiB");
    let kept = used.peak_kib.map(|kib| kib < 64 * 1024);
    let mut row = Row::absolute(what, memory(used.peak_kib), "< 64 MiB", kept);
    row.bare = duration(used.elapsed);
    Ok(vec![row])
}

/// Seals that many MiB segment by segment and opens each segment again; nothing is kept but hashes.
pub fn stream(mebibytes: usize) -> Result<(), Failure> {
    let (key, ctx) = (FileKey::generate()?, Digest::sha256(b"bench"));
    let text: Vec<u8> = (0..SEGMENT_TEXT_BYTES)
        .map(|place| (place % 251) as u8)
        .collect();
    let mut sealer = PartSealer::new(&key, &ctx, PART, fresh_salt()?)?;
    let mut opener = PartOpener::new(&key, &ctx, PART, sealer.header())?;
    let mut root = PartRoot::new();
    root.push(sealer.header());
    let segments = mebibytes / (SEGMENT_TEXT_BYTES >> 20);
    for number in 0..=segments {
        let segment = sealer.seal_segment(if number < segments { &text } else { &[] })?;
        root.push(&segment);
        opener.open_segment(segment)?;
    }
    opener.finish()?;
    std::hint::black_box(root.finish());
    Ok(())
}

fn seal_ours(
    key: &FileKey,
    ctx: &Digest,
    text: &[u8],
    segments: usize,
    buffer: &mut [u8],
) -> Result<Digest, Failure> {
    let mut sealer = PartSealer::new(key, ctx, PART, fresh_salt()?)?;
    let mut root = PartRoot::new();
    root.push(sealer.header());
    for _ in 0..segments {
        let slots = PartSealer::text_slots(buffer);
        slots
            .zip(text.chunks(CHUNK_BYTES))
            .for_each(|(slot, chunk)| slot.copy_from_slice(chunk));
        let sealed = sealer.seal_segment_in_place(buffer, text.len())?;
        root.push(&buffer[..sealed]);
    }
    let last = sealer.seal_segment(&[])?;
    root.push(&last);
    Ok(root.finish())
}

type Sealed = ([u8; 56], Vec<Vec<u8>>);

fn sealed_segments(
    key: &FileKey,
    ctx: &Digest,
    text: &[u8],
    segments: usize,
) -> Result<Sealed, Failure> {
    let mut sealer = PartSealer::new(key, ctx, PART, fresh_salt()?)?;
    let mut sealed = (0..segments)
        .map(|_| sealer.seal_segment(text))
        .collect::<Result<Vec<_>, _>>()?;
    sealed.push(sealer.seal_segment(&[])?);
    Ok((*sealer.header(), sealed))
}

fn open_ours(
    key: &FileKey,
    ctx: &Digest,
    header: &[u8],
    segments: Vec<Vec<u8>>,
) -> Result<Digest, Failure> {
    let mut opener = PartOpener::new(key, ctx, PART, header)?;
    let mut root = PartRoot::new();
    root.push(header);
    for segment in segments {
        root.push(&segment);
        std::hint::black_box(opener.open_segment(segment)?);
    }
    opener.finish()?;
    Ok(root.finish())
}

/// The same work without a format: what a bare loop on ring costs.
struct Bare {
    key: LessSafeKey,
}

impl Bare {
    fn new() -> Result<Bare, Failure> {
        let key = UnboundKey::new(&AES_256_GCM, &[7; 32]).map_err(|_| "ring refuses the key")?;
        Ok(Bare {
            key: LessSafeKey::new(key),
        })
    }

    fn nonce(segment: usize, chunk: usize) -> Nonce {
        let mut nonce = [0; 12];
        nonce[..8].copy_from_slice(&((segment * 256 + chunk) as u64).to_be_bytes());
        Nonce::assume_unique_for_key(nonce)
    }

    fn seal_segment(&self, text: &[u8], segment: usize, buffer: &mut [u8]) {
        for (place, (chunk, slot)) in text
            .chunks(CHUNK_BYTES)
            .zip(buffer.chunks_mut(SEALED_CHUNK_BYTES))
            .enumerate()
        {
            let (body, tag_place) = slot.split_at_mut(CHUNK_BYTES);
            body.copy_from_slice(chunk);
            let tag = self.key.seal_in_place_separate_tag(
                Bare::nonce(segment, place),
                Aad::empty(),
                body,
            );
            tag_place.copy_from_slice(tag.expect("a chunk is short enough").as_ref());
        }
    }

    fn seal(&self, text: &[u8], segments: usize, buffer: &mut [u8]) -> Vec<ring::digest::Digest> {
        let seal = |segment| {
            self.seal_segment(text, segment, buffer);
            ring::digest::digest(&ring::digest::SHA256, buffer)
        };
        (0..segments).map(seal).collect()
    }

    fn sealed(&self, text: &[u8], segment: usize) -> Vec<u8> {
        let mut buffer = vec![0; SEGMENT_BYTES];
        self.seal_segment(text, segment, &mut buffer);
        buffer
    }

    fn open(&self, segments: Vec<Vec<u8>>) -> Vec<ring::digest::Digest> {
        let open = |(number, mut segment): (usize, Vec<u8>)| {
            let digest = ring::digest::digest(&ring::digest::SHA256, &segment);
            for (place, chunk) in segment.chunks_mut(SEALED_CHUNK_BYTES).enumerate() {
                let opened =
                    self.key
                        .open_in_place(Bare::nonce(number, place), Aad::empty(), chunk);
                assert_eq!(
                    opened.expect("it was sealed with this key").len(),
                    chunk_text()
                );
            }
            std::hint::black_box(segment);
            digest
        };
        segments.into_iter().enumerate().map(open).collect()
    }
}

const fn chunk_text() -> usize {
    SEALED_CHUNK_BYTES - TAG_BYTES
}
