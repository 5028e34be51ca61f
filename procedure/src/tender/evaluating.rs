//! From the record to the mathematics of the award and back: the rule set of the notice and what was read
//! out become an evaluation case; its outcome becomes the report.

use std::collections::{BTreeMap, BTreeSet};

use evaluation::benchmark::{BenchmarkRule, DrawnValue as Parameter, Method, PriceSet};
use evaluation::case::CaseFormat;
use evaluation::draw::{MethodSpec, tie_order};
use evaluation::{Bid, Case, Decimal, EvaluationError, Money, Outcome};
use record::{Digest, Identifier};

use super::{Closed, Drawn, Recorded, SetMember};
use crate::act::{CreditTerms, DrawnValue, EvaluationReport, Place, RuleSet, Ties};
use crate::law::Limit;
use crate::refusal::{Code, Refusal, demand};

/// Whether a price is rejected before the benchmark is computed (条例 §51(5)). Korea's methods ignore it.
pub fn above_control_price(rules: &RuleSet, price: &str) -> bool {
    let heeded = rules.methods.iter().any(|spec| {
        Method::from_id(&spec.method).is_ok_and(|method| method.formula().heeds_control_price())
    });
    let control = rules
        .control_price
        .as_deref()
        .and_then(|text| text.parse::<Money>().ok());
    match (control, price.parse::<Money>()) {
        (Some(control), Ok(price)) => heeded && price.fen() > control.fen(),
        _ => false,
    }
}

/// A credit value is a decimal string that is not negative.
pub(super) fn check_credit_value(value: &str) -> Result<Decimal, Refusal> {
    let parsed = value.parse::<Decimal>();
    let parsed = parsed.map_err(|error| Refusal::new(Code::CreditMismatch, error.to_string()))?;
    demand(
        parsed.units() >= 0,
        Code::CreditMismatch,
        || "a credit value is not negative",
    )?;
    Ok(parsed)
}

/// Whether the announced rules can be carried out at all: every method with its parameters, every price. A
/// trial evaluation of one bid finds whatever is missing, before anybody has sealed a bid.
pub(super) fn check_rule_set(rules: &RuleSet) -> Result<(), Refusal> {
    demand(
        !rules.methods.is_empty(),
        Code::RulesInvalid,
        || "no benchmark method is named",
    )
    .map_err(|refusal| refusal.at("/rules/methods"))?;
    // A drawn method is known by its name alone, with what was announced for it.
    let unique: BTreeSet<&str> = rules
        .methods
        .iter()
        .map(|spec| spec.method.as_str())
        .collect();
    demand(
        unique.len() == rules.methods.len(),
        Code::RulesInvalid,
        || "a benchmark method is named twice",
    )
    .map_err(|refusal| refusal.at("/rules/methods"))?;
    let currency = &rules.currency;
    let is_code = currency.len() == 3 && currency.bytes().all(|byte| byte.is_ascii_uppercase());
    demand(
        is_code,
        Code::RulesInvalid,
        || "a currency has three capital letters, such as CNY",
    )
    .map_err(|refusal| refusal.at("/rules/currency"))?;
    if let Some(credit) = &rules.credit {
        check_credit_value(&credit.missing)
            .map_err(|refusal| refusal.at("/rules/credit/missing"))?;
    }
    for (position, spec) in rules.methods.iter().enumerate() {
        let pointer = format!("/rules/methods/{position}");
        spec.validate()
            .map_err(|error| invalid_rules(&error.under(&pointer)))?;
        try_method(rules, spec).map_err(|refusal| {
            let pointer = refusal.pointer.as_deref().map_or(String::new(), in_rules);
            Refusal {
                pointer: Some(pointer),
                ..refusal
            }
        })?;
    }
    Ok(())
}

/// Where in the notice stands what the case calls `pointer`.
fn in_rules(pointer: &str) -> String {
    match pointer.strip_prefix("/credit") {
        Some(rest) => format!("/rules/credit/rule{rest}"),
        None => format!("/rules{pointer}"),
    }
}

fn invalid_rules(error: &EvaluationError) -> Refusal {
    Refusal::new(Code::RulesInvalid, error.to_string()).at(error.pointer.clone())
}

