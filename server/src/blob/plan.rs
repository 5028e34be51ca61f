//! The sizes that the segments of declared content must have.

use record::Digest;
use record::sealing::{BID_BYTES_MAX, PART_HEADER_BYTES, SEGMENT_BYTES, root_of_leaves};
use store::blob::SegmentPlan;

use super::BlobError;
use crate::states::to_i64;

/// Leaves of the largest content, header included.
const LEAVES_MAX: usize = 4_200;

/// Sizes of the segments: of a document (segments only) or of a sealed part (a header of 56 bytes, then segments).
/// Which of the two it is follows from the number of leaves.
pub(super) fn plan(
    root: Digest,
    size_bytes: u64,
    leaves: &[Digest],
) -> Result<Vec<SegmentPlan>, BlobError> {
    if leaves.is_empty() || leaves.len() > LEAVES_MAX || size_bytes > BID_BYTES_MAX {
        return Err(BlobError::Declaration("1 to 4 200 leaves, at most 16 GiB"));
    }
    if root_of_leaves(leaves) != root {
        return Err(BlobError::Declaration("the leaves do not hash to the root"));
    }
    let header = PART_HEADER_BYTES as u64;
    let part = size_bytes.checked_sub(header).filter(|sealed| *sealed > 0);
    let part = part.map(|sealed| [vec![header], segments(sealed)].concat());
    let document = if size_bytes == 0 {
        vec![0]
    } else {
        segments(size_bytes)
    };
    let sizes = part
        .filter(|sizes| sizes.len() == leaves.len())
        .or_else(|| (document.len() == leaves.len()).then_some(document))
        .ok_or(BlobError::Declaration(
            "the number of leaves does not fit the size",
        ))?;
    let plan = |(leaf, size): (&Digest, u64)| SegmentPlan {
        leaf_hash: leaf.0,
        size_bytes: to_i64(size),
    };
    Ok(leaves.iter().zip(sizes).map(plan).collect())
}

fn segments(size_bytes: u64) -> Vec<u64> {
    let segment = SEGMENT_BYTES as u64;
    let full = size_bytes / segment;
    let rest = size_bytes % segment;
    std::iter::repeat_n(segment, usize::try_from(full).unwrap_or(0))
        .chain((rest > 0).then_some(rest))
        .collect()
}
