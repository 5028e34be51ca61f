//! An attacker's workbench: takes a record apart, bends it, and logs it anew under any key. Nothing here asks
//! whether the result could be admitted; see [`crate::rewritten`] for an attacker who does.

use std::collections::{BTreeMap, BTreeSet};
use std::convert::Infallible;

use play::{Actor, Play};
use procedure::act::{Act, ChainEnd};
use record::bundle::{Bundle, Entry, NamedHead, RecordHead, RecordHeadBody};
use record::chain::{ChainHead, ChainId, next_place};
use record::key::{PublicKey, SigningKey};
use record::log::checkpoint::{Checkpoint, Origin, SignatureType, SignedCheckpoint, VerifierKey};
use record::log::leaf::LeafOpening;
use record::log::receipt::{Receipt, TlogProof};
use record::log::tree::{self, Nodes};
use record::statement::Envelope;
use record::{Digest, Identifier};

use crate::{Forged, stock};

/// One statement with the time that the attacker gives it.
#[derive(Clone, Debug)]
pub struct Line {
    /// The statement.
    pub envelope: Envelope,
    /// Claimed time of admission, UTC milliseconds.
    pub time_ms: u64,
    /// Claimed chain.
    pub chain: ChainId,
}

impl Line {
    /// A line of `act` under these keys, on the act's own chain.
    pub fn new(act: &Act, keys: &[&SigningKey], time_ms: u64) -> Line {
        Line {
            envelope: signed(act, keys),
            time_ms,
            chain: act.chain(),
        }
    }

    /// The act.
    pub fn act(&self) -> Act {
        Act::read(&self.envelope)
            .expect("the kind is ours")
            .expect("the body has its form")
    }

    /// The kind.
    pub fn kind(&self) -> &str {
        self.envelope.kind()
    }
}

/// A record that is being bent.
#[derive(Clone, Debug)]
pub struct Bench {
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
    /// The honest record.
    play: &'static Play,
}

impl Bench {
    /// Takes a record apart, for an attacker with the log's key and the platform's.
    pub fn of(play: &'static Play) -> Bench {
        let platform = Some(play.world.platform().key().clone());
        Bench {
            platform,
            ..Bench::with_log_key(play)
        }
    }

    /// The same for an attacker with the log's key alone: `closing` stays as it is.
    pub fn with_log_key(play: &'static Play) -> Bench {
        let bundle = play.world.bundle_parts(&play.tender);
        let line = |entry: &Entry| Line {
            envelope: entry.envelope.clone(),
            time_ms: entry.opening.admitted_ms,
            chain: entry.opening.chain.clone(),
        };
        Bench {
            lines: bundle.entries.iter().map(line).collect(),
            root: bundle.head.body().root_key.clone(),
            bundle,
            log: play.world.log().key().clone(),
            platform: None,
            play,
        }
    }

    /// Places of the statements of this kind.
    pub fn places(&self, kind: &str) -> Vec<usize> {
        let is = |(place, line): (usize, &Line)| (line.kind() == kind).then_some(place);
        self.lines.iter().enumerate().filter_map(is).collect()
    }

    /// Place of the first statement of this kind.
    pub fn first(&self, kind: &str) -> usize {
        *self.places(kind).first().expect("there is one")
    }

    /// Place of the last statement of this kind.
    pub fn last(&self, kind: &str) -> usize {
        *self.places(kind).last().expect("there is one")
    }

    /// Place of the first statement that `is`.
    pub fn place_of(&self, is: impl Fn(&Act) -> bool) -> usize {
        let found = self.lines.iter().position(|line| is(&line.act()));
        found.expect("there is one")
    }

    /// Removes the statements that `drop` names; at least one.
    pub fn drop(mut self, drop: impl Fn(&Line) -> bool) -> Bench {
        let before = self.lines.len();
        self.lines.retain(|line| !drop(line));
        assert_ne!(before, self.lines.len(), "nothing was dropped");
        self
    }

    /// Changes the act at a place and signs it with these keys.
    pub fn rewrite_at(
        mut self,
        place: usize,
        actors: &[&Actor],
        change: impl FnOnce(&mut Act),
    ) -> Bench {
        let mut act = self.lines[place].act();
        let before = act.clone();
        change(&mut act);
        assert_ne!(before, act, "nothing was changed");
        let keys: Vec<&SigningKey> = actors.iter().map(|actor| actor.key()).collect();
        self.lines[place].envelope = signed(&act, &keys);
        self
    }

