//! Bundle against log: leaves, chains, checkpoints, the record head.

use play::{Actor, Play, Script, World};
use procedure::act::{Act, Role, RoleGranted, TenderCreated};
use record::bundle::{Audience, Bundle};
use record::chain::ChainId;
use record::{Digest, Identifier};

use super::{BOTH, LOG, NOBODY, OPERATOR, refused};
use crate::{Bench, Forged, Forgery, Holder, Line, Verdict, resigned, stock};

/// The plain record with one entry bent and nothing signed.
fn entry(change: impl FnOnce(&mut Bundle)) -> Forged {
    let bench = Bench::with_log_key(stock::plain());
    let mut bundle = bench.bundle.clone();
    change(&mut bundle);
    bench.presented(bundle.write().expect("the parts fit together"))
}

/// The plain record under a record head that the log signed anew.
fn head(change: impl FnOnce(&mut record::bundle::RecordHeadBody)) -> Forged {
    let bench = Bench::with_log_key(stock::plain());
    let bundle = resigned(&bench.bundle, &bench.log, change);
    bench.presented(bundle.write().expect("the parts fit together"))
}

/// Names the chains as they end in the bundle.
pub(super) fn shortened(bench: &Bench, bundle: &Bundle) -> Bundle {
    resigned(bundle, &bench.log, |body| {
        for named in &mut body.chains {
            let mut openings = bundle.entries.iter().map(|entry| &entry.opening);
            let last = openings.rfind(|one| one.chain == named.chain);
            let last = last.expect("every chain has a statement");
            (named.seq, named.head) = (last.seq, last.leaf().hash());
        }
    })
}

fn middle(bundle: &Bundle, kind: &str) -> usize {
    let found = bundle
        .entries
        .iter()
        .position(|entry| entry.envelope.kind() == kind);
    found.expect("there is one")
}

/// A whole tender of somebody's own, under keys of its own.
fn invented() -> Play {
    let world = World::with_seed("kaibiao.test/etender", "attacker");
    let mut play = Play::in_world(world, Script::plain("T-1").with_prices(&["1", "2", "3"]));
    play.go_to(play::Milestone::Awarded);
    play
}

