//! `kaibiao evaluate`: who comes first in a case; also the check against the Korean data set.

use std::io::Read;
use std::path::{Path, PathBuf};

use evaluation::{Case, EvaluationError, evaluate};
use serde_json::json;

use super::Outcome;
use crate::desk::{Desk, read_bytes, read_text};
use crate::failure::{EXIT_FAILED, Failure};
use crate::koneps::{self, Comparison};

/// Arguments of `evaluate`.
#[derive(Debug, clap::Args)]
pub struct Arguments {
    /// The case (`kaibiao-case/1`, JSON); `-` reads standard input. The result (`kaibiao-result/1`) is printed.
    #[arg(required_unless_present = "koneps", conflicts_with = "koneps")]
    case: Option<PathBuf>,
    /// Evaluate every tender of the Korean data set (CSV) by the rule "lowest price from the floor on", and compare
    /// with the recorded first rank.
    #[arg(long, value_name = "FILE")]
    koneps: Option<PathBuf>,
}

/// Evaluates.
pub fn run(desk: &Desk, arguments: &Arguments) -> Outcome {
    match (&arguments.koneps, &arguments.case) {
        (Some(file), _) => compare(desk, file),
        (None, Some(case)) => evaluate_case(desk, case),
        (None, None) => Err(Failure::input("usage", "name a case, or --koneps FILE")),
    }
}

fn evaluate_case(desk: &Desk, path: &Path) -> Outcome {
    let bytes = if path == Path::new("-") {
        let mut bytes = Vec::new();
        let read = std::io::stdin().lock().read_to_end(&mut bytes);
        read.map_err(|error| Failure::input("file", format!("standard input: {error}")))?;
        bytes
    } else {
        read_bytes(path)?
    };
    let outcome = Case::parse(&bytes)
        .and_then(|case| evaluate(&case))
        .map_err(|error| wrong_case(&error))?;
    let text =
        serde_json::to_string_pretty(&outcome).map_err(|error| Failure::failed("output", error))?;
    desk.output.line(&text);
    Ok(0)
}

fn wrong_case(error: &EvaluationError) -> Failure {
    let place = if error.pointer.is_empty() {
        "the case"
    } else {
        &error.pointer
    };
    Failure::input(error.code(), format!("{place}: {}", error.problem)).at(error.pointer.clone())
}

fn compare(desk: &Desk, file: &Path) -> Outcome {
    let wrong = |error: &dyn std::fmt::Display| {
        Failure::input("koneps-file", format!("{}: {error}", file.display()))
    };
    let tenders = koneps::read(&read_text(file)?).map_err(|error| wrong(&error))?;
    let recomputed = tenders.iter().map(|tender| {
        tender
            .recompute()
            .map_err(|error| wrong(&format!("tender {}: {error}", tender.notice)))
    });
    let recomputed = recomputed.collect::<Result<Vec<_>, _>>()?;
    let of = |comparison| {
        recomputed
            .iter()
            .filter(move |one| one.comparison == comparison)
    };
    let (alone, tied) = (of(Comparison::Alone).count(), of(Comparison::Tied).count());
    let exceptions: Vec<_> = of(Comparison::Exception).collect();
    let bids: usize = tenders.iter().map(|tender| tender.bids.len()).sum();
    let mut text = format!(
        "{} tenders, {bids} bids; lowest price from estimated price x floor rate on\n\
         {alone:>6}  the recorded first rank follows, alone\n\
         {tied:>6}  it is one of several equal lowest prices\n\
         {:>6}  it does not follow from the prices\n",
        tenders.len(),
        exceptions.len(),
    );
    for one in &exceptions {
        let computed = if one.computed.is_empty() {
            "nobody".to_owned()
        } else {
            one.computed.join(", ")
        };
        let recorded = one.recorded.as_deref().unwrap_or("nobody");
        text += &format!(
            "        {}: recorded {recorded}, computed {computed}\n",
            one.notice
        );
    }
    let value = json!({
        "format": "kaibiao-koneps/1", "tenders": tenders.len(), "bids": bids, "alone": alone, "tied": tied,
        "exceptions": exceptions.len(), "not_alone": recomputed.iter().filter(|one| one.comparison != Comparison::Alone).collect::<Vec<_>>(),
    });
    desk.output.result(text, &value);
    Ok(if tenders.is_empty() { EXIT_FAILED } else { 0 })
}
