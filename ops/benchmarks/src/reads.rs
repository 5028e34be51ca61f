//! Public pages from memory beside a bare actix handler that returns the same bytes, with a million tenders in the
//! database; and what a page costs that is not in memory.

use std::net::SocketAddr;
use std::time::Instant;

use load::bare;
use store::{Store, StoreError, tender};
use testbed::Database;

use crate::served::Served;
use crate::table::{Row, hundredths, ratio};
use crate::{Failure, Size};

/// Clients that ask again at once.
const CLIENTS: usize = 32;

/// Tenders to a transaction while the database is filled.
const GROUP: usize = 10_000;

/// The first page for people, a page in the middle of the feed, and pages that nobody has asked for before.
pub fn rows(size: Size) -> Result<Vec<Row>, Failure> {
    let tenders = size.pick(1_000_000, 2_000);
    let served = Served::start(&Database::Sqlite, |store| fill(store, tenders))?;
    let address: SocketAddr = served.url.trim_start_matches("http://").parse()?;
    let mut rows = Vec::new();
    for (what, page) in [
        (
            "newest page of the list",
            "/api/v1/tenders?order=announced".to_owned(),
        ),
        (
            "a page in the middle of the feed",
            format!("/api/v1/tenders?after={}.", tenders / 2) + &name(tenders / 2),
        ),
    ] {
        let (ours, bare, bytes) = bare::compare(address, &page, CLIENTS, size == Size::Quick)?;
        let share = hundredths(ours as u128, bare as u128);
        rows.push(Row {
            what: format!("{what} at {tenders} tenders, {bytes} bytes, beside a bare handler"),
            ours: format!("{ours:.0} answers/s"),
            bare: format!("{bare:.0} answers/s"),
            comes_to: ratio(share),
            budget: ">= 0.50".to_owned(),
            kept: Some(share >= 50),
        });
    }
    let client = served.client();
    let (first, pages) = (Instant::now(), size.pick(500, 10));
    for number in 0..pages {
        let place = number * (tenders / pages);
        let page = format!("/api/v1/tenders?after={place}.{}", name(place));
        client.get(&page).must_be(200);
    }
    let each = first.elapsed().as_micros() / pages as u128;
    rows.push(Row::note(
        "a page that is not in memory, one after another",
        format!("{each} us"),
    ));
    served.node.stop();
    Ok(rows)
}

fn name(number: usize) -> String {
    format!("T-{number:07}")
}

/// Rows of awarded tenders, as lists show them.
fn fill(store: &Store, tenders: usize) -> Result<(), StoreError> {
    let row = |number: usize| {
        let index = i64::try_from(number).unwrap_or(i64::MAX);
        tender::Tender {
            id: name(number),
            project: format!("P-{number:07}"),
            title: "沭阳县中小河流治理工程施工一标段".to_owned(),
            tenderee: format!("tenderee-{}", number % 1_000),
            profile: "below-threshold".to_owned(),
            stage: "awarded".to_owned(),
            deadline_ms: Some(1_772_413_200_000),
            next_due_ms: None,
            announced_index: Some(index),
            updated_index: index,
            winner: Some("bidder-1".to_owned()),
            detail: "{}".to_owned(),
        }
    };
    for first in (0..tenders).step_by(GROUP) {
        let last = (first + GROUP).min(tenders);
        store.write(|conn| {
            (first..last).try_for_each(|number| tender::upsert(conn, &row(number)))
        })?;
    }
    Ok(())
}
