//! V10: the evaluation case rebuilt from rule set, read-out, credit and draw; evaluated; compared with the
//! report, the candidates and the award.

use std::collections::BTreeMap;

use evaluation::Outcome;
use evaluation::draw::tie_order;
use procedure::act::{EvaluationReport, Place, Ties};
use procedure::law::Limit;
use procedure::{Drawn, Stage, case_of};
use record::list::{ListRoot, in_statement};
use record::{Digest, Identifier};

use crate::findings::Findings;
use crate::replay::{Item, Replay, acts};

/// Places that a line of the verifier's report shows.
const PLACES_SHOWN: usize = 20;

/// How many places a report names where the profile says nothing.
const PLACES_MAX: u32 = 3;

pub(super) fn check(replay: &Replay<'_>, found: &mut Findings) {
    credit(replay, found);
    let Some((item, report)) = acts!(replay, EvaluationReport).next() else {
        return found.not_checkable(format!("there is no evaluation: {}", replay.ends_at()));
    };
    let Some(drawn) = replay.stage().and_then(Stage::drawn) else {
        return found.not_checkable(format!("nothing to evaluate from: {}", replay.ends_at()));
    };
    let places = recomputed(item, report, drawn, found);
    succession(replay, item, report, &places, found);
}

/// The snapshot that was opened is the one that was committed to before closing.
fn credit(replay: &Replay<'_>, found: &mut Findings) {
    let terms = replay
        .notice()
        .and_then(|(_, notice)| Some((notice.rules.credit.as_ref()?, notice.credit_source()?)));
    let Some((terms, source)) = terms else {
        return found.note("credit does not count in this tender");
    };
    let committed = acts!(replay, CreditCommitted).find(|(item, _)| item.is_admitted());
    for (item, _) in acts!(replay, CreditSnapshot) {
        match &committed {
            Some((_, body)) if body.pages().any(|page| *page == item.id) => {}
            Some((_, body)) => {
                let detail = format!(
                    "this snapshot is {}, committed before closing was {}{}",
                    item.id,
                    body.snapshot,
                    match body.further.len() {
                        0 => String::new(),
                        more => format!(" and {more} further pages"),
                    }
                );
                found.fail_at(item, "credit-swapped", detail);
            }
            None => found.fail_at(item, "credit-swapped", "no snapshot was committed to"),
        }
    }
    let opened = acts!(replay, CreditSnapshot).count();
    let open = committed.map_or(0, |(_, body)| body.pages().count());
    found.note(match (committed, acts!(replay, CreditSnapshot).next()) {
        (None, _) => format!(
            "{source} committed no credit snapshot: everybody has {}",
            terms.missing
        ),
        (Some(_), None) => format!("the credit snapshot of {source} has not been opened"),
        (Some(_), Some(_)) if opened < open => {
            format!("{opened} of {open} pages of the credit snapshot of {source} have been opened")
        }
        (Some((item, _)), Some(_)) => format!(
            "credit snapshot of {source}, committed at entry {}",
            item.index()
        ),
    });
}

/// Compares the report with what the record gives; the places that the record gives come back.
fn recomputed(
    item: &Item,
    report: &EvaluationReport,
    drawn: &Drawn,
    found: &mut Findings,
) -> Vec<Place> {
    let outcome = case_of(drawn)
        .map_err(|refusal| refusal.to_string())
        .and_then(|case| evaluation::evaluate(&case).map_err(|error| error.to_string()));
    let outcome = match outcome {
        Ok(outcome) => outcome,
        Err(reason) => {
            found.fail_at(item, "evaluation-impossible", reason);
            return report.places.clone();
        }
    };
    let digest = outcome.decision_bytes().map(|bytes| Digest::sha256(&bytes));
    if digest.ok() != Some(report.result) {
        let detail = "the whole result has another digest than the report names";
        found.fail_at(item, "evaluation-differs", detail);
    }
    let benchmark = outcome.benchmark().map(|value| value.to_string());
    if benchmark != report.benchmark {
        let detail = format!(
            "the report says {:?}, the record gives {benchmark:?}",
            report.benchmark
        );
        found.fail_at(item, "benchmark-differs", detail);
    }
    let ranked = outcome.bids.iter().filter(|bid| bid.rank.is_some()).count();
    if usize::try_from(report.ranked) != Ok(ranked) {
        let detail = format!("the report ranks {}, the record {ranked}", report.ranked);
        found.fail_at(item, "ranking-differs", detail);
    }
    let expected = places(&outcome, drawn);
    let (named, list) = in_statement(expected.clone());
    if named != report.places || list != report.places_list {
        let detail = format!(
            "the report says {}; the record gives {}",
            said(&report.places, report.places_list),
            listed(&expected)
        );
        found.fail_at(item, "places-differ", detail);
    }
    found.note(format!(
        "{ranked} bids ranked over {} in the benchmark set; first: {}",
        drawn.drawing.members.len(),
        listed(&expected)
    ));
    expected
}

