//! Reads workbooks (`.xlsx`, `.ods`) into tables.
//!
//! A workbook is a zip of XML. It is unpacked once into nothing, so that its real size is known before any of
//! it is held, and cells are taken one by one: a cell far out in an empty sheet costs one cell, no matter how
//! large the rectangle around it is.

use std::collections::{BTreeMap, BTreeSet};
use std::io::{Cursor, Read};

use calamine::{
    Data, DataRef, ExcelDateTime, Ods, Reader, SheetVisible, Xlsx, XlsxCellReader,
    open_workbook_from_rs,
};

use super::problem::Place;
use super::table::{Cell, Number, Row, Shown, Table};

/// The most bytes that a workbook may unpack to: ten times what the largest tender needs.
pub const UNPACKED_BYTES_MAX: u64 = 256 << 20;
/// The most parts that a workbook may have.
pub const PARTS_MAX: usize = 2_000;
/// The most cells that a workbook may fill: 10 000 bids, 15 items, 9 members, and room.
pub const CELLS_MAX: usize = 2_000_000;
/// The most columns that are looked at.
pub const COLUMNS_MAX: u32 = 500;
/// The most sheets that are looked at.
pub const SHEETS_MAX: usize = 100;

type Bytes<'a> = Cursor<&'a [u8]>;

/// Whether a sheet of this name is looked at.
pub type Wanted = fn(&str) -> bool;

/// Why a workbook is not read.
#[derive(Debug, thiserror::Error)]
pub enum WorkbookError {
    /// Not a zip, or damaged.
    #[error("this is no workbook that can be read: {0}")]
    Damaged(String),
    /// It unpacks to more than any tender needs.
    #[error("the workbook unpacks to more than {} MiB; remove what does not belong to the tender", UNPACKED_BYTES_MAX >> 20)]
    TooLarge,
    /// More than [`PARTS_MAX`] parts, [`SHEETS_MAX`] sheets, [`CELLS_MAX`] cells or [`COLUMNS_MAX`] columns.
    #[error("the workbook has more than {0}; remove what does not belong to the tender")]
    TooMany(String),
    /// Two cells of one place: programs show one of them, nobody knows which.
    #[error(
        "{0}: the file holds this cell twice; save it anew in a spreadsheet program and check the cell"
    )]
    CellTwice(Place),
    /// A hidden row or column that holds something: nobody would see what is evaluated.
    #[error(
        "{0}: this {1} is hidden or filtered out, so that nobody would see what is evaluated; show it, or remove it"
    )]
    Hidden(Place, &'static str),
}

impl WorkbookError {
    /// Stable code for programs.
    pub fn code(&self) -> &'static str {
        match self {
            WorkbookError::Damaged(_) => "workbook-damaged",
            WorkbookError::CellTwice(_) => "cell-twice",
            WorkbookError::Hidden(..) => "cell-hidden",
            WorkbookError::TooLarge | WorkbookError::TooMany(_) => "workbook-too-large",
        }
    }
}

/// Reads the wanted sheets of an `.xlsx` file.
pub fn read_xlsx(bytes: &[u8], wanted: Wanted) -> Result<Vec<Table>, WorkbookError> {
    check_size(bytes)?;
    let mut book: Xlsx<Bytes<'_>> = open_workbook_from_rs(Cursor::new(bytes)).map_err(damaged)?;
    let sheets = sheets(book.sheets_metadata(), wanted)?;
    let mut tables = Vec::new();
    let mut left = CELLS_MAX;
    for (name, is_hidden) in sheets {
        let mut reader = book.worksheet_cells_reader(&name).map_err(damaged)?;
        let shown: Vec<Shown> = reader.styles().iter().map(shown).collect();
        let mut rows = BTreeMap::new();
        let mut empty = BTreeSet::new();
        while let Some((cell, style)) = reader.next_cell_with_style_id().map_err(damaged)? {
            let (row, column) = cell.get_position();
            let shown = shown.get(style).copied().unwrap_or_default();
            let held = held(&Data::from(cell.get_value().clone()), shown);
            if held.is_none() {
                empty.insert((row, column));
            }
            put(&mut rows, row, column, held, &mut left)?;
        }
        drop(reader);
        if !empty.is_empty() {
            let reader = book.worksheet_cells_reader(&name).map_err(damaged)?;
            for (row, column) in unsolved(reader)?.intersection(&empty) {
                put(&mut rows, *row, *column, Some(Cell::Formula), &mut left)?;
            }
        }
        let index = book
            .sheets_metadata()
            .iter()
            .position(|sheet| sheet.name == name);
        let table = table(name, is_hidden, rows)?;
        if let Some(xml) = index.and_then(|index| sheet_xml(bytes, index)) {
            check_shown(&table, &xml)?;
        }
        tables.push(table);
    }
    Ok(tables)
}

