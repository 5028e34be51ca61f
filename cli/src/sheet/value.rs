//! From cells to values. No binary float gets further than this: a number is taken as its shortest decimal
//! text, and only if a spreadsheet keeps that many digits exactly.
//!
//! | in the cell | taken as |
//! |---|---|
//! | a number of at most 15 significant digits | its decimal text |
//! | a number of more digits | refused: round it, or format the cell as text |
//! | text: a plain decimal, also in full-width digits, with space around it | that decimal |
//! | text with thousands separators, units (元, 万元, %), signs +, ¥ | refused |
//! | a date, a truth value, a formula error, a formula without a value | refused, except dates where a date is asked for |
//! | a number shown in per cent | a share as it is held (97 % is 0.97); refused where per cents are asked for |

use evaluation::{Decimal, Money};

use super::table::{Cell, Number, Shown};

/// The most significant digits of which every one survives in a spreadsheet's binary numbers.
pub const EXACT_DIGITS_MAX: usize = 15;

/// Why a cell does not hold what is asked for: stable code, and what to do.
pub type Wrong = (&'static str, String);

/// What a number means.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Unit {
    /// A number of its own: a score, an amount.
    Plain,
    /// A share of one: 0.97.
    Share,
    /// Per cents: 20.
    Percent,
}

/// A name, a reason, a word.
pub fn text(cell: &Cell) -> Result<String, Wrong> {
    match cell {
        Cell::Text(text) => Ok(text.trim().to_owned()),
        // A bidder may be called 1001.
        Cell::Number(number) if !number.text.contains('.') => exact(number),
        Cell::Number(number) => Err((
            "cell-kind",
            format!(
                "holds the number {}, where text belongs: format the cell as text",
                number.text
            ),
        )),
        other => Err(unusable(other, "text")),
    }
}

/// A decimal number.
pub fn decimal(cell: &Cell, unit: Unit) -> Result<Decimal, Wrong> {
    digits(cell, unit)?
        .parse()
        .map_err(|error| ("cell-number", format!("{error}")))
}

/// An amount of money: above zero is the evaluation's business, two decimals are ours.
pub fn money(cell: &Cell) -> Result<Money, Wrong> {
    let text = digits(cell, Unit::Plain)?;
    let decimals = text.split_once('.').map_or("", |(_, behind)| behind);
    if decimals.trim_end_matches('0').len() > 2 {
        return Err((
            "cell-not-exact",
            format!("holds {text}, but an amount has at most 2 decimals: round it in the sheet"),
        ));
    }
    let kept = match text.split_once('.') {
        Some((whole, behind)) if behind.len() > 2 => format!("{whole}.{}", &behind[..2]),
        _ => text,
    };
    kept.parse()
        .map_err(|error| ("cell-number", format!("{error}")))
}

/// A whole number from 0.
pub fn count(cell: &Cell) -> Result<u64, Wrong> {
    let text = digits(cell, Unit::Plain)?;
    let whole = match text.split_once('.') {
        Some((whole, zeros)) if zeros.bytes().all(|byte| byte == b'0') => whole,
        _ => text.as_str(),
    };
    whole.parse().map_err(|_| {
        let message = format!("holds {text}, where a whole number from 0 belongs");
        ("cell-number", message)
    })
}

/// Yes or no.
pub fn flag(cell: &Cell) -> Result<bool, Wrong> {
    let word = match cell {
        Cell::Boolean(value) => return Ok(*value),
        Cell::Number(number) => number.text.clone(),
        Cell::Text(text) => text.trim().to_lowercase(),
        other => return Err(unusable(other, "yes or no")),
    };
    match word.as_str() {
        "yes" | "true" | "1" | "是" => Ok(true),
        "no" | "false" | "0" | "否" => Ok(false),
        other => Err((
            "cell-word",
            format!("holds \"{other}\", where yes (是) or no (否) belongs"),
        )),
    }
}

/// A day, `YYYY-MM-DD`.
pub fn day(cell: &Cell) -> Result<String, Wrong> {
    match cell {
        Cell::Date(date) => Ok(date.split('T').next().unwrap_or_default().to_owned()),
        other => text(other),
    }
}

