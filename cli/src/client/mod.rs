//! A typed, blocking client of the HTTP API.
//!
//! It can be cloned and shared between threads; clones share connections and, after [`Client::sign_in`],
//! each its own session. Nothing that it returns is trusted: callers check signatures, proofs and replays.

mod answers;
mod blob;
mod problem;
mod transport;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use procedure::act::Act;
use record::chain::ChainId;
use record::key::SigningKey;
use record::log::checkpoint::SignedCheckpoint;
use record::log::receipt::{Receipt, TlogProof};
use record::statement::Envelope;
use record::{Digest, Identifier};
use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::{Value, json};
use ureq::Agent;

pub use answers::*;
pub use blob::{Layout, LocalBlob, UploadError};
pub use problem::{BothLanguages, ClientError, Problem, ProblemRule};
use transport::{Method, Request};

const JSON: &str = "application/json";

/// A connection to one server.
#[derive(Clone)]
pub struct Client {
    agent: Agent,
    server: String,
    token: Option<String>,
}

impl Client {
    /// A client of the server at `address` (`http://` or `https://`, without a path).
    ///
    /// # Errors
    /// The address is not one.
    pub fn new(address: &str) -> Result<Client, ClientError> {
        let server = address.trim_end_matches('/');
        let host = server
            .strip_prefix("http://")
            .or_else(|| server.strip_prefix("https://"));
        if host.is_none_or(|host| host.is_empty() || host.contains(['/', '?', '#', ' '])) {
            return Err(ClientError::Address(address.to_owned()));
        }
        Ok(Client {
            agent: transport::agent(),
            server: server.to_owned(),
            token: None,
        })
    }

    /// The address.
    pub fn server_address(&self) -> &str {
        &self.server
    }

    fn request(
        &self,
        method: Method,
        path: &str,
        content_type: &str,
        body: &[u8],
    ) -> Result<Vec<u8>, ClientError> {
        let request = Request {
            method,
            content_type,
            body,
            token: self.token.as_deref(),
        };
        transport::send(&self.agent, &self.server, path, &request)
    }

    fn get(&self, path: &str) -> Result<Vec<u8>, ClientError> {
        self.request(Method::Get, path, JSON, &[])
    }

    fn unexpected(&self, path: &str, reason: impl std::fmt::Display) -> ClientError {
        ClientError::Unexpected {
            url: format!("{}{path}", self.server),
            reason: reason.to_string(),
        }
    }

    fn read<T: DeserializeOwned>(&self, path: &str, body: &[u8]) -> Result<T, ClientError> {
        serde_json::from_slice(body).map_err(|error| self.unexpected(path, error))
    }

    fn get_json<T: DeserializeOwned>(&self, path: &str) -> Result<T, ClientError> {
        self.read(path, &self.get(path)?)
    }

    fn get_text(&self, path: &str) -> Result<String, ClientError> {
        String::from_utf8(self.get(path)?).map_err(|error| self.unexpected(path, error))
    }

    fn post_json<T: DeserializeOwned>(&self, path: &str, body: &Value) -> Result<T, ClientError> {
        self.read(
            path,
            &self.request(Method::Post, path, JSON, body.to_string().as_bytes())?,
        )
    }

    /// Who the server says it is.
    pub fn server(&self) -> Result<ServerInfo, ClientError> {
        self.get_json("/api/v1/server")
    }

    /// The trust file that the server proposes. Compare its fingerprints by another channel.
    pub fn trust(&self) -> Result<String, ClientError> {
        self.get_text("/api/v1/trust")
    }

    /// Every released profile.
    pub fn profiles(&self) -> Result<Vec<ProfileLine>, ClientError> {
        #[derive(Deserialize)]
        struct Profiles {
            items: Vec<ProfileLine>,
        }
        Ok(self.get_json::<Profiles>("/api/v1/profiles")?.items)
    }