/// Reads the wanted sheets of an `.ods` file.
pub fn read_ods(bytes: &[u8], wanted: Wanted) -> Result<Vec<Table>, WorkbookError> {
    check_size(bytes)?;
    check_rectangles(bytes)?;
    let mut book: Ods<Bytes<'_>> = open_workbook_from_rs(Cursor::new(bytes)).map_err(damaged)?;
    let sheets = sheets(book.sheets_metadata(), wanted)?;
    let mut tables = Vec::new();
    let mut left = CELLS_MAX;
    for (name, is_hidden) in sheets {
        let range = book.worksheet_range(&name).map_err(damaged)?;
        let (top, left_edge) = range.start().unwrap_or_default();
        let mut rows = BTreeMap::new();
        for (row, column, data) in range.used_cells() {
            let row = u32::try_from(row).map_or(u32::MAX, |row| row.saturating_add(top));
            let column = u32::try_from(column).map_or(u32::MAX, |at| at.saturating_add(left_edge));
            put(&mut rows, row, column, held(data, Shown::Freely), &mut left)?;
        }
        tables.push(table(name, is_hidden, rows)?);
    }
    Ok(tables)
}

fn damaged(error: impl std::fmt::Display) -> WorkbookError {
    WorkbookError::Damaged(error.to_string())
}

/// Unpacks every part into nothing. What the zip says about sizes is not believed.
fn check_size(bytes: &[u8]) -> Result<(), WorkbookError> {
    let mut zip = zip::ZipArchive::new(Cursor::new(bytes)).map_err(damaged)?;
    if zip.len() > PARTS_MAX {
        return Err(WorkbookError::TooMany(format!("{PARTS_MAX} parts")));
    }
    let mut left = UNPACKED_BYTES_MAX;
    for index in 0..zip.len() {
        let part = zip.by_index(index).map_err(damaged)?;
        let mut part = part.take(left + 1);
        let size = std::io::copy(&mut part, &mut std::io::sink()).map_err(damaged)?;
        left = left.checked_sub(size).ok_or(WorkbookError::TooLarge)?;
    }
    Ok(())
}

/// An `.ods` file says "this cell so many times", and is held as rectangles up to the last filled row and column:
/// a few bytes may ask for any amount of memory. So the rectangles are measured before.
fn check_rectangles(bytes: &[u8]) -> Result<(), WorkbookError> {
    let mut zip = zip::ZipArchive::new(Cursor::new(bytes)).map_err(damaged)?;
    let mut xml = String::new();
    let mut part = zip.by_name("content.xml").map_err(damaged)?;
    part.read_to_string(&mut xml).map_err(damaged)?;
    let times = |tag: &str, name: &str| -> u64 {
        let value = tag.split_once(name).map_or("", |(_, behind)| behind);
        let mut quoted = value.trim_start_matches(['=', ' ']).split(['"', '\'']);
        quoted
            .nth(1)
            .and_then(|times| times.parse().ok())
            .unwrap_or(1)
    };
    let (mut row, mut height, mut width, mut column) = (0_u64, 0_u64, 0_u64, 0_u64);
    // A piece is a tag with the text behind it; attributes hold no `<`.
    for tag in xml.split('<') {
        if tag.starts_with("table:table ") {
            (row, height, width) = (0, 0, 0);
        } else if tag.starts_with("table:table-row") {
            column = 0;
            row = row.saturating_add(times(tag, "table:number-rows-repeated"));
        } else if tag.starts_with("table:table-cell") || tag.starts_with("table:covered-table-cell")
        {
            column = column.saturating_add(times(tag, "table:number-columns-repeated"));
            if tag.contains("office:value-type") || tag.contains("table:formula") {
                (height, width) = (row, width.max(column));
            }
        }
        if height.saturating_mul(width) > CELLS_MAX as u64 {
            return Err(WorkbookError::TooMany(format!("{CELLS_MAX} cells")));
        }
    }
    Ok(())
}

