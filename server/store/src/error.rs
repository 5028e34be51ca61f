//! What can go wrong in the storage, in terms that the server can act on.

use diesel::result::{DatabaseErrorInformation, DatabaseErrorKind, Error as DieselError};

/// Every way in which the storage can fail. [`StoreError::code`] is stable.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum StoreError {
    /// The URL names no database that we know. Nothing was created.
    #[error(
        "database URL \"{shown}\" is not usable: {reason}; write sqlite:PATH or postgres://USER@HOST:PORT/NAME"
    )]
    UnknownUrl {
        /// The URL without what could be a password.
        shown: String,
        /// What is wrong with it.
        reason: &'static str,
    },
    /// There is no SQLite file at the path, and creating one was not asked for.
    #[error(
        "there is no database at {path}; check the path, or create it with `kaibiao-server migrate`"
    )]
    Missing {
        /// The path as given.
        path: String,
    },
    /// The database is there but cannot be used.
    #[error("cannot open the database: {0}")]
    Open(String),
    /// A migration failed; the transaction around all of them was rolled back.
    #[error("migration failed, nothing was changed: {0}")]
    Migration(String),
    /// Somebody else held the lock, or all connections, for too long. Trying again later is right.
    #[error("the database is busy: {0}; try again")]
    Busy(String),
    /// The connection to the database was lost. Whether the last transaction was committed is unknown.
    #[error("the connection to the database was lost: {0}")]
    Unavailable(String),
    /// There is no room for what should be written. Nothing was stored; it works again when there is room.
    #[error("the database has no room left: {0}")]
    Full(String),
    /// The database takes no changes now: a file system that was mounted read-only, a standby server.
    #[error("the database is read-only: {0}")]
    ReadOnly(String),
    /// A row with this key is there already.
    #[error("already stored: {0}")]
    Conflict(String),
    /// A constraint or an insert-only trigger refused the change.
    #[error("the database refused the change: {0}")]
    Refused(String),
    /// Log indexes, chain numbers, times and some settings only move forward, without gaps where they count.
    #[error("{what} must continue at {expected}, not at {found}")]
    OutOfOrder {
        /// What is counted.
        what: &'static str,
        /// The next value that would be right (the lowest one where gaps are allowed).
        expected: i64,
        /// The value that was given.
        found: i64,
    },
    /// What is given contradicts what is stored or itself.
    #[error("{what} disagrees: {detail}")]
    Disagrees {
        /// The kind of thing.
        what: &'static str,
        /// Which one and how.
        detail: String,
    },
    /// Something that must exist does not.
    #[error("there is no {what} {key}")]
    NoSuchRow {
        /// The kind of thing.
        what: &'static str,
        /// Its key.
        key: String,
    },
    /// Any other failure of a query: a defect in the store, or a damaged database.
    #[error("query failed: {0}")]
    Query(#[source] Box<dyn std::error::Error + Send + Sync>),
}

/// Why the storage cannot do now what it could do before. Each of them passes without a restart, when its cause does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Trouble {
    /// Somebody else holds what is needed.
    Busy,
    /// It does not answer, or its file is not there. Whether the last transaction was committed is unknown.
    Unavailable,
    /// There is no room left.
    Full,
    /// It takes no changes.
    ReadOnly,
}

impl StoreError {
    /// What is wrong with the storage itself, if that is it: trying again later is right then. `None`: a defect, or
    /// the caller's mistake.
    #[must_use]
    pub fn trouble(&self) -> Option<Trouble> {
        match self {
            Self::Busy(_) => Some(Trouble::Busy),
            Self::Unavailable(_) => Some(Trouble::Unavailable),
            Self::Full(_) => Some(Trouble::Full),
            Self::ReadOnly(_) => Some(Trouble::ReadOnly),
            _ => None,
        }
    }

    /// A connection that could be made once and cannot now is no mistake in the URL.
    pub(crate) fn while_running(self) -> Self {
        match self {
            Self::Open(message) => of_storage(message).unwrap_or_else(Self::Unavailable),
            other => other,
        }
    }

    /// A change that is refused because no change at all is taken, when a write transaction begins.
    pub(crate) fn at_begin_of_write(self) -> Self {
        match self {
            Self::Refused(message) if is_read_only(&message) => Self::ReadOnly(message),
            Self::Query(error) if is_read_only(&error.to_string()) => {
                Self::ReadOnly(error.to_string())
            }
            other => other,
        }
    }

