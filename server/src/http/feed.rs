//! Pages of one chain, in chain order, by a cursor that reveals nothing and misses nothing.
//!
//! A cursor names the last statement that the reader saw and the [`Phase`] in which she saw it. If more has become
//! readable since, statements that were passed over come first, then the feed goes on where she stood. So a reader
//! who follows the cursor from before closing gets every bid after it, and one who begins later gets plain order.

use record::Digest;
use record::chain::ChainId;
use store::statement::Statement;
use store::{Conn, StoreError};

use super::problem::{ErrorCode, Problem};
use crate::visibility::Phase;

/// Most statements on one page, and how many there are unless the reader asks for fewer.
pub const PAGE_MAX: u32 = 100;

/// A page ends early when its envelopes have so many bytes.
const PAGE_BYTES_MAX: usize = 4 * 1024 * 1024;

/// Where a reader stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Cursor {
    /// The phase in which she read up to `position`.
    seen: Phase,
    /// The last statement that she saw in chain order.
    position: Digest,
    /// While she catches up: the phase that she catches up with, and the last statement of that.
    catching: Option<(Phase, Digest)>,
}

/// What may be read of a chain now.
#[derive(Clone, Copy, Debug)]
pub struct Reading {
    /// What is public.
    pub phase: Phase,
    /// Whether statements of the chain can be hidden at all; those of accounts and of the platform never are.
    pub is_tender: bool,
}

/// A page of a chain.
pub struct Page {
    /// The statements.
    pub statements: Vec<Statement>,
    /// Where the next page begins; `None` when there is none yet.
    pub next: Option<Cursor>,
    /// Where the reader stands after this page, also at the present end; `None` while she has seen nothing at all.
    pub resume: Option<Cursor>,
}

/// A stretch of the chain: sequence numbers from `from` to before `to`, and what is shown of it.
struct Stretch {
    from: i64,
    to: i64,
    /// Shown is what needs more than this phase ...
    above: Option<Phase>,
    /// ... and at most this one.
    upto: Phase,
}

impl Cursor {
    /// Reads a cursor. A statement id alone is one too: everything after it.
    pub fn parse(text: &str) -> Result<Cursor, Problem> {
        let invalid = || {
            Problem::new(
                ErrorCode::CursorInvalid,
                "use the `next` of the page before",
            )
        };
        let id = |text: &str| text.parse::<Digest>().map_err(|_| invalid());
        let phase = |text: &str| match text {
            "0" => Ok(Phase::Sealed),
            "1" => Ok(Phase::Closed),
            "2" => Ok(Phase::Open),
            _ => Err(invalid()),
        };
        match text.split('.').collect::<Vec<_>>().as_slice() {
            [position] => Ok(Cursor {
                seen: Phase::Open,
                position: id(position)?,
                catching: None,
            }),
            [seen, position] => Ok(Cursor {
                seen: phase(seen)?,
                position: id(position)?,
                catching: None,
            }),
            [seen, position, with, last] => {
                let catching = Some((phase(with)?, id(last)?));
                Ok(Cursor {
                    seen: phase(seen)?,
                    position: id(position)?,
                    catching,
                })
            }
            _ => Err(invalid()),
        }
    }
}

impl std::fmt::Display for Cursor {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}.{}", self.seen as u8, self.position)?;
        if let Some((with, last)) = &self.catching {
            write!(f, ".{}.{last}", *with as u8)?;
        }
        Ok(())
    }
}