/// An attribute of a tag.
fn attribute<'a>(tag: &'a str, name: &str) -> Option<&'a str> {
    let (tag, _) = tag.split_once('>')?;
    tag.match_indices(name).find_map(|(at, _)| {
        let is_whole = tag[..at].ends_with(|before: char| before.is_ascii_whitespace());
        let value = tag[at + name.len()..].trim_start().strip_prefix('=')?;
        let mut quoted = value.split(['"', '\'']);
        is_whole.then(|| quoted.nth(1)).flatten()
    })
}

/// The name of a tag without its namespace.
fn tag_name(tag: &str) -> &str {
    let name = tag.split(|c: char| c.is_ascii_whitespace() || c == '>' || c == '/');
    let name = name.into_iter().next().unwrap_or_default();
    name.rsplit(':').next().unwrap_or_default()
}

/// The XML of a sheet, by its number from 0.
fn sheet_xml(bytes: &[u8], index: usize) -> Option<String> {
    let mut zip = zip::ZipArchive::new(Cursor::new(bytes)).ok()?;
    let mut text = |name: &str| {
        let mut xml = String::new();
        zip.by_name(name).ok()?.read_to_string(&mut xml).ok()?;
        Some(xml)
    };
    let book = text("xl/workbook.xml")?;
    let mut sheets = book.split('<').filter(|tag| tag_name(tag) == "sheet");
    let id = attribute(sheets.nth(index)?, "r:id")?;
    let relations = text("xl/_rels/workbook.xml.rels")?;
    let mut relations = relations.split('<');
    let relation = relations.find(|tag| attribute(tag, "Id") == Some(id))?;
    let target = attribute(relation, "Target")?;
    match target.strip_prefix('/') {
        Some(whole) => text(whole),
        None => text(&format!("xl/{target}")),
    }
}

/// Refuses rows and columns that hold something and are hidden, or filtered out, which hides rows.
fn check_shown(table: &Table, xml: &str) -> Result<(), WorkbookError> {
    let number = |tag: &str, name: &str| attribute(tag, name).and_then(|text| text.parse().ok());
    let mut columns: Vec<(u32, u32)> = Vec::new();
    let mut hidden = BTreeSet::new();
    let mut row = 0_u32;
    for tag in xml.split('<') {
        let is_hidden = || matches!(attribute(tag, "hidden"), Some("1" | "true"));
        match tag_name(tag) {
            "col" if !tag.starts_with('/') && is_hidden() => {
                columns.extend(number(tag, "min").zip(number(tag, "max")));
            }
            "row" if !tag.starts_with('/') => {
                row = number(tag, "r").unwrap_or(row.saturating_add(1));
                if is_hidden() {
                    hidden.insert(row);
                }
            }
            _ => {}
        }
    }
    for row in table.rows.iter().filter(|row| !row.is_remark()) {
        if hidden.contains(&row.number) {
            return Err(WorkbookError::Hidden(table.row_place(row.number), "row"));
        }
        let is_hidden = |column: u32| {
            let from_one = column + 1;
            columns
                .iter()
                .any(|(from, to)| (*from..=*to).contains(&from_one))
        };
        if let Some((column, _)) = row.cells.iter().find(|(column, _)| is_hidden(*column)) {
            let place = table.place(row.number, *column, "");
            return Err(WorkbookError::Hidden(place, "column"));
        }
    }
    Ok(())
}

/// Names of the sheets, and whether each is hidden.
fn sheets(
    sheets: &[calamine::Sheet],
    wanted: Wanted,
) -> Result<Vec<(String, bool)>, WorkbookError> {
    if sheets.len() > SHEETS_MAX {
        return Err(WorkbookError::TooMany(format!("{SHEETS_MAX} sheets")));
    }
    let sheets = sheets.iter().filter(|sheet| wanted(&sheet.name));
    let named = sheets.map(|sheet| {
        let is_hidden = sheet.visible != SheetVisible::Visible;
        (sheet.name.clone(), is_hidden)
    });
    Ok(named.collect())
}

