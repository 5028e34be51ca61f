//! The keys of the case sheet: every member of a case but its bids, with its name in Chinese and its kind.
//!
//! A key is the path of the member with points between (`price_score.full`). `#` stands for a number from 1
//! (`technical.items.1.id`), `*` for a name (`benchmark.drawn.K`).

use super::value::{Unit, narrow};

/// What a value is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// Text.
    Text,
    /// One of some words.
    Word(&'static [&'static str]),
    /// Words separated by semicolons.
    Words(&'static [&'static str]),
    /// An amount.
    Money,
    /// A decimal.
    Decimal(Unit),
    /// A whole number.
    Count,
    /// Yes or no.
    Flag,
    /// A day.
    Day,
    /// A drawn parameter: a decimal or an index, as the method declares it.
    Drawn,
    /// An announced parameter: a decimal, a whole number or a word.
    Fixed,
    /// The rules that the sheet relies on; a candidate of their draw. No member of the case.
    Reference,
}

/// One key.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Key {
    /// The path with `#` and `*`.
    pub path: &'static str,
    /// The name in Chinese, with the same `#` and `*`.
    pub zh: &'static str,
    /// Other names that are understood.
    pub others: &'static [&'static str],
    /// What its value is.
    pub kind: Kind,
}

const fn key(path: &'static str, zh: &'static str, kind: Kind) -> Key {
    Key {
        path,
        zh,
        others: &[],
        kind,
    }
}

impl Key {
    const fn or(self, others: &'static [&'static str]) -> Key {
        Key { others, ..self }
    }
}

/// The rules that the sheet relies on: `ready:ID`, or the name of a file beside the workbook.
pub const RULES: &str = "rules";
/// Which candidate of the shortlisting draw was drawn, from 1.
pub const SHORTLIST: &str = "shortlist";

const PLAIN: Kind = Kind::Decimal(Unit::Plain);
const PERCENT: Kind = Kind::Decimal(Unit::Percent);

