//! The projection of accounts, their keys and roles: the directory.

use diesel::prelude::*;

use crate::connection::{Conn, on_each_backend};
use crate::error::StoreError;
use crate::schema::{account, account_key, account_role};

/// An organisation or person.
#[derive(Clone, Debug, PartialEq, Eq, Insertable, Queryable, Selectable, AsChangeset)]
#[diesel(table_name = account)]
pub struct Account {
    /// Account id.
    pub id: String,
    /// Name.
    pub name: String,
    /// Unified social credit code (统一社会信用代码), or what stands for it abroad.
    pub uscc: String,
    /// Log index of its registration.
    pub registered_index: i64,
}

/// A signing key of an account. Revoked keys stay: signatures before the revocation remain good.
#[derive(Clone, Debug, PartialEq, Eq, Insertable, Queryable, Selectable, AsChangeset)]
#[diesel(table_name = account_key, primary_key(key_id), treat_none_as_null = true)]
#[diesel(treat_none_as_default_value = false)]
pub struct AccountKey {
    /// Key id, hex.
    pub key_id: String,
    /// Its account.
    pub account: String,
    /// `ed25519` or `p256`.
    pub alg: String,
    /// Public key.
    pub pk: Vec<u8>,
    /// Log index of its registration.
    pub registered_index: i64,
    /// Log index of its revocation.
    pub revoked_index: Option<i64>,
}

/// A role that the root key has granted.
#[derive(Clone, Debug, PartialEq, Eq, Insertable, Queryable, Selectable)]
#[diesel(table_name = account_role)]
pub struct AccountRole {
    /// The account.
    pub account: String,
    /// The role, as in the statement.
    pub role: String,
    /// Log index of the grant.
    pub granted_index: i64,
}

/// Stores an account.
pub fn upsert(conn: &mut Conn, row: &Account) -> Result<(), StoreError> {
    on_each_backend!(conn, c => {
        diesel::insert_into(account::table).values(row).on_conflict(account::id).do_update().set(row).execute(c)
    })?;
    Ok(())
}

/// Stores a key, also to mark it revoked.
pub fn upsert_key(conn: &mut Conn, row: &AccountKey) -> Result<(), StoreError> {
    on_each_backend!(conn, c => {
        diesel::insert_into(account_key::table)
            .values(row)
            .on_conflict(account_key::key_id)
            .do_update()
            .set(row)
            .execute(c)
    })?;
    Ok(())
}

/// Stores a role; a second grant of the same role changes nothing.
pub fn upsert_role(conn: &mut Conn, row: &AccountRole) -> Result<(), StoreError> {
    on_each_backend!(conn, c => {
        diesel::insert_into(account_role::table)
            .values(row)
            .on_conflict((account_role::account, account_role::role))
            .do_nothing()
            .execute(c)
    })?;
    Ok(())
}

/// One account.
pub fn get(conn: &mut Conn, id: &str) -> Result<Option<Account>, StoreError> {
    Ok(account::table
        .find(id)
        .select(Account::as_select())
        .first(conn)
        .optional()?)
}

/// Accounts after an id, ascending by id.
pub fn list(conn: &mut Conn, after_id: &str, limit: i64) -> Result<Vec<Account>, StoreError> {
    Ok(account::table
        .filter(account::id.gt(after_id))
        .order(account::id)
        .limit(limit)
        .select(Account::as_select())
        .load(conn)?)
}

/// One key.
pub fn key(conn: &mut Conn, key_id: &str) -> Result<Option<AccountKey>, StoreError> {
    Ok(account_key::table
        .find(key_id)
        .select(AccountKey::as_select())
        .first(conn)
        .optional()?)
}

/// Keys of an account, in order of registration.
pub fn keys(conn: &mut Conn, account: &str) -> Result<Vec<AccountKey>, StoreError> {
    Ok(account_key::table
        .filter(account_key::account.eq(account))
        .order((account_key::registered_index, account_key::key_id))
        .select(AccountKey::as_select())
        .load(conn)?)
}

/// Roles of an account, by name.
pub fn roles(conn: &mut Conn, account: &str) -> Result<Vec<AccountRole>, StoreError> {
    Ok(account_role::table
        .filter(account_role::account.eq(account))
        .order(account_role::role)
        .select(AccountRole::as_select())
        .load(conn)?)
}
