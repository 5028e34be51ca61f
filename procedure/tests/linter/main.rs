//! The linter: for every code there is a rule set that triggers it and one that just does not.
//!
//! `bases.json` holds rule sets without errors; `pairs.json` says for each code how a base is changed so that
//! it is found (`found`), and so that it just is not (`spared`). A change maps a JSON pointer to its new value;
//! `null` removes the member.

use std::collections::{BTreeMap, BTreeSet};

use procedure::act::RuleSet;
use procedure::law::linter::{Finding, FindingCode, Severity, lint, lint_json};
use procedure::law::{Profile, latest};
use serde::Deserialize;
use serde_json::Value;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Pair {
    profile: String,
    base: String,
    severity: Severity,
    pointer: String,
    found: BTreeMap<String, Value>,
    spared: BTreeMap<String, Value>,
}

fn bases() -> BTreeMap<String, Value> {
    serde_json::from_str(include_str!("bases.json")).unwrap()
}

fn pairs() -> BTreeMap<String, Pair> {
    serde_json::from_str(include_str!("pairs.json")).unwrap()
}

fn profile(id: &str) -> &'static Profile {
    latest(id).expect("the profile is released")
}

fn changed(base: &str, changes: &BTreeMap<String, Value>) -> Value {
    let mut rules = bases().remove(base).expect("the base exists");
    for (pointer, value) in changes {
        let (parent, name) = pointer.rsplit_once('/').expect("a pointer");
        let parent = rules.pointer_mut(parent).expect("the parent exists");
        match (parent, value) {
            (Value::Object(members), Value::Null) => drop(members.remove(name)),
            (Value::Object(members), value) => drop(members.insert(name.to_owned(), value.clone())),
            (Value::Array(items), Value::Null) => drop(items.remove(name.parse().unwrap())),
            (Value::Array(items), value) => items[name.parse::<usize>().unwrap()] = value.clone(),
            _ => panic!("{pointer} leads nowhere"),
        }
    }
    rules
}

fn look(pair: &Pair, changes: &BTreeMap<String, Value>) -> Vec<Finding> {
    let document = changed(&pair.base, changes).to_string();
    lint_json(document.as_bytes(), profile(&pair.profile))
}

#[test]
fn every_code_is_triggered_and_just_not_triggered() {
    let pairs = pairs();
    let codes: BTreeSet<&str> = FindingCode::ALL.iter().map(|code| code.as_str()).collect();
    let named: BTreeSet<&str> = pairs.keys().map(String::as_str).collect();
    assert_eq!(codes, named, "every code has its pair");
    for (code, pair) in &pairs {
        let is = |finding: &&Finding| finding.code.as_str() == code;
        let found = look(pair, &pair.found);
        let triggered = found
            .iter()
            .filter(is)
            .find(|finding| finding.pointer == pair.pointer);
        let triggered = triggered.unwrap_or_else(|| panic!("{code} is not found: {found:#?}"));
        assert_eq!(triggered.severity, pair.severity, "{code}");
        let spared = look(pair, &pair.spared);
        assert!(
            !spared.iter().any(|finding| is(&finding)),
            "{code} is found: {spared:#?}"
        );
    }
}

#[test]
fn the_bases_have_no_fault() {
    for (base, name) in [
        ("works", "cn-2017-tendering"),
        ("works", "suqian-2016"),
        ("goods", "cn-gov-procurement"),
        ("lot", "below-threshold"),
    ] {
        let rules: RuleSet = serde_json::from_value(bases().remove(base).unwrap()).unwrap();
        assert_eq!(rules.check(), Ok(()), "{base}");
        let found = lint(&rules, profile(name));
        let grave = |finding: &&Finding| finding.severity < Severity::Note;
        assert!(
            found.iter().find(grave).is_none(),
            "{base} {name}: {found:#?}"
        );
    }
}

#[test]
fn findings_are_complete_texts_in_order() {
    for pair in pairs().values() {
        let found = look(pair, &pair.found);
        let order: Vec<_> = found
            .iter()
            .map(|one| (one.severity, one.pointer.clone(), one.code))
            .collect();
        assert!(order.is_sorted());
        for finding in &found {
            for text in [&finding.message, &finding.remedy] {
                let open = text.zh.contains('{') || text.en.contains('{');
                assert!(!open, "{finding:?}");
                assert!(
                    text.zh.ends_with('。') && text.en.ends_with('.'),
                    "{finding:?}"
                );
            }
            assert_eq!(finding.rule.is_some(), finding.article.is_some());
        }
    }
}

