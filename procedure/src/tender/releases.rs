//! Shares and keys that were released for a set of envelopes, and what they resolve to.

use std::collections::BTreeMap;

use record::sealing::{self, FileKey, KemPublicKey, Resolution, Share, TrusteeKeys};
use record::{Digest, Identifier};

use crate::act::ReleasedShare;
use crate::refusal::{Code, Refusal, demand};

/// What is needed to check that a key opens an envelope.
#[derive(Clone, Debug, PartialEq)]
pub struct Sealed {
    /// Whose it is.
    pub owner: Identifier,
    /// Digest of its seal context.
    pub context: Digest,
    /// Its key block.
    pub key_block: Vec<u8>,
    /// The owner's recovery key.
    pub recovery: KemPublicKey,
}

impl Sealed {
    /// By what a copy of this envelope is known.
    pub(super) fn fingerprint(&self) -> Digest {
        Digest::sha256(&self.key_block)
    }
}

/// What an envelope resolved to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Resolved {
    /// The key reproduces the key block.
    Opened {
        /// The file key.
        key: Digest,
    },
    /// All trustees released and no key fits.
    NoKeyFits,
}

#[derive(Clone, Debug, PartialEq)]
struct Release {
    sealed: Sealed,
    /// By slot; `None` = this slot does not decrypt.
    shares: BTreeMap<u8, Option<Share>>,
    resolved: Option<Resolved>,
}

/// The envelopes of one phase and what was released for them.
#[derive(Clone, Debug, PartialEq)]
pub struct Releases {
    trustees: TrusteeKeys,
    envelopes: BTreeMap<Digest, Release>,
}

impl Releases {
    /// Nothing released yet for `envelopes` (by the statement that carries them).
    pub(super) fn new(
        trustees: TrusteeKeys,
        envelopes: impl IntoIterator<Item = (Digest, Sealed)>,
    ) -> Releases {
        let fresh = |(id, sealed)| {
            (
                id,
                Release {
                    sealed,
                    shares: BTreeMap::new(),
                    resolved: None,
                },
            )
        };
        Releases {
            trustees,
            envelopes: envelopes.into_iter().map(fresh).collect(),
        }
    }

    /// Ids of all envelopes, ascending.
    pub fn ids(&self) -> impl Iterator<Item = &Digest> {
        self.envelopes.keys()
    }

    /// An envelope as it was sealed: what a trustee needs to open its slot.
    pub fn sealed(&self, id: &Digest) -> Option<&Sealed> {
        self.envelopes.get(id).map(|release| &release.sealed)
    }

    /// What an envelope resolved to so far.
    pub fn resolved(&self, id: &Digest) -> Option<Resolved> {
        self.envelopes.get(id)?.resolved
    }

    /// Whether anything was released at all.
    pub fn any_released(&self) -> bool {
        self.envelopes
            .values()
            .any(|release| !release.shares.is_empty() || release.resolved.is_some())
    }

    /// Whether every envelope is resolved.
    pub fn all_resolved(&self) -> bool {
        self.envelopes
            .values()
            .all(|release| release.resolved.is_some())
    }

    /// Envelopes that are not resolved, ascending.
    pub fn unresolved(&self) -> Vec<Digest> {
        self.envelopes
            .iter()
            .filter(|(_, release)| release.resolved.is_none())
            .map(|(id, _)| *id)
            .collect()
    }

    /// Whether every slot has released something for every envelope.
    pub fn complete(&self) -> bool {
        self.envelopes
            .values()
            .all(|release| release.shares.len() == self.trustees.keys.len())
    }

    /// Slots whose share differs from what the envelope's key deals; empty while the key is not known.
    pub fn wrong_slots(&self, id: &Digest) -> Vec<u8> {
        let Some(release) = self.envelopes.get(id) else {
            return Vec::new();
        };
        let Some(Resolved::Opened { key }) = release.resolved else {
            return Vec::new();
        };
        let dealt = sealing::shares(
            &FileKey::from_bytes(key.0),
            &release.sealed.context,
            &self.trustees,
        );
        let is_wrong = |slot: u8, share: &Option<Share>| {
            usize::from(slot)
                .checked_sub(1)
                .and_then(|place| dealt.get(place))
                != share.as_ref()
        };
        release
            .shares
            .iter()
            .filter(|(slot, share)| is_wrong(**slot, share))
            .map(|(slot, _)| *slot)
            .collect()
    }

