//! Small named values that all nodes share, such as the demo clock.

use diesel::prelude::*;

use crate::connection::{Conn, on_each_backend};
use crate::error::StoreError;
use crate::schema::setting;

/// The value of a setting.
pub fn get(conn: &mut Conn, name: &str) -> Result<Option<String>, StoreError> {
    Ok(setting::table
        .find(name)
        .select(setting::value)
        .first(conn)
        .optional()?)
}

/// Stores a setting.
pub fn put(conn: &mut Conn, name: &str, value: &str) -> Result<(), StoreError> {
    on_each_backend!(conn, c => {
        diesel::insert_into(setting::table)
            .values((setting::name.eq(name), setting::value.eq(value)))
            .on_conflict(setting::name)
            .do_update()
            .set(setting::value.eq(value))
            .execute(c)
    })?;
    Ok(())
}

/// A setting that is a number.
pub fn get_number(conn: &mut Conn, name: &str) -> Result<Option<i64>, StoreError> {
    let Some(text) = get(conn, name)? else {
        return Ok(None);
    };
    text.parse().map(Some).map_err(|_| StoreError::Disagrees {
        what: "a setting",
        detail: format!("{name} is \"{text}\", not a number"),
    })
}

/// Moves a number forward (the demo clock). The same value again is fine, a smaller one is
/// [`StoreError::OutOfOrder`] and changes nothing.
pub fn put_forward(conn: &mut Conn, name: &'static str, value: i64) -> Result<(), StoreError> {
    match get_number(conn, name)? {
        Some(old) if value < old => Err(StoreError::OutOfOrder {
            what: name,
            expected: old,
            found: value,
        }),
        _ => put(conn, name, &value.to_string()),
    }
}
