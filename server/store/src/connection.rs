//! One connection type over both databases, and how each connection is set up.

use diesel::prelude::*;
use diesel::{PgConnection, SqliteConnection, connection::SimpleConnection};

use crate::error::StoreError;
use crate::url::{Target, sqlite_uri, without_secrets};

/// A connection inside a transaction of [`Store::read`](crate::Store::read) or [`Store::write`](crate::Store::write).
#[derive(diesel::MultiConnection)]
pub enum Conn {
    /// Embedded SQLite.
    Sqlite(SqliteConnection),
    /// PostgreSQL through libpq.
    Postgres(PgConnection),
}

/// Runs one body with the connection of either database. Only for what diesel's common subset lacks
/// (`ON CONFLICT`, migrations); everything else is written once over [`Conn`].
macro_rules! on_each_backend {
    ($conn:expr, $c:ident => $body:expr) => {
        match $conn {
            $crate::connection::Conn::Sqlite($c) => $body,
            $crate::connection::Conn::Postgres($c) => $body,
        }
    };
}
pub(crate) use on_each_backend;

/// Inserts many rows with few statements; diesel's common subset has no batch insert. PostgreSQL takes 65 535
/// parameters per statement, so the rows go in pieces.
macro_rules! insert_rows {
    ($conn:expr, $table:expr, $rows:expr) => {
        $rows.chunks(1_000).try_for_each(|rows| {
            $crate::connection::on_each_backend!(&mut *$conn, c => {
                diesel::insert_into($table).values(rows).execute(c).map(|_| ())
            })
        })
    };
}
pub(crate) use insert_rows;

/// What a pool's connections are for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Purpose {
    Read,
    Write,
}

/// Makes the connections of one pool.
#[derive(Debug)]
pub(crate) struct Manager {
    target: Target,
    purpose: Purpose,
    /// The SQLite file as it was when the database was opened.
    file: Option<FileId>,
}

/// What the file system says when a file is made beside the database: SQLite itself only says "disk I/O error". The
/// database is not opened for that, because closing it would give up SQLite's locks.
fn say_of_file_system(path: &str) -> Option<StoreError> {
    let probe = format!("{path}-probe-{}", std::process::id());
    let mut options = std::fs::OpenOptions::new();
    let made = options.write(true).create_new(true).open(&probe);
    let written = made.and_then(|mut file| std::io::Write::write_all(&mut file, &[0; 4_096]));
    let _ = std::fs::remove_file(&probe);
    let error = written.err()?;
    let message = format!("beside {path}: {error}");
    match error.kind() {
        std::io::ErrorKind::StorageFull | std::io::ErrorKind::QuotaExceeded => {
            Some(StoreError::Full(message))
        }
        std::io::ErrorKind::ReadOnlyFilesystem | std::io::ErrorKind::PermissionDenied => {
            Some(StoreError::ReadOnly(message))
        }
        _ => None,
    }
}

/// Which file a path names: the device and the number of the file on it.
type FileId = (u64, u64);

impl Manager {
    /// For a database that is there.
    pub(crate) fn new(target: &Target, purpose: Purpose) -> Manager {
        let file = match target {
            Target::Sqlite(path) => file_at(path).ok(),
            Target::Postgres(_) => None,
        };
        Manager {
            target: target.clone(),
            purpose,
            file,
        }
    }

    pub(crate) fn connect(&self) -> Result<Conn, StoreError> {
        match &self.target {
            Target::Sqlite(path) => connect_sqlite(path, self.purpose).map(Conn::Sqlite),
            Target::Postgres(url) => connect_postgres(url).map(Conn::Postgres),
        }
    }

    /// The same error, or a more precise one that the file system gives.
    pub(crate) fn cause_of(&self, error: StoreError) -> StoreError {
        match (&error, &self.target) {
            (StoreError::Unavailable(_), Target::Sqlite(path)) if self.look().is_ok() => {
                say_of_file_system(path).unwrap_or(error)
            }
            _ => error,
        }
    }

    /// SQLite goes on with a file that was removed or replaced, and what it writes then is lost. So nothing is read or
    /// written unless the path still names the file that was opened.
    pub(crate) fn look(&self) -> Result<(), StoreError> {
        let (Target::Sqlite(path), Some(opened)) = (&self.target, self.file) else {
            return Ok(());
        };
        let gone = |why: String| StoreError::Unavailable(format!("SQLite file {path}: {why}"));
        match file_at(path) {
            Ok(found) if found == opened => Ok(()),
            Ok(_) => Err(gone(
                "it was replaced by another one; restart the server, which checks it".to_owned(),
            )),
            Err(error) => Err(gone(error.to_string())),
        }
    }
}

