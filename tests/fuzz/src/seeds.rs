//! Good inputs to begin with, made from played tenders: so they are what the programs write today.

use std::sync::LazyLock;

use play::{Milestone, Play, Script};
use procedure::act::Act;
use record::Digest;
use record::log::checkpoint::{SignedCheckpoint, VerifierKey};
use record::log::witness::AddCheckpoint;
use serde_json::Value;

use crate::{admission, sealed};

/// The tender that everything here is about.
pub const TENDER: &str = "T-1";

/// One input and what it is called.
#[derive(Clone, Debug)]
pub struct Seed {
    /// Name of its file in the corpus.
    pub name: String,
    /// The input.
    pub input: Vec<u8>,
}

fn seed(name: impl Into<String>, input: impl Into<Vec<u8>>) -> Seed {
    Seed {
        name: format!("seed-{}", name.into()),
        input: input.into(),
    }
}

/// Tenders that were played to an award: one where nothing happens, one where everything does.
pub fn plays() -> &'static [Play] {
    static PLAYS: LazyLock<Vec<Play>> = LazyLock::new(|| {
        let scripts = [Script::plain(TENDER), Script::eventful(TENDER)];
        scripts
            .map(|script| Play::to(script, Milestone::Awarded))
            .into()
    });
    &PLAYS
}

fn plain() -> &'static Play {
    &plays()[0]
}

/// The checkpoint of the plain tender's log.
pub fn checkpoint() -> &'static SignedCheckpoint {
    static CHECKPOINT: LazyLock<SignedCheckpoint> =
        LazyLock::new(|| plain().world.log().checkpoint());
    &CHECKPOINT
}

/// The key of that log.
pub fn log_key() -> &'static VerifierKey {
    static KEY: LazyLock<VerifierKey> = LazyLock::new(|| plain().world.log().verifier_key());
    &KEY
}

/// Addresses and bodies that give a server accounts and a tender in preparation.
pub fn first_statements() -> Vec<(String, Vec<u8>)> {
    let mut statements = Vec::new();
    for entry in plain().world.log().entries() {
        let address = match Act::read(&entry.envelope) {
            // A server has a platform of its own.
            Some(Ok(Act::AccountRegistered(body))) if body.account.as_str() != "platform" => {
                format!("/api/v1/accounts/{}/statements", body.account)
            }
            Some(Ok(Act::TenderCreated(_) | Act::TrusteeKey(_) | Act::TrusteeSet(_))) => {
                format!("/api/v1/tenders/{TENDER}/statements")
            }
            _ => continue,
        };
        statements.push((address, entry.envelope.to_json()));
    }
    statements
}

/// The seeds of a target. Each of them is accepted by it.
pub fn seeds(target: &str) -> Vec<Seed> {
    match target {
        "admission" => sequences(),
        "bundle" => bundles(),
        "bundle_edits" => bundle_edits(),
        "case" => cases(),
        "checkpoint" => checkpoints(),
        "envelope" => one_of_each_kind(|_, entry| entry.envelope.to_json()),
        "http" => requests(),
        "json" => json(),
        "key_block" => vec![seed("dealt", sealed::dealt())],
        "part" => parts(),
        "proof" => proofs(),
        "rules" => rules(),
        "sheet" => sheets(),
        "statement" => one_of_each_kind(|kind, entry| {
            let body = entry.envelope.body::<Box<serde_json::value::RawValue>>();
            let body = body.expect("bodies are JSON").get().as_bytes().to_vec();
            [&[kind][..], &body].concat()
        }),
        "trust" => trust_files(),
        "witness" => requests_to_witnesses(),
        other => panic!("there are no seeds for {other}"),
    }
}

fn one_of_each_kind(write: impl Fn(u8, &play::LogEntry) -> Vec<u8>) -> Vec<Seed> {
    let entries: Vec<_> = plays()
        .iter()
        .flat_map(|play| play.world.log().entries())
        .collect();
    let of_kind = |(place, kind): (usize, &&str)| {
        let entry = entries
            .iter()
            .find(|entry| entry.envelope.kind() == *kind)?;
        Some(seed(*kind, write(place as u8, entry)))
    };
    Act::KINDS.iter().enumerate().filter_map(of_kind).collect()
}

/// The course as it went, from several of its statements on.
fn sequences() -> Vec<Seed> {
    let length = admission::course_length();
    let straight = |from: usize| {
        let demands = 7;
        let input = [&[from as u8, demands][..], &[0; 24]].concat();
        seed(format!("from-{from:03}"), input)
    };
    (0..length).step_by(16).map(straight).collect()
}

fn bundles() -> Vec<Seed> {
    let play = Play::to(Script::plain(TENDER), Milestone::Announced);
    vec![
        seed("announced", play.world.bundle(&play.tender)),
        seed("plain", plain().world.bundle(&plain().tender)),
    ]
}

fn bundle_edits() -> Vec<Seed> {
    vec![seed("unchanged", [0, 0, 0]), seed("eventful", [1, 0, 0])]
}

