//! Results: written, evaluated again, compared.

use cli::sheet::{Headings, compare, write_result};
use evaluation::{Case, Outcome, evaluate};
use serde_json::json;

use crate::desk::{Desk, Typed, read, workbook};
use Typed::{In, N, Nothing, T};

/// DESIGN's example, and one bid above the control price.
fn example() -> (Case, Outcome) {
    let value = json!({
        "format": "kaibiao-case/1", "profile": "below-threshold", "control_price": "10000000.00",
        "benchmark": { "method": "jiangsu-2", "drawn": { "K1": "0.97", "Q1": "0.75" }, "fixed": { "K2": "0.93" } },
        "price_score": { "full": "60", "up": "0.9", "down": "0.6", "floor": "0",
                         "benchmark_decimals": 2, "deviation_decimals": null, "score_decimals": 2 },
        "technical": { "full": "30", "aggregate": "drop-extremes", "decimals": 2 },
        "credit": { "mode": "linear", "full": "100", "weight": "10", "decimals": 2 },
        "bids": [
            { "bidder": "b1", "price": "9520000.00", "technical": ["26", "27.5", "25", "28", "24.5"], "credit": "92.4" },
            { "bidder": "b2", "price": "9088000.00", "technical": ["27", "26", "26.5", "25", "27"], "credit": "88" },
            { "bidder": "b3", "price": "8875000.00", "technical": ["24", "25", "23.5", "25.5", "24"], "credit": "110" },
            { "bidder": "=b4", "price": "10000000.01", "technical": ["24", "25", "23.5", "25.5", "24"], "credit": "110" },
        ]
    });
    let case = Case::parse(value.to_string().as_bytes()).expect("a case");
    let outcome = evaluate(&case).expect("an outcome");
    (case, outcome)
}

#[test]
fn a_result_can_be_evaluated_again_and_agrees_with_itself() {
    let (case, outcome) = example();
    let desk = Desk::new();
    for (name, headings) in [
        ("zh", Headings::Zh),
        ("en", Headings::En),
        ("both", Headings::Both),
    ] {
        for end in ["xlsx", "csv", "json"] {
            let path = desk.path(&format!("{name}.{end}"));
            write_result(&path, &case, &outcome, headings, &|_| {
                Some("=1+1".to_owned())
            })
            .expect("written");
            assert_eq!(
                compare(&path, &case, &outcome).expect("compared"),
                [],
                "{name}.{end}"
            );
            let again = write_result(&path, &case, &outcome, headings, &|_| None);
            assert_eq!(again.expect_err("never overwritten").code, "file");
        }
        assert_eq!(
            read(&desk.path(&format!("{name}.xlsx"))).expect("read"),
            case
        );
    }
}

#[test]
fn the_ranking_stands_in_order_with_all_components() {
    let (case, outcome) = example();
    let desk = Desk::new();
    let path = desk.path("result.csv");
    write_result(&path, &case, &outcome, Headings::En, &|_| None).expect("written");
    let text = std::fs::read_to_string(path).expect("text");
    let lines: Vec<&str> = text.trim_start_matches('\u{feff}').lines().collect();
    let expected = [
        "rank,bidder,price,deviation_percent,price_score,technical,credit,total,status,reason",
        "1,b3,8875000.00,-0.688411,59.59,24.33,10.00,93.92,,",
        "2,b2,9088000.00,1.695067,58.47,26.50,8.80,93.77,,",
        "3,b1,9520000.00,6.529163,54.12,26.17,9.24,89.53,,",
        ",'=b4,10000000.01,,,,,,rejected,above-control-price",
    ];
    assert_eq!(lines, expected);
}

