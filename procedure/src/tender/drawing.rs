//! The draw: announcement, contributions, attempts, the result, the opening record (protocol section 7).

use std::collections::{BTreeMap, BTreeSet};

use evaluation::draw::draw_seed;
use record::list::in_statement;
use record::sealing::FileKey;
use record::{Digest, Identifier};

use super::bidding::check_contribution;
use super::preparation::check_slot;
use super::{
    Attempt, Bidding, Case, Contribution, Drawing, Drawn, Given, Opened, Recorded, Releases,
    Resolved, SetMember, Stage, Tender,
};
use crate::At;
use crate::act::{
    BidOpened, DrawAnnounce, DrawClose, DrawContribution, DrawFailed, DrawFailure, DrawResult,
    Notice, OpeningRecord, ShareRelease,
};
use crate::limits::{ATTEMPTS_MAX, CONTRIBUTIONS_PER_ATTEMPT_MAX};
use crate::refusal::{Code, Refusal, demand};

/// Identifier of the one draw of a tender: the benchmark method and its parameters.
pub(super) fn draw_id() -> Result<Identifier, Refusal> {
    Identifier::new("benchmark")
        .map_err(|error| Refusal::new(Code::AnnouncementMismatch, error.to_string()))
}

/// The announcement that the notice gives: a template with no free field.
pub(super) fn announcement(
    notice: &Notice,
    notice_id: Digest,
    attempt: u32,
) -> Result<DrawAnnounce, Refusal> {
    let mut contributors = vec!["bidders".to_owned(), "tenderee".to_owned()];
    if !notice.witnesses.is_empty() {
        contributors.push("witnesses".to_owned());
    }
    Ok(DrawAnnounce {
        attempt,
        contributors,
        draw: draw_id()?,
        methods: notice
            .rules
            .methods
            .iter()
            .map(|spec| spec.method.clone())
            .collect(),
        notice: notice_id,
        tender: notice.tender.clone(),
    })
}

/// Freezes the set and begins attempt 1 with the contributions that were live at closing.
pub(super) fn first_attempt(
    opened: Opened,
    benchmark_set: Digest,
    members: Vec<SetMember>,
    at: At,
) -> Drawing {
    let bidding = &opened.closed.bidding;
    let of_bids = bidding.live_bids().map(|(id, bid)| Contribution {
        statement: *id,
        contributor: bid.bidder.clone(),
        sealed: bid.contrib.clone(),
    });
    let contributions: BTreeMap<Digest, Contribution> = of_bids
        .chain(bidding.contributions.values().cloned())
        .map(|contribution| (contribution.statement, contribution))
        .collect();
    let attempt = Attempt {
        number: 1,
        announce: bidding.announce.unwrap_or(Digest::ZERO),
        announced: bidding.announced,
        closed: Some(at),
        releases: releases_of(bidding, &contributions),
        given: Given {
            by: contributions
                .values()
                .map(|one| (one.contributor.clone(), (1, one.statement)))
                .collect(),
        },
        contributions,
        failed: None,
    };
    Drawing {
        opened,
        benchmark_set,
        members,
        attempts: vec![attempt],
    }
}

fn releases_of(bidding: &Bidding, contributions: &BTreeMap<Digest, Contribution>) -> Releases {
    let envelopes = contributions
        .iter()
        .map(|(id, contribution)| (*id, contribution.sealed.clone()));
    Releases::new(bidding.keys.clone(), envelopes)
}

impl Tender {
    pub(super) fn draw_announce(
        &mut self,
        body: &DrawAnnounce,
        case: &Case<'_>,
    ) -> Result<(), Refusal> {
        case.signed_by_platform()?;
        let wrong_stage = self.wrong_stage();
        match &mut self.stage {
            Stage::Announced(bidding) => {
                demand(
                    case.at.time_ms < bidding.deadline_ms,
                    Code::DeadlinePassed,
                    || "too late to announce",
                )?;
                demand(
                    bidding.announce.is_none(),
                    Code::AttemptMismatch,
                    || "the draw is announced",
                )?;
                demand_template(&bidding.notice, bidding.notice_id, 1, body)?;
                bidding.announce = Some(case.id);
            }
            Stage::Drawing(drawing) => {
                let last = drawing.last().ok_or_else(|| wrong_stage.clone())?;
                demand(
                    last.failed.is_some(),
                    Code::AttemptMismatch,
                    || "the present attempt has not failed",
                )?;
                let number = last.number.saturating_add(1);
                demand(number <= ATTEMPTS_MAX, Code::LimitExceeded, || {
                    format!("at most {ATTEMPTS_MAX} attempts")
                })?;
                let bidding = &drawing.opened.closed.bidding;
                demand_template(&bidding.notice, bidding.notice_id, number, body)?;
                let releases = Releases::new(bidding.keys.clone(), []);
                drawing.attempts.push(Attempt {
                    number,
                    announce: case.id,
                    announced: case.at,
                    closed: None,
                    contributions: BTreeMap::new(),
                    given: Given::default(),
                    releases,
                    failed: None,
                });
            }
            _ => return Err(wrong_stage),
        }
        Ok(())
    }

