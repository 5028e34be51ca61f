//! Which cells are taken, and as what.

use evaluation::Case;

use crate::desk::{Desk, Typed, lowest, problems, read, workbook};
use Typed::{Date, F, In, N, Nothing, T, Yes};

/// Reads one bid with this price.
fn price(cell: Typed) -> Result<String, (String, String)> {
    let bids = vec![vec![T("投标人"), T("投标报价（元）")], vec![T("甲"), cell]];
    let desk = Desk::new();
    let path = desk.put("case.xlsx", workbook(&[("报价", bids), lowest()]));
    match read(&path) {
        Ok(case) => Ok(case.bids[0].price.to_string()),
        Err(failure) => Err(problems(&failure)[0].clone()),
    }
}

#[test]
fn prices_are_taken_exactly_or_refused() {
    let taken = [
        (N(8936520.12), "8936520.12"),
        (N(8936520.0), "8936520.00"),
        (N(0.1), "0.10"),
        (N(0.01), "0.01"),
        (N(9999999999999.99), "9999999999999.99"),
        (N(1e13), "10000000000000.00"),
        (In(8936520.1, "#,##0.00"), "8936520.10"),
        (In(8936520.0, "0"), "8936520.00"),
        (T("8936520.12"), "8936520.12"),
        (T(" 8936520.12 "), "8936520.12"),
        (T("\u{3000}８９３６５２０．１２"), "8936520.12"),
        (T("8936520.120"), "8936520.12"),
        (F("=1+2", "8936520.12"), "8936520.12"),
    ];
    for (cell, expected) in taken {
        assert_eq!(price(cell), Ok(expected.to_owned()), "{cell:?}");
    }
    let refused = [
        (N(0.1 + 0.2), "cell-not-exact"),
        (N(8936520.0 / 0.97), "cell-not-exact"),
        (N(8936520.123), "cell-not-exact"),
        (N(123456789012345.67), "cell-not-exact"),
        (In(0.97, "0%"), "cell-percent"),
        (T("8936520.123"), "cell-not-exact"),
        (T("8,936,520.12"), "cell-number"),
        (T("8936520,12"), "cell-number"),
        (T("8936520.12元"), "cell-number"),
        (T("893.65万元"), "cell-number"),
        (T("￥8936520"), "cell-number"),
        (T("97%"), "cell-number"),
        (T("+1"), "cell-number"),
        (T("1e7"), "cell-number"),
        (T("007"), "cell-number"),
        (T(".5"), "cell-number"),
        (T("-"), "cell-number"),
        (T("八百万"), "cell-number"),
        (Date(2026, 5, 1), "cell-kind"),
        (Yes, "cell-kind"),
        (Nothing, "cell-missing"),
    ];
    for (cell, code) in refused {
        assert_eq!(
            price(cell),
            Err((code.to_owned(), "B2".to_owned())),
            "{cell:?}"
        );
    }
}

#[test]
fn decimals_keep_the_digits_that_are_shown() {
    let mut case = lowest();
    case.1[3] = vec![T("price_score.full"), In(60.0, "0.00")];
    case.1[4] = vec![T("price_score.up"), In(0.9, "0.000")];
    case.1[5] = vec![T("price_score.down"), In(0.6, "0")];
    let bids = vec![vec![T("bidder"), T("price")], vec![T("a"), N(1.0)]];
    let desk = Desk::new();
    let path = desk.put("case.xlsx", workbook(&[("Bids", bids), case]));
    let case = read(&path).expect("read");
    let score = case.price_score.expect("a rule");
    let text = |value: evaluation::Decimal| value.to_string();
    assert_eq!(text(score.full), "60.00");
    assert_eq!(score.up.map(text).as_deref(), Some("0.900"));
    assert_eq!(score.down.map(text).as_deref(), Some("0.6"));
}

#[test]
fn names_may_be_numbers_and_lists_have_semicolons() {
    let bids = vec![
        vec![
            T("bidder"),
            T("price"),
            T("credit"),
            T("adjustments"),
            T("member 2"),
            T("评委一"),
            T("# remark"),
        ],
        vec![
            N(1001.0),
            N(5.0),
            T("92.4；88"),
            T("12000;-3000"),
            N(27.5),
            N(26.0),
            T("=1+1"),
        ],
        vec![T("b"), N(6.0), N(92.4), N(-3000.0)],
        vec![T("#out"), N(7.0)],
        vec![],
    ];
    let desk = Desk::new();
    let path = desk.put("case.xlsx", workbook(&[("Bids", bids), lowest()]));
    let case = read(&path).expect("read");
    let bids = serde_json::to_value(&case.bids).expect("json");
    let expected = serde_json::json!([
        { "bidder": "1001", "price": "5.00", "credit": ["92.4", "88"], "adjustments": ["12000", "-3000"],
          "technical": ["26", "27.5"] },
        { "bidder": "b", "price": "6.00", "credit": "92.4", "adjustments": ["-3000"] },
    ]);
    assert_eq!(bids, expected);
}

