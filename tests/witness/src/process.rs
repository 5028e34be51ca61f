//! A witness daemon as a process.

use std::io::{BufRead as _, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};
use std::time::Duration;

use record::Digest;
use record::log::checkpoint::{SignedCheckpoint, VerifierKey};
use testbed::directory_of_programs;

/// The command line client, as it is built beside this test.
///
/// # Panics
/// It is not built.
pub fn kaibiao(arguments: &[&str]) -> Output {
    Command::new(program())
        .args(arguments)
        .env_clear()
        .envs(std::env::var_os("PATH").map(|path| ("PATH", path)))
        .output()
        .expect("kaibiao runs")
}

fn program() -> PathBuf {
    let path = directory_of_programs().join("kaibiao");
    assert!(
        path.is_file(),
        "{} is not there; build it with the same profile and target directory: cargo build -p cli",
        path.display()
    );
    path
}

/// An answer over HTTP.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Answer {
    /// Status.
    pub status: u16,
    /// Content type, or nothing.
    pub content_type: String,
    /// Body as text.
    pub body: String,
}

fn agent() -> ureq::Agent {
    ureq::Agent::config_builder()
        .http_status_as_error(false)
        .timeout_global(Some(Duration::from_secs(30)))
        .build()
        .into()
}

fn answer(sent: Result<ureq::http::Response<ureq::Body>, ureq::Error>) -> Result<Answer, String> {
    let mut response = sent.map_err(|error| error.to_string())?;
    let content_type = response.headers().get("content-type");
    Ok(Answer {
        status: response.status().as_u16(),
        content_type: content_type
            .and_then(|value| value.to_str().ok())
            .unwrap_or_default()
            .to_owned(),
        body: response
            .body_mut()
            .read_to_string()
            .map_err(|error| error.to_string())?,
    })
}

/// POSTs a body.
///
/// # Errors
/// There is no answer.
pub fn post(url: &str, body: &str) -> Result<Answer, String> {
    answer(agent().post(url).send(body))
}

/// GETs an address.
///
/// # Errors
/// There is no answer.
pub fn get(url: &str) -> Result<Answer, String> {
    answer(agent().get(url).call())
}

/// A witness. The process ends when this value is dropped.
pub struct WitnessProcess {
    directory: tempfile::TempDir,
    key: VerifierKey,
    child: Option<Child>,
    address: String,
    /// Further options of `serve`.
    pub arguments: Vec<String>,
}

impl WitnessProcess {
    /// Makes a witness that watches these logs; it does not run yet.
    ///
    /// # Panics
    /// `init` fails.
    pub fn init(name: &str, logs: &[VerifierKey]) -> WitnessProcess {
        let directory = tempfile::Builder::new().prefix("kaibiao-witness").tempdir();
        let directory = directory.expect("a temporary directory");
        let policy = directory.path().join("policy.txt");
        let lines = logs.iter().map(|log| format!("log {log}\n"));
        let text = lines.collect::<String>() + "quorum none\n";
        std::fs::write(&policy, text).expect("a policy");
        let state = directory.path().join("w");
        let made = kaibiao(&[
            "--json",
            "witness",
            "init",
            "--dir",
            text_of(&state),
            "--name",
            name,
            "--logs",
            text_of(&policy),
        ]);
        assert!(made.status.success(), "{made:?}");
        let value: serde_json::Value = serde_json::from_slice(&made.stdout).expect("JSON");
        let key = value["key"].as_str().expect("a key");
        WitnessProcess {
            directory,
            key: key.parse().expect("a verifier key"),
            child: None,
            address: "127.0.0.1:0".to_owned(),
            arguments: Vec::new(),
        }
    }

    /// The same, running.
    ///
    /// # Panics
    /// It does not start.
    pub fn start(name: &str, logs: &[VerifierKey]) -> WitnessProcess {
        let mut witness = WitnessProcess::init(name, logs);
        witness.restart().expect("the witness starts");
        witness
    }

    /// Its directory.
    pub fn path(&self) -> PathBuf {
        self.directory.path().join("w")
    }

    /// Its key.
    pub fn key(&self) -> &VerifierKey {
        &self.key
    }

    /// Where it listens, or will listen again.
    pub fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// Starts it again at the same address.
    ///
    /// # Errors
    /// What it says when it does not start.
    ///
    /// # Panics
    /// It cannot be run at all.
    pub fn restart(&mut self) -> Result<(), String> {
        self.kill();
        let mut child = Command::new(program())
            .args(["--json", "witness", "serve", "--dir", text_of(&self.path())])
            .args(["--bind", &self.address])
            .args(&self.arguments)
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .expect("kaibiao runs");
        let out = child.stdout.take().expect("its output");
        let mut text = String::new();
        for line in BufReader::new(out).lines() {
            text += &line.expect("text");
            if let Ok(value) = serde_json::from_str::<serde_json::Value>(&text) {
                if let Some(address) = value["address"].as_str() {
                    address.clone_into(&mut self.address);
                    self.child = Some(child);
                    return Ok(());
                }
                break;
            }
        }
        let status = child.wait().expect("it ends");
        Err(format!("{status}: {text}"))
    }

    /// SIGKILL.
    pub fn kill(&mut self) {
        if let Some(mut child) = self.child.take() {
            let _ = child.kill();
            let _ = child.wait();
        }
    }

    /// Asks it.
    ///
    /// # Errors
    /// There is no answer.
    pub fn add(&self, body: &str) -> Result<Answer, String> {
        post(&format!("{}/add-checkpoint", self.url()), body)
    }

    /// The latest checkpoint that it cosigned of a log, as it shows it.
    ///
    /// # Panics
    /// The answer is no checkpoint that it cosigned.
    pub fn latest(&self, origin: &str) -> Option<SignedCheckpoint> {
        let hash = Digest::sha256(origin.as_bytes());
        let answer = get(&format!("{}/{hash}/checkpoint", self.url())).expect("an answer");
        if answer.status == 404 {
            return None;
        }
        assert_eq!(answer.status, 200, "{answer:?}");
        let checkpoint: SignedCheckpoint = answer.body.parse().expect("a checkpoint");
        let cosigned = checkpoint.cosigned_at(&self.key).expect("a good line");
        assert!(cosigned.is_some(), "it carries the witness's line");
        Some(checkpoint)
    }

    /// Files of evidence, with their contents.
    ///
    /// # Panics
    /// They cannot be read.
    pub fn evidence(&self) -> Vec<String> {
        let files = std::fs::read_dir(self.path().join("evidence")).expect("the folder");
        files
            .map(|file| std::fs::read_to_string(file.expect("a file").path()).expect("text"))
            .collect()
    }
}

impl Drop for WitnessProcess {
    fn drop(&mut self) {
        self.kill();
    }
}

fn text_of(path: &Path) -> &str {
    path.to_str().expect("a path of ASCII")
}