pub(super) const ROWS: &[Forgery] = &[
    Forgery {
        name: "logged anew",
        story: "the same statements in another tree; `closing` names the ends of the first one",
        keys: LOG,
        make: || Bench::with_log_key(stock::plain()).forged(),
        verdict: refused("V4", "closing-end-differs"),
    },
    Forgery {
        name: "logged anew, account chains",
        story: "the same, noticed by the chains of the accounts",
        keys: LOG,
        make: || Bench::with_log_key(stock::plain()).forged(),
        verdict: refused("V2", "closing-end-differs"),
    },
    Forgery {
        name: "closed anew",
        story: "the same, and the platform says another `closing` that fits; the opening record names the first one",
        keys: OPERATOR,
        make: || Bench::of(stock::plain()).forged(),
        verdict: refused("V9", "result-mismatch"),
    },
    Forgery {
        name: "invented record",
        story: "a tender that never was, every key invented",
        keys: &[Holder::ForeignRoot],
        make: || {
            let forged = invented();
            Forged {
                bundle: forged.world.bundle(&forged.tender),
                trust: stock::trust(stock::plain()),
                receipts: Vec::new(),
            }
        },
        verdict: Verdict::RefusedUnderTrust {
            check: "V3",
            code: "checkpoint-not-signed",
        },
    },
    Forgery {
        name: "foreign trust file",
        story: "the reader is given a trust file of another platform",
        keys: NOBODY,
        make: || {
            let play = stock::plain();
            let other = World::new("kaibiao.elsewhere/etender");
            Forged {
                bundle: play.world.bundle(&play.tender),
                trust: other
                    .trust_file()
                    .parse()
                    .expect("the trust file is well-formed"),
                receipts: Vec::new(),
            }
        },
        verdict: Verdict::RefusedUnderTrust {
            check: "V3",
            code: "checkpoint-other-log",
        },
    },
    Forgery {
        name: "another root key",
        story: "the record head names a root key of the attacker, which granted the roles",
        keys: &[
            Holder::Log,
            Holder::Platform,
            Holder::Tenderee,
            Holder::ForeignRoot,
        ],
        make: || {
            let play = stock::plain();
            let foreign = World::with_seed("kaibiao.test/etender", "attacker");
            let mut bench = Bench::of(play);
            for line in &mut bench.lines {
                if line.kind() == "role-granted" {
                    line.envelope = crate::signed(&line.act(), &[foreign.root()]);
                }
            }
            bench.root = foreign.root().public().clone();
            bench.forged()
        },
        verdict: refused("V3", "root-key-not-trusted"),
    },
    Forgery {
        name: "role granted by a foreign root",
        story: "the attacker's root key makes a friend supervisor",
        keys: &[Holder::Log, Holder::Platform, Holder::ForeignRoot],
        make: || {
            let play = stock::plain();
            let foreign = World::with_seed("kaibiao.test/etender", "attacker");
            let act = RoleGranted {
                account: Actor::new("b1").id().clone(),
                role: Role::Supervisor,
            };
            let bench = Bench::of(play);
            let place = bench.first("closing");
            bench
                .insert(place, Line::new(&act.into(), &[foreign.root()], 0))
                .forged()
        },
        verdict: refused("V2", "key-unknown"),
    },
    Forgery {
        name: "role granted by the platform",
        story: "the platform's act key grants a role, which only the root key may",
        keys: OPERATOR,
        make: || {
            let play = stock::plain();
            let act = RoleGranted {
                account: Actor::new("b1").id().clone(),
                role: Role::Platform,
            };
            let bench = Bench::of(play);
            let place = bench.first("closing");
            bench
                .insert(
                    place,
                    Line::new(&act.into(), &[play.world.platform().key()], 0),
                )
                .forged()
        },
        verdict: refused("V2", "signer-not-allowed"),
    },
    Forgery {
        name: "cut tail, no key",
        story: "the award is left out of the bundle",
        keys: NOBODY,
        make: || {
            entry(|bundle| {
                bundle.entries.remove(middle(bundle, "award"));
            })
        },
        verdict: refused("V4", "chain-cut"),
    },
    Forgery {
        name: "statement left out of the middle",
        story: "one confirmation is left out of the bundle",
        keys: NOBODY,
        make: || {
            entry(|bundle| {
                bundle.entries.remove(middle(bundle, "read-out-confirmed"));
            })
        },
        verdict: refused("V4", "chain-gap"),
    },
    Forgery {
        name: "account chain left out",
        story: "the whole chain of a trustee is left out of the bundle",
        keys: NOBODY,
        make: || {
            entry(|bundle| {
                let chain = ChainId::Account(Actor::new("trustee-1").id().clone());
                bundle.entries.retain(|entry| entry.opening.chain != chain);
            })
        },
        verdict: refused("V2", "chain-missing"),
    },
    Forgery {
        name: "account chain not named",
        story: "the record head does not name the chain of a trustee, so that it might be incomplete",
        keys: LOG,
        make: || {
            let chain = ChainId::Account(Actor::new("trustee-1").id().clone());
            head(|body| body.chains.retain(|named| named.chain != chain))
        },
        verdict: refused("V2", "chain-not-named"),
    },
    Forgery {
        name: "tail cut from the middle of an account chain",
        story: "the record head names an earlier end of the platform's chain",
        keys: LOG,
        make: || {
            head(|body| {
                let named = body
                    .chains
                    .iter_mut()
                    .find(|named| named.chain == ChainId::Platform);
                named.expect("it is named").seq -= 1;
            })
        },
        verdict: refused("V2", "chain-cut"),
    },
    Forgery {
        name: "doubled chain",
        story: "the tender's chain begins a second time behind its end",
        keys: LOG,
        make: || {
            let mut bench = Bench::with_log_key(stock::plain());
            let first = bench.first("tender-created");
            let mut again = bench.lines[first].clone();
            again.time_ms = bench.lines.last().expect("there is one").time_ms;
            bench.lines.push(again);
            bench.forged()
        },
        verdict: refused("V4", "statement-repeated"),
    },
    Forgery {
        name: "two first statements",
        story: "a chain has two statements with the number 0",
        keys: LOG,
        make: || {
            let bench = Bench::with_log_key(stock::plain());
            let mut bundle = bench.bent();
            let place = middle(&bundle, "award");
            let opening = &mut bundle.entries[place].opening;
            (opening.seq, opening.prev) = (0, Digest::ZERO);
            let logged = bundle
                .entries
                .iter()
                .map(|one| (one.envelope.clone(), one.opening.clone()));
            let chains = bundle.head.body().chains.clone();
            let bundle = bench.around(logged.collect(), chains);
            bench.presented(bundle.write().expect("the parts fit together"))
        },
        verdict: refused("V4", "chain-gap"),
    },
    Forgery {
        name: "statement twice",
        story: "a share release stands twice on the log",
        keys: OPERATOR,
        make: || {
            let mut bench = Bench::of(stock::plain());
            let last = bench.last("share-release");
            let again = bench.lines[last].clone();
            bench.lines.insert(last + 1, again);
            bench.forged()
        },
        verdict: refused("V4", "statement-repeated"),
    },
    Forgery {
        name: "two tenders begun",
        story: "the tender is created a second time with another title",
        keys: BOTH,
        make: || {
            let play = stock::plain();
            let bench = Bench::of(play);
            let place = bench.first("notice");
            let Act::TenderCreated(body) = bench.lines[bench.first("tender-created")].act() else {
                panic!("a tender is created")
            };
            let act = TenderCreated {
                title: "沭阳县中小河流治理工程施工二标段".to_owned(),
                ..body
            };
            let tenderee = play.tenderee();
            bench
                .insert(place, Line::new(&act.into(), &[tenderee.key()], 0))
                .forged()
        },
        verdict: refused("V4", "tender-exists"),
    },
    Forgery {
        name: "bid on the chain of its bidder",
        story: "a bid stands on an account's chain, so that the tender's chain is complete without it",
        keys: OPERATOR,
        make: || {
            let mut bench = Bench::of(stock::plain());
            let place = bench.last("bid-manifest");
            bench.lines[place].chain = ChainId::Account(Actor::new("b3").id().clone());
            bench.forged()
        },
        verdict: refused("V4", "tender-mismatch"),
    },
    Forgery {
        name: "account on the tender's chain",
        story: "an account is registered on the tender's chain, where no other tender sees it",
        keys: OPERATOR,
        make: || {
            let play = stock::plain();
            let mut bench = Bench::of(play);
            let chain = ChainId::Account(Actor::new("b3").id().clone());
            let place = bench.lines.iter().position(|line| line.chain == chain);
            let place = place.expect("b3 is registered");
            let mut line = bench.lines.remove(place);
            line.chain = ChainId::Tender(play.tender.clone());
            let created = bench.first("tender-created");
            bench.insert(created + 1, line).forged()
        },
        verdict: refused("V4", "tender-mismatch"),
    },
    Forgery {
        name: "two tenders mixed",
        story: "a bid for another tender is put among the bids for this one",
        keys: OPERATOR,
        make: || {
            let bench = Bench::of(stock::plain());
            let mut other =
                Play::in_world(World::new("kaibiao.test/etender"), Script::plain("T-2"));
            other.go_to(play::Milestone::Submitted);
            let foreign = other.world.log().entry(&other.manifest("b1"));
            let line = Line {
                envelope: foreign.expect("it is on the log").envelope.clone(),
                time_ms: 0,
                chain: ChainId::Tender(bench.bundle.head.body().tender.clone()),
            };
            let place = bench.first("closing");
            bench.insert(place, line).forged()
        },
        verdict: refused("V4", "tender-mismatch"),
    },
    Forgery {
        name: "chain of another tender",
        story: "the bundle carries statements of a second tender along",
        keys: LOG,
        make: || {
            let bench = Bench::with_log_key(stock::plain());
            let mut other =
                Play::in_world(World::new("kaibiao.test/etender"), Script::plain("T-2"));
            other.go_to(play::Milestone::Created);
            let created = other.world.log().entries().last().expect("there is one");
            let line = Line {
                envelope: created.envelope.clone(),
                time_ms: 0,
                chain: ChainId::Tender(Identifier::new("T-2").expect("well-formed")),
            };
            let place = bench.first("closing");
            let bench = bench.insert(place, line);
            let mut bundle = bench.bent();
            let own = ChainId::Tender(bundle.head.body().tender.clone());
            bundle = resigned(&bundle, &bench.log, |body| {
                body.chains.retain(|named| {
                    named.chain == own || !matches!(named.chain, ChainId::Tender(_))
                });
            });
            bench.presented(bundle.write().expect("the parts fit together"))
        },
        verdict: refused("V4", "chain-other"),
    },
    Forgery {
        name: "record of another tender",
        story: "the record head says T-2 over the statements of T-1",
        keys: LOG,
        make: || {
            head(|body| {
                let other = Identifier::new("T-2").expect("well-formed");
                body.tender = other.clone();
                body.chains[0].chain = ChainId::Tender(other);
            })
        },
        verdict: refused("V4", "chain-missing"),
    },
    Forgery {
        name: "noise opened as an act",
        story: "a leaf of noise is said to be a statement",
        keys: LOG,
        make: || {
            let bench = Bench::with_log_key(stock::plain());
            let mut bundle = bench.bundle.clone();
            // The log pads every batch: the leaf behind or before a statement is noise.
            let mut entry = bundle.entries.last().expect("there is one").clone();
            let taken: Vec<u64> = bundle.entries.iter().map(|entry| entry.index).collect();
            let size = bundle.head.body().checkpoint.checkpoint().size;
            let free = (0..size).rev().find(|index| !taken.contains(index));
            let index = free.expect("there is noise");
            bundle.entries.pop();
            (entry.index, entry.opening.index) = (index, index);
            entry.proof = stock::plain()
                .world
                .log()
                .proof(index, &entry.proof.checkpoint);
            bundle.entries.push(entry);
            bundle.entries.sort_by_key(|entry| entry.index);
            bench.presented(bundle.write().expect("the parts fit together"))
        },
        verdict: refused("V4", "entry-not-included"),
    },
    Forgery {
        name: "salt changed",
        story: "the salt of an opening is another one",
        keys: NOBODY,
        make: || entry(|bundle| bundle.entries[20].opening.salt_visible.0[0] ^= 1),
        verdict: refused("V4", "entry-not-included"),
    },
    Forgery {
        name: "hidden salt changed",
        story: "the salt of the hidden half of a leaf is another one",
        keys: NOBODY,
        make: || entry(|bundle| bundle.entries[20].opening.salt_hidden.0[31] ^= 128),
        verdict: refused("V4", "entry-not-included"),
    },
    Forgery {
        name: "time of a leaf changed",
        story: "a millisecond is taken off the time in an opening",
        keys: NOBODY,
        make: || entry(|bundle| bundle.entries[20].opening.admitted_ms -= 1),
        verdict: refused("V4", "entry-not-included"),
    },
    Forgery {
        name: "number in the chain changed",
        story: "an opening claims the next number in its chain",
        keys: NOBODY,
        make: || entry(|bundle| bundle.entries[20].opening.seq += 1),
        verdict: refused("V4", "entry-not-included"),
    },
    Forgery {
        name: "statement exchanged under its leaf",
        story: "a statement of somebody else stands where the leaf names another one",
        keys: NOBODY,
        make: || {
            entry(|bundle| {
                let other = bundle.entries[21].envelope.clone();
                bundle.entries[20].envelope = other;
            })
        },
        verdict: refused("V4", "entry-other-statement"),
    },
    Forgery {
        name: "proof of another leaf",
        story: "the path of a neighbour is given for a statement",
        keys: NOBODY,
        make: || {
            entry(|bundle| {
                let other = bundle.entries[40].proof.path.clone();
                bundle.entries[20].proof.path = other;
            })
        },
        verdict: refused("V4", "entry-not-included"),
    },
    Forgery {
        name: "checkpoint of another size",
        story: "the log signs a checkpoint over a smaller tree",
        keys: LOG,
        make: || checkpoint(|checkpoint| checkpoint.size -= 8),
        verdict: refused("V4", "entry-not-included"),
    },
    Forgery {
        name: "checkpoint of another root",
        story: "the log signs a checkpoint with another root",
        keys: LOG,
        make: || checkpoint(|checkpoint| checkpoint.root.0[0] ^= 1),
        verdict: refused("V4", "entry-not-included"),
    },
    Forgery {
        name: "checkpoint of an earlier moment",
        story: "a genuine checkpoint from before the bids is put under the record",
        keys: LOG,
        make: || {
            let earlier = stock::announced().world.log().checkpoint();
            under(earlier)
        },
        verdict: refused("V4", "entry-not-included"),
    },
    Forgery {
        name: "record head signed by the platform",
        story: "the record head carries the platform's signature instead of the log's",
        keys: &[Holder::Platform],
        make: || {
            let bench = Bench::with_log_key(stock::plain());
            let platform = stock::plain().world.platform().key().clone();
            let bundle = resigned(&bench.bundle, &platform, |_| {});
            bench.presented(bundle.write().expect("the parts fit together"))
        },
        verdict: refused("V3", "statement-unknown-key"),
    },
    Forgery {
        name: "record head of another log",
        story: "the record head names another origin than its checkpoint",
        keys: LOG,
        make: || {
            head(|body| {
                let other = World::new("kaibiao.elsewhere/etender");
                body.origin = other.log().origin().clone();
            })
        },
        verdict: refused("V3", "checkpoint-other-log"),
    },
    Forgery {
        name: "record head names another log key",
        story: "the record head names a key that did not sign the checkpoint",
        keys: LOG,
        make: || {
            let foreign = World::with_seed("kaibiao.test/etender", "attacker");
            head(|body| body.log_key = foreign.log().verifier_key())
        },
        verdict: refused("V3", "log-key-differs"),
    },
    Forgery {
        name: "another audience",
        story: "a public bundle says that it is for the supervisor",
        keys: LOG,
        make: || {
            head(|body| {
                body.audience = Audience::Supervisor;
                let format = Digest::sha256(b"kaibiao-bundle/1 supervisor\n");
                body.members.insert("format.txt".to_owned(), format);
            })
        },
        verdict: Verdict::Told {
            words: "audience supervisor",
            reason: "the audience is a label: every bundle has the same members in this version, and the report names it",
        },
    },
];

fn under(checkpoint: record::log::checkpoint::SignedCheckpoint) -> Forged {
    let bench = Bench::with_log_key(stock::plain());
    let mut bundle = bench.bundle.clone();
    for entry in &mut bundle.entries {
        entry.proof.checkpoint = checkpoint.clone();
    }
    let bundle = resigned(&bundle, &bench.log, |body| body.checkpoint = checkpoint);
    bench.presented(bundle.write().expect("the parts fit together"))
}

fn checkpoint(change: impl FnOnce(&mut record::log::checkpoint::Checkpoint)) -> Forged {
    let world = &stock::plain().world;
    let mut bent = world.log().checkpoint().checkpoint().clone();
    change(&mut bent);
    under(
        bent.sign(world.log().key())
            .expect("the log's key is Ed25519"),
    )
}
