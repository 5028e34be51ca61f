//! Writes a result: the bids by rank, the calculation step by step, and the case that it is made from, so
//! that the file can be evaluated again.

use std::path::Path;

use evaluation::explain::Step;
use evaluation::{Case, Outcome};
use serde_json::Value;

use super::book::{self, Heading, Out, Page};
use super::heading::{Column, Headings, Sheet};
use super::{Format, case_pages, delimited};
use crate::failure::Failure;

/// Says a step in words.
pub type Sentence<'a> = dyn Fn(&Step) -> Option<String> + 'a;

/// Columns of a result with their members of `kaibiao-result/1`.
pub const MEMBERS: &[(Column, &str)] = &[
    (Column::Rank, "rank"),
    (Column::Bidder, "bidder"),
    (Column::Price, "price"),
    (Column::EvaluatedPrice, "evaluated_price"),
    (Column::Deviation, "deviation_percent"),
    (Column::PriceScore, "price_score"),
    (Column::TechnicalScore, "technical"),
    (Column::CreditScore, "credit"),
    (Column::Total, "total"),
    (Column::Status, "status"),
    (Column::Rejected, "reason"),
    (Column::Flags, "flags"),
];

/// Values of the whole result that stand above the ranking, with their names.
pub const ABOVE: &[(&str, &str, &str)] = &[
    ("benchmark", "评标基准价", "benchmark"),
    ("award_price", "发包价", "award price"),
    ("winner", "第一名", "first rank"),
    ("tied", "并列第一", "tied for the first rank"),
];

/// Writes a result to a new file, as its name says: `.json`, `.xlsx` or `.csv` (the ranking alone).
///
/// # Errors
/// The file exists, or cannot be written.
pub fn write_result(
    path: &Path,
    case: &Case,
    outcome: &Outcome,
    headings: impl Into<Headings>,
    sentence: &Sentence<'_>,
) -> Result<(), Failure> {
    let headings = headings.into();
    let failed = |error: &dyn std::fmt::Display| {
        Failure::failed("table-not-written", format!("{}: {error}", path.display()))
    };
    let bytes = match Format::of(path)? {
        Format::Json => {
            let mut bytes = serde_json::to_vec_pretty(outcome).map_err(|error| failed(&error))?;
            bytes.push(b'\n');
            bytes
        }
        Format::Csv => {
            let page = ranking(case, &members(outcome)?, headings);
            delimited::write(&book::records(&page)).map_err(|error| failed(&error))?
        }
        Format::Xlsx => {
            let mut pages = vec![
                ranking(case, &members(outcome)?, headings),
                calculation(outcome, headings, sentence)?,
            ];
            pages.extend(case_pages::pages(case, headings)?);
            book::workbook(&pages).map_err(|error| failed(&error))?
        }
        Format::Ods => {
            let message = format!("{}: .ods is read, but not written", path.display());
            return Err(Failure::input("format-unknown", message).hint("Name an .xlsx file."));
        }
    };
    crate::desk::write_new(path, &bytes)
}

/// The result without its steps.
pub fn members(outcome: &Outcome) -> Result<Value, Failure> {
    let mut value =
        serde_json::to_value(outcome).map_err(|error| Failure::failed("output", error))?;
    if let Value::Object(members) = &mut value {
        members.remove("explanation");
    }
    Ok(value)
}

/// The bids by rank.
fn ranking(case: &Case, result: &Value, headings: Headings) -> Page {
    let none = Vec::new();
    let bids = result["bids"].as_array().unwrap_or(&none);
    let mut rows: Vec<(u64, usize, Vec<Out>)> = Vec::new();
    let is_used = |member: &str| {
        matches!(member, "rank" | "bidder" | "price")
            || bids.iter().any(|bid| !bid[member].is_null())
    };
    let columns: Vec<_> = MEMBERS
        .iter()
        .filter(|(_, member)| is_used(member))
        .collect();
    for (index, bid) in bids.iter().enumerate() {
        let cells = columns.iter().map(|(column, member)| match column {
            Column::Price => case
                .bids
                .get(index)
                .map_or(Out::Empty, |bid| Out::money(&bid.price.to_string())),
            Column::EvaluatedPrice => {
                text(&bid[member]).map_or(Out::Empty, |text| Out::money(&text))
            }
            Column::Bidder | Column::Status | Column::Rejected => {
                text(&bid[member]).map_or(Out::Empty, Out::Text)
            }
            Column::Flags => flags(&bid[member]),
            _ => text(&bid[member]).map_or(Out::Empty, |text| Out::number(&text)),
        });
        let rank = bid["rank"].as_u64().unwrap_or(u64::MAX);
        rows.push((rank, index, cells.collect()));
    }
    rows.sort_by_key(|(rank, index, _)| (*rank, *index));
    let above = ABOVE.iter().filter_map(|(member, zh, en)| {
        let value = match &result[member] {
            Value::Null => return None,
            Value::Array(names) => Out::Text(
                names
                    .iter()
                    .filter_map(Value::as_str)
                    .collect::<Vec<_>>()
                    .join(";"),
            ),
            value if matches!(*member, "benchmark" | "award_price") => Out::money(&text(value)?),
            value => Out::Text(text(value)?),
        };
        Some(vec![Out::Text(headings.choose(zh, en)), value])
    });
    let mut above: Vec<Vec<Out>> = above.collect();
    above.push(Vec::new());
    let heading = |(column, _): &&(Column, &str)| {
        let width = match column {
            Column::Bidder | Column::Price | Column::EvaluatedPrice => 24,
            Column::Flags | Column::Rejected => 30,
            _ => 18,
        };
        Heading::new(headings.result_column(*column), width)
    };
    Page {
        name: headings.sheet(Sheet::Ranking),
        above,
        columns: columns.iter().map(heading).collect(),
        rows: rows.into_iter().map(|(.., cells)| cells).collect(),
        frozen_columns: 2,
    }
}

