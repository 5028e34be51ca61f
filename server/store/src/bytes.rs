//! Fixed-size hashes in columns of bytes.

use diesel::backend::Backend;
use diesel::deserialize::{FromSql, FromSqlRow, Result};
use diesel::sql_types::Binary;

/// A column of exactly 32 bytes, on its way to `[u8; 32]`.
#[derive(Debug, FromSqlRow)]
pub struct Hash([u8; 32]);

impl<DB: Backend> FromSql<Binary, DB> for Hash
where
    Vec<u8>: FromSql<Binary, DB>,
{
    fn from_sql(raw: DB::RawValue<'_>) -> Result<Self> {
        let bytes = Vec::<u8>::from_sql(raw)?;
        let length = bytes.len();
        bytes
            .try_into()
            .map(Hash)
            .map_err(|_| format!("a hash of {length} bytes instead of 32").into())
    }
}

impl From<Hash> for [u8; 32] {
    fn from(hash: Hash) -> Self {
        hash.0
    }
}

/// Lower-case hex, for messages.
pub(crate) fn hex(bytes: &[u8]) -> String {
    use std::fmt::Write;
    bytes.iter().fold(String::new(), |mut text, byte| {
        let _ = write!(text, "{byte:02x}");
        text
    })
}
