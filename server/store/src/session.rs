//! Sessions and the challenges they come from. Times are of the real clock, also in demo mode.

use diesel::prelude::*;

use crate::bytes::Hash;
use crate::connection::Conn;
use crate::error::StoreError;
use crate::schema::{challenge, session};

/// A login for reading. The token itself is known to the browser only.
#[derive(Clone, Debug, PartialEq, Eq, Insertable, Queryable, Selectable)]
#[diesel(table_name = session)]
pub struct Session {
    /// SHA-256 of the token.
    #[diesel(deserialize_as = Hash)]
    pub token_hash: [u8; 32],
    /// Whose session.
    pub account: String,
    /// The key that signed the challenge.
    pub key_id: String,
    /// Begin.
    pub created_ms: i64,
    /// End; from this millisecond on the session is gone.
    pub expires_ms: i64,
}

/// A number to be signed once.
#[derive(Clone, Debug, PartialEq, Eq, Insertable, Queryable, Selectable)]
#[diesel(table_name = challenge)]
pub struct Challenge {
    /// The random number.
    #[diesel(deserialize_as = Hash)]
    pub nonce: [u8; 32],
    /// The key that asked.
    pub key_id: String,
    /// From this millisecond on it is void.
    pub expires_ms: i64,
}

/// Stores a new session.
pub fn create(conn: &mut Conn, row: &Session) -> Result<(), StoreError> {
    diesel::insert_into(session::table)
        .values(row)
        .execute(conn)?;
    Ok(())
}

/// The session of this token, unless it has expired.
pub fn get(
    conn: &mut Conn,
    token_hash: &[u8; 32],
    now_ms: i64,
) -> Result<Option<Session>, StoreError> {
    Ok(session::table
        .find(token_hash)
        .filter(session::expires_ms.gt(now_ms))
        .select(Session::as_select())
        .first(conn)
        .optional()?)
}

/// Ends a session (logout). Ending one that is gone is fine.
pub fn end(conn: &mut Conn, token_hash: &[u8; 32]) -> Result<(), StoreError> {
    diesel::delete(session::table.find(token_hash)).execute(conn)?;
    Ok(())
}

/// Deletes expired sessions and challenges; returns how many.
pub fn expire(conn: &mut Conn, now_ms: i64) -> Result<usize, StoreError> {
    let sessions =
        diesel::delete(session::table.filter(session::expires_ms.le(now_ms))).execute(conn)?;
    let challenges =
        diesel::delete(challenge::table.filter(challenge::expires_ms.le(now_ms))).execute(conn)?;
    Ok(sessions + challenges)
}

/// Stores a new challenge.
pub fn put_challenge(conn: &mut Conn, row: &Challenge) -> Result<(), StoreError> {
    diesel::insert_into(challenge::table)
        .values(row)
        .execute(conn)?;
    Ok(())
}

/// Takes a challenge away and returns it, unless it has expired. It can never be taken twice, also if what follows
/// fails for another reason: commit before you check the signature.
pub fn take_challenge(
    conn: &mut Conn,
    nonce: &[u8; 32],
    now_ms: i64,
) -> Result<Option<Challenge>, StoreError> {
    let found: Option<Challenge> = challenge::table
        .find(nonce)
        .select(Challenge::as_select())
        .first(conn)
        .optional()?;
    // The write lock makes look-and-delete one step; the count is the proof.
    let taken = diesel::delete(challenge::table.find(nonce)).execute(conn)? == 1;
    Ok(found.filter(|c| taken && c.expires_ms > now_ms))
}
