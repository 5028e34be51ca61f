//! Reads the bids: the sheet of bids, the sheet of scores by item, the sheet of written reasons.

use std::collections::BTreeMap;

use evaluation::case::{BIDS_MAX, CreditValue, Reason, TechnicalScores};
use evaluation::{Bid, Decimal};

use super::heading::{self, Column};
use super::place::{Grid, Places};
use super::problem::{Place, Problems};
use super::table::{Row, Table};
use super::value::{self, Unit, Wrong};

/// The tables that bids come from.
#[derive(Clone, Copy, Debug, Default)]
pub struct Sources<'a> {
    /// One row for each bid.
    pub bids: Option<&'a Table>,
    /// One row for each bid and item.
    pub technical: Option<&'a Table>,
    /// One row for each reason.
    pub reasons: Option<&'a Table>,
}

/// Reads all bids. What is wrong goes to `problems`, where things are to `places`.
pub fn read(sources: Sources<'_>, problems: &mut Problems, places: &mut Places) -> Vec<Bid> {
    let Some(table) = sources.bids else {
        let message = format!(
            "there is no sheet with the bids; the sheets that are understood: {}",
            heading::known_sheets()
        );
        problems.push("sheet-missing", Place::default(), message);
        return Vec::new();
    };
    let mut bids = read_bids(table, problems, places);
    if let Some(table) = sources.technical {
        read_technical(table, &mut bids, problems, places);
    }
    if let Some(table) = sources.reasons {
        read_reasons(table, &mut bids, problems);
    }
    bids
}

fn read_bids(table: &Table, problems: &mut Problems, places: &mut Places) -> Vec<Bid> {
    let known = &[
        Column::Bidder,
        Column::Price,
        Column::ReadOutPrice,
        Column::Credit,
        Column::Deduction,
        Column::Adjustments,
        Column::Rejected,
    ];
    let wanted = [Column::Bidder, Column::Price];
    let Some((grid, rows)) = headings(table, known, true, &wanted, problems) else {
        return Vec::new();
    };
    let rows: Vec<&Row> = rows.collect();
    let members = scoring(&grid, &rows);
    let mut bids: Vec<Bid> = Vec::new();
    let mut seen: BTreeMap<String, u32> = BTreeMap::new();
    for row in rows {
        if bids.len() == BIDS_MAX {
            let message = format!("at most {BIDS_MAX} bids can be evaluated together");
            problems.push("too-many-bids", table.row_place(row.number), message);
            break;
        }
        let reader = Reading {
            table,
            grid: &grid,
            row,
        };
        let Some(bid) = read_bid(&reader, members, problems) else {
            continue;
        };
        if let Some(first) = seen.insert(bid.bidder.clone(), row.number) {
            let message = format!(
                "\"{}\" stands in row {first} already; one bidder has one bid",
                bid.bidder
            );
            problems.push(
                "bidder-twice",
                grid.place(row.number, Column::Bidder),
                message,
            );
        }
        places.bid_rows.push(row.number);
        bids.push(bid);
    }
    if bids.is_empty() && problems.is_empty() {
        problems.push("bids-missing", table.whole(), "there is no bid in it");
    }
    places.bids = grid;
    bids
}

/// A row with what its columns are for.
struct Reading<'a> {
    table: &'a Table,
    grid: &'a Grid,
    row: &'a Row,
}