/// The page after `after`, with at most `limit` statements.
pub fn page(
    conn: &mut Conn,
    chain: &ChainId,
    reading: Reading,
    after: Option<Cursor>,
    limit: u32,
) -> Result<Page, Problem> {
    let limit = limit.clamp(1, PAGE_MAX) as usize;
    let Some(cursor) = after else {
        let all = Stretch {
            from: 0,
            to: i64::MAX,
            above: None,
            upto: reading.phase,
        };
        let found = Found::default().collect(conn, chain, &all, limit)?;
        let last = found.last_kept(limit);
        let resume = last.map(|position| Cursor {
            seen: reading.phase,
            position,
            catching: None,
        });
        return Ok(found.page(limit, resume));
    };
    let seen = cursor.seen.min(reading.phase);
    let target = cursor
        .catching
        .map_or(reading.phase, |(with, _)| with.min(reading.phase));
    let position = seq_of(conn, chain, &cursor.position, seen)?;
    let caught = match cursor.catching {
        Some((_, last)) => seq_of(conn, chain, &last, target)? + 1,
        None => 0,
    };
    let mut found = Found::default();
    if seen < target {
        let passed_over = Stretch {
            from: caught,
            to: position,
            above: Some(seen),
            upto: target,
        };
        found = found.collect(conn, chain, &passed_over, limit)?;
    }
    let old = found.statements.len();
    let rest = Stretch {
        from: position + 1,
        to: i64::MAX,
        above: None,
        upto: target,
    };
    found = found.collect(conn, chain, &rest, limit)?;
    let (kept, last) = (found.kept(limit), found.last_kept(limit));
    let resume = match last {
        // What was passed over is not all shown yet: she still stands where she stood.
        Some(last) if kept < old => Cursor {
            seen,
            position: cursor.position,
            catching: Some((target, last)),
        },
        Some(last) if kept > old => Cursor {
            seen: target,
            position: last,
            catching: None,
        },
        _ => Cursor {
            seen: target,
            position: cursor.position,
            catching: None,
        },
    };
    Ok(found.page(limit, Some(resume)))
}

/// Place in the chain of a statement that the reader has seen.
fn seq_of(conn: &mut Conn, chain: &ChainId, id: &Digest, seen: Phase) -> Result<i64, Problem> {
    let unknown = || {
        Problem::new(
            ErrorCode::CursorInvalid,
            "it names no statement of this list",
        )
    };
    let statement = store::statement::by_id(conn, &id.to_string())?.ok_or_else(unknown)?;
    let readable = Phase::needed_for(&statement.kind, &statement.envelope) <= seen;
    if statement.chain != chain.to_string() || !readable {
        return Err(unknown());
    }
    Ok(statement.seq)
}

/// Statements for a page, and one more that tells that there is a next page.
#[derive(Default)]
struct Found {
    statements: Vec<Statement>,
    bytes: usize,
    is_full: bool,
}

impl Found {
    fn collect(
        mut self,
        conn: &mut Conn,
        chain: &ChainId,
        stretch: &Stretch,
        limit: usize,
    ) -> Result<Found, StoreError> {
        let chain = chain.to_string();
        // Sealed acts are left out by the database: how long this takes must not tell how many there are.
        let hidden = if stretch.upto == Phase::Sealed {
            Phase::sealed_kinds()
        } else {
            Vec::new()
        };
        let mut from = stretch.from;
        while !self.is_full && from < stretch.to {
            let want = i64::try_from(limit + 1 - self.statements.len()).unwrap_or(1);
            let batch = store::statement::of_chain_without(conn, &chain, from, &hidden, want)?;
            let is_last = (batch.len() as i64) < want;
            for statement in batch {
                from = statement.seq + 1;
                if statement.seq >= stretch.to {
                    return Ok(self);
                }
                let needed = Phase::needed_for(&statement.kind, &statement.envelope);
                if needed <= stretch.upto && stretch.above.is_none_or(|above| needed > above) {
                    self.push(statement, limit);
                }
                if self.is_full {
                    return Ok(self);
                }
            }
            if is_last {
                return Ok(self);
            }
        }
        Ok(self)
    }

    fn push(&mut self, statement: Statement, limit: usize) {
        self.bytes += statement.envelope.len();
        self.statements.push(statement);
        let too_long = self.bytes > PAGE_BYTES_MAX && self.statements.len() > 1;
        self.is_full = self.statements.len() > limit || too_long;
    }

    /// How many statements the page shows: all, without the one more.
    fn kept(&self, limit: usize) -> usize {
        if self.is_full {
            (self.statements.len() - 1).min(limit)
        } else {
            self.statements.len()
        }
    }

    fn last_kept(&self, limit: usize) -> Option<Digest> {
        let last = self.kept(limit).checked_sub(1)?;
        self.statements.get(last)?.id.parse().ok()
    }

    fn page(mut self, limit: usize, resume: Option<Cursor>) -> Page {
        self.statements.truncate(self.kept(limit));
        Page {
            statements: self.statements,
            next: resume.filter(|_| self.is_full),
            resume,
        }
    }
}
