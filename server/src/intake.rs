//! What requests under way may hold: bytes of bodies in memory, and threads. Beyond it a request is told to come again,
//! before any work is done for it.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use record::Identifier;

/// Bytes of segments that are being received or written to the blob storage, all accounts together: 16 segments.
pub const SEGMENTS_BYTES_MAX: usize = 16 * record::sealing::SEGMENT_BYTES;

/// Segments of one account that are being received or written.
pub const SEGMENTS_PER_ACCOUNT_MAX: usize = 4;

/// Bytes of statements and of other JSON that are being received or read.
pub const BODIES_BYTES_MAX: usize = 64 << 20;

/// Requests that wait for a thread or hold one; actix keeps 512 threads for them and queues the rest without a bound.
pub const JOBS_MAX: usize = 1_024;

/// How long a statement or other JSON may take to arrive.
pub const BODY_WAIT: Duration = Duration::from_secs(30);

/// How long a segment may take to arrive: 4 MiB in two minutes is 35 KB/s.
pub const SEGMENT_WAIT: Duration = Duration::from_secs(120);

/// What is held now.
#[derive(Default)]
pub struct Intake {
    bodies: AtomicUsize,
    segments: Mutex<Segments>,
    jobs: AtomicUsize,
}

#[derive(Default)]
struct Segments {
    bytes: usize,
    by_account: BTreeMap<Identifier, usize>,
}

/// There is no room.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NoRoom {
    /// For anybody.
    #[error("too much is under way; try again")]
    Busy,
    /// For this account, which has too much under way itself.
    #[error("{SEGMENTS_PER_ACCOUNT_MAX} segments of this account are under way already")]
    Account,
}

/// Bytes of a body that grows while it is read; given back when it is dropped.
pub struct Body {
    intake: Arc<Intake>,
    bytes: usize,
}

/// A segment under way; given back when it is dropped.
pub struct Segment {
    intake: Arc<Intake>,
    account: Identifier,
    bytes: usize,
}

/// A thread in use or waited for; given back when it is dropped.
pub struct Job {
    intake: Arc<Intake>,
}

impl Intake {
    /// A body of which nothing has come yet. What it holds is counted as it comes, so that a sender who announces much
    /// and sends nothing takes nobody's room.
    ///
    /// # Errors
    /// [`NoRoom::Busy`].
    pub fn body(self: &Arc<Self>) -> Result<Body, NoRoom> {
        if self.bodies.load(Ordering::Relaxed) >= BODIES_BYTES_MAX {
            return Err(NoRoom::Busy);
        }
        Ok(Body {
            intake: Arc::clone(self),
            bytes: 0,
        })
    }

    /// Room for a whole segment of `account`, before any of it is read: a segment that was half received is work to be
    /// done twice.
    ///
    /// # Errors
    /// [`NoRoom`].
    pub fn segment(
        self: &Arc<Self>,
        account: &Identifier,
        bytes: usize,
    ) -> Result<Segment, NoRoom> {
        let mut segments = lock(&self.segments);
        if segments.bytes + bytes > SEGMENTS_BYTES_MAX {
            return Err(NoRoom::Busy);
        }
        let own = segments.by_account.entry(account.clone()).or_default();
        if *own >= SEGMENTS_PER_ACCOUNT_MAX {
            return Err(NoRoom::Account);
        }
        *own += 1;
        segments.bytes += bytes;
        Ok(Segment {
            intake: Arc::clone(self),
            account: account.clone(),
            bytes,
        })
    }

    /// A thread.
    ///
    /// # Errors
    /// [`NoRoom::Busy`].
    pub fn job(self: &Arc<Self>) -> Result<Job, NoRoom> {
        // Made first: if there is no room, dropping it takes the count back.
        let job = Job {
            intake: Arc::clone(self),
        };
        if self.jobs.fetch_add(1, Ordering::Relaxed) < JOBS_MAX {
            Ok(job)
        } else {
            Err(NoRoom::Busy)
        }
    }
}

impl Body {
    /// So many more bytes have come.
    ///
    /// # Errors
    /// [`NoRoom::Busy`].
    pub fn grow(&mut self, bytes: usize) -> Result<(), NoRoom> {
        self.bytes += bytes;
        let before = self.intake.bodies.fetch_add(bytes, Ordering::Relaxed);
        if before + bytes > BODIES_BYTES_MAX {
            return Err(NoRoom::Busy);
        }
        Ok(())
    }
}

impl Drop for Body {
    fn drop(&mut self) {
        self.intake.bodies.fetch_sub(self.bytes, Ordering::Relaxed);
    }
}

impl Drop for Segment {
    fn drop(&mut self) {
        let mut segments = lock(&self.intake.segments);
        segments.bytes -= self.bytes;
        if let Some(own) = segments.by_account.get_mut(&self.account) {
            *own -= 1;
            if *own == 0 {
                segments.by_account.remove(&self.account);
            }
        }
    }
}

impl Drop for Job {
    fn drop(&mut self) {
        self.intake.jobs.fetch_sub(1, Ordering::Relaxed);
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use record::Identifier;

    use super::{
        BODIES_BYTES_MAX, Intake, JOBS_MAX, NoRoom, SEGMENTS_BYTES_MAX, SEGMENTS_PER_ACCOUNT_MAX,
    };

    fn id(text: &str) -> Identifier {
        Identifier::new(text).unwrap()
    }

    #[test]
    fn segments_are_bounded_for_all_and_for_each_and_come_back() {
        let intake = Arc::new(Intake::default());
        let size = record::sealing::SEGMENT_BYTES;
        let own: Vec<_> = (0..SEGMENTS_PER_ACCOUNT_MAX)
            .map(|_| intake.segment(&id("a"), size).unwrap())
            .collect();
        assert_eq!(intake.segment(&id("a"), size).err(), Some(NoRoom::Account));
        let others: Vec<_> = (0..SEGMENTS_BYTES_MAX / size - own.len())
            .map(|number| intake.segment(&id(&format!("b{number}")), size).unwrap())
            .collect();
        assert_eq!(intake.segment(&id("c"), size).err(), Some(NoRoom::Busy));
        drop(others);
        intake.segment(&id("c"), size).unwrap();
        drop(own);
        intake.segment(&id("a"), size).unwrap();
        assert!(intake.segments.lock().unwrap().by_account.is_empty());
    }

    #[test]
    fn bodies_count_what_has_come_and_jobs_come_back() {
        let intake = Arc::new(Intake::default());
        let mut body = intake.body().unwrap();
        body.grow(BODIES_BYTES_MAX).unwrap();
        assert!(intake.body().is_err());
        assert_eq!(body.grow(1), Err(NoRoom::Busy));
        drop(body);
        assert!(intake.body().is_ok());

        let jobs: Vec<_> = (0..JOBS_MAX).map(|_| intake.job().unwrap()).collect();
        assert!(intake.job().is_err());
        assert!(intake.job().is_err());
        drop(jobs);
        assert!(intake.job().is_ok());
    }
}
