//! `kaibiao anchor`: a witness's signed time for a file or a statement, and its verification.

use std::path::{Path, PathBuf};

use record::Digest;
use record::log::anchor::SignedAnchor;
use record::statement::Envelope;
use record::trust::{Trust, TrustedWitness};
use serde_json::json;

use super::Outcome;
use crate::desk::{Desk, read_bytes, read_text, write_new};
use crate::failure::Failure;
use crate::time;
use crate::witness::client;

/// What to do with anchors.
#[derive(Debug, clap::Subcommand)]
pub enum Command {
    /// Show the SHA-256 of a file (or the id of a statement) to a witness and keep its signed time: proof that you had
    /// it then, if the platform refuses it or cannot be reached before a deadline. Only the digest leaves this machine.
    Get {
        /// The file. Of a sealed bid: `manifest.json` in its folder, with --statement.
        file: PathBuf,
        /// The file is a signed statement: anchor its statement id.
        #[arg(long)]
        statement: bool,
        /// Name of the witness in your trust file; else all that have an address there are asked, one after another,
        /// until one answers.
        #[arg(long, value_name = "NAME")]
        from: Option<String>,
        /// The new file.
        #[arg(long, short, value_name = "FILE")]
        out: PathBuf,
    },
    /// Check an anchor against your trust file, and against the file that it is of. Nobody is asked.
    Check {
        /// The anchor.
        anchor: PathBuf,
        /// What it should be of.
        file: Option<PathBuf>,
        /// The file is a signed statement.
        #[arg(long)]
        statement: bool,
    },
}

/// Does it.
pub fn run(desk: &Desk, command: Command) -> Outcome {
    match command {
        Command::Get {
            file,
            statement,
            from,
            out,
        } => get(desk, &digest_of(&file, statement)?, from.as_deref(), &out),
        Command::Check {
            anchor,
            file,
            statement,
        } => check(desk, &anchor, file.as_deref(), statement),
    }
}

fn digest_of(file: &Path, statement: bool) -> Result<Digest, Failure> {
    let bytes = read_bytes(file)?;
    if !statement {
        return Ok(Digest::sha256(&bytes));
    }
    let envelope = Envelope::parse(&bytes)
        .map_err(|error| Failure::input(error.code(), format!("{}: {error}", file.display())))?;
    Ok(envelope.id())
}

fn get(desk: &Desk, digest: &Digest, from: Option<&str>, out: &Path) -> Outcome {
    if out.exists() {
        let message = format!("{} exists already", out.display());
        return Err(Failure::input("file-exists", message));
    }
    let trust = desk.trust_required()?;
    let mut failure = Failure::input(
        "witness-missing",
        "your trust file has no such witness with an address",
    );
    for witness in trust.witnesses() {
        let Some(url) = &witness.url else { continue };
        if from.is_some_and(|name| name != witness.name) {
            continue;
        }
        match ask(witness, url, digest) {
            Ok(anchor) => {
                write_new(out, anchor.to_string().as_bytes())?;
                report(desk, witness, &anchor, "Anchored.");
                return Ok(0);
            }
            Err(error) => {
                desk.output.note(format!("{}: {error}", witness.name));
                failure = error;
            }
        }
    }
    Err(failure)
}

fn ask(witness: &TrustedWitness, url: &str, digest: &Digest) -> Result<SignedAnchor, Failure> {
    let anchor = client::anchor(url, digest)?;
    let said = anchor
        .verify(&witness.key)
        .map_err(|error| Failure::failed(error.code(), error))?;
    if said.digest != *digest {
        return Err(Failure::failed(
            "anchor-other-digest",
            "the witness signed another digest",
        ));
    }
    Ok(anchor)
}

fn check(desk: &Desk, path: &Path, file: Option<&Path>, statement: bool) -> Outcome {
    let anchor: SignedAnchor =
        read_text(path)?
            .parse()
            .map_err(|error: record::log::checkpoint::TextError| {
                Failure::input(error.code(), format!("{}: {error}", path.display()))
            })?;
    let trust = desk.trust_required()?;
    let witness = signer(&trust, &anchor)?;
    if let Some(file) = file
        && digest_of(file, statement)? != anchor.anchor().digest
    {
        let message = format!("the anchor is not of {}", file.display());
        return Err(Failure::failed("anchor-other-digest", message));
    }
    report(desk, witness, &anchor, "The anchor holds.");
    Ok(0)
}

fn signer<'a>(trust: &'a Trust, anchor: &SignedAnchor) -> Result<&'a TrustedWitness, Failure> {
    let name = &anchor.anchor().witness;
    let mut failure = Failure::failed(
        "anchor-witness-unknown",
        format!("your trust file has no witness with the name {name}"),
    );
    for witness in trust.witnesses() {
        match anchor.verify(&witness.key) {
            Ok(_) => return Ok(witness),
            Err(error) if witness.key.name() == name => {
                failure = Failure::failed(error.code(), error);
            }
            Err(_) => {}
        }
    }
    Err(failure)
}

fn report(desk: &Desk, witness: &TrustedWitness, anchor: &SignedAnchor, what: &str) {
    let said = anchor.anchor();
    let time = time::show(said.time_s.saturating_mul(1000));
    let text = format!(
        "{what}\n  witness {} ({})\n  shown {time}\n  digest {}",
        witness.name, said.witness, said.digest
    );
    let value = json!({
        "witness": witness.name, "witness_key": witness.key, "time_s": said.time_s, "digest": said.digest,
    });
    desk.output.result(text, &value);
}
