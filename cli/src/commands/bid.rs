//! What a bidder does around its bid: withdraw, contribute, open, confirm, object.

use std::collections::BTreeMap;
use std::path::PathBuf;

use procedure::act::{
    Act, BidOpened, BidResult, BidWithdrawn, FormValue, Matter, Objection, ReadOutConfirmed,
};
use procedure::bid_context;
use record::sealing::{EnvelopeKind, open_recovery};
use record::{Digest, Identifier};
use serde_json::{Map, Value, json};

use super::{Outcome, admitted};
use crate::desk::Desk;
use crate::failure::Failure;
use crate::keyring::{Keyring, signed};
use crate::release::{check_chains, check_closing, check_own_opening};
use crate::seal::{BidFolder, Sealer, SealingError, Terms, seal_contribution};

/// Arguments of `withdraw`.
#[derive(Debug, clap::Args)]
pub struct Withdraw {
    /// The bid folder.
    folder: PathBuf,
    /// Do not ask.
    #[arg(long, short)]
    yes: bool,
    /// Sign with the key whose id begins so; it must be older than the bid.
    #[arg(long = "key", value_name = "KEY", default_value = "")]
    signing_key: String,
}

/// Withdraws a bid.
pub fn withdraw(desk: &Desk, arguments: &Withdraw) -> Outcome {
    let folder = BidFolder::open(&arguments.folder)?;
    let info = folder.info()?;
    let keyring = desk.keyring()?;
    desk.confirm(
        &format!(
            "Withdraw your bid in {}? It will not be opened.",
            info.tender
        ),
        arguments.yes,
    )?;
    let body = BidWithdrawn {
        tender: info.tender,
        manifest: info.statement,
    };
    let envelope = signed(body, keyring.signing_key_beginning(&arguments.signing_key)?);
    let receipt = desk.post(&desk.client()?, &envelope)?;
    folder.keep_receipt(&receipt, true)?;
    admitted(desk, "The bid is withdrawn.", &receipt);
    Ok(0)
}

/// Arguments of `contribute`.
#[derive(Debug, clap::Args)]
pub struct Contribute {
    /// The tender.
    tender: Identifier,
    /// Attempt of the draw; the present one if not given.
    #[arg(long)]
    attempt: Option<u32>,
}

/// Contributes fresh randomness to the draw.
pub fn contribute(desk: &Desk, arguments: &Contribute) -> Outcome {
    let client = desk.client()?;
    let keyring = desk.keyring()?;
    let record = desk.record(&client, &arguments.tender)?;
    let present = record
        .tender
        .stage()
        .drawing()
        .and_then(|drawing| drawing.last())
        .map_or(1, |attempt| attempt.number);
    let attempt = arguments.attempt.unwrap_or(present);
    let contribution = seal_contribution(&Terms::of(&record)?, Sealer::of(&keyring)?, attempt)?;
    let receipt = desk.post(&client, &contribution.envelope)?;
    admitted(
        desk,
        &format!("Contributed to attempt {attempt} of the draw."),
        &receipt,
    );
    Ok(0)
}

/// Arguments of `open`.
#[derive(Debug, clap::Args)]
pub struct Open {
    /// The bid folder.
    folder: PathBuf,
    /// Open the contribution to the draw instead of the bid.
    #[arg(long)]
    contribution: bool,
}

/// Publishes the bidder's own key. Needed where the bidders open, or where too few trustees do.
pub fn open(desk: &Desk, arguments: &Open) -> Outcome {
    let folder = BidFolder::open(&arguments.folder)?;
    let keyring = desk.keyring()?;
    let kind = if arguments.contribution {
        EnvelopeKind::Contrib
    } else {
        EnvelopeKind::Opening
    };
    let key = own_key(&folder, &keyring, kind)?;
    let info = folder.info()?;
    let client = desk.client()?;
    let record = desk.record(&client, &info.tender)?;
    let now_ms = desk.now_ms(&client, &record)?;
    check_own_opening(&record, &info.statement, kind, now_ms)?;
    match desk.trust()? {
        Some(trust) => drop(check_closing(&client, &record, &trust)?),
        None => check_chains(&record)?,
    }
    let body = BidOpened {
        tender: info.tender,
        envelope: info.statement,
        kind,
        key,
    };
    let receipt = desk.post(&client, &keyring.sign(body)?)?;
    admitted(desk, "Opened with your own key.", &receipt);
    Ok(0)
}

