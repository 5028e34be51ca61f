//! The platform's heartbeat, and the times without one. Times are milliseconds UTC.

use diesel::prelude::*;

use crate::connection::{Conn, on_each_backend};
use crate::error::StoreError;
use crate::schema::{heartbeat, not_serving};

/// The one row's key.
const PLATFORM: &str = "platform";

/// Most rows that [`gaps`] returns.
pub const GAPS_MAX: i64 = 512;

/// One heartbeat.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Insertable, Queryable, Selectable, AsChangeset)]
#[diesel(table_name = heartbeat)]
pub struct Beat {
    /// The procedure's time; simulated in demo mode.
    pub t_ms: i64,
    /// Real time.
    pub real_ms: i64,
}

/// A time without a heartbeat, in the procedure's time.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Insertable, Queryable, Selectable)]
#[diesel(table_name = not_serving)]
pub struct Gap {
    /// The first heartbeat that did not come.
    pub from_ms: i64,
    /// The first one that came again.
    pub until_ms: i64,
}

/// The last heartbeat of any node; `None`: there was none on this database.
pub fn last(conn: &mut Conn) -> Result<Option<Beat>, StoreError> {
    Ok(heartbeat::table
        .select(Beat::as_select())
        .first(conn)
        .optional()?)
}

/// Puts a heartbeat in the place of the last one.
pub fn put(conn: &mut Conn, beat: &Beat) -> Result<(), StoreError> {
    on_each_backend!(conn, c => {
        diesel::insert_into(heartbeat::table)
            .values((heartbeat::platform.eq(PLATFORM), beat))
            .on_conflict(heartbeat::platform)
            .do_update()
            .set(beat)
            .execute(c)
    })?;
    Ok(())
}

/// Notes a time without a heartbeat, and forgets those that ended before `forget_ms`.
pub fn note_gap(conn: &mut Conn, gap: &Gap, forget_ms: i64) -> Result<(), StoreError> {
    diesel::delete(not_serving::table.filter(not_serving::until_ms.lt(forget_ms))).execute(conn)?;
    on_each_backend!(conn, c => {
        diesel::insert_into(not_serving::table)
            .values(gap)
            .on_conflict_do_nothing()
            .execute(c)
    })?;
    Ok(())
}

/// Times without a heartbeat that ended after `since_ms`, ascending; the last [`GAPS_MAX`] of them.
pub fn gaps(conn: &mut Conn, since_ms: i64) -> Result<Vec<Gap>, StoreError> {
    let mut latest: Vec<Gap> = not_serving::table
        .filter(not_serving::until_ms.gt(since_ms))
        .order(not_serving::until_ms.desc())
        .limit(GAPS_MAX)
        .select(Gap::as_select())
        .load(conn)?;
    latest.reverse();
    Ok(latest)
}
