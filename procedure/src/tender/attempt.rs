//! What follows from the attempts of a draw: who has contributed, which contributions count, the result or the failure, and
//! the moments at which they are due (protocol section 7).

use std::collections::BTreeSet;

use evaluation::draw::draw_seed;
use record::list::in_statement;
use record::sealing::FileKey;
use record::{Digest, Identifier};

use super::drawing::draw_id;
use super::{Attempt, Contribution, Drawing, Drawn, Given, Resolved};
use crate::act::{DrawFailed, DrawFailure, DrawResult, OpeningRecord};
use crate::limits::CONTRIBUTIONS_PER_ATTEMPT_MAX;
use crate::refusal::{Code, Refusal, demand};

impl Given {
    /// Whether `who` may contribute once more to this attempt.
    pub(super) fn check(&self, who: &Identifier) -> Result<(), Refusal> {
        let times = self.by.get(who).map_or(0, |(times, _)| *times);
        demand(
            times < CONTRIBUTIONS_PER_ATTEMPT_MAX,
            Code::LimitExceeded,
            || {
                format!(
                    "{who} contributes at most {CONTRIBUTIONS_PER_ATTEMPT_MAX} times to an attempt"
                )
            },
        )
    }

    /// Notes a contribution that was admitted; the one that it replaces comes back.
    pub(super) fn note(&mut self, who: &Identifier, statement: Digest) -> Option<Digest> {
        let before = self.by.get(who).copied();
        let times = before.map_or(0, |(times, _)| times).saturating_add(1);
        self.by.insert(who.clone(), (times, statement));
        before.map(|(_, statement)| statement)
    }

    /// The last contribution of `who`.
    pub(super) fn last(&self, who: &Identifier) -> Option<&Digest> {
        self.by.get(who).map(|(_, statement)| statement)
    }
}

impl Attempt {
    /// Whether this attempt failed over an envelope of `who` although others could be opened. Whoever knows the
    /// seed early (some trustees) could otherwise, together with a contributor of garbage, choose between this
    /// result and another attempt again and again (protocol section 9, "redraw until it suits").
    pub(super) fn was_spoiled_by(&self, who: &Identifier) -> bool {
        let is_open =
            |contribution: &Contribution| self.releases.resolved(&contribution.statement).is_some();
        let own = self.given.last(who);
        let own = own.and_then(|statement| self.contributions.get(statement));
        self.failed == Some(DrawFailure::TooFewShares)
            && own.is_some_and(|own| !is_open(own))
            && self.contributions.values().any(is_open)
    }
}

impl Drawing {
    /// The present attempt.
    pub fn last(&self) -> Option<&Attempt> {
        self.attempts.last()
    }

    pub(super) fn present(&self, number: u32) -> Result<&Attempt, Refusal> {
        let attempt = self
            .last()
            .filter(|attempt| attempt.number == number && attempt.failed.is_none());
        attempt.ok_or_else(|| {
            Refusal::new(Code::AttemptMismatch, format!("{number} is not under way")).at("/attempt")
        })
    }

    /// Until when a further attempt collects contributions.
    pub fn collection_end_ms(&self, attempt: &Attempt) -> u64 {
        attempt
            .announced
            .time_ms
            .saturating_add(self.opened.closed.bidding.notice.opening.draw_window_ms)
    }

    /// Until when contributions may be released; `None` while they are still collected.
    pub fn release_end_ms(&self) -> Option<u64> {
        let closed = self.last()?.closed?;
        Some(
            closed
                .time_ms
                .saturating_add(self.opened.closed.bidding.notice.opening.draw_window_ms),
        )
    }

    /// Contributions that count, with what they contribute: all whose deal holds.
    pub(super) fn counted(&self, attempt: &Attempt) -> Vec<(Digest, Digest)> {
        let opened = attempt.contributions.values().filter_map(|contribution| {
            match attempt.releases.resolved(&contribution.statement)? {
                Resolved::Opened { key } => {
                    let value =
                        FileKey::from_bytes(key.0).draw_contribution(&contribution.sealed.context);
                    Some((contribution.statement, value))
                }
                Resolved::NoKeyFits => None,
            }
        });
        opened.collect()
    }