/// What a bidder does with the sheet that the trading centre hands out.
#[test]
fn a_sheet_from_elsewhere_is_compared_cell_by_cell() {
    let (case, outcome) = example();
    let headings = vec![
        T("序号"),
        T("投标单位名称"),
        T("项目经理"),
        T("偏差率"),
        T("报价得分"),
        T("技术标得分"),
        T("信用分"),
        T("综合得分"),
        T("排名"),
    ];
    let rows = |changed: Typed| {
        vec![
            vec![T("评标结果一览表")],
            vec![T("评标基准价"), N(8936520.0)],
            headings.clone(),
            vec![
                N(1.0),
                T("b3"),
                T("张三"),
                N(-0.69),
                N(59.59),
                changed,
                N(10.0),
                N(93.92),
                N(1.0),
            ],
            vec![
                N(2.0),
                T("b2"),
                T("李四"),
                In(0.016951, "0.00%"),
                N(58.47),
                N(26.5),
                N(8.8),
                N(93.77),
                N(2.0),
            ],
            vec![
                N(3.0),
                T("b1"),
                T("王五"),
                T("6.53%"),
                N(54.12),
                N(26.17),
                N(9.24),
                T("89.53"),
                N(3.0),
            ],
            vec![
                N(4.0),
                T("=b4"),
                Nothing,
                T("-"),
                T("—"),
                Nothing,
                Nothing,
                Nothing,
                T("否决"),
            ],
        ]
    };
    let desk = Desk::new();
    let same = desk.put("same.xlsx", workbook(&[("Sheet1", rows(N(24.33)))]));
    assert_eq!(compare(&same, &case, &outcome).expect("compared"), []);
    let other = desk.put("other.xlsx", workbook(&[("Sheet1", rows(N(24.5)))]));
    let found = compare(&other, &case, &outcome).expect("compared");
    let text: Vec<String> = found.iter().map(ToString::to_string).collect();
    assert_eq!(
        text,
        ["sheet \"Sheet1\", cell F4 (技术标得分): b3, technical: 24.5 there, 24.33 here"]
    );
    let mut short = rows(N(24.33));
    short.truncate(6);
    short[1][1] = N(8936520.01);
    short[3][1] = T("b9");
    let path = desk.put("short.xlsx", workbook(&[("Sheet1", short)]));
    let found = compare(&path, &case, &outcome).expect("compared");
    let found: Vec<_> = found
        .iter()
        .map(|one| (one.bidder.as_deref().unwrap_or(""), one.field.as_str()))
        .collect();
    assert_eq!(
        found,
        [
            ("", "benchmark"),
            ("b9", "bidder"),
            ("=b4", "bidder"),
            ("b3", "bidder")
        ]
    );
    let nothing = desk.put("nothing.csv", "a,b\n1,2\n");
    assert_eq!(
        compare(&nothing, &case, &outcome)
            .expect_err("no ranking")
            .code,
        "ranking-missing"
    );
}

/// A cell holds 32 767 characters; a list of all bids is longer.
#[test]
fn a_long_list_fits_into_a_cell() {
    let bids = (0..3_000).map(|number| {
        json!({ "bidder": format!("第{number}建筑工程有限公司"), "price": format!("{}.{:02}", 9_000_000 + number, number % 100) })
    });
    let value = json!({
        "format": "kaibiao-case/1", "profile": "below-threshold",
        "benchmark": { "method": "jiangsu-1", "drawn": { "K": "0.97" } },
        "price_score": { "full": "60", "up": "0.9", "down": "0.6", "floor": "0", "score_decimals": 2 },
        "bids": bids.collect::<Vec<_>>(),
    });
    let case = Case::parse(value.to_string().as_bytes()).expect("a case");
    let outcome = evaluate(&case).expect("an outcome");
    let desk = Desk::new();
    let path = desk.path("result.xlsx");
    let long =
        |step: &evaluation::explain::Step| Some(serde_json::to_string(step).unwrap_or_default());
    write_result(&path, &case, &outcome, Headings::Both, &long).expect("written");
    assert_eq!(read(&path).expect("read"), case);
    assert_eq!(compare(&path, &case, &outcome).expect("compared"), []);
}
