//! What others send while a tender is under way: new accounts, and uploads in segments. Whoever gets no answer sends
//! the same bytes again until there is one.

use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::Duration;

use record::sealing::{PART_HEADER_BYTES, SEGMENT_BYTES};
use testbed::{Actor, Client};

use crate::chance::Chance;

/// Pause between two statements of one sender.
const PAUSE: Duration = Duration::from_millis(60);

/// What the senders did, and what must not have happened.
#[derive(Default)]
pub struct Traffic {
    over: AtomicBool,
    /// Statements that had to be sent more than once.
    pub resent: AtomicUsize,
    /// Uploads that were completed.
    pub uploads: AtomicUsize,
    complaints: Mutex<Vec<String>>,
}

impl Traffic {
    /// Nobody begins anything new.
    pub fn stop(&self) {
        self.over.store(true, Ordering::Relaxed);
    }

    fn is_over(&self) -> bool {
        self.over.load(Ordering::Relaxed)
    }

    fn complain(&self, what: String) {
        self.complaints
            .lock()
            .expect("nobody panics here")
            .push(what);
    }

    /// What the senders complained about so far; then it is forgotten.
    ///
    /// # Panics
    /// A sender panicked.
    pub fn complaints(&self) -> Vec<String> {
        std::mem::take(&mut *self.complaints.lock().expect("nobody panics here"))
    }

    /// Registers one account after the other.
    pub fn register_accounts(&self, client: &Client, sender: usize) {
        for number in 0.. {
            if self.is_over() {
                return;
            }
            let actor = Actor::new(&format!("sender-{sender}-{number}"));
            let envelope = testbed::signed(actor.registration(), &[&actor]);
            let chain = record::chain::ChainId::Account(actor.id().clone());
            let mut attempts = 0;
            loop {
                match client.post_once(&chain, &envelope) {
                    Ok(_) => break,
                    Err(failure) if failure.is_passing() => attempts += 1,
                    Err(failure) => {
                        self.complain(format!("registration {sender}-{number}: {failure}"));
                        break;
                    }
                }
                // The server may be down for good only when everything is over.
                if self.is_over() {
                    return;
                }
                std::thread::sleep(Duration::from_millis(5));
            }
            self.resent.fetch_add(attempts.min(1), Ordering::Relaxed);
            std::thread::sleep(PAUSE);
        }
    }

    /// Uploads one content after the other: mostly a header and one segment, sometimes three segments.
    pub fn upload_contents(&self, client: &Client, seed: u64) {
        let owner = Actor::new("uploader");
        let mut chance = Chance::new(seed);
        if let Err(failure) = client.say(owner.registration(), &[&owner]) {
            return self.complain(format!("the uploader: {failure}"));
        }
        while !self.is_over() {
            let token = client.session(&owner);
            let sealed = if chance.once_in(8) {
                2 * SEGMENT_BYTES + 1_000
            } else {
                usize::try_from(1_000 + chance.below(300_000)).expect("small")
            };
            let mut bytes = vec![0; PART_HEADER_BYTES + sealed];
            for chunk in bytes.chunks_exact_mut(4_096) {
                chunk[..8].copy_from_slice(&chance.next_u64().to_be_bytes());
            }
            bytes[..8].copy_from_slice(&chance.next_u64().to_be_bytes());
            let (header, rest) = bytes.split_at(PART_HEADER_BYTES);
            let rest = rest.chunks(SEGMENT_BYTES).map(<[u8]>::to_vec);
            let segments: Vec<_> = std::iter::once(header.to_vec()).chain(rest).collect();
            client.upload(&owner, &token, &segments);
            self.uploads.fetch_add(1, Ordering::Relaxed);
            std::thread::sleep(PAUSE);
        }
    }
}
