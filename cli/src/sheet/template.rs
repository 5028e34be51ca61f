//! A workbook to fill in: what the rules leave open, and rows for bids and scores.

use evaluation::benchmark::{EvaluatedPrice, Kind, Method};
use evaluation::rules::RuleSet;
use evaluation::score::technical::Aggregate;

use super::book::{self, Entry, Heading, Out, Page};
use super::case_pages::{key_page, scores_page};
use super::heading::{Column, Headings, Sheet};
use super::keys;
use super::rules::{describe, values};
use crate::failure::Failure;

/// What kind of workbook is wanted.
#[derive(Clone, Debug)]
pub struct Form<'a> {
    /// The rules.
    pub rules: &'a RuleSet,
    /// How the workbook names them: `ready:ID`, or the name of a file beside it.
    pub reference: &'a str,
    /// Rows for so many bids.
    pub bidders: u32,
    /// Columns for so many members of the committee.
    pub members: u32,
    /// In which language.
    pub headings: Headings,
}

/// The workbook.
///
/// # Errors
/// The workbook cannot be written.
pub fn template(form: &Form<'_>) -> Result<Vec<u8>, Failure> {
    let mut pages = vec![tender(form), bids(form)];
    pages.extend(technical(form));
    pages.extend(reasons(form));
    pages.push(notes(form));
    book::workbook(&pages).map_err(|error| {
        Failure::failed(
            "table-not-written",
            format!("the workbook cannot be written: {error}"),
        )
    })
}

fn tender(form: &Form<'_>) -> Page {
    let rules = form.rules;
    let mut rows: Vec<(String, Out, String)> = Vec::new();
    let mut ask = |path: &str, value: Out, zh: &str, en: &str| {
        let note = form.headings.choose(zh, en);
        rows.push((path.to_owned(), value, note));
    };
    let title = rules.about.as_ref().map(|about| &about.title);
    let (zh, en) = title.map_or(("规则", "the rules"), |title| {
        (title.zh.as_str(), title.en.as_str())
    });
    ask(keys::RULES, Out::Text(form.reference.to_owned()), zh, en);
    match &rules.profile {
        Some(_) => {}
        None => ask(
            "profile",
            Out::Empty,
            "填写：below-threshold、cn-2017-tendering、cn-gov-procurement、suqian-2016 或 kr-floor-rate",
            "fill in: below-threshold, cn-2017-tendering, cn-gov-procurement, suqian-2016 or kr-floor-rate",
        ),
    }
    let open = rules.open_amounts();
    if rules.control_price.is_none() {
        match open.contains(&"control_price") {
            true => ask(
                "control_price",
                Out::Empty,
                "填写；高于此价的投标被否决",
                "fill in; a bid above it is rejected",
            ),
            false => ask(
                "control_price",
                Out::Empty,
                "有则填写；高于此价的投标被否决",
                "fill in if there is one; a bid above it is rejected",
            ),
        }
    }
    for member in open.iter().filter(|member| **member != "control_price") {
        ask(member, Out::Empty, "填写", "fill in");
    }
    if rules.provisional_sums.is_none() {
        ask(
            "provisional_sums",
            Out::Empty,
            "有则填写；报价与控制价均扣除后比较",
            "fill in if there are any; prices are compared less this sum",
        );
    }
    if rules.shortlist.len() > 1 {
        let listed = (1..).zip(&rules.shortlist);
        let listed = listed.map(|(number, rule)| format!("{number}: {}", describe(rule)));
        let listed = listed.collect::<Vec<_>>().join("; ");
        ask(
            keys::SHORTLIST,
            Out::Empty,
            &format!("填写抽取的序号：{listed}"),
            "the number that was drawn",
        );
    }
    if rules.methods.len() > 1 {
        let ids: Vec<&str> = rules
            .methods
            .iter()
            .map(|spec| spec.method.as_str())
            .collect();
        let ids = ids.join(", ");
        ask(
            "benchmark.method",
            Out::Empty,
            &format!("填写抽取的方法：{ids}"),
            "the method that was drawn",
        );
    }
    for (name, note) in drawn(rules) {
        let path = format!("benchmark.drawn.{name}");
        ask(
            &path,
            Out::Empty,
            &format!("填写抽取的值：{note}"),
            "the value that was drawn",
        );
    }
    if rules
        .technical
        .as_ref()
        .is_some_and(|rule| rule.aggregate == Aggregate::DropWidestMember)
    {
        ask(
            "technical.drawn_member",
            Out::Empty,
            "多名评委离散度相同时抽取剔除的评委，从0起数",
            "only if several members spread equally: the one that was drawn, counted from 0",
        );
    }
    if rules.credit.is_some() {
        ask(
            "credit_snapshot.source",
            Out::Empty,
            "信用值的来源",
            "who rated",
        );
        ask(
            "credit_snapshot.date",
            Out::Empty,
            "以哪一天的信用值为准，如 2026-05-01",
            "the day that counts, such as 2026-05-01",
        );
    }
    let rows = rows
        .into_iter()
        .filter_map(|(path, value, note)| Some((keys::of_path(&path)?, value, note)));
    key_page(rows, form.headings)
}

