//! V9: the draw. Announced by the template and in time, every attempt there, the counted set, the seed and
//! the outcome recomputed from the raw statements and the keys of the bundle (protocol section 7).

use std::collections::{BTreeMap, BTreeSet};

use evaluation::Money;
use evaluation::benchmark::DrawnValue as Parameter;
use evaluation::draw::{draw_rules, draw_seed};
use procedure::Stage;
use procedure::act::{
    Act, BidManifest, DrawAnnounce, DrawContribution, DrawResult, DrawnValue, Notice,
};
use procedure::limits::ATTEMPTS_MAX;
use record::list::{ListRoot, in_statement};
use record::sealing::EnvelopeKind;
use record::{Digest, Identifier};

use crate::findings::Findings;
use crate::replay::{Item, Replay, acts};
use crate::sealed::{DRAW, Sealed};
use crate::summary::word;

/// Seats without a contribution that are named one by one.
const NOTES_MAX: usize = 50;

pub(super) fn check(replay: &Replay<'_>, found: &mut Findings) {
    let Some((notice_item, notice)) = replay.notice() else {
        return found.not_checkable(format!("there is no notice: {}", replay.ends_at()));
    };
    // One more than there can be, so that a record full of announcements costs no more than it should.
    let most = usize::try_from(ATTEMPTS_MAX).unwrap_or(usize::MAX);
    let announces: Vec<_> = acts!(replay, DrawAnnounce)
        .take(most.saturating_add(1))
        .collect();
    for (number, (item, body)) in (1_u32..).zip(&announces) {
        announced(replay, item, body, number, found);
        template(notice_item, notice, item, body, found);
    }
    set_before_releases(replay, found);
    never_reused(replay, found);
    let result = acts!(replay, DrawResult).next();
    attempts(replay, &announces, result.map(|(_, body)| body), found);
    if let Some((item, body)) = result {
        let announce = announces.iter().find(|(one, _)| one.id == body.announce);
        match announce {
            Some((_, announce)) if announce.attempt == body.attempt => {
                drawn(replay, notice, item, body, found);
            }
            _ => found.fail_at(
                item,
                "draw-not-announced",
                format!(
                    "no announcement {} of attempt {}",
                    body.announce, body.attempt
                ),
            ),
        }
        // v1 has no beacon, and the checkpoint of a bundle is younger than every release in it, so that no
        // cosignature in a bundle can show that the contributions were fixed before.
        found.note("no beacon: not protected against platform and trustees together");
    } else {
        found.not_checkable(format!("nothing was drawn: {}", replay.ends_at()));
    }
    found.note("no people were drawn in this tender");
}

/// Attempts are numbered from 1 without gaps, each after the failure of the one before, the first before any
/// contribution.
fn announced(
    replay: &Replay<'_>,
    item: &Item,
    body: &DrawAnnounce,
    number: u32,
    found: &mut Findings,
) {
    if body.attempt != number {
        let detail = format!(
            "attempt {} is announced where attempt {number} comes next: an attempt is hidden or repeated",
            body.attempt
        );
        found.fail_at(item, "attempt-hidden", detail);
    }
    if let Some(before) = number.checked_sub(1).filter(|before| *before > 0) {
        let failed = acts!(replay, DrawFailed)
            .any(|(one, body)| body.attempt == before && one.index() < item.index());
        if !failed {
            let detail = format!("attempt {before} has not failed before attempt {number}");
            found.fail_at(item, "attempt-without-failure", detail);
        }
    }
    let early = replay.tender_items().find(|one| {
        one.index() < item.index()
            && match &one.act {
                Some(Act::BidManifest(_)) => number == 1,
                Some(Act::DrawContribution(contribution)) => contribution.attempt == number,
                _ => false,
            }
    });
    if let Some(early) = early {
        let detail = format!(
            "entry {} contributed before the announcement",
            early.index()
        );
        found.fail_at(item, "announced-late", detail);
    }
}

/// The announcement has no free field.
fn template(
    notice_item: &Item,
    notice: &Notice,
    item: &Item,
    body: &DrawAnnounce,
    found: &mut Findings,
) {
    let seats = ["bidders", "tenderee", "witnesses"];
    let count = if notice.witnesses.is_empty() { 2 } else { 3 };
    let methods = notice.rules.methods.iter().map(|spec| &spec.method);
    let fits = body.draw.as_str() == DRAW
        && body.notice == notice_item.id
        && body.tender == notice.tender
        && body.methods.iter().eq(methods)
        && body
            .contributors
            .iter()
            .map(String::as_str)
            .eq(seats.into_iter().take(count));
    if !fits {
        let detail = "the announcement is not what the notice gives";
        found.fail_at(item, "announcement-mismatch", detail);
    }
}

