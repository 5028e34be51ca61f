//! The announced rule set in the procedure: whether it can be carried out at all, what it excludes before the
//! draw, and what a seed draws from it.

use std::collections::BTreeMap;

use evaluation::Money;
use evaluation::benchmark::{DrawnValue as Parameter, EvaluatedPrice, Method};
use evaluation::case::{CreditValue, RecomputePolicy};
use evaluation::draw::draw_rules;
use evaluation::score::credit::CreditScorer;
use record::Digest;

use super::SetMember;
use crate::act::{DrawnValue, ExclusionReason, RuleSet};
use crate::law::linter::{FindingCode, Severity, lint};
use crate::law::{Limit, Profile};
use crate::refusal::{Code, Refusal, demand};

/// The drawn parameter that says which candidate of the shortlisting counts, where several are announced.
pub(super) const SHORTLIST: &str = "shortlist";

/// Whether a price is rejected before the benchmark is computed (条例 §51(5)). Korea's methods ignore it.
pub fn above_control_price(rules: &RuleSet, price: &str) -> bool {
    let heeded = rules.methods.iter().any(|spec| {
        Method::from_id(&spec.method).is_ok_and(|method| method.formula().heeds_control_price())
    });
    match (rules.control_price, price.parse::<Money>()) {
        (Some(control), Ok(price)) => heeded && price.fen() > control.fen(),
        _ => false,
    }
}

/// Why a price that was read out does not enter the benchmark set, if it does not.
pub(super) fn excluded(rules: &RuleSet, price: &str) -> Option<ExclusionReason> {
    if above_control_price(rules, price) {
        return Some(ExclusionReason::AboveControlPrice);
    }
    match (rules.provisional_sums, price.parse::<Money>()) {
        (Some(sums), Ok(price)) if price.fen() <= sums.fen() => {
            Some(ExclusionReason::NotAboveProvisionalSums)
        }
        _ => None,
    }
}

/// A credit value is one that the announced rule can turn into points: a grade of its table, or a decimal that is
/// neither negative nor absurd. Whatever the evaluation would refuse is refused here, before it could stop it.
pub(super) fn check_credit_value(rules: &RuleSet, value: &str) -> Result<(), Refusal> {
    let Some(terms) = &rules.credit else {
        return Ok(());
    };
    let refuse = |detail: String| Refusal::new(Code::CreditMismatch, detail);
    let scorer = CreditScorer::new(&terms.rule, rules.contract_estimate)
        .map_err(|error| refuse(error.to_string()))?;
    let value = CreditValue::Of(value.to_owned());
    let judged = scorer.judge(Some(&value));
    judged
        .map(|_| ())
        .map_err(|error| refuse(error.problem.to_string()))
}

/// Whether the announced rules may be used under the law of the profile, and can be carried out by this
/// procedure: found before anybody has sealed a bid.
pub(super) fn check_rule_set(rules: &RuleSet, profile: &Profile) -> Result<(), Refusal> {
    let currency = &rules.currency;
    let is_code = currency.len() == 3 && currency.bytes().all(|byte| byte.is_ascii_uppercase());
    demand(
        is_code,
        Code::RulesInvalid,
        || "a currency has three capital letters, such as CNY",
    )
    .map_err(|refusal| refusal.at("/rules/currency"))?;
    check_law(rules, profile)?;
    if let Some(name) = rules.open_amounts().first() {
        let refusal = Refusal::new(Code::RulesInvalid, "this amount is needed and left open");
        return Err(refusal.at(format!("/rules/{name}")));
    }
    if let Some(credit) = &rules.credit {
        demand(
            credit.source.is_some(),
            Code::RulesInvalid,
            || "a notice names the account that commits to the credit values",
        )
        .map_err(|refusal| refusal.at("/rules/credit/source"))?;
    }
    rules.check().map_err(|error| {
        Refusal::new(Code::RulesInvalid, error.problem.to_string())
            .at(format!("/rules{}", error.pointer))
    })?;
    check_stages(rules, profile)
}

