//! The page for evaluators, docs/evaluating.md in both languages: every command on it is run, in its order, with the
//! real program; between the second and the third step somebody fills in the workbook.

use std::io::Cursor;
use std::path::Path;
use std::process::{Command, Output};

use calamine::{Data, Reader, Xlsx, open_workbook_from_rs};
use rust_xlsxwriter::{Workbook, Worksheet};

const BIDS: usize = 12;
const MEMBERS: usize = 5;

/// The commands of a page.
fn commands(page: &str) -> Vec<&str> {
    let mut inside = false;
    let mut found = Vec::new();
    for line in page.lines() {
        match line {
            "```sh" => inside = true,
            "```" => inside = false,
            command if inside => found.push(command),
            _ => {}
        }
    }
    found
}

fn run(folder: &Path, command: &str) -> Output {
    let arguments = command.split_whitespace().skip(1);
    Command::new(env!("CARGO_BIN_EXE_kaibiao"))
        .current_dir(folder)
        .args(arguments)
        .output()
        .expect("the program runs")
}

/// What an evaluator types into the empty cells of the form.
fn fill(path: &Path) {
    let bytes = std::fs::read(path).expect("a workbook");
    let mut form: Xlsx<_> =
        open_workbook_from_rs(Cursor::new(bytes.as_slice())).expect("a workbook");
    let mut filled = Workbook::new();
    for (at, name) in form.sheet_names().into_iter().enumerate() {
        let range = form.worksheet_range(&name).expect("a sheet");
        let page = filled.add_worksheet();
        page.set_name(&name).expect("a name");
        for (row, column, cell) in range.used_cells() {
            let (row, column) = (
                u32::try_from(row).expect("small"),
                u16::try_from(column).expect("small"),
            );
            match cell {
                Data::String(text) => page.write_string(row, column, text).expect("a cell"),
                Data::Float(number) => page.write_number(row, column, *number).expect("a cell"),
                other => panic!("{name}: {other:?}"),
            };
        }
        match at {
            0 => fill_case(page, &range),
            1 => fill_bids(page),
            2 => fill_scores(page, &range),
            _ => {}
        }
    }
    std::fs::write(path, filled.save_to_buffer().expect("a workbook")).expect("saved");
}

fn fill_case(page: &mut Worksheet, range: &calamine::Range<Data>) {
    for (row, cells) in (0..).zip(range.rows()) {
        let key = cells[0].to_string();
        if key.contains("control_price") || key.contains("招标控制价") {
            page.write_number(row, 1, 10_000_000.0).expect("a cell");
        }
    }
}

fn fill_bids(page: &mut Worksheet) {
    for bid in 0..BIDS {
        let row = u32::try_from(bid).expect("small") + 1;
        page.write_string(row, 1, format!("第{}建筑公司", bid + 1))
            .expect("a cell");
        let prices = [
            8_875_000.0,
            9_088_000.5,
            9_520_000.0,
            9_312_400.25,
            8_990_000.0,
            9_201_300.0,
            9_610_000.0,
            9_155_000.0,
            8_720_000.99,
            9_405_000.0,
            9_260_000.0,
            10_000_000.01,
        ];
        page.write_number(row, 2, prices[bid]).expect("a cell");
        if bid != 4 {
            page.write_number(row, 3, [92.4, 88.0, 110.0, 75.5][bid % 4])
                .expect("a cell");
        }
        if bid == 6 {
            page.write_string(row, 4, "未按要求签章").expect("a cell");
        }
    }
}

fn fill_scores(page: &mut Worksheet, range: &calamine::Range<Data>) {
    let height = u32::try_from(range.height()).expect("small");
    let items = (height - 1) / u32::try_from(BIDS).expect("small");
    for row in 1..height {
        let bid = (row - 1) / items;
        page.write_string(row, 0, format!("第{}建筑公司", bid + 1))
            .expect("a cell");
        for member in 0..MEMBERS {
            let column = u16::try_from(member).expect("small") + 2;
            let score = 4.0 + f64::from((row * 7 + u32::from(column) * 3) % 4) * 0.5;
            page.write_number(row, column, score).expect("a cell");
        }
    }
}

fn follow(page: &str, says: &[&str]) {
    let folder = tempfile::tempdir().expect("a folder");
    let mut explained = String::new();
    for command in commands(page) {
        let output = run(folder.path(), command);
        let text = String::from_utf8_lossy(&output.stdout).into_owned();
        let error = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success(), "{command}\n{text}\n{error}");
        if command.contains("template") {
            fill(&folder.path().join("case.xlsx"));
        }
        if command.contains("--explain") {
            explained = text;
        }
    }
    for file in [
        "result.xlsx",
        "chart.svg",
        "case.json",
        "again.xlsx",
        "ranking.csv",
    ] {
        assert!(folder.path().join(file).exists(), "{file}");
    }
    for text in says {
        assert!(explained.contains(text), "{text} is not in\n{explained}");
    }
    // The bid above the control price has no rank, and everybody else has one or a reason.
    let ranking = std::fs::read_to_string(folder.path().join("ranking.csv")).expect("text");
    assert_eq!(ranking.lines().count(), BIDS + 1, "{ranking}");
    assert!(ranking.contains("above-control-price"), "{ranking}");
    assert!(ranking.contains("未按要求签章"), "{ranking}");
}

#[test]
fn the_english_page_works_as_it_stands() {
    follow(
        include_str!("../../docs/evaluating.md"),
        &["jiangsu-2", "0.97"],
    );
}

#[test]
fn the_chinese_page_works_as_it_stands() {
    follow(
        include_str!("../../docs/evaluating.zh-CN.md"),
        &["基准价", "0.97"],
    );
}
