//! The connections of one purpose. A database that cannot be reached is reported at once and with its reason, so that
//! whoever asked can be told, instead of waiting until a pool gives up; the next request tries again.

use std::ops::{Deref, DerefMut};
use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use diesel::r2d2::R2D2Connection;

use crate::connection::{Conn, Manager};
use crate::error::StoreError;

/// A connection that was idle for longer is asked for a sign of life before it is used: the server may be another one.
const TRUSTED_IDLE: Duration = Duration::from_millis(500);

/// At most so many connections, made when they are needed.
pub(crate) struct Pool {
    manager: Manager,
    size: usize,
    wait: Duration,
    state: Mutex<State>,
    returned: Condvar,
}

#[derive(Default)]
struct State {
    idle: Vec<(Conn, Instant)>,
    /// Connections that exist or are about to: idle ones and those in use.
    count: usize,
}

/// A connection in use; it goes back when dropped, unless it is broken.
pub(crate) struct Lent<'a> {
    pool: &'a Pool,
    conn: Option<Conn>,
}

impl Pool {
    pub(crate) fn new(manager: Manager, size: u32, wait: Duration) -> Pool {
        Pool {
            manager,
            size: usize::try_from(size).unwrap_or(usize::MAX).max(1),
            wait,
            state: Mutex::default(),
            returned: Condvar::new(),
        }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// A connection that works, as far as can be known.
    ///
    /// # Errors
    /// [`StoreError::Busy`] when all are in use for too long, otherwise why none can be made.
    pub(crate) fn get(&self) -> Result<Lent<'_>, StoreError> {
        self.manager.look()?;
        while let Some((mut conn, since)) = self.reserve()? {
            if since.elapsed() < TRUSTED_IDLE || conn.ping().is_ok() {
                return Ok(self.lend(conn));
            }
            // What is wrong with one of them is wrong with all that are as old.
            self.give_up(1);
            self.drop_idle();
        }
        match self.manager.connect() {
            Ok(conn) => Ok(self.lend(conn)),
            Err(error) => {
                self.give_up(1);
                Err(self.cause_of(error.while_running()))
            }
        }
    }

    /// The same error, or a more precise one that the file system gives.
    pub(crate) fn cause_of(&self, error: StoreError) -> StoreError {
        self.manager.cause_of(error)
    }

    fn lend(&self, conn: Conn) -> Lent<'_> {
        Lent {
            pool: self,
            conn: Some(conn),
        }
    }

    /// An idle connection, or the right to make one.
    fn reserve(&self) -> Result<Option<(Conn, Instant)>, StoreError> {
        let all_in_use = |state: &mut State| state.idle.is_empty() && state.count >= self.size;
        let waited = self
            .returned
            .wait_timeout_while(self.state(), self.wait, all_in_use);
        let (mut state, timeout) = waited.unwrap_or_else(PoisonError::into_inner);
        if let Some(idle) = state.idle.pop() {
            return Ok(Some(idle));
        }
        if timeout.timed_out() {
            let waited = self.wait.as_millis();
            return Err(StoreError::Busy(format!(
                "no connection became free within {waited} ms"
            )));
        }
        state.count += 1;
        Ok(None)
    }

    fn give_up(&self, connections: usize) {
        let mut state = self.state();
        state.count = state.count.saturating_sub(connections);
        drop(state);
        self.returned.notify_one();
    }

    fn drop_idle(&self) {
        let mut state = self.state();
        let idle = std::mem::take(&mut state.idle);
        state.count = state.count.saturating_sub(idle.len());
    }
}

impl Deref for Lent<'_> {
    type Target = Conn;

    fn deref(&self) -> &Conn {
        self.conn.as_ref().expect("in use")
    }
}

impl DerefMut for Lent<'_> {
    fn deref_mut(&mut self) -> &mut Conn {
        self.conn.as_mut().expect("in use")
    }
}

impl Drop for Lent<'_> {
    /// A panic leaves its transaction open, and a failed rollback nobody knows what: such a connection does not go back.
    fn drop(&mut self) {
        let conn = self.conn.take();
        let usable = conn.filter(|_| !std::thread::panicking());
        match usable.and_then(|mut conn| (!conn.is_broken()).then_some(conn)) {
            Some(conn) => {
                let mut state = self.pool.state();
                state.idle.push((conn, Instant::now()));
                drop(state);
                self.pool.returned.notify_one();
            }
            None => self.pool.give_up(1),
        }
    }
}