    /// Whether `slot` may release `shares`: known envelopes, none twice.
    pub(super) fn check_shares(&self, slot: u8, shares: &[ReleasedShare]) -> Result<(), Refusal> {
        demand(
            !shares.is_empty(),
            Code::EnvelopeUnknown,
            || "the release is empty",
        )?;
        let mut seen = std::collections::BTreeSet::new();
        for (position, released) in shares.iter().enumerate() {
            let pointer = format!("/shares/{position}/envelope");
            let Some(release) = self.envelopes.get(&released.envelope) else {
                return Err(
                    Refusal::new(Code::EnvelopeUnknown, released.envelope.to_string()).at(pointer),
                );
            };
            if release.shares.contains_key(&slot) || !seen.insert(released.envelope) {
                return Err(
                    Refusal::new(Code::ShareRepeated, released.envelope.to_string()).at(pointer),
                );
            }
        }
        Ok(())
    }

    /// Takes shares that passed [`Self::check_shares`], and resolves what they resolve.
    pub(super) fn take_shares(&mut self, slot: u8, shares: &[ReleasedShare]) {
        for released in shares {
            if let Some(release) = self.envelopes.get_mut(&released.envelope) {
                release.shares.insert(slot, released.share.clone());
                release.resolve(&self.trustees);
            }
        }
    }

    /// Whether `owner` may open `id` with `key`. A key that does not reproduce the key block is refused, not
    /// ruled upon: otherwise an owner who has seen what others contributed could void its own envelope, and
    /// with it change a seed (protocol section 9, "last-revealer bias").
    pub(super) fn check_own(
        &self,
        id: &Digest,
        owner: &Identifier,
        key: &Digest,
    ) -> Result<(), Refusal> {
        let release = self
            .envelopes
            .get(id)
            .ok_or_else(|| Refusal::new(Code::EnvelopeUnknown, id.to_string()).at("/envelope"))?;
        demand(
            release.sealed.owner == *owner,
            Code::SignerNotAllowed,
            || "only its owner opens an envelope",
        )?;
        demand(
            release.resolved.is_none(),
            Code::ShareRepeated,
            || "the envelope is resolved already",
        )?;
        let sealed = &release.sealed;
        let own = FileKey::from_bytes(key.0);
        let dealt = sealing::deal(&own, &sealed.context, &sealed.recovery, &self.trustees);
        demand(
            dealt.is_ok_and(|dealt| dealt == sealed.key_block),
            Code::OwnKeyWrong,
            || "it opens nothing here",
        )
        .map_err(|refusal| refusal.at("/key"))
    }

    /// Takes the owner's own key after [`Self::check_own`].
    pub(super) fn take_own(&mut self, id: &Digest, key: &Digest) {
        if let Some(release) = self.envelopes.get_mut(id) {
            release.resolved = Some(Resolved::Opened { key: *key });
        }
    }
}

impl Release {
    fn resolve(&mut self, trustees: &TrusteeKeys) {
        let enough = self.shares.len() >= usize::from(trustees.threshold);
        if self.resolved.is_some() || !enough {
            return;
        }
        // A slot that does not decrypt counts as released: its share is wrong like any other wrong share.
        let shares: Vec<(u8, Share)> = self
            .shares
            .iter()
            .map(|(slot, share)| (*slot, share.clone().unwrap_or(Share([0; 32]))))
            .collect();
        let sealed = &self.sealed;
        self.resolved = match sealing::resolve(
            &sealed.key_block,
            &sealed.context,
            &sealed.recovery,
            trustees,
            &shares,
            None,
        ) {
            Resolution::Opened { key, .. } => Some(Resolved::Opened {
                key: Digest(*key.bytes()),
            }),
            Resolution::Invalid => Some(Resolved::NoKeyFits),
            Resolution::Unresolved => None,
        };
    }
}