    /// Posts a signed statement to the chain that it belongs to; the receipt comes back. Posting the same
    /// statement again gives the same receipt.
    ///
    /// # Errors
    /// The refusal of the procedure, or no connection.
    pub fn post(&self, envelope: &Envelope) -> Result<Receipt, ClientError> {
        let kind = || ClientError::Kind(envelope.kind().to_owned());
        let act = Act::read(envelope).and_then(Result::ok).ok_or_else(kind)?;
        self.post_to(&act.chain(), envelope)
    }

    /// Posts a statement to a chain of the caller's choice, whatever it is.
    ///
    /// # Errors
    /// As [`Client::post`].
    pub fn post_to(&self, chain: &ChainId, envelope: &Envelope) -> Result<Receipt, ClientError> {
        let path = format!("{}/statements", chain_path(chain));
        let answer = self.request(Method::Post, &path, JSON, &envelope.to_json())?;
        Receipt::parse(&answer).map_err(|error| self.unexpected(&path, error))
    }

    /// One page of a chain, as far as it is public now.
    pub fn statements(
        &self,
        chain: &ChainId,
        after: Option<&str>,
        limit: u32,
    ) -> Result<Page<StatementItem>, ClientError> {
        let cursor = after
            .map(|after| format!("&after={}", percent(after)))
            .unwrap_or_default();
        self.get_json(&format!(
            "{}/statements?limit={limit}{cursor}",
            chain_path(chain)
        ))
    }

    /// A whole chain, as far as it is public now.
    pub fn chain(&self, chain: &ChainId) -> Result<Vec<StatementItem>, ClientError> {
        let mut items = Vec::new();
        let mut after: Option<String> = None;
        loop {
            let page = self.statements(chain, after.as_deref(), 100)?;
            items.extend(page.items);
            match page.next {
                Some(next) if after.as_ref() != Some(&next) => after = Some(next),
                _ => return Ok(items),
            }
        }
    }

    /// An account.
    pub fn account(&self, account: &Identifier) -> Result<AccountView, ClientError> {
        self.get_json(&format!("/api/v1/accounts/{account}"))
    }

    /// One page of the list of tenders.
    pub fn tenders(
        &self,
        stage: Option<&str>,
        after: Option<&str>,
    ) -> Result<Page<TenderLine>, ClientError> {
        let stage = stage
            .map(|stage| format!("&stage={}", percent(stage)))
            .unwrap_or_default();
        let after = after
            .map(|after| format!("&after={}", percent(after)))
            .unwrap_or_default();
        self.get_json(&format!("/api/v1/tenders?limit=100{stage}{after}"))
    }

    /// Where a tender stands.
    pub fn tender(&self, tender: &Identifier) -> Result<TenderView, ClientError> {
        self.get_json(&format!("/api/v1/tenders/{tender}"))
    }

    /// The body that the tenderee has to sign next (`what` as in the API: `benchmark-set`, `opening-record`,
    /// `evaluation-report`, `candidates`, `award`), read strictly.
    ///
    /// # Errors
    /// The stage does not fit (refused), or no connection.
    pub fn due(&self, tender: &Identifier, what: &str) -> Result<Act, ClientError> {
        let path = format!("/api/v1/tenders/{tender}/due/{what}");
        let body = self.get(&path)?;
        match Act::read(&Envelope::new(what, body)) {
            Some(Ok(act)) => Ok(act),
            Some(Err(error)) => Err(self.unexpected(&path, error)),
            None => Err(ClientError::Kind(what.to_owned())),
        }
    }

    /// The evaluation case, once drawn.
    pub fn case(&self, tender: &Identifier) -> Result<Vec<u8>, ClientError> {
        self.get(&format!("/api/v1/tenders/{tender}/case"))
    }

    /// The public bundle.
    pub fn bundle(&self, tender: &Identifier) -> Result<Vec<u8>, ClientError> {
        self.get(&format!("/api/v1/tenders/{tender}/bundle"))
    }

    /// A tender document, by root. The caller compares the root.
    pub fn document(&self, tender: &Identifier, root: &Digest) -> Result<Vec<u8>, ClientError> {
        self.get(&format!("/api/v1/tenders/{tender}/documents/{root}"))
    }

