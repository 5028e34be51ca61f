//! What one check found while it runs.

use crate::replay::Item;
use crate::report::{Check, Finding, Status};

/// A report that lists the same thing ten thousand times helps nobody; the count of the rest is kept.
pub(crate) const FINDINGS_MAX: usize = 50;

/// Collects findings and notes of one check.
#[derive(Default)]
pub(crate) struct Findings {
    found: Vec<Finding>,
    omitted: usize,
    notes: Vec<String>,
    why_not: Option<String>,
}

impl Findings {
    /// Something does not hold.
    pub fn fail(&mut self, code: &str, detail: impl Into<String>) {
        self.push(Finding {
            code: code.to_owned(),
            detail: detail.into(),
            member: None,
            index: None,
        });
    }

    /// Something does not hold about a member of the bundle.
    pub fn fail_member(&mut self, member: &str, code: &str, detail: impl Into<String>) {
        self.push(Finding {
            code: code.to_owned(),
            detail: detail.into(),
            member: Some(member.to_owned()),
            index: None,
        });
    }

    /// Something does not hold about a statement. What was said about it already is not said twice.
    pub fn fail_at(&mut self, item: &Item, code: &str, detail: impl Into<String>) {
        let index = Some(item.index());
        if self
            .found
            .iter()
            .any(|one| one.index == index && one.code == code)
        {
            return;
        }
        self.push(Finding {
            code: code.to_owned(),
            detail: detail.into(),
            member: Some(format!("statements/{:012}.json", item.index())),
            index,
        });
    }

    fn push(&mut self, finding: Finding) {
        if self.found.len() < FINDINGS_MAX {
            self.found.push(finding);
        } else {
            self.omitted = self.omitted.saturating_add(1);
        }
    }

    /// Something that a reader should know and that is not a failure.
    pub fn note(&mut self, text: impl Into<String>) {
        self.notes.push(text.into());
    }

    /// The check, or a part of it that matters, cannot be made. The first reason counts.
    pub fn not_checkable(&mut self, why: impl Into<String>) {
        if self.why_not.is_none() {
            self.why_not = Some(why.into());
        }
    }

    /// The finished check.
    pub fn finish(mut self, id: &'static str, name: &'static str) -> Check {
        if self.omitted > 0 {
            self.notes
                .push(format!("{} further findings are not listed", self.omitted));
        }
        let status = match (self.found.is_empty(), &self.why_not) {
            (false, _) => Status::Fails,
            (true, Some(_)) => Status::NotCheckable,
            (true, None) => Status::Holds,
        };
        Check {
            id,
            name,
            status,
            why: self.why_not,
            findings: self.found,
            notes: self.notes,
        }
    }
}
