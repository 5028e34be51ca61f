//! Content that a disk confirmed and lost: it is named, its owner brings it again, and the tender goes on.

use std::path::PathBuf;

use crash::fault::Disk;
use record::sealing::{PART_HEADER_BYTES, segment_leaf};
use testbed::{Actor, Course, Database, Script, ServerProcess, Setup, Step, audit, audit_at_rest};

fn on_disk() -> (Disk, ServerProcess) {
    let disk = Disk::new();
    let mut setup = Setup::new(Database::Sqlite);
    setup.environment = disk.environment();
    (disk, ServerProcess::start(setup))
}

/// What goes wrong next.
type Fault = fn(&Disk);

fn file_of(server: &ServerProcess, segment: &[u8]) -> PathBuf {
    let name = segment_leaf(segment).to_string();
    let segments = server.data_dir().join("blobs").join("segments");
    segments.join(&name[..2]).join(name)
}

/// The disk confirmed a segment of a submitted bid and has lost it when the machine comes back.
#[test]
fn a_lost_segment_is_named_and_brought_again() {
    let mut server = ServerProcess::start(Setup::new(Database::Sqlite));
    let client = server.client();
    let script = Script::plain("T-1");
    let mut course = Course::new(client.clone(), script).with_attachments(vec![vec![9; 70_000]]);
    course.go_to(Step::Submitted);
    let (_, attachments) = course.sealed_bid("b2");
    let segments = &attachments[0].segments;
    let (header, body) = (
        file_of(&server, &segments[0]),
        file_of(&server, &segments[1]),
    );

    // While the server runs, sending it again is enough.
    std::fs::write(&body, b"torn").expect("the segment is there");
    let owner = Actor::new("b2");
    let token = client.session(&owner);
    let root =
        record::sealing::root_of_leaves(&[segment_leaf(&segments[0]), segment_leaf(&segments[1])]);
    let put = client.put_segment(&token, root, 1, &segments[1]);
    assert_eq!(put.expect("an answer").status, 204);
    assert_eq!(std::fs::read(&body).expect("it is there"), segments[1]);

    server.kill();
    std::fs::remove_file(&header).expect("the header is there");
    std::fs::write(&body, b"").expect("the segment is there");
    let log = server
        .try_start()
        .expect_err("it starts without a bid that it confirmed");
    assert!(
        log.contains(&root.to_string()) && log.contains("--reopen-uploads"),
        "{log}"
    );
    let named = server.run("check", &["--reopen-uploads"]);
    let named = String::from_utf8_lossy(&named.stdout).into_owned();
    for number in 0..2 {
        let line = format!("lost: segment {number} of content {root} of account b2");
        assert!(named.contains(&line), "{named}");
    }
    assert_eq!(named.matches("lost:").count(), 2, "{named}");

    server.restart();
    let wrong = client.put_segment(&token, root, 0, &[1; PART_HEADER_BYTES]);
    assert_eq!(wrong.expect("an answer").problem().code, "segment-mismatch");
    client.upload(&owner, &token, segments);
    course.go_to(Step::Awarded);
    audit(&client).demand();
    assert!(server.stop().success());
    audit_at_rest(&server, &client.evidence().uploads()).demand();
}

/// Reported failed, but stored; and reported failed, and not stored: whoever sends again has it there once.
#[test]
fn a_segment_that_was_reported_failed_is_sent_again() {
    let (disk, mut server) = on_disk();
    let client = server.client();
    let mut course = Course::new(client.clone(), Script::plain("T-1"));
    course.go_to(Step::Announced);
    let owner = Actor::new("b1");
    let token = client.session(&owner);
    let faults: [(&str, Fault); 3] = [
        ("written", |disk| disk.fail_one_write("/blobs/")),
        ("flushed", |disk| disk.fail_one_sync("/blobs/")),
        ("stored", |disk| disk.fail_one_sync_afterwards("/blobs/")),
    ];
    for (what, fault) in faults {
        let bytes = what.repeat(30_000).into_bytes();
        let leaf = segment_leaf(&bytes);
        let root = record::sealing::root_of_leaves(&[leaf]);
        let body = serde_json::json!({ "root": root.to_string(), "size_bytes": bytes.len(), "leaves": [leaf.to_string()] });
        client
            .post_json("/api/v1/blobs", Some(&token), &body)
            .must_be(200);
        fault(&disk);
        let bearer = format!("Bearer {token}");
        let path = format!("/api/v1/blobs/{root}/segments/0");
        let headers = [("authorization", bearer.as_str())];
        let failed = client
            .send("PUT", &path, &headers, &bytes)
            .expect("an answer");
        assert_eq!(
            (failed.status, failed.problem().code.as_str()),
            (503, "object-storage"),
            "{what}: {failed}"
        );
        assert!(disk.has_failed() && failed.problem().retry_after_s.is_some());
        client.upload(&owner, &token, &[bytes]);
    }
    audit(&client).demand();
    assert!(server.stop().success());
    audit_at_rest(&server, &client.evidence().uploads()).demand();
}
