//! The single writer: requests wait in a queue, and at most once in an interval all that wait become one batch,
//! one transaction, one checkpoint (group commit; protocol section 6).

//!
//! What waits is bounded ([`queue`]); a sender beyond the bound is told at once. Whether an act is in time is decided
//! by the time under the writer's lock and by nothing else: an act that waited in the queue while its deadline passed
//! is refused, and nothing was promised to it, because a receipt goes out only after the commit. So a closing can cut
//! off nothing that could still be admitted, whichever node's queue it waits in: it is admitted at a time `T` that is
//! not before the deadline, times never decrease along the log, and an act behind it is refused by its own time.

mod batch;
mod candidate;
mod content;
mod integrate;
mod place;
pub mod queue;

use std::sync::mpsc::{Receiver, RecvTimeoutError, Sender, channel};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use procedure::Refusal;
use record::chain::ChainId;
use record::log::receipt::Receipt;
use record::statement::Envelope;
use record::{Digest, Identifier};
use store::StoreError;
use tokio::sync::oneshot;

pub use candidate::{Candidate, KeyBook};

use self::queue::{Queue, Seat};
use crate::clock::Clock;
use crate::keys::PlatformKeys;
use crate::log::LogError;
use crate::metrics::{self, Metrics};
use crate::position::Position;
use crate::states::{StateError, States};
use crate::trouble::Trouble;
use crate::witnesses::halt::Halt;

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
    /// How far the public part of the log is.
    pub position: Arc<Position>,
    /// Keys for checking signatures without the log's lock.
    pub keys_met: Arc<KeyBook>,
    /// What is counted.
    pub metrics: Metrics,
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
    /// A statement that was read and checked before it came.
    Candidate(Box<Candidate>),
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
    /// Too many statements of this sender wait.
    #[error(
        "{} statements of this key wait already; wait for their receipts",
        queue::SENDER_MAX
    )]
    SenderBusy,
    /// A witness has shown that this log was rolled back or forked: nothing is signed, so nothing is admitted.
    #[error("the log is halted since witness {} said: {}", .0.witness, .0.reason)]
    LogHalted(Halt),
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
    /// A batch failed as a whole, for this reason if it was the storage; the error itself is in the server's log.
    /// Whether it was committed is unknown when the database did not answer: who sends again will know.
    #[error("the batch failed")]
    BatchFailed(Option<Trouble>),
}

/// What becomes of a piece of work; no receipt for noise.
pub type Outcome = Result<Option<Admitted>, Rejection>;

struct Request {
    work: Work,
    request_id: String,
    answer: oneshot::Sender<Outcome>,
    /// Given back when the answer is sent.
    seat: Option<Seat>,
}

/// A statement that waits for its batch.
pub struct Waiting(oneshot::Receiver<Outcome>);

impl Waiting {
    /// Waits without holding a thread.
    ///
    /// # Errors
    /// Why the statement is not on the log.
    pub async fn admitted(self) -> Result<Admitted, Rejection> {
        placed(self.0.await)
    }

    /// Waits and holds this thread; not for asynchronous code.
    ///
    /// # Errors
    /// Why the statement is not on the log.
    pub fn admitted_blocking(self) -> Result<Admitted, Rejection> {
        placed(self.0.blocking_recv())
    }
}

fn placed(outcome: Result<Outcome, oneshot::error::RecvError>) -> Result<Admitted, Rejection> {
    let admitted = outcome.map_err(|_| Rejection::ShuttingDown)??;
    admitted.ok_or(Rejection::Internal(SequencerError::BatchFailed(None)))
}

/// A handle to the writer's thread.
pub struct Sequencer {
    requests: Mutex<Option<Sender<Request>>>,
    queue: Arc<Queue>,
    thread: Mutex<Option<JoinHandle<()>>>,
}

