//! `/api/v1/tenders`: from the draft to the bundle.

use actix_web::http::Method;
use play::{Actor, id};
use procedure::act::{
    Matter, Objection, ObjectionAnswered, TenderCreated, TenderTerminated, TerminationCause,
};
use serde_json::{Value, json};

use crate::flow::{Flow, TENDER};
use crate::harness::Server;

fn titles(page: &Value) -> Vec<String> {
    page["items"]
        .as_array()
        .unwrap()
        .iter()
        .map(|item| item["tender"].as_str().unwrap().to_owned())
        .collect()
}

#[test]
fn a_draft_is_found_by_its_name_and_not_listed() {
    let flow = Flow::draft();
    let view = flow.view();
    assert_eq!(
        (view["stage"].as_str(), view["rehearsals"].clone()),
        (Some("draft"), json!([]))
    );
    assert!(titles(&flow.server.get("/api/v1/tenders").json()).is_empty());
    let again = TenderCreated {
        tender: id(TENDER),
        project: id("P-2"),
        title: "另一个".to_owned(),
        tenderee: id("tenderee"),
    };
    flow.server
        .say(again, &[&flow.tenderee()])
        .is_problem(409, "tender-exists");
    for what in [
        "benchmark-set",
        "opening-record",
        "evaluation-report",
        "candidates",
        "award",
    ] {
        flow.server
            .get(&format!("/api/v1/tenders/T-1/due/{what}"))
            .is_problem(409, "stage-mismatch");
    }
    flow.server
        .get("/api/v1/tenders/T-1/due/money")
        .is_problem(400, "path-invalid");
}

#[test]
fn there_may_be_no_such_tender() {
    let server = Server::start();
    for rest in [
        "",
        "/statements",
        "/due/award",
        "/case",
        "/bundle",
        &format!("/documents/{}", "00".repeat(32)),
    ] {
        server
            .get(&format!("/api/v1/tenders/T-9{rest}"))
            .is_problem(404, "tender-not-found");
    }
}

#[test]
fn a_notice_needs_its_documents() {
    let flow = Flow::draft();
    let set = flow.rehearse();
    let notice = flow.notice(set);
    let problem = flow
        .server
        .say(notice.clone(), &[&flow.tenderee()])
        .is_problem(409, "blob-missing");
    assert!(problem["pointer"].is_string(), "{problem}");
    flow.upload_documents();
    let root = notice.documents[0].root;
    let path = format!("/api/v1/tenders/T-1/documents/{root}");
    flow.server.get(&path).is_problem(404, "document-not-found");
    flow.server.must(notice, &[&flow.tenderee()]);
    let document = flow.server.get(&path);
    assert_eq!(
        (document.status, document.text().as_str()),
        (200, "招标文件")
    );
    assert_eq!(
        document.header("content-disposition"),
        "attachment; filename*=UTF-8''tender-document.pdf"
    );
    assert_eq!(document.header("content-type"), "application/octet-stream");
    let other = format!("/api/v1/tenders/T-1/documents/{}", "00".repeat(32));
    flow.server
        .get(&other)
        .is_problem(404, "document-not-found");
}

#[test]
fn a_refusal_names_the_rule() {
    let flow = Flow::draft();
    let set = flow.rehearse();
    flow.upload_documents();
    let mut script = flow.script.clone();
    script.profile = "cn-2017-tendering".to_owned();
    script.rules.ties = procedure::act::Ties::Report;
    let mut notice = play::notice_of(&script, flow.server.node.now_ms().unwrap(), set);
    notice.deadline_ms -= 2 * play::DAY_MS;
    notice.opening_ms = notice.deadline_ms;
    let problem = flow
        .server
        .say(notice, &[&flow.tenderee()])
        .is_problem(422, "bidding-period-short");
    assert_eq!(
        (problem["pointer"].as_str(), problem["rule"]["id"].as_str()),
        (Some("/deadline_ms"), Some("R03"))
    );
    assert!(problem["rule"]["article"].is_string() && problem["rule"]["text"]["zh"].is_string());
}

