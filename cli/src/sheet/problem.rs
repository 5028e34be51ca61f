//! What is wrong with a table, and where: sheet, row and column as the spreadsheet program shows them. All
//! problems of a file are collected, so that it can be mended in one go.

use std::fmt;
use std::path::Path;

use serde_json::{Value, json};

use crate::failure::Failure;

/// No more problems of one file are shown.
pub const PROBLEMS_SHOWN_MAX: usize = 20;

/// A cell, row or column of a file.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Place {
    /// Name of the sheet; none in a CSV file, which has but one.
    pub sheet: Option<String>,
    /// From 1, as the program shows it; in a CSV file the line.
    pub row: Option<u32>,
    /// From 0.
    pub column: Option<u32>,
    /// What stands above the column, or beside the value.
    pub heading: Option<String>,
}

/// One thing that is wrong.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Problem {
    /// Stable code for programs.
    pub code: &'static str,
    /// Where.
    pub place: Place,
    /// What, and what to do about it.
    pub message: String,
}

/// Everything that is wrong with a file, up to [`PROBLEMS_SHOWN_MAX`].
#[derive(Clone, Debug, Default)]
pub struct Problems {
    list: Vec<Problem>,
    /// How many there are beyond those in the list.
    more: usize,
}

impl Problems {
    /// Adds one.
    pub fn push(&mut self, code: &'static str, place: Place, message: impl Into<String>) {
        if self.list.len() < PROBLEMS_SHOWN_MAX {
            let message = message.into();
            self.list.push(Problem {
                code,
                place,
                message,
            });
        } else {
            self.more += 1;
        }
    }

    /// Whether nothing is wrong so far.
    pub fn is_empty(&self) -> bool {
        self.list.is_empty()
    }

    /// Everything that is wrong.
    pub fn list(&self) -> &[Problem] {
        &self.list
    }

    /// All problems as one failure (exit 2), if there are any.
    pub fn into_result(self, file: &Path) -> Result<(), Failure> {
        let Some(first) = self.list.first() else {
            return Ok(());
        };
        let file = file.display();
        let mut text = match (self.list.as_slice(), self.more) {
            ([only], 0) => format!("{file}: {only}"),
            (list, more) => format!("{file}: {} problems", list.len() + more),
        };
        if self.list.len() > 1 {
            for problem in &self.list {
                text += &format!("\n  {problem}");
            }
        }
        if self.more > 0 {
            text += &format!("\n  and {} more", self.more);
        }
        let problems: Vec<Value> = self.list.iter().map(Problem::to_json).collect();
        let mut failure = Failure::input(first.code, text);
        failure.problem = Some(Box::new(json!({ "problems": problems, "more": self.more })));
        Err(failure)
    }
}

impl Problem {
    fn to_json(&self) -> Value {
        let cell = self.place.cell();
        json!({
            "code": self.code, "sheet": self.place.sheet, "cell": cell, "row": self.place.row,
            "column": self.place.heading, "message": self.message,
        })
    }
}

impl Place {
    /// The place in A1 notation; none without row and column.
    pub fn cell(&self) -> Option<String> {
        let column = letters(self.column?);
        Some(format!("{column}{}", self.row?))
    }
}

/// The letters of a column, from 0: A, B, …, Z, AA, …
pub fn letters(column: u32) -> String {
    let mut text = Vec::new();
    let mut rest = u64::from(column) + 1;
    while rest > 0 {
        rest -= 1;
        let letter = u8::try_from(rest % 26).unwrap_or(0);
        text.insert(0, b'A' + letter);
        rest /= 26;
    }
    text.into_iter().map(char::from).collect()
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let heading = self.heading.as_deref();
        let Some(sheet) = &self.sheet else {
            return match (self.row, heading) {
                (Some(row), Some(heading)) => write!(f, "line {row}, column \"{heading}\""),
                (Some(row), None) => write!(f, "line {row}"),
                (None, Some(heading)) => write!(f, "column \"{heading}\""),
                (None, None) => f.write_str("the table"),
            };
        };
        write!(f, "sheet \"{sheet}\"")?;
        match (self.cell(), self.row, self.column) {
            (Some(cell), ..) => write!(f, ", cell {cell}")?,
            (None, Some(row), _) => write!(f, ", row {row}")?,
            (None, None, Some(column)) => write!(f, ", column {}", letters(column))?,
            (None, None, None) => {}
        }
        match heading {
            Some(heading) => write!(f, " ({heading})"),
            None => Ok(()),
        }
    }
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.place, self.message)
    }
}
