//! The hall in which a rehearsal is played: the server, whom to believe, the simulated clock, and every receipt
//! that anybody got.

use std::sync::{Mutex, PoisonError};
use std::thread::sleep;
use std::time::{Duration, Instant};

use record::Identifier;
use record::log::receipt::Receipt;
use record::statement::Envelope;
use record::trust::Trust;

use crate::client::{Client, TenderView};
use crate::desk::check_receipt;
use crate::failure::Failure;
use crate::replay::{Anchors, Record};

/// How long the platform may take to do what is due.
const PATIENCE: Duration = Duration::from_secs(120);
/// How often it is looked at.
const LOOK_AGAIN: Duration = Duration::from_millis(60);

/// A receipt and what it is for.
#[derive(Clone, Debug)]
pub struct Kept {
    /// Who and what, for a file name.
    pub label: String,
    /// The receipt.
    pub receipt: Receipt,
}

/// A demonstration server and what the rehearsal holds of it.
pub struct Hall {
    client: Client,
    anchors: Anchors,
    trust: Trust,
    trust_text: String,
    receipts: Mutex<Vec<Kept>>,
}

impl Hall {
    /// Enters the hall of a demonstration server. Its trust file is taken as it is proposed: a rehearsal
    /// compares no fingerprints by telephone.
    ///
    /// # Errors
    /// No server, or one on real time.
    pub fn enter(client: Client) -> Result<Hall, Failure> {
        let server = client.server()?;
        if !server.demo {
            let message = "this server runs on real time; a rehearsal would take weeks and leave real statements";
            return Err(Failure::input("demo-only", message)
                .hint("Start one with `kaibiao-server --demo`, and name it with --server."));
        }
        let trust_text = client.trust()?;
        let trust: Trust = trust_text
            .parse()
            .map_err(|error| Failure::failed("trust-file", error))?;
        let anchors = Anchors::new(&server, Some(&trust))?;
        Ok(Hall {
            client,
            anchors,
            trust,
            trust_text,
            receipts: Mutex::default(),
        })
    }

    /// The server.
    pub fn client(&self) -> &Client {
        &self.client
    }

    /// Whom replays believe.
    pub fn anchors(&self) -> &Anchors {
        &self.anchors
    }

    /// The server's trust file.
    pub fn trust(&self) -> &Trust {
        &self.trust
    }

    /// The same as text.
    pub fn trust_text(&self) -> &str {
        &self.trust_text
    }

    /// The server's clock.
    pub fn now_ms(&self) -> Result<u64, Failure> {
        Ok(self.client.server()?.time_ms)
    }

    /// Moves the clock to `target_ms`, unless it is already there.
    pub fn advance_to(&self, target_ms: u64) -> Result<u64, Failure> {
        match self.client.set_clock(target_ms) {
            Ok(now_ms) => Ok(now_ms),
            Err(error) if error.is("clock-backwards") => self.now_ms(),
            Err(error) => Err(error.into()),
        }
    }

    /// Posts a statement, checks its receipt and keeps it.
    pub fn post(&self, label: &str, envelope: &Envelope) -> Result<Receipt, Failure> {
        let told = |mut failure: Failure| {
            failure.message = format!("{label}, {}: {}", envelope.kind(), failure.message);
            failure
        };
        let receipt = self
            .client
            .post(envelope)
            .map_err(|error| told(error.into()))?;
        check_receipt(&receipt, envelope, &self.anchors).map_err(told)?;
        self.keep(&format!("{label}-{}", envelope.kind()), receipt.clone());
        Ok(receipt)
    }

    /// Posts a statement that has to be refused; the code of the refusal, or `admitted`.
    pub fn refusal(&self, envelope: &Envelope) -> Result<String, Failure> {
        match self.client.post(envelope) {
            Ok(_) => Ok("admitted".to_owned()),
            Err(error) if error.problem().is_some() => Ok(error.code().to_owned()),
            Err(error) => Err(error.into()),
        }
    }

    /// Keeps a receipt that somebody else got.
    pub fn keep(&self, label: &str, receipt: Receipt) {
        let mut receipts = self.receipts.lock().unwrap_or_else(PoisonError::into_inner);
        receipts.push(Kept {
            label: label.to_owned(),
            receipt,
        });
    }

    /// Every receipt so far, in the order of their leaves.
    pub fn receipts(&self) -> Vec<Kept> {
        let receipts = self.receipts.lock().unwrap_or_else(PoisonError::into_inner);
        let mut receipts = receipts.clone();
        receipts.sort_by_key(|kept| kept.receipt.proof.index);
        receipts
    }

    /// Fetches and replays a tender.
    pub fn record(&self, tender: &Identifier) -> Result<Record, Failure> {
        Ok(Record::fetch(&self.client, self.anchors.clone(), tender)?)
    }

    /// Waits until the platform has done what is due.
    pub fn wait(
        &self,
        tender: &Identifier,
        what: &str,
        is_there: impl Fn(&TenderView) -> bool,
    ) -> Result<TenderView, Failure> {
        let end = Instant::now() + PATIENCE;
        loop {
            let view = self.client.tender(tender)?;
            if is_there(&view) {
                return Ok(view);
            }
            if Instant::now() > end {
                let message = format!(
                    "{tender} is in stage {}, and {what} does not come",
                    view.stage
                );
                return Err(Failure::failed("platform-silent", message));
            }
            sleep(LOOK_AGAIN);
        }
    }

    /// Waits for a stage.
    pub fn wait_stage(&self, tender: &Identifier, stage: &str) -> Result<TenderView, Failure> {
        self.wait(tender, &format!("stage {stage}"), |view| {
            view.stage == stage
        })
    }
}
