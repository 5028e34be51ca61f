//! Files as evaluators have them, made on the spot.

use std::path::{Path, PathBuf};

use cli::failure::Failure;
use cli::sheet::{self, CaseArguments};
use evaluation::Case;
use rust_xlsxwriter::{ExcelDateTime, Format, Formula, Workbook};

/// What somebody typed into a cell.
#[derive(Clone, Copy, Debug)]
pub enum Typed {
    /// Nothing.
    Nothing,
    /// Text.
    T(&'static str),
    /// A number.
    N(f64),
    /// A number in a format.
    In(f64, &'static str),
    /// A date.
    Date(u16, u8, u8),
    /// A truth value.
    Yes,
    /// A formula with its stored value.
    F(&'static str, &'static str),
}

/// A sheet as it was typed.
pub type Sheet<'a> = (&'a str, Vec<Vec<Typed>>);

/// A workbook of these sheets.
pub fn workbook(sheets: &[Sheet<'_>]) -> Vec<u8> {
    let mut book = Workbook::new();
    for (name, rows) in sheets {
        let page = book.add_worksheet();
        page.set_name(*name).expect("a name");
        for (row, cells) in (0..).zip(rows) {
            for (column, cell) in (0..).zip(cells) {
                match cell {
                    Typed::Nothing => continue,
                    Typed::T(text) => page.write_string(row, column, *text),
                    Typed::N(value) => page.write_number(row, column, *value),
                    Typed::In(value, format) => {
                        let format = Format::new().set_num_format(*format);
                        page.write_number_with_format(row, column, *value, &format)
                    }
                    Typed::Date(year, month, day) => {
                        let date = ExcelDateTime::from_ymd(*year, *month, *day).expect("a date");
                        let format = Format::new().set_num_format("yyyy-mm-dd");
                        page.write_datetime_with_format(row, column, &date, &format)
                    }
                    Typed::Yes => page.write_boolean(row, column, true),
                    Typed::F(formula, value) => {
                        page.write_formula(row, column, Formula::new(*formula).set_result(*value))
                    }
                }
                .expect("a cell");
            }
        }
    }
    book.save_to_buffer().expect("a workbook")
}

/// A folder with files.
pub struct Desk {
    folder: tempfile::TempDir,
}

impl Desk {
    /// An empty one.
    pub fn new() -> Desk {
        Desk {
            folder: tempfile::tempdir().expect("a folder"),
        }
    }

    /// A path in it.
    pub fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// Lays a file down.
    pub fn put(&self, name: &str, bytes: impl AsRef<[u8]>) -> PathBuf {
        let path = self.path(name);
        std::fs::write(&path, bytes).expect("written");
        path
    }
}

/// The options of a command line.
pub fn options(rules: Option<&str>, method: Option<&str>, set: &[&str]) -> CaseArguments {
    CaseArguments {
        rules: rules.map(str::to_owned),
        method: method.map(str::to_owned),
        set: set.iter().map(|text| (*text).to_owned()).collect(),
        ..CaseArguments::default()
    }
}

/// Reads a case without further options.
pub fn read(path: &Path) -> Result<Case, Failure> {
    sheet::read_case(path, &CaseArguments::default()).map(|loaded| loaded.case)
}

/// The problems of a failure as code and place.
pub fn problems(failure: &Failure) -> Vec<(String, String)> {
    let problem = failure.problem.as_deref().expect("problems as data");
    let list = problem["problems"].as_array().expect("a list");
    let text = |value: &serde_json::Value| value.as_str().unwrap_or_default().to_owned();
    list.iter()
        .map(|one| (text(&one["code"]), text(&one["cell"])))
        .collect()
}

/// The smallest rules that a case sheet can state: a lowest price.
pub fn lowest() -> Sheet<'static> {
    use Typed::{N, T};
    let rows = vec![
        vec![T("key"), T("value"), T("note")],
        vec![T("profile"), T("below-threshold")],
        vec![T("benchmark.method"), T("jiangsu-3")],
        vec![T("price_score.full"), N(60.0)],
        vec![T("price_score.up"), N(0.9)],
        vec![T("price_score.down"), N(0.6)],
        vec![T("price_score.floor"), N(0.0)],
        vec![T("price_score.benchmark_decimals"), N(2.0)],
        vec![T("price_score.score_decimals"), N(2.0)],
    ];
    ("Case", rows)
}