/// The drawn parameters of all candidates, with the values that each allows.
fn drawn(rules: &RuleSet) -> Vec<(&'static str, String)> {
    let mut all: Vec<(&'static str, String)> = Vec::new();
    for spec in &rules.methods {
        let Ok(method) = Method::from_id(&spec.method) else {
            continue;
        };
        for parameter in method.drawn_parameters() {
            let note = match (parameter.kind, spec.grids.get(parameter.name)) {
                (Kind::Index, _) => format!("{}: 0, 1, 2, …", spec.method),
                (_, Some(grid)) if grid.count() > 1 => format!("{}: {}", spec.method, values(grid)),
                _ => continue,
            };
            match all.iter_mut().find(|(name, _)| *name == parameter.name) {
                Some((_, notes)) => *notes = format!("{notes}; {note}"),
                None => all.push((parameter.name, note)),
            }
        }
    }
    all
}

fn bids(form: &Form<'_>) -> Page {
    let h = form.headings;
    let rules = form.rules;
    let evaluated = |kind: EvaluatedPrice| {
        let methods = rules.methods.iter();
        let mut methods = methods.filter_map(|spec| Method::from_id(&spec.method).ok());
        methods.any(|method| method.formula().evaluated_price() == kind)
    };
    let mut columns = vec![
        Heading::new(h.column(Column::Ignored), 8),
        Heading::new(h.column(Column::Bidder), 30).note(h.choose(
            "每行一家投标人，名称不得重复。",
            "One row for each bidder; no name twice.",
        )),
        Heading::new(h.column(Column::Price), 20)
            .entry(Entry::Money)
            .note(h.choose(
                "单位：元。按开标和算术修正后的价格填写，最多两位小数。",
                "In yuan, as the read-out and arithmetic correction left it; at most 2 decimals.",
            )),
    ];
    if rules.credit.is_some() {
        columns.push(Heading::new(h.column(Column::Credit), 16).note(h.choose(
            "信用值或等级；联合体各成员以分号分隔，取最低者；无则留空。",
            "The value or grade; of a consortium all members' with semicolons between, the weakest counts; empty if there is none.",
        )));
    }
    if evaluated(EvaluatedPrice::LessDeduction) {
        columns.push(Heading::new(h.column(Column::Deduction), 16).entry(Entry::Number).note(h.choose(
            "政策性价格扣除比例，如 0.10；无则留空。",
            "The share by which policy reduces the price, such as 0.10; empty if there is none.",
        )));
    }
    if evaluated(EvaluatedPrice::WithAdjustments) {
        columns.push(Heading::new(h.column(Column::Adjustments), 20).note(h.choose(
            "评审量化调整，多项以分号分隔，如 12000;-3000。",
            "What the review adds to the price or takes from it, with semicolons between: 12000;-3000.",
        )));
    }
    if items(form).is_some_and(<[_]>::is_empty) {
        let members = (1..=form.members)
            .map(|number| Heading::new(h.column(Column::Member(number)), 12).entry(Entry::Number));
        columns.extend(members);
    }
    columns.push(Heading::new(h.column(Column::Rejected), 24).note(h.choose(
        "评审否决的原因；未否决则留空。高于控制价的由程序判定。",
        "Why the review rejected the bid; otherwise empty. Prices above the control price are found by the program.",
    )));
    let rows = (1..=form.bidders).map(|number| vec![Out::Number(number.to_string())]);
    Page {
        name: h.sheet(Sheet::Bids),
        columns,
        rows: rows.collect(),
        frozen_columns: 2,
        ..Page::default()
    }
}

/// Items of the technical part; none if there is no such part.
fn items<'a>(form: &Form<'a>) -> Option<&'a [evaluation::case::Item]> {
    let rule = form.rules.technical.as_ref()?;
    Some(&rule.items)
}

