//! What the code can say, both languages can say.

use std::collections::BTreeSet;

use cli::explanation::{Language, PROFILE, RESULT, SYMBOL};
use evaluation::benchmark::{Kind, Method, Scoring};
use evaluation::explain::{FormulaSpec, formulas};
use evaluation::score::technical::FlagKind;

const LANGUAGES: [Language; 2] = [Language::Zh, Language::En];

#[test]
fn both_languages_say_the_same_things() {
    let [zh, en] = LANGUAGES.map(|language| language.locale().keys());
    assert_eq!(zh, en);
}

#[test]
fn every_formula_is_told() {
    for spec in formulas() {
        for language in LANGUAGES {
            let formula = language.locale().formula(spec.id);
            assert!(formula.is_some(), "{} in {language:?}", spec.id);
        }
    }
}

#[test]
fn no_sentence_is_for_a_formula_that_does_not_exist() {
    let known: BTreeSet<&str> = formulas().map(|spec| spec.id).collect();
    let keys = Language::Zh.locale().keys();
    let told = keys.iter().filter_map(|key| key.strip_prefix("formulas/"));
    let surplus: Vec<&str> = told.filter(|id| !known.contains(id)).collect();
    assert!(surplus.is_empty(), "{surplus:?}");
}

#[test]
fn sentences_use_only_inputs_that_exist() {
    for (spec, language, uses) in uses() {
        for (name, guarded) in uses {
            if [SYMBOL, PROFILE, RESULT].contains(&name) || spec.inputs.contains(&name) {
                continue;
            }
            let place = format!("{} in {language:?}: {name}", spec.id);
            assert!(spec.optional.contains(&name), "{place} is no input");
            assert!(
                guarded,
                "{place} may be absent, so it belongs into a section"
            );
        }
    }
}

/// Whoever redoes a calculation needs all that went into it.
#[test]
fn every_input_is_told() {
    let mut untold = Vec::new();
    for (spec, language, uses) in uses() {
        let told: BTreeSet<&str> = uses.iter().map(|(name, _)| *name).collect();
        let inputs = spec.inputs.iter().chain(spec.optional);
        let missing = inputs.filter(|name| !told.contains(**name));
        let missing = missing.filter(|name| !SAID_ELSEWHERE.contains(&(spec.id, name)));
        untold.extend(missing.map(|name| (spec.id, *name, language)));
    }
    assert!(untold.is_empty(), "{untold:#?}");
}

/// Inputs that the sentence before tells, or that are the value itself.
const SAID_ELSEWHERE: &[(&str, &str)] = &[
    ("limit-mean-blend.c", "C"),
    ("price-score.above", "price"),
    ("price-score.above", "benchmark"),
    ("price-score.below", "price"),
    ("price-score.below", "benchmark"),
    ("price-score.mark", "price"),
    ("price-score.mark", "benchmark"),
    ("price-score.piece", "price"),
    ("price-score.piece", "benchmark"),
    ("price-score.pieces", "price"),
    ("price-score.pieces", "benchmark"),
    ("price-score.pieces", "deviation_percent"),
    ("price-score.pieces", "from"),
    ("price-score.pieces", "rates"),
];

#[test]
fn words_of_the_data_are_translated() {
    let mut words: Vec<(&str, String)> = Vec::new();
    for method in Method::all() {
        words.push(("method", method.id().to_owned()));
        for parameter in method
            .drawn_parameters()
            .iter()
            .chain(method.fixed_parameters())
        {
            words.push(("parameter", parameter.name.to_owned()));
            if let Kind::Choice(choices) = parameter.kind {
                words.extend(
                    choices
                        .iter()
                        .map(|word| (parameter.name, (*word).to_owned())),
                );
            }
        }
    }
    for key in ["price", "credit", "technical", "price_score"] {
        words.push(("tie_break", key.to_owned()));
    }
    for language in LANGUAGES {
        for (field, word) in &words {
            let translated = language.locale().word(field, word);
            assert!(translated.is_some(), "{field} {word} in {language:?}");
        }
    }
}

#[test]
fn the_rules_of_a_case_are_told() {
    let mut keys: Vec<String> = [
        "method",
        "total",
        "recompute_policy.at-opening",
        "recompute_policy.after-preliminary-review",
        "shortlist.all",
        "shortlist.low-price",
        "shortlist.mean",
        "technical.mean",
        "technical.drop-extremes",
        "technical.drop-widest-member",
        "technical.flags",
        "credit.linear",
        "credit.tiers",
        "credit.grades",
        "credit.gate",
    ]
    .map(str::to_owned)
    .into();
    let unscored = Method::all().filter(|method| method.formula().scoring() == Scoring::PriceOnly);
    keys.extend(unscored.map(|method| format!("order.{}", method.id())));
    for language in LANGUAGES {
        for key in &keys {
            assert!(
                language.locale().rule(key).is_some(),
                "{key} in {language:?}"
            );
        }
    }
}

#[test]
fn every_kind_of_flag_is_told() {
    for kind in [
        FlagKind::ReasonMissing,
        FlagKind::ReasonGiven,
        FlagKind::FarFromMean,
    ] {
        for language in LANGUAGES {
            let formula = format!("technical.{}", kind.word());
            assert!(language.locale().formula(&formula).is_some(), "{formula}");
        }
    }
}

/// The fields of one sentence, and whether each is only used where it is there.
type Uses = Vec<(&'static str, bool)>;

/// What every sentence uses.
fn uses() -> Vec<(&'static FormulaSpec, Language, Uses)> {
    let mut uses = Vec::new();
    for spec in formulas() {
        for language in LANGUAGES {
            if let Some(formula) = language.locale().formula(spec.id) {
                uses.push((spec, language, formula.sentence.uses()));
            }
        }
    }
    uses
}
