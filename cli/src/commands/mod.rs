//! The commands: one file each, with its arguments, its steps and what it prints.

mod anchor;
mod bid;
mod case;
mod credit;
mod evaluate;
mod export;
mod key;
mod receipt;
mod rehearse;
mod rules;
mod seal;
mod simulate;
mod submit;
mod tender;
mod tenderee;
mod trust;
mod trustee;
mod verify;
mod witness;

use std::process::ExitCode;

use clap::{Parser, Subcommand};

use crate::desk::{Desk, Global};
use crate::failure::Failure;

/// What a command gives back: the exit code, or why it failed.
pub type Outcome = Result<u8, Failure>;

const AFTER_HELP: &str = "\
A bidder, step by step:
  kaibiao key new --keys my.keys --account ACCOUNT --name \"Name of the firm\"
  kaibiao key register --keys my.keys
  kaibiao tender show TENDER
  kaibiao tender documents TENDER --out documents
  kaibiao seal TENDER --keys my.keys --out my-bid price=9520000.00 --attach technical.pdf
  kaibiao submit my-bid --keys my.keys
  kaibiao confirm my-bid --keys my.keys         (after the read-out)
  kaibiao export TENDER --out T.bundle.zip && kaibiao verify T.bundle.zip --trust trust.txt

Exit codes: 0 done; 1 refused or failed; 2 wrong input or usage; 3 (verify, receipt check)
nothing fails, but no trust file was given and the keys were taken from the bundle itself.";

/// Tender, bid, open and verify, so that everybody can check who won and why.
#[derive(Debug, Parser)]
#[command(name = "kaibiao", version, after_help = AFTER_HELP, propagate_version = true)]
#[command(max_term_width = 100)]
struct Cli {
    #[command(flatten)]
    global: Global,
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Make and manage your key file, and register your organisation.
    #[command(subcommand)]
    Key(key::Command),
    /// Look at tenders; as a tenderee, create and conduct them.
    #[command(subcommand)]
    Tender(tender::Command),
    /// Act as a trustee: make a key, sign the set, rehearse, release.
    #[command(subcommand)]
    Trustee(trustee::Command),
    /// Act as the credit source of a tender.
    #[command(subcommand)]
    Credit(credit::Command),
    /// Seal a bid on this machine. Nothing is sent.
    Seal(seal::Arguments),
    /// Upload a sealed bid and submit it; run it again to resume.
    Submit(submit::Arguments),
    /// Withdraw a submitted bid before the deadline.
    Withdraw(bid::Withdraw),
    /// Contribute to the draw as tenderee or witness.
    Contribute(bid::Contribute),
    /// Check a receipt, without a server.
    #[command(subcommand)]
    Receipt(receipt::Command),
    /// Have a witness sign when it was shown a file, and check such an anchor.
    #[command(subcommand)]
    Anchor(anchor::Command),
    /// Open your own bid with your own key, in the opening.
    Open(bid::Open),
    /// Answer to what was read out of your bid.
    Confirm(bid::Confirm),
    /// Object to the opening, the draw or the candidates.
    Object(bid::Object),
    /// Release what you hold as a trustee (the same as `trustee release`).
    Release(trustee::Release),
    /// Make tables of bids to fill in, and turn cases from one format into another.
    #[command(subcommand)]
    Case(case::Command),
    /// Compute who comes first in an evaluation case.
    Evaluate(evaluate::Arguments),
    /// Take a ready rule set; check one before it is announced.
    #[command(subcommand)]
    Rules(rules::Command),
    /// Show what a rule set does before it is used: benchmarks, chances to win, what a ring could do.
    Simulate(simulate::Arguments),
    /// Play a whole tender against a demonstration server, in all its roles.
    Rehearse(rehearse::Arguments),
    /// Save the record of a tender as one file.
    Export(export::Arguments),
    /// Look at your trust file, or get the one that a server proposes.
    #[command(subcommand)]
    Trust(trust::Command),
    /// Check the record of a tender, without a server.
    Verify(verify::Arguments),
    /// Run a log witness: a daemon that remembers the log's tree and cosigns what only adds to it.
    #[command(subcommand)]
    Witness(witness::Command),
}

/// Reads the command line, does what it says, and gives the exit code.
pub fn main() -> ExitCode {
    // Wrong usage ends here, with exit code 2 and help.
    let cli = Cli::parse();
    let desk = Desk::new(cli.global);
    match run(&desk, cli.command) {
        Ok(code) => ExitCode::from(code),
        Err(failure) => {
            desk.output.failure(&failure);
            ExitCode::from(failure.exit)
        }
    }
}

fn run(desk: &Desk, command: Command) -> Outcome {
    match command {
        Command::Key(command) => key::run(desk, command),
        Command::Tender(command) => tender::run(desk, command),
        Command::Trustee(command) => trustee::run(desk, command),
        Command::Credit(command) => credit::run(desk, command),
        Command::Seal(arguments) => seal::run(desk, &arguments),
        Command::Submit(arguments) => submit::run(desk, &arguments),
        Command::Withdraw(arguments) => bid::withdraw(desk, &arguments),
        Command::Contribute(arguments) => bid::contribute(desk, &arguments),
        Command::Receipt(command) => receipt::run(desk, command),
        Command::Anchor(command) => anchor::run(desk, command),
        Command::Open(arguments) => bid::open(desk, &arguments),
        Command::Confirm(arguments) => bid::confirm(desk, &arguments),
        Command::Object(arguments) => bid::object(desk, &arguments),
        Command::Release(arguments) => trustee::release(desk, &arguments),
        Command::Case(command) => case::run(desk, command),
        Command::Evaluate(arguments) => evaluate::run(desk, &arguments),
        Command::Rules(command) => rules::run(desk, &command),
        Command::Simulate(arguments) => simulate::run(desk, &arguments),
        Command::Rehearse(arguments) => rehearse::run(desk, &arguments),
        Command::Export(arguments) => export::run(desk, &arguments),
        Command::Trust(command) => trust::run(desk, command),
        Command::Verify(arguments) => verify::run(desk, &arguments),
        Command::Witness(command) => witness::run(desk, command),
    }
}

/// What is said after a statement was admitted.
fn admitted(desk: &Desk, what: &str, receipt: &record::log::receipt::Receipt) {
    let time = crate::time::show(receipt.admitted_ms);
    let text = format!(
        "{what}\n  statement {}\n  admitted {time}",
        receipt.statement_id
    );
    let value = serde_json::json!({
        "statement": receipt.statement_id, "admitted_ms": receipt.admitted_ms, "receipt": receipt,
    });
    desk.output.result(text, &value);
}
