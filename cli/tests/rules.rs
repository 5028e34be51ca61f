//! `kaibiao rules`: what it prints, how it ends; the library under the law; schema and page are current.
#![expect(clippy::expect_used, clippy::unwrap_used, reason = "tests may panic")]

use std::io::Write;
use std::path::Path;
use std::process::{Command, Output, Stdio};

use evaluation::benchmark::{Domain, Kind, Method, Parameter, Presence};
use evaluation::rules::{AwardClass, READY_COUNT, ready};
use procedure::law::latest;
use procedure::law::linter::{FindingCode, Severity, lint};
use serde_json::{Value, json};

const ROOT: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/..");
const UPDATE: &str = "KAIBIAO_UPDATE_SNAPSHOTS";

fn run(arguments: &[&str]) -> Output {
    run_on(arguments, "")
}

fn run_on(arguments: &[&str], input: &str) -> Output {
    let mut child = Command::new(env!("CARGO_BIN_EXE_kaibiao"))
        .args(arguments)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("the program starts");
    let mut stdin = child.stdin.take().expect("piped");
    // A command that does not read its input may be gone already.
    let _ = stdin.write_all(input.as_bytes());
    drop(stdin);
    child.wait_with_output().expect("it ends")
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

/// Checks a document from standard input; exit code and JSON report.
fn check(document: &Value, more: &[&str]) -> (Option<i32>, Value) {
    let arguments = [&["--json", "rules", "check", "-"], more].concat();
    let output = run_on(&arguments, &format!("{document:#}"));
    let report = serde_json::from_slice(&output.stdout);
    (
        output.status.code(),
        report.expect("JSON on standard output"),
    )
}

fn ready_json(id: &str) -> Value {
    let found = ready().iter().find(|ready| ready.id == id);
    serde_json::from_str(found.expect("it is in the library").json).unwrap()
}

#[test]
fn the_library_is_listed() {
    let output = run(&["rules", "list"]);
    assert_eq!(output.status.code(), Some(0));
    let table = text(&output.stdout);
    for ready in ready() {
        let line = table.lines().find(|line| line.starts_with(ready.id));
        let line = line.unwrap_or_else(|| panic!("{} is not listed", ready.id));
        assert!(line.contains(ready.rules.award_class.id()), "{line}");
    }
    let titles = text(&run(&["rules", "list", "--lang", "zh"]).stdout);
    assert!(titles.contains("合理价随机确定中标人"));
    let output = run(&["--json", "rules", "list"]);
    let list: Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!(list.as_array().unwrap().len(), READY_COUNT);
    assert_eq!(list[0]["id"], ready()[0].id);
    assert!(list[0]["about"]["confidence"].is_string());
}

#[test]
fn a_ready_rule_set_is_shown_and_saved_byte_for_byte() {
    let first = &ready()[0];
    assert_eq!(text(&run(&["rules", "show", first.id]).stdout), first.json);
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("rules.json");
    let path = path.to_str().unwrap();
    let save = || {
        run(&["rules", "show", first.id, "--out", path])
            .status
            .code()
    };
    assert_eq!(save(), Some(0));
    assert_eq!(std::fs::read_to_string(path).unwrap(), first.json);
    assert_eq!(save(), Some(2), "it overwrites nothing");
    let unknown = run(&["rules", "show", "nowhere"]);
    assert_eq!(unknown.status.code(), Some(2));
    assert!(
        text(&unknown.stderr).contains(first.id),
        "it says what there is"
    );
}

#[test]
fn no_ready_rule_set_breaks_the_law_that_it_is_meant_for() {
    for ready in ready() {
        let profile = ready.rules.profile.as_ref().expect("it names a profile");
        let profile = latest(profile.as_str())
            .unwrap_or_else(|| panic!("{}: there is no profile {profile}", ready.id));
        let errors: Vec<_> = lint(&ready.rules, profile)
            .into_iter()
            .filter(|finding| finding.severity == Severity::Error)
            .map(|finding| (finding.code.as_str(), finding.pointer))
            .collect();
        // Why a tender may be awarded by lot has to be written by whoever awards it.
        let expected = match ready.id {
            "random-at-fixed-price" => vec![("legal-basis-missing", "/legal_basis".to_owned())],
            _ => Vec::new(),
        };
        assert_eq!(errors, expected, "{}", ready.id);
    }
}

#[test]
fn check_ends_with_0_where_nothing_is_worse_than_a_warning() {
    let output = run(&["rules", "check", "ready:jiangsu-2017-comprehensive"]);
    assert_eq!(output.status.code(), Some(0), "{}", text(&output.stdout));
    let printed = text(&output.stdout);
    assert!(printed.contains("cn-2017-tendering"), "{printed}");
    assert!(
        printed.contains("control_price"),
        "amounts are left open: {printed}"
    );
    let (code, report) = check(&ready_json("korea-floor-rate"), &[]);
    assert_eq!(code, Some(0), "{report:#}");
    assert_eq!(report["profile"]["id"], "kr-floor-rate");
    assert_eq!(report["open_amounts"], json!(["estimated_price"]));
    assert_eq!(report["errors"], 0);
}

#[test]
fn check_ends_with_1_and_says_where_and_why() {
    let mut rules = ready_json("jiangsu-2017-comprehensive");
    rules["methods"][0]["grids"]["K"]["step"] = json!("0.007");
    let (code, report) = check(&rules, &[]);
    assert_eq!(code, Some(1), "{report:#}");
    let finding = &report["findings"][0];
    assert_eq!(finding["code"], "grid-step");
    let pointer = finding["pointer"].as_str().unwrap();
    assert!(pointer.starts_with("/methods/0/grids/K"), "{pointer}");
    let document = format!("{rules:#}");
    let line = usize::try_from(finding["line"].as_u64().unwrap()).unwrap();
    let there = document.lines().skip(line - 1).take(4);
    assert!(there.collect::<String>().contains("0.007"), "{report:#}");

    let output = run_on(&["rules", "check", "-", "--lang", "zh"], &document);
    assert_eq!(output.status.code(), Some(1));
    let printed = text(&output.stdout);
    let place = format!("错误 grid-step {pointer} ({line}:");
    assert!(printed.starts_with(&place), "{printed}");
    assert!(printed.contains("处理："), "{printed}");
}

#[test]
fn check_applies_the_law_that_is_asked_for() {
    let rules = ready_json("jiangsu-2017-comprehensive");
    let (code, report) = check(&rules, &["--profile", "cn-gov-procurement"]);
    assert_eq!(code, Some(1), "{report:#}");
    let (code, report) = check(&rules, &["--profile", "nowhere"]);
    assert_eq!(code, Some(2));
    let hint = report["error"]["hint"].as_str().unwrap();
    assert!(hint.contains("cn-gov-procurement"), "{hint}");
}

#[test]
fn check_finds_the_rules_of_a_notice_under_its_profile() {
    let mut rules = ready_json("jiangsu-2017-comprehensive");
    rules["profile"] = json!("suqian-2016");
    rules["price_score"]["floor"] = json!("61");
    let profile = json!({ "id": "suqian-2016" });
    let notice = json!({ "tender": "T-1", "profile": profile, "rules": rules });
    let (code, report) = check(&notice, &[]);
    assert_eq!(code, Some(1), "{report:#}");
    assert_eq!(report["profile"]["id"], "suqian-2016");
    let finding = &report["findings"][0];
    assert_eq!(finding["pointer"], "/rules/price_score/floor");
    let document = format!("{notice:#}");
    let line = usize::try_from(finding["line"].as_u64().unwrap()).unwrap();
    let there = document.lines().nth(line - 1).unwrap();
    assert!(there.contains("\"floor\": \"61\""), "{there}");
}

#[test]
fn check_ends_with_2_where_there_is_no_rule_set() {
    let mut other = ready_json("jiangsu-2017-comprehensive");
    other["award_class"] = json!("cheapest");
    let (code, report) = check(&other, &[]);
    assert_eq!(code, Some(2), "{report:#}");
    assert_eq!(report["findings"][0]["pointer"], "/award_class");
    let (code, report) = check(&json!({ "format": "kaibiao-case/1" }), &[]);
    assert_eq!(code, Some(2), "{report:#}");
    let output = run_on(&["rules", "check", "-"], "{\"format\": 1,\n \"format\": 2}");
    assert_eq!(output.status.code(), Some(2));
    let error = text(&output.stderr);
    assert!(error.contains("line 2"), "{error}");
    let output = run(&["rules", "check", "/nowhere/rules.json"]);
    assert_eq!(output.status.code(), Some(2));
}

#[test]
fn the_schema_takes_the_library_and_nothing_broken() {
    let output = run(&["rules", "schema"]);
    assert_eq!(output.status.code(), Some(0));
    let printed: Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!(printed, evaluation::schema::rules());
    let mut schemas = boon::Schemas::new();
    let mut compiler = boon::Compiler::new();
    let place = "https://kaibiao.example/rules.json";
    compiler.add_resource(place, printed).unwrap();
    let rules = compiler.compile(place, &mut schemas).unwrap();
    let takes = |document: &Value| schemas.validate(document, rules).is_ok();
    for ready in ready() {
        let document = serde_json::from_str(ready.json).unwrap();
        let result = schemas.validate(&document, rules);
        assert!(result.is_ok(), "{}: {}", ready.id, result.unwrap_err());
    }
    let broken: [(&str, Value); 9] = [
        ("/format", json!("kaibiao-rules/2")),
        ("/award_class", json!("cheapest")),
        ("/price_score/full", json!(60)),
        ("/price_score/full", json!("60,0")),
        ("/methods/0/method", json!("jiangsu-9")),
        ("/methods/0/method", json!("jiangsu-3")),
        ("/methods/0/grids", json!({})),
        ("/methods/1/fixed", json!({})),
        ("/ties", Value::Null),
    ];
    for (pointer, value) in broken {
        let mut document = ready_json("jiangsu-2017-comprehensive");
        assert!(takes(&document));
        *document.pointer_mut(pointer).unwrap() = value.clone();
        assert!(!takes(&document), "{pointer} = {value}");
    }
    let mut unknown = ready_json("jiangsu-2017-comprehensive");
    unknown["secret_floor"] = json!("1");
    assert!(!takes(&unknown));
}

/// The page with its generated parts put in.
fn page(found: &str) -> String {
    let parts = [
        ("parameters", parameters()),
        ("findings", findings()),
        ("library", library()),
    ];
    let mut page = found.to_owned();
    for (name, part) in parts {
        let begin = page.find(&format!("<!-- {name}: generated"));
        let begin = begin.unwrap_or_else(|| panic!("the page has no part {name}"));
        let body = begin + page[begin..].find("-->").unwrap() + 4;
        let end = body + page[body..].find("<!-- end -->").unwrap();
        page.replace_range(body..end, &part);
    }
    page
}

fn parameters() -> String {
    let mut table =
        "| method | drawn | announced (if absent) | needs |\n|---|---|---|---|\n".to_owned();
    for method in Method::all() {
        let list = |parameters: &[Parameter]| {
            let each = parameters.iter().map(described);
            each.collect::<Vec<_>>().join("; ")
        };
        let needs = method.needs();
        let needs = [
            (needs.control_price, "control_price"),
            (needs.estimated_price, "estimated_price"),
            (needs.budget_price, "budget_price"),
        ];
        let needs = needs.into_iter().filter(|(needed, _)| *needed);
        let needs: Vec<_> = needs.map(|(_, name)| format!("`{name}`")).collect();
        table += &format!(
            "| `{}` | {} | {} | {} |\n",
            method.id(),
            list(method.drawn_parameters()),
            list(method.fixed_parameters()),
            needs.join(", ")
        );
    }
    table
}

fn described(parameter: &Parameter) -> String {
    let kind = match parameter.kind {
        Kind::Decimal(Domain::Factor) => "above 0 to 10".to_owned(),
        Kind::Decimal(Domain::ZeroToOne) => "0 to 1".to_owned(),
        Kind::Decimal(Domain::ZeroToBelowOne) => "0 to below 1".to_owned(),
        Kind::Decimal(Domain::ZeroToHundred) => "0 to 100".to_owned(),
        Kind::Index => return format!("`{}` index", parameter.name),
        Kind::Count { min, max } => format!("{min} to {max}"),
        Kind::Choice(words) => words.join(" or "),
    };
    let presence = match parameter.presence {
        Presence::Required => String::new(),
        Presence::Optional => " (none)".to_owned(),
        Presence::Default(value) => format!(" ({value})"),
    };
    format!("`{}` {kind}{presence}", parameter.name)
}

fn findings() -> String {
    let mut table = "| code | what is found |\n|---|---|\n".to_owned();
    for code in FindingCode::ALL {
        table += &format!("| `{}` | {} |\n", code.as_str(), code.summary());
    }
    table
}

fn library() -> String {
    let mut table = "| id | title | methods | for | tag |\n|---|---|---|---|---|\n".to_owned();
    for ready in ready() {
        let about = ready.rules.about.as_ref().expect("it says what it is");
        let methods = ready.rules.methods.iter();
        let methods: Vec<_> = methods.map(|spec| spec.method.as_str()).collect();
        let profile = ready.rules.profile.as_ref().expect("it names a profile");
        table += &format!(
            "| `{}` | {} {} | {} | {profile} | {} |\n",
            ready.id,
            about.title.zh,
            about.title.en,
            methods.join(", "),
            json!(about.confidence).as_str().unwrap()
        );
    }
    table
}

#[test]
fn the_page_about_rules_is_current() {
    let path = Path::new(ROOT).join("docs/rules.md");
    let found = std::fs::read_to_string(&path).expect("the page is there");
    let current = page(&found);
    if std::env::var_os(UPDATE).is_some() {
        std::fs::write(&path, &current).expect("the page can be written");
    }
    let found = std::fs::read_to_string(&path).unwrap();
    assert!(
        found == current,
        "docs/rules.md is out of date: run with {UPDATE}=1"
    );
    let part = |from: &str, to: &str| {
        let (_, behind) = found.split_once(from).expect("the part begins");
        let (part, _) = behind.split_once(to).expect("the part ends");
        part.to_owned()
    };
    let methods = part("## Methods", "Parameters.");
    for method in Method::all() {
        assert!(
            methods.contains(&format!("\n| `{}` | ", method.id())),
            "{method:?}"
        );
    }
    let classes = part("## Award classes", "## Methods");
    for class in AwardClass::ALL {
        assert!(
            classes.contains(&format!("\n| `{}` | ", class.id())),
            "{class:?}"
        );
    }
}
