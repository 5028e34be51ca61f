//! `kaibiao evaluate --explain`, as it is called.

use std::process::{Command, Output};

const CASE: &str = "../evaluation/tests/data/design-case.json";

fn kaibiao(arguments: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_kaibiao"))
        .args(arguments)
        .output()
        .unwrap()
}

fn text(output: &Output) -> String {
    assert!(output.status.success(), "{output:?}");
    String::from_utf8(output.stdout.clone()).unwrap()
}

#[test]
fn the_report_is_printed_in_the_language_that_is_asked_for() {
    let zh = text(&kaibiao(&["evaluate", CASE, "--explain", "zh"]));
    assert!(zh.contains("8,936,520.00（四舍五入，2 位小数）"), "{zh}");
    let en = text(&kaibiao(&["evaluate", CASE, "--explain", "en"]));
    assert!(
        en.contains("8,936,520.00 (rounded half up to 2 decimals)"),
        "{en}"
    );
    assert_eq!(
        kaibiao(&["evaluate", CASE, "--explain", "fr"])
            .status
            .code(),
        Some(2)
    );
}

#[test]
fn json_stays_the_result() {
    let plain = text(&kaibiao(&["evaluate", CASE]));
    assert_eq!(
        plain,
        text(&kaibiao(&["evaluate", CASE, "--explain", "zh", "--json"]))
    );
    let result: serde_json::Value = serde_json::from_str(&plain).unwrap();
    assert_eq!(result["format"], "kaibiao-result/1");
}
