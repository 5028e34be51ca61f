//! The server with witnesses: cosignatures in receipts, proofs and bundles; a witness that is away; a server that was
//! rolled back; witnesses that lie.

use std::io::{Read as _, Write as _};
use std::net::TcpListener;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use record::log::checkpoint::SignedCheckpoint;
use record::trust::Trust;
use testbed::{Course, Database, Script, Step, audit};
use witness_tests::{Platform, kaibiao, line};

fn is_witnessed(trust: &Trust, checkpoint: &SignedCheckpoint) -> bool {
    let standing = trust.standing(checkpoint).expect("this log's checkpoint");
    assert!(standing.wrong.is_empty());
    standing.quorum_met && standing.witnessed_at_s.is_some()
}

fn text(path: &Path) -> &str {
    path.to_str().expect("ASCII")
}

fn wait_until(what: &str, holds: impl Fn() -> bool) {
    let begun = Instant::now();
    while !holds() {
        assert!(
            begun.elapsed() < Duration::from_secs(30),
            "{what} does not come"
        );
        std::thread::sleep(Duration::from_millis(50));
    }
}

fn with_one_of_three_down(database: Database) {
    let mut platform = Platform::start(database, 3, 2);
    let (trust, trust_path) = platform.trust();
    assert_eq!(trust.witnesses().len(), 3);
    platform.witnesses[2].kill();
    let client = platform.server.client();
    let mut course = Course::new(client.clone(), Script::plain("T-1"));
    course.go_to(Step::Awarded);
    // Every receipt came with its quorum, although one witness was away all the time.
    let receipts = client.evidence().receipts();
    let late = receipts
        .iter()
        .filter(|(_, receipt)| !is_witnessed(&trust, &receipt.proof.checkpoint));
    let late: Vec<_> = late.map(|(_, receipt)| receipt.proof.index).collect();
    // A loaded machine may miss the tolerance now and then; what is missing comes with the next look.
    assert!(
        late.len() * 5 <= receipts.len(),
        "{late:?} of {}",
        receipts.len()
    );
    for (envelope, receipt) in receipts
        .iter()
        .filter(|(_, one)| late.contains(&one.proof.index))
    {
        wait_until("a receipt with a quorum", || {
            let again = client.post(envelope).expect("it was admitted before");
            assert_eq!(again.receipt.proof.index, receipt.proof.index);
            is_witnessed(&trust, &again.receipt.proof.checkpoint)
        });
    }
    audit(&client).demand();

    let path = "/api/v1/log/checkpoint?witnessed=true";
    let witnessed: SignedCheckpoint = client.get(path).must_be(200).text().parse().expect("one");
    assert!(is_witnessed(&trust, &witnessed));
    let bundle = platform.file("T-1.bundle.zip");
    let exported = kaibiao(&[
        "--server",
        client.url(),
        "export",
        "T-1",
        "--out",
        text(&bundle),
    ]);
    assert!(exported.status.success(), "{exported:?}");
    let verified = kaibiao(&["--trust", text(&trust_path), "verify", text(&bundle)]);
    let said = String::from_utf8_lossy(&verified.stdout).into_owned();
    assert_eq!(verified.status.code(), Some(0), "{said}");
    assert!(!said.contains("not witnessed"), "{said}");
    assert!(
        said.contains("cosigned by w1") && said.contains("cosigned by w2"),
        "{said}"
    );
    assert!(!said.contains("cosigned by w3"), "{said}");
    // Whoever asks for all three is not content.
    let strict = std::fs::read_to_string(&trust_path).expect("text");
    let strict_path = platform.file("strict.txt");
    std::fs::write(&strict_path, strict.replacen("enough 2", "enough 3", 1)).expect("a file");
    let refused = kaibiao(&["--trust", text(&strict_path), "verify", text(&bundle)]);
    assert_eq!(refused.status.code(), Some(1));

    let (envelope, _) = receipts.last().expect("a receipt");
    let again = client
        .post(envelope)
        .expect("it was admitted before")
        .receipt;
    let file = platform.file("receipt.json");
    std::fs::write(&file, serde_json::to_vec(&again).expect("JSON")).expect("a file");
    let check = |trust: &Path| kaibiao(&["--trust", text(trust), "receipt", "check", text(&file)]);
    let checked = check(&trust_path);
    let said = String::from_utf8_lossy(&checked.stdout).into_owned();
    assert_eq!(checked.status.code(), Some(0), "{said}");
    assert!(
        said.contains("witnessed 2") && !said.contains("not witnessed"),
        "{said}"
    );
    assert_eq!(check(&strict_path).status.code(), Some(1));
    // When the third comes back, she catches up by herself.
    platform.witnesses[2].restart().expect("she starts");
    let all: Trust = std::fs::read_to_string(&strict_path)
        .expect("text")
        .parse()
        .expect("trust");
    wait_until("the third witness", || {
        is_witnessed(&all, &client.checkpoint())
    });
}

