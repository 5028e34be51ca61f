//! A server in this process, and requests to it.

use std::sync::Arc;

use actix_web::http::header::HeaderMap;
use actix_web::http::{Method, StatusCode};
use actix_web::{rt, test, web};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use play::Actor;
use procedure::act::Act;
use record::Digest;
use record::chain::ChainId;
use record::key::SigningKey;
use record::log::receipt::Receipt;
use record::statement::Envelope;
use serde_json::{Value, json};
use server::config::{Config, Settings};
use server::keys::PlatformKeys;
use server::node::open_store;
use server::{Node, http};
use store::OpenMode;
use tempfile::TempDir;

/// A server of one test.
pub struct Server {
    pub node: Arc<Node>,
    system: rt::SystemRunner,
    directory: TempDir,
}

impl Drop for Server {
    fn drop(&mut self) {
        self.node.stop();
    }
}

/// An answer, read completely.
#[derive(Debug)]
pub struct Answer {
    pub status: u16,
    pub headers: HeaderMap,
    pub body: Vec<u8>,
}

impl Answer {
    #[track_caller]
    pub fn json(&self) -> Value {
        serde_json::from_slice(&self.body).expect("the answer is JSON")
    }

    pub fn text(&self) -> String {
        String::from_utf8(self.body.clone()).expect("the answer is UTF-8")
    }

    pub fn header(&self, name: &str) -> &str {
        self.headers
            .get(name)
            .map_or("", |value| value.to_str().expect("headers are ASCII"))
    }

    /// The answer is this problem, complete and with an id.
    #[track_caller]
    pub fn is_problem(&self, status: u16, code: &str) -> Value {
        assert_eq!(
            (self.status, self.header("content-type")),
            (status, "application/problem+json"),
            "{}",
            self.text()
        );
        let problem = self.json();
        assert_eq!(problem["code"], code, "{problem}");
        assert_eq!(problem["status"], status);
        assert_eq!(problem["type"], format!("urn:kaibiao:problem:{code}"));
        assert_eq!(problem["request_id"], self.header("x-request-id"));
        assert!(
            !problem["title"].as_str().unwrap().is_empty()
                && !problem["title_zh"].as_str().unwrap().is_empty()
        );
        problem
    }
}

impl Server {
    /// A demo server; `change` may set something else first.
    pub fn start_with(change: impl FnOnce(&mut Config)) -> Server {
        let directory = tempfile::tempdir().expect("a temporary directory");
        let settings = Settings {
            data_dir: Some(directory.path().to_owned()),
            demo: Some(true),
            batch_interval_ms: Some(1),
            noise_mean_s: Some(0),
            ..Settings::default()
        };
        let mut config = settings
            .complete(Settings::default())
            .expect("the settings are complete");
        change(&mut config);
        PlatformKeys::create_missing(&config.data_dir).expect("keys can be made");
        open_store(&config, OpenMode::CreateIfMissing)
            .unwrap()
            .migrate()
            .expect("the schema is made");
        let node = Node::open(config).expect("the node opens");
        node.begin_serving().expect("the heart beats");
        Server {
            node,
            system: rt::System::new(),
            directory,
        }
    }

    pub fn start() -> Server {
        Server::start_with(|_| {})
    }

    pub fn data_dir(&self) -> &std::path::Path {
        self.directory.path()
    }

    /// One request. No answer is ever a 500.
    #[track_caller]
    pub fn send(
        &self,
        method: Method,
        path: &str,
        headers: &[(&str, &str)],
        body: Vec<u8>,
    ) -> Answer {
        let node = web::Data::from(Arc::clone(&self.node));
        let mut request = test::TestRequest::default()
            .method(method.clone())
            .uri(path)
            .set_payload(body);
        for (name, value) in headers {
            request = request.insert_header((*name, *value));
        }
        let answer = self.system.block_on(async move {
            let service = test::init_service(http::app(node)).await;
            let answer = test::call_service(&service, request.to_request()).await;
            let (status, headers) = (answer.status(), answer.headers().clone());
            let body = test::read_body(answer).await.to_vec();
            Answer {
                status: status.as_u16(),
                headers,
                body,
            }
        });
        assert_ne!(
            answer.status,
            StatusCode::INTERNAL_SERVER_ERROR,
            "{method} {path}: {}",
            answer.text()
        );
        assert_eq!(answer.header("x-request-id").len(), 36, "{method} {path}");
        assert_eq!(answer.header("x-content-type-options"), "nosniff");
        answer
    }

    #[track_caller]
    pub fn get(&self, path: &str) -> Answer {
        self.send(Method::GET, path, &[], Vec::new())
    }

