//! Requests to a real server in this process: whatever the address, the query and the body, never a 500.

use std::cell::LazyCell;

use actix_web::http::Method;
use actix_web::{rt, test, web};
use server::config::Settings;
use server::keys::PlatformKeys;
use server::node::open_store;
use server::{Node, http};
use store::OpenMode;
use tempfile::TempDir;

use crate::Reached;
use crate::seeds;

/// Longest address, in bytes: the server in front of the handlers takes no longer one.
const ADDRESS_BYTES_MAX: usize = 4_096;

/// A demo server with a tender that is announced.
struct Server {
    node: std::sync::Arc<Node>,
    system: rt::SystemRunner,
    _data: TempDir,
}

thread_local! {
    static SERVER: LazyCell<Server> = LazyCell::new(Server::start);
}

/// `METHOD address\nbody`. Every answer is one that the description of the API knows: JSON or a problem with a code.
pub fn http(input: &[u8]) -> Reached {
    let (line, body) = match input.iter().position(|byte| *byte == b'\n') {
        Some(end) => (&input[..end], &input[end + 1..]),
        None => (input, &[][..]),
    };
    let line = str::from_utf8(line).unwrap_or_default();
    let (method, address) = line.split_once(' ').unwrap_or(("GET", line));
    let method = match method {
        "POST" => Method::POST,
        "PUT" => Method::PUT,
        "DELETE" => Method::DELETE,
        _ => Method::GET,
    };
    let is_address = address.starts_with('/') && address.len() <= ADDRESS_BYTES_MAX;
    if !is_address || address.parse::<actix_web::http::Uri>().is_err() {
        return Reached::Refused;
    }
    // Its clock stays where it is: years of it are for other targets.
    if address.starts_with("/api/v1/demo") {
        return Reached::Refused;
    }
    SERVER.with(|server| server.answer(method, address, body))
}

impl Server {
    fn start() -> Server {
        let data = tempfile::tempdir().expect("a temporary directory");
        let settings = Settings {
            data_dir: Some(data.path().to_owned()),
            demo: Some(true),
            batch_interval_ms: Some(0),
            noise_mean_s: Some(0),
            ..Settings::default()
        };
        let config = settings
            .complete(Settings::default())
            .expect("the settings are complete");
        PlatformKeys::create_missing(&config.data_dir).expect("keys can be made");
        let store = open_store(&config, OpenMode::CreateIfMissing).expect("the database opens");
        store.migrate().expect("the schema is made");
        let node = Node::open(config).expect("the node opens");
        node.begin_serving().expect("the heart beats");
        let server = Server {
            node,
            system: rt::System::new(),
            _data: data,
        };
        for (address, body) in seeds::first_statements() {
            let reached = server.answer(Method::POST, &address, &body);
            assert_eq!(reached, Reached::Accepted, "POST {address}");
        }
        server
    }

    fn answer(&self, method: Method, address: &str, body: &[u8]) -> Reached {
        let node = web::Data::from(std::sync::Arc::clone(&self.node));
        let request = test::TestRequest::default()
            .method(method.clone())
            .uri(address)
            .set_payload(body.to_vec());
        let (status, kind, body) = self.system.block_on(async move {
            let service = test::init_service(http::app(node)).await;
            let answer = test::call_service(&service, request.to_request()).await;
            let kind = answer.headers().get("content-type").cloned();
            let status = answer.status().as_u16();
            (status, kind, test::read_body(answer).await)
        });
        let kind = kind
            .as_ref()
            .and_then(|kind| kind.to_str().ok())
            .unwrap_or_default();
        assert!(
            status < 500,
            "{method} {address}: {status} {}",
            String::from_utf8_lossy(&body)
        );
        if status >= 400 {
            assert_eq!(
                kind, "application/problem+json",
                "{method} {address}: {status}"
            );
            let problem: serde_json::Value =
                serde_json::from_slice(&body).expect("a problem is JSON");
            let code = problem["code"].as_str().unwrap_or_default();
            assert!(!code.is_empty() && problem["status"] == status, "{problem}");
            return Reached::Refused;
        }
        if kind.starts_with("application/json") {
            let read = serde_json::from_slice::<serde_json::Value>(&body);
            read.unwrap_or_else(|error| panic!("{method} {address}: {error}"));
        }
        Reached::Accepted
    }
}
