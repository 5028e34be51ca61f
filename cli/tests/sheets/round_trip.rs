//! What is written is read again: equal to the last character, or refused.

use cli::sheet::{Headings, case_csv, case_workbook, read_case};
use evaluation::Case;
use proptest::prelude::*;
use serde_json::{Value, json};

use crate::desk::{Desk, options, read};

fn case(value: &Value) -> Case {
    Case::parse(value.to_string().as_bytes()).expect("a case")
}

/// A case with every member that there is.
fn full() -> Value {
    json!({
        "format": "kaibiao-case/1", "profile": "below-threshold", "currency": "KRW",
        "control_price": "10000000000000.00", "estimated_price": "9999999999999.99", "budget_price": "5",
        "contract_estimate": "1.50", "provisional_sums": "500000.00",
        "recompute_policy": "after-preliminary-review",
        "shortlist": { "method": "low-price", "drop_percent": "10.0", "take": 15 },
        "benchmark": { "method": "jiangsu-5", "trim_from": 4,
            "drawn": { "delta": "0.150", "K": "0.97", "band1": 0, "B": 12 },
            "fixed": { "weight_a": "0.50", "ties_at_cut": "keep", "trim_high_percent": "20" } },
        "price_score": { "full": "60", "up": "0.90", "down": "0.6", "floor": "0",
            "segments": { "up": [{ "beyond": "5", "rate": "2" }],
                          "down": [{ "beyond": "8", "rate": "4" }, { "beyond": "15.0", "mark": "20" }] },
            "benchmark_decimals": 2, "deviation_decimals": 3, "score_decimals": 2 },
        "technical": { "full": "30", "aggregate": "drop-widest-member", "decimals": 2,
            "items": [{ "id": "施工.组织", "full": "25.0" }, { "id": "awards", "full": "5", "objective": true }],
            "item_decimals": 3, "reason_below_percent": "60", "flag_beyond_percent": "30", "drawn_member": 3 },
        "credit": { "mode": "tiers", "full": "150", "weight": "10.05", "cap": "10", "step": "10", "cost": "0.5",
            "thresholds": [{ "estimate_below": "10000000", "value": "40" }, { "value": "110" }],
            "zero_below": "20", "grades": { "AAA": "10", "A.1": "8.0" }, "min": "60", "decimals": 2, "missing": "60" },
        "credit_snapshot": { "source": "市住建局", "date": "2026-05-01" },
        "tie_break": ["price", "credit", "technical", "price_score"],
        "bids": [
            { "bidder": "甲公司", "price": "9520000.00", "read_out_price": "9520000.01",
              "technical": { "施工.组织": ["26.50", "27"], "awards": ["5", "5"] },
              "reasons": [{ "item": "awards", "member": 0, "text": "=1+1" }, { "member": 1, "text": "-" }],
              "credit": "92.40", "deduction": "0.10", "adjustments": ["12000", "-3000.5"], "rejected": "+bad" },
            { "bidder": "=HYPERLINK(\"x\")", "price": "0.01", "credit": "AAA", "adjustments": [] },
            { "bidder": "1001", "price": "10000000000000", "credit": ["92.4", "88"], "adjustments": ["-5"] },
            { "bidder": "@'x", "price": "1.1", "credit": ["1"], "deduction": "0" },
            { "bidder": "123456789012345678", "price": "2.00" },
        ]
    })
}

#[test]
fn a_case_with_everything_survives_a_workbook() {
    let original = case(&full());
    let desk = Desk::new();
    for (name, headings) in [
        ("zh.xlsx", Headings::Zh),
        ("en.xlsx", Headings::En),
        ("both.xlsx", Headings::Both),
    ] {
        let bytes = case_workbook(&original, headings).expect("written");
        assert_eq!(
            read(&desk.put(name, bytes)).expect("read"),
            original,
            "{name}"
        );
    }
    let once = case_workbook(&original, Headings::Both).expect("written");
    assert_eq!(
        once,
        case_workbook(&original, Headings::Both).expect("written"),
        "the same bytes"
    );
}

#[test]
fn what_a_table_cannot_hold_is_refused() {
    for (pointer, value, found) in [
        ("/bids/0/bidder", json!(" space before"), "/bids/0/bidder"),
        ("/bids/0/rejected", json!("line\nend\n"), "/bids/0/rejected"),
        ("/bids/0/credit", json!("a;b"), "/bids/0/credit"),
        ("/price_score/segments", json!({}), "/price_score"),
    ] {
        let mut value_of_case = full();
        *value_of_case.pointer_mut(pointer).expect("there") = value;
        let failure = case_workbook(&case(&value_of_case), Headings::Both).expect_err(pointer);
        assert_eq!(failure.code, "table-loses", "{failure}");
        assert!(
            failure
                .pointer
                .as_deref()
                .is_some_and(|at| at.starts_with(found)),
            "{failure}"
        );
    }
    let by_item = case_csv(&case(&full()), Headings::Both).expect_err("scores by item");
    assert_eq!(by_item.code, "table-loses");
}

