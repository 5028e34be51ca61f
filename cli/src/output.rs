//! What people and programs read: results on standard output, everything else on standard error.

use std::io::Write;

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};
use serde_json::Value;

use crate::failure::Failure;

/// How a command speaks.
#[derive(Clone, Copy, Debug)]
pub struct Output {
    /// Results as JSON, one value per command.
    pub json: bool,
}

impl Output {
    /// The result of the command: text for people, `value` for programs.
    pub fn result(self, text: impl std::fmt::Display, value: &Value) {
        if self.json {
            self.line(&format!("{value:#}"));
        } else {
            self.line(&text.to_string());
        }
    }

    /// A result that is JSON in any case, or text in any case.
    pub fn line(self, text: &str) {
        // A reader that has gone away (a closed pipe) is no reason to complain.
        let mut out = std::io::stdout().lock();
        let _ = writeln!(out, "{}", text.trim_end_matches('\n'));
    }

    /// Something to know on the way; not for programs.
    pub fn note(self, text: impl std::fmt::Display) {
        if !self.json {
            let _ = writeln!(std::io::stderr().lock(), "{text}");
        }
    }

    /// The end of a command that failed.
    pub fn failure(self, failure: &Failure) {
        if self.json {
            self.line(&format!("{:#}", failure.to_json()));
        } else {
            let _ = writeln!(std::io::stderr().lock(), "error: {failure}");
        }
    }

    /// A bar over bytes, on standard error; invisible with `--json` and where there is no terminal.
    pub fn bytes_bar(self, label: &str, bytes: u64) -> ProgressBar {
        let bar = ProgressBar::with_draw_target(Some(bytes), self.target());
        let template =
            "{msg:<28!} {bar:32} {bytes:>10} of {total_bytes:<10} {bytes_per_sec:>11} {eta:>4}";
        bar.set_style(
            ProgressStyle::with_template(template).unwrap_or_else(|_| ProgressStyle::default_bar()),
        );
        bar.set_message(label.to_owned());
        bar
    }

    fn target(self) -> ProgressDrawTarget {
        if self.json {
            ProgressDrawTarget::hidden()
        } else {
            ProgressDrawTarget::stderr()
        }
    }
}
