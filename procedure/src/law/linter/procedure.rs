//! What a rule set asks of the procedure: a review before the draw, deductions, an announcement beforehand.

use evaluation::benchmark::Scoring;
use evaluation::case::RecomputePolicy;

use super::{Finding, FindingCode, Subject};
use crate::act::{AwardClass, Category};
use crate::law::Limit;

pub(super) fn look(subject: &Subject<'_>, found: &mut Vec<Finding>) {
    let rules = subject.rules;
    for rule in &subject.profile.rules {
        match &rule.limit {
            Limit::BenchmarkAtOpening => {
                let mut methods = subject.methods();
                let has_mean =
                    methods.any(|(_, _, formula)| formula.scoring() == Scoring::Deviation);
                if has_mean && rules.recompute_policy == RecomputePolicy::AfterPreliminaryReview {
                    let code = FindingCode::RecomputeAfterReview;
                    found.push(Finding::under(rule, code, "/recompute_policy", &[]));
                }
            }
            Limit::SmallFirmDeduction {
                min_percent,
                max_percent,
            } if rules.category != Some(Category::Works) => {
                let (min, max) = (min_percent.to_string(), max_percent.to_string());
                let values = [("min", min.as_str()), ("max", &max)];
                found.push(Finding::under(
                    rule,
                    FindingCode::SmallFirms,
                    "/methods",
                    &values,
                ));
            }
            Limit::PreAnnouncement { estimate_from } => {
                let large = rules
                    .contract_estimate
                    .filter(|estimate| estimate >= estimate_from);
                let why = match (rules.award_class, large) {
                    (AwardClass::Comprehensive, _) => Some((
                        "采用综合评估法".to_owned(),
                        "it is evaluated comprehensively".to_owned(),
                    )),
                    (_, Some(estimate)) => Some((
                        format!("合同估算价 {estimate} 元"),
                        format!("the contract estimate is {estimate}"),
                    )),
                    _ => None,
                };
                if let Some((zh, en)) = why {
                    let values = [("why", zh.as_str()), ("why_en", &en)];
                    found.push(Finding::under(
                        rule,
                        FindingCode::PreAnnouncement,
                        "",
                        &values,
                    ));
                }
            }
            _ => {}
        }
    }
}
