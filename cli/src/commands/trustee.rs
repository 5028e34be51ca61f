//! `kaibiao trustee`: what a trustee does, on a machine of its own.

use std::path::{Path, PathBuf};

use procedure::act::{Act, TrusteeKey};
use record::Identifier;
use record::sealing::EnvelopeKind;
use serde_json::json;

use super::{Outcome, admitted, tenderee};
use crate::client::Client;
use crate::desk::Desk;
use crate::failure::Failure;
use crate::keyring::Keyring;
use crate::release::{self, check_closing};
use crate::replay::Record;
use crate::time;

/// What a trustee does.
#[derive(Debug, clap::Subcommand)]
pub enum Command {
    /// Post your key for a tender. It is derived from your key file: there is nothing else to keep.
    Key {
        /// The tender.
        tender: Identifier,
    },
    /// Add your signature to a trustee set file, after checking that your key is in it.
    SignSet {
        /// The file that `kaibiao tender set` made.
        set: PathBuf,
        /// Do not ask.
        #[arg(long, short)]
        yes: bool,
    },
    /// Answer the rehearsal before the notice: proves that your key works.
    Rehearse {
        /// The tender.
        tender: Identifier,
    },
    /// Release your shares: of the bids in the opening, of the contributions in the draw.
    Release(Release),
}

/// Arguments of `trustee release`.
#[derive(Debug, clap::Args)]
pub struct Release {
    /// The tender.
    tender: Identifier,
    /// Do not ask.
    #[arg(long, short)]
    yes: bool,
}

/// Does it.
pub fn run(desk: &Desk, command: Command) -> Outcome {
    match command {
        Command::Key { tender } => key(desk, tender),
        Command::SignSet { set, yes } => sign_set(desk, &set, yes),
        Command::Rehearse { tender } => rehearse(desk, &tender),
        Command::Release(arguments) => release(desk, &arguments),
    }
}

fn key(desk: &Desk, tender: Identifier) -> Outcome {
    let keyring = desk.keyring()?;
    let (trustee, key) = (
        keyring.account().clone(),
        keyring.trustee_key(&tender).public().clone(),
    );
    let receipt = desk.post(
        &desk.client()?,
        &keyring.sign(TrusteeKey {
            tender,
            trustee,
            key,
        })?,
    )?;
    admitted(desk, "Your key for this tender is on record.", &receipt);
    Ok(0)
}

fn sign_set(desk: &Desk, path: &Path, yes: bool) -> Outcome {
    let (mut envelope, act) = tenderee::read_statement(path)?;
    let Act::TrusteeSet(set) = act else {
        return Err(Failure::input(
            "statement-file",
            format!("this is a {}, not a trustee set", act.kind()),
        ));
    };
    let keyring = desk.keyring()?;
    let own = keyring.trustee_key(&set.tender);
    let is_own = |member: &procedure::act::TrusteeMember| {
        member.trustee == *keyring.account() && member.key == *own.public()
    };
    if !set.members.iter().any(is_own) {
        return Err(Failure::failed(
            "not-a-trustee",
            "this set does not hold your key for the tender; do not sign it",
        )
        .hint("Did you post your key with `kaibiao trustee key`, with this key file?"));
    }
    for (slot, member) in (1..).zip(&set.members) {
        desk.output
            .note(format!("  slot {slot}  {}", member.trustee));
    }
    let question = format!(
        "{} of these {} open all bids of {}. Sign?",
        set.threshold,
        set.members.len(),
        set.tender
    );
    desk.confirm(&question, yes)?;
    envelope.add_signature(keyring.signing_key()?);
    tenderee::rewrite_statement(path, &envelope)?;
    let text = format!(
        "Signed; the set now carries {} signatures.",
        envelope.signatures.len()
    );
    desk.output.result(
        text,
        &json!({ "statement": envelope.id(), "signatures": envelope.signatures.len() }),
    );
    Ok(0)
}

fn rehearse(desk: &Desk, tender: &Identifier) -> Outcome {
    let client = desk.client()?;
    let keyring = desk.keyring()?;
    let record = desk.record(&client, tender)?;
    let prepared = release::prepare(&record, &keyring, time::now_ms())?;
    if prepared.kind != EnvelopeKind::Rehearsal {
        return Err(Failure::failed(
            "stage-mismatch",
            "the tender is announced: there is nothing to rehearse any more",
        ));
    }
    if prepared.undecryptable() > 0 {
        return Err(
            Failure::failed("rehearsal-failed", "your key does not open the rehearsal").hint(
                "Do not go on with this set; ask the platform, and make a new key file if need be.",
            ),
        );
    }
    post(
        desk,
        &client,
        &keyring,
        &prepared,
        "Your key opens the rehearsal.",
    )
}

/// Releases in the opening or in the draw. The opening is checked against the trust file first.
pub fn release(desk: &Desk, arguments: &Release) -> Outcome {
    let trust = desk.trust_required()?;
    let client = desk.client()?;
    let keyring = desk.keyring()?;
    let record = desk.record(&client, &arguments.tender)?;
    let now_ms = desk.now_ms(&client, &record)?;
    let prepared = release::prepare(&record, &keyring, now_ms)?;
    if prepared.kind == EnvelopeKind::Rehearsal {
        return Err(Failure::failed(
            "stage-mismatch",
            "the tender is not announced yet; use `kaibiao trustee rehearse`",
        ));
    }
    let proof = check_closing(&client, &record, &trust)?;
    explain(desk, &record, &proof);
    let question = format!(
        "Release your shares of {} {} envelopes (slot {})?",
        prepared.shares.len(),
        prepared.kind,
        prepared.slot
    );
    desk.confirm(&question, arguments.yes)?;
    post(desk, &client, &keyring, &prepared, "Released.")
}

fn explain(desk: &Desk, record: &Record, proof: &release::ClosingProof) {
    let index = proof.proof.index;
    let witnessed = if proof.witnessed {
        "witnessed"
    } else {
        "not witnessed"
    };
    let closed = time::show(proof.closed_ms);
    let simulated = if record.directory.is_demo() {
        " SIMULATED TIME"
    } else {
        ""
    };
    desk.output.note(format!(
        "closed {closed}{simulated}: proved as log entry {index} ({witnessed}), all chains complete"
    ));
}

fn post(
    desk: &Desk,
    client: &Client,
    keyring: &Keyring,
    prepared: &release::Release,
    what: &str,
) -> Outcome {
    let mut receipts = Vec::new();
    for envelope in prepared.statements(keyring.signing_key()?) {
        receipts.push(desk.post(client, &envelope)?);
    }
    let mut text = format!(
        "{what} Slot {}, envelopes of kind {}: {}.",
        prepared.slot,
        prepared.kind,
        prepared.shares.len()
    );
    if prepared.undecryptable() > 0 {
        text += &format!(
            "\n  {} envelopes do not open with your key; that is recorded.",
            prepared.undecryptable()
        );
    }
    let statements: Vec<_> = receipts
        .iter()
        .map(|receipt| receipt.statement_id)
        .collect();
    let value = json!({
        "tender": prepared.tender, "slot": prepared.slot, "kind": prepared.kind,
        "shares": prepared.shares.len(), "undecryptable": prepared.undecryptable(), "statements": statements,
    });
    desk.output.result(text, &value);
    Ok(0)
}