impl Reading<'_> {
    /// The value of a column, if its cell holds anything.
    fn take<T>(
        &self,
        column: Column,
        read: impl Fn(&super::table::Cell) -> Result<T, Wrong>,
        problems: &mut Problems,
    ) -> Option<T> {
        let at = self.grid.at(column)?;
        self.take_at(at, column, read, problems)
    }

    fn take_at<T>(
        &self,
        at: u32,
        column: Column,
        read: impl Fn(&super::table::Cell) -> Result<T, Wrong>,
        problems: &mut Problems,
    ) -> Option<T> {
        match read(self.row.cell(at)?) {
            Ok(value) => Some(value),
            Err((code, message)) => {
                problems.push(code, self.grid.place(self.row.number, column), message);
                None
            }
        }
    }

    /// The bidder, who has to be there.
    fn bidder(&self, problems: &mut Problems) -> Option<String> {
        let at = self.grid.at(Column::Bidder)?;
        if self.row.cell(at).is_none() {
            let message = "the bidder is missing; fill it in (a merged cell holds it in its first row only), or begin the row with # to leave it out";
            let place = self.grid.place(self.row.number, Column::Bidder);
            problems.push("cell-missing", place, message);
            return None;
        }
        let name = self.take(Column::Bidder, value::text, problems)?;
        if heading::sums_up(&name) {
            let message = format!(
                "\"{name}\" looks like a sum or a limit, not like a bidder; remove the row, or begin it with # to leave it out"
            );
            let place = self.grid.place(self.row.number, Column::Bidder);
            problems.push("row-sums-up", place, message);
            return None;
        }
        Some(name)
    }

    /// The scores of so many members; none if all are empty.
    fn scores(&self, count: usize, problems: &mut Problems) -> Option<Vec<Decimal>> {
        let members = self.grid.members();
        let filled = |(_, at): &(u32, u32)| self.row.cell(*at).is_some();
        if !members.iter().any(filled) {
            return None;
        }
        let mut scores = Vec::new();
        for (number, at) in members.iter().take(count) {
            let column = Column::Member(*number);
            if self.row.cell(*at).is_none() {
                let place = self.grid.place(self.row.number, column);
                let message = format!("the score of member {number} is missing");
                problems.push("cell-missing", place, message);
                continue;
            }
            let score = |cell: &_| value::decimal(cell, Unit::Plain);
            scores.extend(self.take_at(*at, column, score, problems));
        }
        Some(scores)
    }
}

/// How many members score: up to the last column that any row fills. A member who scores one bid scores all.
fn scoring(grid: &Grid, rows: &[&Row]) -> usize {
    let members = grid.members();
    let last = members
        .iter()
        .rposition(|(_, at)| rows.iter().any(|row| row.cell(*at).is_some()));
    last.map_or(0, |last| last + 1)
}

fn read_bid(reader: &Reading<'_>, members: usize, problems: &mut Problems) -> Option<Bid> {
    let bidder = reader.bidder(problems);
    let at = reader.grid.at(Column::Price)?;
    let price = if reader.row.cell(at).is_some() {
        reader.take(Column::Price, value::money, problems)
    } else {
        let place = reader.grid.place(reader.row.number, Column::Price);
        let message = "the price is missing; begin the row with # to leave the bid out";
        problems.push("cell-missing", place, message);
        None
    };
    let mut bid = Bid::of(
        bidder.clone().unwrap_or_default(),
        price.unwrap_or_default(),
    );
    bid.read_out_price = reader.take(Column::ReadOutPrice, value::money, problems);
    bid.credit = reader.take(Column::Credit, credit, problems);
    let share = |cell: &_| value::decimal(cell, Unit::Share);
    bid.deduction = reader.take(Column::Deduction, share, problems);
    bid.adjustments = reader.take(Column::Adjustments, value::decimals, problems);
    bid.rejected = reader.take(Column::Rejected, rejection, problems);
    bid.technical = reader.scores(members, problems).map(TechnicalScores::Whole);
    // Without a price it stays in the list, so that its scores are not taken for a stranger's.
    bidder.map(|_| bid)
}

/// Why a bid was rejected. A word that gives no reason would reject the bid all the same.
fn rejection(cell: &super::table::Cell) -> Result<String, Wrong> {
    let text = value::text(cell)?;
    if heading::is_no_reason(&text) {
        let message = format!(
            "holds \"{text}\", which is no reason, and any text here rejects the bid; leave the cell empty if the bid was not rejected, or write why it was"
        );
        return Err(("cell-word", message));
    }
    Ok(text)
}