/// No contribution was revealed before the benchmark set was frozen.
fn set_before_releases(replay: &Replay<'_>, found: &mut Findings) {
    let set = acts!(replay, BenchmarkSet).next().map(|(item, _)| item);
    for item in replay.tender_items() {
        let kind = match &item.act {
            Some(Act::ShareRelease(body)) => body.kind,
            Some(Act::BidOpened(body)) => body.kind,
            _ => continue,
        };
        let early = set.is_none_or(|set| item.index() < set.index());
        if kind == EnvelopeKind::Contrib && early {
            let detail = "a contribution was revealed before the benchmark set was frozen";
            found.fail_at(item, "contribution-released-early", detail);
        }
    }
}

/// A contribution counts in one attempt only.
fn never_reused(replay: &Replay<'_>, found: &mut Findings) {
    let mut seen = BTreeSet::new();
    let in_bids = acts!(replay, BidManifest).flat_map(|(item, body)| {
        let of_draw = body.envelopes.iter();
        of_draw
            .filter(|envelope| envelope.kind == EnvelopeKind::Contrib)
            .map(move |envelope| (item, &envelope.key_block))
    });
    let alone =
        acts!(replay, DrawContribution).map(|(item, body)| (item, &body.envelope.key_block));
    for (item, key_block) in in_bids.chain(alone) {
        if !seen.insert(key_block) {
            let detail = "its contribution stands in an earlier statement too";
            found.fail_at(item, "contribution-reused", detail);
        }
    }
}

/// Prints every attempt with how it ended.
fn attempts(
    replay: &Replay<'_>,
    announces: &[(&Item, &DrawAnnounce)],
    result: Option<&DrawResult>,
    found: &mut Findings,
) {
    for (item, body) in announces {
        let failure = acts!(replay, DrawFailed).find(|(_, one)| one.attempt == body.attempt);
        let end = match (failure, result.filter(|one| one.attempt == body.attempt)) {
            (Some((_, failed)), _) => format!(
                "failed ({}), {} contributions could not be opened",
                word(&failed.reason),
                length(&failed.unresolved, failed.unresolved_list)
            ),
            (None, Some(result)) => format!(
                "drawn from {} contributions ({} removed, {} contributors missing), seed {}",
                result.counted,
                length(&result.removed, result.removed_list),
                length(&result.missing, result.missing_list),
                result.seed
            ),
            (None, None) => "open".to_owned(),
        };
        found.note(format!(
            "attempt {}, announced at entry {}: {end}",
            body.attempt,
            item.index()
        ));
    }
}

/// How many lines a list of a statement has, named or not.
fn length<T>(named: &[T], list: Option<ListRoot>) -> u64 {
    list.map_or(named.len() as u64, |list| list.count)
}

/// One contribution of an attempt.
struct Contribution<'a> {
    contributor: &'a Identifier,
    sealed: Option<Sealed<'a>>,
}

/// The last contribution of each contributor before the close of the attempt, by statement.
fn contributions<'a>(
    replay: &'a Replay<'_>,
    notice: &'a Notice,
    attempt: u32,
    before: u64,
) -> BTreeMap<Digest, Contribution<'a>> {
    let mut last: BTreeMap<&Identifier, (Digest, Contribution<'a>)> = BTreeMap::new();
    let mut bidders: BTreeMap<Digest, &Identifier> = BTreeMap::new();
    for item in replay.tender_items() {
        if !item.is_admitted() || item.index() >= before {
            continue;
        }
        match &item.act {
            Some(Act::BidManifest(body)) if attempt == 1 => {
                bidders.insert(item.id, &body.bidder_id);
                last.insert(&body.bidder_id, (item.id, of_bid(body)));
            }
            Some(Act::BidWithdrawn(body)) if attempt == 1 => {
                let bidder = bidders.get(&body.manifest);
                let is_last = |bidder: &&&Identifier| {
                    last.get(**bidder)
                        .is_some_and(|(statement, _)| *statement == body.manifest)
                };
                if let Some(bidder) = bidder.filter(is_last) {
                    last.remove(bidder);
                }
            }
            Some(Act::DrawContribution(body)) if body.attempt == attempt => {
                last.insert(&body.contributor, (item.id, alone(replay, notice, body)));
            }
            _ => {}
        }
    }
    last.into_values().collect()
}

fn of_bid(body: &BidManifest) -> Contribution<'_> {
    Contribution {
        contributor: &body.bidder_id,
        sealed: Sealed::of_bid(body, EnvelopeKind::Contrib),
    }
}

fn alone<'a>(replay: &Replay<'_>, notice: &Notice, body: &'a DrawContribution) -> Contribution<'a> {
    Contribution {
        contributor: &body.contributor,
        sealed: Sealed::of_contribution(body, replay.directory.origin(), notice),
    }
}

