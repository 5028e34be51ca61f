//! What sheets and columns are for, and how people write their names.

use super::names::{COLUMNS, NO_REASONS, Named, RESULT_COLUMNS, SHEETS, SUMS};
use super::table::{Cell, Row, Table};
use super::value::narrow;

/// What a sheet is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Sheet {
    /// One row for each bid.
    Bids,
    /// One row for each bid and item, with the members' scores.
    Technical,
    /// One row for each written reason.
    Reasons,
    /// Keys and values: the tender and its rules.
    Case,
    /// Of a result: the bids by rank.
    Ranking,
    /// Of a result: the steps.
    Calculation,
    /// Notes for people.
    Notes,
}

/// What a column of bids, scores, reasons or ranks is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Column {
    /// Id of the bidder.
    Bidder,
    /// The price.
    Price,
    /// The price as it was read out.
    ReadOutPrice,
    /// Credit value or grade.
    Credit,
    /// Policy deduction of government procurement.
    Deduction,
    /// Signed adjustments of the review.
    Adjustments,
    /// Why the review rejected the bid.
    Rejected,
    /// Score of the member of this number, from 1.
    Member(u32),
    /// A technical item.
    Item,
    /// Number of a member, from 1.
    MemberNumber,
    /// A written reason.
    Reason,
    /// Of a result: the rank.
    Rank,
    /// Of a result: the price that was compared.
    EvaluatedPrice,
    /// Of a result: from the benchmark, in percent.
    Deviation,
    /// Of a result: points for the price.
    PriceScore,
    /// Of a result: points of the technical part.
    TechnicalScore,
    /// Of a result: credit points.
    CreditScore,
    /// Of a result: the sum.
    Total,
    /// Of a result: rejected or not shortlisted.
    Status,
    /// Of a result: what stands out.
    Flags,
    /// Row numbers and remarks.
    Ignored,
}

/// In which language headings are written.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, clap::ValueEnum)]
pub enum Headings {
    /// 中文.
    Zh,
    /// English.
    En,
    /// Chinese and English, one behind the other.
    #[default]
    Both,
}

impl Headings {
    /// A heading in this language.
    pub fn choose(self, zh: &str, en: &str) -> String {
        match self {
            Headings::Zh => zh.to_owned(),
            Headings::En => en.to_owned(),
            Headings::Both => format!("{zh} / {en}"),
        }
    }

    /// The heading of a column of bids, scores or reasons.
    pub fn column(self, column: Column) -> String {
        if let Column::Member(number) = column {
            return self.choose(&format!("评委{number}"), &format!("member {number}"));
        }
        self.named(COLUMNS, column)
    }

    /// The heading of a column of a result.
    pub fn result_column(self, column: Column) -> String {
        self.named(RESULT_COLUMNS, column)
    }

    /// The name of a sheet. A slash is not allowed there.
    pub fn sheet(self, sheet: Sheet) -> String {
        self.named(SHEETS, sheet).replace(" / ", " ")
    }

    fn named<T: PartialEq>(self, table: &[Named<T>], what: T) -> String {
        let found = table.iter().find(|(one, ..)| *one == what);
        found.map_or_else(String::new, |(_, zh, en, _)| self.choose(zh, en))
    }
}

/// What a sheet of this name is for.
pub fn sheet(name: &str) -> Option<Sheet> {
    either(name, |part| {
        let exact = find(SHEETS, part);
        exact.or_else(|| is_remark(name).then_some(Sheet::Notes))
    })
}

/// Whether a sheet of this name may hold a part of a case. A result has sheets that do not.
pub fn belongs_to_case(name: &str) -> bool {
    let kind = sheet(name);
    !matches!(
        kind,
        Some(Sheet::Ranking | Sheet::Calculation | Sheet::Notes)
    )
}

/// Whether a sheet of this name may hold a ranking.
pub fn may_rank(name: &str) -> bool {
    matches!(sheet(name), None | Some(Sheet::Ranking | Sheet::Bids))
}

/// What a column of bids, scores or reasons is for.
pub fn column(heading: &str) -> Option<Column> {
    either(heading, |part| find(COLUMNS, part).or_else(|| member(part)))
        .or_else(|| is_remark(heading).then_some(Column::Ignored))
}

/// What a column of a result is for.
pub fn result_column(heading: &str) -> Option<Column> {
    either(heading, |part| find(RESULT_COLUMNS, part))
}

/// All sheets that are understood, for messages.
pub fn known_sheets() -> String {
    let names = SHEETS.iter().map(|(_, zh, en, _)| format!("{zh} ({en})"));
    names.collect::<Vec<_>>().join(", ")
}

