//! V8: every live bid is in the results, every other one has its reason, and what was read out is what the
//! bidder sealed.

use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet};

use evaluation::Money;
use evaluation::benchmark::Method;
use evaluation::draw::MethodSpec;
use procedure::act::{
    Act, BidManifest, BidResult, Exclusion, ExclusionReason, FormValue, Outcome, RuleSet,
};
use procedure::{Opening, Stage, read_form};
use record::list::in_statement;
use record::sealing::EnvelopeKind;
use record::{Digest, Identifier};

use crate::findings::Findings;
use crate::replay::{Replay, acts};
use crate::sealed::Sealed;
use crate::summary::PRICE;

pub(super) fn check(replay: &Replay<'_>, found: &mut Findings) {
    let Some((closing, _)) = acts!(replay, Closing).next() else {
        return found.not_checkable(format!("the tender is not closed: {}", replay.ends_at()));
    };
    let live = live_bids(replay);
    counted(replay, &live, found);
    let pages: Vec<_> = acts!(replay, OpeningResults).collect();
    for (number, (item, page)) in (1_u32..).zip(&pages) {
        if page.page != number || usize::try_from(page.pages) != Ok(pages.len()) {
            let detail = format!(
                "page {} of {}, expected page {number}",
                page.page, page.pages
            );
            found.fail_at(item, "results-incomplete", detail);
        }
        if item.index() < closing.index() {
            found.fail_at(
                item,
                "results-before-closing",
                "results stand before closing",
            );
        }
    }
    let lines: Vec<&BidResult> = pages.iter().flat_map(|(_, page)| &page.results).collect();
    if pages.is_empty() {
        return without_results(replay, live.len(), found);
    }
    each_once(&live, &lines, found);
    as_sealed(replay, &lines, found);
    as_released(replay, &lines, found);
    confirmations(replay, found);
    benchmark_set(replay, &lines, found);
}

/// Live bids at closing, from the admitted manifests and withdrawals.
fn live_bids(replay: &Replay<'_>) -> BTreeMap<Identifier, Digest> {
    let mut live = BTreeMap::new();
    let mut bidders = BTreeMap::new();
    for item in replay.tender_items().filter(|item| item.is_admitted()) {
        match &item.act {
            Some(Act::BidManifest(body)) => {
                bidders.insert(item.id, body.bidder_id.clone());
                live.insert(body.bidder_id.clone(), item.id);
            }
            Some(Act::BidWithdrawn(body)) => {
                withdraw(&mut live, &bidders, &body.manifest);
            }
            _ => {}
        }
    }
    live
}

/// A withdrawal ends the bid that it names, if that one is live.
fn withdraw(
    live: &mut BTreeMap<Identifier, Digest>,
    bidders: &BTreeMap<Digest, Identifier>,
    manifest: &Digest,
) {
    let bidder = bidders.get(manifest);
    if let Some(bidder) = bidder.filter(|bidder| live.get(*bidder) == Some(manifest)) {
        live.remove(bidder);
    }
}

fn counted(replay: &Replay<'_>, live: &BTreeMap<Identifier, Digest>, found: &mut Findings) {
    let submitted = acts!(replay, BidManifest).count();
    let withdrawn = acts!(replay, BidWithdrawn).count();
    let replaced = acts!(replay, BidManifest)
        .filter(|(_, body)| body.replaces.is_some())
        .count();
    found.note(format!(
        "{submitted} bids submitted, {replaced} of them replaced an earlier one, {withdrawn} withdrawn, {} live at closing",
        live.len()
    ));
}

/// A tender without results: too few bidders, or not that far yet.
fn without_results(replay: &Replay<'_>, live: usize, found: &mut Findings) {
    let minimum = replay
        .stage()
        .and_then(Stage::bidding)
        .map(|bidding| bidding.profile.bidders_min().0);
    let opens = minimum.is_none_or(|least| usize::try_from(least).is_ok_and(|least| live >= least));
    match (opens, replay.stage()) {
        (false, Some(Stage::Closed(_) | Stage::Failed(_))) => found.note(format!(
            "fewer live bids than the minimum of {}: nothing was opened",
            minimum.unwrap_or_default()
        )),
        _ => found.not_checkable(format!("nothing was read out: {}", replay.ends_at())),
    }
}

fn each_once(live: &BTreeMap<Identifier, Digest>, lines: &[&BidResult], found: &mut Findings) {
    let mut seen = BTreeSet::new();
    for line in lines {
        let (bidder, manifest) = (&line.bidder, &line.manifest);
        match live.get(bidder) {
            Some(own) if own == manifest => {}
            Some(own) => found.fail(
                "result-of-other-bid",
                format!("{bidder}: the results name {manifest}, the live bid is {own}"),
            ),
            None => found.fail(
                "result-without-bid",
                format!("{bidder} is in the results and has no live bid"),
            ),
        }
        if !seen.insert(bidder) {
            found.fail("result-twice", format!("{bidder} is in the results twice"));
        }
        if (line.outcome == Outcome::Valid) == line.reason.is_some() {
            let detail = format!("{bidder}: a valid bid has no reason, every other one has");
            found.fail("result-without-reason", detail);
        }
    }
    for (bidder, manifest) in live {
        if !seen.contains(bidder) {
            found.fail(
                "bid-missing",
                format!("the live bid {manifest} of {bidder} is not in the results"),
            );
        }
    }
}

