//! The report of a simulation as a picture.

use console::measure_text_width;
use evaluation::Decimal;
use evaluation::simulate::ring::TargetPower;
use evaluation::simulate::{BARS, Chance, Findings, Ratio, Report};
use plotters::backend::SVGBackend;
use plotters::drawing::IntoDrawingArea;
use plotters::element::Text;
use plotters::style::WHITE;

use super::panel::{Area, Bar, Mark, Panel};
use super::{ChartError, FAINT, INK, style};
use crate::explanation::Language;
use crate::simulation::words;

const WIDTH: u32 = 1100;
const HEAD: u32 = 74;
const PANEL: u32 = 170;
const HEADING: u32 = 40;
/// So many narrow letters fit side by side under a panel.
const LETTERS: usize = 140;

/// Draws a report.
pub fn simulation(report: &Report, title: &str, language: Language) -> Result<String, ChartError> {
    let benchmarks = benchmarks(report, language);
    let chances = chances(report, language);
    let rings = rings(report, language);
    let sections = [
        (words::heading_benchmark(language), benchmarks),
        (words::heading_chances(language), chances),
        (words::heading_ring(language), rings),
    ];
    let height = sections
        .iter()
        .filter(|(_, panels)| !panels.is_empty())
        .fold(HEAD, |height, (_, panels)| {
            height + HEADING + PANEL * u32::try_from(panels.len()).unwrap_or(0)
        });
    let mut svg = String::new();
    {
        let root = SVGBackend::with_string(&mut svg, (WIDTH, height)).into_drawing_area();
        root.fill(&WHITE).map_err(ChartError::from_drawing)?;
        let (head, mut rest) = root.split_vertically(HEAD);
        put(&head, title, 30, 26.0, true)?;
        put(&head, &words::subtitle(report, language), 58, 15.0, false)?;
        for (heading, panels) in sections.iter().filter(|(_, panels)| !panels.is_empty()) {
            let (line, below) = rest.split_vertically(HEADING);
            put(&line, heading, 22, 20.0, true)?;
            rest = below;
            for panel in panels {
                let (area, below) = rest.split_vertically(PANEL);
                panel.draw(&area)?;
                rest = below;
            }
        }
        root.present().map_err(ChartError::from_drawing)?;
    }
    Ok(svg)
}

fn put(area: &Area<'_>, text: &str, y: i32, pixels: f64, strong: bool) -> Result<(), ChartError> {
    let color = if strong { INK } else { FAINT };
    let style = style(pixels, color).pos(plotters::style::text_anchor::Pos::new(
        plotters::style::text_anchor::HPos::Left,
        plotters::style::text_anchor::VPos::Center,
    ));
    area.draw(&Text::new(text.to_owned(), (24, y), style))
        .map_err(ChartError::from_drawing)
}

/// One panel for the whole draw and one for each candidate, over one axis.
fn benchmarks(report: &Report, language: Language) -> Vec<Panel> {
    let all = words::targets(report, language);
    let extreme = |findings: &Findings| findings.benchmark.min().zip(findings.benchmark.max());
    let ends = all.iter().filter_map(|(_, findings)| extreme(findings));
    let prices = report.bids.iter().map(|bid| number(bid.price.decimal()));
    let (mut low, mut high) = (f64::MAX, f64::MIN);
    for (min, max) in ends {
        low = low.min(number(min));
        high = high.max(number(max));
    }
    if low > high {
        return Vec::new();
    }
    for price in prices {
        low = low.min(price);
        high = high.max(price);
    }
    let margin = ((high - low) * 0.02).max(0.01);
    let ends = (low - margin, high + margin);
    // Bars of one width in all panels.
    let units = |price: f64| (price * 100.0).round() as i64;
    let scale = |value: Decimal| number(value);
    let panel = |(name, findings): &(String, &Findings)| {
        let benchmark = &findings.benchmark;
        let bars = benchmark.histogram_over(
            to_units(benchmark, low, units),
            to_units(benchmark, high, units),
        );
        let width = (high - low) / BARS as f64;
        let bars = bars
            .into_iter()
            .filter(|bar| !bar.probability.is_zero())
            .map(|bar| Bar {
                from: scale(bar.from),
                to: (scale(bar.from) + width * 0.94).min(ends.1),
                height: share(&bar.probability),
                suspected: false,
                label: None,
            });
        let mean = benchmark
            .mean()
            .map(|mean| benchmark.shown(&mean))
            .unwrap_or_default();
        Panel {
            title: name.clone(),
            aside: words::mean_aside(&mean, findings, language),
            ends,
            bars: bars.collect(),
            marks: report
                .bids
                .iter()
                .map(|bid| Mark {
                    at: number(bid.price.decimal()),
                    suspected: bid.suspected,
                })
                .collect(),
            ticks: (0..=5)
                .map(|step| {
                    let at = ends.0 + (ends.1 - ends.0) * f64::from(step) / 5.0;
                    (at, words::grouped(&format!("{at:.0}")))
                })
                .collect(),
            level: None,
            top: None,
        }
    };
    all.iter()
        .filter(|(_, findings)| findings.benchmark.mean().is_some())
        .map(panel)
        .collect()
}

