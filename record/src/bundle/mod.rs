//! Bundles: one file that holds the whole record of a tender (protocol section 8).
//!
//! | member | content |
//! |---|---|
//! | `format.txt` | `kaibiao-bundle/1 <audience>` |
//! | `keys.json` | keys of opened envelopes, by statement |
//! | `openings/<index>.json` | [`LeafOpening`] |
//! | `profile.json` | the profile document, where the notice names one; exact bytes |
//! | `proofs/<index>.txt` | [`TlogProof`] against the checkpoint of the record head |
//! | `record-head.json` | [`RecordHead`], an envelope |
//! | `statements/<index>.json` | [`Envelope`] |
//!
//! `<index>` is the log index in 12 digits. Reading checks form and limits (check V1) and nothing else:
//! no signature, no proof. What was read is written back byte for byte, so that a bundle has no room for
//! bytes that nobody vouches for.

mod error;
mod head;
pub mod members;

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

pub use error::BundleError;
pub use head::{
    Audience, NamedHead, RECORD_HEAD_KIND, RecordHead, RecordHeadBody, RecordHeadError,
};
pub use members::{BUNDLE_BYTES_MAX, MEMBER_NAME_BYTES_MAX, MEMBERS_MAX, Members, read, write};

use crate::Digest;
use crate::chain::ChainId;
use crate::json;
use crate::log::leaf::LeafOpening;
use crate::log::receipt::TlogProof;
use crate::log::tree::{self, ProofError};
use crate::statement::Envelope;

const FORMAT: &str = "format.txt";
const HEAD: &str = "record-head.json";
const PROFILE: &str = "profile.json";
const KEYS: &str = "keys.json";
/// Indexes have 12 digits in names.
const INDEX_MAX: u64 = 999_999_999_999;

/// The keys K of the opened envelopes of one statement; only those that were opened.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct OpenedKeys {
    /// K of the `opening` envelope.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub opening: Option<Digest>,
    /// K of the `technical` envelope.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub technical: Option<Digest>,
    /// K of the `commercial` envelope.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub commercial: Option<Digest>,
    /// K of the `contrib` envelope.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub contrib: Option<Digest>,
    /// K of the `rehearsal` envelope.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub rehearsal: Option<Digest>,
}

/// The keys of opened envelopes, by the id of the statement that carries the envelope.
pub type KeysByStatement = BTreeMap<Digest, OpenedKeys>;

/// One statement with its place in the log.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entry {
    /// Index in the log.
    pub index: u64,
    /// The statement.
    pub envelope: Envelope,
    /// What opens its leaf.
    pub opening: LeafOpening,
    /// That the leaf is in the log.
    pub proof: TlogProof,
}

/// An entry is not what its place in the log says.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum EntryError {
    /// The leaf was opened to another statement.
    #[error("log entry {index} stands for statement {opened}, but the statement given is {given}")]
    OtherStatement {
        /// Log index.
        index: u64,
        /// What the opening says.
        opened: Digest,
        /// Id of the statement in the bundle.
        given: Digest,
    },
    /// The leaf is not in the log.
    #[error("log entry {index} is not in the log: {reason}")]
    NotIncluded {
        /// Log index.
        index: u64,
        /// Why.
        reason: ProofError,
    },
}

impl EntryError {
    /// Stable code.
    pub fn code(&self) -> &'static str {
        match self {
            EntryError::OtherStatement { .. } => "entry-other-statement",
            EntryError::NotIncluded { .. } => "entry-not-included",
        }
    }
}

impl Entry {
    /// Checks that the leaf stands for this statement and is at its index in the tree of `size` leaves
    /// with this `root` (which the caller takes from a checkpoint that she verified).
    pub fn verify_inclusion(&self, size: u64, root: Digest) -> Result<(), EntryError> {
        let (index, opened, given) = (self.index, self.opening.statement_id, self.envelope.id());
        if opened != given {
            return Err(EntryError::OtherStatement {
                index,
                opened,
                given,
            });
        }
        tree::verify_inclusion(
            self.opening.leaf().hash(),
            index,
            size,
            &self.proof.path,
            root,
        )
        .map_err(|reason| EntryError::NotIncluded { index, reason })
    }
}

/// A bundle whose form is good, and of which nothing else was checked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Bundle {
    /// What the log says must be here.
    pub head: RecordHead,
    /// The profile document, byte for byte; its SHA-256 is named in the notice.
    pub profile: Option<Vec<u8>>,
    /// Every statement, log index ascending.
    pub entries: Vec<Entry>,
    /// Keys of opened envelopes.
    pub keys: KeysByStatement,
}

