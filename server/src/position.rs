//! How far the public part of the log is: what answers from memory are valid for.
//!
//! The position moves with every act that the public may read, and with no other: a bid before closing changes nothing
//! that anybody else may see, so it must not make the next reader's answer slower either (protocol section 6). This
//! node's own batches move it before their receipts go out. What other nodes write is looked for in the database:
//!
//! * on PostgreSQL by a look that begins after the request has come, one look for all requests that wait, so a reader
//!   sees every act that was committed anywhere before she asked;
//! * on SQLite, where another process is the exception (`kaibiao-server grant`), every [`LOOK_EVERY`].

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread::JoinHandle;
use std::time::Duration;

use procedure::act::{Act, Visibility};
use record::chain::ChainId;
use store::{Backend, Conn, Store, StoreError, statement};
use tokio::sync::oneshot;

use crate::states::to_u64;

/// How often other nodes' acts are looked for.
pub const LOOK_EVERY: Duration = Duration::from_millis(250);

/// Statements of one look; where there are more, they count as public unseen.
const LOOK_MAX: i64 = 1_000;

/// The log index after the last public act that this node knows of.
#[derive(Debug, Default)]
pub struct Position(AtomicU64);

impl Position {
    /// The present position. Read it before the database: what is read then is at least as new.
    pub fn now(&self) -> u64 {
        self.0.load(Ordering::Acquire)
    }

    /// The log has `size` leaves, public or not. The next act may stand right at `size`, and has to move the position.
    fn begin_at(&self, size: u64) {
        self.0.fetch_max(size, Ordering::AcqRel);
    }

    /// The act at `index` is public and committed.
    pub fn moved_by(&self, index: u64) {
        self.0.fetch_max(index.saturating_add(1), Ordering::AcqRel);
    }
}

/// Whether an act of this kind is kept from everybody but its sender while its tender is not closed.
pub fn is_sealed_kind(kind: &str) -> bool {
    Act::visibility_of(kind) == Some(Visibility::AfterClosing)
}

/// Looks for what other nodes have written.
pub struct Watch {
    position: Arc<Position>,
    /// Whether other nodes are the rule: then every answer waits for a look.
    is_shared: bool,
    asked: Arc<Asked>,
    thread: Mutex<Option<JoinHandle<()>>>,
}

/// Who waits for the next look.
#[derive(Default)]
struct Asked {
    state: Mutex<Asking>,
    ring: Condvar,
}

#[derive(Default)]
struct Asking {
    waiting: Vec<oneshot::Sender<()>>,
    is_stopped: bool,
}

impl Watch {
    /// Starts to look; `position` belongs to `store`.
    ///
    /// # Errors
    /// No thread can be started, or the database cannot be read.
    pub fn start(store: Store, position: Arc<Position>) -> Result<Watch, StoreError> {
        let mut seen = store.read(store::log::size)?;
        position.begin_at(to_u64(seen));
        let is_shared = store.backend() == Backend::Postgres;
        let asked = Arc::new(Asked::default());
        let (asking, moved) = (Arc::clone(&asked), Arc::clone(&position));
        let watch = move || {
            while let Some(waiting) = asking.next() {
                match store.read(|conn| look(conn, &moved, seen)) {
                    Ok(next) => {
                        seen = next;
                        for one in waiting {
                            // Whoever asked may have gone.
                            let _ = one.send(());
                        }
                    }
                    // Those who wait are dropped, and read the database themselves.
                    Err(error) => tracing::warn!(%error, "cannot look for other nodes' acts"),
                }
            }
        };
        let thread = std::thread::Builder::new()
            .name("watch".to_owned())
            .spawn(watch)
            .map_err(|error| StoreError::Open(format!("a thread: {error}")))?;
        Ok(Watch {
            position,
            is_shared,
            asked,
            thread: Mutex::new(Some(thread)),
        })
    }

    /// The position, at least as far as the log when this was called (but see the head of this file for SQLite).
    /// `None`: it cannot be told.
    pub async fn confirmed(&self) -> Option<u64> {
        if self.is_shared {
            self.asked.ask()?.await.ok()?;
        }
        Some(self.position.now())
    }

    /// Ends the thread.
    pub fn stop(&self) {
        lock(&self.asked.state).is_stopped = true;
        self.asked.ring.notify_all();
        let thread = lock(&self.thread).take();
        if thread.is_some_and(|thread| thread.join().is_err()) {
            tracing::error!("the watch panicked");
        }
    }
}

impl Asked {
    fn ask(&self) -> Option<oneshot::Receiver<()>> {
        let (sender, receiver) = oneshot::channel();
        let mut state = lock(&self.state);
        if state.is_stopped {
            return None;
        }
        state.waiting.push(sender);
        drop(state);
        self.ring.notify_all();
        Some(receiver)
    }

    /// Sleeps until somebody asks or it is time to look; `None`: stop.
    fn next(&self) -> Option<Vec<oneshot::Sender<()>>> {
        let waited = self
            .ring
            .wait_timeout_while(lock(&self.state), LOOK_EVERY, |state| {
                state.waiting.is_empty() && !state.is_stopped
            });
        let (mut state, _) = waited.unwrap_or_else(PoisonError::into_inner);
        (!state.is_stopped).then(|| std::mem::take(&mut state.waiting))
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Moves the position by the public acts from log index `seen` on; where to look next.
fn look(conn: &mut Conn, position: &Position, seen: i64) -> Result<i64, StoreError> {
    let rows = statement::kinds_from(conn, seen, LOOK_MAX)?;
    let mut public = None;
    for row in &rows {
        if !is_sealed(conn, row)? {
            public = Some(row.log_index);
        }
    }
    let is_all = (rows.len() as i64) < LOOK_MAX;
    let next = if is_all {
        rows.last().map_or(seen, |row| row.log_index + 1)
    } else {
        store::log::size(conn)?
    };
    if let Some(index) = public.or_else(|| (!is_all).then_some(next - 1)) {
        position.moved_by(to_u64(index));
    }
    Ok(next)
}

fn is_sealed(conn: &mut Conn, row: &statement::Kind) -> Result<bool, StoreError> {
    let Ok(ChainId::Tender(id)) = row.chain.parse() else {
        return Ok(false);
    };
    if !is_sealed_kind(&row.kind) {
        return Ok(false);
    }
    let tender = store::tender::get(conn, id.as_str())?;
    Ok(tender.is_some_and(|tender| matches!(tender.stage.as_str(), "draft" | "announced")))
}

#[cfg(test)]
mod tests {
    use super::Position;

    #[test]
    fn the_first_act_after_a_start_moves_the_position() {
        let position = Position::default();
        position.begin_at(216);
        let before = position.now();
        position.moved_by(216);
        assert!(position.now() > before);
        position.moved_by(3);
        assert_eq!(position.now(), 217);
    }
}
