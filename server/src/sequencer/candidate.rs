//! A statement before the lock: what can be done for it without the writer is done by whoever brings it, so that the
//! one thread that all wait for does only what has to be in order.

use std::collections::HashMap;
use std::sync::{PoisonError, RwLock};

use procedure::act::Act;
use record::chain::ChainId;
use record::key::{KeyId, PublicKey};
use record::statement::{Envelope, Verified};

/// Public keys by their ids, as far as a log in memory has met them. A key id is the hash of its key, so an entry is
/// right for good, also one of a batch that was rolled back; whether the key is registered and not revoked is asked of
/// the directory under the lock.
#[derive(Default)]
pub struct KeyBook(RwLock<HashMap<KeyId, PublicKey>>);

impl KeyBook {
    /// Remembers the key that `act` brings, if it brings one.
    pub fn learn(&self, act: &Act) {
        let key = match act {
            Act::AccountRegistered(body) => &body.key,
            Act::KeyRegistered(body) => &body.key,
            _ => return,
        };
        self.0
            .write()
            .unwrap_or_else(PoisonError::into_inner)
            .insert(key.id(), key.clone());
    }

    fn get(&self, id: &KeyId) -> Option<PublicKey> {
        self.0
            .read()
            .unwrap_or_else(PoisonError::into_inner)
            .get(id)
            .cloned()
    }
}

/// A statement for the chain that its sender named.
pub struct Candidate {
    pub(super) chain: ChainId,
    pub(super) id: record::Digest,
    pub(super) kind: String,
    /// The envelope as it will be stored.
    pub(super) json: Vec<u8>,
    pub(super) reading: Reading,
}

/// How far a statement is understood.
#[expect(
    clippy::large_enum_variant,
    reason = "nearly every statement is the large one, and at most a batch of them is held"
)]
pub(super) enum Reading {
    /// Its signatures hold.
    Checked(Verified<Act>),
    /// Something does not hold, or not yet (its key may be registered by what waits before it): the writer decides.
    Open(Envelope),
}

impl Candidate {
    /// Reads `envelope` and checks its signatures under the keys of `book`.
    pub fn new(envelope: Envelope, chain: ChainId, book: &KeyBook) -> Candidate {
        let checked = procedure::verify_with(envelope.clone(), |id| book.get(id));
        let mut candidate = Candidate::unchecked(envelope, chain);
        if let Ok(act) = checked {
            candidate.reading = Reading::Checked(act);
        }
        candidate
    }

    /// The same, leaving all of it to the writer.
    pub(super) fn unchecked(envelope: Envelope, chain: ChainId) -> Candidate {
        Candidate {
            chain,
            id: envelope.id(),
            kind: envelope.kind().to_owned(),
            json: envelope.to_json(),
            reading: Reading::Open(envelope),
        }
    }

    /// The first key that signed, if its signature holds and a log in memory has met it.
    pub(super) fn sender(&self, book: &KeyBook) -> Option<KeyId> {
        let Reading::Checked(act) = &self.reading else {
            return None;
        };
        let first = act.signers().first()?;
        book.get(first).map(|_| *first)
    }
}
