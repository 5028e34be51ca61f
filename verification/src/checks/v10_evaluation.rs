//! V10: the evaluation case rebuilt from rule set, read-out, credit and draw; evaluated; compared with the
//! report, the candidates and the award.

use std::collections::BTreeMap;

use evaluation::Outcome;
use evaluation::draw::tie_order;
use procedure::act::{EvaluationReport, Place, Ties};
use procedure::law::Limit;
use procedure::{Drawn, Stage, case_of};
use record::{Digest, Identifier};

use crate::findings::Findings;
use crate::replay::{Item, Replay, acts};

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
    recomputed(item, report, drawn, found);
    succession(replay, item, report, found);
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
            Some((_, body)) if body.snapshot == item.id => {}
            Some((_, body)) => {
                let detail = format!(
                    "this snapshot is {}, committed before closing was {}",
                    item.id, body.snapshot
                );
                found.fail_at(item, "credit-swapped", detail);
            }
            None => found.fail_at(item, "credit-swapped", "no snapshot was committed to"),
        }
    }
    found.note(match (committed, acts!(replay, CreditSnapshot).next()) {
        (None, _) => format!(
            "{source} committed no credit snapshot: everybody has {}",
            terms.missing
        ),
        (Some(_), None) => format!("the credit snapshot of {source} has not been opened"),
        (Some((item, _)), Some(_)) => format!(
            "credit snapshot of {source}, committed at entry {}",
            item.index()
        ),
    });
}

fn recomputed(item: &Item, report: &EvaluationReport, drawn: &Drawn, found: &mut Findings) {
    let outcome = case_of(drawn)
        .map_err(|refusal| refusal.to_string())
        .and_then(|case| evaluation::evaluate(&case).map_err(|error| error.to_string()));
    let outcome = match outcome {
        Ok(outcome) => outcome,
        Err(reason) => return found.fail_at(item, "evaluation-impossible", reason),
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
    if expected != report.places {
        let detail = format!(
            "the report says {}; the record gives {}",
            listed(&report.places),
            listed(&expected)
        );
        found.fail_at(item, "places-differ", detail);
    }
    found.note(format!(
        "{ranked} bids ranked over {} in the benchmark set; first: {}",
        drawn.drawing.members.len(),
        listed(&expected)
    ));
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
    let lines: Vec<String> = places
        .iter()
        .map(|place| format!("{}. {} {}", place.rank, place.bidder, place.price))
        .collect();
    match lines.is_empty() {
        true => "nobody".to_owned(),
        false => lines.join(", "),
    }
}

/// Candidates are the report's places, the winner is a first candidate.
fn succession(
    replay: &Replay<'_>,
    report_item: &Item,
    report: &EvaluationReport,
    found: &mut Findings,
) {
    let candidates = acts!(replay, Candidates).next();
    if let Some((item, body)) = candidates
        && (body.report != report_item.id || body.candidates != report.places)
    {
        let detail = format!(
            "published: {}; the report has {}",
            listed(&body.candidates),
            listed(&report.places)
        );
        found.fail_at(item, "candidates-mismatch", detail);
    }
    let Some((item, award)) = acts!(replay, Award).next() else {
        return found.note(format!("no award: {}", replay.ends_at()));
    };
    let is_first =
        |one: &Place| one.rank == 1 && one.bidder == award.winner && one.price == award.price;
    if !report.places.iter().any(is_first) {
        let detail = format!("{} at {} is not first", award.winner, award.price);
        found.fail_at(item, "winner-mismatch", detail);
    }
    found.note(format!("awarded to {} at {}", award.winner, award.price));
}
