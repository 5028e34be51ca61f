//! An unmodified witness of somebody else (the Python package `aics-witness`), with our server as its log.
//!
//! KAIBIAO_TEST_AICS_WITNESS names its command; without it this is skipped. It needs Python 3.12, which not every
//! system has; `ops/test` sets it up where it can.

use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use record::log::checkpoint::{SignedCheckpoint, VerifierKey};
use testbed::{Course, Database, Script, ServerProcess, Setup, Step, audit, free_port};
use witness_tests::{Log, get, kaibiao, line, log_key, post};

struct Outside {
    child: Child,
    key: VerifierKey,
    url: String,
    folder: tempfile::TempDir,
}

impl Drop for Outside {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn program() -> Option<String> {
    let program = std::env::var("KAIBIAO_TEST_AICS_WITNESS").ok();
    if program.is_none() {
        eprintln!("SKIPPED: set KAIBIAO_TEST_AICS_WITNESS to the command aics-witness");
    }
    program
}

fn run(program: &str, folder: &Path, arguments: &[&str]) -> String {
    let config = folder.join("witness.json");
    let out = Command::new(program)
        .args(arguments)
        .arg("--config")
        .arg(&config)
        .current_dir(folder)
        .output()
        .expect("aics-witness runs");
    assert!(out.status.success(), "{out:?}");
    String::from_utf8_lossy(&out.stdout).into_owned()
}

fn start(program: &str, logs: &[VerifierKey]) -> Outside {
    let folder = tempfile::tempdir().expect("a folder");
    let listen = format!("127.0.0.1:{}", free_port());
    let said = run(
        program,
        folder.path(),
        &["init", "--name", "outside.example/w1", "--listen", &listen],
    );
    let is_key = |word: &&str| word.starts_with("outside.example/w1+");
    let key = said.split_whitespace().find(is_key).expect("its key");
    let key = key.parse().expect("a verifier key");
    for log in logs {
        let (origin, vkey) = (log.name().to_string(), log.to_string());
        let arguments = ["add-log", "--origin", &origin, "--vkey", &vkey];
        run(program, folder.path(), &arguments);
    }
    let child = Command::new(program)
        .arg("serve")
        .arg("--config")
        .arg(folder.path().join("witness.json"))
        .current_dir(folder.path())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .expect("aics-witness runs");
    let outside = Outside {
        child,
        key,
        url: format!("http://{listen}"),
        folder,
    };
    let begun = Instant::now();
    while get(&format!("{}/healthz", outside.url)).is_err() {
        assert!(
            begun.elapsed() < Duration::from_secs(30),
            "it does not listen"
        );
        std::thread::sleep(Duration::from_millis(100));
    }
    outside
}

#[test]
fn an_outside_witness_serves_our_server() {
    let Some(program) = program() else { return };
    let mut server = ServerProcess::start(Setup::new(Database::Sqlite));
    let outside = start(&program, &[log_key(&server)]);
    server.stop();
    let policy = outside.folder.path().join("policy.txt");
    let text = format!("{}\nquorum w1\n", line(1, &outside.key, &outside.url));
    std::fs::write(&policy, text).expect("a policy");
    let database = server.data_dir().join("kaibiao.db");
    let yesterday = std::fs::read(&database).expect("the database");
    let path = policy.to_str().expect("ASCII").to_owned();
    let arguments = &mut server.setup_mut().arguments;
    arguments.extend(["--witnesses".to_owned(), path]);
    // A Python process signs more slowly than ours; the receipts shall carry its line all the same.
    arguments.extend(["--witness-wait-ms".to_owned(), "5000".to_owned()]);
    server.restart();
    let client = server.client();
    let mut course = Course::new(client.clone(), Script::plain("T-1"));
    course.go_to(Step::Awarded);
    let trust_text = client.get("/api/v1/trust").must_be(200).text();
    let trust: record::trust::Trust = trust_text.parse().expect("a trust file");
    let receipts = client.evidence().receipts();
    for (_, receipt) in &receipts {
        let standing = trust.standing(&receipt.proof.checkpoint).expect("ours");
        assert!(
            standing.quorum_met,
            "receipt of leaf {}",
            receipt.proof.index
        );
    }
    audit(&client).demand();
    let file = |name: &str| {
        outside
            .folder
            .path()
            .join(name)
            .to_str()
            .expect("ASCII")
            .to_owned()
    };
    let (bundle, trust_file) = (file("T-1.zip"), file("trust.txt"));
    std::fs::write(&trust_file, &trust_text).expect("a file");
    let exported = kaibiao(&["--server", client.url(), "export", "T-1", "--out", &bundle]);
    assert!(exported.status.success(), "{exported:?}");
    let verified = kaibiao(&["--trust", &trust_file, "verify", &bundle]);
    let said = String::from_utf8_lossy(&verified.stdout).into_owned();
    assert_eq!(verified.status.code(), Some(0), "{said}");
    assert!(
        !said.contains("not witnessed") && said.contains("cosigned by w1"),
        "{said}"
    );
    println!("{} receipts, all cosigned by aics-witness", receipts.len());
    // A rollback is noticed with her just so.
    server.stop();
    std::fs::write(&database, yesterday).expect("put back");
    let error = server.try_start().expect_err("it must not start");
    assert!(error.contains("rolled back or exchanged"), "{error}");
}

/// The same requests to theirs: their statuses are those that ours gives, but for the draft's one difference.
#[test]
fn their_statuses_are_ours() {
    let Some(program) = program() else { return };
    let (log, fork) = (Log::new("", 40), Log::new("fork", 40));
    let theirs = start(&program, &[log.verifier()]);
    let ours = witness_tests::WitnessProcess::start("witness.example/w1", &[log.verifier()]);
    let mut cut = log.request(13, 20);
    cut.proof.pop();
    let mut backwards = log.request(0, 5);
    backwards.old = 6;
    let unknown = log
        .request(0, 5)
        .to_string()
        .replacen("log.example/", "log.example/un/", 1);
    let requests = [
        ("unknown log", unknown, 404, 404),
        ("malformed", "old 0\n".to_owned(), 400, 400),
        ("backwards", backwards.to_string(), 400, 400),
        ("never seen", log.request(3, 5).to_string(), 409, 409),
        ("first", log.request(0, 13).to_string(), 200, 200),
        ("again", log.request(13, 13).to_string(), 200, 200),
        ("behind", log.request(5, 13).to_string(), 409, 409),
        // 422 in version 1.1 of the protocol, 409 before.
        ("fork", fork.request(13, 13).to_string(), 409, 422),
        ("no proof", cut.to_string(), 422, 422),
        ("other proof", fork.request(13, 20).to_string(), 422, 422),
        ("later", log.request(13, 20).to_string(), 200, 200),
    ];
    for (what, body, our_status, their_status) in requests {
        let our = ours.add(&body).expect("an answer");
        let their = post(&format!("{}/add-checkpoint", theirs.url), &body).expect("an answer");
        assert_eq!(
            (our.status, their.status),
            (our_status, their_status),
            "{what}: {their:?}"
        );
        if our.status == 409 && their.status == 409 {
            assert_eq!(our, their, "{what}");
        }
    }
    let hash = record::Digest::sha256(witness_tests::ORIGIN.as_bytes());
    let shown = get(&format!("{}/{hash}/checkpoint", theirs.url)).expect("an answer");
    let shown: SignedCheckpoint = shown.body.parse().expect("a checkpoint");
    assert_eq!(shown.checkpoint(), &log.checkpoint(20));
}