/// The cells with a formula whose value the file does not hold.
fn unsolved(
    mut reader: XlsxCellReader<'_, Bytes<'_>>,
) -> Result<BTreeSet<(u32, u32)>, WorkbookError> {
    let mut found = BTreeSet::new();
    while let Some(record) = reader.next_cell_with_formula_metadata().map_err(damaged)? {
        if record.formula.is_some() && record.value == DataRef::Empty {
            found.insert(record.pos);
        }
    }
    Ok(found)
}

fn put(
    rows: &mut BTreeMap<u32, Vec<(u32, Cell)>>,
    row: u32,
    column: u32,
    cell: Option<Cell>,
    left: &mut usize,
) -> Result<(), WorkbookError> {
    let Some(cell) = cell.filter(|cell| !cell.is_blank()) else {
        return Ok(());
    };
    if column >= COLUMNS_MAX {
        return Err(WorkbookError::TooMany(format!("{COLUMNS_MAX} columns")));
    }
    *left = left
        .checked_sub(1)
        .ok_or_else(|| WorkbookError::TooMany(format!("{CELLS_MAX} filled cells")))?;
    rows.entry(row).or_default().push((column, cell));
    Ok(())
}

fn table(
    name: String,
    is_hidden: bool,
    rows: BTreeMap<u32, Vec<(u32, Cell)>>,
) -> Result<Table, WorkbookError> {
    let mut table = Table {
        name: Some(name),
        is_hidden,
        rows: Vec::new(),
    };
    for (row, mut cells) in rows {
        let number = row.saturating_add(1);
        cells.sort_by_key(|(column, _)| *column);
        let mut pairs = cells.iter().zip(cells.iter().skip(1));
        if let Some(((column, _), _)) = pairs.find(|((left, _), (right, _))| left == right) {
            return Err(WorkbookError::CellTwice(table.place(number, *column, "")));
        }
        table.rows.push(Row { number, cells });
    }
    Ok(table)
}

/// How a style shows numbers, as far as it matters here.
fn shown(style: &calamine::Style) -> Shown {
    let Some(format) = &style.number_format else {
        return Shown::Freely;
    };
    let code = format.format_code.as_str();
    if code.contains('%') {
        return Shown::Percent;
    }
    // `0.000`, nothing else: a format with conditions, colours or separators says less about the digits.
    match code.strip_prefix("0.") {
        Some(zeros) if !zeros.is_empty() && zeros.bytes().all(|byte| byte == b'0') => {
            u8::try_from(zeros.len()).map_or(Shown::Freely, Shown::Decimals)
        }
        _ => Shown::Freely,
    }
}

/// What a cell holds; nothing for an empty one.
fn held(data: &Data, shown: Shown) -> Option<Cell> {
    Some(match data {
        Data::Empty => return None,
        Data::String(text) => Cell::Text(text.clone()),
        Data::Float(value) => match Number::new(*value, shown) {
            Some(number) => Cell::Number(number),
            None => Cell::Error("infinite".to_owned()),
        },
        Data::Int(value) => Cell::Number(Number {
            text: value.to_string(),
            shown,
        }),
        Data::Bool(value) => Cell::Boolean(*value),
        Data::DateTime(value) => Cell::Date(date(value)),
        Data::DateTimeIso(text) | Data::DurationIso(text) => Cell::Date(text.clone()),
        Data::Error(error) => Cell::Error(error.to_string()),
    })
}

fn date(value: &ExcelDateTime) -> String {
    if !value.is_datetime() {
        return "a duration".to_owned();
    }
    let (year, month, day, hour, minute, second, _) = value.to_ymd_hms_milli();
    match (hour, minute, second) {
        (0, 0, 0) => format!("{year:04}-{month:02}-{day:02}"),
        _ => format!("{year:04}-{month:02}-{day:02} {hour:02}:{minute:02}:{second:02}"),
    }
}
