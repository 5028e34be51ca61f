//! Writes a case as a workbook, or its bids as CSV, and makes sure that nothing is lost: what is written is
//! read again and compared.

use evaluation::Case;
use evaluation::case::{Bid, CreditValue, TechnicalScores};
use serde_json::Value;

use super::arguments::CaseArguments;
use super::assemble::{Parts, assemble};
use super::book::{self, Heading, Out, Page};
use super::heading::{Column, Headings, Sheet};
use super::keys::Found;
use super::place::Places;
use super::problem::Problems;
use super::{bids, delimited, heading, sort, tender, workbook};
use crate::failure::Failure;

/// What a CSV file of bids does not hold.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NotKept(pub Vec<&'static str>);

/// A case as a workbook.
///
/// # Errors
/// A table cannot hold it exactly: names with space at their ends, for instance.
pub fn case_workbook(case: &Case, headings: Headings) -> Result<Vec<u8>, Failure> {
    let bytes = book::workbook(&pages(case, headings)?).map_err(|error| not_written(&error))?;
    let tables = workbook::read_xlsx(&bytes, heading::belongs_to_case)
        .map_err(|error| not_written(&error))?;
    let mut problems = Problems::default();
    let mut places = Places::default();
    let sorted = sort(&tables, &mut problems);
    let tender = match sorted.case {
        Some(table) => tender::Tender::read(table, &mut problems, &mut places),
        None => tender::Tender::default(),
    };
    let bids = bids::read(sorted.bids, &mut problems, &mut places);
    let parts = Parts {
        file: std::path::Path::new("the table"),
        arguments: &CaseArguments::default(),
        tender,
        bids,
    };
    let again = assemble(parts, problems, &places)?;
    match again == *case {
        true => Ok(bytes),
        false => Err(lost(case, &again)),
    }
}

/// The bids of a case as CSV, and what of the case is not in it.
///
/// # Errors
/// Scores by item and written reasons, which need sheets of their own.
pub fn case_csv(case: &Case, headings: Headings) -> Result<(Vec<u8>, NotKept), Failure> {
    let by_item = |bid: &Bid| matches!(bid.technical, Some(TechnicalScores::ByItem(_)));
    for (what, is_there) in [
        ("scores by item", case.bids.iter().any(by_item)),
        (
            "written reasons",
            case.bids.iter().any(|bid| !bid.reasons.is_empty()),
        ),
    ] {
        if is_there {
            let message = format!("a CSV file has one row for each bid and cannot hold {what}");
            return Err(Failure::input("table-loses", message).hint("Write a workbook (.xlsx)."));
        }
    }
    let page = bids_page(case, headings);
    let bytes = delimited::write(&book::records(&page)).map_err(|error| not_written(&error))?;
    let table = delimited::read(&bytes).map_err(|error| not_written(&error))?;
    let sources = bids::Sources {
        bids: Some(&table),
        ..bids::Sources::default()
    };
    let mut problems = Problems::default();
    let again = bids::read(sources, &mut problems, &mut Places::default());
    // No bids at all are no mistake here.
    if !case.bids.is_empty() {
        problems.into_result(std::path::Path::new("the table"))?;
    }
    if again != case.bids {
        let again = Case {
            bids: again,
            ..case.clone()
        };
        return Err(lost(case, &again));
    }
    let kept = [
        "the method and what was drawn",
        "control price and other amounts",
        "the rules of price, technical and credit scores",
    ];
    Ok((bytes, NotKept(kept.to_vec())))
}

/// The sheets of a case.
pub fn pages(case: &Case, headings: Headings) -> Result<Vec<Page>, Failure> {
    let mut pages = vec![tender_page(case, headings)?, bids_page(case, headings)];
    pages.extend(technical_page(case, headings));
    pages.extend(reasons_page(case, headings));
    Ok(pages)
}

/// Keys and values of everything but the bids.
fn tender_page(case: &Case, headings: Headings) -> Result<Page, Failure> {
    // Thousands of bids need not become JSON for it.
    let bare = Case {
        bids: Vec::new(),
        ..case.clone()
    };
    let value = serde_json::to_value(bare).map_err(|error| not_written(&error))?;
    let rows = tender::flatten(&value).into_iter();
    Ok(key_page(
        rows.map(|(found, out)| (found, out, String::new())),
        headings,
    ))
}