#[test]
fn codes_are_unique_kebab_case_and_summed_up() {
    let unique: BTreeSet<_> = FindingCode::ALL.iter().map(|code| code.as_str()).collect();
    assert_eq!(unique.len(), FindingCode::ALL.len());
    for code in FindingCode::ALL {
        let text = code.as_str();
        let words = text
            .split('-')
            .all(|word| !word.is_empty() && word.bytes().all(|byte| byte.is_ascii_lowercase()));
        assert!(words, "{text}");
        assert!(
            code.summary().ends_with('.') && !code.summary().starts_with(' '),
            "{text}"
        );
    }
}

#[test]
fn a_finding_is_data() {
    let changes = BTreeMap::from([("/price_score/up".to_owned(), Value::from("0.6"))]);
    let document = changed("works", &changes).to_string();
    let found = lint_json(document.as_bytes(), profile("cn-2017-tendering"));
    let expected = serde_json::json!([{
        "code": "up-down-ratio",
        "severity": "warning",
        "pointer": "/price_score/up",
        "rule": "JS1",
        "article": "江苏省评标规则 苏建招办〔2017〕7号（考题）",
        "message": {
            "zh": "高于基准价每 1% 扣 0.6 分，低于每 1% 扣 0.6 分，不是 150%。",
            "en": "A percent above costs 0.6, one below 0.6: that is not 150 % of it.",
        },
        "remedy": { "zh": "将 up 改为 0.9。", "en": "Set `up` to 0.9." },
    }]);
    assert_eq!(serde_json::to_value(&found).unwrap(), expected);
}

/// All grids that are none are named at once, with a max that would do.
#[test]
fn every_broken_grid_is_named() {
    let changes = BTreeMap::from([
        ("/methods/0/grids/K/step".to_owned(), Value::from("0.004")),
        ("/methods/1/grids/Q1/min".to_owned(), Value::from("0.86")),
    ]);
    let document = changed("works", &changes).to_string();
    let found = lint_json(document.as_bytes(), profile("cn-2017-tendering"));
    let pointers: Vec<_> = found.iter().map(|one| one.pointer.as_str()).collect();
    assert_eq!(pointers, ["/methods/0/grids/K", "/methods/1/grids/Q1"]);
    assert!(
        found[0].remedy.en.ends_with("0.978."),
        "{:?}",
        found[0].remedy
    );
}

/// Deductions may do what a minimum price does; a rate per segment counts.
#[test]
fn steep_deductions_work_like_a_minimum_price() {
    let found = |down: &str, rate: &str| {
        let segments = serde_json::json!({ "down": [{ "beyond": "4", "rate": rate }] });
        let changes = BTreeMap::from([
            ("/price_score/down".to_owned(), Value::from(down)),
            ("/price_score/segments".to_owned(), segments),
        ]);
        let document = changed("works", &changes).to_string();
        let found = lint_json(document.as_bytes(), profile("cn-2017-tendering"));
        let steep = |one: &Finding| {
            one.code == FindingCode::MinimumPriceInEffect && one.pointer == "/price_score/down"
        };
        found.iter().any(steep)
    };
    // 90 marks, of which 4.5 are as good as none: 4 × 10 and then 45.5 in one percent.
    assert!(found("10", "45.5"));
    assert!(!found("10", "45.49"));
    assert!(found("21.375", "0"), "all gone where the segment begins");
    assert!(!found("21.374", "0"));
}

/// What is found at a price score rule whose segments are these.
fn with_segments(segments: Value) -> Vec<(FindingCode, Severity, String)> {
    let changes = BTreeMap::from([("/price_score/segments".to_owned(), segments)]);
    let document = changed("works", &changes).to_string();
    let found = lint_json(document.as_bytes(), profile("cn-2017-tendering"));
    let said = found
        .into_iter()
        .filter(|one| one.severity < Severity::Note);
    said.map(|one| (one.code, one.severity, one.pointer))
        .collect()
}

/// A minimum price may be written as a rate.
#[test]
fn a_rate_that_takes_all_marks_is_a_minimum_price() {
    let found = |segments: Value| with_segments(serde_json::json!({ "down": segments }));
    let minimum = |severity, place: usize| {
        let code = match severity {
            Severity::Error => FindingCode::MinimumPrice,
            _ => FindingCode::MinimumPriceInEffect,
        };
        let pointer = format!("/price_score/segments/down/{place}/rate");
        vec![(code, severity, pointer)]
    };
    let error = |place| minimum(Severity::Error, place);
    // 90 marks, 81 of which are left at 15 %; 4.5 are as good as none.
    let cliff = serde_json::json!([{ "beyond": "15", "rate": "1000000" }]);
    assert_eq!(found(cliff), error(0));
    let just = serde_json::json!([{ "beyond": "15", "rate": "76.5" }]);
    assert_eq!(found(just), error(0));
    let stairs =
        serde_json::json!([{ "beyond": "15", "rate": "40" }, { "beyond": "16", "rate": "40" }]);
    assert_eq!(found(stairs), error(1));
    // Where enough is left, people judge it.
    let steep = serde_json::json!([{ "beyond": "15", "rate": "76.4" }]);
    assert_eq!(found(steep), minimum(Severity::Warning, 0));
    let quarter = serde_json::json!([{ "beyond": "15", "rate": "22.5" }]);
    assert_eq!(found(quarter), minimum(Severity::Warning, 0));
    let gradual = serde_json::json!([{ "beyond": "15", "rate": "22.4" }]);
    assert_eq!(found(gradual), []);
}