/// A value or grade, or several of a consortium's members, separated by semicolons.
fn credit(cell: &super::table::Cell) -> Result<CreditValue, Wrong> {
    // A number is checked for exactness, a grade is any text.
    let text = match cell {
        super::table::Cell::Text(text) => text.trim().to_owned(),
        number => value::decimal(number, Unit::Plain)?.to_string(),
    };
    if text.contains([';', '；']) {
        let parts = value::list(&text).into_iter().map(str::to_owned);
        return Ok(CreditValue::OfMembers(parts.collect()));
    }
    let narrow = text.chars().map(value::narrow).collect();
    Ok(CreditValue::Of(narrow))
}

fn read_technical(table: &Table, bids: &mut [Bid], problems: &mut Problems, places: &mut Places) {
    let known = &[Column::Bidder, Column::Item];
    let Some((grid, rows)) = headings(table, known, true, &[Column::Bidder], problems) else {
        return;
    };
    let rows: Vec<&Row> = rows.collect();
    let members = scoring(&grid, &rows);
    let index: BTreeMap<String, usize> = indexes(bids);
    for row in rows {
        let reader = Reading {
            table,
            grid: &grid,
            row,
        };
        let Some(bid) = owner(&reader, &index, problems) else {
            continue;
        };
        let item = reader.take(Column::Item, value::text, problems);
        let item = item.unwrap_or_default();
        let Some(scores) = reader.scores(members, problems) else {
            continue;
        };
        let place = table.row_place(row.number);
        if places
            .technical_rows
            .insert((bid, item.clone()), row.number)
            .is_some()
        {
            let message = format!(
                "the scores of \"{}\" for \"{item}\" stand in two rows",
                bids[bid].bidder
            );
            problems.push("row-twice", place, message);
            continue;
        }
        let clash = match (&mut bids[bid].technical, item.is_empty()) {
            (slot @ None, true) => {
                *slot = Some(TechnicalScores::Whole(scores));
                false
            }
            (slot @ None, false) => {
                *slot = Some(TechnicalScores::ByItem(BTreeMap::from([(item, scores)])));
                false
            }
            (Some(TechnicalScores::ByItem(items)), false) => items.insert(item, scores).is_some(),
            _ => true,
        };
        if clash {
            let message = format!(
                "\"{}\" has scores for the whole and scores by item; keep one kind",
                bids[bid].bidder
            );
            problems.push("row-twice", place, message);
        }
    }
    places.technical = grid;
}

fn read_reasons(table: &Table, bids: &mut [Bid], problems: &mut Problems) {
    let known = &[
        Column::Bidder,
        Column::Item,
        Column::MemberNumber,
        Column::Reason,
    ];
    let wanted = [Column::Bidder, Column::MemberNumber, Column::Reason];
    let Some((grid, rows)) = headings(table, known, false, &wanted, problems) else {
        return;
    };
    let index: BTreeMap<String, usize> = indexes(bids);
    for row in rows {
        let reader = Reading {
            table,
            grid: &grid,
            row,
        };
        let Some(bid) = owner(&reader, &index, problems) else {
            continue;
        };
        let item = reader.take(Column::Item, value::text, problems);
        let member = reader.take(Column::MemberNumber, value::count, problems);
        let text = reader.take(Column::Reason, value::text, problems);
        let (Some(member), Some(text)) = (member, text) else {
            let message = "a reason needs the member's number and a text";
            problems.push("cell-missing", table.row_place(row.number), message);
            continue;
        };
        let from_zero = member
            .checked_sub(1)
            .and_then(|member| u32::try_from(member).ok());
        let Some(member) = from_zero else {
            let message = "members are counted from 1";
            let place = grid.place(row.number, Column::MemberNumber);
            problems.push("cell-number", place, message);
            continue;
        };
        bids[bid].reasons.push(Reason { item, member, text });
    }
}

fn indexes(bids: &[Bid]) -> BTreeMap<String, usize> {
    let bidders = bids.iter().map(|bid| bid.bidder.clone());
    bidders.zip(0..).collect()
}