/// All keys, in the order in which they are written.
pub const KEYS: &[Key] = &[
    key(RULES, "规则文件", Kind::Reference).or(&["规则"]),
    key("format", "格式", Kind::Text),
    key("profile", "适用制度", Kind::Text).or(&["法律制度", "制度"]),
    key("currency", "币种", Kind::Text).or(&["货币"]),
    key("control_price", "招标控制价", Kind::Money).or(&[
        "控制价",
        "最高投标限价",
        "最高限价",
        "拦标价",
    ]),
    key("estimated_price", "预定价格", Kind::Money).or(&["预估价"]),
    key("budget_price", "预算价", Kind::Money).or(&["公布预算价"]),
    key("contract_estimate", "合同估算价", Kind::Money).or(&["合同估价"]),
    key("provisional_sums", "暂列金额及暂估价", Kind::Money).or(&["暂列金额", "暂估价"]),
    key(
        "recompute_policy",
        "基准价重算",
        Kind::Word(&["at-opening", "after-preliminary-review"]),
    ),
    key(SHORTLIST, "抽取的入围办法", Kind::Reference),
    key(
        "shortlist.method",
        "入围办法",
        Kind::Word(&["all", "low-price", "mean"]),
    ),
    key("shortlist.drop_percent", "入围剔除百分比", PERCENT),
    key("shortlist.take", "入围家数", Kind::Count),
    key("shortlist.above", "入围均值以上家数", Kind::Count),
    key("shortlist.below", "入围均值以下家数", Kind::Count),
    key("benchmark.method", "基准价方法", Kind::Text).or(&[
        "method",
        "评标基准价方法",
        "抽取的方法",
    ]),
    key("benchmark.drawn.*", "抽取.*", Kind::Drawn).or(&["drawn.*"]),
    key("benchmark.fixed.*", "公布.*", Kind::Fixed).or(&["fixed.*"]),
    key("benchmark.trim_from", "去极值起点家数", Kind::Count),
    key("price_score.full", "价格分满分", PLAIN).or(&["报价分满分"]),
    key("price_score.up", "每高1%扣分", PLAIN),
    key("price_score.down", "每低1%扣分", PLAIN),
    key("price_score.floor", "价格分下限", PLAIN),
    key(
        "price_score.segments.up.#.beyond",
        "高于分段.#.起点百分比",
        PERCENT,
    ),
    key(
        "price_score.segments.up.#.rate",
        "高于分段.#.每1%扣分",
        PLAIN,
    ),
    key(
        "price_score.segments.up.#.mark",
        "高于分段.#.固定得分",
        PLAIN,
    ),
    key(
        "price_score.segments.down.#.beyond",
        "低于分段.#.起点百分比",
        PERCENT,
    ),
    key(
        "price_score.segments.down.#.rate",
        "低于分段.#.每1%扣分",
        PLAIN,
    ),
    key(
        "price_score.segments.down.#.mark",
        "低于分段.#.固定得分",
        PLAIN,
    ),
    key(
        "price_score.benchmark_decimals",
        "基准价小数位",
        Kind::Count,
    ),
    key(
        "price_score.deviation_decimals",
        "偏差率小数位",
        Kind::Count,
    ),
    key("price_score.score_decimals", "价格分小数位", Kind::Count),
    key("technical.full", "技术分满分", PLAIN),
    key(
        "technical.aggregate",
        "技术分汇总",
        Kind::Word(&["mean", "drop-extremes", "drop-widest-member"]),
    ),
    key("technical.decimals", "技术分小数位", Kind::Count),
    key("technical.items.#.id", "评分项.#.名称", Kind::Text),
    key("technical.items.#.full", "评分项.#.满分", PLAIN),
    key("technical.items.#.objective", "评分项.#.客观分", Kind::Flag),
    key("technical.item_decimals", "评分项小数位", Kind::Count),
    key(
        "technical.reason_below_percent",
        "低于百分比须说明理由",
        PERCENT,
    ),
    key(
        "technical.flag_beyond_percent",
        "偏离均值提示百分比",
        PERCENT,
    ),
    key("technical.drawn_member", "抽取剔除的评委", Kind::Count),
    key(
        "credit.mode",
        "信用分方式",
        Kind::Word(&["linear", "tiers", "grades", "gate"]),
    ),
    key("credit.full", "信用值满值", PLAIN),
    key("credit.weight", "信用分满分", PLAIN),
    key("credit.cap", "信用分上限", PLAIN),
    key(
        "credit.thresholds.#.estimate_below",
        "信用门槛.#.合同估算价低于",
        Kind::Money,
    ),
    key("credit.thresholds.#.value", "信用门槛.#.信用值", PLAIN),
    key("credit.step", "信用分档距", PLAIN),
    key("credit.cost", "每档扣分", PLAIN),
    key("credit.zero_below", "信用值低于不得分", PLAIN),
    key("credit.grades.*", "信用等级.*", PLAIN),
    key("credit.min", "信用值最低要求", PLAIN),
    key("credit.decimals", "信用分小数位", Kind::Count),
    key("credit.missing", "缺失信用值", Kind::Text),
    key("credit_snapshot.source", "信用来源", Kind::Text),
    key("credit_snapshot.date", "信用日期", Kind::Day),
    key(
        "tie_break",
        "同分排序",
        Kind::Words(&["price", "credit", "technical", "price_score"]),
    ),
];

/// A key with the numbers and names that its `#` and `*` stand for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Found {
    /// The key.
    pub key: Key,
    /// The segments of the path; `#` as a number from 0.
    pub segments: Vec<Segment>,
}

/// One segment of a path.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Segment {
    /// A member of an object.
    Name(String),
    /// An entry of a list, from 0.
    Index(usize),
}

/// The key that a cell names, in either language or both ("招标控制价 / control_price").
pub fn find(text: &str) -> Option<Found> {
    let both = text.split_once(" / ").and_then(|(first, second)| {
        let (first, second) = (find_one(first)?, find_one(second)?);
        (first == second).then_some(first)
    });
    both.or_else(|| find_one(text))
}

/// The key of a path into a case (`price_score.full`, lists from 1).
pub fn of_path(path: &str) -> Option<Found> {
    KEYS.iter().find_map(|key| {
        let segments = matched(key.path, key.path, path)?;
        Some(Found {
            key: *key,
            segments,
        })
    })
}