/// The first places. A shared rank is drawn where the rules say so (stream `tie:<rank>`, bidders ascending);
/// otherwise it stays shared, and a group that does not fit behind the first rank is left out whole.
fn places(outcome: &Outcome, drawn: &Drawn) -> Vec<Place> {
    let bidding = &drawn.drawing.opened.closed.bidding;
    let most = bidding.profile.rule(|limit| match limit {
        Limit::CandidatesMax { count } => Some(*count),
        _ => None,
    });
    let most = most.map_or(PLACES_MAX, |(_, count)| count);
    let mut groups: BTreeMap<u32, BTreeMap<&str, String>> = BTreeMap::new();
    for bid in &outcome.bids {
        if let Some(rank) = bid.rank.filter(|rank| *rank <= most) {
            let group = groups.entry(rank).or_default();
            group.insert(&bid.bidder, bid.price.to_string());
        }
    }
    let is_drawn = bidding.notice.rules.ties == Ties::Draw;
    let most = usize::try_from(most).unwrap_or(usize::MAX);
    let mut places = Vec::new();
    for (rank, group) in groups {
        let fits = rank == 1 || places.len().saturating_add(group.len()) <= most;
        if is_drawn && group.len() > 1 {
            let order = tie_order(&drawn.result.seed, rank, group.len()).unwrap_or_default();
            let in_order = order.iter().filter_map(|at| group.iter().nth(*at));
            places.extend(
                (rank..)
                    .zip(in_order)
                    .take(most)
                    .filter_map(|(rank, one)| place(rank, one)),
            );
        } else if fits {
            places.extend(group.iter().filter_map(|one| place(rank, one)));
        }
    }
    if is_drawn {
        places.truncate(most);
    }
    places
}

fn place(rank: u32, (bidder, price): (&&str, &String)) -> Option<Place> {
    Some(Place {
        rank,
        bidder: Identifier::new(*bidder).ok()?,
        price: price.clone(),
    })
}

fn listed(places: &[Place]) -> String {
    let named = places.iter().take(PLACES_SHOWN);
    let mut lines: Vec<String> = named
        .map(|place| format!("{}. {} {}", place.rank, place.bidder, place.price))
        .collect();
    let more = places.len().saturating_sub(lines.len());
    if more > 0 {
        lines.push(format!("and {more} more"));
    }
    match lines.is_empty() {
        true => "nobody".to_owned(),
        false => lines.join(", "),
    }
}

/// Places as a statement names them.
fn said(places: &[Place], list: Option<ListRoot>) -> String {
    match list {
        Some(list) => format!("{} places with the root {}", list.count, list.root),
        None => listed(places),
    }
}

/// Candidates are the report's places, the winner is a first candidate.
fn succession(
    replay: &Replay<'_>,
    report_item: &Item,
    report: &EvaluationReport,
    places: &[Place],
    found: &mut Findings,
) {
    let candidates = acts!(replay, Candidates).next();
    if let Some((item, body)) = candidates
        && (body.report != report_item.id
            || body.candidates != report.places
            || body.candidates_list != report.places_list)
    {
        let detail = format!(
            "published: {}; the report has {}",
            said(&body.candidates, body.candidates_list),
            said(&report.places, report.places_list)
        );
        found.fail_at(item, "candidates-mismatch", detail);
    }
    let Some((item, award)) = acts!(replay, Award).next() else {
        return found.note(format!("no award: {}", replay.ends_at()));
    };
    let is_first =
        |one: &Place| one.rank == 1 && one.bidder == award.winner && one.price == award.price;
    // Where the report names its places by their root, they are the recomputed ones or `places-differ` says so.
    let of_report = match report.places_list {
        Some(_) => places,
        None => report.places.as_slice(),
    };
    if !of_report.iter().any(is_first) {
        let detail = format!("{} at {} is not first", award.winner, award.price);
        found.fail_at(item, "winner-mismatch", detail);
    }
    found.note(format!("awarded to {} at {}", award.winner, award.price));
}
