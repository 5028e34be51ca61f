//! The trust file: reading, writing, refusals and the quorum.

#![expect(clippy::unwrap_used, reason = "tests may panic")]

use record::Digest;
use record::key::{Algorithm, SigningKey};
use record::log::checkpoint::{Checkpoint, Origin, SignatureType, SignedCheckpoint, VerifierKey};
use record::trust::{Quorum, Trust, TrustedLog};

fn secret(number: u8) -> SigningKey {
    SigningKey::from_secret(Algorithm::Ed25519, &[number; 32]).unwrap()
}

fn verifier(name: &str, signature_type: SignatureType, number: u8) -> VerifierKey {
    VerifierKey::new(
        Origin::new(name).unwrap(),
        signature_type,
        secret(number).public().clone(),
    )
    .unwrap()
}

fn log() -> VerifierKey {
    verifier("demo.example/etender", SignatureType::Ed25519, 1)
}

fn witness(number: u8) -> VerifierKey {
    verifier(
        &format!("w{number}.example"),
        SignatureType::CosignatureV1,
        10 + number,
    )
}

fn root_line() -> String {
    format!("root ed25519 {}\n", hex::encode(secret(2).public().bytes()))
}

/// Two of three X, and any of two Y.
fn policy() -> String {
    let mut text = format!("# whom I trust\n\n log\t{} https://demo.example/\n", log());
    for number in 1..=5 {
        text += &format!("witness W{number} {}\n", witness(number));
    }
    text + "group X 2 W1 W2 W3\ngroup Y any W4 W5\ngroup both all X Y\nquorum both\n" + &root_line()
}

fn cosigned(by: &[(u8, u64)]) -> SignedCheckpoint {
    let origin = Origin::new("demo.example/etender").unwrap();
    let mut signed = Checkpoint {
        origin,
        size: 3,
        root: Digest::ZERO,
    }
    .sign(&secret(1))
    .unwrap();
    for (number, time_s) in by {
        let line = signed
            .cosign(witness(*number).name(), &secret(10 + number), *time_s)
            .unwrap();
        signed.add(line);
    }
    signed
}

#[test]
fn a_policy_is_read_and_written() {
    let trust: Trust = policy().parse().unwrap();
    assert_eq!(
        trust.logs()[0].url.as_deref(),
        Some("https://demo.example/")
    );
    assert_eq!(trust.witnesses().len(), 5);
    assert_eq!(trust.groups()[2].threshold, 2);
    assert_eq!(*trust.quorum(), Quorum::Named("both".to_owned()));
    let written = trust.to_string();
    assert_eq!(written.parse::<Trust>().unwrap(), trust);
    assert_eq!(written.parse::<Trust>().unwrap().to_string(), written);
    assert_eq!(trust.digest(), Digest::sha256(written.as_bytes()));
    let fingerprints = trust.fingerprints();
    assert_eq!(fingerprints.len(), 7);
    assert_eq!(
        fingerprints[0],
        (
            "log demo.example/etender".to_owned(),
            secret(1).public().id()
        )
    );
    assert_eq!(
        fingerprints[6],
        ("root".to_owned(), secret(2).public().id())
    );
}

#[test]
fn the_quorum_and_its_time() {
    let trust: Trust = policy().parse().unwrap();
    let standing = |by: &[(u8, u64)]| {
        let checkpoint = cosigned(by);
        let standing = trust.standing(&checkpoint).unwrap();
        (
            standing.quorum_met,
            standing.witnessed_at_s,
            standing.cosigned.len(),
        )
    };
    assert_eq!(standing(&[]), (false, None, 0));
    assert_eq!(standing(&[(1, 50), (2, 60)]), (false, None, 2));
    assert_eq!(standing(&[(1, 50), (4, 60)]), (false, None, 2));
    assert_eq!(standing(&[(1, 50), (2, 60), (4, 10)]), (true, Some(60), 3));
    assert_eq!(
        standing(&[(1, 50), (2, 90), (3, 55), (4, 70), (5, 10)]),
        (true, Some(55), 5)
    );
}

#[test]
fn without_witnesses_nobody_speaks_about_time() {
    let trust: Trust = format!("log {}\nquorum none\n", log()).parse().unwrap();
    let checkpoint = cosigned(&[(1, 50)]);
    let standing = trust.standing(&checkpoint).unwrap();
    assert!(standing.quorum_met);
    assert_eq!(standing.witnessed_at_s, None);
}

