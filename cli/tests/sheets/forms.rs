//! Workbooks to fill in.

use cli::sheet::{Form, Headings, read_case, reference_from, template};
use evaluation::rules::{RuleSet, ready};

use crate::desk::Typed::{N, T};
use crate::desk::{Desk, options, workbook};

fn form(rules: &RuleSet, reference: &str, headings: Headings) -> Vec<u8> {
    let form = Form {
        rules,
        reference,
        bidders: 3,
        members: 5,
        headings,
    };
    template(&form).expect("a workbook")
}

/// An empty form of every ready rule set is understood; all that it lacks are bids.
#[test]
fn every_form_is_understood() {
    let desk = Desk::new();
    for ready in ready() {
        for headings in [Headings::Zh, Headings::En, Headings::Both] {
            let bytes = form(&ready.rules, &format!("ready:{}", ready.id), headings);
            let path = desk.put("form.xlsx", bytes);
            let failure = read_case(&path, &options(None, None, &[])).expect_err("empty");
            assert_eq!(failure.code, "bids-missing", "{}: {failure}", ready.id);
        }
    }
}

#[test]
fn rules_lie_beside_their_workbook() {
    let desk = Desk::new();
    let rules = desk.put("rules.json", ready()[0].json);
    let text = |path: &std::path::Path| path.display().to_string();
    let book = desk.path("case.xlsx");
    assert_eq!(
        reference_from(&text(&rules), &book).expect("beside"),
        "rules.json"
    );
    assert_eq!(
        reference_from("ready:x", &book).expect("library"),
        "ready:x"
    );
    let elsewhere = reference_from(&text(&rules), std::path::Path::new("/case.xlsx"));
    assert_eq!(elsewhere.expect_err("elsewhere").code, "rules-elsewhere");
    // A workbook does not choose which other files are read.
    let bids = vec![vec![T("bidder"), T("price")], vec![T("a"), N(5.0)]];
    let case = vec![vec![T("rules"), T("../rules.json")]];
    let path = desk.put("case.xlsx", workbook(&[("Bids", bids), ("Case", case)]));
    let failure = read_case(&path, &options(None, None, &[])).expect_err("refused");
    assert_eq!(failure.code, "rules-unknown");
}
