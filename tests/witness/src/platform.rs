//! A server with witnesses.

use std::path::PathBuf;

use record::log::checkpoint::VerifierKey;
use record::trust::Trust;
use testbed::{Database, ServerProcess, Setup};

use crate::process::WitnessProcess;

/// A server whose policy names these witnesses.
pub struct Platform {
    /// The server.
    pub server: ServerProcess,
    /// The witnesses, `w1`, `w2`, ...
    pub witnesses: Vec<WitnessProcess>,
    folder: tempfile::TempDir,
}

impl Platform {
    /// A server with `count` running witnesses, `quorum` of whom must have cosigned.
    ///
    /// # Panics
    /// Something does not start.
    pub fn start(database: Database, count: usize, quorum: usize) -> Platform {
        let mut server = ServerProcess::start(Setup::new(database));
        let log = log_key(&server);
        let witness = |number: usize| {
            let name = format!("witness.example/w{number}");
            WitnessProcess::start(&name, std::slice::from_ref(&log))
        };
        let witnesses: Vec<_> = (1..=count).map(witness).collect();
        let folder = tempfile::tempdir().expect("a folder");
        server.stop();
        let mut platform = Platform {
            server,
            witnesses,
            folder,
        };
        let lines: Vec<String> = platform
            .witnesses
            .iter()
            .enumerate()
            .map(|(number, witness)| line(number + 1, witness.key(), &witness.url()))
            .collect();
        platform.write_policy(&lines, quorum);
        let path = platform.policy_path();
        let path = path.to_str().expect("ASCII").to_owned();
        let arguments = &mut platform.server.setup_mut().arguments;
        arguments.extend(["--witnesses".to_owned(), path]);
        platform.server.restart();
        platform
    }

    /// Writes the policy file; it counts from the next start of the server on.
    ///
    /// # Panics
    /// It cannot be written.
    pub fn write_policy(&self, lines: &[String], quorum: usize) {
        let names: Vec<String> = (1..=lines.len())
            .map(|number| format!("w{number}"))
            .collect();
        let text = format!(
            "{}\ngroup enough {quorum} {}\nquorum enough\n",
            lines.join("\n"),
            names.join(" ")
        );
        std::fs::write(self.policy_path(), text).expect("a policy");
    }

    /// The policy file.
    pub fn policy_path(&self) -> PathBuf {
        self.folder.path().join("policy.txt")
    }

    /// What the server proposes as a trust file, kept in a file.
    ///
    /// # Panics
    /// It proposes none.
    pub fn trust(&self) -> (Trust, PathBuf) {
        let text = self
            .server
            .client()
            .get("/api/v1/trust")
            .must_be(200)
            .text();
        let path = self.folder.path().join("trust.txt");
        std::fs::write(&path, &text).expect("a file");
        (text.parse().expect("a trust file"), path)
    }

    /// A file of this name in a folder that lives as long as this value.
    pub fn file(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }
}

/// The line of a witness in a policy.
pub fn line(number: usize, key: &VerifierKey, url: &str) -> String {
    format!("witness w{number} {key} {url}")
}

/// The key of a server's log.
///
/// # Panics
/// It does not say.
pub fn log_key(server: &ServerProcess) -> VerifierKey {
    let info = server.client().info();
    let key = info["log_key"].as_str().expect("a key");
    key.parse().expect("a verifier key")
}
