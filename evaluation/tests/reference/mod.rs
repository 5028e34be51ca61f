//! A second evaluation: slow, with fractions of any size, and written from the rules' text (DESIGN section 5,
//! rules.md sections 1 and 2) rather than from the crate. It judges the crate, and the shared vectors judge it.
//!
//! It takes and gives JSON. Nothing is checked here beyond what the rules themselves decide: a case that is
//! malformed makes it panic.

mod benchmark;
pub mod number;
mod points;
mod shortlist;

use std::cmp::Ordering;

use serde_json::{Map, Value, json};

use benchmark::{Opening, fixed};
use number::{Number, number as read, round, whole, write, zero};
use points::{Credit, Sheet};

/// The code of a refusal.
pub type Refusal = &'static str;

/// One bid on its way through the evaluation.
struct Candidate<'a> {
    given: &'a Value,
    /// Net of provisional sums.
    net: Number,
    /// Net price with the method's own deduction or adjustments.
    evaluated: Number,
    status: Status,
    credit: Option<Number>,
    technical: Option<Number>,
    sheet: Option<Sheet>,
    price_score: Option<Number>,
    total: Option<Number>,
    /// What the result shows, in the order of its making.
    shown: Map<String, Value>,
}

#[derive(Clone, PartialEq)]
enum Status {
    /// In the running.
    Live,
    /// Counts for nothing, whatever the policy.
    Out(String),
    /// Rejected in review or by the gate: counts in the mean if the set was frozen at the opening.
    Rejected(String),
    NotShortlisted,
}

/// Evaluates a case: its result without the explanation, or the code of the refusal.
pub fn evaluate(case: &Value) -> Result<Value, Refusal> {
    let rule = &case["benchmark"];
    let method = rule["method"].as_str().unwrap();
    let amount = |name: &str| case.get(name).map(read);
    let provisional = amount("provisional_sums").unwrap_or_else(zero);
    let control = amount("control_price")
        .filter(|_| method != "floor-rate-lowest")
        .map(|price| price - &provisional);
    // A late rejection moves no mean. The lowest price is no mean: it has to qualify (87号令 §55).
    let later = case.get("recompute_policy") == Some(&json!("after-preliminary-review"));
    let frozen = !later && method != "lowest-ratio";

    let mut bids = Vec::new();
    for given in case["bids"].as_array().unwrap() {
        bids.push(candidate(case, given, &provisional, control.as_ref())?);
    }

    // Who counts.
    let mut entering: Vec<usize> = (0..bids.len())
        .filter(|index| match bids[*index].status {
            Status::Live => true,
            Status::Rejected(_) => frozen,
            _ => false,
        })
        .collect();
    if let Some(rule) = case.get("shortlist") {
        let prices: Vec<Number> = entering
            .iter()
            .map(|index| bids[*index].evaluated.clone())
            .collect();
        let listed = shortlist::shortlisted(rule, &prices);
        for (index, listed) in entering.iter().zip(&listed) {
            if !listed && bids[*index].status == Status::Live {
                bids[*index].status = Status::NotShortlisted;
            }
        }
        entering = entering
            .into_iter()
            .zip(listed)
            .filter_map(|(index, listed)| listed.then_some(index))
            .collect();
    }
    let prices: Vec<Number> = entering
        .iter()
        .map(|index| bids[*index].evaluated.clone())
        .collect();

    if let Some(rule) = case.get("technical") {
        technical(rule, &mut bids)?;
    }
    let mut result = Map::from_iter([("format".to_owned(), json!("kaibiao-result/1"))]);
    match method {
        _ if prices.is_empty() => {}
        "floor-rate-lowest" => {
            let floor =
                read(&case["estimated_price"]) * fixed(rule, "rate_percent", "") / whole(100);
            for bid in bids.iter_mut().filter(|bid| bid.status == Status::Live) {
                if bid.evaluated < floor {
                    bid.status = Status::Out("below-floor-price".to_owned());
                }
            }
        }
        "lowest-evaluated" => {}
        "fixed-price" => {
            let award =
                control.clone().ok_or("field-missing")? * (whole(1) - fixed(rule, "float", ""));
            let award = round(&award, 2);
            result.insert("award_price".to_owned(), json!(write(&award, 2)));
            for bid in bids.iter_mut().filter(|bid| bid.status == Status::Live) {
                if bid.evaluated != award {
                    bid.status = Status::Out("not-the-fixed-price".to_owned());
                }
            }
        }
        _ => {
            let opening = Opening {
                rule,
                prices,
                control_price: control,
                budget_price: amount("budget_price"),
            };
            let exact = benchmark::benchmark(&opening)?;
            let shown = scores(case, &exact, &mut bids)?;
            result.insert("benchmark".to_owned(), json!(shown));
        }
    }

    let order = order(case, &bids);
    let mut live: Vec<&Candidate> = bids
        .iter()
        .filter(|bid| bid.status == Status::Live)
        .collect();
    live.sort_by(|left, right| order(left, right));
    let rank =
        |bid: &Candidate| live.partition_point(|other| order(other, bid) == Ordering::Less) + 1;
    let mut first = Vec::new();
    let mut shown = Vec::new();
    for bid in &bids {
        let name = bid.given["bidder"].as_str().unwrap();
        let mut entry = Map::from_iter([("bidder".to_owned(), json!(name))]);
        let refused = |status: &str, reason: &str| {
            [("status", status), ("reason", reason)]
                .into_iter()
                .filter(|(_, word)| !word.is_empty())
                .map(|(name, word)| (name.to_owned(), json!(word)))
                .collect::<Vec<_>>()
        };
        let mut place = Value::Null;
        match &bid.status {
            Status::Live => {
                entry.extend(bid.shown.clone());
                let rank = rank(bid);
                if rank == 1 {
                    first.push(name.to_owned());
                }
                place = json!(rank);
            }
            Status::Out(reason) | Status::Rejected(reason) => {
                entry.extend(refused("rejected", reason))
            }
            Status::NotShortlisted => entry.extend(refused("not-shortlisted", "")),
        }
        entry.insert("rank".to_owned(), place);
        shown.push(Value::Object(entry));
    }
    first.sort();
    let winner = match first.as_slice() {
        [only] => json!(only),
        _ => Value::Null,
    };
    result.insert("winner".to_owned(), winner);
    if first.len() > 1 {
        result.insert("tied".to_owned(), json!(first));
    }
    result.insert("bids".to_owned(), Value::Array(shown));
    Ok(Value::Object(result))
}

