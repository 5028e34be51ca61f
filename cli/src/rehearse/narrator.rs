//! What is said while a rehearsal runs, and the list of what was expected of it. On a terminal there is colour and
//! something moves; elsewhere there are plain lines; with `--json` there is silence until the end.

use std::io::Write;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use console::{measure_text_width, style};
use indicatif::{ProgressBar, ProgressStyle};
use serde::Serialize;

use crate::time;

/// Width of a headline's line.
const LINE_COLUMNS: usize = 100;
/// Width of the label before a fact.
const LABEL_COLUMNS: usize = 18;
/// How often a waiting sign moves.
const TICK: Duration = Duration::from_millis(100);

/// Something that a rehearsal demands of the system.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Expectation {
    /// What is expected.
    pub what: String,
    /// Whether it is so.
    pub holds: bool,
    /// What was found.
    pub found: String,
}

/// Tells the story.
#[derive(Debug)]
pub struct Narrator {
    silent: bool,
    began: Instant,
    headlines: Mutex<u32>,
    expectations: Mutex<Vec<Expectation>>,
    /// What moves on the terminal now; lines are written above it.
    moving: Mutex<Option<ProgressBar>>,
}

impl Narrator {
    /// A narrator; a silent one only notes what was expected.
    pub fn new(silent: bool) -> Narrator {
        Narrator {
            silent,
            began: Instant::now(),
            headlines: Mutex::new(0),
            expectations: Mutex::default(),
            moving: Mutex::default(),
        }
    }

    fn line(&self, text: &str) {
        if self.silent {
            return;
        }
        // A reader that has gone away is no reason to stop playing.
        let write = || drop(writeln!(std::io::stdout().lock(), "{text}"));
        match &*lock(&self.moving) {
            Some(bar) => bar.suspend(write),
            None => write(),
        }
    }

    /// A step begins, at `now_ms` of the server's clock.
    pub fn headline(&self, chinese: &str, english: &str, now_ms: u64) {
        let mut number = lock(&self.headlines);
        *number += 1;
        let title = format!(" {number}  {english} · {chinese} ");
        let clock = format!(" {} (simulated)", time::show(now_ms));
        let used = 2 + measure_text_width(&title) + measure_text_width(&clock);
        let rule = "─".repeat(LINE_COLUMNS.saturating_sub(used));
        self.line("");
        self.line(&format!(
            "──{}{}{}",
            style(title).bold().cyan(),
            rule,
            style(clock).dim()
        ));
    }

    /// Something happens.
    pub fn say(&self, text: impl std::fmt::Display) {
        for line in text.to_string().lines() {
            self.line(&format!("   {line}"));
        }
    }

    /// A fact that decides something.
    pub fn fact(&self, label: &str, value: impl std::fmt::Display) {
        let gap = " ".repeat(
            LABEL_COLUMNS
                .saturating_sub(measure_text_width(label))
                .max(1),
        );
        self.line(&format!("   {}{gap}{value}", style(label).bold()));
    }

    /// Rows under a header; columns whose header begins with `>` stand at the right.
    pub fn table(&self, header: &[&str], rows: &[Vec<String>]) {
        let is_right = |column: usize| header.get(column).is_some_and(|name| name.starts_with('>'));
        let names: Vec<String> = header
            .iter()
            .map(|name| name.trim_start_matches('>').to_owned())
            .collect();
        let width = |column: usize| {
            let cells = std::iter::once(&names)
                .chain(rows)
                .filter_map(|row| row.get(column));
            cells
                .map(|cell| measure_text_width(cell))
                .max()
                .unwrap_or(0)
        };
        let widths: Vec<usize> = (0..names.len()).map(width).collect();
        let render = |row: &Vec<String>| {
            let cell = |(column, cell): (usize, &String)| {
                let columns = widths.get(column).copied().unwrap_or(0);
                let gap = " ".repeat(columns.saturating_sub(measure_text_width(cell)));
                if is_right(column) {
                    format!("{gap}{cell}")
                } else {
                    format!("{cell}{gap}")
                }
            };
            let cells: Vec<String> = row.iter().enumerate().map(cell).collect();
            cells.join("  ").trim_end().to_owned()
        };
        self.line(&format!("   {}", style(render(&names)).dim()));
        for row in rows {
            self.line(&format!("   {}", render(row)));
        }
    }

    /// Something takes a while.
    pub fn working(&self, what: &str) -> Working<'_> {
        let bar = if self.silent {
            ProgressBar::hidden()
        } else {
            ProgressBar::new_spinner()
        };
        let style = ProgressStyle::with_template("   {spinner} {msg} {elapsed}");
        bar.set_style(style.unwrap_or_else(|_| ProgressStyle::default_spinner()));
        bar.set_message(what.to_owned());
        bar.enable_steady_tick(TICK);
        *lock(&self.moving) = Some(bar.clone());
        Working { bar, tell: self }
    }

    /// Notes whether something is as expected; says so at once if not.
    pub fn expect(&self, what: impl Into<String>, holds: bool, found: impl Into<String>) {
        let (what, found) = (what.into(), found.into());
        if !holds {
            self.say(style(format!("NOT AS EXPECTED: {what}: {found}")).red());
        }
        lock(&self.expectations).push(Expectation { what, holds, found });
    }

    /// Everything that was expected so far.
    pub fn expectations(&self) -> Vec<Expectation> {
        lock(&self.expectations).clone()
    }

    /// Prints the list of expectations; true if all of them hold.
    pub fn conclude(&self) -> bool {
        let all = self.expectations();
        for one in &all {
            let (mark, what) = if one.holds {
                (style("ok    ").green(), one.what.clone())
            } else {
                (
                    style("FAILED").red().bold(),
                    format!("{}: {}", one.what, one.found),
                )
            };
            self.say(format!("{mark}  {what}"));
        }
        let failed = all.iter().filter(|one| !one.holds).count();
        let seconds = self.began.elapsed().as_millis() / 100;
        self.say("");
        self.say(format!(
            "{} of {} expectations hold; {}.{} s",
            all.len() - failed,
            all.len(),
            seconds / 10,
            seconds % 10
        ));
        failed == 0
    }

    /// How long it has run, in milliseconds.
    pub fn elapsed_ms(&self) -> u64 {
        u64::try_from(self.began.elapsed().as_millis()).unwrap_or(u64::MAX)
    }
}

/// A sign that something is going on; gone when dropped.
#[derive(Debug)]
pub struct Working<'a> {
    bar: ProgressBar,
    tell: &'a Narrator,
}

impl Working<'_> {
    /// Says something else.
    pub fn now(&self, what: impl Into<String>) {
        self.bar.set_message(what.into());
    }
}

impl Drop for Working<'_> {
    fn drop(&mut self) {
        *lock(&self.tell.moving) = None;
        self.bar.finish_and_clear();
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests {
    use super::Narrator;

    #[test]
    fn one_thing_that_is_not_as_expected_is_enough() {
        let tell = Narrator::new(true);
        tell.expect("water is wet", true, "wet");
        assert!(tell.conclude());
        tell.expect("the moon is near", false, "far");
        assert!(!tell.conclude());
        let found: Vec<bool> = tell.expectations().iter().map(|one| one.holds).collect();
        assert_eq!(found, [true, false]);
    }
}
