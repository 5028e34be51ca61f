//! The linter: what the law of a profile says about a rule set before it is used. `kaibiao rules check` prints
//! its findings; a notice whose rules have an error is refused.
//!
//! | file | findings about |
//! |---|---|
//! | `document.rs` | the document itself: form, grids, what cannot be carried out |
//! | `classes.rs` | award class, lots, legal basis |
//! | `methods.rs` | candidate methods, their coefficients, trimming |
//! | `prices.rs` | deductions and hidden minimum prices |
//! | `weights.rs` | full marks and their shares |
//! | `credit.rs` | what credit is made of, and who answers for it |
//! | `shortlist.rs` | shortlisting |
//! | `procedure.rs` | what a rule set asks of the procedure |
//!
//! To add a finding: one line in `codes!` of `finding.rs`, the place that looks for it, and a pair of rule sets
//! in `procedure/tests/linter` (a test fails until it is there). What it is measured by is a rule of a profile.

mod classes;
mod credit;
mod document;
mod finding;
mod methods;
mod prices;
mod procedure;
mod shortlist;
mod weights;

pub use document::lint_json;
pub use finding::{Finding, FindingCode};

use evaluation::Decimal;
use evaluation::benchmark::{Formula, Method};
use evaluation::draw::MethodSpec;
use evaluation::fraction::Fraction;

use super::{Limit, Profile, Rule};
use crate::act::RuleSet;

pub use super::Severity;

/// Judges the rule set by the law of the profile. Errors come first; inside, findings are ordered by pointer.
///
/// That the rules can be carried out at all is another question: [`RuleSet::check`].
pub fn lint(rules: &RuleSet, profile: &Profile) -> Vec<Finding> {
    let subject = Subject { rules, profile };
    let groups: [fn(&Subject<'_>, &mut Vec<Finding>); 7] = [
        classes::look,
        methods::look,
        prices::look,
        weights::look,
        credit::look,
        shortlist::look,
        procedure::look,
    ];
    let mut found = Vec::new();
    for look in groups {
        look(&subject, &mut found);
    }
    sort(&mut found);
    found
}

fn sort(found: &mut Vec<Finding>) {
    found.sort_by(|left, right| {
        let key = |finding: &Finding| (finding.severity, finding.pointer.clone(), finding.code);
        key(left).cmp(&key(right))
    });
    found.dedup();
}

/// What is judged, and by what.
struct Subject<'a> {
    rules: &'a RuleSet,
    profile: &'a Profile,
}

impl<'a> Subject<'a> {
    /// The first rule of the profile with such a limit.
    fn rule(&self, is: impl Fn(&Limit) -> bool) -> Option<&'a Rule> {
        self.profile.rules.iter().find(|rule| is(&rule.limit))
    }

    /// The candidate methods that exist, each with its place.
    fn methods(&self) -> impl Iterator<Item = (usize, &'a MethodSpec, &'static dyn Formula)> {
        let specs = self.rules.methods.iter().enumerate();
        specs.filter_map(|(place, spec)| {
            let method = Method::from_id(&spec.method).ok()?;
            Some((place, spec, method.formula()))
        })
    }
}

/// A number for people: exact if it is short, otherwise with two decimals.
fn show(value: Fraction) -> String {
    let exact = (0..=6).find_map(|decimals| value.exact_decimal(decimals));
    exact
        .or_else(|| value.round_half_up(2).ok())
        .map_or_else(String::new, |decimal| decimal.to_string())
}

/// `part` of `whole` in percent.
fn percent_of(part: Fraction, whole: Fraction) -> Option<Fraction> {
    part.times(Fraction::integer(100)).ok()?.over(whole).ok()
}

fn fraction(value: Option<Decimal>) -> Fraction {
    value.map_or(Fraction::ZERO, Decimal::fraction)
}