/// The case of the plain tender, and one of each kind from the tests of the explanations.
fn cases() -> Vec<Seed> {
    let drawn = plain().stage().drawn().expect("the tender was drawn");
    let case = procedure::case_of(drawn).expect("it was evaluated");
    let case = serde_json::to_vec(&case).expect("a case is written");
    let folder = concat!(
        env!("CARGO_MANIFEST_DIR"),
        "/../../cli/tests/explanation/cases"
    );
    let mut seeds = vec![seed("plain", case)];
    for file in std::fs::read_dir(folder).expect("the cases are there") {
        let path = file.expect("the cases are there").path();
        let name = path
            .file_stem()
            .expect("files have names")
            .to_string_lossy()
            .into_owned();
        seeds.push(seed(
            name,
            std::fs::read(&path).expect("the cases are there"),
        ));
    }
    seeds.sort_by(|one, other| one.name.cmp(&other.name));
    seeds
}

fn checkpoints() -> Vec<Seed> {
    let text = checkpoint().to_string();
    let signature = text.lines().last().expect("it is signed").to_owned();
    let key = log_key().to_string();
    vec![
        seed("signed", text),
        seed("line", signature),
        seed("key", key),
    ]
}

fn proofs() -> Vec<Seed> {
    let world = &plain().world;
    let entry = world.log().entries().nth(3).expect("it has statements");
    let receipt = world.log().receipt(&entry.envelope.id());
    let json = serde_json::to_vec(&receipt).expect("a receipt is written");
    vec![
        seed("proof", receipt.proof.to_string()),
        seed("receipt", json),
    ]
}

fn requests_to_witnesses() -> Vec<Seed> {
    let request = |old, proof| AddCheckpoint {
        old,
        proof,
        checkpoint: checkpoint().clone(),
    };
    let first = request(0, Vec::new()).to_string();
    let later = request(8, vec![Digest([3; 32]); 4]).to_string();
    vec![seed("first", first), seed("later", later)]
}

fn trust_files() -> Vec<Seed> {
    vec![seed("plain", plain().world.trust_file())]
}

fn rules() -> Vec<Seed> {
    let ready = evaluation::rules::ready().iter();
    let mut seeds: Vec<Seed> = ready.map(|one| seed(one.id, one.json)).collect();
    for profile in procedure::law::profiles() {
        let (id, version) = (&profile.reference.id, profile.reference.version);
        seeds.push(seed(
            format!("profile-{id}-{version}"),
            profile.document.clone(),
        ));
    }
    seeds
}

fn parts() -> Vec<Seed> {
    let lengths: [&[u8]; 6] = [&[0], &[1, 56], &[2, 128], &[2, 129], &[3, 128], &[4, 255]];
    let seed = |input: &&[u8]| seed(format!("length-{:02x?}", input), *input);
    lengths.iter().map(seed).collect()
}

fn json() -> Vec<Seed> {
    let values = [
        (
            "escapes",
            r#"{"\u0061": "\ud83d\ude00\n", "b": [1, -1, 9007199254740991, null, true, {}]}"#,
        ),
        (
            "deep",
            "[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[0]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]",
        ),
        (
            "text",
            "\" \u{4e2d} \\u4e2d \\\\ \\\" \\/ \\b\\f\\n\\r\\t\"",
        ),
    ];
    values.map(|(name, text)| seed(name, text)).into()
}

fn requests() -> Vec<Seed> {
    let id = play::Actor::new("tenderee").key().public().id();
    let addresses = [
        "/",
        "/healthz",
        "/api/openapi.json",
        "/api/v1/server",
        "/api/v1/trust",
        "/api/v1/profiles",
        "/api/v1/profiles/below-threshold/1",
        "/api/v1/accounts/tenderee",
        "/api/v1/accounts/b1/statements?limit=1",
        "/api/v1/platform/statements",
        "/api/v1/tenders?limit=2",
        "/api/v1/tenders/T-1",
        "/api/v1/tenders/T-1/statements?limit=3",
        "/api/v1/log/checkpoint",
        "/api/v1/log/consistency?from=8&to=16",
    ];
    let mut seeds: Vec<Seed> = (0..)
        .zip(addresses)
        .map(|(number, address): (u32, _)| {
            seed(format!("get-{number:02}"), format!("GET {address}"))
        })
        .collect();
    for (number, (address, body)) in (0..).zip(first_statements()).take(3) {
        let line = format!("POST {address}\n");
        seeds.push(seed(
            format!("post-{number}"),
            [line.as_bytes(), &body].concat(),
        ));
    }
    let challenge = format!("POST /api/v1/sessions/challenges\n{{\"key_id\":\"{id}\"}}");
    seeds.push(seed("challenge", challenge));
    seeds
}

fn sheets() -> Vec<Seed> {
    let case: evaluation::Case = serde_json::from_value(case_json()).expect("it is a case");
    let headings = cli::sheet::Headings::default();
    let workbook = cli::sheet::case_workbook(&case, headings).expect("it is written");
    let (csv, _) = cli::sheet::case_csv(&case, headings).expect("it is written");
    let json = serde_json::to_vec(&case).expect("a case is written");
    vec![
        seed("csv", [&[0][..], &csv].concat()),
        seed("xlsx", [&[1][..], &workbook].concat()),
        seed("json", [&[3][..], &json].concat()),
    ]
}

fn seed_case() -> Seed {
    let cases = cases();
    let plain = cases.into_iter().find(|seed| seed.name == "seed-plain");
    plain.expect("it is among them")
}

fn case_json() -> Value {
    serde_json::from_slice(&seed_case().input).expect("a case is JSON")
}
