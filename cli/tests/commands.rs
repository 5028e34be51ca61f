//! The built program: exit codes and what it prints.
#![expect(clippy::expect_used, clippy::unwrap_used, reason = "tests may panic")]

use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

use serde_json::{Value, json};

fn kaibiao(arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_kaibiao"));
    for name in [
        "KAIBIAO_SERVER",
        "KAIBIAO_KEYS",
        "KAIBIAO_PASSPHRASE",
        "KAIBIAO_PASSPHRASE_FILE",
        "KAIBIAO_IDENTITY",
        "KAIBIAO_TRUST",
    ] {
        command.env_remove(name);
    }
    command.args(arguments);
    command
}

fn run(arguments: &[&str]) -> Output {
    kaibiao(arguments).output().expect("the program starts")
}

fn code(output: &Output) -> Option<i32> {
    output.status.code()
}

fn printed(output: &Output) -> Value {
    serde_json::from_slice(&output.stdout).expect("JSON on standard output")
}

fn shared(path: &str) -> Option<PathBuf> {
    let beside = concat!(env!("CARGO_MANIFEST_DIR"), "/../../shared");
    let folder = std::env::var("KAIBIAO_SHARED").unwrap_or_else(|_| beside.to_owned());
    let file = Path::new(&folder).join(path);
    if !file.exists() {
        eprintln!(
            "SKIPPED: {} is not there (set KAIBIAO_SHARED)",
            file.display()
        );
        return None;
    }
    Some(file)
}

/// The example of the design document.
fn example() -> Value {
    json!({
        "format": "kaibiao-case/1", "profile": "below-threshold", "control_price": "10000000.00",
        "benchmark": { "method": "jiangsu-2", "drawn": { "K1": "0.97", "Q1": "0.75" }, "fixed": { "K2": "0.93" } },
        "price_score": { "full": "60", "up": "0.9", "down": "0.6", "floor": "0",
                         "benchmark_decimals": 2, "deviation_decimals": null, "score_decimals": 2 },
        "technical": { "full": "30", "aggregate": "drop-extremes", "decimals": 2 },
        "credit": { "mode": "linear", "full": "100", "weight": "10", "decimals": 2 },
        "bids": [
            { "bidder": "b1", "price": "9520000.00", "technical": ["26", "27.5", "25", "28", "24.5"], "credit": "92.4" },
            { "bidder": "b2", "price": "9088000.00", "technical": ["27", "26", "26.5", "25", "27"], "credit": "88" },
            { "bidder": "b3", "price": "8875000.00", "technical": ["24", "25", "23.5", "25.5", "24"], "credit": "110" }
        ]
    })
}

fn evaluate(case: &str) -> Output {
    let mut child = kaibiao(&["evaluate", "-"])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("the program starts");
    child
        .stdin
        .take()
        .expect("piped")
        .write_all(case.as_bytes())
        .expect("written");
    child.wait_with_output().expect("it ends")
}

#[test]
fn evaluate_prints_the_result_of_the_design_document() {
    let output = evaluate(&example().to_string());
    assert_eq!(code(&output), Some(0));
    let result = printed(&output);
    assert_eq!(result["benchmark"], "8936520.00");
    assert_eq!(result["winner"], "b3");
    let totals: Vec<&Value> = result["bids"]
        .as_array()
        .unwrap()
        .iter()
        .map(|bid| &bid["total"])
        .collect();
    assert_eq!(totals, ["89.53", "93.77", "93.92"]);
}

#[test]
fn evaluate_reads_a_file_too() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("case.json");
    std::fs::write(&path, example().to_string()).unwrap();
    let output = run(&["evaluate", path.to_str().unwrap()]);
    assert_eq!(code(&output), Some(0));
    assert_eq!(printed(&output)["winner"], "b3");
}

#[test]
fn evaluate_answers_bad_input_with_2_and_a_pointer() {
    let mut wrong = example();
    wrong["bids"][1]["price"] = json!("9088000.005");
    let mut unknown = example();
    unknown["bids"][0]["discount"] = json!("1");
    for (case, pointer) in [(wrong, "/bids/1/price"), (unknown, "/bids/0/discount")] {
        let output = evaluate(&case.to_string());
        let error = String::from_utf8_lossy(&output.stderr).into_owned();
        assert_eq!(code(&output), Some(2), "{error}");
        assert!(error.contains(pointer), "{error}");
        assert!(output.stdout.is_empty());
    }
    assert_eq!(code(&evaluate("{")), Some(2));
    assert_eq!(
        code(&run(&["evaluate", "there-is-no-such-file.json"])),
        Some(2)
    );
    assert_eq!(code(&run(&["evaluate"])), Some(2));
}

#[test]
fn a_failure_is_json_with_json() {
    let output = run(&["evaluate", "there-is-no-such-file.json", "--json"]);
    assert_eq!(code(&output), Some(2));
    assert_eq!(printed(&output)["error"]["code"], "file");
}

#[test]
fn koneps_gives_994_alone_7_tied_11_exceptions() {
    let Some(file) = shared("data/koneps-bids.csv") else {
        return;
    };
    let output = run(&["evaluate", "--koneps", file.to_str().unwrap(), "--json"]);
    assert_eq!(code(&output), Some(0));
    let report = printed(&output);
    let counts = ["tenders", "alone", "tied", "exceptions"].map(|name| report[name].as_u64());
    assert_eq!(counts, [Some(1012), Some(994), Some(7), Some(11)]);
    let notices = report["not_alone"].as_array().unwrap();
    for notice in ["20220217748", "20220203613", "20220125925"] {
        let one = notices
            .iter()
            .find(|one| one["notice"] == notice)
            .expect("it is listed");
        assert_eq!(one["comparison"], "exception");
    }
}

