//! What a file holds before anybody asks what it means: tables of cells.

use super::problem::Place;

/// A sheet of a workbook, or a CSV file.
#[derive(Clone, Debug, Default)]
pub struct Table {
    /// Name of the sheet; none for a CSV file.
    pub name: Option<String>,
    /// Whether the program hides the sheet.
    pub is_hidden: bool,
    /// The rows that hold anything, ascending.
    pub rows: Vec<Row>,
}

/// A row that holds anything.
#[derive(Clone, Debug)]
pub struct Row {
    /// From 1, as the program shows it; in a CSV file the line.
    pub number: u32,
    /// The cells that hold anything, with their columns from 0, ascending.
    pub cells: Vec<(u32, Cell)>,
}

/// What a cell holds.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Cell {
    /// Text, as it was typed.
    Text(String),
    /// A number.
    Number(Number),
    /// A date as `YYYY-MM-DD`, or a time, as the file has it.
    Date(String),
    /// True or false.
    Boolean(bool),
    /// What a formula failed with, `#REF!`.
    Error(String),
    /// A formula without a stored value.
    Formula,
}

/// A number of a spreadsheet: the shortest decimal text of the binary number that the file holds. Up to 15
/// significant digits that is exactly what was typed; beyond, nobody can say what was meant.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Number {
    /// Digits, at most one point, perhaps a minus sign.
    pub text: String,
    /// How the program shows it.
    pub shown: Shown,
}

/// How the program shows a number.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Shown {
    /// As it likes.
    #[default]
    Freely,
    /// With so many decimals.
    Decimals(u8),
    /// Times 100, with a percent sign.
    Percent,
}

impl Number {
    /// The number that a cell holds; none for infinities.
    pub fn new(value: f64, shown: Shown) -> Option<Number> {
        if !value.is_finite() {
            return None;
        }
        // The shortest text that gives the same binary number, never with an exponent.
        let text = if value == 0.0 {
            "0".to_owned()
        } else {
            value.to_string()
        };
        Some(Number { text, shown })
    }

    /// How many significant digits it has.
    pub fn significant_digits(&self) -> usize {
        let digits: String = self.text.chars().filter(char::is_ascii_digit).collect();
        let digits = digits.trim_start_matches('0');
        if self.text.contains('.') {
            digits.len()
        } else {
            digits.trim_end_matches('0').len()
        }
    }
}

impl Table {
    /// A place in it.
    pub fn place(&self, row: u32, column: u32, heading: &str) -> Place {
        Place {
            sheet: self.name.clone(),
            row: Some(row),
            column: Some(column),
            heading: Some(heading.to_owned()).filter(|heading| !heading.is_empty()),
        }
    }

    /// A row of it.
    pub fn row_place(&self, row: u32) -> Place {
        Place {
            sheet: self.name.clone(),
            row: Some(row),
            ..Place::default()
        }
    }

    /// The table as a whole.
    pub fn whole(&self) -> Place {
        Place {
            sheet: self.name.clone(),
            ..Place::default()
        }
    }
}

impl Row {
    /// The cell in a column.
    pub fn cell(&self, column: u32) -> Option<&Cell> {
        let found = self.cells.binary_search_by_key(&column, |(at, _)| *at);
        found.ok().map(|at| &self.cells[at].1)
    }

    /// Whether it is a remark: its first cell begins with `#` or 备注.
    pub fn is_remark(&self) -> bool {
        match self.cells.first() {
            Some((_, Cell::Text(text))) => {
                let text = text.trim();
                text.starts_with('#') || text.starts_with('＃') || text.starts_with("备注")
            }
            _ => false,
        }
    }
}

impl Cell {
    /// Whether there is nothing in it but space.
    pub fn is_blank(&self) -> bool {
        matches!(self, Cell::Text(text) if text.trim().is_empty())
    }
}
