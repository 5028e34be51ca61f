//! The log: leaves, the nodes of complete subtrees, checkpoints and their cosignatures. All insert-only.

use diesel::dsl::max;
use diesel::prelude::*;

use crate::bytes::{Hash, hex};
use crate::connection::{Conn, insert_rows, on_each_backend};
use crate::error::StoreError;
use crate::schema::{log_checkpoint, log_cosignature, log_leaf, log_node, statement};
use crate::statement::Statement;

/// One leaf with what opens it. `chain`, `seq` and `statement_id` are `None` together: then it is noise.
#[derive(Clone, Debug, PartialEq, Eq, Insertable, Queryable, Selectable)]
#[diesel(table_name = log_leaf, treat_none_as_default_value = false)]
pub struct Leaf {
    /// Position in the log.
    pub idx: i64,
    /// The 80 bytes that are hashed; they reveal nothing.
    pub leaf_data: Vec<u8>,
    /// Their RFC 6962 leaf hash.
    #[diesel(deserialize_as = Hash)]
    pub leaf_hash: [u8; 32],
    /// The statement's chain.
    pub chain: Option<String>,
    /// Its number in that chain.
    pub seq: Option<i64>,
    /// The statement's id.
    pub statement_id: Option<String>,
    /// Salt of the visible half.
    #[diesel(deserialize_as = Hash)]
    pub salt_v: [u8; 32],
    /// Salt of the hidden half.
    #[diesel(deserialize_as = Hash)]
    pub salt_h: [u8; 32],
}

/// The root of a complete subtree.
#[derive(Clone, Debug, PartialEq, Eq, Insertable, Queryable, Selectable)]
#[diesel(table_name = log_node)]
pub struct Node {
    /// 0 for a leaf.
    pub level: i32,
    /// Position among the nodes of its level.
    pub idx: i64,
    /// Its hash.
    #[diesel(deserialize_as = Hash)]
    pub hash: [u8; 32],
}

/// A signed tree head.
#[derive(Clone, Debug, PartialEq, Eq, Insertable, Queryable, Selectable)]
#[diesel(table_name = log_checkpoint)]
pub struct Checkpoint {
    /// Number of leaves.
    pub size: i64,
    /// Root hash at that size.
    #[diesel(deserialize_as = Hash)]
    pub root: [u8; 32],
    /// The C2SP note with the log's signature.
    pub note: String,
    /// When it was signed.
    pub made_ms: i64,
}

/// A log witness's signature on a checkpoint.
#[derive(Clone, Debug, PartialEq, Eq, Insertable, Queryable, Selectable)]
#[diesel(table_name = log_cosignature)]
pub struct Cosignature {
    /// Size of the checkpoint.
    pub size: i64,
    /// Name of the witness.
    pub witness: String,
    /// The signature line of the note.
    pub line: String,
    /// The witness's time.
    pub t_ms: i64,
}

/// Number of leaves; the index of the next one.
pub fn size(conn: &mut Conn) -> Result<i64, StoreError> {
    let last: Option<i64> = log_leaf::table.select(max(log_leaf::idx)).first(conn)?;
    Ok(last.map_or(0, |idx| idx + 1))
}

/// Time of the last admitted statement; the next one's must not be earlier.
pub fn last_admitted_ms(conn: &mut Conn) -> Result<Option<i64>, StoreError> {
    Ok(statement::table
        .order(statement::log_index.desc())
        .select(statement::admitted_ms)
        .first(conn)
        .optional()?)
}

/// Appends one batch inside a write transaction: leaves that continue the log without a gap, the statements that the
/// leaves name (same order), and the nodes that became complete. Chain heads and projections are the caller's.
///
/// What must hold is checked here although the sequencer sees to it: a wrong log can never be corrected.
pub fn append_batch(
    conn: &mut Conn,
    leaves: &[Leaf],
    statements: &[Statement],
    nodes: &[Node],
) -> Result<(), StoreError> {
    let size = size(conn)?;
    for (leaf, expected) in leaves.iter().zip(size..) {
        if leaf.idx != expected {
            return Err(StoreError::OutOfOrder {
                what: "log index",
                expected,
                found: leaf.idx,
            });
        }
    }
    check_statements(leaves, statements)?;
    check_times(last_admitted_ms(conn)?, statements)?;
    insert_rows!(conn, log_leaf::table, leaves)?;
    insert_rows!(conn, statement::table, statements)?;
    insert_rows!(conn, log_node::table, nodes)?;
    Ok(())
}

