//! Outages at the deadline (protocol section 6): which times count, suspension, resumption by rule.

use record::Digest;

use super::{Bidding, Case, Stage, Tender};
use crate::At;
use crate::act::{NotServing, Outage, Resumed};
use crate::law::{Limit, Rule};
use crate::limits::{NOT_SERVING_MAX, OUTAGES_MAX};
use crate::refusal::{Code, Refusal, demand};

/// A deadline is moved to a full minute, in milliseconds.
const MINUTE_MS: u64 = 60_000;

/// An outage on the record.
#[derive(Clone, Debug, PartialEq)]
pub struct OutageState {
    /// Its statement id.
    pub statement: Digest,
    /// When it was admitted: bidding is suspended from here.
    pub suspended: At,
    /// The deadline that could not be kept, UTC milliseconds.
    pub deadline_ms: u64,
    /// When the platform was not serving.
    pub not_serving: Vec<NotServing>,
    /// When bidding was resumed.
    pub resumed: Option<At>,
}

impl OutageState {
    /// The time before the deadline that bidders have lost, in milliseconds.
    pub fn lost_ms(&self) -> u64 {
        let lost = |gap: &NotServing| {
            gap.until_ms
                .min(self.deadline_ms)
                .saturating_sub(gap.from_ms)
        };
        self.not_serving
            .iter()
            .map(lost)
            .fold(0, u64::saturating_add)
    }
}

/// What the profile says of outages, in milliseconds; see [`Limit::Outage`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct OutageRule {
    /// How long before the deadline the platform has to be serving.
    pub window_ms: u64,
    /// The shortest time of not serving that counts.
    pub gap_ms: u64,
    /// The least time between resumption and the new deadline.
    pub extension_ms: u64,
}

impl OutageRule {
    /// Whether this time of not serving counts against the deadline.
    fn counts(&self, gap: &NotServing, deadline_ms: u64) -> bool {
        gap.until_ms.saturating_sub(gap.from_ms) >= self.gap_ms.max(1)
            && gap.from_ms < deadline_ms
            && gap.until_ms > deadline_ms.saturating_sub(self.window_ms)
    }
}

impl Bidding {
    /// When the opening begins, UTC milliseconds: as announced, and never before the deadline in force.
    pub fn opening_ms(&self) -> u64 {
        self.notice.opening_ms.max(self.deadline_ms)
    }

    /// What the profile says of outages; none: it closes at the deadline, whatever has happened.
    pub fn outage_rule(&self) -> Option<(&'static Rule, OutageRule)> {
        self.profile.rule(|limit| match limit {
            Limit::Outage {
                window_ms,
                gap_ms,
                extension_ms,
            } => Some(OutageRule {
                window_ms: *window_ms,
                gap_ms: *gap_ms,
                extension_ms: *extension_ms,
            }),
            _ => None,
        })
    }

    /// The deadline after a resumption at `now_ms`, if bidding is suspended.
    pub fn resumption_deadline_ms(&self, now_ms: u64) -> Option<u64> {
        let outage = self.unresolved_outage()?;
        let (_, rule) = self.outage_rule()?;
        let least = now_ms.saturating_add(rule.extension_ms.max(outage.lost_ms()));
        Some(least.div_ceil(MINUTE_MS).saturating_mul(MINUTE_MS))
    }

    /// The outage for which bidding is suspended.
    pub fn unresolved_outage(&self) -> Option<&OutageState> {
        self.outages.last().filter(|one| one.resumed.is_none())
    }

    /// From when on the platform's serving matters for the present deadline, UTC milliseconds.
    fn bidding_since_ms(&self) -> u64 {
        let resumed = self.outages.last().and_then(|one| one.resumed);
        resumed.unwrap_or(self.announced).time_ms
    }
}

impl Tender {
    /// Which of these times of not serving (ascending) count against the deadline in force. If any does, the
    /// platform owes `outage` where it would owe `closing`.
    pub fn outage_due(&self, gaps: &[NotServing]) -> Vec<NotServing> {
        let Stage::Announced(bidding) = &self.stage else {
            return Vec::new();
        };
        let Some((_, rule)) = bidding
            .outage_rule()
            .filter(|_| bidding.outages.len() < OUTAGES_MAX)
        else {
            return Vec::new();
        };
        let mut earliest_ms = bidding.bidding_since_ms();
        let mut counted = Vec::new();
        for gap in gaps {
            let gap = NotServing {
                from_ms: gap.from_ms.max(earliest_ms),
                ..*gap
            };
            if rule.counts(&gap, bidding.deadline_ms) {
                earliest_ms = gap.until_ms;
                counted.push(gap);
            }
        }
        // The latest ones matter most; that there is one is what counts.
        counted.split_off(counted.len().saturating_sub(NOT_SERVING_MAX))
    }

