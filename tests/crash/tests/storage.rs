//! Full, read-only, locked and unreachable storage: everybody is told why, nothing is lost or doubled, and it goes on
//! by itself when the cause is gone. The server is never restarted here.

use std::path::Path;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use crash::fault::Disk;
use crash::proxy::{Manner, Proxy};
use record::chain::ChainId;
use record::sealing::{root_of_leaves, segment_leaf};
use record::statement::Envelope;
use serde_json::json;
use testbed::{
    Actor, Client, Course, Database, Failure, Script, ServerProcess, Setup, Step, audit,
    audit_at_rest, signed,
};

/// What is read by anybody, and must be answered with 200 or a 503 that says why.
const READ: [&str; 7] = [
    "/healthz",
    "/api/v1/server",
    "/api/v1/tenders",
    "/api/v1/tenders/T-1",
    "/api/v1/tenders/T-1/statements",
    "/api/v1/log/checkpoint",
    "/api/v1/accounts/tenderee",
];

fn registration(name: &str) -> (Envelope, ChainId) {
    let actor = Actor::new(name);
    let envelope = signed(actor.registration(), &[&actor]);
    (envelope, ChainId::Account(actor.id().clone()))
}

/// A statement that cannot be stored is refused with this code, in both languages, with the time to come again.
#[track_caller]
fn cannot_act(client: &Client, name: &str, code: &str) {
    let (envelope, chain) = registration(name);
    let asked = Instant::now();
    let failure = client.post_once(&chain, &envelope).map(|said| said.is_new);
    let Err(Failure::Problem(problem)) = failure else {
        panic!("{name}: {failure:?}");
    };
    assert_eq!(
        (problem.status, problem.code.as_str()),
        (503, code),
        "{}",
        problem.answer
    );
    assert!(
        problem.retry_after_s.is_some_and(|wait_s| wait_s > 0),
        "{}",
        problem.answer
    );
    let body = problem.answer.json();
    let texts = [&body["title"], &body["title_zh"]];
    assert!(
        texts
            .iter()
            .all(|text| text.as_str().is_some_and(|text| !text.is_empty()))
    );
    assert!(
        asked.elapsed() < Duration::from_secs(20),
        "{:?}",
        asked.elapsed()
    );
}

/// Reading is never a 500; `code` if it is a 503.
#[track_caller]
fn reading_is_honest(client: &Client, must_fail: bool, code: &str) {
    for path in READ {
        let answer = client.send("GET", path, &[], &[]).expect("an answer");
        let is_well = answer.status == 200 && !must_fail;
        let says_why = answer.status == 503
            && answer.problem().code == code
            && answer.problem().retry_after_s.is_some();
        assert!(is_well || says_why, "GET {path}: {answer}");
    }
}

/// A segment that cannot be stored is refused with this code, and taken when it can.
struct Segment<'a> {
    client: &'a Client,
    token: String,
    path: String,
    bytes: Vec<u8>,
}

impl<'a> Segment<'a> {
    #[track_caller]
    fn declared(client: &'a Client, content: &str) -> Segment<'a> {
        let token = client.session(&Actor::new("tenderee"));
        let bytes = content.repeat(100_000).into_bytes();
        let leaf = segment_leaf(&bytes);
        let root = root_of_leaves(&[leaf]);
        let body = json!({ "root": root.to_string(), "size_bytes": bytes.len(), "leaves": [leaf.to_string()] });
        client
            .post_json("/api/v1/blobs", Some(&token), &body)
            .must_be(200);
        Segment {
            client,
            token,
            path: format!("/api/v1/blobs/{root}/segments/0"),
            bytes,
        }
    }

    #[track_caller]
    fn put(&self) -> testbed::Answer {
        let bearer = format!("Bearer {}", self.token);
        let headers = [("authorization", bearer.as_str())];
        let answer = self.client.send("PUT", &self.path, &headers, &self.bytes);
        answer.expect("an answer")
    }

    #[track_caller]
    fn is_refused(&self, code: &str) {
        let answer = self.put();
        assert_eq!(
            (answer.status, answer.problem().code.as_str()),
            (503, code),
            "{answer}"
        );
    }
}

/// Trouble begins, everybody is told, trouble ends, and the tender goes on to its award without a restart.
fn passes(mut server: ServerProcess, code: &str, begin: impl FnOnce(), end: impl FnOnce()) {
    let client = server.client();
    let mut course = Course::new(client.clone(), Script::plain("T-1"));
    course.go_to(Step::Announced);
    let segment = Segment::declared(&client, "file");
    begin();
    for attempt in 0..3 {
        cannot_act(&client, &format!("a{attempt}"), code);
        reading_is_honest(&client, false, code);
    }
    segment.is_refused(code);
    // The deadline comes meanwhile: the jobs cannot close, and must not give up.
    std::thread::sleep(Duration::from_millis(1_200));
    cannot_act(&client, "a0", code);
    end();
    assert_eq!(segment.put().status, 204);
    for attempt in 0..3 {
        let (envelope, _) = registration(&format!("a{attempt}"));
        let said = client.post(&envelope).expect("it works again");
        assert!(said.is_new, "what was refused had left something behind");
    }
    course.go_to(Step::Awarded);
    audit(&client).demand();
    assert!(server.stop().success());
    audit_at_rest(&server, &client.evidence().uploads()).demand();
}

fn on_disk(data_dir: Option<&Path>) -> (Disk, ServerProcess) {
    let disk = Disk::new();
    let mut setup = Setup::new(Database::Sqlite);
    setup.environment = disk.environment();
    setup.data_dir = data_dir.map(Path::to_owned);
    (disk, ServerProcess::start(setup))
}

#[test]
fn a_full_disk_is_said_to_be_full_and_works_again_when_there_is_room() {
    let (disk, server) = on_disk(None);
    passes(
        server,
        "storage-full",
        || disk.fill("/data/"),
        || disk.mend(),
    );
}

#[test]
fn a_read_only_disk_is_said_to_be_read_only_and_works_again() {
    let (disk, server) = on_disk(None);
    let begin = || disk.make_read_only("/data/");
    passes(server, "storage-read-only", begin, || disk.mend());
}

/// A file system of a few megabytes, really full.
struct SmallDisk(tempfile::TempDir);

impl SmallDisk {
    fn mounted() -> Option<SmallDisk> {
        let directory = tempfile::tempdir().expect("a temporary directory");
        let mounted = Command::new("mount")
            .args(["-t", "tmpfs", "-o", "size=24m", "tmpfs"])
            .arg(directory.path())
            .stderr(Stdio::null())
            .status();
        let is_mounted = mounted.is_ok_and(|status| status.success());
        is_mounted.then_some(SmallDisk(directory))
    }

