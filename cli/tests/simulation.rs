//! `kaibiao simulate`: the page docs/simulation.md is what the program prints, and its files are what they should be.

use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use serde_json::Value;

/// Set it to write what the program prints into the page.
const UPDATE: &str = "UPDATE_SIMULATION_MD";
const RULES: &str = "ready:jiangsu-2017-comprehensive";

fn docs() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../docs")
}

fn kaibiao(folder: &Path, arguments: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_kaibiao"))
        .current_dir(folder)
        .args(arguments)
        .output()
        .expect("the program runs")
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8(bytes.to_vec()).expect("UTF-8")
}

/// Words, where a text in quotes is one.
fn words(command: &str) -> Vec<String> {
    let parts = command.split('"').enumerate();
    parts
        .flat_map(|(place, part)| match place % 2 {
            0 => part.split_whitespace().map(str::to_owned).collect(),
            _ => vec![part.to_owned()],
        })
        .collect()
}

/// The page with the outputs of its commands as they are now.
fn renewed(page: &str, folder: &Path) -> String {
    let mut renewed = String::new();
    let mut inside = false;
    for line in page.lines() {
        match line {
            "```console" => inside = true,
            "```" => inside = false,
            _ => {}
        }
        let command = line.strip_prefix("$ kaibiao ").filter(|_| inside);
        if !inside || command.is_some() || line == "```console" {
            renewed.push_str(line);
            renewed.push('\n');
        }
        if let Some(command) = command {
            let words = words(command);
            let output = kaibiao(
                folder,
                &words.iter().map(String::as_str).collect::<Vec<_>>(),
            );
            assert!(
                output.status.success(),
                "{command}\n{}",
                text(&output.stderr)
            );
            for line in text(&output.stdout).lines() {
                renewed.push_str(line.trim_end());
                renewed.push('\n');
            }
        }
    }
    renewed
}

#[test]
fn the_page_is_what_the_program_prints() {
    let folder = tempfile::tempdir().expect("a folder");
    std::fs::copy(
        docs().join("simulation/bids.csv"),
        folder.path().join("bids.csv"),
    )
    .expect("the bids");
    let path = docs().join("simulation.md");
    let page = std::fs::read_to_string(&path).expect("the page");
    let renewed = renewed(&page, folder.path());
    if std::env::var_os(UPDATE).is_some() {
        std::fs::write(&path, &renewed).expect("written");
    } else {
        let hint = format!("run with {UPDATE}=1, and read what the text around it says");
        for (place, (page, renewed)) in page.lines().zip(renewed.lines()).enumerate() {
            assert_eq!(
                page,
                renewed,
                "docs/simulation.md, line {}: {hint}",
                place + 1
            );
        }
        assert_eq!(
            page.lines().count(),
            renewed.lines().count(),
            "docs/simulation.md: {hint}"
        );
    }
    let chart = std::fs::read_to_string(folder.path().join("honest.svg")).expect("a chart");
    is_a_picture(&chart, &["jiangsu-1", "jiangsu-2", "Chance to win"]);
    let table = std::fs::read_to_string(folder.path().join("ring.csv")).expect("a table");
    assert!(
        table
            .trim_start_matches('\u{feff}')
            .starts_with("what,method,of,value,half_width")
    );
    assert!(table.contains("ring-wins,jiangsu-1,15 of 53,0."));
}

fn is_a_picture(svg: &str, says: &[&str]) {
    assert!(svg.starts_with("<svg"), "{}", &svg[..40]);
    assert!(svg.trim_end().ends_with("</svg>"));
    for text in says {
        assert!(svg.contains(text), "{text} is not in the picture");
    }
    for foreign in ["NaN", "inf", "href", "<script", "@import", "url("] {
        assert!(!svg.contains(foreign), "{foreign} is in the picture");
    }
}

#[test]
fn chinese_json_and_names_that_would_be_formulas() {
    let folder = tempfile::tempdir().expect("a folder");
    let bids = "bidder,price\n=1+1,9000000\n<b>&乙,9100000\n丙公司,9250000\n丁公司,9400000\n";
    std::fs::write(folder.path().join("bids.csv"), bids).expect("written");
    let arguments = [
        "simulate",
        RULES,
        "--control-price",
        "10000000",
        "--bids",
        "bids.csv",
        "--lang",
        "zh",
        "--ring",
        "丙公司，丁公司",
        "--chart",
        "chart.svg",
        "--csv",
        "numbers.csv",
    ];
    let output = kaibiao(folder.path(), &arguments);
    assert!(output.status.success(), "{}", text(&output.stderr));
    let shown = text(&output.stdout);
    for says in [
        "评标基准价的分布",
        "中标机会",
        "疑似串通：丙公司、丁公司",
        "“不寻常”不等于“已证明”",
        "各投标均无技术分",
    ] {
        assert!(shown.contains(says), "{says} is not in\n{shown}");
    }
    let chart = std::fs::read_to_string(folder.path().join("chart.svg")).expect("a chart");
    is_a_picture(
        &chart,
        &["整个抽取", "丙公司", "&lt;b&gt;&amp;乙", "疑似串通的 2 家"],
    );
    let numbers = std::fs::read_to_string(folder.path().join("numbers.csv")).expect("a table");
    assert!(
        !numbers.contains(",=1+1"),
        "a spreadsheet would calculate this"
    );

    // Files are never overwritten, and that is known before the work.
    let again = kaibiao(folder.path(), &arguments);
    assert_eq!(again.status.code(), Some(2));
    assert!(
        text(&again.stderr).contains("numbers.csv") || text(&again.stderr).contains("chart.svg")
    );

    let json = kaibiao(
        folder.path(),
        &[
            "--json",
            "simulate",
            RULES,
            "--control-price",
            "10000000",
            "--bids",
            "bids.csv",
        ],
    );
    let report: Value = serde_json::from_slice(&json.stdout).expect("JSON");
    assert_eq!(report["format"], "kaibiao-simulation/1");
    assert_eq!(report["methods"][0]["method"], "jiangsu-1");
    assert_eq!(report["methods"][0]["coverage"]["enumerated"], 7);
    assert_eq!(report["whole"]["chances"].as_array().map(Vec::len), Some(4));
    assert_eq!(report["notes"][0], "technical-equal");
    let chances = report["methods"][0]["chances"]
        .as_array()
        .expect("chances")
        .iter();
    assert!(
        chances
            .clone()
            .all(|chance| chance["win"]["fraction"].is_string())
    );
}