fn text(value: &Value) -> Option<String> {
    match value {
        Value::Null => None,
        Value::String(text) => Some(text.clone()),
        other => Some(other.to_string()),
    }
}

/// `reason-missing plan 3`: kind, item, and the member counted from 1.
fn flags(value: &Value) -> Out {
    let Some(flags) = value.as_array().filter(|flags| !flags.is_empty()) else {
        return Out::Empty;
    };
    let said = flags.iter().map(|flag| {
        let kind = flag["kind"].as_str().unwrap_or_default();
        let item = flag["item"]
            .as_str()
            .map_or_else(String::new, |item| format!(" {item}"));
        let member = flag["member"]
            .as_u64()
            .map_or_else(String::new, |member| format!(" {}", member + 1));
        format!("{kind}{item}{member}")
    });
    Out::Text(said.collect::<Vec<_>>().join("; "))
}

/// The calculation, one step in a row.
fn calculation(
    outcome: &Outcome,
    headings: Headings,
    sentence: &Sentence<'_>,
) -> Result<Page, Failure> {
    let mut rows = Vec::new();
    for step in outcome.explanation() {
        let value =
            serde_json::to_value(&step).map_err(|error| Failure::failed("output", error))?;
        let member = |name: &str| text(&value[name]).map_or(Out::Empty, Out::Text);
        rows.push(vec![
            member("id"),
            sentence(&step).map_or(Out::Empty, shortened),
            result_cell(&value["value"]),
            member("rounding"),
            member("formula"),
            inputs(&value["inputs"]),
        ]);
    }
    let columns = [
        ("步骤", "step", 32),
        ("说明", "in words", 90),
        ("结果", "value", 20),
        ("舍入", "rounding", 14),
        ("公式", "formula", 28),
        ("输入", "inputs", 80),
    ];
    Ok(Page {
        name: headings.sheet(Sheet::Calculation),
        columns: columns
            .into_iter()
            .map(|(zh, en, width)| Heading::new(headings.choose(zh, en), width))
            .collect(),
        rows,
        frozen_columns: 1,
        ..Page::default()
    })
}

fn result_cell(value: &Value) -> Out {
    match value {
        Value::Null => Out::Empty,
        Value::Array(list) => {
            let list: Vec<String> = list.iter().filter_map(text).collect();
            shortened(list.join(", "))
        }
        // A name that looks like a number is shown as one; it is not read again.
        other => text(other).map_or(Out::Empty, |text| Out::number(&text)),
    }
}

fn inputs(value: &Value) -> Out {
    let Value::Object(inputs) = value else {
        return Out::Empty;
    };
    let said = inputs.iter().map(|(name, value)| match value {
        Value::Array(list) => {
            let list: Vec<String> = list.iter().filter_map(text).collect();
            format!("{name} = {}", list.join(", "))
        }
        other => format!("{name} = {}", text(other).unwrap_or_default()),
    });
    shortened(said.collect::<Vec<_>>().join("; "))
}

/// A text that fits into a cell, which holds 32 767 characters; nobody reads ten thousand prices in one. The
/// JSON result has them all.
fn shortened(text: String) -> Out {
    const CHARACTERS_MAX: usize = 8_000;
    match text.char_indices().nth(CHARACTERS_MAX) {
        Some((end, _)) => Out::Text(format!("{} …", &text[..end])),
        None => Out::Text(text),
    }
}