/// The first rate may hold for next to nothing.
#[test]
fn rates_of_segments_count_near_the_benchmark() {
    let ratio = (
        FindingCode::UpDownRatio,
        Severity::Warning,
        "/price_score/segments".to_owned(),
    );
    let up = serde_json::json!({ "up": [{ "beyond": "0.000001", "rate": "50" }] });
    assert_eq!(with_segments(up), std::slice::from_ref(&ratio));
    let mark = serde_json::json!({ "up": [{ "beyond": "9.9", "mark": "1" }] });
    assert_eq!(with_segments(mark), std::slice::from_ref(&ratio));
    let free = serde_json::json!({ "down": [{ "beyond": "0.000001", "rate": "0" }] });
    let low = (
        FindingCode::DeductionLow,
        Severity::Warning,
        "/price_score/segments/down/0/rate".to_owned(),
    );
    assert_eq!(with_segments(free), [ratio, low]);
    let kept = serde_json::json!({
        "up": [{ "beyond": "4", "rate": "1.8" }], "down": [{ "beyond": "4", "rate": "1.2" }]
    });
    assert_eq!(with_segments(kept), []);
    let far = serde_json::json!({ "down": [{ "beyond": "10", "rate": "0" }] });
    assert_eq!(with_segments(far), []);
}

/// What is asked for, and whether it is asked of those from here, may stand in the id or in the text.
#[test]
fn local_credit_is_found_by_place_and_matter() {
    let severity = |id: &str, text: &str| {
        let items = serde_json::json!([{ "id": id, "text": text }]);
        let changes = BTreeMap::from([("/credit_items".to_owned(), items)]);
        let document = changed("works", &changes).to_string();
        let found = lint_json(document.as_bytes(), profile("cn-2017-tendering"));
        let local = found
            .into_iter()
            .find(|one| one.code == FindingCode::CreditLocal);
        local.map(|one| one.severity)
    };
    let error = Some(Severity::Error);
    assert_eq!(severity("local-performance", "类似业绩"), error);
    assert_eq!(severity("x", "本地设有分公司的加 1 分"), error);
    assert_eq!(severity("x", "Local tax paid in the last year"), error);
    assert_eq!(
        severity("x", "拟派人员缴纳社会保险"),
        Some(Severity::Warning)
    );
    assert_eq!(severity("x", "近三年在本 市缴纳的税\u{3000}收"), error);
    assert_eq!(severity("x", "工程所在地业绩"), error);
    assert_eq!(severity("x", "属地纳税"), error);
    assert_eq!(severity("x", "具有宿迁市的业绩"), error);
    assert_eq!(severity("x", "住宅小区业绩"), None);
    assert_eq!(severity("x", "城市轨道业绩"), None);
    assert_eq!(severity("performance", "近五年类似工程业绩"), None);
    assert_eq!(severity("safety", "安全生产标准化"), None);
}

/// What the committee scores may ask for the same.
#[test]
fn technical_items_are_read_for_local_credit() {
    let found = |id: &str| {
        let items = serde_json::json!([{ "id": id, "full": "70" }]);
        let changes = BTreeMap::from([("/technical/items".to_owned(), items)]);
        let document = changed("goods", &changes).to_string();
        let found = lint_json(document.as_bytes(), profile("cn-gov-procurement"));
        found.into_iter().any(|one| {
            (one.code, &*one.pointer) == (FindingCode::CreditLocal, "/technical/items/0")
        })
    };
    assert!(found("local-performance"));
    assert!(!found("performance"));
}