    /// Changes the first act of this kind and signs it with these keys.
    pub fn rewrite(self, kind: &str, actors: &[&Actor], change: impl FnOnce(&mut Act)) -> Bench {
        let place = self.first(kind);
        self.rewrite_at(place, actors, change)
    }

    /// Moves a statement in front of another one, with that one's time unless it had an earlier one.
    pub fn move_before(mut self, from: usize, to: usize) -> Bench {
        let mut line = self.lines.remove(from);
        let to = if from < to { to - 1 } else { to };
        line.time_ms = match to.checked_sub(1) {
            Some(before) => self.lines[before].time_ms,
            None => self.lines[to].time_ms,
        };
        self.lines.insert(to, line);
        self
    }

    /// Puts a statement in front of the one at a place, with the time of the one before.
    pub fn insert(mut self, place: usize, mut line: Line) -> Bench {
        line.time_ms = self.lines[place - 1].time_ms;
        self.lines.insert(place, line);
        self
    }

    /// Logs everything anew, without noise, and presents it to a reader who trusts the honest world.
    pub fn forged(&self) -> Forged {
        self.presented(self.write())
    }

    /// Other bytes for the same reader.
    pub fn presented(&self, bundle: Vec<u8>) -> Forged {
        Forged {
            bundle,
            trust: stock::trust(self.play),
            receipts: Vec::new(),
        }
    }

    /// The bytes of the bundle in which everything is logged anew.
    pub fn write(&self) -> Vec<u8> {
        let bundle = self.bent();
        bundle.write().expect("the parts fit together")
    }

    /// The bundle in which everything is logged anew.
    pub fn bent(&self) -> Bundle {
        let mut heads: BTreeMap<ChainId, ChainHead> = BTreeMap::new();
        let mut logged = Vec::new();
        for (index, line) in (0_u64..).zip(&self.lines) {
            let envelope = self.reclosed(index as usize, &heads);
            let opening = opening(index, line, &envelope, heads.get(&line.chain));
            let (seq, head) = (opening.seq, opening.leaf().hash());
            heads.insert(line.chain.clone(), ChainHead { seq, head });
            logged.push((envelope, opening));
        }
        self.around(logged, named(heads))
    }

    /// The bundle in which everything from `place` on is logged anew, behind leaves as they were: what the log's
    /// key alone can do behind `closing`. (A leaf does not hold its index, so that noise can be left out.)
    pub fn behind(&self, place: usize) -> Bundle {
        let mut heads: BTreeMap<ChainId, ChainHead> = BTreeMap::new();
        let mut logged: Vec<(Envelope, LeafOpening)> = Vec::new();
        for (number, line) in self.lines.iter().enumerate() {
            let index = number as u64;
            let genuine = self.bundle.entries.get(number).filter(|_| number < place);
            let opening = match genuine {
                Some(entry) => LeafOpening {
                    index,
                    ..entry.opening.clone()
                },
                None => opening(index, line, &line.envelope, heads.get(&line.chain)),
            };
            let (seq, head) = (opening.seq, opening.leaf().hash());
            heads.insert(line.chain.clone(), ChainHead { seq, head });
            logged.push((line.envelope.clone(), opening));
        }
        self.around(logged, named(heads))
    }

    /// Puts openings that somebody made into a tree and a bundle.
    pub fn around(&self, logged: Vec<(Envelope, LeafOpening)>, chains: Vec<NamedHead>) -> Bundle {
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
        bundle.head = self.head(chains, checkpoint, &bundle);
        bundle
    }

    /// A receipt for the statement at a place of the forged log.
    pub fn receipt(&self, place: usize) -> Receipt {
        let entry = &self.bent().entries[place];
        Receipt {
            statement_id: entry.opening.statement_id,
            admitted_ms: entry.opening.admitted_ms,
            salt: entry.opening.salt_visible,
            hidden: entry.opening.leaf().hidden(),
            proof: entry.proof.clone(),
        }
    }

