//! `kaibiao verify`: everything recomputed, without network or server.

use std::path::PathBuf;

use record::log::receipt::Receipt;

use super::Outcome;
use crate::desk::{Desk, read_bytes};
use crate::failure::Failure;

/// Arguments of `verify`.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Exit codes: 0 nothing fails and a trust file was given; 3 nothing fails, but the keys of log\n\
and root were taken from the bundle (compare the printed fingerprints); 1 something fails;\n\
2 the input cannot be used.")]
pub struct Arguments {
    /// The bundle that `kaibiao export` made.
    bundle: PathBuf,
    /// A receipt of your own: its statement must be in the bundle. May be given several times.
    #[arg(long = "receipt", value_name = "FILE")]
    receipts: Vec<PathBuf>,
}

/// Verifies.
pub fn run(desk: &Desk, arguments: &Arguments) -> Outcome {
    let read = |path: &PathBuf| {
        let receipt = Receipt::parse(&read_bytes(path)?);
        receipt.map_err(|error| {
            Failure::input(error.code(), format!("{}: {error}", path.display())).at(error.pointer)
        })
    };
    let receipts = arguments
        .receipts
        .iter()
        .map(read)
        .collect::<Result<Vec<_>, Failure>>()?;
    let options = verification::Options {
        trust: desk.trust()?,
        receipts,
    };
    let report = verification::verify(&read_bytes(&arguments.bundle)?, &options);
    let value = serde_json::to_value(&report).map_err(|error| Failure::failed("output", error))?;
    desk.output.result(report.render_text(), &value);
    Ok(report.exit_code())
}
