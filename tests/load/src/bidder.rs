//! A bidder in the last minutes: session, declaration, segments, and the manifest as late as it dares. Told to come
//! again, it does as told; without an answer it sends the same again.

use std::net::SocketAddr;
use std::path::PathBuf;
use std::time::{Duration, Instant};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use play::Actor;
use record::Digest;
use record::log::receipt::Receipt;
use record::statement::Envelope;
use serde_json::{Value, json};
use tokio::time::{sleep, sleep_until};

use crate::connection::{Answer, Connection};
use crate::tally::Tally;

/// How long a bidder tries to learn what became of its bid, after its deadline.
const AFTER_DEADLINE: Duration = Duration::from_secs(30);

/// How long it waits when there is no answer at all.
const LOST_WAIT: Duration = Duration::from_millis(200);

/// What a bidder will do.
pub struct Plan {
    /// Who it is.
    pub actor: Actor,
    /// Its signed manifest.
    pub envelope: Envelope,
    /// Where it is posted.
    pub path: String,
    /// The sealed part on disk, header and segment one after the other.
    pub part: PathBuf,
    /// Lengths of its segments.
    pub lengths: Vec<usize>,
    /// When it begins to upload.
    pub begins: Instant,
    /// When it posts its manifest, if all is uploaded by then.
    pub submits: Instant,
    /// When its tender closes, as far as this machine can tell.
    pub deadline: Instant,
}

/// What became of it.
pub struct Bid {
    /// The manifest.
    pub envelope: Envelope,
    /// The upload's root and leaves.
    pub content: (Digest, Vec<Digest>),
    /// What it was handed.
    pub receipt: Option<Receipt>,
    /// From the first attempt to post it to the last answer.
    pub took: Duration,
}

/// One bidder from begin to end.
pub async fn bid(
    plan: Plan,
    address: SocketAddr,
    origin: std::sync::Arc<str>,
    tally: std::sync::Arc<Tally>,
) -> Bid {
    sleep_until(plan.begins.into()).await;
    let mut bidder = Bidder {
        connection: Connection::new(address),
        until: plan.deadline + AFTER_DEADLINE,
        tally: &tally,
    };
    let segments = read_part(&plan);
    let leaves: Vec<Digest> = segments
        .iter()
        .map(|bytes| record::sealing::segment_leaf(bytes))
        .collect();
    let root = record::sealing::root_of_leaves(&leaves);
    let uploaded = bidder
        .upload(&plan.actor, &origin, root, &leaves, &segments)
        .await;
    drop(segments);
    if uploaded.is_none() {
        tally.count("uploads given up");
    }
    sleep_until(plan.submits.into()).await;
    let first = Instant::now();
    let receipt = match uploaded {
        Some(()) => bidder.submit(&plan).await,
        None => None,
    };
    Bid {
        envelope: plan.envelope,
        content: (root, leaves),
        receipt,
        took: first.elapsed(),
    }
}

fn read_part(plan: &Plan) -> Vec<Vec<u8>> {
    let bytes = std::fs::read(&plan.part).expect("the sealed part is on disk");
    // The server keeps it now; twice would need twice the disk.
    let _ = std::fs::remove_file(&plan.part);
    let mut rest = bytes.as_slice();
    let cut = |length: &usize| {
        let (segment, after) = rest.split_at(*length);
        rest = after;
        segment.to_vec()
    };
    plan.lengths.iter().map(cut).collect()
}

struct Bidder<'a> {
    connection: Connection,
    until: Instant,
    tally: &'a Tally,
}

