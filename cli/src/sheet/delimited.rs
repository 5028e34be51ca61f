//! Reads and writes CSV files, and keeps spreadsheet programs from taking text for formulas.
//!
//! A text that begins with `=`, `+`, `-`, `@`, a tab or a line end is run as a formula by spreadsheet programs
//! that open a CSV file. It is written with an apostrophe before it; so is a text that begins with an
//! apostrophe, and reading takes exactly one away again. Numbers are written as they are.

use super::table::{Cell, Row, Table};
use super::workbook::{CELLS_MAX, COLUMNS_MAX};

/// Why a CSV file is not read.
#[derive(Debug, thiserror::Error)]
pub enum DelimitedError {
    /// Neither UTF-8 nor GB18030.
    #[error("the text is neither UTF-8 nor GB18030; save it as \"CSV UTF-8\"")]
    Encoding,
    /// UTF-16, which some programs call Unicode text.
    #[error("the text is UTF-16; save it as \"CSV UTF-8\"")]
    Utf16,
    /// Quotes that do not close, and the like.
    #[error("{0}")]
    Malformed(String),
    /// More than [`CELLS_MAX`] cells or [`COLUMNS_MAX`] columns.
    #[error("the file has more than {0}")]
    TooMany(String),
}

impl DelimitedError {
    /// Stable code for programs.
    pub fn code(&self) -> &'static str {
        match self {
            DelimitedError::Encoding | DelimitedError::Utf16 => "csv-encoding",
            DelimitedError::Malformed(_) => "csv-malformed",
            DelimitedError::TooMany(_) => "csv-too-large",
        }
    }
}

/// Reads a CSV file: UTF-8 with or without a byte order mark, or GB18030 (which holds GBK and GB2312).
/// Columns are separated by commas, or by semicolons or tabs if the first line has none.
pub fn read(bytes: &[u8]) -> Result<Table, DelimitedError> {
    let text = decode(bytes)?;
    let mut reader = csv::ReaderBuilder::new()
        .has_headers(false)
        .flexible(true)
        .delimiter(separator(&text))
        .from_reader(text.as_bytes());
    let mut table = Table::default();
    let mut left = CELLS_MAX;
    for record in reader.records() {
        let record = record.map_err(|error| DelimitedError::Malformed(error.to_string()))?;
        let number = record.position().map_or(0, csv::Position::line);
        let number = u32::try_from(number).unwrap_or(u32::MAX);
        let mut cells = Vec::new();
        for (column, text) in (0..).zip(&record) {
            if text.trim().is_empty() {
                continue;
            }
            if column >= COLUMNS_MAX {
                return Err(DelimitedError::TooMany(format!("{COLUMNS_MAX} columns")));
            }
            left = left
                .checked_sub(1)
                .ok_or_else(|| DelimitedError::TooMany(format!("{CELLS_MAX} filled cells")))?;
            cells.push((column, Cell::Text(disarmed(text).to_owned())));
        }
        if !cells.is_empty() {
            table.rows.push(Row { number, cells });
        }
    }
    Ok(table)
}

/// Writes rows of fields that are already [`armed`] where they are text. With a byte order mark, without
/// which some programs take UTF-8 for GB18030.
pub fn write(rows: &[Vec<String>]) -> Result<Vec<u8>, DelimitedError> {
    let mut bytes = vec![0xef, 0xbb, 0xbf];
    let mut writer = csv::WriterBuilder::new()
        .flexible(true)
        .terminator(csv::Terminator::CRLF)
        .from_writer(&mut bytes);
    let malformed = |error: &dyn std::fmt::Display| DelimitedError::Malformed(error.to_string());
    for row in rows {
        writer
            .write_record(row)
            .map_err(|error| malformed(&error))?;
    }
    writer.flush().map_err(|error| malformed(&error))?;
    drop(writer);
    Ok(bytes)
}

fn decode(bytes: &[u8]) -> Result<std::borrow::Cow<'_, str>, DelimitedError> {
    if bytes.starts_with(&[0xff, 0xfe]) || bytes.starts_with(&[0xfe, 0xff]) {
        return Err(DelimitedError::Utf16);
    }
    let bytes = bytes.strip_prefix(&[0xef, 0xbb, 0xbf]).unwrap_or(bytes);
    if let Ok(text) = std::str::from_utf8(bytes) {
        return Ok(text.into());
    }
    encoding_rs::GB18030
        .decode_without_bom_handling_and_without_replacement(bytes)
        .ok_or(DelimitedError::Encoding)
}

fn separator(text: &str) -> u8 {
    let first = text.lines().next().unwrap_or_default();
    match first {
        line if line.contains(',') => b',',
        line if line.contains('\t') => b'\t',
        line if line.contains(';') => b';',
        _ => b',',
    }
}

/// The text as it is written: with an apostrophe before it where a program would take it for a formula.
pub fn armed(text: &str) -> String {
    match text.chars().next() {
        Some(first) if is_dangerous(first) => format!("'{text}"),
        _ => text.to_owned(),
    }
}

/// The text that was meant.
fn disarmed(text: &str) -> &str {
    match text.strip_prefix('\'') {
        Some(rest) if rest.chars().next().is_some_and(is_dangerous) => rest,
        _ => text,
    }
}

fn is_dangerous(first: char) -> bool {
    let also_in_full_width = ['＝', '＋', '－', '＠'].contains(&first);
    matches!(first, '=' | '+' | '-' | '@' | '\'' | '\t' | '\r' | '\n') || also_in_full_width
}
