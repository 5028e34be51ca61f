//! Storage of the Kaibiao server, on SQLite and PostgreSQL from one code base.
//!
//! This is the only crate that mentions diesel. It depends on no other crate of ours and knows no rule of the
//! procedure: identifiers are text, hashes are 32 bytes, indexes and milliseconds are `i64`.
//!
//! Everything blocks; the server calls it from its own threads (`web::block`, the sequencer).
//!
//! * [`Store::read`] gives one consistent snapshot, [`Store::write`] one transaction that no other write of any
//!   process on this database overlaps. So log order is commit order, and a feed that follows log indexes has no gaps.
//! * Queries are plain functions over [`Conn`], one file per context, one body for both databases.
//! * The record (`log_*`, `statement`) is insert-only by triggers; the projections (`tender`, `account*`) can be
//!   cleared and made again from it ([`projection`]).

pub mod account;
pub mod audit;
pub mod blob;
mod bytes;
mod connection;
mod database;
mod error;
pub mod heartbeat;
pub mod log;
mod migration;
mod pool;
pub mod projection;
mod schema;
pub mod session;
pub mod setting;
pub mod statement;
pub mod tender;
mod url;

pub use connection::Conn;
pub use database::{Store, StoreOptions};
pub use error::{StoreError, Trouble};
pub use url::{Backend, OpenMode};

use diesel::prelude::*;

/// The database's own clock in milliseconds UTC: the time that counts on PostgreSQL, where several nodes write.
/// `None` on SQLite, whose clock is the server's own anyway.
pub fn now_ms(conn: &mut Conn) -> Result<Option<i64>, StoreError> {
    use diesel::{dsl::sql, sql_types::BigInt};
    match conn {
        Conn::Sqlite(_) => Ok(None),
        Conn::Postgres(c) => diesel::select(sql::<BigInt>(
            "CAST(floor(extract(epoch FROM clock_timestamp()) * 1000) AS BIGINT)",
        ))
        .get_result(c)
        .map(Some)
        .map_err(StoreError::from),
    }
}