/// What was read out of each valid bid is what opens under its key in this bundle.
fn as_sealed(replay: &Replay<'_>, lines: &[&BidResult], found: &mut Findings) {
    let Some((_, notice)) = replay.notice() else {
        return;
    };
    let manifests: BTreeMap<Digest, &BidManifest> = acts!(replay, BidManifest)
        .map(|(item, body)| (item.id, body))
        .collect();
    for line in lines.iter().filter(|line| line.outcome == Outcome::Valid) {
        let key = replay
            .keys
            .get(&line.manifest)
            .and_then(|keys| keys.opening);
        let sealed = manifests
            .get(&line.manifest)
            .and_then(|body| Sealed::of_bid(body, EnvelopeKind::Opening));
        let (Some(key), Some(sealed)) = (key, sealed) else {
            found.fail(
                "read-out-unproved",
                format!("{}: there is no key for what was read out", line.bidder),
            );
            continue;
        };
        let form = sealed
            .form(&key)
            .and_then(|plaintext| read_form(&notice.bid_form, &plaintext).ok());
        if form.as_ref() != Some(&line.form) {
            found.fail(
                "read-out-differs",
                format!(
                    "{}: what was read out is not what the bidder sealed",
                    line.bidder
                ),
            );
        }
    }
}

/// Each line against what the releases of the record give. Where the results were admitted, they are equal.
fn as_released(replay: &Replay<'_>, lines: &[&BidResult], found: &mut Findings) {
    let expected = match replay.stage() {
        Some(Stage::Opening(opening)) => Opening::results(opening),
        Some(stage) => stage
            .opened()
            .map(|opened| Cow::Borrowed(opened.results.as_slice()))
            .unwrap_or_default(),
        None => return,
    };
    let expected: BTreeMap<Digest, &BidResult> =
        expected.iter().map(|one| (one.manifest, one)).collect();
    for line in lines {
        let own = expected.get(&line.manifest).copied();
        if let Some(own) = own.filter(|own| own != line) {
            found.fail(
                "result-differs",
                format!(
                    "{}: the results say {:?} (wrong shares {:?}), the releases give {:?} (wrong shares {:?})",
                    line.bidder, line.outcome, line.wrong_shares, own.outcome, own.wrong_shares
                ),
            );
        }
    }
}

fn confirmations(replay: &Replay<'_>, found: &mut Findings) {
    let Some(opened) = replay.stage().and_then(Stage::opened) else {
        return;
    };
    let agreed = opened
        .confirmations
        .values()
        .filter(|agrees| **agrees)
        .count();
    let contested = opened.confirmations.len().saturating_sub(agreed);
    let silent = opened
        .results
        .iter()
        .filter(|line| !opened.confirmations.contains_key(&line.manifest))
        .count();
    found.note(format!(
        "{agreed} bidders confirmed what was read out, {contested} contested it, {silent} said nothing"
    ));
}

/// All valid bids are in the benchmark set but those above the control price, or of nothing more than the
/// provisional sums; the others stand there with their reason.
fn benchmark_set(replay: &Replay<'_>, lines: &[&BidResult], found: &mut Findings) {
    let (Some((item, set)), Some((_, notice))) =
        (acts!(replay, BenchmarkSet).next(), replay.notice())
    else {
        return;
    };
    let control = control_price(&notice.rules);
    let sums = notice.rules.provisional_sums;
    let reason = |line: &BidResult| match price_of(line) {
        Some(price) if line.outcome == Outcome::Valid => {
            if control.is_some_and(|control| price > control) {
                Some(ExclusionReason::AboveControlPrice)
            } else {
                sums.filter(|sums| price <= *sums)
                    .map(|_| ExclusionReason::NotAboveProvisionalSums)
            }
        }
        _ => Some(ExclusionReason::NotValid),
    };
    let excluded: BTreeMap<&Identifier, ExclusionReason> = lines
        .iter()
        .filter_map(|line| Some((&line.bidder, reason(line)?)))
        .collect();
    let included = lines.len().saturating_sub(excluded.len());
    let line = |(bidder, reason): (&&Identifier, &ExclusionReason)| Exclusion {
        bidder: (*bidder).clone(),
        reason: *reason,
    };
    let count = excluded.len();
    let (named, list) = in_statement(excluded.iter().map(line).collect());
    let same = set.excluded == named && set.excluded_list == list;
    if !same || usize::try_from(set.included) != Ok(included) {
        let said = set
            .excluded_list
            .map_or(set.excluded.len() as u64, |list| list.count);
        let detail = format!(
            "it includes {} and excludes {said}, the read-out gives {included} and {count}",
            set.included,
        );
        found.fail_at(item, "benchmark-set-differs", detail);
    }
}

/// The control price, where one of the announced methods heeds it.
fn control_price(rules: &RuleSet) -> Option<Money> {
    let heeds = |spec: &MethodSpec| {
        Method::from_id(&spec.method).is_ok_and(|method| method.formula().heeds_control_price())
    };
    rules
        .control_price
        .filter(|_| rules.methods.iter().any(heeds))
}

fn price_of(line: &BidResult) -> Option<Money> {
    let price = line.form.iter().find(|(field, _)| field.as_str() == PRICE);
    match price?.1 {
        FormValue::Text(text) => text.parse().ok(),
        FormValue::Integer(_) => None,
    }
}
