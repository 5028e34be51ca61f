//! What a witness answers. No sockets here: bytes in, a reply out.

use std::collections::BTreeMap;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{SystemTime, UNIX_EPOCH};

use record::Digest;
use record::key::SigningKey;
use record::log::anchor::Anchor;
use record::log::checkpoint::{NoteSignature, Origin, SignedCheckpoint, VerifierKey};
use record::log::witness::{AddCheckpoint, SIZE_CONTENT_TYPE, WitnessRefusal};

use super::directory::{Directory, DirectoryError, States};
use crate::keyring::Lock;

const TEXT: &str = "text/plain; charset=utf-8";

/// An answer: status, content type, body.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Reply {
    /// The HTTP status.
    pub status: u16,
    /// Content type of the body.
    pub content_type: &'static str,
    /// The body.
    pub body: String,
}

impl Reply {
    fn new(status: u16, body: impl Into<String>) -> Reply {
        Reply {
            status,
            content_type: TEXT,
            body: body.into(),
        }
    }
}

/// A witness at work.
pub struct Witness {
    verifier: VerifierKey,
    key: SigningKey,
    logs: Vec<VerifierKey>,
    directory: Directory,
    /// What is on the disk. Held from the comparison until the new state is stored: two requests can never both be
    /// compared with the same old state.
    states: Mutex<States>,
    clock: fn() -> u64,
}

/// Seconds since 1970, by the clock of this machine.
pub fn machine_s() -> u64 {
    SystemTime::now()
        .duration_since(UNIX_EPOCH)
        .map_or(0, |elapsed| elapsed.as_secs())
}

impl Witness {
    /// Takes up a witness where it stopped.
    pub fn open(
        directory: Directory,
        lock: Option<&Lock>,
        clock: fn() -> u64,
    ) -> Result<Witness, DirectoryError> {
        Ok(Witness {
            verifier: directory.verifier()?,
            key: directory.key(lock)?,
            logs: directory.logs()?,
            states: Mutex::new(directory.states()?),
            directory,
            clock,
        })
    }

    /// Its verifier key.
    pub fn verifier(&self) -> &VerifierKey {
        &self.verifier
    }

    /// The latest size that it cosigned of each log; `None`: nothing yet.
    pub fn sizes(&self) -> BTreeMap<Origin, Option<u64>> {
        let size = |state: &SignedCheckpoint| state.checkpoint().size;
        self.states()
            .iter()
            .map(|(origin, state)| (origin.clone(), state.as_ref().map(size)))
            .collect()
    }

    /// `POST /add-checkpoint`.
    pub fn add_checkpoint(&self, body: &[u8]) -> Reply {
        let request = std::str::from_utf8(body)
            .map_err(|error| error.to_string())
            .and_then(|body| {
                body.parse::<AddCheckpoint>()
                    .map_err(|error| error.to_string())
            });
        let request = match request {
            Ok(request) => request,
            Err(reason) => return Reply::new(400, format!("{reason}\n")),
        };
        let origin = &request.checkpoint.checkpoint().origin;
        let keys: Vec<&VerifierKey> = self
            .logs
            .iter()
            .filter(|key| key.name() == origin)
            .collect();
        if keys.is_empty() {
            return Reply::new(404, "this witness does not know that log\n");
        }
        let mut states = self.states();
        let held = states.get(origin).and_then(Option::as_ref);
        if let Err(refusal) = request.judge(&keys, held.map(SignedCheckpoint::checkpoint)) {
            return self.refused(&request, held, &refusal);
        }
        match self.cosign(&request, held) {
            Ok((checkpoint, line)) => {
                states.insert(origin.clone(), Some(checkpoint));
                Reply::new(200, format!("{line}\n"))
            }
            Err(reply) => reply,
        }
    }