#[test]
fn one_of_three_down_on_sqlite() {
    with_one_of_three_down(Database::Sqlite);
}

#[test]
fn one_of_three_down_on_postgres() {
    if let Some(database) = Database::postgres() {
        with_one_of_three_down(database);
    }
}

/// No quorum: nobody is refused, nobody waits longer than the tolerance, and the receipts say what they are.
#[test]
fn without_a_quorum_receipts_go_out_unwitnessed() {
    let mut platform = Platform::start(Database::Sqlite, 2, 2);
    let (trust, _) = platform.trust();
    platform.witnesses[0].kill();
    let client = platform.server.client();
    let mut course = Course::new(client.clone(), Script::plain("T-1"));
    let begun = Instant::now();
    course.go_to(Step::Submitted);
    let (count, elapsed) = (client.evidence().count(), begun.elapsed());
    assert!(
        elapsed < Duration::from_secs(30),
        "{count} receipts took {elapsed:?}"
    );
    let receipts = client.evidence().receipts();
    let (envelope, last) = receipts.last().expect("one");
    assert!(
        !trust
            .standing(&last.proof.checkpoint)
            .expect("ours")
            .quorum_met
    );
    let health = client.get("/healthz").must_be(200).json();
    assert_eq!(health["witness_quorum_missing"], true, "{health}");
    platform.witnesses[0].restart().expect("it starts");
    wait_until("the quorum", || {
        let again = client
            .post(envelope)
            .expect("it was admitted before")
            .receipt;
        is_witnessed(&trust, &again.proof.checkpoint)
    });
    let health = client.get("/healthz").must_be(200).json();
    assert_eq!(health["witness_quorum_missing"], false, "{health}");
}

/// The database of yesterday is put back: the witnesses know better.
#[test]
fn a_rolled_back_server_does_not_start() {
    let mut platform = Platform::start(Database::Sqlite, 3, 2);
    let client = platform.server.client();
    let mut course = Course::new(client.clone(), Script::plain("T-1"));
    course.go_to(Step::Draft);
    platform.server.stop();
    let database = platform.server.data_dir().join("kaibiao.db");
    let yesterday = std::fs::read(&database).expect("the database");
    platform.server.restart();
    course.go_to(Step::Announced);
    wait_until("a cosignature", || {
        let path = "/api/v1/log/checkpoint?witnessed=true";
        let witnessed: SignedCheckpoint = client.get(path).text().parse().expect("one");
        witnessed.checkpoint().size == client.checkpoint().checkpoint().size
    });
    platform.server.stop();
    let today = std::fs::read(&database).expect("the database");
    std::fs::write(&database, &yesterday).expect("put back");
    let error = platform.server.try_start().expect_err("it must not start");
    assert!(error.contains("rolled back or exchanged"), "{error}");
    // Nor with an empty database under the old keys.
    std::fs::remove_file(&database).expect("removed");
    assert!(platform.server.run("migrate", &[]).status.success());
    let error = platform.server.try_start().expect_err("it must not start");
    assert!(error.contains("rolled back or exchanged"), "{error}");
    // With today's it goes on.
    std::fs::write(&database, today).expect("put back");
    platform.server.restart();
    course.go_to(Step::Submitted);
    // Witnesses who are away do not keep it from starting, but their first word counts: nothing more is signed then.
    platform.server.stop();
    for witness in &mut platform.witnesses {
        witness.kill();
    }
    std::fs::write(&database, &yesterday).expect("put back");
    platform.server.restart();
    platform.witnesses[1].restart().expect("it starts");
    let health = || client.get("/healthz").must_be(200).json();
    wait_until("the halt", || health()["status"] == "log-halted");
    let envelope = client.evidence().receipts().first().expect("one").0.clone();
    let hasty = client.clone().with_patience(Duration::from_millis(100));
    let refused = hasty.post(&envelope).expect_err("nothing is admitted");
    assert_eq!(refused.code(), "log-halted", "{refused}");
    assert!(refused.to_string().starts_with("503"), "{refused}");
    client.get("/api/v1/log/checkpoint").must_be(200);
    client.get("/api/v1/tenders").must_be(200);
    // The mark outlives a restart, also while she who saw it is away ...
    platform.witnesses[1].kill();
    platform.server.stop();
    let error = platform.server.try_start().expect_err("it must not start");
    assert!(error.contains("is halted since"), "{error}");
}

/// A witness that answers everything with one status and body.
struct Liar {
    url: String,
    asked: Arc<AtomicUsize>,
}

