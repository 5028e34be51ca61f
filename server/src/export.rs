//! The public bundle of a tender: its record, complete to a checkpoint, for anybody to verify without us.

use std::collections::BTreeMap;

use procedure::{Directory, Releases, Resolved, Stage, Tender};
use record::bundle::{
    Audience, Bundle, BundleError, Entry, KeysByStatement, NamedHead, OpenedKeys, RecordHead,
    RecordHeadBody,
};
use record::chain::{ChainId, name_ends};
use record::log::checkpoint::SignedCheckpoint;
use record::log::leaf::LeafOpening;
use record::statement::{Envelope, StatementError};
use record::{Digest, Identifier};
use store::{Conn, StoreError};

use crate::log::{self, LogError, StoredNodes};
use crate::sequencer::Core;
use crate::states::StateError;
use crate::witnesses::{Witnesses, cosigned};

/// A bundle cannot be made.
#[derive(Debug, thiserror::Error)]
pub enum ExportError {
    /// There is no such tender.
    #[error("there is no tender {0}")]
    NoTender(Identifier),
    /// Part of the record is still sealed.
    #[error(
        "the record is still partly sealed (stage {0}); it is published when the results are read out"
    )]
    StillSealed(&'static str),
    /// A statement is not yet under a checkpoint.
    #[error("the last statement is not under a checkpoint yet; try again")]
    NotYetSigned,
    /// The database.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The log in memory.
    #[error(transparent)]
    State(#[from] StateError),
    /// The log.
    #[error(transparent)]
    Log(#[from] LogError),
    /// The parts do not fit together, or are too many.
    #[error(transparent)]
    Bundle(#[from] BundleError),
    /// The record head cannot be signed.
    #[error(transparent)]
    Head(#[from] StatementError),
}

impl ExportError {
    /// The stable code.
    pub fn code(&self) -> &'static str {
        match self {
            ExportError::NoTender(_) => "tender-unknown",
            ExportError::StillSealed(_) => "still-sealed",
            ExportError::NotYetSigned => "not-yet-signed",
            ExportError::Store(error) => error.code(),
            _ => "internal",
        }
    }
}

/// What is taken from the state in memory.
struct Facts {
    accounts: Vec<Identifier>,
    keys: KeysByStatement,
    profile: Option<Vec<u8>>,
    last_index: u64,
}

/// Writes the public bundle.
pub fn public_bundle(
    core: &Core,
    witnesses: &Witnesses,
    id: &Identifier,
) -> Result<Vec<u8>, ExportError> {
    let facts = core.with_tender(id, facts)?;
    let facts = facts.ok_or_else(|| ExportError::NoTender(id.clone()))??;
    witnesses.settled_blocking(facts.last_index + 1);
    let parts = core
        .store
        .read(|conn| collect(conn, witnesses, id, &facts))?;
    let Parts {
        checkpoint,
        entries,
        chains,
    } = parts;
    let (chains, accounts) = name_ends(chains, |end| &end.chain);
    let body = RecordHeadBody {
        tender: id.clone(),
        origin: core.keys.log.name().clone(),
        log_key: core.keys.log.clone(),
        root_key: core.keys.root.clone(),
        audience: Audience::Public,
        checkpoint,
        chains,
        accounts,
        members: Bundle::head_members(Audience::Public, facts.profile.as_deref(), &facts.keys)?,
    };
    let head = RecordHead::sign(body, &core.keys.log_secret)?;
    let bundle = Bundle {
        head,
        profile: facts.profile,
        entries,
        keys: facts.keys,
    };
    Ok(bundle.write()?)
}

fn facts(tender: &Tender, directory: &Directory) -> Result<Facts, ExportError> {
    let stage = tender.stage();
    let sealed = matches!(
        stage,
        Stage::Draft(_) | Stage::Announced(_) | Stage::Suspended(_) | Stage::Opening(_)
    );
    if sealed {
        return Err(ExportError::StillSealed(stage.name()));
    }
    Ok(Facts {
        accounts: verification::accounts_to_include(tender, directory)
            .into_iter()
            .collect(),
        keys: opened_keys(stage),
        profile: stage
            .bidding()
            .map(|bidding| bidding.profile.document.clone()),
        last_index: tender.last().index,
    })
}

/// Keys of everything that was opened, as the releases give them.
fn opened_keys(stage: &Stage) -> KeysByStatement {
    let mut keys = KeysByStatement::new();
    if let Some(opened) = stage.opened() {
        for (id, key) in &opened.keys {
            entry(&mut keys, *id).opening = Some(*key);
        }
    }
    let attempts = stage
        .drawing()
        .map(|drawing| drawing.attempts.as_slice())
        .unwrap_or_default();
    for attempt in attempts {
        for (id, key) in resolved_keys(&attempt.releases) {
            entry(&mut keys, id).contrib = Some(key);
        }
    }
    keys
}

fn entry(keys: &mut KeysByStatement, id: Digest) -> &mut OpenedKeys {
    keys.entry(id).or_default()
}

fn resolved_keys(releases: &Releases) -> BTreeMap<Digest, Digest> {
    let opened = releases
        .ids()
        .filter_map(|id| match releases.resolved(id)? {
            Resolved::Opened { key } => Some((*id, key)),
            Resolved::NoKeyFits => None,
        });
    opened.collect()
}

struct Parts {
    checkpoint: SignedCheckpoint,
    entries: Vec<Entry>,
    chains: Vec<NamedHead>,
}

/// The newest checkpoint that a quorum of witnesses has cosigned, if it covers the record; else the newest.
fn checkpoint(
    conn: &mut Conn,
    witnesses: &Witnesses,
    size: u64,
) -> Result<SignedCheckpoint, ExportError> {
    if witnesses.is_asked_for() {
        let newest = cosigned::newest(conn, witnesses.trust(), cosigned::LOOK_MAX)?;
        if let Some(checkpoint) = newest.filter(|newest| newest.checkpoint().size >= size) {
            return Ok(checkpoint);
        }
    }
    let row = store::log::latest_checkpoint(conn)?.ok_or(ExportError::NotYetSigned)?;
    Ok(cosigned::with_lines(conn, &row)?)
}

/// The statements of the tender's chain, the platform's and the accounts', all below one checkpoint.
fn collect(
    conn: &mut Conn,
    witnesses: &Witnesses,
    id: &Identifier,
    facts: &Facts,
) -> Result<Parts, ExportError> {
    let checkpoint = checkpoint(conn, witnesses, facts.last_index + 1)?;
    let size = checkpoint.checkpoint().size;
    if facts.last_index >= size {
        return Err(ExportError::NotYetSigned);
    }
    let accounts = facts.accounts.iter().cloned().map(ChainId::Account);
    let all = [log::tender_chain(id), ChainId::Platform]
        .into_iter()
        .chain(accounts);
    let (mut openings, mut chains) = (Vec::new(), Vec::new());
    for chain in all {
        let of_chain = log::openings_of(conn, &chain, size)?;
        if let Some((_, last)) = of_chain.last() {
            chains.push(NamedHead {
                chain,
                seq: last.seq,
                head: last.leaf().hash(),
            });
        }
        openings.extend(of_chain);
    }
    openings.sort_by_key(|(_, opening)| opening.index);
    let nodes = StoredNodes::new(conn);
    let proved = |(envelope, opening): (Envelope, LeafOpening)| -> Result<Entry, LogError> {
        let proof = nodes.inclusion(opening.index, &checkpoint)?;
        Ok(Entry {
            index: opening.index,
            envelope,
            opening,
            proof,
        })
    };
    let entries = openings.into_iter().map(proved).collect::<Result<_, _>>()?;
    Ok(Parts {
        checkpoint,
        entries,
        chains,
    })
}
