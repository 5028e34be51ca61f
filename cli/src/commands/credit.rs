//! `kaibiao credit`: the credit source commits to a snapshot before anybody knows a price, and opens it later.

use std::path::PathBuf;

use procedure::act::{CreditCommitted, CreditSnapshot, CreditValue};
use record::Identifier;
use record::log::leaf::random_salt;
use record::statement::Envelope;
use serde_json::{Map, Value, json};

use super::{Outcome, admitted};
use crate::desk::{Desk, read_bytes, write_new};
use crate::failure::Failure;

/// JSON of the values on one page, in bytes: a page stays under the limit of a statement's body.
const PAGE_BYTES: usize = 192 * 1024;

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
            let bytes = read_bytes(&snapshot)?;
            let read = |line: &[u8]| {
                Envelope::parse(line).map_err(|error| {
                    Failure::input(error.code(), format!("{}: {error}", snapshot.display()))
                })
            };
            // One page a line; all are read before the first is published.
            let lines = bytes
                .split(|byte| *byte == b'\n')
                .filter(|line| !line.is_empty());
            let pages = lines.map(read).collect::<Result<Vec<_>, _>>()?;
            let client = desk.client()?;
            let count = pages.len();
            for (number, page) in (1..).zip(&pages) {
                let receipt = desk.post(&client, page)?;
                let said = match count {
                    1 => "The credit snapshot is published.".to_owned(),
                    _ => format!("Page {number} of {count} of the credit snapshot is published."),
                };
                admitted(desk, &said, &receipt);
            }
            Ok(0)
        }
    }
}

/// Cuts a snapshot into pages that fit into statements, at least one, each with a salt of its own.
///
/// # Errors
/// There is no randomness for a salt.
pub fn pages(snapshot: CreditSnapshot) -> Result<Vec<CreditSnapshot>, Failure> {
    let (mut pages, mut values, mut bytes) = (Vec::new(), Vec::new(), 0);
    for value in snapshot.values {
        let length = serde_json::to_vec(&value).map_or(0, |json| json.len());
        if bytes + length > PAGE_BYTES && !values.is_empty() {
            pages.push(std::mem::take(&mut values));
            bytes = 0;
        }
        bytes += length;
        values.push(value);
    }
    pages.push(values);
    let page = |values: Vec<CreditValue>| {
        Ok(CreditSnapshot {
            tender: snapshot.tender.clone(),
            taken_ms: snapshot.taken_ms,
            origin: snapshot.origin.clone(),
            salt: random_salt().map_err(|error| Failure::failed("no-randomness", error))?,
            values,
        })
    };
    pages.into_iter().map(page).collect()
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
    let signed = pages(body)?.into_iter().map(|page| keyring.sign(page));
    let signed = signed.collect::<Result<Vec<Envelope>, _>>()?;
    let lines: Vec<Vec<u8>> = signed.iter().map(Envelope::to_json).collect();
    write_new(out, &lines.join(&b'\n'))?;
    let mut ids = signed.iter().map(Envelope::id);
    let snapshot = ids.next().unwrap_or(record::Digest::ZERO);
    let receipt = desk.post(
        &desk.client()?,
        &keyring.sign(CreditCommitted {
            tender,
            snapshot,
            further: ids.collect(),
        })?,
    )?;
    admitted(
        desk,
        &format!("Committed. Keep {} until it is published.", out.display()),
        &receipt,
    );
    Ok(0)
}