/// A sheet of keys, values and remarks.
pub fn key_page(rows: impl Iterator<Item = (Found, Out, String)>, headings: Headings) -> Page {
    let rows = rows.map(|(found, out, remark)| {
        let key = headings.choose(&found.zh(), &found.path());
        vec![Out::Text(key), out, remark_cell(remark)]
    });
    Page {
        name: headings.sheet(Sheet::Case),
        columns: vec![
            Heading::new(headings.choose("项目", "key"), 44),
            Heading::new(headings.choose("值", "value"), 24),
            Heading::new(headings.choose("说明", "note"), 80),
        ],
        rows: rows.collect(),
        ..Page::default()
    }
}

fn remark_cell(remark: String) -> Out {
    match remark.as_str() {
        "" => Out::Empty,
        _ => Out::Text(remark),
    }
}

/// One row for each bid.
pub fn bids_page(case: &Case, headings: Headings) -> Page {
    let bids = &case.bids;
    let members = bids.iter().map(|bid| whole(bid).len()).max().unwrap_or(0);
    let mut columns = vec![(Column::Bidder, 28), (Column::Price, 18)];
    let optional = [
        (
            Column::ReadOutPrice,
            18,
            bids.iter().any(|bid| bid.read_out_price.is_some()),
        ),
        (
            Column::Credit,
            12,
            bids.iter().any(|bid| bid.credit.is_some()),
        ),
        (
            Column::Deduction,
            12,
            bids.iter().any(|bid| bid.deduction.is_some()),
        ),
        (
            Column::Adjustments,
            18,
            bids.iter().any(|bid| bid.adjustments.is_some()),
        ),
    ];
    let used = optional.into_iter().filter(|(.., is_used)| *is_used);
    columns.extend(used.map(|(column, width, _)| (column, width)));
    columns.extend(
        (1..)
            .take(members)
            .map(|number| (Column::Member(number), 10)),
    );
    if bids.iter().any(|bid| bid.rejected.is_some()) {
        columns.push((Column::Rejected, 24));
    }
    let rows = bids.iter().map(|bid| {
        let cells = columns.iter().map(|(column, _)| bid_cell(bid, *column));
        cells.collect()
    });
    let heading = |(column, width): &(Column, u16)| Heading::new(headings.column(*column), *width);
    Page {
        name: headings.sheet(Sheet::Bids),
        columns: columns.iter().map(heading).collect(),
        rows: rows.collect(),
        frozen_columns: 1,
        ..Page::default()
    }
}

fn bid_cell(bid: &Bid, column: Column) -> Out {
    match column {
        Column::Bidder => Out::Text(bid.bidder.clone()),
        Column::Price => Out::money(&bid.price.to_string()),
        Column::ReadOutPrice => bid
            .read_out_price
            .map_or(Out::Empty, |price| Out::money(&price.to_string())),
        Column::Credit => match &bid.credit {
            None => Out::Empty,
            Some(CreditValue::Of(text)) => Out::number(text),
            Some(CreditValue::OfMembers(members)) => Out::Text(list(members)),
        },
        Column::Deduction => bid
            .deduction
            .map_or(Out::Empty, |share| Out::number(&share.to_string())),
        Column::Adjustments => match bid.adjustments.as_deref() {
            None => Out::Empty,
            Some([one]) => Out::number(&one.to_string()),
            Some(several) => {
                let texts: Vec<String> = several.iter().map(ToString::to_string).collect();
                Out::Text(list(&texts))
            }
        },
        Column::Member(number) => {
            let at = usize::try_from(number).map_or(0, |number| number - 1);
            let score = whole(bid).get(at);
            score.map_or(Out::Empty, |score| Out::number(&score.to_string()))
        }
        Column::Rejected => bid.rejected.clone().map_or(Out::Empty, Out::Text),
        _ => Out::Empty,
    }
}