    pub(super) fn outage(&mut self, body: &Outage, case: &Case<'_>) -> Result<(), Refusal> {
        case.signed_by_platform()?;
        let Stage::Announced(bidding) = &self.stage else {
            return Err(self.wrong_stage());
        };
        let deadline_ms = bidding.deadline_ms;
        demand(
            case.at.time_ms >= deadline_ms,
            Code::DeadlineNotReached,
            || {
                format!(
                    "deadline {deadline_ms} ms, admitted at {} ms",
                    case.at.time_ms
                )
            },
        )?;
        let (rule, limits) = bidding.outage_rule().ok_or_else(|| {
            Refusal::new(
                Code::OutageNotForeseen,
                "the profile closes at the deadline",
            )
        })?;
        demand(
            bidding.outages.len() < OUTAGES_MAX,
            Code::LimitExceeded,
            || format!("at most {OUTAGES_MAX} outages"),
        )?;
        demand(
            body.deadline_ms == deadline_ms,
            Code::OutageMismatch,
            || format!("the deadline in force is {deadline_ms} ms"),
        )
        .map_err(|refusal| refusal.at("/deadline_ms"))?;
        check_times(bidding, limits, body, case.at).map_err(|refusal| refusal.under(Some(rule)))?;
        check_checkpoints(body, case.at)?;
        let state = OutageState {
            statement: case.id,
            suspended: case.at,
            deadline_ms,
            not_serving: body.not_serving.clone(),
            resumed: None,
        };
        self.advance(|stage| match stage {
            Stage::Announced(mut bidding) => {
                bidding.outages.push(state);
                Stage::Suspended(bidding)
            }
            other => other,
        });
        Ok(())
    }

    pub(super) fn resumed(&mut self, body: &Resumed, case: &Case<'_>) -> Result<(), Refusal> {
        case.signed_by_platform()?;
        let Stage::Suspended(bidding) = &self.stage else {
            return Err(self.wrong_stage());
        };
        let named = bidding
            .unresolved_outage()
            .is_some_and(|one| one.statement == body.outage);
        demand(
            named,
            Code::OutageMismatch,
            || "this is not the outage for which bidding is suspended",
        )
        .map_err(|refusal| refusal.at("/outage"))?;
        let deadline_ms = bidding.resumption_deadline_ms(case.at.time_ms);
        demand(
            Some(body.deadline_ms) == deadline_ms,
            Code::ResumptionMismatch,
            || {
                format!(
                    "admitted at {} ms, the deadline is {} ms",
                    case.at.time_ms,
                    deadline_ms.unwrap_or_default()
                )
            },
        )
        .map_err(|refusal| {
            let rule = bidding.outage_rule().map(|(rule, _)| rule);
            refusal.at("/deadline_ms").under(rule)
        })?;
        let (at, deadline_ms) = (case.at, body.deadline_ms);
        self.advance(|stage| match stage {
            Stage::Suspended(mut bidding) => {
                if let Some(outage) = bidding.outages.last_mut() {
                    outage.resumed = Some(at);
                }
                bidding.deadline_ms = deadline_ms;
                Stage::Announced(bidding)
            }
            other => other,
        });
        Ok(())
    }
}

/// Every time that is named counts; they ascend, lie in the time of bidding and not in the future, and no bid was
/// admitted in one of them.
fn check_times(bidding: &Bidding, rule: OutageRule, body: &Outage, at: At) -> Result<(), Refusal> {
    let count = body.not_serving.len();
    demand(
        (1..=NOT_SERVING_MAX).contains(&count),
        Code::OutageMismatch,
        || format!("1 to {NOT_SERVING_MAX} times of not serving"),
    )
    .map_err(|refusal| refusal.at("/not_serving"))?;
    let mut earliest_ms = bidding.bidding_since_ms();
    for (position, gap) in body.not_serving.iter().enumerate() {
        let refuse = |detail: String| {
            Refusal::new(Code::OutageMismatch, detail).at(format!("/not_serving/{position}"))
        };
        if gap.from_ms < earliest_ms || gap.until_ms > at.time_ms {
            return Err(refuse(format!(
                "it lies between {earliest_ms} ms and {} ms",
                at.time_ms
            )));
        }
        if !rule.counts(gap, bidding.deadline_ms) {
            return Err(refuse(
                "too short, or not in the time before the deadline that counts".to_owned(),
            ));
        }
        if bidding.bids.values().any(|bid| gap.holds(bid.at.time_ms)) {
            return Err(refuse("a bid was admitted in this time".to_owned()));
        }
        earliest_ms = gap.until_ms;
    }
    Ok(())
}

/// The checkpoints stand at the two ends of the outage.
fn check_checkpoints(body: &Outage, at: At) -> Result<(), Refusal> {
    let first_ms = body.not_serving.first().map_or(0, |gap| gap.from_ms);
    let last_ms = body.not_serving.last().map_or(0, |gap| gap.until_ms);
    let before = &body.before;
    demand(
        before.size <= at.index && before.made_ms <= first_ms,
        Code::OutageMismatch,
        || "the last checkpoint before the outage was signed before it",
    )
    .map_err(|refusal| refusal.at("/before"))?;
    let Some(after) = &body.after else {
        return Ok(());
    };
    let same_tree = after.size != before.size || after.root == before.root;
    let in_order = (before.size..=at.index).contains(&after.size)
        && (last_ms..=at.time_ms).contains(&after.made_ms);
    demand(
        same_tree && in_order,
        Code::OutageMismatch,
        || "the first checkpoint after the outage was signed after it",
    )
    .map_err(|refusal| refusal.at("/after"))
}
