//! `kaibiao receipt check`: does a receipt hold, and is what it promises in the record?

use std::path::{Path, PathBuf};

use record::bundle::Bundle;
use record::log::receipt::Receipt;
use serde_json::json;

use super::Outcome;
use crate::desk::{Desk, read_bytes};
use crate::failure::{EXIT_SELF_ASSERTED, Failure};
use crate::time;

/// What to do with receipts.
#[derive(Debug, clap::Subcommand)]
pub enum Command {
    /// Check a receipt against your trust file (--trust), a bundle, or both; no server is asked.
    Check {
        /// The receipt, as `kaibiao submit` keeps it.
        receipt: PathBuf,
        /// The record of the tender: the statement of the receipt must be in it.
        #[arg(long, value_name = "BUNDLE")]
        bundle: Option<PathBuf>,
    },
}

/// Does it.
pub fn run(desk: &Desk, command: Command) -> Outcome {
    let Command::Check { receipt, bundle } = command;
    check(desk, &receipt, bundle.as_deref())
}

fn check(desk: &Desk, path: &Path, bundle: Option<&Path>) -> Outcome {
    let receipt = Receipt::parse(&read_bytes(path)?).map_err(|error| {
        Failure::input(error.code(), format!("{}: {error}", path.display())).at(error.pointer)
    })?;
    let trust = desk.trust()?;
    if trust.is_none() && bundle.is_none() {
        return Err(Failure::input(
            "trust-missing",
            "a receipt is checked against a trust file (--trust) or a bundle (--bundle)",
        ));
    }
    let fails = |reason: &dyn std::fmt::Display| {
        Failure::failed(
            "receipt-fails",
            format!("the receipt does not hold: {reason}"),
        )
    };
    let (mut said, mut witnessed_at_s) = (Vec::new(), None);
    if let Some(trust) = &trust {
        let standing = trust
            .standing(&receipt.proof.checkpoint)
            .map_err(|error| fails(&error))?;
        receipt
            .verify(&standing.log.key)
            .map_err(|error| fails(&error))?;
        if !standing.quorum_met {
            return Err(fails(
                &"too few witnesses of the trust file have cosigned its checkpoint",
            )
            .hint(
                "Submit the same statement again: nothing is admitted twice, and the receipt that comes back carries the \
                 cosignatures that exist by then.",
            ));
        }
        witnessed_at_s = standing.witnessed_at_s;
        let witnessed = match witnessed_at_s {
            Some(time_s) => format!("witnessed {}", time::show(time_s.saturating_mul(1000))),
            None => "not witnessed".to_owned(),
        };
        said.push(format!(
            "it is in the log {} as entry {} ({witnessed})",
            standing.log.key.name(),
            receipt.proof.index
        ));
    } else {
        receipt
            .proof
            .verify_path(receipt.leaf().hash())
            .map_err(|error| fails(&error))?;
        said.push(
            "it is consistent in itself; the log's key was not compared (no --trust)".to_owned(),
        );
    }
    if let Some(path) = bundle {
        find_in(&read_bytes(path)?, &receipt)?;
        said.push("the bundle holds the statement at its place".to_owned());
    }
    let admitted = time::show(receipt.admitted_ms);
    let text = format!(
        "The receipt holds.\n  statement {}\n  admitted {admitted}\n  {}",
        receipt.statement_id,
        said.join("\n  ")
    );
    let value = json!({
        "holds": true, "statement": receipt.statement_id, "admitted_ms": receipt.admitted_ms,
        "index": receipt.proof.index, "trusted": trust.is_some(), "in_bundle": bundle.is_some(),
        "witnessed_at_s": witnessed_at_s,
    });
    desk.output.result(text, &value);
    Ok(if trust.is_some() {
        0
    } else {
        EXIT_SELF_ASSERTED
    })
}

/// The bundle must hold exactly this leaf. If not, the receipt proves that the platform dropped the statement.
fn find_in(bundle: &[u8], receipt: &Receipt) -> Result<(), Failure> {
    let bundle = Bundle::read(bundle)
        .map_err(|error| Failure::input(error.code(), format!("the bundle: {error}")))?;
    let same = |entry: &&record::bundle::Entry| {
        entry.index == receipt.proof.index && entry.opening.leaf().hash() == receipt.leaf().hash()
    };
    let found = bundle
        .entries
        .iter()
        .find(same)
        .is_some_and(|entry| entry.envelope.id() == receipt.statement_id);
    if found {
        return Ok(());
    }
    let message = format!(
        "the bundle does not hold statement {} of this receipt",
        receipt.statement_id
    );
    Err(Failure::failed("receipt-not-in-bundle", message).hint(
        "If the bundle is of the same tender, the receipt proves that a statement was dropped: take both to the supervisor.",
    ))
}
