//! What every command needs: the options that all share, the server, the key file, the trust file.

use std::fs;
use std::path::{Path, PathBuf};

use console::Term;
use record::Identifier;
use record::log::receipt::Receipt;
use record::statement::Envelope;
use record::trust::Trust;

use crate::client::Client;
use crate::failure::Failure;
use crate::keyring::{Keyring, Lock};
use crate::output::Output;
use crate::replay::{Anchors, Record};
use crate::time;

/// Options that all commands share.
#[derive(Clone, Debug, clap::Args)]
#[command(next_help_heading = "Options of all commands")]
pub struct Global {
    /// Address of the server.
    #[arg(
        long,
        global = true,
        env = "KAIBIAO_SERVER",
        value_name = "URL",
        default_value = "http://127.0.0.1:8620"
    )]
    pub server: String,
    /// Your key file, made with `kaibiao key new`.
    #[arg(long, global = true, env = "KAIBIAO_KEYS", value_name = "FILE")]
    pub keys: Option<PathBuf>,
    /// Read the passphrase of the key file from the first line of FILE. Otherwise it is taken from
    /// KAIBIAO_PASSPHRASE, or asked for.
    #[arg(
        long,
        global = true,
        env = "KAIBIAO_PASSPHRASE_FILE",
        value_name = "FILE"
    )]
    pub passphrase_file: Option<PathBuf>,
    /// Unlock the key file with an age identity file instead of a passphrase.
    #[arg(long, global = true, env = "KAIBIAO_IDENTITY", value_name = "FILE")]
    pub identity: Option<PathBuf>,
    /// Your trust file: the log and root keys that you compared by another channel.
    #[arg(long, global = true, env = "KAIBIAO_TRUST", value_name = "FILE")]
    pub trust: Option<PathBuf>,
    /// Print the result as JSON, for programs.
    #[arg(long, global = true)]
    pub json: bool,
}

/// One command at work.
pub struct Desk {
    /// The shared options.
    pub global: Global,
    /// How it speaks.
    pub output: Output,
}

impl Desk {
    /// A desk with these options.
    pub fn new(global: Global) -> Desk {
        let output = Output { json: global.json };
        Desk { global, output }
    }

    /// The server.
    pub fn client(&self) -> Result<Client, Failure> {
        Ok(Client::new(&self.global.server)?)
    }

    /// Where the key file is.
    pub fn keys_path(&self) -> Result<&Path, Failure> {
        let missing = || {
            Failure::input("keys-missing", "no key file is given").hint(
                "Say --keys FILE or set KAIBIAO_KEYS; `kaibiao key new --keys FILE ...` makes one.",
            )
        };
        self.global.keys.as_deref().ok_or_else(missing)
    }

    /// Opens the key file.
    pub fn keyring(&self) -> Result<Keyring, Failure> {
        self.keyring_and_lock().map(|(keyring, _)| keyring)
    }

    /// Opens the key file, for writing it again.
    pub fn keyring_and_lock(&self) -> Result<(Keyring, Lock), Failure> {
        let path = self.keys_path()?;
        if !path.exists() {
            let message = format!("there is no key file {}", path.display());
            return Err(
                Failure::input("keys-missing", message).hint("`kaibiao key new` makes one.")
            );
        }
        let lock = self.lock(false)?;
        Ok((Keyring::load(path, &lock)?, lock))
    }

    /// What unlocks the key file: an identity, or a passphrase (asked twice for a new file).
    pub fn lock(&self, new: bool) -> Result<Lock, Failure> {
        if let Some(path) = &self.global.identity {
            return Ok(Lock::from_identity_file(&read_text(path)?)?);
        }
        if let Some(path) = &self.global.passphrase_file {
            let text = read_text(path)?;
            return nonempty(text.lines().next().unwrap_or_default().to_owned());
        }
        if let Ok(passphrase) = std::env::var("KAIBIAO_PASSPHRASE") {
            return nonempty(passphrase);
        }
        ask_passphrase(new)
    }

    /// The age identity, if one is given.
    pub fn identity(&self) -> Result<Option<Lock>, Failure> {
        let path = self.global.identity.as_deref();
        path.map(|path| Ok(Lock::from_identity_file(&read_text(path)?)?))
            .transpose()
    }

    /// The trust file, if one is given.
    pub fn trust(&self) -> Result<Option<Trust>, Failure> {
        self.global.trust.as_deref().map(read_trust).transpose()
    }

    /// The trust file, which this command cannot do without.
    pub fn trust_required(&self) -> Result<Trust, Failure> {
        let missing = || {
            Failure::input("trust-missing", "this command needs your trust file (--trust FILE or KAIBIAO_TRUST)")
                .hint("`kaibiao trust fetch -o FILE` gets one; compare its fingerprints by telephone or on paper.")
        };
        self.trust()?.ok_or_else(missing)
    }