/// One row for each bid and item; the bidders are taken from the sheet of bids.
fn technical(form: &Form<'_>) -> Option<Page> {
    let items = items(form).filter(|items| !items.is_empty())?;
    let bids = form.headings.sheet(Sheet::Bids);
    let mut rows = Vec::new();
    for row in (2..).take(usize::try_from(form.bidders).unwrap_or(0)) {
        for item in items {
            let bidder = format!("=IF('{bids}'!B{row}=\"\",\"\",'{bids}'!B{row})");
            rows.push(vec![Out::Formula(bidder), Out::Text(item.id.clone())]);
        }
    }
    let members = usize::try_from(form.members).unwrap_or(0);
    let mut page = scores_page(rows, members, form.headings);
    let full = items
        .iter()
        .map(|item| format!("{}: 0–{}", item.id, item.full));
    let full = full.collect::<Vec<_>>().join("; ");
    if let Some(heading) = page.columns.get_mut(1) {
        heading.note = Some(full);
    }
    Some(page)
}

/// A sheet for written reasons, if low scores need them.
fn reasons(form: &Form<'_>) -> Option<Page> {
    let rule = form.rules.technical.as_ref()?;
    let below = rule.reason_below_percent?;
    let h = form.headings;
    let columns = vec![
        Heading::new(h.column(Column::Bidder), 30),
        Heading::new(h.column(Column::Item), 20),
        Heading::new(h.column(Column::MemberNumber), 16),
        Heading::new(h.column(Column::Reason), 60).note(h.choose(
            &format!("得分低于满分 {below}% 时填写理由。"),
            &format!("For a score below {below} % of its full mark."),
        )),
    ];
    Some(Page {
        name: h.sheet(Sheet::Reasons),
        columns,
        ..Page::default()
    })
}

fn notes(form: &Form<'_>) -> Page {
    let lines = [
        (
            "填写“项目”和“报价”各表；不改动表头，列的次序可以变动。",
            "Fill in the sheets Case and Bids; leave the headings, the order of columns is free.",
        ),
        (
            "金额以元为单位，填数字，不带千位分隔符和单位。",
            "Amounts are in yuan: digits and a point, no separators, no units.",
        ),
        (
            "以 # 或“备注”开头的行、列和工作表不参与评标。",
            "Rows, columns and sheets that begin with # are remarks and take no part.",
        ),
        (
            "空行不计；请勿填写合计行。",
            "Empty rows do not count; leave out rows that sum up.",
        ),
        (
            "然后运行：kaibiao evaluate 文件.xlsx --explain zh",
            "Then run: kaibiao evaluate FILE.xlsx --explain en",
        ),
    ];
    let rows = lines.iter().map(|(zh, en)| match form.headings {
        Headings::Zh => vec![Out::Text((*zh).to_owned())],
        Headings::En => vec![Out::Text((*en).to_owned())],
        Headings::Both => vec![Out::Text((*zh).to_owned()), Out::Text((*en).to_owned())],
    });
    Page {
        name: form.headings.sheet(Sheet::Notes),
        columns: vec![
            Heading::new(form.headings.choose("说明", "Notes"), 70),
            Heading::new("", 70),
        ],
        rows: rows.collect(),
        ..Page::default()
    }
}
