//! The daemon over HTTP against the specification of `tlog-witness`, status by status; and its other addresses.

use std::io::{Read as _, Write as _};
use std::net::TcpStream;
use std::time::{Duration, Instant};

use record::Digest;
use record::key::{Algorithm, SigningKey};
use record::log::anchor::SignedAnchor;
use record::log::checkpoint::{NoteSignature, SignedCheckpoint};
use witness_tests::{Answer, Log, ORIGIN, WitnessProcess, get, kaibiao, post};

fn cosigned(witness: &WitnessProcess, checkpoint: &SignedCheckpoint, answer: &Answer) -> u64 {
    assert_eq!(answer.status, 200, "{answer:?}");
    let mut checkpoint = checkpoint.clone();
    for line in answer.body.lines() {
        checkpoint.add(NoteSignature::parse(line).expect("a signature line"));
    }
    assert!(answer.body.ends_with('\n'));
    let time_s = checkpoint.cosigned_at(witness.key()).expect("a good line");
    time_s.expect("the witness's line")
}

#[test]
fn every_status_of_the_specification() {
    let log = Log::new("", 40);
    let other = Log::new("other", 40);
    let witness = WitnessProcess::start("witness.example/w1", &[log.verifier()]);
    let ask = |request: &record::log::witness::AddCheckpoint| {
        witness.add(&request.to_string()).expect("an answer")
    };
    assert_eq!(witness.latest(ORIGIN), None);
    // 404 comes before 403: an unknown log, signed by nobody.
    let unknown = log.request(0, 5).to_string().replacen(
        &format!("\n{ORIGIN}\n"),
        "\nlog.example/unknown\n",
        1,
    );
    assert_eq!(witness.add(&unknown).expect("an answer").status, 404);
    let stranger = SigningKey::from_secret(Algorithm::Ed25519, &[8; 32]).expect("a key");
    let mut forged = log.request(0, 5);
    forged.checkpoint = log.checkpoint(5).sign(&stranger).expect("signed");
    assert_eq!(ask(&forged).status, 403);
    assert_eq!(witness.add("old 0\n").expect("an answer").status, 400);
    assert_eq!(witness.add("").expect("an answer").status, 400);
    let mut backwards = log.request(0, 5);
    backwards.old = 6;
    assert_eq!(ask(&backwards).status, 400);
    // A size that nobody cosigned is held as 0.
    let held = ask(&log.request(3, 5));
    assert_eq!((held.status, held.body.as_str()), (409, "0\n"));
    assert_eq!(held.content_type, "text/x.tlog.size");

    let first = ask(&log.request(0, 5));
    let time_s = cosigned(&witness, &log.signed(5), &first);
    let later = ask(&log.request(5, 13));
    assert!(cosigned(&witness, &log.signed(13), &later) >= time_s);
    assert_eq!(
        witness.latest(ORIGIN).expect("one").checkpoint(),
        &log.checkpoint(13)
    );
    // The same again gets a line with a later time; an older one gets the size.
    cosigned(&witness, &log.signed(13), &ask(&log.request(13, 13)));
    let behind = ask(&log.request(5, 13));
    assert_eq!((behind.status, behind.body.as_str()), (409, "13\n"));
    assert_eq!(ask(&log.request(0, 5)).body, "13\n");

    // Another tree of the same size: refused, and both signatures are kept.
    assert!(witness.evidence().is_empty());
    let fork = ask(&other.request(13, 13));
    assert_eq!((fork.status, fork.body.as_str()), (409, "13\n"));
    assert_eq!(fork.content_type, "text/x.tlog.size");
    let evidence = witness.evidence();
    assert_eq!(evidence.len(), 1);
    let (held, shown) = evidence[0].split_once("\n\n\u{2014} ").expect("two notes");
    assert!(held.contains(ORIGIN) && shown.contains(ORIGIN));
    for root in [log.checkpoint(13), other.checkpoint(13)] {
        assert!(evidence[0].contains(root.text().lines().nth(2).expect("a root")));
    }
    // The same evidence twice is kept once.
    ask(&other.request(13, 13));
    assert_eq!(witness.evidence().len(), 1);
    // A proof that does not lead to it.
    assert_eq!(ask(&other.request(13, 20)).status, 422);
    let mut cut = log.request(13, 20);
    cut.proof.pop();
    assert_eq!(ask(&cut).status, 422);
    assert_eq!(
        witness.latest(ORIGIN).expect("one").checkpoint(),
        &log.checkpoint(13)
    );
    cosigned(&witness, &log.signed(20), &ask(&log.request(13, 20)));
}