#[test]
fn a_key_file_is_made_shown_and_never_overwritten() {
    let folder = tempfile::tempdir().unwrap();
    let keys = folder.path().join("firm.keys");
    let (_, identity) = cli::keyring::Lock::generate_identity();
    let identity_file = folder.path().join("identity.txt");
    std::fs::write(&identity_file, identity.as_bytes()).unwrap();
    let (keys, identity) = (keys.to_str().unwrap(), identity_file.to_str().unwrap());

    let new = [
        "key",
        "new",
        "--keys",
        keys,
        "--identity",
        identity,
        "--account",
        "firm-1",
        "--name",
        "一号公司",
        "--json",
    ];
    let made = run(&new);
    assert_eq!(
        code(&made),
        Some(0),
        "{}",
        String::from_utf8_lossy(&made.stderr)
    );
    let shown = run(&[
        "key",
        "show",
        "--keys",
        keys,
        "--identity",
        identity,
        "--json",
    ]);
    assert_eq!(printed(&made), printed(&shown));
    assert_eq!(printed(&shown)["name"], "一号公司");
    assert_eq!(code(&run(&new)), Some(2));
}

#[test]
fn a_wrong_passphrase_or_no_key_file_is_2() {
    let folder = tempfile::tempdir().unwrap();
    let keys = folder.path().join("firm.keys");
    let keys = keys.to_str().unwrap();
    let show = |passphrase: &str| {
        kaibiao(&["key", "show", "--keys", keys])
            .env("KAIBIAO_PASSPHRASE", passphrase)
            .output()
            .unwrap()
    };
    assert_eq!(code(&show("right")), Some(2));
    let new = [
        "key",
        "new",
        "--keys",
        keys,
        "--account",
        "firm-1",
        "--name",
        "Firm",
    ];
    let made = kaibiao(&new)
        .env("KAIBIAO_PASSPHRASE", "right")
        .output()
        .unwrap();
    assert_eq!(
        code(&made),
        Some(0),
        "{}",
        String::from_utf8_lossy(&made.stderr)
    );
    assert_eq!(code(&show("right")), Some(0));
    let wrong = show("wrong");
    assert_eq!(code(&wrong), Some(2));
    assert!(String::from_utf8_lossy(&wrong.stderr).contains("passphrase is wrong"));
    // Neither a passphrase nor a terminal.
    assert_eq!(
        code(
            &kaibiao(&["key", "show", "--keys", keys])
                .stdin(Stdio::null())
                .output()
                .unwrap()
        ),
        Some(2)
    );
}

#[test]
fn a_server_that_is_away_is_1_with_advice() {
    // Port 9 (discard) of the loopback: nobody answers there.
    let output = run(&["tender", "list", "--server", "http://127.0.0.1:9"]);
    assert_eq!(code(&output), Some(1));
    assert!(String::from_utf8_lossy(&output.stderr).contains("--server"));
    assert_eq!(
        code(&run(&["tender", "list", "--server", "ftp://somewhere"])),
        Some(2)
    );
}

#[test]
fn verify_says_what_the_record_is_worth() {
    let play = play::Play::to(play::Script::plain("T-1"), play::Milestone::Awarded);
    let folder = tempfile::tempdir().unwrap();
    let write = |name: &str, bytes: &[u8]| {
        let path = folder.path().join(name);
        std::fs::write(&path, bytes).unwrap();
        path.to_str().unwrap().to_owned()
    };
    let bytes = play.world.bundle(&play.tender);
    let bundle = write("T-1.bundle.zip", &bytes);
    let trust = write("trust.txt", play.world.trust_file().as_bytes());
    let manifest = play.manifests.values().next().unwrap();
    let receipt = write(
        "receipt.json",
        &serde_json::to_vec(&play.world.log().receipt(manifest)).unwrap(),
    );

    assert_eq!(
        code(&run(&[
            "verify",
            &bundle,
            "--trust",
            &trust,
            "--receipt",
            &receipt
        ])),
        Some(0)
    );
    assert_eq!(code(&run(&["verify", &bundle])), Some(3));
    let report = run(&["verify", &bundle, "--trust", &trust, "--json"]);
    assert!(
        printed(&report)["checks"]
            .as_array()
            .is_some_and(|checks| checks.len() >= 10)
    );
    assert_eq!(code(&run(&["verify", &trust])), Some(2));
    assert_eq!(code(&run(&["verify", "no-such-bundle.zip"])), Some(2));

    assert_eq!(
        code(&run(&["receipt", "check", &receipt, "--trust", &trust])),
        Some(0)
    );
    assert_eq!(
        code(&run(&[
            "receipt", "check", &receipt, "--trust", &trust, "--bundle", &bundle
        ])),
        Some(0)
    );
    assert_eq!(
        code(&run(&["receipt", "check", &receipt, "--bundle", &bundle])),
        Some(3)
    );
    assert_eq!(code(&run(&["receipt", "check", &receipt])), Some(2));
    assert_eq!(code(&run(&["trust", "show", &trust])), Some(0));

    let other = play::World::with_seed("demo.kaibiao.test/etender", "other").trust_file();
    let other = write("other.txt", other.as_bytes());
    assert_eq!(code(&run(&["verify", &bundle, "--trust", &other])), Some(1));
    assert_eq!(
        code(&run(&["receipt", "check", &receipt, "--trust", &other])),
        Some(1)
    );
}