    pub(super) fn draw_contribution(
        &mut self,
        body: &DrawContribution,
        case: &Case<'_>,
    ) -> Result<(), Refusal> {
        let Stage::Drawing(drawing) = &self.stage else {
            return self.first_contribution(body, case);
        };
        let attempt = drawing.last().ok_or_else(|| self.wrong_stage())?;
        let collecting = attempt.closed.is_none() && attempt.failed.is_none();
        demand(
            collecting && body.attempt == attempt.number,
            Code::AttemptMismatch,
            || {
                format!(
                    "attempt {} collects contributions: {collecting}",
                    attempt.number
                )
            },
        )
        .map_err(|refusal| refusal.at("/attempt"))?;
        let end_ms = drawing.collection_end_ms(attempt);
        demand(case.at.time_ms < end_ms, Code::WindowClosed, || {
            format!("the window closed at {end_ms} ms")
        })?;
        let bidding = &drawing.opened.closed.bidding;
        let seated = body.contributor == self.tenderee
            || bidding.notice.witnesses.contains(&body.contributor)
            || bidding.live.contains_key(&body.contributor);
        demand(
            seated,
            Code::SignerNotAllowed,
            || "tenderee, witnesses and live bidders contribute",
        )?;
        let spoiled = drawing
            .attempts
            .iter()
            .any(|attempt| attempt.was_spoiled_by(&body.contributor));
        demand(
            !spoiled,
            Code::SignerNotAllowed,
            || "this contributor's envelope was the one that could not be opened in an earlier attempt",
        )?;
        let contribution = check_contribution(bidding, body, case)?;
        attempt.given.check(&body.contributor)?;
        if let Stage::Drawing(drawing) = &mut self.stage
            && let Some(attempt) = drawing.attempts.last_mut()
        {
            let key_blocks = &mut drawing.opened.closed.bidding.key_blocks;
            key_blocks.insert(contribution.sealed.fingerprint());
            if let Some(before) = attempt.given.note(&body.contributor, case.id) {
                attempt.contributions.remove(&before);
            }
            attempt.contributions.insert(case.id, contribution);
        }
        Ok(())
    }

    pub(super) fn draw_close(&mut self, body: &DrawClose, case: &Case<'_>) -> Result<(), Refusal> {
        case.signed_by_platform()?;
        let Stage::Drawing(drawing) = &self.stage else {
            return Err(self.wrong_stage());
        };
        let attempt = drawing.present(body.attempt)?;
        demand(
            attempt.closed.is_none(),
            Code::AttemptMismatch,
            || "the attempt is closed already",
        )?;
        let end_ms = drawing.collection_end_ms(attempt);
        demand(case.at.time_ms >= end_ms, Code::WindowOpen, || {
            format!("contributions are taken until {end_ms} ms")
        })?;
        let releases = releases_of(&drawing.opened.closed.bidding, &attempt.contributions);
        if let Stage::Drawing(drawing) = &mut self.stage
            && let Some(attempt) = drawing.attempts.last_mut()
        {
            attempt.closed = Some(case.at);
            attempt.releases = releases;
        }
        Ok(())
    }

    /// The present attempt while its contributions may be released.
    fn releasing_attempt(&mut self, case: &Case<'_>) -> Result<&mut Attempt, Refusal> {
        let wrong_stage = self.wrong_stage();
        let Stage::Drawing(drawing) = &mut self.stage else {
            return Err(wrong_stage);
        };
        let window_ms = drawing.opened.closed.bidding.notice.opening.draw_window_ms;
        let attempt = drawing.attempts.last_mut().ok_or(wrong_stage)?;
        let closed = attempt.closed.filter(|_| attempt.failed.is_none());
        let closed = closed
            .ok_or_else(|| Refusal::new(Code::AttemptMismatch, "nothing may be released now"))?;
        let end_ms = closed.time_ms.saturating_add(window_ms);
        demand(case.at.time_ms < end_ms, Code::WindowClosed, || {
            format!("the window closed at {end_ms} ms")
        })?;
        Ok(attempt)
    }

    pub(super) fn contribution_release(
        &mut self,
        body: &ShareRelease,
        case: &Case<'_>,
    ) -> Result<(), Refusal> {
        let bidding = self.stage.bidding().ok_or_else(|| self.wrong_stage())?;
        check_slot(&bidding.trustees, body.slot, case)?;
        let attempt = self.releasing_attempt(case)?;
        attempt.releases.check_shares(body.slot, &body.shares)?;
        attempt.releases.take_shares(body.slot, &body.shares);
        Ok(())
    }

