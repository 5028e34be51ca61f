//! Refused statements: one line each. A refusal leaves nothing else behind.

use diesel::prelude::*;

use crate::connection::Conn;
use crate::error::StoreError;
use crate::schema::refusal;

/// One refused statement.
#[derive(Clone, Debug, PartialEq, Eq, Insertable, Queryable, Selectable)]
#[diesel(table_name = refusal, treat_none_as_default_value = false)]
pub struct Refusal {
    /// UUIDv7.
    pub id: String,
    /// When.
    pub at_ms: i64,
    /// The chain it was meant for, if that could be read.
    pub chain: Option<String>,
    /// Its kind, if that could be read.
    pub kind: Option<String>,
    /// Its id, if it could be read.
    pub statement_id: Option<String>,
    /// Code of the refusal.
    pub code: String,
    /// The request, as in the server's log.
    pub request_id: String,
}

/// Notes a refusal.
pub fn insert(conn: &mut Conn, row: &Refusal) -> Result<(), StoreError> {
    diesel::insert_into(refusal::table)
        .values(row)
        .execute(conn)?;
    Ok(())
}

/// The latest refusals, newest first.
pub fn latest(conn: &mut Conn, limit: i64) -> Result<Vec<Refusal>, StoreError> {
    Ok(refusal::table
        .order((refusal::at_ms.desc(), refusal::id.desc()))
        .limit(limit)
        .select(Refusal::as_select())
        .load(conn)?)
}

/// Deletes refusals from before a time, so that nobody can fill the disk with them for ever. Returns how many.
pub fn prune(conn: &mut Conn, before_ms: i64) -> Result<usize, StoreError> {
    Ok(diesel::delete(refusal::table.filter(refusal::at_ms.lt(before_ms))).execute(conn)?)
}
