//! Report, candidates, award, and the other ends of a tender.

use record::Identifier;

use super::{Awarded, Case, Drawing, Evaluated, Failed, Published, Stage, Tender, Terminated};
use crate::act::{
    Award, Candidates, EvaluationReport, Failure, Place, Role, TenderFailed, TenderTerminated,
    TerminationCause,
};
use crate::law::{Limit, days_between};
use crate::limits::{ATTEMPTS_MAX, DURATION_MS_MAX, TEXT_CHARS_MAX};
use crate::refusal::{Code, Refusal, demand};
use crate::text;

impl Tender {
    pub(super) fn evaluation_report(
        &mut self,
        body: &EvaluationReport,
        case: &Case<'_>,
    ) -> Result<(), Refusal> {
        let Stage::Evaluation(recorded) = &self.stage else {
            return Err(self.wrong_stage());
        };
        case.signed_only_by(&self.tenderee)?;
        let (expected, places) = super::evaluating::report_with_places(&self.id, recorded)?;
        let note = body.competition_note.clone();
        if let Some(note) = &note {
            text::length(note, TEXT_CHARS_MAX, "/competition_note")?;
        }
        let (minimum, rule) = recorded
            .drawn
            .drawing
            .opened
            .closed
            .bidding
            .profile
            .bidders_min();
        demand(
            body.ranked == 0 || body.ranked >= minimum || note.is_some(),
            Code::CompetitionNoteMissing,
            || format!("{} bids are ranked, the minimum is {minimum}", body.ranked),
        )
        .map_err(|refusal| refusal.under(rule))?;
        let expected = EvaluationReport {
            competition_note: note,
            ..expected
        };
        demand(
            *body == expected,
            Code::ResultMismatch,
            || "the record gives another evaluation",
        )?;
        let (statement, reported, report) = (case.id, case.at, body.clone());
        self.advance(|stage| match stage {
            Stage::Evaluation(recorded) => Stage::Evaluated(Box::new(Evaluated {
                recorded: *recorded,
                statement,
                reported,
                report,
                places,
            })),
            other => other,
        });
        Ok(())
    }

    pub(super) fn candidates(&mut self, body: &Candidates, case: &Case<'_>) -> Result<(), Refusal> {
        let Stage::Evaluated(evaluated) = &self.stage else {
            return Err(self.wrong_stage());
        };
        case.signed_only_by(&self.tenderee)?;
        let bidding = &evaluated.recorded.drawn.drawing.opened.closed.bidding;
        let profile = bidding.profile;
        let rule = profile.rule(|limit| matches!(limit, Limit::CandidatesMax { .. }).then_some(()));
        let same = body.report == evaluated.statement
            && body.candidates == evaluated.report.places
            && body.candidates_list == evaluated.report.places_list;
        demand(
            same && !evaluated.places.is_empty(),
            Code::CandidatesMismatch,
            || "the report names others, or nobody",
        )
        .map_err(|refusal| refusal.under(rule.map(|(rule, ())| rule)))?;
        let days = days_between(profile.zone, case.at.time_ms, body.publicity_until_ms);
        let publicity =
            profile.rule(|limit| matches!(limit, Limit::Publicity { .. }).then_some(()));
        let announced = i64::from(bidding.notice.publicity_days);
        let longest_ms = case.at.time_ms.saturating_add(DURATION_MS_MAX);
        demand(
            body.publicity_until_ms <= longest_ms,
            Code::LimitExceeded,
            || "publicity lasts at most 366 days",
        )
        .map_err(|refusal| refusal.at("/publicity_until_ms"))?;
        let long_enough = days >= announced && body.publicity_until_ms >= case.at.time_ms;
        demand(long_enough, Code::PublicityShort, || {
            format!("{days} days, {announced} were announced")
        })
        .map_err(|refusal| {
            refusal
                .at("/publicity_until_ms")
                .under(publicity.map(|(rule, ())| rule))
        })?;
        let (published, candidates) = (case.at, body.clone());
        self.advance(|stage| match stage {
            Stage::Evaluated(evaluated) => Stage::Candidates(Box::new(Published {
                evaluated: *evaluated,
                published,
                candidates,
            })),
            other => other,
        });
        Ok(())
    }

    pub(super) fn award(&mut self, body: &Award, case: &Case<'_>) -> Result<(), Refusal> {
        let Stage::Candidates(published) = &self.stage else {
            return Err(self.wrong_stage());
        };
        case.signed_only_by(&self.tenderee)?;
        self.demand_no_objection()?;
        let until_ms = published.candidates.publicity_until_ms;
        demand(case.at.time_ms >= until_ms, Code::WindowOpen, || {
            format!("publicity lasts until {until_ms} ms")
        })?;
        let first: Vec<&Place> = published
            .evaluated
            .places
            .iter()
            .filter(|place| place.rank == 1)
            .collect();
        let place = first
            .iter()
            .find(|place| place.bidder == body.winner && place.price == body.price);
        let profile = published
            .evaluated
            .recorded
            .drawn
            .drawing
            .opened
            .closed
            .bidding
            .profile;
        let rule = profile.rule(|limit| matches!(limit, Limit::CandidatesMax { .. }).then_some(()));
        let place = place.ok_or_else(|| {
            Refusal::new(Code::WinnerMismatch, body.winner.to_string())
                .under(rule.map(|(rule, ())| rule))
        })?;
        demand(
            first.len() == 1 || body.reason.is_some(),
            Code::AwardReasonMissing,
            || format!("{} candidates share the first rank", first.len()),
        )?;
        if let Some(reason) = &body.reason {
            text::length(reason, TEXT_CHARS_MAX, "/reason")?;
        }
        let (place, award) = ((*place).clone(), body.clone());
        self.advance(|stage| match stage {
            Stage::Candidates(published) => Stage::Awarded(Box::new(Awarded {
                published: *published,
                award,
                place,
            })),
            other => other,
        });
        Ok(())
    }