fn find_one(text: &str) -> Option<Found> {
    let text: String = text.trim().chars().map(narrow).collect();
    let text = text.trim_end_matches(['(', ')']).trim();
    let bare = text
        .strip_suffix("(元)")
        .or_else(|| text.strip_suffix("（元）"));
    let text = bare.unwrap_or(text);
    KEYS.iter().find_map(|key| {
        let names = [key.path, key.zh]
            .into_iter()
            .chain(key.others.iter().copied());
        let segments = names
            .into_iter()
            .find_map(|name| matched(name, key.path, text))?;
        Some(Found {
            key: *key,
            segments,
        })
    })
}

/// Fits a text to a name; gives the segments of the path with what `#` and `*` stand for.
fn matched(name: &str, path: &str, text: &str) -> Option<Vec<Segment>> {
    let mut held: Vec<Segment> = Vec::new();
    let mut rest = text;
    let mut parts = name.split('.').peekable();
    while let Some(part) = parts.next() {
        if part == "*" {
            // The last part: a name may hold points itself.
            held.push(Segment::Name(rest.trim().to_owned()));
            rest = "";
            break;
        }
        let (segment, behind) = match parts.peek() {
            Some(_) => rest.split_once('.')?,
            None => (rest, ""),
        };
        if part == "#" {
            let number: usize = segment.trim().parse().ok()?;
            held.push(Segment::Index(number.checked_sub(1)?));
        } else if !segment.trim().eq_ignore_ascii_case(part) {
            return None;
        }
        rest = behind;
    }
    if !rest.is_empty() || matches!(held.last(), Some(Segment::Name(name)) if name.is_empty()) {
        return None;
    }
    let mut held = held.into_iter();
    path.split('.')
        .map(|part| match part {
            "#" | "*" => held.next(),
            name => Some(Segment::Name(name.to_owned())),
        })
        .collect()
}

impl Found {
    /// The path as it is written, lists from 1.
    pub fn path(&self) -> String {
        self.written(self.key.path)
    }

    /// The name in Chinese, lists from 1.
    pub fn zh(&self) -> String {
        self.written(self.key.zh)
    }

    /// The JSON pointer into a case, lists from 0.
    pub fn pointer(&self) -> String {
        let mut pointer = String::new();
        for segment in &self.segments {
            pointer += "/";
            match segment {
                Segment::Name(name) => pointer += &super::place::escape(name),
                Segment::Index(index) => pointer += &index.to_string(),
            }
        }
        pointer
    }

    fn written(&self, pattern: &str) -> String {
        let path: Vec<&str> = self.key.path.split('.').collect();
        let mut variable = self
            .segments
            .iter()
            .zip(path)
            .filter(|(_, part)| matches!(*part, "#" | "*"))
            .map(|(segment, _)| match segment {
                Segment::Name(name) => name.clone(),
                Segment::Index(index) => (index + 1).to_string(),
            });
        let parts = pattern.split('.').map(|part| match part {
            "#" | "*" => variable.next().unwrap_or_default(),
            part => part.to_owned(),
        });
        parts.collect::<Vec<_>>().join(".")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The names of a key with 1 for `#` and X for `*`.
    fn written(name: &str) -> String {
        name.replace('#', "1").replace('*', "X")
    }

    #[test]
    fn every_name_finds_its_own_key() {
        for key in KEYS {
            for name in [key.path, key.zh]
                .into_iter()
                .chain(key.others.iter().copied())
            {
                let found = find(&written(name)).unwrap_or_else(|| panic!("{name} is not found"));
                assert_eq!(found.key.path, key.path, "{name}");
                assert_eq!(found.path(), written(key.path));
                assert_eq!(found.zh(), written(key.zh));
                let both = format!("{} / {}", found.zh(), found.path());
                assert_eq!(find(&both).as_ref(), Some(&found), "{both}");
            }
        }
        let found = find(" 招标控制价（元） ").map(|found| found.pointer());
        assert_eq!(found.as_deref(), Some("/control_price"));
        let found = find("技术.1").or_else(|| find("technical.items.0.id"));
        assert_eq!(found, None);
    }

    #[test]
    fn the_page_for_evaluators_lists_every_key() {
        let page = include_str!("../../../docs/evaluating.md");
        for key in KEYS {
            let name = key.path.replace('#', "1").replace('*', "NAME");
            let is_listed = page.split_whitespace().any(|word| word == name);
            assert!(is_listed, "{name} is missing in docs/evaluating.md");
        }
    }
}
