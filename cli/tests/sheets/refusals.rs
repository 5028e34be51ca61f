//! What is refused, with the place: sheet, row and column as the program shows them.

use cli::sheet::read_case;

use crate::desk::{Desk, Sheet, Typed, lowest, options, problems, read, workbook};
use Typed::{F, N, T};

/// The codes and cells that reading these sheets gives.
fn refused(sheets: &[Sheet<'_>]) -> Vec<(String, String)> {
    let desk = Desk::new();
    let failure = read(&desk.put("case.xlsx", workbook(sheets))).expect_err("refused");
    assert_eq!(failure.exit, 2);
    problems(&failure)
}

fn bids(rows: &[&[Typed]]) -> Sheet<'static> {
    let headings: &[Typed] = &[T("bidder"), T("price"), T("credit")];
    let rows = std::iter::once(&headings).chain(rows);
    ("Bids", rows.map(|row| row.to_vec()).collect())
}

fn expect(sheets: &[Sheet<'_>], expected: &[(&str, &str)]) {
    let found = refused(sheets);
    let found: Vec<_> = found
        .iter()
        .map(|(code, cell)| (code.as_str(), cell.as_str()))
        .collect();
    assert_eq!(found, expected, "{sheets:?}");
}

#[test]
fn every_problem_names_its_cell() {
    let good: &[Typed] = &[T("a"), N(5.0)];
    let rows: &[(&[Typed], (&str, &str))] = &[
        (&[T("a"), N(6.0)], ("bidder-twice", "A3")),
        (&[Typed::Nothing, N(6.0)], ("cell-missing", "A3")),
        (&[T("b")], ("cell-missing", "B3")),
        (&[T("合计"), N(11.0)], ("row-sums-up", "A3")),
        (&[T("招标控制价"), N(11.0)], ("row-sums-up", "A3")),
        (&[T("最高限价："), N(11.0)], ("row-sums-up", "A3")),
        (&[T("标底"), N(11.0)], ("row-sums-up", "A3")),
        (&[T("评标基准价"), N(11.0)], ("row-sums-up", "A3")),
        (
            &[T("平均报价 / average price"), N(11.0)],
            ("row-sums-up", "A3"),
        ),
        (&[T("Control price"), N(11.0)], ("row-sums-up", "A3")),
        (&[T("b"), N(6.0), Typed::Yes], ("cell-kind", "C3")),
        (&[T("b"), N(6.0), T("92"), T("x")], ("column-unknown", "D3")),
        (&[N(1.5), N(6.0)], ("cell-kind", "A3")),
    ];
    for (row, expected) in rows {
        expect(&[bids(&[good, row]), lowest()], &[*expected]);
    }
}

#[test]
fn all_problems_come_at_once_up_to_twenty() {
    let wrong: &[Typed] = &[T("b"), T("many")];
    let rows: Vec<&[Typed]> = std::iter::repeat_n(wrong, 30).collect();
    let desk = Desk::new();
    let path = desk.put("case.xlsx", workbook(&[bids(&rows), lowest()]));
    let failure = read(&path).expect_err("refused");
    assert_eq!(problems(&failure).len(), 20);
    assert!(failure.message.contains("59 problems"), "{failure}");
    assert!(
        failure
            .message
            .contains("sheet \"Bids\", cell B2 (price): holds \"many\""),
        "{failure}"
    );
    assert!(failure.message.ends_with("and 39 more"), "{failure}");
}

#[test]
fn unknown_columns_sheets_and_keys_are_refused() {
    let table = |headings: &[Typed]| ("Bids", vec![headings.to_vec(), vec![T("a"), N(5.0)]]);
    let bare = table(&[T("bidder"), T("price")]);
    expect(
        &[table(&[T("bidder"), T("price"), T("phone")]), lowest()],
        &[("column-unknown", "C1")],
    );
    expect(
        &[table(&[T("bidder"), T("报价（万元）")]), lowest()],
        &[("column-missing", "")],
    );
    expect(
        &[table(&[T("bidder"), T("price"), T("投标报价")]), lowest()],
        &[("column-twice", "C1")],
    );
    expect(
        &[table(&[T("bidder"), T("price"), T("评委2")]), lowest()],
        &[("column-missing", "C1")],
    );
    expect(
        &[table(&[T("bidder"), T("cost")]), lowest()],
        &[("column-missing", "")],
    );
    expect(
        &[bare.clone(), lowest(), ("Sheet9", vec![vec![T("x")]])],
        &[("sheet-unknown", "")],
    );
    expect(
        &[bare.clone(), lowest(), ("投标", bare.1.clone())],
        &[("sheet-twice", "")],
    );
    expect(
        &[lowest(), ("说明", vec![vec![T("x")]])],
        &[("sheet-missing", "")],
    );
    let with = |row: Vec<Typed>| {
        let mut case = lowest();
        case.1.push(row);
        [bare.clone(), case]
    };
    for (row, expected) in [
        (vec![T("price_score.fool"), N(1.0)], ("key-unknown", "A10")),
        (vec![T("价格分满分"), N(1.0)], ("key-twice", "B10")),
        (vec![T("招标控制价"), T("1,000")], ("cell-number", "B10")),
        (
            vec![T("recompute_policy"), T("never")],
            ("cell-word", "B10"),
        ),
        (
            vec![T("technical.items.1.objective"), T("maybe")],
            ("cell-word", "B10"),
        ),
        (
            vec![T("price_score.deviation_decimals"), N(1.5)],
            ("cell-number", "B10"),
        ),
        (vec![N(1.0), N(1.0)], ("key-missing", "")),
    ] {
        expect(&with(row), &[expected]);
    }
}

#[test]
fn scores_belong_to_somebody_once() {
    let table = |rows: &[&[Typed]]| {
        let headings: &[Typed] = &[T("bidder"), T("item"), T("member 1"), T("member 2")];
        let rows = std::iter::once(&headings).chain(rows);
        ("Technical", rows.map(|row| row.to_vec()).collect())
    };
    let good: &[Typed] = &[T("a"), T("plan"), N(1.0), N(2.0)];
    let bids = bids(&[&[T("a"), N(5.0)]]);
    for (row, expected) in [
        (
            &[T("z"), T("plan"), N(1.0), N(1.0)][..],
            ("bidder-unknown", "A3"),
        ),
        (&[T("a"), T("plan"), N(1.0), N(1.0)], ("row-twice", "")),
        (&[T("a"), Typed::Nothing, N(1.0), N(1.0)], ("row-twice", "")),
        (&[T("a"), T("other"), N(1.0)], ("cell-missing", "D3")),
        (
            &[T("a"), T("other"), Typed::Nothing, N(1.0)],
            ("cell-missing", "C3"),
        ),
        (
            &[Typed::Nothing, T("other"), N(1.0)],
            ("cell-missing", "A3"),
        ),
        (
            &[T("a"), T("other"), T("good"), N(1.0)],
            ("cell-number", "C3"),
        ),
    ] {
        expect(&[bids.clone(), table(&[good, row]), lowest()], &[expected]);
    }
}

#[test]
fn errors_of_formulas_are_named() {
    let row: &[Typed] = &[T("a"), F("=1/0", "#DIV/0!")];
    let desk = Desk::new();
    let path = desk.put("case.xlsx", workbook(&[bids(&[row]), lowest()]));
    let failure = read(&path).expect_err("refused");
    // The program that made the file stored the error as text or as an error: both are refused at their place.
    assert_eq!(problems(&failure)[0].1, "B2");
}

/// What the evaluation refuses is told with the cell, too.
#[test]
fn refusals_of_the_evaluation_name_the_cell() {
    let desk = Desk::new();
    let rows: &[&[Typed]] = &[&[T("a"), N(5.0)], &[T("b"), N(0.0)]];
    let path = desk.put("case.xlsx", workbook(&[bids(rows), lowest()]));
    let loaded = read_case(&path, &options(None, None, &[])).expect("read");
    let error = evaluation::evaluate(&loaded.case).expect_err("refused");
    let failure = loaded.wrong(&error);
    assert_eq!(
        (failure.exit, failure.code.as_str()),
        (2, "price-not-positive")
    );
    assert!(
        failure.message.contains("sheet \"Bids\", cell B3 (price)"),
        "{failure}"
    );
    assert_eq!(failure.pointer.as_deref(), Some("/bids/1/price"));
}

#[test]
fn rules_say_what_is_missing_and_what_is_possible() {
    let desk = Desk::new();
    let path = desk.put("bids.csv", "bidder,price\na,5\nb,6\nc,7\n");
    let refused = |rules, method, set: &[&str]| {
        read_case(&path, &options(rules, method, set)).expect_err("refused")
    };
    let five = Some("ready:jiangsu-2017-five-methods");
    for (failure, code, says) in [
        (
            refused(None, None, &[]),
            "rules-missing",
            "--rules ready:ID",
        ),
        (
            refused(Some("ready:none"), None, &[]),
            "rules-unknown",
            "rules list",
        ),
        (refused(Some("none.json"), None, &[]), "file", "none.json"),
        (
            refused(five, None, &[]),
            "method-missing",
            "--method jiangsu-1",
        ),
        (
            refused(five, Some("best"), &[]),
            "method-unknown",
            "jiangsu-2",
        ),
        (
            refused(five, Some("jiangsu-1"), &[]),
            "drawn-missing",
            "--set K=",
        ),
        (
            refused(five, Some("1"), &[]),
            "drawn-missing",
            "--method 1 --set K=",
        ),
        (
            refused(five, Some("jiangsu-1"), &["K=0.5"]),
            "drawn-off-grid",
            "0.9",
        ),
        (
            refused(five, Some("jiangsu-1"), &["Q=0.5"]),
            "parameter-unexpected",
            "\"Q\"",
        ),
        (
            refused(five, Some("jiangsu-1"), &["K"]),
            "set-malformed",
            "NAME=VALUE",
        ),
        (
            refused(five, Some("jiangsu-1"), &["K=1", "K=1"]),
            "set-malformed",
            "twice",
        ),
    ] {
        assert_eq!(
            (failure.exit, failure.code.as_str()),
            (2, code),
            "{failure}"
        );
        assert!(failure.to_string().contains(says), "{failure}");
    }
}

/// Nobody would see what is evaluated.
#[test]
fn hidden_sheets_are_refused() {
    let mut book = rust_xlsxwriter::Workbook::new();
    for (name, is_hidden) in [("Case", false), ("Bids", true)] {
        let page = book.add_worksheet();
        page.set_name(name).expect("a name");
        page.write_string(0, 0, "#").expect("a cell");
        page.set_hidden(is_hidden);
    }
    let desk = Desk::new();
    let path = desk.put("case.xlsx", book.save_to_buffer().expect("a workbook"));
    let codes: Vec<String> = problems(&read(&path).expect_err("refused"))
        .into_iter()
        .map(|(code, _)| code)
        .collect();
    assert_eq!(codes, ["sheet-hidden", "sheet-missing"]);
}

/// With rules, a sheet adds what they leave open and repeats what they say; it does not contradict them.
#[test]
fn a_sheet_does_not_contradict_its_rules() {
    let read = |rows: &[&[Typed]]| {
        let headings: &[Typed] = &[T("rules"), T("ready:gov-lowest-evaluated")];
        let rows = std::iter::once(&headings)
            .chain(rows)
            .map(|row| row.to_vec());
        let desk = Desk::new();
        let path = desk.put(
            "case.xlsx",
            workbook(&[bids(&[&[T("a"), N(5.0)]]), ("Case", rows.collect())]),
        );
        read(&path)
    };
    let case = read(&[
        &[T("招标控制价"), N(10.0)],
        &[T("profile"), T("cn-gov-procurement")],
        &[T("method"), T("lowest-evaluated")],
    ]);
    let case = case.expect("read");
    assert_eq!(
        case.control_price.map(|price| price.to_string()).as_deref(),
        Some("10.00")
    );
    for row in [
        &[T("profile"), T("below-threshold")][..],
        &[T("price_score.full"), N(60.0)],
        &[T("recompute_policy"), T("after-preliminary-review")],
    ] {
        let failure = read(&[row]).expect_err("refused");
        assert_eq!(
            problems(&failure),
            [("rules-contradicted".to_owned(), "B2".to_owned())]
        );
    }
}

/// Any text in the column of rejections rejects the bid; words that give no reason do not mean that.
#[test]
fn a_rejection_needs_a_reason() {
    let with = |word: Typed| {
        let headings = vec![T("bidder"), T("price"), T("否决原因")];
        let rows = vec![headings, vec![T("a"), N(5.0), word], vec![T("b"), N(6.0)]];
        let desk = Desk::new();
        read(&desk.put("case.xlsx", workbook(&[("Bids", rows), lowest()])))
    };
    for word in [
        T("否"),
        T(" 无 "),
        T("0"),
        N(0.0),
        T("-"),
        T("—"),
        T("/"),
        T("通过"),
        T("No"),
        T("none"),
        T("N/A"),
        T("ok"),
        T("＊"),
    ] {
        let failure = with(word).expect_err("refused");
        let expected = [("cell-word".to_owned(), "C2".to_owned())];
        assert_eq!(problems(&failure), expected, "{word:?}");
        assert!(failure.message.contains("leave the cell empty"));
    }
    for word in [T("未按要求签章"), T("no signature"), T("无效签章")] {
        let case = with(word).expect("read");
        assert!(case.bids[0].rejected.is_some(), "{word:?}");
    }
    assert!(with(T(" ")).expect("read").bids[0].rejected.is_none());
}

/// Otherwise a bid would be scored by fewer members than the others.
#[test]
fn members_who_score_one_bid_score_all() {
    let with = |row: &[Typed]| {
        let headings = ["bidder", "price", "评委1", "评委2", "评委3"].map(T);
        let first = [T("a"), N(5.0), N(1.0), N(2.0)];
        let rows = vec![headings.to_vec(), first.to_vec(), row.to_vec()];
        let desk = Desk::new();
        let path = desk.put("case.xlsx", workbook(&[("Bids", rows), lowest()]));
        read(&path).map_err(|failure| problems(&failure))
    };
    let missing = |cell: &str| Err(vec![("cell-missing".to_owned(), cell.to_owned())]);
    let read = |row: &[Typed]| with(row).map(|case| case.bids.len());
    assert_eq!(read(&[T("b"), N(6.0), N(1.0)]), missing("D3"));
    assert_eq!(
        read(&[T("b"), N(6.0), N(1.0), N(2.0), N(3.0)]),
        missing("E2")
    );
    // The third member's column stays empty; a rejected bid needs no scores.
    assert_eq!(read(&[T("b"), N(6.0), N(1.0), N(3.0)]), Ok(2));
    assert_eq!(read(&[T("b"), N(6.0)]), Ok(2));
}

#[test]
fn a_title_in_another_unit_is_refused() {
    let with = |title: &[Typed]| {
        let headings = vec![T("bidder"), T("price")];
        let rows = vec![title.to_vec(), headings, vec![T("a"), N(5.0)]];
        [("Bids", rows), lowest()]
    };
    for title in [
        "单位：万元",
        "金额单位: 人民币千元",
        "开标一览表（单位：亿元）",
        "开标一览表（万元）",
    ] {
        expect(&with(&[T(title)]), &[("column-unit", "A1")]);
    }
    expect(&with(&[T("单位："), T("万元")]), &[("column-unit", "B1")]);
    let desk = Desk::new();
    for title in ["单位：元", "500万元以下小额工程", "# 单位：万元"] {
        let path = desk.put("case.xlsx", workbook(&with(&[T(title)])));
        read(&path).expect(title);
    }
}

/// An option fills in what is open; it does not change what was announced.
#[test]
fn options_do_not_contradict_the_sheet() {
    let mut case = lowest();
    case.1.push(vec![T("control_price"), N(10.0)]);
    let desk = Desk::new();
    let sheets = [bids(&[&[T("a"), N(5.0)]]), case];
    let path = desk.put("case.xlsx", workbook(&sheets));
    let json = read(&path).expect("read");
    let json = serde_json::to_vec(&json).expect("JSON");
    let files = [path, desk.put("case.json", json)];
    let open = desk.put("open.xlsx", workbook(&[sheets[0].clone(), lowest()]));
    let read = |path: &std::path::Path, price: Option<&str>, profile: Option<&str>| {
        let arguments = cli::sheet::CaseArguments {
            control_price: price.map(|price| price.parse().expect("an amount")),
            profile: profile.map(str::to_owned),
            ..options(None, None, &[])
        };
        read_case(path, &arguments).map(|loaded| loaded.case)
    };
    for file in &files {
        for (price, profile, says) in [
            (
                Some("11"),
                None,
                ["--control-price says 11.00", "say 10.00"],
            ),
            (
                None,
                Some("cn-2017-tendering"),
                ["--profile says cn-2017-tendering", "say below-threshold"],
            ),
        ] {
            let failure = read(file, price, profile).expect_err("refused");
            let code = (failure.exit, failure.code.as_str());
            assert_eq!(code, (2, "option-contradicted"), "{failure}");
            for says in says {
                assert!(failure.message.contains(says), "{failure}");
            }
        }
        read(file, Some("10"), Some("below-threshold")).expect("the same");
    }
    let filled = read(&open, Some("11"), None).expect("open");
    assert!(filled.control_price.is_some());
}

/// Some programs write formulas without their values; nobody can know what they would give.
#[test]
fn a_formula_without_a_value_is_refused() {
    let book = workbook(&[bids(&[&[T("a"), F("=1+2", "777")]]), lowest()]);
    let desk = Desk::new();
    let path = desk.put("case.xlsx", edited(book, "<v>777</v>", ""));
    let failure = read(&path).expect_err("refused");
    assert_eq!(
        problems(&failure),
        [("cell-error".to_owned(), "B2".to_owned())]
    );
}

/// Nobody knows which of them a program shows.
#[test]
fn a_cell_that_stands_twice_is_refused() {
    let book = workbook(&[bids(&[&[T("a"), N(777.0)]]), lowest()]);
    let cell = "<c r=\"B2\"><v>777</v></c>";
    let twice = format!("{cell}<c r=\"B2\"><v>778</v></c>");
    let desk = Desk::new();
    let path = desk.put("case.xlsx", edited(book, cell, &twice));
    let failure = read(&path).expect_err("refused");
    assert_eq!((failure.exit, failure.code.as_str()), (2, "cell-twice"));
    assert!(
        failure.message.contains("sheet \"Bids\", cell B2"),
        "{failure}"
    );
}

/// Nobody would see what is evaluated.
#[test]
fn hidden_rows_and_columns_are_refused() {
    let with = |hide: fn(&mut rust_xlsxwriter::Worksheet)| {
        let mut book = rust_xlsxwriter::Workbook::new();
        let page = book.add_worksheet();
        page.set_name("Bids").expect("a name");
        for (row, cells) in (0..).zip([["bidder", "price"], ["a", "5"], ["b", "6"]]) {
            for (column, text) in (0..).zip(cells) {
                page.write_string(row, column, text).expect("a cell");
            }
        }
        hide(page);
        let desk = Desk::new();
        let path = desk.put("case.xlsx", book.save_to_buffer().expect("a workbook"));
        read_case(
            &path,
            &options(Some("ready:gov-lowest-evaluated"), None, &[]),
        )
    };
    type Hide = fn(&mut rust_xlsxwriter::Worksheet);
    let hides: [(Hide, &str, &str); 2] = [
        (
            |page| {
                page.set_row_hidden(2).expect("hidden");
            },
            "row 3",
            "this row is hidden",
        ),
        (
            |page| {
                page.set_column_hidden(1).expect("hidden");
            },
            "cell B1",
            "this column is hidden",
        ),
    ];
    for (hide, place, says) in hides {
        let failure = with(hide).expect_err("refused");
        assert_eq!((failure.exit, failure.code.as_str()), (2, "cell-hidden"));
        assert!(failure.message.contains(place), "{failure}");
        assert!(failure.message.contains(says), "{failure}");
    }
    // Nothing is in them.
    with(|page| {
        page.set_row_hidden(9).expect("hidden");
        page.set_column_hidden(9).expect("hidden");
    })
    .expect("read");
}

/// A workbook with a text in its parts replaced.
fn edited(book: Vec<u8>, from: &str, to: &str) -> Vec<u8> {
    use std::io::{Cursor, Read, Write};
    let mut old = zip::ZipArchive::new(Cursor::new(book)).expect("a zip");
    let mut new = zip::ZipWriter::new(Cursor::new(Vec::new()));
    for index in 0..old.len() {
        let mut part = old.by_index(index).expect("a part");
        let name = old_name(&part);
        let mut text = String::new();
        part.read_to_string(&mut text).expect("text");
        let options = zip::write::SimpleFileOptions::default();
        new.start_file(name, options).expect("a part");
        new.write_all(text.replace(from, to).as_bytes())
            .expect("a part");
    }
    new.finish().expect("a zip").into_inner()
}

fn old_name<R: std::io::Read>(part: &zip::read::ZipFile<'_, R>) -> String {
    part.name().expect("a name").into_owned()
}
