//! Metrics: on a port of their own, true, and about nobody.

use testbed::{Client, Course, Database, Script, ServerProcess, Setup, Step, free_port};

fn value(text: &str, name: &str) -> f64 {
    let line = text
        .lines()
        .find(|line| line.split(' ').next() == Some(name));
    let line = line.unwrap_or_else(|| panic!("{name} is not in\n{text}"));
    let value = line.rsplit(' ').next().expect("a line has an end");
    value.parse().expect("a number")
}

#[test]
fn metrics_are_on_a_port_of_their_own_and_name_nobody() {
    let internal = format!("127.0.0.1:{}", free_port());
    let mut setup = Setup::new(Database::Sqlite);
    setup
        .arguments
        .extend(["--metrics-bind".to_owned(), internal.clone()]);
    let mut server = ServerProcess::start(setup);
    let client = server.client();
    let mut course = Course::new(client.clone(), Script::plain("T-1"));
    course.go_to(Step::Submitted);

    assert_eq!(client.get("/metrics").status, 404, "not for the public");
    let operator = Client::new(&format!("http://{internal}"));
    assert_eq!(
        operator.get("/api/v1/server").status,
        404,
        "nothing else is there"
    );
    let answer = operator.get("/metrics").must_be(200);
    assert!(
        answer
            .header("content-type")
            .starts_with("application/openmetrics-text")
    );
    let text = answer.text();

    assert_eq!(value(&text, "kaibiao_database_up"), 1.0);
    let leaves = client.checkpoint().checkpoint().size as f64;
    assert_eq!(value(&text, "kaibiao_log_leaves"), leaves);
    let admitted = value(&text, "kaibiao_statements_total{outcome=\"admitted\"}");
    let accounts = course.accounts().len() as f64;
    assert!(
        admitted > accounts,
        "{admitted} statements, {accounts} accounts"
    );
    assert!(
        value(&text, "kaibiao_duties_total{outcome=\"admitted\"}") >= 2.0,
        "{text}"
    );
    assert!(value(&text, "kaibiao_batch_seconds_count") > 0.0);
    assert_eq!(value(&text, "kaibiao_queue_statements"), 0.0);
    let route = "kaibiao_request_seconds_count{route=\"/api/v1/tenders/{tender}/statements\"}";
    assert!(value(&text, route) > 3.0);

    let names = course.accounts();
    for name in names.iter().map(|name| name.as_str()).chain(["T-1"]) {
        assert!(
            !text.contains(&format!("\"{name}\"")),
            "{name} is in\n{text}"
        );
        assert!(!text.contains(&format!("/{name}")), "{name} is in\n{text}");
    }
    assert!(server.stop().success());
}