/// Benchmarks count in units of their last decimal, which need not be fen.
fn to_units(benchmark: &evaluation::simulate::Spread, price: f64, fen: impl Fn(f64) -> i64) -> i64 {
    let decimals = benchmark.min().map_or(2, Decimal::scale);
    match decimals {
        2 => fen(price),
        other => (price * 10_f64.powi(i32::from(other))).round() as i64,
    }
}

/// The chances of all bids, for the whole draw and for each candidate.
fn chances(report: &Report, language: Language) -> Vec<Panel> {
    let all = words::targets(report, language);
    let count = report.bids.len();
    let longest = report
        .bids
        .iter()
        .map(|bid| measure_text_width(&words::short(&bid.bidder)));
    let letters = count * (longest.max().unwrap_or(0) + 2);
    let every = letters.div_ceil(LETTERS).max(1);
    let panel = |(name, findings): &(String, &Findings)| {
        let bar = |(place, chance): (usize, &Chance)| Bar {
            from: place as f64 + 0.12,
            to: place as f64 + 0.88,
            height: share(&chance.win),
            suspected: report.bids.get(place).is_some_and(|bid| bid.suspected),
            label: (count <= 24 && !chance.win.is_zero()).then(|| chance.win.percent(1)),
        };
        let ticks = report.bids.iter().enumerate().step_by(every);
        Panel {
            title: name.clone(),
            aside: String::new(),
            ends: (0.0, count as f64),
            bars: findings.chances.iter().enumerate().map(bar).collect(),
            marks: Vec::new(),
            ticks: ticks
                .map(|(place, bid)| (place as f64 + 0.5, words::short(&bid.bidder)))
                .collect(),
            level: None,
            top: None,
        }
    };
    all.iter().map(panel).collect()
}

/// What a ring could do, or what the suspects' chances were, beside the share of as many honest bidders.
fn rings(report: &Report, language: Language) -> Vec<Panel> {
    let could = report.power.as_ref().map(|power| {
        let wins = |target: &TargetPower| Some((target.method, target.win.as_ref()?.win.clone()));
        let wins = power.targets.iter().filter_map(wins).collect();
        let title = words::ring_panel(power, language);
        (title, power.fair_share.clone(), wins)
    });
    let did = report.suspicion.as_ref().map(|suspicion| {
        let wins = suspicion
            .targets
            .iter()
            .map(|target| (target.method, target.win.clone()));
        let title = words::suspects_panel(suspicion, report.bids.len(), language);
        (title, suspicion.fair_share.clone(), wins.collect())
    });
    let panel = |(title, fair, wins): (String, Ratio, Vec<(Option<usize>, Ratio)>)| {
        let bar = |(place, (_, win)): (usize, &(Option<usize>, Ratio))| Bar {
            from: place as f64 + 0.3,
            to: place as f64 + 0.7,
            height: share(win),
            suspected: true,
            label: Some(format!("{}%", win.percent(1))),
        };
        let tick = |(place, (method, _)): (usize, &(Option<usize>, Ratio))| {
            let name = words::target_name(report, *method, language);
            (place as f64 + 0.5, name)
        };
        Panel {
            title,
            aside: words::fair_share(&fair, language),
            ends: (0.0, wins.len() as f64),
            bars: wins.iter().enumerate().map(bar).collect(),
            marks: Vec::new(),
            ticks: wins.iter().enumerate().map(tick).collect(),
            level: Some(share(&fair)),
            top: Some(1.0),
        }
    };
    could.into_iter().chain(did).map(panel).collect()
}

/// For a place in pixels.
fn number(value: Decimal) -> f64 {
    value.to_string().parse().unwrap_or(0.0)
}

fn share(ratio: &Ratio) -> f64 {
    ratio.decimal(9).parse().unwrap_or(0.0)
}