#[test]
fn a_wrong_cosignature_does_not_count() {
    let trust: Trust = policy().parse().unwrap();
    let mut checkpoint = cosigned(&[(1, 50), (4, 50)]);
    let mut line = checkpoint
        .cosign(witness(2).name(), &secret(12), 60)
        .unwrap();
    line.signature[20] ^= 1;
    checkpoint.add(line);
    let standing = trust.standing(&checkpoint).unwrap();
    assert!(!standing.quorum_met);
    assert_eq!(standing.wrong[0].name, "W2");
}

#[test]
fn an_unknown_log_has_no_standing() {
    let other = verifier("demo.example/etender", SignatureType::Ed25519, 3);
    let trust: Trust = format!("log {other}\nquorum none\n").parse().unwrap();
    assert_eq!(
        trust.standing(&cosigned(&[])).unwrap_err().code(),
        "checkpoint-not-signed"
    );
    let empty: Trust = "quorum none\n".parse().unwrap();
    assert_eq!(
        empty.standing(&cosigned(&[])).unwrap_err().code(),
        "checkpoint-not-signed"
    );
}

#[test]
fn refusals_name_the_line() {
    let (log, one, two) = (log(), witness(1), witness(2));
    let cases = [
        (format!("log {log}\n"), 1, "no quorum line"),
        (String::new(), 1, "no quorum line"),
        ("quorum none".to_owned(), 1, "no newline"),
        ("quorum none\nquorum none\n".to_owned(), 2, "already"),
        ("quorum W\n".to_owned(), 1, "no witness or group W"),
        ("# x\nnonsense\n".to_owned(), 2, "a line starts with"),
        ("log\n".to_owned(), 1, "expected: log"),
        ("log x y z\n".to_owned(), 1, "expected: log"),
        (format!("log {log}\nlog {log}\n"), 2, "listed already"),
        (format!("log {one}\n"), 1, "type 01"),
        (format!("witness W {log}\n"), 1, "type 04"),
        (format!("witness none {one}\n"), 1, "none"),
        (format!("witness W {one}\nwitness W {two}\n"), 2, "taken"),
        (
            format!("witness W {one}\nwitness V {one}\n"),
            2,
            "listed already",
        ),
        (format!("witness W {one}\ngroup G 2 W\n"), 2, "threshold"),
        (format!("witness W {one}\ngroup G 01 W\n"), 2, "threshold"),
        (format!("witness W {one}\ngroup G 0 W\n"), 2, "threshold"),
        (
            format!("witness W {one}\ngroup G any\n"),
            2,
            "expected: group",
        ),
        (
            format!("witness W {one}\ngroup G any W W\n"),
            2,
            "member already",
        ),
        (
            format!("witness W {one}\ngroup G any W\ngroup F any W\n"),
            3,
            "member already",
        ),
        (
            format!("witness W {one}\ngroup G any G\n"),
            2,
            "no witness or group G",
        ),
        ("root rsa 00\n".to_owned(), 1, "ed25519 or p256"),
        ("root ed25519 zz\n".to_owned(), 1, "hex"),
        (
            format!("{}{}", root_line(), root_line()),
            2,
            "listed already",
        ),
        (root_line().replacen("ed25519", "p256", 1), 1, ""),
        ("quorum none\r\n".to_owned(), 1, "control"),
    ];
    for (text, line, reason) in cases {
        let error = text.parse::<Trust>().unwrap_err();
        assert_eq!(error.code(), "trust-malformed");
        assert_eq!(error.line, line, "{text}");
        assert!(error.reason.contains(reason), "{text}: {error}");
    }
    assert!("#".repeat(70_000).parse::<Trust>().is_err());
}

#[test]
fn parts_with_white_space_do_not_become_a_file() {
    let with_url = |url: &str| {
        let log = TrustedLog {
            key: log(),
            url: Some(url.to_owned()),
        };
        Trust::new(vec![log], Vec::new(), Vec::new(), Quorum::None, Vec::new())
    };
    with_url("https://demo.example").unwrap();
    assert!(with_url("x y").is_err());
    assert!(with_url("x\nroot y").is_err());
    assert!(with_url("").is_err());
}