#[test]
fn what_is_missing_is_named() {
    let folder = tempfile::tempdir().expect("a folder");
    let refused = |arguments: &[&str]| {
        let output = kaibiao(folder.path(), arguments);
        assert_eq!(output.status.code(), Some(2), "{}", text(&output.stdout));
        text(&output.stderr)
    };
    assert!(refused(&["simulate", RULES]).contains("--control-price"));
    assert!(refused(&["simulate", "ready:nothing"]).contains("rules list"));
    let given = ["simulate", RULES, "--control-price", "10000000"];
    let with = |more: &[&'static str]| refused(&[&given[..], more].concat());
    assert!(with(&["--ring", "firm A,firm B"]).contains("--bids"));
    assert!(with(&["--ring", "20"]).contains("/ring"));
    assert!(with(&["--fields", "0"]).contains("1 to 10000"));
    assert!(with(&["--field", "n=5,low=0.9,high=0.8"]).contains("must not descend"));
    assert!(with(&["--seed", "12"]).contains("64"));
    std::fs::write(
        folder.path().join("bids.csv"),
        "bidder,price\nA,9000000\nB,9100000\nC,9200000\n",
    )
    .expect("written");
    assert!(with(&["--bids", "bids.csv", "--ring", "A,D"]).contains("\"D\""));
}

/// Otherwise "2 of 5" would puzzle whoever gave three bids.
#[test]
fn a_ring_beside_given_bids_says_so() {
    let folder = tempfile::tempdir().expect("a folder");
    std::fs::write(
        folder.path().join("bids.csv"),
        "bidder,price\nA,9000000\nB,9100000\nC,9200000\n",
    )
    .expect("written");
    let ring = [
        "simulate",
        RULES,
        "--control-price",
        "10000000",
        "--ring",
        "2",
    ];
    let told = |more: &[&'static str]| {
        let output = kaibiao(folder.path(), &[&ring[..], more].concat());
        assert_eq!(output.status.code(), Some(0), "{}", text(&output.stderr));
        text(&output.stdout)
    };
    let given = told(&["--bids", "bids.csv"]);
    assert!(
        given.contains("the 2 come on top of the 3 given bids"),
        "{given}"
    );
    assert!(!told(&["--fields", "2"]).contains("on top"));
}

/// Bids bring their control price along; nothing on the command line changes what was announced.
#[test]
fn the_control_price_of_the_bids_is_taken() {
    let folder = tempfile::tempdir().expect("a folder");
    let mut book = rust_xlsxwriter::Workbook::new();
    let sheets = [
        ("Case", [["key", "value"], ["control_price", "10000000"]]),
        ("Bids", [["bidder", "price"], ["A", "9000000"]]),
    ];
    for (name, rows) in sheets {
        let page = book.add_worksheet();
        page.set_name(name).expect("a name");
        for (row, cells) in (0..).zip(rows) {
            for (column, text) in (0..).zip(cells) {
                page.write_string(row, column, text).expect("a cell");
            }
        }
        if name == "Bids" {
            for (row, bidder) in [(2, "B"), (3, "C")] {
                page.write_string(row, 0, bidder).expect("a cell");
                page.write_string(row, 1, "9100000").expect("a cell");
            }
        }
    }
    book.save(folder.path().join("case.xlsx")).expect("saved");
    let output = |more: &[&str]| {
        let given = ["simulate", RULES, "--bids", "case.xlsx"];
        kaibiao(folder.path(), &[&given[..], more].concat())
    };
    let taken = output(&[]);
    assert!(taken.status.success(), "{}", text(&taken.stderr));
    let same = output(&["--control-price", "10000000"]);
    assert_eq!(taken.stdout, same.stdout);
    let other = output(&["--control-price", "20000000"]);
    assert_eq!(other.status.code(), Some(2));
    let said = text(&other.stderr);
    assert!(said.contains("10000000.00"), "{said}");
    assert!(said.contains("20000000.00"), "{said}");
    // The same holds for what the rules announce.
    let ready = RULES.strip_prefix("ready:").expect("of the library");
    let ready = evaluation::rules::ready_by_id(ready).expect("there");
    let mut rules: serde_json::Value = serde_json::from_str(ready.json).expect("JSON");
    rules["control_price"] = "10000000.00".into();
    rules["profile"] = "cn-2017-tendering".into();
    std::fs::write(folder.path().join("rules.json"), rules.to_string()).expect("written");
    for (option, value, known) in [
        ("--control-price", "20000000", "10000000.00"),
        ("--profile", "below-threshold", "cn-2017-tendering"),
    ] {
        let output = kaibiao(folder.path(), &["simulate", "rules.json", option, value]);
        assert_eq!(output.status.code(), Some(2), "{}", text(&output.stdout));
        let said = text(&output.stderr);
        assert!(said.contains(known) && said.contains(value), "{said}");
    }
}
