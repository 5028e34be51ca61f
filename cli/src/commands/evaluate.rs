//! `kaibiao evaluate`: who comes first in a case; also the check against the Korean data set.

use std::path::{Path, PathBuf};

use console::Term;
use evaluation::{Case, Outcome as Evaluated, evaluate};
use serde_json::json;

use super::Outcome;
use crate::desk::{Desk, read_text};
use crate::explanation::{Language, Prose};
use crate::failure::{EXIT_FAILED, Failure};
use crate::koneps::{self, Comparison};
use crate::sheet::{self, CaseArguments, Headings};

/// Wider lines are hard to read.
const WIDTH_MAX: u16 = 120;

/// Arguments of `evaluate`.
#[derive(Debug, clap::Args)]
pub struct Arguments {
    /// The case: JSON (`kaibiao-case/1`; `-` reads standard input), XLSX, ODS or CSV.
    ///
    /// The result (`kaibiao-result/1`, JSON) is printed, unless one of the options says otherwise.
    #[arg(required_unless_present = "koneps", conflicts_with = "koneps")]
    case: Option<PathBuf>,
    /// Print how every score came about, as an evaluation report does: zh (中文) or en.
    #[arg(long, value_name = "LANGUAGE", conflicts_with = "koneps")]
    explain: Option<Language>,
    /// Write the result to a new file: .xlsx, .csv or .json.
    #[arg(long, value_name = "FILE", conflicts_with = "koneps")]
    out: Option<PathBuf>,
    /// Compare with a result that somebody else handed out (.json, .xlsx, .csv); exit code 1 if anything differs.
    #[arg(long, value_name = "FILE", conflicts_with = "koneps")]
    compare: Option<PathBuf>,
    #[command(flatten)]
    given: CaseArguments,
    /// Evaluate every tender of the Korean data set (CSV) by the rule "lowest price from the floor on", and compare
    /// with the recorded first rank.
    #[arg(long, value_name = "FILE")]
    koneps: Option<PathBuf>,
}

/// Evaluates.
pub fn run(desk: &Desk, arguments: &Arguments) -> Outcome {
    match (&arguments.koneps, &arguments.case) {
        (Some(file), _) => compare_koneps(desk, file),
        (None, Some(case)) => evaluate_case(desk, case, arguments),
        (None, None) => Err(Failure::input("usage", "name a case, or --koneps FILE")),
    }
}

fn evaluate_case(desk: &Desk, path: &Path, arguments: &Arguments) -> Outcome {
    let loaded = sheet::read_case(path, &arguments.given)?;
    let outcome = evaluate(&loaded.case).map_err(|error| loaded.wrong(&error))?;
    if let Some(file) = &arguments.out {
        write(file, &loaded.case, &outcome, arguments.explain)?;
        desk.output.note(format!("written: {}", file.display()));
    }
    if let Some(file) = &arguments.compare {
        return compare(desk, file, &loaded.case, &outcome);
    }
    match arguments.explain {
        Some(language) if !desk.output.json => {
            desk.output
                .line(&prose(&loaded.case, &outcome, language)?.report(width()));
        }
        _ if arguments.out.is_none() || desk.output.json => {
            let text = serde_json::to_string_pretty(&outcome);
            desk.output
                .line(&text.map_err(|error| Failure::failed("output", error))?);
        }
        _ => {}
    }
    Ok(0)
}

fn prose<'a>(
    case: &'a Case,
    outcome: &Evaluated,
    language: Language,
) -> Result<Prose<'a>, Failure> {
    Prose::new(case, outcome, language).map_err(|error| Failure::failed("output", error))
}

/// Writes the result with the steps in words; without a language in both headings and Chinese sentences.
fn write(
    file: &Path,
    case: &Case,
    outcome: &Evaluated,
    language: Option<Language>,
) -> Result<(), Failure> {
    let headings = match language {
        Some(Language::Zh) => Headings::Zh,
        Some(Language::En) => Headings::En,
        None => Headings::Both,
    };
    let prose = prose(case, outcome, language.unwrap_or(Language::Zh))?;
    sheet::write_result(file, case, outcome, headings, &|step| prose.sentence(step))
}

fn compare(desk: &Desk, file: &Path, case: &Case, outcome: &Evaluated) -> Outcome {
    let differences = sheet::compare(file, case, outcome)?;
    let text = match differences.as_slice() {
        [] => format!("{}: nothing differs", file.display()),
        some => {
            let lines = some.iter().map(|difference| format!("{difference}\n"));
            lines.collect::<String>() + &format!("differences: {}", some.len())
        }
    };
    desk.output.result(
        text,
        &json!({ "format": "kaibiao-differences/1", "differences": differences }),
    );
    Ok(if differences.is_empty() {
        0
    } else {
        EXIT_FAILED
    })
}

/// The width of the terminal that reads the result; none if it goes into a file or a pipe.
fn width() -> Option<usize> {
    let terminal = Term::stdout();
    let size = terminal
        .is_term()
        .then(|| terminal.size_checked())
        .flatten();
    size.map(|(_, columns)| usize::from(columns.min(WIDTH_MAX)))
}

fn compare_koneps(desk: &Desk, file: &Path) -> Outcome {
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