/// Each statement has its leaf in the same batch, and each leaf that names one has its statement.
fn check_statements(leaves: &[Leaf], statements: &[Statement]) -> Result<(), StoreError> {
    let named = leaves.iter().filter(|leaf| leaf.statement_id.is_some());
    let named = named.map(|l| (l.idx, l.statement_id.as_deref(), l.chain.as_deref(), l.seq));
    let given = statements.iter().map(|s| {
        (
            s.log_index,
            Some(s.id.as_str()),
            Some(s.chain.as_str()),
            Some(s.seq),
        )
    });
    if named.eq(given) {
        return Ok(());
    }
    Err(StoreError::Disagrees {
        what: "a batch",
        detail: "its leaves and its statements are not the same acts in the same order".to_owned(),
    })
}

/// `admitted_ms` never decreases along the log.
fn check_times(last: Option<i64>, statements: &[Statement]) -> Result<(), StoreError> {
    let mut latest = last.unwrap_or(i64::MIN);
    for statement in statements {
        if statement.admitted_ms < latest {
            return Err(StoreError::OutOfOrder {
                what: "time of admission",
                expected: latest,
                found: statement.admitted_ms,
            });
        }
        latest = statement.admitted_ms;
    }
    Ok(())
}

/// One node of a complete subtree.
pub fn node(conn: &mut Conn, level: i32, idx: i64) -> Result<Option<[u8; 32]>, StoreError> {
    let hash: Option<Hash> = log_node::table
        .find((level, idx))
        .select(log_node::hash)
        .first(conn)
        .optional()?;
    Ok(hash.map(<[u8; 32]>::from))
}

/// Leaves from `from` (inclusive) to `to` (exclusive), ascending. The caller bounds the range.
pub fn leaves(conn: &mut Conn, from: i64, to: i64) -> Result<Vec<Leaf>, StoreError> {
    Ok(log_leaf::table
        .filter(log_leaf::idx.ge(from))
        .filter(log_leaf::idx.lt(to))
        .order(log_leaf::idx)
        .select(Leaf::as_select())
        .load(conn)?)
}

/// Leaves of one chain from `from_seq`, ascending, at most `limit`: the openings that a bundle publishes.
pub fn leaves_of_chain(
    conn: &mut Conn,
    chain: &str,
    from_seq: i64,
    limit: i64,
) -> Result<Vec<Leaf>, StoreError> {
    Ok(log_leaf::table
        .filter(log_leaf::chain.eq(chain))
        .filter(log_leaf::seq.ge(from_seq))
        .order(log_leaf::seq)
        .limit(limit)
        .select(Leaf::as_select())
        .load(conn)?)
}

/// Stores a checkpoint, or gives back the one that another node stored for this size. One that names another root for
/// the same size is refused: signing it would be an equivocation.
pub fn insert_checkpoint(
    conn: &mut Conn,
    checkpoint: &Checkpoint,
) -> Result<Checkpoint, StoreError> {
    if let Some(stored) = checkpoint_of_size(conn, checkpoint.size)? {
        if stored.root != checkpoint.root {
            return Err(StoreError::Disagrees {
                what: "a checkpoint",
                detail: format!(
                    "size {} has root {}, not {}",
                    stored.size,
                    hex(&stored.root),
                    hex(&checkpoint.root)
                ),
            });
        }
        return Ok(stored);
    }
    diesel::insert_into(log_checkpoint::table)
        .values(checkpoint)
        .execute(conn)?;
    Ok(checkpoint.clone())
}

/// The checkpoint of exactly this size.
pub fn checkpoint_of_size(conn: &mut Conn, size: i64) -> Result<Option<Checkpoint>, StoreError> {
    Ok(log_checkpoint::table
        .find(size)
        .select(Checkpoint::as_select())
        .first(conn)
        .optional()?)
}