impl Sequencer {
    /// Starts the writer. `after` runs after every batch that changed the log.
    pub fn start(
        core: Arc<Core>,
        interval: Duration,
        after: impl Fn() + Send + 'static,
    ) -> Sequencer {
        let (sender, requests) = channel();
        let thread = std::thread::spawn(move || run(&core, &requests, interval, &after));
        Sequencer {
            requests: Mutex::new(Some(sender)),
            queue: Arc::default(),
            thread: Mutex::new(Some(thread)),
        }
    }

    /// Whether a statement that comes now would be refused whatever it says.
    pub fn is_full(&self) -> bool {
        self.queue.is_full()
    }

    /// How many statements wait for the writer or are in the batch under way, and their bytes.
    pub fn load(&self) -> (usize, usize) {
        self.queue.load()
    }

    /// Puts a statement into the queue, if there is a place for it.
    ///
    /// # Errors
    /// [`Rejection::Busy`], [`Rejection::SenderBusy`], [`Rejection::ShuttingDown`]: at once, before anything is done.
    pub fn offer(
        &self,
        candidate: Candidate,
        book: &KeyBook,
        request_id: &str,
    ) -> Result<Waiting, Rejection> {
        let seat = self
            .queue
            .enter(candidate.json.len(), candidate.sender(book))?;
        let work = Work::Candidate(Box::new(candidate));
        self.send(work, request_id, Some(seat)).map(Waiting)
    }

    /// Waits until `work` of the server itself is on the log and covered by a checkpoint. `None` for noise. It needs no
    /// place: the jobs bring one thing after another, and a closing must not wait for room.
    pub fn submit(&self, work: Work, request_id: &str) -> Outcome {
        let answered = self.send(work, request_id, None)?;
        answered
            .blocking_recv()
            .map_err(|_| Rejection::ShuttingDown)?
    }

    fn send(
        &self,
        work: Work,
        request_id: &str,
        seat: Option<Seat>,
    ) -> Result<oneshot::Receiver<Outcome>, Rejection> {
        let (answer, answered) = oneshot::channel();
        let request = Request {
            work,
            request_id: request_id.to_owned(),
            answer,
            seat,
        };
        let requests = lock(&self.requests)
            .clone()
            .ok_or(Rejection::ShuttingDown)?;
        requests
            .send(request)
            .map_err(|_| Rejection::ShuttingDown)?;
        Ok(answered)
    }

    /// Takes no more work, finishes what waits, and stops.
    pub fn stop(&self) {
        lock(&self.requests).take();
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
            .map(|request| {
                let Request {
                    work,
                    request_id,
                    answer,
                    seat,
                } = request;
                ((work, request_id), (answer, seat))
            })
            .unzip();
        let begun = Instant::now();
        // A panic in a batch is a defect, but it must not end the writer: the transaction is rolled back.
        let outcome =
            std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| batch::run(core, &works)));
        let results = outcome.unwrap_or_else(|_| {
            tracing::error!("a batch panicked and was rolled back");
            works
                .iter()
                .map(|_| Err(SequencerError::BatchFailed(None).into()))
                .collect()
        });
        core.metrics.batch(acts_of(&works), begun.elapsed());
        for ((answer, seat), result) in answers.into_iter().zip(results) {
            if seat.is_some() {
                core.metrics.statement(outcome_of(&result));
            }
            drop(seat);
            // Whoever asked may have gone; the log does not care.
            let _ = answer.send(result);
        }
        after();
    }
}

fn acts_of(works: &[(Work, String)]) -> usize {
    let is_act = |(work, _): &&(Work, String)| !matches!(work, Work::Noise);
    works.iter().filter(is_act).count()
}

/// How a piece of work ended, for the count.
pub fn outcome_of(result: &Outcome) -> metrics::Outcome {
    match result {
        Ok(Some(admitted)) if !admitted.fresh => metrics::Outcome::Repeated,
        Ok(_) => metrics::Outcome::Admitted,
        Err(Rejection::Internal(_)) => metrics::Outcome::Failed,
        Err(_) => metrics::Outcome::Refused,
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
