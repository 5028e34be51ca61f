//! The report of a simulation as tables.

use evaluation::simulate::ring::{Found, Power, Suspicion};
use evaluation::simulate::{Chance, Report};

use super::words::{self, grouped};
use crate::explanation::{Language, Page};

/// Bids without any chance are left out of the table if there are more than these.
const BIDS_SHOWN_MAX: usize = 30;

/// The report as text; lines are wrapped if a width is given.
pub fn text(report: &Report, title: &str, language: Language, width: Option<usize>) -> String {
    let mut page = Page::default();
    page.title(title.to_owned());
    page.line(words::subtitle(report, language));
    page.line(match language {
        Language::Zh => format!("种子 {}", report.seed),
        Language::En => format!("seed {}", report.seed),
    });
    for note in &report.notes {
        page.line(words::note(*note, language).to_owned());
    }
    benchmarks(report, language, &mut page);
    chances(report, language, &mut page);
    if let Some(power) = &report.power {
        ring(report, power, language, &mut page);
    }
    if let Some(suspicion) = &report.suspicion {
        suspected(report, suspicion, language, &mut page);
    }
    page.write(width, words::say(language, "：", ": "))
}

fn benchmarks(report: &Report, language: Language, page: &mut Page) {
    page.heading(words::heading_benchmark(language));
    let head = vec![
        words::column_method(language),
        words::column_mean(language),
        "±".to_owned(),
        words::column_min(language),
        "5%".to_owned(),
        "50%".to_owned(),
        "95%".to_owned(),
        words::column_max(language),
        words::column_deviation(language),
        words::column_draws(language),
        words::column_nobody(language),
    ];
    let all = words::targets(report, language);
    let rows = all.iter().map(|(name, findings)| {
        let benchmark = &findings.benchmark;
        let shown = |value: Option<evaluation::Decimal>| {
            value.map_or_else(dash, |value| grouped(&value.to_string()))
        };
        let units = |value: Option<evaluation::simulate::Ratio>| {
            value.map_or_else(dash, |value| grouped(&benchmark.shown(&value)))
        };
        vec![
            name.clone(),
            units(benchmark.mean()),
            findings
                .mean_half_width
                .as_deref()
                .map_or_else(dash, grouped),
            shown(benchmark.min()),
            shown(benchmark.quantile(5)),
            shown(benchmark.quantile(50)),
            shown(benchmark.quantile(95)),
            shown(benchmark.max()),
            units(benchmark.deviation()),
            words::covered(findings.coverage, language),
            format!("{}%", findings.nobody.percent(2)),
        ]
    });
    page.table(head, rows.collect(), 0);
}

fn chances(report: &Report, language: Language, page: &mut Page) {
    page.heading(words::heading_chances(language));
    let all = words::targets(report, language);
    let price = match report.fields {
        None => words::column_price(language),
        Some(_) => words::column_mean_price(language),
    };
    let mut head = vec![words::column_bid(language), price];
    head.extend(all.iter().map(|(name, _)| name.clone()));
    let chance = |findings: &evaluation::simulate::Findings, place: usize| {
        findings.chances.get(place).map_or_else(dash, shown)
    };
    let mut left_out = 0;
    let mut rows = Vec::new();
    for (place, bid) in report.bids.iter().enumerate() {
        let can_win = all.iter().any(|(_, findings)| {
            findings
                .chances
                .get(place)
                .is_some_and(|chance| !chance.win.is_zero())
        });
        if !can_win && report.bids.len() > BIDS_SHOWN_MAX {
            left_out += 1;
            continue;
        }
        let mark = if bid.suspected { " *" } else { "" };
        let mut row = vec![
            format!("{}{mark}", bid.bidder),
            grouped(&bid.price.to_string()),
        ];
        row.extend(all.iter().map(|(_, findings)| chance(findings, place)));
        rows.push(row);
    }
    page.table(head, rows, 0);
    if left_out > 0 {
        page.line(match language {
            Language::Zh => format!("其余 {left_out} 家没有中标机会。"),
            Language::En => format!("The other {left_out} have no chance."),
        });
    }
    if report.bids.iter().any(|bid| bid.suspected) {
        page.line(words::say(language, "* 疑似串通方", "* suspected ring").to_owned());
    }
}

fn ring(report: &Report, power: &Power, language: Language, page: &mut Page) {
    page.heading(words::ring_panel(power, language));
    if report.fields.is_none() {
        page.line(words::ring_on_top(power, language));
    }
    let fair = power.fair_share.percent(1);
    page.line(match language {
        Language::Zh => format!("同样多的独立投标人应有 {fair}%"),
        Language::En => format!("as many independent bidders have {fair}%"),
    });
    let head = vec![
        words::column_method(language),
        words::column_ring_win(language),
        "±".to_owned(),
        words::column_up(language),
        words::column_down(language),
    ];
    let moved = |found: &Option<Found>| {
        let shift = found
            .as_ref()
            .and_then(|found| found.shift_percent.as_ref());
        shift.map_or_else(dash, |shift| format!("{shift}%"))
    };
    let rows = power.targets.iter().map(|target| {
        let win = target.win.as_ref();
        let error = win.and_then(|found| found.win_half_width.as_ref());
        vec![
            words::target_name(report, target.method, language),
            win.map_or_else(dash, |found| format!("{}%", found.win.percent(1))),
            error.map_or_else(dash, |error| format!("{}%", error.percent(1))),
            moved(&target.up),
            moved(&target.down),
        ]
    });
    page.table(head, rows.collect(), 0);
    for target in &power.targets {
        if let Some(found) = &target.win {
            let name = words::target_name(report, target.method, language);
            page.labelled(name, words::strategy(&found.strategy, language));
        }
    }
    page.line(words::lower_bound(language));
}

fn suspected(report: &Report, suspicion: &Suspicion, language: Language, page: &mut Page) {
    let names = suspicion.suspects.join(words::say(language, "、", ", "));
    page.heading(match language {
        Language::Zh => format!("疑似串通：{names}"),
        Language::En => format!("Suspected ring: {names}"),
    });
    let head = vec![
        words::column_method(language),
        words::column_with(language),
        words::column_without(language),
        words::column_moved(language),
        words::column_suspects_win(language),
    ];
    let amount = |value: &Option<String>| value.as_deref().map_or_else(dash, grouped);
    let rows = suspicion.targets.iter().map(|target| {
        let moved = target.moved_percent.as_ref();
        vec![
            words::target_name(report, target.method, language),
            amount(&target.with),
            amount(&target.without),
            moved.map_or_else(dash, |moved| format!("{moved}%")),
            format!("{}%", target.win.percent(2)),
        ]
    });
    page.table(head, rows.collect(), 0);
    if let Some(line) = words::replaced(suspicion, language) {
        page.line(line);
    }
    for line in words::unusual(suspicion, language) {
        page.line(line);
    }
    page.line(words::not_proven(language));
}

/// `12.34%`, with its error where there is one.
fn shown(chance: &Chance) -> String {
    match &chance.half_width {
        _ if chance.win.is_zero() => dash(),
        Some(half) => format!("{}% ± {}", chance.win.percent(2), half.percent(2)),
        None => format!("{}%", chance.win.percent(2)),
    }
}

fn dash() -> String {
    "-".to_owned()
}
