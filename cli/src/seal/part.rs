//! Parts on disk: a file is sealed segment by segment, so that memory stays flat.

use std::fs::File;
use std::io::{self, Read, Write};
use std::path::{Path, PathBuf};

use procedure::act::SealedPart;
use record::Digest;
use record::sealing::{
    FileKey, PART_HEADER_BYTES, PartRoot, PartSealer, SEGMENT_TEXT_BYTES, fresh_salt,
};

use super::SealingError;

/// A sealed part that lies in a file.
#[derive(Clone, Debug)]
pub struct PartFile {
    /// The ciphertext.
    pub path: PathBuf,
    /// Bytes of text that went in.
    pub text_bytes: u64,
    /// What the manifest says of it.
    pub part: SealedPart,
}

/// Seals the file `source` as part `number` into the new file `target`. `progress` is told of every byte of text.
///
/// # Errors
/// Files that cannot be read or written, or more than a bid may have.
pub fn seal_file(
    key: &FileKey,
    context: &Digest,
    number: u32,
    source: &Path,
    target: &Path,
    progress: &mut dyn FnMut(u64),
) -> Result<PartFile, SealingError> {
    let mut input = File::open(source).map_err(SealingError::file(source))?;
    let mut output = File::create_new(target).map_err(SealingError::file(target))?;
    let mut sealer = PartSealer::new(key, context, number, fresh_salt()?)?;
    let mut root = PartRoot::new();
    let mut write = |bytes: &[u8]| output.write_all(bytes).map_err(SealingError::file(target));

    write(sealer.header())?;
    root.push(sealer.header());
    let (mut size, mut text_bytes) = (PART_HEADER_BYTES as u64, 0);
    while !sealer.ended() {
        let text = read_segment(&mut input).map_err(SealingError::file(source))?;
        let segment = sealer.seal_segment(&text)?;
        write(&segment)?;
        root.push(&segment);
        size += segment.len() as u64;
        text_bytes += text.len() as u64;
        progress(text.len() as u64);
    }
    output.sync_all().map_err(SealingError::file(target))?;
    let segments = u32::try_from(root.leaves().len().saturating_sub(1)).unwrap_or(u32::MAX);
    let part = SealedPart {
        size,
        root: root.finish(),
        segments,
        inline: None,
    };
    Ok(PartFile {
        path: target.to_owned(),
        text_bytes,
        part,
    })
}

fn read_segment(input: &mut File) -> io::Result<Vec<u8>> {
    let mut text = Vec::with_capacity(SEGMENT_TEXT_BYTES);
    input
        .take(SEGMENT_TEXT_BYTES as u64)
        .read_to_end(&mut text)?;
    Ok(text)
}
