//! The storage, tested on both databases: each behaviour is one function that runs on SQLite and on PostgreSQL.
//!
//! PostgreSQL comes from `KAIBIAO_TEST_POSTGRES` (a URL; `ops/postgres run cargo test -p store` sets it). Without it
//! that half is skipped and says so.

mod accounts;
mod blobs;
mod opening;
mod record;
mod schema;
mod sessions;
mod support;
mod tenders;
mod transactions;