    /// Signs and stores; the line leaves only after the state is on the disk.
    fn cosign(
        &self,
        request: &AddCheckpoint,
        held: Option<&SignedCheckpoint>,
    ) -> Result<(SignedCheckpoint, NoteSignature), Reply> {
        let now_s = (self.clock)();
        let last_s = held.and_then(|held| held.cosigned_at(&self.verifier).ok().flatten());
        // A witness's times must never run backwards: somebody has to look at this clock.
        if last_s.is_some_and(|last_s| now_s < last_s) {
            say(format_args!(
                "REFUSED: the clock of this machine is behind the last cosignature"
            ));
            return Err(Reply::new(503, "the clock of this witness is wrong\n"));
        }
        let line = request
            .checkpoint
            .cosign(self.verifier.name(), &self.key, now_s)
            .map_err(|error| Reply::new(500, format!("{error}\n")))?;
        let mut checkpoint = request.checkpoint.clone();
        checkpoint.add(line.clone());
        // The same tree again is nothing new to remember, and costs no write.
        if held.is_some_and(|held| held.checkpoint() == checkpoint.checkpoint()) {
            return Ok((checkpoint, line));
        }
        if let Err(error) = self.directory.store(&checkpoint) {
            say(format_args!("NOT COSIGNED: {error}"));
            return Err(Reply::new(503, "the state could not be stored\n"));
        }
        let new = checkpoint.checkpoint();
        say(format_args!("cosigned {} at {}", new.origin, new.size));
        Ok((checkpoint, line))
    }

    fn refused(
        &self,
        request: &AddCheckpoint,
        held: Option<&SignedCheckpoint>,
        refusal: &WitnessRefusal,
    ) -> Reply {
        let origin = &request.checkpoint.checkpoint().origin;
        match refusal {
            WitnessRefusal::Fork { held: size } => {
                say(format_args!("FORK of {origin}: {refusal}"));
                if let Some(held) = held
                    && let Err(error) = self.directory.keep_evidence(held, &request.checkpoint)
                {
                    say(format_args!("the evidence could not be kept: {error}"));
                }
                size_reply(*size)
            }
            // The usual first question of a log that does not know our size.
            WitnessRefusal::OtherSize { held } => size_reply(*held),
            WitnessRefusal::NotConsistent(_) => {
                // Anybody can send a true checkpoint with a wrong proof, so this alone proves nothing.
                say(format_args!("refused {origin}: {refusal}"));
                Reply::new(422, format!("{refusal}\n"))
            }
            _ => Reply::new(refusal.status(), format!("{refusal}\n")),
        }
    }

    /// `POST /anchor`: 64 hex digits, a newline may follow. Nothing is stored.
    pub fn anchor(&self, body: &[u8]) -> Reply {
        let digest: Option<Digest> = std::str::from_utf8(body)
            .ok()
            .map(|text| text.strip_suffix('\n').unwrap_or(text))
            .and_then(|text| text.parse().ok());
        let Some(digest) = digest else {
            return Reply::new(400, "send a SHA-256, 64 hex digits in lower case\n");
        };
        let anchor = Anchor {
            witness: self.verifier.name().clone(),
            time_s: (self.clock)(),
            digest,
        };
        match anchor.sign(&self.key) {
            Ok(anchor) => Reply::new(200, anchor.to_string()),
            Err(error) => Reply::new(500, format!("{error}\n")),
        }
    }

    /// `GET /<SHA-256 of the origin>/checkpoint`: the latest checkpoint that was cosigned, for monitors.
    pub fn latest(&self, origin_hash: &str) -> Reply {
        let states = self.states();
        let found = states.iter().find(|(origin, _)| {
            Digest::sha256(origin.as_str().as_bytes()).to_string() == origin_hash
        });
        match found {
            Some((_, Some(checkpoint))) => Reply::new(200, checkpoint.to_string()),
            Some((_, None)) => Reply::new(404, "nothing was cosigned of that log yet\n"),
            None => Reply::new(404, "this witness does not know that log\n"),
        }
    }

    fn states(&self) -> MutexGuard<'_, States> {
        // The map changes only after the disk has: it is right even if a request panicked.
        self.states.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn size_reply(size: u64) -> Reply {
    Reply {
        status: 409,
        content_type: SIZE_CONTENT_TYPE,
        body: format!("{size}\n"),
    }
}

/// A line for the operator, on standard error; the service manager adds the time.
pub(super) fn say(text: std::fmt::Arguments<'_>) {
    use std::io::Write as _;
    let _ = writeln!(std::io::stderr().lock(), "witness: {text}");
}
