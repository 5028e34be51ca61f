//! The storm in small: everything that the long form checks (`ops/soak storm`), in seconds.

use std::time::Duration;

use load::{Options, run};
use testbed::Database;

fn every_promise_is_kept(database: Database) {
    let report = run(&Options {
        bidders: 60,
        tenders: 2,
        readers: 200,
        connections: 32,
        think: Duration::from_secs(1),
        part_bytes: 1 << 20,
        window: Duration::from_secs(8),
        resident_mib_max: 400,
        database,
        measures_bare: false,
    });
    assert_eq!(report.tally.of("findings"), 0, "{report}");
    // A storm in which nothing happens would keep all promises.
    assert!(report.counted >= 40, "{report}");
    assert!(report.reads.count() >= 500, "{report}");
    println!("{report}");
}

#[test]
fn every_promise_is_kept_on_sqlite() {
    every_promise_is_kept(Database::Sqlite);
}

#[test]
fn every_promise_is_kept_on_postgres() {
    if let Some(database) = Database::postgres() {
        every_promise_is_kept(database);
    }
}
