//! A bidder's own computer: a home folder with a key file and bid folders, on which `kaibiao` runs as a process of
//! its own that knows nothing else.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use record::log::receipt::Receipt;
use serde_json::Value;

use super::actor::Actor;
use super::hall::Hall;
use crate::desk::read_bytes;
use crate::failure::Failure;
use crate::keyring::{Lock, write_private};

/// The folder of one bidder.
#[derive(Clone, Debug)]
pub struct Workshop {
    folder: PathBuf,
    server: String,
    account: String,
}

/// What a process said.
#[derive(Clone, Debug)]
pub struct Said {
    /// Exit code; -1 if it was ended by a signal.
    pub code: i32,
    /// Its JSON.
    pub value: Value,
}

impl Said {
    /// The stable code of the failure, or `ok`.
    pub fn failure(&self) -> &str {
        let code = self.value.pointer("/error/code").and_then(Value::as_str);
        code.unwrap_or(if self.code == 0 { "ok" } else { "unknown" })
    }
}

/// `kaibiao` itself, to be started as another process.
///
/// # Errors
/// The operating system does not say where it is.
pub fn program() -> Result<PathBuf, Failure> {
    std::env::current_exe().map_err(|error| Failure::failed("program", error))
}

impl Workshop {
    /// Furnishes `folder` (new) for `actor`.
    ///
    /// # Errors
    /// A file cannot be written.
    pub fn furnish(folder: &Path, hall: &Hall, actor: &Actor) -> Result<Workshop, Failure> {
        fs::create_dir(folder).map_err(|error| Failure::file(folder, error))?;
        let (lock, identity) = Lock::generate_identity();
        let write = |name: &str, bytes: &[u8]| {
            let path = folder.join(name);
            write_private(&path, bytes).map_err(|error| Failure::file(&path, error))
        };
        write("identity.txt", identity.as_bytes())?;
        write("keys.age", &actor.keyring.to_bytes(&lock)?)?;
        write("trust.txt", hall.trust_text().as_bytes())?;
        Ok(Workshop {
            folder: folder.to_owned(),
            server: hall.client().server_address().to_owned(),
            account: actor.id().to_string(),
        })
    }

    /// Path of something in it.
    pub fn path(&self, name: &str) -> PathBuf {
        self.folder.join(name)
    }

    /// The same computer on another line to the server.
    #[must_use]
    pub fn over(&self, server: String) -> Workshop {
        Workshop {
            server,
            ..self.clone()
        }
    }

    /// Runs `kaibiao` in it, with an empty environment.
    ///
    /// # Errors
    /// It cannot be started, or says something that is no JSON.
    pub fn run(&self, arguments: &[&str]) -> Result<Said, Failure> {
        let output = Command::new(program()?)
            .env_clear()
            .env("HOME", &self.folder)
            .current_dir(&self.folder)
            .args(["--server", &self.server, "--json"])
            .args(["--keys", "keys.age", "--identity", "identity.txt"])
            .args(["--trust", "trust.txt"])
            .args(arguments)
            .output()
            .map_err(|error| Failure::failed("program", error))?;
        let value = serde_json::from_slice(&output.stdout).map_err(|_| {
            let heard = String::from_utf8_lossy(&output.stderr);
            let command = arguments.first().copied().unwrap_or_default();
            let message = format!("{}: `kaibiao {command}` said: {heard}", self.account);
            Failure::failed("program", message)
        })?;
        Ok(Said {
            code: output.status.code().unwrap_or(-1),
            value,
        })
    }

    /// Runs a command that has to succeed.
    ///
    /// # Errors
    /// As [`Workshop::run`], and if it fails.
    pub fn must(&self, arguments: &[&str]) -> Result<Value, Failure> {
        let said = self.run(arguments)?;
        if said.code == 0 {
            return Ok(said.value);
        }
        let message = said.value.pointer("/error/message").and_then(Value::as_str);
        let command = arguments.first().copied().unwrap_or_default();
        let message = format!(
            "{}: `kaibiao {command}` ended with {}: {}",
            self.account,
            said.code,
            message.unwrap_or("no message")
        );
        Err(Failure::failed(said.failure(), message))
    }

    /// Submits the bid folder `name`; its receipt.
    ///
    /// # Errors
    /// It is refused.
    pub fn submit(&self, name: &str) -> Result<Receipt, Failure> {
        let said = self.must(&["submit", name])?;
        let path = said.get("receipt").and_then(Value::as_str);
        let path = self.folder.join(path.unwrap_or_default());
        read_receipt(&read_bytes(&path)?)
    }

    /// Runs a command that gives a receipt.
    ///
    /// # Errors
    /// It fails.
    pub fn act(&self, arguments: &[&str]) -> Result<Receipt, Failure> {
        let said = self.must(arguments)?;
        let receipt = said.get("receipt").cloned().unwrap_or_default();
        read_receipt(receipt.to_string().as_bytes())
    }
}

fn read_receipt(json: &[u8]) -> Result<Receipt, Failure> {
    Receipt::parse(json).map_err(|error| {
        Failure::failed("receipt-wrong", format!("a receipt is malformed: {error}"))
    })
}