/// The checkpoint of the largest size.
pub fn latest_checkpoint(conn: &mut Conn) -> Result<Option<Checkpoint>, StoreError> {
    Ok(log_checkpoint::table
        .order(log_checkpoint::size.desc())
        .select(Checkpoint::as_select())
        .first(conn)
        .optional()?)
}

/// The last checkpoint that was signed until `made_ms`.
pub fn last_checkpoint_until(
    conn: &mut Conn,
    made_ms: i64,
) -> Result<Option<Checkpoint>, StoreError> {
    // By size, which is the key and grows with time.
    Ok(log_checkpoint::table
        .filter(log_checkpoint::made_ms.le(made_ms))
        .order(log_checkpoint::size.desc())
        .select(Checkpoint::as_select())
        .first(conn)
        .optional()?)
}

/// The first checkpoint that was signed from `made_ms` on.
pub fn first_checkpoint_from(
    conn: &mut Conn,
    made_ms: i64,
) -> Result<Option<Checkpoint>, StoreError> {
    Ok(log_checkpoint::table
        .filter(log_checkpoint::made_ms.ge(made_ms))
        .order(log_checkpoint::made_ms)
        .select(Checkpoint::as_select())
        .first(conn)
        .optional()?)
}

/// The first checkpoint that covers `size` leaves: what the receipt of leaf `size - 1` waits for.
pub fn checkpoint_at_or_after(
    conn: &mut Conn,
    size: i64,
) -> Result<Option<Checkpoint>, StoreError> {
    Ok(log_checkpoint::table
        .filter(log_checkpoint::size.ge(size))
        .order(log_checkpoint::size)
        .select(Checkpoint::as_select())
        .first(conn)
        .optional()?)
}

/// Stores a witness's cosignature; a second one of the same witness and size is a conflict.
pub fn insert_cosignature(conn: &mut Conn, cosignature: &Cosignature) -> Result<(), StoreError> {
    diesel::insert_into(log_cosignature::table)
        .values(cosignature)
        .execute(conn)?;
    Ok(())
}

/// Stores a witness's cosignature unless there is one of the same witness and size already: several nodes may ask the
/// same witness. Gives whether it is new.
pub fn keep_cosignature(conn: &mut Conn, cosignature: &Cosignature) -> Result<bool, StoreError> {
    let rows = on_each_backend!(conn, c => {
        diesel::insert_into(log_cosignature::table)
            .values(cosignature)
            .on_conflict((log_cosignature::size, log_cosignature::witness))
            .do_nothing()
            .execute(c)
    })?;
    Ok(rows == 1)
}

/// Sizes from `from` on of which there are cosignatures, ascending, at most `limit`.
pub fn cosigned_from(conn: &mut Conn, from: i64, limit: i64) -> Result<Vec<i64>, StoreError> {
    Ok(log_cosignature::table
        .filter(log_cosignature::size.ge(from))
        .select(log_cosignature::size)
        .distinct()
        .order(log_cosignature::size)
        .limit(limit)
        .load(conn)?)
}

/// The newest sizes of which there are cosignatures, descending, at most `limit`.
pub fn newest_cosigned(conn: &mut Conn, limit: i64) -> Result<Vec<i64>, StoreError> {
    Ok(log_cosignature::table
        .select(log_cosignature::size)
        .distinct()
        .order(log_cosignature::size.desc())
        .limit(limit)
        .load(conn)?)
}

/// The largest size that this witness has cosigned.
pub fn newest_cosigned_by(conn: &mut Conn, witness: &str) -> Result<Option<i64>, StoreError> {
    Ok(log_cosignature::table
        .filter(log_cosignature::witness.eq(witness))
        .select(max(log_cosignature::size))
        .first(conn)?)
}

/// Cosignatures of the checkpoint of this size, by name of the witness.
pub fn cosignatures(conn: &mut Conn, size: i64) -> Result<Vec<Cosignature>, StoreError> {
    Ok(log_cosignature::table
        .filter(log_cosignature::size.eq(size))
        .order(log_cosignature::witness)
        .select(Cosignature::as_select())
        .load(conn)?)
}
