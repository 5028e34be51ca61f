//! Spreadsheets on evaluators' desks.

use std::cell::LazyCell;
use std::path::PathBuf;

use cli::sheet::{CaseArguments, csv, read_bids, read_case};
use tempfile::TempDir;

use crate::Reached;

thread_local! {
    static DESK: LazyCell<TempDir> = LazyCell::new(|| tempfile::tempdir().expect("a temporary directory"));
}

/// The first byte says what the file calls itself. What is wrong is said; nothing else happens.
pub fn sheet(input: &[u8]) -> Reached {
    let (format, content) = input.split_first().unwrap_or((&0, &[]));
    let end = ["csv", "xlsx", "ods", "json"][usize::from(*format) % 4];
    let path = DESK.with(|desk| desk.path().join(format!("case.{end}")));
    std::fs::write(&path, content).expect("the temporary directory is writable");
    let case = read_case(&path, &CaseArguments::default());
    let bids = read_bids(&path);
    if let Ok(case) = &case {
        let bids = bids.as_ref().expect("a case has bids");
        assert_eq!(case.case.bids.len(), bids.0.len());
    }
    if end == "csv" {
        csv_keeps_text(&path, content);
    }
    Reached::of(&bids)
}

/// Text that is written as CSV runs as no formula and comes back as it was.
fn csv_keeps_text(path: &PathBuf, content: &[u8]) {
    let Ok(text) = str::from_utf8(content) else {
        return;
    };
    let written = csv(&[vec![text.to_owned(), "x".to_owned()]]).expect("text is written");
    let field = written
        .strip_prefix(b"\xef\xbb\xbf")
        .expect("the mark is there");
    let first = field.iter().find(|byte| **byte != b'"');
    let is_formula = matches!(first, Some(b'=' | b'+' | b'-' | b'@' | b'\t' | b'\r'));
    let is_number = text
        .bytes()
        .all(|byte| byte.is_ascii_digit() || b"+-.".contains(&byte));
    assert!(!is_formula || is_number, "{text:?}");
    std::fs::write(path, written).expect("the temporary directory is writable");
    let _ = read_bids(path);
}