impl Bundle {
    /// What [`RecordHeadBody::members`] must say for these parts.
    pub fn head_members(
        audience: Audience,
        profile: Option<&[u8]>,
        keys: &KeysByStatement,
    ) -> Result<BTreeMap<String, Digest>, BundleError> {
        let mut members = BTreeMap::from([
            (
                FORMAT.to_owned(),
                Digest::sha256(format_text(audience).as_bytes()),
            ),
            (
                KEYS.to_owned(),
                Digest::sha256(&canonical_json(KEYS, keys)?),
            ),
        ]);
        if let Some(profile) = profile {
            members.insert(PROFILE.to_owned(), Digest::sha256(profile));
        }
        Ok(members)
    }

    /// Reads a bundle: form and limits only.
    pub fn read(bytes: &[u8]) -> Result<Bundle, BundleError> {
        let members = members::read(bytes)?;
        let head = read_head(member(&members, HEAD)?)?;
        if member(&members, FORMAT)? != format_text(head.body().audience).as_bytes() {
            return Err(BundleError::head(
                FORMAT,
                format!("expected kaibiao-bundle/1 {}", head.body().audience),
            ));
        }
        let keys = read_json(KEYS, member(&members, KEYS)?)?;
        let profile = members.get(PROFILE).map(<[u8]>::to_vec);
        let entries = read_entries(&members)?;
        let bundle = Bundle {
            head,
            profile,
            entries,
            keys,
        };
        bundle.check_form()?;
        Ok(bundle)
    }

    /// Writes a bundle. An error means that the parts do not fit together or go over a limit: what is
    /// written here can always be read.
    pub fn write(&self) -> Result<Vec<u8>, BundleError> {
        self.check_form()?;
        let mut members = Members::new();
        members.insert(FORMAT, format_text(self.head.body().audience).into_bytes())?;
        members.insert(HEAD, self.head.envelope().to_json())?;
        members.insert(KEYS, canonical_json(KEYS, &self.keys)?)?;
        if let Some(profile) = &self.profile {
            members.insert(PROFILE, profile.clone())?;
        }
        for entry in &self.entries {
            let opening = Kind::Opening.name(entry.index);
            members.insert(&Kind::Statement.name(entry.index), entry.envelope.to_json())?;
            members.insert(&opening, canonical_json(&opening, &entry.opening)?)?;
            members.insert(
                &Kind::Proof.name(entry.index),
                entry.proof.to_string().into_bytes(),
            )?;
        }
        Ok(members::write(&members))
    }

    /// That the parts fit together, without checking any signature or proof.
    fn check_form(&self) -> Result<(), BundleError> {
        check_chains(self.head.body())?;
        self.check_head_members()?;
        let mut before = None;
        for entry in &self.entries {
            let (name, index) = (Kind::Statement.name(entry.index), entry.index);
            if index > INDEX_MAX || before >= Some(index) {
                return Err(BundleError::head(
                    &name,
                    "log indexes must ascend and have at most 12 digits",
                ));
            }
            if entry.opening.index != index {
                return Err(BundleError::head(
                    &Kind::Opening.name(index),
                    "it opens a leaf of another index",
                ));
            }
            if entry.proof.index != index {
                return Err(BundleError::head(
                    &Kind::Proof.name(index),
                    "it proves a leaf of another index",
                ));
            }
            if entry.proof.checkpoint != self.head.body().checkpoint {
                return Err(BundleError::head(
                    &Kind::Proof.name(index),
                    "its checkpoint is another one",
                ));
            }
            before = Some(index);
        }
        Ok(())
    }

    fn check_head_members(&self) -> Result<(), BundleError> {
        let named = &self.head.body().members;
        let found = Bundle::head_members(
            self.head.body().audience,
            self.profile.as_deref(),
            &self.keys,
        )?;
        for (name, digest) in &found {
            match named.get(name) {
                Some(named) if named == digest => {}
                Some(_) => return Err(BundleError::head(name, "its SHA-256 is another one")),
                None => return Err(BundleError::head(name, "it is not named there")),
            }
        }
        match named.keys().find(|name| !found.contains_key(*name)) {
            Some(member) => Err(BundleError::Missing {
                member: member.clone(),
            }),
            None => Ok(()),
        }
    }
}

/// The three members of an entry.
#[derive(Clone, Copy)]
enum Kind {
    Statement,
    Opening,
    Proof,
}

impl Kind {
    fn name(self, index: u64) -> String {
        match self {
            Kind::Statement => format!("statements/{index:012}.json"),
            Kind::Opening => format!("openings/{index:012}.json"),
            Kind::Proof => format!("proofs/{index:012}.txt"),
        }
    }
}

