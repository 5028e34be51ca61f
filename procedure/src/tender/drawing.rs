//! The draw: announcement, contributions, attempts, the result, the opening record (protocol section 7).

use std::collections::{BTreeMap, BTreeSet};

use record::{Digest, Identifier};

use super::bidding::check_contribution;
use super::preparation::check_slot;
use super::{
    Attempt, Bidding, Case, Contribution, Drawing, Drawn, Given, Opened, Recorded, Releases,
    SetMember, Stage, Tender,
};
use crate::At;
use crate::act::{
    BidOpened, DrawAnnounce, DrawClose, DrawContribution, DrawFailed, DrawResult, Notice,
    OpeningRecord, ShareRelease,
};
use crate::limits::ATTEMPTS_MAX;
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
