//! Uploads: who declared which content, and which segments have arrived. The bytes lie in the blob storage.

use diesel::dsl::{count_star, sql};
use diesel::prelude::*;
use diesel::sql_types::BigInt;

use crate::bytes::{Hash, hex};
use crate::connection::{Conn, insert_rows};
use crate::error::StoreError;
use crate::schema::{blob, blob_segment};

/// One account's upload of one content.
#[derive(Clone, Debug, PartialEq, Eq, Insertable, Queryable, Selectable)]
#[diesel(table_name = blob, treat_none_as_default_value = false)]
pub struct Blob {
    /// Who uploads and whose quota it counts against.
    pub account: String,
    /// Root over the segments' leaf hashes.
    #[diesel(deserialize_as = Hash)]
    pub root: [u8; 32],
    /// Size of the whole.
    pub size_bytes: i64,
    /// Number of segments.
    pub segments: i64,
    /// When it was declared.
    pub created_ms: i64,
    /// When its last segment had arrived.
    pub complete_ms: Option<i64>,
}

/// One segment of an upload.
#[derive(Clone, Debug, PartialEq, Eq, Insertable, Queryable, Selectable)]
#[diesel(table_name = blob_segment)]
pub struct BlobSegment {
    /// The upload's account.
    pub account: String,
    /// The upload's root.
    #[diesel(deserialize_as = Hash)]
    pub root: [u8; 32],
    /// Number from 0.
    pub n: i64,
    /// Leaf hash of its bytes.
    #[diesel(deserialize_as = Hash)]
    pub leaf_hash: [u8; 32],
    /// Its size.
    pub size_bytes: i64,
    /// Whether its bytes are durable in the blob storage.
    pub stored: bool,
}

/// What is declared of one segment before it comes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SegmentPlan {
    /// Leaf hash of its bytes.
    pub leaf_hash: [u8; 32],
    /// Its size.
    pub size_bytes: i64,
}

/// What [`complete`] found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Completion {
    /// All segments are there.
    Complete(Blob),
    /// So many are still missing.
    Missing(i64),
}

/// Declares an upload. The second declaration of the same content changes nothing and returns the first, so an upload
/// can be resumed by starting it again. One that differs from the first is refused.
pub fn declare(
    conn: &mut Conn,
    account: &str,
    root: &[u8; 32],
    plan: &[SegmentPlan],
    now_ms: i64,
) -> Result<Blob, StoreError> {
    let size_bytes = plan
        .iter()
        .try_fold(0_i64, |sum, s| sum.checked_add(s.size_bytes));
    let (Some(size_bytes), Ok(segments)) = (size_bytes, i64::try_from(plan.len())) else {
        return Err(disagrees(account, root, "its sizes overflow"));
    };
    if let Some(stored) = get(conn, account, root)? {
        let planned = self::segments(conn, account, root)?;
        let same = planned.len() == plan.len()
            && planned
                .iter()
                .zip(plan)
                .all(|(a, b)| a.leaf_hash == b.leaf_hash && a.size_bytes == b.size_bytes);
        return if same {
            Ok(stored)
        } else {
            Err(disagrees(
                account,
                root,
                "it was declared with other segments",
            ))
        };
    }
    let row = Blob {
        account: account.to_owned(),
        root: *root,
        size_bytes,
        segments,
        created_ms: now_ms,
        complete_ms: None,
    };
    diesel::insert_into(blob::table)
        .values(&row)
        .execute(conn)?;
    let rows: Vec<BlobSegment> = (0..)
        .zip(plan)
        .map(|(n, plan)| planned_segment(&row, n, *plan))
        .collect();
    insert_rows!(conn, blob_segment::table, rows)?;
    Ok(row)
}

fn planned_segment(blob: &Blob, n: i64, plan: SegmentPlan) -> BlobSegment {
    BlobSegment {
        account: blob.account.clone(),
        root: blob.root,
        n,
        leaf_hash: plan.leaf_hash,
        size_bytes: plan.size_bytes,
        stored: false,
    }
}

fn disagrees(account: &str, root: &[u8; 32], why: &str) -> StoreError {
    StoreError::Disagrees {
        what: "a declaration",
        detail: format!("{} of {account}: {why}", hex(root)),
    }
}

/// One account's upload.
pub fn get(conn: &mut Conn, account: &str, root: &[u8; 32]) -> Result<Option<Blob>, StoreError> {
    Ok(blob::table
        .find((account, root))
        .select(Blob::as_select())
        .first(conn)
        .optional()?)
}

/// Any complete upload of this content, the oldest: for serving what has become public.
pub fn complete_by_root(conn: &mut Conn, root: &[u8; 32]) -> Result<Option<Blob>, StoreError> {
    Ok(blob::table
        .filter(blob::root.eq(root))
        .filter(blob::complete_ms.is_not_null())
        .order((blob::complete_ms, blob::account))
        .select(Blob::as_select())
        .first(conn)
        .optional()?)
}

