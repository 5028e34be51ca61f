//! A commit that is reported failed: stored all the same, or not. On PostgreSQL the connection is cut, on SQLite the
//! disk fails. Whoever got no receipt sends again, and there is one act.

use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use crash::fault::Disk;
use crash::proxy::{Manner, Proxy};
use record::chain::ChainId;
use record::statement::Envelope;
use testbed::{
    Actor, Client, Course, Database, Failure, Said, Script, ServerProcess, Setup, Step, audit,
    audit_at_rest, signed,
};

fn registration(name: &str) -> (Envelope, ChainId) {
    let actor = Actor::new(name);
    let envelope = signed(actor.registration(), &[&actor]);
    (envelope, ChainId::Account(actor.id().clone()))
}

/// The first attempt is told that the database did not answer, and when to come again.
#[track_caller]
fn fails_once(client: &Client, name: &str, codes: &[&str]) -> Said {
    let (envelope, chain) = registration(name);
    match client.post_once(&chain, &envelope) {
        Err(Failure::Problem(problem)) => {
            assert_eq!(problem.status, 503, "{}", problem.answer);
            assert!(codes.contains(&problem.code.as_str()), "{}", problem.answer);
            assert!(problem.retry_after_s.is_some_and(|wait_s| wait_s > 0));
        }
        other => panic!("it should have failed: {other:?}"),
    }
    client
        .post(&envelope)
        .unwrap_or_else(|failure| panic!("sent again: {failure}"))
}

#[test]
fn a_cut_connection_loses_no_act_and_doubles_none() {
    let Some(Database::Postgres(schema)) = Database::postgres() else {
        return;
    };
    let (proxy, server_url) = Proxy::before(schema.server());
    let database = Database::Url(schema.url_through(&server_url));
    let server = ServerProcess::start(Setup::new(database));
    let client = server.client();
    client.must(Actor::new("a0").registration(), &[&Actor::new("a0")]);

    proxy.set(Manner::CutBeforeCommit);
    let said = fails_once(&client, "not-stored", &["storage-unavailable"]);
    assert!(said.is_new, "it had not been stored");
    proxy.set(Manner::CutAfterCommit);
    let said = fails_once(&client, "stored", &["storage-unavailable"]);
    assert!(!said.is_new, "it had been stored");
    assert_eq!(proxy.cuts(), 2);

    // The same while a whole tender is under way.
    let over = AtomicBool::new(false);
    std::thread::scope(|scope| {
        scope.spawn(|| {
            let both = [Manner::CutBeforeCommit, Manner::CutAfterCommit];
            for manner in both.into_iter().cycle() {
                if over.load(Ordering::Relaxed) {
                    break;
                }
                proxy.set(manner);
                std::thread::sleep(Duration::from_millis(300));
            }
            proxy.set(Manner::Pass);
        });
        let mut course = Course::new(client.clone(), Script::plain("T-1"));
        let played = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| {
            course.go_to(Step::Awarded);
        }));
        over.store(true, Ordering::Relaxed);
        played.unwrap_or_else(|panic| std::panic::resume_unwind(panic));
    });
    println!("{} connections cut at a COMMIT", proxy.cuts());
    assert!(proxy.cuts() >= 6, "{} cuts", proxy.cuts());
    audit(&client).demand();
    drop(server);
}

fn on_disk() -> (Disk, ServerProcess) {
    let disk = Disk::new();
    let mut setup = Setup::new(Database::Sqlite);
    setup.environment = disk.environment();
    let server = ServerProcess::start(setup);
    (disk, server)
}

/// Codes for a disk that fails once: nothing can be said about why.
const IO: &[&str] = &["storage-unavailable"];

#[test]
fn a_failing_write_ahead_log_loses_no_act_and_doubles_none() {
    let (disk, mut server) = on_disk();
    let client = server.client();
    client.must(Actor::new("a0").registration(), &[&Actor::new("a0")]);

    disk.fail_one_write("kaibiao.db-wal");
    let said = fails_once(&client, "not-written", IO);
    assert!(said.is_new && disk.has_failed());
    disk.fail_one_sync("kaibiao.db-wal");
    let said = fails_once(&client, "not-flushed", IO);
    assert!(said.is_new && disk.has_failed());
    disk.fail_one_sync_afterwards("kaibiao.db-wal");
    fails_once(&client, "flushed", IO);
    assert!(disk.has_failed());

    // Dead before anything else is written: the commit that was reported failed is there after the recovery.
    disk.fail_one_sync_afterwards("kaibiao.db-wal");
    let (envelope, chain) = registration("flushed-and-dead");
    let failure = client.post_once(&chain, &envelope).expect_err("it failed");
    assert_eq!(failure.code(), "storage-unavailable", "{failure}");
    server.kill();
    server.restart();
    let said = client.post(&envelope).expect("sent again");
    assert!(!said.is_new, "it had been stored");

    let mut course = Course::new(client.clone(), Script::plain("T-1"));
    for step in [Step::Announced, Step::Submitted, Step::Closed, Step::Opened] {
        disk.fail_one_sync_afterwards("kaibiao.db-wal");
        course.go_to(step);
        disk.fail_one_write("kaibiao.db-wal");
        course.view();
    }
    course.go_to(Step::Awarded);
    assert!(disk.has_failed());
    audit(&client).demand();
    assert!(server.stop().success());
    audit_at_rest(&server, &client.evidence().uploads()).demand();
}