/// The first error that the linter finds. `kaibiao rules check` shows all of them.
fn check_law(rules: &RuleSet, profile: &Profile) -> Result<(), Refusal> {
    let findings = lint(rules, profile);
    let Some(finding) = findings
        .iter()
        .find(|finding| finding.severity == Severity::Error)
    else {
        return Ok(());
    };
    let code = match finding.code {
        FindingCode::MethodForbidden => Code::MethodForbidden,
        FindingCode::TieDrawForbidden => Code::TieDrawForbidden,
        FindingCode::LegalBasisMissing => Code::LegalBasisMissing,
        _ => Code::RulesUnlawful,
    };
    let rule = finding.rule.as_ref();
    let rule = rule.and_then(|id| profile.rules.iter().find(|rule| rule.id == *id));
    Err(Refusal::new(
        code,
        format!("{}: {}", finding.code.as_str(), finding.message.en),
    )
    .at(format!("/rules{}", finding.pointer))
    .under(rule))
}

/// What a committee would have to say before, between or after: there are no statements for it yet.
fn check_stages(rules: &RuleSet, profile: &Profile) -> Result<(), Refusal> {
    let refuse = |detail: &str, pointer: String| {
        Err(Refusal::new(Code::CommitteeMissing, detail).at(pointer))
    };
    if rules.technical.is_some() {
        let detail =
            "the committee's scores cannot be stated yet: announce rules without a technical part";
        return refuse(detail, "/rules/technical".to_owned());
    }
    if rules.recompute_policy == RecomputePolicy::AfterPreliminaryReview {
        let detail = "the draw would have to wait for a review that cannot be stated yet: announce `at-opening`";
        return refuse(detail, "/rules/recompute_policy".to_owned());
    }
    let is_granted = |limit: &Limit| matches!(limit, Limit::SmallFirmDeduction { .. });
    let grants_deductions = profile.rules.iter().any(|rule| is_granted(&rule.limit));
    for (place, spec) in rules.methods.iter().enumerate() {
        let evaluated =
            Method::from_id(&spec.method).map(|method| method.formula().evaluated_price());
        let detail = match evaluated {
            Ok(EvaluatedPrice::WithAdjustments) => {
                "the review's adjustments of each price cannot be stated yet"
            }
            Ok(EvaluatedPrice::LessDeduction) if grants_deductions => {
                "the deductions of small firms cannot be stated yet"
            }
            _ => continue,
        };
        return refuse(detail, format!("/rules/methods/{place}/method"));
    }
    Ok(())
}

pub(super) fn overflow(error: &impl std::fmt::Display) -> Refusal {
    Refusal::new(Code::MethodInapplicable, error.to_string())
}

/// What the seed draws from the announced candidates over the benchmark set.
pub(super) fn draw(
    rules: &RuleSet,
    members: &[SetMember],
    seed: &Digest,
) -> Result<(String, BTreeMap<String, DrawnValue>), Refusal> {
    let prices: Result<Vec<Money>, _> = members
        .iter()
        .map(|member| member.price.parse::<Money>())
        .collect();
    let prices = prices.map_err(|error| overflow(&error))?;
    let drawn = draw_rules(seed, rules, &prices).map_err(|error| overflow(&error))?;
    let index = drawn.shortlist_index;
    let shortlist = index.and_then(|index| u64::try_from(index).ok());
    let shortlist = shortlist.map(|index| (SHORTLIST.to_owned(), DrawnValue::Index(index)));
    let parameters = drawn.rule.drawn.into_iter().map(|(name, value)| {
        let value = match value {
            Parameter::Decimal(value) => DrawnValue::Decimal(value.to_string()),
            Parameter::Index(index) => DrawnValue::Index(index),
        };
        (name, value)
    });
    Ok((drawn.rule.method, parameters.chain(shortlist).collect()))
}
