//! A blocking client that shows everything: status, headers, bytes. It trusts nothing and remembers what it was given.

use std::io::Read;
use std::thread::sleep;
use std::time::{Duration, Instant};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use play::Actor;
use procedure::act::Act;
use record::Digest;
use record::chain::ChainId;
use record::key::SigningKey;
use record::log::checkpoint::SignedCheckpoint;
use record::log::receipt::Receipt;
use record::statement::Envelope;
use serde_json::{Value, json};
use ureq::Agent;

use crate::evidence::{Evidence, Upload};

/// How long a client keeps trying when there is no answer, or one that says "later".
const PATIENCE: Duration = Duration::from_secs(60);
/// The longest answer that is read.
const ANSWER_BYTES_MAX: u64 = 2 << 30;

/// A connection to one address. Clones share connections and evidence.
#[derive(Clone)]
pub struct Client {
    agent: Agent,
    url: String,
    evidence: Evidence,
    patience: Duration,
}

/// An answer, read completely.
#[derive(Clone, Debug)]
pub struct Answer {
    /// The status.
    pub status: u16,
    /// The headers, names in lower case.
    pub headers: Vec<(String, String)>,
    /// The body.
    pub body: Vec<u8>,
}

/// There was no complete answer: whether the request was carried out is unknown.
#[derive(Clone, Debug)]
pub struct Lost(pub String);

/// A problem (RFC 9457) as the server sent it.
#[derive(Clone, Debug)]
pub struct Problem {
    /// The status.
    pub status: u16,
    /// Its stable code; empty if the body is no problem.
    pub code: String,
    /// Seconds of `Retry-After`.
    pub retry_after_s: Option<u64>,
    /// The whole answer.
    pub answer: Answer,
}

/// Why there is no receipt.
#[derive(Clone, Debug)]
pub enum Failure {
    /// The server said no, or not now.
    Problem(Box<Problem>),
    /// Nobody knows.
    Lost(Lost),
}

/// A statement is on the log.
#[derive(Clone, Debug)]
pub struct Said {
    /// What was handed out.
    pub receipt: Receipt,
    /// Status 201: it was new. Otherwise it had been admitted before.
    pub is_new: bool,
}

impl Answer {
    /// The body as JSON.
    ///
    /// # Panics
    /// It is not JSON.
    #[track_caller]
    pub fn json(&self) -> Value {
        serde_json::from_slice(&self.body).unwrap_or_else(|error| panic!("{error}: {self}"))
    }

    /// The body as text.
    pub fn text(&self) -> String {
        String::from_utf8_lossy(&self.body).into_owned()
    }

    /// A header; empty if it is not there.
    pub fn header(&self, name: &str) -> &str {
        let found = self.headers.iter().find(|(key, _)| key == name);
        found.map_or("", |(_, value)| value.as_str())
    }

    /// What the server complains about.
    pub fn problem(&self) -> Problem {
        let body: Value = serde_json::from_slice(&self.body).unwrap_or_default();
        Problem {
            status: self.status,
            code: body["code"].as_str().unwrap_or_default().to_owned(),
            retry_after_s: self.header("retry-after").parse().ok(),
            answer: self.clone(),
        }
    }

    /// Demands a status.
    ///
    /// # Panics
    /// It is another one.
    #[track_caller]
    pub fn must_be(self, status: u16) -> Answer {
        assert_eq!(self.status, status, "{self}");
        self
    }
}

impl std::fmt::Display for Answer {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{} {:?} {}", self.status, self.headers, self.text())
    }
}

impl std::fmt::Display for Failure {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Failure::Problem(problem) => problem.answer.fmt(f),
            Failure::Lost(Lost(reason)) => write!(f, "no answer: {reason}"),
        }
    }
}

impl Failure {
    /// Whether the same request may do better later: no answer, 429 or 503.
    pub fn is_passing(&self) -> bool {
        match self {
            Failure::Lost(_) => true,
            Failure::Problem(problem) => matches!(problem.status, 429 | 503),
        }
    }

    /// The code of the problem; `lost` if there was no answer.
    pub fn code(&self) -> &str {
        match self {
            Failure::Problem(problem) => &problem.code,
            Failure::Lost(_) => "lost",
        }
    }
}

