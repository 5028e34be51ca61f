//! The refusal codes: stable, translated, and each provoked by a test.

use std::collections::BTreeSet;

use procedure::Code;

/// The tests of this crate, as text.
pub(super) const TESTS: &[&str] = &[
    include_str!("award.rs"),
    include_str!("bidders.rs"),
    include_str!("bidding.rs"),
    include_str!("contributions.rs"),
    include_str!("credit_pages.rs"),
    include_str!("directory.rs"),
    include_str!("drawing.rs"),
    include_str!("duty.rs"),
    include_str!("input.rs"),
    include_str!("limits.rs"),
    include_str!("notice.rs"),
    include_str!("objections.rs"),
    include_str!("opening.rs"),
    include_str!("outage.rs"),
    include_str!("preparation.rs"),
    include_str!("rules.rs"),
];

#[test]
fn every_code_is_provoked() {
    let never: Vec<String> = Code::ALL
        .iter()
        .map(|code| format!("Code::{code:?}"))
        .filter(|code| {
            let named = |text: &str| {
                text.match_indices(code.as_str())
                    .any(|(place, _)| ends_there(text, place + code.len()))
            };
            !TESTS.iter().any(|text| named(text))
        })
        .collect();
    assert!(never.is_empty(), "no test provokes {never:?}");
}

fn ends_there(text: &str, place: usize) -> bool {
    !text[place..].starts_with(|character: char| character.is_alphanumeric())
}

#[test]
fn codes_are_unique_kebab_case_and_have_both_texts() {
    let unique: BTreeSet<_> = Code::ALL.iter().map(|code| code.as_str()).collect();
    assert_eq!(unique.len(), Code::ALL.len());
    for code in Code::ALL {
        let text = code.as_str();
        let words = text
            .split('-')
            .all(|word| !word.is_empty() && word.bytes().all(|byte| byte.is_ascii_lowercase()));
        assert!(words, "{text}");
        assert!(
            code.en().is_ascii() && code.en().ends_with('.') && code.en().len() > 10,
            "{text}: {}",
            code.en()
        );
        assert!(
            code.zh().ends_with('。') && !code.zh().is_ascii(),
            "{text}: {}",
            code.zh()
        );
    }
}

#[test]
fn a_refusal_reads_well() {
    let rule = procedure::law::profiles()[1].rules[1].clone();
    let refusal =
        procedure::Refusal::new(Code::BiddingPeriodShort, "19 days, 20 needed").at("/deadline_ms");
    let text = refusal.under(Some(&rule)).to_string();
    let expected = "bidding-period-short: The time for bidding is too short. 19 days, 20 needed \
                    (at /deadline_ms) [R03 招标投标法 §24]";
    assert_eq!(text, expected);
}
