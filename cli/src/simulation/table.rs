//! The report of a simulation as rows for a spreadsheet, one number each.

use evaluation::simulate::ring::{Power, Suspicion};
use evaluation::simulate::{Findings, QUANTILES_PERCENT, Ratio, Report};

/// Decimals of probabilities.
const DECIMALS: u8 = 6;

/// The rows, the head first: what, of which candidate, of whom, the value, half of its 95 % interval.
pub fn rows(report: &Report) -> Vec<Vec<String>> {
    let head = ["what", "method", "of", "value", "half_width"];
    let mut rows = vec![head.map(str::to_owned).to_vec()];
    rows.push(row("seed", "", "", report.seed.to_string(), None));
    for bid in &report.bids {
        rows.push(row("price", "", &bid.bidder, bid.price.to_string(), None));
    }
    findings(report, "", &report.whole, &mut rows);
    for method in &report.methods {
        findings(report, &method.method, &method.findings, &mut rows);
    }
    if let Some(power) = &report.power {
        ring(report, power, &mut rows);
    }
    if let Some(suspicion) = &report.suspicion {
        suspected(report, suspicion, &mut rows);
    }
    rows
}

fn row(
    what: &str,
    method: &str,
    of: &str,
    value: String,
    half_width: Option<String>,
) -> Vec<String> {
    let half_width = half_width.unwrap_or_default();
    vec![
        what.to_owned(),
        method.to_owned(),
        of.to_owned(),
        value,
        half_width,
    ]
}

fn share(ratio: &Ratio) -> String {
    ratio.decimal(DECIMALS)
}

fn findings(report: &Report, method: &str, findings: &Findings, rows: &mut Vec<Vec<String>>) {
    let benchmark = &findings.benchmark;
    if let Some(mean) = benchmark.mean() {
        let half_width = findings.mean_half_width.clone();
        rows.push(row(
            "benchmark-mean",
            method,
            "",
            benchmark.shown(&mean),
            half_width,
        ));
    }
    if let Some(deviation) = benchmark.deviation() {
        let shown = benchmark.shown(&deviation);
        rows.push(row("benchmark-standard-deviation", method, "", shown, None));
    }
    for (what, value) in [
        ("benchmark-min", benchmark.min()),
        ("benchmark-max", benchmark.max()),
    ] {
        rows.extend(value.map(|value| row(what, method, "", value.to_string(), None)));
    }
    for percent in QUANTILES_PERCENT {
        let value = benchmark.quantile(percent);
        let of = format!("{percent}%");
        rows.extend(
            value.map(|value| row("benchmark-quantile", method, &of, value.to_string(), None)),
        );
    }
    for bar in benchmark.histogram() {
        let of = format!("{} .. {}", bar.from, bar.to);
        rows.push(row(
            "benchmark-histogram",
            method,
            &of,
            share(&bar.probability),
            None,
        ));
    }
    rows.push(row(
        "nobody-wins",
        method,
        "",
        share(&findings.nobody),
        None,
    ));
    for (bid, chance) in report.bids.iter().zip(&findings.chances) {
        let half_width = chance.half_width.as_ref().map(share);
        rows.push(row(
            "wins",
            method,
            &bid.bidder,
            share(&chance.win),
            half_width,
        ));
        rows.push(row(
            "first-rank",
            method,
            &bid.bidder,
            share(&chance.first),
            None,
        ));
    }
}

fn method_of(report: &Report, method: Option<usize>) -> &str {
    let found = method.and_then(|index| report.methods.get(index));
    found.map_or("", |found| found.method.as_str())
}

fn ring(report: &Report, power: &Power, rows: &mut Vec<Vec<String>>) {
    let of = format!("{} of {}", power.ring, power.bids);
    rows.push(row(
        "ring-fair-share",
        "",
        &of,
        share(&power.fair_share),
        None,
    ));
    for target in &power.targets {
        let method = method_of(report, target.method);
        if let Some(found) = &target.win {
            let half_width = found.win_half_width.as_ref().map(share);
            rows.push(row("ring-wins", method, &of, share(&found.win), half_width));
            let prices = found.strategy.prices.iter().map(ToString::to_string);
            let prices = prices.collect::<Vec<_>>().join(" ");
            rows.push(row("ring-prices", method, &of, prices, None));
        }
        for (what, found) in [
            ("ring-moves-up-percent", &target.up),
            ("ring-moves-down-percent", &target.down),
        ] {
            let shift = found.as_ref().and_then(|found| found.shift_percent.clone());
            rows.extend(shift.map(|shift| row(what, method, &of, shift, None)));
        }
    }
}

fn suspected(report: &Report, suspicion: &Suspicion, rows: &mut Vec<Vec<String>>) {
    let of = suspicion.suspects.join(" ");
    for target in &suspicion.targets {
        let method = method_of(report, target.method);
        let columns = [
            ("suspects-benchmark-with", &target.with),
            ("suspects-benchmark-without", &target.without),
            ("suspects-moved-percent", &target.moved_percent),
        ];
        for (what, value) in columns {
            rows.extend(
                value
                    .clone()
                    .map(|value| row(what, method, &of, value, None)),
            );
        }
        rows.push(row("suspects-win", method, &of, share(&target.win), None));
    }
    rows.push(row(
        "suspects-replaced-as-far",
        "",
        &of,
        share(&suspicion.replaced.as_far),
        None,
    ));
    let unusual = &suspicion.unusual;
    let traits = [
        ("groups-moving-as-much", unusual.moved.as_ref()),
        ("groups-as-evenly-stepped", unusual.stepped.as_ref()),
        ("groups-as-close", Some(&unusual.clustered)),
    ];
    for (what, value) in traits {
        rows.extend(value.map(|value| row(what, "", &of, share(value), None)));
    }
}
