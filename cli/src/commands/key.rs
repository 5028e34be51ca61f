//! `kaibiao key`: the key file, and what the account chain says of it.

use std::path::PathBuf;

use record::Identifier;
use record::key::{Algorithm, KeyId};
use record::sealing::Kem;
use record::statement::Envelope;
use serde_json::json;

use super::{Outcome, admitted};
use crate::desk::Desk;
use crate::failure::Failure;
use crate::keyring::{Keyring, Lock, Organisation, write_private};

/// What to do with keys.
#[derive(Debug, clap::Subcommand)]
pub enum Command {
    /// Make a new key file (--keys FILE) for an organisation. Make a copy and keep it in a safe place: without it
    /// your bids cannot be replaced, withdrawn or opened by you.
    New(New),
    /// Make an age identity file, which can lock key files instead of a passphrase (--identity). Whoever has it has
    /// the keys: for machines that nobody sits at.
    Identity {
        /// The new file.
        #[arg(long, short, value_name = "FILE")]
        out: PathBuf,
    },
    /// Show the account and the public keys of the key file.
    Show,
    /// Register the organisation on the server with the first key.
    Register,
    /// Make a further signing key and register it. Every organisation should have at least two.
    Add {
        /// Kind of the new key.
        #[arg(long, value_enum, default_value_t = KeyKind::Ed25519)]
        alg: KeyKind,
    },
    /// Revoke a key that is lost or stolen.
    Revoke {
        /// Id of the key, or how it begins.
        key: String,
        /// Why, in your own words; it becomes public.
        #[arg(long)]
        reason: String,
    },
}

/// Arguments of `key new`.
#[derive(Debug, clap::Args)]
pub struct New {
    /// Name of the account on the server: letters, digits, `:`, `.`, `_`, `-`.
    #[arg(long)]
    account: Identifier,
    /// Name of the organisation.
    #[arg(long)]
    name: String,
    /// Unified social credit code (统一社会信用代码) or foreign registration number.
    #[arg(long)]
    code: Option<String>,
    /// Name of the group, if the organisation is under common control with others.
    #[arg(long)]
    group: Option<Identifier>,
    /// Kind of the keys: `p256` only for tokens that know nothing else.
    #[arg(long, value_enum, default_value_t = KeyKind::Ed25519)]
    alg: KeyKind,
}

/// Kinds of key.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
pub enum KeyKind {
    /// Ed25519 and X25519.
    Ed25519,
    /// P-256 for both.
    P256,
}

impl KeyKind {
    fn algorithm(self) -> Algorithm {
        match self {
            KeyKind::Ed25519 => Algorithm::Ed25519,
            KeyKind::P256 => Algorithm::P256,
        }
    }

    fn kem(self) -> Kem {
        match self {
            KeyKind::Ed25519 => Kem::X25519,
            KeyKind::P256 => Kem::P256,
        }
    }
}

/// Does it.
pub fn run(desk: &Desk, command: Command) -> Outcome {
    match command {
        Command::New(arguments) => new(desk, arguments),
        Command::Identity { out } => {
            let (_, text) = Lock::generate_identity();
            write_private(&out, text.as_bytes()).map_err(|error| Failure::file(&out, error))?;
            desk.output
                .result(format!("{}", out.display()), &json!({ "file": out }));
            Ok(0)
        }
        Command::Show => {
            show(desk, &desk.keyring()?);
            Ok(0)
        }
        Command::Register => post(
            desk,
            &desk.keyring()?.registration()?,
            "The organisation is registered.",
        ),
        Command::Add { alg } => add(desk, alg),
        Command::Revoke { key, reason } => revoke(desk, &key, reason),
    }
}

fn new(desk: &Desk, arguments: New) -> Outcome {
    let path = desk.keys_path()?;
    if path.exists() {
        let message = format!(
            "{} exists already; a key file is never overwritten",
            path.display()
        );
        return Err(Failure::input("keys-exist", message));
    }
    let lock = desk.lock(true)?;
    let organisation = Organisation {
        account: arguments.account,
        name: arguments.name,
        registration_code: arguments.code,
        control_group: arguments.group,
    };
    let keyring = Keyring::generate(organisation, arguments.alg.algorithm(), arguments.alg.kem())?;
    keyring.create(path, &lock)?;
    show(desk, &keyring);
    desk.output
        .note("Copy this file to a safe place now, and register it with `kaibiao key register`.");
    Ok(0)
}

fn show(desk: &Desk, keyring: &Keyring) {
    let organisation = keyring.organisation();
    let keys: Vec<_> = keyring.signing_keys().iter().map(|own| {
        let public = own.key.public();
        json!({ "key_id": public.id(), "alg": public.algorithm(), "pk": hex::encode(public.bytes()), "revoked": own.revoked })
    }).collect();
    let mut text = format!(
        "account  {}\nname     {}\n",
        organisation.account, organisation.name
    );
    for own in keyring.signing_keys() {
        let public = own.key.public();
        let state = if own.revoked { "  revoked" } else { "" };
        text += &format!("key      {} ({}){state}\n", public.id(), public.algorithm());
    }
    let value = json!({
        "account": organisation.account, "name": organisation.name,
        "registration_code": organisation.registration_code, "control_group": organisation.control_group,
        "keys": keys, "recovery": keyring.recovery().public(),
    });
    desk.output.result(text, &value);
}

fn post(desk: &Desk, envelope: &Envelope, what: &str) -> Outcome {
    let receipt = desk.post(&desk.client()?, envelope)?;
    admitted(desk, what, &receipt);
    Ok(0)
}

fn add(desk: &Desk, alg: KeyKind) -> Outcome {
    let (mut keyring, lock) = desk.keyring_and_lock()?;
    let before = keyring.clone();
    let envelope = keyring.add_key(alg.algorithm())?;
    // Saved first: a registered key that nobody has would be worse than a key that is not registered.
    keyring.save(desk.keys_path()?, &lock)?;
    match desk.post(&desk.client()?, &envelope) {
        Ok(receipt) => {
            admitted(
                desk,
                "The new key is registered. Copy the key file to your safe place again.",
                &receipt,
            );
            Ok(0)
        }
        // Refused for certain: the key will never count. Without an answer it may have been registered: keep it.
        Err(failure) if failure.problem.is_some() => {
            before.save(desk.keys_path()?, &lock)?;
            Err(failure)
        }
        Err(failure) => {
            Err(failure.hint("The new key is kept in the file; it may or may not be registered."))
        }
    }
}

fn revoke(desk: &Desk, key: &str, reason: String) -> Outcome {
    let (mut keyring, lock) = desk.keyring_and_lock()?;
    let id: KeyId = match key.parse() {
        Ok(id) => id,
        Err(_) if !key.is_empty() => keyring.signing_key_beginning(key)?.public().id(),
        Err(_) => {
            return Err(Failure::input(
                "key-missing",
                "which key? `kaibiao key show` lists them",
            ));
        }
    };
    let envelope = keyring.revocation(id, reason)?;

    let receipt = desk.post(&desk.client()?, &envelope)?;
    keyring.mark_revoked(id);
    keyring.save(desk.keys_path()?, &lock)?;
    admitted(
        desk,
        "The key is revoked: nothing that it signs from now on counts.",
        &receipt,
    );
    Ok(0)
}
