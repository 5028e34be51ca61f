//! Who signed, with which key, and what the chains of accounts say.

use play::Actor;
use procedure::act::{AccountRegistered, Act, KeyRegistered, KeyRevoked};
use record::statement::{Envelope, Signature};

use super::{BOTH, LOG, NOBODY, OPERATOR, WITH_BIDDER, refused};
use crate::{Bench, Forgery, Holder, Line, Verdict, stock};

/// The body of a registration whose key has small order.
const SMALL_ORDER: &str = r#"{"account":"puppet","name":"傀儡有限公司","key":{"alg":"ed25519","pk":"0100000000000000000000000000000000000000000000000000000000000000"}}"#;

pub(super) const ROWS: &[Forgery] = &[
    Forgery {
        name: "late key",
        story: "a stolen key registers a new one, which replaces the bid",
        keys: WITH_BIDDER,
        make: || {
            let play = stock::changed_minds();
            let bench = Bench::of(play);
            let (older, newer) = (Actor::new("b5"), Actor::with_key("b5", 2));
            let act = KeyRegistered {
                account: older.id().clone(),
                key: newer.key().public().clone(),
            };
            let withdrawn = bench.first("bid-withdrawn");
            let line = Line::new(&act.into(), &[older.key()], 0);
            let mut bench = bench.insert(withdrawn, line);
            let act = bench.lines[withdrawn + 1].act();
            bench.lines[withdrawn + 1].envelope = crate::signed(&act, &[newer.key()]);
            bench.forged()
        },
        verdict: refused("V2", "key-too-young"),
    },
    Forgery {
        name: "key of another account",
        story: "a bidder confirms what was read out of another one's bid",
        keys: WITH_BIDDER,
        make: || {
            let bench = Bench::of(stock::plain());
            let act = bench.lines[bench.first("read-out-confirmed")].act();
            let mut bench = bench;
            let place = bench.first("read-out-confirmed");
            bench.lines[place].envelope = crate::signed(&act, &[Actor::new("b3").key()]);
            bench.forged()
        },
        verdict: refused("V8", "not-a-bidder"),
    },
    Forgery {
        name: "bid signed by another account",
        story: "a bid in b1's name is signed by b2",
        keys: WITH_BIDDER,
        make: || {
            let bench = Bench::of(stock::plain());
            let place = bench.first("bid-manifest");
            let act = bench.lines[place].act();
            let mut bench = bench;
            bench.lines[place].envelope = crate::signed(&act, &[Actor::new("b2").key()]);
            bench.forged()
        },
        verdict: refused("V2", "signer-not-allowed"),
    },
    Forgery {
        name: "key that nobody registered",
        story: "a statement under a key that is on no chain",
        keys: OPERATOR,
        make: || {
            let mut bench = Bench::of(stock::plain());
            let place = bench.first("read-out-confirmed");
            let act = bench.lines[place].act();
            bench.lines[place].envelope = crate::signed(&act, &[Actor::with_key("b1", 9).key()]);
            bench.forged()
        },
        verdict: refused("V2", "key-unknown"),
    },
    Forgery {
        name: "revoked key",
        story: "the tenderee's key was revoked before the award that it signs",
        keys: BOTH,
        make: || {
            let play = stock::plain();
            let bench = Bench::of(play);
            let (older, newer) = (play.tenderee(), Actor::with_key("tenderee", 2));
            let registration = KeyRegistered {
                account: older.id().clone(),
                key: newer.key().public().clone(),
            };
            let revocation = KeyRevoked {
                account: older.id().clone(),
                key_id: older.key().public().id(),
                reason: "stolen".to_owned(),
            };
            let award = bench.first("award");
            bench
                .insert(award, Line::new(&revocation.into(), &[newer.key()], 0))
                .insert(award, Line::new(&registration.into(), &[older.key()], 0))
                .forged()
        },
        verdict: refused("V2", "key-revoked"),
    },
    Forgery {
        name: "omitted revocation, log's key",
        story: "a revocation from before `closing` is left out and its chain named shorter",
        keys: LOG,
        make: || super::history::without_revocation(None),
        verdict: refused("V2", "closing-end-differs"),
    },
    Forgery {
        name: "omitted revocation, platform's key too",
        story: "the same with a `closing` that fits; the opening record names the first one",
        keys: OPERATOR,
        make: || super::history::without_revocation(Some(())),
        verdict: refused("V9", "result-mismatch"),
    },
    Forgery {
        name: "signature over other bytes",
        story: "the signature of one confirmation is put under another one",
        keys: LOG,
        make: || {
            let mut bench = Bench::with_log_key(stock::plain());
            let places = bench.places("read-out-confirmed");
            let stolen = bench.lines[places[0]].envelope.signatures.clone();
            bench.lines[places[1]].envelope.signatures = stolen;
            bench.forged()
        },
        verdict: refused("V2", "signature-invalid"),
    },
    Forgery {
        name: "no signature of our own",
        story: "a statement carries a CMS signature only, which this version does not check",
        keys: LOG,
        make: || {
            let mut bench = Bench::with_log_key(stock::plain());
            let place = bench.first("award");
            bench.lines[place].envelope.signatures = vec![foreign_signature()];
            bench.forged()
        },
        verdict: refused("V2", "signature-invalid"),
    },
    Forgery {
        name: "P-256 with the high s",
        story: "a second signature is made out of a first one without its key",
        keys: LOG,
        make: || {
            let account = Actor::with_p256("puppet");
            let mut line = Line::new(&account.registration().into(), &[account.key()], 0);
            line.envelope.signatures[0].signature =
                with_high_s(&line.envelope.signatures[0].signature);
            let bench = Bench::with_log_key(stock::plain());
            let place = bench.first("tender-created");
            bench.insert(place, line).forged()
        },
        verdict: refused("V2", "signature-invalid"),
    },
    Forgery {
        name: "key of small order",
        story: "an account is registered with a key under which a signature of zeros fits any message",
        keys: LOG,
        make: || {
            let mut envelope = Envelope::new("account-registered", SMALL_ORDER.as_bytes().to_vec());
            let mut signature = vec![0; 64];
            signature[0] = 1;
            envelope.signatures.push(Signature {
                key_id: "11".repeat(32),
                kind: None,
                signature,
            });
            let chain = "account:puppet".parse().expect("well-formed");
            let bench = Bench::with_log_key(stock::plain());
            let place = bench.first("tender-created");
            bench
                .insert(
                    place,
                    Line {
                        envelope,
                        time_ms: 0,
                        chain,
                    },
                )
                .forged()
        },
        verdict: refused("V1", "body-invalid"),
    },
    Forgery {
        name: "account registered twice",
        story: "a bidder's account gets a second first key",
        keys: OPERATOR,
        make: || {
            let thief = Actor::with_key("b1", 7);
            let line = Line::new(&thief.registration().into(), &[thief.key()], 0);
            let bench = Bench::of(stock::plain());
            let place = bench.first("tender-created");
            bench.insert(place, line).forged()
        },
        verdict: refused("V2", "account-exists"),
    },
    Forgery {
        name: "one key for two accounts",
        story: "a second account registers the key of the first",
        keys: WITH_BIDDER,
        make: || {
            let owner = Actor::new("b1");
            let act = AccountRegistered {
                account: Actor::new("b1-again").id().clone(),
                ..owner.registration()
            };
            let line = Line::new(&act.into(), &[owner.key()], 0);
            let bench = Bench::of(stock::plain());
            let place = bench.first("tender-created");
            bench.insert(place, line).forged()
        },
        verdict: refused("V2", "key-taken"),
    },
    Forgery {
        name: "bidder that never registered",
        story: "the chain of a bidder is left out of the log",
        keys: OPERATOR,
        make: || {
            let chain = "account:b3".parse().expect("well-formed");
            Bench::of(stock::plain())
                .drop(|line| line.chain == chain)
                .forged()
        },
        verdict: refused("V2", "key-unknown"),
    },
    Forgery {
        name: "opening record under a stranger's signature",
        story: "a bidder signs the opening record as if it had been a witness",
        keys: &[
            Holder::Log,
            Holder::Platform,
            Holder::Tenderee,
            Holder::Bidder,
        ],
        make: || {
            let play = stock::plain();
            let mut bench = Bench::with_log_key(play);
            let place = bench.first("opening-record");
            bench.lines[place]
                .envelope
                .add_signature(Actor::new("b1").key());
            bench.forged()
        },
        verdict: refused("V2", "signers-too-many"),
    },
    Forgery {
        name: "opening record without the tenderee",
        story: "the witness alone signs the opening record",
        keys: LOG,
        make: || {
            let play = stock::plain();
            let mut bench = Bench::with_log_key(play);
            let place = bench.first("opening-record");
            let act = bench.lines[place].act();
            bench.lines[place].envelope = crate::signed(&act, &[Actor::new("witness-1").key()]);
            bench.forged()
        },
        verdict: refused("V2", "signers-missing"),
    },
    Forgery {
        name: "termination in the supervisor's name",
        story: "the tenderee ends a tender by an order that no supervisor signed",
        keys: BOTH,
        make: || {
            let play = stock::terminated();
            Bench::of(play)
                .rewrite("tender-terminated", &[&play.tenderee()], |act| {
                    if let Act::TenderTerminated(body) = act {
                        body.cause = procedure::act::TerminationCause::SupervisorOrder;
                    }
                })
                .forged()
        },
        verdict: refused("V2", "signers-missing"),
    },
    Forgery {
        name: "witness's signature left out",
        story: "the second signature of the opening record is left out of the bundle",
        keys: NOBODY,
        make: || {
            let bench = Bench::with_log_key(stock::plain());
            let mut bundle = bench.bundle.clone();
            let entry = bundle
                .entries
                .iter_mut()
                .find(|one| one.envelope.kind() == "opening-record");
            let entry = entry.expect("there is one");
            assert_eq!(entry.envelope.signatures.len(), 2);
            entry.envelope.signatures.truncate(1);
            bench.presented(bundle.write().expect("the parts fit together"))
        },
        verdict: Verdict::Undetectable {
            reason: "signatures stand outside the statement id and outside the leaf, and the witnesses who were present are not named anywhere",
            who: "the witness; whoever has another copy of the record",
        },
    },
    Forgery {
        name: "foreign signature added",
        story: "bytes that call themselves a CMS signature are added to a statement",
        keys: NOBODY,
        make: || {
            let bench = Bench::with_log_key(stock::plain());
            let mut bundle = bench.bundle.clone();
            bundle.entries[20]
                .envelope
                .signatures
                .push(foreign_signature());
            bench.presented(bundle.write().expect("the parts fit together"))
        },
        verdict: Verdict::Told {
            words: "not checked",
            reason: "signatures of other kinds are kept for those who can check them, and the report says that it did not",
        },
    },
    Forgery {
        name: "signatures of one envelope exchanged in order",
        story: "tenderee and witness change places under the opening record",
        keys: NOBODY,
        make: || {
            let bench = Bench::with_log_key(stock::plain());
            let mut bundle = bench.bundle.clone();
            let entry = bundle
                .entries
                .iter_mut()
                .find(|one| one.envelope.kind() == "opening-record");
            entry.expect("there is one").envelope.signatures.reverse();
            bench.presented(bundle.write().expect("the parts fit together"))
        },
        verdict: Verdict::Undetectable {
            reason: "the order of signatures means nothing, and nothing is hashed over it",
            who: "nobody needs to: the record says the same",
        },
    },
];

pub(super) fn foreign_signature() -> Signature {
    Signature {
        key_id: "CN=somebody".to_owned(),
        kind: Some("cms".to_owned()),
        signature: vec![1, 2, 3],
    }
}

/// r || n - s: just as valid a signature by the standard, and refused here.
fn with_high_s(signature: &[u8]) -> Vec<u8> {
    const ORDER: [u8; 32] = [
        0xff, 0xff, 0xff, 0xff, 0x00, 0x00, 0x00, 0x00, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff,
        0xff, 0xbc, 0xe6, 0xfa, 0xad, 0xa7, 0x17, 0x9e, 0x84, 0xf3, 0xb9, 0xca, 0xc2, 0xfc, 0x63,
        0x25, 0x51,
    ];
    let (r, s) = signature.split_at(32);
    let mut borrow = 0_i16;
    let mut high = [0_u8; 32];
    for place in (0..32).rev() {
        let difference = i16::from(ORDER[place]) - i16::from(s[place]) - borrow;
        borrow = i16::from(difference < 0);
        high[place] = difference.rem_euclid(256) as u8;
    }
    [r, &high].concat()
}
