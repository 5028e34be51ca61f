//! `kaibiao rehearse` against a server of its own: the whole system, played from the accounts to the award.
//!
//! The server is another package, and neither may import the other; so it is built and started as a program.

use std::fs;
use std::net::{TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};
use std::thread::sleep;
use std::time::{Duration, Instant};

use serde_json::Value;

/// A server with a data folder of its own, ended when dropped.
struct Server {
    process: Child,
    address: String,
    folder: tempfile::TempDir,
}

impl Server {
    fn start(options: &[&str]) -> Server {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let port = TcpListener::bind("127.0.0.1:0")
            .and_then(|free| free.local_addr())
            .expect("a free port")
            .port();
        let bind = format!("127.0.0.1:{port}");
        let log = fs::File::create(folder.path().join("server.log")).expect("a log file");
        let program = server_program();
        let data = folder.path().join("data");
        let server = |command: &str| {
            let mut server = Command::new(&program);
            server
                .env_clear()
                .args(["--bind", &bind, "--data-dir"])
                .arg(&data)
                .args(options)
                .arg(command);
            server
                .stdin(Stdio::null())
                .stdout(log.try_clone().expect("a second handle"));
            server.stderr(log.try_clone().expect("a third handle"));
            server
        };
        assert!(
            server("init")
                .status()
                .expect("the server starts")
                .success()
        );
        let process = server("serve").spawn().expect("the server starts");
        let mut server = Server {
            process,
            address: format!("http://{bind}"),
            folder,
        };
        let end = Instant::now() + Duration::from_secs(60);
        while TcpStream::connect(&bind).is_err() {
            let ended = server.process.try_wait().expect("the server is ours");
            assert!(
                ended.is_none() && Instant::now() < end,
                "the server does not listen: {ended:?}"
            );
            sleep(Duration::from_millis(50));
        }
        server
    }

