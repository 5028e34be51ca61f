//! The testbed itself: a tender from the draft to the award over HTTP, with attachments, through two deaths of the
//! server, and the audit of what was handed out; and that the audit sees a lie.

use testbed::{Course, Database, Script, ServerProcess, Setup, Step, audit, audit_at_rest};

fn a_tender_reaches_the_award(database: Database) {
    let mut server = ServerProcess::start(Setup::new(database));
    let client = server.client();
    let attachment = vec![7; 5_000_000];
    let mut course =
        Course::new(client.clone(), Script::plain("T-1")).with_attachments(vec![attachment]);
    course.go_to(Step::Submitted);
    let sealed = audit(&client).demand();
    assert_eq!((sealed.uploads, sealed.bundles), (5, 0));

    server.kill();
    audit_at_rest(&server, &client.evidence().uploads()).demand();
    server.restart();
    course.go_to(Step::Drawn);
    server.kill();
    server.restart();
    course.go_to(Step::Awarded);
    let all = audit(&client).demand();
    assert_eq!((all.tenders, all.bundles), (1, 1));
    assert!(all.receipts >= 35 && all.checkpoints >= 10, "{all:?}");
    assert!(server.stop().success());
    audit_at_rest(&server, &client.evidence().uploads()).demand();
}

#[test]
fn a_tender_reaches_the_award_on_sqlite() {
    a_tender_reaches_the_award(Database::Sqlite);
}

#[test]
fn a_tender_reaches_the_award_on_postgres() {
    if let Some(database) = Database::postgres() {
        a_tender_reaches_the_award(database);
    }
}

/// Two servers with the same keys and different logs: what one handed out, the other cannot show.
#[test]
fn the_audit_sees_a_log_that_forgot() {
    let mut genuine = ServerProcess::start(Setup::new(Database::Sqlite));
    let course_client = genuine.client();
    let mut course = Course::new(course_client.clone(), Script::plain("T-1"));
    course.go_to(Step::Draft);
    let copy = genuine.data_dir().join("kaibiao.db");
    genuine.stop();
    let kept = std::fs::read(&copy).expect("the database");
    genuine.restart();
    course.go_to(Step::Announced);
    genuine.stop();
    // An operator restores a backup, and removes the checkpoint by which the server would notice: there is none in it.
    std::fs::write(&copy, kept).expect("the older database");
    genuine.restart();
    let found = audit(&course_client).findings;
    let says = |text: &str| found.iter().any(|one| one.contains(text));
    assert!(says("LOST") || says("posted again"), "{found:?}");
}
