//! `kaibiao case`: cases as the tables that evaluators work with.

use std::path::{Path, PathBuf};

use serde_json::json;

use super::Outcome;
use crate::desk::{Desk, write_new};
use crate::failure::Failure;
use crate::sheet::{self, CaseArguments, Form, Format, Headings};

const AFTER_HELP: &str = "\
From an empty workbook to a result:
  kaibiao rules list
  kaibiao case template --rules ready:suqian-2016-works --bidders 12 --out case.xlsx
  (fill it in with your spreadsheet program)
  kaibiao evaluate case.xlsx --explain en --out result.xlsx";

/// What is done with cases.
#[derive(Debug, clap::Subcommand)]
#[command(after_help = AFTER_HELP)]
pub enum Command {
    /// Make a workbook to fill in for the bids of a tender.
    Template(Template),
    /// Turn a case into another format: .json, .xlsx (also .ods when reading), .csv (bids only).
    ///
    /// Nothing is rounded or lost: what a table cannot hold is refused. A CSV file holds the bids; their rules
    /// have to be named when it is read (--rules, --method, --set).
    Convert(Convert),
}

/// Arguments of `case template`.
#[derive(Debug, clap::Args)]
pub struct Template {
    /// The rules: a file (`kaibiao-rules/1`), or ready:ID from `kaibiao rules list`.
    #[arg(long, value_name = "FILE|ready:ID")]
    rules: String,
    /// Rows for so many bids.
    #[arg(long, default_value_t = 12, value_parser = clap::value_parser!(u32).range(1..=10_000))]
    bidders: u32,
    /// Columns for so many members of the committee.
    #[arg(long, default_value_t = 5, value_parser = clap::value_parser!(u32).range(1..=99))]
    members: u32,
    /// The language of headings and notes.
    #[arg(long, value_enum, default_value = "both")]
    lang: Headings,
    /// The workbook (.xlsx), a new file.
    #[arg(long, short, value_name = "FILE")]
    out: PathBuf,
}

/// Arguments of `case convert`.
#[derive(Debug, clap::Args)]
pub struct Convert {
    /// The case to read.
    from: PathBuf,
    /// The file to write, a new one.
    to: PathBuf,
    /// The language of headings.
    #[arg(long, value_enum, default_value = "both")]
    lang: Headings,
    #[command(flatten)]
    case: CaseArguments,
}

/// Does it.
pub fn run(desk: &Desk, command: Command) -> Outcome {
    match command {
        Command::Template(arguments) => template(desk, &arguments),
        Command::Convert(arguments) => convert(desk, &arguments),
    }
}

fn template(desk: &Desk, arguments: &Template) -> Outcome {
    let out = &arguments.out;
    if Format::of(out)? != Format::Xlsx {
        let message = format!("{}: a form to fill in is a workbook", out.display());
        return Err(Failure::input("format-unknown", message).hint("Name an .xlsx file."));
    }
    let rules = sheet::load_rules(&arguments.rules)?;
    let reference = sheet::reference_from(&arguments.rules, out)?;
    let bytes = sheet::template(&Form {
        rules: &rules,
        reference: &reference,
        bidders: arguments.bidders,
        members: arguments.members,
        headings: arguments.lang,
    })?;
    write_new(out, &bytes)?;
    let text = format!(
        "{} is ready to be filled in: {} bids.\nThen: kaibiao evaluate {}",
        out.display(),
        arguments.bidders,
        out.display(),
    );
    let value = json!({ "file": out, "rules": reference, "bidders": arguments.bidders });
    desk.output.result(text, &value);
    Ok(0)
}

fn convert(desk: &Desk, arguments: &Convert) -> Outcome {
    let format = Format::of(&arguments.to)?;
    let loaded = sheet::read_case(&arguments.from, &arguments.case)?;
    let mut not_kept = Vec::new();
    let bytes = match format {
        Format::Json => {
            let mut bytes = serde_json::to_vec_pretty(&loaded.case)
                .map_err(|error| Failure::failed("output", error))?;
            bytes.push(b'\n');
            bytes
        }
        Format::Xlsx => sheet::case_workbook(&loaded.case, arguments.lang)?,
        Format::Csv => {
            let (bytes, lost) = sheet::case_csv(&loaded.case, arguments.lang)?;
            not_kept = lost.0;
            bytes
        }
        Format::Ods => {
            let message = format!("{}: .ods is read, but not written", arguments.to.display());
            return Err(Failure::input("format-unknown", message).hint("Name an .xlsx file."));
        }
    };
    write(
        desk,
        &arguments.to,
        &bytes,
        loaded.case.bids.len(),
        &not_kept,
    )
}

fn write(desk: &Desk, path: &Path, bytes: &[u8], bids: usize, not_kept: &[&str]) -> Outcome {
    // `-` is for reading.
    if path == Path::new("-") {
        return Err(Failure::input("usage", "name a file to write"));
    }
    write_new(path, bytes)?;
    let mut text = format!("{}: {bids} bids", path.display());
    if !not_kept.is_empty() {
        text += &format!(
            "\nA CSV file does not hold: {}.\nName the rules when it is read: kaibiao evaluate {} --rules …",
            not_kept.join("; "),
            path.display()
        );
    }
    let value = json!({ "file": path, "bids": bids, "not_kept": not_kept });
    desk.output.result(text, &value);
    Ok(0)
}
