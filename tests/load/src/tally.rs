//! What happened, counted; and durations in order.

use std::collections::BTreeMap;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

/// Counts by name, and findings: what should not have happened.
#[derive(Default)]
pub struct Tally {
    counts: Mutex<BTreeMap<String, u64>>,
    findings: Mutex<Vec<String>>,
}

/// Findings that are kept; the rest is only counted.
const FINDINGS_MAX: usize = 50;

impl Tally {
    /// One more of these.
    pub fn count(&self, what: impl Into<String>) {
        let mut counts = self.counts.lock().unwrap_or_else(PoisonError::into_inner);
        *counts.entry(what.into()).or_default() += 1;
    }

    /// Something that should not be.
    pub fn find(&self, what: impl Into<String>) {
        self.count("findings");
        let mut findings = self.findings.lock().unwrap_or_else(PoisonError::into_inner);
        if findings.len() < FINDINGS_MAX {
            findings.push(what.into());
        }
    }

    /// How many of these.
    pub fn of(&self, what: &str) -> u64 {
        let counts = self.counts.lock().unwrap_or_else(PoisonError::into_inner);
        counts.get(what).copied().unwrap_or_default()
    }

    /// All counts.
    pub fn counts(&self) -> BTreeMap<String, u64> {
        let counts = self.counts.lock().unwrap_or_else(PoisonError::into_inner);
        counts.clone()
    }

    /// All findings that were kept.
    pub fn findings(&self) -> Vec<String> {
        let findings = self.findings.lock().unwrap_or_else(PoisonError::into_inner);
        findings.clone()
    }
}

/// Durations, for percentiles.
#[derive(Clone, Debug, Default)]
pub struct Durations(Vec<Duration>);

impl Durations {
    /// In any order.
    pub fn new(mut all: Vec<Duration>) -> Durations {
        all.sort_unstable();
        Durations(all)
    }

    /// The duration that `percent` of 100 do not exceed; zero if there is none.
    pub fn percentile(&self, percent: usize) -> Duration {
        let place = (self.0.len() * percent).div_ceil(100).saturating_sub(1);
        self.0.get(place).copied().unwrap_or_default()
    }

    /// How many.
    pub fn count(&self) -> usize {
        self.0.len()
    }
}

impl std::fmt::Display for Durations {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let at = |percent| self.percentile(percent).as_millis();
        write!(
            f,
            "p50 {} ms, p99 {} ms, longest {} ms",
            at(50),
            at(99),
            at(100)
        )
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::Durations;

    #[test]
    fn percentiles_are_of_the_sorted_durations() {
        let ms = |number: u64| Duration::from_millis(number);
        let all = Durations::new((1..=200).rev().map(ms).collect());
        assert_eq!(all.percentile(50), ms(100));
        assert_eq!(all.percentile(99), ms(198));
        assert_eq!(all.percentile(100), ms(200));
        assert_eq!(Durations::default().percentile(99), ms(0));
    }
}