#[cfg(unix)]
fn file_at(path: &str) -> std::io::Result<FileId> {
    use std::os::unix::fs::MetadataExt as _;
    let file = std::fs::metadata(path)?;
    Ok((file.dev(), file.ino()))
}

/// Elsewhere files in use cannot be removed.
#[cfg(not(unix))]
fn file_at(path: &str) -> std::io::Result<FileId> {
    std::fs::metadata(path).map(|_| (0, 0))
}

/// Milliseconds to wait for another writer, on both databases.
const LOCK_WAIT_MS: u32 = 5_000;

/// `synchronous=FULL`: a receipt promises that the bid is on disk. `recursive_triggers`: otherwise `REPLACE` would get
/// around the insert-only triggers.
fn connect_sqlite(path: &str, purpose: Purpose) -> Result<SqliteConnection, StoreError> {
    let opening = |e: String| StoreError::Open(format!("SQLite file {path}: {e}"));
    let mut conn =
        SqliteConnection::establish(&sqlite_uri(path)).map_err(|e| opening(e.to_string()))?;
    conn.batch_execute(&format!(
        "PRAGMA busy_timeout = {LOCK_WAIT_MS}; PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; \
         PRAGMA foreign_keys = ON; PRAGMA recursive_triggers = ON; PRAGMA trusted_schema = OFF;"
    ))
    .map_err(|e| opening(e.to_string()))?;
    let mode: String = diesel::select(diesel::dsl::sql::<diesel::sql_types::Text>(
        "(SELECT journal_mode FROM pragma_journal_mode)",
    ))
    .get_result(&mut conn)
    .map_err(|e| opening(e.to_string()))?;
    if mode != "wal" {
        return Err(opening(format!(
            "the file system does not allow WAL mode (it is \"{mode}\")"
        )));
    }
    if purpose == Purpose::Read {
        conn.batch_execute("PRAGMA query_only = ON")
            .map_err(|e| opening(e.to_string()))?;
    }
    Ok(conn)
}

/// A node that hangs inside a transaction must not keep the write lock for ever, and a database that was told to
/// acknowledge before writing (`synchronous_commit = off`) is overruled.
fn connect_postgres(url: &str) -> Result<PgConnection, StoreError> {
    // libpq quotes a URL that it cannot parse, password and all.
    let opening = |e: String| {
        let message = e
            .replace(&impatient(url), &without_secrets(url))
            .replace(url, &without_secrets(url));
        StoreError::Open(format!("PostgreSQL: {}", message.trim()))
    };
    let mut conn = PgConnection::establish(&impatient(url)).map_err(|e| opening(e.to_string()))?;
    conn.batch_execute(&format!(
        "SET lock_timeout = {LOCK_WAIT_MS}; SET idle_in_transaction_session_timeout = 60000; \
         SELECT set_config('synchronous_commit', 'on', false) WHERE current_setting('synchronous_commit') = 'off';"
    ))
    .map_err(|e| opening(e.to_string()))?;
    Ok(conn)
}

/// How long libpq waits for a server that does not answer; by default for ever, or for two hours. What the URL says
/// itself stays.
const PATIENCE: [&str; 6] = [
    "connect_timeout=5",
    "tcp_user_timeout=20000",
    "keepalives=1",
    "keepalives_idle=10",
    "keepalives_interval=5",
    "keepalives_count=2",
];

fn impatient(url: &str) -> String {
    let mut url = url.to_owned();
    for option in PATIENCE {
        let (name, _) = option.split_once('=').unwrap_or((option, ""));
        if !url.contains(&format!("{name}=")) {
            url.push(if url.contains('?') { '&' } else { '?' });
            url.push_str(option);
        }
    }
    url
}

/// Refuses servers that Kaibiao was not tested on.
pub(crate) fn check_server(conn: &mut Conn) -> Result<(), StoreError> {
    use diesel::sql_types::{Integer, Text};
    let Conn::Postgres(c) = conn else {
        return Ok(());
    };
    let (version, encoding): (i32, String) = diesel::select((
        diesel::dsl::sql::<Integer>("CAST(current_setting('server_version_num') AS INTEGER)"),
        diesel::dsl::sql::<Text>("current_setting('server_encoding')"),
    ))
    .get_result(c)?;
    if version < 150_000 {
        return Err(StoreError::Open(format!(
            "PostgreSQL 15 or newer is needed, the server says {version}"
        )));
    }
    if encoding != "UTF8" {
        return Err(StoreError::Open(format!(
            "the database must be UTF8, it is {encoding}"
        )));
    }
    Ok(())
}