#[test]
fn limits_of_size_and_time() {
    let log = Log::new("", 8);
    let witness = WitnessProcess::start("witness.example/w1", &[log.verifier()]);
    let large = "x".repeat(80_000);
    assert_eq!(witness.add(&large).expect("an answer").status, 413);
    let anchor = format!("{}/anchor", witness.url());
    assert_eq!(post(&anchor, &large).expect("an answer").status, 413);
    assert_eq!(get(&anchor).expect("an answer").status, 405);
    // Whoever sends slowly is cut off, and keeps nobody else waiting.
    let address = witness.url().replace("http://", "");
    let mut slow = TcpStream::connect(address).expect("a connection");
    slow.write_all(
        b"POST /add-checkpoint HTTP/1.1\r\nhost: w\r\ncontent-length: 100\r\n\r\nold 0\n",
    )
    .expect("half a request");
    assert_eq!(
        witness
            .add(&log.request(0, 8).to_string())
            .expect("an answer")
            .status,
        200
    );
    let begun = Instant::now();
    slow.set_read_timeout(Some(Duration::from_secs(30)))
        .expect("a time limit");
    let mut said = Vec::new();
    let _ = slow.read_to_end(&mut said);
    let said = String::from_utf8_lossy(&said);
    assert!(said.starts_with("HTTP/1.1 408"), "{said}");
    assert!(begun.elapsed() < Duration::from_secs(25));
}

#[test]
fn an_anchor_proves_that_somebody_tried() {
    let log = Log::new("", 8);
    let mut witness = WitnessProcess::init("witness.example/w1", &[log.verifier()]);
    witness.arguments = vec!["--anchors-per-minute".to_owned(), "6".to_owned()];
    witness.restart().expect("it starts");
    let folder = tempfile::tempdir().expect("a folder");
    let path = |name: &str| folder.path().join(name).to_str().expect("ASCII").to_owned();
    let (bid, trust, out) = (path("bid.zip"), path("trust.txt"), path("bid.anchor"));
    std::fs::write(&bid, "my bid").expect("a file");
    let policy = format!(
        "log {}\nwitness w1 {} {}\nquorum w1\n",
        log.verifier(),
        witness.key(),
        witness.url()
    );
    std::fs::write(&trust, policy).expect("a trust file");
    let got = kaibiao(&["--trust", &trust, "anchor", "get", &bid, "--out", &out]);
    assert!(got.status.success(), "{got:?}");
    // Nobody is asked to check it.
    let check = |file: &str| kaibiao(&["--json", "--trust", &trust, "anchor", "check", &out, file]);
    let checked = check(&bid);
    assert!(checked.status.success(), "{checked:?}");
    std::fs::write(path("other"), "another bid").expect("a file");
    let other = check(&path("other"));
    assert_eq!(other.status.code(), Some(1), "{other:?}");
    let text = std::fs::read_to_string(&out).expect("the anchor");
    let anchor: SignedAnchor = text.parse().expect("an anchor");
    assert_eq!(anchor.anchor().digest, Digest::sha256(b"my bid"));
    std::fs::write(&out, text.replacen("\n1", "\n2", 1)).expect("a bent anchor");
    assert_eq!(check(&bid).status.code(), Some(1));

    let url = format!("{}/anchor", witness.url());
    for bad in ["", "abc", &"A".repeat(64), &format!("{}x", "a".repeat(64))] {
        assert_eq!(post(&url, bad).expect("an answer").status, 400, "{bad:?}");
    }
    // One was asked for by the command, four just now; the sixth is the last of this minute.
    let digest = "ab".repeat(32);
    assert_eq!(post(&url, &digest).expect("an answer").status, 200);
    assert_eq!(post(&url, &digest).expect("an answer").status, 429);
    // Cosigning is not held up by that.
    assert_eq!(
        witness
            .add(&log.request(0, 8).to_string())
            .expect("an answer")
            .status,
        200
    );
}