/// A signed envelope.
pub fn signed(act: impl Into<Act>, signers: &[&Actor]) -> Envelope {
    let keys: Vec<&SigningKey> = signers.iter().map(|signer| signer.key()).collect();
    let mut envelope = act.into().envelope();
    keys.iter().for_each(|key| envelope.add_signature(key));
    envelope
}

/// Where the statements of a chain are posted and read.
pub fn chain_path(chain: &ChainId) -> String {
    match chain {
        ChainId::Tender(id) => format!("/api/v1/tenders/{id}/statements"),
        ChainId::Account(id) => format!("/api/v1/accounts/{id}/statements"),
        ChainId::Platform => "/api/v1/platform/statements".to_owned(),
    }
}

impl Client {
    /// A client of `url` (no path), with a fresh evidence and the patience of a minute.
    pub fn new(url: &str) -> Client {
        let config = Agent::config_builder()
            .http_status_as_error(false)
            .max_redirects(0)
            .timeout_connect(Some(Duration::from_secs(5)))
            .timeout_recv_response(Some(Duration::from_secs(60)));
        Client {
            agent: config.build().into(),
            url: url.trim_end_matches('/').to_owned(),
            evidence: Evidence::new(),
            patience: PATIENCE,
        }
    }

    /// The same with another evidence.
    #[must_use]
    pub fn with_evidence(mut self, evidence: &Evidence) -> Client {
        self.evidence = evidence.clone();
        self
    }

    /// The same with another patience: how long [`Client::say`] and the like try again. Zero: one attempt.
    #[must_use]
    pub fn with_patience(mut self, patience: Duration) -> Client {
        self.patience = patience;
        self
    }

    /// The same evidence, another address.
    #[must_use]
    pub fn at(&self, url: &str) -> Client {
        let mut other = Client::new(url).with_evidence(&self.evidence);
        other.patience = self.patience;
        other
    }

    /// Its address.
    pub fn url(&self) -> &str {
        &self.url
    }

    /// What it was handed.
    pub fn evidence(&self) -> &Evidence {
        &self.evidence
    }

    /// One request, one attempt. Headers: `authorization`, `if-none-match` and so on.
    ///
    /// # Errors
    /// There was no complete answer.
    pub fn send(
        &self,
        method: &str,
        path: &str,
        headers: &[(&str, &str)],
        body: &[u8],
    ) -> Result<Answer, Lost> {
        let lost = |error: &dyn std::fmt::Display| Lost(format!("{method} {path}: {error}"));
        let mut request = ureq::http::Request::builder()
            .method(method)
            .uri(format!("{}{path}", self.url));
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        // A GET with a body, even an empty one, is refused by the client library.
        let answer = if matches!(method, "GET" | "HEAD" | "DELETE") {
            let request = request.body(()).map_err(|error| lost(&error))?;
            self.agent.run(request)
        } else {
            let request = request.body(body).map_err(|error| lost(&error))?;
            self.agent.run(request)
        };
        let mut answer = answer.map_err(|error| lost(&error))?;
        let mut body = Vec::new();
        let mut reader = answer
            .body_mut()
            .with_config()
            .limit(ANSWER_BYTES_MAX)
            .reader();
        reader
            .read_to_end(&mut body)
            .map_err(|error| lost(&error))?;
        let header = |(name, value): (&ureq::http::HeaderName, &ureq::http::HeaderValue)| {
            (
                name.as_str().to_owned(),
                String::from_utf8_lossy(value.as_bytes()).into_owned(),
            )
        };
        Ok(Answer {
            status: answer.status().as_u16(),
            headers: answer.headers().iter().map(header).collect(),
            body,
        })
    }

    /// Repeats a request until there is an answer other than 429 and 503, as long as patience lasts.
    fn patiently(&self, attempt: impl Fn() -> Result<Answer, Lost>) -> Result<Answer, Failure> {
        let end = Instant::now() + self.patience;
        loop {
            let failure = match attempt() {
                Ok(answer) if matches!(answer.status, 429 | 503) => {
                    Failure::Problem(Box::new(answer.problem()))
                }
                Ok(answer) => return Ok(answer),
                Err(lost) => Failure::Lost(lost),
            };
            if Instant::now() >= end {
                return Err(failure);
            }
            sleep(Duration::from_millis(20));
        }
    }

