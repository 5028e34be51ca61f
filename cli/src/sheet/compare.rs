//! Compares a result with one that somebody else handed out, cell by cell: a trading centre's sheet, say.
//! Columns that are not part of a result are passed over; reasons and remarks are not compared.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::path::Path;

use evaluation::fraction::Fraction;
use evaluation::{Case, Decimal, Outcome};
use serde::Serialize;
use serde_json::Value;

use super::heading::{self, Column, Headings, Sheet};
use super::place::Grid;
use super::problem::Problems;
use super::result_pages::{self, ABOVE, MEMBERS};
use super::table::{Cell, Number, Row, Shown, Table};
use super::value;
use super::{Format, read_file, read_tables};
use crate::failure::Failure;

/// One thing that differs.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Difference {
    /// Where in the other result.
    pub place: String,
    /// Whose bid; none for the result as a whole.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub bidder: Option<String>,
    /// What: a member of `kaibiao-result/1`.
    pub field: String,
    /// What the other result says.
    pub theirs: String,
    /// What was computed here.
    pub ours: String,
}

impl fmt::Display for Difference {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let whose = self.bidder.as_deref().unwrap_or("the result");
        let said = |text: &str| match text {
            "" => "nothing".to_owned(),
            text => text.to_owned(),
        };
        let (theirs, ours) = (said(&self.theirs), said(&self.ours));
        write!(
            f,
            "{}: {whose}, {}: {theirs} there, {ours} here",
            self.place, self.field
        )
    }
}

/// What differs between a result in a file and one that was computed.
///
/// # Errors
/// The file cannot be read, or holds no ranking.
pub fn compare(path: &Path, case: &Case, outcome: &Outcome) -> Result<Vec<Difference>, Failure> {
    let ours = result_pages::members(outcome)?;
    let ours = Ours::new(case, &ours);
    match Format::of(path)? {
        Format::Json => compare_json(path, &ours),
        format => {
            let tables = read_tables(path, format, heading::may_rank)?;
            compare_tables(path, &tables, &ours)
        }
    }
}

/// The computed result.
struct Ours<'a> {
    result: &'a Value,
    bids: BTreeMap<&'a str, (&'a Value, String)>,
}

impl<'a> Ours<'a> {
    fn new(case: &'a Case, result: &'a Value) -> Ours<'a> {
        let bids = result["bids"].as_array().into_iter().flatten();
        let bids = bids
            .zip(&case.bids)
            .map(|(computed, bid)| (bid.bidder.as_str(), (computed, bid.price.to_string())));
        Ours {
            result,
            bids: bids.collect(),
        }
    }

    /// A value of a bid, as text; empty for none.
    fn of(&self, bidder: &str, column: Column) -> String {
        let Some((bid, price)) = self.bids.get(bidder) else {
            return String::new();
        };
        let member = MEMBERS.iter().find(|(one, _)| *one == column);
        match (column, member) {
            (Column::Price, _) => price.clone(),
            (_, Some((_, member))) => text(&bid[member]),
            _ => String::new(),
        }
    }
}

fn text(value: &Value) -> String {
    match value {
        Value::Null => String::new(),
        Value::String(text) => text.clone(),
        Value::Array(list) => list.iter().map(text).collect::<Vec<_>>().join(";"),
        other => other.to_string(),
    }
}

/// Columns that are compared.
const COMPARED: &[Column] = &[
    Column::Rank,
    Column::Price,
    Column::EvaluatedPrice,
    Column::Deviation,
    Column::PriceScore,
    Column::TechnicalScore,
    Column::CreditScore,
    Column::Total,
];

