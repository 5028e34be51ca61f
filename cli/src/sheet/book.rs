//! Writes tables as workbooks or CSV. A number becomes a number only if a spreadsheet holds it exactly and
//! shows every digit of it; otherwise it becomes text. Text is never a formula.

use rust_xlsxwriter::{
    DataValidation, DataValidationErrorStyle, DataValidationRule, DocProperties, ExcelDateTime,
    Format, Formula, Note, Workbook, Worksheet, XlsxError,
};

use super::delimited::armed;
use super::table::{Number, Shown};
use super::value::EXACT_DIGITS_MAX;

/// A cell to be written.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Out {
    /// Nothing.
    #[default]
    Empty,
    /// Text.
    Text(String),
    /// A number, by its decimal text.
    Number(String),
    /// An amount, by its decimal text; shown with separators.
    Money(String),
    /// A formula of our own, for a form to fill in; its value is empty until a program calculates it.
    Formula(String),
}

/// A sheet to be written.
#[derive(Clone, Debug, Default)]
pub struct Page {
    /// Its name.
    pub name: String,
    /// Rows above the headings.
    pub above: Vec<Vec<Out>>,
    /// What stands above each column.
    pub columns: Vec<Heading>,
    /// The rows below.
    pub rows: Vec<Vec<Out>>,
    /// Columns that stay in sight, from the left.
    pub frozen_columns: u16,
}

/// What stands above a column.
#[derive(Clone, Debug, Default)]
pub struct Heading {
    /// The text.
    pub text: String,
    /// Width in characters.
    pub width: u16,
    /// What to know when filling it in.
    pub note: Option<String>,
    /// What its cells may hold.
    pub entry: Entry,
}

/// What the cells of a column may hold.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Entry {
    /// Anything.
    #[default]
    Free,
    /// An amount above zero.
    Money,
    /// A number from zero.
    Number,
}

impl Out {
    /// A number, or text if a spreadsheet would not keep it.
    pub fn number(text: &str) -> Out {
        match is_kept(text) {
            true => Out::Number(text.to_owned()),
            false => Out::Text(text.to_owned()),
        }
    }

    /// An amount, or text if a spreadsheet would not keep it.
    pub fn money(text: &str) -> Out {
        match is_kept(text) {
            true => Out::Money(text.to_owned()),
            false => Out::Text(text.to_owned()),
        }
    }

    /// The text in a CSV file.
    pub fn field(&self) -> String {
        match self {
            Out::Empty | Out::Formula(_) => String::new(),
            Out::Text(text) => match is_decimal(text) {
                true => text.clone(),
                false => armed(text),
            },
            Out::Number(text) | Out::Money(text) => text.clone(),
        }
    }
}

impl Heading {
    /// A heading of this width.
    pub fn new(text: impl Into<String>, width: u16) -> Heading {
        Heading {
            text: text.into(),
            width,
            ..Heading::default()
        }
    }

    /// The same with a note.
    #[must_use]
    pub fn note(mut self, note: impl Into<String>) -> Heading {
        self.note = Some(note.into());
        self
    }

    /// The same for cells that hold this.
    #[must_use]
    pub fn entry(mut self, entry: Entry) -> Heading {
        self.entry = entry;
        self
    }
}

fn is_decimal(text: &str) -> bool {
    text.parse::<evaluation::Decimal>().is_ok()
}

/// Whether a binary number gives back this decimal text.
fn is_kept(text: &str) -> bool {
    let Some(value) = text.parse::<f64>().ok().filter(|_| is_decimal(text)) else {
        return false;
    };
    let Some(number) = Number::new(value, Shown::Freely) else {
        return false;
    };
    let bare = match text.split_once('.') {
        Some((whole, behind)) => {
            let behind = behind.trim_end_matches('0');
            match behind {
                "" => whole.to_owned(),
                behind => format!("{whole}.{behind}"),
            }
        }
        None => text.to_owned(),
    };
    number.significant_digits() <= EXACT_DIGITS_MAX && number.text == bare
}

