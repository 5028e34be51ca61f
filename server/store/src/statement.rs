//! Admitted statements and the heads of their chains. Statements are appended by
//! [`log::append_batch`](crate::log::append_batch) only.

use diesel::prelude::*;
use diesel::sql_types::Text;

use crate::bytes::Hash;
use crate::connection::{Conn, on_each_backend};
use crate::error::StoreError;
use crate::schema::{chain_head, statement};

/// One admitted statement.
#[derive(Clone, Debug, PartialEq, Eq, Insertable, Queryable, Selectable)]
#[diesel(table_name = statement)]
pub struct Statement {
    /// Statement id, 64 hex digits.
    pub id: String,
    /// `tender:<id>`, `account:<id>` or `platform`.
    pub chain: String,
    /// Number in the chain, from 0 without gaps.
    pub seq: i64,
    /// Position in the log.
    pub log_index: i64,
    /// Kind, as in its DSSE type.
    pub kind: String,
    /// The DSSE envelope, canonical JSON.
    pub envelope: Vec<u8>,
    /// The time that counts, taken by the sequencer inside its lock.
    pub admitted_ms: i64,
}

/// The last statement of a chain.
#[derive(Clone, Debug, PartialEq, Eq, Insertable, Queryable, Selectable, AsChangeset)]
#[diesel(table_name = chain_head, primary_key(chain))]
pub struct ChainHead {
    /// The chain.
    pub chain: String,
    /// Number of its last statement.
    pub seq: i64,
    /// Leaf hash of its last statement: the next one's `prev`.
    #[diesel(deserialize_as = Hash)]
    pub head: [u8; 32],
    /// Log index of its last statement.
    pub log_index: i64,
}

/// What an admitted statement is, without its envelope.
#[derive(Clone, Debug, PartialEq, Eq, Queryable, Selectable)]
#[diesel(table_name = statement)]
pub struct Kind {
    /// Position in the log.
    pub log_index: i64,
    /// Its chain.
    pub chain: String,
    /// Its kind.
    pub kind: String,
}

/// The statement with this id, if it was admitted.
pub fn by_id(conn: &mut Conn, id: &str) -> Result<Option<Statement>, StoreError> {
    Ok(statement::table
        .find(id)
        .select(Statement::as_select())
        .first(conn)
        .optional()?)
}

/// The statement at this log index; `None` for noise.
pub fn at_index(conn: &mut Conn, log_index: i64) -> Result<Option<Statement>, StoreError> {
    Ok(statement::table
        .filter(statement::log_index.eq(log_index))
        .select(Statement::as_select())
        .first(conn)
        .optional()?)
}

/// Statements of one chain from `from_seq`, ascending, at most `limit`.
pub fn of_chain(
    conn: &mut Conn,
    chain: &str,
    from_seq: i64,
    limit: i64,
) -> Result<Vec<Statement>, StoreError> {
    Ok(statement::table
        .filter(statement::chain.eq(chain))
        .filter(statement::seq.ge(from_seq))
        .order(statement::seq)
        .limit(limit)
        .select(Statement::as_select())
        .load(conn)?)
}

/// Like [`of_chain`], without the kinds in `hidden`: these are skipped inside the database, unread.
pub fn of_chain_without(
    conn: &mut Conn,
    chain: &str,
    from_seq: i64,
    hidden: &[&str],
    limit: i64,
) -> Result<Vec<Statement>, StoreError> {
    let mut query = statement::table
        .filter(statement::chain.eq(chain.to_owned()))
        .filter(statement::seq.ge(from_seq))
        .order(statement::seq)
        .limit(limit)
        .select(Statement::as_select())
        .into_boxed();
    for kind in hidden {
        query = query.filter(statement::kind.ne((*kind).to_owned()));
    }
    Ok(query.load(conn)?)
}

/// Statements of all chains from a log index on, in log order, at most `limit`: for rebuilding projections.
pub fn from_index(
    conn: &mut Conn,
    log_index: i64,
    limit: i64,
) -> Result<Vec<Statement>, StoreError> {
    Ok(statement::table
        .filter(statement::log_index.ge(log_index))
        .order(statement::log_index)
        .limit(limit)
        .select(Statement::as_select())
        .load(conn)?)
}

/// Like [`from_index`], without the envelopes.
pub fn kinds_from(conn: &mut Conn, log_index: i64, limit: i64) -> Result<Vec<Kind>, StoreError> {
    Ok(statement::table
        .filter(statement::log_index.ge(log_index))
        .order(statement::log_index)
        .limit(limit)
        .select(Kind::as_select())
        .load(conn)?)
}

/// Which of these statements were admitted. The caller bounds their number.
pub fn admitted_of(conn: &mut Conn, ids: &[String]) -> Result<Vec<String>, StoreError> {
    Ok(statement::table
        .filter(statement::id.eq_any(ids))
        .select(statement::id)
        .load(conn)?)
}

/// The head of a chain; `None` before its first statement.
pub fn chain_head(conn: &mut Conn, chain: &str) -> Result<Option<ChainHead>, StoreError> {
    Ok(chain_head::table
        .find(chain)
        .select(ChainHead::as_select())
        .first(conn)
        .optional()?)
}

/// Moves the head of a chain forward; never back.
pub fn put_chain_head(conn: &mut Conn, head: &ChainHead) -> Result<(), StoreError> {
    // The condition stands in the statement itself: one round trip, and no row is what a head behind the stored one gives.
    let moved = on_each_backend!(conn, c => {
        let upsert = diesel::insert_into(chain_head::table)
            .values(head)
            .on_conflict(chain_head::chain)
            .do_update()
            .set(head);
        diesel::query_dsl::methods::FilterDsl::filter(upsert, chain_head::seq.lt(head.seq)).execute(c)
    })?;
    if moved > 0 {
        return Ok(());
    }
    let stored = chain_head(conn, &head.chain)?;
    Err(StoreError::OutOfOrder {
        what: "chain head",
        expected: stored.map_or(0, |stored| stored.seq + 1),
        found: head.seq,
    })
}

/// Chains whose stored head is not the last leaf of that chain: a damaged database; the server refuses to start on any.
pub fn chains_with_wrong_head(conn: &mut Conn) -> Result<Vec<String>, StoreError> {
    #[derive(QueryableByName)]
    struct Row {
        #[diesel(sql_type = Text)]
        chain: String,
    }
    let rows: Vec<Row> = diesel::sql_query(
        "SELECT coalesce(h.chain, l.chain) AS chain \
         FROM (SELECT o.* FROM log_leaf o \
               JOIN (SELECT chain, max(seq) AS seq FROM log_leaf WHERE chain IS NOT NULL GROUP BY chain) m \
               ON o.chain = m.chain AND o.seq = m.seq) l \
         FULL JOIN chain_head h ON h.chain = l.chain \
         WHERE h.seq IS NULL OR l.seq IS NULL OR h.seq <> l.seq OR h.head <> l.leaf_hash OR h.log_index <> l.idx \
         ORDER BY 1",
    )
    .load(conn)?;
    Ok(rows.into_iter().map(|row| row.chain).collect())
}
