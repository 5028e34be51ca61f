//! Who holds the keys of the envelopes, and what they released.

use play::Actor;
use procedure::act::{Act, TrusteeKey};
use record::chain::ChainId;
use record::sealing::{EnvelopeKind, Kem, KemSecretKey, Share};

use super::{BOTH, OPERATOR, refused};
use crate::{Bench, Forged, Forgery, Holder, Line, Verdict, signed, stock};

fn is_release(act: &Act, kind: EnvelopeKind, slot: u8) -> bool {
    matches!(act, Act::ShareRelease(body) if body.kind == kind && body.slot == slot)
}

/// The record in which these trustees are under common control with the tenderee.
fn inside(names: &[&str]) -> Forged {
    let mut bench = Bench::of(stock::plain());
    for name in names {
        let actor = Actor::new(name).in_group("city-holding");
        let chain = ChainId::Account(actor.id().clone());
        let line = bench.lines.iter_mut().find(|line| line.chain == chain);
        line.expect("it is registered").envelope =
            signed(&actor.registration().into(), &[actor.key()]);
    }
    bench.forged()
}

fn set(signers: &[&str], change: impl FnOnce(&mut procedure::act::TrusteeSet)) -> Forged {
    let play = stock::plain();
    let tenderee = play.tenderee();
    let others: Vec<Actor> = signers.iter().map(|name| Actor::new(name)).collect();
    let actors: Vec<&Actor> = std::iter::once(&tenderee).chain(&others).collect();
    let act = |act: &mut Act| match act {
        Act::TrusteeSet(body) => change(body),
        _ => panic!("a set is a set"),
    };
    let bench = Bench::of(play).rewrite("trustee-set", &actors, act);
    // The notice has to name the other set.
    let id = bench.lines[bench.first("trustee-set")].envelope.id();
    bench
        .rewrite("notice", &[&tenderee], |act| {
            if let Act::Notice(body) = act {
                body.trustee_set = id;
            }
        })
        .forged()
}