/// No name for what is bought makes the price weigh nothing.
#[test]
fn another_category_does_not_free_the_price_weight() {
    let found = |category: Value, full: &str, technical: &str, floor: &str| {
        let changes = BTreeMap::from([
            ("/category".to_owned(), category),
            ("/price_score/full".to_owned(), Value::from(full)),
            ("/price_score/floor".to_owned(), Value::from(floor)),
            ("/technical/full".to_owned(), Value::from(technical)),
        ]);
        let document = changed("goods", &changes).to_string();
        let found = lint_json(document.as_bytes(), profile("cn-gov-procurement"));
        found
            .into_iter()
            .any(|one| one.code == FindingCode::PriceWeight && one.severity == Severity::Error)
    };
    for category in [Value::from("works"), Value::Null] {
        assert!(found(category.clone(), "9.9", "90.1", "0"));
        assert!(!found(category, "10", "90", "0"));
    }
    // What every price has is no weight of the price.
    assert!(found(Value::from("goods"), "30", "70", "0.01"));
    assert!(!found(Value::from("goods"), "30.01", "69.99", "0.01"));
}

/// Where nothing is ever deducted, the price decides nothing, and that is all that is said of it.
#[test]
fn a_price_without_deductions_decides_nothing() {
    let found = |changes: &[(&str, Value)]| {
        let changes = changes.iter().cloned();
        let changes = changes.map(|(at, value)| (format!("/price_score/{at}"), value));
        let document = changed("works", &changes.collect()).to_string();
        let found = lint_json(document.as_bytes(), profile("cn-2017-tendering"));
        let grave = found.iter().filter(|one| one.severity == Severity::Error);
        grave.map(|one| one.code).collect::<Vec<_>>()
    };
    let none = [
        ("up", Value::from("0")),
        ("down", Value::from("0")),
        ("segments", Value::Null),
    ];
    assert_eq!(found(&none), [FindingCode::PriceIdle]);
    let floor = [("floor", Value::from("90")), ("segments", Value::Null)];
    assert_eq!(found(&floor), [FindingCode::PriceIdle]);
}

/// A price floor by name or by lot is one, too.
#[test]
fn methods_that_reject_low_prices_are_minimum_prices() {
    let law = profile("cn-2017-tendering");
    let rules: RuleSet = serde_json::from_value(bases().remove("lot").unwrap()).unwrap();
    let found = lint(&rules, law);
    let minimum = |one: &Finding| {
        (one.code, one.rule.as_deref(), &*one.pointer)
            == (FindingCode::MinimumPrice, Some("RF4"), "/methods/0/method")
    };
    assert!(found.iter().any(minimum), "{found:#?}");
    let lot = found
        .iter()
        .find(|one| one.code == FindingCode::WinnerByLot)
        .unwrap();
    assert_eq!(
        lot.article.as_deref(),
        Some("发改法规规〔2022〕1117号（二）")
    );
}

/// The library of ready rule sets keeps the law of the profile that each is meant for.
#[test]
fn ready_rule_sets_have_no_error() {
    for ready in evaluation::rules::ready() {
        let rules = &ready.rules;
        let meant_for = rules
            .profile
            .as_ref()
            .expect("a ready rule set names its profile");
        let found = lint(rules, profile(meant_for.as_str()));
        // The basis of a draw is what each tenderee has to add.
        let error = found.iter().find(|one| {
            one.severity == Severity::Error && one.code != FindingCode::LegalBasisMissing
        });
        assert!(error.is_none(), "{}: {error:#?}", ready.id);
    }
}

/// What the law says is said with the article, by the rule of the profile.
#[test]
fn findings_name_rule_and_article() {
    let pairs = pairs();
    for (code, rule, article) in [
        ("trimming-forbidden", "RF5", "87号令 §55"),
        ("price-weight", "GP6", "87号令 §55"),
        ("small-firms", "GP8", "财库〔2022〕19号"),
        ("methods-too-few", "SQ1", "宿迁日报 2016-08-02"),
        ("minimum-price", "RF4", "实施条例 §27"),
        ("credit-local", "RF3", "发改办财金〔2023〕860号"),
        ("winner-by-lot", "RF1", "发改法规规〔2022〕1117号（二）"),
        (
            "tie-draw-forbidden",
            "RF1",
            "发改法规规〔2022〕1117号（二）",
        ),
    ] {
        let pair = &pairs[code];
        let found = look(pair, &pair.found);
        let named = found.iter().find(|one| one.code.as_str() == code).unwrap();
        assert_eq!(
            (named.rule.as_deref(), named.article.as_deref()),
            (Some(rule), Some(article)),
            "{code}"
        );
    }
    let changes = BTreeMap::from([("/methods/0/method".to_owned(), Value::from("jiangsu-3"))]);
    let rules: RuleSet = serde_json::from_value(changed("goods", &changes)).unwrap();
    let found = lint(&rules, profile("cn-gov-procurement"));
    let forbidden = found
        .iter()
        .find(|one| one.code == FindingCode::MethodForbidden);
    assert_eq!(forbidden.unwrap().article.as_deref(), Some("87号令 §53"));
}
