//! The procedure's clock. On PostgreSQL the database's clock counts, so that several nodes agree; on SQLite the
//! machine's. In demo mode an offset that only grows is added and kept in the database.

use std::time::{SystemTime, UNIX_EPOCH};

use store::{Conn, StoreError, setting};

const OFFSET: &str = "demo-clock-offset-ms";

/// Where time comes from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Clock {
    /// Real time.
    System,
    /// Real time plus the offset of the demo.
    Simulated,
}

/// Real time of this machine, UTC milliseconds.
pub fn machine_ms() -> u64 {
    let since = SystemTime::now()
        .duration_since(UNIX_EPOCH)
        .unwrap_or_default();
    u64::try_from(since.as_millis()).unwrap_or(u64::MAX)
}

impl Clock {
    /// Now, UTC milliseconds.
    pub fn now_ms(self, conn: &mut Conn) -> Result<u64, StoreError> {
        let real = real_ms(conn)?;
        match self {
            Clock::System => Ok(real),
            Clock::Simulated => Ok(real.saturating_add(offset_ms(conn)?)),
        }
    }

    /// Moves the simulated clock to `target_ms`; never back ([`StoreError::OutOfOrder`]).
    pub fn advance(self, conn: &mut Conn, target_ms: u64) -> Result<(), StoreError> {
        let now = self.now_ms(conn)?;
        let step = target_ms
            .checked_sub(now)
            .ok_or_else(|| StoreError::OutOfOrder {
                what: "the demo clock",
                expected: i64::try_from(now).unwrap_or(i64::MAX),
                found: i64::try_from(target_ms).unwrap_or(i64::MAX),
            })?;
        let offset = offset_ms(conn)?.saturating_add(step);
        setting::put_forward(conn, OFFSET, i64::try_from(offset).unwrap_or(i64::MAX))
    }
}

/// Real time, UTC milliseconds, also in demo mode: on PostgreSQL the database's, so that what one node begins and
/// another ends (a session) has the same end on both.
pub fn real_ms(conn: &mut Conn) -> Result<u64, StoreError> {
    let database = store::now_ms(conn)?;
    Ok(database
        .and_then(|now| u64::try_from(now).ok())
        .unwrap_or_else(machine_ms))
}

fn offset_ms(conn: &mut Conn) -> Result<u64, StoreError> {
    let offset = setting::get_number(conn, OFFSET)?;
    Ok(offset
        .and_then(|offset| u64::try_from(offset).ok())
        .unwrap_or(0))
}
