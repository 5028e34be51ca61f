//! The log: an append-only RFC 6962 tree of opaque leaves (protocol section 6).
//!
//! | module | what it holds |
//! |---|---|
//! | [`tree`] | roots, inclusion and consistency proofs over a storage trait |
//! | [`leaf`] | the 80 bytes of a leaf, noise, and the opening that ties a leaf to a statement |
//! | [`note`] | C2SP signed notes and verifier keys |
//! | [`checkpoint`] | C2SP checkpoints, the log's signature and witnesses' cosignatures |
//! | [`receipt`] | C2SP tlog-proofs, and the receipt that a bidder keeps |
//! | [`witness`] | C2SP tlog-witness: what a log sends to its witnesses, and what they decide |
//! | [`anchor`] | a witness's word that it was shown a digest at some time |

pub mod anchor;
pub mod checkpoint;
pub mod leaf;
pub mod note;
pub mod receipt;
pub mod tree;
pub mod witness;

/// Every batch ends at a multiple of this many leaves, so that the size of the log does not
/// show how many acts a batch held (protocol section 6).
pub const BATCH_MULTIPLE: u64 = 8;

/// How many noise leaves complete a batch.
///
/// `acts` is the number of acts in the batch, `size_after` the size of the log once they are
/// appended and before any noise is. A batch without acts is noise only and never empty: it gets
/// a full [`BATCH_MULTIPLE`] when the log already ends at a multiple.
///
/// Where the noise stands inside the batch is the caller's choice; put it at random places,
/// or the index in a receipt shows how many acts came before it in the same batch.
pub fn padding(acts: u64, size_after: u64) -> u64 {
    match size_after % BATCH_MULTIPLE {
        0 if acts == 0 => BATCH_MULTIPLE,
        0 => 0,
        rest => BATCH_MULTIPLE.saturating_sub(rest),
    }
}