/// The bid that a row of scores or reasons belongs to.
fn owner(
    reader: &Reading<'_>,
    index: &BTreeMap<String, usize>,
    problems: &mut Problems,
) -> Option<usize> {
    let bidder = reader.bidder(problems)?;
    let found = index.get(&bidder).copied();
    if found.is_none() {
        let message =
            format!("\"{bidder}\" is not among the bids; is the name the same to the letter?");
        let place = reader.table.place(
            reader.row.number,
            reader.grid.at(Column::Bidder).unwrap_or_default(),
            "",
        );
        problems.push("bidder-unknown", place, message);
    }
    found
}

/// What the columns of a table are for, and the rows below.
fn headings<'a>(
    table: &'a Table,
    known: &[Column],
    members: bool,
    wanted: &[Column],
    problems: &mut Problems,
) -> Option<(Grid, impl Iterator<Item = &'a Row> + use<'a>)> {
    let names = |columns: &[Column]| {
        let names = columns
            .iter()
            .map(|column| heading::Headings::Both.column(*column));
        names.collect::<Vec<_>>().join(", ")
    };
    let Some(at) = heading::find_headings(table, heading::column, wanted) else {
        let message = format!(
            "no row of headings was found; it needs the columns: {}",
            names(wanted)
        );
        problems.push("column-missing", table.whole(), message);
        return None;
    };
    for row in table.rows[..at].iter().filter(|row| !row.is_remark()) {
        for (column, cell) in &row.cells {
            if let super::table::Cell::Text(text) = cell
                && let Some(unit) = heading::title_unit(text)
            {
                let message = format!(
                    "\"{}\" says that amounts are in {unit}; give them in yuan, and remove the title or begin its row with #",
                    text.trim()
                );
                problems.push("column-unit", table.place(row.number, *column, ""), message);
            }
        }
    }
    let row = &table.rows[at];
    let mut columns: Vec<(Column, u32, String)> = Vec::new();
    for (place, cell) in &row.cells {
        let text = value::text(cell).unwrap_or_default();
        let here = table.place(row.number, *place, "");
        if let Some(unit) = heading::other_unit(&text) {
            let message =
                format!("\"{text}\" is given in {unit}; give amounts in yuan and shares of one");
            problems.push("column-unit", here, message);
            continue;
        }
        match heading::column(&text) {
            Some(Column::Ignored) => {}
            Some(column) if known.contains(&column) || (members && is_member(column)) => {
                if columns.iter().any(|(one, ..)| *one == column) {
                    let message = format!("\"{text}\" is the second column of its kind");
                    problems.push("column-twice", here, message);
                } else {
                    columns.push((column, *place, text));
                }
            }
            _ => {
                let member = if members {
                    ", 评委1 / member 1, …"
                } else {
                    ""
                };
                let message = format!(
                    "the column \"{text}\" is not known here; known are: {}{member}; begin its heading with # to keep it as a remark",
                    names(known)
                );
                problems.push("column-unknown", here, message);
            }
        }
    }
    let grid = Grid::new(table, columns);
    for ((number, at), expected) in grid.members().iter().zip(1..) {
        if *number != expected {
            let message =
                format!("members are numbered from 1 without a gap; member {expected} is missing");
            problems.push("column-missing", table.place(row.number, *at, ""), message);
            break;
        }
    }
    let below = || {
        table
            .rows
            .iter()
            .skip(at + 1)
            .filter(|row| !row.is_remark())
    };
    for row in below() {
        let headed = |column: u32| table.rows[at].cell(column).is_some();
        if let Some((column, _)) = row.cells.iter().find(|(column, _)| !headed(*column)) {
            let message =
                "there is a value below no heading; give its column a heading, or remove it";
            problems.push(
                "column-unknown",
                table.place(row.number, *column, ""),
                message,
            );
        }
    }
    // A row that holds nothing but its number is empty.
    let used: Vec<u32> = grid.columns.iter().map(|(_, at, _)| *at).collect();
    let rows = table.rows.iter().skip(at + 1).filter(move |row| {
        !row.is_remark() && row.cells.iter().any(|(column, _)| used.contains(column))
    });
    Some((grid, rows))
}

fn is_member(column: Column) -> bool {
    matches!(column, Column::Member(_))
}
