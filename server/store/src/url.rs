//! Which database a URL names. An unknown URL is refused; nothing is ever created by a slip of the pen.

use crate::error::StoreError;

/// The two databases that Kaibiao runs on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Backend {
    /// Embedded, one process.
    Sqlite,
    /// Several stateless nodes.
    Postgres,
}

/// Whether opening may create a database.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum OpenMode {
    /// The database must be there.
    #[default]
    Existing,
    /// Make a SQLite file (readable by its owner only) when there is none. PostgreSQL databases are never created.
    CreateIfMissing,
}

/// A parsed URL.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Target {
    /// Path of the file, as given.
    Sqlite(String),
    /// The URL, for libpq.
    Postgres(String),
}

impl Target {
    /// Understands `sqlite:PATH` (also `sqlite://PATH`) and `postgres://...` (also `postgresql://...`).
    pub(crate) fn parse(url: &str) -> Result<Self, StoreError> {
        if url.starts_with("postgres://") || url.starts_with("postgresql://") {
            return Ok(Self::Postgres(url.to_owned()));
        }
        let refuse = |reason| StoreError::UnknownUrl {
            shown: without_secrets(url),
            reason,
        };
        let path = url
            .strip_prefix("sqlite:")
            .ok_or_else(|| refuse("unknown scheme"))?;
        let path = path.strip_prefix("//").unwrap_or(path);
        if path.is_empty() {
            return Err(refuse("the path is empty"));
        }
        if path.starts_with(':') {
            return Err(refuse(
                "databases in memory are not supported, each connection would have its own",
            ));
        }
        if path.contains(['?', '\0']) {
            return Err(refuse("parameters after ? are not supported"));
        }
        Ok(Self::Sqlite(path.to_owned()))
    }

    pub(crate) fn backend(&self) -> Backend {
        match self {
            Self::Sqlite(_) => Backend::Sqlite,
            Self::Postgres(_) => Backend::Postgres,
        }
    }
}

/// The URI form of a path for SQLite; `mode=rw` never creates.
pub(crate) fn sqlite_uri(path: &str) -> String {
    let path = path.replace('%', "%25").replace('#', "%23");
    // "file://x" would make x a host.
    let path = if path.starts_with("//") {
        format!("/{}", path.trim_start_matches('/'))
    } else {
        path
    };
    format!("file:{path}?mode=rw")
}

/// Cuts everything up to the last `@`, where a password would stand.
pub(crate) fn without_secrets(url: &str) -> String {
    match url.rsplit_once('@') {
        Some((_, rest)) => format!("...@{rest}"),
        None => url.to_owned(),
    }
}
