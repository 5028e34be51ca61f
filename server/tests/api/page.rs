//! `/`: the plain page.

use std::collections::BTreeSet;

use procedure::Stage;
use procedure::act::{Act, AwardClass};
use serde_json::Value;

use crate::harness::Server;

fn keys(prefix: &str, value: &Value, found: &mut BTreeSet<String>) {
    match value.as_object() {
        Some(object) => object
            .iter()
            .for_each(|(key, value)| keys(&format!("{prefix}.{key}"), value, found)),
        None => drop(found.insert(prefix.to_owned())),
    }
}

#[test]
fn the_page_is_complete_and_loads_nothing_from_elsewhere() {
    let server = Server::start();
    let page = server.get("/");
    assert_eq!(page.header("content-type"), "text/html; charset=utf-8");
    assert!(page.text().contains("<html lang=\"zh-CN\">"));
    for asset in ["app.js", "style.css", "zh.json", "en.json"] {
        let answer = server.get(&format!("/page/{asset}"));
        assert_eq!(
            (answer.status, answer.header("cache-control")),
            (200, "no-cache"),
            "{asset}"
        );
        assert!(!answer.header("etag").is_empty());
        assert!(
            !answer.text().contains("http://") && !answer.text().contains("https://"),
            "{asset}"
        );
    }
    assert!(
        !page.text().contains("https://")
            && !page.text().contains("style=")
            && !page.text().contains("onclick")
    );
    server
        .get("/page/other.js")
        .is_problem(404, "route-unknown");
    server
        .get("/page/..%2Fapp.js")
        .is_problem(404, "route-unknown");
}

/// Texts of statements become text nodes: the script has no way of parsing markup.
#[test]
fn nothing_is_put_in_as_markup() {
    let script = Server::start().get("/page/app.js").text();
    for way in [
        "innerHTML",
        "outerHTML",
        "insertAdjacentHTML",
        "document.write",
        "eval(",
        "DOMParser",
        "srcdoc",
    ] {
        assert!(!script.contains(way), "{way}");
    }
}

#[test]
fn both_languages_say_everything() {
    let server = Server::start();
    let texts = |language: &str| server.get(&format!("/page/{language}.json")).json();
    let (zh, en) = (texts("zh"), texts("en"));
    let mut found = [BTreeSet::new(), BTreeSet::new()];
    keys("", &zh, &mut found[0]);
    keys("", &en, &mut found[1]);
    assert_eq!(found[0], found[1]);
    for kind in Act::KINDS {
        assert!(zh["kind"][kind].is_string(), "{kind}");
    }
    for stage in Stage::NAMES {
        assert!(zh["stage"][stage].is_string(), "{stage}");
    }
    for profile in procedure::law::profiles() {
        for method in &profile.methods {
            assert!(zh["method"][method].is_string(), "{method}");
        }
    }
    for class in AwardClass::ALL {
        assert!(zh["class"][class.id()].is_string(), "{class:?}");
    }
}
