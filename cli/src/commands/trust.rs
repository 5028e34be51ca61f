//! `kaibiao trust`: whom the reader believes.

use std::path::PathBuf;

use record::trust::Trust;
use serde_json::json;

use super::Outcome;
use crate::desk::{Desk, read_trust, write_new};
use crate::failure::Failure;

/// What to do with trust files.
#[derive(Debug, clap::Subcommand)]
pub enum Command {
    /// Show the fingerprints of a trust file.
    Show {
        /// The file; --trust if not given.
        file: Option<PathBuf>,
    },
    /// Get the trust file that the server proposes. It proves nothing until you have compared its fingerprints.
    Fetch {
        /// The new file.
        #[arg(long, short)]
        out: PathBuf,
    },
}

/// Does it.
pub fn run(desk: &Desk, command: Command) -> Outcome {
    match command {
        Command::Show { file } => {
            let trust = match file {
                Some(file) => read_trust(&file)?,
                None => desk.trust_required()?,
            };
            print(desk, &trust);
        }
        Command::Fetch { out } => {
            let text = desk.client()?.trust()?;
            let trust: Trust = text
                .parse()
                .map_err(|error| Failure::failed("trust-file", error))?;
            write_new(&out, text.as_bytes())?;
            print(desk, &trust);
            desk.output.note(
                "Compare these fingerprints with those that the platform and the supervisor publish elsewhere (on paper,\n\
                 by telephone, in the official gazette). A file that was only downloaded proves nothing.",
            );
        }
    }
    Ok(0)
}

fn print(desk: &Desk, trust: &Trust) {
    let fingerprints = trust.fingerprints();
    let lines = fingerprints
        .iter()
        .map(|(label, key)| format!("{label}\n  {}", grouped(&key.to_string())));
    let text = format!(
        "{}\nwhole file\n  {}",
        lines.collect::<Vec<_>>().join("\n"),
        grouped(&trust.digest().to_string())
    );
    let keys: Vec<_> = fingerprints
        .iter()
        .map(|(label, key)| json!({ "label": label, "fingerprint": key }))
        .collect();
    desk.output
        .result(text, &json!({ "keys": keys, "digest": trust.digest() }));
}

/// Hex in groups of four, to be read aloud.
fn grouped(hex: &str) -> String {
    let groups = hex
        .as_bytes()
        .chunks(4)
        .map(|group| String::from_utf8_lossy(group).into_owned());
    groups.collect::<Vec<_>>().join(" ")
}