/// Complete uploads behind `(account, root)`, in that order, at most `limit`: for looking at all content.
pub fn complete_after(
    conn: &mut Conn,
    account: &str,
    root: &[u8; 32],
    limit: i64,
) -> Result<Vec<Blob>, StoreError> {
    Ok(blob::table
        .filter(blob::account.ge(account))
        .filter(blob::account.gt(account).or(blob::root.gt(root)))
        .filter(blob::complete_ms.is_not_null())
        .order((blob::account, blob::root))
        .limit(limit)
        .select(Blob::as_select())
        .load(conn)?)
}

/// All segments of an upload, in order.
pub fn segments(
    conn: &mut Conn,
    account: &str,
    root: &[u8; 32],
) -> Result<Vec<BlobSegment>, StoreError> {
    Ok(blob_segment::table
        .filter(blob_segment::account.eq(account))
        .filter(blob_segment::root.eq(root))
        .order(blob_segment::n)
        .select(BlobSegment::as_select())
        .load(conn)?)
}

/// One segment of an upload.
pub fn segment(
    conn: &mut Conn,
    account: &str,
    root: &[u8; 32],
    n: i64,
) -> Result<Option<BlobSegment>, StoreError> {
    Ok(blob_segment::table
        .find((account, root, n))
        .select(BlobSegment::as_select())
        .first(conn)
        .optional()?)
}

/// Notes that a segment's bytes are durable. Returns false if that was known. Call it after the bytes are safe: a crash
/// in between leaves only an object that the next attempt finds.
pub fn mark_segment_stored(
    conn: &mut Conn,
    account: &str,
    root: &[u8; 32],
    n: i64,
) -> Result<bool, StoreError> {
    let Some(segment) = segment(conn, account, root, n)? else {
        return Err(StoreError::NoSuchRow {
            what: "segment",
            key: format!("{n} of {} of {account}", hex(root)),
        });
    };
    if segment.stored {
        return Ok(false);
    }
    diesel::update(blob_segment::table.find((account, root, n)))
        .set(blob_segment::stored.eq(true))
        .execute(conn)?;
    Ok(true)
}

/// Notes that a segment's bytes are gone, so that its owner is asked for them again: the upload is not complete then.
pub fn mark_segment_lost(
    conn: &mut Conn,
    account: &str,
    root: &[u8; 32],
    n: i64,
) -> Result<(), StoreError> {
    diesel::update(blob_segment::table.find((account, root, n)))
        .set(blob_segment::stored.eq(false))
        .execute(conn)?;
    diesel::update(blob::table.find((account, root)))
        .set(blob::complete_ms.eq(None::<i64>))
        .execute(conn)?;
    Ok(())
}

/// Numbers of the segments that have not arrived, ascending, at most `limit`.
pub fn missing_segments(
    conn: &mut Conn,
    account: &str,
    root: &[u8; 32],
    limit: i64,
) -> Result<Vec<i64>, StoreError> {
    Ok(blob_segment::table
        .filter(blob_segment::account.eq(account))
        .filter(blob_segment::root.eq(root))
        .filter(blob_segment::stored.eq(false))
        .order(blob_segment::n)
        .limit(limit)
        .select(blob_segment::n)
        .load(conn)?)
}

/// Marks an upload complete if it is. Again changes nothing: the first time stays.
pub fn complete(
    conn: &mut Conn,
    account: &str,
    root: &[u8; 32],
    now_ms: i64,
) -> Result<Completion, StoreError> {
    let Some(mut blob) = get(conn, account, root)? else {
        return Err(StoreError::NoSuchRow {
            what: "upload",
            key: format!("{} of {account}", hex(root)),
        });
    };
    if blob.complete_ms.is_some() {
        return Ok(Completion::Complete(blob));
    }
    let missing: i64 = blob_segment::table
        .filter(blob_segment::account.eq(account))
        .filter(blob_segment::root.eq(root))
        .filter(blob_segment::stored.eq(false))
        .select(count_star())
        .first(conn)?;
    if missing > 0 {
        return Ok(Completion::Missing(missing));
    }
    diesel::update(blob::table.find((account, root)))
        .set(blob::complete_ms.eq(now_ms))
        .execute(conn)?;
    blob.complete_ms = Some(now_ms);
    Ok(Completion::Complete(blob))
}

/// How many uploads are complete, and their bytes.
pub fn stored(conn: &mut Conn) -> Result<(i64, i64), StoreError> {
    Ok(blob::table
        .filter(blob::complete_ms.is_not_null())
        .select((
            count_star(),
            sql::<BigInt>("CAST(coalesce(sum(size_bytes), 0) AS BIGINT)"),
        ))
        .first(conn)?)
}

/// What an account's declared uploads add up to, complete or not: compare with its quota before [`declare`].
pub fn bytes_of_account(conn: &mut Conn, account: &str) -> Result<i64, StoreError> {
    // PostgreSQL's sum of BIGINT is NUMERIC.
    Ok(blob::table
        .filter(blob::account.eq(account))
        .select(sql::<BigInt>(
            "CAST(coalesce(sum(size_bytes), 0) AS BIGINT)",
        ))
        .first(conn)?)
}
