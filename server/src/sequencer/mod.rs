//! The single writer: requests wait in a queue, and at most once in an interval all that wait become one batch,
//! one transaction, one checkpoint (group commit; protocol section 6).

mod batch;
mod place;

use std::sync::mpsc::{Receiver, RecvTimeoutError, Sender, SyncSender, channel, sync_channel};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use procedure::Refusal;
use record::chain::ChainId;
use record::log::receipt::Receipt;
use record::statement::Envelope;
use record::{Digest, Identifier};
use store::StoreError;

use crate::clock::Clock;
use crate::keys::PlatformKeys;
use crate::log::LogError;
use crate::states::{StateError, States};

/// The most requests of one batch.
const BATCH_MAX: usize = 512;

/// What the sequencer works with.
pub struct Core {
    /// The database.
    pub store: store::Store,
    /// The log in memory. Held during a batch, until it is committed, so that nobody sees what may be rolled back.
    pub states: Mutex<States>,
    /// The platform's keys.
    pub keys: PlatformKeys,
    /// Where time comes from.
    pub clock: Clock,
}

impl Core {
    /// The log in memory. A batch that panicked has left it ahead of the log, so it starts again.
    pub fn states(&self) -> MutexGuard<'_, States> {
        self.states
            .lock()
            .unwrap_or_else(|poisoned: PoisonError<_>| {
                self.states.clear_poison();
                let mut states = poisoned.into_inner();
                states.reset();
                states
            })
    }
}

/// Something to be appended.
pub enum Work {
    /// A statement, for the chain that its sender named.
    Statement {
        /// The statement.
        envelope: Box<Envelope>,
        /// The chain that the request named.
        chain: ChainId,
    },
    /// Close a tender: the statement names the ends of chains as they are inside the transaction.
    Close(Identifier),
    /// Nothing but noise.
    Noise,
}

/// A statement is on the log.
#[derive(Clone, Debug)]
pub struct Admitted {
    /// What its sender takes home.
    pub receipt: Receipt,
    /// Whether it was new; otherwise it had been admitted before.
    pub fresh: bool,
}

/// A statement is not on the log.
#[derive(Debug, thiserror::Error)]
pub enum Rejection {
    /// The procedure refuses it.
    #[error(transparent)]
    Refused(#[from] Refusal),
    /// It belongs to another chain than the request named.
    #[error("the statement belongs to {found}, it was sent to {named}")]
    WrongChain {
        /// The chain of the URL.
        named: ChainId,
        /// The chain of the statement.
        found: ChainId,
    },
    /// A part or document that it names is not stored completely.
    #[error("the content {root} is not stored completely; upload it first")]
    BlobMissing {
        /// Root of the content.
        root: Digest,
        /// Where the statement names it.
        pointer: String,
    },
    /// Too many requests wait.
    #[error("too many statements wait; try again")]
    Busy,
    /// The server is about to stop.
    #[error("the server is shutting down; try again")]
    ShuttingDown,
    /// The database or the log failed; nothing was admitted.
    #[error(transparent)]
    Internal(#[from] SequencerError),
}

/// The database or the log failed.
#[derive(Debug, thiserror::Error)]
pub enum SequencerError {
    /// The database.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The log in memory.
    #[error(transparent)]
    State(#[from] StateError),
    /// The tree.
    #[error(transparent)]
    Log(#[from] LogError),
    /// No randomness from the operating system.
    #[error("the operating system gives no random bytes")]
    Randomness,
    /// A batch failed as a whole; the first error is in the server's log.
    #[error("the batch failed and was rolled back")]
    BatchFailed,
}

struct Request {
    work: Work,
    request_id: String,
    answer: SyncSender<Result<Option<Admitted>, Rejection>>,
}

/// A handle to the writer's thread.
pub struct Sequencer {
    queue: Mutex<Option<Sender<Request>>>,
    thread: Mutex<Option<JoinHandle<()>>>,
}

impl Sequencer {
    /// Starts the writer. `after` runs after every batch that changed the log.
    pub fn start(
        core: Arc<Core>,
        interval: Duration,
        after: impl Fn() + Send + 'static,
    ) -> Sequencer {
        let (queue, requests) = channel();
        let thread = std::thread::spawn(move || run(&core, &requests, interval, &after));
        Sequencer {
            queue: Mutex::new(Some(queue)),
            thread: Mutex::new(Some(thread)),
        }
    }

    /// Waits until `work` is on the log and covered by a checkpoint. `None` for noise.
    pub fn submit(&self, work: Work, request_id: &str) -> Result<Option<Admitted>, Rejection> {
        let (answer, answered) = sync_channel(1);
        let request = Request {
            work,
            request_id: request_id.to_owned(),
            answer,
        };
        let queue = lock(&self.queue).clone().ok_or(Rejection::ShuttingDown)?;
        queue.send(request).map_err(|_| Rejection::ShuttingDown)?;
        drop(queue);
        answered.recv().map_err(|_| Rejection::ShuttingDown)?
    }

    /// Takes no more work, finishes what waits, and stops.
    pub fn stop(&self) {
        lock(&self.queue).take();
        if let Some(thread) = lock(&self.thread).take()
            && thread.join().is_err()
        {
            tracing::error!("the sequencer panicked");
        }
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

fn run(core: &Core, requests: &Receiver<Request>, interval: Duration, after: &dyn Fn()) {
    let mut earliest = Instant::now();
    while let Ok(first) = requests.recv() {
        let mut batch = vec![first];
        collect(requests, &mut batch, earliest);
        earliest = Instant::now() + interval;
        let (works, answers): (Vec<_>, Vec<_>) = batch
            .into_iter()
            .map(|request| ((request.work, request.request_id), request.answer))
            .unzip();
        // A panic in a batch is a defect, but it must not end the writer: the transaction is rolled back.
        let outcome =
            std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| batch::run(core, &works)));
        let results = outcome.unwrap_or_else(|_| {
            tracing::error!("a batch panicked and was rolled back");
            works
                .iter()
                .map(|_| Err(SequencerError::BatchFailed.into()))
                .collect()
        });
        for (answer, result) in answers.into_iter().zip(results) {
            // Whoever asked may have gone; the log does not care.
            let _ = answer.send(result);
        }
        after();
    }
}

/// Adds what arrives until `earliest`, and what waits then.
fn collect(requests: &Receiver<Request>, batch: &mut Vec<Request>, earliest: Instant) {
    while batch.len() < BATCH_MAX {
        let wait = earliest.saturating_duration_since(Instant::now());
        match requests.recv_timeout(wait) {
            Ok(request) => batch.push(request),
            Err(RecvTimeoutError::Timeout | RecvTimeoutError::Disconnected) => return,
        }
    }
}