fn compare_tables(
    path: &Path,
    tables: &[Table],
    ours: &Ours<'_>,
) -> Result<Vec<Difference>, Failure> {
    let named = tables
        .iter()
        .find(|table| table.name.as_deref().and_then(heading::sheet) == Some(Sheet::Ranking));
    let found = named.and_then(ranks);
    let Some((table, at)) = found.or_else(|| tables.iter().find_map(ranks)) else {
        let message = format!(
            "{}: no row of headings with the bidder and a rank or a score was found",
            path.display()
        );
        return Err(Failure::input("ranking-missing", message)
            .hint("A ranking has columns such as 投标人 / bidder, 名次 / rank, 总分 / total."));
    };
    let (above, below) = table.rows.split_at(at);
    let (headings, rows) = below
        .split_first()
        .map_or((None, below), |(row, rows)| (Some(row), rows));
    let grid = grid(table, headings);
    let mut differences = Vec::new();
    for row in above {
        compare_above(table, row, ours, &mut differences);
    }
    let mut seen = BTreeSet::new();
    let mut problems = Problems::default();
    for row in rows.iter().filter(|row| !row.is_remark()) {
        if let Some(bidder) = compare_row(&grid, row, ours, &mut problems, &mut differences) {
            let message = format!("\"{bidder}\" stands here for the second time");
            if !seen.insert(bidder) {
                problems.push(
                    "bidder-twice",
                    grid.place(row.number, Column::Bidder),
                    message,
                );
            }
        }
    }
    problems.into_result(path)?;
    missing(ours, &seen, &table.whole().to_string(), &mut differences);
    Ok(differences)
}

/// A table with the row of its headings, if it has the bidder and a rank or a score.
fn ranks(table: &Table) -> Option<(&Table, usize)> {
    let known = [Column::Rank, Column::Total, Column::PriceScore];
    let row =
        |column| heading::find_headings(table, heading::result_column, &[Column::Bidder, column]);
    known.into_iter().find_map(row).map(|at| (table, at))
}

fn grid(table: &Table, headings: Option<&Row>) -> Grid {
    let cells = headings.map_or(&[][..], |row| &row.cells);
    let mut columns: Vec<(Column, u32, String)> = Vec::new();
    for (at, cell) in cells {
        let text = value::text(cell).unwrap_or_default();
        if let Some(column) = heading::result_column(&text)
            && !columns.iter().any(|(one, ..)| *one == column)
        {
            columns.push((column, *at, text));
        }
    }
    Grid::new(table, columns)
}

/// A value of the whole result, above the ranking: a name and a value beside it.
fn compare_above(table: &Table, row: &Row, ours: &Ours<'_>, differences: &mut Vec<Difference>) {
    let [(at, Cell::Text(name)), (_, cell), ..] = row.cells.as_slice() else {
        return;
    };
    let is_named = |zh: &str, en: &str| {
        let all = [zh.to_owned(), en.to_owned(), Headings::Both.choose(zh, en)];
        all.contains(&name.trim().to_owned())
    };
    let Some((member, ..)) = ABOVE.iter().find(|(_, zh, en)| is_named(zh, en)) else {
        return;
    };
    let ours = text(&ours.result[member]);
    if !is_same(cell, &ours, false) {
        differences.push(Difference {
            place: table.place(row.number, at + 1, "").to_string(),
            bidder: None,
            field: (*member).to_owned(),
            theirs: shown(cell),
            ours,
        });
    }
}

fn compare_row(
    grid: &Grid,
    row: &Row,
    ours: &Ours<'_>,
    problems: &mut Problems,
    differences: &mut Vec<Difference>,
) -> Option<String> {
    let cell = row.cell(grid.at(Column::Bidder)?)?;
    let bidder = match value::text(cell) {
        Ok(bidder) => bidder,
        Err((code, message)) => {
            problems.push(code, grid.place(row.number, Column::Bidder), message);
            return None;
        }
    };
    if !ours.bids.contains_key(bidder.as_str()) {
        if !heading::sums_up(&bidder) {
            differences.push(Difference {
                place: grid.place(row.number, Column::Bidder).to_string(),
                bidder: Some(bidder.clone()),
                field: "bidder".to_owned(),
                theirs: bidder,
                ours: String::new(),
            });
        }
        return None;
    }
    for column in COMPARED {
        let Some(at) = grid.at(*column) else { continue };
        let computed = ours.of(&bidder, *column);
        let blank = Cell::Text(String::new());
        let cell = row.cell(at).unwrap_or(&blank);
        if !is_same(cell, &computed, *column == Column::Deviation) {
            let member = MEMBERS.iter().find(|(one, _)| one == column);
            differences.push(Difference {
                place: grid.place(row.number, *column).to_string(),
                bidder: Some(bidder.clone()),
                field: member.map_or("", |(_, member)| member).to_owned(),
                theirs: shown(cell),
                ours: computed,
            });
        }
    }
    Some(bidder)
}

