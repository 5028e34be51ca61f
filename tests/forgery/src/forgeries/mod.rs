//! The table of forgeries, by what they bend.

mod accounts;
mod award;
mod bids;
mod draw;
mod history;
mod law;
mod log;
mod outages;
mod times;
mod trustees;
mod views;

use crate::{Forgery, Holder, Verdict};

/// A group of forgeries with its heading.
pub struct Group {
    /// Heading on the page.
    pub title: &'static str,
    /// Its rows.
    pub rows: &'static [Forgery],
}

/// Every forgery.
pub const GROUPS: &[Group] = &[
    Group {
        title: "Times and deadlines",
        rows: times::ROWS,
    },
    Group {
        title: "Outages at the deadline",
        rows: outages::ROWS,
    },
    Group {
        title: "Log, chains and record head",
        rows: log::ROWS,
    },
    Group {
        title: "Receipts, witnesses, two views",
        rows: views::ROWS,
    },
    Group {
        title: "Accounts, keys, signatures",
        rows: accounts::ROWS,
    },
    Group {
        title: "Trustees and released shares",
        rows: trustees::ROWS,
    },
    Group {
        title: "Bids and the read-out",
        rows: bids::ROWS,
    },
    Group {
        title: "Draws",
        rows: draw::ROWS,
    },
    Group {
        title: "Evaluation, candidates, award",
        rows: award::ROWS,
    },
    Group {
        title: "Law and notice",
        rows: law::ROWS,
    },
    Group {
        title: "History written anew, so that it could have been admitted",
        rows: history::ROWS,
    },
];

/// Every row of every group.
pub fn all() -> impl Iterator<Item = &'static Forgery> {
    GROUPS.iter().flat_map(|group| group.rows)
}

/// The operator alone.
const OPERATOR: &[Holder] = &[Holder::Log, Holder::Platform];
/// The operator and the tenderee.
const BOTH: &[Holder] = &[Holder::Log, Holder::Platform, Holder::Tenderee];
/// The operator and one bidder.
const WITH_BIDDER: &[Holder] = &[Holder::Log, Holder::Platform, Holder::Bidder];
/// The log's key alone.
const LOG: &[Holder] = &[Holder::Log];
/// Whoever has the bundle.
const NOBODY: &[Holder] = &[Holder::Nobody];

const fn refused(check: &'static str, code: &'static str) -> Verdict {
    Verdict::Refused { check, code }
}