/// Draws the method's parameters from a fixed seed and evaluates one bid at the control price.
fn try_method(rules: &RuleSet, spec: &MethodSpec) -> Result<(), Refusal> {
    let amount = |text: &Option<String>, field: &str| match text {
        Some(text) => text.parse::<Money>().map(Some).map_err(|error| {
            Refusal::new(Code::RulesInvalid, error.to_string()).at(format!("/{field}"))
        }),
        None => Ok(None),
    };
    let control = amount(&rules.control_price, "control_price")?;
    let estimated = amount(&rules.estimated_price, "estimated_price")?;
    let price = control
        .or(estimated)
        .unwrap_or(Money::from_fen(100_000_000));
    let set = PriceSet::new([price, price])
        .with_control_price(control)
        .with_estimated_price(estimated);
    let drawn = evaluation::draw::draw_parameters(&Digest::ZERO, std::slice::from_ref(spec), &set);
    let drawn = match drawn {
        Ok(drawn) => drawn,
        Err(error) if is_for_real_prices(&error) => return Ok(()),
        Err(error) => return Err(invalid_rules(&error)),
    };
    let bid = |name: &str| Bid {
        bidder: name.to_owned(),
        price,
        technical: None,
        credit: rules.credit.as_ref().map(|_| Decimal::from_units(0, 0)),
        rejected: None,
    };
    let case = case(rules, "trial", drawn.rule, vec![bid("a"), bid("b")])?;
    match evaluation::evaluate(&case) {
        Ok(_) => Ok(()),
        Err(error) if is_for_real_prices(&error) => Ok(()),
        Err(error) => Err(invalid_rules(&error)),
    }
}

/// The lists of jiangsu-5 depend on real prices; for the trial's two they may be empty.
fn is_for_real_prices(error: &EvaluationError) -> bool {
    matches!(error.code(), "pool-empty" | "range-empty")
}

fn case(
    rules: &RuleSet,
    profile: &str,
    benchmark: BenchmarkRule,
    bids: Vec<Bid>,
) -> Result<Case, Refusal> {
    let amount = |text: &Option<String>| match text {
        Some(text) => text
            .parse::<Money>()
            .map(Some)
            .map_err(|error| overflow(&error)),
        None => Ok(None),
    };
    Ok(Case {
        format: CaseFormat::V1,
        profile: profile.to_owned(),
        currency: rules.currency.clone(),
        control_price: amount(&rules.control_price)?,
        estimated_price: amount(&rules.estimated_price)?,
        benchmark,
        price_score: rules.price_score.clone(),
        technical: None,
        credit: rules.credit.as_ref().map(|credit| credit.rule.clone()),
        bids,
    })
}

fn overflow(error: &impl std::fmt::Display) -> Refusal {
    Refusal::new(Code::MethodInapplicable, error.to_string())
}

/// What the seed draws from the announced candidates over the benchmark set.
pub(super) fn draw_parameters(
    rules: &RuleSet,
    members: &[SetMember],
    seed: &Digest,
) -> Result<(String, BTreeMap<String, DrawnValue>), Refusal> {
    let amount =
        |text: &Option<String>| text.as_deref().and_then(|text| text.parse::<Money>().ok());
    let prices: Result<Vec<Money>, _> = members
        .iter()
        .map(|member| member.price.parse::<Money>())
        .collect();
    let set = PriceSet::new(prices.map_err(|error| overflow(&error))?)
        .with_control_price(amount(&rules.control_price))
        .with_estimated_price(amount(&rules.estimated_price));
    let drawn = evaluation::draw::draw_parameters(seed, &rules.methods, &set)
        .map_err(|error| Refusal::new(Code::MethodInapplicable, error.to_string()))?;
    let parameters = drawn.rule.drawn.into_iter().map(|(name, value)| {
        let value = match value {
            Parameter::Decimal(value) => DrawnValue::Decimal(value.to_string()),
            Parameter::Index(index) => DrawnValue::Index(index),
        };
        (name, value)
    });
    Ok((drawn.rule.method, parameters.collect()))
}