fn format_text(audience: Audience) -> String {
    format!("kaibiao-bundle/1 {audience}\n")
}

fn member<'a>(members: &'a Members, name: &str) -> Result<&'a [u8], BundleError> {
    members.get(name).ok_or_else(|| BundleError::Missing {
        member: name.to_owned(),
    })
}

fn canonical_json(name: &str, value: &impl Serialize) -> Result<Vec<u8>, BundleError> {
    serde_json::to_vec(value)
        .map_err(|error| BundleError::content(name, "json-invalid-value", error))
}

fn require_canonical(name: &str, found: &[u8], canonical: &[u8]) -> Result<(), BundleError> {
    if found == canonical {
        Ok(())
    } else {
        Err(BundleError::MemberNotCanonical {
            member: name.to_owned(),
        })
    }
}

fn read_json<T: serde::de::DeserializeOwned + Serialize>(
    name: &str,
    bytes: &[u8],
) -> Result<T, BundleError> {
    let value: T = json::parse(bytes).map_err(|error| BundleError::json(name, &error))?;
    require_canonical(name, bytes, &canonical_json(name, &value)?)?;
    Ok(value)
}

fn read_envelope(name: &str, bytes: &[u8]) -> Result<Envelope, BundleError> {
    let envelope = Envelope::parse(bytes).map_err(|error| BundleError::statement(name, &error))?;
    require_canonical(name, bytes, &envelope.to_json())?;
    Ok(envelope)
}

fn read_head(bytes: &[u8]) -> Result<RecordHead, BundleError> {
    RecordHead::from_envelope(read_envelope(HEAD, bytes)?)
        .map_err(|error| BundleError::content(HEAD, error.code(), error))
}

fn read_proof(name: &str, bytes: &[u8]) -> Result<TlogProof, BundleError> {
    let text = std::str::from_utf8(bytes)
        .map_err(|_| BundleError::content(name, "proof-malformed", "the proof is not UTF-8"))?;
    let proof: TlogProof = text
        .parse()
        .map_err(|error| BundleError::text(name, &error))?;
    require_canonical(name, bytes, proof.to_string().as_bytes())?;
    Ok(proof)
}

/// All entries, in the order of their names, which is that of their indexes.
fn read_entries(members: &Members) -> Result<Vec<Entry>, BundleError> {
    let mut entries = Vec::new();
    for (name, bytes) in members.iter() {
        if matches!(name, FORMAT | HEAD | PROFILE | KEYS) {
            continue;
        }
        let (kind, index) = kind_and_index(name).ok_or_else(|| BundleError::Unexpected {
            member: name.to_owned(),
        })?;
        // An opening or proof without its statement is noticed here, the other way round below.
        member(members, &Kind::Statement.name(index))?;
        if let Kind::Statement = kind {
            let (opening, proof) = (Kind::Opening.name(index), Kind::Proof.name(index));
            entries.push(Entry {
                index,
                envelope: read_envelope(name, bytes)?,
                opening: read_json(&opening, member(members, &opening)?)?,
                proof: read_proof(&proof, member(members, &proof)?)?,
            });
        }
    }
    Ok(entries)
}

/// The opposite of [`Kind::name`].
fn kind_and_index(name: &str) -> Option<(Kind, u64)> {
    let digits = name.split_once('/')?.1.split('.').next()?;
    let index = digits.parse().ok()?;
    [Kind::Statement, Kind::Opening, Kind::Proof]
        .into_iter()
        .find(|kind| kind.name(index) == name)
        .map(|kind| (kind, index))
}

/// The tender's chain first, then the platform's, then accounts, ascending and each once; no account where their
/// ends are named by a root.
fn check_chains(head: &RecordHeadBody) -> Result<(), BundleError> {
    let ids: Vec<&ChainId> = head.chains.iter().map(|one| &one.chain).collect();
    if ids.first() != Some(&&ChainId::Tender(head.tender.clone())) {
        return Err(BundleError::head(
            HEAD,
            "its first chain must be the tender's",
        ));
    }
    if !ids.is_sorted_by(|left, right| left < right) {
        return Err(BundleError::head(
            HEAD,
            "its chains must ascend and be unique",
        ));
    }
    if ids
        .iter()
        .skip(1)
        .any(|id| matches!(id, ChainId::Tender(_)))
    {
        return Err(BundleError::head(
            HEAD,
            "it names the chain of another tender",
        ));
    }
    let is_account = |id: &&ChainId| matches!(id, ChainId::Account(_));
    if head.accounts.is_some() && ids.into_iter().any(|id| is_account(&id)) {
        return Err(BundleError::head(
            HEAD,
            "it names account chains both one by one and by their root",
        ));
    }
    Ok(())
}