pub(super) const ROWS: &[Forgery] = &[
    Forgery {
        name: "trustee set with an inside majority",
        story: "two of three trustees belong to the tenderee's group",
        keys: &[
            Holder::Log,
            Holder::Platform,
            Holder::Tenderee,
            Holder::Trustees,
        ],
        make: || inside(&["trustee-1", "trustee-2"]),
        verdict: refused("V6", "trustees-not-independent"),
    },
    Forgery {
        name: "trustee added to a signed set",
        story: "the tenderee swaps a trustee's key for its own in a set that the trustees had signed",
        keys: BOTH,
        make: || {
            set(&["trustee-1", "trustee-2", "trustee-3"], |body| {
                let own = KemSecretKey::derive(Kem::X25519, &[7; 32]);
                body.members[2].key = own.public().clone();
            })
        },
        verdict: refused("V6", "trustee-key-missing"),
    },
    Forgery {
        name: "set not signed by a trustee",
        story: "a trustee is named who did not agree",
        keys: BOTH,
        make: || set(&["trustee-1", "trustee-2"], |body| body.threshold = 3),
        verdict: refused("V6", "signers-missing"),
    },
    Forgery {
        name: "trustee twice in the set",
        story: "one trustee holds two of three keys",
        keys: BOTH,
        make: || {
            set(&["trustee-1", "trustee-2", "trustee-3"], |body| {
                body.members[2] = body.members[1].clone();
            })
        },
        verdict: refused("V6", "trustee-repeated"),
    },
    Forgery {
        name: "another threshold",
        story: "the set says that all three must open, so that one can stop everything",
        keys: &[
            Holder::Log,
            Holder::Platform,
            Holder::Tenderee,
            Holder::Trustees,
        ],
        make: || {
            set(&["trustee-1", "trustee-2", "trustee-3"], |body| {
                body.threshold = 3
            })
        },
        verdict: refused("V6", "rehearsal-missing"),
    },
    Forgery {
        name: "set signed after the notice",
        story: "the trustees agreed when the tender was out already",
        keys: OPERATOR,
        make: || {
            let bench = Bench::of(stock::plain());
            let (from, to) = (bench.first("trustee-set"), bench.first("notice"));
            bench.move_before(from, to + 1).forged()
        },
        verdict: refused("V6", "trustee-set-late"),
    },
    Forgery {
        name: "notice names no set",
        story: "the trustee set that the notice names is not in the record",
        keys: OPERATOR,
        make: || {
            Bench::of(stock::plain())
                .drop(|line| line.kind() == "trustee-set")
                .forged()
        },
        verdict: refused("V6", "trustee-set-missing"),
    },
    Forgery {
        name: "key published after the set",
        story: "a trustee publishes another key behind the set, so that nobody knows which one is its own",
        keys: &[Holder::Log, Holder::Platform, Holder::Trustee],
        make: || {
            let play = stock::plain();
            let trustee = play.trustee(1);
            let body = TrusteeKey {
                tender: play.tender.clone(),
                trustee: trustee.id().clone(),
                key: KemSecretKey::derive(Kem::X25519, &[7; 32]).public().clone(),
            };
            let bench = Bench::of(play);
            let place = bench.first("notice");
            bench
                .insert(place + 1, Line::new(&body.into(), &[trustee.key()], 0))
                .forged()
        },
        verdict: refused("V6", "stage-mismatch"),
    },
    Forgery {
        name: "rehearsal omitted",
        story: "no rehearsal was ever dealt",
        keys: OPERATOR,
        make: || {
            Bench::of(stock::plain())
                .drop(|line| {
                    line.kind() == "rehearsal-dealt"
                        || matches!(line.act(), Act::ShareRelease(body) if body.kind == EnvelopeKind::Rehearsal)
                })
                .forged()
        },
        verdict: refused("V6", "rehearsal-missing"),
    },
    Forgery {
        name: "rehearsal with one trustee missing",
        story: "a trustee who could not open is passed over",
        keys: OPERATOR,
        make: || {
            Bench::of(stock::plain())
                .drop(|line| is_release(&line.act(), EnvelopeKind::Rehearsal, 3))
                .forged()
        },
        verdict: refused("V6", "rehearsal-missing"),
    },
    Forgery {
        name: "rehearsal with a wrong share",
        story: "a trustee's key does not work, and its share of the rehearsal is wrong",
        keys: &[Holder::Log, Holder::Platform, Holder::Trustee],
        make: || {
            let play = stock::plain();
            let bench = Bench::of(play);
            let place = bench.place_of(|act| is_release(act, EnvelopeKind::Rehearsal, 2));
            let wrong = |act: &mut Act| {
                if let Act::ShareRelease(body) = act {
                    body.shares[0].share = Some(Share([9; 32]));
                }
            };
            bench.rewrite_at(place, &[&play.trustee(2)], wrong).forged()
        },
        verdict: refused("V6", "rehearsal-missing"),
    },
    Forgery {
        name: "share changed on the way",
        story: "the platform changes a share that a trustee released",
        keys: OPERATOR,
        make: || {
            let play = stock::plain();
            let mut bench = Bench::of(play);
            let place = bench.place_of(|act| is_release(act, EnvelopeKind::Opening, 1));
            let mut act = bench.lines[place].act();
            if let Act::ShareRelease(body) = &mut act {
                body.shares[0].share = Some(Share([9; 32]));
            }
            let signatures = bench.lines[place].envelope.signatures.clone();
            bench.lines[place].envelope = act.envelope();
            bench.lines[place].envelope.signatures = signatures;
            bench.forged()
        },
        verdict: refused("V2", "signature-invalid"),
    },
    Forgery {
        name: "wrong share hidden",
        story: "a trustee lied, and the results say that all shares were right",
        keys: OPERATOR,
        make: || {
            let play = stock::eventful();
            Bench::of(play)
                .rewrite("opening-results", &[play.world.platform()], |act| {
                    if let Act::OpeningResults(body) = act {
                        body.results
                            .iter_mut()
                            .for_each(|line| line.wrong_shares.clear());
                    }
                })
                .forged()
        },
        verdict: refused("V8", "result-differs"),
    },
    Forgery {
        name: "trustee blamed",
        story: "the results say that an honest trustee released wrong shares",
        keys: OPERATOR,
        make: || {
            let play = stock::plain();
            Bench::of(play)
                .rewrite("opening-results", &[play.world.platform()], |act| {
                    if let Act::OpeningResults(body) = act {
                        body.results[0].wrong_shares = vec![1];
                    }
                })
                .forged()
        },
        verdict: refused("V8", "result-differs"),
    },
    Forgery {
        name: "share list shortened",
        story: "a trustee's list of shares loses one bid",
        keys: &[Holder::Log, Holder::Platform, Holder::Trustee],
        make: || {
            let play = stock::plain();
            let bench = Bench::of(play);
            let place = bench.place_of(|act| is_release(act, EnvelopeKind::Opening, 1));
            let shorter = |act: &mut Act| {
                if let Act::ShareRelease(body) = act {
                    body.shares.pop();
                }
            };
            bench
                .rewrite_at(place, &[&play.trustee(1)], shorter)
                .forged()
        },
        verdict: refused("V9", "result-mismatch"),
    },
    Forgery {
        name: "slot of another trustee",
        story: "a trustee releases in the slot of another one",
        keys: &[Holder::Log, Holder::Platform, Holder::Trustee],
        make: || {
            let play = stock::plain();
            let bench = Bench::of(play);
            let place = bench.place_of(|act| is_release(act, EnvelopeKind::Opening, 1));
            let other = |act: &mut Act| {
                if let Act::ShareRelease(body) = act {
                    body.slot = 3;
                }
            };
            bench.rewrite_at(place, &[&play.trustee(1)], other).forged()
        },
        verdict: refused("V7", "slot-mismatch"),
    },
    Forgery {
        name: "trustees who are puppets",
        story: "the tenderee registers trustees of its own as independent organisations",
        keys: &[
            Holder::Log,
            Holder::Platform,
            Holder::Tenderee,
            Holder::Trustees,
        ],
        make: || {
            let play = stock::plain();
            // Nothing about these trustees is on the record but what they say about themselves.
            Forged {
                bundle: play.world.bundle(&play.tender),
                trust: stock::trust(play),
                receipts: Vec::new(),
            }
        },
        verdict: Verdict::Undetectable {
            reason: "accounts are free, and common control is what an account says about itself",
            who: "who knows the organisations; registration backed by a CA",
        },
    },
    Forgery {
        name: "early opening by t trustees",
        story: "t trustees open all bids before the deadline, in private",
        keys: &[Holder::Trustees],
        make: || {
            let play = stock::plain();
            Forged {
                bundle: play.world.bundle(&play.tender),
                trust: stock::trust(play),
                receipts: Vec::new(),
            }
        },
        verdict: Verdict::Undetectable {
            reason: "what was done in private leaves no trace; V6 says so in every report",
            who: "one of the trustees; organisational separation is the only defence",
        },
    },
];