    /// Whom to believe: the trust file if there is one, else what the server says (and a warning).
    pub fn anchors(&self, client: &Client) -> Result<Anchors, Failure> {
        let anchors = Anchors::new(&client.server()?, self.trust()?.as_ref())?;
        if !anchors.compared {
            self.output.note("note: no --trust file given; the keys of log and platform are taken from the server itself");
        }
        Ok(anchors)
    }

    /// Fetches and replays a tender.
    pub fn record(&self, client: &Client, tender: &Identifier) -> Result<Record, Failure> {
        let anchors = self.anchors(client)?;
        Ok(Record::fetch(client, anchors, tender)?)
    }

    /// This computer's clock, UTC milliseconds. In a demonstration time is simulated, and only the server knows it.
    pub fn now_ms(&self, client: &Client, record: &Record) -> Result<u64, Failure> {
        if record.directory.is_demo() {
            Ok(client.server()?.time_ms)
        } else {
            Ok(time::now_ms())
        }
    }

    /// Posts a statement and checks its receipt.
    pub fn post(&self, client: &Client, envelope: &Envelope) -> Result<Receipt, Failure> {
        let receipt = client.post(envelope)?;
        let anchors = Anchors::new(&client.server()?, self.trust()?.as_ref())?;
        check_receipt(&receipt, envelope, &anchors)?;
        Ok(receipt)
    }

    /// Asks yes or no on the terminal; `yes` answers beforehand.
    pub fn confirm(&self, question: &str, yes: bool) -> Result<(), Failure> {
        if yes {
            return Ok(());
        }
        let term = Term::stderr();
        if !term.is_term() || self.output.json {
            return Err(Failure::input(
                "confirmation-missing",
                "nobody can be asked here; say --yes to sign without being asked",
            ));
        }
        let ask = || {
            term.write_str(&format!("{question} [y/N] "))?;
            term.read_line()
        };
        let answer = ask().map_err(|error| Failure::failed("terminal", error))?;
        if matches!(answer.trim(), "y" | "Y" | "yes") {
            Ok(())
        } else {
            Err(Failure::failed("not-confirmed", "nothing was signed"))
        }
    }
}

/// A receipt must be of this statement and hold under the log's key.
pub fn check_receipt(
    receipt: &Receipt,
    envelope: &Envelope,
    anchors: &Anchors,
) -> Result<(), Failure> {
    let wrong = |reason: String| {
        Failure::failed(
            "receipt-wrong",
            format!("the server's receipt does not hold: {reason}"),
        )
        .hint("Keep everything, try once more, and tell the supervisor if it happens again.")
    };
    if receipt.statement_id != envelope.id() {
        return Err(wrong("it is of another statement".to_owned()));
    }
    receipt
        .verify(&anchors.log)
        .map_err(|error| wrong(error.to_string()))
}

fn nonempty(passphrase: String) -> Result<Lock, Failure> {
    if passphrase.is_empty() {
        return Err(Failure::input(
            "passphrase-empty",
            "the passphrase is empty",
        ));
    }
    Ok(Lock::passphrase(passphrase))
}

fn ask_passphrase(new: bool) -> Result<Lock, Failure> {
    let term = Term::stderr();
    if !term.is_term() {
        return Err(Failure::input(
            "passphrase-missing",
            "there is no terminal to ask for the passphrase",
        )
        .hint("Set KAIBIAO_PASSPHRASE, or say --passphrase-file FILE or --identity FILE."));
    }
    let ask = |prompt: &str| {
        let read = term
            .write_str(prompt)
            .and_then(|()| term.read_secure_line());
        read.map_err(|error| Failure::failed("terminal", error))
    };
    let passphrase = ask("Passphrase of the key file: ")?;
    if new && ask("The same once more: ")? != passphrase {
        return Err(Failure::input(
            "passphrase-differs",
            "the two passphrases differ; nothing was written",
        ));
    }
    nonempty(passphrase)
}

/// Reads a trust file.
pub fn read_trust(path: &Path) -> Result<Trust, Failure> {
    let text = read_text(path)?;
    text.parse()
        .map_err(|error| Failure::input("trust-file", format!("{}: {error}", path.display())))
}

/// Reads a file as text.
pub fn read_text(path: &Path) -> Result<String, Failure> {
    fs::read_to_string(path).map_err(|error| Failure::file(path, error))
}

/// Reads a file.
pub fn read_bytes(path: &Path) -> Result<Vec<u8>, Failure> {
    fs::read(path).map_err(|error| Failure::file(path, error))
}

/// Writes a new file; never overwrites.
pub fn write_new(path: &Path, bytes: &[u8]) -> Result<(), Failure> {
    let write = || {
        use std::io::Write;
        fs::File::create_new(path)?.write_all(bytes)
    };
    write().map_err(|error| Failure::file(path, error))
}