    /// The latest checkpoint.
    pub fn checkpoint(&self) -> Result<SignedCheckpoint, ClientError> {
        let path = "/api/v1/log/checkpoint";
        self.get_text(path)?
            .parse()
            .map_err(|error| self.unexpected(path, error))
    }

    /// The latest checkpoint that a quorum of the server's witnesses has cosigned; `None`: there is none yet.
    pub fn witnessed_checkpoint(&self) -> Result<Option<SignedCheckpoint>, ClientError> {
        let path = "/api/v1/log/checkpoint?witnessed=true";
        match self.get_text(path) {
            Ok(text) => text
                .parse()
                .map(Some)
                .map_err(|error| self.unexpected(path, error)),
            Err(error) if error.code() == "checkpoint-not-found" => Ok(None),
            Err(error) => Err(error),
        }
    }

    /// The proof that the leaf at `index` is in the tree of `size` leaves.
    pub fn proof(&self, index: u64, size: u64) -> Result<TlogProof, ClientError> {
        let path = format!("/api/v1/log/proof?index={index}&size={size}");
        self.get_text(&path)?
            .parse()
            .map_err(|error| self.unexpected(&path, error))
    }

    /// The proof that the tree of `to` leaves extends that of `from`.
    pub fn consistency(&self, from: u64, to: u64) -> Result<ConsistencyProof, ClientError> {
        self.get_json(&format!("/api/v1/log/consistency?from={from}&to={to}"))
    }

    /// This client with a session of the account that `key` belongs to: needed to upload.
    ///
    /// # Errors
    /// The key is not registered, or no connection.
    pub fn sign_in(&self, key: &SigningKey) -> Result<Client, ClientError> {
        let key_id = key.public().id().to_string();
        let origin = self.server()?.origin;
        let challenge: answers::ChallengeAnswer =
            self.post_json("/api/v1/sessions/challenges", &json!({ "key_id": key_id }))?;
        let challenge = challenge.challenge;
        let message = format!("kaibiao-session/1\n{origin}\n{challenge}\n");
        let signature = STANDARD.encode(key.sign(message.as_bytes()));
        let answer = json!({ "key_id": key_id, "challenge": challenge, "signature": signature });
        let session: answers::SessionAnswer = self.post_json("/api/v1/sessions", &answer)?;
        Ok(Client {
            token: Some(session.token),
            ..self.clone()
        })
    }

    /// Announces a blob by its leaves; says which of them are missing.
    pub fn announce_blob(
        &self,
        root: &Digest,
        size: u64,
        leaves: &[Digest],
    ) -> Result<BlobState, ClientError> {
        let body = json!({ "root": root, "size_bytes": size, "leaves": leaves });
        self.post_json("/api/v1/blobs", &body)
    }

    /// Uploads one leaf of a blob.
    pub fn put_segment(&self, root: &Digest, number: u64, bytes: &[u8]) -> Result<(), ClientError> {
        let path = format!("/api/v1/blobs/{root}/segments/{number}");
        self.request(Method::Put, &path, "application/octet-stream", bytes)
            .map(|_| ())
    }

    /// Moves the clock of a demonstration server forward; its new time comes back.
    pub fn set_clock(&self, now_ms: u64) -> Result<u64, ClientError> {
        let answer: answers::ClockAnswer =
            self.post_json("/api/v1/demo/clock", &json!({ "now_ms": now_ms }))?;
        Ok(answer.now_ms)
    }
}

fn chain_path(chain: &ChainId) -> String {
    match chain {
        ChainId::Tender(id) => format!("/api/v1/tenders/{id}"),
        ChainId::Account(id) => format!("/api/v1/accounts/{id}"),
        ChainId::Platform => "/api/v1/platform".to_owned(),
    }
}

fn percent(text: &str) -> String {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-._~".contains(&byte);
    text.bytes()
        .map(|byte| {
            if plain(byte) {
                char::from(byte).to_string()
            } else {
                format!("%{byte:02X}")
            }
        })
        .collect()
}
