//! Tables on evaluators' desks: cases and results as XLSX, ODS and CSV.
//!
//! No binary float reaches a score: a spreadsheet's number is taken as its shortest decimal text, and only if
//! a spreadsheet keeps that many digits exactly ([`value`]). Errors name sheet, row and column as the program
//! shows them, all of a file at once ([`problem`]).
//!
//! | file | what |
//! |---|---|
//! | `table.rs`, `workbook.rs`, `delimited.rs` | what a file holds, before anybody asks what it means |
//! | `value.rs` | from cells to exact values |
//! | `heading.rs`, `names.rs`, `keys.rs` | names of sheets, columns and keys in both languages |
//! | `bids.rs`, `tender.rs`, `place.rs` | the sheets of a case, and the way back from a JSON pointer to a cell |
//! | `arguments.rs`, `rules.rs`, `assemble.rs` | the case from sheets, rules and what was drawn |
//! | `book.rs` | writes workbooks and CSV |
//! | `case_pages.rs`, `template.rs`, `result_pages.rs` | what is written: a case, a form to fill in, a result |
//! | `compare.rs` | a result that somebody else handed out, cell by cell |

mod arguments;
mod assemble;
mod bids;
mod book;
mod case_pages;
mod compare;
mod delimited;
mod heading;
mod keys;
mod names;
mod place;
mod problem;
mod result_pages;
mod rules;
mod table;
mod template;
mod tender;
mod value;
mod workbook;

use std::io::Read;
use std::path::{Path, PathBuf};

use evaluation::{Bid, Case, EvaluationError, Money};

pub use arguments::CaseArguments;
pub use assemble::contradicted;
pub use case_pages::{NotKept, case_csv, case_workbook};
pub use compare::{Difference, compare};
pub use heading::Headings;
pub use result_pages::{Sentence, write_result};
pub use rules::{load as load_rules, reference_from};
pub use template::{Form, template};

use crate::failure::Failure;
use assemble::Parts;
use heading::Sheet;
use place::Places;
use problem::Problems;
use table::Table;

/// The most bytes of a file.
pub const FILE_BYTES_MAX: u64 = 64 << 20;

/// What a file is, by the end of its name.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Format {
    /// `kaibiao-case/1` or `kaibiao-result/1`.
    Json,
    /// Excel, WPS, LibreOffice.
    Xlsx,
    /// LibreOffice; read only.
    Ods,
    /// Comma-separated.
    Csv,
}

impl Format {
    /// The format of a file; `-` is JSON.
    pub fn of(path: &Path) -> Result<Format, Failure> {
        if path == Path::new("-") {
            return Ok(Format::Json);
        }
        let end = path
            .extension()
            .map(|end| end.to_string_lossy().to_lowercase());
        match end.as_deref() {
            Some("json") => Ok(Format::Json),
            Some("xlsx" | "xlsm") => Ok(Format::Xlsx),
            Some("ods") => Ok(Format::Ods),
            Some("csv" | "txt" | "tsv") => Ok(Format::Csv),
            Some("xls") => Err(Failure::input(
                "format-unknown",
                format!("{}: .xls is not read", path.display()),
            )
            .hint("Save it as .xlsx in your spreadsheet program.")),
            _ => Err(Failure::input(
                "format-unknown",
                format!(
                    "{}: the name has to end in .json, .xlsx, .ods or .csv",
                    path.display()
                ),
            )),
        }
    }
}

/// A case with the file that it was read from.
#[derive(Clone, Debug)]
pub struct Loaded {
    /// The case.
    pub case: Case,
    file: PathBuf,
    /// None for JSON, whose places are pointers.
    places: Option<Places>,
}

impl Loaded {
    /// A refusal of the evaluation, with the cell that it is about.
    pub fn wrong(&self, error: &EvaluationError) -> Failure {
        assemble::wrong(&self.file, self.places.as_ref(), error)
    }
}

