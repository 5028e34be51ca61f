//! Whole reports, in both languages.

use std::fs;
use std::path::{Path, PathBuf};

use cli::explanation::{Language, Prose};
use evaluation::{Case, Outcome, evaluate};

use crate::calculator;

const DESIGN: &str = "../evaluation/tests/data/design-case.json";

#[test]
fn reports_read_as_they_should() {
    for path in cases() {
        let name = path.file_stem().unwrap().to_string_lossy().into_owned();
        let (case, outcome) = evaluated(&path);
        for (language, suffix) in [(Language::Zh, "zh"), (Language::En, "en")] {
            let report = Prose::new(&case, &outcome, language).unwrap().report(None);
            assert!(
                !has_key(&report),
                "{name}: a text is missing in {language:?}: {report}"
            );
            insta::assert_snapshot!(format!("{name}.{suffix}"), report);
        }
    }
}

#[test]
fn every_step_stands_in_the_report() {
    for path in cases() {
        let (case, outcome) = evaluated(&path);
        for language in [Language::Zh, Language::En] {
            let prose = Prose::new(&case, &outcome, language).unwrap();
            let report = prose.report(None);
            for step in outcome.explanation() {
                let sentence = prose.sentence(&step);
                let sentence = sentence.unwrap_or_else(|| panic!("{} is not told", step.formula));
                let (_, told) = sentence.split_once([':', '：']).unwrap();
                assert!(
                    report.contains(told.trim()),
                    "{}: {sentence}",
                    path.display()
                );
                assert!(
                    !sentence.contains(['{', '}', '—']),
                    "{}: {sentence}",
                    path.display()
                );
            }
        }
    }
}

#[test]
fn every_calculation_can_be_done_again() {
    let mut checked = 0;
    for path in cases() {
        let (case, outcome) = evaluated(&path);
        let report = Prose::new(&case, &outcome, Language::En)
            .unwrap()
            .report(None);
        match calculator::check(&report) {
            Ok(count) => checked += count,
            Err(wrong) => panic!("{}: {wrong}", path.display()),
        }
    }
    assert!(checked > 300, "only {checked} calculations were found");
}

/// The 240 shared cases: every method, many sizes, ties.
#[test]
fn every_shared_case_can_be_told() {
    let text = fs::read_to_string("../evaluation/tests/data/cases.json").unwrap();
    let cases: Vec<serde_json::Value> = serde_json::from_str(&text).unwrap();
    let mut checked = 0;
    for case in cases {
        let id = case["id"].to_string();
        let case = Case::parse(case["case"].to_string().as_bytes()).unwrap();
        let outcome = evaluate(&case).unwrap();
        for language in [Language::Zh, Language::En] {
            let report = Prose::new(&case, &outcome, language).unwrap().report(None);
            assert!(!report.contains('—') && !has_key(&report), "{id}: {report}");
            if language == Language::En {
                let count = calculator::check(&report);
                checked += count.unwrap_or_else(|wrong| panic!("{id}: {wrong}"));
            }
        }
    }
    assert!(checked > 5_000, "only {checked} calculations were found");
}

#[test]
fn lines_keep_to_the_width() {
    let (case, outcome) = evaluated(Path::new(DESIGN));
    for language in [Language::Zh, Language::En] {
        let prose = Prose::new(&case, &outcome, language).unwrap();
        let report = prose.report(Some(80));
        for line in report.lines() {
            assert!(console::measure_text_width(line) <= 80, "{line}");
        }
        let joined = |text: &str| text.split_whitespace().collect::<String>();
        assert!(joined(&report).contains(&joined("9,088,000.00 × 0.97 × 0.75")));
    }
}

fn cases() -> Vec<PathBuf> {
    let folder = Path::new("tests/explanation/cases");
    let entries = fs::read_dir(folder).unwrap();
    let mut paths: Vec<_> = entries.map(|entry| entry.unwrap().path()).collect();
    paths.push(DESIGN.into());
    paths.sort();
    paths
}

fn evaluated(path: &Path) -> (Case, Outcome) {
    let case = Case::parse(&fs::read(path).unwrap());
    let case = case.unwrap_or_else(|error| panic!("{}: {error}", path.display()));
    let outcome = evaluate(&case);
    let outcome = outcome.unwrap_or_else(|error| panic!("{}: {error}", path.display()));
    (case, outcome)
}

/// Whether a key such as `label.profile` stands where a text should.
fn has_key(report: &str) -> bool {
    let words = report.split(|character: char| !matches!(character, 'a'..='z' | '_' | '-' | '.'));
    words.into_iter().any(|word| {
        let parts: Vec<&str> = word.split('.').collect();
        parts.len() > 1 && parts.iter().all(|part| part.len() > 2)
    })
}