/// A workbook of these sheets. The same sheets give the same bytes.
pub fn workbook(pages: &[Page]) -> Result<Vec<u8>, XlsxError> {
    let mut book = Workbook::new();
    // No clock: a file says nothing about when and where it was made.
    let created = ExcelDateTime::from_ymd(2000, 1, 1)?;
    book.set_properties(&DocProperties::new().set_creation_datetime(&created));
    for page in pages {
        write_page(book.add_worksheet(), page)?;
    }
    book.save_to_buffer()
}

/// The headings and rows of a sheet as records of a CSV file.
pub fn records(page: &Page) -> Vec<Vec<String>> {
    let headings = page.columns.iter().map(|heading| armed(&heading.text));
    let mut records = vec![headings.collect::<Vec<_>>()];
    let width = page.columns.len();
    for row in &page.rows {
        let mut fields: Vec<String> = row.iter().map(Out::field).collect();
        fields.resize(width, String::new());
        records.push(fields);
    }
    records
}

fn write_page(sheet: &mut Worksheet, page: &Page) -> Result<(), XlsxError> {
    sheet.set_name(&page.name)?;
    sheet.set_default_note_author("kaibiao");
    let mut row = 0;
    for cells in &page.above {
        write_row(sheet, row, cells)?;
        row += 1;
    }
    let bold = Format::new().set_bold().set_text_wrap();
    for (column, heading) in (0..).zip(&page.columns) {
        sheet.set_column_width(column, f64::from(heading.width))?;
        sheet.write_string_with_format(row, column, &heading.text, &bold)?;
        if let Some(note) = &heading.note {
            sheet.insert_note(row, column, &Note::new(note).set_width(320).set_height(120))?;
        }
        if let Some(rule) = validation(&heading.entry)? {
            let last = row + 10_000;
            sheet.add_data_validation(row + 1, column, last, column, &rule)?;
        }
    }
    if !page.columns.is_empty() {
        row += 1;
        sheet.set_freeze_panes(row, page.frozen_columns)?;
    }
    for cells in &page.rows {
        write_row(sheet, row, cells)?;
        row += 1;
    }
    Ok(())
}

fn validation(entry: &Entry) -> Result<Option<DataValidation>, XlsxError> {
    let (least, title, message) = match entry {
        Entry::Free => return Ok(None),
        Entry::Money => (
            0.01,
            "金额 / amount",
            "元，最多两位小数 / yuan, at most 2 decimals",
        ),
        Entry::Number => (0.0, "数字 / number", "大于或等于0的数字 / a number from 0"),
    };
    let rule = DataValidation::new()
        .allow_decimal_number(DataValidationRule::GreaterThanOrEqualTo(least))
        .set_error_style(DataValidationErrorStyle::Warning)
        .set_error_title(title)?
        .set_error_message(message)?;
    Ok(Some(rule))
}

fn write_row(sheet: &mut Worksheet, row: u32, cells: &[Out]) -> Result<(), XlsxError> {
    for (column, cell) in (0..).zip(cells) {
        match cell {
            Out::Empty => {}
            Out::Text(text) => {
                // Format "@": a program that edits the cell keeps it text.
                let format = Format::new().set_num_format("@");
                sheet.write_string_with_format(row, column, text, &format)?;
            }
            Out::Formula(text) => {
                sheet.write_formula(row, column, Formula::new(text).set_result(""))?;
            }
            Out::Number(text) => {
                let decimals = text.split_once('.').map_or(0, |(_, behind)| behind.len());
                let code = match decimals {
                    0 => "0".to_owned(),
                    decimals => format!("0.{}", "0".repeat(decimals)),
                };
                let format = Format::new().set_num_format(code);
                sheet.write_number_with_format(row, column, binary(text)?, &format)?;
            }
            Out::Money(text) => {
                let format = Format::new().set_num_format("#,##0.00");
                sheet.write_number_with_format(row, column, binary(text)?, &format)?;
            }
        }
    }
    Ok(())
}

/// The binary number that stands for a decimal; [`is_kept`] has made sure that it gives the decimal back.
fn binary(text: &str) -> Result<f64, XlsxError> {
    text.parse()
        .map_err(|_| XlsxError::ParameterError(format!("{text} is no number")))
}
