//! Large content: hashed where it lies, sent in segments, resumed where it stopped.

use std::fs::File;
use std::io::{self, Read, Seek, SeekFrom};
use std::path::{Path, PathBuf};

use record::Digest;
use record::sealing::{PART_HEADER_BYTES, SEGMENT_BYTES, root_of_leaves, segment_leaf};

use super::{Client, ClientError};

/// Where the leaves of a blob begin and end.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Layout {
    /// Segments of 4 198 400 bytes.
    Document,
    /// A header of 56 bytes, then segments of 4 198 400 bytes.
    SealedPart,
}

/// A file with its leaves.
#[derive(Clone, Debug)]
pub struct LocalBlob {
    /// Where it is.
    pub path: PathBuf,
    /// How it is cut.
    pub layout: Layout,
    /// Bytes.
    pub size: u64,
    /// Leaf hashes in order.
    pub leaves: Vec<Digest>,
    /// Root of the leaves.
    pub root: Digest,
}

/// Why an upload failed.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum UploadError {
    /// The server refuses or is away. Run the same command again: only what is missing is sent.
    #[error(transparent)]
    Client(#[from] ClientError),
    /// The file cannot be read.
    #[error("{path}: {source}")]
    File {
        /// Which file.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// The file is not the one that was hashed.
    #[error("{0} has changed since it was prepared; prepare it again, do not repair it")]
    Changed(PathBuf),
}

impl LocalBlob {
    /// Hashes a file, segment by segment.
    ///
    /// # Errors
    /// The file cannot be read.
    pub fn hash(path: &Path, layout: Layout) -> Result<LocalBlob, UploadError> {
        hash(path, layout).map_err(|source| UploadError::File {
            path: path.to_owned(),
            source,
        })
    }

    fn leaf_length(&self, number: u64) -> u64 {
        leaf_span(self.layout, number, self.size).1
    }

    /// Reads one leaf and compares it with its hash.
    ///
    /// # Errors
    /// The file cannot be read, or has changed.
    pub fn read_leaf(&self, number: u64) -> Result<Vec<u8>, UploadError> {
        let (start, length) = leaf_span(self.layout, number, self.size);
        let read = || {
            let mut file = File::open(&self.path)?;
            file.seek(SeekFrom::Start(start))?;
            let mut bytes = Vec::new();
            file.take(length).read_to_end(&mut bytes)?;
            Ok(bytes)
        };
        let bytes = read().map_err(|source| UploadError::File {
            path: self.path.clone(),
            source,
        })?;
        let expected = usize::try_from(number)
            .ok()
            .and_then(|number| self.leaves.get(number));
        if expected == Some(&segment_leaf(&bytes)) {
            Ok(bytes)
        } else {
            Err(UploadError::Changed(self.path.clone()))
        }
    }
}

/// Start and length of a leaf.
fn leaf_span(layout: Layout, number: u64, size: u64) -> (u64, u64) {
    let segment = SEGMENT_BYTES as u64;
    let header = match layout {
        Layout::Document => 0,
        Layout::SealedPart => PART_HEADER_BYTES as u64,
    };
    match number.checked_sub(u64::from(header > 0)) {
        None => (0, header.min(size)),
        Some(place) => {
            let start = header + place * segment;
            (start, segment.min(size.saturating_sub(start)))
        }
    }
}

fn hash(path: &Path, layout: Layout) -> io::Result<LocalBlob> {
    let mut file = File::open(path)?;
    let mut leaves = Vec::new();
    let mut size = 0;
    if layout == Layout::SealedPart {
        let header = read_up_to(&mut file, PART_HEADER_BYTES)?;
        size += header.len() as u64;
        leaves.push(segment_leaf(&header));
    }
    loop {
        let segment = read_up_to(&mut file, SEGMENT_BYTES)?;
        // An empty document has one empty segment; otherwise nothing follows the last byte.
        if segment.is_empty() && !leaves.is_empty() {
            break;
        }
        size += segment.len() as u64;
        leaves.push(segment_leaf(&segment));
        if segment.len() < SEGMENT_BYTES {
            break;
        }
    }
    Ok(LocalBlob {
        path: path.to_owned(),
        layout,
        size,
        root: root_of_leaves(&leaves),
        leaves,
    })
}

fn read_up_to(file: &mut File, bytes: usize) -> io::Result<Vec<u8>> {
    let mut buffer = Vec::new();
    file.take(bytes as u64).read_to_end(&mut buffer)?;
    Ok(buffer)
}

impl Client {
    /// Sends what the server does not have yet of `blob`; `progress` is told of every byte that is there,
    /// sent or found. Needs a session.
    ///
    /// # Errors
    /// As [`UploadError`].
    pub fn upload(
        &self,
        blob: &LocalBlob,
        progress: &mut dyn FnMut(u64),
    ) -> Result<(), UploadError> {
        let state = self.announce_blob(&blob.root, blob.size, &blob.leaves)?;
        let to_come: u64 = state
            .missing
            .iter()
            .map(|number| blob.leaf_length(*number))
            .sum();
        progress(blob.size.saturating_sub(to_come));
        for number in &state.missing {
            let bytes = blob.read_leaf(*number)?;
            self.put_segment(&blob.root, *number, &bytes)?;
            progress(bytes.len() as u64);
        }
        Ok(())
    }
}
