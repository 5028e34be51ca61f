//! Shortlisting (评标入围).

use evaluation::Decimal;
use evaluation::shortlist::{ShortlistMethod, ShortlistRule};

use super::{Finding, FindingCode, Subject};
use crate::law::{Limit, Rule};

pub(super) fn look(subject: &Subject<'_>, found: &mut Vec<Finding>) {
    for rule in &subject.profile.rules {
        if let Limit::Shortlist {
            drop_percent,
            take_min,
        } = rule.limit
        {
            for (place, shortlist) in subject.rules.shortlist.iter().enumerate() {
                numbers(rule, (place, shortlist), drop_percent, take_min, found);
            }
        }
    }
}

fn numbers(
    rule: &Rule,
    (place, shortlist): (usize, &ShortlistRule),
    drop_percent: Decimal,
    take_min: u32,
    found: &mut Vec<Finding>,
) {
    let (above, below) = (shortlist.above.unwrap_or(0), shortlist.below.unwrap_or(0));
    let taken = match shortlist.method {
        ShortlistMethod::All => return,
        ShortlistMethod::LowPrice => shortlist.take.unwrap_or(0),
        ShortlistMethod::Mean => above.saturating_add(below),
    };
    let mut add = |member: &str, zh: String, en: String| {
        let (least, drop) = (take_min.to_string(), drop_percent.to_string());
        let values = [
            ("what", zh.as_str()),
            ("what_en", &en),
            ("least", &least),
            ("drop", &drop),
        ];
        let pointer = format!("/shortlist/{place}{member}");
        let code = FindingCode::ShortlistNumbers;
        found.push(Finding::under(rule, code, pointer, &values));
    };
    if taken < take_min {
        add(
            "",
            format!("只取 {taken} 家，应不少于 {take_min} 家"),
            format!("{taken} are taken, at least {take_min} are wanted"),
        );
    }
    if shortlist.method == ShortlistMethod::Mean && below <= above {
        add(
            "/below",
            format!("均值以下取 {below} 家，不多于均值以上的 {above} 家"),
            format!("{below} are taken below the mean, not more than the {above} above"),
        );
    }
    let dropped = shortlist.drop_percent;
    if dropped.is_none_or(|dropped| dropped.fraction() != drop_percent.fraction()) {
        let dropped = dropped.map_or_else(|| "0".to_owned(), |dropped| dropped.to_string());
        add(
            "/drop_percent",
            format!("先去掉 {dropped}%，应为 {drop_percent}%"),
            format!("{dropped} % are dropped first, not {drop_percent} %"),
        );
    }
}
