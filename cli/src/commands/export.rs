//! `kaibiao export`: the record of a tender as one file.

use std::path::PathBuf;

use record::Identifier;
use record::bundle::Bundle;
use serde_json::json;

use super::Outcome;
use crate::desk::{Desk, write_new};
use crate::failure::Failure;

/// Arguments of `export`.
#[derive(Debug, clap::Args)]
pub struct Arguments {
    /// The tender.
    tender: Identifier,
    /// The new file; TENDER.public.bundle.zip if not given.
    #[arg(long, short, value_name = "FILE")]
    out: Option<PathBuf>,
}

/// Downloads the public bundle; refuses what is not one. `kaibiao verify` checks the rest.
pub fn run(desk: &Desk, arguments: &Arguments) -> Outcome {
    let bytes = desk.client()?.bundle(&arguments.tender)?;
    let bundle = Bundle::read(&bytes).map_err(|error| {
        Failure::failed(
            error.code(),
            format!("the server's bundle is not one: {error}"),
        )
    })?;
    if bundle.head.body().tender != arguments.tender {
        return Err(Failure::failed(
            "bundle-other-tender",
            "the server sent the bundle of another tender",
        ));
    }
    let name = || {
        PathBuf::from(format!(
            "{}.public.bundle.zip",
            arguments.tender.as_str().replace(':', "_")
        ))
    };
    let path = arguments.out.clone().unwrap_or_else(name);
    write_new(&path, &bytes)?;
    let statements = bundle.entries.len();
    let text = format!(
        "{} ({} bytes, {statements} statements)\nNext: kaibiao verify {} --trust FILE",
        path.display(),
        bytes.len(),
        path.display()
    );
    desk.output.result(
        text,
        &json!({ "file": path, "bytes": bytes.len(), "statements": statements }),
    );
    Ok(0)
}
