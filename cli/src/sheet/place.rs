//! From a JSON pointer into a case back to the cell that the value came from.

use std::collections::BTreeMap;

use super::heading::Column;
use super::problem::Place;
use super::table::Table;

/// A table with what its columns are for.
#[derive(Clone, Debug, Default)]
pub struct Grid {
    /// Name of the sheet.
    pub sheet: Option<String>,
    /// Each column: what it is for, where it is from 0, what stands above it.
    pub columns: Vec<(Column, u32, String)>,
}

/// Where everything in a case was read.
#[derive(Clone, Debug, Default)]
pub struct Places {
    /// The sheet of bids.
    pub bids: Grid,
    /// The row of each bid.
    pub bid_rows: Vec<u32>,
    /// The sheet of scores.
    pub technical: Grid,
    /// Its rows, by bid and item (empty for the whole).
    pub technical_rows: BTreeMap<(usize, String), u32>,
    /// The cell of each value of the case sheet, by pointer.
    pub values: BTreeMap<String, Place>,
}

impl Grid {
    /// The grid of a table.
    pub fn new(table: &Table, columns: Vec<(Column, u32, String)>) -> Grid {
        Grid {
            sheet: table.name.clone(),
            columns,
        }
    }

    /// Where a column is, from 0.
    pub fn at(&self, column: Column) -> Option<u32> {
        self.find(column).map(|(_, at, _)| *at)
    }

    /// A cell of a column.
    pub fn place(&self, row: u32, column: Column) -> Place {
        let found = self.find(column);
        Place {
            sheet: self.sheet.clone(),
            row: Some(row),
            column: found.map(|(_, at, _)| *at),
            heading: found.map(|(.., heading)| heading.clone()),
        }
    }

    /// The columns of members, by number.
    pub fn members(&self) -> Vec<(u32, u32)> {
        let members = self
            .columns
            .iter()
            .filter_map(|(column, at, _)| match column {
                Column::Member(number) => Some((*number, *at)),
                _ => None,
            });
        let mut members: Vec<_> = members.collect();
        members.sort_unstable();
        members
    }

    fn find(&self, column: Column) -> Option<&(Column, u32, String)> {
        self.columns.iter().find(|(one, ..)| *one == column)
    }
}

impl Places {
    /// The place of what a pointer points to, or of what it is a part of.
    pub fn locate(&self, pointer: &str) -> Option<Place> {
        let mut parts = pointer.split('/').skip(1);
        if parts.next() == Some("bids") {
            let bid: usize = parts.next()?.parse().ok()?;
            let rest: Vec<String> = parts.map(unescape).collect();
            return self.locate_in_bid(bid, &rest);
        }
        let mut pointer = pointer;
        loop {
            if let Some(place) = self.values.get(pointer) {
                return Some(place.clone());
            }
            pointer = pointer.rsplit_once('/')?.0;
        }
    }

    fn locate_in_bid(&self, bid: usize, rest: &[String]) -> Option<Place> {
        let row = *self.bid_rows.get(bid)?;
        let column = match rest.first().map(String::as_str) {
            Some("technical") => return self.locate_score(bid, row, rest.get(1..)?),
            Some("price") => Column::Price,
            Some("read_out_price") => Column::ReadOutPrice,
            Some("credit") => Column::Credit,
            Some("deduction") => Column::Deduction,
            Some("adjustments") => Column::Adjustments,
            Some("rejected") => Column::Rejected,
            _ => Column::Bidder,
        };
        let column = self.bids.at(column).map_or(Column::Bidder, |_| column);
        Some(self.bids.place(row, column))
    }

    fn locate_score(&self, bid: usize, bid_row: u32, rest: &[String]) -> Option<Place> {
        let member = |text: &String| text.parse().ok().map(|from_zero: u32| from_zero + 1);
        let column = |text: Option<&String>| text.and_then(member).map(Column::Member);
        let item = rest.first().cloned().unwrap_or_default();
        if let Some(row) = self.technical_rows.get(&(bid, item)) {
            let column = column(rest.get(1)).unwrap_or(Column::Item);
            return Some(self.technical.place(*row, column));
        }
        if let Some(row) = self.technical_rows.get(&(bid, String::new())) {
            let column = column(rest.first()).unwrap_or(Column::Bidder);
            return Some(self.technical.place(*row, column));
        }
        let column = column(rest.first()).filter(|column| self.bids.at(*column).is_some());
        Some(self.bids.place(bid_row, column.unwrap_or(Column::Bidder)))
    }
}

/// One segment of a JSON pointer, escaped as RFC 6901 says.
pub fn escape(text: &str) -> String {
    text.replace('~', "~0").replace('/', "~1")
}

fn unescape(text: &str) -> String {
    text.replace("~1", "/").replace("~0", "~")
}