/// The parts of a list, which are separated by semicolons; one at the end is no part of its own.
pub fn list(text: &str) -> Vec<&str> {
    let text = text.trim();
    let text = text.strip_suffix([';', '；']).unwrap_or(text);
    match text {
        "" => Vec::new(),
        text => text.split([';', '；']).map(str::trim).collect(),
    }
}

/// Decimal numbers separated by semicolons; a number cell is one of them.
pub fn decimals(cell: &Cell) -> Result<Vec<Decimal>, Wrong> {
    match cell {
        Cell::Text(text) => list(text)
            .into_iter()
            .map(|part| decimal(&Cell::Text(part.to_owned()), Unit::Plain))
            .collect(),
        other => Ok(vec![decimal(other, Unit::Plain)?]),
    }
}

/// The plain decimal text of a number.
fn digits(cell: &Cell, unit: Unit) -> Result<String, Wrong> {
    match cell {
        Cell::Text(text) => plain(text),
        Cell::Number(number) if number.shown == Shown::Percent && unit != Unit::Share => {
            let message = format!(
                "is shown in per cent and holds {}: format the cell as a number and type the number that is meant",
                number.text
            );
            Err(("cell-percent", message))
        }
        Cell::Number(number) => exact(number),
        other => Err(unusable(other, "a number")),
    }
}

fn exact(number: &Number) -> Result<String, Wrong> {
    let Number { text, shown } = number;
    if number.significant_digits() > EXACT_DIGITS_MAX {
        let message = format!(
            "holds {text}, which has more digits than a spreadsheet keeps exactly: round it in the sheet, or format the cell as text and type the number"
        );
        return Err(("cell-not-exact", message));
    }
    let behind = text.split_once('.').map_or(0, |(_, behind)| behind.len());
    Ok(match shown {
        // As it is seen: 0.970 stays 0.970.
        Shown::Decimals(decimals) if usize::from(*decimals) > behind => {
            let point = if behind == 0 { "." } else { "" };
            let zeros = "0".repeat(usize::from(*decimals) - behind);
            format!("{text}{point}{zeros}")
        }
        _ => text.clone(),
    })
}

/// A plain decimal in a text.
fn plain(text: &str) -> Result<String, Wrong> {
    let narrow: String = text.trim().chars().map(narrow).collect();
    let shape = narrow.strip_prefix('-').unwrap_or(&narrow);
    if !shape.is_empty() && shape.chars().all(|c| c.is_ascii_digit() || c == '.') {
        return Ok(narrow);
    }
    let advice = if narrow.contains([',', '，', '\'', ' ', '\u{a0}']) {
        "without separators"
    } else if narrow.contains('万') || narrow.contains('亿') {
        "in yuan, without a unit"
    } else if narrow.contains(['%', '‰']) {
        "without a percent sign (a share as 0.97, per cents as 20)"
    } else if narrow.contains(['元', '¥', '￥', '$', '₩']) || narrow.contains("分") {
        "without a unit"
    } else {
        "as digits and a point, such as 9520000.00"
    };
    let message = format!("holds \"{}\": write the number {advice}", text.trim());
    Err(("cell-number", message))
}

/// Full-width digits, point and minus become ordinary ones.
pub fn narrow(c: char) -> char {
    match c {
        '０'..='９' => char::from_digit(u32::from(c) - u32::from('０'), 10).unwrap_or(c),
        '．' => '.',
        '－' | '−' => '-',
        other => other,
    }
}

fn unusable(cell: &Cell, wanted: &str) -> Wrong {
    match cell {
        Cell::Date(date) => (
            "cell-kind",
            format!(
                "holds a date ({date}), where {wanted} belongs: format the cell as a number and type the value again"
            ),
        ),
        Cell::Boolean(value) => (
            "cell-kind",
            format!("holds a truth value ({value}), where {wanted} belongs"),
        ),
        Cell::Error(error) => (
            "cell-error",
            format!("holds the error {error}: mend the formula, or type the value"),
        ),
        Cell::Formula => (
            "cell-error",
            "holds a formula whose value is not in the file: open it in your spreadsheet program and save it, or type the value"
                .to_owned(),
        ),
        Cell::Text(_) | Cell::Number(_) => ("cell-kind", format!("does not hold {wanted}")),
    }
}