    /// The tenderee's contribution and at least one other count.
    pub(super) fn enough(
        &self,
        attempt: &Attempt,
        tenderee: &Identifier,
        counted: &[(Digest, Digest)],
    ) -> bool {
        let of_tenderee = counted
            .iter()
            .filter_map(|(statement, _)| attempt.contributions.get(statement))
            .any(|contribution| contribution.contributor == *tenderee);
        of_tenderee && counted.len() >= 2
    }

    /// Why the present attempt fails now, if it does.
    pub(super) fn failure(
        &self,
        tender: &Identifier,
        tenderee: &Identifier,
        now_ms: u64,
    ) -> Option<DrawFailed> {
        let attempt = self.last().filter(|attempt| attempt.failed.is_none())?;
        let end_ms = self.release_end_ms()?;
        let reason = if !attempt.releases.all_resolved() {
            (now_ms >= end_ms).then_some(DrawFailure::TooFewShares)?
        } else if !self.enough(attempt, tenderee, &self.counted(attempt)) {
            DrawFailure::TooFewContributions
        } else {
            return None;
        };
        let (unresolved, unresolved_list) = in_statement(attempt.releases.unresolved());
        Some(DrawFailed {
            tender: tender.clone(),
            attempt: attempt.number,
            reason,
            unresolved,
            unresolved_list,
        })
    }

    /// The result, once every contribution of the present attempt is resolved and enough of them count.
    pub(super) fn result(
        &self,
        tender: &Identifier,
        tenderee: &Identifier,
    ) -> Result<Option<DrawResult>, Refusal> {
        let Some(attempt) = self
            .last()
            .filter(|attempt| attempt.failed.is_none() && attempt.closed.is_some())
        else {
            return Ok(None);
        };
        // First what is cheap: this is asked after every release.
        if !attempt.releases.all_resolved() {
            return Ok(None);
        }
        let counted = self.counted(attempt);
        if !self.enough(attempt, tenderee, &counted) {
            return Ok(None);
        }
        let seed = draw_seed(&attempt.announce, &counted, b"")
            .map_err(|error| Refusal::new(Code::ResultMismatch, error.to_string()))?;
        let rules = &self.opened.closed.bidding.notice.rules;
        let (method, parameters) = super::rules::draw(rules, &self.members, &seed)?;
        let counted_ids: BTreeSet<Digest> =
            counted.iter().map(|(statement, _)| *statement).collect();
        let removed = attempt
            .contributions
            .keys()
            .filter(|id| !counted_ids.contains(id))
            .copied()
            .collect();
        let (removed, removed_list) = in_statement(removed);
        let (missing, missing_list) = in_statement(self.missing(attempt, tenderee));
        Ok(Some(DrawResult {
            tender: tender.clone(),
            draw: draw_id()?,
            attempt: attempt.number,
            announce: attempt.announce,
            counted: u32::try_from(counted.len()).unwrap_or(u32::MAX),
            removed,
            removed_list,
            missing,
            missing_list,
            seed,
            method,
            parameters,
        }))
    }

    /// Required contributors who gave none: tenderee and witnesses always, bidders from attempt 2 on (their
    /// first contribution comes with the bid).
    pub(super) fn missing(&self, attempt: &Attempt, tenderee: &Identifier) -> Vec<Identifier> {
        let bidding = &self.opened.closed.bidding;
        let given: BTreeSet<&Identifier> = attempt
            .contributions
            .values()
            .map(|contribution| &contribution.contributor)
            .collect();
        let mut required: BTreeSet<&Identifier> =
            bidding.notice.witnesses.iter().chain([tenderee]).collect();
        required.extend(bidding.live.keys());
        required
            .difference(&given)
            .map(|who| (*who).clone())
            .collect()
    }
}

impl Drawn {
    /// Until when the draw may be objected to.
    pub fn objection_end_ms(&self) -> u64 {
        self.drawn.time_ms.saturating_add(
            self.drawing
                .opened
                .closed
                .bidding
                .notice
                .opening
                .draw_objection_ms,
        )
    }

    /// The opening record that is signed now.
    pub fn opening_record(&self, tender: &Identifier) -> OpeningRecord {
        let (results, results_list) = in_statement(self.drawing.opened.pages.clone());
        OpeningRecord {
            tender: tender.clone(),
            closing: self.drawing.opened.closed.closing,
            results,
            results_list,
            benchmark_set: self.drawing.benchmark_set,
            draw_result: self.statement,
        }
    }
}