#[test]
fn scores_by_item_and_reasons_have_sheets_of_their_own() {
    let bids = vec![
        vec![T("开标一览表")],
        vec![T("序号"), T("投标人名称"), T("投标总价(元)")],
        vec![N(1.0), T("甲"), N(5.0)],
        vec![N(2.0), T("乙"), N(6.0)],
        vec![N(3.0)],
    ];
    let technical = vec![
        vec![
            T("投标人 / bidder"),
            T("评分项 / item"),
            T("评委1 / member 1"),
            T("评委2 / member 2"),
        ],
        vec![T("乙"), T("plan"), N(9.0), N(8.5)],
        vec![T("甲"), T("plan"), N(7.0), N(6.0)],
        vec![T("甲"), T("awards"), N(5.0), N(5.0)],
    ];
    let reasons = vec![
        vec![T("投标人"), T("评分项"), T("评委"), T("理由")],
        vec![T("甲"), T("plan"), N(2.0), T("进度安排不合理")],
    ];
    let desk = Desk::new();
    let sheets = [
        ("报价 Bids", bids),
        ("技术评分", technical),
        ("评分理由", reasons),
        lowest(),
    ];
    let case = read(&desk.put("case.xlsx", workbook(&sheets))).expect("read");
    let bids = serde_json::to_value(&case.bids).expect("json");
    let expected = serde_json::json!([
        { "bidder": "甲", "price": "5.00", "technical": { "plan": ["7", "6"], "awards": ["5", "5"] },
          "reasons": [{ "item": "plan", "member": 1, "text": "进度安排不合理" }] },
        { "bidder": "乙", "price": "6.00", "technical": { "plan": ["9", "8.5"] } },
    ]);
    assert_eq!(bids, expected);
}

#[test]
fn csv_is_read_in_the_encodings_that_programs_write() {
    let text = "投标人,投标报价\r\n甲公司,5.00\r\n\"乙,公司\",6\r\n";
    let (gb, _, _) = encoding_rs::GB18030.encode(text);
    let with_mark = [&[0xef, 0xbb, 0xbf], text.as_bytes()].concat();
    let semicolons = text
        .replace(",投", ";投")
        .replace(",5", ";5")
        .replace("\",6", "\";6");
    let desk = Desk::new();
    for (name, bytes) in [
        ("a.csv", text.as_bytes().to_vec()),
        ("b.csv", gb.into_owned()),
        ("c.csv", with_mark),
        ("d.csv", semicolons.into_bytes()),
    ] {
        let case = read_csv(&desk.put(name, bytes));
        let bidders: Vec<_> = case.bids.iter().map(|bid| bid.bidder.as_str()).collect();
        assert_eq!(bidders, ["甲公司", "乙,公司"], "{name}");
    }
    let utf16: Vec<u8> = text.encode_utf16().flat_map(u16::to_le_bytes).collect();
    let path = desk.put("e.csv", [&[0xff, 0xfe][..], &utf16].concat());
    assert_eq!(read(&path).expect_err("refused").code, "csv-encoding");
}

fn read_csv(path: &std::path::Path) -> Case {
    let rules = crate::desk::options(Some("ready:gov-lowest-evaluated"), None, &[]);
    cli::sheet::read_case(path, &rules).expect("read").case
}

/// A workbook is measured before it is held: its real size counts, not what it says.
#[test]
fn a_bomb_is_refused_before_it_is_held() {
    use std::io::Write;
    let mut zip = zip::ZipWriter::new(std::io::Cursor::new(Vec::new()));
    let options = zip::write::SimpleFileOptions::default()
        .compression_method(zip::CompressionMethod::Deflated);
    let zeros = vec![0_u8; 1 << 20];
    for part in 0..2 {
        zip.start_file(format!("xl/{part}.xml"), options)
            .expect("a part");
        for _ in 0..150 {
            zip.write_all(&zeros).expect("zeros");
        }
    }
    let bytes = zip.finish().expect("a zip").into_inner();
    let desk = Desk::new();
    for name in ["bomb.xlsx", "bomb.ods"] {
        let failure = read(&desk.put(name, &bytes)).expect_err("refused");
        assert_eq!(failure.code, "workbook-too-large");
    }
    let failure = read(&desk.put("text.xlsx", "bidder,price")).expect_err("refused");
    assert_eq!(failure.code, "workbook-damaged");
}

