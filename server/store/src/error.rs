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

impl StoreError {
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
        _ => StoreError::Query(Box::new(DieselError::DatabaseError(kind, info))),
    }
}