    /// Reads `path`; any answer but 429 and 503 comes back.
    ///
    /// # Panics
    /// No such answer within the client's patience.
    #[track_caller]
    pub fn get(&self, path: &str) -> Answer {
        let answer = self.patiently(|| self.send("GET", path, &[], &[]));
        answer.unwrap_or_else(|failure| panic!("GET {path}: {failure}"))
    }

    /// Sends a JSON body with an optional session; any answer but 429 and 503 comes back.
    ///
    /// # Panics
    /// No such answer within the client's patience.
    #[track_caller]
    pub fn post_json(&self, path: &str, token: Option<&str>, body: &Value) -> Answer {
        let body = body.to_string();
        let bearer = token.map(|token| format!("Bearer {token}"));
        let mut headers = vec![("content-type", "application/json")];
        headers.extend(bearer.as_deref().map(|bearer| ("authorization", bearer)));
        let answer = self.patiently(|| self.send("POST", path, &headers, body.as_bytes()));
        answer.unwrap_or_else(|failure| panic!("POST {path}: {failure}"))
    }

    /// Posts an envelope to a chain, one attempt. The receipt is kept.
    ///
    /// # Errors
    /// The server's problem, or no answer.
    ///
    /// # Panics
    /// The server says that it is admitted, but gives no receipt of it.
    pub fn post_once(&self, chain: &ChainId, envelope: &Envelope) -> Result<Said, Failure> {
        let headers = [("content-type", "application/json")];
        let sent = self.send("POST", &chain_path(chain), &headers, &envelope.to_json());
        self.said(envelope, sent.map_err(Failure::Lost)?)
    }

    /// Posts an envelope where it belongs, again while there is no answer or one that says "later".
    ///
    /// # Errors
    /// The server's problem, or no answer until patience ended.
    ///
    /// # Panics
    /// As [`Client::post_once`], and when the envelope is of no known kind.
    pub fn post(&self, envelope: &Envelope) -> Result<Said, Failure> {
        let act = Act::read(envelope).expect("a known kind");
        let path = chain_path(&act.expect("a well-formed body").chain());
        let (json, headers) = (envelope.to_json(), [("content-type", "application/json")]);
        let answer = self.patiently(|| self.send("POST", &path, &headers, &json));
        self.said(envelope, answer?)
    }

    fn said(&self, envelope: &Envelope, answer: Answer) -> Result<Said, Failure> {
        if !matches!(answer.status, 200 | 201) {
            return Err(Failure::Problem(Box::new(answer.problem())));
        }
        let receipt = Receipt::parse(&answer.body)
            .unwrap_or_else(|error| panic!("not a receipt: {error}: {answer}"));
        assert_eq!(
            receipt.statement_id,
            envelope.id(),
            "a receipt of another statement"
        );
        self.evidence.keep(envelope, &receipt);
        Ok(Said {
            receipt,
            is_new: answer.status == 201,
        })
    }

    /// Signs and posts.
    ///
    /// # Errors
    /// As [`Client::post`].
    pub fn say(&self, act: impl Into<Act>, signers: &[&Actor]) -> Result<Said, Failure> {
        self.post(&signed(act, signers))
    }

    /// Says what must be admitted; its statement id.
    ///
    /// # Panics
    /// It is not admitted.
    #[track_caller]
    pub fn must(&self, act: impl Into<Act>, signers: &[&Actor]) -> Digest {
        let act = act.into();
        let kind = act.kind();
        match self.say(act, signers) {
            Ok(said) => said.receipt.statement_id,
            Err(failure) => panic!("{kind}: {failure}"),
        }
    }

    /// A session of a registered actor.
    ///
    /// # Panics
    /// It is refused.
    #[track_caller]
    pub fn session(&self, actor: &Actor) -> String {
        let origin = self.info()["origin"]
            .as_str()
            .unwrap_or_default()
            .to_owned();
        let key_id = actor.key().public().id().to_string();
        let end = Instant::now() + self.patience;
        loop {
            let asked = self.post_json(
                "/api/v1/sessions/challenges",
                None,
                &json!({ "key_id": key_id }),
            );
            let challenge = asked.must_be(200).json()["challenge"]
                .as_str()
                .unwrap_or_default()
                .to_owned();
            let message = format!("kaibiao-session/1\n{origin}\n{challenge}\n");
            let signature = STANDARD.encode(actor.key().sign(message.as_bytes()));
            let body = json!({ "key_id": key_id, "challenge": challenge, "signature": signature });
            let answer = self.post_json("/api/v1/sessions", None, &body);
            // A challenge is good for one attempt: if the answer to that was lost, a new one is needed.
            if answer.problem().code == "challenge-invalid" && Instant::now() < end {
                continue;
            }
            let token = answer.must_be(201).json()["token"].clone();
            return token.as_str().expect("a token").to_owned();
        }
    }

