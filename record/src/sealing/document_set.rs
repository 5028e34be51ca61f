//! The digest of the tender documents that a bid answers.

use super::SealError;
use crate::Digest;
use crate::seq::{Seq, domain};

/// `SEQ("etender.v1/document-set", name_1, u64be size_1, root_1, name_2, ...)`.
///
/// `documents` are name, size in bytes and root; the names ascend (by their UTF-8 bytes) and are unique.
pub fn document_set_digest(documents: &[(String, u64, Digest)]) -> Result<Digest, SealError> {
    for (left, right) in documents.iter().zip(documents.iter().skip(1)) {
        if left.0 >= right.0 {
            return Err(SealError::DocumentOrder {
                name: right.0.clone(),
            });
        }
    }
    let mut hash = Seq::new(domain::DOCUMENT_SET, documents.len().saturating_mul(3));
    for (name, size, root) in documents {
        hash.field(name.as_bytes());
        hash.field(&size.to_be_bytes());
        hash.field(root.as_bytes());
    }
    Ok(hash.finish())
}
