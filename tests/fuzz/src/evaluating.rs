//! Evaluation cases and rule sets.

use evaluation::rules::RuleSet;
use evaluation::{Case, evaluate};
use procedure::law::linter::{Severity, lint_json};
use procedure::law::{Profile, profiles};

use crate::Reached;

/// Any case: the result is the same every time and after the case was written and read again.
pub fn case(input: &[u8]) -> Reached {
    let Ok(case) = Case::parse(input) else {
        return Reached::Refused;
    };
    let written = serde_json::to_vec(&case).expect("a case is written");
    let again = Case::parse(&written).expect("what was written is read");
    assert_eq!(
        serde_json::to_vec(&again).expect("a case is written"),
        written
    );
    let outcome = evaluate(&case);
    match (&outcome, evaluate(&again)) {
        (Ok(outcome), Ok(again)) => {
            let bytes = |one: &evaluation::Outcome| one.decision_bytes().expect("it is written");
            assert_eq!(bytes(outcome), bytes(&again));
            assert!(
                outcome.explanation().count() > 0,
                "a result without a reason"
            );
        }
        (Err(error), Err(again)) => assert_eq!(error.to_string(), again.to_string()),
        (one, other) => panic!("once {one:?}, once {other:?}"),
    }
    Reached::of(&outcome)
}

/// Any rule set under any profile: the linter says something about what cannot be carried out. A profile document
/// is read by the same target.
pub fn rules(input: &[u8]) -> Reached {
    if let Ok(profile) = Profile::read(input) {
        assert_eq!(profile.document, input);
        return Reached::Accepted;
    }
    let rules = RuleSet::parse(input);
    let checked = rules.as_ref().map(RuleSet::check);
    let is_workable = matches!(checked, Ok(Ok(())));
    for profile in profiles() {
        let found = lint_json(input, profile);
        let has_error = found.iter().any(|one| one.severity == Severity::Error);
        assert!(
            is_workable || has_error,
            "cannot be carried out, and nothing is found"
        );
    }
    if let (Ok(rules), true) = (&rules, is_workable) {
        let written = serde_json::to_vec(rules).expect("rules are written");
        assert_eq!(
            &RuleSet::parse(&written).expect("what was written is read"),
            rules
        );
        let _ = (rules.rehearse(), rules.open_amounts());
    }
    Reached::of(&rules)
}
