//! One connection type over both databases, and how each connection is set up.

use diesel::prelude::*;
use diesel::r2d2::R2D2Connection;
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

/// Makes and checks the connections of one pool.
#[derive(Debug)]
pub(crate) struct Manager {
    pub(crate) target: Target,
    pub(crate) purpose: Purpose,
}

impl r2d2::ManageConnection for Manager {
    type Connection = Conn;
    type Error = StoreError;

    fn connect(&self) -> Result<Conn, StoreError> {
        match &self.target {
            Target::Sqlite(path) => connect_sqlite(path, self.purpose).map(Conn::Sqlite),
            Target::Postgres(url) => connect_postgres(url).map(Conn::Postgres),
        }
    }

    fn is_valid(&self, conn: &mut Conn) -> Result<(), StoreError> {
        conn.ping().map_err(StoreError::from)
    }

    /// A panic leaves its transaction open: such a connection must not go back to the pool.
    fn has_broken(&self, conn: &mut Conn) -> bool {
        std::thread::panicking() || conn.is_broken()
    }
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
        let message = e.replace(url, &without_secrets(url));
        StoreError::Open(format!("PostgreSQL: {}", message.trim()))
    };
    let mut conn = PgConnection::establish(url).map_err(|e| opening(e.to_string()))?;
    conn.batch_execute(&format!(
        "SET lock_timeout = {LOCK_WAIT_MS}; SET idle_in_transaction_session_timeout = 60000; \
         SELECT set_config('synchronous_commit', 'on', false) WHERE current_setting('synchronous_commit') = 'off';"
    ))
    .map_err(|e| opening(e.to_string()))?;
    Ok(conn)
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
