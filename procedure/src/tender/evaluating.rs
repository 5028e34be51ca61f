//! From the record to the mathematics of the award and back: the rule set of the notice and what was read
//! out become an evaluation case; its outcome becomes the report.

use std::collections::BTreeMap;

use evaluation::benchmark::{BenchmarkRule, DrawnValue as Parameter};
use evaluation::case::{CreditSnapshot, CreditValue};
use evaluation::draw::tie_order;
use evaluation::{Bid, Case, Decimal, Money, Outcome};
use record::list::in_statement;
use record::{Digest, Identifier};

use super::rules::{SHORTLIST, overflow};
use super::{Closed, Drawn, Recorded};
use crate::act::{CreditTerms, DrawResult, DrawnValue, EvaluationReport, Place, RuleSet, Ties};
use crate::law::{Limit, civil_date};
use crate::refusal::{Code, Refusal};

/// The evaluation case that the record gives, for anybody who wants to run it through `evaluate`.
///
/// # Errors
/// `credit-missing` while the credit snapshot is not opened.
pub fn case_of(drawn: &Drawn) -> Result<Case, Refusal> {
    let closed = &drawn.drawing.opened.closed;
    let notice = &closed.bidding.notice;
    let (benchmark, shortlist) = drawn_rule(&notice.rules, &drawn.result)?;
    let bids = drawn.drawing.members.iter().map(|member| {
        let price = member.price.parse::<Money>();
        Ok(Bid {
            credit: credit_of(closed, &member.bidder)?,
            ..Bid::of(
                member.bidder.as_str(),
                price.map_err(|error| overflow(&error))?,
            )
        })
    });
    let bids = bids.collect::<Result<Vec<Bid>, Refusal>>()?;
    let case = notice
        .rules
        .case(notice.profile.id.as_str(), benchmark, shortlist, bids);
    let zone = closed.bidding.profile.zone;
    let snapshot = closed.credit.as_ref().and_then(|snapshot| {
        Some(CreditSnapshot {
            source: snapshot.origin.clone(),
            date: civil_date(zone, snapshot.taken_ms)?,
        })
    });
    Ok(Case {
        credit_snapshot: snapshot,
        ..case.map_err(|error| overflow(&error))?
    })
}

/// What was drawn, as the mathematics takes it: the method with its parameters, and which candidate of the
/// shortlisting.
fn drawn_rule(
    rules: &RuleSet,
    result: &DrawResult,
) -> Result<(BenchmarkRule, Option<usize>), Refusal> {
    let spec = rules
        .methods
        .iter()
        .find(|spec| spec.method == result.method);
    let mut shortlist = None;
    let mut values = BTreeMap::new();
    for (name, value) in &result.parameters {
        let value = match value {
            DrawnValue::Index(index) if name == SHORTLIST => {
                shortlist = usize::try_from(*index).ok();
                continue;
            }
            DrawnValue::Decimal(text) => {
                Parameter::Decimal(text.parse::<Decimal>().map_err(|error| overflow(&error))?)
            }
            DrawnValue::Index(index) => Parameter::Index(*index),
        };
        values.insert(name.clone(), value);
    }
    let rule = BenchmarkRule {
        method: result.method.clone(),
        drawn: values,
        fixed: spec.map(|spec| spec.fixed.clone()).unwrap_or_default(),
        trim_from: spec.and_then(|spec| spec.trim_from),
    };
    Ok((rule, shortlist))
}

/// A bidder's credit, or that of each member of a consortium, of which the weakest counts (滁公管综〔2021〕16号
/// and others).
fn credit_of(closed: &Closed, bidder: &Identifier) -> Result<Option<CreditValue>, Refusal> {
    let Some(terms) = &closed.bidding.notice.rules.credit else {
        return Ok(None);
    };
    let bid = closed
        .bidding
        .live
        .get(bidder)
        .and_then(|id| closed.bidding.bids.get(id));
    let own = credit_value(closed, terms, bidder)?;
    let members = bid.map(|bid| bid.members.as_slice()).unwrap_or_default();
    if members.is_empty() {
        return Ok(Some(CreditValue::Of(own)));
    }
    let mut values = vec![own];
    for member in members {
        values.push(credit_value(closed, terms, member)?);
    }
    Ok(Some(CreditValue::OfMembers(values)))
}

