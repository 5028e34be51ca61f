//! `kaibiao rehearse`: a whole tender against a running demonstration server, in all its roles.

use std::path::PathBuf;

use serde_json::Value;

use super::Outcome;
use crate::desk::{Desk, read_text};
use crate::failure::{EXIT_FAILED, Failure};
use crate::koneps;
use crate::rehearse::hall::Hall;
use crate::rehearse::narrator::Narrator;
use crate::rehearse::{korean, works};

/// Arguments of `rehearse`.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
The server has to run in demonstration mode (`kaibiao-server --demo`): its clock is moved over weeks. One rehearsal\n\
at a time; the clock is one for all. Exit code 0 only if everything came out as expected.")]
pub struct Arguments {
    /// Bidders of the works tender; three more withdraw, send garbage and come too late.
    #[arg(long, value_name = "N", default_value_t = 9, conflicts_with = "koneps")]
    bidders: usize,
    /// Prices, periods and credit values of the works tender follow from this number.
    #[arg(
        long,
        value_name = "N",
        default_value_t = 20,
        conflicts_with = "koneps"
    )]
    seed: u64,
    /// Write bundles, trust file and receipts into this folder.
    #[arg(long, value_name = "FOLDER")]
    export: Option<PathBuf>,
    /// Play recorded Korean tenders with their real prices instead: koneps-bids.csv of the public data set.
    #[arg(long, value_name = "FILE")]
    koneps: Option<PathBuf>,
    /// So many of them.
    #[arg(long, value_name = "N", default_value_t = 20, requires = "koneps")]
    limit: usize,
    /// This one first; may be given several times.
    #[arg(long = "tender", value_name = "ID", requires = "koneps")]
    tenders: Vec<String>,
}

/// Plays.
pub fn run(desk: &Desk, arguments: &Arguments) -> Outcome {
    let hall = Hall::enter(desk.client()?)?;
    let tell = Narrator::new(desk.output.json);
    tell.say(format!(
        "{} at {}",
        hall.anchors().origin,
        hall.client().server_address()
    ));
    let export = arguments.export.clone();
    let mut summary = match &arguments.koneps {
        Some(file) => {
            let wrong =
                |error| Failure::input("koneps-file", format!("{}: {error}", file.display()));
            let recorded = koneps::read(&read_text(file)?).map_err(wrong)?;
            let (limit, tenders) = (arguments.limit, arguments.tenders.clone());
            korean::play(
                &hall,
                &tell,
                &recorded,
                &korean::Options {
                    limit,
                    tenders,
                    export,
                },
            )?
        }
        None => {
            let (bidders, seed) = (arguments.bidders, arguments.seed);
            works::play(
                &hall,
                &tell,
                &works::Options {
                    bidders,
                    seed,
                    export,
                },
            )?
        }
    };
    tell.headline("结果", "Was everything as expected?", hall.now_ms()?);
    let as_expected = tell.conclude();
    if desk.output.json {
        if let Some(fields) = summary.as_object_mut() {
            fields.insert("as_expected".to_owned(), Value::Bool(as_expected));
        }
        desk.output.line(&format!("{summary:#}"));
    }
    Ok(if as_expected { 0 } else { EXIT_FAILED })
}
