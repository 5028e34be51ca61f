//! The bounded form of `ops/soak crash`: a dozen deaths on each database.

use crash::kill::{self, Plan};
use testbed::Database;

fn kills(database: Database) {
    let summary = kill::run(&Plan {
        runs: 12,
        database,
        seed: 20_261_124,
    });
    println!("{summary}");
    assert!(summary.findings.is_empty(), "{summary}");
    assert_eq!(summary.kills, 12);
    assert!(summary.awarded >= 1 && summary.receipts >= 50, "{summary}");
    assert!(summary.by_step.len() >= 4, "at too few steps: {summary}");
}

#[test]
fn what_was_handed_out_survives_kill_9_on_sqlite() {
    kills(Database::Sqlite);
}

#[test]
fn what_was_handed_out_survives_kill_9_on_postgres() {
    if let Some(database) = Database::postgres() {
        kills(database);
    }
}