    #[track_caller]
    pub fn post(&self, path: &str, body: impl Into<Vec<u8>>) -> Answer {
        self.send(Method::POST, path, &[], body.into())
    }

    #[track_caller]
    pub fn post_json(&self, path: &str, body: &Value) -> Answer {
        self.post(path, body.to_string())
    }

    #[track_caller]
    pub fn with_token(
        &self,
        method: Method,
        path: &str,
        token: &str,
        body: impl Into<Vec<u8>>,
    ) -> Answer {
        self.send(
            method,
            path,
            &[("authorization", &format!("Bearer {token}"))],
            body.into(),
        )
    }

    /// Says something on the chain where it belongs.
    #[track_caller]
    pub fn say_signed(&self, act: impl Into<Act>, keys: &[&SigningKey]) -> Answer {
        let act = act.into();
        let envelope = signed(&act, keys);
        let path = match act.chain() {
            ChainId::Tender(id) => format!("/api/v1/tenders/{id}/statements"),
            ChainId::Account(id) => format!("/api/v1/accounts/{id}/statements"),
            ChainId::Platform => "/api/v1/platform/statements".to_owned(),
        };
        self.post(&path, envelope.to_json())
    }

    #[track_caller]
    pub fn say(&self, act: impl Into<Act>, signers: &[&Actor]) -> Answer {
        let keys: Vec<&SigningKey> = signers.iter().map(|signer| signer.key()).collect();
        self.say_signed(act, &keys)
    }

    /// Says something that must be admitted; its statement id. The receipt holds.
    #[track_caller]
    pub fn must(&self, act: impl Into<Act>, signers: &[&Actor]) -> Digest {
        let answer = self.say(act, signers);
        assert_eq!(answer.status, 201, "{}", answer.text());
        let receipt = Receipt::parse(&answer.body).expect("the answer is a receipt");
        receipt
            .verify(&self.node.keys().log)
            .expect("the receipt holds");
        receipt.statement_id
    }

    #[track_caller]
    pub fn register(&self, actor: &Actor) {
        self.must(actor.registration(), &[actor]);
    }

    /// A session of a registered actor.
    #[track_caller]
    pub fn session(&self, actor: &Actor) -> String {
        let answer = self.post_json("/api/v1/sessions", &self.signed_challenge(actor));
        assert_eq!(answer.status, 201, "{}", answer.text());
        answer.json()["token"].as_str().unwrap().to_owned()
    }

    /// The body that begins a session.
    #[track_caller]
    pub fn signed_challenge(&self, actor: &Actor) -> Value {
        let key_id = actor.key().public().id().to_string();
        let answer = self.post_json("/api/v1/sessions/challenges", &json!({ "key_id": key_id }));
        assert_eq!(answer.status, 200, "{}", answer.text());
        let challenge = answer.json()["challenge"].as_str().unwrap().to_owned();
        let message = format!(
            "kaibiao-session/1\n{}\n{challenge}\n",
            self.node.config.origin
        );
        let signature = STANDARD.encode(actor.key().sign(message.as_bytes()));
        json!({ "key_id": key_id, "challenge": challenge, "signature": signature })
    }

    /// Moves the clock; what becomes due has happened then.
    #[track_caller]
    pub fn advance(&self, now_ms: u64) {
        let answer = self.post_json("/api/v1/demo/clock", &json!({ "now_ms": now_ms }));
        assert_eq!(answer.status, 200, "{}", answer.text());
    }

    /// The state of a tender, as the API shows it.
    #[track_caller]
    pub fn view(&self, tender: &str) -> Value {
        let answer = self.get(&format!("/api/v1/tenders/{tender}"));
        assert_eq!(answer.status, 200, "{}", answer.text());
        answer.json()
    }

    /// All items of a list, page by page.
    #[track_caller]
    pub fn all(&self, path: &str, limit: u32) -> Vec<Value> {
        let mut items = Vec::new();
        let mut after = String::new();
        loop {
            let answer = self.get(&format!("{path}?limit={limit}{after}"));
            assert_eq!(answer.status, 200, "{}", answer.text());
            let page = answer.json();
            items.extend(page["items"].as_array().unwrap().clone());
            match page["next"].as_str() {
                Some(next) => after = format!("&after={next}"),
                None => return items,
            }
        }
    }
}

/// A signed envelope.
pub fn signed(act: &Act, keys: &[&SigningKey]) -> Envelope {
    let mut envelope = act.envelope();
    for key in keys {
        envelope.add_signature(key);
    }
    envelope
}