/// Prices, early rejections and credit of one bid.
fn candidate<'a>(
    case: &'a Value,
    given: &'a Value,
    provisional: &Number,
    control: Option<&Number>,
) -> Result<Candidate<'a>, Refusal> {
    let net = read(&given["price"]) - provisional;
    let adjustments: Number = given["adjustments"]
        .as_array()
        .map_or_else(zero, |all| all.iter().map(read).sum());
    let deduction = given.get("deduction").map_or_else(zero, read);
    let evaluated = (&net + adjustments) * (whole(1) - deduction);
    let mut bid = Candidate {
        given,
        net,
        evaluated,
        status: Status::Live,
        credit: None,
        technical: None,
        sheet: None,
        price_score: None,
        total: None,
        shown: Map::new(),
    };
    if bid.net <= zero() {
        bid.status = Status::Out("not-above-provisional-sums".to_owned());
    } else if control.is_some_and(|limit| bid.net > *limit) {
        bid.status = Status::Out("above-control-price".to_owned());
    } else if bid.evaluated <= zero() {
        return Err("evaluated-price-not-positive");
    } else if let Some(reason) = given.get("rejected") {
        bid.status = Status::Rejected(reason.as_str().unwrap().to_owned());
    } else if let Some(rule) = case.get("credit") {
        let estimate = case.get("contract_estimate").map(read);
        match points::credit(rule, estimate.as_ref(), given.get("credit"))? {
            Credit::Points(points) => bid.credit = Some(points),
            Credit::Gate(true) => {}
            Credit::Gate(false) => bid.status = Status::Rejected("credit-below-gate".to_owned()),
        }
    }
    let method = &case["benchmark"]["method"];
    let own = *method == json!("lowest-ratio") || *method == json!("lowest-evaluated");
    if own || case.get("provisional_sums").is_some() {
        let text = write(&bid.evaluated, 2);
        bid.shown.insert("evaluated_price".to_owned(), json!(text));
    }
    Ok(bid)
}