/// K from the folder's secrets; if they are lost, from slot 0 of the manifest with the recovery key.
fn own_key(folder: &BidFolder, keyring: &Keyring, kind: EnvelopeKind) -> Result<Digest, Failure> {
    if let Ok(secrets) = folder.secrets(keyring) {
        return Ok(if kind == EnvelopeKind::Contrib {
            secrets.contrib
        } else {
            secrets.opening
        });
    }
    let (_, manifest) = folder.manifest()?;
    let missing = || {
        Failure::input(
            "envelope-missing",
            format!("the manifest has no {kind} envelope"),
        )
    };
    let envelope = manifest
        .envelopes
        .iter()
        .find(|one| one.kind == kind)
        .ok_or_else(missing)?;
    let draw =
        Identifier::new("benchmark").map_err(|error| Failure::failed("identifier", error))?;
    let context = bid_context(&manifest, envelope, &draw)
        .map_err(|refusal| Failure::input(refusal.code.as_str(), refusal))?;
    let block = base64::Engine::decode(
        &base64::engine::general_purpose::STANDARD,
        &envelope.key_block,
    )
    .map_err(|error| Failure::input("key-block", error))?;
    let key =
        open_recovery(&block, &context.digest(), keyring.recovery()).map_err(SealingError::Seal)?;
    Ok(Digest(*key.bytes()))
}

/// Arguments of `confirm`.
#[derive(Debug, clap::Args)]
pub struct Confirm {
    /// The bid folder.
    folder: PathBuf,
    /// Say that what was read out is not what you sealed. Then also object (`kaibiao object`).
    #[arg(long)]
    disagree: bool,
}

/// Compares the read-out with what was sealed, and says so.
pub fn confirm(desk: &Desk, arguments: &Confirm) -> Outcome {
    let folder = BidFolder::open(&arguments.folder)?;
    let keyring = desk.keyring()?;
    let info = folder.info()?;
    let sealed = folder.secrets(&keyring)?.form;
    let client = desk.client()?;
    let results = client.tender(&info.tender)?.results;
    let results =
        results.ok_or_else(|| Failure::failed("not-read-out", "nothing has been read out yet"))?;
    let line = results
        .into_iter()
        .find(|line| line.manifest == info.statement);
    let line =
        line.ok_or_else(|| Failure::failed("bid-not-live", "this bid was not live at closing"))?;
    let same = same_form(&sealed, &line.form);
    desk.output.note(read_out(&line, &sealed, same));
    if !same && !arguments.disagree {
        return Err(Failure::failed(
            "read-out-differs",
            "what was read out is not what this folder sealed",
        )
        .hint("Say --disagree to put that on record, and object with `kaibiao object`."));
    }
    let body = ReadOutConfirmed {
        tender: info.tender,
        manifest: info.statement,
        agrees: !arguments.disagree,
    };
    let receipt = desk.post(&client, &keyring.sign(body)?)?;
    admitted(
        desk,
        if arguments.disagree {
            "Disagreement recorded."
        } else {
            "Confirmed."
        },
        &receipt,
    );
    Ok(0)
}

fn same_form(sealed: &Map<String, Value>, read: &BTreeMap<Identifier, FormValue>) -> bool {
    let as_json = |value: &FormValue| match value {
        FormValue::Text(text) => json!(text),
        FormValue::Integer(number) => json!(number),
    };
    sealed.len() == read.len()
        && read
            .iter()
            .all(|(id, value)| sealed.get(id.as_str()) == Some(&as_json(value)))
}

fn read_out(line: &BidResult, sealed: &Map<String, Value>, same: bool) -> String {
    let mut text = format!("Read out: {:?}", line.outcome).to_lowercase();
    for (id, value) in &line.form {
        let value = match value {
            FormValue::Text(text) => text.clone(),
            FormValue::Integer(number) => number.to_string(),
        };
        text += &format!("\n  {id:<16} {value}");
    }
    if !same {
        text += &format!("\nSealed:\n  {}", Value::Object(sealed.clone()));
    }
    text
}

/// Arguments of `object`.
#[derive(Debug, clap::Args)]
pub struct Object {
    /// The tender.
    tender: Identifier,
    /// What about.
    #[arg(long, value_enum)]
    matter: ObjectionMatter,
    /// The objection; it becomes public, and the tender stands still until it is answered.
    #[arg(long)]
    text: String,
}

/// What an objection is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
pub enum ObjectionMatter {
    /// The opening.
    Opening,
    /// The draw.
    Draw,
    /// The candidates.
    Candidates,
}

/// Objects.
pub fn object(desk: &Desk, arguments: &Object) -> Outcome {
    let keyring = desk.keyring()?;
    let matter = match arguments.matter {
        ObjectionMatter::Opening => Matter::Opening,
        ObjectionMatter::Draw => Matter::Draw,
        ObjectionMatter::Candidates => Matter::Candidates,
    };
    let (tender, objector) = (arguments.tender.clone(), keyring.account().clone());
    let body = Act::from(Objection {
        tender,
        objector,
        matter,
        text: arguments.text.clone(),
    });
    let receipt = desk.post(&desk.client()?, &keyring.sign(body)?)?;
    admitted(
        desk,
        "The objection is on record; the tenderee has to answer it.",
        &receipt,
    );
    Ok(0)
}