fn credit_value(closed: &Closed, terms: &CreditTerms, who: &Identifier) -> Result<String, Refusal> {
    if let Some(id) = closed.bidding.credit_commitment.get(closed.credit_pages) {
        let detail = format!("open snapshot {id} first");
        return Err(Refusal::new(Code::CreditMissing, detail));
    }
    // Nothing was committed before closing, so nothing can be opened: everybody has the missing value.
    let snapshot = closed.credit.as_ref();
    let entries = snapshot.map_or(&[][..], |snapshot| snapshot.values.as_slice());
    // Admission has seen that accounts ascend.
    let place = entries.binary_search_by(|entry| entry.account.cmp(who));
    let entry = place.ok().and_then(|place| entries.get(place));
    Ok(entry.map_or(&terms.missing, |entry| &entry.value).clone())
}

/// The report that the record gives, without a note on competition, and all its places.
///
/// # Errors
/// `credit-missing` while the credit snapshot is not opened, `method-inapplicable` to these prices.
pub(super) fn report_with_places(
    tender: &Identifier,
    recorded: &Recorded,
) -> Result<(EvaluationReport, Vec<Place>), Refusal> {
    let drawn = &recorded.drawn;
    let outcome = evaluation::evaluate(&case_of(drawn)?)
        .map_err(|error| Refusal::new(Code::MethodInapplicable, error.to_string()))?;
    let result = outcome.decision_bytes().map_err(|error| overflow(&error))?;
    let bidding = &drawn.drawing.opened.closed.bidding;
    let places_max = bidding.profile.rule(|limit| match limit {
        Limit::CandidatesMax { count } => Some(*count),
        _ => None,
    });
    let places_max = places_max.map_or(3, |(_, count)| count);
    let all = places(&outcome, drawn, bidding.notice.rules.ties, places_max)?;
    let (places, places_list) = in_statement(all.clone());
    let report = EvaluationReport {
        tender: tender.clone(),
        result: Digest::sha256(&result),
        benchmark: outcome.benchmark().map(|benchmark| benchmark.to_string()),
        ranked: u32::try_from(outcome.bids.iter().filter(|bid| bid.rank.is_some()).count())
            .unwrap_or(u32::MAX),
        places,
        places_list,
        competition_note: None,
    };
    Ok((report, all))
}

/// The report that the record gives, without a note on competition.
///
/// # Errors
/// `credit-missing` while the credit snapshot is not opened, `method-inapplicable` to these prices.
pub fn report_of(tender: &Identifier, recorded: &Recorded) -> Result<EvaluationReport, Refusal> {
    Ok(report_with_places(tender, recorded)?.0)
}

/// The first places. Equal ranks are drawn where the rules say so; otherwise they stay equal, and a group of
/// equals that does not fit behind the first rank is left out whole.
fn places(
    outcome: &Outcome,
    drawn: &Drawn,
    ties: Ties,
    places_max: u32,
) -> Result<Vec<Place>, Refusal> {
    let mut groups: BTreeMap<u32, BTreeMap<Identifier, String>> = BTreeMap::new();
    for bid in &outcome.bids {
        let Some(rank) = bid.rank.filter(|rank| *rank <= places_max) else {
            continue;
        };
        let bidder = Identifier::new(bid.bidder.clone()).map_err(|error| overflow(&error))?;
        groups
            .entry(rank)
            .or_default()
            .insert(bidder, bid.price.to_string());
    }
    let most = usize::try_from(places_max).unwrap_or(usize::MAX);
    let mut places = Vec::new();
    for (rank, group) in groups {
        let place = |rank: u32, (bidder, price): (&Identifier, &String)| Place {
            rank,
            bidder: bidder.clone(),
            price: price.clone(),
        };
        if ties == Ties::Draw && group.len() > 1 {
            let order = tie_order(&drawn.result.seed, rank, group.len())
                .map_err(|error| overflow(&error))?;
            let drawn_order = order
                .iter()
                .filter_map(|position| group.iter().nth(*position));
            places.extend(
                (rank..)
                    .zip(drawn_order)
                    .take(most)
                    .map(|(rank, entry)| place(rank, entry)),
            );
        } else if rank == 1 || places.len().saturating_add(group.len()) <= most {
            places.extend(group.iter().map(|entry| place(rank, entry)));
        }
    }
    if ties == Ties::Draw {
        places.truncate(most);
    }
    Ok(places)
}
