//! `kaibiao witness`: run a log witness.

use std::path::PathBuf;

use record::log::checkpoint::{Origin, SignatureType, VerifierKey};
use serde_json::json;

use super::Outcome;
use crate::desk::{Desk, read_trust};
use crate::failure::Failure;
use crate::witness::directory::{Directory, DirectoryError};
use crate::witness::http::{self, Options};
use crate::witness::service::{Witness, machine_s};

/// What to do as a log witness.
#[derive(Debug, clap::Subcommand)]
pub enum Command {
    /// Make a witness: its key, and an empty state for each log that it watches. With --identity the key file is locked
    /// with that age identity; else it is a file that only its owner can read.
    Init {
        /// The new directory.
        #[arg(long, value_name = "DIR")]
        dir: PathBuf,
        /// Its name, for instance `witness.example.org/w1`. It is part of the key and can never change.
        #[arg(long)]
        name: Origin,
        /// The logs: a trust file, of which only the `log` lines are taken.
        #[arg(long, value_name = "FILE")]
        logs: PathBuf,
    },
    /// Watch one more log, from its beginning. The daemon must not be running.
    AddLog {
        /// Directory of the witness.
        #[arg(long, value_name = "DIR")]
        dir: PathBuf,
        /// The log's verifier key, compared by another channel.
        key: VerifierKey,
    },
    /// Answer logs and bidders until told to stop. A lost state is never made anew.
    Serve {
        /// Directory of the witness.
        #[arg(long, value_name = "DIR", env = "KAIBIAO_WITNESS_DIR")]
        dir: PathBuf,
        /// Address and port to listen on. Put a proxy with TLS in front before others can reach it.
        #[arg(long, default_value = "127.0.0.1:8630", env = "KAIBIAO_WITNESS_BIND")]
        bind: String,
        /// Anchors that one address gets in a minute.
        #[arg(long, default_value_t = 60, value_name = "NUMBER")]
        anchors_per_minute: u32,
    },
    /// Show the key, and the latest size that was cosigned of each log. The daemon must not be running.
    Show {
        /// Directory of the witness.
        #[arg(long, value_name = "DIR")]
        dir: PathBuf,
    },
}

impl From<DirectoryError> for Failure {
    fn from(error: DirectoryError) -> Failure {
        Failure::input(error.code(), &error)
    }
}

/// Does it.
pub fn run(desk: &Desk, command: Command) -> Outcome {
    match command {
        Command::Init { dir, name, logs } => {
            let logs = read_trust(&logs)?;
            let logs: Vec<VerifierKey> = logs.logs().iter().map(|log| log.key.clone()).collect();
            if logs.is_empty() {
                return Err(Failure::input("logs-missing", "the file names no log"));
            }
            let lock = desk.identity()?;
            let verifier = Directory::init(&dir, &name, &logs, lock.as_ref())?;
            let text = format!(
                "witness  {verifier}\nfingerprint  {}\nlogs  {}",
                verifier.key().id(),
                logs.len()
            );
            desk.output.result(
                text,
                &json!({ "key": verifier, "fingerprint": verifier.key().id(), "logs": logs }),
            );
            desk.output.note(
                "Give this key and the address of the witness to those who write trust files. Never copy the directory to a\n\
                 second machine and never restore it from a backup: a witness that forgets must get a new key.",
            );
        }
        Command::AddLog { dir, key } => {
            if key.signature_type() != SignatureType::Ed25519 {
                return Err(Failure::input(
                    "log-key-type",
                    "this is the key of a witness",
                ));
            }
            Directory::open(&dir)?.add_log(&key)?;
            desk.output.result(
                format!("watched now: {}", key.name()),
                &json!({ "log": key }),
            );
        }
        Command::Serve {
            dir,
            bind,
            anchors_per_minute,
        } => {
            let witness = open(desk, &dir)?;
            let options = Options {
                bind,
                anchors_per_minute,
            };
            let verifier = witness.verifier().clone();
            let listening = |address: std::net::SocketAddr| {
                // For programs that start the daemon with port 0.
                desk.output.result(
                    format!("witness {verifier}\nlistening on {address}"),
                    &json!({ "key": verifier, "address": address.to_string() }),
                );
            };
            http::serve(witness, &options, listening)
                .map_err(|error| Failure::failed("witness-serve", error))?;
        }
        Command::Show { dir } => show(desk, &open(desk, &dir)?),
    }
    Ok(0)
}

fn open(desk: &Desk, dir: &std::path::Path) -> Result<Witness, Failure> {
    let lock = desk.identity()?;
    Ok(Witness::open(
        Directory::open(dir)?,
        lock.as_ref(),
        machine_s,
    )?)
}

fn show(desk: &Desk, witness: &Witness) {
    let verifier = witness.verifier();
    let mut text = format!("witness  {verifier}\nfingerprint  {}", verifier.key().id());
    let sizes = witness.sizes();
    for (origin, size) in &sizes {
        let size = size.map_or("nothing yet".to_owned(), |size| format!("{size} leaves"));
        text += &format!("\nlog  {origin}: {size}");
    }
    let logs: Vec<_> = sizes
        .iter()
        .map(|(origin, size)| json!({ "origin": origin, "size": size }))
        .collect();
    desk.output.result(
        text,
        &json!({ "key": verifier, "fingerprint": verifier.key().id(), "logs": logs }),
    );
}