/// One cell far away does not cost the rectangle around it.
#[test]
fn a_far_cell_costs_one_cell() {
    let mut book = rust_xlsxwriter::Workbook::new();
    let page = book.add_worksheet();
    page.write_string(0, 0, "bidder").expect("a cell");
    page.write_string(0, 1, "price").expect("a cell");
    page.write_string(1_048_575, 0, "#end").expect("a cell");
    page.write_string(1_048_574, 16_383, "far").expect("a cell");
    let desk = Desk::new();
    let path = desk.put("far.xlsx", book.save_to_buffer().expect("a workbook"));
    assert_eq!(read(&path).expect_err("refused").code, "workbook-too-large");
}

/// A document of LibreOffice, as small as it can be.
fn ods(rows: &str) -> Vec<u8> {
    use std::io::Write;
    let kind = "application/vnd.oasis.opendocument.spreadsheet";
    let names = r#"xmlns:office="urn:oasis:names:tc:opendocument:xmlns:office:1.0" xmlns:table="urn:oasis:names:tc:opendocument:xmlns:table:1.0" xmlns:text="urn:oasis:names:tc:opendocument:xmlns:text:1.0""#;
    let content = format!(
        r#"<?xml version="1.0" encoding="UTF-8"?><office:document-content {names}><office:body><office:spreadsheet><table:table table:name="Sheet1">{rows}</table:table></office:spreadsheet></office:body></office:document-content>"#
    );
    let manifest = format!(
        r#"<?xml version="1.0" encoding="UTF-8"?><manifest:manifest xmlns:manifest="urn:oasis:names:tc:opendocument:xmlns:manifest:1.0"><manifest:file-entry manifest:full-path="/" manifest:media-type="{kind}"/></manifest:manifest>"#
    );
    let mut zip = zip::ZipWriter::new(std::io::Cursor::new(Vec::new()));
    let options = zip::write::SimpleFileOptions::default();
    for (name, text) in [
        ("mimetype", kind),
        ("META-INF/manifest.xml", &manifest),
        ("content.xml", &content),
    ] {
        zip.start_file(name, options).expect("a part");
        zip.write_all(text.as_bytes()).expect("a part");
    }
    zip.finish().expect("a zip").into_inner()
}

#[test]
fn ods_is_read_and_its_repeated_cells_are_counted_first() {
    let text = |text: &str| {
        format!(
            r#"<table:table-cell office:value-type="string"><text:p>{text}</text:p></table:table-cell>"#
        )
    };
    let number = |value: &str, times: &str| {
        format!(
            r#"<table:table-cell table:number-columns-repeated="{times}" office:value-type="float" office:value="{value}"><text:p>x</text:p></table:table-cell>"#
        )
    };
    let row = |cells: &[String], times: &str| {
        format!(
            r#"<table:table-row table:number-rows-repeated="{times}">{}</table:table-row>"#,
            cells.concat()
        )
    };
    let headings = row(&[text("投标人"), text("投标报价")], "1");
    let rest = r#"<table:table-row table:number-rows-repeated="1048570"><table:table-cell table:number-columns-repeated="16384"/></table:table-row>"#;
    let desk = Desk::new();
    let good = headings.clone() + &row(&[text("甲"), number("8936520.12", "1")], "1") + rest;
    let case = read_csv(&desk.put("good.ods", ods(&good)));
    assert_eq!(case.bids[0].price.to_string(), "8936520.12");
    let wrong = headings.clone() + &row(&[text("甲"), number("0.30000000000000004", "1")], "1");
    let failure = read(&desk.put("wrong.ods", ods(&wrong))).expect_err("refused");
    assert_eq!(
        problems(&failure)[0],
        ("cell-not-exact".to_owned(), "B2".to_owned())
    );
    for bomb in [
        headings.clone() + &row(&[text("甲"), number("1", "16000")], "1000000"),
        headings.clone() + rest + &row(&[text("甲"), number("1", "16000")], "1"),
    ] {
        let failure = read(&desk.put("bomb.ods", ods(&bomb))).expect_err("refused");
        assert_eq!(failure.code, "workbook-too-large");
    }
}