/// The evaluation case that the record gives, for anybody who wants to run it through `evaluate`.
///
/// # Errors
/// `credit-missing` while the credit snapshot is not opened.
pub fn case_of(drawn: &Drawn) -> Result<Case, Refusal> {
    let closed = &drawn.drawing.opened.closed;
    let notice = &closed.bidding.notice;
    let spec = notice
        .rules
        .methods
        .iter()
        .find(|spec| spec.method == drawn.result.method);
    let fixed = spec.map(|spec| spec.fixed.clone()).unwrap_or_default();
    let mut values = BTreeMap::new();
    for (name, value) in &drawn.result.parameters {
        let value = match value {
            DrawnValue::Decimal(text) => {
                Parameter::Decimal(text.parse::<Decimal>().map_err(|error| overflow(&error))?)
            }
            DrawnValue::Index(index) => Parameter::Index(*index),
        };
        values.insert(name.clone(), value);
    }
    let benchmark = BenchmarkRule {
        method: drawn.result.method.clone(),
        drawn: values,
        fixed,
    };
    let bids: Result<Vec<Bid>, Refusal> = drawn
        .drawing
        .members
        .iter()
        .map(|member| {
            Ok(Bid {
                bidder: member.bidder.to_string(),
                price: member
                    .price
                    .parse::<Money>()
                    .map_err(|error| overflow(&error))?,
                technical: None,
                credit: credit_of(closed, &member.bidder)?,
                rejected: None,
            })
        })
        .collect();
    case(&notice.rules, notice.profile.id.as_str(), benchmark, bids?)
}

/// A bidder's credit value; a consortium has the lowest of its members (滁公管综〔2021〕16号 and others).
fn credit_of(closed: &Closed, bidder: &Identifier) -> Result<Option<Decimal>, Refusal> {
    let Some(terms) = &closed.bidding.notice.rules.credit else {
        return Ok(None);
    };
    let bid = closed
        .bidding
        .live
        .get(bidder)
        .and_then(|id| closed.bidding.bids.get(id));
    let members = bid.map(|bid| bid.members.as_slice()).unwrap_or_default();
    let mut lowest: Option<Decimal> = None;
    for who in std::iter::once(bidder).chain(members) {
        let value = credit_value(closed, terms, who)?;
        lowest = match lowest {
            Some(so_far) if so_far.fraction() <= value.fraction() => Some(so_far),
            _ => Some(value),
        };
    }
    Ok(lowest)
}

fn credit_value(
    closed: &Closed,
    terms: &CreditTerms,
    who: &Identifier,
) -> Result<Decimal, Refusal> {
    let entries = match (&closed.credit, closed.bidding.credit_commitment) {
        (Some(snapshot), _) => snapshot.values.as_slice(),
        // Nothing was committed before closing, so nothing can be opened: everybody has the missing value.
        (None, None) => &[],
        (None, Some(id)) => {
            return Err(Refusal::new(
                Code::CreditMissing,
                format!("open snapshot {id} first"),
            ));
        }
    };
    let entry = entries.iter().find(|entry| entry.account == *who);
    check_credit_value(entry.map_or(&terms.missing, |entry| &entry.value))
}

/// The report that the record gives, without a note on competition.
///
/// # Errors
/// `credit-missing` while the credit snapshot is not opened, `method-inapplicable` to these prices.
pub fn report_of(tender: &Identifier, recorded: &Recorded) -> Result<EvaluationReport, Refusal> {
    let drawn = &recorded.drawn;
    let outcome = evaluation::evaluate(&case_of(drawn)?)
        .map_err(|error| Refusal::new(Code::MethodInapplicable, error.to_string()))?;
    let result = serde_json::to_vec(&outcome).map_err(|error| overflow(&error))?;
    let bidding = &drawn.drawing.opened.closed.bidding;
    let places_max = bidding.profile.rule(|limit| match limit {
        Limit::CandidatesMax { count } => Some(count),
        _ => None,
    });
    let places_max = places_max.map_or(3, |(_, count)| count);
    Ok(EvaluationReport {
        tender: tender.clone(),
        result: Digest::sha256(&result),
        benchmark: outcome.benchmark().map(|benchmark| benchmark.to_string()),
        ranked: u32::try_from(outcome.bids.iter().filter(|bid| bid.rank.is_some()).count())
            .unwrap_or(u32::MAX),
        places: places(&outcome, drawn, bidding.notice.rules.ties, places_max)?,
        competition_note: None,
    })
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
