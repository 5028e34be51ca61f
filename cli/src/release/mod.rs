//! What a trustee opens, and when it refuses (protocol section 5.2). The list of envelopes follows from the
//! trustee's own replay of the record; nothing is opened because a server asks for it.

mod closing;
mod witnessed;

use std::collections::BTreeSet;

use procedure::act::{Act, ReleasedShare, ShareRelease, WhoOpens};
use procedure::{Bidding, Preparation, Sealed, Stage, rehearsal_context};
use record::key::SigningKey;
use record::log::checkpoint::TextError;
use record::sealing::{self, EnvelopeKind, KemSecretKey};
use record::statement::Envelope;
use record::{Digest, Identifier};

use crate::client::ClientError;
use crate::keyring::{Keyring, signed};
use crate::replay::Record;

pub use closing::{ClosingProof, check_chains, check_closing};

/// Shares in one statement: they stay well under the 256 KiB of a body.
pub const SHARES_PER_STATEMENT: usize = 1_200;

/// Why nothing is released.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ReleaseError {
    /// Not now.
    #[error("nothing is to be released: {0}")]
    NotNow(String),
    /// The account has no slot, or its key is another one.
    #[error("{account} is not in the trustee set with the key of this file")]
    NotATrustee {
        /// The account.
        account: Identifier,
    },
    /// The local clock is before the opening.
    #[error(
        "the opening begins at {opening_ms} ms UTC, and it is {now_ms} ms: check this computer's clock, or wait"
    )]
    TooEarly {
        /// When the opening begins.
        opening_ms: u64,
        /// The clock.
        now_ms: u64,
    },
    /// The closing is not proved to be in the log, or the chain is not complete.
    #[error(
        "the closing of the tender is not proved: {0}; release nothing and ask the platform and the supervisor"
    )]
    NotProved(String),
    /// No usable answer.
    #[error(transparent)]
    Client(#[from] ClientError),
    /// The trust file.
    #[error("the trust file: {0}")]
    Trust(#[from] TextError),
}

impl ReleaseError {
    /// Stable code.
    pub fn code(&self) -> &str {
        match self {
            ReleaseError::NotNow(_) => "nothing-to-release",
            ReleaseError::NotATrustee { .. } => "not-a-trustee",
            ReleaseError::TooEarly { .. } => "opening-not-begun",
            ReleaseError::NotProved(_) => "closing-not-proved",
            ReleaseError::Client(error) => error.code(),
            ReleaseError::Trust(_) => "trust-file",
        }
    }
}

/// One trustee's shares of one phase.
#[derive(Clone, Debug, PartialEq)]
pub struct Release {
    /// The tender.
    pub tender: Identifier,
    /// The trustee's slot.
    pub slot: u8,
    /// Which envelopes.
    pub kind: EnvelopeKind,
    /// Envelopes ascending; no share where the slot does not decrypt.
    pub shares: Vec<ReleasedShare>,
}

impl Release {
    /// Slots that did not decrypt: garbage in the key block, by the bidder's fault.
    pub fn undecryptable(&self) -> usize {
        self.shares
            .iter()
            .filter(|released| released.share.is_none())
            .count()
    }

    /// The statements that release these shares, signed.
    pub fn statements(&self, key: &SigningKey) -> Vec<Envelope> {
        let statement = |shares: &[ReleasedShare]| {
            let (tender, slot, kind) = (self.tender.clone(), self.slot, self.kind);
            signed(
                ShareRelease {
                    tender,
                    slot,
                    kind,
                    shares: shares.to_vec(),
                },
                key,
            )
        };
        self.shares
            .chunks(SHARES_PER_STATEMENT)
            .map(statement)
            .collect()
    }
}

/// Computes what `keyring` has to release in the present stage. Before an opening the caller also checks
/// [`check_closing`].
///
/// # Errors
/// Nothing is due, the account is no trustee, or it is too early.
pub fn prepare(record: &Record, keyring: &Keyring, now_ms: u64) -> Result<Release, ReleaseError> {
    let tender = &record.tender;
    let key = keyring.trustee_key(tender.id());
    match tender.stage() {
        Stage::Draft(preparation) => rehearsal(record, keyring, &key, preparation),
        Stage::Opening(opening) => {
            let notice = &opening.closed.bidding.notice;
            if notice.opening.who_opens == WhoOpens::Bidder {
                return Err(ReleaseError::NotNow(
                    "the tender document says that the bidders open".to_owned(),
                ));
            }
            demand_begun(&opening.closed.bidding, now_ms)?;
            let live = opening
                .closed
                .bidding
                .live_bids()
                .map(|(id, bid)| (*id, &bid.opening));
            open_all(record, keyring, &key, EnvelopeKind::Opening, live)
        }
        Stage::Drawing(drawing) => {
            let attempt = drawing
                .last()
                .filter(|attempt| attempt.closed.is_some() && attempt.failed.is_none());
            let attempt = attempt.ok_or_else(|| {
                ReleaseError::NotNow("the draw is collecting contributions".to_owned())
            })?;
            // A platform could show a tender as opened and frozen before its deadline, to learn contributions.
            demand_begun(&drawing.opened.closed.bidding, now_ms)?;
            let sealed = attempt
                .contributions
                .iter()
                .map(|(id, contribution)| (*id, &contribution.sealed));
            open_all(record, keyring, &key, EnvelopeKind::Contrib, sealed)
        }
        stage => Err(ReleaseError::NotNow(format!(
            "the tender is in stage {}",
            stage.name()
        ))),
    }
}

/// By the local clock the opening has begun: what the log says about time is the platform's word.
fn demand_begun(bidding: &Bidding, now_ms: u64) -> Result<(), ReleaseError> {
    let opening_ms = bidding.opening_ms();
    if now_ms < opening_ms {
        return Err(ReleaseError::TooEarly { opening_ms, now_ms });
    }
    Ok(())
}

/// Whether the owner of an envelope may publish its key now. The server would refuse a key that comes too early,
/// but it would have seen it.
///
/// # Errors
/// The envelope is not to be opened in the present stage, or it is too early.
pub fn check_own_opening(
    record: &Record,
    envelope: &Digest,
    kind: EnvelopeKind,
    now_ms: u64,
) -> Result<(), ReleaseError> {
    let stage = record.tender.stage();
    let is_due = match (kind, stage) {
        (EnvelopeKind::Opening, Stage::Opening(opening)) => {
            opening.releases.sealed(envelope).is_some()
        }
        (EnvelopeKind::Contrib, Stage::Drawing(drawing)) => drawing
            .last()
            .filter(|attempt| attempt.closed.is_some() && attempt.failed.is_none())
            .is_some_and(|attempt| attempt.contributions.contains_key(envelope)),
        _ => false,
    };
    match stage.bidding().filter(|_| is_due) {
        Some(bidding) => demand_begun(bidding, now_ms),
        None => Err(ReleaseError::NotNow(format!(
            "the {kind} envelope of {envelope} is not opened in stage {}; keep its key to yourself",
            stage.name()
        ))),
    }
}

fn open_all<'a>(
    record: &Record,
    keyring: &Keyring,
    key: &KemSecretKey,
    kind: EnvelopeKind,
    envelopes: impl Iterator<Item = (Digest, &'a Sealed)>,
) -> Result<Release, ReleaseError> {
    let bidding = record.tender.stage().bidding();
    let set = bidding
        .map(|bidding| bidding.trustees.members.as_slice())
        .unwrap_or_default();
    let slot = slot_in(
        set.iter().map(|member| (&member.trustee, &member.key)),
        keyring,
        key,
    )?;
    let done = released_before(record, slot, kind);
    let fresh = envelopes.filter(|(id, _)| !done.contains(id));
    let shares = fresh
        .map(|(id, sealed)| share(id, &sealed.key_block, &sealed.context, slot, key))
        .collect();
    finish(record, slot, kind, shares)
}

fn share(
    id: Digest,
    key_block: &[u8],
    context: &Digest,
    slot: u8,
    key: &KemSecretKey,
) -> ReleasedShare {
    ReleasedShare {
        envelope: id,
        share: sealing::open_share(key_block, context, slot, key).ok(),
    }
}

fn finish(
    record: &Record,
    slot: u8,
    kind: EnvelopeKind,
    mut shares: Vec<ReleasedShare>,
) -> Result<Release, ReleaseError> {
    if shares.is_empty() {
        return Err(ReleaseError::NotNow(format!(
            "slot {slot} has released all {kind} envelopes already"
        )));
    }
    // A fixed order: releasing again after a broken connection gives the same statements.
    shares.sort_by_key(|released| released.envelope);
    Ok(Release {
        tender: record.tender.id().clone(),
        slot,
        kind,
        shares,
    })
}

/// Answers every rehearsal that has this trustee in its set and no answer from it yet. One set has one rehearsal.
fn rehearsal(
    record: &Record,
    keyring: &Keyring,
    key: &KemSecretKey,
    preparation: &Preparation,
) -> Result<Release, ReleaseError> {
    let mut nothing =
        ReleaseError::NotNow("no rehearsal has been dealt to a set with this trustee".to_owned());
    for prepared in preparation.sets.values() {
        let Some((id, _)) = &prepared.rehearsal else {
            continue;
        };
        let members = prepared
            .set
            .members
            .iter()
            .map(|member| (&member.trustee, &member.key));
        let slot = match slot_in(members, keyring, key) {
            Ok(slot) => slot,
            Err(error) => {
                nothing = error;
                continue;
            }
        };
        if released_before(record, slot, EnvelopeKind::Rehearsal).contains(id) {
            nothing =
                ReleaseError::NotNow("this trustee has answered the rehearsal already".to_owned());
            continue;
        }
        let entry = record.entry(id);
        let Some((entry, Act::RehearsalDealt(body))) = entry.map(|entry| (entry, &entry.act))
        else {
            continue;
        };
        let Some(platform) = record.signer(entry) else {
            continue;
        };
        let refused = |reason: String| ReleaseError::NotNow(reason);
        let context = rehearsal_context(body, &record.anchors.origin, platform)
            .map_err(|refusal| refused(refusal.to_string()))?;
        let block = decode_base64(&body.key_block)
            .ok_or_else(|| refused("the rehearsal is malformed".to_owned()))?;
        let shares = vec![share(*id, &block, &context.digest(), slot, key)];
        return finish(record, slot, EnvelopeKind::Rehearsal, shares);
    }
    Err(nothing)
}

fn decode_base64(text: &str) -> Option<Vec<u8>> {
    use base64::Engine;
    base64::engine::general_purpose::STANDARD.decode(text).ok()
}

/// The slot (1..n) of the owner of `keyring`, if the set has its account with exactly this key.
fn slot_in<'a>(
    members: impl Iterator<Item = (&'a Identifier, &'a sealing::KemPublicKey)>,
    keyring: &Keyring,
    key: &KemSecretKey,
) -> Result<u8, ReleaseError> {
    let own = |(_, (trustee, public)): &(u8, (&Identifier, &sealing::KemPublicKey))| {
        *trustee == keyring.account() && *public == key.public()
    };
    let found = (1_u8..).zip(members).find(own);
    found
        .map(|(slot, _)| slot)
        .ok_or_else(|| ReleaseError::NotATrustee {
            account: keyring.account().clone(),
        })
}

/// Envelopes that this slot has released, as far as that is public.
fn released_before(record: &Record, slot: u8, kind: EnvelopeKind) -> BTreeSet<Digest> {
    let releases = record.entries.iter().filter_map(|entry| match &entry.act {
        Act::ShareRelease(body) if body.slot == slot && body.kind == kind => Some(&body.shares),
        _ => None,
    });
    releases
        .flatten()
        .map(|released| released.envelope)
        .collect()
}