/// Whether a name sums up rows or states a limit instead of naming a bidder.
pub fn sums_up(name: &str) -> bool {
    either(name.trim_end().trim_end_matches([':', '：']), |part| {
        SUMS.contains(&part).then_some(())
    })
    .is_some()
}

/// Whether a text in the column of rejections gives no reason: a dash, 否, none.
pub fn is_no_reason(text: &str) -> bool {
    NO_REASONS.contains(&normal(text).as_str()) || !text.chars().any(char::is_alphanumeric)
}

/// The unit of a title above the headings that says that the amounts below are not in yuan: 单位：万元.
pub fn title_unit(title: &str) -> Option<&'static str> {
    let text = normal(title);
    let stated = |unit: &str| {
        let after = text.split("单位").skip(1);
        let mut after = after.map(|part| part.trim_start_matches([':', '：', '为', '(']));
        after.any(|part| part.trim_start_matches("人民币").starts_with(unit))
    };
    ["万元", "亿元", "千元"].into_iter().find(|unit| {
        text == *unit
            || text.contains(&format!("({unit})"))
            || text.contains(&format!("(人民币{unit})"))
            || stated(unit)
    })
}

/// A heading that says that its column is in another unit than yuan.
pub fn other_unit(heading: &str) -> Option<&'static str> {
    let text = normal(heading);
    ["万元", "亿元", "千元", "万", "%"]
        .into_iter()
        .find(|unit| text.ends_with(&format!("({unit})")))
}

/// The row with the headings among the first of a table, and what each of its columns is for: the first row
/// in which `wanted` columns are all there. Titles may stand above it.
pub fn find_headings(
    table: &Table,
    read: fn(&str) -> Option<Column>,
    wanted: &[Column],
) -> Option<usize> {
    const TITLE_ROWS_MAX: usize = 20;
    let has = |row: &Row, column: Column| {
        row.cells.iter().any(|(_, cell)| match cell {
            Cell::Text(text) => read(text) == Some(column),
            _ => false,
        })
    };
    table
        .rows
        .iter()
        .take(TITLE_ROWS_MAX)
        .position(|row| wanted.iter().all(|column| has(row, *column)))
}

/// Reads a name that may be given in both languages: "投标人 / bidder".
fn either<T: PartialEq>(text: &str, read: impl Fn(&str) -> Option<T>) -> Option<T> {
    if let Some(found) = read(&normal(text)) {
        return Some(found);
    }
    let halves = text.split_once(['/', '／', '\n', '|']);
    let halves = halves.or_else(|| text.trim().split_once(' '));
    let (first, second) = halves?;
    let (first, second) = (read(&normal(first))?, read(&normal(second))?);
    (first == second).then_some(first)
}

fn find<T: Copy>(table: &[Named<T>], text: &str) -> Option<T> {
    let fits = |name: &str| normal(name) == text;
    let found = table
        .iter()
        .find(|(_, zh, en, others)| fits(zh) || fits(en) || others.iter().any(|other| fits(other)));
    found.map(|(what, ..)| *what)
}

/// `member 3`, `评委3`, `专家三`.
fn member(text: &str) -> Option<Column> {
    let number = ["member", "评委", "专家", "expert", "judge", "评委会成员"]
        .into_iter()
        .find_map(|prefix| text.strip_prefix(prefix))?;
    let number = match number {
        "一" => 1,
        "二" => 2,
        "三" => 3,
        "四" => 4,
        "五" => 5,
        "六" => 6,
        "七" => 7,
        "八" => 8,
        "九" => 9,
        digits => digits.parse().ok().filter(|number| *number > 0)?,
    };
    Some(Column::Member(number))
}

fn is_remark(text: &str) -> bool {
    let text = text.trim();
    text.starts_with('#') || text.starts_with('＃') || text.starts_with("备注")
}

/// A heading without what people add to it: space, line ends, stars, units of yuan and points.
fn normal(text: &str) -> String {
    let text: String = text
        .chars()
        .map(|c| match narrow(c) {
            '（' => '(',
            '）' => ')',
            other => other,
        })
        .filter(|c| !c.is_whitespace() && *c != '_' && *c != '*')
        .collect();
    let text = text.to_lowercase();
    let unit = [
        "(元)",
        "(人民币元)",
        "(cny)",
        "(yuan)",
        "(分)",
        "(points)",
        "(%)",
    ];
    let bare = unit.iter().find_map(|unit| text.strip_suffix(unit));
    bare.unwrap_or(&text).to_owned()
}