/// The committee's points of every live bid.
fn technical(rule: &Value, bids: &mut [Candidate]) -> Result<(), Refusal> {
    let mut live: Vec<&mut Candidate> = bids
        .iter_mut()
        .filter(|bid| bid.status == Status::Live)
        .collect();
    for bid in &mut live {
        bid.sheet = Some(Sheet::read(rule, &bid.given["technical"])?);
    }
    let sheets: Vec<&Sheet> = live.iter().filter_map(|bid| bid.sheet.as_ref()).collect();
    if sheets
        .iter()
        .any(|sheet| sheet.members() != sheets[0].members())
    {
        return Err("member-count-differs");
    }
    let without = points::widest_member(rule, &sheets)?;
    for bid in &mut live {
        bid.technical = bid.sheet.as_ref().map(|sheet| sheet.points(rule, without));
    }
    Ok(())
}

/// Gives every live bid its points; the benchmark as it is shown.
fn scores(case: &Value, exact: &Number, bids: &mut [Candidate]) -> Result<String, Refusal> {
    let rule = &case["price_score"];
    let by_ratio = case["benchmark"]["method"] == json!("lowest-ratio");
    let decimals = rule.get("benchmark_decimals").map_or(2, number::count);
    let benchmark = round(exact, decimals);
    if benchmark <= zero() && !by_ratio {
        return Err("benchmark-not-positive");
    }
    let live = bids.iter_mut().filter(|bid| bid.status == Status::Live);
    for bid in live {
        let price_score = if by_ratio {
            points::price_ratio(rule, exact, &bid.evaluated)
        } else {
            let (deviation, points) = points::price(rule, &benchmark, &bid.evaluated);
            bid.shown
                .insert("deviation_percent".to_owned(), json!(deviation));
            points
        };
        let mut show = |name: &str, value: &Number, decimals: usize| {
            bid.shown
                .insert(name.to_owned(), json!(write(value, decimals)));
        };
        show(
            "price_score",
            &price_score,
            number::count(&rule["score_decimals"]),
        );
        let mut total = price_score.clone();
        for (name, points) in [("technical", &bid.technical), ("credit", &bid.credit)] {
            if let Some(points) = points {
                show(name, points, number::count(&case[name]["decimals"]));
                total += points;
            }
        }
        let total = round(&total, 2);
        show("total", &total, 2);
        bid.price_score = Some(price_score);
        bid.total = Some(total);
        if let (Some(rule), Some(sheet)) = (case.get("technical"), &bid.sheet) {
            let flags = sheet.flags(rule, &bid.given["reasons"]);
            if !flags.is_empty() {
                bid.shown.insert("flags".to_owned(), Value::Array(flags));
            }
        }
    }
    Ok(write(&benchmark, decimals))
}

/// Which of two live bids comes first.
fn order<'a>(
    case: &'a Value,
    bids: &[Candidate],
) -> impl Fn(&Candidate, &Candidate) -> Ordering + 'a {
    let words: Vec<String> = case.get("tie_break").map_or_else(
        || vec!["price".to_owned()],
        |list| serde_json::from_value(list.clone()).unwrap(),
    );
    let by_points = bids.iter().any(|bid| bid.total.is_some());
    let method = case["benchmark"]["method"].as_str().unwrap();
    move |left, right| {
        let main = match method {
            "fixed-price" => return Ordering::Equal,
            _ if by_points => right.total.cmp(&left.total),
            _ => left.evaluated.cmp(&right.evaluated),
        };
        words.iter().fold(main, |so_far, word| {
            so_far.then_with(|| match word.as_str() {
                "price" => left.net.cmp(&right.net),
                "credit" => right.credit.cmp(&left.credit),
                "technical" => right.technical.cmp(&left.technical),
                "price_score" => right.price_score.cmp(&left.price_score),
                other => panic!("no tie-break {other}"),
            })
        })
    }
}