    /// A `closing` under the attacker's platform key that names the ends of the forged chains: of the tender's,
    /// the platform's, and of every account that signed in front of it.
    fn reclosed(&self, place: usize, heads: &BTreeMap<ChainId, ChainHead>) -> Envelope {
        let line = &self.lines[place];
        let (Some(platform), "closing") = (&self.platform, line.kind()) else {
            return line.envelope.clone();
        };
        let Act::Closing(mut body) = line.act() else {
            return line.envelope.clone();
        };
        let end = |chain: ChainId| {
            let head = heads.get(&chain)?;
            Some(ChainEnd {
                chain,
                seq: head.seq,
                head: head.head,
            })
        };
        let own = ChainId::Tender(body.tender.clone());
        let accounts = self.signers_before(place).into_iter().map(ChainId::Account);
        let chains = [own, ChainId::Platform].into_iter().chain(accounts);
        body.chains = chains.filter_map(end).collect();
        signed(&body.into(), &[platform])
    }

    /// Accounts that signed on the tender's chain in front of a place, ascending.
    fn signers_before(&self, place: usize) -> BTreeSet<Identifier> {
        let mut owners: BTreeMap<String, Identifier> = BTreeMap::new();
        let mut signers = BTreeSet::new();
        for line in &self.lines[..place] {
            match Act::read(&line.envelope) {
                Some(Ok(Act::AccountRegistered(body))) => {
                    owners.insert(body.key.id().to_string(), body.account);
                }
                Some(Ok(Act::KeyRegistered(body))) => {
                    owners.insert(body.key.id().to_string(), body.account);
                }
                _ if matches!(line.chain, ChainId::Tender(_)) => {
                    let keys = line.envelope.signatures.iter().map(|one| &one.key_id);
                    signers.extend(keys.filter_map(|key| owners.get(key).cloned()));
                }
                _ => {}
            }
        }
        signers
    }

    fn checkpoint(&self, leaves: &[Digest]) -> SignedCheckpoint {
        let checkpoint = Checkpoint {
            origin: self.origin(),
            size: leaves.len() as u64,
            root: tree::root_of(leaves),
        };
        checkpoint
            .sign(&self.log)
            .expect("the log's key is Ed25519")
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
        let log_key = VerifierKey::new(self.origin(), SignatureType::Ed25519, key);
        let members = Bundle::head_members(old.audience, bundle.profile.as_deref(), &bundle.keys);
        let body = RecordHeadBody {
            log_key: log_key.expect("the log's key is Ed25519"),
            root_key: self.root.clone(),
            checkpoint,
            chains,
            members: members.expect("keys are plain JSON"),
            ..old.clone()
        };
        RecordHead::sign(body, &self.log).expect("the log's key signs")
    }
}

/// An opening of the attacker's for a statement that comes next on its chain.
fn opening(index: u64, line: &Line, envelope: &Envelope, head: Option<&ChainHead>) -> LeafOpening {
    let (seq, prev) = next_place(head);
    LeafOpening {
        index,
        statement_id: envelope.id(),
        admitted_ms: line.time_ms,
        salt_visible: Digest::sha256(&index.to_be_bytes()),
        chain: line.chain.clone(),
        seq,
        prev,
        salt_hidden: Digest::ZERO,
    }
}

fn named(heads: BTreeMap<ChainId, ChainHead>) -> Vec<NamedHead> {
    let name = |(chain, head): (ChainId, ChainHead)| NamedHead {
        chain,
        seq: head.seq,
        head: head.head,
    };
    heads.into_iter().map(name).collect()
}

/// Signs the record head anew after a change of it and of other members: for an attacker with this key.
pub fn resigned(
    bundle: &Bundle,
    log: &SigningKey,
    change: impl FnOnce(&mut RecordHeadBody),
) -> Bundle {
    let mut body = bundle.head.body().clone();
    let members = Bundle::head_members(body.audience, bundle.profile.as_deref(), &bundle.keys);
    body.members = members.expect("keys are plain JSON");
    change(&mut body);
    let mut bundle = bundle.clone();
    bundle.head = RecordHead::sign(body, log).expect("the log's key signs");
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
    let path = tree::inclusion(&Leaves(leaves), index, leaves.len() as u64);
    TlogProof {
        index,
        path: path.expect("the index is in the tree"),
        checkpoint: checkpoint.clone(),
    }
}
