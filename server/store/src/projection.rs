//! Clearing and comparing the projections: everything that a node can make again from the log.

use std::fmt::Debug;

use diesel::prelude::*;

use crate::account::{Account, AccountKey, AccountRole};
use crate::connection::Conn;
use crate::error::StoreError;
use crate::schema::{account, account_key, account_role, tender};
use crate::tender::Tender;

/// Empties all projections. Replay the statements in the same write transaction, so that no reader sees the gap.
pub fn clear(conn: &mut Conn) -> Result<(), StoreError> {
    diesel::delete(account_role::table).execute(conn)?;
    diesel::delete(account_key::table).execute(conn)?;
    diesel::delete(account::table).execute(conn)?;
    diesel::delete(tender::table).execute(conn)?;
    Ok(())
}

/// All rows of all projections as sorted lines. Equal states give equal lines, on both databases. For comparing what is
/// stored with what a rebuild gives; loads everything.
pub fn dump(conn: &mut Conn) -> Result<Vec<String>, StoreError> {
    let mut lines = Vec::new();
    add(
        &mut lines,
        &account::table.select(Account::as_select()).load(conn)?,
    );
    add(
        &mut lines,
        &account_key::table
            .select(AccountKey::as_select())
            .load(conn)?,
    );
    add(
        &mut lines,
        &account_role::table
            .select(AccountRole::as_select())
            .load(conn)?,
    );
    add(
        &mut lines,
        &tender::table.select(Tender::as_select()).load(conn)?,
    );
    lines.sort_unstable();
    Ok(lines)
}

/// The derived `Debug` names the type and every field, so a new column is compared without anybody's help.
fn add<T: Debug>(lines: &mut Vec<String>, rows: &[T]) {
    lines.extend(rows.iter().map(|row| format!("{row:?}")));
}
