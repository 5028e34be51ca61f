//! Public answers in memory, valid while the public part of the log stays as it is.
//!
//! Only what is the same for everybody may be kept here: the key is the address alone, and no session or clock may
//! have had a part in the answer. Anything here can be dropped at any time.

use std::collections::HashMap;
use std::sync::{Arc, PoisonError, RwLock};

use bytes::Bytes;
use record::Digest;
use tokio::sync::OnceCell;

/// The most bytes that are kept, addresses included; beyond that all are dropped and made again when they are asked
/// for.
pub const ANSWERS_BYTES_MAX: usize = 64 << 20;

/// Longer answers are not kept.
pub const ANSWER_BYTES_MAX: usize = 4 << 20;

/// Longer addresses are not kept.
pub const ADDRESS_BYTES_MAX: usize = 512;

/// What an entry takes besides its address and its body, roughly.
const ENTRY_BYTES: usize = 256;

/// A body and its tag.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Answer {
    /// The body.
    pub body: Bytes,
    /// The entity tag, quoted: a hash of the body and of nothing else, so that it changes exactly when what the reader
    /// may see changes. A log position would also move with sealed acts, and tell before closing how many there are.
    pub tag: Arc<str>,
}

impl Answer {
    /// With its tag.
    pub fn new(body: impl Into<Bytes>) -> Answer {
        let body = body.into();
        let mut hash = Digest::sha256(&body).to_string();
        hash.truncate(32);
        Answer {
            tag: format!("\"{hash}\"").into(),
            body,
        }
    }
}

/// Answers by address.
#[derive(Default)]
pub struct Answers {
    kept: RwLock<Kept>,
}

/// Filled by the first who asks; `None` inside: it went wrong, and nobody else need wait for it.
type Slot = Arc<OnceCell<Option<Answer>>>;

#[derive(Default)]
struct Kept {
    position: u64,
    bytes: usize,
    slots: HashMap<Box<str>, Slot>,
}

impl Answers {
    /// The answer that was kept for `address` at `position` or, made once for all who wait for it, a new one.
    ///
    /// # Errors
    /// Those of `make`.
    pub async fn get<E>(
        &self,
        address: &str,
        position: u64,
        make: impl AsyncFnOnce() -> Result<Answer, E>,
    ) -> Result<Answer, E> {
        let Some(slot) = self.slot(address, position) else {
            return make().await;
        };
        let mut make = Some(make);
        let mut failed = None;
        let answer = slot
            .get_or_init(async || match make.take() {
                Some(make) => match make().await {
                    Ok(answer) => {
                        self.keep(address, position, answer.body.len());
                        Some(answer)
                    }
                    Err(error) => {
                        failed = Some(error);
                        self.forget(address);
                        None
                    }
                },
                None => None,
            })
            .await
            .clone();
        match (answer, failed, make) {
            (Some(answer), _, _) => Ok(answer),
            (None, Some(error), _) => Err(error),
            // Somebody else tried and failed: this request fails, or not, for itself.
            (None, None, Some(make)) => make().await,
            (None, None, None) => unreachable!("whoever took `make` has an answer or an error"),
        }
    }

    /// The place for an address; `None`: it is not to be kept.
    fn slot(&self, address: &str, position: u64) -> Option<Slot> {
        if address.len() > ADDRESS_BYTES_MAX {
            return None;
        }
        let kept = self.kept.read().unwrap_or_else(PoisonError::into_inner);
        if kept.position == position
            && let Some(slot) = kept.slots.get(address)
        {
            return Some(Arc::clone(slot));
        }
        drop(kept);
        let mut kept = self.kept.write().unwrap_or_else(PoisonError::into_inner);
        if kept.position > position {
            // Another request knows more already: what this one finds may be kept under its position by nobody.
            return None;
        }
        let size = address.len() + ENTRY_BYTES;
        if kept.position < position || kept.bytes + size > ANSWERS_BYTES_MAX {
            *kept = Kept {
                position,
                ..Kept::default()
            };
        }
        if !kept.slots.contains_key(address) {
            kept.bytes += size;
        }
        let slot = kept.slots.entry(address.into()).or_default();
        Some(Arc::clone(slot))
    }

    fn keep(&self, address: &str, position: u64, bytes: usize) {
        let mut kept = self.kept.write().unwrap_or_else(PoisonError::into_inner);
        if kept.position != position || !kept.slots.contains_key(address) {
            return;
        }
        if bytes > ANSWER_BYTES_MAX {
            kept.slots.remove(address);
        } else if kept.bytes + bytes > ANSWERS_BYTES_MAX {
            *kept = Kept {
                position,
                ..Kept::default()
            };
        } else {
            kept.bytes += bytes;
        }
    }

    fn forget(&self, address: &str) {
        let mut kept = self.kept.write().unwrap_or_else(PoisonError::into_inner);
        kept.slots.remove(address);
    }
}
