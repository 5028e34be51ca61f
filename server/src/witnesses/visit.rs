//! One conversation with one witness.

use std::time::Duration;

use record::Digest;
use record::log::checkpoint::{NoteSignature, SignedCheckpoint};
use record::log::note::NOTE_BYTES_MAX;
use record::log::tree::TreeError;
use record::log::witness::{AddCheckpoint, parse_size};
use record::trust::TrustedWitness;
use store::Store;
use ureq::Agent;

use super::stored_name;
use crate::keys::PlatformKeys;
use crate::log::{self, LogError};
use crate::states::to_i64;

const CONNECT_MAX: Duration = Duration::from_secs(2);
const ANSWER_MAX: Duration = Duration::from_secs(5);
/// Ask, learn the size, ask again; once more if another node was quicker.
const ATTEMPTS: usize = 4;

/// How a visit ended.
#[derive(Debug)]
pub(super) enum Visit {
    /// She cosigned; the line was verified.
    Cosigned(store::log::Cosignature),
    /// She holds a newer checkpoint of this log, which another node sent.
    Ahead(u64),
    /// She holds what does not fit to this log.
    Contradicts(String),
    /// She cannot be reached, or answers what is no answer.
    Failed(String),
}

/// The other end of every conversation with one witness.
pub(super) struct Visitor<'a> {
    pub store: &'a Store,
    pub keys: &'a PlatformKeys,
    pub witness: &'a TrustedWitness,
    pub agent: Agent,
    /// The size that she was last known to hold.
    pub held: u64,
}

struct Answer {
    status: u16,
    body: String,
}

/// Blocking, no redirects, short of time.
pub(super) fn agent() -> Agent {
    Agent::config_builder()
        .http_status_as_error(false)
        .max_redirects(0)
        .timeout_connect(Some(CONNECT_MAX))
        .timeout_global(Some(ANSWER_MAX))
        .user_agent(concat!("kaibiao-server/", env!("CARGO_PKG_VERSION")))
        .build()
        .into()
}