    /// Why the tender fails at `now_ms`, if it does.
    pub(super) fn failure(&self, now_ms: u64) -> Option<Failure> {
        match &self.stage {
            Stage::Closed(_) => Some(Failure::FewerThanMinimum),
            Stage::Opened(_)
                if self
                    .no_eligible_bid_from_ms()
                    .is_some_and(|from_ms| now_ms >= from_ms) =>
            {
                Some(Failure::NoEligibleBid)
            }
            Stage::Drawing(drawing) => self.drawing_failure(drawing),
            Stage::Evaluation(recorded) => match super::evaluating::report_of(&self.id, recorded) {
                Err(refusal) if refusal.code == Code::MethodInapplicable => {
                    Some(Failure::MethodInapplicable)
                }
                _ => None,
            },
            Stage::Evaluated(evaluated) if evaluated.places.is_empty() => {
                Some(Failure::NobodyRanked)
            }
            _ => None,
        }
    }

    /// From when on the tender fails because no bid is left after the read-out: not before those who are out
    /// could object to it, and not while an objection is unanswered.
    pub(super) fn no_eligible_bid_from_ms(&self) -> Option<u64> {
        let Stage::Opened(opened) = &self.stage else {
            return None;
        };
        let nobody = !opened.any_eligible && self.demand_no_objection().is_ok();
        nobody.then(|| opened.confirmation_end_ms())
    }

    pub(super) fn tender_failed(
        &mut self,
        body: &TenderFailed,
        case: &Case<'_>,
    ) -> Result<(), Refusal> {
        case.signed_by_platform()?;
        demand(
            self.failure(case.at.time_ms) == Some(body.failure),
            Code::NothingToFail,
            || self.stage.name(),
        )?;
        let failure = body.failure;
        self.advance(|before| {
            Stage::Failed(Box::new(Failed {
                failure,
                before: Box::new(before),
            }))
        });
        Ok(())
    }

    fn drawing_failure(&self, drawing: &Drawing) -> Option<Failure> {
        let last = drawing.last()?;
        if last.failed.is_some() && last.number >= ATTEMPTS_MAX {
            return Some(Failure::DrawExhausted);
        }
        match drawing.result(&self.id, &self.tenderee) {
            Err(refusal) if refusal.code == Code::MethodInapplicable => {
                Some(Failure::MethodInapplicable)
            }
            _ => None,
        }
    }

    pub(super) fn tender_terminated(
        &mut self,
        body: &TenderTerminated,
        case: &Case<'_>,
    ) -> Result<(), Refusal> {
        self.check_termination_signers(body.cause, case)?;
        text::length(&body.reason, TEXT_CHARS_MAX, "/reason")?;
        match &self.stage {
            Stage::Draft(_) | Stage::Announced(_) | Stage::Suspended(_) | Stage::Closed(_) => {}
            Stage::Opening(opening) => {
                let released = opening.releases.any_released() || opening.frozen.is_some();
                demand(
                    !released,
                    Code::SharesReleased,
                    || "after the first release all trustees must release",
                )?;
            }
            Stage::Awarded(_) | Stage::Failed(_) | Stage::Terminated(_) => {
                return Err(self.wrong_stage());
            }
            _ => demand(
                body.cause == TerminationCause::SupervisorOrder,
                Code::SharesReleased,
                || "after the opening only the supervisor's order ends a tender",
            )?,
        }
        let cause = body.cause;
        self.advance(|before| {
            Stage::Terminated(Box::new(Terminated {
                cause,
                before: Box::new(before),
            }))
        });
        Ok(())
    }

    /// The tenderee signs. A supervisor's order is signed by a supervisor, with the tenderee or without it: the
    /// tenderee cannot claim an order, and a silent one cannot keep a tender from ending.
    fn check_termination_signers(
        &self,
        cause: TerminationCause,
        case: &Case<'_>,
    ) -> Result<(), Refusal> {
        if cause != TerminationCause::SupervisorOrder {
            return case.signed_only_by(&self.tenderee);
        }
        let tenderee = &self.tenderee;
        let others = || case.signers.keys().filter(|who| *who != tenderee);
        let is_supervisor =
            |who: &Identifier| case.directory.has_role(who, Role::Supervisor, case.at);
        demand(
            others().any(is_supervisor),
            Code::SignersMissing,
            || "a supervisor signs the order",
        )?;
        demand(
            others().all(is_supervisor),
            Code::SignersTooMany,
            || "only tenderee and supervisors sign",
        )
    }
}
