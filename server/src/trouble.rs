//! Which failures are the storage's own: a full disk, a database that does not answer. Whoever meets one is told so
//! and comes again; everything else is a defect.

use std::error::Error;
use std::io::ErrorKind;

use record::log::tree::TreeError;
use store::StoreError;
pub use store::Trouble;

use crate::blob::BlobError;
use crate::export::ExportError;
use crate::log::LogError;
use crate::node::NodeError;
use crate::sequencer::SequencerError;
use crate::states::StateError;

/// An error behind which there may be trouble with the storage.
pub trait Troubled {
    /// What is wrong with the storage, if that is it.
    fn trouble(&self) -> Option<Trouble>;
}

impl Troubled for StoreError {
    fn trouble(&self) -> Option<Trouble> {
        StoreError::trouble(self)
    }
}

impl Troubled for StateError {
    fn trouble(&self) -> Option<Trouble> {
        match self {
            StateError::Store(error) => error.trouble(),
            StateError::Replay { .. } => None,
        }
    }
}

impl Troubled for LogError {
    fn trouble(&self) -> Option<Trouble> {
        match self {
            LogError::Store(error) | LogError::Tree(TreeError::Storage(error)) => error.trouble(),
            _ => None,
        }
    }
}

impl Troubled for SequencerError {
    fn trouble(&self) -> Option<Trouble> {
        match self {
            SequencerError::Store(error) => error.trouble(),
            SequencerError::State(error) => error.trouble(),
            SequencerError::Log(error) => error.trouble(),
            SequencerError::BatchFailed(trouble) => *trouble,
            SequencerError::Randomness => None,
        }
    }
}

impl Troubled for ExportError {
    fn trouble(&self) -> Option<Trouble> {
        match self {
            ExportError::Store(error) => error.trouble(),
            ExportError::State(error) => error.trouble(),
            ExportError::Log(error) => error.trouble(),
            _ => None,
        }
    }
}

impl Troubled for NodeError {
    fn trouble(&self) -> Option<Trouble> {
        match self {
            NodeError::Store(error) => error.trouble(),
            NodeError::State(error) => error.trouble(),
            NodeError::Log(error) => error.trouble(),
            NodeError::Blobs(error) => error.trouble(),
            _ => None,
        }
    }
}

impl Troubled for BlobError {
    /// A disk that is full or read-only says so somewhere in the chain of causes. Whatever else keeps the storage of
    /// blobs from working has a code of its own.
    fn trouble(&self) -> Option<Trouble> {
        match self {
            BlobError::Store(error) => error.trouble(),
            BlobError::Objects(error) => of_file_system(error),
            _ => None,
        }
    }
}

fn of_file_system(error: &(dyn Error + 'static)) -> Option<Trouble> {
    let mut cause = Some(error);
    while let Some(error) = cause {
        let kind = error
            .downcast_ref::<std::io::Error>()
            .map(std::io::Error::kind);
        match kind {
            Some(ErrorKind::StorageFull | ErrorKind::QuotaExceeded) => return Some(Trouble::Full),
            Some(ErrorKind::ReadOnlyFilesystem | ErrorKind::PermissionDenied) => {
                return Some(Trouble::ReadOnly);
            }
            _ => cause = error.source(),
        }
    }
    None
}