    fn fill(&self) {
        use std::io::Write as _;
        let file = std::fs::File::create(self.0.path().join("junk"));
        let mut file = file.expect("there is room for a name");
        while file.write_all(&[1; 4_096]).is_ok() {}
    }

    fn make_room(&self) {
        std::fs::remove_file(self.0.path().join("junk")).expect("the junk is there");
    }
}

impl Drop for SmallDisk {
    fn drop(&mut self) {
        let _ = Command::new("umount").arg(self.0.path()).status();
    }
}

#[test]
fn a_really_full_file_system_works_again_when_there_is_room() {
    let Some(small) = SmallDisk::mounted() else {
        eprintln!("only with the failing disk above: no file system can be mounted here");
        return;
    };
    let mut setup = Setup::new(Database::Sqlite);
    setup.data_dir = Some(small.0.path().join("data"));
    let server = ServerProcess::start(setup);
    passes(
        server,
        "storage-full",
        || small.fill(),
        || small.make_room(),
    );
}

#[test]
fn a_database_file_that_is_gone_is_not_written_to() {
    let server = ServerProcess::start(Setup::new(Database::Sqlite));
    let client = server.client();
    let mut course = Course::new(client.clone(), Script::plain("T-1"));
    course.go_to(Step::Announced);
    let file = server.data_dir().join("kaibiao.db");
    let away = server.data_dir().join("away.db");
    std::fs::rename(&file, &away).expect("it is there");
    cannot_act(&client, "a0", "storage-unavailable");
    reading_is_honest(&client, true, "storage-unavailable");
    std::fs::rename(&away, &file).expect("it comes back");
    course.go_to(Step::Awarded);
    audit(&client).demand();
}

#[test]
fn a_locked_database_is_busy_and_can_be_read() {
    let server = ServerProcess::start(Setup::new(Database::Sqlite));
    let client = server.client();
    let mut course = Course::new(client.clone(), Script::plain("T-1"));
    course.go_to(Step::Announced);
    let mut other = Command::new("python3")
        .args([
            "-c",
            "import sqlite3, sys
held = sqlite3.connect(sys.argv[1], isolation_level=None)
held.execute('BEGIN IMMEDIATE')
print('held', flush=True)
sys.stdin.read()",
        ])
        .arg(server.data_dir().join("kaibiao.db"))
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .expect("python3 is there");
    let mut line = String::new();
    let heard = other.stdout.take().expect("piped");
    std::io::BufRead::read_line(&mut std::io::BufReader::new(heard), &mut line).expect("a line");
    cannot_act(&client, "a0", "busy");
    let listed = client
        .send("GET", "/api/v1/tenders", &[], &[])
        .expect("an answer");
    assert_eq!(listed.status, 200, "{listed}");
    drop(other.stdin.take());
    other.wait().expect("it ends");
    course.go_to(Step::Awarded);
    audit(&client).demand();
}

#[test]
fn an_unreachable_database_is_said_to_be_so_at_once_and_found_again() {
    let Some(Database::Postgres(schema)) = Database::postgres() else {
        return;
    };
    let (proxy, server_url) = Proxy::before(schema.server());
    let database = Database::Url(schema.url_through(&server_url));
    let server = ServerProcess::start(Setup::new(database));
    let client = server.client();
    let mut course = Course::new(client.clone(), Script::plain("T-1"));
    course.go_to(Step::Announced);
    let segment = Segment::declared(&client, "file");
    for round in 0..2 {
        proxy.set(Manner::Gone);
        let asked = Instant::now();
        for attempt in 0..3 {
            cannot_act(
                &client,
                &format!("a{round}-{attempt}"),
                "storage-unavailable",
            );
        }
        reading_is_honest(&client, true, "storage-unavailable");
        assert!(
            asked.elapsed() < Duration::from_secs(8),
            "{:?}",
            asked.elapsed()
        );
        segment.is_refused("storage-unavailable");
        std::thread::sleep(Duration::from_millis(1_200));
        proxy.set(Manner::Pass);
        course.step();
        assert_eq!(segment.put().status, 204);
    }
    course.go_to(Step::Awarded);
    audit(&client).demand();
}