    /// Stable name of this kind of failure.
    #[must_use]
    pub fn code(&self) -> &'static str {
        match self {
            Self::UnknownUrl { .. } => "store-unknown-url",
            Self::Missing { .. } => "store-missing",
            Self::Open(_) => "store-open",
            Self::Migration(_) => "store-migration",
            Self::Busy(_) => "store-busy",
            Self::Unavailable(_) => "store-unavailable",
            Self::Full(_) => "store-full",
            Self::ReadOnly(_) => "store-read-only",
            Self::Conflict(_) => "store-conflict",
            Self::Refused(_) => "store-refused",
            Self::OutOfOrder { .. } => "store-out-of-order",
            Self::Disagrees { .. } => "store-disagrees",
            Self::NoSuchRow { .. } => "store-no-such-row",
            Self::Query(_) => "store-query",
        }
    }
}

impl From<DieselError> for StoreError {
    fn from(error: DieselError) -> Self {
        match error {
            DieselError::DatabaseError(kind, info) => from_database(kind, info),
            // A commit whose rollback failed too: the reason of the commit is what matters, the connection is dropped.
            DieselError::RollbackErrorOnCommit { commit_error, .. } => Self::from(*commit_error),
            other => Self::Query(Box::new(other)),
        }
    }
}

fn from_database(
    kind: DatabaseErrorKind,
    info: Box<dyn DatabaseErrorInformation + Send + Sync>,
) -> StoreError {
    let message = info.message().to_owned();
    match kind {
        DatabaseErrorKind::UniqueViolation => StoreError::Conflict(message),
        DatabaseErrorKind::ForeignKeyViolation
        | DatabaseErrorKind::NotNullViolation
        | DatabaseErrorKind::CheckViolation
        | DatabaseErrorKind::RestrictViolation
        | DatabaseErrorKind::ReadOnlyTransaction => StoreError::Refused(message),
        DatabaseErrorKind::SerializationFailure => StoreError::Busy(message),
        DatabaseErrorKind::ClosedConnection | DatabaseErrorKind::UnableToSendCommand => {
            StoreError::Unavailable(message)
        }
        // SQLite has no kinds of its own for these; its texts are fixed.
        _ if message.starts_with("database is locked") => StoreError::Busy(message),
        _ if message.ends_with("is insert-only")
            || message.starts_with("attempt to write a readonly database") =>
        {
            StoreError::Refused(message)
        }
        _ => of_storage(message).unwrap_or_else(|_| {
            StoreError::Query(Box::new(DieselError::DatabaseError(kind, info)))
        }),
    }
}

/// What both databases say when the machine below them fails. SQLite's texts are fixed; PostgreSQL's may be translated,
/// and diesel does not pass on its codes, so both languages of our users stand here.
const SIGNS: &[(&str, Trouble)] = &[
    ("database or disk is full", Trouble::Full),
    ("No space left on device", Trouble::Full),
    ("设备上没有空间", Trouble::Full),
    ("Disk quota exceeded", Trouble::Full),
    ("Read-only file system", Trouble::ReadOnly),
    ("只读文件系统", Trouble::ReadOnly),
    ("disk I/O error", Trouble::Unavailable),
    ("unable to open database file", Trouble::Unavailable),
    ("locking protocol", Trouble::Busy),
    ("terminating connection", Trouble::Unavailable),
    ("the database system is", Trouble::Unavailable),
    ("server closed the connection", Trouble::Unavailable),
    ("could not receive data from server", Trouble::Unavailable),
    ("could not send data to server", Trouble::Unavailable),
    ("no connection to the server", Trouble::Unavailable),
    ("Input/output error", Trouble::Unavailable),
    ("输入/输出错误", Trouble::Unavailable),
];

fn of_storage(message: String) -> Result<StoreError, String> {
    let sign = SIGNS.iter().find(|(sign, _)| message.contains(sign));
    match sign.map(|(_, trouble)| trouble) {
        Some(Trouble::Busy) => Ok(StoreError::Busy(message)),
        Some(Trouble::Unavailable) => Ok(StoreError::Unavailable(message)),
        Some(Trouble::Full) => Ok(StoreError::Full(message)),
        Some(Trouble::ReadOnly) => Ok(StoreError::ReadOnly(message)),
        None => Err(message),
    }
}

/// A standby server says the second; PostgreSQL's own `default_transaction_read_only` is overruled by `BEGIN`.
fn is_read_only(message: &str) -> bool {
    message.contains("readonly database")
        || message.contains("during recovery")
        || message.contains("恢复")
}