fn liar(address: &str, status: &'static str, body: &'static str) -> Liar {
    let listener = TcpListener::bind(address).expect("the port");
    let url = format!("http://{}", listener.local_addr().expect("an address"));
    let asked = Arc::new(AtomicUsize::new(0));
    let count = Arc::clone(&asked);
    std::thread::spawn(move || {
        for stream in listener.incoming() {
            let Ok(mut stream) = stream else { return };
            let mut bytes = [0; 65_536];
            let _ = stream.read(&mut bytes);
            count.fetch_add(1, Ordering::Relaxed);
            let answer = format!(
                "HTTP/1.1 {status}\r\ncontent-type: text/x.tlog.size\r\ncontent-length: {}\r\nconnection: close\r\n\r\n{body}",
                body.len()
            );
            let _ = stream.write_all(answer.as_bytes());
        }
    });
    Liar { url, asked }
}

/// One witness turns to lies while the server runs: an alarm, not a halt.
#[test]
fn one_liar_does_not_stop_the_platform() {
    let mut platform = Platform::start(Database::Sqlite, 3, 2);
    let client = platform.server.client();
    let mut course = Course::new(client.clone(), Script::plain("T-1"));
    course.go_to(Step::Draft);
    wait_until("the third witness", || {
        let size = client.checkpoint().checkpoint().size;
        let held = platform.witnesses[2].latest(client.info()["origin"].as_str().expect("text"));
        held.is_some_and(|held| held.checkpoint().size == size)
    });
    let address = platform.witnesses[2].url().replace("http://", "");
    platform.witnesses[2].kill();
    let _liar = liar(&address, "409 Conflict", "9000000000\n");
    course.go_to(Step::Submitted);
    let health = || client.get("/healthz").must_be(200).json();
    wait_until("the alarm", || {
        health()["witness_alarms"]
            .as_array()
            .is_some_and(|all| all.len() == 1)
    });
    assert_eq!(health()["status"], "ok");
    // At a start her word is enough: the operator is there.
    platform.server.stop();
    let error = platform.server.try_start().expect_err("it must not start");
    assert!(error.contains("w3"), "{error}");
    // Without her in the policy it starts.
    let lines: Vec<String> = [0, 1]
        .map(|number| {
            let witness = &platform.witnesses[number];
            line(number + 1, witness.key(), &witness.url())
        })
        .into();
    platform.write_policy(&lines, 2);
    platform.server.restart();
    course.go_to(Step::Closed);
}

/// Nonsense is no contradiction: the server starts, and the other witness is quorum enough.
#[test]
fn nonsense_is_a_failure_and_nothing_more() {
    let mut platform = Platform::start(Database::Sqlite, 2, 1);
    let (trust, _) = platform.trust();
    let client = platform.server.client();
    let mut course = Course::new(client.clone(), Script::plain("T-1"));
    course.go_to(Step::Draft);
    let envelope = client.evidence().receipts().last().expect("one").0.clone();
    for (status, body) in [
        ("200 OK", ""),
        ("200 OK", "\u{2014} witness.example/w2 AAAAAAAAAAAA\n"),
        ("409 Conflict", "many\n"),
        ("409 Conflict", "0\n"),
        ("422 Unprocessable Content", ""),
        ("500 Oops", "x"),
        ("302 Found", ""),
    ] {
        let liar = liar("127.0.0.1:0", status, body);
        let (first, second) = (&platform.witnesses[0], &platform.witnesses[1]);
        let lines = [
            line(1, first.key(), &first.url()),
            line(2, second.key(), &liar.url),
        ];
        platform.write_policy(&lines, 1);
        platform.server.stop();
        platform.server.restart();
        assert!(liar.asked.load(Ordering::Relaxed) > 0, "{status}");
        let again = client
            .post(&envelope)
            .expect("it was admitted before")
            .receipt;
        assert!(is_witnessed(&trust, &again.proof.checkpoint), "{status}");
        let health = client.get("/healthz").must_be(200).json();
        assert_eq!(health["status"], "ok", "{status}: {health}");
        assert_eq!(
            health["witness_alarms"],
            serde_json::json!([]),
            "{status}: {health}"
        );
    }
}

/// Trustees whose trust file names witnesses release nothing until the closing stands under their quorum: the whole
/// rehearsal of the command line client, with its own trustees.
#[test]
fn trustees_demand_the_quorum() {
    let mut platform = Platform::start(Database::Sqlite, 3, 2);
    platform.witnesses[0].kill();
    let url = platform.server.url();
    let rehearse = || kaibiao(&["--server", &url, "rehearse", "--bidders", "3"]);
    let played = rehearse();
    assert!(played.status.success(), "{played:?}");
    platform.witnesses[1].kill();
    let refused = rehearse();
    let said = String::from_utf8_lossy(&refused.stderr).into_owned();
    assert_eq!(refused.status.code(), Some(1), "{refused:?}");
    assert!(
        said.contains("too few witnesses of the trust file"),
        "{said}"
    );
}
