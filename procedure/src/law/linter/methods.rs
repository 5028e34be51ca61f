//! Candidate methods, their coefficients, trimming.

use evaluation::Decimal;
use evaluation::benchmark::FixedValue;
use evaluation::draw::{Grid, MethodSpec};
use evaluation::shortlist::ShortlistMethod;

use super::{Finding, FindingCode, Severity, Subject, show};
use crate::law::{Limit, Rule};

pub(super) fn look(subject: &Subject<'_>, found: &mut Vec<Finding>) {
    allowed(subject, found);
    enough(subject, found);
    trimming(subject, found);
    for rule in &subject.profile.rules {
        if let Limit::Coefficient {
            method,
            parameter,
            min,
            max,
        } = &rule.limit
        {
            let specs = subject.rules.methods.iter().enumerate();
            for (place, spec) in specs.filter(|(_, spec)| spec.method == *method) {
                coefficient(rule, (place, spec), parameter, (*min, *max), found);
            }
        }
    }
}

fn allowed(subject: &Subject<'_>, found: &mut Vec<Finding>) {
    let profile = subject.profile;
    let rule = subject.rule(|limit| *limit == Limit::MethodsListed);
    for (place, spec) in subject.rules.methods.iter().enumerate() {
        if !profile.methods.contains(&spec.method) {
            let allowed = profile.methods.join(", ");
            let values = [("method", spec.method.as_str()), ("allowed", &allowed)];
            let pointer = format!("/methods/{place}/method");
            let code = FindingCode::MethodForbidden;
            found.push(Finding::new(code, Severity::Error, pointer, &values).named(rule));
        }
    }
}

fn enough(subject: &Subject<'_>, found: &mut Vec<Finding>) {
    for rule in &subject.profile.rules {
        if let Limit::CandidateMethodsMin { count: least } = rule.limit {
            let count = subject.rules.methods.len();
            if usize::try_from(least).is_ok_and(|least| count < least) {
                let values = [
                    ("count", &*count.to_string()),
                    ("least", &least.to_string()),
                ];
                let code = FindingCode::MethodsTooFew;
                found.push(Finding::under(rule, code, "/methods", &values));
            } else if without_choice(subject) {
                let code = FindingCode::DrawWithoutChoice;
                let finding = Finding::new(code, Severity::Warning, "/methods", &[]);
                found.push(finding.named(Some(rule)));
            }
        }
    }
}

/// Whether there are grids, but none that leaves a choice. Then a candidate may be the twin of another. What is
/// drawn from no grid (an index) is a choice.
fn without_choice(subject: &Subject<'_>) -> bool {
    let grids = subject.rules.methods.iter().map(|spec| spec.grids.values());
    let mut counts = grids.flatten().map(Grid::count).peekable();
    let indexed = subject
        .methods()
        .any(|(_, spec, formula)| formula.drawn().len() > spec.grids.len());
    counts.peek().is_some() && counts.all(|count| count == 1) && !indexed
}

/// A mean without its extremes, and a shortlist that drops them, both leave prices out.
fn trimming(subject: &Subject<'_>, found: &mut Vec<Finding>) {
    let Some(rule) = subject.rule(|limit| *limit == Limit::NoTrimming) else {
        return;
    };
    let mut add = |pointer: String, zh: String, en: String| {
        let values = [("what", zh.as_str()), ("what_en", en.as_str())];
        let code = FindingCode::TrimmingForbidden;
        found.push(Finding::under(rule, code, pointer, &values));
    };
    for (place, spec, formula) in subject.methods() {
        if formula.trims() {
            let pointer = format!("/methods/{place}/method");
            let method = &spec.method;
            add(
                pointer,
                format!("评标基准价方法 {method} "),
                format!("The method {method}"),
            );
        }
    }
    for (place, shortlist) in subject.rules.shortlist.iter().enumerate() {
        if shortlist.method != ShortlistMethod::All {
            add(
                format!("/shortlist/{place}"),
                "评标入围".to_owned(),
                "Shortlisting".to_owned(),
            );
        }
    }
}

fn coefficient(
    rule: &Rule,
    (place, spec): (usize, &MethodSpec),
    parameter: &str,
    (min, max): (Decimal, Decimal),
    found: &mut Vec<Finding>,
) {
    let drawn = spec.grids.get(parameter).map(|grid| {
        let pointer = format!("/methods/{place}/grids/{parameter}");
        (pointer, grid.min(), grid.max())
    });
    let announced = spec.fixed.get(parameter).and_then(|value| match value {
        FixedValue::Decimal(value) => {
            let pointer = format!("/methods/{place}/fixed/{parameter}");
            Some((pointer, *value, *value))
        }
        FixedValue::Word(_) => None,
    });
    let Some((pointer, low, high)) = drawn.or(announced) else {
        return;
    };
    if low.fraction() < min.fraction() || high.fraction() > max.fraction() {
        let [low, high, min, max] = [low, high, min, max].map(|value| show(value.fraction()));
        let values = [
            ("parameter", parameter),
            ("low", &low),
            ("high", &high),
            ("min", &min),
            ("max", &max),
        ];
        let code = FindingCode::CoefficientUnusual;
        found.push(Finding::under(rule, code, pointer, &values));
    }
}