/// The parts of a list with semicolons between them; a list of fewer than two ends in one.
fn list(parts: &[String]) -> String {
    let end = if parts.len() < 2 { ";" } else { "" };
    format!("{}{end}", parts.join(";"))
}

fn whole(bid: &Bid) -> &[evaluation::Decimal] {
    match &bid.technical {
        Some(TechnicalScores::Whole(scores)) => scores,
        _ => &[],
    }
}

/// One row for each bid and item; none if there are no scores by item.
fn technical_page(case: &Case, headings: Headings) -> Option<Page> {
    let by_item = |bid: &Bid| match &bid.technical {
        Some(TechnicalScores::ByItem(items)) => Some((bid.bidder.clone(), items.clone())),
        _ => None,
    };
    let bids: Vec<_> = case.bids.iter().filter_map(by_item).collect();
    let members = bids
        .iter()
        .flat_map(|(_, items)| items.values().map(Vec::len))
        .max()?;
    let mut rows = Vec::new();
    for (bidder, items) in bids {
        for (item, scores) in items {
            let scores = scores.iter().map(|score| Out::number(&score.to_string()));
            let names = [Out::Text(bidder.clone()), Out::Text(item)];
            rows.push(names.into_iter().chain(scores).collect());
        }
    }
    Some(scores_page(rows, members, headings))
}

/// A sheet of scores by item.
pub fn scores_page(rows: Vec<Vec<Out>>, members: usize, headings: Headings) -> Page {
    let mut columns = vec![
        Heading::new(headings.column(Column::Bidder), 28),
        Heading::new(headings.column(Column::Item), 20),
    ];
    let numbers = (1..).take(members);
    columns.extend(numbers.map(|number| {
        Heading::new(headings.column(Column::Member(number)), 12).entry(book::Entry::Number)
    }));
    Page {
        name: headings.sheet(Sheet::Technical),
        columns,
        rows,
        frozen_columns: 2,
        ..Page::default()
    }
}

/// One row for each written reason; none if there are none.
fn reasons_page(case: &Case, headings: Headings) -> Option<Page> {
    let mut rows = Vec::new();
    for bid in &case.bids {
        for reason in &bid.reasons {
            rows.push(vec![
                Out::Text(bid.bidder.clone()),
                reason.item.clone().map_or(Out::Empty, Out::Text),
                Out::number(&(u64::from(reason.member) + 1).to_string()),
                Out::Text(reason.text.clone()),
            ]);
        }
    }
    let columns = [
        (Column::Bidder, 28),
        (Column::Item, 20),
        (Column::MemberNumber, 12),
        (Column::Reason, 60),
    ];
    (!rows.is_empty()).then(|| Page {
        name: headings.sheet(Sheet::Reasons),
        columns: columns
            .into_iter()
            .map(|(column, width)| Heading::new(headings.column(column), width))
            .collect(),
        rows,
        ..Page::default()
    })
}

fn not_written(error: &dyn std::fmt::Display) -> Failure {
    Failure::failed(
        "table-not-written",
        format!("the table cannot be written: {error}"),
    )
}

/// A table that would not give back the case.
fn lost(case: &Case, again: &Case) -> Failure {
    let value = |case: &Case| serde_json::to_value(case).unwrap_or_default();
    let pointer = difference(&value(case), &value(again), String::new());
    let message = format!("a table cannot hold {pointer} exactly as it is");
    Failure::input("table-loses", message).at(pointer)
}

/// The first place where two values differ.
fn difference(left: &Value, right: &Value, at: String) -> String {
    match (left, right) {
        (Value::Object(one), Value::Object(other)) => {
            let names = one.keys().chain(other.keys());
            let found = names
                .into_iter()
                .find(|name| one.get(*name) != other.get(*name));
            match found {
                Some(name) => difference(&left[name], &right[name], format!("{at}/{name}")),
                None => at,
            }
        }
        (Value::Array(one), Value::Array(other)) => {
            let found =
                (0..one.len().max(other.len())).find(|index| one.get(*index) != other.get(*index));
            match found {
                Some(index) => difference(&left[index], &right[index], format!("{at}/{index}")),
                None => at,
            }
        }
        _ => at,
    }
}
