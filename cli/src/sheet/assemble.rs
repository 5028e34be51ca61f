//! Puts a case together from the sheets, the rules and the command line.

use std::path::Path;

use evaluation::benchmark::Method;
use evaluation::{Bid, Case, Decimal, EvaluationError};
use serde_json::{Map, Value, json};

use super::arguments::{CaseArguments, Given};
use super::keys::{self, Kind};
use super::place::Places;
use super::problem::Problems;
use super::rules;
use super::tender::{Tender, is_index};
use crate::failure::Failure;

/// Members that a sheet may add to rules that do not give them. Whatever else it says has to be what the
/// rules say.
const OWN_MEMBERS: &[&str] = &[
    "profile",
    "control_price",
    "estimated_price",
    "budget_price",
    "contract_estimate",
    "provisional_sums",
];

/// Members that rules never give.
const DRAWN_MEMBERS: &[&str] = &[
    "credit_snapshot.",
    "benchmark.method",
    "benchmark.drawn.",
    "technical.drawn_member",
    "format",
];

/// Everything that a case is put together from.
pub struct Parts<'a> {
    /// The file that was read.
    pub file: &'a Path,
    /// The command line.
    pub arguments: &'a CaseArguments,
    /// The case sheet.
    pub tender: Tender,
    /// The bids.
    pub bids: Vec<Bid>,
}

/// The case.
pub fn assemble(
    parts: Parts<'_>,
    mut problems: Problems,
    places: &Places,
) -> Result<Case, Failure> {
    let Parts {
        file,
        arguments,
        tender,
        bids,
    } = parts;
    let given = arguments.given(&tender)?;
    let method = given
        .method
        .as_deref()
        .and_then(|id| Method::from_id(id).ok());
    let members = tender.members(method, &mut problems, places);
    problems.into_result(file)?;
    let reference = match (&arguments.rules, tender.text(keys::RULES)) {
        (Some(reference), _) => Some(reference.clone()),
        (None, Some(reference)) => Some(rules::beside(file, &reference)?),
        (None, None) => None,
    };
    let members = match &reference {
        Some(reference) => {
            under_rules(file, arguments, &given, reference, &tender, members, places)?
        }
        None => alone(file, arguments, &given, members)?,
    };
    let members = with_arguments(arguments, members)?;
    parse(file, members, bids, places)
}

/// Without rules the sheet has to say everything.
fn alone(
    file: &Path,
    arguments: &CaseArguments,
    given: &Given,
    mut members: Map<String, Value>,
) -> Result<Map<String, Value>, Failure> {
    let Some(method) = &given.method else {
        let message = format!(
            "{}: nothing says by which rules the bids are evaluated",
            file.display()
        );
        return Err(Failure::input("rules-missing", message).hint(
            "Say --rules FILE or --rules ready:ID (`kaibiao rules list` shows them), or fill in the sheet Case.",
        ));
    };
    let declared = Method::from_id(method).ok();
    let benchmark = members.entry("benchmark").or_insert_with(|| json!({}));
    benchmark["method"] = json!(method);
    for (name, text) in arguments.drawn()? {
        benchmark["drawn"][&name] = drawn(declared, &name, &text)?;
    }
    if arguments.shortlist.is_some() {
        let message = "--shortlist chooses among the candidates of --rules";
        return Err(Failure::input("usage", message));
    }
    Ok(members)
}

/// A drawn value of the command line, as a case holds it.
pub fn drawn(method: Option<Method>, name: &str, text: &str) -> Result<Value, Failure> {
    let wrong = |error: &dyn std::fmt::Display| {
        Failure::input("set-malformed", format!("--set {name}={text}: {error}"))
    };
    if is_index(method, name) {
        let index: u64 = text
            .parse()
            .map_err(|_| wrong(&"a whole number from 0 belongs here"))?;
        return Ok(json!(index));
    }
    let value: Decimal = text.parse().map_err(|error| wrong(&error))?;
    Ok(json!(value))
}

/// With rules the sheet adds what they leave open.
fn under_rules(
    file: &Path,
    arguments: &CaseArguments,
    given: &Given,
    reference: &str,
    tender: &Tender,
    members: Map<String, Value>,
    places: &Places,
) -> Result<Map<String, Value>, Failure> {
    let rules = rules::load(reference)?;
    let command = format!("kaibiao evaluate {}{}", file.display(), arguments.shown());
    let rule = rules::choose(&rules, given, &command)?;
    let shortlist = rules::shortlist(&rules, given, &command)?;
    let profile = rules.profile.as_ref().map(ToString::to_string);
    let case = rules
        .case(
            &profile.clone().unwrap_or_default(),
            rule,
            shortlist,
            Vec::new(),
        )
        .map_err(|error| Failure::input(error.code(), &error).at(error.pointer.clone()))?;
    let mut whole = serde_json::to_value(&case).map_err(|error| Failure::failed("case", error))?;
    if profile.is_none() {
        whole["profile"] = Value::Null;
    }
    let sheet = Value::Object(members);
    let mut problems = Problems::default();
    for found in tender.paths() {
        let (pointer, path) = (found.pointer(), found.path());
        if found.key.kind == Kind::Reference {
            continue;
        }
        let Some(value) = sheet.pointer(&pointer) else {
            continue;
        };
        let is_drawn = DRAWN_MEMBERS.iter().any(|member| path.starts_with(member));
        if path == "benchmark.method" || path.starts_with("benchmark.drawn.") {
            continue;
        }
        let known = whole.pointer(&pointer).filter(|known| !known.is_null());
        match known {
            Some(known) if same(known, value) => {}
            None if is_drawn || OWN_MEMBERS.contains(&path.as_str()) => {
                set(&mut whole, &pointer, value.clone());
            }
            known => {
                let known = known.map_or("nothing".to_owned(), shown);
                let message = format!(
                    "holds {}, but the rules ({reference}) say {known}; clear the cell, or evaluate without these rules",
                    shown(value)
                );
                let place = places.locate(&pointer).unwrap_or_default();
                problems.push("rules-contradicted", place, message);
            }
        }
    }
    problems.into_result(file)?;
    match whole {
        Value::Object(members) => Ok(members),
        _ => Ok(Map::new()),
    }
}