fn missing(
    ours: &Ours<'_>,
    seen: &BTreeSet<String>,
    place: &str,
    differences: &mut Vec<Difference>,
) {
    for bidder in ours.bids.keys() {
        if !seen.contains(*bidder) {
            differences.push(Difference {
                place: place.to_owned(),
                bidder: Some((*bidder).to_owned()),
                field: "bidder".to_owned(),
                theirs: String::new(),
                ours: (*bidder).to_owned(),
            });
        }
    }
}

fn compare_json(path: &Path, ours: &Ours<'_>) -> Result<Vec<Difference>, Failure> {
    let bytes = read_file(path)?;
    let theirs: serde_json::Map<String, Value> = record::json::parse(&bytes).map_err(|error| {
        Failure::input(error.code(), format!("{}: {error}", path.display()))
            .at(error.pointer.clone())
    })?;
    if theirs.get("format").and_then(Value::as_str) != Some("kaibiao-result/1") {
        let message = format!("{}: this is no kaibiao-result/1", path.display());
        return Err(Failure::input("ranking-missing", message));
    }
    let theirs = Value::Object(theirs);
    let mut differences = Vec::new();
    let mut differ =
        |place: String, bidder: Option<&str>, field: &str, theirs: &Value, ours: String| {
            if text(theirs) != ours {
                differences.push(Difference {
                    place,
                    bidder: bidder.map(str::to_owned),
                    field: field.to_owned(),
                    theirs: text(theirs),
                    ours,
                });
            }
        };
    for (member, ..) in ABOVE {
        differ(
            format!("/{member}"),
            None,
            member,
            &theirs[member],
            text(&ours.result[member]),
        );
    }
    let mut seen = BTreeSet::new();
    let none = Vec::new();
    for (index, bid) in theirs["bids"]
        .as_array()
        .unwrap_or(&none)
        .iter()
        .enumerate()
    {
        let bidder = bid["bidder"].as_str().unwrap_or_default();
        seen.insert(bidder.to_owned());
        if !ours.bids.contains_key(bidder) {
            differ(
                format!("/bids/{index}"),
                Some(bidder),
                "bidder",
                &bid["bidder"],
                String::new(),
            );
            continue;
        }
        for (column, member) in MEMBERS {
            if COMPARED.contains(column) && *column != Column::Price {
                let computed = ours.of(bidder, *column);
                differ(
                    format!("/bids/{index}/{member}"),
                    Some(bidder),
                    member,
                    &bid[member],
                    computed,
                );
            }
        }
    }
    missing(ours, &seen, "/bids", &mut differences);
    Ok(differences)
}

/// Whether a cell says the same as a computed value. A deviation is compared with as many decimals as the
/// cell has, because it is shown rounded everywhere.
fn is_same(cell: &Cell, ours: &str, rounds: bool) -> bool {
    let Some(theirs) = number(cell) else {
        let said = shown(cell);
        let is_none = ["", "-", "—", "/", "无", "否决"].contains(&said.as_str());
        return said == ours || (is_none && ours.is_empty());
    };
    let Ok(ours) = ours.parse::<Decimal>() else {
        return shown(cell) == ours;
    };
    let (theirs, decimals) = theirs;
    if rounds && decimals < ours.scale() {
        let rounded = ours.fraction().round_half_up(decimals);
        return rounded.is_ok_and(|rounded| rounded.fraction() == theirs);
    }
    ours.fraction() == theirs
}

/// The number in a cell, with its decimals; a percentage counts in per cents.
fn number(cell: &Cell) -> Option<(Fraction, u8)> {
    match cell {
        Cell::Number(Number {
            text,
            shown: Shown::Percent,
        }) => {
            let share: Decimal = text.parse().ok()?;
            let percent = share.fraction().times(Fraction::integer(100)).ok()?;
            Some((percent, share.scale().saturating_sub(2)))
        }
        Cell::Number(Number { text, .. }) => decimal(text),
        Cell::Text(text) => decimal(text.trim().trim_end_matches('%').trim()),
        _ => None,
    }
}

fn decimal(text: &str) -> Option<(Fraction, u8)> {
    let number: Decimal = text.parse().ok()?;
    Some((number.fraction(), number.scale()))
}

fn shown(cell: &Cell) -> String {
    match cell {
        Cell::Text(text) => text.trim().to_owned(),
        Cell::Number(number) => number.text.clone(),
        Cell::Date(text) | Cell::Error(text) => text.clone(),
        Cell::Boolean(value) => value.to_string(),
        Cell::Formula => "a formula without a value".to_owned(),
    }
}