    /// Declares content and sends the segments that are missing. Kept as evidence when the server has said of all
    /// that they are stored.
    ///
    /// # Panics
    /// It is refused.
    #[track_caller]
    pub fn upload(&self, owner: &Actor, token: &str, segments: &[Vec<u8>]) -> Digest {
        let leaves: Vec<Digest> = segments
            .iter()
            .map(|bytes| record::sealing::segment_leaf(bytes))
            .collect();
        let root = record::sealing::root_of_leaves(&leaves);
        let size: usize = segments.iter().map(Vec::len).sum();
        let hex: Vec<String> = leaves.iter().map(Digest::to_string).collect();
        let body = json!({ "root": root.to_string(), "size_bytes": size, "leaves": hex });
        let declared = self.post_json("/api/v1/blobs", Some(token), &body);
        let missing = declared.must_be(200).json()["missing"].clone();
        for number in missing.as_array().expect("a list") {
            let number = number.as_u64().expect("a number");
            let bytes = &segments[usize::try_from(number).expect("small")];
            let answer = self.put_segment(token, root, number, bytes);
            answer
                .unwrap_or_else(|failure| panic!("segment {number}: {failure}"))
                .must_be(204);
        }
        self.evidence.keep_upload(Upload {
            account: owner.id().clone(),
            root,
            leaves,
        });
        root
    }

    /// Sends one segment, patiently.
    ///
    /// # Errors
    /// No answer, or only ones that say "later".
    pub fn put_segment(
        &self,
        token: &str,
        root: Digest,
        number: u64,
        bytes: &[u8],
    ) -> Result<Answer, Failure> {
        let path = format!("/api/v1/blobs/{root}/segments/{number}");
        let bearer = format!("Bearer {token}");
        let headers = [
            ("authorization", bearer.as_str()),
            ("content-type", "application/octet-stream"),
        ];
        self.patiently(|| self.send("PUT", &path, &headers, bytes))
    }

    /// What the server says it is.
    #[track_caller]
    pub fn info(&self) -> Value {
        self.get("/api/v1/server").must_be(200).json()
    }

    /// The procedure's time, UTC milliseconds.
    #[track_caller]
    pub fn now_ms(&self) -> u64 {
        self.info()["time_ms"].as_u64().expect("a time")
    }

    /// Moves the demo clock to `now_ms`. If the clock is there already, nothing happens.
    ///
    /// # Panics
    /// It is refused.
    #[track_caller]
    pub fn advance(&self, now_ms: u64) {
        let answer = self.post_json("/api/v1/demo/clock", None, &json!({ "now_ms": now_ms }));
        if answer.problem().code != "clock-backwards" {
            answer.must_be(200);
        }
    }

    /// The public state of a tender.
    #[track_caller]
    pub fn view(&self, tender: &str) -> Value {
        let answer = self.get(&format!("/api/v1/tenders/{tender}"));
        answer.must_be(200).json()
    }

    /// All items of a list, page by page.
    #[track_caller]
    pub fn all(&self, path: &str) -> Vec<Value> {
        let mut items = Vec::new();
        let mut after = String::new();
        loop {
            let page = self.get(&format!("{path}?limit=100{after}"));
            let page = page.must_be(200).json();
            items.extend(page["items"].as_array().expect("items").iter().cloned());
            match page["next"].as_str() {
                Some(next) => after = format!("&after={next}"),
                None => return items,
            }
        }
    }

    /// The latest checkpoint. Kept as evidence; not verified here.
    #[track_caller]
    pub fn checkpoint(&self) -> SignedCheckpoint {
        let text = self.get("/api/v1/log/checkpoint").must_be(200).text();
        let checkpoint: SignedCheckpoint = text.parse().expect("a checkpoint");
        self.evidence.keep_checkpoint(&checkpoint);
        checkpoint
    }
}