fn shown(value: &Value) -> String {
    value
        .as_str()
        .map_or_else(|| value.to_string(), str::to_owned)
}

/// Whether two values are the same; decimals by what they are worth.
fn same(left: &Value, right: &Value) -> bool {
    let decimal = |value: &Value| value.as_str().and_then(|text| text.parse::<Decimal>().ok());
    match (decimal(left), decimal(right)) {
        (Some(left), Some(right)) => left.fraction() == right.fraction(),
        _ => left == right,
    }
}

/// Sets a member, with the objects around it.
fn set(whole: &mut Value, pointer: &str, value: Value) {
    let mut at = whole;
    for segment in pointer.split('/').skip(1) {
        if at.is_null() {
            *at = json!({});
        }
        let Value::Object(members) = at else { return };
        at = members.entry(segment).or_insert(Value::Null);
    }
    *at = value;
}

fn with_arguments(
    arguments: &CaseArguments,
    mut members: Map<String, Value>,
) -> Result<Map<String, Value>, Failure> {
    let price = arguments.control_price.map(|price| json!(price));
    let profile = arguments.profile.as_ref().map(|profile| json!(profile));
    for (member, value) in [("control_price", price), ("profile", profile)] {
        let Some(value) = value else { continue };
        match members.get(member).filter(|known| !known.is_null()) {
            Some(known) if !same(known, &value) => {
                return Err(contradicted(member, &shown(&value), &shown(known)));
            }
            _ => members.insert(member.to_owned(), value),
        };
    }
    Ok(members)
}

/// An option that says something else than the rules or the file.
pub fn contradicted(member: &str, given: &str, known: &str) -> Failure {
    let option = member.replace('_', "-");
    let message = format!("--{option} says {given}, but the rules or the file say {known}");
    Failure::input("option-contradicted", message).hint(format!(
        "Leave --{option} out, or correct the file: an option only fills in what is open."
    ))
}

fn parse(
    file: &Path,
    mut members: Map<String, Value>,
    bids: Vec<Bid>,
    places: &Places,
) -> Result<Case, Failure> {
    if members.get("profile").is_none_or(Value::is_null) {
        let message = format!(
            "{}: nothing says under which law the tender runs",
            file.display()
        );
        return Err(Failure::input("profile-missing", message).hint(
            "Say --profile ID or fill in the key profile in the sheet Case: below-threshold, cn-2017-tendering, cn-gov-procurement, suqian-2016 or kr-floor-rate.",
        ));
    }
    members.insert("format".to_owned(), json!("kaibiao-case/1"));
    members.insert("bids".to_owned(), json!([]));
    let mut case = Case::parse(Value::Object(members).to_string().as_bytes())
        .map_err(|error| wrong(file, Some(places), &error))?;
    case.bids = bids;
    Ok(case)
}

/// A refusal of the evaluation, with the cell that it is about.
pub fn wrong(file: &Path, places: Option<&Places>, error: &EvaluationError) -> Failure {
    let place = match places.and_then(|places| places.locate(&error.pointer)) {
        Some(place) => format!("{}: {place}", file.display()),
        None if error.pointer.is_empty() => "the case".to_owned(),
        None => error.pointer.clone(),
    };
    let failure = Failure::input(error.code(), format!("{place}: {}", error.problem))
        .at(error.pointer.clone());
    let member = error.pointer.strip_prefix('/').unwrap_or_default();
    match (places, error.code(), member) {
        (Some(_), "field-missing", "control_price") => {
            failure.hint("Say --control-price PRICE, or fill in the key control_price in the sheet Case.")
        }
        (Some(_), "field-missing", member) if OWN_MEMBERS.contains(&member) => {
            failure.hint(format!("Fill in the key {member} in the sheet Case."))
        }
        (Some(_), "scores-shape", _) => failure.hint(
            "Scores by item stand in the sheet 技术评分 (Technical), one row for each bid and item; scores for the whole stand in the columns 评委1 (member 1), … of the sheet 报价 (Bids).",
        ),
        (Some(_), "parameter-missing", _) => failure.hint(
            "Say --set NAME=VALUE for what was drawn, or fill in the keys drawn.NAME in the sheet Case.",
        ),
        _ => failure,
    }
}
