//! The projection of tenders: lists, feeds and what is due.

use diesel::prelude::*;

use crate::connection::{Conn, on_each_backend};
use crate::error::StoreError;
use crate::schema::tender;

/// The values of [`Tender::stage`]; a CHECK refuses others.
pub const STAGES: [&str; 14] = [
    "draft",
    "announced",
    "suspended",
    "closed",
    "opening",
    "opened",
    "drawing",
    "drawn",
    "evaluation",
    "evaluated",
    "candidates",
    "awarded",
    "failed",
    "terminated",
];

/// Most rows that one call of a list returns.
pub const LIST_MAX: i64 = 100;

/// What lists show of a tender, and what the deadline job needs.
#[derive(Clone, Debug, PartialEq, Eq, Insertable, Queryable, Selectable, AsChangeset)]
#[diesel(table_name = tender, treat_none_as_null = true, treat_none_as_default_value = false)]
pub struct Tender {
    /// Tender id.
    pub id: String,
    /// The project it is a lot of.
    pub project: String,
    /// Title.
    pub title: String,
    /// Account of the tenderee.
    pub tenderee: String,
    /// Profile id.
    pub profile: String,
    /// One of [`STAGES`].
    pub stage: String,
    /// Deadline for bids.
    pub deadline_ms: Option<i64>,
    /// When the deadline job must look at it; `None`: never again.
    pub next_due_ms: Option<i64>,
    /// Log index of the notice; `None`: not public.
    pub announced_index: Option<i64>,
    /// Log index of its last *public* change. Sealed acts before closing must not move it, or they would show.
    pub updated_index: i64,
    /// Account of the winner.
    pub winner: Option<String>,
    /// Everything else that pages show, JSON.
    pub detail: String,
}

/// The order of a list, and with it the index that its cursor counts.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Order {
    /// By last public change, oldest first: a feed. A tender that changes moves to the end, and indexes are in commit
    /// order, so whoever follows the cursor misses nothing.
    #[default]
    Changed,
    /// By announcement, newest first: a page for people. Only announced tenders; the position never changes.
    Announced,
}

/// Where a reader stands: the last row seen.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Cursor {
    /// The index that the order counts.
    pub index: i64,
    /// Tender id, for rows with equal index.
    pub id: String,
}

/// Which tenders to list. `Default` lists everything, drafts too.
#[derive(Clone, Debug, Default)]
pub struct Filter {
    /// Only tenders that were announced. The public sees no others.
    pub announced_only: bool,
    /// Only this stage.
    pub stage: Option<String>,
    /// Only this tenderee's.
    pub tenderee: Option<String>,
    /// The order.
    pub order: Order,
    /// Only what comes after this row.
    pub after: Option<Cursor>,
    /// At most so many rows; clamped to 1..=[`LIST_MAX`].
    pub limit: i64,
}

impl Tender {
    /// The cursor that continues after this row.
    #[must_use]
    pub fn cursor(&self, order: Order) -> Cursor {
        let index = match order {
            Order::Changed => self.updated_index,
            Order::Announced => self.announced_index.unwrap_or_default(),
        };
        Cursor {
            index,
            id: self.id.clone(),
        }
    }
}

/// Stores the present state of a tender.
pub fn upsert(conn: &mut Conn, row: &Tender) -> Result<(), StoreError> {
    on_each_backend!(conn, c => {
        diesel::insert_into(tender::table).values(row).on_conflict(tender::id).do_update().set(row).execute(c)
    })?;
    Ok(())
}

/// One tender.
pub fn get(conn: &mut Conn, id: &str) -> Result<Option<Tender>, StoreError> {
    Ok(tender::table
        .find(id)
        .select(Tender::as_select())
        .first(conn)
        .optional()?)
}

/// A page of tenders. Continue with [`Tender::cursor`] of the last row.
pub fn list(conn: &mut Conn, filter: &Filter) -> Result<Vec<Tender>, StoreError> {
    let mut query = tender::table
        .select(Tender::as_select())
        .limit(filter.limit.clamp(1, LIST_MAX))
        .into_boxed();
    if filter.announced_only || filter.order == Order::Announced {
        query = query.filter(tender::announced_index.is_not_null());
    }
    if let Some(stage) = &filter.stage {
        query = query.filter(tender::stage.eq(stage));
    }
    if let Some(tenderee) = &filter.tenderee {
        query = query.filter(tender::tenderee.eq(tenderee));
    }
    // Each condition begins with the plain comparison that an index can use.
    query = match filter.order {
        Order::Changed => query.order((tender::updated_index.asc(), tender::id.asc())),
        Order::Announced => query.order((tender::announced_index.desc(), tender::id.desc())),
    };
    if let Some(after) = &filter.after {
        query = match filter.order {
            Order::Changed => query.filter(tender::updated_index.ge(after.index)).filter(
                tender::updated_index
                    .gt(after.index)
                    .or(tender::id.gt(&after.id)),
            ),
            Order::Announced => query
                .filter(tender::announced_index.le(after.index))
                .filter(
                    tender::announced_index
                        .lt(after.index)
                        .or(tender::id.lt(&after.id).nullable()),
                ),
        };
    }
    Ok(query.load(conn)?)
}

/// Tenders whose next deadline has come, the most overdue first.
pub fn due(conn: &mut Conn, now_ms: i64, limit: i64) -> Result<Vec<Tender>, StoreError> {
    Ok(tender::table
        .filter(tender::next_due_ms.le(now_ms))
        .order((tender::next_due_ms, tender::id))
        .limit(limit)
        .select(Tender::as_select())
        .load(conn)?)
}

/// The next time at which anything is due: how long the deadline job may sleep at most.
pub fn next_due_ms(conn: &mut Conn) -> Result<Option<i64>, StoreError> {
    // Not min(): it would not use the partial index.
    let soonest: Option<Option<i64>> = tender::table
        .filter(tender::next_due_ms.is_not_null())
        .order(tender::next_due_ms)
        .select(tender::next_due_ms)
        .first(conn)
        .optional()?;
    Ok(soonest.flatten())
}