#[test]
fn a_whole_tender_goes_through_the_interface() {
    let flow = Flow::opened();
    let server = &flow.server;
    let view = flow.view();
    assert_eq!(view["results"].as_array().unwrap().len(), 3);
    assert!(view["opened_ms"].as_u64() <= view["confirmation_end_ms"].as_u64());
    assert_eq!(server.get("/api/v1/tenders/T-1/bundle").status, 200);

    let objection = Objection {
        tender: id(TENDER),
        objector: id("b1"),
        matter: Matter::Opening,
        text: "<b>请核对</b>".to_owned(),
    };
    let objection = server.must(objection, &[&Actor::new("b1")]);
    assert_eq!(flow.view()["objections"][0]["answered"], false);
    let answer = ObjectionAnswered {
        tender: id(TENDER),
        objection,
        upheld: false,
        text: "已核对".to_owned(),
    };
    server.must(answer, &[&flow.tenderee()]);

    flow.award();
    let view = flow.view();
    assert_eq!(view["stage"], "awarded");
    assert_eq!(
        view["award"]["winner"],
        view["candidates"]["candidates"][0]["bidder"]
    );
    assert_eq!(view["benchmark_set"]["members"], 3);
    assert_eq!(view["attempts"][0]["number"], 1);
    assert!(view["draw_result"]["seed"].is_string() && view["report_id"].is_string());

    let list = server.get("/api/v1/tenders?stage=awarded").json();
    assert_eq!(list["items"][0]["winner"], view["award"]["winner"]);
    let case = server.get("/api/v1/tenders/T-1/case").json();
    let case: evaluation::Case = serde_json::from_value(case).expect("an evaluation case");
    let outcome = serde_json::to_value(evaluation::evaluate(&case).expect("it evaluates")).unwrap();
    assert_eq!(outcome["winner"], view["award"]["winner"]);

    let bundle = server.get("/api/v1/tenders/T-1/bundle");
    assert_eq!(bundle.header("content-type"), "application/zip");
    let tag = bundle.header("etag").to_owned();
    let again = server.send(
        Method::GET,
        "/api/v1/tenders/T-1/bundle",
        &[("if-none-match", &tag)],
        Vec::new(),
    );
    assert_eq!(again.status, 304, "the same record is the same file");
    let trust = server
        .get("/api/v1/trust")
        .text()
        .parse()
        .expect("a trust file");
    let options = verification::Options {
        trust: Some(trust),
        ..verification::Options::default()
    };
    let report = verification::verify(&bundle.body, &options);
    assert_eq!(report.exit_code(), 0, "{}", report.render_text());
}

#[test]
fn an_ended_tender_keeps_no_secrets() {
    let flow = Flow::bid();
    let ended = TenderTerminated {
        tender: id(TENDER),
        cause: TerminationCause::ForceMajeure,
        reason: "地震".to_owned(),
    };
    flow.server.must(ended, &[&flow.tenderee()]);
    let view = flow.view();
    assert_eq!(
        (view["stage"].as_str(), view["terminated"].as_str()),
        (Some("terminated"), Some("force-majeure"))
    );
    assert_eq!(
        flow.kinds()
            .iter()
            .filter(|kind| *kind == "bid-manifest")
            .count(),
        3
    );
}

#[test]
fn lists_are_followed_by_a_stable_cursor() {
    let flow = Flow::announced();
    let server = &flow.server;
    let page = server.get("/api/v1/tenders?limit=1").json();
    assert_eq!(titles(&page), [TENDER]);
    let next = page["next"].as_str().expect("a full page has a next one");
    let end = server
        .get(&format!("/api/v1/tenders?limit=1&after={next}"))
        .json();
    assert_eq!((titles(&end).len(), end["next"].clone()), (0, Value::Null));
    assert_eq!(end["resume"], next, "whoever is at the end stays there");
    let empty = server.get("/api/v1/tenders?stage=awarded").json();
    assert_eq!(
        (&empty["next"], &empty["resume"]),
        (&Value::Null, &Value::Null)
    );
    assert_eq!(
        titles(
            &server
                .get("/api/v1/tenders?stage=announced&tenderee=tenderee&order=announced")
                .json()
        ),
        [TENDER]
    );
    assert!(titles(&server.get("/api/v1/tenders?stage=awarded").json()).is_empty());
    assert!(titles(&server.get("/api/v1/tenders?tenderee=other").json()).is_empty());
    // A public change moves the tender to the end, after the cursor.
    let ended = TenderTerminated {
        tender: id(TENDER),
        cause: TerminationCause::MajorChange,
        reason: "变更".to_owned(),
    };
    server.must(ended, &[&flow.tenderee()]);
    let moved = server
        .get(&format!("/api/v1/tenders?limit=1&after={next}"))
        .json();
    assert_eq!(titles(&moved), [TENDER]);
}
