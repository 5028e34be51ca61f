//! Every word of a simulation's report, in both languages.

use evaluation::simulate::ring::{Arrangement, Groups, Power, Spearhead, Strategy, Suspicion};
use evaluation::simulate::{Covered, Findings, Note, Ratio, Report};

use crate::explanation::Language;

/// One text in the language that is spoken.
pub fn say<'a>(language: Language, zh: &'a str, en: &'a str) -> &'a str {
    match language {
        Language::Zh => zh,
        Language::En => en,
    }
}

macro_rules! headings {
    ($($(#[$note:meta])* $name:ident: $zh:literal, $en:literal;)*) => {
        $($(#[$note])* pub fn $name(language: Language) -> String { say(language, $zh, $en).to_owned() })*
    };
}

headings! {
    /// Section.
    heading_benchmark: "评标基准价的分布", "Benchmark price";
    /// Section.
    heading_chances: "中标机会", "Chance to win";
    /// Section.
    heading_ring: "串通投标的影响", "Rings";
    /// Column.
    column_method: "方法", "method";
    /// Column.
    column_mean: "均值", "mean";
    /// Column.
    column_deviation: "标准差", "std. dev.";
    /// Column.
    column_min: "最小", "min";
    /// Column.
    column_max: "最大", "max";
    /// Column.
    column_draws: "抽取组合", "draws";
    /// Column.
    column_nobody: "无人中标", "nobody wins";
    /// Column.
    column_bid: "投标人", "bid";
    /// Column.
    column_price: "报价", "price";
    /// Column.
    column_mean_price: "平均报价", "mean price";
    /// The first line of tables of candidates.
    whole: "整个抽取", "whole draw";
    /// Column.
    column_ring_win: "串通方中标机会", "ring wins";
    /// Column.
    column_strategy: "找到的最好策略", "best strategy found";
    /// Column.
    column_up: "抬高基准价", "benchmark up";
    /// Column.
    column_down: "压低基准价", "benchmark down";
    /// Column.
    column_with: "全部投标", "all bids";
    /// Column.
    column_without: "除去疑似方", "without them";
    /// Column.
    column_moved: "移动", "moved";
    /// Column.
    column_suspects_win: "疑似方中标机会", "they win";
    /// Under the tables of a ring's power.
    lower_bound: "这是下限：只试了有记载的一族策略；更巧的串通可以做得更多。",
        "This is a lower bound: only the documented family of strategies was tried; a cleverer ring can do more.";
    /// Under the tables of a suspicion.
    not_proven: "“不寻常”不等于“已证明”：总有一组报价最不寻常；同一供应商、同一软件也会使报价相近。须由人查证。",
        "Unusual is not proven: some group is always the most unusual one, and bidders with one supplier or one \
         software have similar prices too. People have to look into it.";
}

/// What every table of candidates begins with, and then each of them.
pub fn targets(report: &Report, language: Language) -> Vec<(String, &Findings)> {
    let methods = report.methods.iter().enumerate();
    let methods =
        methods.map(|(index, one)| (target_name(report, Some(index), language), &one.findings));
    match report.methods.as_slice() {
        // With one candidate there is no draw of the method.
        [_] => methods.collect(),
        _ => std::iter::once((whole(language), &report.whole))
            .chain(methods)
            .collect(),
    }
}

/// A candidate by its number and id, or the whole draw.
pub fn target_name(report: &Report, method: Option<usize>, language: Language) -> String {
    let Some(index) = method else {
        return match report.methods.as_slice() {
            [only] => only.method.clone(),
            _ => whole(language),
        };
    };
    let Some(found) = report.methods.get(index) else {
        return String::new();
    };
    let same = report
        .methods
        .iter()
        .filter(|one| one.method == found.method)
        .count();
    match same {
        1 => found.method.clone(),
        _ => format!("{} ({})", found.method, index + 1),
    }
}

/// What was simulated, in one line.
pub fn subtitle(report: &Report, language: Language) -> String {
    let bids = report.bids.len();
    match (report.fields, language) {
        (None, Language::Zh) => format!("{bids} 份投标，报价为给定"),
        (None, Language::En) => format!("{bids} given bids"),
        (Some(fields), Language::Zh) => format!("{bids} 家投标人，{fields} 组按模型抽取的报价"),
        (Some(fields), Language::En) => {
            format!("{bids} bidders, {fields} fields of prices drawn from the model")
        }
    }
}

/// What was gone through.
pub fn covered(covered: Covered, language: Language) -> String {
    let (all, some) = (
        grouped(&covered.enumerated.to_string()),
        grouped(&covered.sampled.to_string()),
    );
    match (covered.enumerated, covered.sampled, language) {
        (_, 0, Language::Zh) => format!("全部 {all}"),
        (_, 0, Language::En) => format!("all {all}"),
        (0, _, Language::Zh) => format!("抽样 {some}"),
        (0, _, Language::En) => format!("{some} sampled"),
        (_, _, Language::Zh) => format!("全部 {all} + 抽样 {some}"),
        (_, _, Language::En) => format!("all {all} + {some} sampled"),
    }
}

/// Beside a histogram.
pub fn mean_aside(mean: &str, findings: &Findings, language: Language) -> String {
    let error = findings.mean_half_width.as_ref();
    let error = error
        .map(|half| format!(" ± {}", grouped(half)))
        .unwrap_or_default();
    let covered = covered(findings.coverage, language);
    match language {
        Language::Zh => format!("均值 {}{error}；{covered}", grouped(mean)),
        Language::En => format!("mean {}{error}; {covered}", grouped(mean)),
    }
}

/// What a reader has to know.
pub fn note(note: Note, language: Language) -> &'static str {
    let (zh, en) = match note {
        Note::TechnicalEqual => (
            "各投标均无技术分：技术部分视为相同，未计入。",
            "No bid has technical scores: the technical part was left out, as if all were equal in it.",
        ),
        Note::CreditEqual => (
            "各投标均无信用值：信用部分视为相同，未计入。",
            "No bid has a credit value: credit was left out, as if all were equal in it.",
        ),
        Note::Sampled => (
            "组合过多，部分为抽样：± 为 95% 置信区间的半宽。",
            "There are too many combinations for all of them: ± is half of a 95% interval.",
        ),
        Note::TiesReported => (
            "并列第一只上报、不抽签；这里仍按均分计算机会。",
            "Shared first ranks are reported, not drawn; here they are split equally all the same.",
        ),
    };
    match language {
        Language::Zh => zh,
        Language::En => en,
    }
}

/// Over the bars of a ring's power.
pub fn ring_panel(power: &Power, language: Language) -> String {
    match language {
        Language::Zh => format!(
            "{} 家中 {} 家串通：找到的最大中标机会（下限）",
            power.bids, power.ring
        ),
        Language::En => format!(
            "{} of {} bidders agree: the highest chance to win that was found (a lower bound)",
            power.ring, power.bids
        ),
    }
}

/// Where a ring stands that joins given bids.
pub fn ring_on_top(power: &Power, language: Language) -> String {
    let given = power.bids.saturating_sub(power.ring);
    match language {
        Language::Zh => format!(
            "串通的 {} 家是在给定的 {given} 家之外另加的；其技术分和信用分取报价居中的一家",
            power.ring
        ),
        Language::En => format!(
            "the {} come on top of the {given} given bids, with the technical and credit points of the middle-priced one",
            power.ring
        ),
    }
}

/// Over the bars of the suspects' chances.
pub fn suspects_panel(suspicion: &Suspicion, bids: usize, language: Language) -> String {
    let count = suspicion.suspects.len();
    match language {
        Language::Zh => format!("{bids} 家中疑似串通的 {count} 家：其中一家中标的机会"),
        Language::En => {
            format!("{count} suspected of {bids} bidders: the chance that one of them wins")
        }
    }
}

/// The chance of as many honest bidders.
pub fn fair_share(fair: &Ratio, language: Language) -> String {
    let share = fair.percent(1);
    match language {
        Language::Zh => format!("横线：同样多的独立投标人应有 {share}%"),
        Language::En => format!("the line: the {share}% of as many independent bidders"),
    }
}

/// A strategy in words.
pub fn strategy(strategy: &Strategy, language: Language) -> String {
    let tenths = |place: i64| format!("{}%", place * 10);
    let placed = match (strategy.arrangement, language) {
        (Arrangement::AllLow, Language::Zh) => "都报最低端".to_owned(),
        (Arrangement::AllLow, Language::En) => "all at the low end".to_owned(),
        (Arrangement::AllHigh, Language::Zh) => "都报最高端".to_owned(),
        (Arrangement::AllHigh, Language::En) => "all at the high end".to_owned(),
        (Arrangement::Clustered { place }, Language::Zh) => {
            format!("聚集在区间 {} 处", tenths(place))
        }
        (Arrangement::Clustered { place }, Language::En) => {
            format!("clustered at {} of the reach", tenths(place))
        }
        (Arrangement::EvenSteps { from, to }, Language::Zh) => {
            format!("从 {} 到 {} 等差排列", tenths(from), tenths(to))
        }
        (Arrangement::EvenSteps { from, to }, Language::En) => {
            format!(
                "even steps from {} to {} of the reach",
                tenths(from),
                tenths(to)
            )
        }
        (Arrangement::EdgeHigh, Language::Zh) => "贴近高端去除线".to_owned(),
        (Arrangement::EdgeHigh, Language::En) => "just inside the upper trim".to_owned(),
        (Arrangement::EdgeLow, Language::Zh) => "贴近低端去除线".to_owned(),
        (Arrangement::EdgeLow, Language::En) => "just inside the lower trim".to_owned(),
    };
    let ends = strategy.prices.first().zip(strategy.prices.last());
    let ends = ends.map(|(low, high)| match low == high {
        true => grouped(&low.to_string()),
        false => format!(
            "{} .. {}",
            grouped(&low.to_string()),
            grouped(&high.to_string())
        ),
    });
    let lead = match (strategy.spearhead, language) {
        (Spearhead::None, _) => "",
        (Spearhead::Expected, Language::Zh) => "，一家报预期基准价",
        (Spearhead::Expected, Language::En) => ", one at the expected benchmark",
        (Spearhead::Below, Language::Zh) => "，一家略低于预期基准价",
        (Spearhead::Below, Language::En) => ", one a little below the expected benchmark",
        (Spearhead::Above, Language::Zh) => "，一家略高于预期基准价",
        (Spearhead::Above, Language::En) => ", one a little above the expected benchmark",
    };
    format!("{placed}{lead} ({})", ends.unwrap_or_default())
}

/// With the suspects' prices replaced by honest ones.
pub fn replaced(suspicion: &Suspicion, language: Language) -> Option<String> {
    let replaced = &suspicion.replaced;
    let (mean, low, high) = (
        replaced.mean.as_ref()?,
        replaced.low.as_ref()?,
        replaced.high.as_ref()?,
    );
    let (mean, low, high) = (grouped(mean), grouped(low), grouped(high));
    let (count, share) = (
        grouped(&replaced.replacements.to_string()),
        replaced.as_far.percent(1),
    );
    Some(match language {
        Language::Zh => format!(
            "把疑似方的报价换成从其余报价中随机抽取的报价（{count} 次）：基准价均值平均为 {mean}，95% 在 {low} 与 {high} 之间；{share}% 的替换与平均值的距离不小于实际值。"
        ),
        Language::En => format!(
            "With each of their prices replaced by one drawn from the others' ({count} times) the mean benchmark is {mean} on average, and between {low} and {high} in 95% of them; {share}% are at least as far from that average as the real one."
        ),
    })
}

/// How unusual the suspects are among all groups of their size, one sentence per trait.
pub fn unusual(suspicion: &Suspicion, language: Language) -> Vec<String> {
    let unusual = &suspicion.unusual;
    let groups = match (unusual.groups, language) {
        (Groups::Enumerated(count), Language::Zh) => {
            format!("全部 {} 组", grouped(&count.to_string()))
        }
        (Groups::Enumerated(count), Language::En) => {
            format!("all {} groups", grouped(&count.to_string()))
        }
        (Groups::Sampled(count), Language::Zh) => {
            format!("随机抽取的 {} 组", grouped(&count.to_string()))
        }
        (Groups::Sampled(count), Language::En) => {
            format!("{} sampled groups", grouped(&count.to_string()))
        }
    };
    let traits = [
        (
            unusual.moved.as_ref(),
            "对基准价的影响不小于疑似方",
            "move the benchmark at least as much",
        ),
        (
            unusual.stepped.as_ref(),
            "报价间距至少同样均匀",
            "are at least as evenly stepped",
        ),
        (
            Some(&unusual.clustered),
            "报价至少同样集中",
            "lie at least as close together",
        ),
    ];
    let sentence = |(share, zh, en): (Option<&Ratio>, &str, &str)| {
        let share = share?;
        let error = match unusual.groups {
            Groups::Enumerated(_) => String::new(),
            Groups::Sampled(count) => format!(" ± {}", share.half_width(count).percent(3)),
        };
        let share = share.percent(3);
        Some(match language {
            Language::Zh => format!("同样大小的{groups}中，{share}%{error} {zh}。"),
            Language::En => format!("Of {groups} of that size, {share}%{error} {en}."),
        })
    };
    traits.into_iter().filter_map(sentence).collect()
}

/// `8936520.00` as `8,936,520.00`.
pub fn grouped(number: &str) -> String {
    let (sign, digits) = match number.strip_prefix('-') {
        Some(digits) => ("-", digits),
        None => ("", number),
    };
    let (whole, behind) = match digits.split_once('.') {
        Some((whole, behind)) => (whole, format!(".{behind}")),
        None => (digits, String::new()),
    };
    let mut text = String::new();
    for (place, digit) in whole.chars().enumerate() {
        if place > 0 && (whole.len() - place) % 3 == 0 {
            text.push(',');
        }
        text.push(digit);
    }
    format!("{sign}{text}{behind}")
}

/// A bidder's name where there is little room.
pub fn short(name: &str) -> String {
    match name.char_indices().nth(8) {
        Some((end, _)) => format!("{}…", name.get(..end).unwrap_or(name)),
        None => name.to_owned(),
    }
}
