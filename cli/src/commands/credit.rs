//! `kaibiao credit`: the credit source commits to a snapshot before anybody knows a price, and opens it later.

use std::path::PathBuf;

use procedure::act::{CreditCommitted, CreditSnapshot};
use record::Identifier;
use record::log::leaf::random_salt;
use record::statement::Envelope;
use serde_json::{Map, Value, json};

use super::{Outcome, admitted};
use crate::desk::{Desk, read_bytes, write_new};
use crate::failure::Failure;

/// What the credit source does.
#[derive(Debug, clap::Subcommand)]
pub enum Command {
    /// Fix the snapshot before the deadline: only its hash is published.
    Commit {
        /// The tender.
        tender: Identifier,
        /// JSON: {"taken_ms": ..., "origin": "...", "values": [{"account": "...", "value": "92.4"}, ...]}, accounts
        /// ascending.
        snapshot: PathBuf,
        /// Where the signed snapshot is kept until it is published. Without it the commitment cannot be opened.
        #[arg(long, short)]
        out: PathBuf,
    },
    /// Publish the snapshot after the read-out.
    Publish {
        /// The file that `credit commit` wrote.
        snapshot: PathBuf,
    },
}

/// Does it.
pub fn run(desk: &Desk, command: Command) -> Outcome {
    match command {
        Command::Commit {
            tender,
            snapshot,
            out,
        } => commit(desk, tender, &snapshot, &out),
        Command::Publish { snapshot } => {
            let envelope = Envelope::parse(&read_bytes(&snapshot)?).map_err(|error| {
                Failure::input(error.code(), format!("{}: {error}", snapshot.display()))
            })?;
            let receipt = desk.post(&desk.client()?, &envelope)?;
            admitted(desk, "The credit snapshot is published.", &receipt);
            Ok(0)
        }
    }
}

fn commit(
    desk: &Desk,
    tender: Identifier,
    snapshot: &std::path::Path,
    out: &std::path::Path,
) -> Outcome {
    let wrong =
        |error: record::json::JsonError| Failure::input(error.code(), &error).at(error.pointer);
    let mut fields: Map<String, Value> =
        record::json::parse(&read_bytes(snapshot)?).map_err(wrong)?;
    let salt = random_salt().map_err(|error| Failure::failed("no-randomness", error))?;
    fields.insert("tender".to_owned(), json!(tender));
    fields.insert("salt".to_owned(), json!(salt));
    let body: CreditSnapshot =
        record::json::parse(Value::Object(fields).to_string().as_bytes()).map_err(wrong)?;
    let keyring = desk.keyring()?;
    let envelope = keyring.sign(body)?;
    write_new(out, &envelope.to_json())?;
    let receipt = desk.post(
        &desk.client()?,
        &keyring.sign(CreditCommitted {
            tender,
            snapshot: envelope.id(),
        })?,
    )?;
    admitted(
        desk,
        &format!("Committed. Keep {} until it is published.", out.display()),
        &receipt,
    );
    Ok(0)
}
