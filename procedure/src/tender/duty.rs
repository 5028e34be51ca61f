//! What the platform itself has to say next. Deadlines are data: the server asks, signs and admits; no timer
//! decides anything.

use record::Digest;

use super::{Drawing, Stage, Tender, drawing};
use crate::act::{Act, DrawClose, Resumed, TenderFailed};

/// A statement that the platform owes.
#[derive(Clone, Debug, PartialEq)]
pub enum Duty {
    /// Sign and admit exactly this.
    Say(Box<Act>),
    /// Close the tender: name the ends of [`Tender::chains_to_name`], which only the log knows. But if the platform
    /// was not serving in a time that counts, which only its heartbeat knows, say `outage`: [`Tender::outage_due`].
    Close,
    /// Deal a rehearsal to this trustee set: it needs a fresh key, which only the platform has.
    Rehearse(Digest),
}

impl Duty {
    fn say(act: impl Into<Act>) -> Option<Duty> {
        Some(Duty::Say(Box::new(act.into())))
    }
}

impl Tender {
    /// What is due at `now_ms` (UTC milliseconds), if anything. After it is admitted, ask again.
    pub fn duty(&self, now_ms: u64) -> Option<Duty> {
        match &self.stage {
            Stage::Draft(preparation) => {
                let waiting = preparation
                    .sets
                    .iter()
                    .find(|(_, prepared)| prepared.rehearsal.is_none());
                waiting.map(|(id, _)| Duty::Rehearse(*id))
            }
            Stage::Announced(bidding) if now_ms >= bidding.deadline_ms => Some(Duty::Close),
            Stage::Announced(bidding) if bidding.announce.is_none() => {
                Duty::say(drawing::announcement(&bidding.notice, bidding.notice_id, 1).ok()?)
            }
            Stage::Suspended(bidding) => Duty::say(Resumed {
                tender: self.id.clone(),
                outage: bidding.unresolved_outage()?.statement,
                deadline_ms: bidding.resumption_deadline_ms(now_ms)?,
            }),
            Stage::Opening(opening) if opening.may_publish(now_ms) => {
                Duty::say(opening.next_page(&self.id, &opening.results()))
            }
            Stage::Drawing(drawing) => self
                .drawing_duty(drawing, now_ms)
                .or_else(|| self.failing(now_ms)),
            Stage::Closed(_) | Stage::Opened(_) | Stage::Evaluation(_) | Stage::Evaluated(_) => {
                self.failing(now_ms)
            }
            _ => None,
        }
    }

    /// Whether [`Tender::duty`] has something, without reading ten thousand bids to say so.
    fn is_due(&self, now_ms: u64) -> bool {
        match &self.stage {
            Stage::Opening(opening) => opening.may_publish(now_ms),
            _ => self.duty(now_ms).is_some(),
        }
    }

    fn failing(&self, now_ms: u64) -> Option<Duty> {
        Duty::say(TenderFailed {
            tender: self.id.clone(),
            failure: self.failure(now_ms)?,
        })
    }

    fn drawing_duty(&self, drawing: &Drawing, now_ms: u64) -> Option<Duty> {
        let attempt = drawing.last()?;
        if attempt.failed.is_some() {
            let bidding = &drawing.opened.closed.bidding;
            let next = attempt
                .number
                .checked_add(1)
                .filter(|next| *next <= crate::limits::ATTEMPTS_MAX)?;
            return Duty::say(
                drawing::announcement(&bidding.notice, bidding.notice_id, next).ok()?,
            );
        }
        if attempt.closed.is_none() {
            let over = now_ms >= drawing.collection_end_ms(attempt);
            return over.then(|| {
                Duty::say(DrawClose {
                    tender: self.id.clone(),
                    attempt: attempt.number,
                })
            })?;
        }
        if let Ok(Some(result)) = drawing.result(&self.id, &self.tenderee) {
            return Duty::say(result);
        }
        Duty::say(drawing.failure(&self.id, &self.tenderee, now_ms)?)
    }

    /// When [`Tender::duty`] may have something even if no statement comes before: now (`Some(0)`), at a
    /// moment to come, or never.
    pub fn next_due_ms(&self) -> Option<u64> {
        if self.is_due(self.last.time_ms) {
            return Some(0);
        }
        match &self.stage {
            Stage::Announced(bidding) => Some(bidding.deadline_ms),
            Stage::Opening(opening) => Some(opening.window_end_ms()),
            Stage::Opened(_) => self.no_eligible_bid_from_ms(),
            Stage::Drawing(drawing) => {
                let attempt = drawing.last()?;
                drawing
                    .release_end_ms()
                    .or_else(|| Some(drawing.collection_end_ms(attempt)))
            }
            _ => None,
        }
    }
}
