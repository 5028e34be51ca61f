//! How much may wait for the writer. Beyond it a sender is told to come again before anything is done for it, so that
//! the memory of a server at the deadline is bounded and its word about who is in the log stays short.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};

use record::key::KeyId;

use super::{Rejection, lock};

/// The most statements that wait or are in the batch under way: two full batches.
pub const QUEUE_MAX: usize = 2 * super::BATCH_MAX;

/// The most bytes of them, as they are stored.
pub const QUEUE_BYTES_MAX: usize = 64 << 20;

/// The most statements of one key that wait or are in the batch under way.
pub const SENDER_MAX: usize = 16;

/// The most statements whose signatures could not be checked ahead (a new account's key, or nobody's): these must not
/// take the places of bidders.
pub const UNCHECKED_MAX: usize = QUEUE_MAX / 4;

/// What waits now.
#[derive(Default)]
pub struct Queue {
    load: Mutex<Load>,
}

#[derive(Default)]
struct Load {
    requests: usize,
    bytes: usize,
    unchecked: usize,
    senders: BTreeMap<KeyId, usize>,
}

/// A place in the queue; dropping it gives it back.
pub struct Seat {
    queue: Arc<Queue>,
    bytes: usize,
    sender: Option<KeyId>,
}

impl Queue {
    /// Whether a statement that comes now would be refused whatever it says: the moment to say so before its body is
    /// read.
    pub fn is_full(&self) -> bool {
        let load = lock(&self.load);
        load.requests >= QUEUE_MAX || load.bytes >= QUEUE_BYTES_MAX
    }

    /// How many statements wait or are in the batch under way, and their bytes.
    pub fn load(&self) -> (usize, usize) {
        let load = lock(&self.load);
        (load.requests, load.bytes)
    }

    /// A place for a statement of `bytes` bytes. `sender` is the key whose signature was checked; a key that was only
    /// named must not count, or anybody could use up another's places.
    ///
    /// # Errors
    /// [`Rejection::Busy`] when too many wait, [`Rejection::SenderBusy`] when too many of this sender do.
    pub fn enter(self: &Arc<Self>, bytes: usize, sender: Option<KeyId>) -> Result<Seat, Rejection> {
        let mut load = lock(&self.load);
        let is_full = load.requests >= QUEUE_MAX
            || load.bytes.saturating_add(bytes) > QUEUE_BYTES_MAX
            || (sender.is_none() && load.unchecked >= UNCHECKED_MAX);
        if is_full {
            return Err(Rejection::Busy);
        }
        match sender {
            Some(key) => {
                let waiting = load.senders.entry(key).or_default();
                if *waiting >= SENDER_MAX {
                    return Err(Rejection::SenderBusy);
                }
                *waiting += 1;
            }
            None => load.unchecked += 1,
        }
        load.requests += 1;
        load.bytes += bytes;
        drop(load);
        Ok(Seat {
            queue: Arc::clone(self),
            bytes,
            sender,
        })
    }
}

impl Drop for Seat {
    fn drop(&mut self) {
        let mut load = lock(&self.queue.load);
        load.requests -= 1;
        load.bytes -= self.bytes;
        match &self.sender {
            None => load.unchecked -= 1,
            Some(key) => {
                let left = load.senders.get_mut(key).map(|waiting| {
                    *waiting -= 1;
                    *waiting
                });
                if left == Some(0) {
                    load.senders.remove(key);
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use record::key::{Algorithm, KeyId, SigningKey};

    use super::{QUEUE_BYTES_MAX, QUEUE_MAX, Queue, SENDER_MAX, UNCHECKED_MAX};
    use crate::sequencer::Rejection;

    fn key(number: usize) -> KeyId {
        let mut seed = [7; 32];
        seed[..8].copy_from_slice(&(number as u64).to_be_bytes());
        SigningKey::from_secret(Algorithm::Ed25519, &seed)
            .unwrap()
            .public()
            .id()
    }

    #[test]
    fn it_is_full_at_its_limit_and_has_room_again_when_seats_are_given_back() {
        let queue = Arc::new(Queue::default());
        let keys: Vec<KeyId> = (0..QUEUE_MAX / SENDER_MAX).map(key).collect();
        let mut seats: Vec<_> = (0..QUEUE_MAX)
            .map(|number| queue.enter(1, Some(keys[number % keys.len()])).unwrap())
            .collect();
        assert!(queue.is_full());
        assert!(matches!(
            queue.enter(1, Some(key(99_999))),
            Err(Rejection::Busy)
        ));
        seats.pop();
        assert!(!queue.is_full());
        queue.enter(1, Some(key(99_999))).unwrap();
        drop(seats);
        assert!(queue.load.lock().unwrap().senders.is_empty());
    }

    #[test]
    fn one_sender_and_the_unchecked_leave_room_for_others() {
        let queue = Arc::new(Queue::default());
        let own: Vec<_> = (0..SENDER_MAX)
            .map(|_| queue.enter(1, Some(key(1))).unwrap())
            .collect();
        assert!(matches!(
            queue.enter(1, Some(key(1))),
            Err(Rejection::SenderBusy)
        ));
        let unchecked: Vec<_> = (0..UNCHECKED_MAX)
            .map(|_| queue.enter(1, None).unwrap())
            .collect();
        assert!(matches!(queue.enter(1, None), Err(Rejection::Busy)));
        queue.enter(1, Some(key(2))).unwrap();
        drop((own, unchecked));
        queue.enter(1, Some(key(1))).unwrap();
    }

    #[test]
    fn bytes_are_bounded_too() {
        let queue = Arc::new(Queue::default());
        let seat = queue.enter(QUEUE_BYTES_MAX, Some(key(1))).unwrap();
        assert!(queue.is_full());
        assert!(matches!(queue.enter(1, Some(key(2))), Err(Rejection::Busy)));
        drop(seat);
        assert!(!queue.is_full());
    }
}