    pub(super) fn contribution_opened(
        &mut self,
        body: &BidOpened,
        case: &Case<'_>,
    ) -> Result<(), Refusal> {
        let owner = case.only_signer()?.clone();
        let attempt = self.releasing_attempt(case)?;
        attempt
            .releases
            .check_own(&body.envelope, &owner, &body.key)?;
        attempt.releases.take_own(&body.envelope, &body.key);
        Ok(())
    }

    pub(super) fn draw_failed(
        &mut self,
        body: &DrawFailed,
        case: &Case<'_>,
    ) -> Result<(), Refusal> {
        case.signed_by_platform()?;
        let Stage::Drawing(drawing) = &self.stage else {
            return Err(self.wrong_stage());
        };
        drawing.present(body.attempt)?;
        let expected = drawing.failure(&self.id, &self.tenderee, case.at.time_ms);
        demand(
            expected.as_ref() == Some(body),
            Code::ResultMismatch,
            || "the attempt has not failed in this way",
        )?;
        if let Stage::Drawing(drawing) = &mut self.stage
            && let Some(attempt) = drawing.attempts.last_mut()
        {
            attempt.failed = Some(body.reason);
        }
        Ok(())
    }

    pub(super) fn draw_result(
        &mut self,
        body: &DrawResult,
        case: &Case<'_>,
    ) -> Result<(), Refusal> {
        case.signed_by_platform()?;
        let Stage::Drawing(drawing) = &self.stage else {
            return Err(self.wrong_stage());
        };
        drawing.present(body.attempt)?;
        let expected = drawing.result(&self.id, &self.tenderee)?;
        demand(
            expected.as_ref() == Some(body),
            Code::ResultMismatch,
            || "the draw has not this result",
        )?;
        let (statement, drawn, result) = (case.id, case.at, body.clone());
        self.advance(|stage| match stage {
            Stage::Drawing(drawing) => Stage::Drawn(Box::new(Drawn {
                drawing: *drawing,
                statement,
                drawn,
                result,
            })),
            other => other,
        });
        Ok(())
    }

    pub(super) fn opening_record(
        &mut self,
        body: &OpeningRecord,
        case: &Case<'_>,
    ) -> Result<(), Refusal> {
        let Stage::Drawn(drawn) = &self.stage else {
            return Err(self.wrong_stage());
        };
        demand(
            case.signers.contains_key(&self.tenderee),
            Code::SignersMissing,
            || "the tenderee signs as host",
        )?;
        let witnesses = &drawn.drawing.opened.closed.bidding.notice.witnesses;
        let allowed = case
            .signers
            .keys()
            .all(|who| *who == self.tenderee || witnesses.contains(who));
        demand(
            allowed,
            Code::SignersTooMany,
            || "only tenderee and witnesses sign",
        )?;
        self.demand_no_objection()?;
        let end_ms = drawn.objection_end_ms();
        demand(case.at.time_ms >= end_ms, Code::WindowOpen, || {
            format!("the draw may be objected to until {end_ms} ms")
        })?;
        demand(
            *body == drawn.opening_record(&self.id),
            Code::ResultMismatch,
            || "the record names other statements",
        )?;
        let record = case.id;
        let signed_by: BTreeSet<Identifier> = case.signers.keys().cloned().collect();
        self.advance(|stage| match stage {
            Stage::Drawn(drawn) => Stage::Evaluation(Box::new(Recorded {
                drawn: *drawn,
                record,
                signed_by,
            })),
            other => other,
        });
        Ok(())
    }
}

fn demand_template(
    notice: &Notice,
    notice_id: Digest,
    attempt: u32,
    body: &DrawAnnounce,
) -> Result<(), Refusal> {
    let expected = announcement(notice, notice_id, attempt)?;
    demand(
        *body == expected,
        Code::AnnouncementMismatch,
        || "every field follows from the notice",
    )
}

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
    fn last(&self, who: &Identifier) -> Option<&Digest> {
        self.by.get(who).map(|(_, statement)| statement)
    }
}

impl Attempt {
    /// Whether this attempt failed over an envelope of `who` although others could be opened. Whoever knows the
    /// seed early (some trustees) could otherwise, together with a contributor of garbage, choose between this
    /// result and another attempt again and again (protocol section 9, "redraw until it suits").
    fn was_spoiled_by(&self, who: &Identifier) -> bool {
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

    fn present(&self, number: u32) -> Result<&Attempt, Refusal> {
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
    fn counted(&self, attempt: &Attempt) -> Vec<(Digest, Digest)> {
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
    fn enough(
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
    fn missing(&self, attempt: &Attempt, tenderee: &Identifier) -> Vec<Identifier> {
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
