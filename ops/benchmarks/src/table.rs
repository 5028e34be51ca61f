//! The table: one row per budget.

use std::fmt::Write as _;
use std::time::Duration;

/// One line of the table.
pub struct Row {
    /// What is measured.
    pub what: String,
    /// Our measurement.
    pub ours: String,
    /// The baseline's.
    pub bare: String,
    /// What it comes to: a ratio, or the measurement itself.
    pub comes_to: String,
    /// What the design asks for; empty: nothing.
    pub budget: String,
    /// Whether it is kept; none: no budget, or nothing was measured.
    pub kept: Option<bool>,
}

impl Row {
    /// A row without budget: something to know.
    pub fn note(what: impl Into<String>, ours: impl Into<String>) -> Row {
        let (what, ours) = (what.into(), ours.into());
        Row {
            what,
            ours,
            bare: String::new(),
            comes_to: String::new(),
            budget: String::new(),
            kept: None,
        }
    }

    /// A row with a budget for the measurement itself.
    pub fn absolute(
        what: impl Into<String>,
        ours: String,
        budget: impl Into<String>,
        kept: Option<bool>,
    ) -> Row {
        Row {
            comes_to: ours.clone(),
            budget: budget.into(),
            kept,
            ..Row::note(what, ours)
        }
    }
}

/// `dividend / divisor` in hundredths.
pub fn hundredths(dividend: u128, divisor: u128) -> u128 {
    dividend.saturating_mul(100) / divisor.max(1)
}

/// Hundredths as text: `1.07`.
pub fn ratio(hundredths: u128) -> String {
    format!("{}.{:02}", hundredths / 100, hundredths % 100)
}

/// A time with three digits or so.
pub fn duration(time: Duration) -> String {
    match time.as_micros() {
        0..10 => format!("{} ns", time.as_nanos()),
        micros @ 10..10_000 => format!("{micros} us"),
        micros @ 10_000..10_000_000 => format!("{} ms", micros / 1_000),
        micros => format!("{} s", ratio(micros / 10_000)),
    }
}

/// A rate per second.
pub fn per_second(count: u128, time: Duration, unit: &str) -> String {
    format!(
        "{} {unit}/s",
        count.saturating_mul(1_000_000) / time.as_micros().max(1)
    )
}

/// Peak memory.
pub fn memory(kib: Option<u64>) -> String {
    kib.map_or_else(
        || "not measured".to_owned(),
        |kib| format!("{} MiB", kib / 1024),
    )
}

const HEADS: [&str; 6] = ["what", "Kaibiao", "bare", "comes to", "budget", ""];

/// The whole table, columns aligned.
pub fn render(rows: &[Row]) -> String {
    let cells = |row: &Row| {
        let verdict = match row.kept {
            Some(true) => "holds",
            Some(false) => "MISSES",
            None => "",
        };
        [
            row.what.clone(),
            row.ours.clone(),
            row.bare.clone(),
            row.comes_to.clone(),
            row.budget.clone(),
            verdict.into(),
        ]
    };
    let lines: Vec<[String; 6]> = std::iter::once(HEADS.map(str::to_owned))
        .chain(rows.iter().map(cells))
        .collect();
    let widths = std::array::from_fn::<usize, 6, _>(|column| {
        lines
            .iter()
            .map(|line| line[column].chars().count())
            .max()
            .unwrap_or(0)
    });
    let mut text = String::new();
    for (number, line) in lines.iter().enumerate() {
        let mut out = String::new();
        for (cell, width) in line.iter().zip(widths) {
            let _ = write!(out, "{cell:<width$}  ");
        }
        text.push_str(out.trim_end());
        text.push('\n');
        if number == 0 {
            text.push_str(&"-".repeat(widths.iter().sum::<usize>() + 10));
            text.push('\n');
        }
    }
    text
}
