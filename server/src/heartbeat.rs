//! The heartbeat: every second one small write transaction, for as long as this node listens and the database takes
//! what is written. Its own transaction is the proof. What is missing between two heartbeats is kept as data, so that
//! whoever closes a tender knows whether the platform was serving before the deadline (protocol section 6).
//!
//! It does not notice a server that listens and answers nothing, nor a network that keeps bidders away.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{RecvTimeoutError, Sender, channel};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::JoinHandle;
use std::time::Duration;

use procedure::act::NotServing;
use store::heartbeat::{self, Beat, Gap};
use store::{Conn, StoreError};

use crate::clock;
use crate::sequencer::Core;
use crate::states::{to_i64, to_u64};

/// Between two heartbeats, in milliseconds.
pub const BEAT_MS: u64 = 1_000;
/// The shortest silence that is kept, in milliseconds. No rule of a profile can be finer than this.
pub const SILENCE_MS: u64 = 3_000;
/// How long silences are kept, in milliseconds (30 days): longer than any rule looks back.
const KEPT_MS: u64 = 30 * 86_400_000;

/// The heartbeat of this node.
#[derive(Default)]
pub struct Heartbeat {
    serving: AtomicBool,
    thread: Mutex<Option<(Sender<()>, JoinHandle<()>)>>,
}

impl Heartbeat {
    /// From here on this node serves: it listens.
    ///
    /// # Errors
    /// The database does not take the first heartbeat, or there is no thread for the others.
    pub fn start(self: &Arc<Self>, core: &Arc<Core>) -> Result<(), StartError> {
        beat(core)?;
        self.serving.store(true, Ordering::SeqCst);
        let (stop, stopped) = channel();
        let core = Arc::clone(core);
        let beating = std::thread::Builder::new()
            .name("heartbeat".to_owned())
            .spawn(move || {
                let pause = Duration::from_millis(BEAT_MS);
                while stopped.recv_timeout(pause) == Err(RecvTimeoutError::Timeout) {
                    if let Err(error) = beat(&core) {
                        tracing::error!(%error, "no heartbeat");
                    }
                }
            })?;
        *self.lock() = Some((stop, beating));
        Ok(())
    }

    /// Whether this node listens.
    pub fn is_serving(&self) -> bool {
        self.serving.load(Ordering::SeqCst)
    }

    /// This node listens no longer.
    pub fn stop(&self) {
        self.serving.store(false, Ordering::SeqCst);
        if let Some((stop, beating)) = self.lock().take() {
            drop(stop);
            if beating.join().is_err() {
                tracing::error!("the heartbeat panicked");
            }
        }
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, Option<(Sender<()>, JoinHandle<()>)>> {
        self.thread.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The heartbeat cannot start.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    /// The database does not take it.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The operating system gives no thread.
    #[error(transparent)]
    Thread(#[from] std::io::Error),
}

/// One heartbeat. The first one after a silence keeps the silence.
pub fn beat(core: &Core) -> Result<(), StoreError> {
    core.store.write(|conn| {
        let now = Beat {
            t_ms: to_i64(core.clock.now_ms(conn)?),
            real_ms: to_i64(clock::real_ms(conn)?),
        };
        if let Some(silence) = silence(conn, &now)? {
            tracing::warn!(
                from_ms = silence.from_ms,
                until_ms = silence.until_ms,
                "the platform was not serving"
            );
            let forget_ms = now.t_ms.saturating_sub(to_i64(KEPT_MS));
            heartbeat::note_gap(conn, &silence, forget_ms)?;
        }
        heartbeat::put(conn, &now)
    })
}

/// The silence that `now` ends, if there was one.
///
/// It is measured in real time. It begins with the first heartbeat that did not come: neither with the last one that
/// did, nor with the last statement. The former would claim a second too much, the latter would tell everybody when
/// a sealed bid was admitted.
fn silence(conn: &mut Conn, now: &Beat) -> Result<Option<Gap>, StoreError> {
    let Some(last) = heartbeat::last(conn)? else {
        return Ok(None);
    };
    let silent_ms = now.real_ms.saturating_sub(last.real_ms);
    if silent_ms < to_i64(SILENCE_MS) {
        return Ok(None);
    }
    let last_ms = now.t_ms.saturating_sub(silent_ms);
    // A statement that was admitted meanwhile is as good as a heartbeat.
    let admitted_ms = store::log::last_admitted_ms(conn)?.unwrap_or(0);
    let missed = to_u64(admitted_ms.saturating_sub(last_ms).max(1)).div_ceil(BEAT_MS);
    let from_ms = last_ms.saturating_add(to_i64(missed.saturating_mul(BEAT_MS)));
    let long_enough = now.t_ms.saturating_sub(from_ms) >= to_i64(SILENCE_MS - BEAT_MS);
    Ok(long_enough.then_some(Gap {
        from_ms,
        until_ms: now.t_ms,
    }))
}

/// Times in which the platform was not serving that ended after `since_ms`, ascending.
pub fn not_serving(conn: &mut Conn, since_ms: u64) -> Result<Vec<NotServing>, StoreError> {
    let gaps = heartbeat::gaps(conn, to_i64(since_ms))?;
    Ok(gaps
        .iter()
        .map(|gap| NotServing {
            from_ms: to_u64(gap.from_ms),
            until_ms: to_u64(gap.until_ms),
        })
        .collect())
}
