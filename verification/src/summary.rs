//! What the record says happened, in a few lines.

use std::collections::BTreeMap;

use evaluation::Outcome;
use evaluation::result::Standing;
use procedure::act::{BidResult, FormValue};
use procedure::{BidStatus, Bidding, Drawing, Opened, Stage, case_of};
use record::{Digest, Identifier};
use serde::Serialize;

use crate::replay::{Replay, acts};
use crate::report::{AttemptLine, BidLine, GoneBid, Summary, WrongShares};

/// Field of the bid form that holds the price.
pub(crate) const PRICE: &str = "price";

pub(crate) fn of(replay: &Replay<'_>) -> Summary {
    let Some(stage) = replay.stage() else {
        return Summary::default();
    };
    let outcome = stage
        .recorded()
        .and_then(|recorded| case_of(&recorded.drawn).ok())
        .and_then(|case| evaluation::evaluate(&case).ok());
    let result = stage.drawn().map(|drawn| &drawn.result);
    let report = stage.evaluated().map(|evaluated| &evaluated.report);
    let award = match stage {
        Stage::Awarded(awarded) => Some(&awarded.award),
        _ => None,
    };
    Summary {
        stage: Some(stage.name()),
        ended: ended(stage),
        winner: award.map(|award| award.winner.clone()),
        price: award.map(|award| award.price.clone()),
        benchmark: report.and_then(|report| report.benchmark.clone()),
        seed: result.map(|result| result.seed),
        method: result.map(|result| result.method.clone()),
        parameters: result
            .map(|result| result.parameters.clone())
            .unwrap_or_default(),
        attempts: stage
            .drawing()
            .map(|drawing| attempts(drawing, stage))
            .unwrap_or_default(),
        bids: bids(replay, stage, outcome.as_ref()),
        replaced: stage.bidding().map(replaced).unwrap_or_default(),
        withdrawn: stage.bidding().map(withdrawn).unwrap_or_default(),
        wrong_shares: stage.opened().map(wrong_shares).unwrap_or_default(),
    }
}

/// The word that a value has in JSON.
pub(crate) fn word(value: &impl Serialize) -> String {
    match serde_json::to_value(value) {
        Ok(serde_json::Value::String(text)) => text,
        _ => String::new(),
    }
}

fn ended(stage: &Stage) -> Option<String> {
    match stage {
        Stage::Failed(failed) => Some(word(&failed.failure)),
        Stage::Terminated(terminated) => Some(word(&terminated.cause)),
        _ => None,
    }
}

fn attempts(drawing: &Drawing, stage: &Stage) -> Vec<AttemptLine> {
    let drawn = stage.drawn().map(|drawn| drawn.result.attempt);
    let line = |attempt: &procedure::Attempt| AttemptLine {
        number: attempt.number,
        announce: attempt.announce,
        contributions: attempt.contributions.len(),
        outcome: match attempt.failed {
            Some(failure) => format!("failed: {}", word(&failure)),
            None if drawn == Some(attempt.number) => "drawn".to_owned(),
            None => "open".to_owned(),
        },
    };
    drawing.attempts.iter().map(line).collect()
}

fn bids(replay: &Replay<'_>, stage: &Stage, outcome: Option<&Outcome>) -> Vec<BidLine> {
    if let Some(opened) = stage.opened() {
        let mut scored = outcome.map(scores).unwrap_or_default();
        let set = acts!(replay, BenchmarkSet).any(|(item, _)| item.is_admitted());
        let (_, excluded) = match set {
            true => opened.standings(),
            false => Default::default(),
        };
        for out in &excluded {
            scored.entry(out.bidder.as_str()).or_default().reason = Some(word(&out.reason));
        }
        let line = |result: &BidResult| opened_bid(result, scored.get(result.bidder.as_str()));
        return opened.results.iter().map(line).collect();
    }
    let sealed = |(bidder, manifest): (&Identifier, &Digest)| BidLine {
        bidder: bidder.clone(),
        manifest: *manifest,
        outcome: "sealed".to_owned(),
        reason: None,
        price: None,
        total: None,
        rank: None,
    };
    let live = stage.bidding().into_iter().flat_map(|one| &one.live);
    live.map(sealed).collect()
}

/// What the evaluation says about one bid.
#[derive(Default)]
struct Score {
    rank: Option<u32>,
    total: Option<String>,
    reason: Option<String>,
}

fn scores(outcome: &Outcome) -> BTreeMap<&str, Score> {
    let score = |standing: &Standing| match standing {
        Standing::Scored(scores) => (Some(scores.total.to_string()), None),
        Standing::Rejected(rejection) => (None, Some(rejection.reason().to_owned())),
        Standing::Ranked => (None, None),
        Standing::NotShortlisted => (None, Some("not-shortlisted".to_owned())),
    };
    let of_bid = |bid: &evaluation::result::BidOutcome| {
        let (total, reason) = score(&bid.standing);
        let rank = bid.rank;
        Score {
            rank,
            total,
            reason,
        }
    };
    let bids = outcome.bids.iter();
    bids.map(|bid| (bid.bidder.as_str(), of_bid(bid))).collect()
}

fn opened_bid(result: &BidResult, score: Option<&Score>) -> BidLine {
    let price = result
        .form
        .iter()
        .find(|(field, _)| field.as_str() == PRICE)
        .and_then(|(_, value)| match value {
            FormValue::Text(text) => Some(text.clone()),
            FormValue::Integer(_) => None,
        });
    let reason = result.reason.as_ref().map(word);
    BidLine {
        bidder: result.bidder.clone(),
        manifest: result.manifest,
        outcome: word(&result.outcome),
        reason: reason.or_else(|| score.and_then(|score| score.reason.clone())),
        price,
        total: score.and_then(|score| score.total.clone()),
        rank: score.and_then(|score| score.rank),
    }
}

fn replaced(bidding: &Bidding) -> Vec<GoneBid> {
    gone(bidding, |status| match status {
        BidStatus::Replaced(by) => Some(by),
        _ => None,
    })
}

fn withdrawn(bidding: &Bidding) -> Vec<GoneBid> {
    gone(bidding, |status| match status {
        BidStatus::Withdrawn(by) => Some(by),
        _ => None,
    })
}

/// Bids that no longer count, in the order of the log.
fn gone(bidding: &Bidding, by: impl Fn(BidStatus) -> Option<Digest>) -> Vec<GoneBid> {
    let mut bids: Vec<_> = bidding.bids.iter().collect();
    bids.sort_by_key(|(_, bid)| bid.at.index);
    let line = |(manifest, bid): (&Digest, &procedure::Bid)| {
        Some(GoneBid {
            bidder: bid.bidder.clone(),
            manifest: *manifest,
            by: by(bid.status)?,
        })
    };
    bids.into_iter().filter_map(line).collect()
}

fn wrong_shares(opened: &Opened) -> Vec<WrongShares> {
    let mut bids_by_slot: BTreeMap<u8, usize> = BTreeMap::new();
    for slot in opened.results.iter().flat_map(|line| &line.wrong_shares) {
        let bids = bids_by_slot.entry(*slot).or_default();
        *bids = bids.saturating_add(1);
    }
    let members = &opened.closed.bidding.trustees.members;
    let line = |(slot, bids): (u8, usize)| WrongShares {
        slot,
        trustee: usize::from(slot)
            .checked_sub(1)
            .and_then(|place| members.get(place))
            .map(|member| member.trustee.clone()),
        bids,
    };
    bids_by_slot.into_iter().map(line).collect()
}