impl Visitor<'_> {
    /// Asks for a cosignature on `checkpoint`, which is this log's newest, or nearly.
    pub fn visit(&mut self, checkpoint: &SignedCheckpoint) -> Visit {
        match self.converse(checkpoint) {
            Ok(visit) => visit,
            Err(reason) => Visit::Failed(reason),
        }
    }

    fn converse(&mut self, checkpoint: &SignedCheckpoint) -> Result<Visit, String> {
        let size = checkpoint.checkpoint().size;
        for _ in 0..ATTEMPTS {
            if self.held > size {
                return self.is_ahead(self.held);
            }
            let answer = self.ask(checkpoint)?;
            match answer.status {
                200 => {
                    let line = self.read_line(checkpoint, &answer.body)?;
                    self.notice_loss()?;
                    self.held = size;
                    return Ok(Visit::Cosigned(line));
                }
                // She holds our size and does not agree: that is another tree. (422 in a later draft of the protocol.)
                409 | 422 if self.held == size && size > 0 && self.repeats(&answer) => {
                    return Ok(Visit::Contradicts(format!(
                        "she holds another tree of {size} leaves"
                    )));
                }
                409 => {
                    let held = parse_size(&answer.body)
                        .ok_or_else(|| "status 409 without a size".to_owned())?;
                    if held == self.held {
                        return Err(format!("status 409, although she holds {held} leaves"));
                    }
                    self.held = held;
                }
                422 if self.held > 0 => {
                    return Ok(Visit::Contradicts(format!(
                        "her tree of {} leaves is no part of this log",
                        self.held
                    )));
                }
                status => return Err(format!("status {status}: {}", first_line(&answer.body))),
            }
        }
        Err("she holds another size each time".to_owned())
    }

    /// She took the log for a new one, although she has cosigned it before: she lost her state, and would cosign any
    /// other log under this name too. That is for people to settle; her line is right all the same.
    fn notice_loss(&self) -> Result<(), String> {
        if self.held > 0 {
            return Ok(());
        }
        let name = stored_name(self.witness);
        let before = self
            .store
            .read(|conn| store::log::newest_cosigned_by(conn, &name))
            .map_err(|error| error.to_string())?;
        if let Some(before) = before.filter(|size| *size > 0) {
            let witness = &self.witness.name;
            tracing::error!(%witness, before, "the witness has lost her state; she needs a new key");
        }
        Ok(())
    }

    /// A 409 that names the size which was sent as the old one, or names none.
    fn repeats(&self, answer: &Answer) -> bool {
        parse_size(&answer.body).is_none_or(|size| size == self.held)
    }

    /// Whether another node of this platform has gone further meanwhile, or nobody has.
    fn is_ahead(&self, held: u64) -> Result<Visit, String> {
        let newest = self
            .store
            .read(store::log::latest_checkpoint)
            .map_err(|error| error.to_string())?
            .map_or(0, |row| row.size);
        Ok(if to_i64(held) <= newest {
            Visit::Ahead(held)
        } else {
            Visit::Contradicts(format!(
                "she cosigned {held} leaves of this log, and it has a checkpoint of only {newest}"
            ))
        })
    }

    fn ask(&self, checkpoint: &SignedCheckpoint) -> Result<Answer, String> {
        let size = checkpoint.checkpoint().size;
        let request = AddCheckpoint {
            old: self.held,
            proof: log::consistency(self.store, self.held, size)
                .map_err(|error| error.to_string())?,
            checkpoint: bare(checkpoint),
        };
        let url = format!("{}/add-checkpoint", self.url());
        let sent = self
            .agent
            .post(&url)
            .header("content-type", "text/plain; charset=utf-8")
            .send(request.to_string());
        read(sent)
    }

    /// The line of her answer that is hers. Lines of keys that we do not know are passed over.
    fn read_line(
        &self,
        checkpoint: &SignedCheckpoint,
        body: &str,
    ) -> Result<store::log::Cosignature, String> {
        for text in body.lines().take(record::log::note::SIGNATURES_MAX) {
            let Ok(line) = NoteSignature::parse(text) else {
                continue;
            };
            let mut cosigned = bare(checkpoint);
            cosigned.add(line.clone());
            if let Ok(Some(time_s)) = cosigned.cosigned_at(&self.witness.key) {
                return Ok(store::log::Cosignature {
                    size: to_i64(checkpoint.checkpoint().size),
                    witness: stored_name(self.witness),
                    line: line.to_string(),
                    t_ms: to_i64(time_s.saturating_mul(1000)),
                });
            }
        }
        Err("her answer holds no good cosignature of her key".to_owned())
    }

    /// Whether she can show, with this log's own signature, what this log does not contain.
    pub fn proves(&self) -> bool {
        let origin = Digest::sha256(self.keys.log.name().as_str().as_bytes());
        let url = format!("{}/{origin}/checkpoint", self.url());
        let Ok(answer) = read(self.agent.get(&url).call()) else {
            return false;
        };
        let shown: Option<SignedCheckpoint> = answer.body.parse().ok();
        let Some(shown) = shown.filter(|shown| shown.verify(&self.keys.log).is_ok()) else {
            return false;
        };
        let theirs = shown.checkpoint();
        let own = self.store.read(|conn| log::root(conn, theirs.size));
        match own {
            Ok(root) => root != theirs.root,
            // Leaves that this log does not have.
            Err(LogError::Tree(TreeError::Missing { .. })) => true,
            // A failure of our own database proves nothing.
            Err(_) => false,
        }
    }

    fn url(&self) -> &str {
        self.witness
            .url
            .as_deref()
            .unwrap_or_default()
            .trim_end_matches('/')
    }
}

/// The checkpoint with the log's own line only: others' lines are not her business.
fn bare(checkpoint: &SignedCheckpoint) -> SignedCheckpoint {
    let origin = &checkpoint.checkpoint().origin;
    checkpoint.keeping(|line| line.name == *origin)
}

fn read(sent: Result<ureq::http::Response<ureq::Body>, ureq::Error>) -> Result<Answer, String> {
    let mut answer = sent.map_err(|error| error.to_string())?;
    let status = answer.status().as_u16();
    let body = answer
        .body_mut()
        .with_config()
        .limit(NOTE_BYTES_MAX as u64)
        .read_to_string()
        .map_err(|error| error.to_string())?;
    Ok(Answer { status, body })
}

fn first_line(body: &str) -> String {
    let line = body.lines().next().unwrap_or_default();
    line.chars().take(200).collect()
}