/// Reads a case from JSON (`-`: standard input), a workbook or a CSV file.
///
/// # Errors
/// Everything that is wrong with the file, with its places; what the rules leave open.
pub fn read_case(path: &Path, arguments: &CaseArguments) -> Result<Loaded, Failure> {
    let format = Format::of(path)?;
    if format == Format::Json {
        return read_json(path, arguments);
    }
    let tables = read_tables(path, format, heading::belongs_to_case)?;
    let mut problems = Problems::default();
    let mut places = Places::default();
    let sorted = sort(&tables, &mut problems);
    let tender = match sorted.case {
        Some(table) => tender::Tender::read(table, &mut problems, &mut places),
        None => tender::Tender::default(),
    };
    let bids = bids::read(sorted.bids, &mut problems, &mut places);
    let parts = Parts {
        file: path,
        arguments,
        tender,
        bids,
    };
    let case = assemble::assemble(parts, problems, &places)?;
    Ok(Loaded {
        case,
        file: path.to_path_buf(),
        places: Some(places),
    })
}

/// Reads the bids and the control price: of a JSON case, a workbook, or a CSV file. Whatever rules stand beside
/// them are passed over.
///
/// # Errors
/// Everything that is wrong with the bids, with its places.
pub fn read_bids(path: &Path) -> Result<(Vec<Bid>, Option<Money>), Failure> {
    let format = Format::of(path)?;
    if format == Format::Json {
        let case = read_json(path, &CaseArguments::default())?.case;
        return Ok((case.bids, case.control_price));
    }
    let tables = read_tables(path, format, heading::belongs_to_case)?;
    let mut problems = Problems::default();
    let sorted = sort(&tables, &mut problems);
    let mut places = Places::default();
    let tender = sorted.case.map_or_else(tender::Tender::default, |table| {
        // Other keys are the rules' business.
        tender::Tender::read(table, &mut Problems::default(), &mut places)
    });
    let control_price = tender
        .money("control_price")
        .unwrap_or_else(|(code, message)| {
            let place = places.locate("/control_price").unwrap_or_default();
            problems.push(code, place, message);
            None
        });
    let bids = bids::read(sorted.bids, &mut problems, &mut places);
    problems.into_result(path)?;
    Ok((bids, control_price))
}

fn read_json(path: &Path, arguments: &CaseArguments) -> Result<Loaded, Failure> {
    let refused = [
        ("rules", arguments.rules.is_some()),
        ("method", arguments.method.is_some()),
        ("shortlist", arguments.shortlist.is_some()),
    ];
    if let Some((name, _)) = refused.iter().find(|(_, given)| *given) {
        let message = format!("--{name} is for tables; a JSON case holds its own rules");
        return Err(Failure::input("usage", message));
    }
    let bytes = read_file(path)?;
    let wrong = |error: &EvaluationError| assemble::wrong(path, None, error);
    let mut case = Case::parse(&bytes).map_err(|error| wrong(&error))?;
    let method = evaluation::benchmark::Method::from_id(&case.benchmark.method).ok();
    for (name, text) in arguments.drawn()? {
        let value = assemble::drawn(method, &name, &text)?;
        let value = serde_json::from_value(value).map_err(|error| {
            Failure::input("set-malformed", format!("--set {name}={text}: {error}"))
        })?;
        case.benchmark.drawn.insert(name, value);
    }
    if let Some(price) = arguments.control_price {
        let known = case.control_price.replace(price);
        if let Some(known) = known.filter(|known| *known != price) {
            let (price, known) = (price.to_string(), known.to_string());
            return Err(contradicted("control_price", &price, &known));
        }
    }
    if let Some(profile) = &arguments.profile
        && *profile != case.profile
    {
        return Err(contradicted("profile", profile, &case.profile));
    }
    Ok(Loaded {
        case,
        file: path.to_path_buf(),
        places: None,
    })
}

