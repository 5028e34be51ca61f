//! Opening a database, and the two ways to use it: [`Store::read`] and [`Store::write`].

use std::sync::Arc;
use std::time::Duration;

use diesel::connection::{AnsiTransactionManager, SimpleConnection, TransactionManager};

use crate::connection::{Conn, Manager, Purpose, check_server};
use crate::error::StoreError;
use crate::pool::Pool;
use crate::url::{Backend, OpenMode, Target};

type Transactions = <Conn as diesel::Connection>::TransactionManager;

/// How to open a database.
#[derive(Clone, Debug)]
pub struct StoreOptions {
    /// Whether a SQLite file may be created.
    pub mode: OpenMode,
    /// Connections for reading. More than the cores gains nothing.
    pub read_connections: u32,
    /// How long to wait for a free connection before answering [`StoreError::Busy`].
    pub wait: Duration,
}

impl Default for StoreOptions {
    fn default() -> Self {
        Self {
            mode: OpenMode::Existing,
            read_connections: 4,
            wait: Duration::from_secs(10),
        }
    }
}

/// An open database. Cheap to clone; the clones share their connections.
#[derive(Clone)]
pub struct Store {
    backend: Backend,
    readers: Arc<Pool>,
    /// One connection: there is one writer at a time anyway, and so those who wait hold no connection.
    writer: Arc<Pool>,
}

impl Store {
    /// Opens `sqlite:PATH` or `postgres://...`; refuses anything else. Does not migrate.
    pub fn open(url: &str, options: &StoreOptions) -> Result<Self, StoreError> {
        let target = Target::parse(url)?;
        if let Target::Sqlite(path) = &target {
            require_file(path, options.mode)?;
        }
        check_server(&mut Manager::new(&target, Purpose::Write).connect()?)?;
        let pool = |purpose, size: u32| {
            let manager = Manager::new(&target, purpose);
            Arc::new(Pool::new(manager, size, options.wait))
        };
        Ok(Self {
            backend: target.backend(),
            readers: pool(Purpose::Read, options.read_connections),
            writer: pool(Purpose::Write, 1),
        })
    }

    /// Which database this is.
    #[must_use]
    pub fn backend(&self) -> Backend {
        self.backend
    }

    /// Reads one consistent snapshot; writing is refused. Blocks.
    pub fn read<T, E: From<StoreError>>(
        &self,
        f: impl FnOnce(&mut Conn) -> Result<T, E>,
    ) -> Result<T, E> {
        let mut conn = self.readers.get()?;
        begin_read(&mut conn).map_err(|error| self.readers.cause_of(error))?;
        finish(&self.readers, &mut conn, f)
    }

    /// Runs one write transaction, never at the same time as any other on this database, whatever process it is in.
    /// Committed if `f` gives `Ok`; rolled back without a trace if it gives an error or panics.
    ///
    /// Never call it from inside `f`: there is one writing connection, and the inner call would wait for the outer.
    pub fn write<T, E: From<StoreError>>(
        &self,
        f: impl FnOnce(&mut Conn) -> Result<T, E>,
    ) -> Result<T, E> {
        let mut conn = self.writer.get()?;
        begin_write(&mut conn).map_err(|error| self.writer.cause_of(error.at_begin_of_write()))?;
        finish(&self.writer, &mut conn, |conn| {
            let value = f(conn)?;
            not_aborted(conn)?;
            Ok(value)
        })
    }
}

/// PostgreSQL: `REPEATABLE READ` makes several queries see the same state, as SQLite's WAL does by itself.
fn begin_read(conn: &mut Conn) -> Result<(), StoreError> {
    match conn {
        Conn::Sqlite(c) => AnsiTransactionManager::begin_transaction_sql(c, "BEGIN")?,
        Conn::Postgres(c) => {
            AnsiTransactionManager::begin_transaction_sql(
                c,
                "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY",
            )?;
        }
    }
    Ok(())
}

/// SQLite: a plain `BEGIN` would fail with SQLITE_BUSY at its first write. PostgreSQL: `READ COMMITTED`, because each
/// statement then sees what the previous holder of the lock committed; a snapshot from before the lock would be stale.
/// The lock's second half is the schema, so that several installations in one database do not wait for each other.
fn begin_write(conn: &mut Conn) -> Result<(), StoreError> {
    match conn {
        Conn::Sqlite(c) => AnsiTransactionManager::begin_transaction_sql(c, "BEGIN IMMEDIATE")?,
        Conn::Postgres(c) => {
            AnsiTransactionManager::begin_transaction_sql(
                c,
                "BEGIN ISOLATION LEVEL READ COMMITTED READ WRITE",
            )?;
            // 0x4b41_4942 = "KAIB"
            let lock = "SELECT pg_advisory_xact_lock(1262569794, hashtext(coalesce(current_schema(), '')))";
            if let Err(error) = c.batch_execute(lock) {
                // If this fails too, the connection counts as broken and is dropped.
                let _ = AnsiTransactionManager::rollback_transaction(c);
                return Err(match StoreError::from(error) {
                    StoreError::Query(e) => {
                        StoreError::Busy(format!("waiting for the write lock: {e}"))
                    }
                    other => other,
                });
            }
        }
    }
    Ok(())
}

/// Runs `f` in the open transaction and ends it.
fn finish<T, E: From<StoreError>>(
    pool: &Pool,
    conn: &mut Conn,
    f: impl FnOnce(&mut Conn) -> Result<T, E>,
) -> Result<T, E> {
    match f(conn) {
        Ok(value) => {
            let committed = Transactions::commit_transaction(conn);
            committed.map_err(|error| pool.cause_of(StoreError::from(error)))?;
            Ok(value)
        }
        Err(error) => {
            // The caller's error is the one that matters. If the rollback fails, the connection is dropped.
            let _ = Transactions::rollback_transaction(conn);
            Err(error)
        }
    }
}

/// PostgreSQL answers `COMMIT` of an aborted transaction with success and keeps nothing. So if `f` swallowed the error
/// of a query, this makes it an error again.
fn not_aborted(conn: &mut Conn) -> Result<(), StoreError> {
    if let Conn::Postgres(c) = conn {
        c.batch_execute("SELECT 1")?;
    }
    Ok(())
}

/// The file must be there, or is made now, empty and readable by its owner only (it will hold the salts that keep
/// sealed acts secret). From here on no connection creates anything.
fn require_file(path: &str, mode: OpenMode) -> Result<(), StoreError> {
    if std::path::Path::new(path).exists() {
        return Ok(());
    }
    if mode == OpenMode::Existing {
        return Err(StoreError::Missing {
            path: path.to_owned(),
        });
    }
    let mut options = std::fs::OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    match options.open(path) {
        Err(e) if e.kind() != std::io::ErrorKind::AlreadyExists => {
            Err(StoreError::Open(format!("cannot create {path}: {e}")))
        }
        _ => Ok(()),
    }
}