    fn rehearse(&self, arguments: &[&str]) -> Output {
        Command::new(env!("CARGO_BIN_EXE_kaibiao"))
            .env_clear()
            .current_dir(self.folder.path())
            .args(["rehearse", "--server", &self.address])
            .args(arguments)
            .output()
            .expect("kaibiao starts")
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

/// Builds the server, if it is not fresh, beside the program under test.
fn server_program() -> PathBuf {
    let programs = Path::new(env!("CARGO_BIN_EXE_kaibiao"))
        .parent()
        .expect("a folder of programs");
    let mut build = Command::new(env!("CARGO"));
    build.args([
        "build",
        "--quiet",
        "-p",
        "server",
        "--bin",
        "kaibiao-server",
    ]);
    if programs.ends_with("release") {
        build.arg("--release");
    }
    let status = build
        .current_dir(env!("CARGO_MANIFEST_DIR"))
        .status()
        .expect("cargo starts");
    assert!(status.success(), "the server does not compile");
    programs.join("kaibiao-server")
}

fn summary(output: &Output) -> Value {
    let heard = String::from_utf8_lossy(&output.stderr);
    serde_json::from_slice(&output.stdout).unwrap_or_else(|error| panic!("{error}: {heard}"))
}

fn failing(summary: &Value) -> Vec<&Value> {
    let all = summary["expectations"].as_array();
    let all = all.unwrap_or_else(|| panic!("no list of expectations: {summary}"));
    all.iter().filter(|one| one["holds"] != true).collect()
}

#[test]
fn a_works_tender_in_which_everything_happens_is_played_exported_and_verified() {
    let server = Server::start(&["--demo=true"]);
    let output = server.rehearse(&[
        "--bidders",
        "4",
        "--seed",
        "7",
        "--export",
        "export",
        "--json",
    ]);
    let summary = summary(&output);
    assert_eq!(failing(&summary), Vec::<&Value>::new());
    assert_eq!(output.status.code(), Some(0));
    assert_eq!(summary["as_expected"], true);
    assert_eq!(summary["bundle"]["verdict"], "holds");
    assert_eq!(
        summary["bundle"]["fates"].as_array().map(Vec::len),
        Some(11)
    );

    let verify = |name: &str| {
        let export = server.folder.path().join("export");
        let verified = Command::new(env!("CARGO_BIN_EXE_kaibiao"))
            .env_clear()
            .current_dir(&export)
            .args(["verify", name, "--trust", "trust.txt"])
            .output();
        verified.expect("kaibiao starts").status.code()
    };
    let export = server.folder.path().join("export");
    let name = format!(
        "{}.public.bundle.zip",
        summary["tender"].as_str().expect("a tender")
    );
    assert_eq!(verify(&name), Some(0));
    let receipts = fs::read_dir(export.join("receipts"))
        .expect("receipts")
        .count();
    assert_eq!(
        Some(receipts as u64),
        summary["bundle"]["receipts_compared"].as_u64()
    );

    let mut bytes = fs::read(export.join(&name)).expect("the bundle");
    let middle = bytes.len() / 2;
    bytes[middle] ^= 1;
    fs::write(export.join("changed.zip"), bytes).expect("a changed bundle");
    assert!(matches!(verify("changed.zip"), Some(1 | 2)));
}

/// Made up in the form of the public data set: one tender that its prices decide, one tie, one exception.
const RECORDED: &str = "\
notice_id,base_price,estimated_price,bidders,floor_rate_percent,rigged,rank,firm,price
20990000001,10000000,9950000,3,87.745,0,1,7000000001,8800000
20990000001,10000000,9950000,3,87.745,0,other,7000000002,8912000
20990000001,10000000,9950000,3,87.745,0,other,7000000003,8500000
20990000002,2050.5,2001.25,2,85.495,0,1,7000000001,1900.75
20990000002,2050.5,2001.25,2,85.495,0,other,7000000002,1900.75
20990000003,40000000,41000000,3,0.0,0,1,7000000002,38000000
20990000003,40000000,41000000,3,0.0,0,other,7000000002,30000000
20990000003,40000000,41000000,3,0.0,0,other,7000000004,34500000
";

#[test]
fn recorded_prices_give_the_recorded_first_rank_a_tie_and_an_exception() {
    let server = Server::start(&["--demo=true"]);
    fs::write(server.folder.path().join("bids.csv"), RECORDED).expect("a file of bids");
    let arguments = [
        "--koneps",
        "bids.csv",
        "--limit",
        "3",
        "--tender",
        "20990000002",
        "--json",
    ];
    let output = server.rehearse(&arguments);
    let summary = summary(&output);
    assert_eq!(failing(&summary), Vec::<&Value>::new());
    assert_eq!(output.status.code(), Some(0));
    assert_eq!(
        summary["tenders"][2]["ranked_first"],
        serde_json::json!(["7000000002"])
    );
    let tenders = summary["tenders"].as_array().expect("a list of tenders");
    let found: Vec<_> = tenders
        .iter()
        .map(|one| {
            (
                one["notice"].as_str(),
                one["comparison"].as_str(),
                one["verdict"].as_str(),
            )
        })
        .collect();
    let expected = [
        ("20990000002", "tied"),
        ("20990000001", "alone"),
        ("20990000003", "exception"),
    ];
    assert_eq!(
        found,
        expected.map(|(notice, comparison)| (Some(notice), Some(comparison), Some("holds")))
    );
}

#[test]
fn a_server_on_real_time_is_left_alone() {
    let server = Server::start(&[]);
    let output = server.rehearse(&["--json"]);
    assert_eq!(output.status.code(), Some(2));
    assert_eq!(summary(&output)["error"]["code"], "demo-only");
}

#[test]
fn a_line_breaks_after_so_many_bytes_and_stays_broken() {
    use std::io::{Read, Write};

    let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
    let far = listener.local_addr().expect("an address");
    let heard = std::thread::spawn(move || {
        let (mut connection, _) = listener.accept().expect("a connection");
        let mut heard = Vec::new();
        let _ = connection.read_to_end(&mut heard);
        heard
    });
    let relay = cli::rehearse::relay::Relay::open(&format!("http://{far}"), 10)
        .expect("a port")
        .expect("no TLS");
    let near = relay.address();
    let near = near.trim_start_matches("http://");
    let mut connection = TcpStream::connect(near).expect("the relay listens");
    connection
        .write_all(b"0123456789abcdef")
        .expect("the relay reads");
    assert_eq!(heard.join().expect("the far end"), b"0123456789");
    sleep(Duration::from_millis(200));
    assert!(TcpStream::connect(near).is_err());
    assert!(
        cli::rehearse::relay::Relay::open("https://example.org", 10)
            .expect("nothing to do")
            .is_none()
    );
}