/// Rows as CSV. Text that a spreadsheet program would run as a formula gets an apostrophe before it.
///
/// # Errors
/// The rows cannot be written.
pub fn csv(rows: &[Vec<String>]) -> Result<Vec<u8>, Failure> {
    let field = |text: &String| book::Out::Text(text.clone()).field();
    let armed: Vec<Vec<String>> = rows
        .iter()
        .map(|row| row.iter().map(field).collect())
        .collect();
    delimited::write(&armed).map_err(|error| Failure::failed("table-not-written", error))
}

/// Reads a file, or standard input, up to [`FILE_BYTES_MAX`].
fn read_file(path: &Path) -> Result<Vec<u8>, Failure> {
    let mut bytes = Vec::new();
    let read = if path == Path::new("-") {
        std::io::stdin()
            .lock()
            .take(FILE_BYTES_MAX + 1)
            .read_to_end(&mut bytes)
    } else {
        std::fs::File::open(path)
            .and_then(|file| file.take(FILE_BYTES_MAX + 1).read_to_end(&mut bytes))
    };
    read.map_err(|error| Failure::file(path, error))?;
    if bytes.len() as u64 > FILE_BYTES_MAX {
        let message = format!(
            "{} has more than {} MiB",
            path.display(),
            FILE_BYTES_MAX >> 20
        );
        return Err(Failure::input("file-too-large", message));
    }
    Ok(bytes)
}

/// The wanted tables of a workbook, or that of a CSV file.
fn read_tables(
    path: &Path,
    format: Format,
    wanted: workbook::Wanted,
) -> Result<Vec<Table>, Failure> {
    let bytes = read_file(path)?;
    let wrong = |code: &str, error: &dyn std::fmt::Display| {
        Failure::input(code, format!("{}: {error}", path.display()))
    };
    match format {
        Format::Csv => delimited::read(&bytes)
            .map(|table| vec![table])
            .map_err(|error| wrong(error.code(), &error)),
        Format::Ods => {
            workbook::read_ods(&bytes, wanted).map_err(|error| wrong(error.code(), &error))
        }
        Format::Xlsx | Format::Json => {
            workbook::read_xlsx(&bytes, wanted).map_err(|error| wrong(error.code(), &error))
        }
    }
}

/// The tables of a case, by what they are for.
#[derive(Default)]
struct Sorted<'a> {
    case: Option<&'a Table>,
    bids: bids::Sources<'a>,
}

fn sort<'a>(tables: &'a [Table], problems: &mut Problems) -> Sorted<'a> {
    let mut sorted = Sorted::default();
    let filled: Vec<&Table> = tables
        .iter()
        .filter(|table| !table.rows.is_empty())
        .collect();
    if let [only] = filled.as_slice()
        && only.name.as_deref().and_then(heading::sheet).is_none()
    {
        // A CSV file, or a workbook of one sheet, whatever it is called.
        sorted.bids.bids = Some(only);
        return sorted;
    }
    for table in filled {
        let name = table.name.as_deref().unwrap_or_default();
        let slot = match heading::sheet(name) {
            Some(Sheet::Case) => &mut sorted.case,
            Some(Sheet::Bids) => &mut sorted.bids.bids,
            Some(Sheet::Technical) => &mut sorted.bids.technical,
            Some(Sheet::Reasons) => &mut sorted.bids.reasons,
            // Not even read: a result is a case with more sheets.
            Some(Sheet::Ranking | Sheet::Calculation | Sheet::Notes) => continue,
            None => {
                let message = format!(
                    "this sheet is not known; known are: {}; begin its name with # to keep it as a remark",
                    heading::known_sheets()
                );
                problems.push("sheet-unknown", table.whole(), message);
                continue;
            }
        };
        if table.is_hidden {
            let message = "this sheet is hidden, so that nobody would see what is evaluated; unhide it, or begin its name with #";
            problems.push("sheet-hidden", table.whole(), message);
        } else if slot.is_some() {
            let message = "there is another sheet for the same purpose";
            problems.push("sheet-twice", table.whole(), message);
        } else {
            *slot = Some(table);
        }
    }
    sorted
}
