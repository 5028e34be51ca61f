//! A server that is really dead across a deadline: bidding is suspended when it is back, and goes on by the rule.

use std::time::Duration;

use testbed::{Course, Database, Script, ServerProcess, Setup, Step, audit, audit_at_rest};

/// The profile counts ten seconds.
const DEAD: Duration = Duration::from_secs(12);
const MINUTE_MS: u64 = 60_000;

fn a_deadline_that_a_dead_server_missed_is_moved(database: Database) {
    let mut server = ServerProcess::start(Setup::new(database));
    let client = server.client();
    let mut course = Course::new(client.clone(), Script::plain("T-1"));
    course.go_to(Step::Announced);
    let old_ms = course.view()["deadline_ms"].as_u64().expect("a deadline");
    client.advance(old_ms - 8_000);
    server.kill();
    std::thread::sleep(DEAD);
    server.restart();

    let view = course.wait_for(|view| view["outages"][0]["resumed_ms"].is_u64());
    let outage = &view["outages"][0];
    let time = |name: &str| outage["not_serving"][0][name].as_u64().expect("a time");
    assert_eq!(outage["deadline_ms"], old_ms);
    assert!(
        time("from_ms") < old_ms && time("until_ms") > old_ms,
        "{outage}"
    );
    let lasted_ms = time("until_ms") - time("from_ms");
    assert!((10_000..MINUTE_MS).contains(&lasted_ms), "{outage}");
    let resumed_ms = outage["resumed_ms"].as_u64().expect("a time");
    let new_ms = view["deadline_ms"].as_u64().expect("a deadline");
    assert_eq!(
        new_ms,
        (resumed_ms + 30 * MINUTE_MS).div_ceil(MINUTE_MS) * MINUTE_MS
    );
    assert_eq!(view["stage"], "announced");

    // All bids come after the old deadline, and count.
    course.go_to(Step::Submitted);
    course.go_to(Step::Awarded);
    let all = audit(&client).demand();
    assert_eq!((all.tenders, all.bundles), (1, 1));
    assert!(server.stop().success());
    audit_at_rest(&server, &client.evidence().uploads()).demand();
}

#[test]
fn a_deadline_that_a_dead_server_missed_is_moved_on_sqlite() {
    a_deadline_that_a_dead_server_missed_is_moved(Database::Sqlite);
}

#[test]
fn a_deadline_that_a_dead_server_missed_is_moved_on_postgres() {
    if let Some(database) = Database::postgres() {
        a_deadline_that_a_dead_server_missed_is_moved(database);
    }
}
