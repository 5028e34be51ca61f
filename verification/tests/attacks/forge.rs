//! An attacker's workbench: takes a record apart, bends it, and logs it anew under any key.

use procedure::act::{Act, ChainEnd, Closing};
use record::Digest;
use record::bundle::{Bundle, Entry, NamedHead, RecordHead, RecordHeadBody};
use record::chain::{ChainHead, ChainId, next_place};
use record::key::{PublicKey, SigningKey};
use record::log::checkpoint::{Checkpoint, Origin, SignatureType, SignedCheckpoint, VerifierKey};
use record::log::leaf::LeafOpening;
use record::log::receipt::TlogProof;
use record::log::tree::{self, Nodes};
use record::statement::Envelope;
use std::collections::BTreeMap;
use std::convert::Infallible;

/// One statement with the time that the attacker gives it.
#[derive(Clone)]
pub struct Line {
    /// The statement.
    pub envelope: Envelope,
    /// Claimed time of admission.
    pub time_ms: u64,
    /// Claimed chain.
    pub chain: ChainId,
}

impl Line {
    /// The act.
    pub fn act(&self) -> Act {
        Act::read(&self.envelope).unwrap().unwrap()
    }
}

/// A record that is being bent.
#[derive(Clone)]
pub struct Forge {
    /// Statements in the order of the forged log.
    pub lines: Vec<Line>,
    /// Everything else.
    pub bundle: Bundle,
    /// Signs checkpoints and record head.
    pub log: SigningKey,
    /// Claimed to be the root key.
    pub root: PublicKey,
    /// If there, `closing` is made anew under this key, so that it fits the forged chains.
    pub platform: Option<SigningKey>,
}

impl Forge {
    /// Takes a bundle apart; it would be put together again under the key `log`.
    pub fn of(bundle: Bundle, log: &SigningKey) -> Forge {
        let line = |entry: &Entry| Line {
            envelope: entry.envelope.clone(),
            time_ms: entry.opening.admitted_ms,
            chain: entry.opening.chain.clone(),
        };
        Forge {
            lines: bundle.entries.iter().map(line).collect(),
            root: bundle.head.body().root_key.clone(),
            bundle,
            log: log.clone(),
            platform: None,
        }
    }

    /// Places of the statements of this kind.
    pub fn places(&self, kind: &str) -> Vec<usize> {
        let is = |(place, line): (usize, &Line)| (line.envelope.kind() == kind).then_some(place);
        self.lines.iter().enumerate().filter_map(is).collect()
    }

    /// Removes the statements that `drop` names.
    pub fn drop(&mut self, drop: impl Fn(&Line) -> bool) {
        self.lines.retain(|line| !drop(line));
    }

    /// Logs everything anew, without noise, and writes the bundle.
    pub fn write(&self) -> Vec<u8> {
        let mut heads: BTreeMap<ChainId, ChainHead> = BTreeMap::new();
        let mut logged = Vec::new();
        for (index, line) in (0_u64..).zip(&self.lines) {
            let envelope = self.reclosed(line, &heads);
            let (seq, prev) = next_place(heads.get(&line.chain));
            let opening = LeafOpening {
                index,
                statement_id: envelope.id(),
                admitted_ms: line.time_ms,
                salt_visible: Digest::sha256(&index.to_be_bytes()),
                chain: line.chain.clone(),
                seq,
                prev,
                salt_hidden: Digest::ZERO,
            };
            let head = opening.leaf().hash();
            heads.insert(line.chain.clone(), ChainHead { seq, head });
            logged.push((envelope, opening));
        }
        let mut bundle = self.bundle.clone();
        let leaves = logged.iter().map(|(_, opening)| opening.leaf().hash());
        let leaves: Vec<Digest> = leaves.collect();
        let checkpoint = self.checkpoint(&leaves);
        bundle.entries = logged
            .into_iter()
            .map(|(envelope, opening)| Entry {
                index: opening.index,
                proof: proof(&leaves, opening.index, &checkpoint),
                envelope,
                opening,
            })
            .collect();
        let named = heads.into_iter().map(|(chain, head)| NamedHead {
            chain,
            seq: head.seq,
            head: head.head,
        });
        bundle.head = self.head(named.collect(), checkpoint, &bundle);
        bundle.write().unwrap()
    }

    /// A `closing` under the attacker's platform key that names the ends of the forged chains.
    fn reclosed(&self, line: &Line, heads: &BTreeMap<ChainId, ChainHead>) -> Envelope {
        let (Some(platform), Act::Closing(body)) = (&self.platform, line.act()) else {
            return line.envelope.clone();
        };
        let end = |end: &ChainEnd| {
            let head = heads[&end.chain];
            ChainEnd {
                chain: end.chain.clone(),
                seq: head.seq,
                head: head.head,
            }
        };
        let chains = body.chains.iter().map(end).collect();
        let tender = body.tender;
        signed(
            &Closing {
                tender,
                chains,
                accounts: None,
            }
            .into(),
            &[platform],
        )
    }

    fn checkpoint(&self, leaves: &[Digest]) -> SignedCheckpoint {
        let checkpoint = Checkpoint {
            origin: self.origin(),
            size: leaves.len() as u64,
            root: tree::root_of(leaves),
        };
        checkpoint.sign(&self.log).unwrap()
    }

    fn origin(&self) -> Origin {
        self.bundle.head.body().origin.clone()
    }

    fn head(
        &self,
        chains: Vec<NamedHead>,
        checkpoint: SignedCheckpoint,
        bundle: &Bundle,
    ) -> RecordHead {
        let old = bundle.head.body();
        let key = self.log.public().clone();
        let log_key = VerifierKey::new(self.origin(), SignatureType::Ed25519, key).unwrap();
        let members = Bundle::head_members(old.audience, bundle.profile.as_deref(), &bundle.keys);
        let body = RecordHeadBody {
            log_key,
            root_key: self.root.clone(),
            checkpoint,
            chains,
            members: members.unwrap(),
            ..old.clone()
        };
        RecordHead::sign(body, &self.log).unwrap()
    }
}

/// Signs the record head anew after a change of the other members: for an attacker with the log's key.
pub fn resign(bundle: &Bundle, log: &SigningKey) -> Bundle {
    let old = bundle.head.body().clone();
    let members = Bundle::head_members(old.audience, bundle.profile.as_deref(), &bundle.keys);
    let body = RecordHeadBody {
        members: members.unwrap(),
        ..old
    };
    let mut bundle = bundle.clone();
    bundle.head = RecordHead::sign(body, log).unwrap();
    bundle
}

/// An act as an envelope under these keys.
pub fn signed(act: &Act, keys: &[&SigningKey]) -> Envelope {
    let mut envelope = act.envelope();
    keys.iter().for_each(|key| envelope.add_signature(key));
    envelope
}

struct Leaves<'a>(&'a [Digest]);

impl Nodes for Leaves<'_> {
    type Error = Infallible;

    fn node(&self, level: u8, index: u64) -> Result<Option<Digest>, Infallible> {
        let width = 1_usize << level;
        let start = index as usize * width;
        Ok(self.0.get(start..start + width).map(tree::root_of))
    }
}

fn proof(leaves: &[Digest], index: u64, checkpoint: &SignedCheckpoint) -> TlogProof {
    TlogProof {
        index,
        path: tree::inclusion(&Leaves(leaves), index, leaves.len() as u64).unwrap(),
        checkpoint: checkpoint.clone(),
    }
}