impl Bidder<'_> {
    /// Sends until there is an answer other than "come again". `None`: patience is over.
    async fn patiently(
        &mut self,
        method: &str,
        path: &str,
        headers: &[(&str, &str)],
        body: &[u8],
    ) -> Option<Answer> {
        while Instant::now() < self.until {
            match self.connection.send(method, path, headers, body).await {
                Ok(answer) if matches!(answer.status, 429 | 503) => {
                    sleep(self.told_to_wait(&answer)).await;
                }
                Ok(answer) => return Some(answer),
                Err(error) => {
                    self.tally.count(format!("no answer: {}", error.kind()));
                    sleep(LOST_WAIT).await;
                }
            }
        }
        None
    }

    /// How long the server says, and a little more, so that not all come back in one moment.
    fn told_to_wait(&self, answer: &Answer) -> Duration {
        let code = answer.code();
        self.tally.count(format!("{} {code}", answer.status));
        let told = answer.header("retry-after");
        let told = told.and_then(|seconds| seconds.parse::<u64>().ok());
        let Some(seconds) = told else {
            self.tally
                .find(format!("{} without Retry-After", answer.status));
            return LOST_WAIT;
        };
        let spread = u64::from(uuid::Uuid::now_v7().as_bytes()[15]) * 4;
        Duration::from_secs(seconds) + Duration::from_millis(spread)
    }

    async fn upload(
        &mut self,
        actor: &Actor,
        origin: &str,
        root: Digest,
        leaves: &[Digest],
        segments: &[Vec<u8>],
    ) -> Option<()> {
        let token = self.session(actor, origin).await?;
        let bearer = format!("Bearer {token}");
        let headers = [("authorization", bearer.as_str())];
        let size: usize = segments.iter().map(Vec::len).sum();
        let hex: Vec<String> = leaves.iter().map(Digest::to_string).collect();
        let body = json!({ "root": root.to_string(), "size_bytes": size, "leaves": hex });
        let body = body.to_string();
        let declared = self
            .patiently("POST", "/api/v1/blobs", &headers, body.as_bytes())
            .await?;
        self.expect(&declared, 200, "declaring a blob")?;
        for (number, bytes) in segments.iter().enumerate() {
            let path = format!("/api/v1/blobs/{root}/segments/{number}");
            let sent = self.patiently("PUT", &path, &headers, bytes).await?;
            self.expect(&sent, 204, "sending a segment")?;
        }
        Some(())
    }

    async fn session(&mut self, actor: &Actor, origin: &str) -> Option<String> {
        let key_id = actor.key().public().id().to_string();
        loop {
            let asked = json!({ "key_id": key_id }).to_string();
            let asked = self
                .patiently("POST", "/api/v1/sessions/challenges", &[], asked.as_bytes())
                .await?;
            self.expect(&asked, 200, "asking for a challenge")?;
            let challenge: Value = serde_json::from_slice(&asked.body).ok()?;
            let challenge = challenge["challenge"].as_str()?;
            let message = format!("kaibiao-session/1\n{origin}\n{challenge}\n");
            let signature = STANDARD.encode(actor.key().sign(message.as_bytes()));
            let body = json!({ "key_id": key_id, "challenge": challenge, "signature": signature });
            let begun = self
                .patiently("POST", "/api/v1/sessions", &[], body.to_string().as_bytes())
                .await?;
            // A challenge is good for one attempt: if the answer to that was lost, a new one is needed.
            if begun.code() == "challenge-invalid" {
                continue;
            }
            self.expect(&begun, 201, "beginning a session")?;
            let session: Value = serde_json::from_slice(&begun.body).ok()?;
            return session["token"].as_str().map(str::to_owned);
        }
    }

    async fn submit(&mut self, plan: &Plan) -> Option<Receipt> {
        let json = plan.envelope.to_json();
        let answer = self.patiently("POST", &plan.path, &[], &json).await?;
        match answer.status {
            200 | 201 => {
                self.tally.count(format!("{} receipt", answer.status));
                let receipt = Receipt::parse(&answer.body);
                if let Err(error) = &receipt {
                    self.tally.find(format!("not a receipt: {error}"));
                }
                receipt.ok()
            }
            _ if answer.code() == "deadline-passed" => {
                self.tally.count("deadline-passed");
                // Never before: this machine's clock and the server's are the same, but answers take time.
                if Instant::now() < plan.deadline {
                    self.tally
                        .find("told that the deadline had passed before it");
                }
                None
            }
            _ => {
                self.expect(&answer, 201, "submitting");
                None
            }
        }
    }

    fn expect(&self, answer: &Answer, status: u16, what: &str) -> Option<()> {
        if answer.status == status {
            return Some(());
        }
        let body = String::from_utf8_lossy(&answer.body);
        self.tally.find(format!("{what}: {} {body}", answer.status));
        None
    }
}