/// Recomputes counted set, seed and outcome of the drawn attempt.
fn drawn(
    replay: &Replay<'_>,
    notice: &Notice,
    item: &Item,
    body: &DrawResult,
    found: &mut Findings,
) {
    let close = if body.attempt == 1 {
        acts!(replay, Closing).next().map(|(close, _)| close)
    } else {
        acts!(replay, DrawClose)
            .find(|(_, close)| close.attempt == body.attempt)
            .map(|(close, _)| close)
    };
    let Some(close) = close else {
        return found.fail_at(item, "draw-not-closed", "the attempt was never closed");
    };
    let given = contributions(replay, notice, body.attempt, close.index());
    let mut counted = Vec::new();
    let mut removed = Vec::new();
    for (statement, contribution) in &given {
        let key = replay.keys.get(statement).and_then(|keys| keys.contrib);
        match (key, &contribution.sealed) {
            (Some(key), Some(sealed)) => counted.push((*statement, sealed.contribution(&key))),
            _ => removed.push(*statement),
        }
    }
    let gone = removed.len();
    let (removed, removed_list) = in_statement(removed);
    let same = body.removed == removed && body.removed_list == removed_list;
    if usize::try_from(body.counted) != Ok(counted.len()) || !same {
        let detail = format!(
            "the result counts {} and removes {}, the record gives {} and {gone}",
            body.counted,
            length(&body.removed, body.removed_list),
            counted.len(),
        );
        found.fail_at(item, "counted-set-differs", detail);
    }
    missing(replay, notice, &given, item, body, found);
    let of_tenderee = counted
        .iter()
        .filter_map(|(statement, _)| given.get(statement))
        .any(|one| replay.tenderee() == Some(one.contributor));
    if !of_tenderee || counted.len() < 2 {
        let detail = "the tenderee's contribution and at least one other have to count";
        found.fail_at(item, "too-few-contributions", detail);
    }
    match draw_seed(&body.announce, &counted, b"") {
        Ok(seed) if seed == body.seed => outcome(replay, notice, item, body, found),
        Ok(seed) => {
            let detail = format!(
                "the result says {}, the contributions give {seed}",
                body.seed
            );
            found.fail_at(item, "seed-differs", detail);
        }
        Err(error) => found.fail_at(item, "seed-differs", error.to_string()),
    }
}

/// Seats that gave no contribution are listed.
fn missing(
    replay: &Replay<'_>,
    notice: &Notice,
    given: &BTreeMap<Digest, Contribution<'_>>,
    item: &Item,
    body: &DrawResult,
    found: &mut Findings,
) {
    let contributors: BTreeSet<&Identifier> = given.values().map(|one| one.contributor).collect();
    let live = replay.stage().and_then(Stage::bidding);
    let bidders = live.iter().flat_map(|bidding| bidding.live.keys());
    let seats: BTreeSet<&Identifier> = notice
        .witnesses
        .iter()
        .chain(replay.tenderee())
        .chain(bidders)
        .collect();
    let missing = seats.difference(&contributors).map(|who| (*who).clone());
    let (missing, missing_list) = in_statement(missing.collect());
    if body.missing != missing || body.missing_list != missing_list {
        let detail = "the list of contributors who gave nothing is not right";
        found.fail_at(item, "missing-differs", detail);
    }
    for who in body.missing.iter().take(NOTES_MAX) {
        found.note(format!(
            "{who} has a seat in the draw and gave no contribution"
        ));
    }
    let all = length(&body.missing, body.missing_list);
    let noted = body.missing.len().min(NOTES_MAX) as u64;
    if let Some(more) = all.checked_sub(noted).filter(|more| *more > 0) {
        found.note(format!(
            "{more} further seats in the draw gave no contribution"
        ));
    }
}

/// Shortlist, method and parameters from the seed over the benchmark set.
fn outcome(
    replay: &Replay<'_>,
    notice: &Notice,
    item: &Item,
    body: &DrawResult,
    found: &mut Findings,
) {
    let Some(drawing) = replay.stage().and_then(Stage::drawing) else {
        return found.not_checkable(format!("no benchmark set: {}", replay.ends_at()));
    };
    let prices = drawing
        .members
        .iter()
        .filter_map(|member| member.price.parse::<Money>().ok());
    let drawn = match draw_rules(&body.seed, &notice.rules, &prices.collect::<Vec<Money>>()) {
        Ok(drawn) => drawn,
        Err(error) => return found.fail_at(item, "outcome-differs", error.to_string()),
    };
    let index = drawn
        .shortlist_index
        .and_then(|index| u64::try_from(index).ok());
    let shortlist = index.map(|index| ("shortlist".to_owned(), DrawnValue::Index(index)));
    let drawn = drawn.rule;
    let parameters: BTreeMap<String, DrawnValue> = drawn
        .drawn
        .into_iter()
        .map(|(name, value)| match value {
            Parameter::Decimal(value) => (name, DrawnValue::Decimal(value.to_string())),
            Parameter::Index(index) => (name, DrawnValue::Index(index)),
        })
        .chain(shortlist)
        .collect();
    if drawn.method != body.method || parameters != body.parameters {
        let detail = format!(
            "the result says {} {:?}, the seed gives {} {parameters:?}",
            body.method, body.parameters, drawn.method
        );
        found.fail_at(item, "outcome-differs", detail);
    }
}