/// Nothing that somebody typed becomes a formula in a program that opens the file.
#[test]
fn text_is_never_a_formula() {
    let names = [
        "=1+1", "+1", "-1x", "@SUM(A1)", "'quoted", "＝1", "-5", "plain",
    ];
    let bids = names.map(|name| json!({ "bidder": name, "price": "5" }));
    let mut value = full();
    value["bids"] = json!(bids);
    let original = case(&value);
    let (bytes, not_kept) = case_csv(&original, Headings::En).expect("written");
    assert!(!not_kept.0.is_empty());
    let text = String::from_utf8(bytes.clone()).expect("UTF-8");
    let fields: Vec<_> = text
        .trim_start_matches('\u{feff}')
        .lines()
        .skip(1)
        .collect();
    let fields: Vec<_> = fields
        .iter()
        .filter_map(|line| line.split(',').next())
        .collect();
    // A plain number is no formula.
    let written = [
        "'=1+1",
        "'+1",
        "'-1x",
        "'@SUM(A1)",
        "''quoted",
        "'＝1",
        "-5",
        "plain",
    ];
    assert_eq!(fields, written);
    let desk = Desk::new();
    let rules = options(Some("ready:gov-lowest-evaluated"), None, &[]);
    let again = read_case(&desk.put("bids.csv", bytes), &rules)
        .expect("read")
        .case;
    assert_eq!(again.bids, original.bids);
    let book = case_workbook(&original, Headings::En).expect("written");
    let mut zip = zip::ZipArchive::new(std::io::Cursor::new(book)).expect("a zip");
    for index in 0..zip.len() {
        let mut part = String::new();
        let mut file = zip.by_index(index).expect("a part");
        std::io::Read::read_to_string(&mut file, &mut part).expect("text");
        assert!(!part.contains("<f>"), "part {index}");
    }
}

fn decimal() -> impl Strategy<Value = String> {
    (0_u64..1_000_000_000_000, 0_u32..7).prop_map(|(units, scale)| {
        let ten = 10_u64.pow(scale);
        let (whole, behind) = (units / ten, units % ten);
        match scale {
            0 => whole.to_string(),
            _ => format!("{whole}.{behind:0width$}", width = scale as usize),
        }
    })
}

fn money() -> impl Strategy<Value = String> {
    (1_i64..=1_000_000_000_000_000).prop_map(|fen| format!("{}.{:02}", fen / 100, fen % 100))
}

fn name() -> impl Strategy<Value = String> {
    prop_oneof![
        "[a-zA-Z0-9一-龥][ -~一-龥]{0,30}[a-zA-Z0-9一-龥）]",
        "[=+@'-][!-~]{1,10}",
        Just("9007199254740993".to_owned()),
        Just("0.10".to_owned()),
    ]
}

prop_compose! {
    fn bid()(
        price in money(), read_out in proptest::option::of(money()), credit in proptest::option::of(decimal()),
        deduction in proptest::option::of(decimal()), adjustments in proptest::option::of(proptest::collection::vec(decimal(), 0..4)),
        technical in proptest::option::of(proptest::collection::vec(decimal(), 1..6)),
        rejected in proptest::option::of(name().prop_map(|text| format!("{text} clause 3"))),
    ) -> Value {
        let mut bid = json!({ "price": price });
        for (member, value) in [
            ("read_out_price", json!(read_out)), ("credit", json!(credit)), ("deduction", json!(deduction)),
            ("adjustments", json!(adjustments)), ("technical", json!(technical)), ("rejected", json!(rejected)),
        ] {
            if !value.is_null() {
                bid[member] = value;
            }
        }
        bid
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 48, ..ProptestConfig::default() })]

    #[test]
    fn bids_survive_workbook_and_csv(
        bids in proptest::collection::btree_map(name(), bid(), 1..12),
        full_mark in decimal(), up in decimal(), members in 1_usize..6,
    ) {
        let bids: Vec<Value> = bids.into_iter().map(|(name, mut bid)| {
            bid["bidder"] = json!(name);
            if let Some(scores) = bid.get_mut("technical").and_then(Value::as_array_mut) {
                // The same members score all bids.
                scores.resize(members, json!("1"));
            }
            bid
        }).collect();
        let original = case(&json!({
            "format": "kaibiao-case/1", "profile": "below-threshold",
            "benchmark": { "method": "jiangsu-1", "drawn": { "K": up } },
            "price_score": { "full": full_mark, "up": up, "score_decimals": 2 },
            "bids": bids,
        }));
        let desk = Desk::new();
        let bytes = case_workbook(&original, Headings::Both).expect("written");
        prop_assert_eq!(&read(&desk.put("case.xlsx", bytes)).expect("read"), &original);
        let (bytes, _) = case_csv(&original, Headings::Zh).expect("written");
        let rules = options(Some("ready:gov-lowest-evaluated"), None, &[]);
        let again = read_case(&desk.put("bids.csv", bytes), &rules).expect("read").case;
        prop_assert_eq!(again.bids, original.bids);
    }
}
