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
        (&[T("z"), T("plan"), N(1.0)][..], ("bidder-unknown", "A3")),
        (&[T("a"), T("plan"), N(1.0)], ("row-twice", "")),
        (&[T("a"), Typed::Nothing, N(1.0)], ("row-twice", "")),
        (
            &[T("a"), T("other"), Typed::Nothing, N(1.0)],
            ("cell-missing", "C3"),
        ),
        (
            &[Typed::Nothing, T("other"), N(1.0)],
            ("cell-missing", "A3"),
        ),
        (&[T("a"), T("other"), T("good")], ("cell-number", "C3")),
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

/// Some programs write formulas without their values; nobody can know what they would give.
#[test]
fn a_formula_without_a_value_is_refused() {
    use std::io::{Cursor, Read, Write};
    let book = workbook(&[bids(&[&[T("a"), F("=1+2", "777")]]), lowest()]);
    let mut old = zip::ZipArchive::new(Cursor::new(book)).expect("a zip");
    let mut new = zip::ZipWriter::new(Cursor::new(Vec::new()));
    for index in 0..old.len() {
        let mut part = old.by_index(index).expect("a part");
        let name = old_name(&part);
        let mut text = String::new();
        part.read_to_string(&mut text).expect("text");
        let options = zip::write::SimpleFileOptions::default();
        new.start_file(name, options).expect("a part");
        new.write_all(text.replace("<v>777</v>", "").as_bytes())
            .expect("a part");
    }
    let desk = Desk::new();
    let path = desk.put("case.xlsx", new.finish().expect("a zip").into_inner());
    let failure = read(&path).expect_err("refused");
    assert_eq!(
        problems(&failure),
        [("cell-error".to_owned(), "B2".to_owned())]
    );
}

fn old_name<R: std::io::Read>(part: &zip::read::ZipFile<'_, R>) -> String {
    part.name().expect("a name").into_owned()
}
